"""temporal: neutral, and on top of it what is learned: a network turns bones in time, among ways to move drawn by lot.

What `neutral` makes of a recording is read at MOMENTS moments. Of how people differ in doing the same (`variety`) a fresh
draw is added, `before` times as far as they differ; a network, told other lots, turns every bone; another draw is added,
`after` times as far, each direction as loudly as was learned; the whole is turned to the common posture, made slow, and
seen by the common sensor. Nothing but directions is touched, so the own lengths and posture cannot come back.

`causal` 1: no frame depends on a later one (see streaming); what of neutral needs the whole recording is switched off.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.anonymizers.base import at_least, whole
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import TURNING, path
from maskeleton.anonymizers.limbs import bones_of, joints_of, rotated, size, turned, unit
from maskeleton.anonymizers.neutral import Neutral, trembling
from maskeleton.anonymizers.population import each_body, looked_at
from maskeleton.anonymizers.rest import faded
from maskeleton.anonymizers.spectrum import SLOW, slower
from maskeleton.anonymizers.streaming import facing_so_far, one_after_another, smoothed, so_far, stretches, turned_each
from maskeleton.anonymizers.tempo import evened
from maskeleton.anonymizers.turner import Turner, spun
from maskeleton.anonymizers.variety import kinds_of, variety
from maskeleton.anonymizers.waves import frequencies, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

MOMENTS = 32  # at which a recording is read, however long it is
POLES = 2  # of the running low-pass
LOUDEST = 1.0  # how far a learned loudness goes, as a logarithm


class Temporal(Neutral):
    """A network in the space of bone rotations, on fresh lots for each recording, on top of `neutral`."""

    varied: Tensor  # (ways, J·3·waves) how people differ in doing the same

    def __init__(
        self, skeleton: Skeleton, *, width: int = 64, depth: int = 4, lots: int = 16, waves: int = 16, ways: int = 64,
        before: float = 1.0, after: float = 0.7, within: str = "action", causal: int = 0, posture: float = 1.0,
        tempo: float = 0.7, lowpass: float = 1.0, rate: float = 3.0, noise: float = 0.7, drift: float = 3.0,
        coordination: float = 0.7, components: int = 8, amplitude: float = 0.3, spectrum: float = 0.0,
        donors: float = 1.0, mixing: float = 0.0, rest: float = 1.0, fade: float = 0.8, handedness: float = 0.0,
        duration: float = 0.0, pin: float = 0.0,
    ) -> None:
        super().__init__(skeleton, posture=posture, tempo=tempo, lowpass=lowpass, rate=rate, noise=noise, drift=drift,
                         coordination=coordination, components=components, amplitude=amplitude, spectrum=spectrum,
                         donors=donors, mixing=mixing, rest=rest, fade=fade, handedness=handedness, duration=duration,
                         pin=pin)
        if causal not in (0, 1):
            raise UserError(f"option 'causal' cannot be {causal}", "it is 0, or 1: no frame depends on a later one")
        self.options |= {
            "width": whole("width", width, 1), "depth": whole("depth", depth, 1), "lots": whole("lots", lots, 1),
            "waves": min(whole("waves", waves, 1), MOMENTS), "ways": whole("ways", ways, 1),
            "before": at_least("before", before, 0), "after": at_least("after", after, 0), "within": str(within),
            "causal": int(causal)}
        joints = len(skeleton.joints)
        self.remember(varied=(self.options["ways"], joints * 3 * self.options["waves"]))
        self.turner = Turner(joints, width=self.options["width"], depth=self.options["depth"], lots=self.options["lots"],
                             causal=bool(causal))
        self.loudness = nn.Parameter(torch.zeros(self.options["ways"]))

    # ── how people differ ────────────────────────────────────────────────────────────────────────────────────────────

    def prepare(self, dataset: MotionDataset) -> None:
        """What `neutral` must know; and, of recordings with the same kept label, how they differ once they are calm."""
        super().prepare(dataset)
        part = looked_at(dataset, self.name)
        kinds, found = [], []
        with torch.no_grad():
            for kind, motion in zip(kinds_of(part.labels, self.options["within"], len(part)).tolist(), part, strict=True):
                for body in each_body(motion):
                    kinds.append(kind)
                    found.append(self._read(torch.from_numpy(np.array(body))).numpy())
            self.varied.copy_(torch.from_numpy(variety(np.array(found), np.array(kinds), self.options["ways"])))

    def _read(self, body: Tensor) -> Tensor:
        """(J·3·waves,) the waves of one body (T, J, 3) that is calm."""
        positions, present = body[None, :, None], torch.ones(1, len(body), 1, dtype=torch.bool, device=body.device)
        crew = Crew.of(evened(positions, present, self.share("tempo")), present)
        directions = self._inside(crew)[0]
        calm = super()._calm(directions, self._aim(directions, crew.weight), crew, torch.zeros(1, dtype=torch.long))
        return at_moments(calm, len(body))[0, ..., : self.options["waves"]].flatten()

    def _drawn(self, word: str, crew: Crew, seeds: Tensor, like: Tensor, loud: Tensor | float) -> Tensor:
        """A fresh draw of how people differ, in the shape of these waves."""
        lots = crew.drawn(seeds, word, self.options["ways"]) * loud
        shape = (len(like), *like.shape[1:3], self.options["waves"])
        return F.pad(torch.matmul(lots, self.varied).view(shape), (0, like.shape[-1] - shape[-1]))

    # ── one batch ────────────────────────────────────────────────────────────────────────────────────────────────────

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        return self._streamed(positions, present, seeds) if self.options["causal"] else super().changed(
            positions, present, seeds)

    def _calm(self, directions: Tensor, aim: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        calm, frames = super()._calm(directions, aim, crew, seeds), directions.shape[-1]
        far, lots = min(self.strength, 1.0), crew.drawn(seeds, "lots", self.options["lots"])
        slow = at_moments(calm, frames)
        slow = slow + far * self.options["before"] * self._drawn("before", crew, seeds, slow, 1.0)
        moments = unit(tracks_of(slow * math.sqrt(MOMENTS), MOMENTS))
        slow = waves_of(spun(moments, far * self.turner(moments, lots)), MOMENTS) / math.sqrt(MOMENTS)
        slow = slow + far * self.options["after"] * self._drawn("after", crew, seeds, slow, self.loud)
        if self.options["posture"]:
            slow = rotated(slow, slow[..., 0], aim)
        found = F.pad(slow[..., : calm.shape[-1]], (0, max(0, calm.shape[-1] - MOMENTS))) * math.sqrt(frames)
        hertz = frequencies(frames, calm.shape[-1], float(self.fps)).to(found)
        return found * slower(hertz, self.options["rate"], self.share("lowpass"))

    def _streamed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        """The same without looking ahead: `tempo`, `amplitude`, `spectrum`, `mixing`, `handedness`, `pin` and the rest at
        the end are off; means are those so far, the low-pass and the sensor's drift are running ones."""
        self.refuse_unprepared()
        crew, fps, far = Crew.of(positions, present), float(self.fps), min(self.strength, 1.0)
        if not len(crew.bodies):
            return positions
        bones = bones_of(crew.bodies, self.tree)
        cosine, sine = facing_so_far(crew.bodies, self.tree, TURNING, fps)
        directions = turned(self.directions(bones), cosine[:, None], sine[:, None])
        directions = self._moved_on(directions, crew, seeds)
        c, s = (torch.lerp(torch.full_like(part[:, :1], still), part[:, :1], far)[crew.leaders]
                for part, still in ((cosine, 1.0), (sine, 0.0)))
        long = torch.hypot(c, s).clamp(min=1e-6)
        c, s = c / long, s / long
        lengths = torch.lerp(so_far(size(bones), torch.zeros_like(bones[..., :1, 0]), 0.0),
                             self.lengths[:, None, None].expand_as(bones[..., :1, :]), far)
        before = turned(crew.bodies[:, [*self.tree.feet, self.tree.root]], c[:, None], s[:, None])
        back = cosine * c + sine * s, cosine * s - sine * c
        limbs = joints_of(turned(directions, back[0][:, None], -back[1][:, None]) * lengths, self.tree)
        floor = before[:, :2, 1].amin(1).cummin(-1).values
        way = path(before[:, :2], limbs[:, list(self.tree.feet)], before[:, 2], floor, self._longer_so_far(bones, far), fps)
        where = torch.cat([before[:, 2, :1, 0], floor[:, :1], before[:, 2, 2:, 0]], 1)
        where = where + far * (self.place - where[crew.leaders])
        return crew.back(limbs + (way + where[..., None])[:, None], positions)

    def _moved_on(self, directions: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        """Directions (N, J, 3, T) as they are to be, frame after frame."""
        frames, fps, far = directions.shape[-1], float(self.fps), min(self.strength, 1.0)
        slow = directions
        for _ in range(POLES):
            slow = torch.lerp(slow, smoothed(slow, self.options["rate"], fps), self.share("lowpass"))
        if self.options["posture"]:
            slow = turned_each(slow, so_far(slow, self.posture, fps), self.posture, self.share("posture"))
        if share := self.share("coordination"):
            axes, away = self.components[: self.options["components"]], (slow - self.posture[..., None]).flatten(1, 2)
            inside = torch.matmul(axes.T, torch.matmul(axes, away)).view_as(slow)
            slow = torch.lerp(slow, self.posture[..., None] + inside, share)
        slow = unit(slow + far * self.options["before"] * self._drawn_on("before", crew, seeds, slow, 1.0))
        slow = spun(slow, far * self.turner(slow, crew.drawn(seeds, "lots", self.options["lots"])))
        slow = slow + far * self.options["after"] * self._drawn_on("after", crew, seeds, slow, self.loud)
        if share := self.share("noise"):
            lots = crew.drawn(seeds, "drift", frames, *slow.shape[1:3]).permute(0, 2, 3, 1)
            wander = smoothed(lots, SLOW, fps) * math.sqrt(fps / (math.pi * SLOW))  # as far as lots are, again
            slow = slow + wander * (share * math.radians(self.options["drift"]) / math.sqrt(3))
            lots = crew.drawn(seeds, "noise", frames, *slow.shape[1:3]).permute(0, 2, 3, 1)
            slow = slow + trembling(lots, share * self.tremor, self.lengths, self.tree)
        if not self.options["rest"]:
            return unit(slow)
        here = torch.arange(frames, device=slow.device) / max(self.options["fade"] * fps, 1e-6)
        return faded(unit(slow), self.pose, self.share("rest") * (0.5 + 0.5 * torch.cos(math.pi * here.clamp(max=1))))

    def _drawn_on(self, word: str, crew: Crew, seeds: Tensor, like: Tensor, loud: Tensor | float) -> Tensor:
        """Fresh draws of how people differ, one after another, in the shape of these directions."""
        half, count = stretches(like.shape[-1], float(self.fps))
        lots = crew.drawn(seeds, word, count, self.options["ways"]) * loud
        waves = torch.matmul(lots, self.varied).unflatten(-1, (-1, self.options["waves"]))
        return one_after_another(waves[..., : 2 * half], like.shape[-1], half).view_as(like)

    def _longer_so_far(self, bones: Tensor, far: float) -> Tensor:
        """(N, T) how much longer the legs get than they were so far."""
        legs = self.tree.leads[list(self.tree.feet)].to(bones).sum(0)
        own = so_far(torch.einsum("njt,j->nt", size(bones)[:, :, 0], legs), bones.new_zeros(len(bones)), 0.0)
        return torch.lerp(own, (self.lengths @ legs).expand_as(own), far) / own.clamp(min=1e-3)

    @property
    def loud(self) -> Tensor:
        """(ways,) what each way is multiplied with."""
        return (LOUDEST * self.loudness.tanh()).exp()


def at_moments(waves: Tensor, frames: int) -> Tensor:
    """(N, J, 3, MOMENTS) the slowest waves of so many frames, as if all recordings were equally long."""
    slow = waves[..., :MOMENTS] / math.sqrt(frames)
    return F.pad(slow, (0, MOMENTS - slow.shape[-1]))
