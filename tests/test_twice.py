"""twice: releases whose noise is drawn anew give the original back together, and nobody sees it in one of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_audit import people
from test_threats import CHANCE, FEATURES, rates

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.score import score
from maskeleton.scorecard import Scorecard
from maskeleton.skeleton import KINECT20, KINECT25
from maskeleton.threats import THREATS, Known
from maskeleton.threats.twice import difference, linked, mean_of
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.ladder import second

ASKED = {**FEATURES, "nulls": False, "set": {"trees": "no"}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)


def drawn(dataset: MotionDataset, number: int, size: float) -> MotionDataset:
    """Every recording leans by lot, anew in every release."""
    lots = np.random.default_rng(number)
    return MotionDataset.of(KINECT25, 30, [
        motion._replace(positions=motion.positions + lots.normal(0, size, (25, 3)).astype(np.float32), labels=dataset.told(row))
        for row, motion in enumerate(dataset)])


def gone(dataset: MotionDataset, number: int, size: float) -> MotionDataset:
    """Nothing of a recording is left."""
    lots = np.random.default_rng(number)
    return MotionDataset.of(KINECT25, 30, [motion._replace(positions=lots.normal(0, 1, motion.positions.shape).astype(
        np.float32), labels=dataset.told(row)) for row, motion in enumerate(dataset)])


def asked(tell: float, folder: Path, releases: int, size: float) -> Scorecard:
    dataset = people(tell, 4, 1, 8)
    store.write(dataset, folder / "s")
    for number in range(releases):
        store.write(drawn(dataset, number, size), folder / f"r{number}")
    return evaluate(folder / "s", folder / "r0", twice=[folder / f"r{number}" for number in range(1, releases)],
                    threats=["naive", "adaptive", "twice"], **ASKED)


def test_the_mean_of_releases_tells_what_none_of_them_does(tmp_path: Path) -> None:
    card = asked(0.03, tmp_path, 16, 0.2)
    found = rates(card)
    for threat in ("naive", "adaptive"):
        assert found[threat].low <= CHANCE, threat
        assert found[threat].rate < 0.65, threat
    assert found["twice"].rate > 0.8
    assert found["twice"].low > CHANCE
    assert card.headline[0]["by"]["threat"] == "twice"


def test_people_who_differ_in_nothing_are_not_told_by_any_mean(tmp_path: Path) -> None:
    cell = rates(asked(0.0, tmp_path, 3, 0.1))["twice"]
    assert cell.low <= CHANCE <= cell.high


def test_two_releases_that_are_the_same_tell_no_more() -> None:
    dataset = people(0.03, 4, 1, 4)
    with pytest.raises(UserError, match="there is one release alone"):
        THREATS["twice"](Known(dataset, dataset))
    with pytest.raises(UserError, match="both releases are the same, byte for byte"):
        THREATS["twice"](Known(dataset, dataset, twice=(dataset,)))


def test_mean_and_difference_are_what_they_say() -> None:
    dataset = people(0.03, 2, 1, 2)
    one, two = drawn(dataset, 1, 0.1), drawn(dataset, 2, 0.1)
    mean = mean_of([one, two])
    assert np.allclose(mean[1].positions, (one[1].positions + two[1].positions) / 2, atol=1e-6)
    assert mean.ids == dataset.ids
    rest = difference(one, two)
    apart = one[1].positions - two[1].positions
    assert np.allclose(rest[1].positions - rest[0].positions, apart - (one[0].positions - two[0].positions), atol=1e-5)
    longer = MotionDataset.of(KINECT25, 30, [motion._replace(positions=np.repeat(motion.positions, 2, 0), present=np.repeat(
        motion.present, 2, 0), tracked=np.repeat(motion.tracked, 2, 0)) for motion in two])
    assert mean_of([one, longer]).frames.tolist() == one.frames.tolist()


def test_a_recording_is_found_in_the_other_release_or_is_not() -> None:
    dataset = people(0.05, 6, 2, 4)
    near, far = (linked(*(change(dataset, number, 0.0005) for number in (1, 2))) for change in (drawn, gone))
    assert score(near.answers, "rank1").rate > 0.8
    assert score(near.answers, "rank1").chance == pytest.approx(1 / 24)
    assert score(near.answers, "eer").rate < 0.1
    assert score(near.null, "rank1").rate < 0.2
    lost = score(far.answers, "rank1")
    assert lost.low <= lost.chance


def test_the_link_stands_in_the_card_and_is_no_headline(tmp_path: Path) -> None:
    card = asked(0.03, tmp_path, 2, 0.001)
    link = {cell.metric: cell for cell in card.cells if cell.attack == "link"}
    assert {*link} == {"rank1", "rank5", "map", "eer", "tar_far01", "linkability"}
    assert link["rank1"].rate > 0.9
    assert card.headline[0]["by"]["attack"] != "link"


def test_only_what_was_released_twice_is_attacked(tmp_path: Path) -> None:
    dataset = people(0.03, 4, 1, 4)
    fewer = dataset.select(np.arange(15)[::-1])
    store.write(fewer, tmp_path / "r2")
    found = second(dataset, [tmp_path / "r2"])
    assert found.rows.tolist() == list(range(15))
    assert found.releases[0].ids == dataset.ids[:15]
    assert found.notes == ["1 of 16 recordings were not released twice, and were left out"]
    assert second(dataset, []).rows.tolist() == list(range(16))
    store.write(replace(dataset, ids=[f"other {id}" for id in dataset.ids]), tmp_path / "r3")
    with pytest.raises(UserError, match="no recording of the release is in"):
        second(dataset, [tmp_path / "r3"])
    with pytest.raises(UserError, match="body plan 'kinect25', the release 'kinect20'"):
        second(replace(dataset, skeleton=KINECT20), [tmp_path / "r2"])
