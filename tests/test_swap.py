"""swap: every recording is somebody else's motion, whole: it is the donor who is named."""

from collections import Counter

import numpy as np
import pytest

from maskeleton.anonymizers.swap import Swap
from maskeleton.crowd import Crowd, release_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import Mask, named
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

from people import crowd, stepping

KEY, OTHER = b"k" * 32, b"o" * 32


def distinct(counts: dict[tuple[int, str], int]) -> MotionDataset:
    """So many takes of each (person, action); no two alike."""
    motions = []
    for (person, action), takes in counts.items():
        for take in range(takes):
            at = person + take / 10 + len(action) / 100
            motions.append(Motion.of(stepping(5 + take, at=at), f"p{person}{action}{take}",
                                     {"subject": person, "action": action}))
    return MotionDataset.of(KINECT25, 30, motions)


EVEN = {(person, action): 3 for person in (1, 2, 3) for action in ("sit", "walk")}


def released(dataset: MotionDataset, key: bytes = KEY) -> MotionDataset:
    made = release_of(swap(), dataset, key)
    return MotionDataset.of(KINECT25, 30, (motion for part in made.parts for motion in made.read(part)))


def swap(strength: float = 1.0) -> Mask:
    mask = named("swap", KINECT25, {})
    mask.net.strength = strength
    return mask


def owners(dataset: MotionDataset) -> dict[str, set[int]]:
    """Motion -> the people whose it is."""
    found: dict[str, set[int]] = {}
    for row, motion in enumerate(dataset.motion_hashes):
        found.setdefault(motion, set()).add(int(dataset.labels["subject"][row]))
    return found


@pytest.mark.parametrize("counts", [EVEN, {(1, "sit"): 5, (2, "sit"): 2, (3, "sit"): 1},
                                    {(1, "sit"): 1, (2, "sit"): 1}], ids=["even", "one has most", "two alone"])
def test_every_release_is_another_persons_take_of_the_same_action_untouched(counts):
    dataset = distinct(counts)
    made, whose = released(dataset), owners(dataset)
    assert made.ids == dataset.ids
    for row in range(len(dataset)):
        assert made.told(row) == dataset.told(row)
        donor = dataset.motion_hashes.index(made.motion_hashes[row])
        assert dataset.text("action", donor) == dataset.text("action", row)
        assert int(dataset.labels["subject"][row]) not in whose[made.motion_hashes[row]]


def test_its_sources_name_the_donors_exactly():
    dataset = distinct(EVEN)
    made = released(dataset)
    for row, (source,) in enumerate(release_of(swap(), dataset, KEY).sources):
        assert made.motion_hashes[row] == dataset.motion_hashes[dataset.ids.index(source)]
        assert source != dataset.ids[row]


def test_each_take_is_given_once_where_nobody_has_more_than_half():
    for counts in (EVEN, {(1, "sit"): 4, (2, "sit"): 2, (3, "sit"): 2}, {(1, "sit"): 1, (2, "sit"): 1}):
        dataset = distinct(counts)
        assert set(Counter(released(dataset).motion_hashes).values()) == {1}
    uneven = released(distinct({(1, "sit"): 5, (2, "sit"): 2}))
    assert max(Counter(uneven.motion_hashes).values()) > 1


def test_one_persons_takes_go_to_several_others():
    """Else everybody would only have another name, and could be followed by it."""
    dataset = distinct({(person, "sit"): 6 for person in range(1, 6)})
    people = dataset.labels["subject"]
    donors = [people[dataset.ids.index(source)] for (source,) in release_of(swap(), dataset, KEY).sources]
    for person in range(1, 6):
        assert len(set(np.array(donors)[people == person].tolist())) >= 3


def test_another_key_other_donors():
    dataset = distinct(EVEN)
    assert released(dataset).content_id == released(dataset).content_id
    assert released(dataset, OTHER).content_id != released(dataset).content_id


def test_a_copy_of_ones_own_motion_under_another_name_is_not_taken():
    dataset = distinct({(1, "sit"): 1, (2, "sit"): 1, (3, "sit"): 1})
    twin = Motion.of(stepping(5, at=1 + 3 / 100), "twin", {"subject": 4, "action": "sit"})
    both = MotionDataset.of(KINECT25, 30, [*(motion._replace(labels=dataset.told(row)) for row, motion in
                                             enumerate(dataset)), twin])
    assert both.motion_hashes[0] == both.motion_hashes[3]
    for number in range(8):
        made = released(both, bytes([number]) * 32)
        assert made.motion_hashes[0] != both.motion_hashes[0] != made.motion_hashes[3]


def test_at_strength_nought_everybody_is_himself_and_nothing_is_done_by_half():
    dataset = crowd()
    made = release_of(swap(0), dataset, KEY)
    assert isinstance(made, Crowd)
    assert list(made.sources) == [(id,) for id in dataset.ids]
    for before, after in zip(dataset, made.read(0), strict=True):
        np.testing.assert_array_equal(before.positions, after.positions)
    with pytest.raises(UserError, match=r"swap cannot be done with a strength of 0\.5"):
        list(release_of(swap(0.5), dataset, KEY).read(0))


def without(dataset: MotionDataset, label: str) -> MotionDataset:
    return MotionDataset.of(KINECT25, 30, (
        motion._replace(labels={key: value for key, value in dataset.told(row).items() if key != label})
        for row, motion in enumerate(dataset)))


def test_what_it_cannot_do_is_said():
    dataset = crowd()
    for label in ("subject", "action"):
        with pytest.raises(UserError, match=f"the label '{label}' is missing"):
            Swap(KINECT25).donors(without(dataset, label), 1)
    with pytest.raises(UserError, match="the label 'subject' is missing; the label 'action' is missing"):
        Swap(KINECT25).donors(without(without(dataset, "subject"), "action"), 1)
    motions = [motion._replace(labels=dataset.told(row) if row else {"subject": 1})
               for row, motion in enumerate(dataset)]
    with pytest.raises(UserError, match=f"the action of 1 recordings is not known .{dataset.ids[0]}"):
        Swap(KINECT25).donors(MotionDataset.of(KINECT25, 30, motions), 1)
    with pytest.raises(UserError, match="for 3 recordings nobody else does the same: p1jump0, p1jump1, p1jump2"):
        Swap(KINECT25).donors(distinct(EVEN | {(1, "jump"): 3}), 1)
