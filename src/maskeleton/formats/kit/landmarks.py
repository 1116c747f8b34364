"""MediaPipe's landmarks as people dump them, in JSON or csv, made into arrays of 33 points with their visibility."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.cells import NOTHING, delimiter_of, split_rows
from maskeleton.formats.kit.columns import CLOCKS, FRAMES, PERSONS, joint_and_axis
from maskeleton.formats.kit.text import read_json, read_text
from maskeleton.skeleton import MEDIAPIPE37

COUNT = 33
_MOST_BODIES = 64
NAMES = MEDIAPIPE37.joints[:COUNT]
WORLD = ("pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks")
IMAGE = ("pose_landmarks", "poseLandmarks", "normalized_landmarks", "normalizedLandmarks")
_PLAIN = ("landmarks", "landmark", "keypoints", "pose", "poses", "points")
_LISTS = (*WORLD, "frames", "data", "results", "poses", *_PLAIN)
_TICKS = ("timestamp", "timestamp_ms", "timestampMs", "time", "t")
_RATES = ("fps", "frame_rate", "framerate", "rate")
_SEEN = ("visibility", "v", "vis")
_LONG = {"landmark", "landmarkid", "landmarkindex", "landmarkname", "id", "index", "joint", "name", "keypoint"}
_SEEN_LAST = re.compile(r"(.+?)[\s._:/-]*(?:visibility|vis|v)", re.IGNORECASE)
_SEEN_FIRST = re.compile(r"(?:visibility|vis|v)[\s._:/-]*(.+)", re.IGNORECASE)
_PLACE = {name.replace("_", ""): place for place, name in enumerate(NAMES)}


class Landmarks(NamedTuple):
    """A file's frames: places (T, P, 33, 3) float64, NaN where missing; visibility (T, P, 33), NaN where not told."""

    places: np.ndarray
    visible: np.ndarray
    ticks: np.ndarray | None
    rate: float | None


def read_landmarks(path: Path) -> Landmarks:
    """All frames of a file; JSON or csv by its ending."""
    return _from_json(read_json(path)) if path.name.lower().endswith(".json") else _from_table(read_text(path))


def place_of(name: str, first: int = 0) -> int | None:
    """The number of a landmark by its name or number, as in LEFT_HIP, landmark_23 or 23."""
    word = re.sub(r"[^a-z0-9]", "", name.lower())
    if word in _PLACE:
        return _PLACE[word]
    digits = re.fullmatch(r"[a-z]*?(\d{1,2})", word)
    place = int(digits[1]) - first if digits else -1
    return place if 0 <= place < COUNT else None


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_json(data: Any) -> Landmarks:
    told = data if isinstance(data, dict) else {}
    rate = next((told[key] for key in _RATES if key in told), None)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 10_000):
        raise UserError(f"{str(rate)[:40]!r} frames a second cannot be", "mend the file's fps, or give --fps")
    frames = _frames(data)
    bodies = [_bodies(frame, number) for number, frame in enumerate(frames)]
    ticks = [next((frame[key] for key in _TICKS if key in frame), None) if isinstance(frame, dict) else None
             for frame in frames]
    known = [float(tick) for tick in ticks if isinstance(tick, int | float) and abs(tick) < 1e300]
    slots, filled = max(map(len, bodies), default=0), sum(map(len, bodies))
    if not filled:
        raise UserError("there is no body of 33 landmarks in any frame", "a frame is a list of 33 objects of x, y and z")
    if len(frames) * slots > 1000 + 64 * filled:
        raise UserError(f"{slots} bodies in {len(frames)} frames, but nearly all are missing",
                        "every frame should hold the same bodies")
    table = np.full((len(frames), slots, COUNT, 4), np.nan)
    for number, frame in enumerate(bodies):
        for slot, body in enumerate(frame):
            table[number, slot] = _body(body, number)
    return Landmarks(table[..., :3], table[..., 3], np.array(known) if len(known) == len(frames) else None,
                     None if rate is None else float(rate))


def _frames(data: Any) -> list[Any]:
    for _ in range(3):
        if isinstance(data, list):
            return data
        if not isinstance(data, dict):
            break
        if data and all(key.isascii() and key.isdigit() and len(key) < 10 for key in data):
            return [data[key] for key in sorted(data, key=int)]
        inner = next((data[key] for key in _LISTS if isinstance(data.get(key), list | dict)), None)
        if inner is None and any(key in data for key in IMAGE):
            _refuse_image()
        data = inner
    raise UserError("there is no list of frames", "a file holds a list of frames, and a frame 33 landmarks")


def _bodies(frame: Any, number: int) -> list[Any]:
    """The bodies of a frame: each a list of 33 landmarks, or an object of named ones."""
    for _ in range(3):
        if not isinstance(frame, dict) or _is_body(frame):
            break
        key = next((key for key in (*WORLD, *IMAGE, *_PLAIN) if key in frame), None)
        if key is None:
            if all(not isinstance(value, list | dict) for value in frame.values()):
                return []  # a frame's number and time, and nobody
            raise UserError(f"frame {number}: there are no landmarks, but {listed(sorted(map(str, frame)), 5)}",
                            f"they stand under {WORLD[0]}")
        if key in IMAGE:
            _refuse_image()
        frame = frame[key]
    if frame is None or frame in ([], {}):
        return []
    if _is_body(frame):
        return [frame]
    if not isinstance(frame, list):
        raise UserError(f"frame {number}: it is a {type(frame).__name__}, not 33 landmarks", "a frame is a list of them")
    inner = [body.get("landmark", body.get("landmarks", body)) if isinstance(body, dict) else body for body in frame]
    wrong = [body for body in inner if not _is_body(body) and body not in (None, [], {})]
    if wrong:
        raise UserError(f"frame {number}: there are {len(frame)} landmarks, expected {COUNT}",
                        "MediaPipe's pose has 33; hands and faces are not read")
    return [body for body in inner if body]


def _is_body(thing: Any) -> bool:
    if isinstance(thing, dict):
        return len(thing) >= COUNT and sum(place_of(str(name)) is not None for name in thing) >= COUNT
    return isinstance(thing, list) and (len(thing) == COUNT or (len(thing) in (99, 132) and not isinstance(
        thing[0], list | dict)))


def _body(body: Any, number: int) -> np.ndarray:
    """(33, 4): x, y, z and visibility."""
    if isinstance(body, dict):
        points: list[Any] = [None] * COUNT
        for name, point in body.items():
            place = place_of(str(name))
            if place is not None:
                points[place] = point
    elif len(body) != COUNT:
        each = len(body) // COUNT
        points = [body[start : start + each] for start in range(0, len(body), each)]
    else:
        points = body
    try:
        return np.array([_point(point) for point in points], np.float64)
    except (TypeError, ValueError, OverflowError, KeyError):
        raise UserError(f"frame {number}: a landmark has no x, y and z that are numbers",
                        'a landmark looks like {"x": 0.1, "y": -0.2, "z": 0.3, "visibility": 0.9}') from None


def _point(point: Any) -> list[float]:
    if point is None:
        return [np.nan] * 4
    if isinstance(point, dict):
        values = [point["x"], point["y"], point["z"], next((point[key] for key in _SEEN if key in point), None)]
    else:
        values = [*point[:4], *[None] * (4 - len(point))]
        if len(point) < 3:
            raise ValueError
    return [np.nan if value is None else float(value) for value in values]


def _refuse_image() -> None:
    raise UserError("these are landmarks in the picture, whose x and y are shares of its size",
                    "dump pose_world_landmarks instead, which are metres; from the picture no motion in space can be had")


# ── csv ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_header(names: Sequence[str]) -> bool:
    """Are these the columns of a table of landmarks: all of x, y and z, or one landmark a row with visibility?"""
    plain = [_word(name) for name in names]
    return len(_wide(names)[0]) == COUNT or bool({"x", "y", "z"} <= {*plain} and {*plain} & _LONG and {*plain} & {*_SEEN})


def _from_table(text: str) -> Landmarks:
    delimiter = delimiter_of(text)
    rows = split_rows(text, delimiter)
    names = next(rows, (1, []))[1]
    columns, visible = _wide(names)
    plain = [_word(name) for name in names]
    clock = next((place for place, word in enumerate(plain) if word in CLOCKS), None)
    if len(columns) == COUNT:
        return _from_wide(rows, columns, visible, clock, len(names))
    if {"x", "y", "z"} <= {*plain} and {*plain} & _LONG:
        return _from_long(rows, plain, clock)
    raise UserError(f"line 1: {len(columns)} of 33 landmarks have columns for x, y and z",
                    "columns are called x0, y0, z0 … x32, y32, z32, or by MediaPipe's names (left_hip_x)")


def _wide(names: Sequence[str]) -> tuple[dict[int, list[int]], dict[int, int]]:
    """For each landmark its columns of x, y and z, and that of its visibility."""
    told = [(joint_and_axis(name), place) for place, name in enumerate(names) if _word(name) not in CLOCKS]
    found = [(joint_axis[0], joint_axis[1], place) for joint_axis, place in told if joint_axis]
    first = _first(joint for joint, _, _ in found)
    columns: dict[int, dict[int, int]] = {}
    for joint, axis, place in found:
        landmark = place_of(joint, first)
        if landmark is not None:
            columns.setdefault(landmark, {}).setdefault(axis, place)
    visible: dict[int, int] = {}
    for place, name in enumerate(names):
        match = _SEEN_LAST.fullmatch(name.strip()) or _SEEN_FIRST.fullmatch(name.strip())
        landmark = place_of(match[1], first) if match else None
        if landmark is not None:
            visible.setdefault(landmark, place)
    return {landmark: [axes[0], axes[1], axes[2]] for landmark, axes in columns.items() if len(axes) == 3}, visible


def _first(joints: Iterator[str]) -> int:
    """The number from which landmarks are counted."""
    numbers = [int(match[1]) for joint in joints if (match := re.fullmatch(r"\D*(\d{1,3})", joint))]
    return 1 if numbers and min(numbers) == 1 and max(numbers) == COUNT else 0


def _from_wide(rows: Iterator[tuple[int, list[str]]], columns: Mapping[int, Sequence[int]], visible: Mapping[int, int],
               clock: int | None, width: int) -> Landmarks:
    found: list[list[float]] = []
    ticks: list[float] = []
    wanted = [[*columns[landmark], visible.get(landmark, -1)] for landmark in range(COUNT)]
    for line, row in rows:
        if len(row) < width:
            raise UserError(f"line {line}: there are {len(row)} cells, expected {width}",
                            "every row needs a cell for every column of the header")
        found.append([_number(row[place], line) if place >= 0 else np.nan for places in wanted for place in places])
        ticks.append(_number(row[clock], line) if clock is not None else np.nan)
    if not found:
        raise UserError("line 2: there are no rows", "the file holds a header and nothing else")
    table = np.array(found).reshape(-1, 1, COUNT, 4)
    return Landmarks(table[..., :3], table[..., 3], _clock(ticks), None)


def _from_long(rows: Iterator[tuple[int, list[str]]], plain: Sequence[str], clock: int | None) -> Landmarks:
    """A row a landmark; a frame begins where its number, its time or (without them) a landmark comes again."""
    place = {word: number for number, word in reversed(list(enumerate(plain)))}
    landmark, key = next(place[word] for word in plain if word in _LONG), next((place[w] for w in plain if w in FRAMES), clock)
    body = next((place[word] for word in plain if word in PERSONS | {"pose", "poseid", "poseindex", "body"}), None)
    seen = next((place[word] for word in _SEEN if word in place), None)
    bodies: dict[str, int] = {}
    frames: list[np.ndarray] = []
    ticks: list[float] = []
    here: set[tuple[int, int]] = set()
    last = ""
    kept = [(line, row) for line, row in rows]
    first = 1 if {row[landmark].strip() for _, row in kept if len(row) == len(plain)} >= {"33", "1"} else 0
    for line, row in kept:
        if len(row) < len(plain):
            raise UserError(f"line {line}: there are {len(row)} cells, expected {len(plain)}", "mend the row")
        number = place_of(row[landmark], first)
        if number is None:
            raise UserError(f"line {line}: {row[landmark][:40]!r} is none of the 33 landmarks", "they are counted from 0")
        slot = bodies.setdefault(row[body].strip(), len(bodies)) if body is not None else 0
        if slot >= _MOST_BODIES:
            raise UserError(f"line {line}: there are more than {_MOST_BODIES} bodies", "check the column that tells them apart")
        now = row[key].strip() if key is not None else ""
        if not frames or now != last or (key is None and (slot, number) in here):
            frames.append(np.full((1, COUNT, 4), np.nan))
            ticks.append(_number(row[clock], line) if clock is not None else np.nan)
            here, last = set(), now
        here.add((slot, number))
        if slot >= len(frames[-1]):
            frames[-1] = np.concatenate([frames[-1], np.full((slot + 1 - len(frames[-1]), COUNT, 4), np.nan)])
        values = [_number(row[place[axis]], line) for axis in "xyz"]
        frames[-1][slot, number] = [*values, _number(row[seen], line) if seen is not None else np.nan]
    if not frames or len(frames) * len(bodies or "1") > 1000 + 64 * len(kept):
        raise UserError(f"line 2: there are {len(frames)} frames of {len(bodies)} bodies in {len(kept)} rows",
                        "a frame has 33 rows for every body")
    table = np.full((len(frames), max(map(len, frames)), COUNT, 4), np.nan)
    for count, frame in enumerate(frames):
        table[count, : len(frame)] = frame
    return Landmarks(table[..., :3], table[..., 3], _clock(ticks), None)


def _clock(ticks: Sequence[float]) -> np.ndarray | None:
    clock = np.array(ticks)
    return clock if len(clock) and np.isfinite(clock).all() else None


def _word(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _number(cell: str, line: int) -> float:
    text = cell.strip()
    try:
        return np.nan if text.lower() in NOTHING else float(text)
    except ValueError:
        raise UserError(f"line {line}: {text[:40]!r} is no number", "mend the cell, or empty it") from None
