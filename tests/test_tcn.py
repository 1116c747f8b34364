"""The everyday judge: what it must not be moved by, and that it learns."""

import numpy as np
import pytest
import torch

from maskeleton.augment import turned
from maskeleton.classifiers.tcn import Tcn, _pairs
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton

from people import stepping, two_bodies

SMALL = {"widths": (8, 12, 16)}


def small(classes: int = 3, **options: object) -> Tcn:
    torch.manual_seed(0)
    return Tcn(KINECT25, classes, **(SMALL | options)).eval()


def as_batch(*bodies: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Recordings (T, P, J, 3) of one length, NaN where nobody is, side by side."""
    positions = torch.from_numpy(np.stack(bodies))
    present = positions.isfinite().all(-1).any(-1)
    return positions.nan_to_num(), present


def test_a_recording_becomes_as_many_answers_as_there_are_classes():
    net = small(5)
    positions, present = as_batch(two_bodies(), two_bodies())
    assert net(positions, present).shape == (2, 5)
    assert net.embed(positions, present).shape == (2, net.width)


def test_a_body_that_is_never_there_changes_nothing():
    net = small()
    one = stepping(20)[:, None]
    with_nobody = np.concatenate([one, np.full_like(one, np.nan)], 1)
    torch.testing.assert_close(net(*as_batch(with_nobody)), net(*as_batch(one)))


def test_frames_in_which_a_body_is_absent_do_not_count():
    net = small()
    body = stepping(16)[:, None]
    late = np.concatenate([np.full((48, 1, 25, 3), np.nan, np.float32), body])
    alone = net.features(torch.from_numpy(body[:, 0])[None])
    with torch.no_grad():
        apart = (net.embed(*as_batch(late)) - alone).norm() / alone.norm()
        zeros = torch.from_numpy(late[:, 0]).nan_to_num()[None] + 1e-6  # the same as if it stood at the origin
        counted = (net.features(zeros) - alone).norm() / alone.norm()
    assert apart < 0.2
    assert counted > 2 * apart


def test_two_bodies_count_the_same_in_either_slot():
    net = small()
    both = two_bodies()
    torch.testing.assert_close(net(*as_batch(both)), net(*as_batch(both[:, ::-1].copy())))


def test_distances_are_bones_and_what_joints_open_and_no_turn_changes_them():
    plan = Skeleton.of("leg", ("hip", "knee", "ankle"), (-1, 0, 1))
    assert _pairs(plan) == [(1, 0), (2, 1), (2, 0)]
    net = Tcn(plan, 2, **SMALL).eval()
    body = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.6, 0.0], [0.3, 0.2, 0.0]]).expand(1, 4, 3, 3)
    there = torch.ones(1, 1, 4)
    distances = net._told(body, there)[0, -3:, 0]
    torch.testing.assert_close(distances, torch.tensor([0.4, 0.5, (0.09 + 0.64) ** 0.5]), rtol=0, atol=1e-4)
    around = turned(body[:, :, None], torch.tensor([1.0]))[:, :, 0]
    torch.testing.assert_close(net._told(around, there)[0, -3:, 0], distances)


@pytest.mark.parametrize("frames", [4, 5, 31, 64])
@pytest.mark.parametrize("plan", [KINECT25, KINECT20])
def test_any_length_and_skeleton(frames, plan):
    net = Tcn(plan, 2, **SMALL).eval()
    body = torch.from_numpy(stepping(frames)[:, None, : len(plan.joints)])[None]
    assert torch.isfinite(net(body, torch.ones(1, frames, 1, dtype=torch.bool))).all()


def test_its_options_build_it_again():
    net = small(4, stream="bone", blur=0.1)
    again = Tcn(KINECT25, 4, **net.options)
    again.load_state_dict(net.state_dict())
    positions, present = as_batch(two_bodies())
    assert torch.equal(again.eval()(positions, present), net(positions, present))


def test_the_usual_size():
    net = Tcn(KINECT25, 60)
    weights = sum(weight.numel() for weight in net.parameters())
    assert 600_000 < weights < 800_000


@pytest.mark.parametrize("clue", ["shin", "swing"])
def test_it_learns_a_bone_length_and_a_speed(clue):
    """Two kinds of people, alike but for one thing, standing anywhere and turned a little."""
    rng = np.random.default_rng(0)
    net = small(2, blur=0.0).train()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    loss = torch.nn.CrossEntropyLoss()
    wrong = 1.0
    for _ in range(60):
        truth = torch.from_numpy(rng.integers(0, 2, 32))
        bodies = np.stack([_person(rng, kind, clue) for kind in truth.tolist()])
        positions = turned(torch.from_numpy(bodies)[:, :, None], torch.from_numpy(rng.uniform(-0.5, 0.5, 32)).float())
        logits = net(positions, torch.ones(positions.shape[:3], dtype=torch.bool))
        wrong = 0.8 * wrong + 0.2 * float((logits.argmax(1) != truth).float().mean())
        optimizer.zero_grad()
        loss(logits, truth).backward()
        optimizer.step()
    assert wrong < 0.1


def _person(rng: np.random.Generator, kind: int, clue: str) -> np.ndarray:
    body = stepping(24, speed=0.0) - np.float32([0, 0, 3])
    if clue == "shin":
        body[:, (14, 15, 18, 19), 1] -= 0.04 * kind
    else:
        swing = 0.1 * np.sin(np.arange(24) * (0.5 + 0.5 * kind) + rng.uniform(0, 6))
        body[:, (6, 7, 21, 22), 2] += swing[:, None].astype(np.float32)
    return (body + rng.normal(0, 0.005, body.shape) + [*rng.uniform(-0.5, 0.5, 2), 0]).astype(np.float32)
