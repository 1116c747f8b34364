"""recipes/preset_leaks: the most confused pair counted by hand, and that what it asks about is part of the presets."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from maskeleton.answers import Answers
from maskeleton.synthetic import PRESETS, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
preset_leaks = importlib.import_module("preset_leaks")


def test_the_most_confused_pair_is_a_share_of_the_true_action():
    truth = np.array([0] * 10 + [1] * 4 + [2] * 5)
    guess = truth.copy()
    guess[:3] = 1  # 3 of 10
    guess[10:12] = 2  # 2 of 4: fewer, but a larger share
    rows = np.zeros(len(truth), np.int64)
    answers = Answers(rows, truth, np.eye(3, dtype=np.float32)[guess], rows, rows)
    named = SimpleNamespace(names={"action": ["bow", "clap", "drink"]})
    assert preset_leaks.confused(answers, named) == (0.5, "clap called drink")


@pytest.mark.parametrize("preset", ["etri", "ntu"])
def test_what_is_measured_is_a_part_of_the_preset(preset):
    for label, size in preset_leaks.SIZES.items():
        part, whole = settings(preset, **size), PRESETS[preset]
        assert all(getattr(part, key) <= getattr(whole, key) for key in ("people", "actions", "takes", "cameras")), label
        assert (part.variation, part.fit, part.slack) == (whole.variation, whole.fit, whole.slack)


def test_an_unknown_preset_is_refused_in_words(capsys):
    assert preset_leaks.main(["kinetics"]) == 2
    assert "etri" in capsys.readouterr().err
