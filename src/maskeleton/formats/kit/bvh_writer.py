"""Writing recordings as BVH: one hierarchy with one length of each bone for all of them, rotations for each."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.body import heading
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.bvh_plan import HALF_TURN, Rig, metres_per_unit
from maskeleton.formats.kit.bvh_solve import Rest, Solved, aims, angles_zxy, depth_first, facing_of, nearest, solve
from maskeleton.formats.kit.naming import safe_names
from maskeleton.motion import MISSING, Motion
from maskeleton.skeleton import Skeleton

_SAMPLE = 2000  # frames of the dataset by which the pose at rest is made
_NOT_RIGID = 5e-5  # metres that a parent's rotation may miss a joint by before the joint has channels of its own
_UNSAID = 1e-4  # metres that a file may differ by without a word
_SIDEWAYS = ("collar", "shoulder", "elbow", "wrist", "hand", "hand_tip")
_ROTATIONS = "Zrotation Xrotation Yrotation"
_POSITIONS = "Xposition Yposition Zposition"


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> list[str]:
    """One file a recording; what the files cannot say of the motion is returned in words."""
    if dataset.slots.max(initial=0) > 1:
        count = int((dataset.slots > 1).sum())
        raise UserError(f"a bvh file holds one body, and {count} recordings have more",
                        "write them as table, json or c3d, or leave them out")
    _check_names(dataset.skeleton.joints)
    names, order = safe_names(dataset.ids), depth_first(dataset.skeleton.parents)
    rest = rest_of(dataset, order)
    joints = [dataset.skeleton.joints[joint] for joint in order]
    scale = _unit(rest, joints)
    ends = {joint for joint in range(len(joints)) if _is_end(rest, joints, joint)}
    head = "\n".join(_hierarchy(rest, joints, ends, scale))
    out.mkdir()
    worst, whole = 0.0, 0.0
    for motion, name in zip(dataset, names, strict=True):
        positions = _positions(motion, order)
        solved = solve(rest, positions, _facing(positions, dataset.skeleton, order))
        off = np.linalg.norm(solved.reached - positions, axis=-1)
        worst, whole = max(worst, float(off.max())), whole + float(off.sum())
        (out / f"{name}.bvh").write_text(head + _motion(solved, rest, ends, dataset.fps, scale), "utf-8")
    if worst <= _UNSAID:
        return []
    mean = whole / (int(dataset.frames.sum()) * len(joints))
    return [f"in the bvh files every bone has one length throughout: joints stand {mean * 1000:.1f} mm from where they "
            f"were on average, {worst * 1000:.1f} mm at most"]


def rest_of(dataset: MotionDataset, order: Sequence[int]) -> Rest:
    """The pose at rest of a whole dataset: usual lengths, arms sideways, what is rigid as it usually stands."""
    plan = dataset.skeleton
    place = {joint: number for number, joint in enumerate(order)}
    parents = tuple(place.get(plan.parents[joint], -1) for joint in order)
    lengths = _lengths(dataset, order, parents)
    sample = np.concatenate(list(_sampled(dataset, order)))
    facing = _facing(sample, plan, order)
    bones = sample - sample[:, [max(parent, 0) for parent in parents]]
    usual = _long(_long(np.einsum("tji,tkj->tki", facing, bones)).mean(0))
    for role, joint in plan.roles.items():
        direction = _direction(role)
        if direction is not None:
            usual[place[joint]] = direction
    offsets = usual * lengths[:, None]
    shaped: set[int] = set()
    for joint, ends in enumerate(aims(parents, lengths)):
        if len(ends) > 1 and not shaped & {*ends}:
            vectors = _long(sample[:, ends] - sample[:, joint, None]) * lengths[ends][:, None]
            offsets[ends] = _shape(vectors, facing)
            shaped.update(ends)
    rest = Rest(parents, offsets, frozenset())
    off = np.zeros(len(parents))
    for motion in dataset:
        positions = _positions(motion, order)
        off = np.maximum(off, solve(rest, positions, _facing(positions, plan, order)).off)
    return rest._replace(placed=frozenset(np.flatnonzero(off > _NOT_RIGID).tolist()))


def _shape(vectors: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """How several bones of one joint stand to each other: the mean of all frames (T, K, 3), each turned to it."""
    lengths = np.linalg.norm(vectors[0], axis=-1)
    shape: np.ndarray = _long(np.einsum("tji,tkj->tki", facing, vectors).mean(0)) * lengths[:, None]
    for _ in range(4):
        turned = nearest(vectors, shape, facing)
        shape = _long(np.einsum("tji,tkj->tki", turned, vectors).mean(0)) * lengths[:, None]
    return shape


def _lengths(dataset: MotionDataset, order: Sequence[int], parents: Sequence[int]) -> np.ndarray:
    """The usual length of each bone: the middle one of the recordings' middle ones, of what was seen where it was."""
    above = [max(parent, 0) for parent in parents]
    middles = []
    for motion in dataset:
        positions, seen = _positions(motion, order), motion.tracked[motion.present][:, order] != MISSING
        found = np.linalg.norm(positions - positions[:, above], axis=-1)
        both = (seen & seen[:, above]) if len(seen) == len(found) else np.ones(found.shape, bool)
        there = np.where(both | ~both.any(0), found, np.nan)
        middles.append(np.nanmedian(there, axis=0))
    lengths: np.ndarray = np.median(middles, axis=0)
    lengths[0] = 0
    return np.where(lengths < 1e-6, 0.0, lengths)


def _sampled(dataset: MotionDataset, order: Sequence[int]) -> Iterator[np.ndarray]:
    each = max(1, int(dataset.frames.sum()) // _SAMPLE)
    begin = 0
    for motion in dataset:
        yield _positions(motion, order)[begin % each :: each]
        begin += each - len(motion.present) % each


def _positions(motion: Motion, order: Sequence[int]) -> np.ndarray:
    """(T, J, 3) float64 in the file's order and axes; a frame without a body shows the pose before it, or the first."""
    there = np.flatnonzero(motion.present[:, 0])
    shown = there[np.maximum(np.searchsorted(there, np.arange(len(motion.present)), "right") - 1, 0)]
    turned: np.ndarray = motion.positions[shown, 0][:, order].astype(np.float64) * HALF_TURN
    return turned


def _facing(positions: np.ndarray, plan: Skeleton, order: Sequence[int]) -> np.ndarray:
    if not {"left_hip", "right_hip"} <= plan.roles.keys():
        return np.tile(np.eye(3), (len(positions), 1, 1))
    return facing_of(heading(positions[:, np.argsort(order)], plan))


def _direction(role: str) -> np.ndarray | None:
    """Where a bone points that ends at this role, in a body with its arms stretched to the sides that looks along +z."""
    side, _, word = role.partition("_")
    if side not in ("left", "right"):
        return np.array([0, 1, 0]) if role in ("spine", "chest", "neck", "head", "head_top") else None
    if word in _SIDEWAYS:
        return np.array([1 if side == "left" else -1, 0, 0])
    if word in ("knee", "ankle"):
        return np.array([0, -1, 0])
    return np.array([0, 0, 1]) if word in ("foot", "toe_tip") else None


def _long(vectors: np.ndarray) -> np.ndarray:
    """Of length 1; upward where there is no direction."""
    size = np.linalg.norm(vectors, axis=-1, keepdims=True)
    up = np.zeros(vectors.shape)
    up[..., 1] = 1
    np.divide(vectors, size, out=up, where=size > 1e-9)
    return up


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unit(rest: Rest, joints: Sequence[str]) -> float:
    """Units a metre: centimetres, or metres where the bodies' size would be taken for another unit."""
    for scale in (100.0, 1.0):
        offsets = tuple((float(x), float(y), float(z)) for x, y, z in rest.offsets * scale)
        rig = Rig(tuple(joints), rest.parents, offsets, ((),) * len(joints), tuple(range(len(joints))))
        try:
            if round(metres_per_unit(rig) * scale, 9) == 1:
                return scale
        except UserError:
            continue
    raise UserError("the bones from ankle to head are no person's size in metres, so that a bvh file, which has no unit, "
                    "would be misread", "write another format")


def _hierarchy(rest: Rest, joints: Sequence[str], ends: Collection[int], scale: float) -> Iterator[str]:
    yield "HIERARCHY"
    open_joints: list[int] = []
    for joint, parent in enumerate(rest.parents):
        while open_joints and open_joints[-1] != parent:
            open_joints.pop()
            yield "  " * len(open_joints) + "}"
        deep = "  " * len(open_joints)
        offset = "OFFSET " + " ".join(f"{value:.6f}" for value in np.round(rest.offsets[joint] * scale, 6) + 0.0)
        if joint in ends:
            yield from (f"{deep}End Site", f"{deep}{{", f"{deep}  {offset}", f"{deep}}}")
            continue
        channels = f"6 {_POSITIONS} {_ROTATIONS}" if _has_place(rest, joint) else f"3 {_ROTATIONS}"
        yield f"{deep}{'ROOT' if parent < 0 else 'JOINT'} {joints[joint]}"
        yield from (f"{deep}{{", f"{deep}  {offset}", f"{deep}  CHANNELS {channels}")
        if joint not in rest.parents and f"{joints[joint]}End" not in joints:
            yield from (f"{deep}  End Site", f"{deep}  {{", f"{deep}    OFFSET 0 0 0", f"{deep}  }}")
        open_joints.append(joint)
    while open_joints:
        open_joints.pop()
        yield "  " * len(open_joints) + "}"


def _is_end(rest: Rest, joints: Sequence[str], joint: int) -> bool:
    """Was this joint an End Site when it was read? Its name says so."""
    parent = rest.parents[joint]
    if parent < 0 or joint in rest.parents or joint in rest.placed or not rest.offsets[joint].any():
        return False
    before = rest.parents[:joint].count(parent)
    return joints[joint] == f"{joints[parent]}End{before + 1 if before else ''}"


def _has_place(rest: Rest, joint: int) -> bool:
    return rest.parents[joint] < 0 or joint in rest.placed


def _motion(solved: Solved, rest: Rest, ends: Collection[int], fps: float, scale: float) -> str:
    angles = np.degrees(angles_zxy(solved.turned))
    columns = []
    for joint in range(len(rest.parents)):
        if joint in ends:
            continue
        if _has_place(rest, joint):
            columns.append((solved.reached if rest.parents[joint] < 0 else solved.places)[:, joint] * scale)
        columns.append(angles[:, joint])
    table = np.round(np.concatenate(columns, -1), 6) + 0.0
    line = " ".join(["%.6f"] * table.shape[1]) + "\n"
    rows = "".join(line % tuple(row) for row in table.tolist())
    return f"\nMOTION\nFrames: {len(table)}\nFrame Time: {1 / fps:.9g}\n{rows}"


def _check_names(joints: Sequence[str]) -> None:
    odd = [joint for joint in joints if " ".join(joint.split()) != joint or "{" in joint or "}" in joint]
    if odd:
        raise UserError(f"no bvh file can hold joints called {listed(odd)}",
                        "give the body plan names of words, without braces: convert --skeleton plan.json")
