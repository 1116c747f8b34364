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
from maskeleton.anonymizers.limbs import rotated, unit
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.population import each_body, looked_at
from maskeleton.anonymizers.spectrum import slower
from maskeleton.anonymizers.tempo import evened
from maskeleton.anonymizers.turner import Turner, spun
from maskeleton.anonymizers.variety import kinds_of, variety
from maskeleton.anonymizers.waves import frequencies, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

MOMENTS = 32  # at which a recording is read, however long it is
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

    @property
    def loud(self) -> Tensor:
        """(ways,) what each way is multiplied with."""
        return (LOUDEST * self.loudness.tanh()).exp()


def at_moments(waves: Tensor, frames: int) -> Tensor:
    """(N, J, 3, MOMENTS) the slowest waves of so many frames, as if all recordings were equally long."""
    slow = waves[..., :MOMENTS] / math.sqrt(frames)
    return F.pad(slow, (0, MOMENTS - slow.shape[-1]))
