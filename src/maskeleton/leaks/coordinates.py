"""coordinates: no place of a joint of the original stands in any file, neither as filmed nor seen from the body's root.

Every three numbers that follow each other in a file are looked up among all places of joints of the original: one that
agrees to a micrometre counts by itself; of coarser agreement several joints of one pose must do so, two to a tenth of a
millimetre, four to a millimetre. Numbers may be metres, centimetres or millimetres. Of large originals every n-th place
is known, chosen so that both sides choose the same.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.leaks.given import Given, Leak
from maskeleton.leaks.raw import LARGEST, Stream, streams_of

LEVELS = ((1e-6, 1), (1e-4, 2), (1e-3, 4))  # metres that numbers are rounded to, and joints that must agree
UNITS = ((1.0, 20.0), (0.01, 2_000.0), (0.001, 20_000.0))  # metres a unit, and the largest number it is tried for
FINE = 1000  # steps: a number that is a multiple of a millimetre is a round one
MOST_PLACES = 12_000_000
SLIP = 3e-7  # metres by which one number differs as text and as float32, which rounding can make another step of
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
_SPREAD = np.uint64(0xFF51AFD7ED558CCD)
FILMED, ROOTED = "as filmed", "seen from the root"


class Known(NamedTuple):
    """The places of the original at one level, as sorted numbers."""

    rounded: float
    joints: int
    places: "Keys"
    filmed: np.ndarray  # those of `places` that are as filmed, not seen from the root
    every: int  # only keys that are divisible by it are known


class Keys(NamedTuple):
    """Sorted numbers, and a quick way to say that one is not among them."""

    sorted: np.ndarray
    may_be: np.ndarray  # by a number's first bits
    shift: np.uint64

    @classmethod
    def of(cls, keys: np.ndarray) -> "Keys":
        """Of any numbers."""
        known = np.sort(keys)
        known = known[np.concatenate([[True], known[1:] != known[:-1]])] if len(known) else known
        bits = min(26, max(10, len(known).bit_length() + 5))
        shift = np.uint64(64 - bits)
        may_be = np.zeros(1 << bits, bool)
        may_be[known >> shift] = True
        return cls(known, may_be, shift)


def find(given: Given) -> Iterator[Leak]:
    """Look up everything."""
    if given.original is None:
        given.not_tried.append("coordinates of the original: give --original DATA")
        return
    tables = [known_places(given.original, rounded, joints) for rounded, joints in LEVELS]
    files = given.data_files if given.format != "store" else []
    for file in dict.fromkeys([*files, *given.files]):
        if file.is_file() and not file.is_symlink():
            yield from _in_file(given, file, tables)
    for motion in given.released:
        poses = rooted(motion.positions[motion.present], given.released)
        stream = Stream(poses.ravel(), (3,), _frame)
        found = next((where for known in tables if (where := hit(stream, known))), None)
        if found:
            yield Leak(motion.id, found[1], f"{found[2]} joints of the original stand there, {found[0]}")


def _in_file(given: Given, file: Path, tables: list[Known]) -> Iterator[Leak]:
    for stream in streams_of(file):
        for known in tables:
            found = hit(stream, known)
            if found:
                frame, place, count = found
                yield Leak(given.name_of(file), place, f"{count} joints of the original stand there, {frame}")
                return


def _frame(index: int) -> str:
    return f"joint {index // 3} of all its poses"


def hit(stream: Stream, known: Known) -> tuple[str, str, int] | None:
    """The first place of the original in these numbers: in which frame of reference, where, and how many there are."""
    for scale, largest in UNITS:
        with np.errstate(all="ignore"):
            usable = np.isfinite(stream.values) & (np.abs(stream.values) < min(LARGEST, largest))
        if not usable.any():
            continue
        keys, there = window_keys(np.where(usable, stream.values, 0) * scale, usable, known.rounded, known.joints == 1)
        for stride in stream.strides if known.joints > 1 else (1,):
            grouped, whole = groups(keys, there, known.joints, stride)
            usual = np.flatnonzero(whole)
            place = usual[_among(grouped[usual], known.places, known.every)]
            if len(place):
                frame = FILMED if np.isin(grouped[place[0]], known.filmed) else ROOTED
                return frame, stream.where(int(place[0])), len(place)
    return None


def window_keys(values: np.ndarray, usable: np.ndarray, rounded: float, odd: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A number for every three that follow each other, and which of these can be a place: two of them are not zero, and
    (`odd`) they are no round numbers, which stand for anything: versions, dates, bounds."""
    if len(values) < 3:
        return np.zeros(0, np.uint64), np.zeros(0, bool)
    steps = np.rint(values / rounded).astype(np.int64)
    told = (steps != 0).astype(np.int8)
    parts = steps.view(np.uint64)
    keys = _mixed(parts[:-2] * _MIX[0] + parts[1:-1] * _MIX[1] + parts[2:] * _MIX[2])
    there = usable[:-2] & usable[1:-1] & usable[2:] & (told[:-2] + told[1:-1] + told[2:] >= 2)
    if odd:
        fine = steps % FINE != 0
        there &= fine[:-2] | fine[1:-1] | fine[2:]
    return keys, there


def groups(keys: np.ndarray, there: np.ndarray, joints: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """A number for every so many places, `stride` apart, and which are whole."""
    if joints == 1:
        return keys, there
    size = max(0, len(keys) - (joints - 1) * stride)
    parts = [slice(step * stride, step * stride + size) for step in range(joints)]
    together = np.zeros(size, np.uint64)
    whole = np.ones(size, bool)
    for mix, part in zip(_MIX, parts, strict=False):
        together += keys[part] * mix
        whole &= there[part]
    return _mixed(together), whole


def _mixed(numbers: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = (numbers ^ (numbers >> np.uint64(33))) * _SPREAD
    mixed ^= mixed >> np.uint64(29)
    return mixed


def _among(keys: np.ndarray, known: Keys, every: int) -> np.ndarray:
    """Which of the keys are known."""
    if not len(known.sorted):
        return np.zeros(0, np.int64)
    chosen = np.flatnonzero(known.may_be[keys >> known.shift])
    sought = keys[chosen]
    if every > 1:
        chosen, sought = chosen[sought % np.uint64(every) == 0], sought[sought % np.uint64(every) == 0]
    place = np.minimum(np.searchsorted(known.sorted, sought), len(known.sorted) - 1)
    found: np.ndarray = chosen[known.sorted[place] == sought]
    return found


def known_places(original: MotionDataset, rounded: float, joints: int) -> Known:
    """All places of the joints of a dataset, as filmed and from the root."""
    count = int(original.runs.length.sum()) * len(original.skeleton.joints)
    every = -(-count // MOST_PLACES)
    found: dict[str, list[np.ndarray]] = {FILMED: [], ROOTED: []}
    for motion in original:
        poses = motion.positions[motion.present].astype(np.float64)
        for frame, places in ((FILMED, poses), (ROOTED, rooted(poses, original))):
            for slip in (0, SLIP, -SLIP) if rounded < 10 * SLIP else (0,):
                keys, there = pose_keys(places + slip, rounded, joints)
                found[frame].append(keys[there & (keys % np.uint64(every) == 0)])
    filmed, seen = (np.concatenate(keys) for keys in (found[FILMED], found[ROOTED]))
    return Known(rounded, joints, Keys.of(np.concatenate([filmed, seen])), filmed, every)


def pose_keys(poses: np.ndarray, rounded: float, joints: int) -> tuple[np.ndarray, np.ndarray]:
    """The same numbers for poses (n, J, 3) as `window_keys` and `groups` give for text."""
    steps = np.rint(poses.astype(np.float64) / rounded).astype(np.int64)
    parts = steps.view(np.uint64)
    keys = _mixed(parts[..., 0] * _MIX[0] + parts[..., 1] * _MIX[1] + parts[..., 2] * _MIX[2])
    there = (steps != 0).sum(-1) >= 2
    if joints > 1:
        size = max(0, keys.shape[1] - joints + 1)
        together = np.zeros((len(keys), size), np.uint64)
        whole = np.ones((len(keys), size), bool)
        for step, mix in zip(range(joints), _MIX, strict=False):
            together += keys[:, step : step + size] * mix
            whole &= there[:, step : step + size]
        keys, there = _mixed(together), whole
    return keys.ravel(), there.ravel()


def rooted(poses: np.ndarray, dataset: MotionDataset) -> np.ndarray:
    """Poses (n, J, 3) as they are seen from the root."""
    root = dataset.skeleton.parents.index(-1)
    seen: np.ndarray = poses.astype(np.float64) - poses[:, root : root + 1]
    return seen
