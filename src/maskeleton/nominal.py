"""What a nominal Kinect v2 would have said of motion besides joints: a function of the positions and of nothing else."""

from typing import NamedTuple

import numpy as np

from maskeleton.body import heading
from maskeleton.motion import SEEN, Motion
from maskeleton.skeleton import Skeleton

NEAREST = 0.1  # metres before the camera; what is nearer, or behind it, has no pixel
SHORTEST = 1e-6  # metres: a bone without a direction


class Camera(NamedTuple):
    """A pinhole camera beside the one whose frame positions are in."""

    focal: float  # pixels
    centre: tuple[float, float]
    aside: float  # metres along x


# The sizes of the sensor's two pictures, and round numbers near the focal lengths that calibrations of it find.
DEPTH = Camera(366.0, (256.0, 212.0), 0.0)
COLOR = Camera(1081.0, (960.0, 540.0), 0.052)


def pixels(positions: np.ndarray, camera: Camera) -> np.ndarray:
    """(..., 3) -> (..., 2) float32: where a camera sees these points; 0 where it cannot."""
    points = positions.astype(np.float64)
    depth = points[..., 2]
    seen = depth > NEAREST
    scale = camera.focal / np.where(seen, depth, 1)
    across = camera.centre[0] + (points[..., 0] + camera.aside) * scale
    down = camera.centre[1] - points[..., 1] * scale
    return np.where(seen[..., None], np.stack([across, down], -1), 0).astype(np.float32)


def orientations(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(..., J, 3) -> (..., J, 4) float32, w x y z: y along the bone that ends in the joint, z as far forward as that
    allows; the root's y is along the first bone; zeros where a limb ends, as the sensor has it."""
    points = positions.astype(np.float64)
    parents = np.array(skeleton.parents)
    root = int(np.flatnonzero(parents < 0)[0])
    start, end = np.where(parents < 0, root, parents), np.arange(len(parents))
    end[root] = int(np.flatnonzero(parents == root)[0])
    along = points[..., end, :] - points[..., start, :]
    y, there = _unit(along)
    forward = np.broadcast_to(heading(points, skeleton)[..., None, :], y.shape)
    z, level = _unit(forward - (forward * y).sum(-1, keepdims=True) * y)
    up = np.array([0.0, 1.0, 0.0])
    other, _ = _unit(up - (up * y).sum(-1, keepdims=True) * y)  # a bone that points forward
    z = np.where(level[..., None], z, other)
    found = _quaternions(np.stack([np.cross(y, z), y, z], -1))
    ends = ~np.isin(np.arange(len(parents)), parents)
    found[~there] = 0
    found[..., ends, :] = 0
    return found.astype(np.float32)


def with_nominal_fields(motion: Motion, skeleton: Skeleton) -> Motion:
    """A recording with every field that a Kinect file has, computed from its positions or the same everywhere."""
    frames, slots = motion.present.shape
    slot = np.broadcast_to(np.arange(slots, dtype=np.int64), (frames, slots))
    frame = np.broadcast_to(np.arange(frames, dtype=np.int64)[:, None], (frames, slots))
    fields: dict[str, np.ndarray] = {"body_id": slot + 1, "body_index": slot.astype(np.int32), "frame_number": frame.copy(),
              "body_tracking": np.full((frames, slots), SEEN, np.int32),
              "depth": pixels(motion.positions, DEPTH), "color": pixels(motion.positions, COLOR),
              "orientation": orientations(motion.positions, skeleton)}
    return motion._replace(fields=fields)


def _unit(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of length 1, and which of them had a length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    there = length[..., 0] > SHORTEST
    return vectors / np.where(there[..., None], length, 1), there


def _quaternions(matrices: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotations -> (..., 4), w x y z, w ≥ 0: of the four ways to divide, the one that divides by most."""
    a = matrices
    trace = a[..., 0, 0] + a[..., 1, 1] + a[..., 2, 2]
    squares = np.stack([trace, a[..., 0, 0] * 2 - trace, a[..., 1, 1] * 2 - trace, a[..., 2, 2] * 2 - trace], -1) + 1
    w = np.stack([squares[..., 0], a[..., 2, 1] - a[..., 1, 2], a[..., 0, 2] - a[..., 2, 0],
                  a[..., 1, 0] - a[..., 0, 1]], -1)
    x = np.stack([w[..., 1], squares[..., 1], a[..., 0, 1] + a[..., 1, 0], a[..., 0, 2] + a[..., 2, 0]], -1)
    y = np.stack([w[..., 2], x[..., 2], squares[..., 2], a[..., 1, 2] + a[..., 2, 1]], -1)
    z = np.stack([w[..., 3], x[..., 3], y[..., 3], squares[..., 3]], -1)
    most = squares.argmax(-1)[..., None, None]
    chosen = np.take_along_axis(np.stack([w, x, y, z], -2), most, -2)[..., 0, :]
    found: np.ndarray = chosen / np.linalg.norm(chosen, axis=-1, keepdims=True).clip(1e-12)
    return np.where(found[..., :1] < 0, -found, found)
