"""Nearness: is a released recording nearer to one original than that person's own takes are to each other?"""

from typing import NamedTuple

import numpy as np

from maskeleton.answers import Answers
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, numbered
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.score import Score, score
from maskeleton.seeds import generator
from maskeleton.threads import few_threads
from maskeleton.traits.body import body_of

MOMENTS = 32  # of every recording, evenly spaced, at which poses are compared
MOST = 3000  # recordings that are compared with each other
METRIC = "rank1"


class Nearness(NamedTuple):
    """How many recordings lie nearer to an original than two takes of that one's person lie to each other."""

    anybody: Score | None  # the nearest original of all
    others: Score | None  # the nearest original of somebody else than whose recording it is said to be


def nearness(original: MotionDataset, released: MotionDataset, keep: str = "action", seed: int = 0) -> Nearness:
    """Of a release beside its original; the null is what originals are to each other, their own take left out."""
    if IDENTITY not in original.labels:
        raise UserError("it is not known who is who", "give the people by --pattern or a people.csv when converting")
    people = original.labels[IDENTITY]
    rows = np.flatnonzero(people != UNKNOWN)
    if len(rows) > MOST:
        rows = np.sort(generator(seed, "nearness").choice(rows, MOST, replace=False))
    some, people, takes = original.select(rows), people[rows], original.takes[rows]
    doing = numbered(people, some.labels[keep]) if keep in some.labels else numbered(people)
    with few_threads(len(rows)):
        here = poses(some)
        between, across = _distances(here, here), _distances(poses(released.select(rows)), here)
    same_take = takes[:, None] == takes
    closest = _closest(np.where(same_take, np.inf, between), doing)
    stranger = people[:, None] != people
    others, of_others = (np.where(stranger, some, np.inf) for some in (across, between))
    return Nearness(_score(across, np.where(same_take, np.inf, between), closest, people),
                    _score(others, of_others, closest, people))


def poses(dataset: MotionDataset) -> np.ndarray:
    """(n, MOMENTS * J * 3): the most moving body of each recording as seen from its root, facing forward, at evenly
    spaced moments. Distances between rows are metres: the root of the mean square over joints and moments."""
    rows = []
    for motion in dataset:
        seen = body_of(motion, dataset.skeleton, dataset.fps).joints
        place = np.linspace(0, seen.shape[-1] - 1, MOMENTS)
        first = np.floor(place).astype(int)
        after, share = np.minimum(first + 1, seen.shape[-1] - 1), place - first
        rows.append((seen[..., first] * (1 - share) + seen[..., after] * share).ravel())
    return np.asarray(np.stack(rows) / np.sqrt(MOMENTS * len(dataset.skeleton.joints)))


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _closest(between: np.ndarray, doing: np.ndarray) -> np.ndarray:
    """Of each recording how near two takes of its person doing the same come; infinite where there is one alone."""
    pairs = np.where(doing[:, None] == doing, between, np.inf)
    least = np.array([pairs[doing == one].min() for one in range(int(doing.max()) + 1)])
    return np.asarray(least[doing])


def _score(distances: np.ndarray, of_originals: np.ndarray, closest: np.ndarray, people: np.ndarray) -> Score | None:
    """The share of rows whose nearest original is too near, beside that of originals; None where nobody can be asked."""
    answers, null = (_answers(some, closest, people) for some in (distances, of_originals))
    if answers is None or null is None:
        return None
    usual = score(null, METRIC).rate
    return score(answers, METRIC, null=usual)._replace(chance=usual)


def _answers(distances: np.ndarray, closest: np.ndarray, people: np.ndarray) -> Answers | None:
    """Right or wrong for each row whose nearest original is of somebody with two takes of that."""
    nearest, least = distances.argmin(1), distances.min(1)
    asked = np.isfinite(least) & np.isfinite(closest[nearest])
    if not asked.any():
        return None
    near, nothing = (least < closest[nearest])[asked], np.zeros(asked.sum(), np.int64)
    return Answers(people[nearest][asked].astype(np.int64), nothing, np.stack([near, ~near], 1).astype(np.float32),
                   nothing - 1, nothing)
