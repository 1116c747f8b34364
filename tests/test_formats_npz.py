"""npz: what an archive of arrays says, what it may not say, and that everything comes back from it."""

import io
import pickle
import re
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import npz
from maskeleton.formats.kit import npy, ranges
from maskeleton.formats.source import Fault, Options, Part
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, Skeleton

from both_ways import assert_same, lively, survive

PAIR = Skeleton.of("pair", ["hips", "head"], [-1, 0])

# Two people in three recordings of 2, 1 and 3 frames; the hips of row r lie at (r, 0, 0), the head 1 m above.
STORY = {
    "coords": np.array([[[row, 0, 0], [row, 1, 0]] for row in range(6)], np.float32),
    "lengths": np.array([2, 1, 3], np.int32),
    "joint_names": np.array(["hips", "head"]),
    "edges": np.array([[0, 1]], np.int32),
    "fps": np.array(25.0),
    "name": np.array(["first", "second", "third"]),
    "subject": np.array([1, 1, 0], np.int32),
    "subject_names": np.array(["Ann", "Bob"]),
    "age": np.array([30.0, np.nan, 8.0]),
    "mood": np.array(["glad", "", "sad"]),
    "right": np.array([True, False, True]),
    "mean": np.zeros((2, 3)),
}


@pytest.fixture(params=[np.savez, np.savez_compressed], ids=["stored", "packed"])
def story(tmp_path, request):
    def saved(**changes):
        arrays = {name: array for name, array in (STORY | changes).items() if array is not None}
        request.param(tmp_path / "story.npz", **arrays)
        return tmp_path / "story.npz"
    return saved


def opened(path, options=Options()):
    source = npz.open([path], options)
    return source, [item for part in source.parts for item in source.read(part)]


def dataset_of(path):
    source, items = opened(path)
    assert not [item for item in items if isinstance(item, Fault)]
    return MotionDataset.of(source.skeleton, source.fps, items)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_story(story):
    source, items = opened(story())
    assert (source.skeleton.name, source.skeleton.joints, source.fps) == ("custom2", ("hips", "head"), 25.0)
    assert [item.id for item in items] == ["first", "second", "third"]
    assert [item.positions[:, 0, 0, 0].tolist() for item in items] == [[0, 1], [2], [3, 4, 5]]
    assert [dict(item.labels) for item in items] == [
        {"subject": "Bob", "age": 30, "mood": "glad", "right": 1}, {"subject": "Bob", "right": 0},
        {"subject": "Ann", "age": 8, "mood": "sad", "right": 1}]
    assert all((item.tracked == 2).all() and item.present.all() for item in items)


def test_the_head_says_what_it_is(story, tmp_path):
    data = story().read_bytes()
    assert npz.detect(story(), data[:4096])
    (tmp_path / "cut.npz").write_bytes(data[:600])
    assert npz.detect(tmp_path / "cut.npz", data[:600])
    np.savez(tmp_path / "other.npz", x_train=np.zeros(3))
    assert not npz.detect(tmp_path / "other.npz", (tmp_path / "other.npz").read_bytes()[:4096])
    assert not npz.detect(tmp_path / "none.npz", b"PK\x03\x04")
    assert not npz.detect(tmp_path / "none.npz", b"")


def test_a_known_plan_is_recognized_by_its_words(story):
    def plan_of(names, edges):
        joints = len(names)
        path = story(joint_names=np.array(names), edges=edges, coords=np.zeros((6, joints, 3), np.float16))
        return opened(path)[0].skeleton
    names = list(KINECT20.joints)
    snake = [re.sub(r"(\w+)(Left|Right)", r"\2_\1", name).lower() for name in names]
    assert snake[4:6] == ["left_shoulder", "left_elbow"]
    assert plan_of(snake, np.array(KINECT20.bones)) is KINECT20
    assert plan_of(names, None) is KINECT20
    assert plan_of(names[::-1], np.array([(19 - a, 19 - b) for a, b in KINECT20.bones])).name == "custom20"


def test_what_the_file_does_not_say_the_user_may_say(story):
    path = story(fps=None, joint_names=None, edges=None)
    with pytest.raises(UserError, match="no joint_names for its 2 joints"):
        npz.open([path], Options(fps=10))
    with pytest.raises(UserError, match="frames a second"):
        npz.open([path], Options(PAIR))
    source, _ = opened(path, Options(PAIR, 10.0))
    assert (source.skeleton, source.fps) == (PAIR, 10.0)
    assert opened(story(), Options(fps=10))[0].fps == 25  # a file's own word stands; the caller turns one into another


def test_bodies_that_come_and_go(story):
    runs = {"lengths": [2, 1, 3], "recording": [0, 0, 2], "slot": [0, 1, 0], "start": [0, 2, 1], "frames": [3, 2, 5],
            "slots": [3, 1, 1]}
    _, (first, second, third) = opened(story(**{name: np.array(values) for name, values in runs.items()}))
    assert first.present.tolist() == [[True, False, False], [True, False, False], [False, True, False]]
    assert first.positions[2, 1, 0].tolist() == [2, 0, 0]
    assert np.isnan(first.positions[2, 0]).all()
    assert second.present.tolist() == [[False], [False]]
    assert third.present[:, 0].tolist() == [False, True, True, True, False]
    assert third.positions[1:4, 0, 1].tolist() == [[3, 1, 0], [4, 1, 0], [5, 1, 0]]


def test_what_is_no_number_is_missing(story):
    coords = STORY["coords"].astype(">f8")
    coords[0, 1, 2], coords[1], coords[2, 0, 0] = np.nan, np.inf, 1e300
    _, items = opened(story(coords=coords))
    assert items[0].tracked[:, 0].tolist() == [[2, 0], [0, 0]]
    assert items[1].tracked[:, 0].tolist() == [[0, 2]]
    assert np.isnan(items[0].positions[0, 0, 1]).all()
    assert items[2].positions.dtype == np.float32


def test_parts_are_ranges_that_can_be_read_alone_in_any_order(story, monkeypatch):
    monkeypatch.setattr(ranges, "BLOCK", 2)
    source, items = opened(story())
    assert [(part.start, part.stop) for part in source.parts] == [(0, 2), (2, 3)]
    source = pickle.loads(pickle.dumps(source))
    backwards = [item for part in source.parts[::-1] for item in source.read(part)]
    assert [item.id for item in backwards] == ["third", "first", "second"]
    assert np.array_equal(backwards[0].positions, items[2].positions)
    together = list(zip(source.read(Part(source.parts[0].path)), source.read(Part(source.parts[0].path)), strict=True))
    assert [one.id for one, _ in together] == ["first", "second", "third"]
    assert all(np.array_equal(one.positions, other.positions) for one, other in together)


def test_several_archives_are_one_dataset_if_they_are_of_one_kind(story, tmp_path):
    path = story(name=None)
    other = tmp_path / "other.npz"
    other.write_bytes(path.read_bytes())
    source = npz.open([path, other], Options())
    ids = [item.id for part in source.parts for item in source.read(part)]
    assert ids == ["story-0", "story-1", "story-2", "other-0", "other-1", "other-2"]
    other.write_bytes(story(fps=np.array(50.0)).read_bytes())
    story()
    with pytest.raises(UserError, match=r"not of one kind: 1 with 2 joints \(custom2\) at 25 a second, as story.npz"):
        npz.open([path, other], Options())


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("changes", "said"), [
    ({"coords": None}, "has no coords"), ({"lengths": None}, "has no lengths"),
    ({"lengths": np.array([2, 1, 2])}, "add up to 5, but coords has 6"),
    ({"lengths": np.array([7, -2, 1])}, "the number -2"), ({"lengths": np.array([2.0, 1, 3])}, "whole numbers"),
    ({"lengths": np.array([2**62, 2**62, 2**62])}, "the number 4611686018427387904"),
    ({"coords": np.zeros((6, 2, 3), np.int16)}, "expected"), ({"coords": np.zeros((6, 2, 2))}, "2-D joints are not"),
    ({"coords": np.asfortranarray(np.ones((6, 2, 3)))}, "column by column"),
    ({"coords": np.zeros((6, 2, 3), object)}, "Python objects"), ({"mood": np.array([None, 1, "a"], object)}, "Python"),
    ({"joint_names": np.array(["hips"])}, "1 joint_names for 2"), ({"joint_names": np.array([1, 2])}, "expected text"),
    ({"edges": np.array([[0, 5]])}, "edge 0.5"), ({"edges": np.array([0, 1])}, "edges have the shape"),
    ({"edges": None}, "no edges"), ({"fps": np.array(0)}, "0 frames a second"), ({"fps": np.array(np.nan)}, "nan"),
    ({"fps": np.array([25, 30.0])}, "several rates"), ({"name": np.array(["a", "b"])}, "expected 3 texts"),
    ({"subject": np.array([0, 1])}, "subject has 2 entries for 3 recordings"),
    ({"subject": np.array([0, 1, 2])}, "number 2, expected −1"), ({"subject": np.array([-2, 1, 1])}, "number -2"),
    ({"age": np.array([2**31, 1, 1])}, "2147483648"), ({"age": np.array([60.5, 71, 3])}, "bands"),
    ({"age": np.array([np.inf, 71, 3])}, "not whole"), ({"subject_names": np.array([1.5, 2])}, "expected text"),
    ({"tracked": np.zeros((6, 3), np.uint8)}, "tracked has the shape"), ({"slot": np.array([0, 0, 0])}, "not all of"),
    ({"mood": np.zeros(3, [("a", "f4")])}, "several fields"),
    ({"mood": np.zeros(3, "M8[s]")}, "the kind"),
    ({"recording": np.array([1, 0, 2]), "slot": np.zeros(3, int), "start": np.zeros(3, int)}, "not sorted"),
    ({"recording": np.array([0, 1, 3]), "slot": np.zeros(3, int), "start": np.zeros(3, int)}, "beyond the 3"),
])
def test_a_bad_archive_is_refused_in_words(story, changes, said):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = story(**changes)
    with pytest.raises(UserError, match=said) as caught:
        opened(path)
    assert "story.npz: " in caught.value.wrong
    assert caught.value.remedy


def test_one_bad_recording_does_not_spoil_the_others(story):
    runs = {"recording": [0, 0, 2], "slot": [0, 0, 0], "start": [0, 1, 2**39]}
    _, items = opened(story(**{name: np.array(values) for name, values in runs.items()}))
    assert items == [Fault("story.npz", "recording 1", "first: two runs of body 0 overlap after frame 1"),
                     Fault("story.npz", "recording 2", "second: it has no frames"),
                     Fault("story.npz", "recording 3", f"third: of 1 bodies in {2**39 + 3} frames only 3 are there")]


def test_a_text_that_cannot_exist_is_refused(story):
    impossible = np.array([0x110000, 0xD800, 65], np.uint32).view("U1")
    with pytest.raises(UserError, match="characters that do not exist"):
        opened(story(name=impossible))
    with pytest.raises(UserError, match="not UTF-8"):
        opened(story(mood=np.array([b"\xff", b"a", b"b"])))
    assert [item.id for item in opened(story(name=np.array(["ä".encode(), b"b", b"c"])))[1]] == ["ä", "b", "c"]


# ── hostile archives ─────────────────────────────────────────────────────────────────────────────────────────────────


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def array_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_an_array_that_is_shorter_or_longer_than_it_says(tmp_path):
    data = array_bytes(STORY["coords"])
    for wrong in (data[:-4], data + b"\0", data.replace(b"(6,", b"(99999999,")):
        with pytest.raises(UserError, match="bytes are there|header"):
            opened(archive(tmp_path / "a.npz", coords=wrong, lengths=array_bytes(STORY["lengths"])))


@pytest.mark.parametrize("text", [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1), }", "__import__('os').abort()", "",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "{" * 5000, "{'descr': 'f4'}",
    "{'descr': '<U99999999999', 'fortran_order': False, 'shape': (1,), }",
])
def test_a_header_is_never_evaluated(text):
    data = npy.MAGIC + b"\1\0" + len(text).to_bytes(2, "little") + text.encode()
    with pytest.raises(UserError):
        npy.read_header(io.BytesIO(data))


def test_a_header_of_any_age_is_read():
    array = np.asfortranarray(np.zeros((2, 3), ">i2"))
    for version in ((1, 0), (2, 0)):
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version)
        file.seek(0)
        header = npy.read_header(file)
        assert (header.dtype, header.shape, header.fortran, header.size) == (array.dtype, (2, 3), True, 12)
        assert header.offset == file.tell()
    old = b"{'descr': \"<f4\", 'fortran_order': False, 'shape': (3L,), }"  # of Python 2
    header = npy.read_header(io.BytesIO(npy.MAGIC + b"\1\0" + len(old).to_bytes(2, "little") + old))
    assert header.shape == (3,)


def test_our_headers_are_numpys():
    for array in (np.zeros((3, 2), "<f4"), np.zeros((), "<f8"), np.zeros(5, "<U7"), np.zeros((1, 2, 3), "|u1")):
        file = io.BytesIO()
        np.lib.format.write_array(file, array, (1, 0))
        ours = npy.header_bytes(array.dtype, array.shape) + array.tobytes()
        assert np.array_equal(np.load(io.BytesIO(ours)), array)
        assert len(npy.header_bytes(array.dtype, array.shape)) % 64 == 0


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(npy, "ROOM", 1 << 16)
    zeros = array_bytes(np.zeros((3, 1_000_000), np.uint8)[0])
    names = array_bytes(np.array([str(2**(300 + number))[:90] * 20 for number in range(300)]))
    coords = array_bytes(STORY["coords"])
    for members, said in (({"coords": zeros}, "unpack"), ({"coords": coords, "name": names}, "memory")):
        path = archive(tmp_path / "bomb.npz", **{"lengths": array_bytes(np.array([6])), **members})
        tracemalloc.start()
        with pytest.raises(UserError, match=said):
            opened(path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 500_000


def test_a_directory_that_lies_is_found_out(tmp_path):
    path = archive(tmp_path / "a.npz", **{name: array_bytes(array) for name, array in STORY.items()})
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(b"coords.npy"))
    data[place + 20 : place + 28] = b"\xff\xff\xff\x7f\xff\xff\xff\x7f"  # both sizes: 2 GB
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"a\.npz"):
        opened(path)


def test_a_flipped_bit_among_the_coordinates_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    npz.write(lively(), path)
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="coords cannot be unpacked"):
        opened(path)


def test_damage_is_reported_and_nothing_else(story):
    data = story(recording=np.array([0, 1, 2]), slot=np.array([0, 0, 1]), start=np.array([0, 0, 1])).read_bytes()
    said = survive(npz, story(), data, 400)
    assert said.count("read") > 20
    assert len(said) - said.count("read") > 200


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_comes_back(tmp_path):
    dataset = lively(fps=31.248144)
    npz.write(dataset, tmp_path / "a.npz")
    again = dataset_of(tmp_path / "a.npz")
    assert_same(dataset, again)
    assert again.content_id == dataset.content_id
    npz.write(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_empty_frames_and_bodies_at_the_end_come_back(tmp_path):
    positions = np.full((5, 3, 2, 3), np.nan)
    positions[1:3, 1] = 1.5
    dataset = MotionDataset.of(PAIR, 30, [Motion.of(positions, "a"), Motion.of(np.ones((1, 2, 3)), "b")])
    npz.write(dataset, tmp_path / "a.npz")
    again = dataset_of(tmp_path / "a.npz")
    assert again.content_id == dataset.content_id
    assert again[0].present.tolist() == dataset[0].present.tolist()
    assert again.skeleton.name == "pair"


def test_the_file_is_the_plain_layout_where_that_is_enough(tmp_path):
    dataset = MotionDataset.of(
        PAIR, 25, [Motion.of(np.ones((n, 2, 3)), f"r{n}", {"subject": f"P{n}"}) for n in (2, 10)])
    npz.write(dataset, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["coords", "edges", "fps", "joint_names", "lengths", "name", "skeleton", "subject",
                                  "subject_names"]
        assert arrays["lengths"].tolist() == [2, 10]
        assert arrays["coords"].shape == (12, 2, 3)
        assert arrays["subject_names"].tolist() == ["P2", "P10"]


def test_roles_that_names_do_not_tell_come_back(tmp_path):
    plan = Skeleton.of("odd", ["a", "b"], [-1, 0], {"pelvis": "a", "head": "b"})
    npz.write(MotionDataset.of(plan, 25, [Motion.of(np.ones((2, 2, 3)), "x")]), tmp_path / "a.npz")
    assert opened(tmp_path / "a.npz")[0].skeleton == plan


@pytest.mark.parametrize("label", ["coords", "tracked", "subject_names", "a/b", "", "a\0b"])
def test_a_label_that_could_be_another_array_is_refused(tmp_path, label):
    motion = Motion.of(np.ones((2, 2, 3)), "x", {"subject": "Ann", label: 3})
    with pytest.raises(UserError, match="cannot be told"):
        npz.write(MotionDataset.of(PAIR, 25, [motion]), tmp_path / "a.npz")
