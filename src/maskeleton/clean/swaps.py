"""Bodies that change slots: two that exchange their tracks, and one that goes on under another number."""

import numpy as np

from maskeleton.clean.presence import GAP
from maskeleton.clean.step import Context, SetAside, apart, in_frames, reordered
from maskeleton.motion import Motion

LEAST_LEAP = 0.15  # metres that all joints move on average from one frame to the next …
LEAP_SPEED = 5.0  # … or metres a second: a person does not do that
NEAR = 0.3  # metres, on average over the joints, from where a body was last seen to where it goes on …
NEAR_SPEED = 1.0  # … and for every second between


def swaps(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """Every body gets one slot for as long as its track can be followed."""
    if motion.present.shape[1] < 2:
        return motion, []
    tracks = _Tracks(motion, context)
    exchanged: list[int] = []
    for frame in tracks.doubtful_frames():
        while (pair := tracks.pair_to_exchange(frame)) is not None:
            tracks.exchange(frame, *pair)
            exchanged.append(frame)
    if not exchanged:
        return motion, []
    return reordered(motion, tracks.order), [f"bodies change slots {in_frames(sorted(set(exchanged)))}"]


class _Tracks:
    """Who is where, while slots are being exchanged: `order[t, p]` is the slot as read that slot p now shows."""

    def __init__(self, motion: Motion, context: Context) -> None:
        frames, slots = motion.present.shape
        self.positions, self.present = motion.positions, motion.present
        self.fps = context.fps
        self.memory = context.frames(GAP) + 1
        self.leap = max(LEAST_LEAP, LEAP_SPEED / context.fps)
        self.order = np.broadcast_to(np.arange(slots), (frames, slots)).copy()

    def doubtful_frames(self) -> list[int]:
        """Frames in which a body begins, or has leapt since the frame before."""
        both = self.present[1:] & self.present[:-1]
        begins = self.present[1:] & ~self.present[:-1]
        leaps = both & (apart(self.positions[1:], self.positions[:-1]) > self.leap)
        return [int(frame) + 1 for frame in np.flatnonzero((begins | leaps).any(1))]

    def exchange(self, frame: int, one: int, other: int) -> None:
        """From this frame on each takes the other's slot."""
        self.order[frame:, [one, other]] = self.order[frame:, [other, one]]

    def pair_to_exchange(self, frame: int) -> tuple[int, int] | None:
        """The slots of the body that most clearly goes on in another slot than its own."""
        slots = range(self.order.shape[1])
        last = [self._last_seen(frame, slot) for slot in slots]
        best, found = np.inf, None
        for here in slots:
            for there in slots:
                if here != there and last[here] >= 0 and self._is_there(frame, there):
                    distance = self._goes_on(frame, here, there, last)
                    if distance < best:
                        best, found = distance, (here, there)
        return found

    def _goes_on(self, frame: int, here: int, there: int, last: list[int]) -> float:
        """How far the body of slot `here` would move if it went on in `there`; endless if it rather does not."""
        moved = self._distance(frame, here, there, last)
        if not moved <= NEAR + NEAR_SPEED * (frame - last[here]) / self.fps:
            return np.inf
        stays = 0.0
        crosses = moved
        for slot, other in ((here, there), (there, here)):
            if last[slot] >= 0 and self._is_there(frame, slot):
                own = self._distance(frame, slot, slot, last)
                if not own > max(self.leap * (frame - last[slot]), 2 * moved):
                    return np.inf
                stays += own
                if slot == there and self._is_there(frame, other):
                    crosses += self._distance(frame, there, here, last)
        return moved if stays == 0 or crosses < stays / 2 else np.inf

    def _distance(self, frame: int, here: int, there: int, last: list[int]) -> float:
        before = self.positions[last[here], self.order[last[here], here]]
        return float(apart(before, self.positions[frame, self.order[frame, there]]))

    def _is_there(self, frame: int, slot: int) -> bool:
        return bool(self.present[frame, self.order[frame, slot]])

    def _last_seen(self, frame: int, slot: int) -> int:
        """The last frame before this one, not too long ago, with a body in the slot; −1 without."""
        for before in range(frame - 1, max(frame - 1 - self.memory, -1), -1):
            if self._is_there(before, slot):
                return before
        return -1
