"""What is learnt from which recordings: checked by people or takes that are not taught, and refused where it makes no
sense."""

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.lesson import lesson
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

from people import crowd, stepping


def labelled(*rows: dict[str, int | str]) -> MotionDataset:
    """A recording for each set of labels, all different."""
    return MotionDataset.of(KINECT25, 30, [Motion.of(stepping(5 + n), f"r{n}", row) for n, row in enumerate(rows)])


def people_of(dataset: MotionDataset, rows: np.ndarray) -> set[int]:
    return set(dataset.labels["subject"][rows].tolist())


def test_actions_are_checked_on_people_who_do_not_teach():
    dataset = crowd(10, 2, 2)
    task = lesson(dataset, "action", share=0.2)
    assert task.classes == ["01_stand", "02_walk"]
    assert not people_of(dataset, task.learn) & people_of(dataset, task.check)
    assert len(people_of(dataset, task.check)) == 2
    assert task.rows.tolist() == list(range(40))
    assert task.truth.tolist() == dataset.labels["action"].tolist()


def test_attributes_are_checked_on_people_of_every_kind():
    dataset = crowd(10, 2, 2)
    task = lesson(dataset, "gender")
    assert not people_of(dataset, task.learn) & people_of(dataset, task.check)
    assert set(task.truth[task.check].tolist()) == {0, 1}


def test_of_few_people_everybody_teaches():
    dataset = crowd(9, 2, 2)
    assert len(lesson(dataset, "gender").check) == len(lesson(dataset, "action").check) == 0
    assert len(lesson(dataset, "gender").learn) == 36
    assert len(lesson(dataset, "subject").check) > 0


def test_people_are_checked_on_takes_that_do_not_teach():
    dataset = crowd(4, 3, 4)
    task = lesson(dataset, "subject")
    assert not set(dataset.takes[task.learn].tolist()) & set(dataset.takes[task.check].tolist())
    assert set(task.truth[task.learn].tolist()) == {0, 1, 2, 3}
    assert 0.1 < len(task.check) / len(dataset) < 0.35


def test_only_the_recordings_named_are_looked_at():
    dataset = crowd(6, 2, 2)
    chosen = np.flatnonzero(dataset.labels["subject"] > 2)
    task = lesson(dataset, "subject", chosen[::-1])
    assert set(task.rows.tolist()) <= set(chosen.tolist())
    assert task.classes == ["3", "4", "5", "6"]
    assert task.truth[dataset.labels["subject"] <= 2].tolist() == [-1] * 8


def test_who_would_not_be_taught_at_all_is_not_checked():
    dataset = labelled(*({"subject": n // 4, "action": n % 4} for n in range(8)), {"subject": 2, "action": 0})
    for seed in range(6):
        task = lesson(dataset, "subject", share=0.4, seed=seed)
        assert 8 in task.learn
        assert len(task.learn) + len(task.check) == 9


def test_where_one_person_alone_is_of_a_kind_takes_are_parted():
    dataset = labelled(*({"subject": n // 6, "action": n % 3, "repetition": n % 6 // 3, "gender": min(n // 6, 1)}
                         for n in range(72)))
    task = lesson(dataset, "gender")
    assert set(task.truth[task.check].tolist()) == {0, 1}
    assert people_of(dataset, task.learn) == set(range(12))


def test_where_nobody_is_named_takes_are_parted():
    dataset = labelled(*({"action": n % 3, "repetition": n // 3} for n in range(30)))
    task = lesson(dataset, "action")
    assert 3 <= len(task.check) <= 9


def test_copies_of_what_teaches_do_not_check():
    motions = [Motion.of(stepping(9), f"r{n}", {"subject": n % 8, "action": n // 8}) for n in range(16)]
    task = lesson(MotionDataset.of(KINECT25, 30, motions), "action")
    assert len(task.check) == 0


def test_no_share_checks_nothing():
    task = lesson(crowd(), "subject", share=0)
    assert len(task.check) == 0
    assert len(task.learn) == 12


def test_unknown_values_are_left_out():
    dataset = labelled({"gender": "f"}, {"gender": "m"}, {}, {"gender": "f"}, {"gender": "m"})
    task = lesson(dataset, "gender", share=0)
    assert task.learn.tolist() == [0, 1, 3, 4]
    assert task.truth.tolist() == [0, 1, -1, 0, 1]


@pytest.mark.parametrize(("rows", "label", "wrong"), [
    ([{"action": 1}], "gender", "no recording has a label 'gender'"),
    ([{"gender": "f"}, {"gender": "f"}], "gender", "one value only: f"),
    ([{"gender": "f"}, {"gender": "m"}, {}], "gender", "no known value"),
    ([{"age": n} for n in range(21)], "age", "a number with 21 values"),
])
def test_what_cannot_be_learnt_is_refused_in_a_sentence(rows, label, wrong):
    dataset = labelled(*rows)
    chosen = [2] if "no known" in wrong else None
    with pytest.raises(UserError, match=wrong) as refused:
        lesson(dataset, label, chosen)
    assert refused.value.remedy


@pytest.mark.parametrize("label", ["subject", "action"])
def test_numbers_that_are_names_may_be_many(label):
    dataset = labelled(*({label: n % 30} for n in range(60)))
    assert len(lesson(dataset, label).classes) == 30
