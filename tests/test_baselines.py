"""The baselines: lowpass, appearance, eraser and retarget do what they say, and what their authors can undo comes back."""

import numpy as np
import pytest
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.appearance import middle_of_sphere
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.eraser import erasing
from maskeleton.anonymizers.limbs import bones_of
from maskeleton.anonymizers.population import common_lengths
from maskeleton.body import bone_lengths
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import named
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

from crowds import waver, wavers

KEY = b"k" * 32


@pytest.fixture(scope="module")
def crew() -> MotionDataset:
    return wavers(6, 4, frames=40)


def released(name: str, dataset: MotionDataset, **options: float) -> MotionDataset:
    source = release_of(named(name, dataset.skeleton, options, dataset), dataset, KEY)
    return MotionDataset.of(dataset.skeleton, dataset.fps, (motion for part in source.parts for motion in source.read(part)))


def batch(motion: Motion):
    positions = torch.from_numpy(np.array(motion.positions))[None]
    return positions, torch.ones(positions.shape[:3], dtype=torch.bool), torch.tensor([1])


# ── lowpass ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_slow_stays_what_is_fast_goes_and_what_is_between_comes_back():
    frames = 120
    when = torch.arange(frames) / 30 + 1 / 60
    net = named("lowpass", KINECT25, {}, wavers(4, 4, frames=8)).net
    present = torch.ones(1, frames, 1, dtype=torch.bool)
    for hertz, stays, returns in ((0.5, 1.0, 1.0), (3.0, 0.5, 1.0), (10.0, 0.0, 0.0)):
        wave = torch.cos(2 * torch.pi * hertz * when)[None, :, None, None, None].expand(1, frames, 1, 25, 3)
        found, _ = net(wave, present, torch.tensor([1]))
        assert found.std() / wave.std() == pytest.approx(stays, abs=0.02)
        assert net.invert(found, present).std() / wave.std() == pytest.approx(returns, abs=0.02)


def test_lowpass_must_know_how_fast_frames_follow():
    with pytest.raises(UserError, match="how many frames make a second"):
        ANONYMIZERS["lowpass"](KINECT25)(*batch(wavers(1, 1, frames=8)[0]))
    with pytest.raises(UserError, match="rate"):
        ANONYMIZERS["lowpass"](KINECT25, rate=0)


# ── appearance ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_has_the_same_mean_pose_or_the_same_first_one(crew):
    net = named("appearance", KINECT25, {}, crew).net
    for options, of in (({}, lambda poses: poses.mean(-1)), ({"first": 1}, lambda poses: poses[..., 0])):
        own, found = [], []
        for before, after in zip(crew, released("appearance", crew, **options), strict=True):
            for motion, kept in ((before, own), (after, found)):
                kept.append(of(net._inside(Crew.of(*batch(motion)[:2]))[0][0]).numpy())
        assert np.std(own, 0).max() > 0.05
        assert np.std(found, 0).max() < 0.005  # facing is told by hips that were moved a little


def test_the_middle_of_a_sphere_is_found():
    torch.manual_seed(1)
    ends = torch.nn.functional.normalize(torch.randn(2, 3, 3, 200) * 0.4 + torch.tensor([0.0, 1, 0])[:, None], dim=2) * 0.3
    away = torch.tensor([0.05, -0.1, 0.02])
    found = middle_of_sphere(ends + away[:, None], torch.ones(2, 200))
    assert (found - away).norm(dim=-1).max() < 0.01


def test_what_was_added_to_bones_that_move_is_taken_away_again():
    """The arm swings far: posture and length of its bones come back, though nobody said what they were."""
    crew = MotionDataset.of(KINECT25, 30, [
        Motion.of(waver(60, 0.9 + 0.05 * person, np.radians(4 * person), 1.2, 0.4 + 0.1 * take, noise=0.001), f"{person} {take}",
                  {"subject": person + 1}) for person in range(6) for take in range(4)])
    net = named("appearance", KINECT25, {}, crew).net
    moved = back = 0.0
    for motion in crew.select(range(20, 24)):
        positions, present, seeds = batch(motion)
        with torch.inference_mode():
            found, _ = net(positions, present, seeds)
            undone = net.invert(found, present)
        own, after, again = (bones_of(some[0, :, 0].permute(1, 2, 0)[None], net.tree)[0, 5] for some in
                             (positions, found, undone))
        moved += float((after - own).norm(dim=0).mean())
        back += float((again - own).norm(dim=0).mean())
    assert back < 0.5 * moved


# ── eraser ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_erasing_no_straight_line_tells_people_and_nothing_else_is_lost():
    lots = np.random.default_rng(2)
    who = np.repeat(np.arange(5), 40)
    numbers = lots.normal(size=(200, 12))
    numbers[:, :3] += 4 * lots.normal(size=(5, 3))[who]
    numbers = numbers @ lots.normal(size=(12, 12))
    away = erasing(numbers, who, ridge=0)
    left = numbers - (numbers - numbers.mean(0)) @ away.T
    means = np.stack([left[who == one].mean(0) for one in range(5)])
    np.testing.assert_allclose(means, np.broadcast_to(numbers.mean(0), means.shape), atol=1e-6)
    assert np.linalg.matrix_rank(away, tol=1e-6) == 4
    assert np.linalg.matrix_rank(left - left.mean(0), tol=1e-6) == 12 - 4
    np.testing.assert_allclose(away @ away, away, atol=1e-6)


def test_people_it_has_learned_from_hold_themselves_alike_and_bones_are_rigid(crew):
    made = released("eraser", crew)
    who = crew.labels["subject"]

    def told(dataset: MotionDataset) -> float:
        """How far the mean pose of the arms of people differ, of bones of length one."""
        poses = []
        for motion in dataset:
            bones = bones_of(batch(motion)[0][0, :, 0].permute(1, 2, 0)[None], named("bones", KINECT25, {}, crew).net.tree)
            poses.append(torch.nn.functional.normalize(bones, dim=2).nan_to_num()[0].mean(-1).numpy())
        means = np.stack([np.mean([pose for pose, own in zip(poses, who, strict=True) if own == one], 0)
                          for one in np.unique(who)])
        return float(means[:, 1:, 0].std(0).mean())

    assert told(made) < 0.4 * told(crew)
    for motion in made:
        lengths = bone_lengths(motion.positions[motion.present], KINECT25)
        assert np.ptp(lengths, 0).max() < 1e-4


# ── retarget ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_has_the_bones_of_one_and_that_one_has_anothers(crew):
    made = released("retarget", crew)
    entered = release_of(named("retarget", KINECT25, {}, crew), crew, KEY).sources
    place = {id: row for row, id in enumerate(crew.ids)}
    who = crew.labels["subject"]
    models = {who[place[model]] for _, model in entered}
    assert len(models) == 2
    for row, (own, model) in enumerate(entered):
        assert own == crew.ids[row]
        assert who[place[model]] != who[row]
        lengths = bone_lengths(made[row].positions[made[row].present], KINECT25)
        wanted = common_lengths(crew.select([place[model]]))
        np.testing.assert_allclose(lengths, np.broadcast_to(wanted, lengths.shape), atol=1e-4)


def test_retarget_must_know_who_is_who(crew):
    bare = MotionDataset.of(KINECT25, 30, [motion._replace(labels={}) for motion in crew])
    with pytest.raises(UserError, match="whose 24 of 24 recordings are is not known"):
        ANONYMIZERS["retarget"](KINECT25).donors(bare, 1)
    with pytest.raises(UserError, match="one person alone"):
        ANONYMIZERS["retarget"](KINECT25).donors(crew.select(range(4)), 1)
