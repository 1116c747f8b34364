"""Normalization chains by name: where a body stands and faces is taken out of its recording, and can be put back."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskeleton.body import heading
from maskeleton.errors import UserError, pick
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

MOST_BODIES = 2  # the published preparation code keeps two
TINY = 1e-6  # a turn about a shorter axis is no turn at all, there as here


class Undo(NamedTuple):
    """What puts a normalized recording back: in every frame, normalized = rotation · (source − centre)."""

    slots: np.ndarray  # (K,) which of the source's bodies were kept, in their new order
    bodies: int  # how many the source had
    frames: np.ndarray | None = None  # (T, K) the source's frame in each row, −1 for none; None: as they were
    centre: np.ndarray | None = None  # (T, 3)
    rotation: np.ndarray | None = None  # (3, 3)


def normalize(chain: str, motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo]:
    """The recording as the chain called so makes it, and what undoes it.

    Labels, id and clock stay; `fields`, which describe the raw pose, go where the pose is changed. Padding belongs to
    batching.
    """
    if not motion.present.any():
        raise UserError(f"recording {motion.id!r} has no body in any frame", "set it aside with convert --clean empty")
    return pick(chain, CHAINS, "normalization chain")(motion, skeleton)


def restore(motion: Motion, undo: Undo) -> Motion:
    """The inverse of `normalize`. Bodies the chain dropped come back as absent ones in their old slots."""
    rows = len(motion.positions)
    if undo.centre is not None and len(undo.centre) != rows:
        raise UserError(f"recording {motion.id!r} has {rows} frames, but was normalized with {len(undo.centre)}",
                        "put back only what still has its own frames")
    if motion.positions.shape[1] != len(undo.slots):
        raise UserError(f"recording {motion.id!r} has {motion.positions.shape[1]} bodies, but was normalized with "
                        f"{len(undo.slots)}", "put back only what still has its own bodies")
    if undo.rotation is not None and undo.centre is not None:
        there = motion.present[:, :, None, None]
        back = displaced(_turned(motion.positions, undo.rotation.T), undo.centre)
        motion = motion._replace(positions=np.where(there, back, np.float32(0)))
    if undo.frames is not None:
        motion = _spread(motion, undo.frames)
    if len(undo.slots) == undo.bodies and (undo.slots == np.arange(undo.bodies)).all():
        return motion
    return _in_slots(motion, undo.slots, undo.bodies)


def _none(motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo]:
    """The recording as it is."""
    bodies = motion.positions.shape[1]
    return motion, Undo(np.arange(bodies), bodies)


def _paper(motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo]:
    """What the published preparation code of 2s-AGCN, Shift-GCN and MS-G3D does.

    The two most moving bodies are kept, the most moving first. A body that is not there in the first frame has its
    frames moved to the front. In every frame the first body's mid-spine becomes the origin for both (where that body
    is absent nothing is subtracted). One rotation for all brings, in the first frame of the first body, the bone from
    pelvis to spine to +z and then the line from the left to the right shoulder to +x: the second turn may tip the
    spine a little, there as here, and what points exactly the other way is left so. A plan without a pelvis uses the
    middle of the hips.
    """
    spine, left, right = skeleton.need("spine", "left_shoulder", "right_shoulder")
    pelvis = _pelvis(skeleton)
    bodies = motion.positions.shape[1]
    slots, motion = _two_most_moving(motion)
    motion, frames = _moved_forward(motion)
    first = motion.positions[0, 0].astype(np.float64)
    upright = turn_toward(first[spine] - first[pelvis].mean(0), (0.0, 0.0, 1.0))
    rotation = turn_toward(upright @ (first[right] - first[left]), (1.0, 0.0, 0.0)) @ upright
    centre = motion.positions[:, 0, spine].copy()
    centre[~motion.present[:, 0]] = 0
    return _placed(motion, centre, rotation), Undo(slots, bodies, frames, centre, rotation)


def _sequence(motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo]:
    """One centre and one turn for the whole recording: the path through the room, the lean and all bodies stay.

    The origin is the pelvis (or the middle of the hips) of the first body in its first frame; the turn is about the
    vertical alone and makes that body face +z in that frame.
    """
    rows, bodies = motion.present.shape
    slot = int(motion.present.any(0).argmax())
    first = motion.positions[motion.present[:, slot].argmax(), slot].astype(np.float64)
    x, _, z = heading(first, skeleton).tolist()
    rotation = np.array([[z, 0.0, -x], [0.0, 1.0, 0.0], [x, 0.0, z]])
    centre = first[_pelvis(skeleton)].mean(0).astype(np.float32)
    return _placed(motion, centre, rotation), Undo(np.arange(bodies), bodies, None, np.repeat(centre[None], rows, 0), rotation)


def _origin(motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo]:
    """What the published preparation code of CTR-GCN does once the bodies are sorted out.

    The two most moving bodies are kept, the most moving first; its mid-spine in its first frame becomes the origin for
    the whole recording. Nothing is turned.
    """
    (spine,) = skeleton.need("spine")
    bodies = motion.positions.shape[1]
    slots, motion = _two_most_moving(motion)
    start = motion.positions[motion.present[:, 0].argmax(), 0, spine]
    centre, rotation = np.repeat(start[None], len(motion.present), 0), np.eye(3)
    return _placed(motion, start, rotation), Undo(slots, bodies, None, centre, rotation)


Chain = Callable[[Motion, Skeleton], tuple[Motion, Undo]]
CHAINS: dict[str, Chain] = {"none": _none, "paper": _paper, "sequence": _sequence, "origin": _origin}


def turn_toward(vector: np.ndarray, target: tuple[float, float, float]) -> np.ndarray:
    """The shortest rotation (3, 3) that brings a vector to a unit target; none where they lie on one line."""
    x, y, z = vector.tolist()
    a, b, c = target
    p, q, r = y * c - z * b, z * a - x * c, x * b - y * a
    if abs(p) + abs(q) + abs(r) < TINY:
        return np.eye(3)
    long = math.sqrt(p * p + q * q + r * r)
    angle = math.atan2(long, x * a + y * b + z * c)
    if angle < TINY:
        return np.eye(3)
    p, q, r = p / long, q / long, r / long
    cos, sin = math.cos(angle), math.sin(angle)
    rest = 1 - cos
    return np.array([[cos + p * p * rest, p * q * rest - r * sin, p * r * rest + q * sin],
                     [p * q * rest + r * sin, cos + q * q * rest, q * r * rest - p * sin],
                     [p * r * rest - q * sin, q * r * rest + p * sin, cos + r * r * rest]])


def _pelvis(skeleton: Skeleton) -> list[int]:
    """The joints whose mean is the pelvis."""
    if "pelvis" in skeleton.roles:
        return [skeleton.roles["pelvis"]]
    return list(skeleton.need("left_hip", "right_hip"))


def _two_most_moving(motion: Motion) -> tuple[np.ndarray, Motion]:
    """Their slots, the most moving first, and the recording with them alone."""
    slots = _most_moving(motion)
    if motion.positions.shape[1] == 1:
        return slots, motion
    return slots, motion._replace(positions=motion.positions[:, slots], present=motion.present[:, slots],
                                  tracked=motion.tracked[:, slots])


def _most_moving(motion: Motion) -> np.ndarray:
    """The slots of the most moving bodies: by the spread of x, of y and of z over a body's own frames, summed."""
    bodies = motion.positions.shape[1]
    if bodies == 1:
        return np.zeros(1, np.int64)
    spread = np.zeros(bodies)
    for slot in np.flatnonzero(motion.present.any(0)):
        body = motion.positions[motion.present[:, slot], slot].astype(np.float64)
        spread[slot] = body.reshape(-1, 3).std(0).sum()
    return np.argsort(-spread, kind="stable")[:MOST_BODIES]


def _moved_forward(motion: Motion) -> tuple[Motion, np.ndarray | None]:
    """Each body absent from the first frame starts there, its frames in their order; None where nobody had to move."""
    late = ~motion.present[0]
    if not (late & motion.present.any(0)).any():
        return motion, None
    rows, bodies = motion.present.shape
    frames = np.where(motion.present, np.arange(rows)[:, None], -1)
    for slot in np.flatnonzero(late):
        own = np.flatnonzero(motion.present[:, slot])
        frames[:, slot] = -1
        frames[: len(own), slot] = own
    source = np.maximum(frames, 0), np.arange(bodies)
    there = frames >= 0
    return motion._replace(positions=np.where(there[..., None, None], motion.positions[source], np.float32(0)),
                           tracked=np.where(there[..., None], motion.tracked[source], np.uint8(0)),
                           present=there), frames


def _spread(motion: Motion, frames: np.ndarray) -> Motion:
    """The inverse of `_moved_forward`."""
    rows, bodies = np.nonzero(frames >= 0)
    source = frames[rows, bodies], bodies
    positions, present, tracked = map(np.zeros_like, (motion.positions, motion.present, motion.tracked))
    positions[source] = motion.positions[rows, bodies]
    present[source] = motion.present[rows, bodies]
    tracked[source] = motion.tracked[rows, bodies]
    return motion._replace(positions=positions, present=present, tracked=tracked)


def _in_slots(motion: Motion, slots: np.ndarray, bodies: int) -> Motion:
    rows, _, joints, _ = motion.positions.shape
    positions = np.zeros((rows, bodies, joints, 3), np.float32)
    present = np.zeros((rows, bodies), bool)
    tracked = np.zeros((rows, bodies, joints), np.uint8)
    positions[:, slots], present[:, slots], tracked[:, slots] = motion.positions, motion.present, motion.tracked
    return motion._replace(positions=positions, present=present, tracked=tracked)


def _placed(motion: Motion, centre: np.ndarray, rotation: np.ndarray) -> Motion:
    """rotation · (positions − centre) where a body is, zero where none is; `centre` is (T, 3), or (3,) for all frames."""
    positions = _turned(displaced(motion.positions, -centre), rotation)
    if not motion.present.all():
        positions[~motion.present] = 0
    return motion._replace(positions=positions, fields={})


def displaced(positions: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(T, P, J, 3) with a shift (T, 3), or (3,) for all frames, added to every joint.

    Joints lie side by side in a row for that: what is added to three numbers at a time takes ten times as long.
    """
    frames, bodies, joints, _ = positions.shape
    row = np.tile(by.astype(np.float32), joints)  # (T, J·3) or (J·3,)
    rows = positions.reshape(frames, bodies, joints * 3) + (row[:, None] if by.ndim == 2 else row)
    return np.asarray(rows.reshape(positions.shape))


def _turned(positions: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    turned: np.ndarray = positions.reshape(-1, 3) @ rotation.T.astype(np.float32)
    return turned.reshape(positions.shape)
