"""Normalization chains against slow, obvious versions, and there and back again."""

import time

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.normalize import CHAINS, normalize, restore, turn_toward
from maskeleton.skeleton import H36M17, KINECT15, KINECT25, PLANS, UIPRMD22, Skeleton

X, Y, Z = np.eye(3)


def recording(seed, bodies=1, frames=12, plan=KINECT25, absent=()):
    """Random bodies, each moving more than the one before; `absent` lists (body, first frame, length)."""
    random = np.random.default_rng(seed)
    size = 0.3 + 0.4 * np.arange(bodies)
    positions = random.normal(size=(frames, bodies, len(plan.joints), 3)) * size[None, :, None, None]
    positions += random.normal((0, 0, 3), size=(1, bodies, 1, 3))
    for body, first, length in absent:
        positions[first : first + length, body] = np.nan
    motion = Motion.of(positions, f"r{seed}", {"action": 1})
    return motion._replace(positions=np.nan_to_num(motion.positions))


# ── the slow, obvious versions ───────────────────────────────────────────────────────────────────────────────────────


def slow_turn(vector, target):
    """The shortest rotation, from its definition: turn each axis of the world by the angle about the common normal."""
    axis = np.cross(vector, target)
    if np.abs(axis).sum() < 1e-6:
        return np.eye(3)
    axis = axis / np.linalg.norm(axis)
    angle = np.arccos(np.clip(vector @ target / np.linalg.norm(vector), -1, 1))
    columns = []
    for world in (X, Y, Z):
        along = axis * (axis @ world)
        across = world - along
        columns.append(along + np.cos(angle) * across + np.sin(angle) * np.cross(axis, world))
    return np.stack(columns, 1)


def slow_paper(motion, plan):
    frames, bodies, joints, _ = motion.positions.shape
    people = []
    for body in range(bodies):
        poses = [motion.positions[t, body].astype(float) if motion.present[t, body] else None for t in range(frames)]
        seen = [pose for pose in poses if pose is not None]
        points = [pose[j] for pose in seen for j in range(joints)]
        energy = sum(np.std([point[axis] for point in points]) for axis in range(3)) if seen else 0
        people.append((-energy, body, poses))
    people = [poses for _, _, poses in sorted(people, key=lambda person: person[:2])[:2]]
    for poses in people:
        if poses[0] is None:
            seen = [pose for pose in poses if pose is not None]
            poses[:] = seen + [None] * (frames - len(seen))
    spine, left, right = plan.need("spine", "left_shoulder", "right_shoulder")
    centres = [np.zeros(3) if pose is None else pose[spine] for pose in people[0]]
    first = people[0][0]
    if "pelvis" in plan.roles:
        pelvis = first[plan.roles["pelvis"]]
    else:
        pelvis = (first[plan.roles["left_hip"]] + first[plan.roles["right_hip"]]) / 2
    upright = slow_turn(first[spine] - pelvis, Z)
    sideways = slow_turn(upright @ first[right] - upright @ first[left], X)
    out = np.zeros((frames, len(people), joints, 3))
    for b, poses in enumerate(people):
        for t, pose in enumerate(poses):
            for j in range(joints):
                if pose is not None:
                    out[t, b, j] = sideways @ (upright @ (pose[j] - centres[t]))
    return out


def slow_sequence(motion, plan):
    slot = next(b for b in range(motion.present.shape[1]) if motion.present[:, b].any())
    start = next(t for t in range(len(motion.present)) if motion.present[t, slot])
    first = motion.positions[start, slot].astype(float)
    left, right = (first[j] for j in plan.need("left_hip", "right_hip"))
    centre = first[plan.roles["pelvis"]] if "pelvis" in plan.roles else (left + right) / 2
    facing = np.cross(left - right, Y) * [1, 0, 1]
    facing /= np.linalg.norm(facing)
    side = np.cross(Y, facing)
    out = np.zeros(motion.positions.shape)
    for t, b in zip(*np.nonzero(motion.present), strict=True):
        for j, point in enumerate(motion.positions[t, b].astype(float) - centre):
            out[t, b, j] = side @ point, point[1], facing @ point
    return out


def slow_origin(motion, plan):
    def liveliness(body):
        poses = [p for p, there in zip(motion.positions[:, body], motion.present[:, body], strict=True) if there]
        return sum(np.std([point[axis] for pose in poses for point in pose]) for axis in range(3)) if poses else 0

    kept = sorted(range(motion.present.shape[1]), key=liveliness, reverse=True)[:2]
    start = next(t for t in range(len(motion.present)) if motion.present[t, kept[0]])
    centre = motion.positions[start, kept[0], plan.roles["spine"]]
    there = motion.present[:, kept]
    return np.array([[motion.positions[t, b] - centre if there[t, place] else np.zeros_like(centre)[None].repeat(
        len(plan.joints), 0) for place, b in enumerate(kept)] for t in range(len(motion.present))])


STORIES = {
    "one body": recording(1),
    "two bodies": recording(2, 2),
    "three bodies": recording(3, 3),
    "empty first frames": recording(4, 2, absent=[(0, 0, 3), (1, 0, 5)]),
    "the second comes later": recording(5, 2, absent=[(0, 0, 4)]),
    "nobody in the middle": recording(6, 1, absent=[(0, 4, 3)]),
    "gaps everywhere": recording(7, 3, absent=[(0, 0, 2), (1, 5, 2), (2, 0, 1), (2, 6, 2), (2, 10, 2)]),
    "a body never there": recording(8, 2, absent=[(1, 0, 12)]),
    "one frame": recording(9, 2, frames=1),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize(("chain", "slow"), [("paper", slow_paper), ("sequence", slow_sequence),
                                              ("origin", slow_origin)])
def test_chain_equals_the_slow_version(story, chain, slow):
    motion = STORIES[story]
    np.testing.assert_allclose(normalize(chain, motion, KINECT25)[0].positions, slow(motion, KINECT25), atol=2e-6)


@pytest.mark.parametrize("plan", [KINECT15, UIPRMD22, H36M17], ids=lambda plan: plan.name)
@pytest.mark.parametrize(("chain", "slow"), [("paper", slow_paper), ("sequence", slow_sequence),
                                              ("origin", slow_origin)])
def test_any_plan_with_the_roles_will_do(plan, chain, slow):
    motion = recording(11, 2, plan=plan)
    np.testing.assert_allclose(normalize(chain, motion, plan)[0].positions, slow(motion, plan), atol=2e-6)


@pytest.mark.parametrize("story", [story for story in STORIES if story not in ("three bodies", "gaps everywhere")])
@pytest.mark.parametrize("chain", CHAINS)
def test_there_and_back_again(story, chain):
    motion = STORIES[story]
    back = restore(*normalize(chain, motion, KINECT25))
    assert (back.present == motion.present).all()
    assert (back.tracked == motion.tracked).all()
    np.testing.assert_allclose(back.positions, motion.positions, atol=1e-5)
    assert (back.id, back.labels) == (motion.id, motion.labels)


@pytest.mark.parametrize("story", ["three bodies", "gaps everywhere"])
def test_the_third_body_is_dropped_and_stays_away(story):
    motion = STORIES[story]
    normal, undo = normalize("paper", motion, KINECT25)
    assert undo.slots.tolist() == [2, 1]  # the later, the livelier
    back = restore(normal, undo)
    assert not back.present[:, 0].any()
    assert not back.positions[:, 0].any()
    assert (back.present[:, 1:] == motion.present[:, 1:]).all()
    np.testing.assert_allclose(back.positions[:, 1:], motion.positions[:, 1:], atol=1e-5)
    assert normalize("sequence", motion, KINECT25)[0].positions.shape == motion.positions.shape


def test_none_is_the_recording_itself():
    motion = STORIES["three bodies"]
    same, undo = normalize("none", motion, KINECT25)
    assert same is motion
    assert restore(same, undo) is motion


def standing(left):
    """A body by hand: spine along y, the left side where `left` says, walking one metre a frame along x."""
    pose = np.zeros((len(KINECT25.joints), 3))
    sides = KINECT25.need("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    pose[KINECT25.roles["spine"]] = Y
    for joint, place in zip(sides, (2 * Y + left, 2 * Y - left, left, -left), strict=True):
        pose[joint] = place
    return Motion.of(pose + np.stack([t * X + 5 * Z for t in range(3)])[:, None], "by hand")


def test_paper_by_hand():
    normal, _ = normalize("paper", standing(left=-X), KINECT25)
    spine, left, right, pelvis = KINECT25.need("spine", "left_shoulder", "right_shoulder", "pelvis")
    for frame in normal.positions[:, 0]:
        np.testing.assert_allclose(frame[spine], 0, atol=1e-6)
        np.testing.assert_allclose(frame[pelvis], -Z, atol=1e-6)
        np.testing.assert_allclose(frame[right] - frame[left], 2 * X, atol=1e-6)


def test_sequence_by_hand_keeps_the_path():
    pelvis = KINECT25.roles["pelvis"]
    away, _ = normalize("sequence", standing(left=X), KINECT25)  # it faces +z already and walks to its left
    np.testing.assert_allclose(away.positions[:, 0, pelvis], [0 * X, X, 2 * X], atol=1e-6)
    toward, _ = normalize("sequence", standing(left=-X), KINECT25)  # it faces the camera and walks to its right
    np.testing.assert_allclose(toward.positions[:, 0, pelvis], [0 * X, -X, -2 * X], atol=1e-6)
    aside, _ = normalize("sequence", standing(left=-Z), KINECT25)  # it faces +x and walks forward
    np.testing.assert_allclose(aside.positions[:, 0, pelvis], [0 * Z, Z, 2 * Z], atol=1e-6)


@pytest.mark.parametrize("vector", [Z, -Z, 0 * Z, 1e-9 * X + Z])
def test_a_vector_on_the_line_is_not_turned(vector):
    assert (turn_toward(vector, (0.0, 0.0, 1.0)) == np.eye(3)).all()


@pytest.mark.parametrize("spine", [Z, -Z, 0 * Z, Z + 1e-7 * X], ids=["up", "down", "none", "nearly"])
def test_degenerate_spines_still_go_back(spine):
    motion = STORIES["two bodies"]
    positions = motion.positions.copy()
    positions[:, :, KINECT25.roles["spine"]] = positions[:, :, KINECT25.roles["pelvis"]] + spine.astype(np.float32)
    motion = motion._replace(positions=positions)
    normal, undo = normalize("paper", motion, KINECT25)
    np.testing.assert_allclose(normal.positions, slow_paper(motion, KINECT25), atol=2e-6)
    np.testing.assert_allclose(restore(normal, undo).positions, motion.positions, atol=1e-5)


def test_equally_lively_bodies_keep_their_order():
    one = recording(12).positions
    motion = Motion.of(np.concatenate([one, one, one], 1), "copies")
    assert normalize("paper", motion, KINECT25)[1].slots.tolist() == [0, 1]


def test_a_constant_body_and_one_point():
    motion = Motion.of(np.ones((5, 25, 3)), "a point")
    for chain in CHAINS:
        normal, undo = normalize(chain, motion, KINECT25)
        np.testing.assert_allclose(restore(normal, undo).positions, motion.positions, atol=1e-6)
    assert not normalize("paper", motion, KINECT25)[0].positions.any()


def test_undo_applies_to_a_changed_motion():
    motion = STORIES["empty first frames"]
    normal, undo = normalize("paper", motion, KINECT25)
    raised = normal._replace(positions=normal.positions + undo.rotation[:, 1].astype(np.float32) * 0.25)
    moved = restore(raised, undo).positions - motion.positions
    np.testing.assert_allclose(moved[motion.present] - [0, 0.25, 0], 0, atol=1e-5)
    assert not moved[~motion.present].any()


def test_fields_of_the_raw_pose_do_not_travel():
    motion = STORIES["two bodies"]._replace(fields={"leanX": np.zeros((12, 2))})
    assert "leanX" in normalize("none", motion, KINECT25)[0].fields
    for chain in ("paper", "sequence"):
        assert not normalize(chain, motion, KINECT25)[0].fields


def test_refusals():
    motion = STORIES["two bodies"]
    with pytest.raises(UserError, match=r"no normalization chain 'papers'\nthere are: none, paper, sequence"):
        normalize("papers", motion, KINECT25)
    tailless = Skeleton.of("worm", ("Head", "Neck"), (-1, 0))
    for chain in ("paper", "sequence"):
        with pytest.raises(UserError, match="'worm' has no joint known as"):
            normalize(chain, Motion.of(np.zeros((3, 2, 3)), "worm"), tailless)
    with pytest.raises(UserError, match="no body in any frame"):
        normalize("paper", motion._replace(present=np.zeros((12, 2), bool)), KINECT25)
    normal, undo = normalize("paper", motion, KINECT25)
    with pytest.raises(UserError, match="has 5 frames, but was normalized with 12"):
        restore(normal._replace(positions=normal.positions[:5], present=normal.present[:5]), undo)
    with pytest.raises(UserError, match="has 1 bodies, but was normalized with 2"):
        restore(normal._replace(positions=normal.positions[:, :1], present=normal.present[:, :1]), undo)


def test_every_named_plan_can_be_normalized():
    for plan in PLANS.values():
        for chain in CHAINS:
            assert np.isfinite(normalize(chain, recording(13, plan=plan), plan)[0].positions).all()


def test_paper_is_quick_and_sequence_too():
    motion = recording(14, frames=100)
    for chain in ("paper", "sequence"):
        times = []
        for _ in range(50):
            start = time.perf_counter()
            normalize(chain, motion, KINECT25)
            times.append(time.perf_counter() - start)
        assert min(times) < 0.0005
