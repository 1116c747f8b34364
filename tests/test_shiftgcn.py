"""Shift-GCN: shifts in joints and in time are those one would make number by number; gradients are the right ones."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn

from maskeleton.classifiers.fold import folded
from maskeleton.classifiers.shiftgcn import Joints, Shift, ShiftGCN, taken_from
from maskeleton.errors import UserError
from maskeleton.skeleton import H36M17, KINECT15, KINECT25, Skeleton

SMALL = {"widths": (8, 8, 12)}
CHAIN = Skeleton.of("chain", ("a", "b", "c", "d"), (-1, 0, 1, 2))


def draw(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def stirred(net, seed=0):
    """The net with random weights and norms, so that nothing is 0 or 1 by chance."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        if "running_var" in name:
            tensor.uniform_(0.5, 1.5, generator=random)
        elif "offset" in name:
            tensor.uniform_(-3, 3, generator=random)
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.3, generator=random)
    return net


def plain_build():
    """`build` of bench/plain_shiftgcn.py."""
    file = Path(__file__).parent.parent / "bench" / "plain_shiftgcn.py"
    spec = importlib.util.spec_from_file_location("plain_shiftgcn", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build


@pytest.mark.parametrize(("classes", "count"), [(60, 690_291), (2, 675_385)])
def test_as_many_parameters_as_published(classes, count):
    net = ShiftGCN(KINECT25, classes, slots=2)
    assert sum(parameter.numel() for parameter in net.parameters()) == count


# ── joints ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_channels_are_taken_from():
    # Three joints of two channels, numbered 0-1, 2-3, 4-5: channel 0 stays, channel 1 comes from the next joint.
    assert taken_from(3, 2, 1).tolist() == [0, 3, 2, 5, 4, 1]
    assert taken_from(3, 2, -1).tolist() == [0, 5, 2, 1, 4, 3]


@pytest.mark.parametrize("joints", [4, 25])
def test_there_and_back_again(joints):
    numbers = torch.arange(joints * 30)
    assert torch.equal(numbers[taken_from(joints, 30, 1)][taken_from(joints, 30, -1)], numbers)


@pytest.mark.parametrize(("wide", "out"), [(3, 7), (6, 6)])
def test_joints_are_joined_number_by_number(wide, out):
    joints = 5
    block = stirred(Joints(joints, wide, out)).eval()
    x = draw(2, wide, 3, joints)
    taken, put = torch.empty(2, wide, 3, joints), torch.empty(2, out, 3, joints)
    for joint in range(joints):
        for channel in range(wide):
            loud = torch.tanh(block.mask[joint, channel]) + 1
            taken[:, channel, :, joint] = x[:, channel, :, (joint + channel) % joints] * loud
    joined = torch.einsum("rctj,co->rotj", taken, block.weight) + block.bias.view(1, -1, 1, 1)
    for joint in range(joints):
        for channel in range(out):
            put[:, channel, :, joint] = joined[:, channel, :, (joint - channel) % joints]
    normed = block.norm(put.permute(0, 2, 3, 1).reshape(6, -1)).view(2, 3, joints, out).permute(0, 3, 1, 2)
    torch.testing.assert_close(block(x), torch.relu(normed + block.past(x)), atol=1e-5, rtol=1e-5)


# ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def looked_ahead(x, offset, stride):
    """Moment by moment and channel by channel: (R, C, T, J)."""
    rows, width, frames, joints = x.shape
    zero = torch.zeros(rows, joints)
    channels = []
    for channel in range(width):
        moments = []
        for kept in range(0, frames, stride):
            moment = kept + offset[channel] + (0.5 if stride > 1 else 0)
            first = int(moment.detach().floor())
            share = moment - first
            before, after = (x[:, channel, frame] if 0 <= frame < frames else zero for frame in (first, first + 1))
            moments.append(before * (1 - share) + after * share)
        channels.append(torch.stack(moments, 1))
    return torch.stack(channels, 1)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 5, 12])
def test_a_shift_is_a_walk_between_two_frames(stride, frames):
    shift = Shift(9, reach=4, paced=False, stride=stride)
    with torch.no_grad():
        shift.offset.copy_(torch.tensor([-3.9, -2.0, -1.3, -0.4, 0.0, 0.3, 1.0, 2.6, 3.4]))
    offset = shift.offset.detach().clone().requires_grad_()
    x = draw(2, 9, frames, 4).requires_grad_()
    found, expected = shift(x), looked_ahead(x, offset, stride)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    push = draw(*found.shape, seed=1)
    ours = torch.autograd.grad(found, [x, shift.offset], push)
    theirs = torch.autograd.grad(expected, [x, offset], push)
    torch.testing.assert_close(ours[0], theirs[0], atol=1e-5, rtol=1e-5)
    # Where an offset falls on a frame the line has a corner, and a gradient on either side of it.
    between = (offset.detach() + (0.5 if stride > 1 else 0)) % 1 != 0
    torch.testing.assert_close(ours[1][between], theirs[1][between], atol=1e-5, rtol=1e-5)


def test_two_frames_ahead_on_a_ramp():
    shift = Shift(1, reach=3, paced=True)
    nn.init.constant_(shift.offset, 1.5)
    ramp = torch.arange(1.0, 6.0).view(1, 1, 5, 1)
    assert shift(ramp).flatten().tolist() == [2.5, 3.5, 4.5, 2.5, 0]


def test_no_further_than_its_reach():
    near, far = Shift(1, reach=2, paced=True), Shift(1, reach=2, paced=True)
    nn.init.constant_(near.offset, 2.0)
    nn.init.constant_(far.offset, 9.0)
    x = draw(1, 1, 7, 2)
    assert torch.equal(near(x), far(x))


@pytest.mark.parametrize(("offset", "way"), [(9.0, 1), (-9.0, -1)])
def test_from_too_far_away_an_offset_finds_back(offset, way):
    shift = Shift(1, reach=2, paced=True)
    nn.init.constant_(shift.offset, offset)
    peak = torch.zeros(1, 1, 7, 1)
    peak[0, 0, 3 + way] = 1  # it looks two frames away where one would be best
    (-shift(peak)[0, 0, 3, 0]).backward()
    assert shift.offset.grad.item() == pytest.approx(0.01 * way)


def test_a_paced_offset_hears_only_the_sign():
    x, push = draw(2, 3, 6, 4), draw(2, 3, 6, 4, seed=1)
    push[:, 2] = 0
    gradients = {}
    for paced in (True, False):
        shift = Shift(3, reach=2, paced=paced)
        with torch.no_grad():
            shift.offset.copy_(torch.tensor([0.3, -0.6, 0.1]))
        shift(x).backward(push)
        gradients[paced] = shift.offset.grad
    true = gradients[False]
    assert true[:2].abs().min() > 0.05
    assert true[2] == 0
    torch.testing.assert_close(gradients[True], torch.tensor([0.01 * true[0].sign(), 0.01 * true[1].sign(), 0.0001]))


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bench_compares_one_network_with_itself():
    theirs = stirred(plain_build()(5)).eval()
    ours = ShiftGCN(KINECT25, 5, slots=2).eval()
    for name in ("scale", "head"):
        ours.get_submodule(name).load_state_dict(theirs.get_submodule(name).state_dict())
    for their, our in zip(theirs.blocks, ours.layers, strict=True):
        graph, temporal = their.joints, our.temporal
        for mine, value in ((our.graph.mask, graph.mask), (our.graph.weight, graph.weight),
                            (our.graph.bias, graph.bias), (temporal.shift_in.offset, their.moments[1].offset),
                            (temporal.shift_out.offset, their.moments[4].offset)):
            mine.data.copy_(value.data.view(mine.shape))
        pairs = [(graph.norm, our.graph.norm), (their.moments[0], temporal.norm_in),
                 (their.moments[2], temporal.join), (their.moments[5], temporal.norm_out)]
        for way, ours_past in ((graph.down, our.graph.past), (their.residual, our.past)):
            if isinstance(way, nn.Sequential):
                pairs += [(way[0], ours_past.conv), (way[1], ours_past.norm)]
        for source, target in pairs:
            target.load_state_dict(source.state_dict())
    positions = draw(1, 8, 2, 25, 3)
    with torch.no_grad():
        expected = theirs(positions.permute(0, 4, 1, 3, 2))
        found = ours(positions, torch.ones(1, 8, 2, dtype=torch.bool))
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(found / expected.abs().max(), expected / expected.abs().max(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("plan", [KINECT25, H36M17, CHAIN])
@pytest.mark.parametrize(("frames", "bodies"), [(1, 1), (3, 2), (9, 3)])
def test_any_plan_length_and_number_of_bodies(plan, frames, bodies):
    net = ShiftGCN(plan, 4, **SMALL)
    positions = draw(2, frames, bodies, len(plan.joints), 3).requires_grad_()
    answers = net(positions, torch.ones(2, frames, bodies, dtype=torch.bool))
    assert answers.shape == (2, 4)
    answers.square().sum().backward()
    assert positions.grad.isfinite().all()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_options_build_it_again():
    net = ShiftGCN(KINECT15, 2, reach=3, paced=False, **SMALL)
    assert net.options == {"stream": "joint", "slots": None, "widths": [8, 8, 12], "reach": 3, "paced": False}
    ShiftGCN(KINECT15, 2, **net.options).load_state_dict(net.state_dict())


def test_folded_norms_change_no_answer():
    net = stirred(ShiftGCN(KINECT15, 3, reach=3, **SMALL)).eval()
    positions, present = draw(2, 9, 1, 15, 3), torch.ones(2, 9, 1, dtype=torch.bool)
    torch.testing.assert_close(folded(net)(positions, present), net(positions, present).detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("options", "told"), [({"reach": 0}, "look 0 frames away"), ({"widths": ()}, r"widths \[\]")])
def test_options_that_cannot_be(options, told):
    with pytest.raises(UserError, match=told):
        ShiftGCN(KINECT15, 2, **options)
