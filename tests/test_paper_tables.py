"""paper_tables: that its rows are the paper's, and that a release is asked about as an attacker would, on tiny data."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeleton.answers import Answers
from maskeleton.score import score
from maskeleton.splits import three_parts

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
sys.path.insert(0, str(RECIPES))
playing = importlib.import_module("playing")
paper_tables = importlib.import_module("paper_tables")

BRIEF = {"frames": 8, "epochs": 1, "least_steps": 0, "widths": (8, 8)}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sixteen people in three actions, networks that learn for a moment."""
    dataset = paper_tables.synthetic("etri", {"people": 16, "actions": 3, "takes": 1, "cameras": 1})
    changes = {**paper_tables.NETWORKS, "frames": 8, "epochs": 2, "keeper.epochs": 1, "seeker.epochs": 1,
               "keeper.widths": "8,8", "seeker.widths": "8,8"}
    parts = three_parts(dataset, "gender", None, folds=1)[0]
    return playing.Stage(dataset, parts, "gender", changes, "tcn", BRIEF, tmp_path_factory.mktemp("work"))


def test_all_rows_of_the_paper_are_there() -> None:
    told = {name: [row.paper for row in paper_tables.rows_of(name, True)]
            for name in ("table3", "table5", "figure3", "identity")}
    assert [len(rows) for rows in told.values()] == [11, 6, 6, 5]
    assert told["identity"][1::2] == ["– .8602 .0603", "– .9175 .0420"]
    assert told["table3"][3] == ".0100 .8445 .6792"
    assert told["table3"][-1] == ".0565 .8425 .5703"
    assert told["table5"][3] == ".0557 .8570 .4410"
    assert told["figure3"][2] == told["table3"][8]


def test_in_little_the_sweep_keeps_the_proportions_of_its_weights() -> None:
    names = [row.name for row in paper_tables.rows_of("table5", True)]
    assert names[1] == "privacy 0.0333, fidelity 0.0333 (here 0.333, 248.507)"
    assert names[5] == "privacy 0.3, fidelity 0.0067 (here 3, 50)"


def test_pictures_of_two_recordings_without_gender_and_of_one_without_a_name(stage: Any, tmp_path: Path,
                                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_tables, "played", lambda preset, small: lambda stage: stage.noise(0.05, "sequence"))
    paper_tables.make("figure6", [stage, replace(stage, hide="subject")], True, tmp_path)
    assert {path.name.partition("-one")[0].partition("-two")[0] for path in tmp_path.iterdir()} == {
        "figure6-1", "figure6-2", "figure6-3", "figure6.md"}
    assert len(list(tmp_path.glob("figure6-*"))) == 3 * 2 * 3  # recordings, widths, kinds of file
    assert len((tmp_path / "figure6.md").read_text().split("figure 6, ")) == 3
    assert paper_tables.TABLES["figure5"] == ("ntu",)  # the paper's curves are of identity


def test_noise_moves_coordinates_by_its_sigma_and_nothing_by_nothing(stage: Any) -> None:
    tested = stage.seen.select(stage.half.test)
    assert playing.moved(stage.noise(0.05, "sequence"), tested) == pytest.approx(0.05, rel=0.02)
    assert playing.moved(None, tested) == 0
    assert playing.released(None, tested) is tested


def test_no_part_of_a_stage_is_in_another(stage: Any) -> None:
    people = [set(stage.dataset.labels["subject"][rows].tolist()) for rows in stage.parts[:3]]
    assert not people[0] & people[1]
    assert not people[0] & people[2]
    assert not people[1] & people[2]
    assert stage.seen.ids == [stage.dataset.ids[row] for part in stage.parts[1:3] for row in part]


def test_a_frozen_judge_learned_from_originals_and_is_asked_about_the_release(stage: Any) -> None:
    release = playing.released(stage.noise(0.5, "sequence"), stage.seen)
    before, after = (stage.asked(one, "gender", playing.FROZEN) for one in (stage.seen, release))
    assert before.ids == after.ids == tuple(stage.seen.select(stage.half.test).ids)
    assert not np.allclose(before.scores, after.scores)
    page = (stage.frozen("gender") / "model.json").read_text()
    assert all(hash in page for hash in stage.dataset.select(stage.parts.judge).hashes)
    assert not any(hash in page for hash in stage.dataset.select(stage.parts.anonymizer).hashes)


def test_a_row_has_every_column_and_figures_show_what_was_asked(stage: Any) -> None:
    row = paper_tables.Row("adversarial", ".1 .2 .3", paper_tables.played("etri-res-adv", True, keepers=1, seekers=1))
    found = paper_tables.measured(row, stage)
    columns = paper_tables.printed(row, found, stage).strip("| ").split(" | ")
    assert columns[:4] == ["adversarial", ".1", ".2", ".3"]
    assert len(columns) == 5 + len(paper_tables.columns(stage))
    assert 0 < found.rmse < 1
    assert found.rate("gender", "features", "auc") >= 0.5
    lines = paper_tables.against(stage, [(0.1, found)])
    assert [line.dots[0].y for line in lines] == [
        found.scores["action", "frozen", "top1"].rate, found.scores["gender", "frozen", "balanced_accuracy"].rate,
        found.rate("gender", "tcn", "auc")]
    again = row.mask(stage)  # from the folder: nothing is trained twice
    assert again.hash == row.mask(stage).hash
    assert len(again.curves) == 2


def test_what_is_always_wrong_tells_as_much_as_what_is_always_right() -> None:
    there = np.arange(8) % 2
    scores = np.stack([there, 1 - there], 1).astype(np.float32)
    wrong = Answers(np.arange(8), there, scores, np.zeros(8, np.int64), np.zeros(8, np.int64))
    assert score(wrong, "auc").rate == 0
    assert playing.sign_free(score(wrong, "auc").rate) == 1
    np.testing.assert_array_equal(paper_tables.likely(wrong), 0)


def test_an_unknown_table_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        paper_tables.main(["table9"])
    assert "table9" in capsys.readouterr().err
