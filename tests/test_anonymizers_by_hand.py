"""What noise and the networks of the paper do, in numbers one can check in one's head."""


import numpy as np
import pytest
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.undoing import undone
from maskeleton.skeleton import KINECT15, KINECT25, PLANS

from small_anonymizers import CHAIN, moving, released, same_bytes, small

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
