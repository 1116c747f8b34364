"""Stranger: somebody who never was, as different from what is usual as people are; drawn anew for every recording."""

import math
from typing import NamedTuple

import numpy as np
from torch import Tensor

from maskeleton.anonymizers.lively import SPEEDS
from maskeleton.anonymizers.population import SHORTEST

MOST = math.log(1.5)  # a bone that differs more between recordings was seen badly


class Stranger(NamedTuple):
    """How N bodies, or the spread of them, differ from what is usual; all are logarithms."""

    size: Tensor  # (N, 1) of the whole body
    loud: Tensor  # (N, 1) of all swings
    long: Tensor  # (N, 1) of the recording
    build: Tensor  # (N, J) of each bone besides
    swings: Tensor  # (N, J, bands) of each bone's swings besides

    @classmethod
    def of(cls, numbers: Tensor, joints: int) -> "Stranger":
        """From (N, count_of(joints)) numbers."""
        size, loud, long, build, swings = numbers.split([1, 1, 1, joints, joints * len(SPEEDS)], 1)
        return cls(size, loud, long, build, swings.unflatten(1, (joints, len(SPEEDS))))


def count_of(joints: int) -> int:
    """How many numbers make a stranger."""
    return 3 + joints + joints * len(SPEEDS)


def differences(lengths: np.ndarray, lively: np.ndarray, frames: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """How far recordings differ in each number of a stranger: in the lengths of bones (n, J) in metres; and from others of
    their kind in their swings (n, J, bands) and frames, which are logarithms."""
    bones = lengths.max(0) > SHORTEST
    build = np.log(np.maximum(lengths, SHORTEST))
    build = (build - np.median(build, 0)) * bones
    size = np.median(build[:, bones], 1, keepdims=True) if bones.any() else build[:, :1] * 0
    swings = _within(lively, kinds)
    loud = swings.mean((1, 2), keepdims=True)
    own = np.abs(build - size) * bones
    spread = [size.std(keepdims=True).ravel(), loud.std(keepdims=True).ravel(), _within(frames, kinds).std(keepdims=True),
              np.minimum(1.4826 * np.median(own, 0), MOST), (swings - loud).std(0).ravel()]
    return np.concatenate(spread).astype(np.float32)


def _within(rows: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Rows less the mean of their kind."""
    found = np.array(rows, np.float64)
    for kind in np.unique(kinds):
        found[kinds == kind] -= found[kinds == kind].mean(0)
    return found
