"""The body that traits are measured on: by itself, facing forward, and as bones, swings and frequencies."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.fft import dct

from maskeleton.motion import Motion, storable
from maskeleton.skeleton import Skeleton

FURTHEST = 1e3  # metres: a joint that is said to be further away cannot upset the sums
SHORTEST = 1e-6  # metres: a shorter bone points nowhere

Part = tuple[str, Sequence[str], np.ndarray]  # what is measured, on which things, one number each


class Plan(NamedTuple):
    """What a skeleton means for the traits, worked out once. Bones are counted as places among `children`."""

    joint_names: tuple[str, ...]
    bone_names: tuple[str, ...]
    axis_names: tuple[str, ...]
    root: int
    children: np.ndarray  # joints that have a bone
    parents: np.ndarray  # and the joints their bones come from
    across: tuple[tuple[int, ...], tuple[int, ...]]  # left and right joints whose lines say where the body faces
    hinges: np.ndarray  # (H, 2) bones that meet in a joint
    hinge_names: tuple[str, ...]
    pairs: np.ndarray  # (S, 2) left and right bone
    pair_names: tuple[str, ...]
    axis_pairs: np.ndarray  # (2, C) every two bone axes
    axis_pair_names: tuple[str, ...]
    leads_to: np.ndarray  # (J, B) which bones lie between the root and a joint


class Body(NamedTuple):
    """The most moving body of a recording. Bones come first and time last."""

    plan: Plan
    fps: float
    path: np.ndarray  # (T, 3) the root, in the world
    facing: np.ndarray  # (T,) radians about the vertical
    joints: np.ndarray  # (J, 3, T) as seen from the root, turned to face forward on the whole
    lengths: np.ndarray  # (B, T)
    middle: np.ndarray  # (B,) the middle length
    directions: np.ndarray  # (B, 3, T) unit vectors
    mean: np.ndarray  # (B, 3) the mean direction, shorter than 1
    swing: np.ndarray  # (3 B, T) directions less their mean
    spread: np.ndarray  # (3 B,) standard deviation of the swing
    power: np.ndarray  # (3 B, K) mean square of the swing by frequency
    frequencies: np.ndarray  # (K,) Hz, from 0 on

    @property
    def frames(self) -> int:
        return len(self.path)


def body_of(motion: Motion, skeleton: Skeleton, fps: float) -> Body:
    """The most moving body of a recording, made ready to be measured."""
    if not np.isfinite(motion.positions).all() or not motion.present.any():
        motion = storable(motion, len(skeleton.joints))
    plan = _plan(skeleton.joints, skeleton.parents, skeleton.mirror, tuple(skeleton.roles.items()))
    world = np.ascontiguousarray(_most_moving(motion).transpose(1, 2, 0), np.float32)
    joints, facing = _facing_forward(world - world[plan.root], plan)
    vectors = joints[plan.children] - joints[plan.parents]
    lengths = np.sqrt((vectors * vectors).sum(1))
    directions = vectors / np.maximum(lengths, SHORTEST)[:, None]
    mean = directions.mean(-1)
    swing = (directions - mean[..., None]).reshape(-1, world.shape[-1])
    spread = np.sqrt((swing * swing).mean(-1))
    return Body(plan, fps, world[plan.root].T, facing, joints, lengths, middle_of(lengths), directions, mean, swing,
                spread, *power_of(swing, fps))


def power_of(tracks: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """(C, K) mean square of each track by frequency, and the frequencies.

    Each track is followed by itself run backwards, so that it need not end where it began.
    """
    frames = tracks.shape[-1]
    waves = dct(tracks, axis=1)  # in size what the doubled track's Fourier transform is, but for its end, which is 0
    power = np.zeros((len(tracks), frames + 1), np.float32)
    np.multiply(waves, waves / (2 * frames**2), out=power[:, :frames], casting="same_kind")
    return power, np.fft.rfftfreq(2 * frames, 1 / fps)


def by_band(power: np.ndarray, frequencies: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
    """(C, bands) of (C, K): the mean square between each two edges, the lower one included, what stands still not."""
    return np.asarray(power @ _bands(len(frequencies), float(frequencies[-1]), edges))


def middle_of(tracks: np.ndarray) -> np.ndarray:
    """The median along time, of finite numbers."""
    half = tracks.shape[-1] // 2
    ordered = np.partition(tracks, half, -1)
    upper = ordered[..., half]
    return np.asarray(upper if tracks.shape[-1] % 2 else (ordered[..., :half].max(-1) + upper) / 2)


@lru_cache(maxsize=256)
def each(names: tuple[str, ...], endings: tuple[object, ...], after: str = "") -> tuple[str, ...]:
    """Every name with every ending."""
    return tuple(f"{name} {ending}{after}" for name in names for ending in endings)


def log_size(numbers: np.ndarray, floor: float) -> np.ndarray:
    """Logarithms of sizes; what is under the floor is not told apart."""
    return np.asarray(np.log(np.maximum(numbers, 0) + floor))


def _most_moving(motion: Motion) -> np.ndarray:
    """(T, J, 3) of the body whose joints spread most over its own frames."""
    bodies = [motion.positions[motion.present[:, slot], slot] for slot in np.flatnonzero(motion.present.any(0))]
    best = max(bodies, key=lambda body: float(body.reshape(-1, 3).std(0).sum())) if len(bodies) > 1 else bodies[0]
    return np.asarray(np.clip(best, -FURTHEST, FURTHEST))


def _facing_forward(joints: np.ndarray, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """(J, 3, T) turned about the vertical so that it faces +z on the whole, and where it faced in each frame."""
    left, right = plan.across
    if not left:
        return joints, np.zeros(joints.shape[-1], np.float32)
    x, _, z = joints[list(left)].sum(0) - joints[list(right)].sum(0)
    turn = np.arctan2(z.sum(), x.sum())
    cos, sin = np.cos(turn), np.sin(turn)
    turned = joints.copy()
    turned[:, 0] = cos * joints[:, 0] + sin * joints[:, 2]
    turned[:, 2] = cos * joints[:, 2] - sin * joints[:, 0]
    return turned, np.unwrap(np.arctan2(z, x))


@lru_cache(maxsize=1024)
def _bands(count: int, top: float, edges: tuple[float, ...]) -> np.ndarray:
    """(K, bands): which of `count` frequencies from 0 to `top` lies in which band; 0 lies in none."""
    frequencies = np.linspace(0, top, count)[:, None]
    inside: np.ndarray = (frequencies >= np.array(edges[:-1])) & (frequencies < np.array(edges[1:]))
    inside[:1] = False
    return np.asarray(inside, np.float32)


@lru_cache(maxsize=32)
def _plan(joints: tuple[str, ...], parents: tuple[int, ...], mirror: tuple[int, ...],
          roles: tuple[tuple[str, int], ...]) -> Plan:
    role = dict(roles)
    children = [joint for joint, parent in enumerate(parents) if parent >= 0]
    place = {joint: index for index, joint in enumerate(children)}
    names = tuple(joints[joint] for joint in children)
    axes = tuple(f"{name} {axis}" for name in names for axis in "xyz")
    sides = [(role[f"left_{part}"], role[f"right_{part}"]) for part in ("hip", "shoulder")
             if {f"left_{part}", f"right_{part}"} <= set(role)]
    hinges = [(place[parents[joint]], place[joint]) for joint in children if parents[joint] in place]
    pairs = [(place[joint], place[mirror[joint]]) for joint in children
             if joint < mirror[joint] and mirror[joint] in place]
    axis_pairs = np.stack(np.triu_indices(len(axes), 1))
    return Plan(
        joints, names, axes, parents.index(-1), np.array(children, np.int64),
        np.array([parents[joint] for joint in children], np.int64),
        (tuple(left for left, _ in sides), tuple(right for _, right in sides)),
        np.array(hinges, np.int64).reshape(-1, 2),
        tuple(f"{joints[children[upper]]} to {names[lower]}" for upper, lower in hinges),
        np.array(pairs, np.int64).reshape(-1, 2), tuple(names[left] for left, _ in pairs), axis_pairs,
        tuple(f"{axes[one]} with {axes[other]}" for one, other in axis_pairs.T), _leads_to(parents, place),
    )


def _leads_to(parents: tuple[int, ...], place: dict[int, int]) -> np.ndarray:
    leads = np.zeros((len(parents), len(place)), np.float32)
    for joint in range(len(parents)):
        step = joint
        while parents[step] >= 0:
            leads[joint, place[step]] = 1
            step = parents[step]
    return leads
