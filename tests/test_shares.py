"""Less to learn from: the same share of everybody, so that who had more to show is no clue."""

import numpy as np
import pytest

from maskeleton.balance import tells
from maskeleton.shares import at_most, share_of_people, share_of_takes, sides
from maskeleton.splits import split

from designs import STORY, recordings, table, training_counts, values

MANY = recordings(table(people=5, actions=8, takes=4, cameras=2))
ONCE = recordings(table(people=5, actions=8, takes=1, cameras=1))


@pytest.mark.parametrize("share", [0.25, 0.4, 0.5, 0.75])
@pytest.mark.parametrize("by", ["take", "repetition", "action"])
def test_fewer_takes_of_everybody_tell_no_more_than_all(by, share):
    (half,) = split(MANY, "subject", by)
    fewer = half._replace(train=share_of_takes(MANY, half.train, "subject", share))
    assert len(fewer.train) == pytest.approx(share * len(half.train), abs=10)
    assert set(fewer.train) < set(half.train)
    assert len(set(training_counts(MANY, fewer, "subject").values())) == 1
    rate, chance = tells(MANY, fewer.train, half.test)
    assert rate == pytest.approx(chance)


def test_first_takes_of_all_actions_come_before_second_ones_and_cameras_stay_together():
    (half,) = split(MANY, "subject", "repetition:1,2")
    one = share_of_takes(MANY, half.train, "subject", 0.5)
    assert values(MANY, "repetition", one) == {"1"}
    assert len(values(MANY, "action", one)) == 8
    assert (np.unique(MANY.takes[one], return_counts=True)[1] == 2).all()
    quarter = share_of_takes(MANY, half.train, "subject", 0.25)
    assert set(quarter) < set(one)
    assert len(values(MANY, "action", quarter)) == 4


def test_where_every_action_was_done_once_everybody_keeps_the_same_actions():
    rows = share_of_takes(ONCE, np.arange(len(ONCE)), "subject", 0.5)
    assert len(rows) == 20
    assert len(values(ONCE, "action", rows)) == 4


def test_nobody_is_left_with_less_than_can_be_held_back():
    rows = share_of_takes(ONCE, np.arange(len(ONCE)), "subject", 0.001)
    assert (np.bincount(ONCE.labels["subject"][rows]) == 2).all()
    assert len(share_of_takes(ONCE, np.arange(len(ONCE)), "subject", 1.0)) == len(ONCE)


def test_of_a_kept_label_every_class_keeps_its_share():
    rows = share_of_takes(MANY, np.arange(len(MANY)), "action", 0.25)
    assert (np.bincount(MANY.labels["action"][rows]) == 10).all()
    assert len(values(MANY, "subject", rows)) > 1


def test_fewer_people_of_every_class():
    rows = share_of_people(STORY, np.arange(len(STORY)), "gender", 0.67)
    people = values(STORY, "subject", rows)
    assert len(people) == 4
    assert len(rows) == 4 * 16
    assert {STORY.text("gender", int(row)) for row in rows} == {"F", "M"}
    assert len(values(STORY, "subject", share_of_people(STORY, np.arange(len(STORY)), "action", 0.5))) == 3
    assert len(values(STORY, "subject", share_of_people(STORY, np.arange(len(STORY)), "gender", 0.01))) == 4
    assert len(share_of_people(STORY, np.arange(len(STORY)), "gender", 1.0)) == len(STORY)


def test_sides_part_what_is_ever_on_different_ones():
    halves = split(STORY, "gender")
    numbers = sides(halves, len(STORY))
    assert len(np.unique(numbers)) == len(halves)
    for half in halves:
        assert not set(numbers[half.train]) & set(numbers[half.test])


@pytest.mark.parametrize("label", ["subject", "gender"])
def test_at_most_so_many_and_nobody_missing(label):
    halves = split(MANY, label, folds=2)
    fewer = at_most(MANY, halves, label, 100)
    kept = np.unique(np.concatenate([rows for half in fewer for rows in (half.train, half.test)]))
    assert 90 <= len(kept) <= 110
    assert len(values(MANY, "subject", kept)) == 5
    for half, less in zip(halves, fewer, strict=True):
        assert set(less.train) < set(half.train)
        assert set(less.test) < set(half.test)
    if label == "subject":
        rate, chance = tells(MANY, fewer[0].train, fewer[0].test)
        assert rate == pytest.approx(chance)
    assert [len(half.train) for half in at_most(MANY, halves, label, 1000)] == [len(half.train) for half in halves]
