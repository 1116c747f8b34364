"""noise: every joint is moved at random, in every frame anew. The paper's baseline."""

import numpy as np
import torch
from scipy import fft
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer, at_least
from maskeleton.motion import runs_of
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

BAND = 0.25  # of a frequency: how far around it the power is averaged


class Noise(Anonymizer):
    """Each coordinate gets a number from N(0, sigma²), in metres; nothing is learned.

    The numbers are drawn body after body, frame after frame: frames or bodies that are added change none of them.
    """

    ladder = tuple({"sigma": sigma} for sigma in (0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5))

    def __init__(self, skeleton: Skeleton, *, sigma: float = 0.01) -> None:
        super().__init__(skeleton, sigma=at_least("sigma", sigma, 0))
        self.sigma = sigma

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        if self.sigma == 0:
            return positions
        drawn = np.zeros(positions.shape, np.float32)
        for row, seed in enumerate(seeds.tolist()):
            for slot in present[row].any(0).nonzero().flatten().tolist():
                lots = generator(seed, "noise", slot)
                drawn[row, :, slot] = lots.standard_normal((positions.shape[1], *positions.shape[3:]), np.float32)
        return positions + self.sigma * torch.from_numpy(drawn).to(positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor | None:
        """Wiener's filter over time, for each stretch in which a body is there."""
        sigma = self.sigma * self.strength
        if sigma == 0:
            return None
        found = positions.detach().cpu().numpy().copy()
        there = present.cpu().numpy()
        for row, slot in zip(*np.nonzero(there.any(1)), strict=True):
            for first, length in runs_of(there[row, :, slot]):
                stretch = slice(first, first + length)
                found[row, stretch, slot] = cleared(found[row, stretch, slot], sigma)
        return torch.from_numpy(found).to(positions)


def cleared(stretch: np.ndarray, sigma: float) -> np.ndarray:
    """(T, J, 3) with white noise of this size taken out as well as a linear filter can: each frequency of each joint
    keeps the share of its power that is not the noise's. Its power is that of its neighbours, on all axes together."""
    waves = fft.dct(stretch.astype(np.float64), axis=0, norm="ortho")
    frames = np.arange(len(waves))
    half = np.maximum(2, BAND * frames).astype(np.int64)
    first, last = np.maximum(frames - half, 1), np.minimum(frames + half + 1, len(waves))
    summed = np.concatenate([np.zeros((1, waves.shape[1])), np.square(waves).mean(-1).cumsum(0)])
    power = (summed[last] - summed[first]) / np.maximum(last - first, 1)[:, None]
    keeps = np.maximum(power - sigma**2, 0) / np.maximum(power, 1e-30)
    keeps[0] = 1  # where the joint is on average
    found: np.ndarray = fft.idct(waves * keeps[..., None], axis=0, norm="ortho")
    return found
