"""alignment: what was done to everybody alike is undone without labels; what was done to nobody stays."""

from dataclasses import replace

import numpy as np
import pytest

from maskeleton.alignment import aligned, put, see
from maskeleton.body import bones, joints
from maskeleton.dataset import MotionDataset
from maskeleton.skeleton import KINECT25, Skeleton

from people import crowd, two_bodies

HIPS = KINECT25.parents.index(-1)


def changed(dataset, change):
    """The same recordings, every body moved by a function."""
    made = MotionDataset.of(dataset.skeleton, dataset.fps, [
        motion._replace(positions=np.where(motion.present[..., None, None], change(motion.positions), 0).astype(
            np.float32), labels=dataset.told(row), fields={}) for row, motion in enumerate(dataset)])
    return replace(made, labels=dataset.labels, names=dataset.names)


def away(one, other):
    """The largest distance of a joint, in metres."""
    return max(np.linalg.norm(a.positions - b.positions, axis=-1)[a.present].max() for a, b in zip(one, other, strict=True))


def limbs(positions):
    """Every bone as long as its own share of what it was."""
    gains = np.random.default_rng(3).uniform(0.5, 2, (25, 1))
    return joints(bones(positions, KINECT25) * gains, positions[..., HIPS, :], KINECT25)


@pytest.mark.parametrize("change", [
    lambda positions: positions * 1.4,
    lambda positions: positions * np.array([1.8, 0.6, 1.8]),
    lambda positions: positions + np.array([0.3, -1, 2]),
    limbs,
])
def test_what_was_done_to_everybody_alike_is_undone(change):
    dataset = crowd(4)
    moved = changed(dataset, change)
    assert away(moved, dataset) > 0.3
    assert away(aligned(moved, dataset), dataset) < 0.01


def test_labels_order_and_presence_stay_and_labels_are_not_looked_at():
    dataset = crowd(3)
    moved = changed(dataset, lambda positions: positions * 2)
    found = aligned(moved, dataset)
    assert (found.ids, found.names) == (dataset.ids, dataset.names)
    for one, other in zip(found, dataset, strict=True):
        assert np.array_equal(one.present, other.present)
    blind = aligned(replace(moved, labels={}, names={}), replace(dataset, labels={}, names={}))
    assert blind.motion_hashes == found.motion_hashes


def test_what_was_done_to_each_in_another_way_is_not_undone():
    """One person is tall, one is small: that is not a shift of everybody."""
    dataset = crowd(3)
    sizes = iter(np.linspace(0.5, 1.5, len(dataset)))
    moved = changed(dataset, lambda positions: positions * next(sizes))
    assert away(aligned(moved, dataset), dataset) > 0.1


def test_a_body_is_seen_by_one_who_faces_it_and_put_back():
    body = two_bodies()[:, 0].astype(np.float64)
    seen = see(body, KINECT25)
    np.testing.assert_allclose(put(seen, KINECT25), body, atol=1e-6)
    turned = body @ np.array([[0, 0, 1.0], [0, 1, 0], [-1, 0, 0]])
    np.testing.assert_allclose(see(turned, KINECT25).vectors, seen.vectors, atol=1e-9)
    stick = Skeleton.of("stick", ("Foot", "Head"), (-1, 0))  # nobody knows where it faces
    np.testing.assert_allclose(see(body[:, :2], stick).turn, np.eye(3))
