"""Is anybody there, without short absences, and for long enough?"""

from itertools import pairwise

import numpy as np

from maskeleton.clean.joints import known
from maskeleton.clean.step import Context, SetAside, apart, counted, in_frames, set_aside
from maskeleton.motion import MISSING, Motion, runs_of

GAP = 1 / 3  # seconds a body may be away and is still given a path in between
GAP_SPEED = 5.0  # metres a second: who comes back farther away has not simply been overlooked
SHORT = 0.25  # seconds
FEWEST = 4  # frames, whatever the rate


def empty(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """A recording without any body is set aside."""
    if known(motion).any():
        return motion, []
    if not motion.present.any():
        return set_aside(motion, "no body in any frame")
    lost = motion.positions[motion.present]
    if np.isfinite(lost).all() and lost.any():
        return set_aside(motion, "every joint is absurdly far from its body; these may be millimetres")
    return set_aside(motion, "no joint of any body has a place")


def gaps(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """A body that is away for a moment and comes back near by is led through on a straight line."""
    if motion.present.all():
        return motion, []
    bridges = [(slot, before, after) for slot in range(motion.present.shape[1])
               for before, after in _moments(motion, slot, context)]
    if not bridges:
        return motion, []
    mended = motion._replace(positions=motion.positions.copy(), present=motion.present.copy(),
                             tracked=motion.tracked.copy(),
                             fields={name: column.copy() for name, column in motion.fields.items()})
    for slot, before, after in bridges:
        _bridge(mended, slot, before, after)
    longest = max(after - before - 1 for _, before, after in bridges)
    starts = sorted(before + 1 for _, before, _ in bridges)
    return mended, [f"{counted(len(bridges), 'short absence')}, the longest of {counted(longest, 'frame')}, "
                    f"{in_frames(starts)}"]


def short(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """A recording with a body in too few frames is set aside."""
    limit = context.frames(SHORT, FEWEST)
    there = int(np.count_nonzero(motion.present.any(1)))
    if there >= limit:
        return motion, []
    return set_aside(motion, f"{counted(there, 'frame')} with a body, fewer than {limit}")


def _moments(motion: Motion, slot: int, context: Context) -> list[tuple[int, int]]:
    """(last frame before, first frame after) of every short absence of one body."""
    runs = runs_of(motion.present[:, slot])
    found = []
    for (first, length), (after, _) in pairwise(runs):
        before = first + length - 1
        if after - before - 1 <= context.frames(GAP):
            distance = apart(motion.positions[before, slot], motion.positions[after, slot])
            if not distance > GAP_SPEED * (after - before) / context.fps:
                found.append((before, after))
    return found


def _bridge(motion: Motion, slot: int, before: int, after: int) -> None:
    """Fill the frames between in place: joints on a line, unseen; everything else as in the nearest frame."""
    inside = np.arange(before + 1, after)
    share = ((inside - before) / (after - before)).astype(np.float32)[:, None, None]
    start, end = motion.positions[before, slot], motion.positions[after, slot]
    motion.positions[inside, slot] = start + share * (end - start)
    motion.present[inside, slot] = True
    motion.tracked[inside, slot] = MISSING
    nearest = np.where(inside - before <= after - inside, before, after)
    for column in motion.fields.values():
        column[inside, slot] = column[nearest, slot]
