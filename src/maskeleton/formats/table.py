"""table: one recording a file as a wide csv or tsv with named columns (Kinder-Gator, PRECOG, and most exports).

Read: cells parted by commas, semicolons, tabs or white space; the header says which column is which joint's x, y or z
(HipCenterX, HipCenter_x, HipCenter.X, x_HipCenter …), in any order; or a column is a joint and its cells hold
"x y z". A column of tracking states (HipCenterTrackingState: 0 missing, 1 guessed, 2 seen) is taken where there is one.
Empty cells, NaN and NA are missing joints; a row with none is a frame without a body.
Joints: those of a known plan by their words, in any order, are put in the plan's order; others need --skeleton.
Units: metres, centimetres or millimetres, by the size of the bodies; axes as the Kinect's.
Clock: a column such as Timestamp or time, in the unit in which its usual step is a camera's; the rate is the usual one
within 8 % of the mean step, or exactly the clock's where it runs evenly; without a clock it is --fps, else 30.
Bodies: a column body, track id … (or a subject that changes) tells bodies apart; rows of one frame number or clock
value are one frame. Labels: columns such as User-ID, Action, gender or label_… that never change. All else is ignored.
Written: Timestamp in milliseconds, joints, and where needed Body, tracking states and labels, in the Kinder-Gator
manner. Positions are exact to the last digit of float32.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit.cells import Cells, delimiter_of, read_cells, split_rows
from maskeleton.formats.kit.columns import Columns, columns_of
from maskeleton.formats.kit.guess import FALLBACK_RATE, in_metres, plan_of, rate_of, seconds_per_tick
from maskeleton.formats.kit.table_writer import write as write
from maskeleton.formats.kit.text import decode, decode_head, read_text
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.labels import Label
from maskeleton.motion import MISSING, Motion

ENDINGS = (".csv", ".tsv", ".txt", ".tab")
_HEAD = 1 << 18
FIELDS = (
    SPELLED,
    Field("Timestamp", "recomputed", "frames counted at the dataset's one rate; the original's clock is gone"),
    Field("Body", "blanked", "0, 1 … in every file"),
    Field("*X", "kept", MOTION_WHY),
    Field("*Y", "kept", MOTION_WHY),
    Field("*Z", "kept", MOTION_WHY),
    Field("*TrackingState", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
    Field("User-ID", "generalized", "a new number of the person, drawn under the secret key"),
    Field("repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    *((Field(title, "kept", "a label, where it is published"))
      for title in ("Action", "action", "camera", "setup", "take", "gender", "age", "label_*")),
)


def detect(path: Path, head: bytes) -> bool:
    """A header with at least three whole joints in it, unless it is ETRI's."""
    if not path.name.lower().endswith(ENDINGS):
        return False
    try:
        text = decode_head(head)
        if "bodyindexid" in text.lower() and "joint1_3dx" in text.lower():
            return False
        return len(_columns(text)[0].joints) >= 3
    except UserError:
        return False


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("table", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate by a file's first rows."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    whole = len(head) < _HEAD
    text = decode(head) if whole else decode_head(head).rpartition("\n")[0]
    columns, delimiter = _columns(text)
    plan, _ = plan_of(columns.joints, options)
    clock = None
    if columns.clock is not None:
        cells = read_cells(text, delimiter, columns)
        clock = _clock(cells, columns, _frames(cells, columns)[0])
    return Look(plan, options.fps or FALLBACK_RATE if clock is None else rate_of(clock))


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    text = read_text(path)
    columns, delimiter = _columns(text)
    plan, order = plan_of(columns.joints, options)
    if plan != look.skeleton:
        raise UserError(f"line 1: the joints are those of {plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    cells = read_cells(text, delimiter, columns)
    first_rows, frame, slot, bodies = _frames(cells, columns)
    rows = cells.positions[:, order]
    states = np.where(np.isfinite(rows).all(-1), cells.states[:, order], MISSING)
    positions = np.full((len(first_rows), bodies, len(order), 3), np.nan)
    tracked = np.zeros(positions.shape[:3], np.uint8)
    there = slot >= 0
    positions[frame[there], slot[there]] = rows[there]
    tracked[frame[there], slot[there]] = states[there]
    positions = in_metres(positions)
    present = np.isfinite(positions).all(-1).any(-1)
    yield Motion(positions, present, tracked, _labels(cells, columns, bodies), "",
                 clock=_clock(cells, columns, first_rows))


def _columns(text: str) -> tuple[Columns, str | None]:
    delimiter = delimiter_of(text)
    rows = split_rows(text, delimiter)
    header = next(rows, (1, []))[1]
    return columns_of(header, next(rows, (2, []))[1]), delimiter


def _frames(cells: Cells, columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """The first row of every frame, each row's frame and slot (−1: a row of nobody), and the number of slots."""
    rows = np.arange(len(cells.positions))
    names = cells.texts.get(columns.body) if columns.body is not None else None
    found = {name: number for number, name in enumerate(dict.fromkeys(name for name in names or () if name))}
    if names is None or len(found) < 2:
        return rows, rows, np.zeros(len(rows), np.int64), 1
    slot = np.array([found.get(name, -1) for name in names])
    keys = cells.numbers.get(columns.frame, cells.numbers.get(columns.clock))
    starts = _starts(slot, rows if keys is None else keys, keys is not None)
    if keys is not None and len(starts) > len(np.unique(keys)) and _body_after_body(slot, keys):
        _, first, frame = np.unique(keys, return_index=True, return_inverse=True)
        return first, frame.reshape(-1), slot, len(found)
    frame = np.zeros(len(rows), np.int64)
    frame[starts] = 1
    return starts, frame.cumsum() - 1, slot, len(found)


def _starts(slot: np.ndarray, keys: np.ndarray, keyed: bool) -> np.ndarray:
    """Rows that begin a frame: the key changes, or a body comes a second time."""
    starts, here = [], set[int]()
    for row, body in enumerate(slot.tolist()):
        if row == 0 or body in here or (keyed and keys[row] != keys[row - 1]):
            starts.append(row)
            here = set()
        here.add(body)
    return np.array(starts, np.int64)


def _body_after_body(slot: np.ndarray, keys: np.ndarray) -> bool:
    """Whether all rows of one body stand before all rows of the next, none with a key twice."""
    changes = int((slot[1:] != slot[:-1]).sum())
    return changes == len(np.unique(slot)) - 1 and len(np.unique(np.stack([slot, keys]), axis=1).T) == len(slot)


def _clock(cells: Cells, columns: Columns, rows: np.ndarray) -> np.ndarray | None:
    if columns.clock is None:
        return None
    ticks = cells.numbers[columns.clock][rows]
    unit = seconds_per_tick(ticks)
    return None if unit is None else ticks * unit


def _labels(cells: Cells, columns: Columns, bodies: int) -> dict[str, Label]:
    labels: dict[str, Label] = {}
    for label, place in columns.labels.items():
        told = set(cells.texts[place])
        if len(told) == 1 and told != {""} and not (place == columns.body and bodies > 1):
            labels[label] = _value(told.pop())
    return labels


def _value(cell: str) -> Label:
    number = int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 11 else -1
    return number if str(number) == cell and number < 2**31 else cell


