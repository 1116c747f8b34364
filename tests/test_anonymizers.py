"""The shelf of anonymizers: its contract over all of them, and what each does in numbers one can check in one's head."""

from functools import lru_cache

import numpy as np
import pytest
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.undoing import undone
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import learns, must_know
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT15, KINECT25, PLANS, Skeleton

# Everything on the shelf, small: (name, options).
SMALL = {
    "noise": ("noise", {"sigma": 0.05}),
    "residual": ("residual", {}),
    "residual, published": ("residual", {"blocks": 2}),
    "autoencoder": ("autoencoder", {"width": 16, "latent": 4}),
    "unet": ("unet", {"width": 4}),
    "unet, a body a picture": ("unet", {"width": 4, "depth": 2, "slots": 1}),
    "offset": ("offset", {}),
    "rescale": ("rescale", {}),
    "bones": ("bones", {}),
    "neutral": ("neutral", {}),
    "lowpass": ("lowpass", {"rate": 1.0}),
    "appearance": ("appearance", {}),
    "appearance, first pose": ("appearance", {"first": 1}),
    "eraser": ("eraser", {}),
    "typical": ("typical", {"duration": 0.0}),
    "typical, half": ("typical", {"duration": 0.0, "typical": 0.5, "ways": 4}),
    "temporal": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "typical": 0.5, "duration": 0.0}),
    "temporal, on neutral": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "typical": 0.0, "duration": 0.0}),
    "temporal, causal": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "causal": 1}),
    "neutral, everything": ("neutral", {"amplitude": 0.5, "spectrum": 0.5, "handedness": 1.0, "pin": 1.0}),
}
TOGETHER = {name for name, kind in ANONYMIZERS.items() if kind.scope == "dataset"}  # tests/test_sources.py tries them
NEVER_UNDONE = {"bones", "eraser"}  # nothing beats the release as it is: their authors say why
LEARNING = [kind for kind, (name, options) in SMALL.items() if learns(ANONYMIZERS[name](KINECT15, **options))]
CHAIN = Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1))


def small(kind, skeleton=KINECT15, shaken=0.02):
    """A small anonymizer that does something: no weight is where it began."""
    name, options = SMALL[kind]
    torch.manual_seed(3)
    anonymizer = ANONYMIZERS[name](skeleton, **options).eval()
    with torch.no_grad():
        for weight in anonymizer.parameters():
            weight += shaken * torch.randn_like(weight)
    if must_know(anonymizer):
        anonymizer.prepare(population(skeleton))
    return anonymizer


@lru_cache
def population(skeleton):
    """Four people, four recordings each."""
    positions, _, _ = moving(16, 8, 1, skeleton)
    return MotionDataset.of(skeleton, 30, [Motion.of(motion.numpy(), f"r{number}", {"subject": number % 4 + 1,
                                                                                      "action": number // 4 % 2})
                                           for number, motion in enumerate(positions)])


def moving(rows=4, frames=9, bodies=2, skeleton=KINECT15):
    """People who walk about, who are all there, each with a seed."""
    torch.manual_seed(5)
    steps = torch.randn(rows, frames, bodies, len(skeleton.joints), 3)
    positions = steps.cumsum(1) * 0.02 + torch.randn(rows, 1, bodies, len(skeleton.joints), 3)
    return positions, torch.ones(rows, frames, bodies, dtype=torch.bool), torch.arange(rows) * 7 + 2**40


def released(anonymizer, *batch):
    with torch.inference_mode():
        return anonymizer(*batch)[0]


def same_bytes(one, other):
    return one.shape == other.shape and one.dtype == other.dtype and one.numpy().tobytes() == other.numpy().tobytes()


# ── the contract ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_anonymizer_is_tried_here():
    assert {name for name, _ in SMALL.values()} | TOGETHER == set(ANONYMIZERS)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("kind", SMALL)
def test_any_body_plan_any_length_any_number_of_bodies(kind, plan):
    anonymizer = small(kind, PLANS[plan])
    for frames, bodies in ((1, 1), (2, 3), (7, 2), (33, 1)):
        batch = moving(2, frames, bodies, PLANS[plan])
        found, present = anonymizer(*batch)
        assert found.shape == batch[0].shape
        assert found.dtype == torch.float32
        assert found.isfinite().all()
        assert present is batch[1]
        assert torch.equal(found, batch[0]) == (frames == 1 and kind == "lowpass")  # nothing is fast in one frame


@pytest.mark.parametrize("kind", SMALL)
def test_absent_bodies_and_frames_come_back_byte_for_byte_and_change_nothing(kind):
    anonymizer = small(kind)
    positions, present, seeds = moving()
    present[0, :, 1] = present[1, 3:, 0] = present[2] = False
    before = released(anonymizer, positions, present, seeds)
    rubbish = positions.clone()
    rubbish[~present] = torch.nan
    rubbish[0, 0, 1] = -0.0
    after = released(anonymizer, rubbish, present, seeds)
    assert same_bytes(after[~present], rubbish[~present])
    assert same_bytes(after[present], before[present])
    assert (after - positions)[present].flatten(1).any(1).all()


@pytest.mark.parametrize("kind", SMALL)
def test_a_slot_more_changes_nothing(kind):
    positions, present, seeds = moving()
    more = torch.cat([positions, torch.full_like(positions[:, :, :1], 9.0)], 2)
    found = released(small(kind), more, torch.cat([present, torch.zeros_like(present[:, :, :1])], 2), seeds)
    torch.testing.assert_close(found[:, :, :2], released(small(kind), positions, present, seeds), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", SMALL)
def test_a_row_comes_out_the_same_whoever_stands_beside_it(kind):
    anonymizer = small(kind)
    positions, present, seeds = moving()
    present[1, :, 1] = present[3, 4:] = False
    together = released(anonymizer, positions, present, seeds)
    order = torch.tensor([2, 0, 3, 1])
    shuffled = released(anonymizer, positions[order], present[order], seeds[order])
    torch.testing.assert_close(shuffled, together[order], atol=4e-6, rtol=0)
    for row in range(4):
        alone = released(anonymizer, positions[row : row + 1], present[row : row + 1], seeds[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], atol=4e-6, rtol=0)


@pytest.mark.parametrize("kind", SMALL)
def test_at_strength_nought_nothing_is_touched_and_a_half_goes_half_the_way(kind):
    anonymizer = small(kind)
    positions, present, seeds = moving()
    positions[0, 0, 0, 0] = -0.0
    present[1, 2:, 0] = False
    whole = released(anonymizer, positions, present, seeds) - positions
    anonymizer.strength = 0.5
    half = released(anonymizer, positions, present, seeds) - positions
    if anonymizer.graded:
        assert 0 < half.norm() < whole.norm()
    else:
        torch.testing.assert_close(half, whole / 2, atol=1e-5, rtol=0)
    anonymizer.strength = 0
    assert same_bytes(released(anonymizer, positions, present, seeds), positions)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_strength_that_makes_no_sense(value):
    with pytest.raises(UserError, match="strength"):
        small("noise").strength = value


@pytest.mark.parametrize("kind", SMALL)
def test_its_options_build_it_again(kind):
    name, options = SMALL[kind]
    made = small(kind)
    again = ANONYMIZERS[name](KINECT15, **made.options)
    assert made.options.keys() >= options.keys()
    assert again.options == made.options
    again.load_state_dict(made.state_dict())
    batch = moving()
    assert same_bytes(released(again.eval(), *batch), released(made, *batch))


@pytest.mark.parametrize("kind", LEARNING)
def test_gradients_reach_every_weight_and_only_who_is_there(kind):
    anonymizer = small(kind)
    positions, present, seeds = moving()
    present[0, :, 1] = present[1, 3:, 0] = False
    positions[~present] = torch.nan
    positions.requires_grad_()
    found, _ = anonymizer(positions, present, seeds)
    found[present].square().sum().backward()
    assert [name for name, weight in anonymizer.named_parameters() if not weight.grad.any()] == []
    assert all(weight.grad.isfinite().all() for weight in anonymizer.parameters())
    assert positions.grad[present].flatten(1).any(1).all()
    assert positions.grad[present].isfinite().all()


@pytest.mark.parametrize("kind", SMALL)
def test_what_settles_learns_no_more(kind):
    anonymizer = small(kind)
    learning = {name for name, weight in anonymizer.named_parameters() if weight.requires_grad}
    anonymizer.settle()
    settled = learning - {name for name, weight in anonymizer.named_parameters() if weight.requires_grad}
    assert settled == {name for name in learning if kind == "autoencoder" and name.startswith("encoder.")}
    assert bool(settled) <= anonymizer.reconstructs


@pytest.mark.parametrize(("name", "options", "says"), [
    ("noise", {"sigma": -0.1}, "sigma"), ("noise", {"sigma": float("nan")}, "sigma"),
    ("residual", {"blocks": -1}, "blocks"), ("residual", {"width": 2.5}, "width"),
    ("autoencoder", {"latent": 0}, "latent"), ("autoencoder", {"width": 0}, "width"),
    ("unet", {"depth": 0}, "depth"), ("unet", {"depth": 9}, "depth"), ("unet", {"slots": 0}, "slots"),
    ("unet", {"width": 0}, "width"),
])
def test_options_that_make_no_sense(name, options, says):
    with pytest.raises(UserError, match=says):
        ANONYMIZERS[name](KINECT15, **options)


# ── noise ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sigma", [0.001, 0.05])
def test_noise_is_as_large_as_it_says_and_alike_everywhere(sigma):
    positions, present, seeds = moving(20, 60, 2, KINECT25)
    added = (released(ANONYMIZERS["noise"](KINECT25, sigma=sigma), positions, present, seeds) - positions).double()
    count = added.numel()  # 180,000: sigma is known to 1 in 600, 99.9 % within 0.0055
    assert added.std().item() == pytest.approx(sigma, rel=0.0055)
    assert abs(added.mean().item()) < 3.3 * sigma / count**0.5
    flat = added.flatten(3).std((0, 1, 2))  # each coordinate of each joint, 2,400 numbers
    assert flat.min() > 0.93 * sigma
    assert flat.max() < 1.07 * sigma
    next_frame = (added[:, 1:] * added[:, :-1]).mean() / sigma**2
    assert abs(next_frame.item()) < 3.3 / count**0.5


def test_noise_of_no_size_is_the_input():
    batch = moving()
    assert same_bytes(released(ANONYMIZERS["noise"](KINECT15, sigma=0.0), *batch), batch[0])


def test_other_seeds_other_noise_and_bodies_do_not_shake_alike():
    positions, present, _ = moving(2)
    anonymizer = ANONYMIZERS["noise"](KINECT15)
    same = released(anonymizer, positions * 0, present, torch.tensor([4, 4]))
    assert torch.equal(same[0], same[1])
    assert not torch.isclose(same[0, :, 0], same[0, :, 1]).any()
    other = released(anonymizer, positions * 0, present, torch.tensor([4, 5]))
    assert torch.equal(other[0], same[0])
    assert not torch.isclose(other[1], same[1]).any()


def test_noise_does_not_depend_on_how_long_the_others_are():
    positions, present, seeds = moving(1, 9)
    longer = torch.cat([positions, positions], 1)
    anonymizer = ANONYMIZERS["noise"](KINECT15)
    found = released(anonymizer, longer, torch.cat([present, ~present], 1), seeds)
    assert same_bytes(found[:, :9], released(anonymizer, positions, present, seeds))


def waving(frames=120, skeleton=KINECT15):
    """(1, T, 1, J, 3): every coordinate swings by 10 cm, once or twice."""
    torch.manual_seed(7)
    time = torch.arange(frames)[:, None, None, None] / frames * 2 * torch.pi
    joints = len(skeleton.joints)
    phases, rounds = torch.rand(1, joints, 3) * 6.3, torch.randint(1, 3, (1, joints, 3))
    return (torch.randn(1, joints, 3) + 0.1 * torch.sin(time * rounds + phases))[None]


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_of_noise_on_slow_motion_most_can_be_taken_away(strength):
    """Two of 120 frequencies are motion: the rest of the noise goes."""
    positions = waving()
    present = torch.ones(positions.shape[:3], dtype=torch.bool)
    anonymizer = ANONYMIZERS["noise"](KINECT15, sigma=0.02)
    anonymizer.strength = strength
    found = released(anonymizer, positions, present, torch.tensor([1]))
    before, after = ((each - positions).square().mean().sqrt() for each in (found, anonymizer.invert(found, present)))
    assert before == pytest.approx(0.02 * strength, rel=0.05)
    assert after < 0.45 * before


def test_where_somebody_was_away_noise_is_taken_from_each_stretch_alone():
    positions = waving(60)
    present = torch.ones(positions.shape[:3], dtype=torch.bool)
    present[:, 30:35] = False
    anonymizer = ANONYMIZERS["noise"](KINECT15, sigma=0.02)
    found = released(anonymizer, positions, present, torch.tensor([1]))
    other = found.clone()
    other[:, 35:] += 5
    one, two = (anonymizer.invert(each, present) for each in (found, other))
    assert same_bytes(one[:, :35], two[:, :35])
    assert ((one - positions)[present].norm() / (found - positions)[present].norm()) < 0.6


def test_noise_that_is_not_there_leaves_nothing_to_undo():
    positions, present, _ = moving()
    assert ANONYMIZERS["noise"](KINECT15, sigma=0.0).invert(positions, present) is None


# ── residual ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("away", [0.0, 4.0])
@pytest.mark.parametrize("plan", PLANS)
def test_residual_moves_nobody_by_a_millimetre_at_the_start(plan, away):
    positions, present, seeds = moving(skeleton=PLANS[plan])
    positions[..., 2] += away
    moved = (released(ANONYMIZERS["residual"](PLANS[plan]), positions, present, seeds) - positions).norm(dim=-1)
    assert 0 < moved.max() < 0.001


def test_residual_is_what_the_paper_says():
    anonymizer = small("residual", CHAIN)
    (block,) = anonymizer.blocks
    positions, present, seeds = moving(1, 1, 1, CHAIN)
    x = positions.reshape(9).double().numpy()
    one, two = (layer.weight.detach().double().numpy() for layer in (block.first, block.second))
    by_hand = x + two @ np.maximum(one @ x + block.first.bias.detach().numpy(), 0) + block.second.bias.detach().numpy()
    np.testing.assert_allclose(released(anonymizer, positions, present, seeds).reshape(9).numpy(), by_hand, atol=1e-5)


def test_the_published_form_can_only_add_and_mixes_two_bodies():
    anonymizer = ANONYMIZERS["residual"](KINECT25, blocks=10)
    positions, present, seeds = moving(skeleton=KINECT25)
    found = released(anonymizer, positions, present, seeds)
    assert (found - positions).min() > -1e-5
    assert (found - positions).max() > 0.1
    present[:, :, 1] = False
    alone = released(anonymizer, positions, present, seeds)
    assert (alone - found)[:, :, 0].abs().max() > 1e-3


def test_residual_can_be_undone():
    positions, present, seeds = moving()
    present[0, 3:, 1] = False
    anonymizer = small("residual", shaken=0.05)
    for strength in (1.0, 0.5):
        anonymizer.strength = strength
        found = released(anonymizer, positions, present, seeds)
        assert (found - positions).abs().max() > 0.05
        torch.testing.assert_close(anonymizer.invert(found, present), positions, atol=1e-4, rtol=0)
    anonymizer.strength = 0
    assert torch.equal(anonymizer.invert(positions, present), positions)


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_the_published_form_can_be_undone(strength):
    positions, present, seeds = moving(bodies=3)
    positions *= 0.4
    present[0, 3:, 1] = False
    anonymizer = ANONYMIZERS["residual"](KINECT15, blocks=10)
    anonymizer.strength = strength
    found = released(anonymizer, positions, present, seeds)
    assert (found - positions).abs().max() > 0.5
    torch.testing.assert_close(anonymizer.invert(found, present), positions, atol=1e-3, rtol=0)


def test_undoing_keeps_the_best_guess_where_it_does_not_come_nearer():
    vectors = torch.tensor([[1.0], [2.0]])
    torch.testing.assert_close(undone(lambda x: 1.5 * x, 1.5 * vectors), vectors)
    apart = torch.tensor([[1.0], [2.0]])  # x + 3x: guesses run away, the first one is the least wrong
    assert torch.equal(undone(lambda x: 4 * x, apart), apart)


def test_undoing_ends_when_no_guess_comes_nearer():
    asked = []
    undone(lambda x: asked.append(1) or 1.5 * x, torch.ones(3, 4))
    assert len(asked) < 40
    asked.clear()
    undone(lambda x: asked.append(1) or 4 * x, torch.ones(3, 4))
    assert len(asked) < 15


def test_of_an_autoencoder_all_that_it_drew_from_comes_back():
    """The few numbers it tells a pose in are found again; a pose that is drawn alike is what is given back."""
    anonymizer = small("autoencoder", shaken=0.1)
    positions, present, seeds = moving()
    present[0, 3:, 1] = False
    found = released(anonymizer, positions, present, seeds)
    guess = anonymizer.invert(found, present)
    again = released(anonymizer, guess, present, seeds)
    assert (again - found)[present].norm() < 0.01 * found[present].norm()
    told, guessed = (anonymizer.encoder(each[present].flatten(1)) for each in (positions, guess))
    assert (told - guessed).norm() < 0.05 * told.norm()


def test_an_autoencoder_that_holds_a_pose_whole_is_undone_whole():
    """Nine numbers for nine coordinates: x is told as it is, by max(x, 0) and max(−x, 0), and drawn as M x."""
    anonymizer = ANONYMIZERS["autoencoder"](CHAIN, width=18, latent=9)
    torch.manual_seed(4)
    mixed, eye = torch.eye(9) + 0.1 * torch.randn(9, 9), torch.eye(9)
    with torch.no_grad():
        for layers, out in ((anonymizer.encoder, eye), (anonymizer.decoder, mixed)):
            layers[0].weight.copy_(torch.cat([eye, -eye]))
            layers[2].weight.copy_(torch.cat([out, -out], 1))
            layers[0].bias.zero_(), layers[2].bias.zero_()
    positions, present, seeds = moving(skeleton=CHAIN)
    found = released(anonymizer, positions, present, seeds)
    assert (found - positions).abs().max() > 0.2
    torch.testing.assert_close(anonymizer.invert(found, present), positions, atol=2e-3, rtol=0)


def test_half_an_autoencoder_comes_back_whole():
    anonymizer = small("autoencoder")
    anonymizer.strength = 0.5
    positions, present, seeds = moving()
    guess = anonymizer.invert(released(anonymizer, positions, present, seeds), present)
    torch.testing.assert_close(guess, positions, atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", SMALL)
def test_undoing_gives_motion_of_the_same_shape_and_leaves_absent_bodies_alone(kind):
    anonymizer = small(kind)
    positions, present, seeds = moving()
    present[0, :, 1] = present[1, 3:, 0] = present[2] = False
    positions[~present] = torch.nan
    found = anonymizer.invert(released(anonymizer, positions, present, seeds), present)
    if found is None:
        assert kind in NEVER_UNDONE
        return
    assert (found.shape, found.dtype) == (positions.shape, positions.dtype)
    assert same_bytes(found[~present], positions[~present])
    assert found[present].isfinite().all()
    assert not found.requires_grad
    anonymizer.strength = 0
    found = anonymizer.invert(positions, present)
    assert found is None or same_bytes(found, positions)


@pytest.mark.parametrize("kind", SMALL)
def test_nobody_enters_but_the_recording_itself(kind):
    assert small(kind).sources(["a", "b"], [1, 2]) == [("a",), ("b",)]


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def layer(before, after):
    return before * after + after


def test_the_sizes_of_the_networks():
    def weights(name, **options):
        return sum(weight.numel() for weight in ANONYMIZERS[name](KINECT25, **options).parameters())

    assert weights("noise") == 0
    assert weights("residual") == 2 * layer(75, 75) == 11_400
    assert weights("residual", width=10) == layer(75, 10) + layer(10, 75)
    assert weights("residual", blocks=10) == 10 * 2 * layer(150, 150) == 453_000
    assert weights("autoencoder") == layer(75, 256) + layer(256, 32) + layer(32, 256) + layer(256, 75)
    with torch.device("meta"):
        assert weights("unet") == 31_037_763  # the well-known 31,037,698 with three colours out, not two


def test_unet_sees_what_happens_beside_it_in_time_and_between_bodies():
    positions, present, seeds = moving(1, 40)
    nearby = positions.clone()
    nearby[0, 20, 1] += 1
    for kind, mixes in (("unet", True), ("unet, a body a picture", False)):
        changed = (released(small(kind), nearby, present, seeds) - released(small(kind), positions, present, seeds))[0]
        assert changed[21, 1].abs().max() > 1e-4
        assert (changed[20, 0].abs().max() > 1e-4) == mixes


def test_unet_draws_as_it_has_learned_to_once_it_is_asked():
    """Left in training mode it would measure the batch it stands in."""
    anonymizer = small("unet")
    positions, present, seeds = moving()
    once = released(anonymizer, positions, present, seeds)
    anonymizer.train()
    assert (released(anonymizer, positions, present, seeds) - once).abs().max() > 0.01
