"""The judge by traits that a gradient can pass through: true numbers, true gradients, and what must not move it."""

import numpy as np
import pytest
import torch
from mean_person import NOTHING

from maskeleton.augment import turned
from maskeleton.batch import crops
from maskeleton.classifiers.geometric import Geometric
from maskeleton.dataset import MotionDataset
from maskeleton.skeleton import KINECT25, PLANS, Skeleton
from maskeleton.splits import split
from maskeleton.synthetic import SyntheticSource, settings

from people import STANDING, stepping, two_bodies

BONES = len(KINECT25.joints) - 1


def small(classes=3, skeleton=KINECT25):
    torch.manual_seed(0)
    return Geometric(skeleton, classes, widths=(16,), each=4, blur=0.0).eval()


def whole(net, bodies):
    """All channels side by side, (R, F)."""
    return torch.cat(net.manner(bodies), 1)


def as_batch(*bodies):
    """Recordings (T, P, J, 3), NaN where nobody is, as positions and who is present."""
    positions = torch.from_numpy(np.stack(bodies).astype(np.float32))
    return positions.nan_to_num(), positions.isfinite().all(-1).any(-1)


def jiggled(frames=24):
    return stepping(frames) + np.random.default_rng(0).normal(0, 0.01, (frames, 25, 3)).astype(np.float32)


def test_lengths_and_directions_by_hand():
    found = whole(small(), torch.from_numpy(stepping(30, speed=0.0))[None])[0]
    knee = [child for _, child in KINECT25.bones].index(KINECT25.joints.index("KneeLeft"))
    assert float(found[knee].exp()) == pytest.approx(0.4, abs=0.002)
    direction = found[2 * BONES + 3 * knee :][:3]
    torch.testing.assert_close(direction, torch.tensor([0.0, -1.0, 0.0]), atol=0.01, rtol=0)


def test_the_gradient_is_that_of_small_steps():
    net = small()
    body = torch.from_numpy(jiggled(6)).double()[None].requires_grad_()
    weights, direction = (torch.randn(size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
                          for size in (whole(net, body).shape[1:], body.shape))
    (whole(net, body)[0] @ weights).backward()
    step = 1e-6
    with torch.no_grad():
        up, down = (whole(net, body + sign * step * direction)[0] @ weights for sign in (1, -1))
    assert float((body.grad * direction).sum()) == pytest.approx(float(up - down) / (2 * step), rel=1e-3)


@pytest.mark.parametrize("body", ["still", "jiggled", "one point", "absent in places"])
def test_gradients_are_finite_and_reach_every_joint(body):
    net = small()
    positions = {"still": stepping(12, speed=0.0), "jiggled": jiggled(12), "one point": np.zeros((12, 25, 3)) + 1,
                 "absent in places": jiggled(12)}[body]
    positions, present = as_batch(np.asarray(positions, np.float32)[:, None])
    if body == "absent in places":
        present[:, 3:7] = False
        positions[:, 3:7] = 0
    positions.requires_grad_()
    net(positions, present).square().sum().backward()
    assert torch.isfinite(positions.grad).all()
    if body != "one point":
        assert (positions.grad.abs().amax((0, 1, 2, 4)) > 0).all()


def test_place_and_heading_change_nothing():
    net = small()
    positions, present = as_batch(jiggled()[:, None])
    moved = turned(positions, torch.tensor([1.1])) + torch.tensor([0.5, 0.1, -0.7])
    torch.testing.assert_close(net(moved, present), net(positions, present), atol=2e-2, rtol=1e-2)
    one, taller = (whole(net, some[:, :, 0])[0, :BONES] for some in (positions, positions * 1.1))
    torch.testing.assert_close(taller - one, torch.full_like(one, np.log(1.1)), atol=0.01, rtol=0)


def test_a_body_that_is_never_there_and_the_order_of_bodies_change_nothing():
    net = small()
    one = jiggled()[:, None]
    with_nobody = np.concatenate([np.full_like(one, np.nan), one], 1)
    torch.testing.assert_close(net(*as_batch(with_nobody)), net(*as_batch(one)))
    both = two_bodies()
    torch.testing.assert_close(net(*as_batch(both)), net(*as_batch(both[:, ::-1].copy())))


def test_frames_without_the_body_do_not_count_for_its_lengths_and_posture():
    net = small()
    body = torch.from_numpy(jiggled(20))
    late = torch.cat([torch.zeros(15, 25, 3), body])
    still = 5 * BONES + 2 * 3 * BONES  # lengths, posture, first and last pose
    torch.testing.assert_close(whole(net, late[None])[0, :still], whole(net, body[None])[0, :still], atol=1e-4, rtol=0)


@pytest.mark.parametrize("frames", [1, 2, 3, 65])
@pytest.mark.parametrize("plan", [*PLANS.values(), Skeleton.of("pair", ("Hip", "Head"), (-1, 0))],
                         ids=lambda plan: plan.name)
def test_any_skeleton_and_any_length(plan, frames):
    net = small(skeleton=plan)
    bodies = torch.randn(2, frames, 1, len(plan.joints), 3, generator=torch.Generator().manual_seed(0))
    assert torch.isfinite(net(bodies, torch.ones(2, frames, 1, dtype=torch.bool))).all()


def test_its_options_build_it_again():
    net = small(4)
    again = Geometric(KINECT25, 4, **net.options)
    again.load_state_dict(net.state_dict())
    batch = as_batch(two_bodies())
    assert torch.equal(again.eval()(*batch), net(*batch))


def test_one_recording_alone_can_be_taught():
    net = small().train()
    net(*as_batch(jiggled()[:, None])).sum().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in net.parameters() if weight.grad is not None)


def test_two_hands_that_swing_together_and_against_each_other_differ():
    net = small()
    bodies = np.repeat(STANDING[None, None], 40, 1).repeat(2, 0)
    wave = 0.03 * np.sin(np.arange(40) / 3).astype(np.float32)
    bodies[:, :, KINECT25.joints.index("HandTipLeft"), 2] += wave
    bodies[0, :, KINECT25.joints.index("HandTipRight"), 2] += wave
    bodies[1, :, KINECT25.joints.index("HandTipRight"), 2] -= wave
    found = whole(net, torch.from_numpy(bodies))
    pairs = found[:, -BONES * (BONES - 1) // 2 :]
    assert float(pairs[0].max()) > 0.9
    assert float(pairs[1].min()) < -0.9


def test_people_who_differ_in_their_bones_alone_are_known_after_little_teaching():
    bones = {**NOTHING, "anatomy": "2", "sensor": "0"}
    source = SyntheticSource(settings("tiny", people=6, actions=5, takes=2, cameras=1, set=bones))
    motions = (motion for part in source.parts for motion in source.read(part))
    dataset = MotionDataset.of(source.skeleton, source.fps, motions)
    half = split(dataset, "subject", folds=1)[0]
    classes = dataset.labels["subject"].min()
    torch.manual_seed(0)
    net = Geometric(KINECT25, 6, widths=(64,), each=16, blur=0.5).train()
    optimizer = torch.optim.AdamW(net.parameters(), 0.003, weight_decay=0.3)
    learned, asked = (crops(dataset, rows, 40, 1) for rows in half[:2])
    for _ in range(80):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(learned.positions, learned.present),
                                          learned.labels["subject"] - classes).backward()
        optimizer.step()
    guess = net.eval()(asked.positions, asked.present).argmax(1)
    assert float((guess == asked.labels["subject"] - classes).float().mean()) >= 0.8
