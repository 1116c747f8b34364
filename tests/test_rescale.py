"""rescale: everybody is stretched alike, and whoever divides by the same numbers has everything back."""

import numpy as np
import pytest
import torch

from maskeleton.anonymizers.rescale import Rescale
from maskeleton.apply import Anonymized
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.invert import inverted
from maskeleton.mask import named
from maskeleton.normalize import normalize
from maskeleton.skeleton import KINECT25

from people import crowd


def released(dataset: MotionDataset, strength: float = 1.0, **options: float):
    mask = named("rescale", KINECT25, options)
    mask.net.strength = strength
    return mask, MotionDataset.of(KINECT25, 30, Anonymized(mask, dataset, b"k" * 32).read(0))


def test_everybody_is_half_as_tall_and_twice_as_wide():
    dataset = crowd()
    _, made = released(dataset, tall=0.5, wide=2)
    for before, after in zip(dataset, made, strict=True):
        np.testing.assert_allclose(after.positions, before.positions * np.float32((2, 0.5, 2)), rtol=1e-6)


def test_turning_and_setting_down_changes_nothing_of_it():
    """So it is one map for everybody, however each stands to the camera."""
    dataset = crowd()
    _, made = released(dataset, tall=0.5, wide=2)
    for before, after in zip(dataset, made, strict=True):
        one, other = (normalize("sequence", motion, KINECT25)[0].positions for motion in (before, after))
        np.testing.assert_allclose(other, one * np.float32((2, 0.5, 2)), atol=1e-5)


@pytest.mark.parametrize("strength", [1.0, 0.5, 0.0])
def test_it_is_undone_by_dividing(strength):
    dataset = crowd()
    mask, made = released(dataset, strength)
    assert (made.content_id == dataset.content_id) == (strength == 0)
    for before, after in zip(dataset, inverted(mask, made), strict=True):
        np.testing.assert_allclose(after.positions, before.positions, atol=1e-6)


def test_absent_bodies_stay_as_they_are():
    net = Rescale(KINECT25)
    positions = torch.full((1, 2, 1, 25, 3), torch.nan)
    assert net.invert(positions, torch.zeros(1, 2, 1, dtype=torch.bool)).isnan().all()


@pytest.mark.parametrize(("option", "value"), [("tall", 0), ("wide", -1), ("tall", float("nan")), ("wide", 1000)])
def test_options_that_make_no_sense(option, value):
    with pytest.raises(UserError, match=f"option '{option}' cannot be"):
        Rescale(KINECT25, **{option: value})
