"""lowpass: what is faster than `rate` Hz goes from every joint's path. A baseline: jitter goes, posture and body stay."""

import torch
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer, at_least
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.spectrum import MOST_GAIN, slower
from maskeleton.anonymizers.waves import frequencies, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton


class LowPass(Anonymizer):
    """A gentle filter over cosines; where somebody is away the path is taken to stay where it was. A recording of one
    frame stays as it is."""

    ladder = tuple({"rate": rate} for rate in (6.0, 4.0, 3.0, 2.0, 1.0, 0.5))
    fps: Tensor  # frames a second of what it was prepared on; 0 before

    def __init__(self, skeleton: Skeleton, *, rate: float = 3.0) -> None:
        super().__init__(skeleton, rate=at_least("rate", rate, 0.05))
        self.register_buffer("fps", torch.zeros(()))

    def prepare(self, dataset: MotionDataset) -> None:
        """All that it must know is how fast frames follow each other."""
        self.fps.fill_(dataset.fps)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        if not self.fps > 0:
            raise UserError("lowpass does not know how many frames make a second",
                            "maskeleton anonymize DATA OUT --with lowpass tells it; in Python, prepare(dataset)")
        crew = Crew.of(positions, present)
        return crew.back(_each_wave(crew.bodies, self._kept(positions)), positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """Every wave is made as large again as the filter made it smaller, as far as rounding allows."""
        if self.strength == 0:
            return positions
        kept = 1 + self.strength * (self._kept(positions) - 1)
        crew = Crew.of(torch.where(present[..., None, None], positions, 0), present)
        found = crew.back(_each_wave(crew.bodies, 1 / kept.clamp(min=1 / MOST_GAIN)), positions)
        return torch.where(present[..., None, None], found, positions)

    def _kept(self, positions: Tensor) -> Tensor:
        """(T,) what stays of each cosine."""
        frames = positions.shape[1]
        return slower(frequencies(frames, frames, float(self.fps)), self.options["rate"], 1.0).to(positions)


def _each_wave(bodies: Tensor, gains: Tensor) -> Tensor:
    """Bodies (N, J, 3, T) whose cosines are each multiplied with its gain (T,)."""
    frames = bodies.shape[-1]
    return tracks_of(waves_of(bodies, frames) * gains, frames)
