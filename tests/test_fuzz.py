"""Some hundred damaged files of every kind, a few seconds' worth; `scripts/bench fuzz` tries more than twenty thousand."""

import warnings
from pathlib import Path

import pytest

from maskeleton.formats import FORMATS

from fuzzing import SLOW, campaign, seeds
from fuzzing_models import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_sentences(target: str, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "input").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = campaign(target, seeds(target, tmp_path / "seeds"), 40, tmp_path / "input")
    assert [failure.what for failure in found.failures] == []
    assert found.read >= 1 or target == "published"  # whose whole networks are too large to be damaged so often
    assert found.sentences > 3
    assert found.slowest < SLOW


def test_every_reader_is_fuzzed() -> None:
    assert TARGETS.keys() >= FORMATS.keys()


def test_what_does_harm_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that trips over one kind of damage is caught, and the lines it ran are known."""
    def trips(folder: Path, first: str) -> None:
        if b"nan" in (folder / first).read_bytes().lower():
            raise KeyError("nan")

    monkeypatch.setitem(TARGETS, "trc", trips)
    found = campaign("trc", [{"a.trc": b"1 2 3 4 5\n" * 20}], 100, tmp_path)
    assert found.failures
    assert found.failures[0].what.startswith("KeyError: 'nan' at test_fuzz.py:")
    assert b"nan" in found.failures[0].files["a.trc"].lower()
