"""Waves: motion as a sum of cosines (DCT), where slow and fast are told apart, and back."""

import math
from functools import lru_cache

import torch
from torch import Tensor

LONGEST = 1024  # frames: longer ones go through a Fourier transform instead of one product


def how_many(frames: int, fps: float, highest: float) -> int:
    """How many cosines there are up to a frequency in Hz; the first is the mean."""
    return max(1, min(frames, math.floor(2 * frames * highest / fps) + 1))


def frequencies(frames: int, count: int, fps: float) -> Tensor:
    """(K,) in Hz."""
    return torch.arange(count) * (fps / (2 * frames))


def waves_of(tracks: Tensor, count: int) -> Tensor:
    """(…, T) -> (…, K): the first cosines; each squared is their share of the sum of squares."""
    frames = tracks.shape[-1]
    if frames <= LONGEST:
        return torch.matmul(tracks, _cosines(frames, count).to(tracks))
    doubled = torch.fft.rfft(torch.cat([tracks, tracks.flip(-1)], -1))[..., :count]
    found: Tensor = (doubled * _shift(frames, count).to(doubled.device)).real / math.sqrt(2 * frames)
    found[..., 0] /= math.sqrt(2)
    return found


def tracks_of(waves: Tensor, frames: int) -> Tensor:
    """(…, K) -> (…, T), the inverse where nothing was left out."""
    count = waves.shape[-1]
    if frames <= LONGEST:
        return torch.matmul(waves, _cosines(frames, count).T.to(waves))
    scaled = waves * math.sqrt(2 * frames)
    scaled[..., 0] *= math.sqrt(2)
    doubled = scaled * _shift(frames, count).to(waves.device).conj()
    found: Tensor = torch.fft.irfft(torch.nn.functional.pad(doubled, (0, frames + 1 - count)), 2 * frames)
    return found[..., :frames]


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # a tensor that is kept may be asked for while something learns
def _cosines(frames: int, count: int) -> Tensor:
    """(T, K), columns of length 1 at right angles to one another."""
    places = (torch.arange(frames, dtype=torch.float64) + 0.5)[:, None]
    found = torch.cos(math.pi / frames * places * torch.arange(count, dtype=torch.float64)) * math.sqrt(2 / frames)
    found[:, 0] /= math.sqrt(2)
    return found.float()


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _shift(frames: int, count: int) -> Tensor:
    angle = -math.pi / (2 * frames) * torch.arange(count, dtype=torch.float64)
    return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)
