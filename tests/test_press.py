"""Figures: drawn to scale, with chance and null, at the widths of a paper, in three kinds of file."""

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.page.chart import chart
from maskeleton.page.figures import figures, rates, trade
from maskeleton.page.plot import Dot, Ladder, Level, Line, Plot, Rung, before_after, line, steps
from maskeleton.page.press import COLUMNS, KINDS, MUCH, press
from maskeleton.scorecard import Scorecard
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.report import report

from people import stepping
from runs import cell, evaluation, write

SVG = "{http://www.w3.org/2000/svg}"
PLOT = Plot("Title & more", "across", "up", [
    line("a < b", [(0, 0.0), (1, 0.5), (2, 1.0)]), line("gone", [(0, None), (1, 0.25)], True),
    Line("alone", [Dot(1.5, 0.75, (1.0, 2.0), (0.5, 1.0))], joined=False)],
            [Level("chance", 0.1), Level("null", 1.8, True, True)])


def test_a_chart_is_drawn_to_scale() -> None:
    picture = ElementTree.fromstring(chart(PLOT))
    marks = [(float(mark.get("cx", "")), float(mark.get("cy", ""))) for mark in picture.iter(f"{SVG}circle")]
    assert len(marks) == 5
    (left, low), (middle, half), (right, high), (_, quarter), (between, three) = marks
    assert middle - left == pytest.approx(right - middle, abs=0.2)
    assert low - half == pytest.approx(half - high, abs=0.2)
    assert quarter == pytest.approx((low + half) / 2, abs=0.2)
    assert (between, three) == pytest.approx(((middle + right) / 2, (half + high) / 2), abs=0.2)
    reach = [path.get("d", "") for path in picture.iter(f"{SVG}path") if path.get("opacity")]
    assert reach == [f"M{middle:.1f} {three:.1f}H{right:.1f}M{between:.1f} {half:.1f}V{high:.1f}"]
    told = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"Title & more", "a < b", "gone", "across", "up", "0.5", "2", "chance: 0.1", "null: 1.8"} <= {*told}


@pytest.mark.parametrize(("values", "found"), [
    ([0.0, 1.0], [0, 0.2, 0.4, 0.6, 0.8, 1]), ([0.013, 0.07], [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]), ([5.0], None)])
def test_steps_are_round_and_reach_around_all_values(values: list[float], found: list[float] | None) -> None:
    got = steps(values)
    assert got[0] <= min(values)
    assert got[-1] >= max(values)
    assert len(got) >= 2
    if found is not None:
        assert got == pytest.approx(found)


def test_a_figure_has_the_widths_of_a_paper_in_three_kinds_of_file(tmp_path: Path) -> None:
    motion = Motion.of(stepping(12)[:, None], "a", {})
    ladder = Ladder("Rates", "rate", [("Who & what", [Rung("adaptive, tcn", 0.4, (0.3, 0.5), 0.05, 0.06, "hide"),
                                                      Rung("no chance known", 0.4, None, None, None)])])
    for name, figure in (("plot", PLOT), ("ladder", ladder), ("frames", before_after("Wave", motion, motion, KINECT25, 30))):
        written = press(figure, tmp_path / name)
        assert {path.name for path in written} == {f"{name}-{column}.{kind}" for column in COLUMNS for kind in KINDS}
        for column, inches in COLUMNS.items():
            wide, _ = struct.unpack(">II", (tmp_path / f"{name}-{column}.png").read_bytes()[16:24])
            assert wide == pytest.approx(inches * MUCH, abs=2)
            svg = ElementTree.fromstring((tmp_path / f"{name}-{column}.svg").read_text("utf-8"))
            assert float(svg.get("width", "").removesuffix("pt")) == pytest.approx(inches * 72, abs=1)
            assert (tmp_path / f"{name}-{column}.pdf").read_bytes().startswith(b"%PDF")
    told = "".join(ElementTree.fromstring((tmp_path / "ladder-two.svg").read_text("utf-8")).itertext())
    assert "Who & what" in told
    assert "adaptive, tcn  40" in told


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (press(PLOT, tmp_path / name, ["one"]) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_names_from_anywhere_are_drawn_as_they_are(tmp_path: Path) -> None:
    evil = "<b>$\\frac{1}{0}$\u202eשלום走" + "x" * 500
    figure = Plot(evil, evil, evil, [line(evil, [(0, 0.5), (1, 0.5)])], [Level(evil, 0.1)])
    svg, *_ = press(figure, tmp_path / "evil", ["one"])
    assert "\u202e" not in svg.read_text("utf-8")
    ladder = Ladder(evil, evil, [(evil, [Rung(evil, 0.4, (0.3, 0.5), 0.05, None, "hide")])])
    assert press(ladder, tmp_path / "ladder", ["one"])


def test_a_run_gives_the_figures_that_it_has_something_for() -> None:
    card = evaluation(cell("gender", "hide", "before", 0.9), cell("gender", "hide", "adaptive", 0.6))
    assert list(figures(card)) == ["rates", "people", "actions", "privacy-utility", "curves", "planted"]
    ladder, plot = rates(card), trade(card)
    assert ladder is not None
    assert plot is not None
    rungs = dict(ladder.groups)["Who it is: top1, to go"]
    assert [(rung.name, rung.rate, rung.chance, rung.null) for rung in rungs] == [
        ("before, features", 0.97, 0.05, 0.06), ("naive, features", 0.08, 0.05, 0.06), ("adaptive, features", 0.31, 0.05, 0.06)]
    dots = {one.name: one.dots[0] for one in plot.lines}
    assert dots["Who it is: original"][:2] == (0.97, 0.8)
    assert dots["Who it is: release"][:2] == (0.31, 0.6)
    assert dots["Gender: release"].across == pytest.approx((0.5, 0.7))
    assert {(level.name, level.at) for level in plot.levels} >= {("What is done by chance", 0.05), ("Gender by chance", 0.5)}
    assert figures(Scorecard("evaluate")) == {}


def test_report_writes_them_without_names_of_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.page.press.COLUMNS", {"one": 3.4})
    run = write(tmp_path / "run", evaluation(), shown=True)
    report(run, tmp_path / "page.html", figures=tmp_path / "drawn")
    names = {re.sub(r"-(one|two)\.\w+$", "", path.name) for path in (tmp_path / "drawn").iterdir()}
    assert names == {"rates", "people", "actions", "privacy-utility", "curves", "planted", "frames-worst-1", "frames-best-1"}
    drawn = (tmp_path / "drawn" / "people-one.svg").read_text("utf-8")
    assert "person 1 (7 of 10)" in drawn
    assert "P007" not in drawn
    assert "original" not in (tmp_path / "drawn" / "frames-worst-1-one.svg").read_text("utf-8")
    (tmp_path / "drawn" / "people-one.svg").write_text("somebody's own")
    with pytest.raises(UserError, match="is there already, and is another"):
        report(run, tmp_path / "other.html", figures=tmp_path / "drawn")
    assert (tmp_path / "drawn" / "people-one.svg").read_text() == "somebody's own"
    assert not (tmp_path / "other.html").exists()
