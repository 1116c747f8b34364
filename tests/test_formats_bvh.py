"""bvh: bones turned by hand stand where they should; names give roles; a hierarchy may be as deep as it likes."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton.body import heading
from maskeleton.errors import UserError
from maskeleton.formats import bvh
from maskeleton.formats.kit.bvh_plan import metres_per_unit, plan_of_rig, read_rig, stands_along_z
from maskeleton.formats.source import Options
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

from both_ways import refused, survive
from bvh_text import NUMBERS, ROTATIONS, Tree, hierarchy, motion, person


def still(position: tuple[float, float, float]) -> list[float]:
    return [*position, *[0.0] * (NUMBERS - 3)]


def read(path: Path, text: str, options: Options = Options()) -> tuple[Skeleton, float, np.ndarray]:
    """Plan, rate and positions as the file has them: the half turn towards the camera is taken back."""
    path.write_text(text)
    source = bvh.open([path], options)
    found, = source.read(source.parts[0])
    assert isinstance(found, Motion), found
    return source.skeleton, source.fps, found.positions[:, 0] * bvh.HALF_TURN


ARM: Tree = ("Shoulder", (0, 0, 0), "CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation",
             [("Elbow", (1, 0, 0), "CHANNELS 2 Yrotation Zrotation", [("", (1, 0, 0), "", [])])])


def test_turned_by_hand(tmp_path: Path) -> None:
    frames = [[0, 0, 0, 0, 0, 0, 0, 0],
              [0, 0, 0, 90, 0, 0, 0, 0],  # the arm turns from x to y
              [5, 6, 7, 0, 90, 0, 0, 0],  # y(90) takes x to −z
              [0, 0, 0, 90, 90, 0, 0, 0],  # z(90) · y(90): first x to −z, which z leaves alone
              [0, 0, 0, 0, 0, 0, 90, 90]]  # the elbow: y(90) · z(90) takes x to y, which y leaves alone
    plan, fps, found = read(tmp_path / "a.bvh", hierarchy(ARM) + motion(frames))
    assert plan.joints == ("Shoulder", "Elbow", "ElbowEnd")
    assert fps == 30
    assert np.allclose(found, [
        [[0, 0, 0], [1, 0, 0], [2, 0, 0]],
        [[0, 0, 0], [0, 1, 0], [0, 2, 0]],
        [[5, 6, 7], [5, 6, 6], [5, 6, 5]],
        [[0, 0, 0], [0, 0, -1], [0, 0, -2]],
        [[0, 0, 0], [1, 0, 0], [1, 1, 0]],
    ], atol=1e-6)


def test_positions_stand_in_for_offsets_unless_all_are_zero(tmp_path: Path) -> None:
    arm: Tree = ("Shoulder", (0, 0, 0), "CHANNELS 3 Zrotation Yrotation Xrotation",
                 [("Elbow", (1, 0, 0), "CHANNELS 2 Yposition Xposition", [("", (1, 0, 0), "", [])])])
    text = hierarchy(arm)
    assert read(tmp_path / "a.bvh", text + motion([[0, 0, 0, 0.25, 0.5]]))[2][0, 1].tolist() == [0.5, 0.25, 0]
    assert read(tmp_path / "a.bvh", text + motion([[0, 0, 0, 0, 0]]))[2][0, 1].tolist() == [1, 0, 0]


@pytest.mark.parametrize(("scale", "unit"), [(1, 1), (100, .01), (1000, .001), (1 / .0254, .0254),
                                             (.45 / .0254, .0254 / .45)])
def test_units(tmp_path: Path, scale: float, unit: float) -> None:
    plan, _, found = read(tmp_path / "a.bvh", hierarchy(person(scale)) + motion([still((0, scale, 0))]))
    assert metres_per_unit(read_rig([*hierarchy(person(scale)).splitlines(), "MOTION"])[0]) == pytest.approx(unit)
    head, = plan.need("head")
    assert found[0, head] == pytest.approx([0, 1.6, 0], abs=1e-5)


@pytest.mark.parametrize("up", ["y", "z"])
def test_either_axis_is_up_and_left_is_left(tmp_path: Path, up: str) -> None:
    root = (3.0, 1.0, 2.0) if up == "y" else (3.0, -2.0, 1.0)
    plan, _, found = read(tmp_path / "a.bvh", hierarchy(person(up=up)) + motion([still(root)]))
    head, hand, toe = plan.need("head", "left_wrist", "left_toe_tip")
    assert found[0, head] == pytest.approx([3, 1.6, 2], abs=1e-6)
    assert found[0, hand] == pytest.approx([3.75, 1.4, 2], abs=1e-6)
    assert found[0, toe] == pytest.approx([3.1, 0.15, 2.17], abs=1e-6)
    assert heading(found, plan)[0] == pytest.approx([0, 0, 1], abs=1e-6)


def test_who_looks_along_z_faces_the_camera(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(hierarchy(person()) + motion([still((3, 1, 2))]))
    source = bvh.open([tmp_path / "a.bvh"], Options())
    found, = source.read(source.parts[0])
    assert isinstance(found, Motion)
    assert heading(found.positions[0, 0], source.skeleton) == pytest.approx([0, 0, -1], abs=1e-6)
    assert found.positions[0, 0, source.skeleton.roles["head"]] == pytest.approx([-3, 1.6, -2], abs=1e-6)


@pytest.mark.parametrize("style", ["Left{}", "mixamorig:Left{}", "Left_{}", "{}_Left", "Bip01 Left {}"])
def test_roles_from_names(style: str) -> None:
    prefix = style.split("Left")[0].replace("{}_", "")

    def named(tree: Tree) -> Tree:
        name = tree[0] if "Left" in tree[0] or "Right" in tree[0] or not tree[0] else prefix + tree[0]
        return name, tree[1], tree[2], [named(child) for child in tree[3]]

    plan = plan_of_rig(read_rig([*hierarchy(named(person(style=style))).splitlines(), "MOTION"])[0])
    plan.need("pelvis", "spine", "chest", "neck", "head", "left_shoulder", "left_elbow", "left_wrist", "left_hip",
              "left_knee", "left_ankle", "left_foot", "right_hip", "right_foot", "left_toe_tip")
    assert all(plan.mirror[plan.mirror[joint]] == joint for joint in range(len(plan.joints)))
    assert plan.mirror[plan.roles["left_knee"]] == plan.roles["right_knee"]


def test_joints_of_no_length_play_no_role_that_another_can() -> None:
    """As in CMU's files: a hip joint on the pelvis before the hip, a lower back on it, and no joint called spine."""
    hips, offset, channels, (left, right, spine) = person()
    middle: Tree = ("LowerBack", (0, 0, 0), ROTATIONS, [("Chest1", *spine[1:])])
    tree: Tree = (hips, offset, channels, [("LHipJoint", (0, 0, 0), ROTATIONS, [left]),
                                           ("RHipJoint", (0, 0, 0), ROTATIONS, [right]), middle])
    plan = plan_of_rig(read_rig([*hierarchy(tree).splitlines(), "MOTION"])[0])
    named = {role: plan.joints[joint] for role, joint in plan.roles.items()}
    assert (named["left_hip"], named["right_hip"]) == ("LeftUpLeg", "RightUpLeg")
    assert (named["spine"], named["chest"]) == ("Chest1", "Chest")
    assert plan.joints[plan.mirror[plan.joints.index("LHipJoint")]] == "RHipJoint"


def test_a_root_that_only_carries_is_left_out_and_still_carries(tmp_path: Path) -> None:
    six = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    text = hierarchy(("joint_Root", (0, 0, 0), six, [person()]))
    frame = [1.0, 0, 0, 0, 0, 0, *still((0, 1, 0))]
    plan, _, found = read(tmp_path / "a.bvh", text + motion([frame]))
    assert plan.joints[0] == "Hips"
    assert plan.parents[0] == -1
    assert found[0, 0].tolist() == [1, 1, 0]


def test_a_rest_pose_that_does_not_stand_says_nothing_of_up() -> None:
    """Some files keep every bone along x and let the rotations do the rest."""
    def along_x(tree: Tree) -> Tree:
        length = float(np.linalg.norm(tree[1]))
        return tree[0], (length, 0, 0), tree[2], [along_x(child) for child in tree[3]]

    rig, _ = read_rig([*hierarchy(along_x(person())).splitlines(), "MOTION"])
    assert not stands_along_z(rig)
    assert metres_per_unit(rig) == 1


@pytest.mark.parametrize(("seconds", "fps"), [(1 / 120, 120), (.0083333, 120), (1 / 119.88, 120), (.0333333, 30),
                                              (1 / 29.97, 30), (1 / 33, 33)])
def test_rates(tmp_path: Path, seconds: float, fps: float) -> None:
    found = read(tmp_path / "a.bvh", hierarchy(ARM) + motion([[0] * 8], seconds))[1]
    assert found == pytest.approx(fps, rel=1e-4)


def test_two_kinds_of_body_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(hierarchy(ARM) + motion([[0] * 8]))
    (tmp_path / "b.bvh").write_text(hierarchy(person()) + motion([still((0, 1, 0))]))
    with pytest.raises(UserError, match="3 joints"):
        bvh.open([tmp_path / "a.bvh", tmp_path / "b.bvh"], Options())


def test_lines_may_be_written_otherwise(tmp_path: Path) -> None:
    text = hierarchy(ARM).replace("\n{", " {").replace("OFFSET", "\tOffset").replace("\n", "\r\n")
    text += motion([[0] * 8]).replace("\n", "\r\n").replace("Frame Time", "Frame  time")
    assert len(read(tmp_path / "a.bvh", text)[0].joints) == 3


GOOD = hierarchy(ARM) + motion([[0] * 8] * 3)


@pytest.mark.parametrize(("text", "said"), [
    ("", "line 1: the file ends in its hierarchy"),
    (GOOD.replace("Frames: 3", "Frames: 99999999"), "line 18: 1e+08 frames are announced, but 3 are there"),
    (GOOD.replace("Frames: 3", "Frames: x"), "line 18: 'x' is no number"),
    (GOOD[:-5], "line 22: a frame has 6 numbers, expected 8"),
    (GOOD.replace("0 0 0 0\n", "0 0 0 up\n", 1), "line 20: could not convert string to float: 'up'"),
    (GOOD.replace("Frame Time: 0.0333333", "Frame Time: 0"), "line 19: a frame of 0 seconds"),
    (GOOD.replace("OFFSET 1 0 0", "OFFSET 1 0", 1), "line 8: OFFSET needs three numbers"),
    (GOOD.replace("OFFSET 1 0 0", "OFFSET 1 nan 0", 1), "line 8: OFFSET 1 nan 0 cannot be"),
    (GOOD.replace("CHANNELS 2", "CHANNELS 3"), "line 9: CHANNELS needs a number"),
    (GOOD.replace("Yrotation Zrotation\n", "Yrotation Yrotation\n"), "line 9: CHANNELS needs a number"),
    (GOOD.replace("JOINT Elbow", "JOINT Shoulder"), "line 6: a joint has the name 'Shoulder' again"),
    (GOOD.replace("JOINT Elbow", "JOINT"), "line 6: a joint has no name"),
    (GOOD.replace("JOINT Elbow", "ROOT Elbow"), "line 6: 'ROOT Elbow' stands where no joint can"),
    (GOOD.replace("}\nMOTION", "MOTION"), "line 16: MOTION begins before"),
    (GOOD.replace("OFFSET 1 0 0", "OFFSET 1000000 0 0"), "a person's size in no known unit"),
])
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(bvh, tmp_path / "a.bvh", text)


def test_a_very_deep_hierarchy_is_refused_and_a_deep_one_read(tmp_path: Path) -> None:
    def chain(joints: int) -> str:
        opened = "".join(f"JOINT j{n}\n{{\nOFFSET 0 0.01 0\n" for n in range(1, joints)).replace("JOINT", "ROOT", 1)
        return f"HIERARCHY\n{opened}{'}' * (joints - 1)}\n{motion([[]])}"

    assert "stands where no joint can" in refused(bvh, tmp_path / "a.bvh", chain(100_000))
    rig, _ = read_rig(chain(400).splitlines())
    assert len(rig.kept) == 399


def test_nan_is_a_missing_joint(tmp_path: Path) -> None:
    path = tmp_path / "a.bvh"
    path.write_text(hierarchy(ARM) + motion([[0] * 8, [0, 0, 0, 0, 0, 0, float("nan"), 0]]))
    source = bvh.open([path], Options())
    found, = source.read(source.parts[0])
    assert isinstance(found, Motion)
    assert found.tracked[:, 0].tolist() == [[2, 2, 2], [2, 2, 0]]


def test_detect(tmp_path: Path) -> None:
    assert bvh.detect(tmp_path / "a.bvh", GOOD.encode())
    assert bvh.detect(tmp_path / "a.txt", b"\xef\xbb\xbf  hierarchy\r\n")
    assert not bvh.detect(tmp_path / "a.bvh", b"MOTION")


def test_damaged_files(tmp_path: Path) -> None:
    said = survive(bvh, tmp_path / "a.bvh", GOOD.encode(), 400)
    assert "read" in said
    assert len(set(said)) > 10
    said = survive(bvh, tmp_path / "b.bvh", (hierarchy(person(100)) + motion([still((0, 1, 0))] * 4)).encode(), 300)
    assert "read" in said
