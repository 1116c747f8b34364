"""From positions to the rotations of a BVH file: bones of one length each, turned as the positions have them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.body import turn

_TINY = 1e-6  # metres: a bone as short as that has no direction
_PULL = 1e-6  # how much a joint's rotation is drawn to its parent's, beside what its bones say


class Rest(NamedTuple):
    """What all files of a dataset share. Joints are in the file's order: depth first, parents before children."""

    parents: tuple[int, ...]
    offsets: np.ndarray  # (J, 3): each joint from its parent while nothing is turned
    placed: frozenset[int]  # joints whose own channels say where they are, for their parent's rotation cannot

    @property
    def lengths(self) -> np.ndarray:
        found: np.ndarray = np.linalg.norm(self.offsets, axis=-1)
        return found


class Solved(NamedTuple):
    """One recording, solved."""

    turned: np.ndarray  # (T, J, 3, 3): each joint's rotation, as seen from its parent
    places: np.ndarray  # (T, J, 3): each joint from its parent, as seen from it
    reached: np.ndarray  # (T, J, 3): where this puts the joints
    off: np.ndarray  # (J,): the most by which a joint's parent, turned as a whole, would miss the joint's direction


def depth_first(parents: Sequence[int]) -> list[int]:
    """Joints as a file has them: each followed by all that hangs on it."""
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(parents):
        children.setdefault(parent, []).append(joint)
    order, waiting = [], children.get(-1, [])[::-1]
    while waiting:
        joint = waiting.pop()
        order.append(joint)
        waiting += children.get(joint, [])[::-1]
    return order


def aims(parents: Sequence[int], lengths: np.ndarray) -> list[list[int]]:
    """For each joint the joints that tell how it is turned: its children, or what is next behind one of no length."""
    found: list[list[int]] = [[] for _ in parents]
    for joint in range(len(parents) - 1, 0, -1):
        found[parents[joint]] = ([joint] if lengths[joint] > _TINY else found[joint]) + found[parents[joint]]
    return found


def solve(rest: Rest, positions: np.ndarray, facing: np.ndarray) -> Solved:
    """Rotations for positions (T, J, 3); `facing` (T, 3, 3) is how the whole body is turned.

    A joint with one bone is turned by the least that brings the bone from where its parent's turn would put it. One
    with several is turned so that the squares of what is left are smallest, in doubt as its parent.
    """
    frames, joints = positions.shape[:2]
    whole = np.empty((frames, joints, 3, 3))
    solved = Solved(np.empty_like(whole), np.zeros((frames, joints, 3)), positions.copy(), np.zeros(joints))
    lengths, told = rest.lengths, aims(rest.parents, rest.lengths)
    for joint, parent in enumerate(rest.parents):
        above = whole[:, parent] if parent >= 0 else facing
        if parent >= 0:
            place = np.broadcast_to(rest.offsets[joint], (frames, 3))
            if joint in rest.placed:
                place = _seen_from(above, _long(positions[:, joint] - solved.reached[:, parent], lengths[joint],
                                                _moved(above, rest.offsets[joint])))
            solved.places[:, joint] = place
            solved.reached[:, joint] = solved.reached[:, parent] + _moved(above, place)
        ends = told[joint]
        resting = rest.offsets[ends]
        if not ends:
            whole[:, joint] = above
        elif len(ends) == 1:
            now = _moved(above, resting[0])
            wanted = _long(positions[:, ends[0]] - solved.reached[:, joint], lengths[ends[0]], now)
            whole[:, joint] = swing(now, wanted) @ above
        else:
            now = np.einsum("tij,kj->tki", above, resting)
            wanted = _long(positions[:, ends] - positions[:, joint, None], lengths[ends], now)
            whole[:, joint] = nearest(wanted, resting, above)
            left = np.linalg.norm(np.einsum("tij,kj->tki", whole[:, joint], resting) - wanted, axis=-1).max(0)
            for end, most in zip(ends, left, strict=True):
                if rest.parents[end] == joint:
                    solved.off[end] = most
        solved.turned[:, joint] = np.swapaxes(above, -1, -2) @ whole[:, joint] if parent >= 0 else whole[:, joint]
    return solved


def swing(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The least rotations (T, 3, 3) that bring the direction of one vector to that of another."""
    a, b = _unit(start), _unit(end)
    axis, cosine = np.cross(a, b), (a * b).sum(-1)
    opposite = cosine < -1 + 1e-12
    crossed = _cross_matrix(axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix: np.ndarray = np.eye(3) + crossed + crossed @ crossed / (1 + cosine)[:, None, None]
    if opposite.any():
        side = np.eye(3)[np.abs(a[opposite]).argmin(-1)]
        half = _unit(np.cross(a[opposite], side))
        matrix[opposite] = 2 * half[:, :, None] * half[:, None] - np.eye(3)
    return matrix


def nearest(wanted: np.ndarray, resting: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """The rotations (T, 3, 3) that bring vectors at rest (K, 3) nearest to the wanted ones (T, K, 3)."""
    size = float((resting**2).sum())
    u, _, v = np.linalg.svd(np.einsum("tki,kj->tij", wanted, resting) + _PULL * size * doubt)
    u[:, :, 2] *= np.sign(np.linalg.det(u @ v))[:, None]
    turned: np.ndarray = u @ v
    return turned


def angles_zxy(matrices: np.ndarray) -> np.ndarray:
    """Angles (T, J, 3) in radians with z @ x @ y the rotation (T, J, 3, 3), without a jump where one can be avoided."""
    x = np.arcsin(np.clip(matrices[..., 2, 1], -1, 1))
    z = np.arctan2(-matrices[..., 0, 1], matrices[..., 1, 1])
    y = np.arctan2(-matrices[..., 2, 0], matrices[..., 2, 2])
    angles = np.stack([z, x, y], -1)
    both = np.stack([angles, np.stack([z + np.pi, np.pi - x, y + np.pi], -1)])
    for now in range(1, len(angles)):
        steps = both[:, now] - angles[now - 1]
        steps -= 2 * np.pi * np.round(steps / (2 * np.pi))
        shorter = np.abs(steps).sum(-1).argmin(0)
        angles[now] = angles[now - 1] + np.take_along_axis(steps, shorter[None, :, None], 0)[0]
    return angles


def facing_of(headings: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) about the vertical that bring +z to these headings (T, 3)."""
    return turn("y", np.arctan2(headings[:, 0], headings[:, 2]))


def _long(vectors: np.ndarray, lengths: np.ndarray | float, otherwise: np.ndarray) -> np.ndarray:
    """The vectors, of these lengths; one without a direction takes that of `otherwise`."""
    size = np.linalg.norm(vectors, axis=-1, keepdims=True)
    known: np.ndarray = np.where(size > _TINY, vectors, otherwise)
    long: np.ndarray = _unit(known) * np.asarray(lengths)[..., None]
    return long


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-300)
    return unit


def _moved(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    moved: np.ndarray = (matrices @ vectors[..., None])[..., 0]
    return moved


def _seen_from(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    seen: np.ndarray = (np.swapaxes(matrices, -1, -2) @ vectors[..., None])[..., 0]
    return seen


def _cross_matrix(axis: np.ndarray) -> np.ndarray:
    matrix = np.zeros((len(axis), 3, 3))
    for row, column, place, sign in ((0, 1, 2, -1), (0, 2, 1, 1), (1, 0, 2, 1), (1, 2, 0, -1), (2, 0, 1, -1), (2, 1, 0, 1)):
        matrix[:, row, column] = sign * axis[:, place]
    return matrix
