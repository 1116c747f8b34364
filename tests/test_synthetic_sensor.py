"""How synthetic people are filmed: one take from many sides, and a camera's faults at the rates asked for."""

import numpy as np
import pytest
from mean_person import ALIKE, CLEAN, JOINT, NOTHING, SHAKE, TURN, WAVE, angle

from maskeleton import body
from maskeleton.motion import GUESSED, MISSING, SEEN
from maskeleton.skeleton import KINECT25
from maskeleton.synthetic import SyntheticSource, sensor, settings
from maskeleton.synthetic.cameras import camera, direction, filmed, unfilmed
from maskeleton.synthetic.takes import perform

# ── cameras ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cameras_film_one_take():
    chosen = settings("etri", set=CLEAN)
    views = [motion.positions for motion in SyntheticSource(chosen, 2).take(5, SHAKE, 2)]
    world = perform(2, chosen, 5, SHAKE, 2)
    assert len(views) == 8
    for number, view in enumerate(views, 1):
        np.testing.assert_allclose(unfilmed(view, camera(2, chosen, 2, number)), world, atol=2e-6)


def test_cameras_stand_where_they_should():
    assert [direction(number, 1) for number in range(1, 6)] == [0, -1, 1, -2, 2]
    assert [direction(number, 2) for number in range(1, 9)] == [0, 0, -1, -1, 1, 1, -2, -2]
    chosen = settings("etri")
    low, high = camera(0, chosen, 1, 1), camera(0, chosen, 1, 2)
    assert high.place[1] - low.place[1] == pytest.approx(0.5, abs=0.05)
    stage = np.zeros((1, 1, 1, 3))
    seen = filmed(stage, [low, high])[:, 0, 0, 0]
    assert 2.8 < seen[0, 2] < 3.6
    assert seen[0, 1] == pytest.approx(-low.place[1])
    np.testing.assert_allclose(low.axes @ low.axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(low.axes) == pytest.approx(1)


def test_a_camera_to_the_side_sees_the_side():
    chosen = settings("tiny", cameras=3, set={**NOTHING, "variation": "0", "sensor": "0", "camera_step": "90"})
    front, right, left = (body.heading(motion.positions[0, 0], KINECT25)
                          for motion in SyntheticSource(chosen, 0).take(1, WAVE, 1))
    assert front[2] < -0.99
    assert abs(right[2]) < 0.1
    assert right @ left < -0.99


# ── sensor ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def standing(frames=100, distance=3.0):
    world = perform(0, ALIKE, 1, WAVE, 1)[:1]
    still = filmed(world, [camera(0, ALIKE, 1, 1)])[0]
    still[..., 2] += distance - still[0, 0, 0, 2]
    return np.repeat(still, frames, 0)


def observed(times, nothing_hides=False, **changes):
    quiet = dict.fromkeys(("fit", "occlusion", "guesses", "missing", "repeats", "gaps", "ghosts", "noise"), "0")
    chosen = settings("tiny", set={**quiet, **{key: str(value) for key, value in changes.items()}})
    clean = standing()
    behind = np.zeros(clean.shape[:-1], bool) if nothing_hides else np.ones(clean.shape[:-1], bool)
    return clean, [sensor.observe(np.random.default_rng(i), clean, behind, chosen) for i in range(times)]


def test_sensor_0_films_without_fault():
    source = SyntheticSource(settings("tiny", set={"sensor": "0", "ghosts": "1", "gaps": "1"}), 0)
    for motion in source.read(1):
        assert motion.present.all()
        assert (motion.tracked == SEEN).all()
        assert motion.positions.shape[1] == (2 if "shake" in motion.labels["action"] else 1)
        assert np.ptp(body.bone_lengths(motion.positions, KINECT25), 0).max() < 1e-5


def test_noise_grows_with_the_square_of_the_distance():
    chosen = settings("tiny", set={**dict.fromkeys(("fit", "repeats", "gaps", "ghosts", "guesses"), "0")})
    spread = []
    for distance in (2.0, 4.0):
        clean = standing(4000, distance)
        seen = sensor.observe(np.random.default_rng(0), clean, np.zeros(clean.shape[:-1], bool), chosen)
        spread.append((seen.positions - clean)[:, 0, JOINT("ElbowLeft"), 2].std())
    share = np.hypot(sensor.DRIFTS, sensor.JITTERS)
    expected = [share * (sensor.FINE + sensor.DEPTH_ERROR * distance**2) for distance in (2.0, 4.0)]
    np.testing.assert_allclose(spread, expected, rtol=0.1)


def test_a_camera_fits_a_body_of_its_own_to_each_recording():
    clean, seen = observed(200, fit=1)
    lengths = np.stack([body.bone_lengths(each.positions[:, 0].astype(float), KINECT25) for each in seen])
    truth = body.bone_lengths(clean[0, 0], KINECT25)
    assert np.ptp(lengths, 1).max() < 1e-5  # the same all through a recording
    shares = lengths[:, 0, 1:] / truth[1:] - 1
    assert shares.std() == pytest.approx(np.hypot(sensor.FIT_BONE, sensor.FIT_BODY), rel=0.1)
    np.testing.assert_allclose(shares.mean(0), 0, atol=0.01)
    thigh = angle(seen[0].positions[0, 0], "HipLeft", "KneeLeft", "AnkleLeft")
    assert thigh == pytest.approx(angle(clean[0, 0], "HipLeft", "KneeLeft", "AnkleLeft"), abs=0.01)


def test_noise_drifts_from_frame_to_frame():
    slow = sensor._slow(np.random.default_rng(0), 6000, (4,))
    assert slow.std() == pytest.approx(1, abs=0.05)
    assert 0.8 < np.corrcoef(slow[:-1, 0], slow[1:, 0])[0, 1] < 1
    assert abs(np.corrcoef(slow[:-30, 0], slow[30:, 0])[0, 1]) < 0.1


def test_hidden_joints_are_guessed_at_the_asked_rate_and_some_missing():
    _, seen = observed(30, occlusion=0.6, missing=0.25)
    states = np.concatenate([each.tracked.ravel() for each in seen])
    assert (states != SEEN).mean() == pytest.approx(0.6, abs=0.04)
    assert (states == MISSING).sum() / (states != SEEN).sum() == pytest.approx(0.25, abs=0.04)
    _, seen = observed(30, nothing_hides=True, occlusion=0.6, guesses=0.1)
    assert np.mean([(each.tracked == GUESSED).mean() for each in seen]) == pytest.approx(0.1, abs=0.02)


def test_guessed_joints_are_further_off():
    clean, seen = observed(4, occlusion=0.5, noise=1)
    error = np.concatenate([np.linalg.norm(each.positions - clean, axis=-1) for each in seen])
    guessed = np.concatenate([each.tracked != SEEN for each in seen])
    assert error[guessed].mean() > 3 * error[~guessed].mean()


def test_frames_are_lost_repeated_and_haunted_at_the_asked_rates():
    _, seen = observed(300, gaps=0.3)
    lost = [each for each in seen if not each.present.all()]
    assert len(lost) / 300 == pytest.approx(0.3, abs=0.1)
    assert all(3 <= (~each.present).sum() <= 12 for each in lost)
    _, seen = observed(30, repeats=0.05, noise=1)
    again = [(np.diff(each.positions[:, 0], axis=0) == 0).all((1, 2)).mean() for each in seen]
    assert np.mean(again) == pytest.approx(0.05, abs=0.015)
    clean, seen = observed(300, ghosts=0.2)
    haunted = [each for each in seen if each.present.shape[1] == 2]
    assert len(haunted) / 300 == pytest.approx(0.2, abs=0.08)
    for each in haunted:
        ghost = each.positions[each.present[:, 1], 1]
        assert np.ptp(ghost[:, 0], 0).max() < 0.2
        assert np.ptp(ghost[0, :, 1]) < 0.8 * np.ptp(clean[0, 0, :, 1])
        assert not each.positions[~each.present[:, 1], 1].any()


def test_far_limbs_hide_behind_the_body():
    side = standing(1)
    centre = side[0, 0, 0].copy()
    turned = (side - centre) @ body.turn("y", np.array(np.pi / 2)).T + centre
    front_hidden, side_hidden = sensor.hidden(side)[0, 0], sensor.hidden(turned)[0, 0]
    assert front_hidden.sum() == 0
    far = "Left" if turned[0, 0, JOINT("ShoulderLeft"), 2] > turned[0, 0, JOINT("ShoulderRight"), 2] else "Right"
    near = "Right" if far == "Left" else "Left"
    assert side_hidden[[JOINT(f"{part}{far}") for part in ("Elbow", "Knee", "Ankle")]].all()
    assert not side_hidden[[JOINT(f"{part}{near}") for part in ("Elbow", "Wrist", "Hand", "Knee", "Ankle")]].any()


def test_hidden_is_the_slow_version():
    chosen = settings("etri", set=CLEAN)
    world = perform(0, chosen, 1, TURN, 1)[::9]
    views = filmed(world, [camera(0, chosen, 1, number) for number in (1, 3, 5, 7)])
    fast = sensor.hidden(views)
    assert 0.02 < fast[..., sensor.CAN_HIDE].mean() < 0.6
    agree = [slow_hidden(positions) == told.tolist()
             for positions, told in zip(views.reshape(-1, 25, 3), fast.reshape(-1, 25), strict=True)]
    assert np.mean(agree) == 1


def slow_hidden(positions):
    """For one body: is any screen's nearest point, as the camera sees it, close to the joint and in front of it?"""
    flat = [(x * positions[0, 2] / z, y * positions[0, 2] / z, z) for x, y, z in positions]
    out = [False] * 25
    for joint in sensor.CAN_HIDE:
        for start, end, radius in zip(sensor.START, sensor.END, sensor.RADIUS, strict=True):
            if joint in (start, end) or KINECT25.parents[joint] == end:
                continue
            a, b, p = (np.array(flat[k]) for k in (start, end, joint))
            share = np.clip((p - a)[:2] @ (b - a)[:2] / ((b - a)[:2] @ (b - a)[:2] + 1e-6), 0, 1)
            nearest = a + share * (b - a)
            if np.linalg.norm((p - nearest)[:2]) < radius and p[2] - nearest[2] > sensor.BEHIND:
                out[joint] = True
    return out
