"""The shelf of classifiers: its contract over all of them, the published sizes, and blocks against slow obvious versions."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from maskeleton.classifiers import CLASSIFIERS, agcn, ctrgcn
from maskeleton.classifiers.blocks import Branches, mixed, pointwise
from maskeleton.classifiers.fold import folded
from maskeleton.classifiers.graph import bones_apart, middle, spatial, stgcn_spatial
from maskeleton.errors import UserError
from maskeleton.skeleton import H36M17, KINECT15, KINECT25, PLANS, Skeleton

# Everything on the shelf, small: (name, options).
SMALL = {
    "tcn": ("tcn", {"widths": (8, 12), "blur": 0.0}),
    "geometric": ("geometric", {"widths": (16, 8), "blur": 0.0}),
    "lean": ("lean", {"widths": (12, 24)}),
    "stgcn": ("stgcn", {"widths": (8, 8, 16)}),
    "stgcn++": ("stgcn", {"widths": (24, 24, 30), "plus": True}),
    "agcn": ("agcn", {"widths": (8, 8, 16)}),
    "ctrgcn": ("ctrgcn", {"widths": (8, 8, 16)}),
    "msg3d": ("msg3d", {"widths": (12, 24), "scales": 4, "windows": (3,), "window_scales": 2}),
    "msg3d without windows": ("msg3d", {"widths": (12, 24), "scales": 4, "g3d": False}),
    "shiftgcn": ("shiftgcn", {"widths": (8, 8, 16), "reach": 2}),
}
COUNTING = [kind for kind in SMALL if kind not in ("tcn", "geometric")]  # those that can count absent bodies as zeros
NORMLESS = [kind for kind in COUNTING if kind != "shiftgcn"]  # those in which a layer stands before every norm
# Weights of the published networks with 60 classes and with 2, two bodies, 25 joints.
PUBLISHED = {
    "stgcn": ("stgcn", {}, 3_098_832, 3_083_926),
    "stgcn++": ("stgcn", {"plus": True}, 1_403_144, 1_388_238),
    "agcn": ("agcn", {}, 3_469_510, 3_454_604),
    "ctrgcn": ("ctrgcn", {}, 1_446_672, 1_431_766),
    "msg3d": ("msg3d", {}, 3_194_595, 3_172_265),
    "msg3d without windows": ("msg3d", {"g3d": False}, 1_438_335, 1_416_005),
    "shiftgcn": ("shiftgcn", {}, 690_291, 675_385),
}
CHAIN = Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1))


def small(kind, skeleton=KINECT15, classes=4, **more):
    """A small network that has seen something: no weight is where it began, no norm does nothing."""
    name, options = SMALL[kind]
    torch.manual_seed(3)
    net = CLASSIFIERS[name](skeleton, classes, **options, **more)
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.1 * torch.randn_like(weight)
        for _ in range(3):
            net(*moving(6, 8, 2, skeleton))
    return net.eval()


def moving(rows=4, frames=9, bodies=2, skeleton=KINECT15):
    """People who walk about, and who are all there."""
    steps = torch.randn(rows, frames, bodies, len(skeleton.joints), 3)
    return steps.cumsum(1) * 0.1 + torch.randn(rows, 1, bodies, len(skeleton.joints), 3), torch.ones(
        rows, frames, bodies, dtype=torch.bool)


def answers(net, positions, present):
    with torch.inference_mode():
        return net(positions, present)


def test_every_classifier_is_tried_here():
    assert {name for name, _ in SMALL.values()} == set(CLASSIFIERS)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("kind", SMALL)
def test_any_body_plan_any_length_any_number_of_bodies(kind, plan):
    net = small(kind, PLANS[plan], classes=3)
    for frames, bodies in ((1, 1), (2, 3), (7, 2), (70, 1)):
        positions, present = moving(2, frames, bodies, PLANS[plan])
        assert net.embed(positions, present).shape == (2, net.width)
        found = net(positions, present)
        assert found.shape == (2, 3)
        assert found.isfinite().all()


@pytest.mark.parametrize("kind", SMALL)
def test_an_absent_body_changes_nothing_and_costs_nothing(kind):
    net = small(kind)
    positions, present = moving(bodies=1)
    rubbish = torch.full_like(positions, 7.0)
    absent = torch.zeros_like(present)
    rows, features = [], net.features
    net.features = lambda bodies: rows.append(len(bodies)) or features(bodies)
    alone = answers(net, positions, present)
    torch.testing.assert_close(answers(net, torch.cat([positions, rubbish], 2), torch.cat([present, absent], 2)), alone)
    torch.testing.assert_close(answers(net, torch.cat([rubbish, positions], 2), torch.cat([absent, present], 2)), alone)
    assert rows == [4, 4, 4]


@pytest.mark.parametrize("kind", SMALL)
def test_the_order_of_bodies_does_not_matter_and_their_number_does(kind):
    net = small(kind)
    positions, present = moving(bodies=3)
    present[0, :, 2] = False
    found = answers(net, positions, present)
    torch.testing.assert_close(answers(net, positions[:, :, [2, 0, 1]], present[:, :, [2, 0, 1]]), found)
    assert (answers(net, positions[:, :, :1], present[:, :, :1]) - found).abs().min(1).values.max() > 1e-4


@pytest.mark.parametrize("kind", SMALL)
def test_a_recording_in_which_nobody_is(kind):
    net = small(kind)
    positions, present = moving()
    nobody = torch.zeros_like(present)
    assert answers(net, positions, nobody).isfinite().all()
    present[1] = False
    found = answers(net, positions, present)
    torch.testing.assert_close(found[[0, 2, 3]], answers(net, positions[[0, 2, 3]], present[[0, 2, 3]]))


@pytest.mark.parametrize("kind", SMALL)
def test_gradients_reach_every_weight_and_everyone_who_is_there(kind):
    net = small(kind)
    positions, present = moving()
    present[2, :, 1] = False
    positions.requires_grad_()
    net(positions, present).square().sum().backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None or not weight.grad.any()] == []
    assert positions.grad.isfinite().all()
    reached = positions.grad.flatten(3).any(3)  # (B, T, P)
    assert reached[present].float().mean() > 0.9
    assert not reached[~present].any()


@pytest.mark.parametrize("kind", COUNTING)
def test_with_slots_an_absent_body_counts_as_zeros(kind):
    net = small(kind, slots=2)
    positions, present = moving()
    present[1:, :, 1] = False
    zeroed = positions * present[..., None, None]
    found = answers(net, positions, present)
    torch.testing.assert_close(answers(net, zeroed, torch.ones_like(present)), found)
    torch.testing.assert_close(answers(net, positions[1:, :, :1], present[1:, :, :1]), found[1:])
    without = small(kind)
    assert (answers(without, positions, present) - answers(without, zeroed, torch.ones_like(present)))[1:].abs().max() > 0


@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_published_sizes(kind):
    name, options, sixty, two = PUBLISHED[kind]
    for classes, count in ((60, sixty), (2, two)):
        net = CLASSIFIERS[name](KINECT25, classes, slots=2, **options)
        assert sum(weight.numel() for weight in net.parameters()) == count


@pytest.mark.parametrize("kind", SMALL)
def test_options_and_weights_are_all_it_takes_to_build_it_again(kind):
    more = {"slots": 2, "stream": "bone"} if kind in COUNTING else {}
    net = small(kind, **more)
    told = json.loads(json.dumps(net.options))
    assert more.items() <= told.items()
    assert all(list(value) == told[name] if isinstance(value, tuple) else value == told[name]
               for name, value in SMALL[kind][1].items())
    again = type(net)(KINECT15, 4, **told)
    assert again.options == net.options
    again.load_state_dict(net.state_dict())
    positions, present = moving()
    assert torch.equal(answers(again.eval(), positions, present), answers(net, positions, present))


@pytest.mark.parametrize("kind", SMALL)
def test_a_small_one_learns_eight_recordings_by_heart(kind):
    name, options = SMALL[kind]
    torch.manual_seed(0)
    net = CLASSIFIERS[name](KINECT15, 2, **options)
    positions, present = moving(8, 16)
    truth = torch.tensor([0, 1] * 4)
    steps = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(30):
        steps.zero_grad()
        loss = nn.functional.cross_entropy(net(positions, present), truth)
        loss.backward()
        steps.step()
    assert loss < 0.2
    assert torch.equal(net(positions, present).argmax(1), truth)


@pytest.mark.parametrize("kind", SMALL)
def test_folded_it_answers_the_same(kind):
    net = small(kind, KINECT25)
    positions, present = moving(skeleton=KINECT25)
    found = answers(net, positions, present)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    torch.testing.assert_close(answers(folded(net), positions, present), found, rtol=1e-5, atol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("kind", NORMLESS)
def test_folded_no_norm_is_left_but_the_first(kind):
    norms = [name for name, block in folded(small(kind)).named_modules() if isinstance(block, nn.modules.batchnorm._BatchNorm)]
    assert norms == ["scale"]


@pytest.mark.parametrize(("name", "options"), [
    ("stgcn", {"widths": ()}), ("stgcn", {"widths": (8, 0)}), ("stgcn", {"widths": (4,), "plus": True}),
    ("agcn", {"widths": (3,)}), ("ctrgcn", {"widths": (8, 7)}), ("ctrgcn", {"widths": (8.5,)})])
def test_widths_that_give_no_network_are_refused(name, options):
    with pytest.raises(UserError, match=r"layers cannot have the widths \[.*\]\ngive one whole number of at least"):
        CLASSIFIERS[name](KINECT15, 2, **options)


# ── graphs and blocks ────────────────────────────────────────────────────────────────────────────────────────────────


def test_shares_of_a_chain():
    """hand - elbow - chest, and the chest is the root and the middle."""
    oneself, parent, child = spatial(CHAIN)
    assert np.array_equal(oneself, np.eye(3))
    assert np.array_equal(parent, [[0, 0, 0], [1, 0, 0], [0, 1, 0]])  # the hand sees the elbow, the elbow the chest
    assert np.array_equal(child, [[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    level, farther, nearer = stgcn_spatial(CHAIN)
    third, half = np.float32(1 / 3), np.float32(1 / 2)
    assert np.array_equal(level, np.diag([half, third, half]))
    assert np.array_equal(farther, [[0, third, 0], [0, 0, half], [0, 0, 0]])
    assert np.array_equal(nearer, [[0, 0, 0], [half, 0, 0], [0, third, 0]])


@pytest.mark.parametrize("plan", PLANS)
def test_shares_on_every_plan(plan):
    sums = spatial(PLANS[plan]).sum(1)
    assert np.abs(sums * (sums - 1)).max() < 1e-6  # whoever sees someone sees one in all
    np.testing.assert_allclose(stgcn_spatial(PLANS[plan]).sum((0, 1)), 1, atol=1e-6)


def test_distances_count_bones():
    apart = bones_apart(KINECT25)
    at = KINECT25.joints.index
    assert apart[at("HandTipLeft"), at("Head")] == 7  # hand, wrist, elbow, shoulder, chest, neck, head
    assert apart[at("FootLeft"), at("FootRight")] == 8
    assert (apart == apart.T).all()
    assert KINECT25.joints[middle(KINECT25)] == "SpineShoulder"
    nameless = Skeleton.of("nameless", tuple("abcde"), (-1, 0, 1, 2, 3))
    assert middle(nameless) == 2
    assert H36M17.joints[middle(H36M17)] == "Thorax"


@pytest.mark.parametrize(("wide", "out"), [(3, 8), (6, 6), (8, 4)])
@pytest.mark.parametrize("rows_of_shares", [1, 2])
def test_joints_are_mixed_as_by_hand(wide, out, rows_of_shares):
    x, weight = torch.randn(2, wide, 5, 4, dtype=torch.float64), torch.randn(3, out, wide, dtype=torch.float64)
    shares = torch.randn(rows_of_shares, 3, 5, 5, dtype=torch.float64)
    expected = torch.zeros(2, out, 5, 4, dtype=torch.float64)
    for row in range(2):
        for part in range(3):
            looks = shares[min(row, rows_of_shares - 1), part]
            for by in range(5):
                for of in range(5):
                    expected[row, :, by] += looks[of, by] * (weight[part] @ x[row, :, of])
    torch.testing.assert_close(mixed(x, weight, shares), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_branches_are_those_one_would_write_one_by_one(stride):
    both = Branches(5, 11, stride, kernel=5, steps=(1, 2)).eval()
    assert both.parts == [5, 2, 2]
    x = torch.randn(3, 5, 4, 9)
    for norm in (both.enter_norm, both.norm):
        for held in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            held.data.uniform_(0.5, 1.5)
    entered = torch.relu(both.enter_norm(nn.functional.conv2d(x, both.enter.weight, both.enter.bias)))
    one = nn.functional.conv1d(entered[:, :5, 1], both.steps[0].weight[:, :, 0], both.steps[0].bias, stride, 2)
    two = nn.functional.conv1d(entered[:, 5:7, 1], both.steps[1].weight[:, :, 0], both.steps[1].bias, stride, 4, 2)
    largest = torch.stack([entered[:, 7:, 1, max(0, t - 1) : t + 2].amax(-1) for t in range(0, 9, stride)], -1)
    itself = nn.functional.conv2d(x, both.past.weight, both.past.bias)[:, :, 1, ::stride]
    expected = both.norm(torch.cat([one, two, largest, itself], 1)[:, :, None])[:, :, 0]
    torch.testing.assert_close(both(x)[:, :, 1], expected)


@pytest.mark.parametrize(("rows", "stride", "groups"), [(1, 1, 1), (2, 2, 1), (20, 1, 2)])
def test_a_pointwise_convolution_is_one(rows, stride, groups):
    x, weight, bias = torch.randn(rows, 4, 3, 7), torch.randn(6, 4 // groups, 1, 1), torch.randn(6)
    expected = nn.functional.conv2d(x, weight, bias, (1, stride), groups=groups)
    torch.testing.assert_close(pointwise(x, weight, bias, (1, stride), groups), expected)


def test_agcn_mixes_by_likeness_as_by_hand():
    """Joint b sees joint a as far as what `one` says of a and `other` says of b are alike, compared over all frames."""
    graph = agcn.Graph(spatial(CHAIN), 4, 8).eval()
    nn.init.normal_(graph.look.weight)
    x = torch.randn(2, 4, 3, 5)
    looks = nn.functional.conv2d(x, graph.look.weight, graph.look.bias).unflatten(1, (2, 3, 2))  # which, part, channel
    shares = torch.zeros(2, 3, 3, 3)
    for row, part, a, b in np.ndindex(2, 3, 3, 3):
        shares[row, part, a, b] = (looks[row, 0, part, :, a] * looks[row, 1, part, :, b]).sum() / (2 * 5)
    expected = shares.softmax(2)
    torch.testing.assert_close(graph._likeness(x), expected)
    torch.testing.assert_close(expected.sum(2), torch.ones(2, 3, 3))


def test_ctrgcn_mixes_each_channel_as_by_hand():
    graph = ctrgcn.Graph(spatial(CHAIN), 16, 4).eval()
    graph.norm = nn.Identity()
    graph.past = nn.Conv2d(16, 4, 1)
    nn.init.constant_(graph.strength, 0.7)
    x = torch.randn(2, 16, 3, 5)
    told = graph.conv(x).unflatten(1, (3, 4))
    one, other = (part.unflatten(1, (3, 2)) for part in graph.apart(x).mean(3).chunk(2, 1))
    expected = graph.past(x)
    for row, part, by, of in np.ndindex(2, 3, 3, 3):
        apart = torch.tanh(one[row, part, :, by] - other[row, part, :, of])
        weight = graph.refine.weight.view(3, 4, 2)[part] @ apart + graph.refine.bias.view(3, 4)[part]
        look = graph.shares[part, by, of] + 0.7 * weight
        expected[row, :, by] += look[:, None] * told[row, part, :, of]
    torch.testing.assert_close(graph(x), torch.relu(expected))
