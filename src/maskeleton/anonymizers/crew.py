"""Crew: the bodies of a batch that are there at all, one beside the other, and the way back into the batch."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from maskeleton.seeds import generator


class Crew(NamedTuple):
    """N bodies, joints first and time last: so that bones and waves are single matrix products."""

    bodies: Tensor  # (N, J, 3, T); where absent as when last there, before that as when first there
    weight: Tensor  # (N, T) 1 where there, else 0
    anybody: Tensor  # (B, P)
    seems: Tensor | None = None  # (N, kinds) how sure it is that a body does what, where somebody asked

    @classmethod
    def of(cls, positions: Tensor, present: Tensor) -> "Crew":
        """From (B, T, P, J, 3) and (B, T, P)."""
        anybody = present.any(1)
        bodies = positions.permute(0, 2, 3, 4, 1)
        bodies = bodies.flatten(0, 1) if bool(anybody.all()) else bodies[anybody]
        there = present.transpose(1, 2)[anybody]
        if not bool(there.all()):
            bodies = bodies.gather(3, _nearest_frame(there)[:, None, None].expand(bodies.shape))
        return cls(bodies.contiguous(), there.to(positions.dtype), anybody)

    def back(self, bodies: Tensor, positions: Tensor) -> Tensor:
        """(B, T, P, J, 3) with these bodies (N, J, 3, T) in their slots."""
        if bool(self.anybody.all()):
            filled = bodies.reshape(*self.anybody.shape, *bodies.shape[1:])
        else:
            filled = torch.index_put(positions.permute(0, 2, 3, 4, 1).contiguous(), (self.anybody,), bodies)
        return filled.permute(0, 4, 1, 2, 3).contiguous()

    def mean(self, tracks: Tensor) -> Tensor:
        """(N, C) of (N, C, T), over the frames in which each body is there."""
        found: Tensor = (tracks * self.weight[:, None]).sum(-1) / self.weight.sum(-1, keepdim=True)
        return found

    @property
    def leaders(self) -> Tensor:
        """(N,) for each body the first one of its recording."""
        rows = self.anybody.nonzero()[:, 0].contiguous()
        return torch.searchsorted(rows, rows)

    def drawn(self, seeds: Tensor, word: str, *shape: int) -> Tensor:
        """(N, …) numbers from N(0, 1), each body's from the seed of its recording (B,)."""
        places = self.anybody.nonzero().tolist()
        found, keys = np.empty((len(places), *shape), np.float32), seeds.tolist()
        for body, (row, slot) in enumerate(places):
            generator(keys[row], word, slot).standard_normal(dtype=np.float32, out=found[body])
        return torch.from_numpy(found).to(self.bodies)


def _nearest_frame(there: Tensor) -> Tensor:
    """(N, T) for each frame the last one in which the body was there, before its first one that."""
    frames = torch.arange(there.shape[1], device=there.device).expand(there.shape)
    last = torch.where(there, frames, -1).cummax(1).values
    return torch.where(last < 0, there.int().argmax(1, keepdim=True), last)
