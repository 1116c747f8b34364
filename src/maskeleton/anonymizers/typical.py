"""typical: neutral, and a recording goes the way people usually do what it shows: hardly anything of its own stays.

What it shows is what its label `within` says, where it has one (`told`); elsewhere a linear reader in closed form says
what it seems to show, learned in `prepare`. For each value of that label it is known how people usually move (bones, and
how they turn, swinging nearly as far as people do), how they differ in it and how long it takes; bodies that are not a
recording's first have ways of their own. A release in which everybody is the mean of all teaches nobody what people look
like, so each recording shows somebody else, who never was.

typical: how far a recording goes that way · told: 0, labels of what is released are not looked at · after: of how people
differ in doing that a fresh draw is added, so many times as far · lively: what a mean does not show, how fast bones swing
and tremble, is drawn · stranger: so many times as far as people do the body, its liveliness and the length of the recording
differ from the usual · duration: as long as what it shows · the other options are `neutral`'s, and work on what stays.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.anonymizers.base import at_least, whole
from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import usual_turn
from maskeleton.anonymizers.limbs import bones_of, size, unit
from maskeleton.anonymizers.lively import OFTEN, SPEEDS, between, bursts, lacking, liveliness
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.planted import legs_turned, planting
from maskeleton.anonymizers.population import FEWEST_PEOPLE, each_body, looked_at, people_of
from maskeleton.anonymizers.reader import Reader
from maskeleton.anonymizers.spectrum import drift, slower
from maskeleton.anonymizers.stranger import Stranger, count_of, differences
from maskeleton.anonymizers.tempo import as_long, evened, rows_of
from maskeleton.anonymizers.usual import MOMENTS, at_moments, turns_of, usual_ways, walked
from maskeleton.anonymizers.variety import variety
from maskeleton.anonymizers.waves import frequencies, how_many, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.manner import Manner
from maskeleton.skeleton import Skeleton

FRAMES = 64  # that the reader sees of a recording
ROLES = 2  # a recording's first body, and others
SURE = 40.0  # how sure of itself the reader is


class Shown(NamedTuple):
    """What is learned of one body of one recording."""

    kind: int
    role: int
    person: int
    frames: int
    way: np.ndarray  # (J + 1, 3, waves)
    traits: np.ndarray
    lengths: np.ndarray  # (J,) metres
    lively: np.ndarray  # (J, bands)


class Typical(Neutral):
    """`neutral`, between the ways people usually do things."""

    evenly_seen = True
    found_out = ("values",)
    ladder = tuple({"typical": share} for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    protects = ("what a recording shows, as its label says or else as it seems, is shown the way people usually do it; of its "
                "own way hardly anything is left but that. What is not known becomes what is")
    varied: Tensor  # (kinds or 1, ways, (J + 1)·3·waves) how people differ in doing the same
    usual: Tensor  # (roles, kinds, (J + 1)·3·waves) how people usually do each kind
    lasts: Tensor  # (kinds,) how many frames it usually takes, as logarithms
    lively: Tensor  # (kinds, J, bands) how far bones usually swing at each speed, as logarithms
    strange: Tensor  # how far recordings differ in each number of a stranger
    middle: Tensor
    spread_of_traits: Tensor
    weights: Tensor

    def __init__(self, skeleton: Skeleton, *, typical: float = 1.0, told: int = 1, after: float = 0.8, within: str = "action",
                 waves: int = 16, ways: int = 32, values: Sequence[str] = (), duration: float = 1.0,
                 mixing: float = 0.0, lively: float = 1.0, stranger: float = 0.7, **options: Any) -> None:
        super().__init__(skeleton, duration=duration, mixing=mixing, **options)
        for name, value in {"typical": typical, "lively": lively}.items():
            if at_least(name, value, 0) > 1:
                raise UserError(f"option {name!r} cannot be {value}", "it goes from 0, nothing, to 1")
        if told not in (0, 1):
            raise UserError(f"option 'told' cannot be {told}", "it is 1, or 0: labels of what is released are not looked at")
        self.options |= {"typical": float(typical), "told": int(told), "within": str(within), "lively": float(lively),
                         "after": at_least("after", after, 0), "stranger": at_least("stranger", stranger, 0),
                         "waves": min(whole("waves", waves, 1), MOMENTS), "ways": whole("ways", ways, 1)}
        self.manner = Manner(skeleton)
        self._make_room(values)

    def _make_room(self, values: Sequence[str]) -> None:
        """For what is known of these values of the label."""
        self.values = tuple(map(str, values))
        self.options["values"] = list(self.values)
        self.carries = (self.options["within"],) if values else ()
        self.told = self.options["within"] if self.options["told"] else ""
        kinds, joints = self.kinds, len(self.skeleton.joints)
        traits = sum(channel.shape[1] for channel in self.manner(torch.zeros(1, 4, joints, 3))) if kinds else 0
        way = (joints + 1) * 3 * self.options["waves"]
        self.remember(varied=(max(kinds, 1), self.options["ways"], way), usual=(ROLES, kinds, way), lasts=(kinds,),
                      middle=(traits,), spread_of_traits=(traits,), weights=(traits, kinds), lively=(kinds, joints, len(SPEEDS)),
                      strange=(count_of(joints),))

    def share(self, option: str) -> float:
        """The common pose at both ends is for what stays of the own way."""
        far = super().share(option)
        return far * (1 - super().share("typical")) if option == "rest" and self.kinds else far

    @property
    def kinds(self) -> int:
        """How many values of the label it knows: `prepare` finds out."""
        return len(self.values)

    # ── how people usually do it, and how they differ ────────────────────────────────────────────────────────────────

    def prepare(self, dataset: MotionDataset) -> None:
        """What `neutral` must know; and of recordings with the same label how people move, and how they differ."""
        super().prepare(dataset)
        part = looked_at(dataset, self.name)
        with torch.no_grad():
            shown = list(self._all_shown(part))
            self._make_room(())
            alike = [one for one in shown if one.kind != UNKNOWN] or shown
            self.varied[0] = self._variety(alike)
            if self.options["typical"]:
                self._learn(shown, part)

    def _variety(self, shown: list[Shown]) -> Tensor:
        """(ways, (J + 1)·3·waves) how those differ who show the same."""
        ways, kinds = np.array([one.way.ravel() for one in shown]), np.array([one.kind for one in shown])
        return torch.from_numpy(variety(ways, kinds, self.options["ways"]))

    def _learn(self, shown: list[Shown], part: MotionDataset) -> None:
        """Who does what is of a kind, where enough people do it: the mean of fewer would be what each of them does."""
        doing = {kind: {one.person for one in shown if one.kind == kind} for kind in {one.kind for one in shown} - {UNKNOWN}}
        kinds = sorted(kind for kind, people in doing.items() if len(people) >= FEWEST_PEOPLE)
        within = self.options["within"]
        if not kinds:
            raise UserError(f"no {within} is shown by {FEWEST_PEOPLE} people: {self.name} cannot tell how people usually do "
                            "it", f"give the label {within!r} (--people TABLE.csv), name another with --set within=LABEL, "
                            "or do without, --set typical=0")
        names = part.names.get(within)
        self._make_room([names[kind] if names else str(kind) for kind in kinds])
        known = [one for one in shown if one.kind in kinds]
        for place, kind in enumerate(kinds):
            mine = [one for one in known if one.kind == kind]
            self.varied[place] = self._variety([one for one in mine if one.role == 0] or mine)
            for role in range(ROLES):
                enough = [one for one in mine if one.role == role]
                if len({one.person for one in enough}) < FEWEST_PEOPLE:
                    enough = [one for one in mine if one.role == 0] or mine
                way = usual_ways(np.array([one.way for one in enough]), np.array([one.person for one in enough]))
                self.usual[role, place] = torch.from_numpy(way).flatten()
            self.lasts[place] = float(np.mean([math.log(one.frames) for one in mine]))
            people = [[one.lively for one in mine if one.person == person] for person in doing[kind]]
            self.lively[place] = torch.from_numpy(np.mean([np.mean(own, 0) for own in people], 0))
        truth = torch.tensor([kinds.index(one.kind) for one in known])
        self.strange.copy_(torch.from_numpy(differences(
            np.array([one.lengths for one in known]), np.array([one.lively for one in known]),
            np.log([one.frames for one in known]), truth.numpy())))
        reader = Reader.taught(torch.from_numpy(np.array([one.traits for one in known])), truth, len(kinds))
        for buffer, found in zip((self.middle, self.spread_of_traits, self.weights), reader, strict=True):
            buffer.copy_(found)

    def _all_shown(self, part: MotionDataset) -> Iterator[Shown]:
        kinds = part.labels.get(self.options["within"], np.full(len(part), UNKNOWN))
        for kind, person, motion in zip(kinds.tolist(), people_of(part).tolist(), part, strict=True):
            for role, body in enumerate(each_body(motion)):
                yield self._shown(torch.from_numpy(np.array(body)), kind, min(role, ROLES - 1), person)

    def _shown(self, body: Tensor, kind: int, role: int, person: int) -> Shown:
        """One body (T, J, 3): its way and its traits."""
        frames = len(body)
        positions, present = body[None, :, None], torch.ones(1, frames, 1, dtype=torch.bool)
        crew = Crew.of(evened(positions, present, self.share("tempo")), present)
        directions, cosine, sine = self._inside(crew)
        tracks = torch.cat([directions, turns_of(cosine, sine, crew.weight)], 1)
        way = at_moments(waves_of(tracks, min(frames, MOMENTS)), frames)[0, ..., : self.options["waves"]]
        as_it_was = Crew.of(positions, present)
        waves = waves_of(self._inside(as_it_was)[0], frames)
        lively = liveliness(waves, frequencies(frames, frames, float(self.fps)), frames)[0]
        lengths = size(bones_of(as_it_was.bodies, self.tree))[0, :, 0].median(-1).values
        return Shown(kind, role, person, frames, way.numpy(), self._traits(crew)[0].numpy(), lengths.numpy(), lively.numpy())

    def _traits(self, crew: Crew) -> Tensor:
        """(N, F) what the reader looks at."""
        rows = torch.from_numpy(rows_of(crew.bodies.shape[-1], FRAMES)).to(crew.bodies.device)
        return torch.cat(self.manner(crew.bodies[..., rows].permute(0, 3, 1, 2)), 1)

    # ── one batch ────────────────────────────────────────────────────────────────────────────────────────────────────

    def forward(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Where recordings come to take longer or shorter, those that end first are followed by frames without anybody."""
        share = self.share("duration")
        if not (self.retimes and share and self.kinds) or not bool(present.any()):
            return super().forward(positions, present, seeds, shows)
        wanted = self._usual_lengths(positions, present, seeds, share, shows)
        found, there = (some.new_zeros(len(some), max(wanted), *some.shape[2:]) for some in (positions, present))
        for length in set(wanted):
            rows = [row for row, other in enumerate(wanted) if other == length]
            timed, still = as_long(positions[rows], present[rows], length)
            known = None if shows is None else shows[rows]
            found[rows, :length], there[rows, :length] = Canonical.forward(self, timed, still, seeds[rows], known)
        return found, there

    def _usual_lengths(self, positions: Tensor, present: Tensor, seeds: Tensor, share: float,
                       shows: Tensor | None) -> list[int]:
        """How many frames each recording is to have: as its first body's doing takes; where nobody is, as before."""
        crew = self._seen_as(Crew.of(evened(positions, present, self.share("tempo")), present), shows)
        assert crew.seems is not None
        found = [positions.shape[1]] * len(positions)
        first = (crew.leaders == torch.arange(len(crew.bodies), device=positions.device)).tolist()
        usual = (crew.seems @ self.lasts + self._strangers(crew, seeds).long[:, 0]).tolist()
        for row, leads, long in zip(crew.anybody.nonzero()[:, 0].tolist(), first, usual, strict=True):
            if leads:
                found[row] = max(1, round(math.exp((1 - share) * math.log(found[row]) + share * long)))
        return found

    def _seen_as(self, crew: Crew, shows: Tensor | None) -> Crew:
        if not self.kinds:
            return crew
        with torch.no_grad():
            reader = Reader(self.middle, self.spread_of_traits, self.weights)
            seems = torch.softmax(SURE * reader.says(self._traits(crew)), 1)
            if shows is not None:
                said = shows[crew.anybody.nonzero()[:, 0]]
                known = F.one_hot(said.clamp(min=0), self.kinds).to(seems)
                seems = torch.where((said == UNKNOWN)[:, None], seems, known)
            return crew._replace(seems=seems)

    def _strangers(self, crew: Crew, seeds: Tensor) -> Stranger:
        """Somebody for each body, who is in nothing but lots."""
        lots = crew.drawn(seeds, "stranger", len(self.strange))
        return Stranger.of(self.options["stranger"] * min(self.strength, 1.0) * self.strange * lots, len(self.lengths))

    def built(self, crew: Crew, seeds: Tensor) -> Tensor:
        if crew.seems is None:
            return self.lengths
        who = self._strangers(crew, seeds)
        return self.lengths * (who.size + who.build).exp()

    def _usual(self, crew: Crew) -> Tensor:
        """(N, J + 1, 3, waves) the way people usually do what each body seems to do."""
        assert crew.seems is not None
        others = crew.leaders != torch.arange(len(crew.bodies), device=crew.bodies.device)
        ways = torch.einsum("nk,rkf->rnf", crew.seems, self.usual)
        found: Tensor = torch.where(others[:, None], ways[1], ways[0])
        return found.view(len(found), -1, 3, self.options["waves"])

    def _calm(self, directions: Tensor, aim: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        calm, frames = super()._calm(directions, aim, crew, seeds), directions.shape[-1]
        slow = at_moments(calm, frames)
        if crew.seems is not None:
            usual = F.pad(self._usual(crew)[:, :-1], (0, MOMENTS - self.options["waves"]))
            slow = torch.lerp(slow, usual, self.share("typical"))
        slow = self._shifted(slow, crew, seeds)
        found = F.pad(slow[..., : calm.shape[-1]], (0, max(0, calm.shape[-1] - MOMENTS))) * math.sqrt(frames)
        hertz = frequencies(frames, calm.shape[-1], float(self.fps)).to(found)
        return found * slower(hertz, self.options["rate"], self.share("lowpass"))

    def _shifted(self, slow: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        """Slow waves, moved as far as people differ in doing the same."""
        far, room = min(self.strength, 1.0) * self.options["after"], (0, slow.shape[-1] - self.options["waves"])
        moved: Tensor = slow + far * F.pad(self._drawn("after", crew, seeds)[:, :-1], room)
        return moved

    def _drawn(self, word: str, crew: Crew, seeds: Tensor, loud: Tensor | float = 1.0) -> Tensor:
        """(N, J + 1, 3, waves) a fresh draw of how people differ who do the same."""
        lots = crew.drawn(seeds, word, self.options["ways"]) * loud
        lots = lots[:, None] if crew.seems is None else crew.seems[..., None] * lots[:, None]
        found = torch.matmul(lots.flatten(1), self.varied.flatten(0, 1))
        return found.view(len(found), -1, 3, self.options["waves"])

    def _seen(self, waves: Tensor, frames: int, crew: Crew, seeds: Tensor) -> tuple[Tensor, Tensor]:
        share = self.share("lively")
        if crew.seems is None or not share:
            return super()._seen(waves, frames, crew, seeds)
        hertz = frequencies(frames, frames, float(self.fps)).to(waves)
        waves = F.pad(waves, (0, frames - waves.shape[-1]))
        waves = waves + crew.drawn(seeds, "drift", *waves.shape[1:]) * (self.share("noise") * drift(hertz, frames,
                                                                                              self.options["drift"]))
        who = self._strangers(crew, seeds)
        wanted = torch.einsum("nk,kjb->njb", crew.seems, self.lively) + who.loud[..., None] + who.swings
        gusts = crew.drawn(seeds, "gusts", waves.shape[1], 1, how_many(frames, float(self.fps), OFTEN))
        tracks = tracks_of(waves, frames)
        alone = crew.drawn(seeds, "alone", *waves.shape[1:]) * bursts(tracks, gusts)
        together = torch.matmul(self.components.T, crew.drawn(seeds, "together", len(self.components), frames))
        swung, shaken = lacking(waves, wanted + math.log(share), hertz, frames, together.view_as(waves), waves_of(alone, frames),
                                self.built(crew, seeds), self.tree.parents.to(waves.device))
        moved = tracks + tracks_of(swung, frames) * between(frames, float(self.fps)).to(tracks)
        return unit(moved), unit(moved + tracks_of(shaken, frames))

    # ── where it goes ────────────────────────────────────────────────────────────────────────────────────────────────

    def _turned_back(self, cosine: Tensor, sine: Tensor, crew: Crew,
                     seeds: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        cosine, sine, lead = super()._turned_back(cosine, sine, crew, seeds)
        if crew.seems is None:
            return cosine, sine, lead
        frames, far = cosine.shape[-1], min(self.strength, 1.0) * self.options["after"]
        turns = (self._usual(crew) + far * self._drawn("after", crew, seeds))[:, -1, :, :frames]
        turns = unit(tracks_of(turns, frames))
        c, s = usual_turn(cosine, sine, crew.weight)
        ahead, aside = c * turns[:, 2] + s * turns[:, 0], s * turns[:, 2] - c * turns[:, 0]  # it is turned back, not out
        found = torch.lerp(torch.stack([cosine, sine], 1), torch.stack([ahead, aside], 1), self.share("typical"))
        found = unit(found)
        return found[:, 0], found[:, 1], lead

    def standing(self, bones: Tensor, before: Tensor, scale: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        limbs, way = super().standing(bones, before, scale, weight)
        if not (self.kinds and (share := self.share("typical"))):
            return limbs, way
        usual = super().standing(bones, walked(limbs[:, list(self.tree.feet)]), torch.ones_like(scale), weight)[1]
        return limbs, torch.lerp(way, usual, share)

    def _stepping(self, bones: Tensor, limbs: Tensor, way: Tensor, weight: Tensor) -> Tensor:
        share = self.share("typical") if self.kinds else 0.0
        return legs_turned(bones, planting(limbs, way, weight, self.tree, float(self.fps), share), self.tree) if share else bones
