"""The page of a run: sentences before figures, everything escaped, doubts in sight, and nothing that was not measured."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from maskeleton.page.bars import Rate, bare, large, percent, share, small
from maskeleton.page.table import FILE, page, write_page
from maskeleton.page.words import attacker, beside, sentence
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import conclude


def cell(label: str, role: str, threat: str, rate: float, **more: Any) -> CellScore:
    """20 people, 480 trials; ± .1 about the rate."""
    usual: dict[str, Any] = {
        "attack": "features", "judge": "", "split": "take", "leaks": (), "metric": "auc" if label == "gender" else "top1",
        "low": max(rate - 0.1, 0), "high": min(rate + 0.1, 1), "chance": 0.5 if label == "gender" else 0.05, "null": 0.06,
        "trials": 480, "people": 20, "seeds": 3}
    return CellScore(label=label, role=role, threat=threat, rate=rate, **{**usual, **more})


def evaluated(*cells: CellScore, **more: Any) -> Scorecard:
    usual = [cell("subject", "hide", "before", 0.97), cell("subject", "hide", "naive", 0.08),
             cell("subject", "hide", "adaptive", 0.42), cell("action", "keep", "before", 0.8),
             cell("action", "keep", "adaptive", 0.7), cell("action", "keep", "transfer", 0.6),
             cell("action", "keep", "naive", 0.3)]
    data = {"name": "release", "recordings": 480, "people": 20, "content_id": "ab12"}
    return conclude(Scorecard("evaluate", data=data, cells=list(cells) or usual, **more))


def text_of(html: str) -> str:
    """As it is read."""
    plain = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))
    return re.sub(r"\s+", " ", plain.replace("\N{NO-BREAK SPACE}", " "))


def test_what_can_be_read_is_said_in_words_first() -> None:
    told = text_of(page(evaluated()))
    said = ("Who it is can be told from the release: the strongest attacker is right about 42 of 100 recordings; "
            "somebody who guesses, about 5.")
    assert said in told
    assert "Asked: statistics of the movement; learned from the release, looks at the release." in told
    assert "it would lie between 32 % and 52 %" in told
    assert "On the original, before anything was changed, it was 97 %." in told
    assert "gets 8 %" in told
    assert told.index(said) < told.index("What is done: 75 % of the original's usefulness is left") \
        < told.index("The figures")


def test_a_row_is_an_attacker_and_a_column_a_threat() -> None:
    html = page(evaluated())
    told = text_of(html)
    assert "statistics of the movement by take 97 % [87, 100] 8 % [0, 18] 42 % [32, 52]" in told
    heads = re.findall(r'<th scope="col">(\w+)<small>', html)
    assert heads == ["before", "naive", "adaptive", "before", "naive", "adaptive", "transfer"]  # what is hidden first


def test_warnings_stand_above_what_they_are_about() -> None:
    card = evaluated(cell("gender", "hide", "before", 0.5), cell("gender", "hide", "adaptive", 0.52),
                     warnings=["file names tell it"])
    html = page(card)
    assert html.index("Read this first") < html.index("gender: cannot be trusted") < html.index('class="told')
    assert html.index('class="told') < html.index("Before you rely on it") < html.index("file names tell it")
    assert html.index("file names tell it") < html.index("The figures")
    assert "Gender was not found by these attackers" in html
    assert "That is no proof." in html
    assert "Read this first" not in page(evaluated())


def test_leaks_and_a_null_away_from_chance_are_said_in_their_cell() -> None:
    html = page(evaluated(cell("subject", "hide", "before", 0.9, leaks=("take",)),
                          cell("subject", "hide", "adaptive", 0.4, null=0.3, null_away=True)))
    assert "leaks: take" in html
    assert "its null is away from chance" in html


def test_everything_is_escaped_and_nothing_is_run() -> None:
    evil = "<script>alert(1)</script>&\"'"
    who = {"label": evil, "threat": "adaptive", "attack": evil, "judge": evil}
    card = evaluated(
        cell(evil, "hide", "before", 0.9, attack=evil, judge=evil, split=evil, leaks=(evil,)),
        cell(evil, "hide", "adaptive", 0.9, attack=evil, judge=evil, split=evil, metric="auc"),
        people=[{**who, "person": f"{evil}{number}", "hits": 1, "trials": 2} for number in range(2)],
        by_action=[{**who, "action": f"{evil}{number}", "hits": 1, "trials": 2} for number in range(2)],
        motion=[{"metric": evil, "unit": evil, "value": 1.0}],
        limits=[{"label": evil, "kind": evil, "unit": evil, "size": 1, "tried": [1]}],
        learning=[{"label": evil, "of": evil, "share": 1.0, "rate": 0.5}],
        channels=[{"label": evil, "channel": evil, "plain": 0.5, "within": None, "chance": 0.5}],
        warnings=[evil], not_tried=[evil])
    card.data |= {"name": evil, "content_id": evil}
    html = page(card)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 15
    assert "http" not in html.replace("http-equiv", "")


def test_who_in_what_how_small_and_what_was_not_tried() -> None:
    who = {"label": "subject", "threat": "adaptive", "attack": "features", "judge": ""}
    card = evaluated(
        people=[{**who, "person": f"P{number}", "hits": number, "trials": 9} for number in range(9)],
        by_action=[{**who, "action": name, "hits": hits, "trials": 10} for name, hits in (("wave", 9), ("sit", 2))],
        limits=[{"label": "subject", "kind": "turned bone", "unit": "°", "size": 3, "tried": [1, 3]},
                {"label": "subject", "kind": "trembling", "unit": "mm", "size": None, "tried": [1, 8]}],
        learning=[{"label": "subject", "of": "takes", "share": share, "rate": rate}
                  for share, rate in ((0.5, 0.3), (1.0, 0.42))],
        motion=[{"metric": "jerk", "unit": "m/s³", "value": 4.2}, {"metric": "jerk_original", "unit": "m/s³", "value": 3.8}],
        not_tried=["attack match"])
    told = text_of(page(card))
    assert "Most exposed people (subject) person right share P8 8 of 9 P7 7 of 9" in told
    assert "P3" not in told  # five of them
    assert "action right share wave 9 of 10 sit 2 of 10" in told
    assert "planted (turned bone) are found from 3 degrees on" in told
    assert "planted (trembling) were not found even at 8 mm" in told
    assert "learned from a share of the takes: 30 % from 50 %, 42 % from 100 %." in told
    assert "Jerk 4.2 3.8 m/s³" in told
    assert told.rindex("attack match") > told.index("What was not tried")


@pytest.mark.parametrize("verb", ["audit", "evaluate"])
def test_words_that_promise_too_much_are_never_printed(verb: str) -> None:
    for rate in (0.0, 0.05, 0.6, 1.0):
        told = page(conclude(Scorecard(verb, cells=[cell("subject", "hide", threat, rate)
                                                    for threat in ("before", "adaptive")]))).lower()
        for word in ("anonymous", "gdpr", "compliant", "safe", "guarantee"):
            assert word not in told


def test_an_audit_and_an_empty_run_have_a_page(tmp_path: Path) -> None:
    card = conclude(Scorecard("audit", data={"name": "store"}, cells=[cell("subject", "hide", "before", 0.97)]))
    assert "Who it is can be told from these recordings" in write_page(card, tmp_path).read_text("utf-8")
    assert (tmp_path / FILE).is_file()
    assert "There is no headline" in page(Scorecard("audit"))


def test_more_than_the_original_counts_as_all_of_it() -> None:
    card = evaluated(cell("action", "keep", "before", 0.5), cell("action", "keep", "adaptive", 0.8))
    row, = card.headline
    assert (row["of_original"], row["flagged"]) == (1.0, True)
    assert sentence(row, "evaluate") == ("What is done: 100\N{NO-BREAK SPACE}% of the original's usefulness is left: who "
                                         "learns it is right about 80 of 100 recordings. It is more than the original "
                                         "gave, and counts as all of it.")
    assert any("counts as 1.0" in said for said in card.warnings)


def test_the_smaller_of_adaptive_and_transfer_stands_for_what_is_kept() -> None:
    row, = (row for row in evaluated().headline if row["role"] == "keep")
    assert (row["rate"], row["by"]["threat"], row["before"], row["naive"]) == (0.6, "transfer", 0.8, 0.3)
    assert row["of_original"] == pytest.approx(0.75)
    assert "learned from the release, looks at the original" in beside(row, "evaluate")


def test_bars_are_pictures_of_their_numbers() -> None:
    rate = Rate(0.5, 0.25, 0.75, 0.1, 0.2)
    for svg in (small(rate, "hide"), large(rate, "keep"), share(0.5)):
        ElementTree.fromstring(svg)
    interval = re.findall(r'<rect x="([\d.]+)"[^>]* width="([\d.]+)"', small(rate))[1]
    assert [float(number) for number in interval] == [1 + 130 * 0.25, 130 * 0.5]
    assert 'cx="66.0"' in small(rate)
    assert large(rate, "").count(">null<") == 1
    assert large(rate._replace(null=0.11), "").count(">null<") == 0  # it would stand on the word chance
    assert "50\N{NO-BREAK SPACE}%, between 25" in small(rate)
    assert [bare(share) for share in (0.0, 0.004, 0.05, 1.0)] == ["0", "0.4", "5", "100"]
    assert percent(0.42) == "42\N{NO-BREAK SPACE}%"


def test_attackers_have_names() -> None:
    assert attacker("pool", "classify tcn, all") == "all recordings of a person together, a neural network (tcn)"
    assert attacker("pool", "features, 5") == "5 recordings of a person together, statistics of the movement"
    assert attacker("side", "file") == "file names and their order alone"
    assert attacker("new", "") == "new"
