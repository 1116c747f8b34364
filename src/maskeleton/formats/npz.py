"""npz: one archive of plain numpy arrays, the interchange format: no pickle, readable anywhere by numpy.load.

Read and written: `coords` (sum of lengths, joints, 3), metres, y up; `lengths`, the frames of each recording;
`joint_names`; `edges`, (parent, child) pairs; `fps`; `name`, the recordings' ids. Every other one-dimensional array
with one entry a recording is a label: whole numbers (−1 unknown), or text; `<label>_names` names a label's numbers.

Where recordings have several bodies, or frames in which nobody is, `lengths` has one entry a run, a body that is
there from a frame on without a break, and `recording`, `slot` and `start` say whose it is and where it begins; runs are
sorted by recording. `frames` and `slots`, one entry a recording, then tell how long and how wide each recording is,
empty ends included. `tracked` (sum of lengths, joints), 2 seen, 1 guessed, 0 missing, is there unless every joint was
seen. `skeleton` is the body plan's name; `roles`, pairs of role and joint, is there where the joints' names tell none.

Joints may stand in any order, up to 1000; coordinates may be float16, 32 or 64 and are written as float32, bit by bit
as they are. A joint that is NaN or infinite is missing. Arrays of more dimensions that are not named above are ignored;
a label of numbers that are not whole (a weight) is refused, since labels are classes: sort it into bands first. Large
archives are passed through, never held: what is packed is unpacked once per reading process.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit import npy
from maskeleton.formats.kit.kinect import LEAST_ROOM, SPARSE
from maskeleton.formats.kit.npz_contents import KNOWN, PLAN_ARRAYS, Contents, contents_of, plan_of, rate_of
from maskeleton.formats.kit.ranges import Held, RangeSource, fault, range_source
from maskeleton.formats.source import Fault, Look, Options
from maskeleton.labels import UNKNOWN, Label
from maskeleton.motion import MISSING, SEEN, Motion, runs_of
from maskeleton.skeleton import KINECT25, find_roles

ROOM = LEAST_ROOM * len(KINECT25.joints)  # joints in empty places that any recording may have
FIELDS = (
    Field("coords", "kept", MOTION_WHY),
    Field("lengths", "generalized", "as released; --lengths makes it coarser, for a length alone can name a recording"),
    *(Field(name, "kept", "who is there when, as released; --lengths makes it coarser")
      for name in ("recording", "slot", "start", "frames", "slots")),
    *(Field(name, "kept", "of the body plan") for name in ("joint_names", "edges", "skeleton", "roles")),
    Field("fps", "kept", "one rate for all recordings"),
    Field("name", "generalized", SPELLED.why),
    Field("tracked", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
    Field("subject", "generalized", "a new number of the person, drawn under the secret key"),
    Field("repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("*", "kept", "a label and its names, where it is published"),
)


def detect(path: Path, head: bytes) -> bool:
    """An archive that holds `coords`, and `lengths` as far as can be seen."""
    names = npy.names_in(path, head)
    return "coords" in names and ("lengths" in names or len(names) == 1)


def open(files: Sequence[Path], options: Options) -> RangeSource:
    """One archive, or several of one body plan and rate."""
    return range_source("npz", files, _look, _read, options)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _look(path: Path, options: Options) -> Held:
    contents = contents_of(path)
    named = [name for name in (*PLAN_ARRAYS, "fps") if name in contents.headers]
    arrays = npy.small_arrays(path, contents.headers, named)
    return Held(Look(plan_of(arrays, contents.headers["coords"].shape[1], options), rate_of(arrays, options)),
                len(contents.frames))


def _read(path: Path, numbers: range, look: Look, options: Options) -> Iterator[Motion | Fault]:
    contents = contents_of(path)
    digits = len(str(len(contents.frames)))
    for number in numbers[: max(0, len(contents.frames) - numbers.start)]:
        id = str(contents.ids[number]) if len(contents.ids) else f"{path.stem}-{number:0{digits}d}"
        yield _recording(path, contents, number, id)


def _recording(path: Path, contents: Contents, number: int, id: str) -> Motion | Fault:
    runs = range(contents.first_run[number], contents.first_run[number + 1])
    frames, slots = int(contents.frames[number]), int(contents.slots[number])
    first, last = int(contents.row[runs.start]), int(contents.row[runs.stop])
    joints = contents.headers["coords"].shape[1]
    if not frames:
        return fault(path, number, f"{id}: it has no frames")
    if frames * slots * joints > ROOM + SPARSE * (last - first) * joints:
        return fault(path, number, f"{id}: of {slots} bodies in {frames} frames only {last - first} are there")
    coords, seen = _rows(path, contents, first, last)
    labels = _told(contents, number)
    if len(runs) == 1 and slots == 1 and last - first == frames:
        return Motion(coords[:, None], np.ones((frames, 1), bool), seen[:, None], labels, id)
    positions = np.full((frames, slots, joints, 3), np.nan, np.float32)
    present = np.zeros((frames, slots), bool)
    tracked = np.full((frames, slots, joints), MISSING, np.uint8)
    for run in runs:
        here = slice(int(contents.row[run]) - first, int(contents.row[run + 1]) - first)
        there = slice(int(contents.start[run]), int(contents.start[run]) + here.stop - here.start)
        slot = int(contents.slot[run])
        if present[there, slot].any():
            return fault(path, number, f"{id}: two runs of body {slot} overlap after frame {there.start}")
        positions[there, slot], tracked[there, slot], present[there, slot] = coords[here], seen[here], True
    return Motion(positions, present, tracked, labels, id)


def _rows(path: Path, contents: Contents, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and tracking of some rows; what is no number is NaN and missing."""
    with np.errstate(all="ignore"):  # a float64 beyond float32 becomes infinite
        coords = npy.rows(path, "coords", contents.headers["coords"], first, last).astype(np.float32, copy=False)
    if "tracked" in contents.headers:
        seen = npy.rows(path, "tracked", contents.headers["tracked"], first, last)
        seen = np.clip(seen, MISSING, SEEN).astype(np.uint8)
    else:
        seen = np.full(coords.shape[:2], SEEN, np.uint8)
    missing = ~np.isfinite(coords).all(-1)
    coords[missing], seen[missing] = np.nan, MISSING
    return coords, seen


def _told(contents: Contents, number: int) -> dict[str, Label]:
    told: dict[str, Label] = {}
    for label, codes in contents.labels.items():
        code = codes[number]
        if codes.dtype.kind == "U":
            told[label] = str(code)
        elif code != UNKNOWN:
            told[label] = str(contents.names[label][code]) if label in contents.names else int(code)
    return {label: value for label, value in told.items() if value != ""}


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """The whole dataset as one archive, not packed, so that it can be mapped; the same data gives the same bytes.

    Fields other than positions and tracking have no place in this format.
    """
    _check_names(dataset)
    rows, joints = int(dataset.runs.length.sum()), len(dataset.skeleton.joints)
    runs: list[tuple[int, int, int, int]] = []
    all_seen = True
    with zipfile.ZipFile(out, "w") as archive:
        with npy.member(archive, "coords", np.dtype("<f4"), (rows, joints, 3)) as stream:
            for number, motion in enumerate(dataset):
                for slot, start, length in _runs(motion):
                    stream.write(np.ascontiguousarray(motion.positions[start : start + length, slot], "<f4").tobytes())
                    runs.append((length, number, slot, start))
                all_seen = all_seen and bool((motion.tracked[motion.present] == SEEN).all())
        if not all_seen:
            with npy.member(archive, "tracked", np.dtype("|u1"), (rows, joints)) as stream:
                for motion in dataset:
                    for slot, start, length in _runs(motion):
                        stream.write(motion.tracked[start : start + length, slot].tobytes())
        for name, array in (_where(dataset, runs) | _what(dataset)).items():
            npy.put(archive, name, array)


def _runs(motion: Motion) -> Iterator[tuple[int, int, int]]:
    for slot in range(motion.present.shape[1]):
        for start, length in runs_of(motion.present[:, slot]):
            yield slot, start, length


def _where(dataset: MotionDataset, runs: Sequence[tuple[int, int, int, int]]) -> dict[str, np.ndarray]:
    lengths, recording, slot, start = np.array(runs, np.int32).reshape(-1, 4).T
    if len(runs) == len(dataset) and (lengths == dataset.frames).all() and (dataset.slots == 1).all():
        return {"lengths": lengths}
    return {"lengths": lengths, "recording": recording, "slot": slot, "start": start,
            "frames": dataset.frames.astype(np.int32), "slots": dataset.slots.astype(np.int32)}


def _what(dataset: MotionDataset) -> dict[str, np.ndarray]:
    plan = dataset.skeleton
    arrays = {"joint_names": _text(plan.joints), "edges": np.array(plan.bones, np.int32).reshape(-1, 2),
              "skeleton": np.array(plan.name), "fps": np.array(dataset.fps), "name": _text(dataset.ids)}
    if dict(plan.roles) != find_roles(plan.joints):
        pairs = [word for role, joint in plan.roles.items() for word in (role, plan.joints[joint])]
        arrays["roles"] = _text(pairs).reshape(-1, 2)
    for label, codes in dataset.labels.items():
        arrays[label] = codes.astype(np.int32)
        if label in dataset.names:
            arrays[f"{label}_names"] = _text(dataset.names[label])
    return arrays


def _text(words: Sequence[str]) -> np.ndarray:
    return np.array(words, np.str_) if len(words) else np.zeros(0, "U1")


def _check_names(dataset: MotionDataset) -> None:
    taken = {*KNOWN, *(f"{label}_names" for label in dataset.names)}
    for label in dataset.labels:
        if label in taken or not label.isprintable() or "/" in label or not 0 < len(label) <= 100:
            raise UserError(f"a label {label!r} cannot be told from the other arrays of an npz", "rename the label")
