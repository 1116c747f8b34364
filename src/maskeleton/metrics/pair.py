"""Pair: a recording and its release, laid on each other, so that metrics can compare them."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from maskeleton.errors import UserError
from maskeleton.motion import Motion, retimed
from maskeleton.skeleton import Skeleton

FLOOR = 5  # per cent of a foot's heights lie below where it stands


@dataclass(frozen=True)
class Pair:
    """One recording before and after; only bodies that are there in both count."""

    original: np.ndarray  # (T, P, J, 3) metres
    released: np.ndarray  # (T, P, J, 3), brought to as many frames where it had another number of them
    present: np.ndarray  # (T, P)
    skeleton: Skeleton
    fps: float
    stretched: bool = False  # the release had another number of frames: differences over time are not its own
    ground: float | None = None  # the floor, where it is not for `original` to say

    @classmethod
    def of(cls, original: Motion, released: Motion, skeleton: Skeleton, fps: float) -> "Pair":
        """A UserError where one is not the release of the other."""
        if original.id != released.id:
            raise UserError(f"recording {original.id!r} stands beside {released.id!r}",
                            "give a release with the ids of the original, in its order")
        before, after = original.positions.shape, released.positions.shape
        if before[2] != after[2]:
            raise UserError(f"recording {original.id!r} has {before[2]} joints, its release {after[2]}",
                            "compare what still has its own joints")
        if not before[0] or not after[0]:
            raise UserError(f"recording {original.id!r} has {before[0]} frames, its release {after[0]}",
                            "compare recordings in which something is")
        slots = min(before[1], after[1])
        brought = stretched(released, before[0])
        return cls(original.positions[:, :slots].astype(np.float64), brought.positions[:, :slots].astype(np.float64),
                   both_there(original, brought), skeleton, fps, before[0] != after[0])

    def alone(self, original: Motion, released: Motion, fps: float) -> "Pair":
        """The release beside itself, placed, in its own frames and at its own rate: what it is like and not how near."""
        slots = self.present.shape[1]
        own = released.positions[:, :slots].astype(np.float64) @ self.turn.T + self.shift
        return replace(self, original=own, released=own, present=both_there(released, original), fps=fps, ground=self.floor)

    @cached_property
    def _centred(self) -> tuple[np.ndarray, np.ndarray]:
        """(T, 3) twice: the middle of all who are there in each frame, before and after."""
        weight = np.maximum(self.present.sum(1), 1)[:, None] * len(self.skeleton.joints)
        there = self.present[..., None, None]
        before, after = ((positions * there).sum((1, 2)) / weight for positions in (self.original, self.released))
        return before, after

    @cached_property
    def turn(self) -> np.ndarray:
        """(3, 3): the one rotation of the recording that brings the release onto the original best."""
        before, after = self._centred
        here = self.present
        return rotation((self.released - after[:, None, None])[here].reshape(-1, 3),
                        (self.original - before[:, None, None])[here].reshape(-1, 3))

    @cached_property
    def shift(self) -> np.ndarray:
        """(3,): the one shift of the recording, after its turn."""
        before, after = self._centred
        there = self.present.any(1)
        shift: np.ndarray = (before - after @ self.turn.T)[there].mean(0) if there.any() else np.zeros(3)
        return shift

    @cached_property
    def placed(self) -> np.ndarray:
        """The release after one turn and one shift for the whole recording: its path through the room still its own."""
        placed: np.ndarray = self.released @ self.turn.T + self.shift
        return placed

    @cached_property
    def aligned(self) -> np.ndarray:
        """The release after one turn for the recording and one shift for each frame: as normalized motion is compared."""
        before, after = self._centred
        aligned: np.ndarray = (self.released - after[:, None, None]) @ self.turn.T + before[:, None, None]
        return aligned

    @cached_property
    def feet(self) -> list[int]:
        """The joints that stand on the ground."""
        return sorted({joint for role, joint in self.skeleton.roles.items() if role in ("left_foot", "right_foot")})

    @cached_property
    def floor(self) -> float:
        """Where the feet of the original stand; y points up and cameras are level."""
        if self.ground is not None:
            return self.ground
        heights = self.original[:, :, self.feet, 1][self.present]
        return float(np.percentile(heights, FLOOR)) if heights.size else 0.0


def both_there(one: Motion, other: Motion) -> np.ndarray:
    """(T, P): which bodies are there in both, in the frames of the first."""
    slots = min(one.present.shape[1], other.present.shape[1])
    there: np.ndarray = one.present[:, :slots] & stretched(other, len(one.present)).present[:, :slots]
    return there


def stretched(motion: Motion, frames: int) -> Motion:
    """The same motion in so many frames, first on first and last on last: on the straight line between two frames,
    bodies there as in the nearest."""
    last = len(motion.present) - 1
    if last == frames - 1:
        return motion
    if last and frames > 1:
        return retimed(motion, last, frames - 1)
    rows = np.zeros(frames, int)  # a single frame is neither before nor after another
    return motion._replace(positions=motion.positions[rows], present=motion.present[rows])


def rotation(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """(..., 3, 3): the rotation R for which R · points lies nearest to `onto`; both (..., N, 3), centred."""
    left, _, right = np.linalg.svd(np.swapaxes(onto, -1, -2) @ points)
    flip = np.ones((*left.shape[:-2], 3))
    flip[..., 2] = np.sign(np.linalg.det(left @ right))
    found: np.ndarray = (left * flip[..., None, :]) @ right
    return found
