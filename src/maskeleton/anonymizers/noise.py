"""noise: every joint is moved at random, in every frame anew. The paper's baseline."""

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer, at_least
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton


class Noise(Anonymizer):
    """Each coordinate gets a number from N(0, sigma²), in metres; nothing is learned.

    The numbers are drawn body after body, frame after frame: frames or bodies that are added change none of them.
    """

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
