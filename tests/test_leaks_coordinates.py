"""A place of the original is found in whatever axes, signs and units it stands, and nothing else is taken for one."""

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.leaks import coordinates
from maskeleton.leaks.coordinates import (
    FRAMES,
    LEVELS,
    Known,
    hit,
    keys_of_numbers,
    keys_of_poses,
    known_places,
    rooted,
)
from maskeleton.leaks.raw import Stream
from tests.people import crowd

AXES = [(order, np.array(signs)) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


@pytest.fixture(scope="module")
def original() -> MotionDataset:
    return crowd(4)


@pytest.fixture(scope="module")
def tables(original: MotionDataset) -> list[Known]:
    return [known_places(original, rounded, joints) for rounded, joints in LEVELS]


def among_others(planted: np.ndarray, decimals: int = 7) -> Stream:
    """Numbers as a text says them, with poses of nobody before and behind."""
    others = np.random.default_rng(3).uniform(-2, 2, (2, 300, 3)) * max(1, np.abs(planted).max() / 2)
    return Stream(np.round(np.concatenate([others[0].ravel(), planted.ravel(), others[1].ravel()]), decimals), (3,), str)


def z_up(places: np.ndarray) -> np.ndarray:
    return np.stack([places[..., 0], -places[..., 2], places[..., 1]], -1)


def mirrored(places: np.ndarray) -> np.ndarray:
    return places * [-1, 1, 1]


def turned_about(places: np.ndarray) -> np.ndarray:
    return -places[..., [2, 0, 1]]


@pytest.mark.parametrize("axes", [z_up, mirrored, turned_about], ids=lambda axes: axes.__name__)
@pytest.mark.parametrize(("scale", "decimals"), [(1, 7), (100, 4), (1000, 3)], ids=["metres", "centimetres", "millimetres"])
def test_one_place_is_found_in_any_axes(
    axes: Callable[[np.ndarray], np.ndarray], scale: float, decimals: int, original: MotionDataset, tables: list[Known]
) -> None:
    place = original[3].positions[2, 0, 6]
    assert hit(among_others(axes(place) * scale, decimals), tables) == (FRAMES[0], "900", 1)


@pytest.mark.parametrize("axes", [z_up, mirrored, turned_about], ids=lambda axes: axes.__name__)
@pytest.mark.parametrize(("scale", "decimals"), [(1, 3), (100, 1), (1000, 0)], ids=["metres", "centimetres", "millimetres"])
def test_a_pose_is_found_from_the_root_and_rounded_to_a_millimetre(
    axes: Callable[[np.ndarray], np.ndarray], scale: float, decimals: int, original: MotionDataset, tables: list[Known]
) -> None:
    pose = rooted(original[3].positions[2, :1], original)[0]
    found = hit(among_others(axes(pose) * scale, decimals), tables)
    assert found is not None
    assert found[0] == FRAMES[1]


@pytest.mark.parametrize("joints", [1, 2, 4])
def test_a_key_is_the_same_in_all_axes_and_another_where_joints_have_axes_of_their_own(joints: int) -> None:
    pose = np.random.default_rng(0).uniform(-1, 1, (joints, 3))
    keys = {int(keys_of_poses((pose[:, order] * signs)[None], 1e-6, joints)[0][0]) for order, signs in AXES}
    read = keys_of_numbers(np.rint(pose.ravel() / 1e-6).astype(np.int64), joints, 3)
    assert keys == {int(read[0])}
    if joints > 1:
        pose[1, 0] *= -1
        assert int(keys_of_poses(pose[None], 1e-6, joints)[0][0]) not in keys


def test_what_was_moved_by_centimetres_is_not_the_original(original: MotionDataset, tables: list[Known]) -> None:
    rng = np.random.default_rng(1)
    for motion in original:
        moved = motion.positions + rng.normal(0, 0.03, motion.positions.shape)
        for decimals in (3, 6):
            assert hit(Stream(np.round(moved, decimals).ravel(), (3,), str), tables) is None


def test_blanks_and_round_numbers_are_nobodys_place(original: MotionDataset) -> None:
    """Not even where the original has them: joints that were not seen, places in whole millimetres, a joint at the root."""
    motions = [motion._replace(positions=np.round(motion.positions, 3)) for motion in original.select(range(4))]
    motions[0].positions[:, 0, 5] = 0
    motions[1].positions[:, 0, 6] = motions[1].positions[:, 0, 0] + np.float32([0.0123456, 0.0234567, 0.0345678])
    lab = MotionDataset.of(original.skeleton, original.fps, motions)
    tables = [known_places(lab, rounded, joints) for rounded, joints in LEVELS]
    near = motions[1].positions[0, 0, 6].astype(np.float64) - motions[1].positions[0, 0, 0]
    for told in (np.zeros(300), np.tile([0.0, 0.0, 1.0], 100), np.tile(motions[2].positions[0, 0, 3], 1), near,
                 np.tile([0.5, 0.25, 1.0], 100), np.full(300, np.nan)):
        assert hit(among_others(told), tables) is None


def test_of_many_places_one_may_agree_by_chance_and_two_are_none(
    original: MotionDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinates, "FEW_PLACES", 0)
    tables = [known_places(original, rounded, joints) for rounded, joints in LEVELS]
    places = mirrored(original[3].positions[[2, 9], 0, 6].astype(np.float64))
    assert hit(among_others(places[0]), tables) is None
    assert hit(among_others(np.concatenate([places[0], [0.1, 0.2], places[1]])), tables) == (FRAMES[0], "900", 2)


def test_every_nth_place_still_finds_a_whole_recording(original: MotionDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinates, "MOST_PLACES", int(original.runs.length.sum()) * len(original.skeleton.joints) // 20)
    tables = [known_places(original, rounded, joints) for rounded, joints in LEVELS]
    assert hit(among_others(z_up(original[3].positions[:, 0])), tables) is not None


def test_numbers_on_the_border_of_two_slices_are_seen(
    original: MotionDataset, tables: list[Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    pose = mirrored(original[3].positions[2, 0].astype(np.float64))
    for size in (895, 901, 907):
        monkeypatch.setattr(coordinates, "SLICE", size)
        assert hit(among_others(pose, 3), tables) is not None
        assert hit(among_others(pose[6]), tables) == (FRAMES[0], "900", 1)
