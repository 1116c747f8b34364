"""neutral: protection without training. Where people differ they are made alike, and what they do stays to be seen.

Each option but the sizes (`rate`, `fade`, `drift`, `components`) is a share from 0, nothing, to 1, as far as it goes:

posture: the mean direction of each bone is turned to the population's · tempo: time is read by the amount of motion ·
lowpass: what is faster than `rate` Hz goes · noise: the same sensor's for everybody, trembling and a drift of so many
degrees · coordination: only what lies within the population's `components` stays · amplitude, spectrum: how far bones
swing, in all or by band · donors: not the population's spectrum but that of somebody drawn from it, who never was ·
mixing: every bone lends a little of its swing to every other, by lot · rest: a common pose is faded in at both ends for
`fade` seconds · handedness: by lot left and right are swapped · duration: as long as most · pin: nobody leaves the spot.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.base import at_least, whole
from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import facing, floor_of, usual_turn
from maskeleton.anonymizers.limbs import bones_of, joints_of, rotated, size, turned, unit
from maskeleton.anonymizers.lively import trembling
from maskeleton.anonymizers.population import common
from maskeleton.anonymizers.rest import faded, fading
from maskeleton.anonymizers.spectrum import (
    BANDS,
    CUT,
    FAINT,
    MOST_GAIN,
    bands_of,
    drift,
    inside,
    mixed,
    slower,
    swings,
    towards,
)
from maskeleton.anonymizers.tempo import as_long, evened
from maskeleton.anonymizers.waves import frequencies, how_many, tracks_of, waves_of
from maskeleton.errors import UserError
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

MOST_COMPONENTS = 32
GENTLE = dict.fromkeys(("tempo", "lowpass", "noise", "amplitude", "mixing", "rest"), 0.0)  # posture and coordination alone
WHITE = math.sqrt(18)  # second differences of white noise on three axes are so much larger than the noise on one


class Neutral(Canonical):
    """Directions of bones are turned, filtered and put on common lengths, on a path on which feet do not slide."""

    retimes = True
    ladder: tuple[Mapping[str, float], ...] = (
        {**GENTLE, "coordination": 0.0}, GENTLE, {"coordination": 0.0}, {}, {"spectrum": 0.5},
        {"spectrum": 0.5, "mixing": 0.2}, {"spectrum": 0.5, "mixing": 0.4, "handedness": 1.0})
    swing: Tensor  # (J, bands) how far bones swing, as logarithms
    spread: Tensor  # (J, bands) how far that differs between recordings
    tremor: Tensor  # metres of white noise in every joint
    components: Tensor  # (R, J·3) which bones usually move together
    pose: Tensor  # (J, 3) how people stand ready
    place: Tensor  # (3,) where they stand on the floor
    frames: Tensor  # how long recordings usually are

    def __init__(
        self, skeleton: Skeleton, *, posture: float = 1.0, tempo: float = 0.7, lowpass: float = 1.0, rate: float = 3.0,
        noise: float = 0.7, drift: float = 3.0, coordination: float = 0.7, components: int = 8, amplitude: float = 0.3,
        spectrum: float = 0.0, donors: float = 1.0, mixing: float = 0.05, rest: float = 1.0, fade: float = 0.8,
        handedness: float = 0.0, duration: float = 0.0, pin: float = 0.0,
    ) -> None:
        shares = {"posture": posture, "tempo": tempo, "lowpass": lowpass, "noise": noise, "coordination": coordination,
                  "amplitude": amplitude, "spectrum": spectrum, "donors": donors, "mixing": mixing, "rest": rest,
                  "handedness": handedness, "duration": duration, "pin": pin}
        for name, value in shares.items():
            if at_least(name, value, 0) > 1:
                raise UserError(f"option {name!r} cannot be {value}", "it goes from 0, nothing, to 1")
        sizes = {"rate": at_least("rate", rate, 0.1), "fade": at_least("fade", fade, 0),
                 "drift": at_least("drift", drift, 0)}
        count = min(whole("components", components, 1), MOST_COMPONENTS)
        super().__init__(skeleton, components=count, **{name: float(value) for name, value in (shares | sizes).items()})
        joints, bands = len(skeleton.joints), len(BANDS)
        self.remember(swing=(joints, bands), spread=(joints, bands), tremor=(), pose=(joints, 3), place=(3,),
                      components=(MOST_COMPONENTS, joints * 3), frames=())

    def share(self, option: str) -> float:
        """How far an option goes, at the strength that is asked for."""
        return float(self.options[option]) * min(self.strength, 1.0)

    # ── what people have in common ───────────────────────────────────────────────────────────────────────────────────

    def statistics(self, body: Tensor) -> dict[str, Tensor]:
        positions, present = body[None, :, None], torch.ones(1, len(body), 1, dtype=torch.bool)
        crew = Crew.of(evened(positions, present, self.share("tempo")), present)
        directions, _, _ = self._inside(crew)
        frames, count = len(body), self._waves(len(body))
        waves = waves_of(directions, count)
        moving = waves.flatten(1, 2)[0, :, 1:]
        moving = moving / moving.norm().clamp(min=1e-6)
        feet, root = crew.bodies[:, list(self.tree.feet)], crew.mean(crew.bodies[:, self.tree.root])[0]
        fast = directions.diff(n=2).square().sum(2).mean(-1)[0] if frames > 2 else torch.zeros(len(directions[0]))
        bands = bands_of(frequencies(frames, count, float(self.fps)))
        tremor = (fast.sqrt() / WHITE * self.lengths).median() / math.sqrt(2)  # of two ends, each with its own
        return {"posture": directions[0].mean(-1), "pose": directions[0, ..., 0], "tremor": tremor,
                "swing": (swings(waves, bands, frames)[0] + FAINT).log(), "components": moving @ moving.T,
                "place": torch.stack([root[0], floor_of(feet, crew.weight)[0, 0], root[2]]),
                "frames": torch.tensor(float(frames))}

    def settle_on(self, found: dict[str, np.ndarray], people: np.ndarray) -> None:
        covariance = np.mean([found["components"][people == one].mean(0) for one in np.unique(people)], 0)
        axes = np.linalg.eigh(covariance.astype(np.float64))[1][:, ::-1][:, :MOST_COMPONENTS].T
        self.components[: len(axes)] = torch.from_numpy(axes.copy()).float()
        super().settle_on({name: rows for name, rows in found.items() if name != "components"}, people)
        away = np.abs(found["swing"] - self.swing.numpy())
        self.spread.copy_(torch.from_numpy(common(away, people)))

    # ── one batch ────────────────────────────────────────────────────────────────────────────────────────────────────

    def forward(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if self.retimes and (share := self.share("duration")):
            self.refuse_unprepared()
            positions, present = as_long(positions, present, self._usual_length(positions.shape[1], share))
        return super().forward(positions, present, seeds, shows)

    def changed_as(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None) -> Tensor:
        self.refuse_unprepared()
        if self.options["handedness"]:
            positions = self._by_lot(positions, seeds)
        if self.options["tempo"]:
            positions = evened(positions, present, self.share("tempo"))
        crew = Crew.of(positions, present)
        if not len(crew.bodies):
            return positions
        crew = self._seen_as(crew, shows)
        bones = bones_of(crew.bodies, self.tree)
        lengths, scale = self.longer(bones, crew, seeds)
        directions, cosine, sine = self._inside(crew, bones)
        moved, seen = map(self._at_rest, self._alike(directions, self._aim(directions, crew.weight), crew, seeds))
        cosine, sine, lead = self._turned_back(cosine, sine, crew, seeds)
        before = turned(crew.bodies[:, [*self.tree.feet, self.tree.root]], *(part[:, None] for part in lead))
        bones, shaken = (turned(some, cosine[:, None], sine[:, None]) * lengths for some in (moved, seen))
        limbs, way = self.standing(bones, before, scale, crew.weight)  # what trembles is a sensor's, and moves nobody
        shaken = joints_of(self._stepping(shaken, limbs, way, crew.weight), self.tree)
        return crew.back(shaken + self._placed(way, before, crew)[:, None], positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """What was made smaller by a known share made larger again: swings outside the components, and fast ones. Lots,
        the own posture and lengths, and what was faded are gone."""
        crew = Crew.of(torch.where(present[..., None, None], positions, 0), present)
        if not len(crew.bodies) or not self.strength:
            return positions
        with torch.no_grad():
            bones, frames = bones_of(crew.bodies, self.tree), positions.shape[1]
            directions, cosine, sine = self._inside(crew, bones)
            count = self._waves(frames)
            waves = waves_of(directions, count)
            kept = slower(frequencies(frames, count, float(self.fps)), self.options["rate"], self.share("lowpass"))
            waves = waves / kept.clamp(min=1 / MOST_GAIN).to(waves)
            if share := min(self.share("coordination"), 1 - 1 / MOST_GAIN):
                waves = inside(waves, self.components[: self.options["components"]], -share / (1 - share))
            found = turned(unit(tracks_of(waves, frames)), cosine[:, None], -sine[:, None])
            limbs = joints_of(found * size(bones), self.tree)
            found = crew.back(limbs + crew.bodies[:, [self.tree.root]], positions)
            return torch.where(present[..., None, None], found, positions)

    def _stepping(self, bones: Tensor, limbs: Tensor, way: Tensor, weight: Tensor) -> Tensor:
        """Bones (N, J, 3, T), whose legs a subclass puts where the feet of these joints stand on that way."""
        return bones

    def _seen_as(self, crew: Crew, shows: Tensor | None) -> Crew:
        """The crew, with what a subclass makes out, or was told, that it does."""
        return crew

    def _inside(self, crew: Crew, bones: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Directions (N, J, 3, T) of bones as seen by the body itself, and how it is turned, (N, T) twice."""
        cosine, sine = facing(crew.bodies, self.tree, float(self.fps))
        bones = bones_of(crew.bodies, self.tree) if bones is None else bones
        return turned(self.directions(bones), cosine[:, None], sine[:, None]), cosine, sine

    def _turned_back(self, cosine: Tensor, sine: Tensor, crew: Crew,
                     seeds: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """What turns each body (N, T) as it was, but that the leader faces the camera on the whole; and what turns
        whatever was in the room so, (N, 1) twice."""
        angle = torch.atan2(*usual_turn(cosine, sine, crew.weight)[::-1])[crew.leaders] * min(self.strength, 1.0)
        c, s = angle.cos(), angle.sin()
        return cosine * c + sine * s, cosine * s - sine * c, (c, s)

    def _aim(self, directions: Tensor, weight: Tensor) -> Tensor:
        """(N, J, 3) where bones are to point on the whole: the share of the way from where they do to where most do."""
        own = torch.matmul(directions, weight[:, None, :, None])
        return rotated(own, own[..., 0], self.posture, self.share("posture"))[..., 0]

    def _alike(self, directions: Tensor, aim: Tensor, crew: Crew, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """How bodies hold themselves and swing, made like the population; and that seen by one sensor."""
        return self._seen(self._calm(directions, aim, crew, seeds), directions.shape[-1], crew, seeds)

    def _calm(self, directions: Tensor, aim: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        """Waves of directions made like the population's: slow cosines are all that is worked on."""
        frames, count = directions.shape[-1], self._waves(directions.shape[-1])
        hertz = frequencies(frames, count, float(self.fps)).to(directions)
        waves = waves_of(directions, count)
        waves = waves * slower(hertz, self.options["rate"], self.share("lowpass"))
        if self.options["posture"]:
            waves = rotated(waves, waves[..., 0], aim)
        if share := self.share("coordination"):
            waves = inside(waves, self.components[: self.options["components"]], share)
        if share := self.share("mixing"):
            tracks = waves.shape[1] * 3
            waves = mixed(waves, crew.drawn(seeds, "mixing", tracks, tracks), share)
        return self._as_lively(waves, hertz, frames, crew, seeds)

    def _seen(self, waves: Tensor, frames: int, crew: Crew, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """(N, J, 3, T) directions as one sensor sees all, first without its trembling: that and its drift are the same for
        everybody."""
        share = self.share("noise")
        if share:
            hertz = frequencies(frames, waves.shape[-1], float(self.fps)).to(waves)
            lots = crew.drawn(seeds, "drift", *waves.shape[1:])
            waves = waves + lots * (share * drift(hertz, frames, self.options["drift"]))
        found = tracks_of(waves, frames)
        if not share:
            return unit(found), unit(found)
        joints = share * self.tremor * crew.drawn(seeds, "noise", *found.shape[1:])
        return unit(found), unit(found + trembling(joints, self.lengths, self.tree.parents.to(joints.device)))

    def _as_lively(self, waves: Tensor, hertz: Tensor, frames: int, crew: Crew, seeds: Tensor) -> Tensor:
        """Bones that swing as far and as fast as those of the population, or of somebody drawn from it."""
        if not (self.options["amplitude"] or self.options["spectrum"]):
            return waves
        bands = bands_of(hertz).to(waves)
        own, wanted = swings(waves, bands, frames), self.swing.expand(len(waves), -1, -1)
        gain = towards(own.norm(dim=-1), wanted.exp().norm(dim=-1), self.share("amplitude"))[..., None].expand_as(own)
        if share := self.share("spectrum"):
            if self.options["donors"]:
                wanted = wanted + self.share("donors") * self.spread * crew.drawn(seeds, "donors", *self.spread.shape)
            gain = gain * towards(own * gain, wanted.exp(), share)
        return waves * torch.matmul(gain.log(), bands).exp()[:, :, None]

    def _at_rest(self, directions: Tensor) -> Tensor:
        """The common pose at both ends. What lies between is left as it is: turned to the mean once more, who bows for all
        of that time would stand."""
        if not self.options["rest"]:
            return directions
        shares = fading(directions.shape[-1], float(self.fps), self.options["fade"], self.share("rest")).to(directions)
        return faded(directions, self.pose, shares)

    def _placed(self, way: Tensor, before: Tensor, crew: Crew) -> Tensor:
        """The way (N, 3, T) where the leader's is the population's place on the whole, and others are as far from it as
        they were; `before` (N, 3, 3, T) are feet and root as they were."""
        if share := self.share("pin"):
            middle = crew.mean(way)[..., None]
            way = torch.cat([torch.lerp(way[:, axis : axis + 1], middle[:, axis : axis + 1], share * (axis != 1))
                             for axis in range(3)], 1)
        where, ground = crew.mean(before[:, 2]), floor_of(before[:, :2], crew.weight)[:, 0]
        shift = where - crew.mean(way)
        where[:, 1] = shift[:, 1] = ground
        lead = where[crew.leaders]
        return way + (shift + min(self.strength, 1.0) * (self.place - lead))[..., None]

    def _by_lot(self, positions: Tensor, seeds: Tensor) -> Tensor:
        """Recordings of which half, at full share, are seen in a mirror."""
        share = self.share("handedness") / 2
        lots = torch.tensor([bool(generator(seed, "handedness").random() < share) for seed in seeds.tolist()])
        mirrored = positions[..., list(self.tree.mirror), :] * positions.new_tensor([-1, 1, 1])
        return torch.where(lots.to(positions.device)[:, None, None, None, None], mirrored, positions)

    def _waves(self, frames: int) -> int:
        """How many cosines are worked on: where all that is fast goes, it need not be looked at."""
        if self.share("lowpass") < 1:
            return frames
        return how_many(frames, float(self.fps), CUT * self.options["rate"])

    def _usual_length(self, frames: int, share: float) -> int:
        return max(1, round(math.exp((1 - share) * math.log(frames) + share * math.log(float(self.frames)))))
