"""Spectrum: how far, how fast and how jointly bones swing, made like that of the population. All on waves (N, J, 3, K):
the cosines that the directions of bones are made of, the first of which is their mean."""

import math

import torch
from torch import Tensor

BANDS = (0.0, 0.5, 1.0, 2.0, 4.0)  # Hz: where bands begin; the last goes as far as the waves do
FAINT = 1e-3  # swings under a tenth of a degree are not told apart
STILL = 1e-14  # a mean square: at zero its root has no slope
MOST_GAIN = 4.0  # what hardly moves is not blown up, and what moves stays to be seen
STEEPNESS = 8  # of the low-pass
CUT = 2.0  # times its rate: what is faster is left out altogether
SLOW = 0.5  # Hz: a sensor's drift is mostly slower


def bands_of(hertz: Tensor) -> Tensor:
    """(bands, K) which cosine lies in which band; the mean lies in none."""
    edges = torch.tensor([*BANDS, torch.inf], device=hertz.device)
    inside = (hertz >= edges[:-1, None]) & (hertz < edges[1:, None])
    inside[:, 0] = False
    return inside.float()


def swings(waves: Tensor, bands: Tensor, frames: int) -> Tensor:
    """(N, J, bands) how far each bone swings in each band, as a root mean square."""
    return torch.matmul(waves.square().sum(2), bands.T / frames).clamp(min=STILL).sqrt()


def towards(own: Tensor, wanted: Tensor, share: float) -> Tensor:
    """What own swings have to be multiplied with to come that share of the way to those wanted."""
    gain = ((wanted + FAINT) / (own + FAINT)).clamp(1 / MOST_GAIN, MOST_GAIN)
    return torch.pow(gain, share)


def slower(hertz: Tensor, rate: float, share: float) -> Tensor:
    """(K,) what a gentle low-pass leaves of each cosine."""
    return (1 - share) + share / (1 + (hertz / rate) ** STEEPNESS)


def inside(waves: Tensor, components: Tensor, share: float) -> Tensor:
    """Waves less that share of what lies outside the population's components (R, J·3); the means stay."""
    flat = waves.flatten(1, 2)
    moved = torch.lerp(flat, torch.matmul(components.T, torch.matmul(components, flat)), share)
    moved[..., 0] = flat[..., 0]
    return moved.view_as(waves)


def mixed(waves: Tensor, lots: Tensor, share: float) -> Tensor:
    """Waves to each of which all others (by lots, (N, J·3, J·3)) lend a little; the means stay."""
    flat = waves.flatten(1, 2)
    moved = flat + torch.matmul(lots * (share / math.sqrt(lots.shape[-1])), flat)
    moved[..., 0] = flat[..., 0]
    return moved.view_as(waves)


def drift(hertz: Tensor, frames: int, degrees: float) -> Tensor:
    """(K,) how large the waves of a sensor's drift are, when directions are to wander by so many degrees."""
    sizes = 1 / (1 + (hertz / SLOW).square())
    sizes[0] = 0
    return sizes * (math.radians(degrees) * math.sqrt(frames / 3) / float(sizes.norm().clamp(min=1e-9)))
