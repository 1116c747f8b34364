"""exam: the linear judges of the attack by traits, and the same answers, without looking at any motion twice."""

import numpy as np
import pytest

from maskeleton.answers import joined
from maskeleton.attacks.features import features
from maskeleton.exam import exams, marked, used
from maskeleton.recognize import relabelled
from maskeleton.score import primary, score
from maskeleton.splits import split
from maskeleton.traits import trait_table

from people import crowd


@pytest.fixture(scope="module")
def dataset():
    return crowd(people=6, actions=3, takes=4)


@pytest.mark.parametrize("label", ["subject", "gender", "action"])
def test_it_says_what_the_attack_by_traits_says_without_trees(dataset, label):
    halves = split(dataset, label, folds=2)
    asked = joined([features(dataset.select(half.train), dataset.select(half.test), label, minutes=0)
                    for half in halves])
    rows = used(halves)
    found = marked(trait_table(dataset.select(rows)), exams(dataset, halves, rows, label), label)
    assert found == score(asked, primary(label))


def test_other_traits_give_another_score(dataset):
    halves = split(dataset, "subject")
    rows = used(halves)
    assert np.array_equal(rows, np.sort(np.concatenate([halves[0].train, halves[0].test])))
    asked, table = exams(dataset, halves, rows, "subject"), trait_table(dataset.select(rows))
    blank = table._replace(values=np.zeros_like(table.values))
    assert marked(blank, asked, "subject").rate == pytest.approx(1 / 6)
    own = table._replace(values=np.eye(6, table.values.shape[1], dtype=np.float32)[
        np.unique(dataset.labels["subject"], return_inverse=True)[1][rows]])
    assert marked(own, asked, "subject").rate == 1


def test_whose_label_is_unknown_teaches_nothing(dataset):
    (half,) = split(dataset, "gender", folds=1)
    codes = dataset.labels["gender"].copy()
    codes[half.train[:3]] = -1
    (exam,) = exams(relabelled(dataset, "gender", codes), [half], used([half]), "gender")
    assert len(exam.train) == len(half.train) - 3
    assert len(exam.places) == len(half.train) - 3 + len(half.test)
