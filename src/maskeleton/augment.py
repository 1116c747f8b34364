"""Augmentation: the same motion as it might have been: cut elsewhere, turned, mirrored, seen less well."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from maskeleton.normalize import CHAINS
from maskeleton.skeleton import Skeleton

UP = dict.fromkeys(CHAINS, 1) | {"paper": 2}  # the axis that points up after each chain


class Augment(NamedTuple):
    """How far training changes what it shows; the fields' defaults change nothing."""

    crop: float = 1.0  # the least share of a recording's frames that is cut out
    turn: float = 0.0  # the most radians of a turn about the vertical, to either side
    mirror: float = 0.0  # the share of recordings shown mirrored, left joints as right ones
    noise: float = 0.0  # metres by which joints are moved, each frame on its own
    tilt: float = 0.0  # the most radians of a turn about each of the two axes that lie flat
    size: float = 0.0  # by how much larger or smaller people may be, as a share


def windows(augment: Augment, frames: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(first, last) frame, not rounded, of a random part of each recording."""
    last = frames - 1.0
    share = rng.uniform(augment.crop, 1.0, len(frames))
    first = rng.random(len(frames)) * (1 - share) * last
    return first, first + share * last


def changed(augment: Augment, positions: Tensor, present: Tensor, skeleton: Skeleton, chain: str,
            rng: np.random.Generator) -> Tensor:
    """(B, T, P, J, 3) turned, mirrored and moved at random; absent bodies stay zero. All bodies of a row turn alike."""
    rows = len(positions)
    if augment.turn:
        angles = rng.uniform(-augment.turn, augment.turn, rows)
        positions = turned(positions, torch.from_numpy(angles.astype(np.float32)), UP[chain])
    if augment.tilt:
        for axis in (UP[chain] + 1, UP[chain] + 2):
            angles = rng.uniform(-augment.tilt, augment.tilt, rows)
            positions = turned(positions, torch.from_numpy(angles.astype(np.float32)), axis % 3)
    if augment.size:
        sizes = torch.from_numpy(rng.uniform(1 - augment.size, 1 + augment.size, rows).astype(np.float32))
        positions = positions * sizes.to(positions.device)[:, None, None, None, None]
    if augment.mirror:
        chosen = torch.from_numpy(rng.random(rows) < augment.mirror).to(positions.device)
        positions = torch.where(chosen[:, None, None, None, None], mirrored(positions, skeleton), positions)
    if augment.noise:
        lots = torch.Generator(positions.device).manual_seed(int(rng.integers(2**62)))
        moved = torch.randn(positions.shape, generator=lots, device=positions.device, dtype=positions.dtype)
        positions = positions + moved * augment.noise * present[..., None, None]
    return positions


def turned(positions: Tensor, angles: Tensor, up: int = 1) -> Tensor:
    """Each row turned about the axis `up` through the origin, counter-clockwise as seen from that axis's end."""
    sine, cosine = (part.to(positions.device) for part in (angles.sin(), angles.cos()))
    one, other = (up + 1) % 3, (up + 2) % 3
    matrix = torch.zeros(len(angles), 3, 3, device=positions.device)
    matrix[:, up, up] = 1
    matrix[:, one, one] = matrix[:, other, other] = cosine
    matrix[:, other, one] = sine
    matrix[:, one, other] = -sine
    flat = positions.flatten(1, 3) @ matrix.transpose(1, 2)
    return flat.reshape(positions.shape)


def mirrored(positions: Tensor, skeleton: Skeleton) -> Tensor:
    """What a mirror at the side shows: x is turned round and what was a left joint is a right one.

    Where a chain has turned the body x is its side; else the whole room is mirrored, which shows the same motion.
    """
    swapped = positions[..., list(skeleton.mirror), :]
    return swapped * swapped.new_tensor([-1.0, 1.0, 1.0])
