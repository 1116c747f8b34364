"""c3d: bytes by hand of three machines; axes, units, residuals, bodies; a stranger's library reads what is written."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import c3d
from maskeleton.formats.fields import entry_of
from maskeleton.formats.kit.c3d_file import read_head
from maskeleton.formats.source import Options
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, Skeleton

from both_ways import assert_same, lively, only, read, refused, survive
from c3d_bytes import DEC, INTEL, SGI, c3d_bytes
from people import STANDING

LABELS = list(KINECT20.joints)
POINT = {"USED": [20], "LABELS": LABELS, "UNITS": ["mm"], "X_SCREEN": "+X", "Y_SCREEN": "+Z"}
STAND = np.moveaxis(np.array([STANDING[:20, 0], -STANDING[:20, 2], STANDING[:20, 1]], np.float64) * 1000, 0, -1)


def standing(frames: int = 3) -> np.ndarray:
    """The standing person as a C3D file has them: millimetres, z up; the fourth number is the residual."""
    return np.repeat(np.concatenate([STAND, np.zeros((20, 1))], -1)[None], frames, 0)


@pytest.mark.parametrize("processor", [INTEL, DEC, SGI])
@pytest.mark.parametrize("scale", [-1.0, 0.1])
def test_every_machine_and_kind_of_number(tmp_path: Path, processor: int, scale: float) -> None:
    points = standing()
    points[..., :3] /= abs(scale)
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(points, {"POINT": POINT}, 100, processor, scale))
    assert found.id == "a"
    assert np.allclose(found.positions[:, 0], STANDING[:20], atol=1e-4)
    assert (found.tracked == 2).all()
    assert c3d.look(tmp_path / "a.c3d", Options()) == (KINECT20, 100)


@pytest.mark.parametrize(("right", "up", "laid"), [
    ("+X", "+Y", lambda x, y, z: (x, y, z)),
    ("+Y", "+Z", lambda x, y, z: (z, x, y)),
    ("-X", "Z", lambda x, y, z: (-x, z, y)),
])
def test_axes_are_the_files_own(tmp_path: Path, right: str, up: str, laid: Callable[..., tuple[np.ndarray, ...]]) -> None:
    """What is right, up and out of the screen is x, y and z of ours, wherever the file keeps it."""
    points = standing(1)
    points[0, :, :3] = np.stack(laid(*STANDING[:20].T), -1) * 1000
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(points, {"POINT": {**POINT, "X_SCREEN": right, "Y_SCREEN": up}}))
    assert np.allclose(found.positions[0, 0], STANDING[:20], atol=1e-5)


def test_without_axes_bodies_stand_up(tmp_path: Path) -> None:
    told = {key: value for key, value in POINT.items() if "SCREEN" not in key}
    z_up = only(c3d, tmp_path / "a.c3d", c3d_bytes(standing(), {"POINT": told}))
    points = standing()
    points[..., :3] = STANDING[:20] * 1000
    y_up = only(c3d, tmp_path / "b.c3d", c3d_bytes(points, {"POINT": told}))
    for found in (z_up, y_up):
        assert np.allclose(found.positions[0, 0], STANDING[:20], atol=1e-5)


@pytest.mark.parametrize(("unit", "scale"), [("m", 1), ("cm", 100), ("", 1000), ("furlong", 100)])
def test_units_as_told_else_by_size(tmp_path: Path, unit: str, scale: float) -> None:
    points = standing()
    points[..., :3] *= scale / 1000
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(points, {"POINT": {**POINT, "UNITS": [unit or " "]}}))
    assert np.allclose(found.positions[0, 0], STANDING[:20], atol=1e-4)


def test_residuals_say_what_was_seen(tmp_path: Path) -> None:
    points = standing()
    points[..., 3] = 3
    points[0, 4, 3], points[1, 4] = -1, np.nan
    points[2, 4, 3] = 0
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(points, {"POINT": POINT}))
    assert found.tracked[:, 0, 4].tolist() == [0, 0, 1]
    assert np.isnan(found.positions[:2, 0, 4]).all()
    assert (np.delete(found.tracked, 4, 2) == 2).all()


def test_two_people_and_whoever_is_named(tmp_path: Path) -> None:
    both = np.concatenate([standing(), standing() + np.array([500, 0, 0, 0])], 1)
    told = {"POINT": {**POINT, "USED": [40], "LABELS": [f"{who}:{joint}" for who in ("Ann", "Bo") for joint in LABELS]},
            "SUBJECTS": {"NAMES": ["Ann", "Bo"]}}
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(both, told))
    assert found.positions.shape == (3, 2, 20, 3)
    assert np.allclose(found.positions[:, 1] - found.positions[:, 0], [0.5, 0, 0], atol=1e-5)
    assert found.labels == {}
    alone = {"POINT": {**POINT, "LABELS": [f"Ann:{joint}" for joint in LABELS]}, "SUBJECTS": {"NAMES": ["Ann"]}}
    assert only(c3d, tmp_path / "b.c3d", c3d_bytes(standing(), alone)).labels == {"subject": "Ann"}


def test_markers_need_a_plan_which_may_leave_some_out(tmp_path: Path) -> None:
    markers = {"POINT": {**POINT, "LABELS": [f"M{place}" for place in range(19)] + ["*7"]}}
    with pytest.raises(UserError, match="no known body plan has these 19 joints") as said:
        only(c3d, tmp_path / "a.c3d", c3d_bytes(standing(), markers))
    assert "--skeleton plan.json" in said.value.remedy
    plan = Skeleton.of("three", ("M3", "M2", "M0"), (-1, 0, 1))
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(standing(), markers), Options(plan))
    assert np.allclose(found.positions[0, 0], STANDING[[3, 2, 0]], atol=1e-5)


def test_more_frames_than_a_header_counts(tmp_path: Path) -> None:
    plan = Skeleton.of("two", ("Hip", "Head"), (-1, 0))
    points = np.zeros((65_700, 2, 4))
    points[:, 1, 2] = np.linspace(1000, 1600, 65_700)
    two = {**POINT, "USED": [2], "LABELS": ["Hip", "Head"]}
    assert "more frames (65700) than a C3D header can count (65535)" in refused(
        c3d, tmp_path / "a.c3d", c3d_bytes(points, {"POINT": two}, last=65_535))
    long = {"POINT": two, "TRIAL": {"ACTUAL_START_FIELD": [1, 0], "ACTUAL_END_FIELD": [65_700 - 65_536, 1]}}
    found = only(c3d, tmp_path / "a.c3d", c3d_bytes(points, long, last=65_535), Options(plan))
    assert found.positions.shape == (65_700, 1, 2, 3)
    assert found.positions[-1, 0, 1, 1] == pytest.approx(1.6)


GOOD = c3d_bytes(standing(), {"POINT": POINT, "SUBJECTS": {"NAMES": ["Ann"]}})


@pytest.mark.parametrize(("data", "said"), [
    (GOOD[:-100], "byte 1024: 3 frames are announced, but there is room for 2"),
    (GOOD[:700], "byte 16: points are announced at byte 1024 of 700"),
    (GOOD[:515] + b"\x09" + GOOD[516:], "byte 515: 9 is no processor"),
    (GOOD[:2] + b"\x15" + GOOD[3:], "the header says 21 points, POINT:USED 20"),
    (GOOD[:8] + b"\x00\x00" + GOOD[10:], "there are 20 points in 0 frames"),
    (GOOD[:8] + b"\xff\xff" + GOOD[10:], "65535 frames are announced, but there is room for 3"),
    (GOOD[:20] + bytes(4) + GOOD[24:], "byte 20: 0 frames a second"),
    (GOOD[:12] + b"\xff" * 4 + GOOD[16:], "byte 12: a scale of nan"),
    (GOOD.replace(b"\xff\x02\x0e\x14", b"\xff\x03\xff\xff"), "reaches beyond the parameters"),
    (b"\x02\x50" + bytes(600), "byte 515: 0 is no processor"),
    (b"nothing", "this is no C3D file"),
])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refused(c3d, tmp_path / "a.c3d", data)


def test_damaged_files(tmp_path: Path) -> None:
    said = survive(c3d, tmp_path / "a.c3d", GOOD, 250)
    assert "read" in said
    assert len(set(said)) > 10


def test_detect(tmp_path: Path) -> None:
    assert c3d.detect(tmp_path / "a.C3D", GOOD[:4096])
    assert not c3d.detect(tmp_path / "a.c3d", b"HIERARCHY")


# ── written ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_and_back(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    dataset = lively()
    c3d.write(dataset, tmp_path / "out")
    back = read(c3d, tmp_path / "out")
    kept = MotionDataset.of(KINECT20, 30, [motion._replace(labels={}) for motion in dataset])
    assert back.ids == sorted(dataset.ids)
    for index, id in enumerate(kept.ids):
        first, second = kept[index], back[back.ids.index(id)]
        assert np.array_equal(first.tracked, second.tracked)
        assert np.allclose(first.positions[first.tracked > 0], second.positions[second.tracked > 0], atol=1e-6)
    same = MotionDataset.of(KINECT20, 30, list(back))
    c3d.write(back, tmp_path / "again")
    again = read(c3d, tmp_path / "again")
    assert_same(again, same)


def test_a_strangers_library_reads_what_is_written(tmp_path: Path) -> None:
    library = pytest.importorskip("ezc3d")
    positions = np.repeat(STANDING[None, :20], 4, 0)
    positions[1, 3] = np.nan
    c3d.write(MotionDataset.of(KINECT20, 29.97, [Motion.of(positions, "a", {"subject": "Ann"})]), tmp_path / "out")
    file = library.c3d(str(tmp_path / "out" / "a.c3d"))
    points = file["data"]["points"][:3].transpose(2, 1, 0)
    assert np.allclose(points[0], STANDING[:20] * 1000, atol=1e-3)
    assert np.isnan(points[1, 3]).all()
    assert file["data"]["meta_points"]["residuals"][0, 3].tolist() == [1, -1, 1, 1]
    assert file["parameters"]["POINT"]["LABELS"]["value"] == LABELS
    assert file["parameters"]["POINT"]["RATE"]["value"][0] == pytest.approx(29.97)
    assert c3d.look(tmp_path / "out" / "a.c3d", Options()).fps == 29.97
    assert b"Ann" not in (tmp_path / "out" / "a.c3d").read_bytes()
    assert "SUBJECTS" not in file["parameters"]


def test_every_field_of_a_file_has_an_entry(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    c3d.write(lively(), tmp_path / "out")
    data = (tmp_path / "out" / "two.c3d").read_bytes()
    found = read_head(data, len(data)).parameters
    assert len(found) > 20
    assert [name for name in found if entry_of(name, c3d.FIELDS) is None] == []


def test_as_many_points_as_one_likes(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    joints = [f"joint{number}" for number in range(300)]
    plan = Skeleton.of("many", joints, range(-1, 299))
    positions = np.random.default_rng(0).normal(0, 0.5, (2, 300, 3))
    c3d.write(MotionDataset.of(plan, 30, [Motion.of(positions, "a")]), tmp_path / "out")
    back = read(c3d, tmp_path / "out", Options(plan))
    assert np.allclose(back[0].positions[:, 0], positions, atol=1e-6)


def test_too_long_a_recording_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    plan = Skeleton.of("two", ("Hip", "Head"), (-1, 0))
    long = np.broadcast_to(np.eye(3, dtype=np.float32)[:2], (65_536, 2, 3))
    with pytest.raises(UserError, match="'r' has 65,536 frames, and a c3d file can count 65,535"):
        c3d.write(MotionDataset.of(plan, 30, [Motion.of(long, "r")]), tmp_path / "out")
    odd = Skeleton.of("odd", ("a:b", "b"), (-1, 0))
    with pytest.raises(UserError, match="called a:b"):
        c3d.write(MotionDataset.of(odd, 30, [Motion.of(long[:2], "r")]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_the_library_a_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(UserError, match="ezc3d, which is not installed") as said:
        c3d.write(lively(), tmp_path / "out")
    assert 'pip install "maskeleton[c3d]"' in said.value.remedy
    assert only(c3d, tmp_path / "a.c3d", GOOD).labels == {"subject": "Ann"}
