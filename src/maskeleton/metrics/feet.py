"""What feet do on the ground: in a real body a foot that stands does not slide, and no foot sinks into the floor."""

import numpy as np

from maskeleton.metrics.pair import Pair

NEAR, SLOW = 0.05, 0.2  # metres above the floor and metres a second: a foot of the original that stands


def slide(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """Speed along the ground, in mm/s, of feet that stand in the original; and how often they do."""
    height = pair.original[:, :, pair.feet, 1] - pair.floor
    there = pair.present[:-1] & pair.present[1:]
    stands = (height[:-1] < NEAR) & (height[1:] < NEAR) & (_speed(pair.original, pair) < SLOW) & there[..., None]
    speeds = _speed(positions, pair)[stands]
    return np.array([speeds.sum() * 1000, speeds.size])


def sink(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """How deep feet are below the floor of the original, in mm, on average over all frames."""
    depth = np.maximum(pair.floor - positions[:, :, pair.feet, 1], 0)[pair.present]
    return np.array([depth.sum() * 1000, depth.size])


def _speed(positions: np.ndarray, pair: Pair) -> np.ndarray:
    steps = np.diff(positions[:, :, pair.feet][..., [0, 2]], axis=0)
    speed: np.ndarray = np.linalg.norm(steps, axis=-1) * pair.fps
    return speed
