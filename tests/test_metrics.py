"""Metrics of motion on changes whose size is known: a shift, a turn, a stretch, a slide, a shake."""

import numpy as np
import pytest

from maskeleton.body import turn
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.metrics import MEASURES, Pair, compared, noted
from maskeleton.metrics.pair import rotation, stretched
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25, PLANS, Skeleton

from people import STANDING, crowd, stepping

NOWHERE = Skeleton.of("stick", ("top", "bottom"), (1, -1))


def dataset(bodies, people=None, skeleton=KINECT25, fps=30.0):
    """Recordings of one body each, by a person each."""
    motions = [Motion.of(body[:, None], f"r{number}", {"subject": (people or range(len(bodies)))[number]})
               for number, body in enumerate(bodies)]
    return MotionDataset.of(skeleton, fps, motions)


def values(original, released, **more):
    rows = compared(*(side if isinstance(side, MotionDataset) else dataset(side, **more)
                      for side in (original, released)))
    return {row["metric"]: row["value"] for row in rows}


def still(frames=20):
    return np.repeat(STANDING[None], frames, 0)


def test_a_release_that_is_the_original():
    original = crowd(3, 2, 2)
    found = values(original, original)
    for name, measure in MEASURES.items():
        if measure.alone:
            assert found[name] == pytest.approx(found[f"{name}_original"], abs=1e-5)
        else:
            assert found[name] == pytest.approx(0, abs=1e-4)
            assert f"{name}_original" not in found


def test_every_row_is_one_of_results_json():
    from maskeleton.scorecard import ROWS

    original = crowd(2, 2, 1)
    for row in compared(original, original):
        assert set(row) == set(ROWS["motion"])
        assert all(isinstance(row[key], kind) for key, kind in ROWS["motion"].items())


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_the_rmse_of_noise_is_its_sigma(sigma):
    rng = np.random.default_rng(0)
    bodies = [stepping(300, at=0.1 * number) for number in range(4)]
    noisy = [body + rng.normal(0, sigma, body.shape) for body in bodies]
    found = values(bodies, noisy)
    assert found["rmse"] == pytest.approx(sigma, rel=0.025)  # one shift a frame takes a fiftieth of it
    assert found["rmse"] < sigma
    assert found["rmse_paper"] == pytest.approx(found["rmse"] / 2**0.5, rel=1e-6)  # half the slots are zeros
    assert found["mpjpe"] == pytest.approx(1000 * sigma * (8 / np.pi) ** 0.5, rel=0.01)  # the mean of a Maxwell
    assert found["mpjpe_pose"] < found["mpjpe"] < found["mpjpe_root"]
    third = 20**0.5 * sigma * 30**3 * (8 / np.pi) ** 0.5  # 1, 3, 3, 1: squares add up to 20
    assert found["jerk"] == pytest.approx(third, rel=0.03)


def test_a_recording_shorter_than_300_frames_is_looped():
    rng = np.random.default_rng(0)
    body = still(7)
    shaken = body + rng.normal(0, 0.1, body.shape) * np.array([1, 0, 0, 0, 0, 0, 0])[:, None, None]  # the first frame
    (before, after) = (dataset([side])[0] for side in (body, shaken))
    total, count = MEASURES["rmse_paper"].of(Pair.of(before, after, KINECT25, 30))
    alone, _ = MEASURES["rmse"].of(Pair.of(before, after, KINECT25, 30))
    assert count == 300 * 2 * 25 * 3
    frames = np.square(Pair.of(before, after, KINECT25, 30).aligned - before.positions).sum((1, 2, 3))
    assert alone == pytest.approx(frames.sum())
    assert total == pytest.approx(42 * frames.sum() + frames[:6].sum())  # 300 = 42 · 7 + 6


def test_a_whole_recording_that_stands_elsewhere_is_the_same_motion():
    body = stepping(30)
    elsewhere = body @ turn("y", np.array(0.7)).T + np.array([1.0, 0, 2.0])
    found = values([body], [elsewhere])
    assert found["mpjpe"] > 1000
    for name in ("rmse", "rmse_paper", "mpjpe_root", "mpjpe_pose", "acceleration_error"):
        assert found[name] == pytest.approx(0, abs=0.01)
    assert found["jerk"] == pytest.approx(found["jerk_original"], rel=0.02)
    only_shifted = values([body], [body + np.array([0.3, 0, 0.4])])
    assert only_shifted["mpjpe"] == pytest.approx(500, rel=1e-4)


def test_another_path_through_the_room_is_no_other_pose():
    body = still()
    walking = body.copy()
    walking[..., 0] += 0.05 * np.arange(20)[:, None]  # 1.5 m/s
    found = values([body], [walking])
    assert found["rmse"] == pytest.approx(0, abs=1e-6)
    assert found["mpjpe_root"] == pytest.approx(0, abs=1e-3)
    assert found["mpjpe"] == pytest.approx(1000 * 0.05 * 9.5, rel=1e-4)
    assert found["foot_slide"] == pytest.approx(1500, rel=1e-4)
    assert found["foot_slide_original"] == 0


def test_a_body_that_grows_has_the_same_pose():
    body = stepping(20)
    found = values([body], [body * 1.1])
    assert found["mpjpe_pose"] == pytest.approx(0, abs=1e-3)
    assert found["mpjpe_root"] > 10
    assert found["bones_over_time"] == pytest.approx(found["bones_over_time_original"], rel=1e-4)


def test_mirrored_people_are_not_the_same_pose():
    body = stepping(20)
    body[:, 7, 2] -= 0.3
    assert values([body], [body * np.array([-1, 1, 1])])["mpjpe_pose"] > 10


def test_bones_that_breathe_and_people_of_two_sizes():
    breathing = still() * np.where(np.arange(20) % 2, 0.9, 1.1)[:, None, None]
    found = values([still()], [breathing])
    assert found["bones_over_time"] == pytest.approx(10, rel=1e-4)
    assert found["bones_over_time_original"] == pytest.approx(0, abs=1e-4)
    assert found["bones_between_people"] is None  # there is one person
    sizes = [still() * 0.9, still() * 0.8, still() * 1.1]  # person 0 is .85 on average, person 1 is 1.1
    alike = [still()] * 3
    found = values(sizes, alike, people=[0, 0, 1])
    assert found["bones_between_people_original"] == pytest.approx(100 * 0.125 / 0.975, rel=1e-4)
    assert found["bones_between_people"] == pytest.approx(0, abs=1e-4)


def test_accelerations_and_jerks_by_hand():
    time = np.arange(40) / 30
    body = still(40)
    falling = body.copy()
    falling[..., 1] -= 0.5 * 9.81 * time[:, None] ** 2
    found = values([body], [falling])
    assert found["acceleration_error"] == pytest.approx(9.81, rel=1e-3)
    assert found["jerk_original"] == 0
    surging = body.copy()
    surging[..., 0] += time[:, None] ** 3
    assert values([body], [surging])["jerk"] == pytest.approx(6, rel=0.01)


def test_feet_that_sink():
    deep = still()
    deep[:, (15, 19), 1] -= 0.03
    found = values([still()], [deep])
    assert found["foot_sink"] == pytest.approx(30 * 23 / 25, abs=1.5)  # two of 25 joints pull the whole body up a little
    assert found["foot_sink_original"] == pytest.approx(0, abs=1e-4)


def test_who_is_absent_does_not_count():
    rng = np.random.default_rng(3)
    present = np.ones((9, 2), bool)
    present[4:, 1] = False
    positions = rng.normal(size=(9, 2, 25, 3))
    rubbish = np.where(present[..., None, None], positions, 99.0)
    pairs = [Pair(positions, positions + 0.1 * rng.normal(size=positions.shape) * present[..., None, None], present,
                  KINECT25, 30)]
    pairs.append(Pair(rubbish, np.where(present[..., None, None], pairs[0].released, -7.0), present, KINECT25, 30))
    for measure in MEASURES.values():
        here, there = (measure.of(pair, pair.placed) if measure.alone else measure.of(pair) for pair in pairs)
        np.testing.assert_allclose(here, there, rtol=1e-9)


@pytest.mark.parametrize("skeleton", [*PLANS.values(), NOWHERE])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_any_body_plan_and_the_shortest_recordings(skeleton, frames):
    rng = np.random.default_rng(1)
    body = rng.normal(size=(frames, len(skeleton.joints), 3))
    found = values([body], [body + 0.1], skeleton=skeleton)
    assert found["rmse"] == pytest.approx(0, abs=1e-6)
    assert (found["jerk"] is None) == (frames < 4)
    assert (found["foot_slide"] is None) or frames > 1
    assert (found["foot_sink"] is None) == (skeleton is NOWHERE)


def test_a_rotation_is_found_again():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(6, 10, 3))
    turns = turn("x", rng.uniform(-3, 3, 6)) @ turn("y", rng.uniform(-3, 3, 6))
    np.testing.assert_allclose(rotation(points, points @ np.swapaxes(turns, 1, 2)), turns, atol=1e-9)
    assert np.linalg.det(rotation(points, points * [-1, 1, 1])) == pytest.approx(np.ones(6))


def test_what_cannot_be_compared():
    whole = crowd(2, 2, 1)
    with pytest.raises(UserError, match="4 recordings, the release 3"):
        compared(whole, whole.select([0, 1, 2]))
    with pytest.raises(UserError, match="stands beside"):
        compared(whole, whole.select([1, 0, 2, 3]))
    with pytest.raises(UserError, match="25 joints, its release 2"):
        Pair.of(Motion.of(still(), "r0"), Motion.of(np.zeros((20, 2, 3)), "r0"), KINECT25, 30)
    with pytest.raises(UserError, match="20 frames, its release 0"):
        Pair.of(Motion.of(still(), "r0"), Motion.of(still(0), "r0"), KINECT25, 30)
    with pytest.raises(UserError, match="joints of kinect25"):
        compared(whole, dataset([np.zeros((4, 2, 3))], skeleton=NOWHERE))


# ── a release in another number of frames ────────────────────────────────────────────────────────────────────────────


def moving(frames, seconds=2.0, power=1):
    """A body that is carried two metres along, in so many frames; with power 3 ever faster."""
    body = still(frames)
    body[..., 0] += 2 * np.linspace(0, 1, frames)[:, None] ** power
    return body


@pytest.mark.parametrize("frames", [2, 31, 60, 61, 119, 200])
def test_the_same_way_in_other_frames_is_the_same_motion(frames):
    before, after = dataset([moving(60)]), dataset([moving(frames)])
    found = values(before, after)
    for name in ("rmse", "mpjpe", "mpjpe_root", "mpjpe_pose"):
        assert found[name] == pytest.approx(0, abs=1e-2)
    assert (found["acceleration_error"] is None) == (frames != 60)
    assert found["jerk_original"] == pytest.approx(values(before, before)["jerk"])


def test_one_frame_stands_still_beside_a_way_of_two_metres():
    assert values([moving(61)], [moving(1)])["mpjpe"] == pytest.approx(1000, rel=1e-4)


def test_another_way_in_other_frames_is_told_by_how_far_it_is():
    aside = moving(31)
    aside[..., 2] += 0.25
    assert values([moving(60)], [aside])["mpjpe"] == pytest.approx(250, rel=1e-3)


def test_bodies_between_two_frames_are_on_the_straight_line_and_there_as_in_the_nearest():
    body = np.arange(3.0)[:, None, None] * np.ones((3, 25, 3))
    motion = Motion.of(body, "r0", present=np.array([[True], [True], [False]]))
    longer = stretched(motion, 5)
    assert longer.positions[:3, 0, 0, 0].tolist() == [0, 0.5, 1]
    assert longer.present[:, 0].tolist() == [True, True, True, False, False]
    assert stretched(motion, 3) is motion
    assert stretched(motion, 1).positions[0, 0, 0, 0] == 0
    assert stretched(motion._replace(positions=motion.positions[:1], present=motion.present[:1]), 4).present.all()


def test_jerk_and_feet_are_of_the_release_at_its_own_rate():
    time = np.arange(41)
    body = still(41)
    body[..., 0] += (time / 30)[:, None] ** 3
    for after, fps, jerk in ((body[::2], 30.0, 48), (body[::2], 15.0, 6), (body, 60.0, 48)):
        found = values(dataset([body]), dataset([after], fps=fps))
        assert found["jerk_original"] == pytest.approx(6, rel=0.01)
        assert found["jerk"] == pytest.approx(jerk, rel=0.02)
    sliding = still(41)
    sliding[..., 2] += 0.05 * (time / 30)[:, None]
    sunk = sliding[::2].copy()
    sunk[5:9, (15, 19), 1] -= 0.4
    found = values([sliding], [sunk])
    assert found["foot_slide_original"] == pytest.approx(50, rel=1e-3)
    assert found["foot_slide"] == pytest.approx(100, rel=1e-3)  # twice as fast, and what is under the floor does not stand
    assert found["foot_sink"] > 0
    assert found["foot_sink_original"] == pytest.approx(0, abs=1e-3)


def test_a_comparison_says_what_it_had_to_do():
    whole = crowd(2, 2, 1)
    assert noted(whole, whole) == []
    longer = [motion._replace(labels=whole.told(row)) for row, motion in enumerate(whole)]
    longer[0] = stretched(longer[0], 50)
    longer[1] = stretched(longer[1], 7)
    [said] = noted(whole, MotionDataset.of(whole.skeleton, whole.fps, longer))
    assert said.startswith("2 of 4 recordings have another length in the release (1 shorter, 1 longer)")
    assert "after resampling" in said
    [said] = noted(whole, MotionDataset.of(whole.skeleton, whole.fps / 2, list(whole)))
    assert "15 frames a second, the original 30" in said


def test_bodies_that_are_not_there_together_are_said_to_be_left_out():
    early, late = np.zeros((20, 1), bool), np.zeros((20, 1), bool)
    early[:8], late[12:] = True, True
    before, after = (MotionDataset.of(KINECT25, 30, [Motion.of(still(), "r0", present=there)])
                     for there in (early, late))
    assert set(values(before, after).values()) == {None}
    assert noted(before, after) == ["in 1 of 1 recordings nobody is there at the same time before and after, and "
                                    "nothing of them was compared: r0"]
    two = MotionDataset.of(KINECT25, 30, [Motion.of(np.stack([still(), still() + 1], 1), "r0")])
    [said] = noted(dataset([still()]), two)
    assert said.startswith("1 of 1 recordings have another number of bodies")
    assert values(dataset([still()]), two)["mpjpe"] == 0


def test_the_card_the_table_and_the_page_say_it(tmp_path):
    from maskeleton.page.table import page
    from maskeleton.scorecard import Scorecard
    from maskeleton.verbs.evaluate import _compare
    from maskeleton.verdict import table

    card = Scorecard("evaluate", data={"name": "d"})
    _compare(card, dataset([moving(60)]), dataset([moving(31)]))
    assert {row["metric"]: row["value"] for row in card.motion}["mpjpe"] == pytest.approx(0, abs=0.01)
    assert "after resampling" in table(card)
    assert "after resampling" in page(card)
    card.write(tmp_path)
    assert any("after resampling" in warning for warning in Scorecard.read(tmp_path).warnings)
