"""Metrics of motion on changes whose size is known: a shift, a turn, a stretch, a slide, a shake."""

import numpy as np
import pytest

from maskeleton.body import turn
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.metrics import MEASURES, Pair, compared
from maskeleton.metrics.pair import rotation
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
    with pytest.raises(UserError, match="20 frames of 25 joints, its release 19"):
        compared(dataset([still()]), dataset([still(19)]))
    with pytest.raises(UserError, match="joints of kinect25"):
        compared(whole, dataset([np.zeros((4, 2, 3))], skeleton=NOWHERE))
