"""apart: the recordings that the anonymizer learned from are asked about by themselves, and never stand for the whole."""


import numpy as np
import pytest
from test_audit import people
from test_evaluate import mask_of

from maskeleton import mask, store
from maskeleton.scorecard import Scorecard
from maskeleton.verbs.evaluate import evaluate


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    """Twelve people who stand differently, released as they are; the mask has learned from six of them."""
    folder = tmp_path_factory.mktemp("apart")
    store.write(people(0.03, 12, 2, 4), folder / "s")
    dataset = store.open(folder / "s")
    mask.save(mask_of(dataset, np.flatnonzero(dataset.labels["subject"] < 6)), folder / "model")
    return evaluate(folder / "s", folder / "s", keep=["action"], hide=["subject"], mask=folder / "model",
                    threats=["before", "adaptive"], attacks=["side"], seeds=1)


def test_its_own_recordings_are_shown_apart(card: Scorecard) -> None:
    own = [cell for cell in card.cells if cell.split.endswith("its own")]
    assert {(cell.label, cell.threat, cell.people) for cell in own} == {
        (label, threat, 6) for label in ("subject", "action") for threat in ("before", "adaptive")}
    assert all(cell.leaks[-1] == "the anonymizer learned from them" for cell in own)
    assert all(cell.rate > 0.9 for cell in own if cell.label == "subject")
    assert "48 of 96 recordings, from which the anonymizer learned, are shown apart" in card.warnings


def test_they_are_never_the_headline(card: Scorecard) -> None:
    assert card.headline
    assert all("its own" not in row["split"] for row in card.headline)
