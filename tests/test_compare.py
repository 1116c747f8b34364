"""compare: releases side by side, which are beaten, what is best at equal risk; and settings found by a target."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_audit import people

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.cli import main
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import Mask, built_of, load, save, usual_options
from maskeleton.page.versus import page, picture, write_pictures
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.skeleton import KINECT25
from maskeleton.standing import at_risk, beaten, points, standings
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.compare import compare
from maskeleton.verbs.report import report
from maskeleton.verbs.targeting import (
    STRENGTHS,
    Reached,
    Setting,
    Weighed,
    ladder_of,
    refuse_targets,
    training_people,
    weakest,
    weighed,
)
from maskeleton.verbs.train import train

ROW = ("label", "role", "metric", "rate", "low", "high", "chance", "null")
LINEAR = {"attacks": ["features"], "set": {"trees": "no"}, "seeds": 1, "nulls": False}


# ── standing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def cell(label: str, role: str, threat: str, rate: float, release: str = "") -> CellScore:
    return CellScore(label, role, threat, "features", "", "take", (), "top1", rate, rate - 0.05, min(rate + 0.05, 1), 0.1, 0.1,
                     90, 9, 1, release=release)


def card_of(told: dict[str, tuple[float, float]]) -> Scorecard:
    """Releases by how often subjects are told in them, and how often actions are; the original: .9 and .8."""
    card = Scorecard("compare", cells=[cell("subject", "hide", "before", 0.9), cell("action", "keep", "before", 0.8)])
    for name, (risk, kept) in told.items():
        card.cells += [cell("subject", "hide", "adaptive", risk, name), cell("action", "keep", "adaptive", kept, name)]
        for one in card.cells[-2:]:
            row: dict[str, Any] = {key: getattr(one, key) for key in ROW}
            card.headline.append({**row, "by": one.by, "release": name, **({"before": 0.8} if one.role == "keep" else {})})
    return card


TOLD = {"good": (0.3, 0.76), "bad": (0.4, 0.7), "blind": (0.1, 0.2), "nothing": (0.85, 0.88)}


def test_points_are_releases_beside_the_original():
    found = {point.release: point for point in points(card_of(TOLD), "subject")}
    assert list(found) == ["original", "nothing", "bad", "good", "blind"]
    assert found["good"].kept["action"].rate == pytest.approx(0.95)
    assert found["good"].kept["action"].low == pytest.approx(0.71 / 0.8)
    assert found["nothing"].kept["action"].rate == 1.0  # more than all counts as all
    assert (found["original"].risk.rate, found["original"].kept["action"].rate) == (0.9, 1.0)
    assert found["original"].chance == 0.1


def test_who_is_no_better_in_anything_is_beaten():
    assert beaten(points(card_of(TOLD), "subject")) == {"bad": "good"}
    twins = {"one": (0.3, 0.7), "two": (0.3, 0.7)}
    assert beaten(points(card_of(twins), "subject")) == {}


def test_at_equal_risk_who_keeps_most_is_named():
    found = list(at_risk(points(card_of(TOLD), "subject"), "action"))
    assert [(round(level, 2), best.release) for level, best in found] == [(0.15, "blind"), (0.35, "good"), (0.9, "nothing")]


def test_it_is_told_on_one_screen_and_on_a_page(tmp_path):
    card = card_of(TOLD)
    card.warnings, card.not_tried = ["look <here>"], ["nothing"]
    text = standings(card)
    assert "bad       .40 [.35, .45]" in text
    assert "(beaten by good)" in text
    assert "told in at most .35 of it, the interval's upper end: most of action is kept by good (.95)" in text
    made = write_pictures(card, tmp_path)
    assert [path.name for path in made] == ["subject-action.svg", "compare.html"]
    assert "look &lt;here&gt;" in page(card)
    drawn = picture(points(card, "subject"), "subject", "action")
    assert drawn.count("<circle") == 5
    assert drawn.count('stroke="#b8c0ca"') == 1


def test_a_report_of_it_is_its_page_without_what_is_the_owner_s(tmp_path):
    card = card_of(TOLD)
    card.warnings = ["/home/lab/data is small"]
    card.data = {"name": "walks", "content_id": "c" * 32}
    card.write(tmp_path / "run")
    told = report(tmp_path / "run", tmp_path / "report.html", figures=tmp_path / "figures").read_text()
    assert "walks and what was made of it" in told
    assert all(name in told for name in TOLD)
    assert "/home/lab" not in told
    assert "c" * 32 not in told
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["subject-action.svg"]
    (tmp_path / "figures" / "subject-action.svg").write_text("somebody's own")
    with pytest.raises(UserError, match="is there already"):
        report(tmp_path / "run", tmp_path / "again.html", figures=tmp_path / "figures")
    assert not (tmp_path / "again.html").exists()
    owner = report(tmp_path / "run", tmp_path / "mine.html", show_originals=True).read_text()
    assert "/home/lab" in owner


# ── the verb ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people whom anybody tells, two releases of them: as they are, and much noise."""
    here = tmp_path_factory.mktemp("compared")
    store.write(people(0.03, 6, 2, 3), here / "data")
    anonymize(here / "data", here / "same", mask="noise", set={"sigma": "0"}, seed=1)
    anonymize(here / "data", here / "noisy", mask="noise", set={"sigma": "3"}, seed=1)
    return here


def test_releases_are_asked_the_same_and_the_original_once(folder, tmp_path):
    few = store.open(folder / "noisy")
    store.write(few.select(range(2, len(few))), tmp_path / "fewer")
    run = tmp_path / "run"
    card = compare(folder / "data", [folder / "same", tmp_path / "fewer"], keep=[], hide=["subject"], out=run,
                   threats=["before", "adaptive"], **LINEAR)
    found = {point.release: point for point in points(card, "subject")}
    assert found["same"].risk.rate == found["original"].risk.rate > 0.9
    assert found["fewer"].risk.rate < 0.5
    asked = [path.name for path in (run / "cells").iterdir()]
    assert sum("-before-" in name for name in asked) == 2  # two judges, whichever release stands beside
    assert sum("-adaptive-" in name for name in asked) == 4
    assert any(said.startswith("2 of 36 recordings are not in every release") for said in card.warnings)
    told = json.loads((run / "results.json").read_text())
    assert {row["release"] for row in told["cells"]} == {"", "same", "fewer"}
    assert [one["name"] for one in told["data"]["releases"]] == ["same", "fewer"]
    assert Scorecard.read(run).cells == card.cells
    assert (run / "run.json").exists()
    with pytest.raises(UserError, match="is there already"):
        compare(folder / "data", [folder / "same", folder / "noisy"], keep=[], hide=["subject"], out=run)


@pytest.mark.parametrize(("released", "words", "says"), [
    (["same"], {}, "1 release cannot be compared"),
    (["same", "same"], {}, "two things are called"),
    (["same", "noisy"], {"masks": {"other": "m"}}, "no release is called so"),
    (["same", "noisy"], {"hide": ["mood"]}, "no label 'mood'"),
    (["same", "noisy"], {"threats": ["magic"]}, "magic"),
    (["same", "noisy"], {"keep": ["subject"]}, "kept and hidden"),
])
def test_what_cannot_be_compared_is_refused_and_nothing_is_written(folder, tmp_path, released, words, says):
    with pytest.raises(UserError, match=says):
        compare(folder / "data", [folder / name for name in released], out=tmp_path / "run",
                **{"keep": ["action"], "hide": ["subject"], **words})
    assert not (tmp_path / "run").exists()


# ── a target ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked_of(risks: list[float]) -> tuple[list[Setting], Any, list[int]]:
    """Settings with these risks, and which of them were tried."""
    tried: list[int] = []

    def weigh(setting: Setting) -> Weighed:
        place = int(setting.options["k"])
        tried.append(place)
        if risks[place] < 0:
            raise UserError("k is more than there are", "")
        return Weighed(setting, risks[place], "")

    return [Setting({"k": place}) for place in range(len(risks))], weigh, tried


@pytest.mark.parametrize(("risks", "target", "place", "most"), [
    ([0.9, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1], 0.45, 3, 4),
    ([0.9, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1], 0.1, 6, 4),
    ([0.2], 0.3, 0, 1),
    ([0.9, 0.5, 0.3, -1, -1], 0.5, 1, 5),
    ([0.9, 0.7, 0.6, 0.8], 0.5, 2, 3),
])
def test_the_weakest_setting_that_does_it_is_found_by_few(risks, target, place, most):
    settings, weigh, tried = asked_of(risks)
    found, count = weakest(settings, weigh, target)
    assert found.setting.options["k"] == place
    assert len(tried) <= most
    assert count <= len(tried)


def test_where_no_setting_can_be_tried_it_says_why():
    settings, weigh, _ = asked_of([-1, -1])
    with pytest.raises(UserError, match="k is more than there are"):
        weakest(settings, weigh, 0.5)


@pytest.mark.parametrize("name", ANONYMIZERS)
def test_every_rung_of_a_ladder_can_be_built(name):
    for rung in ANONYMIZERS[name].ladder:
        assert rung.keys() <= usual_options(name).keys()
        built_of(name, KINECT25, rung)
    assert len(ladder_of(name, {})) == max(1, len(ANONYMIZERS[name].ladder))


def test_what_was_set_stays_set_on_every_rung():
    assert [setting.options for setting in ladder_of("lowpass", {"rate": "2"})] == [{"rate": "2"}]
    assert all(setting.options["swing"] == "0.5" for setting in ladder_of("ksame", {"swing": "0.5"}))


def test_settings_are_found_on_every_second_person_or_on_what_a_model_learned_from(tmp_path):
    dataset = people(0.03, 16, 2, 2)
    rows = training_people(dataset, "noise")
    assert len({*dataset.labels["subject"][rows].tolist()}) == 8
    assert len(rows) == len(dataset) / 2
    few = dataset.select(np.flatnonzero(np.isin(dataset.labels["subject"], np.unique(dataset.labels["subject"])[:15])))
    assert len(training_people(few, "noise")) == len(few) / 15 * 8
    fewer = few.select(np.flatnonzero(np.isin(few.labels["subject"], np.unique(few.labels["subject"])[:14])))
    assert len(training_people(fewer, "noise")) == len(fewer)


@pytest.mark.parametrize(("words", "says"), [
    ((0.0, None, ["subject"]), "cannot be"), ((1.0, None, ["subject"]), "cannot be"), ((0.3, 0.5, ["subject"]), "looked for"),
    ((0.3, None, []), "--hide"), ((None, None, ["subject"]), "--target-risk"),
])
def test_targets_that_make_no_sense(words, says):
    with pytest.raises(UserError, match=says):
        refuse_targets(*words)


@pytest.fixture
def by_sigma(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attackers who take no time: of noise with sigma 0 all is told, with 1 little and with 2 a little less; the action
    goes with it."""
    def evaluate(original: Path, released: Path, **words: Any) -> Scorecard:
        sigma = store.open(released).history[-1]["options"]["sigma"]
        assert released.parent == original.parent
        assert words["keep"] == ["action"]
        card = card_of({"": {0.0: (0.9, 0.8), 1.0: (0.3, 0.6), 2.0: (0.25, 0.4)}[sigma]})
        for row in card.headline:
            row |= {"of_original": row["rate"] / 0.8} if row["role"] == "keep" else {}
        return card

    monkeypatch.setattr("maskeleton.verbs.targeting.evaluate", evaluate)
    monkeypatch.setattr(ANONYMIZERS["noise"], "ladder", ({"sigma": 0.0}, {"sigma": 1.0}, {"sigma": 2.0}))


@pytest.mark.usefixtures("by_sigma")
def test_a_target_is_met_by_the_weakest_and_one_that_cannot_be_says_the_best(folder, tmp_path, capsys):
    made = anonymize(folder / "data", tmp_path / "met", mask="noise", target_risk=0.4, hide=["subject"], seed=1).dataset
    told = made.history[-1]
    assert told["options"] == {"sigma": 1}
    assert told["target"] == ("sigma=1.0: subject told in .30 [.25, .35], action kept to .75 of the original's, found on 6 "
                              "people, whom it is then used for, too, 3 settings tried")
    with pytest.raises(SystemExit) as end:
        main(["anonymize", str(folder / "data"), str(tmp_path / "no"), "--with", "noise", "--target-risk", ".2", "--hide",
              "subject"])
    assert end.value.code == 2
    wrong, remedy = capsys.readouterr().err.splitlines()
    assert wrong.startswith("error: no setting of noise brings subject to .20; the best is sigma=2.0: subject told in .25 "
                            "[.20, .30], action kept to .50 of the original's")
    assert remedy == "  try: ask for .30 or more, or take another anonymizer"
    assert not list(tmp_path.glob("no*"))


def test_where_nobody_knows_the_originals_a_target_means_nothing():
    card = card_of({"": (0.1, 0.5)})
    card.cells[0] = card.cells[0]._replace(rate=0.12, low=0.05)
    with pytest.raises(UserError, match="nobody recognizes subject on the originals"):
        weighed(Setting({}), card, ["subject"])


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training that takes no time: an anonymizer as it begins."""
    def trained(dataset: MotionDataset, keep: Any, hide: Any, **words: Any) -> Mask:
        mask = Mask(built_of("residual", dataset.skeleton, {}).eval(), "residual", keep=list(keep), hide=list(hide))
        save(mask, words["out"])
        return mask

    monkeypatch.setattr("maskeleton.verbs.train.trained", trained)


@pytest.mark.usefixtures("taught")
def test_a_model_remembers_how_strongly_it_is_to_be_used(folder, tmp_path, monkeypatch):
    def reach(dataset: MotionDataset, mask: Any, *words: Any, **more: Any) -> Reached:
        assert load(mask).net.strength == 1
        return Reached(Setting({}, 0.75), "found")

    monkeypatch.setattr("maskeleton.verbs.train.reach", reach)
    train(folder / "data", tmp_path / "m", keep=["action"], hide=["subject"], anonymizer="residual", target_risk=0.3)
    assert load(tmp_path / "m").net.strength == 0.75
    made = anonymize(folder / "data", tmp_path / "r", mask=tmp_path / "m", seed=1).dataset
    assert made.history[-1]["strength"] == 0.75
    assert [setting.strength for setting in ladder_of(tmp_path / "m", {})] == list(STRENGTHS)
    page = json.loads((tmp_path / "m" / "model.json").read_text())
    (tmp_path / "m" / "model.json").write_text(json.dumps({**page, "strength": "much"}))
    with pytest.raises(UserError, match="a strength of 'much' makes no sense"):
        load(tmp_path / "m")


@pytest.mark.usefixtures("taught")
@pytest.mark.parametrize("anonymizer", ["residual", "bones"])
def test_a_training_that_cannot_reach_its_target_keeps_nothing(folder, tmp_path, monkeypatch, anonymizer):
    def reach(*words: Any, **more: Any) -> Any:
        raise UserError("no setting brings it there", "ask for more")

    monkeypatch.setattr("maskeleton.verbs.train.reach", reach)
    with pytest.raises(UserError, match="no setting brings it there"):
        train(folder / "data", tmp_path / "m", keep=["action"], hide=["subject"], anonymizer=anonymizer, target_risk=0.3)
    assert not list(tmp_path.iterdir())


def test_what_only_prepares_is_prepared_as_was_found(folder, tmp_path, monkeypatch):
    def reach(*words: Any, **more: Any) -> Reached:
        return Reached(Setting({"rate": "2.0"}), "found")

    monkeypatch.setattr("maskeleton.verbs.train.reach", reach)
    train(folder / "data", tmp_path / "m", keep=["action"], hide=["subject"], anonymizer="lowpass", target_risk=0.3)
    assert load(tmp_path / "m").net.options == {"rate": 2.0}
