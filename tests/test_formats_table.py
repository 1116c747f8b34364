"""table: columns are found by their names, clocks and units by their numbers, and faults are told by their line."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.formats import table
from maskeleton.formats.kit.cells import delimiter_of, quickly, row_by_row
from maskeleton.formats.kit.columns import columns_of, joint_and_axis
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.skeleton import H36M17, KINECT20, Skeleton

from both_ways import assert_same, lively, read, survive

THREE = Skeleton.of("three", ("Hips", "Spine", "Head"), (-1, 0, 1))
OPTIONS = Options(skeleton=THREE)
HEADER = "Timestamp,HipsX,HipsY,HipsZ,SpineX,SpineY,SpineZ,HeadX,HeadY,HeadZ,User-ID,Action,"


def rows(*times: float, tail: str = ",103,wave,") -> str:
    """A body of 1.5 m; frame number n is n tenths to the right."""
    return "".join(f"{time},{n / 10},0,3,{n / 10},0.5,3,{n / 10},1.5,3{tail}\n" for n, time in enumerate(times))


def one(path: Path, text: str | bytes, options: Options = OPTIONS) -> tuple[Motion, float]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    source = table.open([path], options)
    motion, = source.read(source.parts[0])
    assert isinstance(motion, Motion), motion
    return motion, source.fps


def refused(path: Path, text: str, options: Options = OPTIONS) -> str:
    """What is said of a file, by opening it or by reading it."""
    path.write_text(text)
    try:
        source = table.open([path], options)
    except UserError as error:
        return error.wrong
    fault, = source.read(source.parts[0])
    assert isinstance(fault, Fault)
    return f"{fault.place}: {fault.reason}"


def test_kinder_gator_manner(tmp_path: Path) -> None:
    motion, fps = one(tmp_path / "p103.csv", HEADER + "\n" + rows(1000.25, 1033.5, 1066.9, 1100.2))
    assert motion.id == "p103"
    assert motion.labels == {"subject": 103, "action": "wave"}
    assert motion.positions.shape == (4, 1, 3, 3)
    assert motion.positions[2, 0].tolist() == [[np.float32(0.2), 0, 3], [np.float32(0.2), 0.5, 3],
                                               [np.float32(0.2), 1.5, 3]]
    assert motion.clock is not None
    assert np.allclose(motion.clock, [1.00025, 1.0335, 1.0669, 1.1002])
    assert fps == 30


@pytest.mark.parametrize("name", ["HeadX", "Head_x", "Head.X", "Head x", "Head-X (m)", "x_Head", "X Head", "Head_posX",
                                  "Head_3dX", "Head:x", "Head_pos_x"])
def test_axis_names(name: str) -> None:
    assert joint_and_axis(name) == ("Head", 0)


def test_axis_names_of_numbered_joints() -> None:
    assert [joint_and_axis(name) for name in ("joint0_y", "y0", "12_z")] == [("joint0", 1), ("0", 1), ("12", 2)]
    assert joint_and_axis("Neck") is None


@pytest.mark.parametrize("delimiter", [";", "\t", " ", "   "])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = (HEADER.rstrip(",") + "\n" + rows(0, 40, tail=",103,wave")).replace(",", delimiter)
    motion, fps = one(tmp_path / "a.txt", text)
    assert motion.labels == {"subject": 103, "action": "wave"}
    assert (motion.positions[1, 0, 2, 1], fps) == (1.5, 25)


def test_decimal_commas(tmp_path: Path) -> None:
    text = HEADER.replace(",", ";") + "\n" + rows(0, 40).replace(",", ";").replace(".", ",")
    assert one(tmp_path / "a.csv", text)[0].positions[1, 0, 0, 0] == np.float32(0.1)


def test_a_joint_a_cell(tmp_path: Path) -> None:
    text = "Hips; Spine; Head\n0 0 3;0 0.5 3;0 1.5 3;0\n0.1 0 3;;0.1 1.5 3;0"
    motion, fps = one(tmp_path / "precog.csv", text)
    assert motion.positions[1, 0, 2].tolist() == [np.float32(0.1), 1.5, 3]
    assert motion.tracked[:, 0].tolist() == [[2, 2, 2], [2, 0, 2]]
    assert fps == 30


@pytest.mark.parametrize(("step", "fps"), [(0.0333, 30), (33, 30), (33333, 30), (333333, 30), (0.02, 50), (8.3333, 120),
                                           (0.04004, 25), (1 / 31, 31)])
def test_units_of_clocks(tmp_path: Path, step: float, fps: float) -> None:
    motion, found = one(tmp_path / "a.csv", HEADER + "\n" + rows(*(5 + step * n for n in range(9))))
    assert found == pytest.approx(fps, rel=2e-3)
    assert motion.clock is not None
    assert np.diff(motion.clock) == pytest.approx(1 / fps, rel=0.02)


def test_pauses_and_doubled_frames_stay_and_do_not_change_the_rate(tmp_path: Path) -> None:
    motion, fps = one(tmp_path / "a.csv", HEADER + "\n" + rows(0, 33, 66, 66, 99, 2000, 2033, 2020))
    assert fps == 30
    assert motion.clock is not None
    assert motion.clock.tolist() == pytest.approx([0, .033, .066, .066, .099, 2, 2.033, 2.02])


def test_a_told_rate_is_for_files_without_a_clock(tmp_path: Path) -> None:
    with_clock = HEADER + "\n" + rows(0, 33)
    assert one(tmp_path / "a.csv", with_clock, OPTIONS._replace(fps=15))[1] == 30
    assert one(tmp_path / "a.csv", with_clock.replace("Timestamp", "number"), OPTIONS._replace(fps=15))[1] == 15


def test_the_plan_of_known_joints_is_their_own(tmp_path: Path) -> None:
    """--skeleton then asks for a mapping, which is not the reader's business; numbered joints are what it says."""
    table.write(lively().select([0]), tmp_path / "out")
    assert read(table, tmp_path / "out", OPTIONS).skeleton == KINECT20
    text = ",".join(f"{axis}{joint}" for joint in range(3) for axis in "xyz") + "\n0,0,0,0,1,0,0,2,0\n"
    assert one(tmp_path / "a.csv", text)[0].positions[0, 0, 2, 1] == 2


@pytest.mark.parametrize("scale", [1, 100, 1000])
def test_units_of_length(tmp_path: Path, scale: int) -> None:
    text = f"HipsX,HipsY,HipsZ,SpineX,SpineY,SpineZ,HeadX,HeadY,HeadZ\n0,0,{3 * scale},0,{scale},0,0,{1.5 * scale},0\n"
    assert one(tmp_path / "a.csv", text)[0].positions[0, 0].tolist() == [[0, 0, 3], [0, 1, 0], [0, 1.5, 0]]


def test_a_size_of_no_unit_is_refused(tmp_path: Path) -> None:
    text = "HipsX,HipsY,HipsZ,SpineX,SpineY,SpineZ,HeadX,HeadY,HeadZ\n0,0,0,0,9,0,0,123456,0\n"
    assert "1.235e+05 units large" in refused(tmp_path / "a.csv", text)


def test_joints_of_a_known_plan_come_in_its_order(tmp_path: Path) -> None:
    names = [f"{joint.lower()}_{axis}" for joint in reversed(KINECT20.joints) for axis in "zyx"]
    text = ",".join(names) + "\n" + ",".join(str(n / 60) for n in range(60)) + "\n"
    path = tmp_path / "a.csv"
    path.write_text(text)
    source = table.open([path], Options())
    motion, = source.read(source.parts[0])
    assert source.skeleton == KINECT20
    assert isinstance(motion, Motion)
    assert motion.positions[0, 0, 0].tolist() == [np.float32(n / 60) for n in (59, 58, 57)]


def test_unknown_joints_are_listed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Hips, Spine, Head") as error:
        one(tmp_path / "a.csv", HEADER + "\n" + rows(0, 33), Options())
    assert "--skeleton" in error.value.remedy


BODY_HEADER = "frame,Body,HipsX,HipsY,HipsZ,SpineX,SpineY,SpineZ,HeadX,HeadY,HeadZ\n"


def test_bodies_become_slots(tmp_path: Path) -> None:
    told = ((0, 7), (1, 7), (1, 5), (2, ""), (3, 5))
    text = BODY_HEADER + "".join(f"{f},{b},{f},0,0,{f},1,0,{f},2,0\n" if b else f"{f},,,,,,,,,,\n" for f, b in told)
    motion, _ = one(tmp_path / "a.csv", text)
    assert motion.present.tolist() == [[True, False], [True, True], [False, False], [False, True]]
    assert motion.positions[3, 1, 0, 0] == 3


def test_body_after_body(tmp_path: Path) -> None:
    text = BODY_HEADER + "".join(f"{f},{b},{f},{b},0,{f},1,0,{f},2,0\n" for b in (0, 1) for f in (4, 5, 6))
    motion, _ = one(tmp_path / "a.csv", text)
    assert motion.present.all()
    assert motion.positions[:, :, 0, :2].tolist() == [[[f, 0], [f, 1]] for f in (4, 5, 6)]


def test_a_constant_person_is_the_subject_and_a_changing_label_is_none(tmp_path: Path) -> None:
    header = HEADER.replace("User-ID", "Person")
    motion, _ = one(tmp_path / "a.csv", header + "\n" + rows(0, tail=",9,sit,") + rows(33, tail=",9,rise,"))
    assert motion.labels == {"subject": 9}


def test_tracking_states(tmp_path: Path) -> None:
    text = HEADER + "HeadTrackingState\n" + rows(0, 33, tail=",103,wave,1") + rows(66, tail=",103,wave,0")
    assert one(tmp_path / "a.csv", text)[0].tracked[:, 0].tolist() == [[2, 2, 1], [2, 2, 1], [2, 2, 0]]


@pytest.mark.parametrize("fps", [30.0, 31.0, 29.97, 12.5])
@pytest.mark.parametrize("skeleton", [KINECT20, H36M17])
def test_written_is_read_again(tmp_path: Path, skeleton: Skeleton, fps: float) -> None:
    dataset = lively(skeleton, fps)
    table.write(dataset, tmp_path / "out")
    again = read(table, tmp_path / "out")
    assert_same(dataset, again)


def test_written_as_kinder_gator_is(tmp_path: Path) -> None:
    table.write(lively().select([0]), tmp_path / "out")
    header, first = (tmp_path / "out" / "plain.csv").read_text().splitlines()[:2]
    assert header.startswith("Timestamp,HipCenterX,HipCenterY,HipCenterZ,SpineX,")
    assert header.endswith("FootRightZ,Action,camera,User-ID")
    assert first.startswith("0.0,")


def test_quick_and_plain_reading_agree() -> None:
    lines = [",".join(["Timestamp", *(joint + axis for joint in KINECT20.joints for axis in "XYZ"), "User-ID"])]
    rng = np.random.default_rng(0)
    for frame in range(200):
        cells = ["" if rng.random() < 0.05 else f"{value:.7g}" for value in rng.normal(size=60)]
        lines.append(",".join([str(frame * 33.3), *cells, " A b"]))
    text = "\n".join(lines) + "\n"
    delimiter = delimiter_of(text)
    columns = columns_of(lines[0].split(","), lines[1].split(","))
    numbers, texts = [place for places in columns.places for place in places], [61]
    assert delimiter is not None
    quick = quickly(text, delimiter, numbers, texts)
    plain = row_by_row(text, delimiter, columns, numbers, texts)
    assert quick is not None
    assert np.array_equal(quick[0], plain[0], equal_nan=True)
    assert quick[1] == plain[1] == [["A b"] * 200]
    assert quickly(text.replace("33.3,", "x,", 1), delimiter, [0, *numbers], texts) is None


@pytest.mark.parametrize(("text", "said"), [
    (HEADER + "\n" + rows(0, 33).replace("0.1,1.5", "0.1,high"), "line 3: column 9 says 'high'"),
    (HEADER + "\n" + rows(0, 33)[:-20], "line 3: there are 8 cells, expected 12"),
    (HEADER + "\n", "line 2: there are no rows"),
    ("", "line 1: no column is the x, y and z of a joint"),
    ("subject,gender,age\n1,female,30\n", "line 1: no column"),
    (HEADER + "HeadX\n" + rows(0), "column 13: 'HeadX' is the x of Head a second time"),
    ("a_x,a_y,b_x,b_y,c_x,c_y\n1,2,3,4,5,6\n", "have x and y but no z"),
    (HEADER + "\n" + rows(0, 33).replace("33,", ",", 1), "row 2: column 1 is no time"),
    (HEADER + "HeadTracked\n" + rows(0, tail=",103,wave,7"), "row 1: the tracking state of Head is 7"),
    ("Hips;Spine;Head\n0 0 3;0 0.5 3;0 1.5 3\n0 0 3;0 0.5;0 1.5 3\n", "line 3: column 2 holds 2 numbers"),
])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path / "a.csv", text)


def test_other_encodings(tmp_path: Path) -> None:
    text = HEADER + "\n" + rows(0, 33, tail=",103,wéve,")
    for encoding in ("utf-8-sig", "utf-16"):
        assert one(tmp_path / "a.csv", text.encode(encoding))[0].labels["action"] == "wéve"
    for ending in ("\r\n", "\r"):
        assert one(tmp_path / "a.csv", text.replace("\n", ending))[0].labels["action"] == "wéve"
    with pytest.raises(UserError, match=r"byte \d+: this is no text in utf-8"):
        one(tmp_path / "a.csv", text.encode("latin-1"))


def test_detect(tmp_path: Path) -> None:
    def detect(name: str, text: str) -> bool:
        return table.detect(tmp_path / name, text.encode()[:4096])

    assert detect("a.csv", HEADER + "\n" + rows(0))
    assert detect("a.csv", "Hips; Spine; Head\n0 0 3;0 0.5 3;0 1.5 3;0\n")
    assert not detect("a.json", HEADER + "\n" + rows(0))
    assert not detect("people.csv", "subject,gender,age\n1,female,30\n")
    assert not detect("a.csv", "frameNum,bodyindexID,trackingID,joint1_3dX,joint1_3dY,joint1_3dZ,joint2_3dX,joint2_3dY,"
                               "joint2_3dZ,joint3_3dX,joint3_3dY,joint3_3dZ\n")
    assert not detect("a.csv", "\x00\xff")


def test_damaged_files(tmp_path: Path) -> None:
    data = (HEADER + "\n" + rows(*range(0, 330, 33))).encode()
    said = survive(table, tmp_path / "a.csv", data, 400, OPTIONS)
    assert "read" in said
    assert any("line" in words or "cells" in words for words in said)


def test_damaged_cells(tmp_path: Path) -> None:
    data = b"Hips; Spine; Head\n" + b"0 0 3;0 0.5 3;0 1.5 3;0\n" * 10
    assert len(set(survive(table, tmp_path / "a.csv", data, 200, OPTIONS))) > 5
