"""ntu: a file one can read with the eyes, what is written is read again, and no damage does more than be reported."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import ntu
from maskeleton.formats.kit.naming import safe_name, safe_names
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import H36M17, KINECT25

from mutations import mutations

JOINT = "{x} 2 3 250 200 900 500 0.5 0.25 -0.5 1 {state}"


def body(id: int = 72057594037931101, x: float = 1, state: int = 2) -> list[str]:
    return [f"{id} 1 0 2 1 3 0 0.125 -0.25 2", "25", *[JOINT.format(x=x, state=state)] * 25]


def text(*frames: list[list[str]], end: str = "\n") -> bytes:
    lines = [str(len(frames))]
    for bodies in frames:
        lines += [str(len(bodies)), *(line for body in bodies for line in body)]
    return (end.join(lines) + end).encode()


# Alice is there in frames 0 and 1, Bob in frames 1 and 3; nobody is in frame 2.
ALICE, BOB = 72057594037931101, 5
STORY = ([body(ALICE, 1)], [body(ALICE, 1.5), body(BOB, -1, 1)], [], [body(BOB, -2, 0)])


def random_motion(seed: int, frames: int = 12, bodies: int = 2) -> Motion:
    rng = generator(seed, "test", "ntu")
    positions = rng.normal(0, 1, (frames, bodies, 25, 3)).astype(np.float32)
    present = rng.random((frames, bodies)) < 0.7
    present[0] = True
    fields = {
        "body_id": np.broadcast_to(2**56 + rng.integers(0, 99, bodies), present.shape),
        "hand_state": rng.integers(0, 5, (*present.shape, 2), np.int32),
        "lean": rng.normal(0, 1, (*present.shape, 2)).astype(np.float32),
        "color": rng.normal(900, 300, (*positions.shape[:3], 2)).astype(np.float32),
        "orientation": rng.normal(0, 1, (*positions.shape[:3], 4)).astype(np.float32),
    }
    tracked = rng.integers(0, 3, positions.shape[:3]).astype(np.uint8)
    return Motion(positions, present, tracked, {}, "", fields=fields)


def dataset_of(labels: list[dict], ids: list[str] | None = None, skeleton=KINECT25) -> MotionDataset:
    positions = np.ones((2, len(skeleton.joints), 3))
    ids = ids or [f"recording{place}" for place in range(len(labels))]
    motions = [Motion.of(positions, id, told) for id, told in zip(ids, labels, strict=True)]
    return MotionDataset.of(skeleton, 30, motions)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_file_is_read_as_the_eye_reads_it():
    motion = ntu.parse(text(*STORY))
    assert motion.positions.shape == (4, 2, 25, 3)
    assert motion.present.tolist() == [[True, False], [True, True], [False, False], [False, True]]
    assert motion.positions[:, 0, 7, 0].tolist()[:2] == [1, 1.5]
    assert motion.positions[3, 1, 24].tolist() == [-2, 2, 3]
    assert np.isnan(motion.positions[2]).all()
    assert motion.tracked[:, :, 3].tolist() == [[2, 0], [2, 1], [0, 0], [0, 0]]
    assert motion.fields == {}


def test_all_fields_are_read_when_asked_for():
    fields = ntu.parse(text(*STORY), fields=True).fields
    assert fields["body_id"].tolist() == [[ALICE, 0], [ALICE, BOB], [0, 0], [0, BOB]]
    assert fields["clipped"][0, 0] == 1
    assert fields["hand_confidence"][0, 0].tolist() == [0, 1]
    assert fields["hand_state"][0, 0].tolist() == [2, 3]
    assert fields["restricted"][0, 0] == 0
    assert fields["body_tracking"][0, 0] == 2
    assert fields["lean"][0, 0].tolist() == [0.125, -0.25]
    assert fields["depth"][1, 1, 24].tolist() == [250, 200]
    assert fields["color"][1, 1, 24].tolist() == [900, 500]
    assert fields["orientation"][1, 1, 24].tolist() == [0.5, 0.25, -0.5, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("fields", [False, True])
def test_both_parsers_agree_on_regular_files(end, fields):
    data = ntu.as_text(random_motion(1), fields=True).replace(b"\n", end.encode())
    quick = ntu.parse_regular(data, fields)
    assert quick is not None
    (quick_rows, quick_frames), (slow_rows, slow_frames) = quick, ntu.parse_lines(data, fields)
    assert quick_frames == slow_frames
    assert (quick_rows.frame, quick_rows.body) == (slow_rows.frame, slow_rows.body)
    assert np.array_equal(quick_rows.positions, slow_rows.positions)
    assert np.array_equal(quick_rows.tracked, slow_rows.tracked)
    assert quick_rows.fields.keys() == slow_rows.fields.keys()
    for name, column in quick_rows.fields.items():
        assert column.dtype == slow_rows.fields[name].dtype
        assert np.array_equal(column, slow_rows.fields[name])


def test_reading_agrees_with_the_obvious_way():
    data = ntu.as_text(random_motion(2))
    lines = data.decode().splitlines()
    motion, at = ntu.parse(data), 1
    assert ntu.parse_regular(data) is not None
    for frame in range(int(lines[0])):
        bodies = int(lines[at])
        at += 1
        assert motion.present[frame].sum() == bodies
        for _ in range(bodies):
            slot = int(lines[at].split()[0]) - 1
            for joint in range(25):
                words = lines[at + 2 + joint].split()
                assert motion.positions[frame, slot, joint].tolist() == [np.float32(word) for word in words[:3]]
                assert motion.tracked[frame, slot, joint] == int(words[11])
            at += 27


@pytest.mark.parametrize("unusual", [
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: data + b"\n\n  \r\n",
    lambda data: data.replace(b" ", b"  "),
    lambda data: data.replace(b"\n", b" \n"),
    lambda data: data.replace(b"\n", b"\n\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: data.replace(b" ", b"\t"),
    lambda data: data.replace(b"250 200", b"-\xe2\x88\x9e NaN"),
    lambda data: data.rstrip(),
], ids=["mark", "blank end", "two blanks", "blank line ends", "blank lines", "old line ends", "tabs", "infinity",
        "no last line end"])
def test_what_is_unusual_but_clear_is_read_all_the_same(unusual):
    motion, expected = ntu.parse(unusual(text(*STORY))), ntu.parse(text(*STORY))
    assert np.array_equal(motion.positions, expected.positions, equal_nan=True)
    assert np.array_equal(motion.tracked, expected.tracked)


def test_a_joint_that_is_no_number_is_missing():
    data = text([body()]).replace(b"\n1 2 3 250", b"\nNaN 2 3 250", 1).replace(b"\n1 2 3 250", b"\n1 1e60 3 250", 1)
    motion = ntu.parse(data)
    assert np.isnan(motion.positions[0, 0, :2]).all()
    assert motion.tracked[0, 0, :3].tolist() == [0, 0, 2]


def test_two_bodies_of_one_id_in_a_frame_are_two_bodies():
    motion = ntu.parse(text([body(0, 1), body(0, 5)], [body(0, 2), body(0, 6)]))
    assert motion.positions[:, :, 0, 0].tolist() == [[1, 5], [2, 6]]


def test_a_recording_without_any_body_keeps_its_frames():
    assert ntu.parse(text([], [], [])).positions.shape == (3, 0, 25, 3)
    assert ntu.parse(b"0\n").positions.shape == (0, 0, 25, 3)


@pytest.mark.parametrize(("damage", "told"), [
    (lambda data: data.replace(b"1 2 3 250 ", b"1 2 3 ", 1), "line 5: a joint has 11 numbers, expected 12"),
    (lambda data: data.replace(b"\n1 2 3", b"\nx 2 3", 1), "line 5: 'x' is no number"),
    (lambda data: data.replace(b"\n1 2 3", b"\n1_0 2 3", 1), "line 5: '1_0' is no number"),
    (lambda data: data.replace(b"-0.5 1 2", b"-0.5 1 7", 1), "line 5: a tracking state is 7, expected 0, 1 or 2"),
    (lambda data: data.replace(b"\n25\n", b"\n24\n", 1), "line 4: a body has 24 joints, expected 25"),
    (lambda data: data.replace(b" 1 0 2 1", b" 1 0 2", 1), "line 3: a body has 9 numbers, expected 10"),
    (lambda data: data.replace(b"\n72057594037931101 ", b"\n99999999999999999999 ", 1),
     "line 3: '99999999999999999999' is no whole number of 64 bits"),
    (lambda data: data.replace(b"4\n1\n", b"99999999\n1\n", 1), "line 113: the file ends where the number of bodies"),
    (lambda data: data.replace(b"4\n1\n", b"4\n99999999\n", 1), "line 30: a body has 1 numbers, expected 10"),
    (lambda data: data.replace(b"4\n1\n", b"3\n1\n", 1), "line 86: the file goes on after the last of its 3 frames"),
    (lambda data: data[:900], "line 26: a joint has"),
    (lambda data: data.decode().encode("utf-16"), "line 1: this is no plain text (UTF-16 or binary)"),
    (lambda data: b"\n \n", "line 1: the file is empty"),
    (lambda data: b"hello world\n", "line 1: the number of frames should stand here, not 'hello world'"),
])
def test_what_cannot_be_read_is_named_by_its_line(damage, told):
    with pytest.raises(UserError) as caught:
        ntu.parse(damage(text(*STORY)))
    assert caught.value.wrong.startswith(told)
    assert caught.value.remedy


def test_bodies_too_sparse_for_the_memory_are_refused():
    ever_new = [[body(id)] for id in range(200)]
    with pytest.raises(UserError, match="200 bodies share 200 frames"):
        ntu.parse(text(*ever_new))


def test_no_damage_does_more_than_be_reported(tmp_path):
    rng = generator(0, "test", "ntu", "mutations")
    data = text(*STORY, end="\r\n")
    path = tmp_path / "S001C001P001R001A001.skeleton"
    read, refused = 0, 0
    for place, damaged in enumerate(mutations(data, 600, rng)):
        path.write_bytes(damaged)
        assert ntu.detect(path, damaged[:4096])
        source = ntu.open([path], Options(fields=bool(place % 2)))
        for item in source.read(source.parts[0]):
            refused += isinstance(item, Fault)
            read += isinstance(item, Motion)
            if isinstance(item, Fault):
                assert item.place.startswith("line ")
            else:
                assert item.positions.nbytes <= 20 * len(damaged) + 1000
    assert read > 50
    assert refused > 200


# ── folders and names ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_name_says_the_labels(tmp_path):
    path = tmp_path / "S017C003P040R002A060.skeleton"
    path.write_bytes(text(*STORY))
    source = ntu.open([path], Options())
    (motion,) = source.read(source.parts[0])
    assert motion.labels == {"setup": 17, "camera": 3, "subject": 40, "repetition": 2, "action": 60}
    assert motion.id == "S017C003P040R002A060"
    assert (source.format, source.fps, source.skeleton) == ("ntu", 30, KINECT25)


def test_a_file_is_known_by_its_ending_or_its_beginning():
    data = text(*STORY)
    assert ntu.detect(Path("any.SKELETON"), b"")
    assert ntu.detect(Path("any.txt"), data[:4096])
    assert not ntu.detect(Path("any.txt"), b"3\n1\n2\n")
    assert not ntu.detect(Path("any.csv"), b"frameNum,bodyindexID\n1,2\n")
    assert not ntu.detect(Path("any.bin"), bytes(range(256)) * 16)


def test_what_is_written_is_read_again_exactly(tmp_path):
    motions = [random_motion(seed)._replace(id=f"S001C001P00{seed}R001A007", labels={"subject": seed, "action": 7})
               for seed in (1, 2, 3)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    for fields in (False, True):
        out = tmp_path / f"out{fields}"
        ntu.write(dataset, out, fields)
        source = ntu.open(sorted(out.iterdir()), Options(fields=fields))
        again = MotionDataset.of(KINECT25, 30, [next(source.read(part)) for part in source.parts])
        assert again.ids == dataset.ids
        for before, after in zip(dataset, again, strict=True):
            assert np.array_equal(before.positions, after.positions)
            assert np.array_equal(before.present, after.present)
            assert np.array_equal(before.tracked, after.tracked)
            assert before.labels.items() <= after.labels.items()
            for name in before.fields if fields else ():
                assert np.array_equal(before.fields[name], after.fields[name])


def test_without_fields_nothing_else_of_the_original_is_written():
    lines = ntu.as_text(ntu.parse(text(*STORY), fields=True)).decode().splitlines()
    assert lines[:4] == ["4", "1", "1 0 0 0 0 0 0 0 0 0", "25"]
    assert lines[4] == "1 2 3 0 0 0 0 0 0 0 0 2"
    assert {tuple(line.split()[3:11]) for line in lines if line.count(" ") == 11} == {("0",) * 8}
    assert {line for line in lines if line.count(" ") == 9} == {"1" + " 0" * 9, "2" + " 0" * 9}


@pytest.mark.parametrize(("labels", "id", "name"), [
    ({"subject": 7, "action": 12}, "anything", "S001C001P007R001A012"),
    ({"subject": 7, "action": 12, "camera": 2, "setup": 3, "repetition": 4}, "x", "S003C002P007R004A012"),
    ({"subject": "Zoe", "action": "wave"}, "x", "S001C001P001R001A001"),
    ({"subject": 7}, "S009C008P007R006A005", "S009C008P007R006A005"),
    ({"subject": 8}, "part/S009C008P007R006A005", "S009C008P008R006A005"),
])
def test_a_file_is_named_by_its_labels(labels, id, name):
    assert ntu.file_names(dataset_of([labels], [id])) == [name]


def test_named_labels_are_written_as_code_plus_one():
    told = [{"subject": f"P{number}", "action": action} for number in (2, 10) for action in ("wave", "bow")]
    assert ntu.file_names(dataset_of(told)) == [f"S001C001P00{person}R001A00{action}"
                                                for person in (1, 2) for action in (2, 1)]


@pytest.mark.parametrize(("labels", "told"), [
    ([{"action": 1}], "recording 'recording0' has no subject"),
    ([{"subject": 1}], "recording 'recording0' has no action"),
    ([{"subject": 1000, "action": 1}], "recording 'recording0' has the subject 1000"),
    ([{"subject": 1, "action": 1}] * 2, "'recording0' and 'recording1' would both be named S001C001P001R001A001"),
])
def test_what_cannot_be_named_is_refused(labels, told, tmp_path):
    with pytest.raises(UserError) as caught:
        ntu.write(dataset_of(labels), tmp_path / "out")
    assert told in caught.value.wrong
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_another_body_plan_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"here are 17 \(h36m17\)"):
        ntu.write(dataset_of([{"subject": 1, "action": 1}], skeleton=H36M17), tmp_path / "out")


def test_names_of_files_stay_in_their_folder():
    assert safe_name("S001 Ä/../b.c-d_e") == "S001___.._b.c-d_e"
    for odd in ("", ".", "..", "...", "/", "../../etc/passwd", "\0", "a" * 999, "C:\\x"):
        name = safe_name(odd)
        assert name
        assert not name.startswith(".")
        assert len(name) <= 150
        assert not set(name) & set("/\\:\0")


def test_two_ids_of_one_name_are_refused():
    assert safe_names(["a/b", "a.b"]) == ["a_b", "a.b"]
    with pytest.raises(UserError, match="'a/b' and 'A b' would have the same file name"):
        safe_names(["a/b", "A b"])
