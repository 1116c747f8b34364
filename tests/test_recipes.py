"""recipes: what their functions print of tiny data whose answers are known, and what they say where data is missing."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from maskeleton import store
from maskeleton.answers import Answers
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.presets import chosen
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.skeleton import KINECT25

from people import stepping

RECIPES = Path(__file__).resolve().parents[1] / "recipes"


sys.path.insert(0, str(RECIPES))
asking = importlib.import_module("asking")
real_audits = importlib.import_module("real_audits")
paper_leaks = importlib.import_module("paper_leaks")
ladder = importlib.import_module("ladder")
membership, neutral_frontier, preset_leaks, real_tables, temporal = map(
    importlib.import_module, ("membership", "neutral_frontier", "preset_leaks", "real_tables", "temporal"))


def telling(people: int = 9, takes: int = 3) -> MotionDataset:
    """People whose bodies differ by centimetres and recordings by millimetres, in three actions that differ by speed."""
    motions = []
    rng = np.random.default_rng(0)
    for person in range(people):
        shape = np.random.default_rng(person).normal(0, 0.03, (25, 3))
        for action in range(3):
            for take in range(takes):
                body = stepping(24, speed=0.01 * action) + shape + rng.normal(0, 0.002, (24, 25, 3))
                labels = {"subject": person + 1, "action": ("a1", "a2", "a3")[action], "repetition": take + 1,
                          "camera": take + 1, "gender": ("f", "m")[person // 3 % 2]}
                motions.append(Motion.of(body.astype(np.float32), f"r{len(motions)}", labels))
    return MotionDataset.of(KINECT25, 30, motions)


def columns(line: str) -> list[str]:
    return [word.strip() for word in line.strip("| ").split("|")]


def test_a_row_says_who_was_recognized_beside_chance_and_null(tmp_path: Path) -> None:
    question = asking.Question("subject", "features", by="repetition:1-2", null=True)
    told, notes = real_audits.line(real_audits.Row("mine", "identity", question, 0.9), telling(), tmp_path)
    row = dict(zip(real_audits.HEAD, columns(told), strict=True))
    assert (row["data"], row["judge"], row["metric"], row["goal"]) == ("mine", "features", "top1", "≥ 0.9")
    assert float(row["rate [low, high]"].split()[0]) > 0.9
    assert (row["chance"], row["tested"], row["people"], row["seeds"]) == ("0.111", "27", "9", "1")
    assert float(row["null"]) < 0.5
    assert not notes


def test_cameras_of_one_take_on_both_sides_are_said(tmp_path: Path) -> None:
    question = asking.Question("action", "features", by="camera:1,2")
    once = telling(takes=1)
    filmed = [motion._replace(labels={**once.told(row), "repetition": 1, "camera": camera}, id=f"{motion.id}-{camera}",
                              positions=motion.positions + np.float32(camera / 1000))
              for row, motion in enumerate(once) for camera in (1, 2, 3)]
    dataset = MotionDataset.of(KINECT25, 30, filmed)
    told, notes = real_audits.line(real_audits.Row("mine", "actions", question), dataset, tmp_path)
    assert columns(told)[4].startswith("1.000")
    assert notes == ["stands on both sides: take"]


def test_judges_who_answer_together(tmp_path: Path) -> None:
    brief = {"frames": 8, "epochs": 1, "least_steps": 0, "widths": (8, 8)}
    question = asking.Question("action", "classify", "tcn", "repetition:1-2", brief)
    row = real_audits.Row("mine", "actions", question, beside=(question._replace(judge="tcn:bone"),))
    told, _ = real_audits.line(row, telling(), tmp_path)
    assert columns(told)[2] == "classify tcn + classify tcn:bone"
    each = [asking.found(one, telling(), tmp_path) for one in (question, *row.beside)]
    both = asking.together(each).answers
    product = each[0].answers.scores * each[1].answers.scores
    np.testing.assert_allclose(np.exp(2 * both.scores), product, rtol=1e-3, atol=1e-6)
    assert len(list(tmp_path.iterdir())) == 2  # each was taught once, and then read


def test_logarithms_are_not_taken_twice() -> None:
    probable = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    there = np.zeros(2, np.int64)
    answers = [Answers(there, there, scores, there, there) for scores in (probable, np.log(probable))]
    each = [asking.Found(one, None, 1.0, ()) for one in answers]
    got = asking.together(each)
    np.testing.assert_allclose(got.answers.scores, np.log(probable), rtol=1e-6)
    assert got.minutes == 2


def test_a_row_that_cannot_be_measured_is_named_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = asking.Question("action", "features", by="repetition:1-2")
    rows = {"gone": real_audits.Row("gone", "actions", question), "here": real_audits.Row("here", "actions", question)}
    monkeypatch.setattr(real_audits, "ROWS", rows)
    monkeypatch.setattr(real_audits, "read", lambda path: telling() if path.stem == "here" else read_nothing(path))
    assert real_audits.table(["gone", "here"], tmp_path, 1, tmp_path / "cells") == 1
    told = capsys.readouterr().out
    assert "gone: not measured: gone.npz is not there" in told
    assert "| here | actions | features |" in told


def read_nothing(path: Path) -> MotionDataset:
    raise UserError(f"{path.name} is not there", "give it")


def test_without_data_it_is_skipped_in_words(capsys: pytest.CaptureFixture[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKELETON_DATA", raising=False)
    for recipe in (real_audits, ladder):
        assert recipe.main([]) == 0
        assert capsys.readouterr().out.startswith("skipped: MASKELETON_DATA")


def test_a_row_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        real_audits.main(["ucla"])
    assert refused.value.code == 2
    assert "there is no row ucla; there are: nwucla-action" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        ladder.main(["ucla"])
    assert "there is no data ucla; there are: kindergator, utdmhad" in capsys.readouterr().err


def test_the_ladder_has_a_row_for_each_threat_and_says_what_was_not_tried(capsys: pytest.CaptureFixture[str]) -> None:
    def cell(threat: str, attack: str, judge: str, metric: str, rate: float, split: str = "take") -> CellScore:
        return CellScore("subject", "hide", threat, attack, judge, split, (), metric, rate, rate - 0.1, rate + 0.1, 0.1,
                         0.11, 80, 8, 1)

    card = Scorecard("evaluate", {"people": 8, "recordings": 80}, cells=[
        cell("adaptive", "features", "", "top1", 0.5), cell("adaptive", "pool", "features, 2", "top1", 0.6),
        cell("adaptive", "match", "features", "rank1", 0.3, "open set"), cell("adaptive", "match", "features", "rank1", 0.9),
        cell("twice", "link", "", "rank1", 0.4, "all")],
        costs=[{"threat": "adaptive", "knows": "who", "recordings": 60, "minutes": 0.25}],
        motion=[{"metric": "mpjpe_root_undone", "unit": "mm", "value": 17.0}], not_tried=["threat analytic: no inverse"])
    ladder.tell("here", "noise", 4, card)
    told = capsys.readouterr().out
    assert "| adaptive | .50 [.40, .60] | .11 | .60 / – / – | .30 [.20, .40] | – | – | 0.2 | 60 |" in told
    assert "undone by pairs to 17 mm" in told
    assert "found in the other, rank1: .40 [.30, .50]" in told
    assert "not tried: threat analytic: no inverse" in told


def questions() -> list[tuple[str, object]]:
    rows = [(name, one) for name, row in real_audits.ROWS.items() for one in (row.question, *row.beside)]
    return rows + [(figure.table, figure.question) for small in (True, False) for figure in paper_leaks.figures(small)]


@pytest.mark.parametrize(("name", "question"), questions())
def test_every_judge_takes_the_options_it_is_given(name: str, question: "asking.Question") -> None:
    if question.attack != "classify":
        assert not question.options
        return
    network = question.judge.partition(":")[0]
    teaching, own = chosen(network, CLASSIFIERS[network], set=question.options)
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in question.options.items()}
    assert given.items() <= {**teaching, **own}.items()


def test_networks_are_taught_as_published_unless_small() -> None:
    full = {figure.question.judge: figure.question.options for figure in paper_leaks.figures(False)}
    assert {(options["frames"], options["optimizer"], options["slots"]) for options in full.values()} == {(300, "sgd", 2)}
    assert not any("widths" in options for options in full.values())
    small = [figure.question.options for figure in paper_leaks.figures(True)]
    assert all(max(options["widths"]) <= 48 and options["frames"] == 32 for options in small)


def test_the_papers_data_is_read_where_it_is(tmp_path: Path) -> None:
    store.write(telling(), tmp_path / "ntu")
    dataset, said = paper_leaks.people("ntu", tmp_path, small=True)
    assert len(dataset) == 81
    assert said == f"ntu: {tmp_path / 'ntu'}, 81 recordings"


def test_people_who_do_not_exist_stand_in_and_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paper_leaks.SMALL_SIZES, "etri", {"people": 2, "actions": 2, "takes": 1, "cameras": 2})
    dataset, said = paper_leaks.people("etri", tmp_path, small=True)
    assert len(dataset) == 8
    assert "so not the paper's data but 8 synthetic recordings (2 people, 2 actions, 1 takes, 2 cameras)" in said


def test_the_whole_report(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every figure of every network, each taught for a moment."""
    monkeypatch.setattr(paper_leaks, "people", lambda name, folder, small: (telling(), f"{name}: nine people"))
    brief = {"frames": 8, "epochs": 1, "least_steps": 0}
    monkeypatch.setattr(paper_leaks, "SMALL", {
        "msg3d": {"widths": (12,), "scales": 2, "windows": (3,), "window_scales": 2, **brief},
        "shiftgcn": {"widths": (8,), **brief}, "agcn": {"widths": (8,), **brief}})
    paper_leaks.report(None, True, tmp_path)
    told = capsys.readouterr().out.splitlines()
    rows = [columns(line) for line in told if line.startswith("|")][2:]
    assert [row[0] for row in rows].count("three networks, gender") == 3
    assert [row[:4] for row in rows if row[2] == "agreement"] == [
        ["table 1, gender", "msg3d", "agreement", ".89–.91"], ["table 2, actions", "msg3d", "agreement", ".93–.94"]]
    table1 = rows[0]
    assert table1[2] == "accuracy"
    assert len(table1[4].split()) == 4
    mean = next(row for row in rows if row[0] == "three networks, identity: mean")
    each = [float(row[4]) for row in rows if row[0] == "three networks, identity"]
    assert float(mean[4]) == pytest.approx(sum(each) / 3, abs=1e-4)


@pytest.mark.parametrize("recipe", [neutral_frontier, temporal], ids=lambda recipe: recipe.__name__)
def test_what_is_wrong_is_said(recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("MASKELETON_DATA", raising=False)
    assert recipe.main(["kindergator"]) == 2
    assert "MASKELETON_DATA" in capsys.readouterr().err
    assert recipe.main(["nobody"]) == 2
    assert "there is no table of nobody" in capsys.readouterr().err


@pytest.mark.parametrize(("recipe", "words", "says"), [
    (membership, ["kindergator", "--set", "blend"], "--set blend is no pair"),
    (membership, ["kindergator", "--set", "blend=half"], "--set blend=half is no number"),
    (temporal, ["kindergator", "--set", "frames"], "--set frames is no pair"),
    (real_tables, ["kindergator", "--set", "epochs"], "--set epochs is no pair"),
    (preset_leaks, ["etri", "--set", "slack"], "--set slack is no pair"),
])
def test_an_option_that_is_no_pair_is_said(
    recipe: ModuleType, words: list[str], says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MASKELETON_DATA", str(tmp_path))
    assert recipe.main(words) == 2
    assert says in capsys.readouterr().err
