"""Where it lives: the channel that was switched on stands out, and the others say nothing."""

import numpy as np
import pytest
from mean_person import NOTHING

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.explain import EVERYTHING, SPECTRUM, WITHOUT_JITTER, explain
from maskeleton.splits import split
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.traits import CHANNELS

from people import crowd

PEOPLE = 8
ROWS = (EVERYTHING, WITHOUT_JITTER, SPECTRUM, *CHANNELS)


def rates(label="subject", people=PEOPLE, **changes):
    """Channel -> the higher of its two rates, for people who differ in what is switched on and nothing else."""
    still = {**NOTHING, "sensor": "0", "variation": "0.3", **changes}
    source = SyntheticSource(settings("tiny", people=people, actions=5, takes=4, cameras=1, set=still))
    motions = (motion for part in source.parts for motion in source.read(part))
    dataset = MotionDataset.of(source.skeleton, source.fps, motions)
    rows = explain(dataset, label, split(dataset, label, folds=1 if label == "subject" else None)[:1])
    return {row["channel"]: max(row["plain"], row["within"]) for row in rows}, rows


@pytest.fixture(scope="module")
def by_anatomy():
    return rates(anatomy="1")


def test_bone_lengths_stand_out_where_people_differ_in_anatomy(by_anatomy):
    found, _ = by_anatomy
    for channel in (EVERYTHING, WITHOUT_JITTER, "bone lengths", "sizes"):
        assert found[channel] >= 0.85, channel
    for channel in ("spectrum 1-2 Hz", "spectrum 2-4 Hz", "duration", "coordination", "concentration", "heading"):
        assert found[channel] <= 0.5, channel


def test_a_row_says_all_one_needs_and_its_interval_holds_its_rate(by_anatomy):
    found, rows = by_anatomy
    assert [row["channel"] for row in rows] == list(ROWS)
    for row in rows:
        assert row["chance"] == 1 / PEOPLE
        assert row["metric"] == "top1"
        assert 0 <= row["low"] <= found[row["channel"]] <= row["high"] <= 1
    assert rows[0]["traits"] == sum(row["traits"] for row in rows[3:])


def test_posture_stands_out_where_people_differ_in_posture():
    found, _ = rates(posture="1")
    assert found["posture"] >= 0.9
    assert found["bone lengths"] <= 0.5
    assert found["duration"] <= 0.4


def test_time_stands_out_where_people_differ_in_the_way_they_move():
    found, _ = rates(dynamics="1")
    assert found["amplitude"] >= 0.8
    assert found[SPECTRUM] >= 0.5
    assert found["bone lengths"] <= 0.5


def test_a_gender_that_is_in_the_bones_alone_is_found_there():
    found, rows = rates("gender", people=12, gender_anatomy="2")
    assert found["bone lengths"] >= 0.95
    assert rows[0]["metric"] == "auc"
    assert found["spectrum 0.5-1 Hz"] <= 0.8


def test_what_is_asked_for_may_not_be_known_and_what_is_unknown_is_left_out():
    dataset = crowd(people=4, actions=3, takes=2)
    rows = explain(dataset, "action", split(dataset, "action", folds=2))
    assert all(row["within"] is None for row in rows)
    done: list[tuple[int, int]] = []
    explain(dataset, "action", split(dataset, "action", folds=2)[:1], report=lambda *at: done.append(at))
    assert done == [(step + 1, len(ROWS)) for step in range(len(ROWS))]
    assert np.isfinite([row["plain"] for row in rows]).all()


def test_no_split_explains_nothing():
    with pytest.raises(UserError, match="no split"):
        explain(crowd(), "action", ())
