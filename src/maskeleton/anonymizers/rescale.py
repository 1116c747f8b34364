"""rescale: everybody is stretched alike. It deceives who learned before, and hides nothing."""

import torch
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton


class Rescale(Anonymizer):
    """Every coordinate times one number: `tall` upwards, `wide` to the sides and in depth."""

    gains: Tensor  # (3,)

    def __init__(self, skeleton: Skeleton, *, tall: float = 0.6, wide: float = 1.8) -> None:
        for name, value in (("tall", tall), ("wide", wide)):
            if not 0.01 <= value <= 100:
                raise UserError(f"option {name!r} cannot be {value}", "it goes from 0.01 to 100; 1 changes nothing")
        super().__init__(skeleton, tall=tall, wide=wide)
        self.register_buffer("gains", torch.tensor([wide, tall, wide], dtype=torch.float32), persistent=False)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        return positions * self.gains

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """The same numbers, divided by."""
        whole = 1 + self.strength * (self.gains - 1)
        return torch.where(present[..., None, None], positions / whole, positions)
