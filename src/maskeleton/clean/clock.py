"""Clocks that jump: frames dropped or stamped twice, and clocks that were set anew or cannot be read."""

import numpy as np

from maskeleton.clean.presence import GAP
from maskeleton.clean.step import Context, SetAside
from maskeleton.motion import MISSING, Motion

LATE = 1.5  # usual steps: a longer one has lost frames
SET_ANEW = 2.0  # seconds: what is longer did not pass; somebody set the clock
MOST = 10  # times as many frames as there were: no clock of frames makes more


def clock(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """Where the clock jumps, the recording is read again at the even times it should have had."""
    if motion.clock is None or len(motion.clock) < 2:
        return motion, []
    stamps = np.asarray(motion.clock, np.float64)
    usual = _usual_step(stamps)
    steps = np.diff(stamps)
    if usual and steps.min() > 0 and steps.max() <= LATE * usual:  # what is not a number fails
        return motion, []
    kept = np.concatenate([[True], steps != 0])  # of two frames of one moment the first
    times = _running(stamps[kept], usual)
    if not usual or times[-1] > MOST * len(times) * usual:
        return motion._replace(clock=None), ["the clock does not run like one of seconds"]
    even = np.arange(round(times[-1] / usual) + 1) * usual
    mended = _read_again(_at_frames(motion, kept), times, even, usual)
    read = np.isfinite(stamps)
    start = stamps[read][0] - int(read.argmax()) * usual
    return mended._replace(clock=start + even), [_told(stamps, usual)]


def _usual_step(stamps: np.ndarray) -> float:
    """The median of the steps forward; 0 where most steps are not."""
    steps = np.diff(stamps)
    forward = steps[steps > 0]
    usual = float(np.median(forward)) if 2 * len(forward) > len(steps) else 0.0
    return usual if usual < SET_ANEW else 0.0


def _told(stamps: np.ndarray, usual: float) -> str:
    """'the clock jumps: 2 steps back, 3 steps longer than 0.05 s'."""
    steps = np.diff(stamps)
    kinds = {"stamps unreadable": ~np.isfinite(stamps), "steps back": steps < 0,
             "frames of the same moment": steps == 0, f"steps longer than {LATE * usual:.3g} s": steps > LATE * usual}
    return "the clock jumps: " + ", ".join(f"{where.sum()} {kind}" for kind, where in kinds.items() if where.any())


def _running(stamps: np.ndarray, usual: float) -> np.ndarray:
    """Times from 0 on that only grow: over a stamp back, far ahead or unreadable one usual step has passed."""
    steps = np.diff(stamps)
    passed = (steps > 0) & (steps <= SET_ANEW)
    return np.concatenate([[0.0], np.where(passed, steps, usual).cumsum()])


def _at_frames(motion: Motion, frames: np.ndarray) -> Motion:
    return motion._replace(positions=motion.positions[frames], present=motion.present[frames],
                           tracked=motion.tracked[frames],
                           fields={name: column[frames] for name, column in motion.fields.items()})


def _read_again(motion: Motion, times: np.ndarray, even: np.ndarray, usual: float) -> Motion:
    """The recording at even times: bodies on the line between two frames, absent where no frame is near."""
    after = np.searchsorted(times, even).clip(1, len(times) - 1)
    before = after - 1
    share = ((even - times[before]) / (times[after] - times[before])).clip(0, 1)
    nearest = np.where(share < 0.5, before, after)
    near = np.abs(times[nearest] - even) <= usual / 2 + 1e-9
    pause = times[after] - times[before]
    line = motion.present[before] & motion.present[after] & (pause <= GAP + LATE * usual)[:, None]
    weight = share.astype(np.float32)[:, None, None, None]
    between = (1 - weight) * motion.positions[before] + weight * motion.positions[after]
    seen = np.minimum(motion.tracked[before], motion.tracked[after])
    seen = np.where(near[:, None, None], seen, MISSING)
    mended = _at_frames(motion, nearest)
    return mended._replace(
        positions=np.where(line[..., None, None] & np.isfinite(between), between, mended.positions),
        present=line | (mended.present & near[:, None]),
        tracked=np.where(line[..., None], seen, mended.tracked).astype(np.uint8),
    )
