"""lively: what a motion lacks of the usual liveliness is filled in, as far as people and joints go; and who a stranger is."""

import numpy as np
import pytest
import torch

from maskeleton.anonymizers.lively import GUSTS, SPEEDS, between, bursts, lacking, liveliness, shaking
from maskeleton.anonymizers.stranger import Stranger, count_of, differences
from maskeleton.anonymizers.waves import frequencies


def test_what_a_motion_lacks_is_filled_and_what_it_has_stays():
    torch.manual_seed(0)
    frames, hertz = 60, frequencies(60, 60, 30.0)
    own, lots = torch.randn(2, 5, 3, frames) * 0.1, (torch.randn(2, 5, 3, frames), torch.randn(2, 5, 3, frames))
    wanted = liveliness(own, hertz, frames)
    wanted[0] += 1.0  # the first one is to swing further
    parents = torch.tensor([0, 0, 1, 2, 2])
    found = own + sum(lacking(own, wanted, hertz, frames, *lots, torch.tensor([[0.0, 0.3, 0.3, 0.2, 0.4]]), parents))
    np.testing.assert_allclose(found[1], own[1], atol=1e-3)
    np.testing.assert_allclose(found[0, ..., hertz < SPEEDS[0]], own[0, ..., hertz < SPEEDS[0]])
    reached = (liveliness(found, hertz, frames)[0] - liveliness(own, hertz, frames)[0])[1:]
    assert reached.mean() == pytest.approx(1.0, abs=0.3)


def test_joints_tremble_as_far_as_bones_are_seen_to():
    """A chain of three bones and one that branches off: what joints do is found from what their bones do."""
    parents, own = torch.tensor([0, 0, 1, 2, 1]), torch.tensor([1.0, 2.0, 4.0, 8.0, 1.0])[None, :, None]
    apart = own + own[:, parents]
    apart[:, 0] = 0  # the root has no bone
    found = shaking(apart, parents)
    np.testing.assert_allclose((found + found[:, parents])[:, 1:], apart[:, 1:], rtol=0.1)
    assert not shaking(torch.zeros(1, 5, 2), parents).any()


def test_what_moves_trembles_more_and_now_and_then_it_is_hardly_seen():
    tracks = torch.zeros(1, 2, 3, 40)
    tracks[0, 0, 0, :20] = torch.arange(20) * 0.1  # one bone moves at first, the other one never
    found = bursts(tracks, torch.zeros(1, 2, 1, 3))[0, :, 0]
    assert found[0, :19].min() > 5 * found[0, 21:].max()
    assert found[1].tolist() == pytest.approx([1.25] * 40)
    assert bursts(tracks[..., :1], torch.zeros(1, 2, 1, 1)).tolist() == [[[[1.0]], [[1.0]]]]
    torch.manual_seed(0)
    lost = bursts(torch.zeros(200, 2, 3, 40), torch.randn(200, 2, 1, 5)).log().flatten(1)
    assert lost.std() == pytest.approx(GUSTS, rel=0.1)
    assert (lost[:, 1:40] - lost[:, :39]).std() < GUSTS / 2  # slowly


def test_a_stranger_differs_as_far_as_recordings_do():
    rng, many = np.random.default_rng(0), 4000
    size = np.exp(rng.normal(0, 0.1, (many, 1)))
    lengths = np.array([0.0, *[0.3] * 15]) * size * np.exp(rng.normal(0, 0.02, (many, 16)))
    kinds = np.arange(many) % 3
    loud = rng.normal(0, 0.5, (many, 1, 1)) + rng.normal(0, 0.2, (many, 16, len(SPEEDS))) + kinds[:, None, None]
    spread = differences(lengths, loud, rng.normal(0, 0.3, many) + kinds, kinds)
    assert spread.shape == (count_of(16),)
    found = Stranger.of(torch.from_numpy(spread)[None], 16)
    assert [float(found.size), float(found.loud), float(found.long)] == pytest.approx([0.1, 0.5, 0.3], rel=0.1)
    assert found.build[0].tolist() == pytest.approx([0.0, *[0.02] * 15], rel=0.15)
    np.testing.assert_allclose(found.swings, 0.2, rtol=0.1)


@pytest.mark.parametrize("frames", [1, 2, 5, 60, 600])
def test_people_begin_and_end_as_they_usually_do(frames):
    much = between(frames, 30.0)
    assert much[[0, -1]].tolist() == [0, 0]
    if frames > 5:
        assert much.square().mean() == pytest.approx(1)
        assert (much[15:-15] == much.max()).all()
