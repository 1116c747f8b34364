"""evaluate: a release that changes nothing scores as the original does, what was put in is found, what is gone is not,
and whatever makes the figures doubtful is said."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_audit import people

from maskeleton import checkpoint, mask, store
from maskeleton.answers import Answers
from maskeleton.attacks.given import by_path, given
from maskeleton.battery import units_of
from maskeleton.checkpoint import lineage_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.fit import fit
from maskeleton.mask import Mask
from maskeleton.motion import Motion
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.skeleton import KINECT20, KINECT25
from maskeleton.threats import THREATS
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import NOBODY_KNOWN, as_used, evaluate, side_by_side, unseen
from maskeleton.verdict import table

AS_THEY_ARE = ("before", "naive", "adaptive")
FEATURES = {"attacks": ["features"], "seeds": 1, "draws": 2}
TINY = {"epochs": "1", "frames": "8", "widths": "4,4"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nulls, planted signatures and learning curves, which test_audit has."""
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)
    monkeypatch.setattr("maskeleton.verbs.asking.units_of",
                        lambda cells, seeds: [unit for unit in units_of(cells, seeds) if not unit.null])


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people who stand differently, and two things they do."""
    folder = tmp_path_factory.mktemp("original") / "s"
    store.write(people(0.03, 6, 2, 4), folder)
    return folder


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people who differ in nothing."""
    folder = tmp_path_factory.mktemp("alike") / "s"
    store.write(people(0.0, 6, 2, 4), folder)
    return folder


def released(of: Path, change: Callable[[Motion, int], Motion], skeleton: Any = KINECT25) -> Path:
    """A release beside the original: every recording changed, told its person."""
    dataset = store.open(of)
    out = of.parent / "released"
    shutil.rmtree(out, ignore_errors=True)
    made = [change(dataset[row], int(dataset.labels["subject"][row]))._replace(labels=dataset.told(row), clock=None)
            for row in range(len(dataset))]
    store.write(MotionDataset.of(skeleton, dataset.fps, made), out)
    return out


def found(card: Scorecard, label: str, threat: str, attack: str, judge: str = "") -> CellScore:
    cell, = (one for one in card.cells if (one.label, one.threat, one.attack, one.judge)
             == (label, threat, attack, judge) and one.metric in ("top1", "auc"))
    return cell


# ── known truth ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("attacks", "judges", "settings"), [
    (["features"], [], {}),
    (["classify"], ["tcn"], TINY),
])
def test_a_release_that_changes_nothing_scores_as_the_original(
    original: Path, tmp_path: Path, attacks: list[str], judges: list[str], settings: dict[str, str]
) -> None:
    anonymize(original, tmp_path / "r", mask="noise", set={"sigma": "0"}, seed=1)
    card = evaluate(original, tmp_path / "r", keep=["action"], hide=["subject"], attacks=attacks, judges=judges, seeds=1,
                    set=settings, mask="noise")
    of = {}
    for cell in card.cells:
        same = cell._replace(threat="", minutes=0.0)
        of.setdefault((cell.label, cell.attack, cell.judge, cell.metric), set()).add((cell.threat, same))
    asked = {key: {threat for threat, _ in rows} for key, rows in of.items()}
    assert asked["action", attacks[0], "".join(judges), "top1"] == {*AS_THEY_ARE, "transfer"}
    assert asked["subject", attacks[0], "".join(judges), "top1"] == {*AS_THEY_ARE, "renormalized", "donor", "informed"}
    assert {threat for rows in of.values() for threat, _ in rows} == set(THREATS) - {"analytic", "paired", "twice"}
    assert any(said.startswith("threat paired: the release changed nothing") for said in card.not_tried)
    for key, rows in of.items():
        assert len({cell for threat, cell in rows if threat in (*AS_THEY_ARE, "transfer")}) <= 1, key
        assert all(abs(one.rate - other.rate) < 0.15 for _, one in rows for _, other in rows), key
    kept, = (row for row in card.headline if row["role"] == "keep")
    assert (kept["of_original"], kept["flagged"], kept["before"], kept["naive"]) == (1, False, kept["rate"], kept["rate"])
    told, = (line for line in table(card).splitlines() if line.startswith("action (keep): top1 ") and "by" in line)
    assert told.endswith(f", before {told.split()[3]}, naive {told.split()[3]}, 1.00 of the original's")
    assert {cell.split for cell in card.cells if cell.role == "keep"} == {"person"}
    assert not any("learned from is not known" in said for said in card.warnings)
    assert {row["metric"]: row["value"] for row in card.motion}["mpjpe"] == pytest.approx(0)


@pytest.mark.usefixtures("quick")
def test_constant_noise_of_a_person_is_found_by_adaptive(alike: Path) -> None:
    """People who differ in nothing get a way of standing each, by the release itself."""
    def signed(motion: Motion, person: int) -> Motion:
        sign = np.random.default_rng(100 + person).normal(0, 0.03, (25, 3)).astype(np.float32)
        return motion._replace(positions=motion.positions + sign)

    card = evaluate(alike, released(alike, signed), keep=[], hide=["subject"], **FEATURES)
    assert found(card, "subject", "adaptive", "features").rate > 0.9
    for threat in ("before", "naive"):
        assert found(card, "subject", threat, "features").low < 0.3
    top, = card.headline
    assert top["by"]["threat"] in ("adaptive", "donor")  # both learned from the release
    assert top["rate"] > 0.9
    assert "the release itself tells it" in " ".join(card.warnings)


@pytest.mark.usefixtures("quick")
def test_a_tempo_of_a_person_is_found_by_what_needs_no_motion(alike: Path, tmp_path: Path) -> None:
    """Everybody's recordings end when their person's time is up."""
    def shortened(motion: Motion, person: int) -> Motion:
        end = 8 + 2 * person
        return motion._replace(positions=motion.positions[:end], present=motion.present[:end],
                               tracked=motion.tracked[:end])

    card = evaluate(alike, released(alike, shortened), keep=[], hide=["subject"], attacks=["side"], seeds=1,
                    out=tmp_path / "run")
    assert found(card, "subject", "adaptive", "side", "recording").rate == 1
    assert found(card, "subject", "before", "side", "recording").low < 0.3
    assert any("compared after resampling" in said for said in card.warnings)  # frames are not the same ones
    assert any(row["metric"] == "mpjpe" and row["value"] > 0 for row in card.motion)
    assert (tmp_path / "run" / "table.html").is_file()
    assert Scorecard.read(tmp_path / "run").cells == card.cells


@pytest.mark.usefixtures("quick")
def test_pure_noise_is_at_chance_and_said_to_be_no_proof(original: Path) -> None:
    def gone(motion: Motion, person: int) -> Motion:
        lots = np.random.default_rng(int(motion.id[1:]))
        return motion._replace(positions=lots.normal(0, 0.3, motion.positions.shape).astype(np.float32))

    card = evaluate(original, released(original, gone), keep=[], hide=["subject"], threats=["before", "adaptive"],
                    **FEATURES)
    cell = found(card, "subject", "adaptive", "features")
    assert cell.low <= cell.chance <= cell.high
    assert found(card, "subject", "before", "features").rate > 0.9
    assert any(said.startswith("subject: not found in the release: that is no proof") for said in card.warnings)
    assert "threat naive" in card.not_tried
    assert "threat transfer" in card.not_tried


# ── the release beside the original ──────────────────────────────────────────────────────────────────────────────────


def test_another_order_and_fewer_recordings_are_said_and_borne() -> None:
    dataset = people(0.03, 3, 2, 2)
    backwards = dataset.select(np.arange(len(dataset))[::-1][1:])
    before, after, notes = side_by_side(dataset, backwards)
    assert before.ids == after.ids == dataset.ids[:-1]
    assert before.motion_hashes == after.motion_hashes
    assert notes == ["1 of 12 recordings are not in the release: only those that are were compared, before as after",
                     "the release has its recordings in another order: they were matched by their ids"]
    assert side_by_side(dataset, dataset)[2] == []


def test_codes_of_the_release_mean_what_they_mean_in_the_original() -> None:
    """Of people 0, 1, 2 the release has 1 and 2, and counts them from 0."""
    dataset = people(0.03, 3, 2, 2)
    fewer = dataset.select(dataset.labels["subject"] > 0)
    again = MotionDataset.of(KINECT25, 30, [fewer[row]._replace(labels=fewer.told(row)) for row in range(len(fewer))])
    assert set(again.labels["subject"]) == {0, 1}
    before, after, _ = side_by_side(dataset, again, ("subject",))
    assert before.labels["subject"].tolist() == after.labels["subject"].tolist() == [1] * 4 + [2] * 4


def test_a_release_that_is_another_thing_is_refused() -> None:
    dataset = people(0.03, 3, 2, 2)
    with pytest.raises(UserError, match="12 of 12 released recordings are not in the original by their id") as refused:
        side_by_side(dataset, replace(dataset, ids=[f"other {id}" for id in dataset.ids]))
    assert "before release gives it new names" in refused.value.remedy
    with pytest.raises(UserError, match="'kinect20' with 20 joints, the original 'kinect25' with 25"):
        side_by_side(dataset, replace(dataset, skeleton=KINECT20))
    turned = replace(dataset, labels={**dataset.labels, "action": 1 - dataset.labels["action"]})
    with pytest.raises(UserError, match="12 of 12 recordings have another action in the release"):
        side_by_side(dataset, turned, ("action",))
    without = replace(turned, labels={"subject": dataset.labels["subject"]})
    assert side_by_side(dataset, without, ("action",))[1].labels["action"].tolist() == dataset.labels["action"].tolist()


@pytest.mark.parametrize(("asked", "said"), [
    ({"threats": ["magic"]}, "there is no threat 'magic'"),
    ({"attacks": ["guess"]}, "there is no attack 'guess'"),
    ({"judges": ["oracle"], "attacks": ["classify"]}, "there is no judge 'oracle'"),
    ({"hide": ["action"]}, "action cannot be kept and hidden"),
    ({"hide": ["shoe size"]}, "there is no label 'shoe size'"),
    ({"mask": "nowhere"}, "no anonymizer 'nowhere'"),
    ({"mask": "residual"}, "residual must be trained first"),
])
def test_what_cannot_be_asked_is_refused(original: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        evaluate(original, original, **{"keep": ["action"], "hide": ["subject"], **asked})


@pytest.mark.usefixtures("quick")
def test_a_headline_needs_somebody_who_learned_from_the_release(original: Path) -> None:
    card = evaluate(original, original, keep=[], hide=["subject"], threats=["before"], **FEATURES)
    assert card.headline == []
    assert "subject: no headline: nobody was asked who learned from the release (threat adaptive)" in card.warnings


@pytest.mark.usefixtures("quick")
def test_people_nobody_was_trained_on_are_compared_before_and_after(original: Path, tmp_path: Path) -> None:
    anonymize(original, tmp_path / "r", mask="noise", set={"sigma": "0.001"}, seed=1)
    card = evaluate(original, tmp_path / "r", keep=[], hide=["subject"], attacks=["match"], judges=[], seeds=1,
                    open_set=True, threats=["before", "naive", "adaptive", "donor"], mask="noise")
    strange = {(cell.threat, cell.metric): cell for cell in card.cells if cell.split == "open set"}
    assert {threat for threat, _ in strange} == {"before", "naive", "adaptive"}  # a donor is known by name
    for threat in ("before", "naive", "adaptive"):
        assert strange[threat, "rank1"].rate > 0.9
        assert strange[threat, "linkability"].rate > 0.5
        assert strange[threat, "eer"].rate < 0.2
    closed = {cell.metric for cell in card.cells if (cell.threat, cell.attack, cell.split) == ("adaptive", "match", "take")}
    assert closed == {"top1", "top5", "map", "eer", "tar_far01", "linkability"}
    assert all(row["metric"] == "top1" for row in card.headline)
    with pytest.raises(UserError, match="--open-set is about people nobody trained on"):
        evaluate(original, original, keep=[], hide=["gender"], open_set=True, **FEATURES)
    with pytest.raises(UserError, match="0 draws teach nobody"):
        evaluate(original, original, keep=[], hide=["subject"], **{**FEATURES, "draws": 0})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("own", [0.03, 0.0])
def test_a_constant_sign_of_a_person_is_found_in_many_recordings_together(tmp_path: Path, own: float) -> None:
    """Recordings lean by lot, and by a little that is the person's own: one hides it, eight together do not."""
    store.write(people(0, 8, 4, 4), tmp_path / "s")

    def signed(motion: Motion, person: int) -> Motion:
        sign = np.random.default_rng(100 + person).normal(0, own, (25, 3))
        lots = np.random.default_rng(int(motion.id[1:])).normal(0, 0.09, (25, 3))
        return motion._replace(positions=motion.positions + (sign + lots).astype(np.float32))

    card = evaluate(tmp_path / "s", released(tmp_path / "s", signed), keep=[], hide=["subject"], threats=["adaptive"],
                    by="repetition:1,2", set={"trees": "no"}, nulls=False, **FEATURES)
    pools = {cell.judge: cell for cell in card.cells if cell.attack == "pool"}
    single = found(card, "subject", "adaptive", "features").rate
    assert {*pools} == {"features, 2", "features, 5", "features, all"}
    assert card.headline[0]["by"]["attack"] != "pool"
    if own:
        assert single < 0.5 < 0.75 < pools["features, all"].rate
        assert card.headline[0]["rate"] < pools["features, all"].rate
    else:
        assert pools["features, all"].low <= 1 / 8


# ── what the anonymizer learned from ─────────────────────────────────────────────────────────────────────────────────


def mask_of(dataset: MotionDataset, learned: np.ndarray, lineage: tuple[str, ...] = ()) -> Mask:
    """A model that learned from these."""
    own = mask.named("noise", dataset.skeleton, {})
    return replace(own, trained_on=checkpoint.trained_on(dataset, learned), lineage=list(lineage))


def test_what_the_anonymizer_learned_from_is_left_out() -> None:
    dataset = people(0.03, 4, 2, 4)
    rows, said = unseen(dataset, dataset, mask_of(dataset, np.arange(8)), ["subject", "gender"])
    assert rows.tolist() == list(range(8, 32))
    assert said == ["8 of 32 recordings, from which the anonymizer learned, are shown apart"]
    rows, said = unseen(dataset, dataset, mask_of(dataset, np.arange(4)), ["subject", "gender"])
    assert said[1:] == ["gender: the anonymizer learned from other recordings of 1 of the tested people: it may do worse "
                        "on strangers"]
    rows, said = unseen(dataset, dataset, mask_of(dataset, np.arange(32)))
    assert len(rows) == 32
    assert "learned from every recording of this release" in said[0]
    rows, said = unseen(dataset, dataset, mask_of(dataset, np.arange(30)))
    assert len(rows) == 32
    assert "learned from all but 2 recordings" in said[0]
    assert unseen(dataset, dataset, mask_of(people(0.01, 4, 2, 4), np.arange(8)))[1] == [NOBODY_KNOWN]
    assert unseen(dataset, dataset, mask_of(dataset, np.arange(0)))[1] == []
    assert "is not known here" in unseen(dataset, dataset, None)[1][0]
    other = replace(dataset, history=({"verb": "anonymize", "with": "residual"},))
    with pytest.raises(UserError, match="the release was made by residual, and the model is of noise"):
        unseen(dataset, other, mask_of(dataset, np.arange(8)))


def test_another_model_of_the_same_name_is_told_from_the_one_that_made_the_release():
    dataset = people(0.01, 4, 2, 4)
    used = mask_of(dataset, np.arange(8))

    def said(**entry: str) -> list[str]:
        made = replace(dataset, history=({"verb": "anonymize", "with": used.name, **entry},))
        return [note for note in unseen(dataset, made, used)[1] if "made by another" in note]

    assert said() == said(model=used.hash) == []
    assert said(model="0" * 32) == [f"the release was made by another {used.name} than the one that --with names: what its "
                                    "maker learned from is not known, and undoing it may fail for that alone"]


def test_a_folder_called_like_an_anonymizer_is_the_model_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = people(0.03, 4, 2, 4)
    mask.save(mask_of(dataset, np.arange(8)), tmp_path / "noise")
    monkeypatch.chdir(tmp_path)
    made = replace(dataset, history=({"verb": "anonymize", "with": "noise", "options": {"sigma": 0.01}, "strength": 0.5},))
    used = as_used("noise", dataset, made)
    assert (len(used.trained_on["hashes"]), used.net.strength) == (8, 0.5)


@pytest.mark.usefixtures("quick")
def test_with_a_model_its_recordings_are_not_tested(original: Path, tmp_path: Path) -> None:
    dataset = store.open(original)
    learned = np.flatnonzero(dataset.labels["subject"] < 2)
    mask.save(mask_of(dataset, learned), tmp_path / "model")
    card = evaluate(original, original, keep=[], hide=["subject"], mask=tmp_path / "model", threats=["adaptive"],
                    attacks=["side"], seeds=1)
    assert found(card, "subject", "adaptive", "side", "recording").people == 4
    assert "16 of 48 recordings, from which the anonymizer learned, are shown apart" in card.warnings


# ── judges by path ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def judge(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that was taught actions, by other recordings of the same kind."""
    folder = tmp_path_factory.mktemp("judge") / "model"
    checkpoint.save(fit("tcn", people(0.02, 6, 2, 4), "action", set={"epochs": "12", "frames": "8", "widths": "16,16"}), folder)
    return folder


def test_a_judge_by_path_is_asked_before_and_naive(original: Path, judge: Path) -> None:
    """Once: it cannot be taught again, nor labels that say nothing."""
    card = evaluate(original, original, keep=["action"], hide=[], attacks=["side"], judges=[str(judge)], seeds=2)
    mine = [cell for cell in card.cells if cell.judge == str(judge)]
    assert {cell.threat for cell in mine} == {"before", "naive"}
    assert {(cell.role, cell.null, cell.seeds, cell.leaks) for cell in mine} == {("keep", None, 1, ())}
    before, naive = (found(card, "action", threat, "classify", str(judge)) for threat in ("before", "naive"))
    assert before._replace(threat="", minutes=0) == naive._replace(threat="", minutes=0)
    assert before.trials == 48
    assert any("whether it took part in making the release is not known" in said for said in card.warnings)


@pytest.mark.usefixtures("quick")
def test_a_judge_that_learned_from_what_is_tested_leaks(original: Path, tmp_path: Path) -> None:
    checkpoint.save(fit("tcn", store.open(original), "action", set=TINY), tmp_path / "own")
    card = evaluate(original, original, keep=["action"], hide=[], attacks=["side"], judges=[str(tmp_path / "own")],
                    threats=["naive"], seeds=1)
    assert found(card, "action", "naive", "classify", str(tmp_path / "own")).leaks == ("tested recordings",)
    assert any("learned from 48 of the 48 recordings that it is tested on" in said for said in card.warnings)


def test_a_judge_of_the_lineage_is_refused(original: Path, judge: Path, tmp_path: Path) -> None:
    model = checkpoint.load(judge)
    dataset = store.open(original)
    mask.save(mask_of(dataset, np.arange(8), tuple(lineage_of([model]))), tmp_path / "model")
    asked: dict[str, Any] = {"keep": ["action"], "hide": ["subject"], "attacks": ["side"], "judges": [str(judge)]}
    with pytest.raises(UserError, match="took part in making the release"):
        evaluate(original, original, mask=tmp_path / "model", **asked)
    child = replace(model, lineage=["a" * 32])
    checkpoint.save(child, tmp_path / "child")
    mask.save(mask_of(dataset, np.arange(8), ("a" * 32,)), tmp_path / "other")
    with pytest.raises(UserError, match="took part in making the release"):
        evaluate(original, original, mask=tmp_path / "other", **{**asked, "judges": [str(tmp_path / "child")]})
    with pytest.raises(UserError, match="asked under the threat naive alone"):
        evaluate(original, original, threats=["adaptive"], **asked)
    with pytest.raises(UserError, match="tells action, which is neither kept nor hidden"):
        evaluate(original, original, **{**asked, "keep": [], "hide": ["gender"]})


def test_a_judge_by_path_is_matched_by_the_names_of_classes(judge: Path) -> None:
    """It knows a0 and a1; the data count them the other way round, and have a third."""
    dataset = people(0.02, 6, 2, 4)
    said: Answers = given(dataset, dataset, "action", str(judge), "action")
    turned = replace(dataset, labels={**dataset.labels, "action": (2 - dataset.labels["action"]).astype(np.int32)},
                     names={**dataset.names, "action": ["a2", "a1", "a0"]})
    stranger = replace(turned.select([0]), labels={**turned.select([0]).labels, "action": np.zeros(1, np.int32)})
    other = given(turned, turned, "action", str(judge), "action")
    assert by_path(str(judge))
    assert not by_path("tcn")
    assert not by_path("")
    assert other.classes.tolist() == [1, 2]
    assert np.array_equal(other.scores[:, ::-1], said.scores)
    assert (said.guess == said.truth).mean() == (other.guess == other.truth).mean() > 0.9
    assert given(turned, stranger, "action", str(judge), "action").truth.tolist() == [-1]
