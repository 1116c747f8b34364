"""frontier: what the recipe makes of its numbers, and that people of one half are in no release of the other."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.body import bone_lengths
from maskeleton.dataset import MotionDataset
from maskeleton.mask import built_of
from maskeleton.skeleton import KINECT25
from maskeleton.splits import split

from crowds import wavers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
recipe = importlib.import_module("frontier")


def line(name: str, risk: float, kept: float | None, transfer: float | None = 0.5):
    return recipe.Told(name, "", risk, kept, transfer)


def test_who_has_no_more_risk_and_keeps_no_less_beats() -> None:
    lines = [line("a", 0.5, 0.9), line("b", 0.5, 1.2), line("c", 0.4, 0.8), line("d", 0.5, 1.0), line("e", 0.1, None, None)]
    assert recipe.dominated(lines) == {"a": "b"}  # more than all counts as all, so b and d are equals


def test_the_least_risk_at_each_level_of_what_is_kept() -> None:
    lines = [line("a", 0.5, 1.0, 0.95), line("b", 0.2, 0.9, 0.3), line("e", 0.1, None, None)]
    *_, first, _, _, fourth, last = recipe.frontier(lines)
    assert first == "| 1.00 | 0.500 | a | – | – |"
    assert fourth == "| 0.90 | 0.200 | b | 0.500 | a |"
    assert last == "| 0.80 | 0.200 | b | 0.500 | a |"


def test_every_row_can_be_built_and_every_anonymizer_without_training_has_one() -> None:
    rows = [row for row in recipe.rows().values() if row.name]
    for row in rows:
        built_of(row.name, KINECT25, row.options)
    trained = {"residual", "autoencoder", "unet", "temporal"}
    counter_examples = {"offset", "rescale"}
    assert {row.name for row in rows} == set(ANONYMIZERS) - trained - counter_examples


def test_in_neither_half_is_anybody_of_the_other() -> None:
    crew = wavers(8, 2, frames=16)
    halves = split(crew, "action", "person", folds=2)
    at = recipe.Looked("", crew, crew, [], halves, recipe.Asker(Path()))
    mask = recipe.net_of(recipe.Row("swap"), at)
    people = recipe.apart(mask, crew, at)
    assert people.ids == crew.ids
    who = dict(zip(crew.motion_hashes, crew.labels["subject"].tolist(), strict=True))
    for half in halves:
        inside = {*crew.labels["subject"][half.test].tolist()}
        assert {who[people.motion_hashes[row]] for row in half.test} <= inside
        assert not {who[people.motion_hashes[row]] for row in half.train} & inside
    assert recipe.apart(recipe.net_of(recipe.Row("blend", {"k": 4}), at), crew, at) is None  # a half has three others
    assert recipe.apart(recipe.net_of(recipe.Row("bones"), at), crew, at) is crew


@pytest.mark.parametrize(("words", "says"), [(["elsewhere"], "no table of elsewhere"), (["utdmhad"], "where the real data is")])
def test_what_cannot_be_asked_is_said(words: list[str], says: str, capsys, monkeypatch) -> None:
    monkeypatch.delenv("MASKELETON_DATA", raising=False)
    assert recipe.main(words) == 2
    assert says in capsys.readouterr().err


def test_lengths_given_back_are_the_own_ones() -> None:
    crew = wavers(4, 2, frames=16)
    alike = MotionDataset.of(KINECT25, 30, (crew[0]._replace(id=motion.id, labels=crew.told(row))
                                            for row, motion in enumerate(crew)))
    again = recipe.given_back(alike, crew)
    for row in (0, 7):
        wanted, found = (bone_lengths(some[row].positions[:, 0], KINECT25).mean(0) for some in (crew, again))
        np.testing.assert_allclose(found, wanted, rtol=0.02, atol=0.002)
