"""bones: everybody on the lengths most people have, on a path on which feet that stood still stand still."""

import numpy as np
import pytest
import torch

from maskeleton import body
from maskeleton.anonymizers.bones import Bones
from maskeleton.anonymizers.limbs import Tree, smallest_rotation
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import load, named
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT15, KINECT25, Skeleton
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.train import train

from crowds import waver, wavers


def prepared(dataset=None, **options):
    anonymizer = Bones(KINECT25, **options).eval()
    anonymizer.prepare(dataset or wavers())
    return anonymizer


def through(anonymizer, *bodies):
    """(T, P, J, 3) of bodies (T, J, 3) side by side."""
    positions = torch.from_numpy(np.stack(bodies, 1))[None]
    with torch.inference_mode():
        return anonymizer(positions, torch.ones(positions.shape[:3], dtype=torch.bool), torch.tensor([1]))[0][0].numpy()


def test_lengths_are_those_of_the_middle_person_and_exactly_constant():
    """Of six people from 0.9 to 1.15 the middle half are 0.95 … 1.10: 1.025 on average."""
    found = through(prepared(), waver(size=1.4, noise=0.01))[:, 0]
    lengths = body.bone_lengths(found, KINECT25)
    standing = body.bone_lengths(waver(size=1.025)[:1], KINECT25)[0]
    np.testing.assert_allclose(lengths[0], standing, rtol=0.03)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[:1], lengths.shape), atol=2e-6)


def test_left_and_right_are_alike():
    lengths = prepared().lengths.numpy()
    np.testing.assert_array_equal(lengths, lengths[list(KINECT25.mirror)])


def test_directions_stay():
    before = waver(size=1.3, lean=0.2)
    after = through(prepared(), before)[:, 0]
    one, two = (body.bones(each, KINECT25)[:, 1:] for each in (before, after))
    cosine = (one * two).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(two, axis=-1)
    assert cosine.min() > 1 - 1e-5


def test_feet_stand_on_the_floor_they_stood_on_and_do_not_slide():
    before = waver(size=1.3)
    after = through(prepared(), before)[:, 0]
    feet = [KINECT25.roles["left_foot"], KINECT25.roles["right_foot"]]
    np.testing.assert_allclose(after[:, feet, 1], before[:, feet, 1], atol=1e-3)
    assert np.abs(np.diff(after[:, feet], axis=0)).max() < 1e-5


def test_who_walks_walks_in_the_measure_of_the_legs():
    """Somebody of 1.4 glides 3 m without a foot on the floor; on legs of 1.025 that is 2.2 m."""
    before = waver(90, size=1.4)
    before[..., 0] += np.linspace(0, 3, 90, dtype=np.float32)[:, None]
    before[..., 1] += 0.5 * np.sin(np.linspace(0, 3.14, 90))[:, None]  # but for a moment at both ends
    after = through(prepared(), before)[:, 0]
    way = np.ptp(after[:, 0, 0])
    assert way == pytest.approx(3 * 1.025 / 1.4, abs=0.15)


def test_two_bodies_keep_their_places_to_each_other():
    one, two = waver(size=1.3), waver(size=0.8, away=(1.5, 0.4))
    found = through(prepared(), one, two)
    before = (two[:, 0] - one[:, 0]).mean(0)
    np.testing.assert_allclose((found[:, 1, 0] - found[:, 0, 0]).mean(0)[[0, 2]], before[[0, 2]], atol=1e-5)


def test_half_the_strength_goes_half_the_way_and_bones_stay_rigid():
    anonymizer = prepared()
    anonymizer.strength = 0.5
    own, whole = waver(size=1.4), anonymizer.lengths.numpy()
    lengths = body.bone_lengths(through(anonymizer, own)[:, 0], KINECT25)
    np.testing.assert_allclose(lengths[0], (body.bone_lengths(own[:1], KINECT25)[0] + whole) / 2, atol=1e-5)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[:1], lengths.shape), atol=2e-6)


def test_one_giant_moves_the_lengths_of_nobody():
    usual = prepared().lengths
    motions = [*wavers(), *(Motion.of(waver(60 + take, size=9.0, noise=0.002), f"giant{take}", {"subject": 77})
                            for take in range(4))]
    with_giant = prepared(MotionDataset.of(KINECT25, 30, [
        motion._replace(labels={"subject": int(motion.labels["subject"])}) for motion in motions])).lengths
    assert (with_giant / usual - 1)[1:].abs().max() < 0.06


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def still(takes=20):
    return MotionDataset.of(KINECT25, 30, [Motion.of(np.repeat(waver(1, 1 + 0.01 * take), 9, 0), f"r{take}", {
        "subject": take % 5}) for take in range(takes)])


def copied():
    return MotionDataset.of(KINECT25, 30, [Motion.of(waver(), f"r{take}", {"subject": take % 5}) for take in range(20)])


def pointlike():
    rng = np.random.default_rng(0)
    return MotionDataset.of(KINECT25, 30, [Motion.of(np.repeat(rng.normal(size=(9, 1, 3)), 25, 1), f"r{take}", {
        "subject": take % 5}) for take in range(20)])


@pytest.mark.parametrize(("dataset", "says"), [
    (wavers(3, 8), "3 people are too few"), (wavers(5, 3), "15 recordings with motion are too few"),
    (still(), "nothing moves in these 20 recordings"), (copied(), "only 1 different motions"),
    (pointlike(), "no bones that could be measured")])
def test_no_population(dataset, says):
    with pytest.raises(UserError, match=says):
        prepared(dataset)


def test_a_body_plan_without_hips_and_feet():
    with pytest.raises(UserError, match="left_hip, right_hip, left_foot"):
        Bones(Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1)))


def test_before_it_knows_anybody_it_does_nothing():
    with pytest.raises(UserError, match="does not know the population"):
        through(Bones(KINECT25), waver())


# ── prepared once, used elsewhere ────────────────────────────────────────────────────────────────────────────────────


def test_by_name_it_learns_of_the_data_it_is_given_and_remembers_which():
    dataset = wavers()
    mask = named("bones", KINECT25, {}, dataset)
    assert mask.trained_on["hashes"] == dataset.hashes
    assert mask.trained_on["content_id"] == dataset.content_id
    assert torch.equal(mask.net.lengths, prepared().lengths)
    assert named("bones", KINECT25, {}).trained_on["hashes"] == []


def test_trained_it_is_prepared_on_its_part_and_used_on_others(tmp_path):
    from maskeleton import store
    store.write(wavers(8, 6), tmp_path / "data")
    mask = train(tmp_path / "data", tmp_path / "model", anonymizer="bones", device="cpu")
    again = load(tmp_path / "model")
    assert 0 < len(again.trained_on["hashes"]) < 48
    assert torch.equal(again.net.lengths, mask.net.lengths)
    assert mask.chain == "none"
    taken = anonymize(tmp_path / "data", tmp_path / "out", mask=tmp_path / "model")
    lengths = body.bone_lengths(taken.dataset[0].positions, KINECT25)
    np.testing.assert_allclose(lengths, np.broadcast_to(again.net.lengths, lengths.shape), atol=3e-6)
    with pytest.raises(UserError, match="30 frames a second, the data has 60"):
        anonymize(tmp_path / "data", tmp_path / "other", mask=tmp_path / "model", fps=60)


# ── limbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_smallest_rotation():
    turn = smallest_rotation(torch.tensor([2.0, 0, 0]), torch.tensor([0, 3.0, 0]))
    torch.testing.assert_close(turn, torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), atol=1e-6, rtol=0)
    half = smallest_rotation(torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0]), 0.5)
    torch.testing.assert_close(half @ half, turn, atol=1e-6, rtol=0)


@pytest.mark.parametrize("other", [(-1.0, 0, 0), (1.0, 0, 0), (0.0, 0, 0)])
def test_rotations_to_the_same_to_the_opposite_and_to_nowhere(other):
    turn = smallest_rotation(torch.tensor([1.0, 0, 0]), torch.tensor(other))
    torch.testing.assert_close(turn @ turn.T, torch.eye(3), atol=1e-6, rtol=0)
    wanted = (1.0, 0, 0) if not any(other) else other
    torch.testing.assert_close(turn @ torch.tensor([1.0, 0, 0]), torch.tensor(wanted), atol=1e-6, rtol=0)


def test_a_tree_says_which_bones_lead_to_a_joint():
    tree = Tree.of(KINECT15)
    hand = KINECT15.joints.index("HandLeft")
    assert tree.leads[hand].nonzero().flatten().tolist() == sorted(
        KINECT15.joints.index(name) for name in ("Neck", "ShoulderLeft", "ElbowLeft", "HandLeft"))
    assert not tree.leads[tree.root].any()
