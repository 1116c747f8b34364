"""How smoothly joints move: differences of positions from frame to frame, where a body is there all the while."""

import numpy as np

from maskeleton.metrics.pair import Pair


def acceleration_error(pair: Pair) -> np.ndarray:
    """How far the acceleration of each joint is from what it was, in m/s²; of stretched motion there is no telling."""
    if pair.stretched:
        return np.zeros(2)
    difference, there = differences(pair.placed - pair.original, pair.present, 2)
    sizes = np.linalg.norm(difference[there], axis=-1) * pair.fps**2
    return np.array([sizes.sum(), sizes.size])


def jerk(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """How fast the acceleration of each joint changes, in m/s³: trembling shows here first."""
    difference, there = differences(positions, pair.present, 3)
    sizes = np.linalg.norm(difference[there], axis=-1) * pair.fps**3
    return np.array([sizes.sum(), sizes.size])


def differences(positions: np.ndarray, present: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Differences of that order over time, and where the body is there in all frames they are made of."""
    frames = max(len(present) - order, 0)
    there = np.ones((frames, present.shape[1]), bool)
    for step in range(order + 1):
        there &= present[step : step + frames]
    return np.diff(positions, order, axis=0)[:frames], there
