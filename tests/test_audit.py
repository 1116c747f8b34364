"""audit: a label written into the motion is found, one that is not there stays at chance, and nothing is made up."""

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from maskeleton import store
from maskeleton.answers import Answers
from maskeleton.attacks.match import likeness
from maskeleton.attacks.pool import assigned, pooled
from maskeleton.attacks.taught import taught
from maskeleton.battery import Asked, Unit, left_out, units_of
from maskeleton.calibrate import SIGNATURES, planted, smallest_found, strangers
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.recognize import Cell, innocent
from maskeleton.scorecard import Scorecard
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.audit import audit
from maskeleton.verbs.convert import convert
from maskeleton.verdict import table

from people import stepping


def people(tell: float, count: int = 10, actions: int = 4, takes: int = 4) -> MotionDataset:
    """People whose joints stand elsewhere by `tell` metres, and who differ in nothing else; actions differ by speed."""
    rng = np.random.default_rng(0)
    motions = []
    for person in range(count):
        for action in range(actions):
            for take in range(takes):
                body = stepping(24, speed=0.01 * action) + rng.normal(0, 0.002, (24, 25, 3)).astype(np.float32)
                body += np.random.default_rng(person).normal(0, tell, (25, 3)).astype(np.float32)
                labels = {"subject": f"p{person}", "action": f"a{action}", "repetition": take + 1,
                          "gender": ("f", "m")[person % 2]}
                motions.append(Motion.of(body, f"r{rng.integers(1 << 60)}", labels))
    return MotionDataset.of(KINECT25, 30, motions)


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("leaky") / "s"
    store.write(people(0.03), folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "s"
    store.write(people(0.03, count=8, actions=2, takes=2), folder)
    return folder


def cell(card: Scorecard, label: str, attack: str, judge: str = "") -> dict[str, object]:
    found, = (one for one in card.cells if (one.label, one.attack, one.judge) == (label, attack, judge)
              and one.metric in ("top1", "auc"))
    return found._asdict()


def test_a_label_in_the_motion_is_found_and_written_down(leaky: Path, tmp_path: Path) -> None:
    card = audit(leaky, hide=["subject"], attacks=["features", "side"], seeds=1, out=tmp_path / "run")
    assert cell(card, "subject", "features")["rate"] > 0.9
    assert cell(card, "subject", "side", "recording")["low"] <= 0.1  # nothing but the motion tells
    top, = (row for row in card.headline if row["label"] == "subject")
    assert top["by"]["attack"] in ("features", "assign")
    assert len(card.people) >= 10
    assert {row["kind"] for row in card.limits} == set(SIGNATURES)
    assert [row["share"] for row in card.learning] == [0.25, 0.5, 1.0]
    again = Scorecard.read(tmp_path / "run")
    assert again.cells == card.cells
    assert "subject (hide): top1" in table(again)
    with pytest.raises(UserError, match="is there already"):
        audit(leaky, hide=["subject"], attacks=["side"], seeds=1, out=tmp_path / "run")


def test_people_who_differ_in_nothing_are_at_chance(tmp_path: Path) -> None:
    store.write(people(0.0), tmp_path / "s")
    card = audit(tmp_path / "s", hide=["subject"], attacks=["features"], seeds=1)
    innocent_cell = cell(card, "subject", "features")
    assert innocent_cell["low"] <= innocent_cell["chance"] <= innocent_cell["high"] + 0.05
    assert any("not found" in warning or "proof" in warning for warning in card.warnings)


def test_a_network_finds_it_too_and_its_null_does_not(leaky: Path) -> None:
    card = audit(leaky, hide=["subject"], keep=[], attacks=["classify"], seeds=1, set={"epochs": "12", "frames": "16"})
    found = cell(card, "subject", "classify", "tcn")
    assert found["rate"] > 0.5
    assert found["null"] < 0.35


@pytest.mark.parametrize(("asked", "said"), [
    ({"hide": ["shoe size"]}, "there is no label 'shoe size'"),
    ({"hide": ["camera"]}, "there is no label 'camera'"),
    ({"hide": ["subject"], "keep": ["subject"]}, "subject cannot be kept and hidden"),
    ({"hide": ["subject"], "attacks": ["guess"]}, "there is no attack 'guess'"),
    ({"hide": ["subject"], "judges": ["oracle"]}, "there is no judge 'oracle'"),
    ({"hide": ["subject"], "by": "person"}, "no subject is in both halves"),
    ({"hide": ["subject"], "judges": ["tcn:xray"]}, "there is no input of a judge 'xray'"),
    ({"hide": ["subject"], "judges": ["geometric:bone"]}, "has no stream 'bone'"),
    ({"hide": ["subject"], "set": {"epoch": "3"}}, "there is no option 'epoch'"),
    ({"hide": ["subject"], "attacks": ["side"], "set": {"epochs": "3"}}, "nobody is asked who has that option"),
    ({"hide": ["subject"], "attacks": ["classify"], "set": {"without": "jitter"}}, "nobody is asked"),
    ({"hide": ["subject"], "attacks": ["features"], "set": {"without": "smell"}}, "there is no channel 'smell'"),
])
def test_what_cannot_be_asked_is_refused(leaky: Path, asked: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        audit(leaky, **asked)  # type: ignore[arg-type]


def test_an_amount_is_no_label_whoever_is_asked(tmp_path: Path) -> None:
    dataset = people(0, count=24, actions=1, takes=1)
    motions = [one._replace(labels={**one.labels, "age": 20 + number}) for number, one in enumerate(dataset)]
    store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / "s")
    with pytest.raises(UserError, match="label 'age' is a number with 24 values"):
        audit(tmp_path / "s", hide=["age"], keep=[], attacks=["side"])


def test_a_judge_that_is_there_already_is_not_asked(leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one in a folder with the name of a classifier: an audit's judges learn from its own data alone."""
    (tmp_path / "tcn").mkdir()
    (tmp_path / "tcn" / "model.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="tcn is the folder of a model, and an audit teaches its judges anew"):
        audit(leaky, hide=["subject"], attacks=["classify"])


def test_no_time_drops_seeds_first_and_says_so() -> None:
    cells = [Cell("subject", "hide", "before", attack, "", "take") for attack in ("features", "side")]
    order = units_of(cells, 3)
    assert [(unit.seed, unit.null) for unit in order[:4]] == [(0, False), (0, False), (0, True), (0, True)]
    assert {unit.seed for unit in order[4:]} == {1, 2}
    asked = Asked({}, {}, {}, [Unit(cells[0], 2, False)], [Unit(cells[0], 0, True)])
    assert left_out(asked) == ["subject by features, seed 2: no time was left",
                               "subject by features on labels that say nothing: taught until time ran out, not until "
                               "it was flat"]


def test_what_no_curve_can_be_drawn_of_is_said(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise UserError("half of the takes show one setup only", "record more")

    monkeypatch.setattr("maskeleton.verbs.audit.learning_curve", refused)
    card = audit(small, hide=["gender"], keep=[], attacks=["side"], seeds=1)
    assert "gender: planted signatures and the learning curve: half of the takes show one setup only" in card.not_tried
    assert cell(card, "gender", "side", "recording")["trials"] == 32


def test_minutes_are_kept_and_what_is_dropped_is_listed(small: Path) -> None:
    """A thousandth of a second is enough for the first question alone: everything else is dropped, by name."""
    card = audit(small, hide=["subject"], attacks=["side"], seeds=2, minutes=1e-5)
    assert {(one.attack, one.judge) for one in card.cells} <= {("side", "recording")}
    assert "subject by side file, seed 0: no time was left" in card.not_tried
    assert "subject by side file, seed 1: no time was left" in card.not_tried
    assert any(row.startswith("subject: planted signatures") for row in card.not_tried)
    assert not card.limits


def test_strangers_are_compared(leaky: Path) -> None:
    """Two groups of people, each compared by a judge that saw the other group only."""
    card = audit(leaky, hide=["subject"], attacks=["match"], judges=["tcn"], seeds=1, open_set=True,
                 set={"epochs": "3", "frames": "16", "widths": "8,8,8"})
    strangers = {(one.judge, one.metric): one for one in card.cells if one.split == "open set"}
    assert {metric for _, metric in strangers} == {"rank1", "rank5", "map", "eer", "tar_far01", "linkability"}
    traits = strangers["features", "rank1"]
    assert traits.rate > 0.9
    assert (traits.null or 0) < 0.6
    assert strangers["features", "eer"].rate < 0.2
    top, = (row for row in card.headline if row["label"] == "subject")
    assert top["by"]["attack"] in ("match", "assign")
    with pytest.raises(UserError, match="ask for it with --hide subject"):
        audit(leaky, hide=["gender"], attacks=["side"], open_set=True)


def test_an_attack_that_strangers_are_met_with_is_not_said_to_be_left_out(small: Path) -> None:
    card = audit(small, hide=["subject"], attacks=["side"], seeds=1, open_set=True, minutes=0)
    assert "attack match" not in card.not_tried
    assert "subject by match features, seed 0: no time was left" in card.not_tried
    assert {"attack classify", "attack features"} <= {*card.not_tried}


def test_several_networks_answer_together(leaky: Path) -> None:
    card = audit(leaky, hide=["subject"], keep=[], attacks=["classify"], judges=["tcn:joint+residual"], seeds=1,
                 set={"epochs": "14", "frames": "16", "widths": "16,16"})
    found = cell(card, "subject", "classify", "tcn:joint+residual")
    assert found["rate"] > 0.3
    assert 0 <= float(str(found["validation"])) <= 1


def test_each_input_shows_what_it_says() -> None:
    dataset = people(0.03, count=4, actions=2, takes=3)
    joint, bone, native, residual = taught(dataset, "subject", "tcn:joint+bone+native+residual", 0, "action",
                                           {"epochs": "1", "frames": "8", "widths": "4,4"})
    assert [one.model.net.options["stream"] for one in (joint, bone)] == ["joint", "bone"]
    assert (native.model.fill, residual.model.chain) == ("native", "none")
    assert joint.show(dataset) is dataset
    of_first = np.flatnonzero(dataset.labels["action"] == 0)
    left = residual.show(dataset).select(of_first)
    assert np.abs(np.mean([motion.positions for motion in left], 0)).max() < 2e-3  # nothing that all have in common
    assert len(joint.checked) > 0
    with pytest.raises(UserError, match="does not tell action"):
        list(taught(dataset, "action", "tcn:residual", 0, "action"))


def test_what_was_learned_from_what_is_kept(small: Path, tmp_path: Path) -> None:
    audit(small, hide=["gender"], keep=["action"], attacks=["side"], seeds=1, out=tmp_path / "run")
    rows = parquet.read_table(tmp_path / "run" / "split.parquet").to_pylist()
    assert {row["label"] for row in rows} == {"gender", "action"}
    gender = [row for row in rows if row["label"] == "gender"]
    assert sorted(row["recording"] for row in gender if row["part"] == "test") == sorted(store.open(small).ids)
    assert {row["fold"] for row in gender} == {0, 1, 2, 3}


def test_shards_share_the_work_and_the_last_one_tells(small: Path, tmp_path: Path) -> None:
    asked = {"hide": ["gender"], "keep": [], "attacks": ["side"], "seeds": 1}
    whole = audit(small, **asked, out=tmp_path / "whole")
    first = audit(small, **asked, out=tmp_path / "shared", share=(0, 2))
    assert "answers of other shards are not there yet" in table(first)
    assert not (tmp_path / "shared" / "results.json").exists()
    last = audit(small, **asked, out=tmp_path / "shared", share=(1, 2))
    assert [one._replace(minutes=0) for one in last.cells] == [one._replace(minutes=0) for one in whole.cells]
    with pytest.raises(UserError, match="meet in one folder"):
        audit(small, **asked, share=(0, 2))


def test_an_interrupted_audit_goes_on_where_it_was(small: Path, tmp_path: Path) -> None:
    asked = {"hide": ["gender"], "keep": [], "attacks": ["side"], "seeds": 1, "out": tmp_path / "run"}

    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(small, **asked, report=interrupt)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run" / "cells").iterdir()}
    assert len(before) == 4  # one cell, four folds
    audit(small, **asked)
    assert before.items() <= {path.name: path.stat().st_mtime_ns
                              for path in (tmp_path / "run" / "cells").iterdir()}.items()
    assert (tmp_path / "run" / "results.json").exists()


@pytest.mark.parametrize("form", ["npz", "ntu"])
def test_any_data_is_audited_without_converting_it(small: Path, tmp_path: Path, form: str) -> None:
    convert(small, tmp_path / f"files.{form}" if form == "npz" else tmp_path / "files", to=form)
    data, = (path for path in tmp_path.iterdir() if not path.name.endswith(".json"))
    card = audit(data, hide=["subject"], keep=[], attacks=["side"], seeds=1)
    assert card.data["recordings"] == 32
    assert cell(card, "subject", "side", "recording")["people"] == 8


def test_a_null_keeps_how_often_everybody_does_what() -> None:
    dataset = people(0.0)
    dealt = innocent(dataset, "subject", "action", 0)
    assert (dealt.labels["subject"] != dataset.labels["subject"]).mean() > 0.5
    pairs = [np.unique(np.stack([one.labels["action"], one.labels["subject"]]), axis=1, return_counts=True)[1]
             for one in (dataset, dealt)]
    assert np.array_equal(*pairs)


def test_a_planted_signature_is_all_that_tells() -> None:
    dataset = people(0.0, count=4, actions=2, takes=2)
    nobody = planted(dataset, "turned bone", 0.0)
    assert np.array_equal(nobody.labels["subject"], strangers(dataset))
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(nobody, dataset, strict=True))
    turned = planted(dataset, "turned bone", 5.0)
    moved = [np.abs(a.positions - b.positions).max() for a, b in zip(turned, dataset, strict=True)]
    assert all(0.001 < most < 0.2 for most in moved)
    trembling = planted(dataset, "trembling", 2.0)
    difference = np.concatenate([(a.positions - b.positions).ravel() for a, b in zip(trembling, dataset, strict=True)])
    assert difference.std() == pytest.approx(0.002, rel=0.05)
    assert smallest_found(lambda size: size >= 3, (1, 2, 3, 5)) == 3
    assert smallest_found(lambda size: False, (1, 2)) is None


def answers(scores: list[list[float]], person: list[int], keep: list[int]) -> Answers:
    rows = len(scores)
    return Answers(np.array(person), np.array(person), np.array(scores, np.float32), np.array(keep),
                   np.zeros(rows, np.int64), classes=np.arange(len(scores[0])))


def test_recordings_together_tell_more() -> None:
    """Each recording is a little in favour of the truth, one is wrong; two together are right."""
    one = answers([[.6, .4], [.45, .55], [.4, .6], [.3, .7]], [0, 0, 1, 1], [0, 1, 0, 1])
    assert (one.guess == one.truth).mean() == 0.75
    two = pooled(one, 2)
    assert len(two.person) == 2
    assert (two.guess == two.truth).all()
    assert len(pooled(one, None).person) == 2
    assert len(pooled(one, 5).person) == 0
    of_nobody = one._replace(person=np.full(4, -1))
    assert len(pooled(of_nobody, 2).person) == 0


def test_only_recordings_of_one_answer_are_put_together() -> None:
    """One person, who was filmed doing two things: what is done is no more certain by looking at both."""
    two = pooled(answers([[.6, .4], [.7, .3], [.4, .6], [.3, .7]], [0, 0, 0, 0], [0, 1, 0, 1])._replace(
        truth=np.array([0, 0, 1, 1])), None)
    assert two.truth.tolist() == [0, 1]
    assert (two.guess == two.truth).all()


def test_one_person_to_one_recording() -> None:
    """Both recordings look most like person 0; only one of them can be."""
    both = assigned(answers([[.9, .1], [.6, .4]], [0, 1], [0, 0]))
    assert both is not None
    assert both.guess.tolist() == [0, 1]
    assert assigned(answers([[.9, .1], [.6, .4]], [0, 0], [0, 0])) is None


def test_where_all_look_alike_their_order_names_nobody() -> None:
    alike = assigned(answers([[1 / 30] * 30] * 30, [*range(30)], [0] * 30))
    assert alike is not None
    assert np.mean(alike.guess == np.arange(30)) < 0.2  # chance is one of thirty


def test_likeness_is_to_the_nearest_of_a_class() -> None:
    gallery = np.array([[1, 0], [1, .1], [0, 1], [.1, 1]], float)
    found = likeness(gallery, np.array([3, 3, 8, 8]), np.array([[1, 0], [0, 1]], float))
    assert found.argmax(1).tolist() == [0, 1]
