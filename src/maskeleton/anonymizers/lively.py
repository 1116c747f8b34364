"""Lively: how far bones usually swing at each speed, and fresh swings for a motion that lacks them.

A mean of many people hardly shows what they do each in their own time, and nothing that trembles. What it lacks is drawn,
as far as people swing on the whole: slow swings go together as bones usually do, fast ones are a sensor's.
"""

import math

import torch
from torch import Tensor

from maskeleton.anonymizers.spectrum import STILL

SPEEDS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0)  # Hz: where bands begin; slower is what is shown itself
ALONE = 3.0  # Hz: faster swings of one bone say nothing of the others
CALM = 0.25  # of the usual trembling is there where nothing moves
FAINT = 1e-4  # swings under a hundredth of a degree are not told apart


def speeds_of(hertz: Tensor) -> Tensor:
    """(bands, K) which cosine lies in which band."""
    edges = torch.tensor([*SPEEDS, torch.inf], device=hertz.device)
    return ((hertz >= edges[:-1, None]) & (hertz < edges[1:, None])).float()


def liveliness(waves: Tensor, hertz: Tensor, frames: int) -> Tensor:
    """(N, J, bands) how far each bone swings at each speed, as logarithms, of waves (N, J, 3, K)."""
    return (_swings(waves, speeds_of(hertz).to(waves), frames) + FAINT).log()


def filled(waves: Tensor, wanted: Tensor, hertz: Tensor, frames: int, together: Tensor, alone: Tensor) -> Tensor:
    """Waves (N, J, 3, K) with what they lack of the wanted liveliness (N, J, bands), from lots of the same shape:
    `together` for slow swings, `alone` for fast ones."""
    bands = speeds_of(hertz).to(waves)
    lots = torch.where(hertz.to(waves) < ALONE, together, alone) * bands.sum(0)
    lacking = (wanted.exp() - FAINT).square() - _swings(waves, bands, frames).square()
    gain = lacking.clamp(min=0).sqrt() / _swings(lots, bands, frames).clamp(min=math.sqrt(STILL))
    return waves + lots * torch.matmul(gain, bands)[:, :, None]


def bursts(tracks: Tensor) -> Tensor:
    """(N, J, 1, T) how much of its trembling a bone has in each frame of its directions (N, J, 3, T): what moves faster is
    seen worse."""
    if tracks.shape[-1] < 2:
        return torch.ones_like(tracks[:, :, :1])
    speed = tracks.diff(dim=-1).square().sum(2, keepdim=True).clamp(min=STILL).sqrt()
    speed = torch.cat([speed[..., :1], speed], -1)
    return CALM + speed / speed.mean(-1, keepdim=True)


def _swings(waves: Tensor, bands: Tensor, frames: int) -> Tensor:
    return torch.matmul(waves.square().sum(2), bands.T / frames).clamp(min=STILL).sqrt()
