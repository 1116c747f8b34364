"""What feet do on the ground: in a real body a foot that stands does not slide, and no foot sinks into the floor."""

import numpy as np

from maskeleton.metrics.pair import Pair

FLOOR = 5  # per cent of a foot's heights lie below where it stands
NEAR, SLOW = 0.05, 0.2  # metres above the floor and metres a second: a foot of the original that stands


def slide(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """Speed along the ground, in mm/s, of feet that stand in the original; and how often they do."""
    feet = _feet(pair)
    height = pair.original[:, :, feet, 1] - _floor(pair)
    there = pair.present[:-1] & pair.present[1:]
    stands = (height[:-1] < NEAR) & (height[1:] < NEAR) & (_speed(pair.original, pair, feet) < SLOW) & there[..., None]
    speeds = _speed(positions, pair, feet)[stands]
    return np.array([speeds.sum() * 1000, speeds.size])


def sink(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """How deep feet are below the floor of the original, in mm, on average over all frames."""
    feet = _feet(pair)
    depth = np.maximum(_floor(pair) - positions[:, :, feet, 1], 0)[pair.present]
    return np.array([depth.sum() * 1000, depth.size])


def _feet(pair: Pair) -> list[int]:
    return sorted({joint for role, joint in pair.skeleton.roles.items() if role in ("left_foot", "right_foot")})


def _floor(pair: Pair) -> float:
    """Where the feet of the recording stand; y points up and cameras are level."""
    heights = pair.original[:, :, _feet(pair), 1][pair.present]
    return float(np.percentile(heights, FLOOR)) if heights.size else 0.0


def _speed(positions: np.ndarray, pair: Pair, feet: list[int]) -> np.ndarray:
    steps = np.diff(positions[:, :, feet][..., [0, 2]], axis=0)
    speed: np.ndarray = np.linalg.norm(steps, axis=-1) * pair.fps
    return speed
