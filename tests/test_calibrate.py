"""What the instrument can see: large signatures are found and none is found where nothing was planted; what is tried
is said; a curve that still rises says so."""

import numpy as np
import pytest

from maskeleton.balance import tells
from maskeleton.calibrate import (
    SIGNATURES,
    detection_limits,
    learning_curve,
    signed,
    smallest_found,
    still_rises,
    strangers,
)
from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.recognize import relabelled
from maskeleton.skeleton import KINECT25
from maskeleton.splits import split

from designs import STORY
from people import stepping

PEOPLE, ACTIONS, TAKES = 8, 3, 4


@pytest.fixture(scope="module")
def dataset():
    """People who differ by where their joints stand; of the odd ones all joints are half a centimetre off, alike."""
    motions = []
    for person in range(PEOPLE):
        own = np.random.default_rng(person).normal(0, 0.01, (25, 3)) + np.random.default_rng(99).normal(
            0, 0.005, (25, 3)) * (person % 2)
        for action in range(ACTIONS):
            for take in range(TAKES):
                noise = np.random.default_rng((person, action, take)).normal(0, 0.002, (24, 25, 3))
                body = (stepping(24, 0.01 * action) + own + noise).astype(np.float32)
                motions.append(Motion.of(body, f"r{person}-{action}-{take}", {
                    "subject": person, "action": action, "repetition": take + 1, "gender": person % 2}))
    return MotionDataset.of(KINECT25, 30, motions)


# ── planting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wanted", [1, 2, 3, 5, 8, 12, None])
def test_the_smallest_size_is_found_in_three_steps_and_the_one_below_it_was_tried(wanted):
    sizes, tried = (1, 2, 3, 5, 8, 12), []

    def found(size):
        tried.append(size)
        return wanted is not None and size >= wanted

    assert smallest_found(found, sizes) == wanted
    assert len(tried) == len(set(tried)) <= 3
    if wanted is None:
        assert tried[-1] == 12
    else:
        assert wanted in tried
        assert wanted == 1 or sizes[sizes.index(wanted) - 1] in tried


def test_strangers_stand_as_often_on_every_side_as_those_they_were_made_of():
    for by in ("take", "camera", "repetition", "action"):
        halves = split(STORY, "subject", by)
        dealt = strangers(STORY, 0, halves)
        assert (dealt != STORY.labels["subject"]).mean() > 0.5
        other = relabelled(STORY, "subject", dealt)
        for half in halves:
            for rows in (half.train, half.test):
                assert np.array_equal(np.sort(dealt[rows]), np.sort(STORY.labels["subject"][rows]))
            assert tells(other, half.train, half.test)[0] == pytest.approx(1 / 6)


def test_an_attribute_is_dealt_out_among_people():
    halves = split(STORY, "gender")
    dealt = strangers(STORY, 1, halves, "gender")
    for person in np.unique(STORY.labels["subject"]):
        assert len(np.unique(dealt[STORY.labels["subject"] == person])) == 1
    for half in halves:
        assert np.array_equal(np.sort(dealt[half.test]), np.sort(STORY.labels["gender"][half.test]))


@pytest.mark.parametrize("kind", SIGNATURES)
def test_a_signature_is_its_persons_and_grows_with_its_size(kind, dataset):
    who = dataset.labels["subject"].copy()
    who[1] = -1
    rows = np.array([0, 1, 40])
    small, large = ([np.abs(a.positions - dataset[int(row)].positions).max() for a, row in
                     zip(signed(dataset, rows, who, kind, size, 0), rows, strict=True)]
                    for size in (SIGNATURES[kind].sizes[0], SIGNATURES[kind].sizes[-1]))
    assert small[1] == large[1] == 0
    assert 0 < small[0] < large[0] < 0.5
    assert 0 < small[2] < large[2] < 0.5
    nothing = next(signed(dataset, rows, who, kind, 0.0, 0))
    np.testing.assert_array_equal(nothing.positions, dataset[0].positions)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_limits_say_what_was_tried_on_how_many_and_what_nothing_gives(dataset):
    halves = split(dataset, "subject")
    rows = detection_limits(dataset, halves)
    assert [row["kind"] for row in rows] == list(SIGNATURES)
    for row in rows:
        sizes = SIGNATURES[row["kind"]].sizes
        assert row["size"] in row["tried"] == sorted(row["tried"])
        assert set(row["tried"]) <= set(sizes)
        assert row["size"] == sizes[0] or sizes[sizes.index(row["size"]) - 1] in row["tried"]
        assert row["low"] > max(row["chance"], row["null"])
        assert row["chance"] == 1 / PEOPLE
        assert abs(row["null"] - 1 / PEOPLE) < 3.3 * np.sqrt(1 / 8 * 7 / 8 / len(halves[0].test))
        assert row["recordings"] == len(dataset)


def test_on_fewer_recordings_it_says_on_how_many(dataset):
    halves = split(dataset, "subject")
    rows = detection_limits(dataset, halves, most=48)
    assert rows == detection_limits(dataset, halves, most=48)
    assert {row["recordings"] for row in rows} <= set(range(32, 65))


def test_what_differs_between_kinds_of_people_has_a_limit_of_its_own(dataset):
    rows = detection_limits(dataset, split(dataset, "gender", folds=2), label="gender", most=48)
    assert {row["chance"] for row in rows} == {0.5}
    assert all(len(row["tried"]) <= 3 for row in rows)


# ── curves ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_curve_of_identity_has_fewer_takes_and_never_fewer_people(dataset):
    rows = learning_curve(dataset, split(dataset, "subject"), "subject")
    assert [(row["of"], row["share"], row["people"]) for row in rows] == [
        ("takes", share, PEOPLE) for share in (0.25, 0.5, 1.0)]
    counts = [row["recordings"] for row in rows]
    assert counts == sorted(set(counts))
    assert rows[-1]["rate"] > 0.9
    assert all(row["low"] <= row["rate"] <= row["high"] for row in rows)


def test_a_curve_of_an_attribute_has_fewer_takes_and_then_fewer_people(dataset):
    rows = learning_curve(dataset, split(dataset, "gender", folds=1), "gender", shares=(0.5, 1.0))
    assert [(row["of"], row["share"]) for row in rows] == [
        ("takes", 0.5), ("takes", 1.0), ("people", 0.5), ("people", 1.0)]
    assert [row["people"] for row in rows] == [6, 6, 4, 6]
    assert rows[1]["rate"] == rows[3]["rate"]
    assert rows[0]["recordings"] == 36
    assert learning_curve(dataset, split(dataset, "gender", folds=1), "gender", shares=(1.0,), most=48)[0][
        "recordings"] <= 40


def test_what_still_rises_is_said():
    def curve(of, *rates):
        return [{"of": of, "rate": rate} for rate in rates]

    assert still_rises(curve("takes", 0.2, 0.4, 0.5)) == ["takes"]
    assert still_rises([*curve("takes", 0.2, 0.4, 0.41), *curve("people", 0.2, 0.4, 0.5)]) == ["people"]
    assert still_rises(curve("takes", 0.4, 0.3, 0.5)) == []  # up and down: nobody knows
    assert still_rises(curve("takes", 0.9)) == []
