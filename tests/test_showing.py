"""Recordings that a run keeps to be looked at: recognized ones first, several people, and no word of who they are."""

import json
from pathlib import Path

import numpy as np
from test_audit import people

from maskeleton.answers import Answers
from maskeleton.dataset import MotionDataset
from maskeleton.formats.opening import read
from maskeleton.recognize import Cell
from maskeleton.scorecard import Scorecard
from maskeleton.verbs import showing
from maskeleton.verbs.showing import keep_some

from runs import cell, evaluation, moved

CELL = Cell("subject", "hide", "adaptive", "features", "", "take")


def answers(dataset: MotionDataset, right: np.ndarray) -> Answers:
    """Each recording named right or wrong by each of two seeds."""
    truth = dataset.labels["subject"].astype(np.int64)
    scores = np.zeros((len(truth), truth.max() + 1), np.float32)
    scores[np.arange(len(truth)), np.where(right, truth, (truth + 1) % (truth.max() + 1))] = 1
    one = Answers(truth, truth, scores, truth * 0, truth * 0, tuple(dataset.ids))
    both = {name: np.concatenate([getattr(one, name)] * 2) for name in ("person", "truth", "scores", "keep")}
    return Answers(**both, seed=np.repeat([0, 1], len(truth)), ids=one.ids * 2)


def released(dataset: MotionDataset) -> MotionDataset:
    return MotionDataset.of(dataset.skeleton, dataset.fps, [
        motion._replace(positions=motion.positions + 0.5, labels=dataset.told(row)) for row, motion in enumerate(dataset)])


def test_the_recognized_are_called_worst_and_nobody_is_named(tmp_path: Path) -> None:
    dataset = people(0.03, 6, 2, 4)
    known = np.arange(len(dataset)) % 3 == 0
    card = evaluation()
    keep_some(card, {CELL: answers(dataset, known)}, tmp_path, dataset, released(dataset))
    rights = {row["file"]: row["right"] for row in card.shown}
    assert {name for name in rights if name.startswith("worst")} == {"worst-1", "worst-2"}
    assert rights["worst-1"] == rights["worst-2"] == 1
    assert rights["best-1"] == rights["best-2"] == 0
    assert len({row["action"] for row in card.shown if row["why"] == "together"}) == 1
    place = {dataset[row].positions[:, 0].tobytes(): int(dataset.labels["subject"][row]) for row in range(len(dataset))}
    who = {}
    for name in rights:
        for folder in ("motions", "private"):
            kept = read(tmp_path / folder / f"{name}.npz")
            assert kept.ids == [name]
            assert set(kept.labels) == {"action"}
        who[name] = place[read(tmp_path / "private" / f"{name}.npz")[0].positions[:, 0].tobytes()]
        assert moved(tmp_path / "private" / f"{name}.npz", tmp_path / "motions" / f"{name}.npz") == np.float32(0.5)
    assert len({who[name] for name in who if name.startswith("together")}) == 4  # people who do the same
    assert who["worst-1"] != who["worst-2"]
    told = json.dumps(card.shown)
    assert not [id for id in dataset.ids if id in told]
    assert Scorecard.read(card.write(tmp_path)).shown == card.shown


def test_an_audit_keeps_originals_alone_and_what_was_there_before_goes(tmp_path: Path) -> None:
    dataset = people(0.03, 6, 2, 4)
    card = Scorecard("audit", headline=evaluation().headline)
    for folder in ("motions", "private"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "old-1.npz").write_bytes(b"")
    keep_some(card, {CELL: answers(dataset, np.ones(len(dataset), bool))}, tmp_path, dataset)
    assert not (tmp_path / "motions").exists()
    assert "old-1.npz" not in {path.name for path in (tmp_path / "private").iterdir()}
    assert {row["why"] for row in card.shown} == {"worst", "best", "typical", "together"}


def test_long_recordings_are_cut_and_that_is_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(showing, "LONGEST", 10)
    dataset = people(0.03, 6, 2, 4)  # 24 frames each
    card = evaluation()
    keep_some(card, {CELL: answers(dataset, np.ones(len(dataset), bool))}, tmp_path, dataset, released(dataset))
    assert all(row["cut"] for row in card.shown)
    assert read(tmp_path / "motions" / "worst-1.npz").frames.tolist() == [10]


def test_without_a_headline_or_its_answers_nothing_is_kept(tmp_path: Path) -> None:
    dataset = people(0.03, 6, 2, 4)
    for card, found in ((Scorecard("evaluate"), {CELL: answers(dataset, np.ones(len(dataset), bool))}), (evaluation(), {})):
        keep_some(card, found, tmp_path, dataset, dataset)
        assert (card.shown, list(tmp_path.iterdir())) == ([], [])


def test_of_names_given_once_those_are_shown_whom_it_stands_on(tmp_path: Path) -> None:
    dataset = people(0.03, 6, 2, 4)
    card = evaluation(cell("subject", "hide", "adaptive", 0.6, attack="assign", judge="features"))
    assert card.headline[0]["by"]["attack"] == "assign"
    keep_some(card, {CELL: answers(dataset, np.ones(len(dataset), bool))}, tmp_path, dataset, dataset)
    assert card.shown
