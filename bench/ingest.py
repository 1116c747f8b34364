"""ingest: NTU files to the array that skeleton networks are trained on, against the plain way; CPU time, one thread."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import plain_ntu

from maskeleton.formats import ntu
from maskeleton.formats.source import FileSource, Options
from maskeleton.motion import Motion
from maskeleton.normalize import Undo, normalize
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT25

FILES, FRAMES, SECOND_BODY = 30, 85, 17  # 1.2 bodies on average; a file has about 300 kB
LENGTH, KEPT = 300, 2


def measure(device: str = "cpu") -> list[dict[str, object]]:
    """Reading, normalizing and both, in milliseconds a file; both sides must make the same array."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder))
        source = ntu.open(paths, Options())
        ours, theirs = our_array(source), plain_ntu.prepare(paths)
        if not np.allclose(ours, theirs, rtol=0, atol=1e-5):
            raise AssertionError(f"the two sides differ by {np.abs(ours - theirs).max():.2g} m")
        motions, positions = our_motions(source), [plain_ntu.read_positions(path) for path in paths]
        parts = {
            "read an NTU file": (lambda: our_motions(source), lambda: [plain_ntu.read_positions(p) for p in paths]),
            "normalize it (paper) and pad it": (lambda: in_array(motions),
                                                lambda: plain_ntu.normalize(plain_ntu.in_array(positions))),
            "read, normalize and pad it": (lambda: our_array(source), lambda: plain_ntu.prepare(paths)),
        }
        return [row(what, best_time(our, 9), best_time(their, 2)) for what, (our, their) in parts.items()]


def row(what: str, ours: float, theirs: float) -> dict[str, object]:
    """A line of the bench's table."""
    goal = ">= 12" if what.startswith("read, ") else ""
    return {"what": what, "ours": round(ours, 3), "theirs": round(theirs, 3), "unit": "ms CPU a file",
            "ratio": round(theirs / ours, 1), "goal": goal}


def best_time(work: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU a file, the best of some times."""
    spent = []
    for _ in range(times):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent) / FILES * 1e3


def our_array(source: FileSource) -> np.ndarray:
    """(N, 3, 300, 25, 2), as the published code stores it."""
    return in_array(our_motions(source))


def our_motions(source: FileSource) -> list[Motion]:
    """Every file, read."""
    motions = []
    for part in source.parts:
        for item in source.read(part):
            if not isinstance(item, Motion):
                raise AssertionError(item)
            motions.append(item)
    return motions


def in_array(motions: list[Motion]) -> np.ndarray:
    """The `paper` chain, then each body repeated to 300 frames."""
    array = np.zeros((len(motions), 3, LENGTH, len(KINECT25.joints), KEPT), np.float32)
    for place, motion in enumerate(motions):
        looped(*normalize("paper", motion, KINECT25), array[place])
    return array


def looped(motion: Motion, undo: Undo, room: np.ndarray) -> None:
    """Fill `room` (3, 300, 25, 2) with each body, repeated over its own length.

    The published code repeats before it centres. A body of another length than the first one's is therefore, in the
    frames that repeat, seen from where the first body is by then.
    """
    assert undo.centre is not None
    assert undo.rotation is not None
    lengths = motion.present.sum(0)
    first = np.arange(LENGTH) % lengths[0]
    for body, length in enumerate(lengths):
        frames = np.arange(LENGTH) % length
        positions = motion.positions[frames, body]
        if length != lengths[0]:
            moved = (undo.centre[frames] - undo.centre[first]) @ undo.rotation.T.astype(np.float32)
            positions = positions + moved[:, None]
        room[..., body] = positions.transpose(2, 0, 1)


def write_files(folder: Path) -> list[Path]:
    """Synthetic files with as many digits as real ones: a person on a random walk, for a while a second one."""
    paths = []
    for number in range(FILES):
        rng = generator(0, "bench", "ingest", number)
        path = folder / f"S001C001P{number + 1:03d}R001A001.skeleton"
        path.write_bytes(ntu.as_text(random_motion(rng), fields=True).replace(b"\n", b"\r\n"))
        paths.append(path)
    return paths


def random_motion(rng: np.random.Generator) -> Motion:
    """A recording with every column of the format filled."""
    shape = (FRAMES, 2, len(KINECT25.joints))
    walk = np.cumsum(rng.normal(0, 0.01, (FRAMES, 2, 1, 3)), 0) + rng.normal(0, 0.02, (*shape, 3))
    positions = (walk + rng.normal(0, 0.4, (1, 2, len(KINECT25.joints), 3)) + [0, 0, 3.5]).astype(np.float32)
    present = np.ones(shape[:2], bool)
    begin = int(rng.integers(0, FRAMES - SECOND_BODY))
    present[:, 1] = (np.arange(FRAMES) >= begin) & (np.arange(FRAMES) < begin + SECOND_BODY)
    hands = {name: rng.integers(0, 3, (FRAMES, 2, 2), np.int32) for name in ("hand_confidence", "hand_state")}
    fields = {
        "body_id": np.broadcast_to(72057594037930000 + rng.integers(0, 9999, 2), shape[:2]),
        "lean": rng.normal(0, 0.1, (FRAMES, 2, 2)).astype(np.float32),
        "depth": (rng.random((*shape, 2)) * [512, 424]).astype(np.float32),
        "color": (rng.random((*shape, 2)) * [1920, 1080]).astype(np.float32),
        "orientation": rng.uniform(-1, 1, (*shape, 4)).astype(np.float32),
    }
    tracked = rng.choice(np.array([1, 2, 2, 2], np.uint8), shape)
    return Motion(positions, present, tracked, {}, "", fields=hands | fields)
