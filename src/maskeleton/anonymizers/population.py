"""Population: what many people have in common, so that nobody's own body, posture or way of moving stands out."""

from collections.abc import Iterator

import numpy as np

from maskeleton.body import bone_lengths
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

FEWEST_PEOPLE, FEWEST_RECORDINGS = 4, 16
MOST = 3000  # recordings that are looked at
STILL = 1e-4  # metres: a body whose joints stay so near does not move
SHORTEST = 0.005  # metres: a body whose every bone is shorter is none


def looked_at(dataset: MotionDataset, name: str) -> MotionDataset:
    """Recordings with motion to learn of the population from, or a UserError where there is no population."""
    rows = np.arange(len(dataset))
    if len(rows) > MOST:
        rows = np.sort(generator(0, "population").permutation(rows)[:MOST])
    moving = [row for row in rows.tolist() if moves(dataset[row])]
    if len(rows) and not moving:
        raise UserError(f"nothing moves in these {len(rows)} recordings: {name} cannot learn of them how people move",
                        "look at the data with maskeleton view; a converter may have repeated one frame")
    if len(moving) < FEWEST_RECORDINGS:
        raise UserError(f"{len(moving)} recordings with motion are too few for {name} to know a population",
                        f"it needs {FEWEST_RECORDINGS} at least, of {FEWEST_PEOPLE} people or more; or take a model "
                        "that was prepared on others, --with MODEL/")
    part = dataset.select(moving)
    if len(set(part.motion_hashes)) < FEWEST_RECORDINGS:
        raise UserError(f"{len(moving)} recordings show only {len(set(part.motion_hashes))} different motions: {name} "
                        "cannot tell what people have in common", "leave the copies out")
    if (people := len(np.unique(people_of(part)))) < FEWEST_PEOPLE:
        raise UserError(f"{people} people are too few for {name}: what they have in common would be what each of them is",
                        f"prepare it on {FEWEST_PEOPLE} people at least: maskeleton train OTHERS MODEL/ --anonymizer "
                        f"{name}, then --with MODEL/")
    return part


def moves(motion: Motion) -> bool:
    """Does any joint of any body?"""
    return any(float(body.std(0).max()) > STILL for body in each_body(motion))


def each_body(motion: Motion) -> Iterator[np.ndarray]:
    """(frames, J, 3) of every body, in the frames in which it is there."""
    for slot in np.flatnonzero(motion.present.any(0)):
        yield motion.positions[motion.present[:, slot], slot]


def people_of(dataset: MotionDataset) -> np.ndarray:
    """Who moves in each recording; where that is not known each recording is somebody's own."""
    own = np.arange(len(dataset))
    people = dataset.labels.get("subject")
    return own if people is None else np.where(people < 0, own + int(people.max()) + 1, people)


def common(rows: np.ndarray, people: np.ndarray) -> np.ndarray:
    """What (n, …) rows of people have in common: the median of each person's own, and then the mean of the middle half
    of the people, number by number, so that nobody alone moves it far."""
    ordered = np.sort([np.median(rows[people == person], 0) for person in np.unique(people)], 0)
    away = len(ordered) // 4
    return np.asarray(ordered[away : len(ordered) - away].mean(0), np.float32)


def common_lengths(dataset: MotionDataset) -> np.ndarray:
    """(J,) metres that each bone measures in most people; left and right are alike."""
    own = np.array([_lengths(motion, dataset.skeleton) for motion in dataset])
    found = common(own, people_of(dataset))
    if not (found > SHORTEST).any():
        raise UserError("the bodies have no bones that could be measured: all joints lie in one place",
                        "look at the data with maskeleton view; it may not be in metres")
    return np.asarray((found + found[list(dataset.skeleton.mirror)]) / 2, np.float32)


def _lengths(motion: Motion, skeleton: Skeleton) -> np.ndarray:
    return np.asarray(np.median(bone_lengths(motion.positions[motion.present], skeleton), 0))
