"""pyskl: the pickle of pyskl and mmaction2 with 3-D joints, one dict a recording.

Read: `{'split': {name: [frame_dir, …]}, 'annotations': [{frame_dir, label, keypoint, …}, …]}`, or the list of
annotations alone. `keypoint` is (bodies, frames, joints, 3), metres, y up, as the camera saw it: so pyskl prepares NTU
RGB+D, normalizing only when it trains (mmaction2's own preparation normalizes before). A body whose joints are all zero
in a frame is not there. 25 joints are kinect25, 17 are h36m17, unless --skeleton names another plan of as many; 2-D
joints are refused. The files do not say their rate: 30 a second, unless --fps does. `keypoint_score` of 3-D joints,
where there is one, gives tracking: 0 is missing, below a half guessed.

Labels: `label` is the action, counted from 0. Where `frame_dir` (the id) is a name of NTU RGB+D, everything it says is
taken, and its action, counted from 1, if the labels agree with it everywhere. Being in the list `xsub_train` becomes
the label `split_xsub` with the value `train`, and the same for every list. Where a recording has `labels`, as they are
written here, these are taken and nothing else.

Written: float32 joints (the published files have float16), bodies that are absent as zeros, `label` as above, the lists
from the labels `split…`. Besides what others read, a recording has `labels` (all of them, as text or number), `tracked`
where not every joint was seen, and `present` where a body has zeros everywhere and is there nevertheless; the file has
`skeleton` and `fps`. They are read again, so that nothing is lost. The pickle is never executed (see pickles), and its
arrays stay on disk until their recording is read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit.action_numbers import Named, action_numbers, labels_of
from maskeleton.formats.kit.npz_contents import MOST_JOINTS
from maskeleton.formats.kit.pickles import END, START, dumped, load
from maskeleton.formats.kit.ranges import Held, RangeSource, fault, plan_of, range_source
from maskeleton.formats.source import Fault, Look, Options
from maskeleton.labels import UNKNOWN, Label
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion
from maskeleton.skeleton import H36M17, KINECT25, Skeleton

FPS = 30.0
BY_JOINTS = {25: KINECT25, 17: H36M17}
LAYOUT = "expected {'split': {…}, 'annotations': [{'frame_dir', 'label', 'keypoint'}, …]}"
IN = "in"  # the value of a list that is not one of train, val, test …
_WHOLE_NAME = re.compile(r"(train|val|test)(\d*)")
_KEYS = (b"annotations", b"frame_dir", b"keypoint")
FIELDS = (
    Field("split.*", "kept", "a label of published splits, where it is published; the ids in it are the new ones"),
    Field("skeleton", "kept", "the body plan"),
    Field("fps", "kept", "one rate for all recordings"),
    Field("annotations.frame_dir", "generalized", SPELLED.why),
    Field("annotations.total_frames", "generalized", "as released; --lengths makes it coarser, for a length alone can name "
                                                     "a recording"),
    Field("annotations.keypoint", "kept", MOTION_WHY),
    Field("annotations.label", "kept", "the action, which the release is for"),
    Field("annotations.labels.subject", "generalized", "a new number of the person, drawn under the secret key"),
    Field("annotations.labels.repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("annotations.labels.*", "kept", "a label, where it is published"),
    Field("annotations.present", "kept", "who is there when, as released; --lengths makes it coarser"),
    Field("annotations.tracked", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
)


class Contents(NamedTuple):
    """A file's recordings: annotations as they stand, a name and labels for each."""

    annotations: list[dict[str, object]]
    names: list[str]
    labels: list[dict[str, Label]]
    skeleton: Skeleton | None
    fps: float | None


def detect(path: Path, head: bytes) -> bool:
    """A pickle with one of the words of this layout near its beginning, or lists of names under 'split'."""
    if head[:1] not in (b"\x80", b"(", b"]", b"}") or path.name.endswith("label.pkl"):
        return False
    return any(key in head for key in _KEYS) or b"split" in head[:64]


def open(files: Sequence[Path], options: Options) -> RangeSource:
    """One pickle, or several of one body plan and rate."""
    return range_source("pyskl", files, _look, _read, options)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _look(path: Path, options: Options) -> Held:
    contents = _contents_of(path)
    for annotation in contents.annotations:
        keypoint = annotation.get("keypoint")
        if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:
            break
    else:
        raise UserError("no recording has a keypoint array of (bodies, frames, joints, 3)", LAYOUT)
    if keypoint.shape[3] == 2:
        raise UserError("its joints are 2-D, points in an image: they do not say where a body is in space",
                        "get the 3-D file of the same dataset (ntu60_3danno.pkl for NTU RGB+D)")
    plan = contents.skeleton or plan_of(keypoint.shape[2], BY_JOINTS, options)
    if len(plan.joints) != keypoint.shape[2]:
        raise UserError(f"its skeleton has {len(plan.joints)} joints, but its keypoints {keypoint.shape[2]}",
                        "one joint of the skeleton for each keypoint")
    return Held(Look(plan, contents.fps or options.fps or FPS), len(contents.annotations))


def _contents_of(path: Path) -> Contents:
    found = path.stat()
    return _contents(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=2)
def _contents(path: Path, size: int, changed: int) -> Contents:
    data = load(path)
    top = data if isinstance(data, dict) else {"annotations": data}
    annotations = top.get("annotations")
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise UserError("it holds no list of annotations", LAYOUT)
    digits = len(str(len(annotations)))
    names = [_name(one, f"{path.stem}-{number:0{digits}d}") for number, one in enumerate(annotations)]
    splits = split_labels(_lists(top.get("split")))
    labels = labels_of([Named(name, _action(one)) for name, one in zip(names, annotations, strict=True)])
    labels = [_own_labels(one) if "labels" in one else said | splits.get(name, {})
              for one, said, name in zip(annotations, labels, names, strict=True)]
    fps = top.get("fps")
    rate = float(fps) if isinstance(fps, int | float) and 0 < fps <= 10_000 else None
    return Contents(annotations, names, labels, _skeleton(top.get("skeleton")), rate)


def _name(annotation: dict[str, object], otherwise: str) -> str:
    name = annotation.get("frame_dir")
    return name if isinstance(name, str) and name else otherwise


def _action(annotation: dict[str, object]) -> int:
    """The label; −1 where there is none (or one that `_recording` will refuse)."""
    label = annotation.get("label")
    return label if isinstance(label, int) and _is_label(label) else UNKNOWN


def _own_labels(annotation: dict[str, object]) -> dict[str, Label]:
    labels = annotation.get("labels")
    pairs = labels.items() if isinstance(labels, dict) else ()
    return {label: value for label, value in pairs if isinstance(label, str) and _is_label(value)}


def _is_label(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and 0 <= value < 2**31)


def _lists(split: object) -> dict[str, list[str]]:
    if split is None:
        return {}
    if not isinstance(split, dict) or not all(
            isinstance(name, str) and isinstance(ids, list) and all(isinstance(id, str) for id in ids)
            for name, ids in split.items()):
        raise UserError("its split is no dict of lists of names", LAYOUT)
    return split


def _skeleton(said: object) -> Skeleton | None:
    if not isinstance(said, dict):
        return None
    name, joints, parents, roles = (said.get(key) for key in ("name", "joints", "parents", "roles"))
    plain = (isinstance(name, str) and isinstance(joints, list) and all(isinstance(joint, str) for joint in joints)
             and isinstance(parents, list) and all(isinstance(parent, int) for parent in parents)
             and isinstance(roles, dict) and all(isinstance(joint, int) for joint in roles.values()))
    if not plain or not isinstance(joints, list) or len(joints) > MOST_JOINTS:
        raise UserError("its skeleton cannot be read", "expected name, joints, parents and roles, as maskeleton writes")
    return Skeleton.from_dict(said)


def split_labels(lists: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Label]]:
    """Labels of each id from the lists it is in: 'xsub_train' is split_xsub = train, 'train1' is split_1 = train.

    Where an id is in two lists of one group, every list of that group is a label of its own.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in lists:
        whole = _WHOLE_NAME.fullmatch(name)
        head, _, tail = name.rpartition("_")
        label, value = (f"split_{whole[2]}", whole[1]) if whole else (f"split_{head}", tail) if head else ("", "")
        groups.setdefault(label.rstrip("_"), []).append((name, value))
    labels: dict[str, dict[str, Label]] = {}
    for label, members in groups.items():
        often = Counter(id for name, _ in members for id in set(lists[name]))
        apart = not label or max(often.values(), default=0) > 1
        for name, value in members:
            for id in lists[name]:
                labels.setdefault(id, {})[f"split_{name}" if apart else label] = IN if apart else value
    return labels


def _read(path: Path, numbers: range, look: Look, options: Options) -> Iterator[Motion | Fault]:
    contents = _contents_of(path)
    for number in numbers[: max(0, len(contents.names) - numbers.start)]:
        read = _recording(contents.annotations[number], len(look.skeleton.joints))
        name = contents.names[number]
        if isinstance(read, str):
            yield fault(path, number, f"{name[:80]}: {read}")
        else:
            yield read._replace(id=name, labels=contents.labels[number])


def _recording(annotation: dict[str, object], joints: int) -> Motion | str:
    keypoint = annotation.get("keypoint")
    if not isinstance(keypoint, np.ndarray) or keypoint.dtype.kind not in "fiu":
        return "it has no array of numbers as keypoint"
    if keypoint.ndim != 4 or keypoint.shape[2:] != (joints, 3) or not keypoint.size:
        return f"keypoint has the shape {keypoint.shape}, expected (bodies, frames, {joints}, 3)"
    label = annotation.get("label")
    if label is not None and not (isinstance(label, int) and (label == UNKNOWN or _is_label(label))):
        return "label is no number from 0"
    with np.errstate(all="ignore"):  # a float64 beyond float32 becomes infinite
        positions = np.ascontiguousarray(keypoint.transpose(1, 0, 2, 3), np.float32)
    present = _presence(annotation, positions)
    if isinstance(present, str):
        return present
    seen = _tracking(annotation, keypoint.shape[:3])
    if isinstance(seen, str):
        return seen
    known = np.isfinite(positions).all(-1) & present[..., None]
    positions = np.where(known[..., None], positions, np.float32(np.nan))
    return Motion(positions, present, np.where(known, seen, MISSING).astype(np.uint8), {}, "")


def _presence(annotation: dict[str, object], positions: np.ndarray) -> np.ndarray | str:
    """(frames, bodies) of who is there."""
    told = annotation.get("present")
    if told is None:
        return np.asarray((positions != 0).any((2, 3)))
    shape = positions.shape[1::-1]
    if not isinstance(told, np.ndarray) or told.shape != shape or told.dtype.kind != "b":
        return f"present is no array of {shape} truths"
    return np.ascontiguousarray(told.T)


def _tracking(annotation: dict[str, object], shape: tuple[int, ...]) -> np.ndarray | str:
    """(frames, bodies, joints) of tracking states."""
    for key, kinds in (("tracked", "iu"), ("keypoint_score", "f")):
        told = annotation.get(key)
        if told is None:
            continue
        if not isinstance(told, np.ndarray) or told.shape != shape or told.dtype.kind not in kinds:
            return f"{key} is no array of the shape {shape}, as keypoint has it"
        if key == "keypoint_score":
            told = np.where(told >= 0.5, SEEN, np.where(told > 0, GUESSED, MISSING))
        return np.clip(told, MISSING, SEEN).transpose(1, 0, 2)
    return np.array(SEEN, np.uint8)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """The whole dataset as one pickle, a recording at a time. Fields other than tracking have no place in it."""
    with out.open("wb") as file:
        file.write(START + b"}(" + dumped("split") + dumped(split_lists(dataset)))
        file.write(dumped("skeleton") + dumped(dataset.skeleton.to_dict()) + dumped("fps") + dumped(dataset.fps))
        file.write(dumped("annotations") + b"]")
        for number, action in enumerate(action_numbers(dataset)):
            file.write(dumped(_annotation(dataset, number, action)) + b"a")
        file.write(b"u" + END)


def _annotation(dataset: MotionDataset, number: int, action: int) -> dict[str, object]:
    motion = dataset[number]
    positions = np.where(motion.present[..., None, None], motion.positions, np.float32(0))
    annotation: dict[str, object] = {"frame_dir": motion.id, "total_frames": len(positions),
                                     "keypoint": positions.transpose(1, 0, 2, 3)}
    if action != UNKNOWN:
        annotation["label"] = action
    annotation["labels"] = dataset.told(number)
    if (motion.present != (positions != 0).any((2, 3))).any():
        annotation["present"] = motion.present.T
    if (motion.tracked[motion.present] != SEEN).any():
        annotation["tracked"] = motion.tracked.transpose(1, 0, 2)
    return annotation


def split_lists(dataset: MotionDataset) -> dict[str, list[str]]:
    """The lists that `split_labels` makes the labels `split…` of."""
    lists: dict[str, list[str]] = {}
    for label in dataset.labels:
        if label == "split" or label.startswith("split_"):
            for number, id in enumerate(dataset.ids):
                value = dataset.text(label, number)
                if value:
                    lists.setdefault(_list_name(label.removeprefix("split").removeprefix("_"), value), []).append(id)
    return lists


def _list_name(group: str, value: str) -> str:
    if value == IN:
        return group
    return f"{value}{group}" if not group or group.isdecimal() else f"{group}_{value}"
