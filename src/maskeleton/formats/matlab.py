"""matlab: one recording a file as a MATLAB level 5 .mat (UTD-MHAD's d_skel, and others).

Read: a numeric variable of the shape (joints, 3, frames), (frames, joints, 3), (joints, 3, frames, bodies),
(frames, bodies, joints, 3) or (frames, 3·joints); of several, the one whose name has skel, pos or joint in it.
Joints: d_skel with 20 joints is in UTD-MHAD's order (head, shoulder_center, spine, hip_center, left arm …), which is
put into Kinect's; else as "joint_names" (a text of one row a joint) says; else 20 or 25 are the Kinects' in their
order; others need --skeleton. "fps" gives the rate, else it is --fps, else 30; "labels" has rows such as action=wave.
Units: metres, centimetres or millimetres, by the size of the bodies; axes as the Kinect's. NaN is a missing joint.
Written: d_skel, fps, labels, and where needed joint_names, parents, roles and tracked; KINECT20 in UTD-MHAD's order.
Structs, cell arrays and complex numbers are passed over; level 4 and 7.3 (HDF5) files are refused.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.kit.guess import FALLBACK_RATE, in_metres, places, plan_by_count, plan_of
from maskeleton.formats.kit.mat5 import Mat, Variable, read_mat, write_mat
from maskeleton.formats.kit.naming import safe_names
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.labels import Label
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton, recognize_plan

_ARM, _LEG = ("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot")
UTD_JOINTS = ("head", "shoulder_center", "spine", "hip_center",
              *(f"{side}_{joint}" for limb in (_ARM, _LEG) for side in ("left", "right") for joint in limb))
_LIKELY = ("skel", "pos", "joint")
_OWN = ("joint_names", "parents", "roles", "plan", "fps", "labels", "tracked")
FIELDS = (
    SPELLED,
    Field("d_skel", "kept", MOTION_WHY),
    Field("fps", "kept", "one rate for all recordings"),
    *(Field(name, "kept", "of the body plan") for name in ("joint_names", "parents", "roles", "plan")),
    Field("labels.subject", "generalized", "a new number of the person, drawn under the secret key"),
    Field("labels.repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("labels.*", "kept", "a label, where it is published"),
    Field("tracked", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
)


class Body(NamedTuple):
    """What a file holds: positions (T, P, J, 3) in the plan's order, tracking states, the plan."""

    positions: np.ndarray
    tracked: np.ndarray
    plan: Skeleton


def detect(path: Path, head: bytes) -> bool:
    """A .mat file, of whatever level: one that cannot be read is told so."""
    return path.name.lower().endswith(".mat") or head.startswith(b"MATLAB 5.0 MAT-file")


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("matlab", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate of a file."""
    mat = read_mat(path.read_bytes())
    return Look(_body(mat, options).plan, _rate(mat) or options.fps or FALLBACK_RATE)


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    mat = read_mat(path.read_bytes())
    body = _body(mat, options)
    if body.plan != look.skeleton:
        raise UserError(f"the joints are those of {body.plan.name!r}, not of {look.skeleton.name!r}",
                        "convert each kind of file by itself")
    positions = in_metres(body.positions)
    seen = np.isfinite(positions).all(-1)
    yield Motion(positions, seen.any(-1), np.where(seen, body.tracked, MISSING).astype(np.uint8), _labels(mat), "")


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """One file a recording."""
    out.mkdir()
    for index, name in enumerate(safe_names(dataset.ids)):
        (out / f"{name}.mat").write_bytes(write_mat(_written(dataset, index)))


def _written(dataset: MotionDataset, index: int) -> dict[str, Variable]:
    motion, plan = dataset[index], dataset.skeleton
    order = np.argsort(plan_of(UTD_JOINTS, Options())[1]) if plan == KINECT20 else np.arange(len(plan.joints))
    there = motion.present[..., None] & (motion.tracked != MISSING)
    positions = np.where(there[..., None], motion.positions, np.nan)[:, :, order].astype(np.float64)
    axes = (2, 3, 0, 1)  # (J, 3, T, P)
    told: dict[str, Variable] = {"d_skel": _one_body(positions.transpose(axes)), "fps": np.array([[dataset.fps]])}
    if plan != KINECT20:
        told["joint_names"] = list(plan.joints)
        told["parents"] = np.array([plan.parents], np.float64) + 1
        told["roles"] = [f"{role}={joint}" for role, joint in plan.roles.items()]
        told["plan"] = [plan.name]
    if (motion.tracked[motion.present] == GUESSED).any():
        told["tracked"] = _one_body(motion.tracked[:, :, order].transpose(2, 0, 1))
    if dataset.told(index):
        told["labels"] = [f"{label}={value}" for label, value in dataset.told(index).items()]
    return told


def _one_body(array: np.ndarray) -> np.ndarray:
    return array[..., 0] if array.shape[-1] == 1 else array


def _body(mat: Mat, options: Options) -> Body:
    names = mat.variables.get("joint_names")
    names = names if isinstance(names, list) and names and "" not in names else None
    counts = dict.fromkeys(len(plan.joints) for plan in (options.skeleton, KINECT20, KINECT25) if plan)
    name, positions = _chosen(mat, [len(names)] if names else list(counts))
    count = positions.shape[2]
    own = _own_plan(mat, names)
    told = options.skeleton is not None and len(options.skeleton.joints) == count
    if own is not None and names:
        plan, order = own, places(own, names)
    elif names or (name == "d_skel" and count == len(UTD_JOINTS) and not told):
        plan, order = plan_of(names or UTD_JOINTS, options)
    else:
        plan, order = plan_by_count(count, options), list(range(count))
    return Body(positions[:, :, order], _tracked(mat, positions.shape[:3])[..., order], plan)


def _chosen(mat: Mat, counts: Sequence[int]) -> tuple[str, np.ndarray]:
    """The name and the (T, P, J, 3) positions of the variable that holds the motion."""
    found = {name: laid for name, array in mat.variables.items() if isinstance(array, np.ndarray) and name not in _OWN
             for laid in [_laid_out(array, counts)] if laid is not None}
    likely = [name for name in found if any(word in name.lower() for word in _LIKELY)]
    best = list(found) if len(found) == 1 else likely
    if len(best) != 1:
        told = [f"{name} ({'×'.join(map(str, value.shape)) if isinstance(value, np.ndarray) else 'text'})"
                for name, value in mat.variables.items()] + [f"{n} ({kind})" for n, kind in mat.others.items()]
        which = "more than one variable could be" if len(found) > 1 else "no variable is"
        joints = " or ".join(map(str, counts))
        raise UserError(f"{which} the positions of {joints} joints; there are {listed(told) or 'none'}",
                        "it should have the shape (joints, 3, frames) and be called skel; for other bodies than"
                        " Kinect's give --skeleton plan.json")
    return best[0], found[best[0]].astype(np.float64)


def _laid_out(array: np.ndarray, counts: Sequence[int]) -> np.ndarray | None:
    """A view of the array as (T, P, J, 3), if it has a shape in which motion is known to be kept."""
    shape = array.shape
    for count in counts if array.size else ():
        if len(shape) in (3, 4) and shape[:2] == (count, 3):
            return (array[..., None] if len(shape) == 3 else array).transpose(2, 3, 0, 1)
        if len(shape) in (3, 4) and shape[-2:] == (count, 3):
            return array[:, None] if len(shape) == 3 else array
        if shape == (count, 3):
            return array[None, None]
        if len(shape) == 2 and shape[1] == 3 * count:
            return array.reshape(-1, 1, count, 3)
    return None


def _own_plan(mat: Mat, names: list[str] | None) -> Skeleton | None:
    parents, roles = mat.variables.get("parents"), mat.variables.get("roles")
    if not names or not isinstance(parents, np.ndarray) or not np.isfinite(parents).all():
        return None
    pairs = [row.partition("=") for row in roles] if isinstance(roles, list) else []
    told = mat.variables.get("plan")
    own = Skeleton.of(told[0] if isinstance(told, list) and told else f"matlab{len(names)}", names,
                      (np.clip(parents.ravel().astype(np.float64), -1e6, 1e6) - 1).astype(int).tolist(),
                      {role: int(joint) for role, _, joint in pairs if joint.isascii() and joint.isdigit()})
    known = recognize_plan(names, own.parents)
    return known if known is not None and known.joints == own.joints and known.roles == own.roles else own


def _tracked(mat: Mat, shape: tuple[int, ...]) -> np.ndarray:
    tracked = mat.variables.get("tracked")
    if tracked is None:
        return np.full(shape, SEEN, np.uint8)
    frames, slots, joints = shape
    if not isinstance(tracked, np.ndarray) or tracked.size != frames * slots * joints or not np.isin(
            tracked, (0, 1, 2)).all():
        raise UserError(f"'tracked' does not fit {joints} joints in {frames} frames of {slots} bodies",
                        "it has the shape (joints, frames, bodies) and holds 0 (missing), 1 (guessed) or 2 (seen)")
    return tracked.reshape(joints, frames, slots, order="F").transpose(1, 2, 0).astype(np.uint8)


def _rate(mat: Mat) -> float | None:
    fps = mat.variables.get("fps")
    if fps is None:
        return None
    rate = float(fps.flat[0]) if isinstance(fps, np.ndarray) and fps.size == 1 else float("nan")
    if not 0 < rate <= 10_000:
        raise UserError(f"{rate:g} frames a second cannot be", "mend the file's fps, or give --fps")
    return rate


def _labels(mat: Mat) -> dict[str, Label]:
    rows = mat.variables.get("labels")
    labels: dict[str, Label] = {}
    for row in rows if isinstance(rows, list) else ():
        label, _, text = row.partition("=")
        if label and text:
            whole = text.isascii() and text.isdigit() and len(text) < 11 and str(int(text)) == text
            labels[label] = int(text) if whole and int(text) < 2**31 else text
    return labels
