"""coordinates: no place of a joint of the original stands in any file, neither as filmed nor seen from the body's root.

Every three numbers that follow each other in a file are looked up among all places of joints of the original, whatever
order and signs the file's axes have: which way is up, a mirrored picture or another reader's axes hide nothing. One place
that agrees to a micrometre counts by itself; of coarser agreement several joints of one pose must do so, in the same axes,
two to a tenth of a millimetre, four to a millimetre. Numbers may be metres, centimetres or millimetres. Where the original
has more than a million places, one may agree by chance: then two of a recording must. Of more than twelve million every
n-th is known, chosen so that both sides choose the same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.leaks.given import Given, Leak, in_blocks
from maskeleton.leaks.raw import LARGEST, Stream, streams_of
from maskeleton.outgoing import BLOCK

LEVELS = ((1e-6, 1), (1e-4, 2), (1e-3, 4))  # metres that numbers are rounded to, and joints that must agree
UNITS = ((1.0, 20.0), (0.01, 2_000.0), (0.001, 20_000.0))  # metres a unit, and the largest number it is tried for
FINE = 1000  # steps: a number that is a multiple of a millimetre is a round one
NEAR = 0.05  # metres: what is nearer to the origin in all axes is a small number, which may stand for anything
MOST_PLACES = 12_000_000
FEW_PLACES = 1_000_000  # of so many one agrees with a number of a release by chance in less than one release of 1,000
SLICE = 1 << 16  # numbers that are looked up together: those of a recording or two
SLIP = 3e-7  # metres by which one number differs as text and as float32, which rounding can make another step of
FRAMES = ("as filmed", "seen from the root")  # the last bit of a key is a place in here
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64).view(np.int64)
_SPREAD = np.uint64(0xFF51AFD7ED558CCD)
_HASHES = np.array([1, 0xFF51AFD7ED558CCD], np.uint64)
_FRAME = np.uint64(1)


class Known(NamedTuple):
    """The places of the original at one level, as sorted keys, and a quick way to say that a key is not among them."""

    rounded: float
    joints: int
    enough: int  # so many different ones near each other are no accident
    keys: np.ndarray
    bits: np.ndarray  # set where _mark of a known key says, by each of _HASHES: quick to ask

    @classmethod
    def of(cls, rounded: float, joints: int, enough: int, keys: np.ndarray) -> "Known":
        """Of any keys."""
        keys = np.sort(keys)
        bits = np.zeros(1 << min(28, max(10, len(keys).bit_length() + 2)), np.uint8)
        for mix in _HASHES:
            np.bitwise_or.at(bits, *_mark(keys, mix, bits))
        return cls(rounded, joints, enough, keys, bits)

    def stored(self, folder: Path) -> "Stored":
        """The same as files, which processes share."""
        folder.mkdir()
        np.save(folder / "keys.npy", self.keys)
        np.save(folder / "bits.npy", self.bits)
        return Stored(self.rounded, self.joints, self.enough, folder)

    def among(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of these keys are known, and the place of each one's frame of reference in FRAMES; none of fewer than are
        enough."""
        chosen = np.arange(len(keys))
        for mix in _HASHES:
            byte, bit = _mark(keys[chosen], mix, self.bits)
            chosen = chosen[self.bits[byte] & bit != 0]
        sought = keys[chosen] & ~_FRAME
        if len(sought):
            known = self.keys[np.minimum(np.searchsorted(self.keys, sought), len(self.keys) - 1)]
            same = known & ~_FRAME == sought
            if len(np.unique(sought[same])) >= self.enough:
                return chosen[same], (known[same] & _FRAME).astype(np.int64)
        return np.zeros(0, np.int64), np.zeros(0, np.int64)


class Stored(NamedTuple):
    """Known places in a folder."""

    rounded: float
    joints: int
    enough: int
    folder: Path

    def opened(self) -> Known:
        """The places, mapped into memory."""
        keys, bits = (np.load(self.folder / name, mmap_mode="r").view(np.ndarray) for name in ("keys.npy", "bits.npy"))
        return Known(self.rounded, self.joints, self.enough, keys, bits)


def _mark(keys: np.ndarray, mix: np.uint64, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The byte and the bit in it that stand for a key, whatever its frame of reference is."""
    begins = (keys & ~_FRAME) * mix >> np.uint64(65 - (8 * len(bits)).bit_length())
    return begins >> np.uint64(3), np.left_shift(np.uint8(1), (begins & np.uint64(7)).astype(np.uint8))


def find(given: Given) -> Iterator[Leak]:
    """Look up everything."""
    if given.original is None:
        given.not_tried.append("coordinates of the original: give --original DATA")
        return
    files = given.data_files if given.format != "store" else []
    plain = [file for file in dict.fromkeys([*files, *given.files]) if file.is_file() and not file.is_symlink()]
    rows = range(len(given.released))
    motions = (given.released.select(rows[start : start + BLOCK]).by_itself() for start in rows[::BLOCK])
    stored = [known_places(given.original, rounded, joints).stored(given.room / f"known-{joints}")
              for rounded, joints in LEVELS]
    yield from given.over([*((in_files, block) for block in in_blocks(plain)), *((in_motions, block) for block in motions)],
                          stored)


def in_files(given: Given, files: Sequence[Path], stored: Sequence[Stored]) -> Iterator[Leak]:
    """The first place in each of these files."""
    tables = [one.opened() for one in stored]
    for file in files:
        found = next((found for stream in streams_of(file) if (found := hit(stream, tables))), None)
        if found:
            frame, place, count = found
            yield Leak(given.name_of(file), place, _told(count, frame))


def in_motions(given: Given, released: MotionDataset, stored: Sequence[Stored]) -> Iterator[Leak]:
    """The first place in each of these recordings as they are seen from the root, in whatever way a file says them."""
    tables = [one.opened() for one in stored]
    for motion in released:
        poses = rooted(motion.positions[motion.present], released)
        for known in tables:
            found, frames = known.among(keys_of_poses(poses, known.rounded, known.joints)[0])
            if len(found):
                pose, joint = divmod(int(found[0]), poses.shape[1] - known.joints + 1)
                yield Leak(motion.id, f"joint {joint} of pose {pose}", _told(len(found), FRAMES[frames[0]]))
                break


def _told(count: int, frame: str) -> str:
    return f"{count} joints of the original stand there, {frame}"


def hit(stream: Stream, tables: Sequence[Known]) -> tuple[str, str, int] | None:
    """The first place of the original in these numbers: in which frame of reference, where, and how many there are near
    it."""
    reach = max((known.joints - 1) * stride for known in tables for stride in stream.strides) + 2
    for start in range(0, len(stream.values), SLICE):
        found = _in_slice(stream.values[start : start + SLICE + reach], stream.strides, tables)
        if found:
            frame, place, count = found
            return frame, stream.where(start + place), count
    return None


def _in_slice(values: np.ndarray, strides: tuple[int, ...], tables: Sequence[Known]) -> tuple[str, int, int] | None:
    sizes = np.abs(values)
    for scale, largest in UNITS:
        usable = sizes < min(LARGEST, largest)  # not what is no number
        far = sizes >= NEAR / scale
        begins = usable[:-2] & usable[1:-1] & usable[2:] & (far[:-2] | far[1:-1] | far[2:])
        if not begins.any():
            continue
        metres = np.where(usable, values, 0) * scale
        for known in tables:
            steps = np.rint(metres / known.rounded).astype(np.int64)
            for stride in strides if known.joints > 1 else (1,):
                keys = keys_of_numbers(steps, known.joints, stride)
                worth = np.flatnonzero(begins[: len(keys)])
                found, frames = known.among(keys[worth])
                if len(found):
                    return FRAMES[frames[0]], int(worth[found[0]]), len(found)
    return None


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
# The joints' numbers along one axis make one number, which is the same if all of them change their sign; the three axes'
# numbers are added, which is the same in any order.


def keys_of_numbers(steps: np.ndarray, joints: int, stride: int) -> np.ndarray:
    """A key for every three numbers that follow each other and those of the next joints, `stride` apart."""
    size = max(0, len(steps) - (joints - 1) * stride)
    axis = _along_an_axis([steps[joint * stride : joint * stride + size] for joint in range(joints)])
    keys: np.ndarray = axis[:-2] + axis[1:-1] + axis[2:] if size > 2 else axis[:0]
    return keys


def keys_of_poses(poses: np.ndarray, rounded: float, joints: int) -> tuple[np.ndarray, np.ndarray]:
    """The same keys of poses (n, J, 3), and which of them tell something: in every joint two numbers are not zero, those
    of the first are not all small, and those of one by itself are not all round, as versions, dates and bounds are."""
    steps = np.rint(np.ascontiguousarray(np.moveaxis(poses, -1, 0), np.float64) / rounded).astype(np.int64)
    size = max(0, steps.shape[2] - joints + 1)
    parts = [steps[..., joint : joint + size] for joint in range(joints)]
    keys = _along_an_axis(parts).sum(0)
    telling = (np.abs(parts[0]) > NEAR / rounded).any(0)
    for part in parts:
        telling &= (part != 0).sum(0) >= 2
    if joints == 1:
        telling &= (steps % FINE != 0).any(0)
    return np.ravel(keys), np.ravel(telling)


def _along_an_axis(parts: list[np.ndarray]) -> np.ndarray:
    mixed = parts[0] * _MIX[0]
    for mix, part in zip(_MIX[1:], parts[1:], strict=False):
        mixed += part * mix
    numbers: np.ndarray = np.abs(mixed).view(np.uint64)
    numbers ^= numbers >> np.uint64(33)
    numbers *= _SPREAD
    numbers ^= numbers >> np.uint64(29)
    return numbers


def known_places(original: MotionDataset, rounded: float, joints: int) -> Known:
    """All places of the joints of a dataset, as filmed and from the root."""
    count = int(original.runs.length.sum()) * len(original.skeleton.joints)
    every = max(1, -(-count // MOST_PLACES))
    found: list[np.ndarray] = [np.zeros(0, np.uint64)]
    for motion in original:
        poses = motion.positions[motion.present].astype(np.float64)
        for frame, places in enumerate((poses, rooted(poses, original))):
            for slip in (0, SLIP, -SLIP) if rounded < 10 * SLIP else (0,):
                keys, telling = keys_of_poses(places + slip, rounded, joints)
                found.append(keys[telling & (keys // 2 % every == 0)] & ~_FRAME | np.uint64(frame))
    return Known.of(rounded, joints, 2 if joints == 1 and count > FEW_PLACES else 1, np.concatenate(found))


def rooted(poses: np.ndarray, dataset: MotionDataset) -> np.ndarray:
    """Poses (n, J, 3) as they are seen from the root."""
    root = dataset.skeleton.parents.index(-1)
    seen: np.ndarray = poses.astype(np.float64) - poses[:, root : root + 1]
    return seen
