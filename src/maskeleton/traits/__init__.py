"""Traits: over 1,500 numbers that say how somebody is built, stands and moves, channel by channel.

A channel takes a `Body` and gives its parts: what is measured, on which things, one number each. The most moving body
of a recording is measured, by itself: but for `trajectory` and `heading` the root is taken out, and one turn about the
vertical makes it face forward. Nothing is learned here; channels that differ between people say where identity lives.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton
from maskeleton.threads import one_thread
from maskeleton.traits import form, movement
from maskeleton.traits.body import Body, Part, body_of

CHANNELS: dict[str, Callable[[Body], list[Part]]] = {
    "bone lengths": form.bone_lengths,
    "sizes": form.sizes,
    "posture": form.posture,
    "first pose": form.first_pose,
    "last pose": form.last_pose,
    "joint angles": form.joint_angles,
    "amplitude": movement.amplitude,
    **{f"spectrum {low:g}-{high:g} Hz": movement.spectrum(low, high)
       for low, high in pairwise(movement.BANDS)},
    "jitter": movement.jitter,
    "coordination": movement.coordination,
    "concentration": movement.concentration,
    "cadence": movement.cadence,
    "duration": movement.duration,
    "handedness": form.handedness,
    "trajectory": movement.trajectory,
    "heading": movement.heading,
}
REMEMBERED = 4096  # recordings whose traits stay in memory: the next fold and the next seed ask for them again


class Traits(NamedTuple):
    """A row for each recording, a column for each trait; every channel is a stretch of columns."""

    values: np.ndarray  # (n, F) float32
    channels: dict[str, slice]
    names: list[str]

    def only(self, channel: str) -> np.ndarray:
        """The columns of one channel."""
        return self.values[:, self.channels[channel]]


def traits(motion: Motion, skeleton: Skeleton, fps: float) -> dict[str, np.ndarray]:
    """The numbers of each channel for one recording, all finite."""
    body = body_of(motion, skeleton, fps)
    return {channel: _numbers(measure(body)) for channel, measure in CHANNELS.items()}


def trait_row(motion: Motion, skeleton: Skeleton, fps: float) -> np.ndarray:
    """(F,) the same numbers one after the other."""
    body = body_of(motion, skeleton, fps)
    return _numbers([part for measure in CHANNELS.values() for part in measure(body)])


def trait_table(dataset: MotionDataset) -> Traits:
    """The traits of every recording of a dataset."""
    if not len(dataset):
        raise UserError("there is no recording to describe", "choose recordings that are there")
    first = body_of(dataset[0], dataset.skeleton, dataset.fps)
    channels: dict[str, slice] = {}
    names: list[str] = []
    for channel, measure in CHANNELS.items():
        told = [f"{what} {thing}".strip() for what, things, _ in measure(first) for thing in things]
        channels[channel] = slice(len(names), len(names) + len(told))
        names += told
    values = np.empty((len(dataset), len(names)), np.float32)
    with one_thread():
        for index in range(len(dataset)):
            values[index] = _remembered(dataset, index)
    return Traits(values, channels, names)


_MEMORY: dict[tuple[str, tuple[str, ...], tuple[int, ...], float], np.ndarray] = {}


def _remembered(dataset: MotionDataset, index: int) -> np.ndarray:
    key = dataset.motion_hashes[index], dataset.skeleton.joints, dataset.skeleton.parents, dataset.fps
    if key not in _MEMORY:
        while len(_MEMORY) >= REMEMBERED:
            del _MEMORY[next(iter(_MEMORY))]
        _MEMORY[key] = trait_row(dataset[index], dataset.skeleton, dataset.fps)
    return _MEMORY[key]


def _numbers(parts: list[Part]) -> np.ndarray:
    return np.concatenate([np.ravel(numbers) for _, _, numbers in parts]).astype(np.float32)
