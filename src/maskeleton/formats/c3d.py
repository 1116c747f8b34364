"""c3d: one recording a file as C3D motion capture: points with names, written with the extra `c3d`.

Read: whole numbers and floats of Intel, DEC and SGI machines. Points are joints by their labels, without what stands
before a colon; where several such words have the same points behind them each is a body. Those of a known plan are put
in its order; others, such as markers, need --skeleton, and points that the plan does not name are left out.
A residual of −1 or NaN is a missing joint; one without residual and cameras, beside others that have them, is guessed.
Units by POINT:UNITS, else metres, centimetres or millimetres by the size of the bodies. Axes by POINT:X_SCREEN and
Y_SCREEN; without these z is up, or y where bodies stand along it. A name in SUBJECTS:NAMES is the subject's label.
A header counts 65,535 frames: longer files are read where TRIAL:ACTUAL_END_FIELD tells, else refused.
Written (`pip install "maskeleton[c3d]"`): floats in millimetres, y up (Y_SCREEN says so), residuals 1, 0 for guessed
joints and −1 for missing ones; labels are the joints' names, with body1: and so on before them where there are several;
no subject, no events, no analog channels. Longer recordings than a header can count are refused.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit.c3d_file import Head, head_size, is_c3d, read_head, read_points
from maskeleton.formats.kit.guess import UNITS, in_metres, plan_of, stands_along_z
from maskeleton.formats.kit.naming import safe_names
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.labels import Label
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion

MOST_FRAMES = 65_535
_MOST_NAME = 120
FIELDS = (
    SPELLED,
    Field("header", "recomputed", "counts, rate and where points begin; no events"),
    Field("POINT:LABELS*", "kept", "of the body plan"),
    Field("POINT:DESCRIPTIONS*", "blanked", "empty"),
    Field("POINT:RATE", "kept", "one rate for all recordings"),
    Field("POINT:FRAMES", "generalized", "as released; --lengths makes it coarser, for a length alone can name a recording"),
    Field("POINT:*", "blanked", "unit, scale and axes: the same in every file"),
    Field("points", "kept", MOTION_WHY),
    Field("residuals", "blanked", "1, seen: how well the cameras saw a marker names the original frame by frame"),
    Field("camera masks", "blanked", "0: which cameras saw the original"),
    Field("SUBJECTS:*", "blanked", "not there: they name people, and how they were measured"),
    Field("ANALOG:*", "blanked", "no channel: forces and muscles are the original's"),
    Field("FORCE_PLATFORM:*", "blanked", "no plate"),
    Field("EVENT:*", "blanked", "not there"),
    Field("ROTATION:*", "blanked", "none"),
    Field("EZC3D:*", "blanked", "the library that wrote the file"),
)


def detect(path: Path, head: bytes) -> bool:
    """A .c3d file, or a header with C3D's key and a block of parameters behind it."""
    return path.name.lower().endswith(".c3d") and is_c3d(head)


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("c3d", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate of a file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(1 << 18)
        head = read_head(first + file.read(max(0, head_size(first) - len(first))), size)
    names, _ = _bodies(head)
    return Look(plan_of(names, options)[0], _rate(head))


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    data = path.read_bytes()
    head = read_head(data, len(data))
    names, bodies = _bodies(head)
    plan, order = plan_of(names, options)
    if plan != look.skeleton:
        raise UserError(f"the points are those of {plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    places, words = read_points(data, head)
    chosen = np.array(bodies)[:, order]
    positions, words = places[:, chosen], words[:, chosen]
    positions = _in_house(_scaled(positions, head), head)
    there = np.isfinite(positions).all(-1)
    sure = words > 0 if (words > 0).any() else np.ones(words.shape, bool)
    tracked = np.where(there, np.where(sure, SEEN, GUESSED), MISSING).astype(np.uint8)
    yield Motion(positions, there.any(-1), tracked, _labels(head, len(bodies)), "")


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """One file a recording."""
    library = _library()
    names = safe_names(dataset.ids)
    _check_writable(dataset)
    out.mkdir()
    for motion, name in zip(dataset, names, strict=True):
        _write_one(library, motion, dataset, out / f"{name}.c3d")


def _library() -> ModuleType:
    try:
        import ezc3d  # here, because only who writes C3D needs it
    except ImportError:
        raise UserError("writing c3d needs the library ezc3d, which is not installed",
                        'pip install "maskeleton[c3d]", or write another format') from None
    return ezc3d  # type: ignore[no-any-return]


def _check_writable(dataset: MotionDataset) -> None:
    longest = int(dataset.frames.max(initial=0))
    if longest > MOST_FRAMES:
        id = dataset.ids[int(dataset.frames.argmax())]
        raise UserError(f"recording {id!r} has {longest:,} frames, and a c3d file can count {MOST_FRAMES:,}",
                        "convert at fewer frames a second (--fps), or write another format")
    odd = [joint for joint in dataset.skeleton.joints
           if joint.strip() != joint or ":" in joint or len(joint.encode("utf-8", "replace")) > _MOST_NAME]
    if odd:
        raise UserError(f"no c3d file can hold joints called {listed(odd)}",
                        f"give the body plan names without colons, of at most {_MOST_NAME} letters")


def _write_one(library: ModuleType, motion: Motion, dataset: MotionDataset, path: Path) -> None:
    frames, slots, joints = motion.tracked.shape
    there = motion.present[..., None] & (motion.tracked != MISSING)
    millimetres = np.moveaxis(motion.positions.astype(np.float64) * 1000, -1, 0)
    points = np.ones((4, slots * joints, frames))
    for axis, values in enumerate(millimetres):
        points[axis] = np.where(there, values, np.nan).reshape(frames, -1).T
    file = library.c3d()
    point = file["parameters"]["POINT"]
    before = [f"body{slot + 1}:" for slot in range(slots)] if slots > 1 else [""]
    point["LABELS"]["value"] = tuple(word + joint for word in before for joint in dataset.skeleton.joints)
    point["UNITS"]["value"] = ["mm"]
    point["RATE"]["value"] = [dataset.fps]
    file.add_parameter("POINT", "X_SCREEN", "+X")
    file.add_parameter("POINT", "Y_SCREEN", "+Y")
    file["data"]["points"] = points
    sure = np.where(motion.tracked == GUESSED, 0.0, 1.0)
    file["data"]["meta_points"]["residuals"] = np.where(there, sure, -1.0).reshape(frames, -1).T[None]
    file["data"]["meta_points"]["camera_masks"] = np.zeros((7, slots * joints, frames), bool)
    file.write(str(path))


def _bodies(head: Head) -> tuple[list[str], list[list[int]]]:
    """The names of a body's points, and for each body the numbers of its points in that order."""
    told = (head.texts("POINT:LABELS") + [""] * head.points)[: head.points]
    found: dict[str, dict[str, int]] = {}
    for place, label in enumerate(told):
        word, _, name = label.rpartition(":")
        if name and not name.startswith("*"):  # a marker that nobody has named
            found.setdefault(word, {}).setdefault(name, place)
    if not found:
        raise UserError("no point has a label", "label the markers in the program that made the file")
    names = list(next(iter(found.values())))
    if len(found) > 1 and not all(body.keys() == set(names) for body in found.values()):
        names = list(dict.fromkeys(name for body in found.values() for name in body))
        if sum(map(len, found.values())) > len(names):
            raise UserError(f"the points of {listed(found)} are not the same", "write a file for each, or label them alike")
        found = {"": {name: place for body in found.values() for name, place in body.items()}}
    return names, [[body[name] for name in names] for body in found.values()]


def _rate(head: Head) -> float:
    """Without the digits that come from float32."""
    return float(f"{head.rate:.7g}")


def _scaled(positions: np.ndarray, head: Head) -> np.ndarray:
    """Float32 in metres."""
    unit = next(iter(head.texts("POINT:UNITS")), "").lower()
    with np.errstate(all="ignore"):
        return in_metres(positions * UNITS[unit]) if unit in UNITS else in_metres(positions)


def _in_house(positions: np.ndarray, head: Head) -> np.ndarray:
    """Turned so that y is up: by the file's own axes, else by how the bodies stand."""
    screen = [_axis(next(iter(head.texts(f"POINT:{axis}_SCREEN")), "")) for axis in "XY"]
    right, up = screen
    if right is None or up is None or abs(float(right @ up)):
        y_up = stands_along_z(positions[..., [0, 2, 1]])
        right, up = np.eye(3)[0], np.eye(3)[1 if y_up else 2]
    axes = np.stack([right, up, np.cross(right, up)]).astype(np.float32)
    turned: np.ndarray = np.einsum("ij,...j->...i", axes, positions).astype(np.float32)
    return turned


def _axis(text: str) -> np.ndarray | None:
    """+X, -Z or Y as a direction."""
    text = text.strip().upper()
    if text not in {sign + axis for sign in ("", "+", "-") for axis in "XYZ"}:
        return None
    axis: np.ndarray = np.eye(3)["XYZ".index(text[-1])] * (-1 if text[0] == "-" else 1)
    return axis


def _labels(head: Head, bodies: int) -> dict[str, Label]:
    names = [name for name in head.texts("SUBJECTS:NAMES") if name]
    return {"subject": names[0]} if len(names) == 1 and bodies == 1 else {}
