"""planted: a foot that stands stays, a foot in the air goes where it goes, and legs are as long as before."""

import pytest
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.limbs import Tree, bones_of, joints_of, size
from maskeleton.anonymizers.planted import HELD, given_way, legs_turned, planting
from maskeleton.skeleton import KINECT25

from crowds import waver, wavers

TREE = Tree.of(KINECT25)
LEFT, RIGHT = TREE.feet
FPS, FRAMES = 30.0, 90


def sliding(away=0.1):
    """(1, J, 3, T) somebody whose left leg is slowly drawn aside by so many metres while he stands."""
    body = torch.from_numpy(waver(FRAMES, 1.0, 0.0, 0.0, 1.0)).permute(1, 2, 0)[None]
    body = body - body[:, [TREE.root]]
    below = TREE.leads[:, TREE.feet[0]].bool() | (TREE.leads[LEFT] > TREE.leads[TREE.hips[0]])
    body[:, below, 0] += torch.linspace(0, away, FRAMES)
    return body


def put(body, share=1.0):
    """Joints (1, J, 3, T) after the legs were turned."""
    way, weight = torch.zeros(1, 3, FRAMES), torch.ones(1, FRAMES)
    return joints_of(legs_turned(bones_of(body, TREE), planting(body, way, weight, TREE, FPS, share), TREE), TREE)


def travelled(body, joint):
    """Metres on the ground."""
    return float(body[0, joint, 0::2].diff(dim=-1).norm(dim=0).sum())


def test_a_foot_that_stands_stays_and_half_of_it_is_half():
    before = sliding()
    assert travelled(before, LEFT) == pytest.approx(0.1, rel=1e-3)
    assert travelled(put(before), LEFT) < 0.01
    assert travelled(put(before, 0.5), LEFT) == pytest.approx(0.05, abs=0.006)
    assert torch.allclose(put(before, 0.0), before, atol=1e-6)


def test_it_stays_in_the_middle_of_where_it_was_and_legs_are_as_long():
    before = sliding()
    after = put(before)
    assert after[0, LEFT, 0].mean() == pytest.approx(float(before[0, LEFT, 0].mean()), abs=0.002)
    assert torch.allclose(size(bones_of(after, TREE)), size(bones_of(before, TREE)), atol=1e-5)


def test_nothing_but_that_leg_is_moved():
    before = sliding()
    moved = (put(before) - before).abs().amax((0, 2, 3)) > 1e-4
    own = (TREE.leads[LEFT] > TREE.leads[TREE.hips[0]]) | TREE.leads[:, LEFT].bool()
    assert moved.any()
    assert not (moved & ~own).any()


def test_a_foot_in_the_air_or_that_steps_goes_where_it_goes():
    lifted = sliding()
    lifted[:, TREE.leads[:, LEFT].bool(), 1] += 0.3
    assert travelled(put(lifted), LEFT) == pytest.approx(travelled(lifted, LEFT), rel=0.02)
    fast = sliding(away=3.0)  # a metre a second
    assert travelled(put(fast), LEFT) == pytest.approx(travelled(fast, LEFT), rel=0.02)


def test_the_equations_are_solved():
    """Beside a dense solver, with feet that stand now and then."""
    lots = torch.Generator().manual_seed(0)
    feet, stands = torch.randn(1, 2, 2, 40, generator=lots).cumsum(-1), torch.rand(1, 2, 40, generator=lots)
    found = given_way(feet, stands, FPS)
    steps = torch.eye(40).diff(dim=0).double()
    for foot in range(2):
        both = torch.minimum(stands[0, foot, 1:], stands[0, foot, :-1]).double()
        pulled = steps.T @ torch.diag(both) @ steps
        wanted = torch.linalg.solve(pulled + (HELD / FPS) ** 2 * torch.eye(40), -pulled @ feet[0, foot].double().T)
        assert torch.allclose(found[0, foot].double(), wanted.T, atol=1e-3)


def test_one_frame_has_nothing_to_hold():
    assert torch.equal(given_way(torch.ones(1, 2, 2, 1), torch.ones(1, 2, 1), FPS), torch.zeros(1, 2, 2, 1))


def test_in_a_release_of_typical_feet_that_stand_hardly_slide():
    """By itself each leg goes its own usual way; `neutral` beside it keeps the feet that stood."""
    quiet = {"noise": 0.0, "lively": 0.0, "stranger": 0.0, "after": 0.8}
    net = ANONYMIZERS["typical"](KINECT25, **quiet).eval()
    net.prepare(wavers(frames=FRAMES))
    positions = torch.from_numpy(waver(FRAMES, 1.0, 0.1, 0.5, 0.7))[None, :, None]
    seeds, there = torch.tensor([3]), torch.ones(1, FRAMES, 1, dtype=torch.bool)
    with torch.inference_mode():
        planted = net(positions, there, seeds)[0][0, :, 0]
        net._stepping = lambda bones, *_: bones
        slid = net(positions, there, seeds)[0][0, :, 0]
    far = [sum(float(body[:, foot, 0::2].diff(dim=0).norm(dim=1).sum()) for foot in TREE.feet) for body in (planted, slid)]
    assert far[0] < far[1] / 2
