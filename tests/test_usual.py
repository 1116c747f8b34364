"""usual: how people usually move, and the way of somebody whose feet carry."""

import numpy as np
import pytest
import torch

from maskeleton.anonymizers.usual import usual_ways, walked


def test_a_usual_way_is_the_mean_of_people_and_swings_nearly_as_far_as_they_do():
    ways = np.zeros((4, 1, 3, 3), np.float32)
    ways[:, 0, 0, 0], ways[:, 0, 1, 1] = (1, 1, 3, 5), (0.4, 0.4, 0.4, -0.4)  # one person twice, who counts once
    found = usual_ways(ways, np.array([1, 1, 2, 3]))
    assert found[0, 0, 0] == pytest.approx(3)
    assert found[0, 1, 1] == pytest.approx(0.4 / 3 * 1.75, rel=0.2)  # people are opposed; half of what is missing of 2.5 times
    same = usual_ways(np.abs(ways), np.array([1, 1, 2, 3]))
    assert same[0, 1, 1] == pytest.approx(0.4, rel=0.01)


def test_a_foot_that_carries_stays_where_it_is():
    frames = 40
    feet = torch.zeros(1, 2, 3, frames)
    feet[0, :, 1] = -0.9
    feet[0, 0, 2] = torch.linspace(0.3, -0.3, frames)  # one foot is drawn back under the body
    feet[0, 1, 1] += 0.2  # the other is lifted
    found = walked(feet)[0]
    assert found[0, :, 1:].std(-1).max() < 0.01
    assert (found[2, 2, -1] - found[2, 2, 0]).item() == pytest.approx(0.6, abs=0.02)
    assert found[:2, 1].amin(0).abs().max() < 1e-6
