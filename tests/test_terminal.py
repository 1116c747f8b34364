"""The terminal: bars and colours where a person looks, plain text in a pipe, no line wider than the window."""

import io
import os
import re
from typing import Any

import pytest

from maskeleton.page.terminal import Screen, bar, counts, described, lines_of, screen_of, shown
from maskeleton.scorecard import CellScore
from maskeleton.verdict import table

from runs import cell, evaluation

COLOUR = re.compile(r"\x1b\[\d+m")


class Terminal(io.StringIO):
    """A stream behind which somebody sits."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 40)))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_pipe_gets_plain_text_and_so_does_who_cannot_show_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    card = evaluation()
    assert shown(card, io.StringIO()) == table(card)
    monkeypatch.setattr(Terminal, "encoding", "latin-1")
    assert shown(card, Terminal()) == table(card)
    monkeypatch.setattr(Terminal, "encoding", "utf-8")
    assert shown(card, Terminal()) != table(card)
    monkeypatch.setenv("TERM", "dumb")
    assert shown(card, Terminal()) == table(card)


def test_a_line_is_a_cell_with_its_interval_on_a_bar() -> None:
    told = shown(evaluation(), Terminal())
    plain = COLOUR.sub("", told)
    line, = (one for one in plain.splitlines() if one.startswith(" adaptive     features   31"))
    assert re.fullmatch(r" adaptive     features   31 \[21, 41\] +┈+│┊?┈*━+●━+┈+", line)
    assert "reduced: Of 20 people, an attacker who learned from this release names the right" in plain
    assert "not tried: attack match" in plain
    many = COLOUR.sub("", shown(evaluation(not_tried=["attack match"] * 9), Terminal()))
    assert "and 3 more" in many
    assert COLOUR.search(told)


def test_a_bar_shows_where_things_are() -> None:
    assert bar(cell("subject", "hide", "adaptive", 0.5, low=0.3, high=0.7, chance=0.1, null=0.2), 10) == "┈│┊━━●━━┈┈"
    assert bar(cell("subject", "hide", "adaptive", 1.0, low=1.0, high=1.0, chance=0.0, null=None), 10) == "│┈┈┈┈┈┈┈┈●"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    told = shown(evaluation(), Terminal())
    assert not COLOUR.search(told)
    assert "●" in told
    monkeypatch.setenv("NO_COLOR", "")  # which the convention calls not set
    assert COLOUR.search(shown(evaluation(), Terminal()))


@pytest.mark.parametrize("width", [20, 30, 46, 80, 200])
def test_no_line_is_wider_than_the_window(width: int) -> None:
    long = cell("subject", "hide", "before", 0.9, attack="x" * 300, leaks=("the same take",))
    card = evaluation(long, warnings=["w " * 200], not_tried=["attack match"] * 30)
    lines = [COLOUR.sub("", line) for line in lines_of(card, Screen(width, 40, True))]
    assert max(map(len, lines)) <= width
    assert any("●" in line for line in lines) == (width >= 46)


def test_many_cells_are_told_by_the_strongest_of_each_threat_on_a_low_screen() -> None:
    cells: list[CellScore] = [cell("subject", "hide", threat, 0.3 + number / 100, attack=f"way{number}")
                              for threat in ("before", "adaptive") for number in range(20)]
    rows = {height: sum("●" in line for line in lines_of(evaluation(*cells), Screen(80, height, False))) for height in (24, 90)}
    assert rows[24] < 10
    assert rows[90] > 40


def test_nothing_from_the_data_steers_the_terminal() -> None:
    evil = "\x1b[2J\x07wave\u202e"
    card = evaluation(cell("subject", "hide", "before", 0.9, attack=evil, judge=evil, split=evil), warnings=[evil],
                      by_action=[], people=[])
    for line in lines_of(card, Screen(80, 40, True)):
        assert COLOUR.sub("", line).isprintable()


def test_a_dataset_has_a_bar_for_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(found: dict[str, Any], drawn: Any = lambda numbers: "") -> str:
        return f"gender 2 classes {drawn(found['counts'])}" + " and so on" * 20

    assert described({"counts": [8, 4]}, page, io.StringIO()).startswith("gender 2 classes  and so on")
    line = described({"counts": [8, 4]}, page, Terminal())
    assert line.startswith("gender 2 classes █▅")
    assert len(line) == 80
    assert counts([]) == ""
    assert len(counts(list(range(10_000)))) <= 24
    assert screen_of(io.StringIO()) is None
