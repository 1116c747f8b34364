"""The attack without motion: each clue finds what was put there for it, and nothing else."""

import itertools

import numpy as np
import pytest

from maskeleton.attacks.side import CLUES, GROUPS, side
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.splits import split

from people import stepping, two_bodies

PEOPLE, ACTIONS, TAKES = 4, 3, 6


def recording(person, action, take, clue):
    """One recording in which one clue, and no other, tells who it is."""
    body = stepping(20 + (10 * person if clue == "length" else 0) + take, at=hash_of(person, action, take) / 1e5)[:, None]
    if clue == "bodies" and person % 2:
        body = np.concatenate([body, body + 1], 1)
        body[5:, 1] = np.nan
    if clue == "lost joints":
        body[3:9, :, 6 + person] = np.nan
    name = f"{take:03d}-{action:03d}" + (f"-{person:03d}" if clue == "id" else f"-x{hash_of(person, action, take):05d}")
    return Motion.of(body, name, {"subject": person, "action": action, "repetition": take})


def hash_of(person, action, take):
    """A number in which no one can read who it is."""
    return (person * 7919 + action * 104729 + take * 1299709 + 33391) * 48271 % 99991


def dataset(clue):
    """In order by person where the order is the clue, else shuffled."""
    all_of = list(itertools.product(range(PEOPLE), range(ACTIONS), range(TAKES)))
    order = range(len(all_of)) if clue == "order" else np.random.default_rng(0).permutation(len(all_of))
    return MotionDataset.of(KINECT25, 30, [recording(*all_of[place], clue) for place in order])


def top1(data, judge=""):
    half = split(data, "subject", folds=1)[0]
    answers = side(data.select(half.train), data.select(half.test), "subject", judge=judge)
    return float((answers.guess == answers.truth).mean())


@pytest.mark.parametrize("clue", CLUES)
def test_each_clue_is_found(clue):
    data = dataset(clue)
    best = 0.5 if clue == "bodies" else 1.0  # two kinds of people only
    assert top1(data, clue) >= 0.8 * best
    assert top1(data) >= 0.7 * best


def test_a_clue_is_not_found_by_another():
    data = dataset("id")
    assert top1(data, "recording") < 0.6
    assert top1(data, "file") >= 0.8


def test_where_nothing_was_put_nothing_is_found():
    assert top1(dataset("")) < 0.6


def test_the_groups_are_all_clues_once():
    assert sorted(itertools.chain(*GROUPS.values())) == sorted(CLUES)


def test_no_motion_is_looked_at():
    data = dataset("")
    moved = MotionDataset.of(KINECT25, 30, (motion._replace(positions=motion.positions * (1 + motion.labels["subject"]))
                                            for motion in data))
    half = split(data, "subject", folds=1)[0]
    one, other = (side(some.select(half.train), some.select(half.test), "subject") for some in (data, moved))
    np.testing.assert_array_equal(one.scores, other.scores)


def test_numbers_of_bodies_and_lost_joints_by_hand():
    lost = stepping(10)[:, None]
    lost[:5, 0, 7] = np.nan
    data = MotionDataset.of(KINECT25, 30, [Motion.of(two_bodies(), "S001P12"), Motion.of(lost, "x")])
    assert CLUES["bodies"](data)[:, :3].tolist() == [[2, 1, 0.5], [1, 1, 0]]
    assert CLUES["lost joints"](data)[1, 7] == 0.5
    assert CLUES["lost joints"](data)[0].sum() == 0
    assert CLUES["id"](data)[0, :3].tolist() == [1, 12, -1]
    assert CLUES["id"](data)[1, -2:].tolist() == [0, 1]


def test_one_class_teaches_nothing():
    data = dataset("")
    with pytest.raises(UserError, match="cannot teach"):
        side(data.select(data.labels["subject"] == 0), data, "subject")
