"""MS-G3D: every shortcut gives what the long way round gives; any body plan, length and number of bodies."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from maskeleton.classifiers.fold import folded
from maskeleton.classifiers.graph import bones_apart
from maskeleton.classifiers.msg3d import MSG3D, Mix, Temporal, Window, exactly, windowed
from maskeleton.errors import UserError
from maskeleton.skeleton import H36M17, KINECT15, KINECT25, Skeleton

SMALL = {"widths": (12, 24), "scales": 4, "window_scales": 3}
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
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.3, generator=random)
    return net


def plain(name):
    """The module bench/NAME.py."""
    file = Path(__file__).parent.parent / "bench" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("options", "classes", "count"), [
    ({}, 60, 3_194_595), ({}, 2, 3_172_265), ({"g3d": False}, 60, 1_438_335), ({"g3d": False}, 2, 1_416_005)])
def test_as_many_parameters_as_published(options, classes, count):
    net = MSG3D(KINECT25, classes, slots=2, **options)
    assert sum(parameter.numel() for parameter in net.parameters()) == count


def test_steps_on_a_chain():
    shares = exactly(bones_apart(CHAIN), 4).reshape(4, 4, 4)
    assert np.array_equal(shares[0], np.eye(4))
    two = np.eye(4) + np.eye(4, k=2) + np.eye(4, k=-2)
    np.testing.assert_allclose(shares[2], two / 2, rtol=1e-6)  # everyone has one joint two bones away, and itself
    three = shares[3]
    np.testing.assert_allclose((three[0, 3], three[0, 0], three[1, 1]), (0.5, 0.5, 1), rtol=1e-6)


@pytest.mark.parametrize("window", [1, 3])
def test_steps_are_powers_of_the_neighbourhood(window):
    """As published: who is reached in k steps but not in k - 1, by powers of a matrix."""
    neighbours = np.zeros((15, 15))
    for parent, child in KINECT15.bones:
        neighbours[parent, child] = neighbours[child, parent] = 1
    if window > 1:
        neighbours = np.tile(neighbours + np.eye(15), (window, window))
    apart = bones_apart(KINECT15)
    expected = plain("plain_msg3d").scales_of(neighbours, 5)
    found = exactly(apart if window == 1 else windowed(apart, window), 5)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def mixed_slowly(mix, x):
    """One moment, joint and scale after the other: (R, C, T, J) -> (R, out, T', J * w) before the norm."""
    rows, wide, frames, joints = x.shape
    window, margin = mix.window, mix.window // 2
    looks = (mix.mixing + mix.residual).view(mix.scales, window * joints, window * joints)
    padded = F.pad(x, (0, 0, margin, margin))
    moments = []
    for moment in range(0, frames, mix.stride):
        large = padded[:, :, moment : moment + window].flatten(2)  # (R, C, w * J)
        seen = [torch.einsum("vu,rcu->rcv", look, large) for look in looks]
        told = torch.einsum("oc,rcv->rov", mix.join.weight[:, :, 0, 0], torch.cat(seen, 1)) + mix.join.bias[:, None]
        moments.append(told.view(rows, -1, window, joints).transpose(2, 3).flatten(2))
    return torch.stack(moments, 2)


@pytest.mark.parametrize("plan", [KINECT25, H36M17])
@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 1), (5, 2)])
@pytest.mark.parametrize(("wide", "out"), [(3, 8), (6, 6)])
@pytest.mark.parametrize("frames", [1, 7])
def test_mixing_is_that_of_every_scale_by_itself(plan, window, stride, wide, out, frames):
    mix = stirred(Mix(bones_apart(plan), wide, out, scales=3, window=window, stride=stride)).eval()
    x = draw(2, wide, frames, len(plan.joints)).requires_grad_()
    weights = [x, mix.residual, mix.join.weight, mix.join.bias, mix.norm.weight]
    expected = F.relu(mix.norm(mixed_slowly(mix, x)))
    found = mix(x)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    push = draw(*found.shape, seed=1)
    for one, other in zip(torch.autograd.grad(found, weights, push), torch.autograd.grad(expected, weights, push),
                          strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_window_collapses_as_by_a_convolution_in_three_dimensions(stride):
    window = stirred(Window(bones_apart(KINECT15), 6, 6, 12, 3, stride, 2)).eval()
    x = draw(2, 6, 9, 15)
    apart = window.mix(x).unflatten(3, (15, 3)).transpose(3, 4)  # (R, C, T', w, J)
    expected = window.norm(F.conv3d(apart, window.collapse.weight[..., None], window.collapse.bias)[:, :, :, 0])
    torch.testing.assert_close(window(x), expected, atol=1e-5, rtol=1e-5)


def six_branches(temporal, x):
    """One branch after the other, each with its own norms; in (R, C, J, T)."""
    part = len(temporal.norm.weight) // 6

    def normed(norm, place, found):
        mine = slice(place * part, (place + 1) * part)
        return F.batch_norm(found, None, None, norm.weight[mine], norm.bias[mine], training=True)

    branches = []
    for place in range(5):
        mine = slice(place * part, (place + 1) * part)
        entered = F.relu(normed(temporal.enter_norm, place,
                                F.conv2d(x, temporal.enter.weight[mine], temporal.enter.bias[mine])))
        if place < 4:
            step, apart = temporal.steps[place], place + 1
            entered = F.conv2d(entered, step.weight, step.bias, (1, temporal.stride), (0, apart), (1, apart))
        else:
            entered = F.max_pool2d(entered, (1, 3), (1, temporal.stride), (0, 1))
        branches.append(normed(temporal.norm, place, entered))
    past = F.conv2d(x, temporal.past.weight, temporal.past.bias, (1, temporal.stride))
    return torch.cat([*branches, normed(temporal.norm, 5, past)], 1) + temporal.residual(x)


@pytest.mark.parametrize(("wide", "stride", "relu"), [(12, 1, True), (12, 2, True), (6, 1, False)])
@pytest.mark.parametrize("frames", [2, 9])
def test_branches_at_once_are_six_branches(wide, stride, relu, frames):
    temporal = stirred(Temporal(wide, 12, stride, relu))
    x = draw(3, wide, 5, frames).requires_grad_()
    found, expected = temporal(x), six_branches(temporal, x)
    expected = F.relu(expected) if relu else expected
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    push = draw(*found.shape, seed=1)
    weights = [x, *temporal.parameters()]
    for one, other in zip(torch.autograd.grad(found, weights, push), torch.autograd.grad(expected, weights, push),
                          strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def side_by_side(modules):
    """The weights of several layers or norms as those of one."""
    states = [module.state_dict() for module in modules]
    return {name: torch.cat([state[name] for state in states]) for name in states[0] if "batches" not in name}


def taken_over(theirs, ours):
    """Temporal layers of the plain network into ours."""
    branches = [list(branch) for branch in theirs.branches]
    turn = {"enter": [branch[0] for branch in branches[:5]], "enter_norm": [branch[1] for branch in branches[:5]],
            "past": [branches[5][0]], "norm": [branch[-1] for branch in branches],
            **{f"steps.{place}": [branches[place][3]] for place in range(4)}}
    if isinstance(theirs.residual, nn.Sequential):
        turn |= {"residual.conv": [theirs.residual[0]], "residual.norm": [theirs.residual[1]]}
    for name, modules in turn.items():
        state = side_by_side(modules)
        if name.startswith("steps"):
            state["weight"] = state["weight"].transpose(2, 3)
        ours.get_submodule(name).load_state_dict(state, strict=False)


def mixing_taken_over(theirs, ours):
    ours.residual.data.copy_(theirs.residual.data)
    ours.join.load_state_dict(theirs.layers[0].state_dict())
    ours.norm.load_state_dict(theirs.layers[1].state_dict())


def test_the_bench_compares_one_network_with_itself():
    theirs = stirred(plain("plain_msg3d").build(5)).eval()
    ours = MSG3D(KINECT25, 5, slots=2).eval()
    for name in ("scale", "head"):
        ours.get_submodule(name).load_state_dict(theirs.get_submodule(name).state_dict())
    for place, block in enumerate(ours.blocks):
        path = theirs.paths[place]
        mixing_taken_over(path[0], block.mix)
        for their, our in zip((path[1], path[2], theirs.ends[place]), (block.first, block.second, block.end),
                              strict=True):
            taken_over(their, our)
        for their, our in zip(theirs.windows[place], block.windows, strict=True):
            mixing_taken_over(their.mixing, our.mix)
            our.collapse.load_state_dict({"weight": their.collapse.weight[..., 0], "bias": their.collapse.bias})
            our.norm.load_state_dict(their.norm.state_dict())
    positions = draw(1, 5, 2, 25, 3)
    with torch.no_grad():
        expected = theirs(positions.permute(0, 4, 1, 3, 2))
        found = ours(positions, torch.ones(1, 5, 2, dtype=torch.bool))
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(found / expected.abs().max(), expected / expected.abs().max(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("plan", [KINECT25, KINECT15, CHAIN])
@pytest.mark.parametrize(("frames", "bodies"), [(1, 1), (3, 2), (8, 3)])
def test_any_plan_length_and_number_of_bodies(plan, frames, bodies):
    net = MSG3D(plan, 4, **SMALL)
    positions = draw(2, frames, bodies, len(plan.joints), 3).requires_grad_()
    answers = net(positions, torch.ones(2, frames, bodies, dtype=torch.bool))
    assert answers.shape == (2, 4)
    answers.square().sum().backward()
    assert positions.grad.isfinite().all()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_without_windows_nothing_of_them_is_left():
    net = MSG3D(KINECT15, 2, g3d=False, **SMALL)
    assert not [name for name, _ in net.named_parameters() if "windows" in name]
    assert net.options == {"stream": "joint", "slots": None, "widths": [12, 24], "scales": 4, "g3d": False,
                           "windows": [3, 5], "window_scales": 3}
    again = MSG3D(KINECT15, 2, **net.options)
    again.load_state_dict(net.state_dict())


def test_few_bodies_at_a_time_are_answered_as_all_at_once():
    net = stirred(MSG3D(KINECT15, 3, **SMALL)).eval()
    positions, present = draw(7, 100, 1, 15, 3), torch.ones(7, 100, 1, dtype=torch.bool)
    together = net(positions, present)
    with torch.no_grad():
        torch.testing.assert_close(net(positions, present), together.detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("g3d", [True, False])
def test_folded_norms_change_no_answer(g3d):
    net = stirred(MSG3D(KINECT15, 3, g3d=g3d, **SMALL)).eval()
    positions, present = draw(2, 9, 1, 15, 3), torch.ones(2, 9, 1, dtype=torch.bool)
    fast = folded(net)
    assert [name for name, module in fast.named_modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)] == [
        "scale"]
    torch.testing.assert_close(fast(positions, present), net(positions, present).detach(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("options", "told"), [
    ({"widths": (12, 20)}, r"widths \[12, 20\].*multiples of 6"), ({"widths": ()}, r"widths \[\]"),
    ({"widths": (0,)}, r"widths \[0\]"), ({"scales": 0}, "0 scales"), ({"window_scales": -1}, "-1 scales"),
    ({"windows": (3, 4)}, r"windows of \[3, 4\] frames")])
def test_options_that_cannot_be(options, told):
    with pytest.raises(UserError, match=f"(?s){told}"):
        MSG3D(KINECT15, 2, **options)
