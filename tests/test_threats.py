"""threats: each has a planted release that it breaks and that deceives who looks less closely, and one that nobody
breaks; what cannot be tried is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_audit import people
from test_evaluate import released

from maskeleton import mask, store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.answers import Answers
from maskeleton.battery import Asked, Table, units_of
from maskeleton.dataset import MotionDataset
from maskeleton.donors import write_sources
from maskeleton.errors import UserError
from maskeleton.page.table import page
from maskeleton.recognize import Cell
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.skeleton import KINECT25
from maskeleton.splits import split
from maskeleton.tally import OPEN_SET
from maskeleton.threats import THREATS, Known, tables_of
from maskeleton.threats.naming import credited, donors_elsewhere, donors_of
from maskeleton.threats.ways import by_column, settled
from maskeleton.verbs.asking import asked_cells, units_asked
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verdict import strongest, table

FEATURES: dict[str, Any] = {"keep": [], "hide": ["subject"], "attacks": ["features"], "seeds": 1, "draws": 2}
OF_HERE = tuple(name for name in THREATS if name not in ("paired", "twice", "informed"))  # the others have pages of their own
CHANCE = 0.25  # of the four people in most of these stories


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nulls, planted signatures and learning curves."""
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)
    monkeypatch.setattr("maskeleton.verbs.asking.units_of",
                        lambda cells, seeds: [unit for unit in units_of(cells, seeds) if not unit.null])


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people who stand differently, and do one thing: nobody can look at a recording within what is done."""
    folder = tmp_path_factory.mktemp("four") / "s"
    store.write(people(0.03, 4, 1, 8), folder)
    return folder


def rates(card: Scorecard, attack: str = "features", judge: str = "") -> dict[str, CellScore]:
    """The cell of every threat."""
    return {cell.threat: cell for cell in card.cells
            if (cell.attack, cell.judge) == (attack, judge) and cell.metric in ("top1", "rank1")}


# ── renormalized ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("quick")
def test_what_is_done_to_everybody_alike_deceives_yesterdays_attacker_alone(four: Path) -> None:
    """Every joint of everybody is moved by a metre, each elsewhere."""
    shift = np.random.default_rng(5).normal(0, 1, (25, 3)).astype(np.float32)
    card = evaluate(four, released(four, lambda motion, _: motion._replace(positions=motion.positions + shift)),
                    threats=OF_HERE, **FEATURES)
    found = rates(card)
    assert found["naive"].low <= CHANCE
    assert found["naive"].rate < 0.6
    assert found["renormalized"].rate > 0.95
    assert found["adaptive"].rate > 0.95
    assert found["renormalized"].validation is None  # it was tried out on the original, which nobody looks at
    top, = card.headline
    assert top["by"]["threat"] in ("renormalized", "adaptive", "donor")
    assert "threat analytic: who made the release is not known; --with MODEL/|NAME says it" in card.not_tried


# ── analytic ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Padlock(Anonymizer):
    """Everybody is moved about at random, by numbers that begin with one that stands in the last frame for all to
    read."""

    def changed(self, positions: torch.Tensor, present: torch.Tensor, seeds: torch.Tensor) -> torch.Tensor:
        moved = positions.clone()
        for row, seed in enumerate(seeds.tolist()):
            moved[row, :-1] += self._noise(seed % 1000, positions[row, :-1])
            moved[row, -1] = seed % 1000 / 100
        return moved

    def invert(self, positions: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        found = positions.clone()
        for row in range(len(positions)):
            found[row, :-1] -= self._noise(round(100 * float(positions[row, -1, 0, 0, 0])), positions[row, :-1])
            found[row, -1] = found[row, -2]
        return found

    def _noise(self, key: int, like: torch.Tensor) -> torch.Tensor:
        lots = torch.Generator().manual_seed(key)
        return torch.randn(like.shape[1:], generator=lots) + torch.randn(like.shape, generator=lots)


@pytest.mark.usefixtures("quick")
def test_what_its_author_can_undo_is_broken_by_the_author_alone(
    four: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANONYMIZERS, "padlock", Padlock)
    from maskeleton.verbs.anonymize import anonymize

    anonymize(four, tmp_path / "r", mask="padlock", seed=1)
    card = evaluate(four, tmp_path / "r", mask="padlock", threats=OF_HERE, **FEATURES)
    found = rates(card)
    assert found["analytic"].rate > 0.95
    for threat in ("naive", "renormalized", "adaptive", "donor"):
        assert found[threat].low <= CHANCE, threat
        assert found[threat].rate < 0.6, threat
    top, = card.headline
    assert top["by"]["threat"] == "analytic"
    assert top["rate"] > 0.95


def test_an_anonymizer_without_a_way_back_is_not_tried(four: Path) -> None:
    dataset = store.open(four)
    known = Known(dataset, dataset, mask.named("noise", dataset.skeleton, {"sigma": 0}))
    found, missing, minutes = tables_of(known, ["analytic", "naive"])
    assert [*found] == ["naive"]
    assert {*minutes} == {"analytic", "naive"}
    assert missing == ["threat analytic: noise has no inverse that beats taking its release as it is; see adaptive"]
    with pytest.raises(UserError, match="there is no threat 'magic'"):
        tables_of(known, ["magic"])


def answers(right: float, merit: float, rows: int = 40) -> Answers:
    """Ten people with four recordings each; this share is right."""
    hit = np.arange(rows) % 20 < round(20 * right)
    nothing = np.zeros(rows, np.int64)
    return Answers(np.arange(rows) // 4, nothing, np.stack([hit, ~hit], 1).astype(np.float32), nothing, nothing,
                   merit=np.full(rows, merit, np.float32))


def test_of_the_ways_of_a_threat_the_strongest_counts() -> None:
    one, other = people(0.03, 2, 1, 1), people(0.02, 2, 1, 1)
    tables = {"adaptive": {"": Table(other, other)}, "analytic": {"before": Table(one, other), "adaptive": Table(other, other)}}
    cells = [Cell("subject", "hide", threat, "features", "", "take") for threat in by_column(tables)]
    assert [cell.threat for cell in cells] == ["adaptive", "analytic-before", "analytic-adaptive"]

    def chosen(before: float, adaptive: float) -> Answers:
        each = dict(zip(cells, (answers(0.1, 0.5), answers(before, 0.99), answers(adaptive, 0.3)), strict=True))
        asked, left = settled(Asked(each, {}, dict.fromkeys(cells, 1.0), [], []), cells, tables)
        assert [cell.threat for cell in left] == ["adaptive", "analytic"]
        assert asked.minutes[left[1]] == 2
        return asked.answers[left[1]]

    assert chosen(0.2, 0.8).scores[:, 0].mean() == pytest.approx(0.8)  # though the other was so sure of the original
    assert chosen(0.8, 0.2).scores[:, 0].mean() == pytest.approx(0.8)
    assert chosen(0.8, 0.2).validation is None
    assert chosen(0.2, 0.8).validation == pytest.approx(0.3)


def test_a_way_that_has_no_rate_ends_nothing() -> None:
    one = people(0.03, 2, 1, 1)
    tables = {"analytic": {"before": Table(one, one), "adaptive": Table(one, one)}}
    cells = [Cell("subject", "hide", threat, "features", "", "take") for threat in by_column(tables)]
    good, mute = answers(0.5, 0.5), answers(0.5, 0.5)._replace(truth=np.full(40, -1))
    for some, best in (((good, mute), good), ((mute, good), good), ((mute, mute), mute)):
        asked, (cell,) = settled(Asked(dict(zip(cells, some, strict=True)), {}, {}, [], []), cells, tables)
        assert (asked.answers[cell].truth == best.truth).all()


def test_who_was_not_tried_is_taken_at_their_word_and_who_was_by_what_was_tried() -> None:
    usual = CellScore("subject", "hide", "adaptive", "features", "", "take", (), "top1", 0.5, 0.4, 0.6, 0.1, None, 80, 20, 1)
    sure, lucky = usual._replace(rate=0.5, validation=0.8), usual._replace(rate=0.7, validation=0.6)
    assert strongest([sure, lucky]) == sure
    other = usual._replace(threat="renormalized", rate=0.6, validation=None)
    assert strongest([sure, lucky, other]) == other
    assert strongest([sure, lucky, other._replace(rate=0.4)]) == sure
    assert strongest([]) is None


# ── donor ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def swapped(of: Path, out: Path) -> None:
    """Every recording is another person's, drawn by lot; whose is written down."""
    dataset = store.open(of)
    owner, lots = dataset.labels["subject"], np.random.default_rng(0)
    donor = lots.permutation(len(dataset))
    while (owner[donor] == owner).any():
        bad = np.flatnonzero(owner[donor] == owner)
        other = lots.choice(len(dataset), len(bad))
        for a, b in zip(bad, other, strict=True):
            donor[[a, b]] = donor[[b, a]]
    store.write(MotionDataset.of(KINECT25, 30, [
        dataset[int(row)]._replace(id=dataset.ids[place], labels=dataset.told(place))
        for place, row in enumerate(donor)]), out)
    write_sources(out, dataset.ids, [(dataset.ids[int(row)],) for row in donor])


def test_whose_motion_entered_must_be_told_where_others_did() -> None:
    dataset = people(0.03, 4, 2, 3)
    made = replace(dataset, history=({"verb": "anonymize", "with": "swap"},))
    tables, missing, _ = tables_of(Known(dataset, made, None, None, {}), ["donor"])
    assert not tables
    assert "keep RELEASED.sources.parquet" in missing[0]


def test_donors_that_are_not_compared_are_counted() -> None:
    dataset = people(0.03, 4, 2, 3)
    sources = dict.fromkeys(dataset.ids[:3], (dataset.ids[0],)) | dict.fromkeys(dataset.ids[3:5], ("elsewhere",))
    known = Known(dataset, dataset, None, sources, {})
    assert donors_elsewhere(known)[0].startswith("into 2 of 24 released recordings entered others that are not compared")
    assert donors_elsewhere(known._replace(sources=None)) == []


@pytest.mark.usefixtures("quick")
def test_another_ones_take_hides_its_owner_and_names_its_donor(four: Path, tmp_path: Path) -> None:
    swapped(four, tmp_path / "r")
    card = evaluate(four, tmp_path / "r", threats=["naive", "adaptive", "donor"], **FEATURES)
    found = rates(card)
    for threat in ("naive", "adaptive"):
        assert found[threat].low <= CHANCE, threat
        assert found[threat].rate < 0.6, threat
    assert found["donor"].rate > 0.95
    assert found["donor"].chance == CHANCE
    assert found["donor"].validation is None  # originals were among what it tried itself out on
    assert rates(card, "near")["donor"].rate == rates(card, "near", "of others")["donor"].rate == 1
    top, = card.headline
    assert top["by"] == {"threat": "donor", "attack": "features", "judge": top["by"]["judge"]}
    assert any("100 of 100 released recordings lie nearer to a recording of somebody else" in said
               for said in card.warnings)
    assert "donor        near of others" in table(card)
    assert "distance to the nearest original (of others)" in page(card)


@pytest.mark.usefixtures("quick")
def test_the_mean_of_two_names_either(tmp_path: Path) -> None:
    """Recordings of person p are the mean of takes of the two who come after."""
    dataset = people(0.03, 6, 4, 3)
    rows = np.arange(72).reshape(6, 12)
    donors = {int(rows[p, n]): (int(rows[(p + 1) % 6, n]), int(rows[(p + 2) % 6, n])) for p in range(6) for n in range(12)}
    store.write(dataset, tmp_path / "s")
    store.write(MotionDataset.of(KINECT25, 30, [
        dataset[row]._replace(positions=(dataset[one].positions + dataset[two].positions) / 2, labels=dataset.told(row))
        for row, (one, two) in donors.items()]), tmp_path / "r")
    write_sources(tmp_path / "r", dataset.ids, [tuple(dataset.ids[one] for one in donors[row]) for row in range(72)])
    card = evaluate(tmp_path / "s", tmp_path / "r", by="action", threats=["donor"], jobs=2, **FEATURES)
    found = rates(card)["donor"]
    assert found.rate > 0.9
    assert found.chance == pytest.approx(2 / 6)
    assert (found.trials, found.people) == (18, 6)
    assert sum(row["trials"] for row in card.people if row["judge"] == "") == 18


def test_without_a_list_everybody_is_their_own_donor() -> None:
    dataset = people(0.03, 3, 2, 2)
    assert [rows.tolist() for rows in donors_of(dataset, None)] == [[row] for row in range(12)]
    some = {dataset.ids[0]: (dataset.ids[5], "of another dataset", dataset.ids[7]), dataset.ids[1]: ("unknown",)}
    assert [rows.tolist() for rows in donors_of(dataset, some)][:3] == [[5, 7], [], []]


def test_nobody_learns_from_what_entered_what_they_are_asked_about() -> None:
    """Of 4 people and 4 takes three take part in the release of each: the next person's, and those after."""
    dataset = people(0.03, 4, 2, 4)
    halves = split(dataset, "subject", "action")
    rows = np.arange(32).reshape(4, 2, 4)
    entered = {dataset.ids[int(rows[p, a, t])]: tuple(dataset.ids[int(rows[(p + s) % 4, a, (t + s) % 4])] for s in (1, 2, 3))
               for p in range(4) for a in range(2) for t in range(4)}
    table = THREATS["donor"](Known(dataset, dataset, None, entered, {("subject", "action"): halves}))[""]
    both = table.learned
    assert len(both) == 32 + 3 * 32
    assert both.names == dataset.names
    for half, own in zip(halves, table.of(halves), strict=True):
        assert len(own.test) == 16
        asked = [both.ids[row] for row in own.test]
        assert asked == [dataset.ids[row] for row in half.test]
        taught = {both.ids[row].removesuffix(" as recorded") for row in own.train if row < 32}
        assert not taught & {source for id in asked for source in entered[id]}
        assert len(own.train) == 16 + 3 * 16
    with pytest.raises(UserError, match="entered one that judges learn from"):  # three of four takes teach
        THREATS["donor"](Known(dataset, dataset, None, entered, {("subject", "take"): split(dataset, "subject")}))


def test_right_is_who_names_any_donor() -> None:
    """Of five people: the first recording is made of 1 and 3, the second of 0."""
    scores = np.array([[.1, .2, .3, .4, 0], [.1, .2, .3, .4, 0], [.5, .1, .2, .1, .1]], np.float32)
    nothing = np.zeros(3, np.int64)
    told = Answers(nothing, nothing, scores, nothing, nothing, ("a", "b", "c"))
    own = credited(told, {"a": np.array([1, 3]), "b": np.array([0]), "c": np.array([0])})
    assert own.right[np.arange(3), own.guess].tolist() == [True, False, True]
    assert own.person.tolist() == [3, 0, 0]
    luck = (own.right & ~np.isnan(own.scores)).sum(1) / (~np.isnan(own.scores)).sum(1)
    assert luck.tolist() == [2 / 5, 1 / 5, 1 / 5]
    alone = credited(told, dict.fromkeys("abc", np.array([0])))
    assert np.array_equal(alone.scores, scores)


# ── what every run says ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_release_is_told_with_its_limits_its_curve_and_its_doubts(four: Path) -> None:
    card = evaluate(four, released(four, lambda motion, _: motion), **{**FEATURES, "threats": ["before", "adaptive"]})
    assert {cell.judge for cell in card.cells if cell.attack == "features"} == {"", "steady"}
    assert {row["label"] for row in card.limits} == {row["label"] for row in card.learning} == {"subject"}
    assert any("read it as identity or session" in said for said in card.warnings)
    assert {f"threat {name}" for name in THREATS if name not in ("before", "adaptive")} <= {*card.not_tried}
    assert [row["threat"] for row in card.costs] == ["before", "adaptive"]
    assert all(row["knows"] == THREATS[row["threat"]].knows and row["recordings"] == 24 for row in card.costs)
    assert "cost of adaptive" in table(card)
    assert "What each attacker needed" in page(card)


def test_every_threat_says_what_one_must_know() -> None:
    for name, threat in THREATS.items():
        assert len(threat.knows.split()) > 5, name


def test_who_learns_from_many_draws_is_asked_once() -> None:
    cells = [Cell("subject", "hide", threat, "features", "", "take") for threat in ("adaptive", "informed", "informed-few")]
    assert {(unit.cell.threat, unit.seed) for unit in units_asked(cells, 2) if not unit.null} == {
        ("adaptive", 0), ("adaptive", 1), ("informed", 0), ("informed-few", 0)}
    halves = {("subject", OPEN_SET): [], ("subject", "take"): [1]}
    dataset = people(0.03, 2, 1, 1)
    tables = {"donor": {"": Table(dataset, dataset)}, "informed": {"": Table(dataset, dataset)}}
    asked = [*asked_cells({"subject": "hide"}, tables, ["features", "match"], ["tcn"], halves, {})]  # type: ignore[arg-type]
    assert {cell.by for cell in asked} == {"take"}  # a table that has no answer on some halves is not asked on them
    assert {cell.judge for cell in asked if (cell.threat, cell.attack) == ("informed", "features")} == {""}
    assert {cell.judge for cell in asked if (cell.threat, cell.attack) == ("donor", "features")} == {"", "steady"}


@pytest.mark.usefixtures("quick")
def test_threats_to_people_need_people_to_hide(four: Path) -> None:
    card = evaluate(four, four, keep=["repetition"], hide=["gender"], attacks=["side"], seeds=1, mask="noise")
    assert "threat donor" in card.not_tried
    assert not any(cell.threat == "donor" for cell in card.cells)
