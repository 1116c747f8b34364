"""The geometry of bodies: bones and joints, rotations along the tree, heading. Arrays are (..., J, 3), metres, y up."""

from collections.abc import Sequence

import numpy as np

from maskeleton.skeleton import Skeleton


def bones(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Joint minus parent, (..., J, 3); the root's bone is zero."""
    parents = np.array([joint if parent < 0 else parent for joint, parent in enumerate(skeleton.parents)])
    vectors: np.ndarray = positions - positions[..., parents, :]
    return vectors


def joints(vectors: np.ndarray, root: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """The inverse of `bones`: every joint is its parent plus its bone; `root` is (..., 3)."""
    positions = np.empty_like(vectors)
    for joint in skeleton.order:
        parent = skeleton.parents[joint]
        positions[..., joint, :] = root if parent < 0 else positions[..., parent, :] + vectors[..., joint, :]
    return positions


def bone_lengths(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Length of each joint's bone, (..., J); 0 for the root."""
    lengths: np.ndarray = np.linalg.norm(bones(positions, skeleton), axis=-1)
    return lengths


def pose(rotations: np.ndarray, offsets: np.ndarray, root: np.ndarray, parents: Sequence[int]) -> np.ndarray:
    """Forward kinematics: local rotations (..., J, 3, 3) turn the offsets (..., J, 3) of everything below their joint.

    Parents must stand before their children, as they do in BVH files.
    """
    positions = np.empty((*rotations.shape[:-2], 3), rotations.dtype)
    turned = np.empty_like(rotations)
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[..., joint, :] = root
            turned[..., joint, :, :] = rotations[..., joint, :, :]
        else:
            bone = (turned[..., parent, :, :] @ offsets[..., joint, :, None])[..., 0]
            positions[..., joint, :] = positions[..., parent, :] + bone
            turned[..., joint, :, :] = turned[..., parent, :, :] @ rotations[..., joint, :, :]
    return positions


def turn(axis: str, angles: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) about 'x', 'y' or 'z' by angles in radians, counter-clockwise."""
    angles = np.asarray(angles, np.float64)
    matrix = np.zeros((*angles.shape, 3, 3))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    fixed = "xyz".index(axis)
    matrix[..., fixed, fixed] = 1
    matrix[..., first, first] = matrix[..., second, second] = np.cos(angles)
    matrix[..., second, first] = np.sin(angles)
    matrix[..., first, second] = -np.sin(angles)
    return matrix


def turns(axes: str, angles: np.ndarray) -> np.ndarray:
    """One rotation after another, as written: `turns('zxy', a)` is z(a[..., 0]) @ x(a[..., 1]) @ y(a[..., 2])."""
    matrix = turn(axes[0], angles[..., 0])
    for place, axis in enumerate(axes[1:], 1):
        matrix = matrix @ turn(axis, angles[..., place])
    return matrix


def heading(positions: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Unit vector (..., 3) in the ground plane that the body faces: (left hip − right hip) × up."""
    left, right = skeleton.need("left_hip", "right_hip")
    across = positions[..., left, :] - positions[..., right, :]
    facing = np.stack([-across[..., 2], np.zeros_like(across[..., 0]), across[..., 0]], -1)
    length = np.linalg.norm(facing, axis=-1, keepdims=True)
    forward = np.zeros_like(facing)
    forward[..., 2] = 1
    np.divide(facing, length, out=forward, where=length > 1e-9)
    return forward
