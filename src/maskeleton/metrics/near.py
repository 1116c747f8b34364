"""How near the release is to the original: distances between the same joints in the same frames."""

import numpy as np

from maskeleton.metrics.pair import Pair, rotation

LOOPED, SLOTS = 300, 2  # frames and bodies of the published arrays
MM = 1000.0


def squares(pair: Pair) -> np.ndarray:
    """Square of the distance, coordinate by coordinate, in normalized motion; and how many there are."""
    moved = (pair.aligned - pair.original)[pair.present]
    return np.array([np.square(moved).sum(), moved.size])


def squares_published(pair: Pair) -> np.ndarray:
    """The same as the published code counts them: 300 frames, looped, and two slots, zeros where nobody is."""
    if not pair.present.any():  # zeros beside zeros are no comparison
        return np.zeros(2)
    rows = np.arange(LOOPED) % len(pair.present)
    there = pair.present[rows, :SLOTS]
    moved = (pair.aligned - pair.original)[rows, :SLOTS][there]
    return np.array([np.square(moved).sum(), LOOPED * SLOTS * pair.original.shape[2] * 3])


def apart(pair: Pair) -> np.ndarray:
    """Distances as both stand in the room, in millimetres."""
    return _distances(pair.original, pair.released, pair.present)


def apart_rooted(pair: Pair) -> np.ndarray:
    """Distances when, in every frame, the pelvis of each body is brought to the same place."""
    root = [pair.skeleton.order[0]]
    if "pelvis" in pair.skeleton.roles:
        root = [pair.skeleton.roles["pelvis"]]
    elif {"left_hip", "right_hip"} <= pair.skeleton.roles.keys():
        root = [pair.skeleton.roles["left_hip"], pair.skeleton.roles["right_hip"]]
    before, after = (side - side[:, :, root].mean(2, keepdims=True) for side in (pair.original, pair.aligned))
    return _distances(before, after, pair.present)


def apart_fitted(pair: Pair) -> np.ndarray:
    """Distances when each body is shifted, turned and scaled in every frame to lie on the original best: its pose."""
    before, after = (side[pair.present] for side in (pair.original, pair.released))  # (N, J, 3)
    before, after = (side - side.mean(1, keepdims=True) for side in (before, after))
    turned = after @ np.swapaxes(rotation(after, before), 1, 2)
    size = np.square(after).sum((1, 2))
    scale = np.divide((before * turned).sum((1, 2)), size, out=np.ones_like(size), where=size > 0)
    moved = np.linalg.norm(turned * scale[:, None, None] - before, axis=-1)
    return np.array([moved.sum() * MM, moved.size])


def _distances(before: np.ndarray, after: np.ndarray, present: np.ndarray) -> np.ndarray:
    moved = np.linalg.norm((after - before)[present], axis=-1)
    return np.array([moved.sum() * MM, moved.size])
