"""pyskl: what its pickles say, what is refused, and that everything comes back."""

import os
import pickle
import tracemalloc

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import pyskl
from maskeleton.formats.kit import ranges
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.skeleton import H36M17, KINECT15, KINECT20, KINECT25

from both_ways import assert_same, lively, survive

# Two bodies over 4 frames; joint j of body m in frame t lies at (m, t, j + 1); body 1 is there in frames 1 and 2 only.
BODIES = np.stack(np.broadcast_arrays(*np.meshgrid(range(2), range(4), range(1, 26), indexing="ij")), -1)
BODIES = BODIES.astype(np.float16)
BODIES[1, [0, 3]] = 0
NAMES = ["S001C002P003R002A013", "S001C003P003R002A014"]
SPLIT = {"xsub_train": NAMES, "xsub_val": [], "xview_train": NAMES[1:], "xview_val": NAMES[:1]}


def annotation(name=NAMES[0], label=12, **rest):
    return {"keypoint": BODIES, "frame_dir": name, "label": label, "total_frames": 4} | rest


TWO = {"split": SPLIT, "annotations": [annotation(), annotation(NAMES[1], 13, keypoint=BODIES[:1])]}


@pytest.fixture
def saved(tmp_path):
    def save(data, protocol=4):
        (tmp_path / "data.pkl").write_bytes(pickle.dumps(data, protocol))
        return tmp_path / "data.pkl"
    return save


def opened(path, options=Options()):
    source = pyskl.open([path], options)
    return source, [item for part in source.parts for item in source.read(part)]


def dataset_of(path):
    source, items = opened(path)
    assert not [item for item in items if isinstance(item, Fault)]
    return MotionDataset.of(source.skeleton, source.fps, items)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_file_as_published(saved, protocol):
    source, (first, second) = opened(saved(TWO, protocol))
    assert (source.skeleton, source.fps, [first.id, second.id]) == (KINECT25, 30.0, NAMES)
    assert first.present.tolist() == [[True, False], [True, True], [True, True], [True, False]]
    assert first.positions[2, 1, 7].tolist() == [1, 2, 8]
    assert first.positions.dtype == np.float32
    assert np.isnan(first.positions[0, 1]).all()
    assert first.tracked[1:3].min() == 2
    assert first.tracked[0, 1].max() == 0
    assert second.present.shape == (4, 1)
    assert first.labels == {"setup": 1, "camera": 2, "subject": 3, "repetition": 2, "action": 13,
                            "split_xsub": "train", "split_xview": "val"}
    assert second.labels["split_xview"] == "train"


def test_an_action_of_its_own_counting_is_left_alone(saved):
    _, (first, second) = opened(saved([annotation(label=12), annotation(NAMES[1], 0)]))
    assert (first.labels["action"], second.labels["action"]) == (12, 0)
    assert first.labels["subject"] == 3
    _, (first, second) = opened(saved([annotation("walk_1", 5), annotation("walk_2", None)]))
    assert (first.labels, second.labels) == ({"action": 5}, {})


def test_a_list_alone_and_recordings_without_names(saved):
    nameless = [{"keypoint": BODIES[:, :2], "label": -1}, {"keypoint": BODIES.tolist()}]
    _, (first, fault) = opened(saved(nameless))
    assert (first.id, first.labels, first.present.shape) == ("data-0", {}, (2, 2))
    assert fault == Fault("data.pkl", "recording 2", "data-1: it has no array of numbers as keypoint")


def test_the_plan_is_told_by_the_joints_or_by_the_user(saved):
    def plan(joints, options=Options()):
        return opened(saved([annotation(keypoint=np.ones((1, 2, joints, 3)))]), options)[0].skeleton
    assert (plan(25), plan(17)) == (KINECT25, H36M17)
    assert plan(15, Options(KINECT15)) is KINECT15
    assert plan(25, Options(KINECT20)) is KINECT25  # what the user asks for is then made of it by the caller
    with pytest.raises(UserError, match="20 joints") as caught:
        plan(20)
    assert "--skeleton" in caught.value.remedy


def test_scores_become_tracking(saved):
    score = np.ones((2, 4, 25), np.float16)
    score[0, 0, :3] = 0, 0.2, 0.5
    _, (motion,) = opened(saved([annotation(keypoint_score=score)]))
    assert motion.tracked[0, 0, :4].tolist() == [0, 1, 2, 2]


def test_lists_become_labels_and_labels_lists():
    lists = {"sub_train": ["a"], "train1": ["a", "b"], "test1": ["c"], "train2": ["c"], "test2": ["a"], "val": ["b"],
             "loose": ["b"], "x_y": ["a"], "x_z": ["a", "c"]}
    assert pyskl.split_labels(lists) == {
        "a": {"split_sub": "train", "split_1": "train", "split_2": "test", "split_x_y": "in", "split_x_z": "in"},
        "b": {"split_1": "train", "split": "val", "split_loose": "in"},
        "c": {"split_1": "test", "split_2": "train", "split_x_z": "in"}}
    motions = [Motion.of(np.ones((1, 25, 3)), id, labels) for id, labels in pyskl.split_labels(lists).items()]
    assert pyskl.split_lists(MotionDataset.of(KINECT25, 30, motions)) == lists


def test_the_head_says_what_it_is(saved, tmp_path):
    for data in (TWO, TWO["annotations"], {"annotations": [], "split": {}}, {"split": {"x": ["y" * 9000]}}):
        path = saved(data)
        assert pyskl.detect(path, path.read_bytes()[:4096])
    for other in ((["a.skeleton"], [1]), {"weights": [1]}, ["a", "b"]):
        path = saved(other)
        assert not pyskl.detect(path, path.read_bytes()[:4096])
    assert not pyskl.detect(tmp_path / "train_label.pkl", pickle.dumps((["keypoint"], [0])))
    for head in (b"", b'{"annotations": []}', b"PK\3\4 annotations", b"[annotations"):
        assert not pyskl.detect(tmp_path / "x", head)


def test_parts_are_ranges_and_the_source_travels(saved, monkeypatch):
    monkeypatch.setattr(ranges, "BLOCK", 2)
    source = pyskl.open([saved([annotation(f"r{number}", number) for number in range(5)])], Options(fps=15))
    source = pickle.loads(pickle.dumps(source))
    assert [(part.start, part.stop) for part in source.parts] == [(0, 2), (2, 4), (4, 5)]
    assert [motion.id for motion in source.read(source.parts[1])] == ["r2", "r3"]
    assert source.fps == 15


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("data", "said"), [
    ([annotation(keypoint=np.ones((1, 4, 17, 2)))], "2-D"), ([], "no recording has a keypoint"),
    ([{"frame_dir": "a"}], "no recording has"), ({"annotations": 3}, "no list of annotations"), (7, "no list"),
    (["a"], "no list of annotations"), ({"annotations": [annotation()], "split": [1]}, "split is no dict"),
    ({"annotations": [annotation()], "split": {"a": [1]}}, "split is no dict"),
    ({"annotations": [annotation()], "skeleton": {"joints": [[[]]]}}, "skeleton cannot be read"),
    ({"annotations": [annotation()], "skeleton": KINECT20.to_dict()}, "20 joints, but its keypoints 25"),
])
def test_a_file_that_is_something_else_is_refused_in_words(saved, data, said):
    with pytest.raises(UserError, match=said) as caught:
        opened(saved(data))
    assert caught.value.wrong.startswith("data.pkl: ")
    assert caught.value.remedy


@pytest.mark.parametrize(("changes", "said"), [
    ({"keypoint": BODIES[:, :, :20]}, "shape (2, 4, 20, 3), expected (bodies, frames, 25, 3)"),
    ({"keypoint": BODIES[0]}, "shape (4, 25, 3)"), ({"keypoint": BODIES[:0]}, "shape (0, 4, 25, 3)"),
    ({"keypoint": BODIES[:, :, :, :2]}, "(2, 4, 25, 2)"), ({"keypoint": np.array(["a"])}, "no array of numbers"),
    ({"label": "clap"}, "label is no number"), ({"label": [1, 2]}, "label is no"), ({"label": -5}, "label is no"),
    ({"keypoint_score": np.ones((2, 4))}, "keypoint_score is no array of the shape (2, 4, 25)"),
    ({"tracked": np.ones((2, 4, 25))}, "tracked is no array"), ({"present": np.ones((2, 3), bool)}, "present is no"),
])
def test_one_bad_recording_does_not_spoil_the_others(saved, changes, said):
    _, (first, fault, last) = opened(saved([annotation("a"), annotation("b") | changes, annotation("c")]))
    assert (first.id, last.id) == ("a", "c")
    assert (fault.file, fault.place) == ("data.pkl", "recording 2")
    assert fault.reason.startswith("b: ")
    assert said in fault.reason


def test_no_code_is_run(saved, tmp_path):
    class Runs:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trace"),)
    with pytest.raises(UserError, match="can run any code"):
        opened(saved({"annotations": [annotation(label=Runs())]}))
    assert not (tmp_path / "trace").exists()


def test_damage_is_reported_and_nothing_else(saved):
    small = [annotation(f"r{number}", number, keypoint=BODIES[:, :1]) for number in range(2)]
    path = saved({"annotations": small, "split": {"x_train": ["r0"]}})
    said = survive(pyskl, path, path.read_bytes(), 400)
    assert said.count("read") > 20
    assert len(said) - said.count("read") > 200


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("skeleton", [KINECT25, KINECT20])
def test_everything_comes_back(tmp_path, skeleton):
    dataset = lively(skeleton, fps=31.25)
    pyskl.write(dataset, tmp_path / "a.pkl")
    again = dataset_of(tmp_path / "a.pkl")
    assert_same(dataset, again)
    assert again.content_id == dataset.content_id
    pyskl.write(again, tmp_path / "b.pkl")
    assert (tmp_path / "a.pkl").read_bytes() == (tmp_path / "b.pkl").read_bytes()


def test_others_read_what_is_written(saved, tmp_path):
    pyskl.write(dataset_of(saved(TWO)), tmp_path / "a.pkl")
    data = pickle.loads((tmp_path / "a.pkl").read_bytes())
    assert {name: ids for name, ids in SPLIT.items() if ids} == data["split"]
    for one, original in zip(data["annotations"], TWO["annotations"], strict=True):
        assert all(one[key] == original[key] for key in ("frame_dir", "label", "total_frames"))
        assert one["keypoint"].dtype == np.float32
        assert np.array_equal(one["keypoint"], original["keypoint"])


def test_a_body_of_zeros_that_is_there_comes_back(tmp_path):
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(np.zeros((3, 25, 3)), "still", {"mood": "glad"})])
    pyskl.write(dataset, tmp_path / "a.pkl")
    assert dataset_of(tmp_path / "a.pkl").content_id == dataset.content_id
    assert "label" not in pickle.loads((tmp_path / "a.pkl").read_bytes())["annotations"][0]


def test_neither_reading_nor_writing_holds_the_whole(tmp_path):
    motions = [Motion.of(np.ones((2000, 25, 3)), f"r{number}") for number in range(20)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    tracemalloc.start()
    pyskl.write(dataset, tmp_path / "a.pkl")
    source = pyskl.open([tmp_path / "a.pkl"], Options())
    count = sum(1 for part in source.parts for _ in source.read(part))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20
    assert most < 6_000_000 < (tmp_path / "a.pkl").stat().st_size / 2
