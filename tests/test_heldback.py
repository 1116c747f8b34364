"""Holding recordings back: in the way the test was cut off, and never so that a class is not taught."""

from dataclasses import replace

import numpy as np
import pytest

from maskeleton.heldback import held_back, how_apart
from maskeleton.splits import split

from designs import STORY, recordings, table

CASES = [("subject", "camera", "camera"), ("subject", "repetition:1", "repetition"), ("subject", "action:a1,a2", "action"),
         ("subject", None, "take"), ("gender", None, "person"), ("action", None, "person"), ("action", "camera", "camera")]


def halves(dataset, label, by):
    half = split(dataset, label, by)[0]
    return dataset.select(half.train), dataset.select(half.test)


@pytest.mark.parametrize(("label", "by", "apart"), CASES)
def test_it_is_seen_what_the_halves_do_not_share(label, by, apart):
    dataset = recordings(table(cameras=3, takes=3))
    train, test = halves(dataset, label, by)
    if by == "repetition:1":
        train, test = test, train  # two values train, one is tested
    assert how_apart(train, test, label) == apart


def test_other_people_are_held_back_for_an_attribute():
    train, test = halves(STORY, "gender", None)
    for learn, check in held_back(train, test, "gender"):
        people = train.labels["subject"]
        assert not set(people[learn].tolist()) & set(people[check].tolist())


def test_another_camera_is_held_back_where_another_camera_is_tested():
    train, test = halves(recordings(table(cameras=3)), "subject", "camera")
    pairs = held_back(train, test, "subject")
    assert len(pairs) == 2
    for learn, check in pairs:
        camera = train.labels["camera"]
        assert not set(camera[learn].tolist()) & set(camera[check].tolist())


@pytest.mark.parametrize(("label", "by"), [case[:2] for case in CASES])
def test_nothing_is_on_both_sides_and_every_class_is_taught(label, by):
    train, test = halves(STORY, label, by)
    pairs = held_back(train, test, label, most=2)
    assert 1 <= len(pairs) <= 2
    for learn, check in pairs:
        assert len(check)
        assert not set(learn.tolist()) & set(check.tolist())
        assert set(train.labels[label][learn].tolist()) == set(train.labels[label].tolist())


def test_where_no_split_has_an_answer_a_quarter_is_held_back():
    """Two women and a man: whoever is held back, one kind might be missing, so people stay on both sides."""
    rows = [{"subject": f"P{person}", "gender": "FFM"[person], "action": f"a{action}"}
            for person in range(3) for action in range(8)]
    dataset = recordings(rows)
    strangers = recordings([{**row, "subject": row["subject"] + "x"} for row in rows])
    pairs = held_back(dataset, _told_apart(strangers), "gender")
    assert len(pairs) == 1
    learn, check = pairs[0]
    assert np.bincount(dataset.labels["gender"][check]).tolist() == [4, 2]
    assert len(learn) == 18


def _told_apart(dataset):
    """The same with codes of people that no other dataset has."""
    return replace(dataset, labels={**dataset.labels, "subject": dataset.labels["subject"] + 100})


def test_unknown_ones_are_in_neither_and_a_class_of_one_is_taught():
    rows = [{"subject": f"P{n % 2}", "kind": ["a", "b", ""][min(n // 4, 2)] if n != 9 else "c", "action": f"{n}"}
            for n in range(12)]
    dataset = recordings(rows)
    learn, check = held_back(dataset, dataset, "kind")[0]
    unknown = np.flatnonzero(dataset.labels["kind"] == -1)
    assert not set(unknown.tolist()) & {*learn.tolist(), *check.tolist()}
    assert 9 in learn
    assert 9 not in check
