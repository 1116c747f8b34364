"""From key poses to smooth motion: minimum jerk between poses, passing through those that lie on the way."""

import numpy as np


def tangents(times: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Speed at each key pose, (keys, angles): 0 where an angle turns back or rests, else between its two slopes."""
    slopes = np.diff(poses, axis=0) / np.diff(times)[:, None]
    before, after = slopes[:-1], slopes[1:]
    product = before * after
    speed = np.zeros_like(poses)
    np.divide(2 * product, before + after, out=speed[1:-1], where=product > 0)
    return speed


def sample(times: np.ndarray, poses: np.ndarray, at: np.ndarray, roughness: float = 0.0) -> np.ndarray:
    """Angles at the times `at`, (T, angles), a time for each angle; before the first key and after the last they rest.

    Between two keys runs the curve of degree five that has their angles and speeds and no acceleration at either: from
    rest to rest that is the minimum-jerk movement. `roughness` mixes in the straight line from key to key.
    """
    at = np.clip(at, times[0], times[-1])
    key = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    angle = np.arange(poses.shape[1])
    length = np.diff(times)[key]
    start, end = poses[key, angle], poses[key + 1, angle]
    speed = tangents(times, poses)
    first, last = speed[key, angle] * length, speed[key + 1, angle] * length
    part = (at - times[key]) / length
    part3 = part**3
    way = end - start
    curve = (10 * way - 6 * first - 4 * last) + part * (8 * first + 7 * last - 15 * way)
    curve += part * part * (6 * way - 3 * first - 3 * last)
    smooth = start + first * part + part3 * curve
    mixed: np.ndarray = smooth + roughness * (start + way * part - smooth)
    return mixed
