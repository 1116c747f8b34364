"""nearness: a copy is near, a new take is not, and it is told whose the copy is."""

import numpy as np
import pytest
from test_audit import people

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.nearness import nearness, poses
from maskeleton.skeleton import KINECT25


@pytest.fixture(scope="module")
def dataset():
    return people(0.03, 6, 2, 3)


def shown(dataset, rows):
    """Every recording with the motion of another one."""
    return MotionDataset.of(KINECT25, 30, [dataset[int(row)]._replace(id=dataset.ids[place], labels=dataset.told(place))
                                           for place, row in enumerate(rows)])


def test_an_untouched_release_is_near_its_own_original_and_nobody_elses(dataset):
    found = nearness(dataset, dataset)
    assert (found.anybody.rate, found.anybody.people) == (1, 6)
    assert found.anybody.null < 0.5  # the two actions look alike, so that takes of both may be nearer than of one
    assert found.others.rate == found.others.null == 0


def test_another_ones_take_is_near_that_one(dataset):
    rows = np.roll(np.arange(len(dataset)), 6)  # the one before, who has six recordings
    found = nearness(dataset, shown(dataset, rows))
    assert found.anybody.rate == found.others.rate == 1
    assert found.others.trials == len(dataset)


def test_a_new_take_of_the_same_person_is_as_near_as_takes_are():
    both = people(0.03, 6, 2, 6)
    old, new = (both.select(np.isin(both.labels["repetition"], takes)) for takes in ([1, 2, 3], [4, 5, 6]))
    again = MotionDataset.of(KINECT25, 30, [motion._replace(id=id, labels=old.told(row)) for row, (motion, id) in
                                            enumerate(zip(new, old.ids, strict=True))])
    found = nearness(old, again)
    assert found.anybody.rate < 0.6  # each is nearest to one of six, of which three pairs were there before
    assert found.others.rate == 0


def test_a_row_is_a_pose_in_metres(dataset):
    assert np.linalg.norm(poses(dataset.select([0])) - poses(dataset.select([0]))) == 0
    half = MotionDataset.of(KINECT25, 30, [dataset[0]._replace(labels={})])
    assert poses(half).shape == (1, 32 * 25 * 3)


def test_who_was_recorded_once_cannot_be_asked(dataset):
    once = dataset.select(dataset.labels["repetition"] == 1)
    assert nearness(once, once) == (None, None)
    with pytest.raises(UserError, match="not known who is who"):
        nearness(MotionDataset.of(KINECT25, 30, [once[0]._replace(labels={})]), once)
