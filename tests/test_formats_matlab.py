"""matlab: bytes made by hand are read, UTD-MHAD's order becomes Kinect's, and huge promises are not believed."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.formats import matlab
from maskeleton.formats.kit.mat5 import read_mat, write_mat
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.skeleton import H36M17, KINECT20, KINECT25, Skeleton

from both_ways import assert_same, lively, read, survive

THREE = Skeleton.of("three", ("Hips", "Spine", "Head"), (-1, 0, 1))
OPTIONS = Options(skeleton=THREE)


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def by_hand(name: bytes = b"d_skel", dims: tuple[int, ...] = (3, 3, 2), order: str = "<", kind: int = 6,
            stored: int = 9, data: bytes | None = None) -> bytes:
    """A file of one variable, made of the bytes the format asks for; joint j of frame t is at (t, j, 3)."""
    if data is None:
        data = b"".join(struct.pack(order + "d", (t, j, 3)[axis]) for t in range(2) for axis in range(3)
                        for j in range(3))
    parts = element(6, struct.pack(order + "II", kind, 0), order)
    parts += element(5, struct.pack(f"{order}{len(dims)}i", *dims), order)
    if len(name) <= 4:  # a small element
        parts += struct.pack(order + "I", len(name) << 16 | 1) + name.ljust(4, b"\0")
    else:
        parts += element(1, name, order)
    parts += element(stored, data, order)
    mark = b"IM" if order == "<" else b"MI"
    header = b"MATLAB 5.0 MAT-file, by hand".ljust(124) + struct.pack(order + "H", 0x0100) + mark
    return header + element(14, parts, order)


def one(path: Path, data: bytes, options: Options = OPTIONS) -> Motion:
    path.write_bytes(data)
    source = matlab.open([path], options)
    motion, = source.read(source.parts[0])
    assert isinstance(motion, Motion), motion
    return motion


def refused(path: Path, data: bytes, options: Options = OPTIONS) -> str:
    path.write_bytes(data)
    try:
        source = matlab.open([path], options)
    except UserError as error:
        return str(error)
    fault, = source.read(source.parts[0])
    assert isinstance(fault, Fault)
    return f"{fault.place}: {fault.reason}"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", [b"d_skel", b"p"])
def test_bytes_made_by_hand(tmp_path: Path, order: str, name: bytes) -> None:
    motion = one(tmp_path / "a.mat", by_hand(name, order=order))
    assert motion.positions[:, 0].tolist() == [[[t, j, 3] for j in range(3)] for t in range(2)]


def test_numbers_stored_smaller_than_their_class_and_compressed(tmp_path: Path) -> None:
    data = bytes((t, j, 3)[axis] for t in range(2) for axis in range(3) for j in range(3))
    plain = by_hand(stored=2, data=data)
    packed = zlib.compress(plain[128:])
    for file in (plain, plain[:128] + struct.pack("<II", 15, len(packed)) + packed):
        assert one(tmp_path / "a.mat", file).positions[1, 0].tolist() == [[1, 0, 3], [1, 1, 3], [1, 2, 3]]


def test_utd_mhad_becomes_kinect(tmp_path: Path) -> None:
    """Joint k of the file is at x = k / 20; the third is hip_center, the first head, the last right_foot."""
    skel = np.zeros((20, 3, 4))
    skel[:, 0] = np.arange(20)[:, None] / 20
    motion = one(tmp_path / "a10_s1_t1_skeleton.mat", write_mat({"d_skel": skel}), Options())
    assert motion.id == "a10_s1_t1_skeleton"
    at = dict(zip(KINECT20.joints, (motion.positions[0, 0, :, 0] * 20).round(), strict=True))
    assert [at[joint] for joint in ("Head", "ShoulderCenter", "Spine", "HipCenter")] == [0, 1, 2, 3]
    assert [at[joint] for joint in ("ShoulderLeft", "HandRight", "HipLeft", "FootRight")] == [4, 11, 12, 19]
    matlab.write(read_back(tmp_path / "a10_s1_t1_skeleton.mat"), tmp_path / "out")
    again = read_mat((tmp_path / "out" / "a10_s1_t1_skeleton.mat").read_bytes()).variables["d_skel"]
    assert np.array_equal(again, skel.astype(np.float32))


def read_back(path: Path):
    folder = path.parent / "alone"
    folder.mkdir()
    path.rename(folder / path.name)
    return read(matlab, folder)


@pytest.mark.parametrize("shape", ["J3T", "TJ3", "J3TP", "TPJ3", "TF"])
def test_shapes(tmp_path: Path, shape: str) -> None:
    motion = np.arange(5 * 25 * 3).reshape(5, 25, 3) / 100
    array = {"J3T": motion.transpose(1, 2, 0), "TJ3": motion, "J3TP": motion.transpose(1, 2, 0)[..., None].repeat(2, 3),
             "TPJ3": motion[:, None].repeat(2, 1), "TF": motion.reshape(5, 75)}[shape]
    found = one(tmp_path / "a.mat", write_mat({"xyz": array}), Options()).positions
    assert found.shape == (5, 2 if "P" in shape else 1, 25, 3)
    assert np.array_equal(found[:, -1], motion.astype(np.float32))


def test_the_likely_one_of_several_variables(tmp_path: Path) -> None:
    here, there = np.zeros((25, 3, 2)), np.ones((25, 3, 2))
    found = one(tmp_path / "a.mat", write_mat({"other": here, "Skeleton1": there}), Options())
    assert (found.positions == 1).all()
    said = refused(tmp_path / "a.mat", write_mat({"other": here, "another": there}), Options())
    assert "more than one variable" in said
    assert "other (25×3×2)" in said


def test_units(tmp_path: Path) -> None:
    skel = np.zeros((25, 3, 2))
    skel[3, 1] = 1700
    assert one(tmp_path / "a.mat", write_mat({"skel": skel}), Options()).positions[0, 0, 3, 1] == np.float32(1.7)


@pytest.mark.parametrize("fps", [30.0, 12.5])
@pytest.mark.parametrize("skeleton", [KINECT20, KINECT25, H36M17])
def test_written_is_read_again(tmp_path: Path, skeleton: Skeleton, fps: float) -> None:
    dataset = lively(skeleton, fps)
    matlab.write(dataset, tmp_path / "out")
    assert_same(dataset, read(matlab, tmp_path / "out"))


def test_variables_come_back() -> None:
    told = {"text": ["hips", "wäldé 😀", ""], "small": np.array([[1, 2], [3, 4]], np.uint8),
            "x": np.array([[np.nan, 2.5]]), "still": np.zeros((20, 3, 100_000), np.float32)}
    found = read_mat(write_mat(told)).variables
    assert found["text"] == told["text"]
    for name in ("small", "x", "still"):
        assert np.array_equal(found[name], told[name], equal_nan=True)


@pytest.mark.parametrize(("data", "said"), [
    (b"", "no MATLAB level 5 file"),
    (b"\0" * 300, "no MATLAB level 5 file"),
    (b"MATLAB 7.3 MAT-file".ljust(126) + b"IM", "MATLAB 7.3"),
    (by_hand()[:-40], "bytes are announced"),
    (by_hand(dims=(3, 3, 99999999)), "has the size [3, 3, 99999999], but 18 numbers"),
    (by_hand(dims=(3, -3, -2)), "has the size"),
    (by_hand(dims=(2, 9, 1)), "no variable is the positions of 3 or 20 or 25 joints; there are d_skel (2×9×1)"),
    (by_hand(kind=1), "d_skel (a cell array)"),
    (by_hand()[:128], "there are none"),
    (by_hand()[:128] + element(15, b"nonsense"), "byte 136: a compressed variable cannot be read"),
    (write_mat({"skel": np.zeros((3, 3, 2)), "fps": np.array([[-1.0]])}), "-1 frames a second"),
    (write_mat({"skel": np.zeros((3, 3, 2)), "tracked": np.array([[3]])}), "'tracked' does not fit"),
])
def test_what_is_wrong_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refused(tmp_path / "a.mat", data)


def test_a_small_file_cannot_ask_for_much_memory() -> None:
    bomb = zlib.compress(by_hand(dims=(3, 3, 3_000_000), data=bytes(8 * 27_000_000))[128:])
    data = by_hand()[:128] + (struct.pack("<II", 15, len(bomb)) + bomb) * 3
    with pytest.raises(UserError, match="hold far more than motion can"):
        read_mat(data)


def test_detect(tmp_path: Path) -> None:
    assert matlab.detect(tmp_path / "a.mat", b"")
    assert matlab.detect(tmp_path / "a", by_hand())
    assert not matlab.detect(tmp_path / "a.csv", b"1,2,3")


@pytest.mark.parametrize("packed", [False, True])
def test_damaged_files(tmp_path: Path, packed: bool) -> None:
    rows = {"skel": np.arange(18.0).reshape(3, 3, 2), "joint_names": list(THREE.joints), "fps": np.array([[25.0]]),
            "parents": np.array([[0.0, 1, 2]]), "labels": ["action=3"], "tracked": np.full((3, 2), 2, np.uint8)}
    data = write_mat(rows) if packed else by_hand()
    said = survive(matlab, tmp_path / "a.mat", data, 400, Options() if packed else OPTIONS)
    assert "read" in said
    assert len(set(said)) > 10
