"""ntu: NTU RGB+D `.skeleton` text files of a Kinect v2, one recording a file, read and written.

Read are the positions of the 25 joints (metres, y up, in the camera's frame, as they stand in the file) and their
tracking states. With all fields also what else a file says of a body (`body_id`, `clipped`, `hand_confidence`,
`hand_state`, `restricted`, `lean`, `body_tracking`) and of its joints (`depth`, `color`, `orientation` w x y z);
without, those columns are not looked at. Every body of every frame is kept, frames without a body too; a body that the
sensor found again under another id is another body. The file's name says setup, camera, subject, repetition and action
(`S001C002P003R002A013`). A file does not say its rate: it is 30 frames a second unless told otherwise.

Written are positions in as many digits as give back the same number, and tracking states; the other columns are 0 and
body ids 1, 2, …, unless all fields are asked for. A file is named by its labels: a label that has names by its code
+ 1, a number as it is; what is not known of setup, camera and repetition is 1.

Line ends may be of any kind, blank lines and additional blanks are passed over. A joint count other than 25, a line
with more or fewer numbers than it should have, and a file that ends early or late are errors that name the line.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.fields import MOTION_WHY, Field
from maskeleton.formats.kit import kinect
from maskeleton.formats.kit.kinect import CUT, JOINTS, Rows
from maskeleton.formats.source import FileSource, Look, Options, file_source
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

LETTERS = {"setup": "S", "camera": "C", "subject": "P", "repetition": "R", "action": "A"}
POSITION, DEPTH, COLOR, ORIENTATION, TRACKING = slice(0, 3), slice(3, 5), slice(5, 7), slice(7, 11), 11
IN_A_JOINT, IN_A_BODY = 12, 10
SHORTEST_LINE = 16  # on average; a list of where lines begin takes three times that of memory for each
# A body's line: its id, then these whole numbers (two where there are two hands), then the lean in x and y.
BODY_NUMBERS = {"clipped": (1,), "hand_confidence": (2, 4), "hand_state": (3, 5), "restricted": (6,),
                "body_tracking": (9,)}
LEAN = slice(7, 9)
SHAPES = {"body_id": (), "lean": (2,), "depth": (JOINTS, 2), "color": (JOINTS, 2), "orientation": (JOINTS, 4),
          **{name: places[1:] and (len(places),) for name, places in BODY_NUMBERS.items()}}
FIELDS = (
    Field("file name S", "kept", "the setup, a label; dropped, it is 1"),
    Field("file name C", "kept", "the camera, a label; dropped, it is 1"),
    Field("file name P", "generalized", "a new number of the person, drawn under the secret key"),
    Field("file name R", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("file name A", "kept", "the action, which the release is for"),
    Field("frame count", "generalized", "as released; --lengths makes it coarser, for a length alone can name a recording"),
    Field("body count", "kept", "who is there when, as released; --lengths makes it coarser"),
    Field("bodyID", "blanked", "1, 2 … in every file: the sensor's ids order recordings in time"),
    Field("clipedEdges", "blanked", "0: whether the original left the picture"),
    Field("handLeftConfidence", "blanked", "0: of the original hand"),
    Field("handLeftState", "blanked", "0: of the original hand"),
    Field("handRightConfidence", "blanked", "0: of the original hand"),
    Field("handRightState", "blanked", "0: of the original hand"),
    Field("isResticted", "blanked", "0 (the name is misspelled by the sensor's library)"),
    Field("leanX", "blanked", "0: how far the original body leant"),
    Field("leanY", "blanked", "0: how far the original body leant"),
    Field("trackingState of the body", "blanked", "2, tracked, in every frame"),
    Field("joint count", "kept", "25 in every file"),
    Field("x", "kept", MOTION_WHY),
    Field("y", "kept", MOTION_WHY),
    Field("z", "kept", MOTION_WHY),
    Field("depthX", "recomputed", "x and z as a nominal depth camera sees them; 0 behind it"),
    Field("depthY", "recomputed", "y and z as a nominal depth camera sees them; 0 behind it"),
    Field("colorX", "recomputed", "x and z as a nominal colour camera sees them; 0 behind it"),
    Field("colorY", "recomputed", "y and z as a nominal colour camera sees them; 0 behind it"),
    Field("orientationW", "recomputed", "the bone's direction and the body's heading as a rotation; 0 at the ends of limbs"),
    Field("orientationX", "recomputed", "see orientationW"),
    Field("orientationY", "recomputed", "see orientationW"),
    Field("orientationZ", "recomputed", "see orientationW"),
    Field("trackingState", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
)


def detect(path: Path, head: bytes) -> bool:
    """A `.skeleton` file, or text that begins as one: frames, bodies, a body of 10 numbers, 25."""
    if path.suffix.lower() == ".skeleton":
        return True
    lines = [line.split() for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()][:5]
    shape = [len(words) for words in lines]
    return shape == [1, 1, IN_A_BODY, 1, IN_A_JOINT] and lines[3] == [b"%d" % JOINTS] and lines[0][0].isdigit()


def open(files: Sequence[Path], options: Options) -> FileSource:
    """NTU files as a source; they are all of one kind, so none is looked into."""
    return file_source("ntu", files, _look, read_file, options)


def _look(path: Path) -> Look:
    return Look(KINECT25, 30.0)


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording in a file."""
    motion = parse(path.read_bytes(), options.fields)
    yield motion._replace(labels=kinect.numbers_in_name(path.name, LETTERS, ""))


def parse(data: bytes, fields: bool = False) -> Motion:
    """A file's bytes as a recording: at once if the file is regular throughout, else line by line."""
    rows, frames = parse_regular(data, fields) or parse_lines(data, fields)
    return kinect.in_slots(rows, frames)


# ── a regular file: no blank too many, every line where it should be ─────────────────────────────────────────────────


def parse_regular(data: bytes, fields: bool = False) -> tuple[Rows, int] | None:
    """The rows and the number of frames, or None if anything is unusual.

    Lines are found first, and the counts among them walked through; that leaves blocks of 25 lines, which must then be
    12 numbers each throughout: pyarrow refuses a line with another number of them.
    """
    import pyarrow

    data = data.rstrip()
    if data.count(b"\n") > len(data) // SHORTEST_LINE:
        return None
    ends = (np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1).tolist()
    starts = [0, *ends, len(data)]
    try:
        frames, frame, at = _outline(data, starts)
        heads = [data[starts[line] : starts[line + 1]] for line in at]
        joints = b"".join([data[starts[line + 2] : starts[line + 2 + JOINTS]] for line in at])
        table = _joint_table(joints, len(at), fields)
        return _rows(frame, [_body_words(head) for head in heads], table, fields), frames
    except (ValueError, IndexError, pyarrow.ArrowException):
        return None


def _outline(data: bytes, starts: list[int]) -> tuple[int, list[int], list[int]]:
    """The number of frames; for each body its frame and the number of its first line."""
    def count(line: int) -> int:
        word = data[starts[line] : starts[line + 1]].rstrip()
        if not word.isdigit():
            raise ValueError
        return int(word)

    frame, at = [], []
    frames, line = count(0), 1
    for now in range(frames):
        bodies = count(line)
        line += 1
        for _ in range(bodies):
            if count(line + 1) != JOINTS:
                raise ValueError
            frame.append(now)
            at.append(line)
            line += 2 + JOINTS
    if line != len(starts) - 1:
        raise ValueError
    return frames, frame, at


def _body_words(head: bytes) -> list[bytes]:
    words = head.split()
    if len(words) != IN_A_BODY:
        raise ValueError
    return words


def _joint_table(joints: bytes, bodies: int, fields: bool) -> np.ndarray:
    """(bodies, 25, columns) float64: x y z and tracking state, or with fields all 12."""
    import pyarrow
    from pyarrow import csv

    columns = range(IN_A_JOINT) if fields else (0, 1, 2, TRACKING)
    table = np.empty((bodies, JOINTS, len(columns)))
    if bodies:
        read = csv.read_csv(pyarrow.BufferReader(joints), **_csv_options(fields))
        if read.num_rows != bodies * JOINTS:
            raise ValueError
        for place, column in enumerate(read.columns):
            table[..., place] = column.to_numpy().reshape(bodies, JOINTS)
    return table


@cache
def _csv_options(fields: bool) -> dict[str, Any]:
    import pyarrow
    from pyarrow import csv

    names = [str(place) for place in range(IN_A_JOINT)]
    asked = names if fields else [*names[POSITION], names[TRACKING]]
    return {
        "read_options": csv.ReadOptions(use_threads=False, block_size=2**30, column_names=names),
        "parse_options": csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False),
        "convert_options": csv.ConvertOptions(
            check_utf8=False, null_values=[], include_columns=asked,
            column_types=dict.fromkeys(names, pyarrow.float64())),
    }


def _rows(frame: list[int], heads: list[list[bytes]], table: np.ndarray, fields: bool) -> Rows:
    """Rows from the words of each body's line and its joints' numbers. ValueError where one cannot be."""
    bodies = [kinect.whole_number(words[0]) for words in heads]
    told: dict[str, np.ndarray] = {}
    if fields:
        told["body_id"] = np.array(bodies, np.int64)
        for name, places in BODY_NUMBERS.items():
            numbers = [[kinect.whole_number(words[place], 32) for place in places] for words in heads]
            told[name] = np.array(numbers, np.int32).reshape(len(heads), *SHAPES[name])
        leans = np.array([[kinect.number(word) for word in words[LEAN]] for words in heads]).reshape(-1, 2)
        told["lean"] = kinect.float32(leans)
        for name, columns in {"depth": DEPTH, "color": COLOR, "orientation": ORIENTATION}.items():
            told[name] = kinect.float32(table[..., columns])
    return Rows(frame, bodies, kinect.float32(table[..., POSITION]), kinect.tracking_states(table[..., -1]), told)


# ── any file: line by line ───────────────────────────────────────────────────────────────────────────────────────────


class _Lines:
    """The lines of a file that are not blank, as words."""

    def __init__(self, data: bytes) -> None:
        self.lines = data.splitlines()
        self.at = 0

    def words(self, expected: str) -> list[bytes]:
        while self.at < len(self.lines):
            self.at += 1
            words = self.lines[self.at - 1].split()
            if words:
                return words
        raise UserError(f"line {len(self.lines)}: the file ends where {expected} should follow", CUT)

    def count(self, expected: str) -> int:
        words = self.words(expected)
        if len(words) > 1 or not words[0].isdigit() or len(words[0]) > 18:
            raise UserError(f"line {self.at}: {expected} should stand here, not {kinect.shown(b' '.join(words))}", CUT)
        return int(words[0])

    def of(self, what: str, length: int) -> list[bytes]:
        words = self.words(f"{what} of {length} numbers")
        if len(words) != length:
            raise UserError(f"line {self.at}: {what} has {len(words)} numbers, expected {length}", CUT)
        return words


def parse_lines(data: bytes, fields: bool = False) -> tuple[Rows, int]:
    """The same as `parse_regular` for any file that can be understood; a UserError names the line that cannot."""
    lines = _Lines(kinect.require_text(data))
    frame, heads, numbers = [], [], []
    frames = lines.count("the number of frames")
    for now in range(frames):
        for _ in range(lines.count(f"the number of bodies in frame {now} of {frames}")):
            frame.append(now)
            heads.append(_body(lines, fields))
            joints = lines.count("the number of joints")
            if joints != JOINTS:
                raise UserError(f"line {lines.at}: a body has {joints} joints, expected {JOINTS}",
                                "read it as another format, or leave the file out")
            numbers.append([_joint(lines, fields) for _ in range(JOINTS)])
    rest = next((at for at in range(lines.at, len(lines.lines)) if lines.lines[at].strip()), None)
    if rest is not None:
        raise UserError(f"line {rest + 1}: the file goes on after the last of its {frames} frames", CUT)
    table = np.array(numbers, np.float64).reshape(len(numbers), JOINTS, IN_A_JOINT if fields else 4)
    return _rows(frame, heads, table, fields), frames


def _body(lines: _Lines, fields: bool) -> list[bytes]:
    words = lines.of("a body", IN_A_BODY)
    try:
        kinect.whole_number(words[0])
        for place in (place for places in BODY_NUMBERS.values() for place in places if fields):
            kinect.whole_number(words[place], 32)
        for word in words[LEAN] if fields else ():
            kinect.number(word)
    except ValueError as fault:
        raise UserError(f"line {lines.at}: {fault}", CUT) from None
    return words


def _joint(lines: _Lines, fields: bool) -> list[float]:
    words = lines.of("a joint", IN_A_JOINT)
    try:
        numbers = [kinect.number(word) for word in (words if fields else [*words[POSITION], words[TRACKING]])]
        if numbers[-1] not in (0, 1, 2):
            kinect.tracking_states(np.array(numbers[-1:]))
    except ValueError as fault:
        raise UserError(f"line {lines.at}: {fault}", CUT) from None
    return numbers


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def file_names(dataset: MotionDataset) -> list[str]:
    """The name of each recording's file without its ending: `S001C002P003R002A013`."""
    return kinect.names_from_labels(dataset, LETTERS, "")


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """A folder of `.skeleton` files."""
    kinect.require_kinect25(dataset, "ntu")
    names = file_names(dataset)
    out.mkdir(parents=True)
    for name, motion in zip(names, dataset, strict=True):
        (out / f"{name}.skeleton").write_bytes(as_text(motion, fields))


def as_text(motion: Motion, fields: bool = False) -> bytes:
    """A recording as the text of a file."""
    places = np.nonzero(motion.present)
    told = kinect.told_fields(motion, places, SHAPES) if fields else {}
    heads, joints = _head_lines(told, places[1]), _joint_lines(motion, places, told)
    lines, row = [b"%d" % len(motion.present)], 0
    for bodies in motion.present.sum(1).tolist():
        lines.append(b"%d" % bodies)
        for _ in range(bodies):
            lines += [heads[row], b"%d" % JOINTS, *joints[row * JOINTS : (row + 1) * JOINTS]]
            row += 1
    return b"\n".join(lines) + b"\n"


def _head_lines(told: dict[str, np.ndarray], slots: np.ndarray) -> list[bytes]:
    columns = [np.zeros(len(slots), np.int64) for _ in range(IN_A_BODY)]
    columns[0] = told.get("body_id", slots.astype(np.int64) + 1)
    for name, places in BODY_NUMBERS.items():
        if name in told:
            for place, column in zip(places, told[name].reshape(len(slots), -1).T, strict=True):
                columns[place] = column
    if "lean" in told:
        columns[LEAN] = list(told["lean"].T)
    return kinect.number_lines(columns, " ")


def _joint_lines(motion: Motion, places: tuple[np.ndarray, ...], told: dict[str, np.ndarray]) -> list[bytes]:
    positions = motion.positions[places].reshape(-1, 3)
    columns = [np.zeros(len(positions), np.int64) for _ in range(IN_A_JOINT)]
    columns[POSITION] = list(positions.T)
    for name, columns_of in {"depth": DEPTH, "color": COLOR, "orientation": ORIENTATION}.items():
        if name in told:
            columns[columns_of] = list(told[name].reshape(len(positions), -1).T)
    columns[TRACKING] = motion.tracked[places].reshape(-1)
    return kinect.number_lines(columns, " ")
