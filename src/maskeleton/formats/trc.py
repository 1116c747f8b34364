"""trc: one recording a file as the marker text of OpenSim and pose2sim (read only).

Read: a line of words (DataRate, Units …) over a line of their values; a line of Frame#, Time and markers' names, each
over three columns; a line of X1, Y1, Z1 …; then frames, parted by tabs or, where there is none, by blanks. Empty cells
and NaN are missing joints, cells missing at a line's end too. Numbers of frames and markers that the header announces
are not believed where other ones are there, but a file whose last line is cut before they are reached is refused.
Joints: a known plan by their words in any order, or pose2sim's 22 of HALPE_26; other markers need --skeleton, which may
leave some out.
Units as told (m, cm, mm), else by the size of the bodies; y is up, or z where bodies stand along it.
"""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.cells import NOTHING
from maskeleton.formats.kit.guess import FALLBACK_RATE, UNITS, in_metres, places, plan_of, rate_of, stands_along_z
from maskeleton.formats.kit.text import decode, decode_head, read_text
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

_HEAD = 1 << 18
_MOST_LINES = 20  # in which the header ends


POSE2SIM22 = Skeleton.of(  # what pose2sim writes of HALPE_26; it has no spine
    "pose2sim22",
    ("CHip", "RHip", "RKnee", "RAnkle", "RBigToe", "RSmallToe", "RHeel", "LHip", "LKnee", "LAnkle", "LBigToe",
     "LSmallToe", "LHeel", "Neck", "Head", "Nose", "RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist"),
    (-1, 0, 1, 2, 3, 3, 3, 0, 7, 8, 9, 9, 9, 0, 13, 13, 13, 16, 17, 13, 19, 20),
    {"pelvis": "CHip"},
)


class Head(NamedTuple):
    """What stands above the frames; `start` is the first line that may be one."""

    told: dict[str, str]
    markers: tuple[str, ...]
    tabs: bool
    start: int


def detect(path: Path, head: bytes) -> bool:
    """Text that begins with PathFileType, or a .trc file that has Frame# in it."""
    text = decode_head(head).lstrip("\ufeff \t\r\n")
    return text.startswith("PathFileType") or (path.name.lower().endswith(".trc") and "Frame#" in text)


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("trc", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate of a file."""
    with path.open("rb") as file:
        data = file.read(_HEAD)
    lines = (decode(data) if len(data) < _HEAD else decode_head(data).rpartition("\n")[0]).splitlines()
    head = _head(lines)
    return Look(_plan(head, options)[0], _rate(lines, head, options))


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    lines = read_text(path).splitlines()
    head = _head(lines)
    plan, order = _plan(head, options)
    if plan != look.skeleton:
        raise UserError(f"the markers are those of {plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    table = _frames(lines, head)
    if not len(table):
        raise UserError(f"line {len(lines)}: the file ends before its first frame", "copy it again")
    positions = table[:, 2:].reshape(len(table), -1, 3)[:, order]
    unit = UNITS.get(head.told.get("units", "").lower())
    with np.errstate(all="ignore"):
        positions = in_metres(positions if unit is None else positions * unit)
    if stands_along_z(positions):
        positions = np.stack([positions[..., 0], positions[..., 2], -positions[..., 1]], -1)
    yield Motion.of(positions)


def _plan(head: Head, options: Options) -> tuple[Skeleton, list[int]]:
    if options.skeleton is None and set(head.markers) == set(POSE2SIM22.joints):
        return POSE2SIM22, places(POSE2SIM22, head.markers)
    return plan_of(head.markers, options)


def _head(lines: Sequence[str]) -> Head:
    told: dict[str, str] = {}
    for number, line in enumerate(lines[:_MOST_LINES]):
        words = line.split()
        if words[:1] == ["DataRate"] and number + 1 < len(lines):
            values = lines[number + 1].split()
            told = dict(zip(map(str.lower, words), values, strict=False))
        if words and words[0].lower() in ("frame#", "frame"):
            tabs = "\t" in line
            cells = [cell.strip() for cell in line.split("\t")] if tabs else words
            markers = [name for name in cells[2:] if name]
            if markers and all(markers[place : place + 3] == [markers[place]] * 3 for place in range(0, len(markers), 3)):
                markers = markers[::3]  # some write a name over each of its columns
            twice = sorted({name for name in markers if markers.count(name) > 1}) if len(markers) < 1000 else ["too many"]
            if not markers or twice:
                raise UserError(f"line {number + 1}: {'no marker is named' if not markers else 'markers stand twice: '}"
                                f"{listed(twice)}", "every marker needs a name of its own over its three columns")
            return Head(told, tuple(markers), tabs, number + 1)
    raise UserError(f"line {min(len(lines), _MOST_LINES)}: there is no line of Frame#, Time and markers",
                    "a TRC file has one below DataRate, CameraRate, NumFrames …")


def _rate(lines: Sequence[str], head: Head, options: Options) -> float:
    told = head.told.get("datarate", head.told.get("camerarate", "")).replace(",", ".")
    try:
        rate = float(told)
    except ValueError:
        rate = 0.0
    if 0 < rate <= 10_000:
        return float(f"{rate:.7g}")
    if told and rate:
        raise UserError(f"DataRate {told[:40]} cannot be", "mend the file's header")
    clock = _frames(lines, head)[:, 1]
    even = len(clock) > 1 and bool(np.isfinite(clock).all()) and bool((np.diff(clock) > 0).all())
    return rate_of(clock) if even else options.fps or FALLBACK_RATE


def _frames(lines: Sequence[str], head: Head) -> np.ndarray:
    """(T, 2 + 3 markers) float64: number, time, coordinates."""
    width = 2 + 3 * len(head.markers)
    values, last = array("d"), width
    for number in range(head.start, len(lines)):
        line = lines[number]
        cells = line.split("\t") if head.tabs and "\t" in line else line.split()
        while cells and not cells[-1].strip():
            cells.pop()
        if not any(cell.strip() for cell in cells) or (number < head.start + 3 and _is_axes(cells)):
            continue
        last = len(cells)
        if last > width or (last < width and not head.tabs) or last < 2:
            raise UserError(f"line {number + 1}: a frame has {last} cells, expected {width}",
                            "a frame has a number, a time, and x, y and z of every marker")
        values.extend(_number(cell, number + 1) for cell in cells)
        values.extend([float("nan")] * (width - last))
    table = np.frombuffer(values, np.float64).reshape(-1, width) if values else np.zeros((0, width))
    announced = head.told.get("numframes", "")
    if last < width and announced.isdigit() and len(announced) < 10 and len(table) < int(announced):
        raise UserError(f"line {len(lines)}: the file ends in frame {len(table)} of {announced}",
                        "it is cut or damaged; copy it again")
    return table


def _is_axes(cells: Sequence[str]) -> bool:
    words = [cell.strip().upper() for cell in cells if cell.strip()]
    return bool(words) and words[0][:1] == "X" and all(word[:1] in ("X", "Y", "Z") for word in words)


def _number(cell: str, line: int) -> float:
    text = cell.strip()
    if text.lower() in NOTHING:
        return float("nan")
    try:
        if "_" in text:
            raise ValueError
        return float(text.replace(",", "."))
    except ValueError:
        raise UserError(f"line {line}: {text[:40]!r} is no number",
                        "mend the cell, or empty it where the marker is missing") from None
