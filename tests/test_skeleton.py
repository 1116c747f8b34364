"""Body plans: roles and mirror found from names, trees checked, one plan turned into another."""

import numpy as np
import pytest

from maskeleton.body import bone_lengths, bones, heading, joints, pose, turn, turns
from maskeleton.errors import UserError
from maskeleton.skeleton import (
    H36M17,
    KINECT15,
    KINECT20,
    KINECT25,
    PLANS,
    UIPRMD22,
    Skeleton,
    plan_to_plan,
    recognize_plan,
    sided_word,
)

from people import STANDING

LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_knows_its_limbs_and_their_other_side(name: str) -> None:
    plan = PLANS[name]
    for limb in LIMBS:
        left, right = plan.need(f"left_{limb}", f"right_{limb}")
        assert left != right
        assert plan.mirror[left] == right
        assert plan.mirror[right] == left
    plan.need("spine", "neck", "head")
    assert sum(plan.mirror[j] == j for j in range(len(plan.joints))) <= 7  # only the trunk is its own mirror
    assert len(plan.bones) == len(plan.joints) - 1
    assert len(plan.order) == len(plan.joints)


def test_roles_by_hand() -> None:
    told = {role: KINECT25.joints[joint] for role, joint in KINECT25.roles.items()}
    assert told["pelvis"] == "SpineBase"
    assert told["chest"] == "SpineShoulder"
    assert told["left_hand"] == "HandLeft"
    told = {role: UIPRMD22.joints[joint] for role, joint in UIPRMD22.roles.items()}
    assert (told["left_shoulder"], told["left_collar"], told["left_ankle"], told["left_foot"]) == \
        ("LeftUpperArm", "LeftCollar", "LeftFoot", "LeftToes")
    assert KINECT15.joints[KINECT15.roles["left_wrist"]] == "HandLeft"
    assert "pelvis" not in KINECT15.roles
    assert H36M17.joints[H36M17.roles["right_ankle"]] == "RightFoot"


@pytest.mark.parametrize(("joint", "word"), [
    ("LeftHip", ("left", "hip")), ("hip_left", ("left", "hip")), ("LHip", ("left", "hip")), ("lhip", ("left", "hip")),
    ("HipL", ("left", "hip")), ("mixamorig:LeftUpLeg", ("left", "upleg")), ("LHipJoint", ("left", "hip")),
    ("RIGHT_ELBOW", ("right", "elbow")), ("rElbow", ("right", "elbow")), ("Head", ("", "head")), ("leg", ("", "leg")),
    ("Spine1", ("", "spine1")), ("left_foot_index", ("left", "footindex")), ("neck/nose", ("", "necknose")),
])
def test_words_of_joint_names(joint: str, word: tuple[str, str]) -> None:
    assert sided_word(joint) == word


def test_an_arm_makes_the_shoulder_a_collar() -> None:
    plan = Skeleton.of("rig", ("Hips", "LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand", "LeftUpLeg", "LeftLeg",
                               "LeftFoot", "LeftToeBase"), (-1, 0, 1, 2, 3, 0, 5, 6, 7))
    told = {role: plan.joints[joint] for role, joint in plan.roles.items()}
    assert told["left_collar"] == "LeftShoulder"
    assert told["left_shoulder"] == "LeftArm"
    assert told["left_knee"] == "LeftLeg"
    assert told["left_ankle"] == "LeftFoot"
    assert told["left_foot"] == "LeftToeBase"


def test_a_role_nobody_plays_is_asked_for() -> None:
    with pytest.raises(UserError, match="no joint known as pelvis") as caught:
        KINECT15.need("head", "pelvis")
    assert '"roles"' in caught.value.remedy


def test_a_plan_is_given_as_data() -> None:
    plan = Skeleton.from_dict({"joints": ["a", "b", "c"], "edges": [[0, 1], [1, 2]],
                               "roles": {"pelvis": "a", "head": 2}})
    assert plan.parents == (-1, 0, 1)
    assert plan.need("pelvis", "head") == (0, 2)
    assert Skeleton.from_dict(plan.to_dict()) == plan
    assert Skeleton.from_dict({"joints": ["a", "b"], "parents": ["b", -1]}).parents == (1, -1)


@pytest.mark.parametrize(("data", "said"), [
    ("nonsense", "needs a list of joints"),
    ({"joints": []}, "parents or edges"),
    ({"joints": ["a", "b"], "parents": [-1]}, "2 joints but 1 parents"),
    ({"joints": ["a", "a"], "parents": [-1, 0]}, "names stand twice: a"),
    ({"joints": ["a", "b"], "parents": [-1, -1]}, "2 roots"),
    ({"joints": ["a", "b", "c"], "parents": [-1, 2, 1]}, "circle"),
    ({"joints": ["a", "b"], "parents": [-1, 7]}, "not among the joints"),
    ({"joints": ["a", "b"], "edges": [[0, 5]]}, "edge 0-5"),
    ({"joints": ["a", "b", "c"], "edges": [[0, 1], [2, 1]]}, "two parents"),
    ({"joints": ["a"], "parents": [-1], "roles": {"head": "z"}}, "names the joint 'z'"),
    ({"joints": ["a"], "parents": [-1], "roles": {"head": 4}}, "joint number 4 of 1"),
    ({"joints": ["a"], "parents": [-1], "roles": ["head"]}, "roles must be"),
])
def test_a_plan_that_is_no_tree_is_refused(data: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Skeleton.from_dict(data)


def test_plans_are_recognized_by_word_and_order() -> None:
    assert recognize_plan(["hip_center", "spine", "shoulder_center", *KINECT20.joints[3:]]) is KINECT20
    assert recognize_plan(list(reversed(KINECT20.joints))) is None
    assert recognize_plan(KINECT20.joints, [0] * 20) is None


def test_one_plan_becomes_another_and_says_what_is_lost() -> None:
    change = plan_to_plan(KINECT25, KINECT20)
    moved = change(STANDING)
    for name in ("Head", "HandLeft", "FootRight"):
        assert np.array_equal(moved[KINECT20.joints.index(name)], STANDING[KINECT25.joints.index(name)])
    assert set(change.lost) == {"Neck", "HandTipLeft", "ThumbLeft", "HandTipRight", "ThumbRight"}
    assert change.made == ()


def test_a_joint_the_source_lacks_is_the_middle_of_two() -> None:
    change = plan_to_plan(KINECT15, KINECT20)
    fifteen = plan_to_plan(KINECT25, KINECT15)(STANDING)
    middle = (fifteen[KINECT15.roles["left_hip"]] + fifteen[KINECT15.roles["right_hip"]]) / 2
    assert np.allclose(change(fifteen)[0], middle)
    assert "HipCenter" in change.made
    seen = np.full(15, 2, np.uint8)
    seen[KINECT15.roles["left_hip"]] = 1
    assert change.tracking(seen)[0] == 1
    assert change.tracking(seen)[3] == 2


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(UserError, match="has nothing for HandTipLeft"):
        plan_to_plan(KINECT20, KINECT25)


def test_bones_and_joints_are_inverses() -> None:
    vectors = bones(STANDING, KINECT25)
    assert np.allclose(joints(vectors, STANDING[0], KINECT25), STANDING, atol=1e-6)
    assert bone_lengths(STANDING, KINECT25)[13] == pytest.approx(0.4)  # thigh, by hand: from -0.05 to -0.45
    assert bone_lengths(STANDING, KINECT25)[0] == 0


def test_a_person_facing_the_camera_heads_for_it() -> None:
    assert np.allclose(heading(STANDING, KINECT25), (0, 0, -1))
    mirrored = STANDING * np.array([-1, 1, 1], np.float32)
    assert np.allclose(heading(mirrored, KINECT25), (0, 0, 1))


def test_turns_go_counter_clockwise_and_one_after_another() -> None:
    assert np.allclose(turn("z", np.array(np.pi / 2)) @ [1, 0, 0], (0, 1, 0))
    assert np.allclose(turn("x", np.array(np.pi / 2)) @ [0, 1, 0], (0, 0, 1))
    assert np.allclose(turn("y", np.array(np.pi / 2)) @ [0, 0, 1], (1, 0, 0))
    both = turns("zx", np.array([np.pi / 2, np.pi / 2]))
    assert np.allclose(both @ [0, 1, 0], turn("z", np.array(np.pi / 2)) @ (0, 0, 1))


def test_a_pose_by_hand() -> None:
    """An arm of two bones along x; the elbow bent by 90 degrees brings the hand up."""
    rotations = np.stack([np.eye(3), turn("z", np.array(np.pi / 2)), np.eye(3)])
    offsets = np.array([(0, 0, 0), (1, 0, 0), (1, 0, 0)], float)
    assert np.allclose(pose(rotations, offsets, np.zeros(3), (-1, 0, 1)), [(0, 0, 0), (1, 0, 0), (1, 1, 0)])
