"""Tempo: time is read anew, so that as much motion happens in every frame; how somebody hurries and pauses is gone."""

import numpy as np
import torch
from torch import Tensor

IDLE = 0.5  # of the mean motion is added to every frame: a pause gets shorter, but stays


def evened(positions: Tensor, present: Tensor, strength: float) -> Tensor:
    """(B, T, P, J, 3) at other moments of the same recording; who is there in which frame stays as it was.

    Between two changes of who is there, each stretch keeps its first and last frame. All bodies share one time.
    """
    batch, frames = present.shape[:2]
    if frames < 3:
        return positions
    moments = _moments(positions, present, strength)
    before = moments.floor().long().clamp(0, frames - 2)
    share = (moments - before)[..., None]
    flat = positions.reshape(batch, frames, -1)
    shape = (batch, frames, flat.shape[-1])
    first = flat.gather(1, before[..., None].expand(shape))
    later = flat.gather(1, (before + 1)[..., None].expand(shape))
    return torch.where(share > 0, torch.lerp(first, later, share), first).reshape(positions.shape)


@torch.no_grad()  # what learns through it learns of where joints are, not of when
def _moments(positions: Tensor, present: Tensor, strength: float) -> Tensor:
    """(B, T) the moment of the original, in frames, that is shown in each frame."""
    batch, frames = present.shape[:2]
    both = present[:, 1:] & present[:, :-1]
    inner = positions - positions.mean(3, keepdim=True)
    steps = (inner[:, 1:] - inner[:, :-1]).square().sum(-1).sqrt().mean(-1)
    speed = torch.where(both, steps, steps.new_zeros(())).sum(2)  # (B, T − 1)
    speed = torch.nn.functional.avg_pool1d(speed[:, None], 3, 1, 1, count_include_pad=False)[:, 0]
    speed = speed + IDLE * speed.mean(1, keepdim=True) + 1e-9
    done = torch.cat([speed.new_zeros(batch, 1), speed.cumsum(1)], 1)  # motion until each frame
    first, last = _stretches(present)
    here = torch.arange(frames, device=present.device).expand(batch, frames)
    span = (last - first).clamp(min=1)
    wanted = torch.lerp(done.gather(1, first), done.gather(1, last), (here - first) / span)
    after = torch.searchsorted(done, wanted, right=True).clamp(1, frames - 1)
    low, high = done.gather(1, after - 1), done.gather(1, after)
    found = after - 1 + (wanted - low) / (high - low)
    found = torch.minimum(torch.maximum(found, first.to(found)), last.to(found))
    return torch.lerp(here.to(found), found, strength)


def _stretches(present: Tensor) -> tuple[Tensor, Tensor]:
    """(B, T) twice: the first and the last frame of the stretch around each in which the same bodies are there."""
    batch, frames = present.shape[:2]
    here = torch.arange(frames, device=present.device).expand(batch, frames)
    other = (present[:, 1:] != present[:, :-1]).any(2)
    begins = torch.cat([torch.ones_like(other[:, :1]), other], 1)
    ends = torch.cat([other, torch.ones_like(other[:, :1])], 1)
    first = torch.where(begins, here, 0).cummax(1).values
    last = torch.where(ends, here, frames).flip(1).cummin(1).values.flip(1)
    return first, last


def rows_of(frames: int, wanted: int) -> np.ndarray:
    """(wanted,) which of so many frames each frame of another length is nearest to."""
    return np.rint(np.linspace(0, frames - 1, wanted)).astype(np.int64)


def as_long(positions: Tensor, present: Tensor, wanted: int) -> tuple[Tensor, Tensor]:
    """(B, T, P, J, 3) and (B, T, P) in so many frames; between two frames only where a body is there in both."""
    frames = present.shape[1]
    if frames == wanted:
        return positions, present
    near = torch.from_numpy(rows_of(frames, wanted)).to(present.device)
    moments = torch.linspace(0, frames - 1, wanted, dtype=torch.float64, device=present.device)
    before = moments.floor().long().clamp(max=max(frames - 2, 0))
    after = (before + 1).clamp(max=frames - 1)
    share = (moments - before).to(positions.dtype)[:, None, None, None]
    both = (present[:, before] & present[:, after])[..., None, None]
    return torch.where(both, torch.lerp(positions[:, before], positions[:, after], share), positions[:, near]), present[:, near]
