"""How long bones are: the same at all times in a real body, and not the same in two people."""

import numpy as np

from maskeleton.body import bone_lengths
from maskeleton.metrics.pair import Pair

TINY = 1e-6  # metres: not a bone


def over_time(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """Spread of each bone's length over the frames of a body, in per cent of its mean; and how many bones these are."""
    total, count = 0.0, 0
    for slot in np.flatnonzero(pair.present.any(0)):
        lengths = bone_lengths(positions[pair.present[:, slot], slot], pair.skeleton)
        mean = lengths.mean(0)
        real = mean > TINY
        total += float((lengths.std(0)[real] / mean[real]).sum() * 100)
        count += int(real.sum())
    return np.array([total, count])


def of_first(pair: Pair, positions: np.ndarray) -> np.ndarray:
    """(J,) mean length of each bone of the first body that is there."""
    slots = np.flatnonzero(pair.present.any(0))
    if not len(slots):
        return np.full(len(pair.skeleton.joints), np.nan)
    means: np.ndarray = bone_lengths(positions[pair.present[:, slots[0]], slots[0]], pair.skeleton).mean(0)
    return means


def between_people(rows: np.ndarray, people: np.ndarray) -> float:
    """Spread over people of the mean length of each of their bones, in per cent of the mean, on average over bones."""
    known = ~np.isnan(rows).any(1) & (people >= 0)
    bodies = np.array([rows[known & (people == person)].mean(0) for person in np.unique(people[known])])
    if len(bodies) < 2:
        return float("nan")
    mean = bodies.mean(0)
    real = mean > TINY
    return float((bodies.std(0)[real] / mean[real]).mean() * 100)
