"""Nested lists and objects of frames, bodies, joints and coordinates, as JSON holds them, made into arrays."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from maskeleton.errors import UserError

FRAMES = ("skeletons", "frames", "positions", "keypoints", "coordinates", "coords", "joints", "data", "sequence")
BODIES = ("bodies", "skeletons", "people", "persons")
JOINTS = ("joints", "positions", "keypoints", "coordinates", "position", "skeleton", "joint_positions")
CLOCKS = ("timestamp", "time", "t")
_BOTTOM = 6  # no nesting of frames, bodies, joints and coordinates is deeper


class Nest(NamedTuple):
    """Frames as arrays: positions (T, P, J, 3) float64, names of joints and ticks of a clock where they are told."""

    positions: np.ndarray
    names: tuple[str, ...] | None
    ticks: np.ndarray | None


def nest(frames: Sequence[Any]) -> Nest:
    """Read frames → joints → xyz, or frames → bodies → joints → xyz; nulls and shorter lists are what is missing."""
    regular = _regular(frames)
    if regular is not None:
        return Nest(regular, None, None)
    ticks = [_tick(frame) for frame in frames]
    unpacked = [_unpacked(frame, BODIES + JOINTS) for frame in frames]
    several = max((_depth(frame) for frame in unpacked), default=0) > 2
    bodies = [_bodies(frame, several) for frame in unpacked]
    names = _names(bodies)
    joints = len(names) or max((len(body) for frame in bodies for body in frame), default=0)
    slots = max(map(len, bodies), default=0)
    filled = sum(len(body) for frame in bodies for body in frame)
    if not joints:
        raise UserError("there is no joint in any frame", "frames hold joints, and joints x, y and z")
    if len(frames) * slots * joints > 1000 + 64 * (filled + len(frames)):
        raise UserError(f"{slots} bodies of {joints} joints in {len(frames)} frames, but nearly all are missing",
                        "every frame should hold the same bodies and joints, null where one is missing")
    positions = np.full((len(frames), slots, joints, 3), np.nan)
    place = {name: number for number, name in enumerate(names)}
    for number, frame in enumerate(bodies):
        for slot, body in enumerate(frame):
            _put(positions[number, slot], body, place, number)
    return Nest(positions, tuple(names) or None, _ticks(ticks))


def _regular(frames: Sequence[Any]) -> np.ndarray | None:
    """The quick way, for lists of lists of numbers without a hole."""
    try:
        array = np.array(frames, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if array.ndim == 3:
        array = array[:, None]
    return array if array.ndim == 4 and array.shape[-1] == 3 and array.size else None


def _unpacked(thing: Any, keys: Sequence[str]) -> Any:
    """What an object holds under the first of these keys; the thing itself where it has none of them."""
    for _ in range(2):
        if isinstance(thing, dict):
            thing = next((thing[key] for key in keys if isinstance(thing.get(key), list | dict)), thing)
    return thing


def _depth(thing: Any) -> int:
    """How many levels lie between this and its numbers: 2 for joints → xyz, 3 for bodies → joints → xyz."""
    for depth in range(_BOTTOM):
        thing = _unpacked(thing, JOINTS)
        if isinstance(thing, dict):
            if _is_point(thing):
                return depth + 1
            thing = list(thing.values())
        if not isinstance(thing, list):
            return depth
        thing = next((part for part in thing if part not in (None, [], {})), None)
    raise UserError("lists are nested too deeply", "frames hold bodies, bodies joints, and joints x, y and z")


def _bodies(frame: Any, several: bool) -> list[Any]:
    if frame is None:
        return []
    bodies = (list(frame.values()) if isinstance(frame, dict) else frame) if several else [frame]
    if not isinstance(bodies, list):
        raise UserError(f"a frame is {_told(frame)}", "a frame is a list of bodies or of joints")
    bodies = [_unpacked([] if body is None else body, JOINTS) for body in bodies]
    wrong = next((body for body in bodies if not isinstance(body, list | dict)), None)
    if wrong is not None:
        raise UserError(f"a body is {_told(wrong)}", "a body is a list of joints, or an object of named ones")
    return [_named(body) for body in bodies]


def _named(body: Any) -> Any:
    """A list of {"name": …, "x": …} as an object of points."""
    if isinstance(body, list) and body and all(isinstance(point, dict) and isinstance(point.get("name"), str)
                                               for point in body):
        return {point["name"]: point for point in body}
    return body


def _names(bodies: Sequence[Sequence[Any]]) -> list[str]:
    names: dict[str, None] = {}
    for frame in bodies:
        for body in frame:
            if isinstance(body, dict):
                names.update(dict.fromkeys(body))
    if names and any(isinstance(body, list) and body for frame in bodies for body in frame):
        raise UserError("some joints have names and some have none", "name all joints or none")
    return list(names)


def _put(row: np.ndarray, body: Any, place: dict[str, int], frame: int) -> None:
    points = body.items() if isinstance(body, dict) else enumerate(body)
    for joint, point in points:
        if point is None:
            continue
        try:
            row[place[joint] if isinstance(joint, str) else joint] = _xyz(point)
        except (TypeError, ValueError, OverflowError):
            raise UserError(f"frame {frame}: joint {joint} is {_told(point)}", "a joint is [x, y, z] or null") from None


def _xyz(point: Any) -> list[float]:
    point = _unpacked(point, ("position",))
    values = [point[axis] for axis in _axes(point)] if isinstance(point, dict) else point
    if not isinstance(values, list) or len(values) != 3:
        raise ValueError
    return [float("nan") if value is None else float(value) for value in values]


def _is_point(thing: dict[Any, Any]) -> bool:
    return len(_axes(thing)) == 3


def _axes(thing: dict[Any, Any]) -> list[str]:
    axes = [next((key for key in (axis, axis.upper()) if key in thing), "") for axis in "xyz"]
    return [axis for axis in axes if axis]


def _tick(frame: Any) -> float | None:
    if not isinstance(frame, dict):
        return None
    tick = next((frame[key] for key in CLOCKS if key in frame), None)
    return float(tick) if isinstance(tick, float | int) and abs(tick) < 1e300 else None


def _ticks(ticks: Sequence[float | None]) -> np.ndarray | None:
    known = [tick for tick in ticks if tick is not None]
    return np.array(known) if known and len(known) == len(ticks) else None


def _told(thing: object) -> str:
    text = repr(thing) if not isinstance(thing, list | dict) else f"{type(thing).__name__} of {len(thing)}"
    return text if len(text) < 60 else text[:57] + "…"
