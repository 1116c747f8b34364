"""Views: bodies as rows of numbers that an inverter learns from, frame by frame, and bodies made of such rows again."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from maskeleton.alignment import Seen, put, see
from maskeleton.body import bones, joints
from maskeleton.dataset import MotionDataset
from maskeleton.metrics.pair import both_there, stretched
from maskeleton.skeleton import Skeleton

MM = 1000.0
UPRIGHT = np.eye(3)


class Body(NamedTuple):
    """One body of a pair, in the frames in which it is there before and after."""

    recording: int
    released: Seen
    original: Seen


def as_it_lies(positions: np.ndarray, skeleton: Skeleton) -> Seen:
    """A body (T, J, 3) as bones, turned as it was released."""
    positions = positions.astype(np.float64)
    root = skeleton.parents.index(-1)
    place = positions[:, root].mean(0)
    vectors = bones(positions, skeleton)
    vectors[:, root] = positions[:, root] - place
    return Seen(vectors, place, UPRIGHT)


View = Callable[[np.ndarray, Skeleton], Seen]
VIEWS: dict[str, View] = {"as it lies": as_it_lies, "facing forward": see}


def bodies(original: MotionDataset, released: MotionDataset, view: View) -> Iterator[Body]:
    """Every body of the pairs; the original in as many frames as its release has."""
    for row, (before, after) in enumerate(zip(original, released, strict=True)):
        there = both_there(after, before)
        before = stretched(before, len(after.present))
        for slot in np.flatnonzero(there.any(0)):
            rows = there[:, slot]
            one, other = (view(motion.positions[rows, slot], released.skeleton) for motion in (after, before))
            yield Body(row, one, other)


def flat(seen: Seen) -> np.ndarray:
    """(T, J * 3)"""
    return seen.vectors.reshape(len(seen.vectors), -1)


def standing(vectors: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(T, J, 3) joints about the place where the body stands, of rows of bones."""
    found = vectors.reshape(len(vectors), -1, 3)
    return joints(found, found[:, skeleton.parents.index(-1)], skeleton)


def distance(found: np.ndarray, wanted: np.ndarray, skeleton: Skeleton) -> float:
    """Millimetres between the joints of rows of bones, the mean."""
    apart = standing(found, skeleton) - standing(wanted, skeleton)
    return float(np.linalg.norm(apart, axis=-1).mean() * MM)


def changed(motions: MotionDataset, view: View, change: Callable[[Seen], Seen]) -> Iterator[tuple[int, np.ndarray]]:
    """Each recording's row, and positions with every body changed as it is seen."""
    for row, motion in enumerate(motions):
        positions = motion.positions.copy()
        for slot in np.flatnonzero(motion.present.any(0)):
            rows = motion.present[:, slot]
            positions[rows, slot] = put(change(view(positions[rows, slot], motions.skeleton)), motions.skeleton)
        yield row, positions
