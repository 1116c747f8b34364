"""Align: recordings of one thing shown at moments at which they are equally far on, on a clock that is the mean of theirs.

Which moment of one goes with which of the other is found by dynamic time warping of directions of bones.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

MOMENTS = 40  # of each recording that are compared
BAND = 0.3  # of a recording: so far apart may be what goes together
WAITING = 0.3  # of the mean cost: what it costs when one stands still and the other goes on
SMOOTH = 5  # moments over which a clock is averaged, so that nobody jerks


def in_step(motions: Sequence[Tensor], shares: Sequence[float]) -> list[Tensor]:
    """For each recording (N, J, 3, T of its own), as directions, the moments in frames to be shown, all of one number:
    as many as the recordings have by their shares, on the clock that is the mean of theirs."""
    frames = max(2, round(math.exp(sum(share * math.log(motion.shape[-1]) for motion, share in
                                       zip(motions, shares, strict=True)))))
    told = np.stack([sampled(motion, torch.linspace(0, motion.shape[-1] - 1, MOMENTS)).flatten(0, 2).T.numpy()
                     for motion in motions])  # (R, M, D)
    between = np.square(told[:, None] - told[None]).sum((2, 3))
    lead = int(between.sum(1).argmin())  # the one in the middle, to which the others are compared
    clocks = _smooth(_ways(np.square(told[lead][None, :, None] - told[:, None]).mean(-1)))
    clocks[lead] = np.arange(MOMENTS)
    mean = np.tensordot(np.asarray(shares), clocks, 1) + 1e-6 * np.arange(MOMENTS)
    mean *= (MOMENTS - 1) / mean[-1]
    when = np.interp(np.linspace(0, MOMENTS - 1, frames), mean, np.arange(MOMENTS))
    found = []
    for motion, clock in zip(motions, clocks, strict=True):
        own = np.interp(when, np.arange(MOMENTS), clock) * ((motion.shape[-1] - 1) / (MOMENTS - 1))
        found.append(torch.from_numpy(own).to(motion))
    return found


def sampled(tracks: Tensor, moments: Tensor) -> Tensor:
    """(…, T) shown at moments (M,) in frames, straight between two of them."""
    last = tracks.shape[-1] - 1
    before = moments.floor().long().clamp(0, max(last - 1, 0))
    after = (before + 1).clamp(max=last)
    return torch.lerp(tracks[..., before], tracks[..., after], (moments - before).to(tracks))


def _ways(costs: np.ndarray) -> np.ndarray:
    """(R, M) which moment of each goes with every moment of the lead, by the cheapest way through costs (R, M, M) on
    which neither goes back."""
    count, size, _ = costs.shape
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    near = apart <= max(1, math.ceil(BAND * size))
    waiting = WAITING * costs.mean((1, 2))
    total = np.full((count, size + 1, size + 1), np.inf)
    total[:, 0, 0] = 0
    for both in range(2 * size - 1):  # all at once whose numbers sum to this
        one = np.arange(max(0, both - size + 1), min(size, both + 1))
        one = one[near[one, both - one]]
        other = both - one
        still = np.minimum(total[:, one, other + 1], total[:, one + 1, other]) + waiting[:, None]
        total[:, one + 1, other + 1] = costs[:, one, other] + np.minimum(total[:, one, other], still)
    return _back(total, waiting, size)


def _back(total: np.ndarray, waiting: np.ndarray, size: int) -> np.ndarray:
    """The way itself: for each moment of the lead the mean of those that go with it."""
    rows = np.arange(len(total))
    one, other = np.full(len(total), size), np.full(len(total), size)
    summed, times = np.zeros((len(total), size)), np.zeros((len(total), size))
    while (alive := (one > 0) & (other > 0)).any():
        here = rows[alive]
        summed[here, one[alive] - 1] += other[alive] - 1
        times[here, one[alive] - 1] += 1
        steps = np.stack([total[rows, one - 1, other - 1], total[rows, one - 1, other] + waiting,
                          total[rows, one, other - 1] + waiting])
        step = steps.argmin(0)
        one, other = one - (alive & (step < 2)), other - (alive & (step != 1))
    return summed / times


def _smooth(clocks: np.ndarray) -> np.ndarray:
    """Clocks (R, M) without jerks; they begin and end where they did, and never go back."""
    half = SMOOTH // 2
    wide = np.pad(clocks, ((0, 0), (half, half)), "reflect", reflect_type="odd")
    smooth = np.lib.stride_tricks.sliding_window_view(wide, SMOOTH, 1).mean(-1)
    smooth = np.maximum.accumulate(smooth.clip(0, clocks.shape[1] - 1), 1)
    smooth[:, 0], smooth[:, -1] = 0, clocks.shape[1] - 1
    return smooth
