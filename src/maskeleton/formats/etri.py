"""etri: ETRI-Activity3D csv files of a Kinect v2, 253 named columns, one recording a file, read and written.

A row is a body in a frame. Read are `frameNum`, `trackingID` and of the 25 joints (in NTU's order) `joint1_3dX`,
`_3dY`, `_3dZ` (metres, y up, in the camera's frame) and `_trackingState`. With all fields also `body_id` (trackingID),
`body_index` (bodyindexID), `frame_number`, `depth` and `orientation` (w x y z, as for NTU; the file has x y z w).
Columns are found by their names, whatever their order. The file's name says action, subject, group and camera
(`A001_P001_G001_C001`); a group is the action done once more, often at another place, and so the label `repetition`.

A new frame begins where `frameNum` changes, or where a body comes a second time under the same number. Rows are put
in the order of their numbers unless a body's own numbers run backwards. A step of 2 to 30 numbers leaves frames without
a body between; a longer or a backward step counts as one. A file does not say its rate: it is 30 frames a second,
as the sensor's, unless told otherwise.

Written are positions in as many digits as give back the same number, and tracking states; frames and bodies are
numbered from 0, tracking ids from 1, the other columns are 0, unless all fields are asked for. Frames without a body
before the first or after the last one that has one cannot be written. Files are named by their labels, as for NTU.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.fields import MOTION_WHY, Field
from maskeleton.formats.kit import kinect
from maskeleton.formats.kit.kinect import CUT, JOINTS, Rows
from maskeleton.formats.source import FileSource, Look, Options, file_source
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

LETTERS = {"action": "A", "subject": "P", "repetition": "G", "camera": "C"}
ROW = ("frameNum", "bodyindexID", "trackingID")
JOINT = ("3dX", "3dY", "3dZ", "depthX", "depthY", "orientationX", "orientationY", "orientationZ", "orientationW",
         "trackingState")
POSITION, DEPTH, TRACKING = slice(0, 3), slice(3, 5), 9
ORIENTATION = [8, 5, 6, 7]  # w x y z
HEADER = (*ROW, *(f"joint{joint}_{part}" for joint in range(1, JOINTS + 1) for part in JOINT))
SHAPES = {"body_id": (), "body_index": (), "frame_number": (), "depth": (JOINTS, 2), "orientation": (JOINTS, 4)}
LONGEST_GAP = 30
MOST_COLUMNS = 10_000
FIELDS = (
    Field("file name A", "kept", "the action, which the release is for"),
    Field("file name P", "generalized", "a new number of the person, drawn under the secret key"),
    Field("file name G", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("file name C", "kept", "the camera, a label; dropped, it is 1"),
    Field("frameNum", "generalized", "frames counted from 0, without the gaps of the original's clock"),
    Field("bodyindexID", "blanked", "0, 1 … in every file"),
    Field("trackingID", "blanked", "1, 2 … in every file: the sensor's ids order recordings in time"),
    Field("joint*_3d?", "kept", MOTION_WHY),
    Field("joint*_depth?", "recomputed", "the joint as a nominal depth camera sees it; 0 behind it"),
    Field("joint*_orientation?", "recomputed", "the bone's direction and the body's heading as a rotation; 0 at the ends of "
                                               "limbs"),
    Field("joint*_trackingState", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
)


def detect(path: Path, head: bytes) -> bool:
    """A header with ETRI's names."""
    header = head.split(b"\n", 1)[0].lower()
    return b"bodyindexid" in header and b"joint1_3dx" in header and b"," in header


def open(files: Sequence[Path], options: Options) -> FileSource:
    """ETRI files as a source; they are all of one kind, so none is looked into."""
    return file_source("etri", files, _look, read_file, options)


def _look(path: Path) -> Look:
    return Look(KINECT25, 30.0)


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording in a file."""
    motion = parse(path.read_bytes(), options.fields)
    yield motion._replace(labels=kinect.numbers_in_name(path.name, LETTERS, "_"))


def parse(data: bytes, fields: bool = False) -> Motion:
    """A file's bytes as a recording."""
    table = read_table(data, fields)
    order = in_time(table.frame_number, table.body)
    frame = frames_of([table.frame_number[row] for row in order], [table.body[row] for row in order])
    body = [table.body[row] for row in order]
    joints = table.joints[order]
    told: dict[str, np.ndarray] = {}
    if fields:
        told = {
            "body_id": np.array(body, np.int64),
            "frame_number": np.array(table.frame_number, np.int64)[order],
            "body_index": table.body_index[order],
            "depth": kinect.float32(joints[..., DEPTH]),
            "orientation": kinect.float32(joints[..., ORIENTATION]),
        }
    states = kinect.tracking_states(joints[..., TRACKING if fields else -1])
    rows = Rows(frame, body, kinect.float32(joints[..., POSITION]), states, told)
    return kinect.in_slots(rows, frame[-1] + 1 if frame else 0)


def in_time(numbers: Sequence[int], bodies: Sequence[int]) -> list[int]:
    """The rows in the order of their frame numbers; as they stand where a body's own numbers run backwards."""
    latest: dict[int, int] = {}
    for number, body in zip(numbers, bodies, strict=True):
        if number < latest.get(body, number):
            return list(range(len(numbers)))
        latest[body] = number
    return sorted(range(len(numbers)), key=numbers.__getitem__)


def frames_of(numbers: Sequence[int], bodies: Sequence[int]) -> list[int]:
    """Each row's frame, counted from 0."""
    frame, before, here = -1, None, set[int]()
    frames = []
    for number, body in zip(numbers, bodies, strict=True):
        if number != before or body in here:
            step = 1 if before is None else number - before
            frame += step if 1 < step <= LONGEST_GAP else 1
            before = number
            here.clear()
        here.add(body)
        frames.append(frame)
    return frames


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Table(NamedTuple):
    """The columns that were asked for."""

    frame_number: list[int]
    body: list[int]
    body_index: np.ndarray  # (rows,) int32
    joints: np.ndarray  # (rows, J, 10), or without fields (rows, J, 4): x y z and tracking state


def read_table(data: bytes, fields: bool = False) -> Table:
    """The file's columns: at once if every cell is what it should be, else row by row."""
    data = kinect.require_text(data)
    header, _, rest = data.partition(b"\n")
    width, places = _places(header, fields)
    return table_at_once(rest, width, places) or table_by_rows(rest, width, places)


def _places(header: bytes, fields: bool) -> tuple[int, list[int]]:
    """The number of columns, and where those asked for stand: three of the row, then each joint's."""
    if header.count(b",") > MOST_COLUMNS:
        raise UserError(f"line 1: there are {header.count(b',') + 1} columns, expected {len(HEADER)}", CUT)
    found = [name.strip(b' "\r\t').lower() for name in header.split(b",")]
    parts = JOINT if fields else (*JOINT[POSITION], JOINT[TRACKING])
    asked = [*ROW, *(f"joint{joint}_{part}" for joint in range(1, JOINTS + 1) for part in parts)]
    where = {name: place for place, name in reversed(list(enumerate(found)))}
    missing = [name for name in asked if name.lower().encode() not in where]
    if missing:
        raise UserError(f"line 1: there is no column {listed(missing, 4)}",
                        f"the first line of an etri file names its {len(HEADER)} columns: {listed(HEADER, 6)}")
    return len(found), [where[name.lower().encode()] for name in asked]


def table_at_once(rest: bytes, width: int, places: Sequence[int]) -> Table | None:
    """The rows by pyarrow, or None if it refuses one or a cell is unusual."""
    import pyarrow
    from pyarrow import csv

    if not rest.strip():
        return None
    names = [str(place) for place in range(width)]
    asked = [names[place] for place in places]
    types = {**dict.fromkeys(asked, pyarrow.float64()), asked[0]: pyarrow.int64(), asked[1]: pyarrow.int32(),
             asked[2]: pyarrow.int64()}
    try:
        table = csv.read_csv(
            pyarrow.BufferReader(rest),
            csv.ReadOptions(use_threads=False, block_size=2**30, column_names=names),
            csv.ParseOptions(quote_char=False),
            csv.ConvertOptions(check_utf8=False, null_values=[], include_columns=asked, column_types=types),
        )
    except pyarrow.ArrowException:
        return None
    joints = np.stack([column.to_numpy() for column in table.columns[len(ROW) :]], -1)
    joints = joints.reshape(table.num_rows, JOINTS, -1)
    try:
        kinect.tracking_states(joints[..., -1])
    except ValueError:
        return None
    return Table(table.columns[0].to_pylist(), table.columns[2].to_pylist(), table.columns[1].to_numpy(), joints)


def table_by_rows(rest: bytes, width: int, places: Sequence[int]) -> Table:
    """The same row by row; an empty cell is NaN. A UserError names the line that cannot be read."""
    numbers, bodies, indices, joints = [], [], [], []
    for line, text in enumerate(rest.splitlines(), 2):
        if not text.strip():
            continue
        if text.count(b",") + 1 != width:
            raise UserError(f"line {line}: there are {text.count(b',') + 1} cells, expected {width}", CUT)
        cells = [cell.strip(b' "\t') for cell in text.split(b",")]
        first, index, body, *rest_of = [cells[place] for place in places]
        try:
            numbers.append(_whole(first, 64))
            indices.append(_whole(index, 32))
            bodies.append(_whole(body, 64))
            row = [kinect.number(cell) if cell else float("nan") for cell in rest_of]
            joints.append(np.array(row).reshape(JOINTS, -1))
            kinect.tracking_states(joints[-1][:, -1])
        except ValueError as fault:
            raise UserError(f"line {line}: {fault}", CUT) from None
    parts = (len(places) - len(ROW)) // JOINTS
    return Table(numbers, bodies, np.array(indices, np.int32), np.array(joints).reshape(len(numbers), JOINTS, parts))


def _whole(cell: bytes, bits: int) -> int:
    """A whole number, also as spreadsheets write it: 12.0 or 7.2E+16."""
    try:
        return kinect.whole_number(cell, bits)
    except ValueError:
        value = kinect.number(cell)
        if not value.is_integer() or not abs(value) < 2.0 ** (bits - 1):
            raise
        return int(value)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def file_names(dataset: MotionDataset) -> list[str]:
    """The name of each recording's file without its ending: `A001_P001_G001_C001`."""
    return kinect.names_from_labels(dataset, LETTERS, "_")


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """A folder of csv files."""
    kinect.require_kinect25(dataset, "etri")
    names = file_names(dataset)
    out.mkdir(parents=True)
    for name, motion in zip(names, dataset, strict=True):
        (out / f"{name}.csv").write_bytes(as_text(motion, fields))


def as_text(motion: Motion, fields: bool = False) -> bytes:
    """A recording as the text of a file."""
    places = np.nonzero(motion.present)
    frame, slot = (column.astype(np.int64) for column in places)
    told = kinect.told_fields(motion, places, SHAPES) if fields else {}
    nothing = np.zeros(len(frame), np.int64)
    columns = [told.get("frame_number", frame), told.get("body_index", slot), told.get("body_id", slot + 1)]
    for joint in range(JOINTS):
        parts = [nothing] * len(JOINT)
        parts[POSITION] = list(motion.positions[places][:, joint].T)
        if "depth" in told:
            parts[DEPTH] = list(told["depth"][:, joint].T)
        if "orientation" in told:
            for part, column in zip(ORIENTATION, told["orientation"][:, joint].T, strict=True):
                parts[part] = column
        parts[TRACKING] = motion.tracked[places][:, joint]
        columns += parts
    lines = [",".join(HEADER).encode(), *kinect.number_lines(columns, ",")]
    return b"\n".join(lines) + b"\n"
