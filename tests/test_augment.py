"""What training changes is what it says it changes, and nothing else."""

import numpy as np
import pytest
import torch

from maskeleton.augment import UP, Augment, changed, mirrored, turned, windows
from maskeleton.body import bone_lengths, heading, turn
from maskeleton.dataset import MotionDataset
from maskeleton.engine import prepared
from maskeleton.motion import Motion
from maskeleton.normalize import CHAINS
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT25

from people import stepping


def shown(frames: int = 6, rows: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    body = torch.from_numpy(stepping(frames) - np.float32([0, 0, 3]))[None, :, None]
    return body.repeat(rows, 1, 1, 1, 1), torch.ones(rows, frames, 1, dtype=torch.bool)


def rng() -> np.random.Generator:
    return generator(0, "test")


def test_the_defaults_change_nothing():
    positions, present = shown()
    assert torch.equal(changed(Augment(), positions, present, KINECT25, "sequence", rng()), positions)
    first, last = windows(Augment(), np.array([1, 7, 30]), rng())
    assert first.tolist() == [0, 0, 0]
    assert last.tolist() == [0, 6, 29]


def test_a_crop_lies_inside_and_is_no_shorter_than_asked():
    frames = np.repeat([1, 2, 11, 101], 500)
    first, last = windows(Augment(crop=0.5), frames, rng())
    assert first.min() >= 0
    assert (last <= frames - 1).all()
    shares = (last - first)[-500:] / 100
    assert 0.5 <= shares.min() < 0.52
    assert 0.98 < shares.max() <= 1
    assert first[-500:].max() > 30


def test_a_quarter_turn_takes_the_side_to_the_back():
    along_x = torch.tensor([1.0, 2.0, 0.0]).expand(1, 2, 1, 1, 3)
    quarter = torch.tensor([torch.pi / 2])
    torch.testing.assert_close(turned(along_x, quarter)[0, 0, 0, 0], torch.tensor([0.0, 2.0, -1.0]))
    torch.testing.assert_close(turned(along_x, quarter, up=2)[0, 0, 0, 0], torch.tensor([-2.0, 1.0, 0.0]))


@pytest.mark.parametrize(("up", "axis"), [(1, "y"), (2, "z")])
def test_turns_are_those_of_the_geometry(up, axis):
    positions, _ = shown(rows=3)
    angles = torch.tensor([0.3, -1.0, 2.0])
    slow = positions.numpy() @ turn(axis, angles.numpy())[:, None, None].swapaxes(-1, -2)
    np.testing.assert_allclose(turned(positions, angles, up).numpy(), slow, atol=1e-6)


def test_each_chain_is_turned_about_what_points_up_in_it():
    assert UP.keys() == CHAINS.keys()
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(stepping(5), "a")])
    for chain in CHAINS:
        body = prepared(dataset, chain).positions[0]
        spine = body[20] - body[0]
        assert spine[UP[chain]] > 0.4
        around = changed(Augment(turn=3.0), body[None, None, None], torch.ones(1, 1, 1, dtype=torch.bool), KINECT25,
                         chain, rng())[0, 0, 0]
        assert float((around - body).abs().max()) > 0.1
        torch.testing.assert_close(around[:, UP[chain]], body[:, UP[chain]])


def test_turns_reach_as_far_as_asked_and_are_the_same_for_all_bodies_of_a_row():
    positions = torch.tensor([0.0, 0.0, 1.0]).expand(400, 2, 2, 1, 3)
    plan = KINECT25
    around = changed(Augment(turn=0.5), positions, torch.ones(400, 2, 2, dtype=torch.bool), plan, "sequence", rng())
    angles = torch.atan2(around[..., 0, 0], around[..., 0, 2])
    torch.testing.assert_close(angles, angles[:, :1, :1].expand_as(angles))
    assert 0.48 < angles.max() <= 0.5
    assert -0.5 <= angles.min() < -0.48


def test_people_are_tilted_to_all_sides_and_no_further_than_asked():
    upright = torch.tensor([0.0, 1.0, 0.0]).expand(400, 2, 2, 1, 3)
    there = torch.ones(400, 2, 2, dtype=torch.bool)
    leaning = changed(Augment(tilt=0.4), upright, there, KINECT25, "sequence", rng())
    torch.testing.assert_close(leaning, leaning[:, :1, :1].expand_as(leaning))  # all frames and bodies of a row alike
    torch.testing.assert_close(leaning.norm(dim=-1), torch.ones(400, 2, 2, 1))
    sides = leaning[:, 0, 0, 0]
    assert torch.asin(sides[:, [0, 2]].abs()).max() <= 0.41
    assert (sides[:, [0, 2]].amin(0) < -0.35).all()
    assert (sides[:, [0, 2]].amax(0) > 0.35).all()


def test_people_become_larger_and_smaller_by_the_share_asked():
    ones, present = torch.ones(400, 6, 1, 25, 3), torch.ones(400, 6, 1, dtype=torch.bool)
    sizes = changed(Augment(size=0.3), ones, present, KINECT25, "sequence", rng()).flatten(1)
    torch.testing.assert_close(sizes, sizes[:, :1].expand_as(sizes))
    assert 0.7 <= sizes.min() < 0.72
    assert 1.28 < sizes.max() <= 1.3 + 1e-6


def test_a_mirror_makes_the_left_hand_the_right_one():
    positions, _ = shown()
    seen = mirrored(positions, KINECT25)
    left, right, hips = (KINECT25.joints.index(name) for name in ("HandLeft", "HandRight", "SpineBase"))
    torch.testing.assert_close(seen[..., right, 2], positions[..., left, 2])
    torch.testing.assert_close(seen[..., right, 0], -positions[..., left, 0])
    torch.testing.assert_close(seen[..., hips, 1:], positions[..., hips, 1:])
    assert torch.equal(mirrored(seen, KINECT25), positions)


def test_a_mirrored_body_still_faces_forward_and_its_bones_have_changed_sides():
    body = stepping(3)
    body[:, 14, 1] -= 0.1  # one longer shin
    seen = mirrored(torch.from_numpy(body)[None, :, None], KINECT25)[0, :, 0].numpy()
    np.testing.assert_allclose(heading(seen, KINECT25), heading(body, KINECT25), atol=1e-6)
    lengths, before = bone_lengths(seen, KINECT25), bone_lengths(body, KINECT25)
    np.testing.assert_allclose(lengths[:, list(KINECT25.mirror)], before, atol=1e-6)
    assert lengths[0, 18] > lengths[0, 14] + 0.05


def test_as_many_are_mirrored_as_asked():
    positions, present = shown(rows=400)
    seen = changed(Augment(mirror=0.25), positions, present, KINECT25, "sequence", rng())
    share = (seen != positions).flatten(1).any(1).float().mean()
    assert 0.15 < share < 0.35


def test_noise_has_the_size_asked_for_and_leaves_nobody_where_nobody_is():
    positions, present = shown(50, rows=8)
    positions, present = positions.repeat(1, 1, 2, 1, 1), present.repeat(1, 1, 2)
    present[:, :, 1] = False
    positions = positions * present[..., None, None]
    moved = changed(Augment(noise=0.02), positions, present, KINECT25, "sequence", rng()) - positions
    assert 0.019 < float(moved[:, :, 0].std()) < 0.021
    assert not moved[:, :, 1].any()
    again = changed(Augment(noise=0.02), positions, present, KINECT25, "sequence", rng()) - positions
    assert torch.equal(moved, again)
