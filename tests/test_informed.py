"""informed: who has the anonymizer averages away what is random in it, and finds nothing where nothing is; recordings of
the attacker's own teach attributes, and identity where names are the same."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from test_audit import people
from test_threats import FEATURES, rates

from maskeleton import mask, store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT20
from maskeleton.splits import open_set, split
from maskeleton.threats import THREATS, Known
from maskeleton.threats.drawing import affordable, brought, draws_of, path_of
from maskeleton.threats.informed import said_of_others
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import evaluate

ASKED = {**FEATURES, "threats": ["naive", "adaptive", "informed"], "draws": 8, "nulls": False, "set": {"trees": "no"}}


class Veil(Anonymizer):
    """Every recording leans, by lot, in a few directions that are the same for all."""

    def changed(self, positions: torch.Tensor, present: torch.Tensor, seeds: torch.Tensor) -> torch.Tensor:
        ways = torch.from_numpy(np.random.default_rng(3).normal(0, 1, (10, *positions.shape[3:]))).float()
        moved = positions.clone()
        for row, seed in enumerate(seeds.tolist()):
            moved[row] += torch.einsum("k,kja->ja", torch.from_numpy(generator(seed, "veil").normal(0, 0.02, 10)).float(), ways)
        return moved


@pytest.fixture(autouse=True)
def veil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANONYMIZERS, "veil", Veil)
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)


def veiled(tell: float, folder: Path, count: int = 8) -> Path:
    """People who do one thing four times, and their release."""
    store.write(people(tell, count, 1, 4), folder / "s")
    anonymize(folder / "s", folder / "r", mask="veil", seed=1)
    return folder / "s"


def test_what_is_random_is_averaged_away_by_who_has_the_anonymizer(tmp_path: Path) -> None:
    """Three released recordings of everybody do not say in how many directions people lean by lot; 24 do."""
    card = evaluate(veiled(0.012, tmp_path), tmp_path / "r", mask="veil", **ASKED)
    found = rates(card)
    assert found["informed"].rate > 0.7
    assert found["informed"].low > 1 / 8
    for threat in ("naive", "adaptive"):
        assert found[threat].rate < 0.55, threat
    top, = card.headline
    assert top["by"]["threat"] == "informed"
    assert {row["threat"]: row["recordings"] for row in card.costs} == {"naive": 24, "adaptive": 24, "informed": 24 * 8}
    assert next(row for row in card.costs if row["threat"] == "informed")["knows"].startswith("the anonymizer")


def test_people_who_differ_in_nothing_are_not_told_by_who_has_the_anonymizer(tmp_path: Path) -> None:
    card = evaluate(veiled(0.0, tmp_path), tmp_path / "r", mask="veil", **{**ASKED, "draws": 3})
    cell = rates(card)["informed"]
    assert cell.low <= cell.chance <= cell.high


def test_who_made_the_release_must_be_known() -> None:
    dataset = people(0.02, 4, 1, 4)
    with pytest.raises(UserError, match="who made the release is not known"):
        THREATS["informed"](Known(dataset, dataset))
    twice = replace(dataset, history=({"verb": "anonymize", "with": "bones"}, {"verb": "anonymize", "with": "noise"}))
    with pytest.raises(UserError, match="the release was anonymized 2 times"):
        path_of(dataset, twice)
    assert path_of(dataset, dataset) == "population"


def test_every_draw_is_another_and_one_is_enough_where_nothing_is_random() -> None:
    dataset = people(0.02, 4, 1, 4)
    made = mask.named("veil", dataset.skeleton, {})
    one, two = draws_of(made, dataset, "population", 2, 0, "own")
    assert not {*one.motion_hashes} & {*two.motion_hashes}
    assert one.ids[0] == f"{dataset.ids[0]} drawn 0"
    assert one.labels["subject"].tolist() == dataset.labels["subject"].tolist()
    assert draws_of(made, dataset, "population", 1, 0, "own")[0].motion_hashes == one.motion_hashes
    still = mask.named("noise", dataset.skeleton, {"sigma": 0})
    table = THREATS["informed"](Known(dataset, dataset, still))[""]
    assert table.learned is dataset  # the release itself: what has learned from it serves again


def test_in_a_short_time_fewer_draws_are_made() -> None:
    dataset = people(0.02, 4, 1, 4)
    assert affordable(dataset, 20, None) == 20
    assert affordable(dataset, 20, 0.25) == 12
    assert affordable(dataset, 20, 1e-6) == 1
    assert affordable(replace(dataset, frames=dataset.frames * 10_000), 20, None) == 1


def test_halves_learn_from_every_draw_of_their_own_recordings() -> None:
    dataset = people(0.02, 4, 2, 4)
    halves = {("subject", "take"): split(dataset, "subject"), ("subject", "open set"): open_set(dataset)}
    known = Known(dataset, dataset, mask.named("veil", dataset.skeleton, {}), halves=halves, hide=("subject",), draws=5)
    tables = THREATS["informed"](known)
    assert [*tables] == ["", "few"]
    many, few = tables[""], tables["few"]
    for own in halves.values():
        for half, learned, less in zip(own, many.of(own), few.of(own), strict=True):
            for part in {"train", "gallery"} & {*half._fields}:
                rows = getattr(learned, part)
                names = {dataset.ids[row] for row in getattr(half, part)}
                assert len(rows) == 5 * len(names)
                assert {many.learned.ids[row].partition(" drawn")[0] for row in rows} == names
                assert len(getattr(less, part)) == 3 * len(names)


def test_where_recordings_enter_each_other_no_tested_one_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = people(0.02, 4, 2, 4)
    halves = {("subject", "action"): split(dataset, "subject", "action")}
    known = Known(dataset, dataset, mask.named("swap", dataset.skeleton, {}), halves=halves, hide=("subject",), draws=4)
    drawn = Recorder()
    monkeypatch.setattr(sys.modules["maskeleton.threats.informed"], "draws_of", drawn)
    table = THREATS["informed"](known)["few"]
    own = halves["subject", "action"]
    for half, seen, moved in zip(own, drawn.seen, table.of(own), strict=True):
        assert {*seen} == {dataset.ids[row] for row in half.train}
        assert {table.learned.ids[row].partition(" drawn")[0] for row in moved.train} == {*seen}


class Recorder:
    """Draws, and remembers of what."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def __call__(self, made: mask.Mask, dataset: MotionDataset, *words: object) -> list[MotionDataset]:
        self.seen.append(dataset.ids)
        return draws_of(made, dataset, *words)  # type: ignore[arg-type]


# ── recordings of the attacker's own ─────────────────────────────────────────────────────────────────────────────────


def test_recordings_of_his_own_are_coded_by_names_and_copies_are_left_out() -> None:
    dataset = people(0.02, 4, 1, 2)
    veil = mask.named("veil", dataset.skeleton, {})
    others = MotionDataset.of(dataset.skeleton, 30, [
        *(dataset[0]._replace(id="copy", labels=dataset.told(0)),),
        *(dataset[row]._replace(id=f"o{row}", positions=dataset[row].positions + 1, labels={
            "subject": who, "gender": "m", "action": "a7"}) for row, who in ((1, "p3"), (2, "stranger")))])
    own = brought(others, dataset, veil)
    assert own.ids == ["o1", "o2"]
    assert own.text("subject", 0) == dataset.text("subject", int(np.flatnonzero(dataset.labels["subject"] == 3)[0])) == "p3"
    assert own.labels["subject"].tolist() == [3, 4]
    assert own.labels["repetition"].tolist() == [-1, -1]
    assert own.labels["gender"].tolist() == [dataset.names["gender"].index("m")] * 2
    with pytest.raises(UserError, match="every recording of --others is one of those that are tested"):
        brought(dataset, dataset, veil)
    with pytest.raises(UserError, match="body plan|made for"):
        brought(replace(others, skeleton=KINECT20), dataset, veil)


def test_of_others_identity_is_learned_by_names_alone() -> None:
    dataset, strangers = people(0.02, 4, 1, 4), people(0.03, 6, 1, 2)
    named = replace(strangers, names={**strangers.names, "subject": ["p2", "p3", *(f"x{one}" for one in range(4))]},
                    motion_hashes=[f"o{row}" for row in range(12)])
    halves = {("subject", "take"): split(dataset, "subject"), ("gender", "person"): split(dataset, "gender", folds=2)}
    known = Known(dataset, dataset, mask.named("veil", dataset.skeleton, {}), halves=halves, hide=("subject", "gender"),
                  others=named, draws=2)
    table = THREATS["informed"](known)["others"]
    identity, = table.of(halves["subject", "take"])
    assert {table.learned.text("subject", int(row)) for row in identity.train} == {"p2", "p3"}
    for half in table.of(halves["gender", "person"]):
        assert len(half.train) == 24
    assert said_of_others(known) == ["--others: 2 people of it have the names of people in the release, and were taken to be "
                                     "the same ones"]
    nobody = replace(named, names={**named.names, "subject": [f"x{one}" for one in range(6)]})
    known = known._replace(others=nobody)
    assert THREATS["informed"](known)["others"].of(halves["subject", "take"]) == []
    assert "teaches attributes, and no identity" in said_of_others(known)[0]
