"""The contract of the shelf of anonymizers, over all of them."""


import pytest
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.errors import UserError
from maskeleton.skeleton import KINECT15, PLANS

from small_anonymizers import LEARNING, NEVER_UNDONE, SMALL, TOGETHER, moving, released, same_bytes, small


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
