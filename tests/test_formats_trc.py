"""trc: a header by hand and what programs make of it; units, the upward axis, what is missing, what is cut."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.formats import trc
from maskeleton.formats.opening import read
from maskeleton.formats.source import Options
from maskeleton.skeleton import KINECT20, Skeleton, plan_to_plan

from both_ways import only, refused, survive
from people import STANDING

THREE = Skeleton.of("three", ("hip", "knee", "ankle"), (-1, 0, 1))
TEXT = """PathFileType\t4\t(X/Y/Z)\twalk.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
60.00\t60.00\t2\t3\tmm\t60.00\t1\t2
Frame#\tTime\thip\t\t\tknee\t\t\tankle\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3

1\t0.000\t0\t900\t10\t0\t500\t20\t0\t100\t30
2\t0.017\t5\t905\t15\t\t\t\t5\t105\t35
"""


def test_a_file_by_hand(tmp_path: Path) -> None:
    found = only(trc, tmp_path / "walk.trc", TEXT, Options(THREE))
    assert found.id == "walk"
    assert np.allclose(found.positions[0, 0], [[0, .9, .01], [0, .5, .02], [0, .1, .03]])
    assert np.allclose(found.positions[1, 0, 2], [.005, .105, .035])
    assert found.tracked[:, 0].tolist() == [[2, 2, 2], [2, 0, 2]]
    assert trc.look(tmp_path / "walk.trc", Options(THREE)) == (THREE, 60)


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n\n", "\n"),  # no blank line below the axes
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.replace("\t\t\t\t5\t105", "\tnan\tNaN\t \t5\t105"),
    lambda text: text.replace("\t\t\tknee\t\t\tankle\t\t", "\thip\thip\tknee\tknee\tknee\tankle\tankle\tankle"),
    lambda text: text.replace("35\n", "35\t\t\n"),  # more tabs than markers
    lambda text: text.replace("\t2\t3\tmm", "\t7\t3\tmm"),  # cropped, and the header left as it was
    lambda text: text.replace("905", "905,0").replace("900", "9e2"),
    lambda text: text.replace("mm\t60", "MM\t60"),
])
def test_what_programs_make_of_it(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    plain = only(trc, tmp_path / "a.trc", TEXT, Options(THREE))
    found = only(trc, tmp_path / "b.trc", change(TEXT), Options(THREE))
    assert np.array_equal(found.positions, plain.positions, equal_nan=True)


def test_blanks_instead_of_tabs(tmp_path: Path) -> None:
    text = TEXT.replace("\t\t\t\t5\t105", "\tnan\tnan\tnan\t5\t105").replace("\t", "  ")
    assert only(trc, tmp_path / "a.trc", text, Options(THREE)).positions.shape == (2, 1, 3, 3)


@pytest.mark.parametrize(("unit", "scale"), [("m", 1), ("cm", 100), ("mm", 1000), ("parsec", 100)])
@pytest.mark.parametrize("up", ["y", "z"])
def test_units_and_the_upward_axis(tmp_path: Path, unit: str, scale: float, up: str) -> None:
    frame = STANDING[:20] * scale if up == "y" else np.stack([STANDING[:20, 0], -STANDING[:20, 2], STANDING[:20, 1]], 1) * scale
    order = np.random.default_rng(0).permutation(20)
    names = "\t\t\t".join(KINECT20.joints[joint] for joint in order)
    row = "\t".join(f"{value:.5f}" for value in frame[order].ravel())
    text = (f"PathFileType\t4\nDataRate\tNumFrames\tUnits\n25\t1\t{unit}\nFrame#\tTime\t{names}\n\t\tX1\tY1\n1\t0\t{row}\n")
    found = only(trc, tmp_path / "a.trc", text)
    assert np.allclose(found.positions[0, 0], STANDING[:20], atol=1e-4)
    assert trc.look(tmp_path / "a.trc", Options()) == (KINECT20, 25)


def test_pose2sims_markers_are_known(tmp_path: Path) -> None:
    names = "\t\t\t".join(trc.POSE2SIM22.joints)
    row = "\t".join(f"{value:.4f}" for value in np.random.default_rng(0).normal(0, .4, 66))
    text = f"PathFileType\t4\nDataRate\tUnits\n60\tm\nFrame#\tTime\t{names}\t\t\t\n\t\tX1\tY1\n1\t0\t{row}\n"
    only(trc, tmp_path / "a.trc", text)
    assert read(tmp_path / "a.trc").skeleton == trc.POSE2SIM22
    assert plan_to_plan(trc.POSE2SIM22, KINECT20).target == KINECT20


def test_a_rate_that_is_not_told_is_the_clocks(tmp_path: Path) -> None:
    rows = "".join(f"{n}\t{n / 50:.3f}\t0\t{900 + n}\t0\t0\t500\t0\t0\t100\t0\n" for n in range(1, 9))
    (tmp_path / "a.trc").write_text(TEXT.replace("60.00\t60.00", "0\t0").partition("\n1\t")[0] + "\n" + rows)
    assert trc.look(tmp_path / "a.trc", Options(THREE)).fps == 50


@pytest.mark.parametrize(("text", "said"), [
    (TEXT.replace("\t2\t3\tmm", "\t3\t3\tmm")[:-9], "line 8: the file ends in frame 2 of 3"),
    (TEXT.replace("\t905", "\tup"), "line 8: 'up' is no number"),
    (TEXT.replace("35\n", "35\t1\n"), "line 8: a frame has 12 cells, expected 11"),
    (TEXT.replace("Frame#", "Bild"), "there is no line of Frame#"),
    (TEXT.replace("knee", "hip"), "line 4: markers stand twice: hip"),
    (TEXT.replace("hip\t\t\tknee\t\t\tankle", ""), "line 4: no marker is named"),
    (TEXT.replace("60.00\t", "99999\t"), "DataRate 99999 cannot be"),
    (TEXT.partition("\n1\t")[0], "line 5: the file ends before its first frame"),
])
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(trc, tmp_path / "a.trc", text, Options(THREE))


def test_markers_without_a_plan_ask_for_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no known body plan has these 3 joints"):
        only(trc, tmp_path / "a.trc", TEXT)


def test_detect(tmp_path: Path) -> None:
    assert trc.detect(tmp_path / "a.trc", TEXT.encode())
    assert trc.detect(tmp_path / "a.txt", TEXT.encode())
    assert not trc.detect(tmp_path / "a.trc", b"time,x,y\n")


def test_damaged_files(tmp_path: Path) -> None:
    said = survive(trc, tmp_path / "a.trc", TEXT.encode(), 300, Options(THREE))
    assert "read" in said
    assert len(set(said)) > 10
