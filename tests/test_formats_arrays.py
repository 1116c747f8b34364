"""arrays: the training arrays of 2s-AGCN and CTR-GCN: what they say, their padding, and that values come back."""

import pickle

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import arrays, pyskl
from maskeleton.formats.kit import ranges
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT15, KINECT20, KINECT25

from both_ways import lively, survive

NAMES = ["S001C002P003R002A013.skeleton", "S001C003P003R002A014.skeleton"]


def block(*lengths, frames=8, joints=25, bodies=2):
    """(recordings, 3, frames, joints, bodies): joint j in frame t at (t + 1, j, 0), one body, zeros after the end."""
    data = np.zeros((len(lengths), 3, frames, joints, bodies), np.float32)
    for number, length in enumerate(lengths):
        data[number, 0, :length, :, 0] = np.arange(1, length + 1)[:, None]
        data[number, 1, :length, :, 0] = np.arange(joints)
    return data


@pytest.fixture
def saved(tmp_path):
    def save(data, labels=None, name="train_data_joint.npy"):
        np.save(tmp_path / name, data)
        pair = (NAMES, [12, 13]) if labels is None else labels
        (tmp_path / f"{name.split('_data')[0]}_label.pkl").write_bytes(pickle.dumps(pair))
        return tmp_path / name
    return save


def opened(*files, options=Options()):
    source = arrays.open(list(files), options)
    return source, [item for part in source.parts for item in source.read(part)]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pair_as_published(saved):
    source, (first, second) = opened(saved(block(5, 3)))
    assert (source.skeleton, source.fps) == (KINECT25, 30.0)
    assert [first.id, second.id] == ["S001C002P003R002A013", "S001C003P003R002A014"]
    assert first.positions[:, 0, 7].tolist() == [[1, 7, 0], [2, 7, 0], [3, 7, 0], [4, 7, 0], [5, 7, 0]]
    assert second.present.tolist() == [[True], [True], [True]]
    assert first.labels == {"setup": 1, "camera": 2, "subject": 3, "repetition": 2, "action": 13, "split": "train"}


def test_a_folder_with_streams_and_halves(saved, tmp_path):
    saved(block(5), (["walk"], [4]))
    saved(block(4, 2), (("sit", "run"), np.array([1, 0])), "val_data_joint.npy")
    saved(block(5), (["walk"], [4]), "train_data_bone.npy")
    np.save(tmp_path / "mean_map.npy", np.zeros((3, 1, 25, 1)))
    _, items = opened(*sorted(tmp_path.iterdir()))
    assert [(item.id, dict(item.labels)) for item in items] == [
        ("walk", {"action": 4, "split": "train"}), ("sit", {"action": 1, "split": "val"}),
        ("run", {"action": 0, "split": "val"})]


def test_the_head_says_what_it_is(saved, tmp_path):
    path = saved(block(5, 3))
    assert arrays.detect(path, path.read_bytes()[:4096])
    label = tmp_path / "train_label.pkl"
    assert arrays.detect(label, label.read_bytes())
    assert not pyskl.detect(label, label.read_bytes())
    assert not arrays.detect(tmp_path / "val_label.pkl", label.read_bytes())
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    assert not arrays.detect(tmp_path / "a.npy", (tmp_path / "a.npy").read_bytes())
    np.savez(tmp_path / "ctr.npz", x_train=np.zeros(1), y_train=np.zeros(1))
    assert arrays.detect(tmp_path / "ctr.npz", (tmp_path / "ctr.npz").read_bytes()[:4096])
    np.savez(tmp_path / "ours.npz", coords=np.zeros(1), lengths=np.zeros(1))
    assert not arrays.detect(tmp_path / "ours.npz", (tmp_path / "ours.npz").read_bytes()[:4096])
    assert not arrays.detect(tmp_path / "x", b"")


def test_parts_are_ranges_of_a_mapped_array(saved, monkeypatch):
    monkeypatch.setattr(ranges, "BLOCK", 2)
    path = saved(block(1, 2, 3), (["a", "b", "c"], [0, 1, 2]))
    source = pickle.loads(pickle.dumps(arrays.open([path], Options(fps=25))))
    assert [(part.start, part.stop) for part in source.parts] == [(0, 2), (2, 3)]
    (last,) = source.read(source.parts[1])
    assert (last.id, len(last.positions), source.fps) == ("c", 3, 25)


def ctr(path, save=np.savez, **changes):
    def rows(*lengths):
        return block(*lengths).transpose(0, 2, 4, 3, 1).reshape(len(lengths), 8, 150)
    members = {"x_train": rows(5, 3), "y_train": np.eye(60)[[12, 0]], "x_test": rows(2), "y_test": np.eye(60)[[59]]}
    save(path, **(members | changes))
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_archive_of_ctr_gcn(tmp_path, monkeypatch, save):
    monkeypatch.setattr(ranges, "BLOCK", 1)
    source, items = opened(ctr(tmp_path / "NTU60_CS.npz", save))
    assert [(item.id, dict(item.labels), len(item.positions)) for item in items] == [
        ("train-0", {"action": 12, "split": "train"}, 5), ("train-1", {"action": 0, "split": "train"}, 3),
        ("test-0", {"action": 59, "split": "test"}, 2)]
    assert items[0].positions[4, 0, 7].tolist() == [5, 7, 0]
    assert [item.id for part in source.parts[::-1] for item in source.read(part)] == ["test-0", "train-1", "train-0"]
    assert [dict(item.labels)["action"] for item in opened(
        ctr(tmp_path / "a.npz", y_train=np.array([7, 8])))[1]] == [7, 8, 59]


def test_the_plan_is_told_by_the_joints_or_by_the_user(saved, tmp_path):
    assert opened(saved(block(5, 3, joints=20)))[0].skeleton is KINECT20
    path = saved(block(5, 3, joints=15))
    with pytest.raises(UserError, match="15 joints"):
        opened(path)
    assert opened(path, options=Options(KINECT15))[0].skeleton is KINECT15
    wide = ctr(tmp_path / "a.npz", x_train=np.ones((2, 4, 90)), x_test=np.ones((1, 4, 90)))
    with pytest.raises(UserError, match="90 numbers a frame"):
        opened(wide)
    source, items = opened(wide, options=Options(KINECT15))
    assert (source.skeleton, items[0].positions.shape[1:]) == (KINECT15, (2, 15, 3))


# ── padding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def slow_length(positions):
    frames = [frame.tobytes() for frame in positions]
    if not np.any(positions[-1]):
        while frames and not np.any(np.frombuffer(frames[-1], np.float32)):
            frames.pop()
        return len(frames)
    return next(p for p in range(1, len(frames) + 1) if all(a == b for a, b in zip(frames[p:], frames, strict=False)))


def test_padding_is_cut_by_the_obvious_rule():
    rng = generator(0, "test", "arrays", "padding")
    for number in range(300):
        length, frames = int(rng.integers(1, 10)), int(rng.integers(10, 25))
        whole = rng.integers(1, 3, (length, 1, 2, 3)).astype(np.float32)  # few values, so that much is alike by chance
        if number % 3:
            positions = np.concatenate([whole] * frames)[:frames]
        else:
            positions = np.concatenate([whole, np.zeros((frames - length, 1, 2, 3), np.float32)])
        assert arrays.length_of(positions) == slow_length(positions) <= length


def test_a_loop_is_cut_only_where_it_is_exact(saved):
    looped = block(8, 8)
    looped[0, :, 3:] = looped[0, :, [0, 1, 2, 0, 1]].transpose(1, 0, 2, 3)  # 1 2 3 1 2 3 1 2
    looped[1, :, 3:] = looped[0, :, 3:]
    looped[1, 0, 7, 7, 0] = 2.0000002
    _, (cut, kept) = opened(saved(looped))
    assert cut.positions[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert len(kept.positions) == 8


def test_absent_bodies_gaps_and_missing_joints(saved):
    data = block(6, 0)
    data[0, :, 2] = 0
    data[0, :, 1, 4, 0] = np.nan
    data[0, :, 3, :, 1] = 1
    _, (motion, fault) = opened(saved(data))
    assert motion.present.tolist() == [[True, False], [True, False], [False, False], [True, True], [True, False],
                                       [True, False]]
    assert motion.tracked[1, 0].tolist() == [2] * 4 + [0] + [2] * 20
    assert np.isnan(motion.positions[2]).all()
    assert fault == Fault("train_data_joint.npy", "recording 2", "S001C003P003R002A014: all its positions are zero")


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("data", "labels", "said"), [
    (block(5, 3), (["a"], [1]), "1 names and 1 numbers, but the array 2"), (block(5, 3), ["a", "b"], "no list of text"),
    (block(5, 3), (["a", "b"], ["x", "y"]), "no list of numbers"), (block(5, 3), (["a", "b"], [0, -2]), "no list of"),
    (block(5, 3), {"a": 1}, "no pair"), (block(5, 3), (["a", "b"], [0, 2**40]), "no list of numbers"),
    (np.zeros((2, 2, 8, 25, 2)), None, "no 3-D data"), (np.zeros((2, 3, 8, 25, 0)), None, "hold nothing"),
    (np.zeros((2, 3, 8, 25, 2), np.int32), None, "expected"), (np.zeros((2, 3, 8)), None, "the .npy file|array"),
])
def test_a_bad_pair_is_refused_in_words(saved, data, labels, said):
    with pytest.raises(UserError, match=said) as caught:
        opened(saved(data, labels))
    assert caught.value.wrong.startswith("train_data_joint.npy")
    assert caught.value.remedy


def test_missing_labels_streams_alone_and_cut_files(saved, tmp_path):
    path = saved(block(5, 3))
    with pytest.raises(UserError, match="bones or motion"):
        opened(saved(block(5, 3), name="train_data_bone_motion.npy"))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UserError, match="bytes by its header"):
        opened(path)
    (tmp_path / "train_label.pkl").unlink()
    with pytest.raises(UserError, match="train_label.pkl is not beside it"):
        opened(path)


@pytest.mark.parametrize(("changes", "said"), [
    ({"y_train": np.eye(60)[:1]}, "for 2 recordings"), ({"y_train": np.full((2, 60), 0.5)}, "no number of an action"),
    ({"y_train": np.zeros((2, 60))}, "no number"), ({"y_train": np.array([0.5, 1])}, "no number"),
    ({"y_train": np.zeros((2, 0))}, "no number"), ({"x_train": np.zeros((2, 150))}, "expected"),
    ({"x_train": np.zeros((2, 8, 0))}, "hold nothing"), ({"x_test": np.zeros((1, 8, 60))}, "several body plans"),
])
def test_a_bad_archive_is_refused_in_words(tmp_path, changes, said):
    with pytest.raises(UserError, match=said):
        opened(ctr(tmp_path / "a.npz", **changes))


def test_damage_is_reported_and_nothing_else(saved, tmp_path):
    path = saved(block(2, 1, frames=2, bodies=1))
    label = tmp_path / "train_label.pkl"
    whole = label.read_bytes()
    said = survive(arrays, path, path.read_bytes(), 200)
    said += survive(arrays, ctr(tmp_path / "a.npz"), (tmp_path / "a.npz").read_bytes(), 200)
    assert said.count("read") > 20
    assert len(said) - said.count("read") > 100
    saved(block(2, 1, frames=2, bodies=1))
    rng = generator(0, "test", "arrays", "labels")
    for _ in range(100):
        label.write_bytes(whole[: int(rng.integers(len(whole)))] + rng.bytes(4))
        with pytest.raises(UserError, match="train_label.pkl"):
            opened(path)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_values_come_back_exactly(tmp_path):
    dataset = lively()
    arrays.write(dataset, tmp_path / "out")
    source, items = opened(*sorted((tmp_path / "out").iterdir()))
    again = MotionDataset.of(source.skeleton, source.fps, items)
    assert again.ids == dataset.ids
    for one, other in zip(again, dataset, strict=True):
        assert np.array_equal(one.present, other.present)
        assert np.array_equal(one.positions, other.positions)
    assert [again.told(number) for number in range(3)] == [{"action": 7}, {}, {"action": 0}]


def test_the_layout_is_the_published_one(tmp_path):
    names = [name.removesuffix(".skeleton") for name in NAMES]
    motions = [Motion.of(np.full((length, 25, 3), 0.1), name, {"action": int(name[-3:]), "split": split})
               for length, name, split in ((2, names[0], "train"), (301, names[1], "val"))]
    arrays.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "train_data_joint.npy", "train_label.pkl", "val_data_joint.npy", "val_label.pkl"]
    data = np.load(tmp_path / "out" / "train_data_joint.npy")
    assert (data.shape, data.dtype) == ((1, 3, 301, 25, 1), np.float32)
    assert np.count_nonzero(data) == 2 * 25 * 3
    assert pickle.loads((tmp_path / "out" / "val_label.pkl").read_bytes()) == ([names[1]], [13])
    _, (first, second) = opened(*sorted((tmp_path / "out").iterdir()))
    assert first.labels == {"setup": 1, "camera": 2, "subject": 3, "repetition": 2, "action": 13, "split": "train"}
    assert second.labels["split"] == "val"


def test_a_table_beside_can_name_any_id(tmp_path):
    ids = ["a/b: c", "S001C002P003R002A013.skeleton"]
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(np.ones((2, 25, 3)), id) for id in ids])
    arrays.write(dataset, tmp_path / "out")
    _, items = opened(tmp_path / "out" / "all_data_joint.npy")
    assert [item.id for item in items] == arrays.file_names(dataset) == ["a/b: c", "S001C002P003R002A013"]


def test_three_bodies_do_not_fit(tmp_path):
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(np.ones((2, 3, 25, 3)), "crowd")])
    with pytest.raises(UserError, match="1 recordings have more than 2 bodies"):
        arrays.write(dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()
