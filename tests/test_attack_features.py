"""The attack by traits: finds what is there, finds nothing where nothing is, and chooses on training people alone."""

from dataclasses import replace
from importlib import import_module
from itertools import product

import numpy as np
import pytest
from mean_person import NOTHING

from maskeleton.answers import checked
from maskeleton.attacks.features import features
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.score import score
from maskeleton.skeleton import KINECT25
from maskeleton.splits import split
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.traits import CHANNELS

from people import stepping

PEOPLE = 8


def synthetic(**changes):
    chosen = settings("tiny", people=PEOPLE, actions=5, takes=3, cameras=1, set=changes)
    source = SyntheticSource(chosen)
    motions = (motion for part in source.parts for motion in source.read(part))
    return MotionDataset.of(source.skeleton, source.fps, motions)


@pytest.fixture(scope="module")
def alike():
    """Nothing tells these people apart but chance."""
    return synthetic(**NOTHING)


@pytest.fixture(scope="module")
def usual():
    return synthetic()


def top1(dataset, label="subject", by=None, **options):
    half = split(dataset, label, by, 1 if label == "subject" else None)[0]
    answers = features(dataset.select(half.train), dataset.select(half.test), label, **options)
    return float((answers.guess == answers.truth).mean()), answers


def test_people_who_differ_are_known_and_actions_too(usual):
    assert top1(usual)[0] >= 0.9
    assert top1(usual, "action")[0] >= 0.9


@pytest.mark.parametrize("channel", ["anatomy", "posture"])
def test_one_channel_is_enough(channel):
    assert top1(synthetic(**{**NOTHING, channel: "2"}))[0] >= 0.8


def test_people_alike_are_not_known(alike):
    rate, answers = top1(alike)
    half = 3.3 * np.sqrt(1 / PEOPLE * (1 - 1 / PEOPLE) / len(answers.truth))
    assert abs(rate - 1 / PEOPLE) <= half


def test_answers_are_whole_and_say_what_is_true_of_the_test(usual):
    half = split(usual, "subject", "repetition:1,2")[0]
    test = usual.select(half.test)
    answers = checked(features(usual.select(half.train), test, "subject"))
    assert answers.ids == tuple(test.ids)
    np.testing.assert_array_equal(answers.classes[answers.truth], test.labels["subject"])
    np.testing.assert_array_equal(answers.keep, test.labels["action"])
    np.testing.assert_allclose(np.exp(answers.scores).sum(1), 1, rtol=1e-4)
    assert score(answers, "top1").chance == 1 / PEOPLE


def test_a_person_nobody_trained_is_no_right_answer_and_unknown_ones_teach_nothing(usual):
    half = split(usual, "subject", "repetition:1,2")[0]
    train, test = usual.select(half.train), usual.select(half.test)
    codes = train.labels["subject"].copy()
    codes[codes == codes.min()] = -1
    fewer = replace(train, labels={**train.labels, "subject": codes})
    answers = features(fewer, test, "subject")
    assert len(answers.classes) == PEOPLE - 1
    assert ((answers.truth == -1) == (test.labels["subject"] == usual.labels["subject"].min())).all()


def test_the_same_seed_says_the_same_whatever_the_true_labels_of_the_test(usual):
    half = split(usual, "gender", folds=2)[0]
    train, test = usual.select(half.train), usual.select(half.test)
    lies = replace(test, labels={**test.labels, "gender": 1 - test.labels["gender"]})
    first, again = (features(train, some, "gender", seed=3) for some in (test, lies))
    np.testing.assert_array_equal(first.scores, again.scores)
    assert not np.array_equal(first.truth, again.truth)


def trembling():
    """Everybody alike but for a tremor of a frequency of their own."""
    motions = []
    for person, action, take in product(range(4), range(6), range(4)):
        rng = np.random.default_rng((person, action, take))
        body = stepping(60, 0.002 * action)
        tone = np.sin(2 * np.pi * ((4.4 + 2.2 * person) * np.arange(60) / 30 + rng.random()))
        body[:, (6, 10)] += 0.004 * tone[:, None, None].astype(np.float32)
        labels = {"subject": person, "action": action, "repetition": take}
        motions.append(Motion.of(body + rng.normal(size=body.shape) * 0.0005, f"r{person}-{action}-{take}", labels))
    return MotionDataset.of(KINECT25, 30, motions)


def test_a_tremor_is_found_unless_jitter_is_left_out_and_what_hangs_on_it():
    dataset = trembling()
    assert top1(dataset)[0] >= 0.95
    without = {"without": "jitter,spectrum,cadence,coordination,amplitude,concentration,joint,sizes,bone,first,last,"
                          "hand,posture"}
    assert top1(dataset, set=without)[0] < 0.6
    with pytest.raises(UserError, match="no channel 'giraffe'"):
        top1(dataset, set={"without": "giraffe"})
    with pytest.raises(UserError, match="nothing is left"):
        top1(dataset, set={"without": ",".join(CHANNELS)})


def test_one_class_teaches_nothing(usual):
    one = usual.select(usual.labels["subject"] == usual.labels["subject"][0])
    with pytest.raises(UserError, match="cannot teach"):
        features(one, usual, "subject")


def test_no_time_no_trees(usual, monkeypatch):
    def grown(*_):
        raise AssertionError("trees were grown")

    monkeypatch.setattr(import_module("maskeleton.attacks.features"), "tree_reading", grown)
    assert top1(usual, minutes=1e-9)[0] >= 0.8
    with pytest.raises(AssertionError, match="grown"):
        top1(usual, minutes=60)
