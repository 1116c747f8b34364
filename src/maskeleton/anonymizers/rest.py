"""Rest: at both ends of a recording a pose that all have in common is faded in: how somebody stands ready is gone."""

import math

import torch
from torch import Tensor

from maskeleton.anonymizers.limbs import unit

MOST = 0.4  # of a recording at each end: something must stay to be seen


def fading(frames: int, fps: float, seconds: float, share: float) -> Tensor:
    """(T,) how much of the common pose is in each frame: all of the share at the ends, nothing in the middle."""
    length = max(min(seconds * fps, MOST * frames), 1e-6)
    here = torch.arange(frames, dtype=torch.float32)
    away = torch.minimum(here, here.flip(0)) / length
    return share * (0.5 + 0.5 * torch.cos(math.pi * away.clamp(max=1)))


def faded(directions: Tensor, pose: Tensor, shares: Tensor) -> Tensor:
    """Directions (N, J, 3, T) with so much (T,) of a pose (J, 3) in them."""
    return unit(torch.lerp(directions, pose[..., None].expand_as(directions), shares))
