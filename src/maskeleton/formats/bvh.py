"""bvh: one recording a file as BVH motion capture: rotations of joints, read into positions and solved from them.

Read: any hierarchy; rotations in any order and positions on any joint (which stand in for its OFFSET, unless all are
zero). An End Site is a joint named after its parent with End behind, unless it lies on its parent. A root that carries
nothing but a moving body (joint_Root) is left out: its distance from the body is no bone.
Units: BVH has none; metres, centimetres, millimetres, inches or CMU's (5.644 cm) by the length of legs, back and neck.
Axes: y is up, or z where the rest pose stands along z; all is turned by half round the vertical, so that who looks
along +z in the file faces the camera, as with a Kinect. Rate: 1 / Frame Time, the usual rate if within half a percent.
Roles of joints come from their names; joints of no length are passed over where another could play the role, and where
the names give no spine it is found between pelvis and the joint that carries the arms.
Written: one hierarchy for the whole dataset, in centimetres, with the usual length of each bone over all recordings as
OFFSETs and arms stretched to the sides; the root's place and a rotation (z x y) a joint for every frame. Joints keep
their names and parents; where the children of a joint do not keep their angles to each other, they have position
channels besides, in the length of their OFFSET. The directions of bones are exact; where their lengths vary, the way
is told by how much joints stand elsewhere. A joint named as an End Site would be is one.
"""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.body import pose, turns
from maskeleton.errors import UserError
from maskeleton.formats.fields import SPELLED, Field
from maskeleton.formats.kit.bvh_plan import HALF_TURN, Rig, metres_per_unit, plan_of_rig, read_rig, stands_along_z
from maskeleton.formats.kit.bvh_writer import write as write
from maskeleton.formats.kit.guess import usual_rate
from maskeleton.formats.kit.text import decode, decode_head, read_text
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.motion import Motion

_BLOCK = 100_000  # joints turned at a time: rotation matrices take far more room than positions
_HEAD = 1 << 18
FIELDS = (
    SPELLED,
    Field("ROOT", "kept", "of the body plan; what stood above the body in the original (joint_Root) is gone"),
    Field("JOINT", "kept", "of the body plan"),
    Field("End Site", "kept", "of the body plan"),
    Field("OFFSET", "recomputed", "one pose at rest for the whole release, with the middle length of each released bone"),
    Field("CHANNELS", "recomputed", "where the released children of a joint are not rigid, places beside rotations"),
    Field("Frames", "generalized", "as released; --lengths makes it coarser, for a length alone can name a recording"),
    Field("Frame Time", "kept", "one rate for all recordings"),
    Field("?position", "recomputed", "the released root, and the released directions of bones in the length of OFFSET"),
    Field("?rotation", "recomputed", "solved for the released positions: the original's rotations, twists too, are gone"),
)


def detect(path: Path, head: bytes) -> bool:
    """A file that begins with HIERARCHY."""
    return decode_head(head).lstrip("\ufeff \t\r\n").upper().startswith("HIERARCHY")


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("bvh", files, look, read_file, options)


def look(path: Path) -> Look:
    """Plan and rate of a file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    rig, lines, start = _rig(decode(head) if len(head) < _HEAD else decode_head(head))
    metres_per_unit(rig)
    return Look(plan_of_rig(rig), _rate(lines, start))


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    rig, lines, start = _rig(read_text(path))
    plan = plan_of_rig(rig)
    if plan != look.skeleton:
        raise UserError(f"the joints are those of {plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    _rate(lines, start)
    rows = _rows(lines, start, sum(len(channels) for channels in rig.channels))
    yield Motion.of(positions(rig, rows) * HALF_TURN)


def positions(rig: Rig, rows: np.ndarray) -> np.ndarray:
    """(T, J, 3) float32 metres, y up, of the joints that are kept, from rows of channels."""
    scale, standing_on_z = metres_per_unit(rig), stands_along_z(rig)
    found = np.empty((len(rows), len(rig.kept), 3), np.float32)
    moved = _moved(rig, rows)
    block = max(1, _BLOCK // len(rig.names))
    for start in range(0, len(rows), block):
        with np.errstate(all="ignore"):  # what is damaged becomes infinite or NaN, and so missing
            turned = _posed(rig, rows[start : start + block], moved)[:, rig.kept] * scale
            if standing_on_z:
                turned = np.stack([turned[..., 0], turned[..., 2], -turned[..., 1]], -1)
            found[start : start + block] = turned
    return found


def _posed(rig: Rig, rows: np.ndarray, moved: Sequence[bool]) -> np.ndarray:
    joints = len(rig.names)
    offsets = np.tile(np.array(rig.offsets), (len(rows), 1, 1))
    rotations = np.tile(np.eye(3), (len(rows), joints, 1, 1))
    column = 0
    for joint, channels in enumerate(rig.channels):
        values = rows[:, column : column + len(channels)]
        column += len(channels)
        for place, channel in enumerate(channels):
            if channel.endswith("position") and moved[joint]:
                offsets[:, joint, "xyz".index(channel[0])] = values[:, place]
        spins = [place for place, channel in enumerate(channels) if channel.endswith("rotation")]
        if spins:
            axes = "".join(channels[place][0] for place in spins)
            rotations[:, joint] = turns(axes, np.radians(values[:, spins]))
    return pose(rotations, offsets, offsets[:, 0], rig.parents)


def _moved(rig: Rig, rows: np.ndarray) -> list[bool]:
    """Joints whose position channels say where they are; zeros throughout mean that the OFFSET holds."""
    moved, column = [], 0
    for channels in rig.channels:
        places = [column + place for place, channel in enumerate(channels) if channel.endswith("position")]
        moved.append(bool((rows[:, places] != 0).any()))
        column += len(channels)
    return moved


def _rig(text: str) -> tuple[Rig, list[str], int]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rig, start = read_rig(lines)
    return rig, lines, start


def _rate(lines: Sequence[str], start: int) -> float:
    """Frames a second; `start` is the line that says MOTION."""
    seconds = _told(lines, start + 2, "Frame Time:")
    if not 1e-4 <= seconds <= 10:
        raise UserError(f"line {start + 3}: a frame of {seconds:g} seconds cannot be", "Frame Time is in seconds")
    return usual_rate(1 / seconds, 0.005)


def _told(lines: Sequence[str], place: int, word: str) -> float:
    line = lines[place] if place < len(lines) else ""
    head, colon, number = line.partition(":")
    if " ".join(head.split()).lower() + colon != word.lower():
        raise UserError(f"line {place + 1}: expected '{word} …', got {line.strip()[:40]!r}",
                        "after MOTION stand Frames, Frame Time, and a line a frame")
    try:
        return float(number)
    except ValueError:
        raise UserError(f"line {place + 1}: {number.strip()[:40]!r} is no number", "mend the line") from None


def _rows(lines: Sequence[str], start: int, width: int) -> np.ndarray:
    announced = _told(lines, start + 1, "Frames:")
    values, found = array("d"), 0
    for place in range(start + 3, len(lines)):
        words = lines[place].split()
        if not words:
            continue
        if len(words) != width:
            raise UserError(f"line {place + 1}: a frame has {len(words)} numbers, expected {width}",
                            "every frame needs a number for every channel of the hierarchy")
        try:
            values.extend(map(float, words))
        except ValueError as fault:
            raise UserError(f"line {place + 1}: {str(fault)[:80]}", "mend the number") from None
        found += 1
    if found != announced or not found:
        raise UserError(f"line {start + 2}: {announced:g} frames are announced, but {found} are there",
                        "the file is cut or damaged; copy it again, or correct the number of frames")
    return np.frombuffer(values, np.float64).reshape(found, width)
