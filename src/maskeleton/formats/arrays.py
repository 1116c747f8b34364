"""arrays: the ready-made training arrays of 2s-AGCN, Shift-GCN and MS-G3D (npy and label pickle) and of CTR-GCN (npz).

Read: `train_data_joint.npy` (or `train_data.npy`), shape (recordings, 3, frames, joints, bodies), with
`train_label.pkl` beside it, a pair (names, numbers of the actions); the same for `val`, `test` or any other word, which
becomes the label `split` (`all`, as written here, does not). Given one .npy, its pickle is looked for beside it.
Streams of bones or motion hold no positions: they are left out, or refused where there is nothing else. Of CTR-GCN's
npz, `x_train` (recordings, frames, bodies x joints x 3) and `y_train` (one-hot, or numbers); the same for `x_test`.

Frames of zeros at the end are padding and are cut; so is the sequence repeated from its start up to the last frame,
value by value, as 2s-AGCN pads. (Two bodies that were looped with different lengths cannot be told from motion, and
stay.) A body whose joints are all zero in a frame is not there; a last body that never is, is left out. 25 joints are
kinect25, 20 are kinect20, else --skeleton says which; 30 frames a second, unless --fps says otherwise. Where the name
of a recording is one of NTU RGB+D, labels come from it; else `action` is the number as it stands.

These arrays are usually normalized already: moved to the body's centre, often turned so that z is up, and then they are
not in the camera's coordinates of other formats. They are read as they are.

Written: a folder with `<split>_data_joint.npy` (float32, exact; 300 frames or the longest, zeros after the end; as many
bodies as the most, up to 2) and `<split>_label.pkl`; `all_…` where there is no label `split`. Names, action numbers and
`split` are all the labels this layout can hold: others come back where names are NTU's, or from a table beside (convert
writes it). Tracking states are lost, and frames at the end in which nobody is.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit import npy
from maskeleton.formats.kit.action_numbers import action_numbers
from maskeleton.formats.kit.array_files import (
    ENDING,
    SPLITS,
    WHOLE,
    Batch,
    batches_of,
    data_files,
    label_file,
    stream_of,
)
from maskeleton.formats.kit.naming import safe_names
from maskeleton.formats.kit.pickles import END, START, dumped
from maskeleton.formats.kit.ranges import Held, RangeSource, fault, plan_of, range_source
from maskeleton.formats.source import Fault, Look, Options
from maskeleton.motion import MISSING, SEEN, Motion
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton

FPS = 30.0
BY_JOINTS = {25: KINECT25, 20: KINECT20}
BY_WIDTH = {plan_size * bodies * 3: plan for plan_size, plan in BY_JOINTS.items() for bodies in (1, 2)}
FRAMES, BODIES = 300, 2  # what the published arrays have
FIELDS = (
    Field("file name", "kept", "the published split, or all"),
    Field("data", "kept", MOTION_WHY),
    Field("names", "generalized", SPELLED.why),
    Field("numbers", "kept", "the action, which the release is for"),
)


def detect(path: Path, head: bytes) -> bool:
    """An .npy of five axes with points along the second, an .npz with x_train, or the label pickle of such an .npy."""
    if path.name.endswith("label.pkl"):
        return any(file.is_file() for file in data_files(path))
    return _is_five_axes(head) or any(f"x_{split}" in npy.names_in(path, head) for split in SPLITS)


def open(files: Sequence[Path], options: Options) -> RangeSource:
    """All the joint arrays of a folder, or the one file."""
    arrays = [file for file in files if file.suffix.lower() == ".npz" or _is_five_axes(_head(file))]
    joints = [file for file in arrays if stream_of(file) == "joint"]
    if not joints and arrays:
        raise UserError(f"{listed((file.name for file in arrays), 4)} hold bones or motion, not positions",
                        "get the arrays of joints, such as train_data_joint.npy")
    if not joints:
        raise UserError(f"{listed((file.name for file in files), 4)}: no (recordings, 3, frames, joints, bodies) array",
                        "it is the .npy file that holds the motion; the label pickle stands beside it")
    return range_source("arrays", joints, _look, _read, options)


def beside(path: Path) -> list[Path]:
    """The label pickle of an .npy file."""
    return [label_file(path)] if path.suffix.lower() == ".npy" else []


def _is_five_axes(head: bytes) -> bool:
    try:
        shape = npy.read_header(io.BytesIO(head)).shape
    except UserError:
        return False
    return len(shape) == 5 and shape[1] in (2, 3)


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(4096)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _look(path: Path, options: Options) -> Held:
    batches = batches_of(path)
    if not batches[0].member:
        npy.mapped(path)  # is it as long as it says?
    plans = {_plan(batch, options) for batch in batches}
    if len(plans) > 1:
        raise UserError(f"its arrays are of several body plans: {listed(plan.name for plan in plans)}", npy.CUT)
    return Held(Look(plans.pop(), options.fps or FPS), sum(len(batch.names) for batch in batches))


def _plan(batch: Batch, options: Options) -> Skeleton:
    shape = batch.header.shape
    if not batch.member:
        return plan_of(shape[3], BY_JOINTS, options)
    asked = options.skeleton
    if asked and shape[2] and shape[2] % (3 * len(asked.joints)) == 0:
        return asked
    if shape[2] in BY_WIDTH:
        return BY_WIDTH[shape[2]]
    raise UserError(f"{batch.member} has {shape[2]} numbers a frame, and the file does not say of which joints",
                    "give the body plan with --skeleton; the numbers are bodies x joints x 3")


def _read(path: Path, numbers: range, look: Look, options: Options) -> Iterator[Motion | Fault]:
    for batch in batches_of(path):
        array = None if batch.member else npy.mapped(path)
        first = max(numbers.start, batch.first)
        for number in range(first, min(numbers.stop, batch.first + len(batch.names))):
            place = number - batch.first
            row = _row(path, batch, place, look) if array is None else array[place].transpose(1, 3, 2, 0)
            motion = recording(row)
            if motion is None:
                yield fault(path, number, f"{batch.names[place][:80]}: all its positions are zero")
            else:
                yield motion._replace(id=batch.names[place], labels=batch.labels[place])


def _row(path: Path, batch: Batch, place: int, look: Look) -> np.ndarray:
    """A recording of an archive as (frames, bodies, joints, 3)."""
    frames: np.ndarray = npy.rows(path, batch.member, batch.header, place, place + 1)[0]
    return frames.reshape(len(frames), -1, len(look.skeleton.joints), 3)


def recording(row: np.ndarray) -> Motion | None:
    """A recording without its padding, from (frames, bodies, joints, 3); None where nobody is in it."""
    with np.errstate(all="ignore"):  # a float64 beyond float32 becomes infinite
        positions = np.array(row, np.float32, order="C")
    length = length_of(positions)
    if not length:
        return None
    positions = positions[:length]
    present = (positions != 0).any((2, 3))
    bodies = int(np.flatnonzero(present.any(0))[-1]) + 1
    positions, present = positions[:, :bodies], present[:, :bodies]
    known = np.isfinite(positions).all(-1) & present[..., None]
    return Motion(np.where(known[..., None], positions, np.float32(np.nan)), present,
                  np.where(known, SEEN, MISSING).astype(np.uint8), {}, "")


def length_of(positions: np.ndarray) -> int:
    """The frames that are not padding, of (frames, …): without zeros at the end, or without the loop from the start."""
    flat = np.ascontiguousarray(positions, np.float32).reshape(len(positions), -1)
    there = np.flatnonzero((flat != 0).any(1))
    end = int(there[-1]) + 1 if len(there) else 0
    if end < len(flat):
        return end
    bits = flat.view(np.uint32)
    for period in (np.flatnonzero((bits[1:] == bits[0]).all(1)) + 1).tolist():
        if (bits[period:] == bits[:-period]).all():
            return int(period)
    return end


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """The whole dataset as a folder of arrays and label pickles. Fields have no place in this format."""
    most = int(dataset.slots.max(initial=1))
    if most > BODIES:
        crowded = int((dataset.slots > BODIES).sum())
        raise UserError(f"{crowded} recordings have more than {BODIES} bodies (up to {most}), which these arrays hold",
                        "mend with --clean swaps --clean ghosts, or write to another format, such as npz")
    frames = max(FRAMES, int(dataset.frames.max(initial=0)))
    splits = [_split(dataset, number) for number in range(len(dataset))]
    words = sorted(set(splits))
    actions = action_numbers(dataset)
    out.mkdir()
    for word, name in zip(words, safe_names(words), strict=True):
        members = [number for number, split in enumerate(splits) if split == word]
        shape = (len(members), 3, frames, len(dataset.skeleton.joints), most)
        _write_array(dataset, members, shape, out / f"{name}_data_joint.npy")
        pair = ([dataset.ids[number] for number in members], [actions[number] for number in members])
        (out / f"{name}_label.pkl").write_bytes(START + dumped(pair) + END)


def file_names(dataset: MotionDataset) -> list[str]:
    """The ids that recordings will have when they are read again: any text will do, no file is named by them."""
    return [id.removesuffix(ENDING) for id in dataset.ids]


def _split(dataset: MotionDataset, number: int) -> str:
    return dataset.text("split", number) or WHOLE if "split" in dataset.labels else WHOLE


def _write_array(dataset: MotionDataset, members: Sequence[int], shape: tuple[int, ...], path: Path) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for number in members:
            motion = dataset[number]
            positions = np.where(motion.present[..., None, None], motion.positions, np.float32(0))
            row = np.zeros(shape[1:], "<f4")
            row[:, : positions.shape[0], :, : positions.shape[1]] = positions.transpose(3, 0, 2, 1)
            file.write(row.data)
