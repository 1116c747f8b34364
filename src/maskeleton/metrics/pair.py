"""Pair: a recording and its release, laid on each other, so that metrics can compare them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton


@dataclass(frozen=True)
class Pair:
    """One recording before and after; only bodies that are there in both count."""

    original: np.ndarray  # (T, P, J, 3) metres
    released: np.ndarray  # (T, P, J, 3)
    present: np.ndarray  # (T, P)
    skeleton: Skeleton
    fps: float

    @classmethod
    def of(cls, original: Motion, released: Motion, skeleton: Skeleton, fps: float) -> "Pair":
        """A UserError where one is not the release of the other."""
        if original.id != released.id:
            raise UserError(f"recording {original.id!r} stands beside {released.id!r}",
                            "give a release with the ids of the original, in its order")
        before, after = original.positions.shape, released.positions.shape
        if before[0] != after[0] or before[2] != after[2]:
            raise UserError(f"recording {original.id!r} has {before[0]} frames of {before[2]} joints, its release "
                            f"{after[0]} of {after[2]}", "compare what still has its own frames and joints")
        slots = min(before[1], after[1])
        both = original.present[:, :slots] & released.present[:, :slots]
        return cls(original.positions[:, :slots].astype(np.float64), released.positions[:, :slots].astype(np.float64),
                   both, skeleton, fps)

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
    def placed(self) -> np.ndarray:
        """The release after one turn and one shift for the whole recording: its path through the room still its own."""
        before, after = self._centred
        there = self.present.any(1)
        shift = (before - after @ self.turn.T)[there].mean(0) if there.any() else np.zeros(3)
        placed: np.ndarray = self.released @ self.turn.T + shift
        return placed

    @cached_property
    def aligned(self) -> np.ndarray:
        """The release after one turn for the recording and one shift for each frame: as normalized motion is compared."""
        before, after = self._centred
        aligned: np.ndarray = (self.released - after[:, None, None]) @ self.turn.T + before[:, None, None]
        return aligned


def rotation(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """(..., 3, 3): the rotation R for which R · points lies nearest to `onto`; both (..., N, 3), centred."""
    left, _, right = np.linalg.svd(np.swapaxes(onto, -1, -2) @ points)
    flip = np.ones((*left.shape[:-2], 3))
    flip[..., 2] = np.sign(np.linalg.det(left @ right))
    found: np.ndarray = (left * flip[..., None, :]) @ right
    return found
