"""Known truth: where nothing tells everybody scores chance, where one thing tells its judge finds it, and a judge given
the action alone scores chance exactly."""

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import torch
from mean_person import NOTHING

from maskeleton.answering import answered
from maskeleton.answers import Answers, joined
from maskeleton.attacks import ATTACKS
from maskeleton.dataset import MotionDataset
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.score import Score, primary, score
from maskeleton.skeleton import KINECT25
from maskeleton.splits import Half, split
from maskeleton.synthetic import SyntheticSource, settings

from designs import recordings, table
from people import stepping

PEOPLE = 8
WIDTH999 = 3.29  # standard errors to each side of which a true value lies outside once in a thousand times
TINY = {"widths": "8,8,8", "frames": "16", "least_steps": "0", "batch": "16", "lr": "0.01", "warmup": "0"}
JUDGES = {  # attack and judge: how it is taught
    ("classify", "tcn"): TINY, ("classify", "geometric"): {**TINY, "widths": "64,64", "each": "16", "blur": "0.1"},
    ("features", ""): {}, ("match", "tcn"): TINY, ("match", "features"): {}, ("side", "recording"): {},
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Nets as small as these would mostly wait for each other's threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def synthetic(**strengths: str) -> MotionDataset:
    """People who differ in nothing but what is named, as a sensor sees them."""
    source = SyntheticSource(settings("tiny", people=PEOPLE, actions=4, takes=4, cameras=1,
                                      set={**NOTHING, **strengths}))
    return MotionDataset.of(source.skeleton, source.fps, (one for part in source.parts for one in source.read(part)))


def asked(dataset: MotionDataset, label: str, who: tuple[str, str], epochs: int, folds: int = 2) -> Answers:
    """What one judge answers about a label, every recording being asked about once."""
    attack, judge = who
    options = JUDGES[who] | ({"epochs": str(epochs)} if JUDGES[who] else {})
    return joined([ATTACKS[attack](dataset.select(half.train), dataset.select(half.test), label, judge=judge, seed=0,
                                   set=options, minutes=0 if attack == "features" else None)
                   for half in split(dataset, label, folds=folds)])


def spread(answers: Answers, label: str) -> float:
    """The standard error of the rate of somebody who guesses: of a share that is right, or of the mean of the AUCs."""
    if label == "subject":
        chance = 1 / len(answers.codes)
        return float(np.sqrt(chance * (1 - chance) / len(answers.truth)))
    each = [np.bincount(answers.truth[answers.parts == part]) for part in np.unique(answers.parts)]
    return float(np.sqrt(sum((one.sum() + 1) / (12 * one.prod()) for one in each)) / len(each))


@pytest.mark.parametrize("label", ["subject", "gender"])
@pytest.mark.parametrize("who", JUDGES, ids=" ".join)
def test_where_nothing_tells_every_judge_is_at_chance(who: tuple[str, str], label: str) -> None:
    answers = asked(synthetic(), label, who, epochs=2)
    found = score(answers, primary(label))
    assert len(answers.truth) == len(synthetic())
    assert abs(found.rate - found.chance) <= WIDTH999 * spread(answers, label)


@pytest.mark.parametrize(("channel", "who"), [
    ("anatomy", ("classify", "geometric")), ("anatomy", ("features", "")), ("posture", ("classify", "tcn")),
    ("posture", ("match", "tcn")), ("posture", ("match", "features")), ("dynamics", ("features", "")),
])
def test_where_one_thing_tells_its_judge_finds_it(channel: str, who: tuple[str, str]) -> None:
    found = score(asked(synthetic(**{channel: "3", "sensor": "0"}), "subject", who, epochs=30, folds=1), "top1")
    assert found.low > found.chance


@pytest.mark.parametrize("channel", ["gender_anatomy", "gender_posture"])
def test_what_differs_between_women_and_men_is_found_on_people_nobody_trained_on(channel: str) -> None:
    found = score(asked(synthetic(**{channel: "4"}), "gender", ("features", ""), epochs=0), "auc")
    assert found.low > found.chance


# ── a label written into the motion ──────────────────────────────────────────────────────────────────────────────────


@cache
def written(what: str) -> MotionDataset:
    """People who are all alike but that of the odd ones the left hand is raised, or recordings last longer."""
    motions = []
    for person, action, take in itertools.product(range(PEOPLE), range(3), range(4)):
        random = np.random.default_rng((person, action, take))
        odd = person % 2
        body = stepping(24 + 12 * odd * (what == "length"), 0.01 * action)
        if what == "hand":
            body[:, [KINECT25.joints.index(name) for name in ("WristLeft", "HandLeft", "ThumbLeft")], 1] += 0.3 * odd
        body += random.normal(0, 0.002, body.shape).astype(np.float32)
        motions.append(Motion.of(body, f"r{person}-{action}-{take}", {
            "subject": person, "action": action, "repetition": take + 1, "gender": odd}))
    return MotionDataset.of(KINECT25, 30, motions)


@pytest.mark.parametrize(("what", "who"), [
    *(("hand", who) for who in JUDGES if who[0] != "side"), ("length", ("side", "recording")),
], ids=str)
def test_a_label_written_into_the_motion_gives_one(what: str, who: tuple[str, str]) -> None:
    assert score(asked(written(what), "gender", who, epochs=15), "auc").rate == 1


def test_a_raised_hand_is_nothing_to_who_does_not_look_at_the_motion() -> None:
    answers = asked(written("hand"), "gender", ("side", "recording"), epochs=0)
    assert score(answers, "auc").rate == 0.5


# ── a judge that is given the action and nothing else ────────────────────────────────────────────────────────────────


def action_alone(train: MotionDataset, test: MotionDataset, label: str, keep: str = "action") -> Answers:
    """How often each class did this action in training; how often it did anything, where nobody did it."""
    classes = np.unique(train.labels[label][train.labels[label] != UNKNOWN])
    met = {int(action): (train.labels[label][train.labels[keep] == action][:, None] == classes).sum(0)
           for action in np.unique(train.labels[keep])}
    every = (train.labels[label][:, None] == classes).sum(0)
    return answered(train, test, label, keep, np.stack([met.get(int(one), every) for one in test.labels[keep]]))


def blind(dataset: MotionDataset, halves: tuple[Half, ...], label: str = "subject") -> Score:
    return score(joined([action_alone(dataset.select(half.train), dataset.select(half.test), label)
                         for half in halves]), primary(label), draws=10)


WHOLE = table(people=5, actions=8, takes=4, cameras=2)
GAPPY = [row for place, row in enumerate(WHOLE) if place % 7 and (row["subject"], row["action"]) != ("P002", "a3")]
ONCE = table(people=5, actions=8, takes=1, cameras=1)


@pytest.mark.parametrize("rows", [WHOLE, GAPPY], ids=["whole", "with gaps"])
@pytest.mark.parametrize("by", ["take", "camera", "camera:1", "repetition", "repetition:1-3", "action"])
@pytest.mark.parametrize("folds", [1, 2])
def test_who_knows_the_action_alone_scores_exactly_chance(rows: list[dict[str, object]], by: str, folds: int) -> None:
    dataset = recordings(rows)
    halves = split(dataset, "subject", by, None if ":" in by else folds)
    found = blind(dataset, halves)
    assert found.chance == pytest.approx(1 / 5)
    assert found.rate == pytest.approx(found.chance, abs=1e-9)


def test_where_every_action_is_done_once_too() -> None:
    dataset = recordings(ONCE)
    assert blind(dataset, split(dataset, "subject", folds=4)).rate == pytest.approx(1 / 5, abs=1e-9)


def test_an_uneven_design_would_tell_and_this_judge_sees_it() -> None:
    """Without balancing, who did an action more often in training is who will have done it: the judge can fail."""
    dataset = recordings([row for row in WHOLE if row["repetition"] == 1 or row["subject"] == "P001"])
    first = dataset.labels["repetition"] != 2
    assert blind(dataset, (Half(np.flatnonzero(first), np.flatnonzero(~first), "hand"),)).rate == 1
