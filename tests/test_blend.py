"""blend: mixtures of several people in step, of bones that all have in common; ksame: k people released as one."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from test_audit import people

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.align import in_step, sampled
from maskeleton.anonymizers.ksame import groups_of, joined, likeliest, taken
from maskeleton.anonymizers.mixture import as_lively, mean_direction
from maskeleton.anonymizers.spectrum import bands_of, swings
from maskeleton.anonymizers.waves import frequencies, waves_of
from maskeleton.body import bone_lengths
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import Mask, named
from maskeleton.skeleton import KINECT25
from maskeleton.threats import Known
from maskeleton.threats.carrying import carried, labels_carried
from maskeleton.threats.donor import donor
from maskeleton.threats.naming import donors_counted, owned_by_donors
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import evaluate

from crowds import wavers

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture(scope="module")
def crew() -> MotionDataset:
    """Six people, four actions, each once."""
    return wavers(6, 4, frames=24)


def mask(name: str, dataset: MotionDataset, **options: float) -> Mask:
    return named(name, dataset.skeleton, options, dataset)


def released(made_by: Mask, dataset: MotionDataset, key: bytes = KEY) -> MotionDataset:
    source = release_of(made_by, dataset, key)
    return MotionDataset.of(dataset.skeleton, dataset.fps, (motion for part in source.parts for motion in source.read(part)))


def sources(made_by: Mask, dataset: MotionDataset, key: bytes = KEY) -> list[tuple[int, ...]]:
    place = {id: row for row, id in enumerate(dataset.ids)}
    return [tuple(place[id] for id in some) for some in release_of(made_by, dataset, key).sources]


# ── in step ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def hand(when: np.ndarray, far: float = 2.0) -> torch.Tensor:
    """(1, 1, 3, T) a direction that goes up and comes down again at its own speed."""
    angle = far * np.sin(np.pi * when) ** 2
    return torch.from_numpy(np.stack([np.sin(angle), np.cos(angle), 0 * angle])[None, None]).float()


def test_two_who_do_the_same_at_another_speed_are_shown_at_the_same_moment():
    steady, late = np.linspace(0, 1, 60), np.linspace(0, 1, 90) ** 2
    one, other = hand(steady), hand(late)
    shown = [sampled(motion, when) for motion, when in zip((one, other), in_step([one, other], [0.5, 0.5]), strict=True)]
    straight = sampled(other, torch.linspace(0, 89, 60))
    assert shown[0].shape == shown[1].shape
    assert shown[0].shape[-1] == round((60 * 90) ** 0.5)
    assert (shown[0] - shown[1]).norm(dim=2).mean() < 0.25 * (one - straight).norm(dim=2).mean()
    for motion, track in zip((one, other), shown, strict=True):
        torch.testing.assert_close(track[..., [0, -1]], motion[..., [0, -1]], atol=1e-4, rtol=0)


def test_clocks_never_go_back_and_are_the_mean_of_all():
    lots = np.random.default_rng(1)
    motions = [hand(np.sort(lots.random(40 + 7 * n))) for n in range(3)]
    moments = in_step(motions, [1 / 3] * 3)
    for motion, when in zip(motions, moments, strict=True):
        assert (when.diff() >= 0).all()
        assert (float(when[0]), float(when[-1])) == pytest.approx((0, motion.shape[-1] - 1), abs=1e-3)
    mean = torch.stack([when / when[-1] for when in moments]).mean(0)
    assert (mean - torch.linspace(0, 1, len(mean))).abs().max() < 0.03


def test_the_mean_of_directions_is_a_direction():
    up, side = torch.tensor([0.0, 1, 0]), torch.tensor([1.0, 0, 0])
    two = [one[None, None, :, None] for one in (up, side)]
    torch.testing.assert_close(mean_direction(two, [0.5, 0.5])[0, 0, :, 0], (up + side) / 2**0.5)
    opposed = mean_direction([two[0], -two[0]], [0.5, 0.5])
    assert torch.equal(opposed, two[0])


def test_a_mixture_swings_as_far_as_those_in_it():
    frames = 60
    bands = bands_of(frequencies(frames, frames, 30.0))
    when = 3 * np.linspace(0, 1, frames)
    small, large = hand(when, 0.4), hand(when, 1.0)
    wanted = swings(waves_of(large, frames), bands, frames)
    for share, nearer in ((0.0, 1.0), (1.0, 0.35)):
        found = swings(waves_of(as_lively(small, wanted, bands, share), frames), bands, frames)
        before = (swings(waves_of(small, frames), bands, frames) - wanted).norm()
        assert (found - wanted).norm() <= nearer * before + 1e-6


# ── blend ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_in_his_own_mixture_and_everybody_in_it_does_the_same(crew):
    who, what = crew.labels["subject"], crew.labels["action"]
    for row, rows in enumerate(sources(mask("blend", crew, k=4), crew)):
        assert len({*who[list(rows)]}) == len(rows) == 4
        assert who[row] not in who[list(rows)]
        assert {*what[list(rows)]} == {what[row]}


def test_the_owner_may_be_one_of_them_and_may_keep_something_of_his_own(crew):
    for options, count in (({"k": 3, "owner": 1}, 3), ({"k": 3, "own": 0.5}, 4)):
        for row, rows in enumerate(sources(mask("blend", crew, **options), crew)):
            assert rows[-1] == row
            assert len(rows) == len({*crew.labels["subject"][list(rows)]}) == count


def test_each_release_is_mixed_anew(crew):
    made_by = mask("blend", crew)
    assert sources(made_by, crew) == sources(made_by, crew)
    assert sources(made_by, crew) != sources(made_by, crew, OTHER)
    by_row = sources(made_by, crew)
    assert len({tuple(sorted(crew.labels["subject"][list(rows)])) for rows in by_row}) > 8


@pytest.mark.parametrize("options", [{}, {"own": 0.5}, {"own": 1.0}, {"neutral": 0.0}, {"swing": 0.0}])
def test_bones_are_as_long_as_everybodys_in_every_frame(crew, options):
    made_by = mask("blend", crew, **options)
    made = released(made_by, crew)
    usual = made_by.net.after.lengths.numpy()
    assert made.ids == crew.ids
    for row, motion in enumerate(made):
        assert motion.present.all()
        assert (motion.tracked == 2).all()
        assert made.told(row) == crew.told(row)
        lengths = bone_lengths(motion.positions[motion.present], KINECT25)
        np.testing.assert_allclose(lengths, np.broadcast_to(usual[np.array(KINECT25.parents) >= 0]
                                                            if lengths.shape[1] < 25 else usual, lengths.shape), atol=1e-4)
        assert motion.positions.shape[0] >= 24


def test_what_is_released_is_none_of_the_donors(crew):
    made_by = mask("blend", crew, neutral=0)
    made = released(made_by, crew)
    plain = [made_by.net._plain(crew, row).permute(3, 0, 1, 2).numpy() for row in range(len(crew))]
    for row, rows in enumerate(sources(made_by, crew)):
        body = made[row].positions
        apart = [np.abs(body[:20] - plain[donor][:20]).mean() for donor in rows]
        assert min(apart) > 0.002, row


def test_without_labels_those_are_mixed_who_move_alike():
    dataset = wavers(6, 4, frames=30)
    bare = MotionDataset.of(KINECT25, 30, [motion._replace(labels={"subject": dataset.told(row)["subject"]})
                                           for row, motion in enumerate(dataset)])
    made_by = mask("blend", bare, action=0, k=2)
    assert made_by.net.carries == ()
    what = dataset.labels["action"]
    same = [what[donor] == what[row] for row, rows in enumerate(sources(made_by, bare)) for donor in rows]
    assert np.mean(same) > 0.5  # a quarter, were they drawn from all


def test_a_copy_of_ones_own_motion_under_another_name_is_not_mixed_in(crew):
    twins = [crew[0]._replace(id=f"twin{n}", labels={"subject": 7 + n, "action": crew.told(0)["action"]}) for n in range(3)]
    both = MotionDataset.of(KINECT25, 30, [*(motion._replace(labels=crew.told(row)) for row, motion in enumerate(crew)), *twins])
    for key in (KEY, OTHER):
        assert not {len(crew), len(crew) + 1, len(crew) + 2} & {*sources(mask("blend", both, k=5), both, key)[0]}


@pytest.mark.parametrize(("options", "says"), [
    ({"k": 1}, "k"), ({"k": 2.5}, "k"), ({"swing": 1.5}, "swing"), ({"action": 0.5}, "action"), ({"owner": 2}, "owner"),
    ({"own": 1.0, "owner": 1}, "owner"), ({"neutral": -1}, "neutral"),
])
def test_options_that_make_no_sense(options, says):
    with pytest.raises(UserError, match=says):
        ANONYMIZERS["blend"](KINECT25, **options)


def test_what_it_cannot_do_is_said(crew):
    with pytest.raises(UserError, match="24 recordings there are fewer than 6 other people"):
        mask("blend", crew, k=6).net.donors(crew, 1)
    with pytest.raises(UserError, match="does not know the population"):
        ANONYMIZERS["blend"](KINECT25).donors(crew, 1)
    with pytest.raises(UserError, match="3 people are too few for blend"):
        mask("blend", wavers(3, 6, frames=12))
    halfway = mask("blend", crew)
    halfway.net.strength = 0.5
    with pytest.raises(UserError, match=r"strength of 0\.5"):
        halfway.net.donors(crew, 1)
    bare = MotionDataset.of(KINECT25, 30, [motion._replace(labels={"subject": 1}) for motion in crew])
    with pytest.raises(UserError, match="the label 'action' is missing"):
        mask("blend", crew).net.donors(bare, 1)


def test_at_strength_nought_nothing_is_done(crew):
    for name in ("blend", "ksame"):
        made_by = mask(name, crew, k=3)
        made_by.net.strength = 0
        assert released(made_by, crew).motion_hashes == crew.motion_hashes
        assert sources(made_by, crew) == [(row,) for row in range(len(crew))]
        assert made_by.net.said(crew, 1) == {}


# ── ksame ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_is_in_one_group_of_k_to_twice_k_less_one():
    for count in range(4, 40):
        for k in range(2, count + 1):
            groups = groups_of(np.arange(count), k, np.random.default_rng(0))
            assert sorted(np.concatenate(groups).tolist()) == list(range(count))
            assert all(k <= len(group) < 2 * k for group in groups)
    uneven = np.repeat(np.arange(6), [1, 9, 1, 9, 1, 9])
    assert {tuple(sorted(group.tolist())) for group in groups_of(uneven, 3, np.random.default_rng(0))} == {(0, 2, 4), (1, 3, 5)}


def test_a_group_is_released_as_one_and_made_of_all_of_it_and_nobody_else(crew):
    made_by = mask("ksame", crew, k=3)
    made, entered = released(made_by, crew), sources(made_by, crew)
    who, what = crew.labels["subject"], crew.labels["action"]
    groups = set()
    for motion in set(made.motion_hashes):
        rows = [row for row in range(len(crew)) if made.motion_hashes[row] == motion]
        assert len(rows) == 3
        assert len({*what[rows]}) == 1
        assert {entered[row] for row in rows} == {tuple(rows)}
        groups.add(tuple(sorted(who[rows])))
    assert len(groups) == 2  # the same in all four actions
    assert sorted(person for group in groups for person in group) == sorted({*who})
    assert made_by.net.said(crew, 5)["guarantee"].endswith("in 0.333 of those of a single motion")


def test_nobody_who_knows_everything_but_the_motion_of_the_dice_does_better_than_one_in_k(crew):
    """The best answer that anybody can have for a motion is right for one of those who share it."""
    made = released(mask("ksame", crew, k=3), crew)
    right = sum(max(Counter(int(crew.labels["subject"][row]) for row in range(len(crew))
                            if made.motion_hashes[row] == motion).values()) for motion in set(made.motion_hashes))
    assert right / len(crew) == pytest.approx(1 / 3)


def test_where_some_never_did_it_two_groups_go_together():
    groups = [np.array([1, 2, 3]), np.array([4, 5, 6]), np.array([7, 8, 9])]
    here = joined(groups, np.array([1, 2, 4, 5, 6, 7, 8, 9]), 3)
    assert sorted(map(len, here)) == [3, 5]
    assert {1, 2} <= {*max(here, key=len).tolist()}
    assert [len(group) for group in joined(groups, np.array([1, 4, 7]), 3)] == [3]


def test_takes_go_by_turns_and_cameras_stay_together():
    """Person 1 has three takes, person 2 two; each take of person 2 was filmed twice."""
    people_, takes = np.array([1, 1, 1, 2, 2, 2, 2]), np.array([10, 11, 12, 20, 20, 21, 21])
    first, second = taken(np.arange(7), people_, takes)
    assert first.tolist() == [0, 1, 3, 4]
    assert second.tolist() == [2, 5, 6]
    assert likeliest(first, people_) == 0.5
    assert likeliest(second, people_) == pytest.approx(2 / 3)


def test_k_that_is_more_than_there_are_is_refused(crew):
    with pytest.raises(UserError, match="k = 7 is more than the 6 people there are"):
        mask("ksame", crew, k=7).net.donors(crew, 1)
    few = crew.select(np.flatnonzero(~((crew.labels["action"] == 1) & (crew.labels["subject"] > 2))))
    with pytest.raises(UserError, match=r"k = 3 is more than the people who do 1 \(2 people\)"):
        mask("ksame", crew, k=3).net.donors(few, 1)


def test_a_group_and_what_it_carries_stand_in_history(crew, tmp_path):
    store.write(crew, tmp_path / "data")
    made = anonymize(tmp_path / "data", tmp_path / "out", mask="ksame", set={"k": "3"}).dataset
    told = made.history[-1]
    assert told["carries"] == "action"
    assert "one and the same motion" in told["protects"]
    assert "0.333 of the recordings at most, and in 0.333 of those of a single motion" in told["guarantee"]
    assert labels_carried(made) == ["action"]
    with pytest.raises(UserError, match="more than the 6 people"):
        anonymize(tmp_path / "data", tmp_path / "no", mask="ksame", set={"k": "9"})
    assert not (tmp_path / "no").exists()


# ── what judges say ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_owners_and_donors_are_the_same_each_counts_for_himself(crew):
    made_by = mask("ksame", crew, k=3)
    made = released(made_by, crew)
    place = {id: row for row, id in enumerate(crew.ids)}
    told = dict(zip(crew.ids, release_of(made_by, crew, KEY).sources, strict=True))
    known = Known(crew, made, None, told)
    assert owned_by_donors(known) == list(range(24))
    assert [rows.tolist() for rows in donors_counted(known)] == [[row] for row in range(24)]
    table = donor(known)[""]
    assert len(table.looked_at) == 48  # once for each owner, not once for each who entered
    assert any("24 of 24 recordings are released as one motion of 3 people" in said for said in carried(known, {}))
    mixed = mask("blend", crew, k=3)
    told = dict(zip(crew.ids, release_of(mixed, crew, KEY).sources, strict=True))
    known = Known(crew, released(mixed, crew), None, told)
    assert owned_by_donors(known) == []
    assert [[place[id] for id in some] for some in told.values()] == [rows.tolist() for rows in donors_counted(known)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)


@pytest.mark.usefixtures("quick")
def test_one_of_k_is_all_that_anybody_finds_and_what_is_carried_is_said(tmp_path: Path) -> None:
    """Six people whom anybody tells by their posture, in groups of three."""
    store.write(people(0.03, 6, 2, 2), tmp_path / "s")
    anonymize(tmp_path / "s", tmp_path / "r", mask="ksame", set={"k": "3", "neutral": "0"}, seed=1)
    card = evaluate(tmp_path / "s", tmp_path / "r", keep=["action"], hide=["subject"], attacks=["features"], seeds=1,
                    nulls=False, set={"trees": "no"}, by="action", threats=["before", "adaptive", "donor"])
    found = {cell.threat: cell.rate for cell in card.cells
             if (cell.label, cell.metric, cell.attack, cell.judge) == ("subject", "top1", "features", "")}
    assert found["before"] > 0.95
    assert found["adaptive"] <= 1 / 3 + 0.05
    assert found["donor"] <= 1 / 3 + 0.05
    said = "\n".join(card.warnings)
    assert "action: the anonymizer looked at it" in said
    assert "it is not told for people apart" in said
    assert "as one motion of 3 people" in said
