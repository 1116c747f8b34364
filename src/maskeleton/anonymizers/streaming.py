"""Streaming: what a causal anonymizer knows in a frame: running forms of what otherwise takes the whole recording.

Tracks are (…, T), time last. No number at a time depends on a later one, nor on how long the recording will be.
"""

import math

import torch
from torch import Tensor

from maskeleton.anonymizers.limbs import Tree, smallest_rotation
from maskeleton.anonymizers.waves import tracks_of

STRETCH = 4.0  # seconds that one drawn way to move lasts; the next one is faded in from its middle on
NOWHERE = 1e-6  # metres from hip to hip: facing nowhere


def smoothed(tracks: Tensor, hertz: float, fps: float) -> Tensor:
    """A running mean that forgets: a low-pass of one pole, which begins at the first frame."""
    keep = math.exp(-2 * math.pi * hertz / fps)
    found = [tracks[..., 0]]
    for frame in range(1, tracks.shape[-1]):
        found.append(torch.lerp(tracks[..., frame], found[-1], keep))
    return torch.stack(found, -1)


def so_far(tracks: Tensor, prior: Tensor, weight: float) -> Tensor:
    """The mean of all frames until each, and of a prior that counts as so many frames."""
    count = torch.arange(1, tracks.shape[-1] + 1, device=tracks.device)
    found: Tensor = (tracks.cumsum(-1) + weight * prior[..., None]) / (count + weight)
    return found


def facing_so_far(bodies: Tensor, tree: Tree, hertz: float, fps: float) -> tuple[Tensor, Tensor]:
    """Cosine and sine (N, T) of how each body is turned away from −z, slowly."""
    left, right = tree.hips
    across = smoothed((bodies[:, right] - bodies[:, left])[:, 0::2], hertz, fps)
    long = across.norm(dim=1)
    return torch.where(long > NOWHERE, across[:, 0] / long, 1.0), torch.where(long > NOWHERE, across[:, 1] / long, 0.0)


def turned_each(tracks: Tensor, one: Tensor, other: Tensor, share: float) -> Tensor:
    """(N, J, 3, T) in each frame by the rotation that takes `one` (N, J, 3, T) that share of the way to `other` (J, 3)."""
    turns = smallest_rotation(one.transpose(-1, -2), other[:, None], share)
    return torch.matmul(turns, tracks.transpose(-1, -2)[..., None])[..., 0].transpose(-1, -2)


def stretches(frames: int, fps: float) -> tuple[int, int]:
    """How many frames half a stretch has, and how many stretches so many frames see."""
    half = max(1, round(STRETCH * fps / 2))
    return half, -(-frames // half) + 1


def one_after_another(waves: Tensor, frames: int, half: int) -> Tensor:
    """(N, C, T) of waves (N, stretches, C, K): each stretch fades in and out, so that together they are always as loud."""
    tracks = tracks_of(waves * math.sqrt(2 * half), 2 * half)
    fade = torch.sin(math.pi * (torch.arange(2 * half, device=waves.device) + 0.5) / (2 * half))
    tracks = tracks * fade
    found = waves.new_zeros(len(waves), waves.shape[2], (waves.shape[1] + 1) * half)
    for number in range(waves.shape[1]):
        found[..., number * half : (number + 2) * half] = found[..., number * half : (number + 2) * half] + tracks[:, number]
    return found[..., half : half + frames]
