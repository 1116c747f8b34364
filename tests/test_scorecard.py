"""The scorecard: written and read again, refused when damaged; its headline and its doubts; the table on a screen."""

import copy
import json
import math
from pathlib import Path

import numpy as np
import pytest

from maskeleton.answers import Answers
from maskeleton.errors import UserError
from maskeleton.score import Score, score
from maskeleton.scorecard import FILE, CellScore, Scorecard
from maskeleton.verdict import bar, conclude, digits, distrust, headline, table

CHANCE = {"subject": 0.05, "gender": 0.5, "action": 0.1}


def cell(label, threat, attack, rate, *, role="hide", judge="", spread=0.05, **rest):
    """A cell with an interval of +-.05 about its rate and its null at chance, unless told otherwise."""
    made = {"split": "take", "leaks": (), "metric": "auc" if label == "gender" else "top1", "rate": rate,
            "low": max(rate - spread, 0), "high": min(rate + spread, 1), "chance": CHANCE[label],
            "null": CHANCE[label], "trials": 1000, "people": 20, "seeds": 3, "minutes": 0.5, "validation": rate}
    return CellScore(label, role, threat, attack, judge, **{**made, **rest})


RATE = {"rate": 0.35, "low": 0.3, "high": 0.45, "chance": 0.05}
AUDIT = [
    cell("subject", "before", "features", 0.97),
    cell("subject", "before", "classify", 0.90, judge="tcn", null=0.07),
    cell("subject", "before", "pool:10", 1.0),
    cell("subject", "before", "side", 0.06),
    cell("subject", "before", "classify", 0.99, judge="tcn", metric="top5", chance=0.25),
    cell("subject", "before", "features", 1.0, split="camera", leaks=("take",)),
    cell("gender", "before", "features", 0.8, spread=0.15, split="person"),
    cell("action", "before", "classify", 0.9, judge="tcn", role="keep", split="person"),
]


def card():
    rows = {"label": "subject", "threat": "before", "attack": "features", "judge": ""}
    return conclude(Scorecard(
        "audit", {"path": "people", "recordings": np.int64(1000)}, 0, list(AUDIT),
        people=[{**rows, "person": "P001", "hits": 49.5, "trials": 50}],
        by_action=[{**rows, "action": 3, "hits": np.int64(20), "trials": 20}],
        curves=[{"epoch": 1, "what": "loss", "value": math.nan}],
        motion=[{"metric": "rmse", "unit": "m", "value": np.float32(0.5)}],
        limits=[{"label": "subject", "kind": "turned bone", "unit": "°", "size": 3, "tried": [1, 2, 3], **RATE},
                {"label": "subject", "kind": "trembling", "unit": "mm", "size": None, "tried": [4, 8], **RATE}],
        learning=[{"label": "subject", "share": share, **RATE, "rate": rate} for share, rate in ((0.5, 0.3), (1, 0.4))],
        channels=[{"label": "subject", "channel": channel, "plain": rate, "within": rate + 0.1, **RATE}
                  for channel, rate in (("posture", 0.5), ("bone lengths", 0.8))],
        costs=[{"threat": "adaptive", "knows": "who is in some", "recordings": 900, "minutes": 1.25}],
        not_tried=["seed 2 of msg3d: --minutes 5"]))


def test_what_is_written_is_read(tmp_path):
    written = card()
    path = written.write(tmp_path / "run")
    assert path.name == FILE
    read = Scorecard.read(tmp_path / "run")
    assert read == Scorecard.read(path)
    assert read.cells == written.cells
    assert (read.headline, read.warnings, read.not_tried) == (written.headline, written.warnings, written.not_tried)
    assert read.data["recordings"] == 1000
    assert read.curves == [{"epoch": 1, "what": "loss", "value": None}]
    first = path.read_bytes()
    assert read.write(tmp_path / "again").read_bytes() == first


def test_the_file_is_as_the_design_says(tmp_path):
    told = json.loads(card().write(tmp_path).read_text("utf-8"))
    assert {"schema", "verb", "data", "seed", "cells", "people", "by_action", "curves", "motion", "headline",
            "warnings", "not_tried"} <= set(told)
    assert {"label", "role", "threat", "attack", "judge", "split", "leaks", "metric", "rate", "low", "high", "chance",
            "null", "trials", "people", "seeds", "minutes"} <= set(told["cells"][0])
    assert {"label", "role", "metric", "rate", "low", "high", "chance", "null", "by"} <= set(told["headline"][0])
    assert set(told["headline"][0]["by"]) == {"threat", "attack", "judge"}


def places(data, path=()):
    """The path to every value of nested lists and objects."""
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


def changed(data, path, value):
    data = copy.deepcopy(data)
    if not path:
        return value
    inside = data
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return data


def test_a_damaged_file_is_refused_in_words(tmp_path):
    small = card()
    small.cells = small.cells[:1]
    told = json.loads(small.write(tmp_path).read_text("utf-8"))
    refused: list[UserError] = []
    tried = 0
    for path in places(told):
        if path[:1] == ("data",) and len(path) > 1:
            continue
        for value in ("nonsense", -3, [[]], {"a": 1}, None, True):
            (tmp_path / FILE).write_text(json.dumps(changed(told, path, value)), "utf-8")
            tried += 1
            try:
                Scorecard.read(tmp_path)
            except UserError as error:
                refused.append(error)
    assert len(refused) / tried > 0.75
    assert all(str(tmp_path / FILE) in error.wrong and error.remedy for error in refused)


@pytest.mark.parametrize(("path", "value", "says"), [
    (("schema",), 2, "schema is 2, expected 1"),
    (("cells", 0, "rate"), 2, "<= 2 <= 1 does not hold"),
    (("cells", 0, "rate"), True, r"cells\[0\].rate is true or false, expected"),
    (("cells", 0, "metric"), "top9", "top9"),
    (("cells", 0, "role"), "seek", "expected hide or keep"),
    (("cells", 0, "leaks"), [1], "leaks holds something else than texts"),
    (("cells", 0, "more"), 1, "more is not known"),
    (("cells", 0, "validation"), 3, "validation is 3"),
    (("people", 0, "hits"), 51, "51 hits of 50 trials"),
    (("headline", 0, "by"), {}, r"headline\[0\].by.threat is missing"),
    (("warnings",), [1], "warnings holds"),
    (("limits", 0, "tried"), [], "tried holds something else than numbers"),
    (("limits", 0, "tried"), [True], "tried holds something else than numbers"),
    (("channels", 0, "within"), 1.5, "within is 1.5, expected 0 to 1"),
    (("curves",), None, "curves is null, expected a list"),
])
def test_what_is_wrong_is_said_at_its_place(tmp_path, path, value, says):
    told = json.loads(card().write(tmp_path).read_text("utf-8"))
    (tmp_path / FILE).write_text(json.dumps(changed(told, path, value)), "utf-8")
    with pytest.raises(UserError, match=says):
        Scorecard.read(tmp_path)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100000, b'{"schema": 1, "seed": NaN}',
                                  b'{"schema": 1, "seed": 1e999}', b'{"schema": 1' + b"0" * 5000 + b"}"])
def test_what_is_no_json_is_refused(tmp_path, text):
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(UserError, match=FILE):
        Scorecard.read(tmp_path)


def test_a_run_that_is_not_there():
    with pytest.raises(UserError, match="there is no"):
        Scorecard.read(Path("nowhere"))


# ── headline ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_audits_headline_is_the_strongest_that_neither_pools_nor_leaks():
    subject, gender, action = headline(AUDIT, "audit")
    assert (subject["rate"], subject["by"]["attack"], subject["null"]) == (0.97, "features", 0.07)
    assert (gender["metric"], gender["rate"]) == ("auc", 0.8)
    assert (action["role"], action["by"]["judge"], action["rate"]) == ("keep", "tcn", 0.9)


def test_the_attacker_is_chosen_on_its_own_validation():
    cells = [cell("subject", "adaptive", "features", 0.5, validation=0.6),
             cell("subject", "informed", "features", 0.4, validation=0.7),
             cell("subject", "before", "features", 0.97), cell("subject", "naive", "features", 0.9)]
    assert headline(cells, "evaluate")[0]["by"]["threat"] == "informed"
    unsure = [cells[0], cells[1]._replace(validation_error=0.15)]  # the best is no better for all it knows
    assert headline(unsure, "evaluate")[0]["rate"] == 0.5
    assert headline([cells[0], cells[1]._replace(validation_error=0.05)], "evaluate")[0]["rate"] == 0.4
    silent = [*cells, cell("subject", "paired", "classify", 0.8, validation=None)]
    assert headline(silent, "evaluate")[0]["by"]["threat"] == "paired"
    assert headline(cells[2:], "evaluate") == []


def test_a_kept_labels_headline_is_the_smaller_of_adaptive_and_transfer():
    cells = [cell("action", threat, "classify", rate, role="keep")
             for threat, rate in (("before", 0.9), ("naive", 0.3), ("adaptive", 0.8), ("transfer", 0.6))]
    cells.append(cell("action", "transfer", "features", 0.5, role="keep"))
    found = headline(cells, "evaluate")[0]
    assert (found["rate"], found["by"]["threat"], found["naive"], found["before"]) == (0.6, "transfer", 0.3, 0.9)


# ── doubts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_audit_has_no_warnings():
    assert distrust(AUDIT, "audit") == []


def test_a_null_away_from_chance_cannot_be_trusted():
    said = distrust([*AUDIT, cell("gender", "before", "side", 0.7, null=0.66, null_away=True)], "audit")
    assert said == ["gender, before, side: cannot be trusted: on labels that say nothing it scores .66 where chance is "
                    ".50"]


def test_a_raw_control_that_learns_nothing_cannot_be_trusted():
    blind = [cell("subject", "before", "classify", 0.06, judge="tcn"),
             cell("subject", "adaptive", "classify", 0.05, judge="tcn")]
    assert distrust(blind, "evaluate") == ["subject: cannot be trusted: no judge recognizes it on the original"]
    assert "that is no proof" in distrust(blind[:1], "audit")[0]
    assert "nobody was asked" in distrust(blind[1:], "evaluate")[0]
    seeing = [*blind, cell("subject", "before", "features", 0.9)]
    assert distrust(seeing, "evaluate") == [
        "subject: not found in the release: that is no proof; see how small a signature would have been found",
        "subject, classify tcn: does not recognize the original: its rows prove nothing"]
    keep = [cell("action", "before", "classify", 0.12, role="keep")]
    assert "cannot be trusted" in distrust(keep, "audit")[0]
    leaking = [cell("subject", "before", "features", 1, leaks=("take",))]
    assert distrust(leaking, "audit") == ["subject: no headline: no cell has top1 on a split that does not leak"]


def test_more_than_the_original_counts_as_the_original():
    cells = [cell("action", "before", "classify", 0.5, role="keep"),
             cell("action", "adaptive", "classify", 0.8, role="keep")]
    assert "counts as 1.0" in distrust(cells, "evaluate")[0]


def test_the_verdict_follows_from_real_answers():
    """A judge that reads a leaky label and one that guesses, from answers to the sentence."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 50)
    zero = np.zeros(1000, int)
    null = Answers(person, person, rng.random((1000, 20)), zero, zero)
    broken = Answers(person, person, np.eye(20)[np.where(rng.random(1000) < 0.4, person, 0)], zero, zero)
    leaky = Answers(person, person, np.eye(20)[person], zero, zero)
    place = {"label": "subject", "role": "hide", "threat": "before", "attack": "features", "judge": "", "split": "take"}
    assert distrust([CellScore.of(score(leaky, "top1", null=null), **place)], "audit") == []
    assert "no proof" in distrust([CellScore.of(score(null, "top1", null=null), **place)], "audit")[0]
    assert "cannot be trusted" in distrust([CellScore.of(score(leaky, "top1", null=broken), **place)], "audit")[0]


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_fits_a_screen_and_a_pipe():
    told = table(card())
    assert told.isascii()
    lines = told.splitlines()
    assert len(lines) < 27
    assert max(map(len, lines)) < 100
    assert "subject (hide): top1, 20 people, chance .05" in lines
    assert "  before       features      .97 [.92, 1.00] #|##################.  null .05" in lines
    assert sum("leaks take" in line for line in lines) == 1
    assert "subject (hide): top1 .97 [.92, 1.00], chance .05, null .07, by features (before)" in lines
    assert lines[lines.index("where subject lives: each channel alone / within what is kept, chance .05") + 1] == \
        "  bone lengths   .80 /  .90 #|#################.."
    assert "subject: a planted signature (turned bone) is found from 3 degrees on" in lines
    assert "subject: a planted signature (trembling) was not found even at 8 mm" in lines
    assert "subject: learned from a share of the training recordings: .30 from .50, .40 from 1.00" in lines
    assert lines[-1] == "not tried: seed 2 of msg3d: --minutes 5"
    assert table(Scorecard("audit")) == ""


def test_a_large_table_shows_the_strongest_attack_of_each_threat():
    cells = [cell("subject", threat, attack, 0.05 + number / 10) for threat in ("before", "naive", "adaptive", "paired")
             for number, attack in enumerate("abcdefgh")]
    told = table(Scorecard("evaluate", cells=cells)).splitlines()
    assert len(told) == 5
    assert all(" h " in line for line in told[1:])
    assert len(table(Scorecard("evaluate", cells=cells[:24])).splitlines()) == 25


def test_a_full_screen_shows_those_that_may_stand_for_a_threat():
    """Recordings of a person put together tell more than one does, and are never the headline."""
    cells = [cell("subject", "adaptive", "features", 0.5, judge=f"{number}") for number in range(30)]
    cells.append(cell("subject", "adaptive", "pool", 1.0, judge="all"))
    told = table(Scorecard("evaluate", cells=cells)).splitlines()
    assert [line for line in told if line.startswith("  adaptive")] == [line for line in told if " .50 " in line]


def test_bars_and_digits():
    assert bar(0, 0) == "|...................."
    assert bar(0.5, 0.25) == "#####|#####.........."
    assert bar(1, 1) == "####################|"
    assert [digits(share) for share in (0.051, 1, 0, None)] == [".05", "1.00", ".00", "-"]


def test_a_score_in_its_place():
    found = CellScore.of(Score("top1", 0.5, 0.4, 0.6, 0.1, None, 100, 10, 2, True), label="action", role="keep",
                         threat="naive", attack="classify", judge="tcn", split="person", minutes=1.5)
    assert (found.rate, found.null, found.seeds, found.minutes, found.null_away) == (0.5, None, 2, 1.5, True)
    assert found.learned
    assert not found._replace(low=0.05).learned
    assert found._replace(metric="eer", high=0.05).learned
