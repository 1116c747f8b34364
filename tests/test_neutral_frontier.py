"""neutral_frontier: what the recipe prints of people whose answers are known."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from maskeleton.answers import Answers
from maskeleton.verbs.synthesize import synthesize

from crowds import wavers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
recipe = importlib.import_module("neutral_frontier")


def answers(person: list[int], right: list[bool]) -> Answers:
    """Two choices, of which the first is right."""
    count = len(person)
    scores = np.array([[1.0, 0.0] if one else [0.0, 1.0] for one in right], np.float32)
    return Answers(np.array(person), np.zeros(count, int), scores, np.zeros(count, int), np.zeros(count, int))


def test_a_share_is_of_what_the_original_gives_away_and_its_interval_counts_people() -> None:
    people = [0, 0, 1, 1]
    before = answers(people, [True] * 4)
    assert recipe.share(before, before) == (1.0, 1.0, 1.0)
    assert recipe.share(answers(people, [True, False, True, False]), before) == (0.5, 0.5, 0.5)
    rate, low, high = recipe.share(answers(people, [True, True, False, False]), before)
    assert (rate, low, high) == (0.5, 0.0, 1.0)


def test_the_frontier_is_the_least_identity_that_keeps_enough() -> None:
    lines = [recipe.Told("original", 1.0, 1.0, 1.0), recipe.Told("a", 0.7, 0.98, 0.4), recipe.Told("b", 0.5, 0.91, 0.92)]
    words = [[word.strip() for word in line.strip("| ").split("|")] for line in list(recipe.frontier(lines))[2:]]
    assert words == [["1.00", "1.000", "original", "1.000", "original"], ["0.97", "0.700", "a", "1.000", "original"],
                     ["0.93", "0.700", "a", "1.000", "original"], ["0.90", "0.500", "b", "0.500", "b"]]


@pytest.mark.parametrize(("part", "looked_at"), [("A", {1, 3, 5}), ("B", {2, 4, 6}), ("all", {1, 2, 3, 4, 5, 6})])
def test_people_who_are_looked_at_alone_taught_nothing(part: str, looked_at: set[int]) -> None:
    people = wavers(people=6, takes=2)
    known, looked, words = recipe.parted(people, part)
    taught, seen = (set(people.labels["subject"][rows].tolist()) for rows in (known, looked))
    assert seen == looked_at
    assert (taught & seen == set()) is (part != "all")
    assert words.endswith("B" if part == "A" else "A")


def test_rows_differ_from_each_other_and_switch_one_thing() -> None:
    rows = recipe.rows()
    assert len({(row.name, tuple(sorted(row.options.items())), row.strength) for row in rows.values()}) == len(rows)
    assert rows["neutral without rest"].options == {"rest": 0}
    assert "rest" not in rows["posture and rest"].options
    assert rows["posture and rest"].options["noise"] == 0


def test_a_small_table_of_people_who_do_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    synthesize(tmp_path / "kindergator.npz", people=10, actions=4, takes=1, cameras=1, to="npz")
    monkeypatch.setenv("MASKELETON_DATA", str(tmp_path))
    assert recipe.main(["kindergator", "--small", "--quick", "--work", str(tmp_path / "cells")]) == 0
    told = capsys.readouterr().out
    assert "10 people, 40 recordings, chance 0.100" in told
    lines = {cells[0]: cells for line in told.splitlines() if len(cells := line.strip("| ").split(" | ")) == 7}
    assert set(lines) == {"release", "---", "original", "neutral"}
    assert [float(cell.split()[0]) for cell in lines["original"][2::2]] == [1, 1, 1]
    assert float(lines["neutral"][1].split()[0]) < float(lines["original"][1].split()[0])
