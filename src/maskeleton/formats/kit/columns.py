"""What the columns of a wide table are, by their names: joints' coordinates, clock, frame, body, labels."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from maskeleton.errors import UserError, listed

CLOCKS = {"timestamp", "time", "t", "clock", "elapsed", "elapsedtime", "s", "sec", "secs", "seconds", "ms", "msec",
          "millis", "milliseconds", "us", "microseconds", "timesec", "times", "timems", "timeus", "timens",
          "timestamps", "timestampms", "timestampus", "timestampns"}
FRAMES = {"frame", "frames", "frameid", "frameno", "framenum", "framenumber", "frameindex", "index"}
PERSONS = {"person", "personid"}  # a body where there are several, the subject where there is one
BODIES = {"body", "bodyid", "bodyindex", "bodyindexid", "track", "trackid", "trackingid", "player", "playerid",
          "skeletonid"}
LABELS = {
    "subject": ("subject", "subjectid", "subj", "user", "userid", "participant", "participantid", "pid", "actor",
                "actorid", "performer", *PERSONS),
    "action": ("action", "actionid", "activity", "activityid", "label", "class", "gesture", "exercise"),
    "gender": ("gender", "sex"),
    "age": ("age",),
    "camera": ("camera", "cameraid", "view"),
    "repetition": ("repetition", "rep", "trial"),
    "setup": ("setup",),
    "take": ("take",),
}
OWN_LABEL = "label_"  # how a label is written whose name is not a word of LABELS
_LABEL_OF = {word: label for label, words in LABELS.items() for word in words}
_AXIS_LAST = re.compile(r"(.+?)[\s._:/-]*([xyzXYZ])", re.DOTALL)
_AXIS_FIRST = re.compile(r"([xyzXYZ])(?:[\s._:/-]+(.+)|[\s._:/-]*(\d+))", re.DOTALL)
_POSITION = re.compile(r"(?<=.)[\s._:/-]*(?:pos|position|3d)$", re.IGNORECASE)
_UNIT = re.compile(r"[(\[][^)\]]*[)\]]\s*$")
_STATE = re.compile(r"(.+?)[\s._:/-]*(?:tracking|tracked)[\s._-]*(?:state)?", re.IGNORECASE | re.DOTALL)


class Columns(NamedTuple):
    """Where everything stands in a row. `places` holds x, y and z of each joint; in a table whose cells hold all
    three, one place a joint."""

    width: int  # cells a row needs
    joints: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]
    states: Mapping[str, int]
    clock: int | None
    frame: int | None
    body: int | None
    labels: Mapping[str, int]

    @property
    def triples(self) -> bool:
        return len(self.places[0]) == 1


def columns_of(header: Sequence[str], first_row: Sequence[str]) -> Columns:
    """Read the header; the first row of numbers tells whether a cell holds a number or three."""
    names = [name.strip() for name in header]
    width = max((place + 1 for place, name in enumerate(names) if name), default=0)
    plain = [_plain(name) for name in names]
    known = {place for place, word in enumerate(plain) if word in CLOCKS | FRAMES | BODIES | set(_LABEL_OF)}
    joints = _joints_by_axis(names, known) or _joints_in_cells(names, known, first_row)
    states = {match[1]: place for place, name in enumerate(names) if (match := _STATE.fullmatch(name))}
    return Columns(width, tuple(joints), tuple(joints.values()),
                   {joint: place for joint, place in states.items() if joint in joints},
                   _first(plain, CLOCKS), _first(plain, FRAMES), _body(plain), _labels(names, plain))


def joint_and_axis(name: str) -> tuple[str, int] | None:
    """('HipCenter', 0) of HipCenterX, HipCenter_x, HipCenter.X, 'HipCenter x (m)', x_HipCenter or HipCenter_posX."""
    name = _UNIT.sub("", name).strip()
    last, first = _AXIS_LAST.fullmatch(name), _AXIS_FIRST.fullmatch(name)
    if first and not (last and name[-2:-1] in " ._:/-"):
        return first[2] or first[3], "xyz".index(first[1].lower())
    if last:
        return _POSITION.sub("", last[1]) or last[1], "xyz".index(last[2].lower())
    return None


def _joints_by_axis(names: Sequence[str], known: set[int]) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[int, int]] = {}
    for place, name in enumerate(names):
        told = joint_and_axis(name) if place not in known else None
        if told is None:
            continue
        joint, axis = told
        if axis in found.setdefault(joint, {}):
            raise UserError(f"column {place + 1}: {name!r} is the {'xyz'[axis]} of {joint} a second time",
                            "every joint needs one column each for x, y and z")
        found[joint][axis] = place
    whole: dict[str, tuple[int, ...]] = {joint: (axes[0], axes[1], axes[2]) for joint, axes in found.items()
                                         if len(axes) == 3}
    flat = [joint for joint, axes in found.items() if set(axes) == {0, 1}]
    if len(flat) > max(2, len(whole)):
        raise UserError(f"{listed(flat)} have x and y but no z", "motion has to be in three dimensions")
    return whole


def _joints_in_cells(names: Sequence[str], known: set[int], row: Sequence[str]) -> dict[str, tuple[int, ...]]:
    joints: dict[str, tuple[int, ...]] = {}
    for place, (name, cell) in enumerate(zip(names, row, strict=False)):
        if name and place not in known and _three_numbers(cell):
            joints[name] = (place,)
    if not joints:
        raise UserError(f"line 1: no column is the x, y and z of a joint; the columns are {listed(names) or 'none'}",
                        "a header names them, as in 'Timestamp,HeadX,HeadY,HeadZ', or a cell holds 'x y z'")
    return joints


def _three_numbers(cell: str) -> bool:
    try:
        return len([float(word) for word in cell.split()]) == 3
    except ValueError:
        return False


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _UNIT.sub("", name).lower())


def _first(plain: Sequence[str], words: set[str]) -> int | None:
    return next((place for place, word in enumerate(plain) if word in words), None)


def _body(plain: Sequence[str]) -> int | None:
    body = _first(plain, BODIES)
    body = _first(plain, PERSONS) if body is None else body
    return _first(plain, set(LABELS["subject"])) if body is None else body


def _labels(names: Sequence[str], plain: Sequence[str]) -> dict[str, int]:
    labels: dict[str, int] = {}
    for place, (name, word) in enumerate(zip(names, plain, strict=True)):
        own = name.startswith(OWN_LABEL) and len(name) > len(OWN_LABEL)
        label = name[len(OWN_LABEL):] if own else _LABEL_OF.get(word)
        if label:
            labels.setdefault(label, place)
    return labels
