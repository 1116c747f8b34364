"""etri: a table one can read with the eyes, frames by their numbers, and no damage does more than be reported."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import etri
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT25

from mutations import mutations

ALICE, BOB = 72057594037931101, 5


def row(frame: object, body: object = ALICE, x: float = 1, state: object = 2, index: object = 3) -> str:
    joint = f"{x},2,3,250,200,0.25,-0.5,1,0.5,{state}"
    return f"{frame},{index},{body}," + ",".join([joint] * 25)


def text(*rows: str, end: str = "\n") -> bytes:
    return (end.join([",".join(etri.HEADER), *rows]) + end).encode()


# Alice is there in frames 10 and 11, Bob in 11 and 14; nobody is in 12 and 13.
STORY = (row(10, ALICE, 1), row(11, ALICE, 1.5), row(11, BOB, -1, 1, 4), row(14, BOB, -2, 0, 4))


def random_motion(seed: int, frames: int = 12, bodies: int = 2) -> Motion:
    rng = generator(seed, "test", "etri")
    positions = rng.normal(0, 1, (frames, bodies, 25, 3)).astype(np.float32)
    present = rng.random((frames, bodies)) < 0.7
    present[[0, -1]] = True
    shape = positions.shape[:3]
    fields = {
        "body_id": np.broadcast_to(2**56 + rng.integers(0, 99, bodies), present.shape),
        "frame_number": np.repeat(np.arange(5, frames + 5), bodies).reshape(frames, bodies),
        "depth": rng.normal(200, 99, (*shape, 2)).astype(np.float32),
        "orientation": rng.normal(0, 1, (*shape, 4)).astype(np.float32),
    }
    return Motion(positions, present, rng.integers(0, 3, shape).astype(np.uint8), {}, "", fields=fields)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_header_has_253_columns():
    assert len(etri.HEADER) == 253
    assert etri.HEADER[:4] == ("frameNum", "bodyindexID", "trackingID", "joint1_3dX")
    assert etri.HEADER[-1] == "joint25_trackingState"


def test_a_small_file_is_read_as_the_eye_reads_it():
    motion = etri.parse(text(*STORY))
    assert motion.positions.shape == (5, 2, 25, 3)
    assert motion.present[:, 0].tolist() == [True, True, False, False, False]
    assert motion.present[:, 1].tolist() == [False, True, False, False, True]
    assert motion.positions[:2, 0, 7, 0].tolist() == [1, 1.5]
    assert motion.positions[4, 1, 24].tolist() == [-2, 2, 3]
    assert motion.tracked[[0, 1, 4], [0, 1, 1], 3].tolist() == [2, 1, 0]
    assert np.isnan(motion.positions[2]).all()
    assert motion.fields == {}


def test_all_fields_are_read_when_asked_for():
    fields = etri.parse(text(*STORY), fields=True).fields
    assert fields["body_id"][1].tolist() == [ALICE, BOB]
    assert fields["body_index"][1].tolist() == [3, 4]
    assert fields["frame_number"][[0, 1, 4], [0, 0, 1]].tolist() == [10, 11, 14]
    assert fields["depth"][4, 1, 24].tolist() == [250, 200]
    assert fields["orientation"][4, 1, 24].tolist() == [0.5, 0.25, -0.5, 1]


@pytest.mark.parametrize("fields", [False, True])
def test_both_ways_to_read_the_table_agree(fields):
    header, _, rest = etri.as_text(random_motion(1), fields=True).partition(b"\n")
    width, places = etri._places(header, fields)
    quick, slow = etri.table_at_once(rest, width, places), etri.table_by_rows(rest, width, places)
    assert quick is not None
    assert (quick.frame_number, quick.body) == (slow.frame_number, slow.body)
    assert np.array_equal(quick.body_index, slow.body_index)
    assert np.array_equal(quick.joints, slow.joints)


def test_reading_agrees_with_the_obvious_way():
    data = etri.as_text(random_motion(2))
    motion = etri.parse(data)
    header, *rows = (line.split(",") for line in data.decode().splitlines())
    assert motion.present.sum() == len(rows)
    for cells in rows:
        told = dict(zip(header, cells, strict=True))
        frame, slot = int(told["frameNum"]), int(told["trackingID"]) - 1
        for joint in range(25):
            there = [np.float32(told[f"joint{joint + 1}_3d{axis}"]) for axis in "XYZ"]
            assert motion.positions[frame, slot, joint].tolist() == there
            assert motion.tracked[frame, slot, joint] == int(told[f"joint{joint + 1}_trackingState"])


@pytest.mark.parametrize(("numbers", "frames"), [
    ([0, 1, 2], [0, 1, 2]),
    ([7, 8, 9], [0, 1, 2]),
    ([0, 2, 4], [0, 2, 4]),
    ([0, 30, 31], [0, 30, 31]),
    ([0, 31, 32], [0, 1, 2]),
    ([0, 999_999_999, 2**62], [0, 1, 2]),
    ([3, 3, 3], [0, 1, 2]),
    ([5, 6, 1, 2], [0, 1, 2, 3]),
])
def test_frames_follow_the_numbers_of_one_body(numbers, frames):
    motion = etri.parse(text(*(row(number, x=place) for place, number in enumerate(numbers))))
    assert motion.present.shape == (frames[-1] + 1, 1)
    assert np.flatnonzero(motion.present[:, 0]).tolist() == frames
    assert motion.positions[frames, 0, 0, 0].tolist() == list(range(len(numbers)))


def test_rows_listed_body_by_body_are_put_in_order():
    motion = etri.parse(text(*(row(frame, body, frame) for body in (ALICE, BOB) for frame in range(3))))
    assert motion.present.all()
    assert motion.positions[:, :, 0, 0].tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("unusual", [
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\n\n") + b"\n  \n",
    lambda data: data.replace(b",", b", "),
    lambda data: data.replace(b",", b'","').replace(b"\n", b'"\n"').rstrip(b'"'),
    lambda data: data.replace(b"\n", b",\n"),
    lambda data: data.replace(b"250,200", b"NaN,"),
    lambda data: data.replace(b"\n10,3,", b"\n10.0,3.0,"),
    lambda data: data.rstrip(),
    lambda data: data.replace(b"frameNum", b"FRAMENUM"),
], ids=["mark", "windows", "blank lines", "blanks", "quotes", "last comma", "empty cells", "spreadsheet", "no last end",
        "capitals"])
def test_what_is_unusual_but_clear_is_read_all_the_same(unusual):
    motion, expected = etri.parse(unusual(text(*STORY))), etri.parse(text(*STORY))
    assert np.array_equal(motion.positions, expected.positions, equal_nan=True)
    assert np.array_equal(motion.tracked, expected.tracked)


def test_columns_are_found_by_their_names():
    table = [line.split(",") for line in text(*STORY).decode().splitlines()]
    turned = "\n".join(",".join(reversed(cells)) for cells in table).encode()
    assert np.array_equal(etri.parse(turned).positions, etri.parse(text(*STORY)).positions, equal_nan=True)


def test_an_empty_cell_is_a_missing_joint():
    motion = etri.parse(text(row(0)).replace(b",1,2,3,250", b",,2,3,250", 1))
    assert np.isnan(motion.positions[0, 0, 0]).all()
    assert motion.tracked[0, 0, :2].tolist() == [0, 2]


def test_a_header_alone_is_a_recording_without_frames():
    assert etri.parse(text()).positions.shape == (0, 0, 25, 3)


@pytest.mark.parametrize(("damage", "told"), [
    (lambda data: data.replace(b"joint7_3dY", b"joint7"), "line 1: there is no column joint7_3dY"),
    (lambda data: data.replace(b"\n11,3", b"\n11"), "line 3: there are 252 cells, expected 253"),
    (lambda data: data.replace(b",1.5,", b",x,", 1), "line 3: 'x' is no number"),
    (lambda data: data.replace(b"\n11,4", b"\neleven,4"), "line 4: 'eleven' is no number"),
    (lambda data: data.replace(b"\n11,4", b"\n11.5,4"), "line 4: '11.5' is no whole number"),
    (lambda data: data.replace(b"\n14,", b"\n" + b"9" * 30 + b","), "line 5: '999999999999999999999999…' is no whole"),
    (lambda data: data.replace(b"0.5,1\n", b"0.5,9\n"), "line 4: a tracking state is 9, expected 0, 1 or 2"),
    (lambda data: data[:-100], "line 5: there are 2"),
    (lambda data: data.decode().encode("utf-16"), "line 1: this is no plain text (UTF-16 or binary)"),
    (lambda data: b"", "line 1: the file is empty"),
])
def test_what_cannot_be_read_is_named_by_its_line(damage, told):
    with pytest.raises(UserError) as caught:
        etri.parse(damage(text(*STORY)))
    assert caught.value.wrong.startswith(told)
    assert caught.value.remedy


def test_bodies_too_sparse_for_the_memory_are_refused():
    with pytest.raises(UserError, match="150 bodies share 150 frames"):
        etri.parse(text(*(row(number, number) for number in range(150))))


def test_no_damage_does_more_than_be_reported(tmp_path):
    rng = generator(0, "test", "etri", "mutations")
    data = text(*STORY, end="\r\n")
    path = tmp_path / "A001_P001_G001_C001.csv"
    read, refused = 0, 0
    for place, damaged in enumerate(mutations(data, 600, rng)):
        path.write_bytes(damaged)
        assert etri.detect(path, damaged[:4096]) in (True, False)
        source = etri.open([path], Options(fields=bool(place % 2)))
        for item in source.read(source.parts[0]):
            refused += isinstance(item, Fault)
            read += isinstance(item, Motion)
            if isinstance(item, Fault):
                assert item.place.startswith("line ")
            else:
                assert item.positions.nbytes <= 10 * len(damaged) + 1000
    assert read > 50
    assert refused > 200


# ── folders and names ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_name_says_the_labels(tmp_path):
    path = tmp_path / "A055_P100_G002_C008.csv"
    path.write_bytes(text(*STORY))
    source = etri.open([path], Options())
    (motion,) = source.read(source.parts[0])
    assert motion.labels == {"action": 55, "subject": 100, "repetition": 2, "camera": 8}
    assert motion.id == "A055_P100_G002_C008"
    assert (source.format, source.fps, source.skeleton) == ("etri", 30, KINECT25)


def test_a_file_is_known_by_its_header():
    assert etri.detect(Path("any.csv"), text()[:4096])
    assert not etri.detect(Path("any.csv"), b"time,joint1_x,joint1_y,joint1_z\n")
    assert not etri.detect(Path("any.csv"), b"\xff\xfe" + bytes(100))
    assert not etri.detect(Path("any.skeleton"), b"1\n1\n")


def test_what_is_written_is_read_again_exactly(tmp_path):
    motions = [random_motion(seed)._replace(id=f"A007_P00{seed}_G001_C001", labels={"subject": seed, "action": 7})
               for seed in (1, 2, 3)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    for fields in (False, True):
        out = tmp_path / f"out{fields}"
        etri.write(dataset, out, fields)
        source = etri.open(sorted(out.iterdir()), Options(fields=fields))
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
    rows = etri.as_text(etri.parse(text(*STORY), fields=True)).decode().splitlines()[1:]
    assert [",".join(line.split(",")[:3]) for line in rows] == ["0,0,1", "1,0,1", "1,1,2", "4,1,2"]
    assert {tuple(line.split(",")[6:12]) for line in rows} == {("0",) * 6}


def test_a_file_is_named_by_its_labels():
    told = [{"subject": "Zoe", "action": 3, "camera": 2}, {"subject": "Al", "action": 3, "repetition": 4}]
    motions = [Motion.of(np.ones((2, 25, 3)), f"recording{place}", labels) for place, labels in enumerate(told)]
    names = etri.file_names(MotionDataset.of(KINECT25, 30, motions))
    assert names == ["A003_P002_G001_C002", "A003_P001_G004_C001"]
