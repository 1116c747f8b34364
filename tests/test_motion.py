"""Motion and MotionDataset: what goes in comes out, what is missing is filled, and names do not depend on files."""

import mmap
import pickle

import numpy as np
import pytest

import maskeleton.dataset
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import code_labels, natural
from maskeleton.motion import Motion, filled, retimed, runs_of
from maskeleton.skeleton import KINECT25

from people import crowd, stepping, two_bodies


def test_what_goes_in_comes_out() -> None:
    body = stepping(5)
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(body, "one", {"subject": 7, "action": "wave"})])
    motion = dataset[0]
    assert motion.positions.shape == (5, 1, 25, 3)
    assert np.array_equal(motion.positions[:, 0], body)
    assert motion.present.all()
    assert (motion.tracked == 2).all()
    assert motion.labels == {"action": 0, "subject": 7}
    assert dataset.names == {"action": ["wave"]}
    assert dataset.told(0) == {"action": "wave", "subject": 7}


def test_a_second_body_is_held_only_while_it_is_there() -> None:
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(two_bodies(), "two")])
    assert dataset.shards[0].positions.shape == (12 + 6, 25, 3)
    motion = dataset[0]
    assert motion.present[:, 1].tolist() == [False] * 3 + [True] * 6 + [False] * 3
    assert not motion.positions[~motion.present].any()
    assert np.array_equal(motion.positions[motion.present], two_bodies()[motion.present])


def test_a_missing_joint_is_filled_on_the_straight_line_and_marked() -> None:
    body = stepping(5)
    body[1:4, 3] = np.nan
    motion = MotionDataset.of(KINECT25, 30, [Motion.of(body, "gap")])[0]
    assert np.isfinite(motion.positions).all()
    assert np.allclose(motion.positions[2, 0, 3], (body[0, 3] + body[4, 3]) / 2)
    assert motion.tracked[:, 0, 3].tolist() == [2, 0, 0, 0, 2]


def test_a_joint_that_is_never_seen_stands_in_the_middle_of_the_others() -> None:
    body = stepping(2)[:, None].copy()
    body[:, 0, 5] = np.nan
    others = [joint for joint in range(25) if joint != 5]
    assert np.allclose(filled(body, np.ones((2, 1), bool))[:, 0, 5], body[:, 0, others].mean(1))


def test_a_frame_without_any_joint_is_an_absence() -> None:
    body = stepping(4)
    body[1] = np.nan
    motion = MotionDataset.of(KINECT25, 30, [Motion.of(body, "away")])[0]
    assert motion.present[:, 0].tolist() == [True, False, True, True]


def test_nobody_at_all_is_refused() -> None:
    with pytest.raises(UserError, match="no body in any frame"):
        MotionDataset.of(KINECT25, 30, [Motion.of(np.full((3, 25, 3), np.nan), "empty")])


@pytest.mark.parametrize(("broken", "said"), [
    ({"positions": np.zeros((4, 1, 24, 3), np.float32)}, "expected \\(frames, bodies, 25, 3\\)"),
    ({"present": np.ones((3, 1), bool)}, "present has the shape"),
    ({"tracked": np.ones((4, 1, 24), np.uint8)}, "tracked has the shape"),
])
def test_arrays_that_do_not_fit_together_are_refused(broken: dict[str, np.ndarray], said: str) -> None:
    motion = Motion.of(stepping(4), "odd")._replace(**broken)
    with pytest.raises(UserError, match=said):
        MotionDataset.of(KINECT25, 30, [motion])


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(UserError, match="ids stand twice: one"):
        MotionDataset.of(KINECT25, 30, [Motion.of(stepping(2), "one"), Motion.of(stepping(3), "one")])


def test_select_keeps_codes_and_recordings() -> None:
    dataset = crowd()
    some = dataset.select([11, 0, 3])
    assert some.ids == [dataset.ids[11], dataset.ids[0], dataset.ids[3]]
    assert some.names == dataset.names
    for place, index in enumerate((11, 0, 3)):
        assert np.array_equal(some[place].positions, dataset[index].positions)
        assert some[place].labels == dataset[index].labels
    assert dataset.select(dataset.labels["subject"] == 2).labels["subject"].tolist() == [2] * 4
    assert len(dataset.select([])) == 0
    assert dataset.select([11]).select([0]).ids == [dataset.ids[11]]


def test_index_errors_as_a_list_does() -> None:
    dataset = crowd()
    assert dataset[-1].id == dataset.ids[-1]
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    with pytest.raises(IndexError):
        dataset.select([len(dataset)])


def test_content_id_is_of_the_content_alone() -> None:
    dataset = crowd()
    again = MotionDataset.of(KINECT25, 30, [m._replace(labels=dataset.told(i)) for i, m in enumerate(dataset)],
                             [{"verb": "other"}])
    assert again.content_id == dataset.content_id
    moved = [m._replace(labels=dataset.told(i)) for i, m in enumerate(dataset)]
    moved[3] = moved[3]._replace(positions=moved[3].positions + np.float32(1e-6))
    assert MotionDataset.of(KINECT25, 30, moved).content_id != dataset.content_id
    assert MotionDataset.of(KINECT25, 25, [m._replace(labels=dataset.told(i)) for i, m in enumerate(dataset)]
                            ).content_id != dataset.content_id


def test_duplicates_share_the_hash_of_their_motion() -> None:
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(stepping(4), "a", {"subject": 1}), Motion.of(stepping(4), "b")])
    assert dataset.motion_hashes[0] == dataset.motion_hashes[1]
    assert dataset.hashes[0] != dataset.hashes[1]


def test_takes_join_what_several_cameras_film() -> None:
    motions = [Motion.of(stepping(3, at=camera), f"{person}{take}{camera}",
                         {"subject": person, "repetition": take, "camera": camera})
               for person in (1, 2) for take in (1, 2) for camera in (1, 2, 3)]
    takes = MotionDataset.of(KINECT25, 30, motions).takes
    assert (takes.reshape(4, 3) == takes[::3, None]).all()
    assert len(set(takes.tolist())) == 4


def test_it_travels_to_other_processes() -> None:
    dataset = crowd()
    assert pickle.loads(pickle.dumps(dataset)).content_id == dataset.content_id


def test_much_motion_lies_in_a_file_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [motion._replace(labels=crowd().told(row)) for row, motion in enumerate(crowd())]
    here = MotionDataset.of(KINECT25, 30, told)
    monkeypatch.setattr(maskeleton.dataset, "MOST_HELD", 1000)
    away = MotionDataset.of(KINECT25, 30, told)
    base = away.shards[0].positions
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base.obj, mmap.mmap)
    for one, other in zip(here, away, strict=True):
        for mine, theirs in zip(one[:3], other[:3], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert pickle.loads(pickle.dumps(away)).content_id == away.content_id == here.content_id


def test_codes_follow_the_natural_order_of_names() -> None:
    labels, names = code_labels([{"subject": "P010"}, {"subject": "P002"}, {}, {"subject": "P100"}])
    assert names["subject"] == ["P002", "P010", "P100"]
    assert labels["subject"].tolist() == [1, 0, -1, 2]
    assert sorted(["a10", "a9", "a9b", "b1"], key=natural) == ["a9", "a9b", "a10", "b1"]


def test_numbers_stay_what_they_are_and_mixed_labels_become_text() -> None:
    labels, names = code_labels([{"age": 64}, {"age": 7}, {}])
    assert labels["age"].tolist() == [64, 7, -1]
    assert names == {}
    labels, names = code_labels([{"age": 64}, {"age": "old"}])
    assert names["age"] == ["64", "old"]


def test_a_number_that_is_no_label_is_refused() -> None:
    with pytest.raises(UserError, match="label 'age' has the number -5"):
        code_labels([{"age": -5}])


def test_retimed_is_on_the_straight_line() -> None:
    slow = retimed(Motion.of(stepping(9, speed=0.02), "x"), 30, 15)
    assert len(slow.present) == 5
    assert np.allclose(slow.positions[:, 0], stepping(9, speed=0.02)[::2], atol=1e-6)
    fast = retimed(Motion.of(stepping(5), "x"), 30, 60)
    assert len(fast.present) == 9
    assert np.allclose(fast.positions[1, 0, 0], (stepping(5)[0, 0] + stepping(5)[1, 0]) / 2, atol=1e-6)


def test_retimed_never_mixes_a_body_with_its_absence() -> None:
    motion = MotionDataset.of(KINECT25, 30, [Motion.of(two_bodies(), "two")])[0]
    fast = retimed(motion, 30, 90)
    there = fast.positions[fast.present]
    assert (np.abs(there[:, :, 2] - 3) < 0.2).all()  # halfway to an absent body's zeros it would be at 1.5 m


def test_runs() -> None:
    assert runs_of(np.array([0, 1, 1, 0, 1], bool)) == [(1, 2), (4, 1)]
    assert runs_of(np.ones(3, bool)) == [(0, 3)]
    assert runs_of(np.zeros(3, bool)) == []
    assert runs_of(np.zeros(0, bool)) == []


@pytest.mark.parametrize("value", [3.7, float("nan"), None, [1], b"x", "half a \ud800 character", -5, 2**31])
def test_what_is_no_label_is_refused(value: object) -> None:
    with pytest.raises(UserError, match="label 'x'"):
        MotionDataset.of(KINECT25, 30, [Motion.of(stepping(3), "a", {"x": value})])  # type: ignore[dict-item]


def test_a_number_of_numpy_is_a_number() -> None:
    one, other = (MotionDataset.of(KINECT25, 30, [Motion.of(stepping(3), "a", {"x": value})])
                  for value in (5, np.int64(5)))
    assert one.content_id == other.content_id


def test_an_id_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(UserError, match="no text"):
        MotionDataset.of(KINECT25, 30, [Motion.of(stepping(3), "half a \ud800 character")])


def test_a_field_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match="field 'lean' has the shape"):
        MotionDataset.of(KINECT25, 30, [Motion.of(stepping(3), "a", fields={"lean": np.zeros((2, 1))})])


def test_a_mask_of_another_length_selects_nothing() -> None:
    with pytest.raises(IndexError, match="a mask of 2 for 12"):
        crowd().select(np.array([True, True]))
