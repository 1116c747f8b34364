"""paired: what is mixed up in a fixed way is undone by who has pairs, though nobody else finds anything; where nothing is
left, nothing comes back."""

from pathlib import Path

import numpy as np
import pytest
from test_audit import people
from test_evaluate import released
from test_threats import CHANCE, FEATURES, rates

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.splits import open_set, split
from maskeleton.threats import THREATS, Known
from maskeleton.threats.inverter import inputs, learned
from maskeleton.threats.paired import inverted, undone_rows
from maskeleton.threats.views import VIEWS, bodies, distance, flat, standing

ASKED = {**FEATURES, "nulls": False, "set": {"trees": "no"}}
LAST = 24  # the joint that carries what the others were mixed with


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("four") / "s"
    store.write(people(0.03, 4, 1, 8), folder)
    return folder


def mixed(motion: Motion, person: int) -> Motion:
    """Joints change places, and each is thrown about by noise that one of them carries: the same mixture for all."""
    fixed, lots = np.random.default_rng(7), np.random.default_rng(int(motion.id[1:]))
    order, ways = fixed.permutation(25), fixed.normal(0, 1, (25, 3, 3))
    noise = lots.normal(0, 1, (len(motion.positions), 3)) + lots.normal(0, 1, 3)
    positions = motion.positions[:, :, order] + np.einsum("jab,tb->tja", ways, noise)[:, None]
    positions[:, :, LAST] = noise[:, None]
    return motion._replace(positions=positions.astype(np.float32))


def test_what_was_mixed_up_is_undone_by_who_has_pairs_alone(four: Path) -> None:
    card = evaluate_of(four, released(four, mixed), threats=["naive", "renormalized", "adaptive", "paired", "twice"])
    found = rates(card)
    for threat in ("naive", "renormalized", "adaptive"):
        assert found[threat].low <= CHANCE, threat
        assert found[threat].rate < 0.65, threat
    assert found["paired"].rate > 0.95
    top, = card.headline
    assert top["by"]["threat"] == "paired"
    value = {row["metric"]: row["value"] for row in card.motion}
    assert value["mpjpe_root_undone"] < 40 < 1000 < value["mpjpe_root"]  # one joint is lost, and must be guessed
    assert "threat twice: there is one release alone; --twice RELEASED names another of the same recordings" in card.not_tried


def evaluate_of(original: Path, release: Path, **more: object):  # type: ignore[no-untyped-def]
    from maskeleton.verbs.evaluate import evaluate

    return evaluate(original, release, **{**ASKED, **more})  # type: ignore[arg-type]


def test_where_nothing_is_left_nothing_comes_back(four: Path) -> None:
    def gone(motion: Motion, person: int) -> Motion:
        lots = np.random.default_rng(int(motion.id[1:]))
        return motion._replace(positions=lots.normal(0, 0.3, motion.positions.shape).astype(np.float32))

    card = evaluate_of(four, released(four, gone), threats=["naive", "paired"])
    cell = rates(card)["paired"]
    assert cell.low <= CHANCE <= cell.high


def test_pairs_are_needed_and_something_to_undo() -> None:
    dataset = people(0.03, 4, 1, 4)
    with pytest.raises(UserError, match="the release changed nothing"):
        THREATS["paired"](Known(dataset, dataset, hide=("subject",)))
    other = people(0.02, 4, 1, 4)
    with pytest.raises(UserError, match="no hidden label has halves"):
        THREATS["paired"](Known(dataset, other))


def turned(dataset: MotionDataset) -> MotionDataset:
    """Left arms where right arms were, and everything moved a little."""
    order = [*range(4), *range(8, 12), *range(4, 8), *range(12, 25)]
    return MotionDataset.of(KINECT25, 30, [
        motion._replace(positions=motion.positions[:, :, order] + np.float32(0.5), labels=dataset.told(row))
        for row, motion in enumerate(dataset)])


def test_a_straight_map_is_undone_to_millimetres() -> None:
    dataset = people(0.03, 4, 1, 6)
    release, rows = turned(dataset), np.arange(24)
    found = learned(dataset, release, rows[::4], 0)
    assert found.apart < 5
    back = inverted(found, release)
    assert back.labels["subject"].tolist() == dataset.labels["subject"].tolist()
    assert np.mean([np.abs(one.positions - other.positions).mean() for one, other in zip(back, dataset, strict=True)]) < 0.01
    half, = split(dataset, "subject")
    known = Known(dataset, release, halves={("subject", "take"): (half,)}, hide=("subject",))
    row, = undone_rows(known, THREATS["paired"](known)[""])
    assert (row["metric"], row["unit"]) == ("mpjpe_root_undone", "mm")
    assert row["value"] < 10


def test_what_a_ridge_cannot_a_network_may() -> None:
    """Bones are bent by how far they swing: no straight line goes back."""
    dataset = people(0.03, 6, 1, 4)
    lots = np.random.default_rng(0)

    def sway(positions: np.ndarray) -> np.ndarray:
        waves = np.sin(9 * (positions - positions.mean((0, 2), keepdims=True)))
        return (waves + lots.normal(0, 0.002, waves.shape)).astype(np.float32)

    bent = MotionDataset.of(KINECT25, 30, [motion._replace(positions=sway(motion.positions), labels=dataset.told(row))
                                           for row, motion in enumerate(dataset)])
    held = np.arange(0, 24, 4)
    straight, found = (learned(dataset, bent, held, 0, network) for network in (False, True))
    assert straight.network is None
    assert found.apart <= straight.apart
    assert found.network is None or found.apart < straight.apart * 0.99


def test_every_tested_half_has_its_own_inverter_and_looks_at_its_own() -> None:
    dataset = people(0.03, 8, 1, 4)
    release = turned(dataset)
    halves = {("subject", "take"): split(dataset, "subject"), ("gender", "person"): split(dataset, "gender", folds=2),
              ("subject", "open set"): open_set(dataset), ("action", "person"): ()}
    known = Known(dataset, release, halves=halves, hide=("subject", "gender"), minutes=1)
    table = THREATS["paired"](known)[""]
    assert len(table.looked_at) == 32 // 4 + 32 + 32 // 4
    for (label, by), own in halves.items():
        for half, moved in zip(own, table.of(own), strict=True):
            part = "probe" if by == "open set" else "test"
            assert [dataset.ids[row] for row in getattr(half, part)] == [
                table.looked_at.ids[row].partition(" by ")[0] for row in getattr(moved, part)]
            assert np.array_equal(half.train, moved.train)
            assert table.looked_at.labels[label][getattr(moved, part)].tolist() == dataset.labels[label][
                getattr(half, part)].tolist()


def test_bodies_are_put_together_again_as_they_were_seen() -> None:
    dataset = people(0.03, 2, 1, 1)
    for view in VIEWS.values():
        body = next(bodies(dataset, dataset, view))
        assert inputs(body.released).shape == (24, 25 * 3 * 9)
        assert distance(flat(body.released), flat(body.original), KINECT25) == 0
        seen = standing(flat(body.original), KINECT25)
        own = dataset[0].positions[:, 0]
        apart = np.linalg.norm(seen[:, 3] - seen[:, 15], axis=-1), np.linalg.norm(own[:, 3] - own[:, 15], axis=-1)
        assert np.allclose(*apart, atol=1e-5)
