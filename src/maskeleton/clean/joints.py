"""Joints without a believable place: not a number, exactly (0, 0, 0), absurdly far, or jumping away for one frame."""

import numpy as np

from maskeleton.clean.step import Context, SetAside, counted, squared
from maskeleton.motion import MISSING, Motion, filled

FAR = 20.0  # metres: from the origin, and then from the middle of the body
AROUND_ORIGIN = 1.0  # metres: a body whose joints are this near on average has been centred, its zeros may be true
NEAR_ORIGIN = 0.2  # metres: a joint this near before and after may pass through (0, 0, 0)
ALWAYS = 0.9  # share of a body's frames in which a centred joint is at the origin
LEAST_JUMP = 0.2  # metres
JUMP_SPEED = 10.0  # metres a second, there and back again


def known(motion: Motion) -> np.ndarray:
    """(T, P, J): where a joint of a present body has a place to believe in."""
    size = np.abs(motion.positions)
    reach = np.maximum(np.maximum(size[..., 0], size[..., 1]), size[..., 2])
    sure: np.ndarray = (reach > 0) & (reach < FAR) & motion.present[..., None]  # NaN fails either comparison
    if np.count_nonzero(sure) < np.count_nonzero(motion.present) * sure.shape[2]:
        doubtful = motion.present[..., None] & ~sure
        sure = sure | _far_with_its_body(motion.positions, doubtful & (reach >= FAR) & np.isfinite(reach))
        sure = sure | _really_at_origin(motion.positions, doubtful & (reach == 0), sure)
    return sure


def joints(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """Joints without a place become missing and get one: between the frames around, or amid the other joints."""
    sure = known(motion)
    present_joints = np.count_nonzero(motion.present) * sure.shape[2]
    if np.count_nonzero(sure) == present_joints:
        return motion, []
    lost = motion.present[..., None] & ~sure
    present = motion.present & sure.any(-1)
    mended = motion._replace(
        positions=filled(np.where(sure[..., None], motion.positions, np.nan), present), present=present,
        tracked=np.where(sure, motion.tracked, MISSING).astype(np.uint8),
    )
    return mended, [_told(motion.positions[lost], int(lost.any((1, 2)).sum()))]


def spikes(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """Joints that jump away for one frame and come back are put between the frames around."""
    away = _peaks(motion.positions, motion.present, max(LEAST_JUMP, JUMP_SPEED / context.fps))
    if not away.any():
        return motion, []
    between = filled(np.where(away[..., None], np.nan, motion.positions), motion.present)
    mended = motion._replace(positions=np.where(away[..., None], between, motion.positions),
                             tracked=np.where(away, MISSING, motion.tracked).astype(np.uint8))
    frames = int(away.any((1, 2)).sum())
    return mended, [f"{counted(int(away.sum()), 'joint')} jump away and back in {counted(frames, 'frame')}"]


def _peaks(positions: np.ndarray, present: np.ndarray, limit: float) -> np.ndarray:
    """Where a joint is far from where it was and will be, and quiet before and after.

    A body that jumps as a whole is not meant, nor one that flickers between two places: nobody knows which is its own.
    """
    peaks = np.zeros(positions.shape[:3], bool)
    steps = squared(positions[1:] - positions[:-1])
    fast = np.asarray(steps > np.square(limit))
    if (fast[:-1] & fast[1:]).any():
        fast &= (present[1:] & present[:-1])[..., None]
        quiet = np.pad(~fast, [(1, 1), (0, 0), (0, 0)], constant_values=True)
        back = 4 * squared(positions[2:] - positions[:-2]) < np.minimum(steps[:-1], steps[1:])
        peaks[1:-1] = fast[:-1] & fast[1:] & quiet[:-3] & quiet[3:] & back
        peaks[2 * peaks.sum(-1) >= positions.shape[2]] = False
    return peaks


def _far_with_its_body(positions: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Joints far from the origin whose whole body is there: the recording has its origin elsewhere."""
    together = np.zeros_like(far)
    for frame, slot in np.argwhere(far.any(-1)).tolist():
        body = positions[frame, slot].astype(np.float64)
        middle = np.median(body[np.isfinite(body).all(-1)], axis=0)
        together[frame, slot] = far[frame, slot] & (squared(body - middle) < FAR**2)
    return together


def _really_at_origin(positions: np.ndarray, zero: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Zeros that are true places: the joint a body was centred on, or one on its way through the origin."""
    true = np.zeros_like(zero)
    if not zero.any():
        return true
    has_body = np.asarray(sure.any(-1))  # a body all of whose joints are zero is no body
    for slot, joint in np.argwhere((zero & has_body[..., None]).any(0)).tolist():
        here = zero[:, slot, joint] & has_body[:, slot]
        others = positions[:, slot][sure[:, slot]]
        around = np.sqrt(squared(others)).mean() < AROUND_ORIGIN
        if around and here.sum() >= ALWAYS * has_body[:, slot].sum():
            true[:, slot, joint] = here
        else:
            true[:, slot, joint] = here & _passes_origin(positions[:, slot, joint], sure[:, slot, joint])
    return true


def _passes_origin(track: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """(T,): where the joint's nearest known places in time, before and after, are both beside the origin."""
    frames = np.flatnonzero(sure)
    if not len(frames):
        return np.zeros(len(track), bool)
    near = squared(track[frames]) < NEAR_ORIGIN**2
    after = np.searchsorted(frames, np.arange(len(track)))
    before: np.ndarray = near[np.maximum(after - 1, 0)]
    return before & near[np.minimum(after, len(frames) - 1)]


def _told(lost: np.ndarray, frames: int) -> str:
    """'4 joints in 3 frames: 1 not a number, 3 at (0, 0, 0)'."""
    wrong = int((~np.isfinite(lost).all(-1)).sum())
    zero = int((lost == 0).all(-1).sum())
    kinds = {"not a number": wrong, "at (0, 0, 0)": zero, "absurdly far": len(lost) - wrong - zero}
    reasons = ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number)
    return f"{counted(len(lost), 'joint')} in {counted(frames, 'frame')}: {reasons}"
