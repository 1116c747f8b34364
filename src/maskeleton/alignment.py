"""Alignment: the motion of one dataset brought to the distribution of another's, without labels.

Every bone, seen from a body that faces forward, gets the mean and the covariance that it has in the other dataset;
where a body stands gets the mean and the spread of the other's places. What a release did to everybody alike (another
size, other bone lengths, another lean, a shift) is thereby undone by one who knows nothing but the two heaps of motion.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from maskeleton.body import bones, heading, joints
from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

TREMBLING = 1e-3  # metres: bones that vary less are not drawn apart by how they vary
ROOM = 1e-2  # metres: nor are places


class Seen(NamedTuple):
    """One body of one recording, seen by one who faces it; `put` undoes it."""

    vectors: np.ndarray  # (T, J, 3) bones; the root's is its step from the place
    place: np.ndarray  # (3,) where the body stands on the whole
    turn: np.ndarray  # (3, 3) seen = turn · (as recorded)


class Spread(NamedTuple):
    """How a dataset's bones and places lie: the first two moments."""

    mean: np.ndarray  # (J, 3)
    covariance: np.ndarray  # (J, 3, 3)
    place: np.ndarray  # (3,)
    reach: np.ndarray  # (3,) standard deviation of places


def aligned(dataset: MotionDataset, to: MotionDataset) -> MotionDataset:
    """The recordings of a dataset with bones and places spread as in the other one; labels are not looked at."""
    here, there = spread_of(dataset), spread_of(to)
    bridge = np.stack([_bridge(a, b) for a, b in zip(here.covariance, there.covariance, strict=True)])
    stretch = np.sqrt((there.reach**2 + ROOM**2) / (here.reach**2 + ROOM**2))

    def moved(seen: Seen) -> Seen:
        vectors = there.mean + ((seen.vectors - here.mean)[:, :, None] @ bridge)[:, :, 0]
        return seen._replace(vectors=vectors, place=there.place + (seen.place - here.place) * stretch)

    def motions() -> Iterator[Motion]:
        for index, motion in enumerate(dataset):
            positions = motion.positions.copy()
            for slot in np.flatnonzero(motion.present.any(0)):
                rows = motion.present[:, slot]
                positions[rows, slot] = put(moved(see(positions[rows, slot], dataset.skeleton)), dataset.skeleton)
            yield motion._replace(positions=positions, labels=dataset.told(index), fields={})

    made = MotionDataset.of(dataset.skeleton, dataset.fps, motions())
    return replace(made, labels=dataset.labels, names=dataset.names)


def spread_of(dataset: MotionDataset) -> Spread:
    """The moments over all frames of all bodies, every recording counting as much as another."""
    total, squares, places = 0.0, np.zeros(()), []
    weight = 0
    for motion in dataset:
        for slot in np.flatnonzero(motion.present.any(0)):
            seen = see(motion.positions[motion.present[:, slot], slot], dataset.skeleton)
            total = total + seen.vectors.mean(0)
            squares = squares + np.einsum("tja,tjb->jab", seen.vectors, seen.vectors) / len(seen.vectors)
            places.append(seen.place)
            weight += 1
    mean = np.asarray(total) / weight
    covariance = squares / weight - mean[:, :, None] * mean[:, None]
    return Spread(mean, covariance, np.mean(places, 0), np.std(places, 0))


def see(positions: np.ndarray, skeleton: Skeleton) -> Seen:
    """A body (T, J, 3) as bones, turned about the vertical so that it faces +z on the whole."""
    positions = positions.astype(np.float64)
    x, _, z = _facing(positions, skeleton)
    turn = np.array([[z, 0.0, -x], [0.0, 1.0, 0.0], [x, 0.0, z]])
    root = skeleton.parents.index(-1)
    place = positions[:, root].mean(0)
    vectors = bones(positions, skeleton)
    vectors[:, root] = positions[:, root] - place
    return Seen(vectors @ turn.T, place, turn)


def put(seen: Seen, skeleton: Skeleton) -> np.ndarray:
    """The inverse of `see`."""
    vectors = seen.vectors @ seen.turn
    root = skeleton.parents.index(-1)
    return joints(vectors, vectors[:, root] + seen.place, skeleton).astype(np.float32)


def _facing(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(3,) the unit vector in which a body faces on the whole; +z where the plan does not say or it spins round."""
    if not {"left_hip", "right_hip"} <= skeleton.roles.keys():
        return np.array([0.0, 0.0, 1.0])
    mean = heading(positions, skeleton).mean(0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])


def _bridge(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(3, 3) the symmetric map that gives what varies as `here` the covariance of `there`, and moves it least."""
    floor = np.eye(3) * TREMBLING**2
    root = _root(here + floor)
    back = np.linalg.inv(root)
    found: np.ndarray = back @ _root(root @ (there + floor) @ root) @ back
    return found


def _root(matrix: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh(matrix)
    root: np.ndarray = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    return root
