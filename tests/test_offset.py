"""offset: everybody seems to stand alike, with bones as long as before; who knows the population has it all back."""

import numpy as np
import pytest
import torch

from maskeleton.anonymizers.offset import REACH, Offset, mean_of, unit
from maskeleton.apply import Anonymized
from maskeleton.body import bone_lengths
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.invert import inverted
from maskeleton.mask import Mask
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT15, KINECT25, PLANS, Skeleton

from people import STANDING

PEOPLE, TAKES, FRAMES = 4, 4, 60
HIPS = (12, 16)


def swinging(person: int, take: int) -> np.ndarray:
    """(T, 25, 3): everybody holds each bone in a way of his own, turned by some degrees, and swings it a little."""
    own, lots = np.random.default_rng(person), np.random.default_rng([person, take])
    directions = STANDING - STANDING[[max(parent, 0) for parent in KINECT25.parents]]
    lengths = np.linalg.norm(directions, axis=-1, keepdims=True)
    time = np.arange(FRAMES)[:, None, None] / FRAMES * 2 * np.pi
    phases, rounds = lots.uniform(0, 6.3, (25, 3)), lots.integers(1, 4, (25, 3))
    swing = own.normal(0, 0.15, (25, 3)) + 0.25 * np.sin(time * rounds + phases)
    bones = directions + lengths * swing
    bones *= lengths / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
    positions = np.repeat(STANDING[None], FRAMES, 0).astype(np.float64)
    for joint in KINECT25.order[1:]:
        positions[:, joint] = positions[:, KINECT25.parents[joint]] + bones[:, joint]
    return positions.astype(np.float32)


def people() -> MotionDataset:
    return MotionDataset.of(KINECT25, 30, [
        Motion.of(swinging(person, take), f"p{person}t{take}", {"subject": person, "action": take})
        for person in range(1, PEOPLE + 1) for take in range(TAKES)])


def prepared(dataset: MotionDataset, strength: float = 1.0) -> Mask:
    net = Offset(dataset.skeleton).eval()
    net.prepare(dataset)
    net.strength = strength
    return Mask(net, "offset")


def released(mask: Mask, dataset: MotionDataset) -> MotionDataset:
    return MotionDataset.of(dataset.skeleton, dataset.fps, Anonymized(mask, dataset, b"k" * 32).read(0))


def postures(net: Offset, dataset: MotionDataset) -> torch.Tensor:
    """(N, J, 3) the mean direction of every bone that is changed, in each recording."""
    found = []
    for motion in dataset:
        positions, present = (torch.from_numpy(part.copy())[None] for part in (motion.positions, motion.present))
        found.append(mean_of(net._directions(positions.double(), present)[0], present)[0, 0])
    return torch.stack(found)[:, net._moves]


def degrees(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    one, other = torch.broadcast_tensors(one, other)
    across = torch.linalg.cross(unit(one), unit(other)).norm(dim=-1)
    return torch.rad2deg(torch.atan2(across, (unit(one) * unit(other)).sum(-1)))


def test_the_posture_of_everybody_is_nearly_the_populations_and_bones_stay_as_long():
    dataset = people()
    mask = prepared(dataset)
    made = released(mask, dataset)
    usual = mask.net.mean[mask.net._moves]
    assert degrees(postures(mask.net, dataset), usual).median() > 5
    assert degrees(postures(mask.net, made), usual).median() < 0.5
    for before, after in zip(dataset, made, strict=True):
        np.testing.assert_allclose(bone_lengths(after.positions, KINECT25), bone_lengths(before.positions, KINECT25),
                                   atol=2e-6)
        root = KINECT25.order[0]
        np.testing.assert_array_equal(after.positions[:, :, root], before.positions[:, :, root])


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_who_knows_the_population_gets_every_posture_back(strength):
    dataset = people()
    mask = prepared(dataset, strength)
    made = released(mask, dataset)
    before = postures(mask.net, dataset)
    assert degrees(postures(mask.net, made), before).median() > 5 * strength
    back = inverted(mask, made)
    wrong = degrees(postures(mask.net, back), before)
    long = torch.from_numpy(bone_lengths(STANDING, KINECT25))[mask.net._moves] > 0.1
    assert wrong.median() < 0.001
    assert wrong[:, long].max() < 0.1
    assert wrong.max() < 1  # a hand of 7 cm is known to a ten-thousandth of a degree in each frame, and hardly moves
    for one, other in zip(dataset, back, strict=True):
        assert (one.id, np.abs(one.positions - other.positions).max() < 0.002) == (other.id, True)


def test_it_needs_motion_to_be_undone():
    """Of a bone that never moves nothing but the population's direction is released: that is gone."""
    dataset = people()
    mask = prepared(dataset)
    still = MotionDataset.of(KINECT25, 30, [Motion.of(np.repeat(swinging(1, 0)[:1], 20, 0), "still", {"subject": 1})])
    made = released(mask, still)
    usual = mask.net.mean[mask.net._moves]
    near = (postures(mask.net, still)[0] - usual).norm(dim=-1) < REACH
    assert degrees(postures(mask.net, made)[0], usual)[near].max() < 0.01
    assert np.isfinite(inverted(mask, made)[0].positions).all()


def test_a_posture_far_from_the_usual_one_goes_only_part_of_the_way_and_comes_back():
    dataset = people()
    mask = prepared(dataset)
    positions = swinging(1, 0)
    raised = positions.copy()
    for joint in (10, 11, 23, 24):  # the right forearm points up instead of down
        raised[:, joint, 1] = 2 * positions[:, 9, 1] - positions[:, joint, 1]
    other = MotionDataset.of(KINECT25, 30, [Motion.of(raised, "raised", {"subject": 1})])
    before = postures(mask.net, other)
    away = (before - mask.net.mean[mask.net._moves]).norm(dim=-1)
    assert away.max() > 1.5
    back = inverted(mask, released(mask, other))
    assert degrees(postures(mask.net, back), before).max() < 0.1


def test_how_a_body_faces_stays():
    dataset = people()
    mask = prepared(dataset)
    for before, after in zip(dataset, released(mask, dataset), strict=True):
        one, other = (motion.positions[:, 0, HIPS[0]] - motion.positions[:, 0, HIPS[1]] for motion in (before, after))
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("plan", PLANS)
def test_the_bones_between_the_hips_stay_in_every_plan(plan):
    net = Offset(PLANS[plan])
    for hip in net.hips:
        assert not net._moves[hip]
    assert net._moves.sum() >= len(PLANS[plan].joints) - 5


def test_what_it_cannot_do_is_said():
    one = torch.zeros(1, 2, 1, 15, 3)
    with pytest.raises(UserError, match="does not know how people usually stand"):
        Offset(KINECT15)(one, torch.ones(1, 2, 1, dtype=torch.bool), torch.tensor([1]))
    with pytest.raises(UserError, match="left_hip"):
        Offset(Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1)))
    with pytest.raises(UserError, match="too few for offset"):
        Offset(KINECT25).prepare(people().select([0, 1, 2]))
