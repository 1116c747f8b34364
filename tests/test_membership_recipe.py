"""membership, the recipe: who taught a model is told where it is to be told, and by chance where it is not."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from maskeleton.verbs.synthesize import synthesize

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
recipe = importlib.import_module("membership")


def test_an_auc_is_how_often_members_are_higher() -> None:
    member = np.array([True, True, False, False])
    assert recipe.auc(np.array([3.0, 2.0, 1.0, 0.0]), member) == 1.0
    assert recipe.auc(np.array([3.0, 0.0, 3.0, 0.0]), member) == 0.5
    assert recipe.interval(np.array([[3.0, 2.0, 1.0, 0.0]]), member[None]).startswith("1.00 [1.00, 1.00]")


def test_the_model_tells_whom_it_has_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    synthesize(tmp_path / "kindergator.npz", people=8, actions=4, takes=1, cameras=1, to="npz")
    monkeypatch.setenv("MASKELETON_DATA", str(tmp_path))
    assert recipe.main(["kindergator", "--halves", "1"]) == 0
    cells = capsys.readouterr().out.splitlines()[-1].strip("| ").split(" | ")
    assert cells[:2] == ["kindergator", "8"]
    assert min(float(cell.split()[0]) for cell in cells[2:]) > 0.9


def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert recipe.main(["nobody"]) == 2
    assert "there is no table of nobody" in capsys.readouterr().err
