"""json: one recording a file as nested lists or objects (NW-UCLA, and most exports).

Read: frames → joints → [x, y, z], or frames → bodies → joints → [x, y, z], alone or under a key such as "skeletons"
(NW-UCLA) or "frames"; a frame may be an object ({"joints": …, "timestamp": …}) and so may joints, by their names
({"Head": [x, y, z]} or {"Head": {"x": …, "y": …, "z": …}}). null, NaN and empty lists are what is missing.
Beside the frames: "fps", "joint_names", "parents" or "edges" (or a whole "plan"), "labels" (an object of texts and
whole numbers), "label" (NW-UCLA's number of the action) and "file_name", which becomes the id.
Joints: a known plan by their words in any order; without names, 20 and 25 joints are taken for the Kinects'; else
give --skeleton. Units: metres, centimetres or millimetres, by the size of the bodies; axes as the Kinect's.
Written: {"file_name", "fps", "joint_names", "labels", "skeletons"} in NW-UCLA's manner, with a level of bodies where
there is more than one, null for what is absent, and "tracked" where joints are guessed. All else is ignored in reading.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit.guess import (
    FALLBACK_RATE,
    in_metres,
    places,
    plan_by_count,
    plan_of,
    rate_of,
    seconds_per_tick,
)
from maskeleton.formats.kit.naming import safe_names
from maskeleton.formats.kit.nested import FRAMES, Nest, nest
from maskeleton.formats.kit.text import decode_head, read_text
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.labels import Label
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion, is_text
from maskeleton.skeleton import PLANS, Skeleton, recognize_plan

_OPENING = r"\[\s*(?:null\s*,\s*)*"
_NESTED = re.compile(rf"{_OPENING}{_OPENING}{_OPENING}(?:-?[\d.]|NaN)")
_NAMED = re.compile(r'"(?:joints|bodies)"\s*:\s*(?:\{\s*"[^"]*"\s*:\s*[\[{]|\[\s*\{)')
_RATES = ("fps", "frame_rate", "framerate", "rate")
FIELDS = (
    SPELLED,
    Field("file_name", "generalized", SPELLED.why),
    Field("fps", "kept", "one rate for all recordings"),
    Field("joint_names", "kept", "of the body plan"),
    Field("plan", "kept", "the body plan, where it is none that is known by name"),
    Field("labels.subject", "generalized", "a new number of the person, drawn under the secret key"),
    Field("labels.repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("labels.*", "kept", "a label, where it is published"),
    Field("tracked", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
    Field("skeletons", "kept", MOTION_WHY),
)


def detect(path: Path, head: bytes) -> bool:
    """A .json file in whose first bytes there are points, by nesting or by name."""
    if not path.name.lower().endswith(".json"):
        return False
    text = decode_head(head)
    return bool(_NESTED.search(text) or _NAMED.search(text))


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("json", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate of a file."""
    told, found = _parsed(path)
    plan, _ = _plan(told, found, options)
    clock = _clock(found)
    measured = None if clock is None else rate_of(clock)
    return Look(plan, _rate(told) or measured or options.fps or FALLBACK_RATE)


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    told, found = _parsed(path)
    plan, order = _plan(told, found, options)
    if plan != look.skeleton:
        raise UserError(f"the joints are those of {plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    positions = in_metres(found.positions[:, :, order])
    seen = np.isfinite(positions).all(-1)
    tracked = np.where(seen, _tracked(told, seen.shape)[..., order], MISSING).astype(np.uint8)
    yield Motion(positions, seen.any(-1), tracked, _labels(told), _text(told.get("file_name")) or "",
                 clock=_clock(found))


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """One file a recording."""
    out.mkdir()
    for index, name in enumerate(safe_names(dataset.ids)):
        (out / f"{name}.json").write_text(json.dumps(_written(dataset, index)), "utf-8")


def _written(dataset: MotionDataset, index: int) -> dict[str, Any]:
    motion, plan = dataset[index], dataset.skeleton
    told: dict[str, Any] = {"file_name": motion.id, "fps": dataset.fps, "joint_names": list(plan.joints)}
    if plan != PLANS.get(plan.name):
        told["plan"] = plan.to_dict()
    if dataset.told(index):
        told["labels"] = dataset.told(index)
    if (motion.tracked[motion.present] == GUESSED).any():
        told["tracked"] = motion.tracked.tolist()
    shortest = motion.positions.astype(str).astype(np.float64)
    frames = [[[point if state else None for point, state in zip(body, states, strict=True)] if there else None
               for body, states, there in zip(*row, strict=True)]
              for row in zip(shortest.tolist(), motion.tracked.tolist(), motion.present.tolist(), strict=True)]
    told["skeletons"] = frames if motion.present.shape[1] > 1 else [frame[0] for frame in frames]
    return told


def _parsed(path: Path) -> tuple[dict[str, Any], Nest]:
    text = read_text(path)
    try:
        data = json.loads(text)
        told = data if isinstance(data, dict) else {}
        frames = data if isinstance(data, list) else next((data[key] for key in FRAMES if _frames(told.get(key))), None)
        if not isinstance(frames, list) or not frames:
            raise UserError("there is no list of frames",
                            'a file looks like {"skeletons": [[[x, y, z], …], …]}: frames, joints, coordinates')
        return told, nest(frames)
    except RecursionError:
        raise UserError("lists are nested too deeply", "frames hold bodies, bodies joints, joints x, y and z") from None
    except json.JSONDecodeError as fault:
        raise UserError(f"line {fault.lineno}: this is no JSON ({fault.msg}, column {fault.colno})",
                        "the file is cut or damaged; copy it again") from None
    except ValueError as fault:
        raise UserError(f"a number cannot be read: {fault}", "the file is damaged; copy it again") from None


def _frames(thing: object) -> bool:
    return isinstance(thing, list) and any(isinstance(part, list | dict) for part in thing)


def _plan(told: dict[str, Any], found: Nest, options: Options) -> tuple[Skeleton, list[int]]:
    count = found.positions.shape[2]
    names = found.names or _names(told, count)
    own = _own_plan(told, names, count)
    if own is not None:
        return own, list(range(count)) if names is None else places(own, names)
    if names is None:
        return plan_by_count(count, options), list(range(count))
    return plan_of(names, options)


def _names(told: dict[str, Any], count: int) -> tuple[str, ...] | None:
    names = told.get("joint_names") or told.get("joints")
    if not isinstance(names, list) or not all(_text(name) for name in names):
        return None
    if len(names) != count:
        raise UserError(f"there are {len(names)} joint names for {count} joints", "every joint needs one name")
    return tuple(names)


def _own_plan(told: dict[str, Any], names: Sequence[str] | None, count: int) -> Skeleton | None:
    """The plan the file itself gives, whole or as parents or edges."""
    if isinstance(told.get("plan"), dict):
        return Skeleton.from_dict(told["plan"])
    if told.get("parents") is None and told.get("edges") is None:
        return None
    joints = list(names or (f"joint{joint}" for joint in range(count)))
    own = Skeleton.from_dict({"name": f"json{count}", "joints": joints, "parents": told.get("parents"),
                              "edges": told.get("edges")})
    return recognize_plan(own.joints, own.parents) or own


def _tracked(told: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    if told.get("tracked") is None:
        return np.full(shape, SEEN, np.uint8)
    try:
        tracked = np.array(told["tracked"], np.float64)
    except (TypeError, ValueError, OverflowError):
        tracked = np.zeros(0)
    if tracked.size != np.prod(shape) or not np.isin(tracked, (0, 1, 2)).all():
        raise UserError(f'"tracked" does not fit {shape[0]} frames of {shape[1]} bodies of {shape[2]} joints',
                        "it holds 0 (missing), 1 (guessed) or 2 (seen) for each joint")
    return tracked.reshape(shape).astype(np.uint8)


def _labels(told: dict[str, Any]) -> dict[str, Label]:
    labels = told.get("labels")
    named = labels if isinstance(labels, dict) else {"action": told.get("label")}
    found: dict[str, Label] = {}
    for label, value in named.items():
        if isinstance(value, int) and not isinstance(value, bool) and not -1 <= value < 2**31:
            continue
        if _text(label) and (_text(value) or (isinstance(value, int) and not isinstance(value, bool))):
            found[str(label)] = value if isinstance(value, int) else str(value)
    return found


def _rate(told: dict[str, Any]) -> float | None:
    rate = next((told[key] for key in _RATES if key in told), None)
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 10_000:
        raise UserError(f"{str(rate)[:40]!r} frames a second cannot be", "mend the file's fps, or give --fps")
    return float(rate)


def _clock(found: Nest) -> np.ndarray | None:
    unit = None if found.ticks is None else seconds_per_tick(found.ticks)
    return None if found.ticks is None or unit is None else found.ticks * unit


def _text(thing: object) -> str | None:
    """A text that can be written again (JSON can hold halves of characters)."""
    return thing if is_text(thing) else None
