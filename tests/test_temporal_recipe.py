"""temporal, the recipe: which releases stand in a table, and what is said where data is missing."""

import importlib
import sys
from pathlib import Path

import pytest

from maskeleton.verbs.synthesize import synthesize

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
recipe = importlib.import_module("temporal")


def test_draws_alone_are_temporal_that_was_not_taught(tmp_path: Path) -> None:
    rows = recipe.wanted(tmp_path, [0.5])
    assert list(rows) == ["original", "neutral", "typical", "draws 0.5", "temporal"]
    assert rows["draws 0.5"].options == recipe.NEUTRAL | {"before": 0.0, "after": 0.5}
    assert rows["temporal"].model == str(tmp_path)
    assert "temporal" not in recipe.wanted(None, [])


def test_a_small_table_without_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    synthesize(tmp_path / "kindergator.npz", people=8, actions=4, takes=1, cameras=1, to="npz")
    monkeypatch.setenv("MASKELETON_DATA", str(tmp_path))
    assert recipe.main(["kindergator", "--minutes", "0", "--draws", "2", "--quick", "--work", str(tmp_path / "w")]) == 0
    told = capsys.readouterr().out
    assert "### kindergator, everybody, learned from A: 8 people" in told
    rates = {cells[0]: cells[1].split()[0] for line in told.splitlines() if len(cells := line.strip("| ").split(" | ")) == 7}
    assert float(rates["draws 2"]) < float(rates["original"])
