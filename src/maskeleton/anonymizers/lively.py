"""Lively: how far bones usually swing at each speed, and fresh swings for a motion that lacks them.

A mean of many people hardly shows what they do each in their own time, and nothing that trembles. What it lacks is drawn,
as far as people swing on the whole: slow swings go together as bones usually do, fast ones are a sensor's.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.anonymizers.rest import fading
from maskeleton.anonymizers.spectrum import STILL
from maskeleton.anonymizers.waves import tracks_of

SPEEDS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0)  # Hz: where bands begin; slower is what is shown itself
ALONE = 3.0  # Hz: faster swings of one bone say nothing of the others
THIN = 0.05  # metres: shorter bones would be thrown about
ROUNDS = 8  # after which joints tremble as nearly as they can
CALM = 0.25  # of the usual trembling is there where nothing moves
RISE = 0.4  # seconds, from an end of a recording to where swings are whole
GUSTS, OFTEN = 1.2, 2.0  # how far, as a logarithm, a sensor sees worse or better, and up to which rate in Hz that changes
FAINT = 1e-4  # swings under a hundredth of a degree are not told apart


def speeds_of(hertz: Tensor) -> Tensor:
    """(bands, K) which cosine lies in which band."""
    edges = torch.tensor([*SPEEDS, torch.inf], device=hertz.device)
    return ((hertz >= edges[:-1, None]) & (hertz < edges[1:, None])).float()


def liveliness(waves: Tensor, hertz: Tensor, frames: int) -> Tensor:
    """(N, J, bands) how far each bone swings at each speed, as logarithms, of waves (N, J, 3, K)."""
    return (_squares(waves, speeds_of(hertz).to(waves), frames).clamp(min=STILL).sqrt() + FAINT).log()


def lacking(waves: Tensor, wanted: Tensor, hertz: Tensor, frames: int, together: Tensor, alone: Tensor, lengths: Tensor,
            parents: Tensor) -> tuple[Tensor, Tensor]:
    """What waves (N, J, 3, K) lack of the wanted liveliness (N, J, bands): slow swings and trembling, from lots of the same
    shape, `together` of bones and `alone` of joints; bones are so many metres long (N, J)."""
    bands = speeds_of(hertz).to(waves)
    short = ((wanted.exp() - FAINT).square() - _squares(waves, bands, frames)).clamp(min=0)
    fast = torch.tensor(SPEEDS, device=waves.device) >= ALONE
    swung = _as_far(together, short * ~fast, bands, frames)
    apart = short * fast * lengths.clamp(min=THIN)[..., None].square()
    return swung, trembling(_as_far(alone, shaking(apart, parents), bands, frames), lengths, parents)


def trembling(joints: Tensor, lengths: Tensor, parents: Tensor) -> Tensor:
    """(N, J, 3, …) what joints that tremble so far, in metres, do to the directions of bones as long as (J,) or (N, J)."""
    return (joints - joints[:, parents]) / lengths.clamp(min=THIN)[..., None, None]


def shaking(apart: Tensor, parents: Tensor) -> Tensor:
    """(N, J, bands) how far joints tremble, squared, where the two ends of bones together do so by `apart`, as nearly as
    joints can that belong to several bones."""
    itself = torch.arange(len(parents), device=parents.device)
    ends = (F.one_hot(itself, len(parents)) + F.one_hot(parents, len(parents))) * (parents != itself)[:, None]
    ends = ends.to(apart)  # (J, J) which two joints each bone lies between; the root has none
    found = apart.amax(1, keepdim=True).expand_as(apart) / 2
    for _ in range(ROUNDS):
        less = apart / torch.matmul(ends, found).clamp(min=STILL)
        found = found * torch.matmul(ends.T, less) / ends.sum(0)[:, None]
    return found


def _as_far(lots: Tensor, far: Tensor, bands: Tensor, frames: int) -> Tensor:
    """Lots (N, J, 3, K) that swing so far, squared (N, J, bands), each by itself."""
    gain = (far.clamp(min=STILL) / _squares(lots, bands, frames).clamp(min=STILL)).sqrt()
    return lots * torch.matmul(gain, bands)[:, :, None]


def bursts(tracks: Tensor, lots: Tensor) -> Tensor:
    """(N, J, 1, T) how much of its trembling a joint has in each frame, where its bone points to (N, J, 3, T): what moves
    faster is seen worse, and now and then, by slow lots (N, J, 1, K), it is hardly seen."""
    frames = tracks.shape[-1]
    lost = (GUSTS * math.sqrt(frames / lots.shape[-1]) * tracks_of(lots, frames)).exp()
    if frames < 2:
        return lost
    speed = tracks.diff(dim=-1).square().sum(2, keepdim=True).clamp(min=STILL).sqrt()
    speed = torch.cat([speed[..., :1], speed], -1)
    return (CALM + speed / speed.mean(-1, keepdim=True)) * lost


def between(frames: int, fps: float) -> Tensor:
    """(T,) how much of its slow swings a body has in each frame: nothing at both ends, for people begin and end as they
    usually do; on the whole as much as without it."""
    much = 1 - fading(frames, fps, RISE, 1.0)
    return much / much.square().mean().clamp(min=STILL).sqrt()


def _squares(waves: Tensor, bands: Tensor, frames: int) -> Tensor:
    return torch.matmul(waves.square().sum(2), bands.T / frames)
