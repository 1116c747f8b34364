"""bvh, written: what is read again stands where it stood; one hierarchy for all; angles run on; the rest is told."""

from pathlib import Path

import numpy as np
import pytest

from maskeleton import store
from maskeleton.body import bone_lengths, bones, joints, turns
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import bvh
from maskeleton.formats.fields import entry_of
from maskeleton.formats.opening import read
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton
from maskeleton.verbs.convert import convert, told

from bvh_text import NUMBERS, hierarchy, motion, person
from people import STANDING, crowd, stepping


def swaying(plan: Skeleton, frames: int, seed: int, swing: float = 0.6) -> np.ndarray:
    """The standing person, in a plan that begins as Kinect's; each bone sways by itself, none changes its length."""
    rng = generator(0, "test", "swaying", plan.name, seed)
    vectors = np.repeat(bones(STANDING[None, : len(plan.joints)].astype(np.float64), plan), frames, 0)
    times = np.linspace(0, 3, frames)[:, None, None]
    angles = swing * np.sin(times * rng.uniform(1, 3, (1, len(plan.joints), 3)) + rng.uniform(0, 6, (1, 1, 3)))
    root = STANDING[0] + np.stack([times[:, 0, 0], 0 * times[:, 0, 0], times[:, 0, 0] / 2], -1)
    return joints((turns("zyx", angles) @ vectors[..., None])[..., 0], root, plan)


def there_and_back(dataset: MotionDataset, out: Path) -> tuple[MotionDataset, float, list[str]]:
    """What is read again, the largest distance in metres, and what was said in writing."""
    said = bvh.write(dataset, out)
    back = read(out, format="bvh")
    order = [back.skeleton.joints.index(joint) for joint in dataset.skeleton.joints]
    off = max(float(np.linalg.norm(back[back.ids.index(motion.id)].positions[:, :, order] - motion.positions,
                                   axis=-1)[motion.present].max()) for motion in dataset)
    return back, off, said


@pytest.mark.parametrize("plan", [KINECT25, KINECT20])
def test_bones_of_one_length_come_back_where_they_were(tmp_path: Path, plan: Skeleton) -> None:
    dataset = MotionDataset.of(plan, 25, [Motion.of(swaying(plan, 40 + k, k), f"r{k}") for k in range(3)])
    back, off, said = there_and_back(dataset, tmp_path / "out")
    assert off < 1e-4
    assert said == []
    assert (back.skeleton, back.fps, back.ids, list(back.frames)) == (plan, 25, ["r0", "r1", "r2"], [40, 41, 42])
    heads = {file.read_text().partition("MOTION")[0] for file in (tmp_path / "out").iterdir()}
    assert len(heads) == 1


def test_a_plan_that_is_unknown_keeps_names_and_parents(tmp_path: Path) -> None:
    plan = Skeleton.of("odd", ("a b", "left", "right", "tip", "b"), (3, 0, 0, -1, 1))
    rng = generator(0, "test", "odd plan")
    root, arms = rng.normal(0, 1, (1, 30, 3)), rng.normal(0, 1, (5, 30, 3))
    arms /= np.linalg.norm(arms, axis=-1, keepdims=True) * 2
    positions = joints(arms.transpose(1, 0, 2), root[0], plan)
    back, off, _ = there_and_back(MotionDataset.of(plan, 50, [Motion.of(positions, "r")]), tmp_path / "out")
    assert off < 1e-4
    above = {plan.joints[joint]: plan.joints[parent] for parent, joint in plan.bones}
    found = back.skeleton
    assert {found.joints[joint]: found.joints[parent] for parent, joint in found.bones} == above


def test_what_was_a_bvh_file_has_its_hierarchy_again(tmp_path: Path) -> None:
    """A body that is rigid where several bones meet needs no other channels; End Sites are End Sites."""
    (tmp_path / "in").mkdir()
    rng = generator(0, "test", "bvh again")
    frames = np.cumsum(rng.normal(0, 3, (50, NUMBERS)), 0)
    text = hierarchy(person(100)) + motion(frames.tolist(), 1 / 60)
    (tmp_path / "in" / "a.bvh").write_text(text)
    dataset = read(tmp_path / "in")
    back, off, said = there_and_back(dataset, tmp_path / "out")
    assert off < 1e-5
    assert said == []
    assert (back.skeleton, back.fps) == (dataset.skeleton, 60)
    written = (tmp_path / "out" / "a.bvh").read_text()
    assert written.count("position") == 3
    joints_of = [[line.strip() for line in one.splitlines() if line.lstrip().startswith(("ROOT", "JOINT"))]
                 for one in (text, written)]
    assert joints_of[0] == joints_of[1]


def test_bones_that_change_their_length_get_one_and_it_is_told(tmp_path: Path) -> None:
    """Arms 2 cm longer in one of three people: the usual length is written, and 2 cm are told."""
    people = []
    for number in range(3):
        positions = swaying(KINECT20, 30, number)
        vectors = bones(positions, KINECT20)
        if number == 2:
            vectors[:, 5] *= 1 + 0.02 / np.linalg.norm(vectors[:, 5], axis=-1, keepdims=True)
        people.append(Motion.of(joints(vectors, positions[:, 0], KINECT20), f"r{number}"))
    dataset = MotionDataset.of(KINECT20, 30, people)
    back, off, said = there_and_back(dataset, tmp_path / "out")
    assert off == pytest.approx(0.02, abs=1e-3)
    assert len(said) == 1
    assert "mm from where they were on average, 20.0 mm at most" in said[0]
    lengths = bone_lengths(np.concatenate([motion.positions for motion in back]), KINECT20)
    assert np.ptp(lengths.reshape(-1, 20), axis=0).max() < 1e-6
    assert lengths[0, 0, 5] == pytest.approx(bone_lengths(dataset[0].positions, KINECT20)[0, 0, 5], abs=1e-6)


def test_angles_run_on_through_a_whole_turn_and_an_arm_swung_over_the_head(tmp_path: Path) -> None:
    turning = turns("y", np.linspace(0, 7, 120)[:, None])
    vectors = np.repeat(bones(STANDING[None, :20].astype(np.float64), KINECT20), 120, 0)
    for joint in (5, 6, 7):  # the left arm, from hanging, out to the left, up beside the head
        vectors[:, joint] = (turns("z", np.linspace(0, -3, 120)[:, None])
                             @ np.array([0, -np.linalg.norm(vectors[0, joint]), 0]))
    vectors = (turning[:, None] @ vectors[..., None])[..., 0]
    positions = joints(vectors, np.zeros((120, 3)), KINECT20)
    _, off, _ = there_and_back(MotionDataset.of(KINECT20, 30, [Motion.of(positions, "r")]), tmp_path / "out")
    rows = np.array([line.split() for line in (tmp_path / "out" / "r.bvh").read_text().splitlines()[-120:]], float)
    assert off < 1e-4
    assert np.abs(np.diff(rows, axis=0)).max() < 6
    assert np.ptp(rows[:, 5]) == pytest.approx(np.degrees(7), abs=1)


def test_a_frame_without_a_body_shows_the_pose_before_it(tmp_path: Path) -> None:
    positions = swaying(KINECT20, 9, 0).astype(np.float32)
    shown = positions[[1, 1, 2, 2, 2, 5, 6, 7, 8]]
    positions[[0, 3, 4]] = np.nan
    bvh.write(MotionDataset.of(KINECT20, 30, [Motion.of(positions, "r")]), tmp_path / "out")
    back = read(tmp_path / "out")[0]
    assert np.allclose(back.positions[:, 0], shown, atol=1e-4)
    assert back.present.all()


def test_convert_tells_what_a_file_cannot_say(tmp_path: Path) -> None:
    store.write(MotionDataset.of(KINECT25, 30, [Motion.of(stepping(20), "a")]), tmp_path / "in")
    taken = convert(tmp_path / "in", tmp_path / "out", to="bvh")
    assert "in the bvh files every bone has one length throughout" in told(taken, tmp_path / "out")
    assert len(read(tmp_path / "out")) == 1


def test_labels_stand_beside_the_files(tmp_path: Path) -> None:
    one = crowd()
    store.write(one.select(one.slots == 1), tmp_path / "in")
    convert(tmp_path / "in", tmp_path / "out", to="bvh")
    back = read(tmp_path / "out", format="bvh")
    assert [{**back.told(i)}["gender"] for i in range(3)] == ["female"] * 3
    assert len(back) == int((one.slots == 1).sum())


def test_every_field_of_a_file_has_an_entry(tmp_path: Path) -> None:
    bvh.write(MotionDataset.of(KINECT25, 30, [Motion.of(stepping(5), "a")]), tmp_path / "out")
    hierarchy, _, rest = (tmp_path / "out" / "a.bvh").read_text().partition("MOTION\n")
    found = {" ".join(word for word in line.split() if word in ("ROOT", "JOINT", "OFFSET", "CHANNELS", "End", "Site"))
             for line in hierarchy.splitlines()[1:]} - {""}
    found |= {word for line in hierarchy.splitlines() if "CHANNELS" in line for word in line.split()[2:]}
    found |= {line.partition(":")[0] for line in rest.splitlines()[:2]}
    assert len(found) == 13
    assert [name for name in found if entry_of(name, bvh.FIELDS) is None] == []


@pytest.mark.parametrize(("dataset", "says"), [
    (crowd(), "holds one body, and 3 recordings have more"),
    (MotionDataset.of(Skeleton.of("b", ("a{", "b"), (-1, 0)), 30, [Motion.of(np.eye(3)[None, :2], "r")]), "called a{"),
    (MotionDataset.of(Skeleton.of("b", ("a", "b"), (-1, 0)), 30, [Motion.of(np.eye(3)[None, :2] * 1e4, "r")]), "size"),
])
def test_what_no_file_can_hold_is_refused(tmp_path: Path, dataset: MotionDataset, says: str) -> None:
    with pytest.raises(UserError, match=says):
        bvh.write(dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()

