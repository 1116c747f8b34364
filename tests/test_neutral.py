"""neutral: where people differ they are made alike; each option alone does what it says."""

import numpy as np
import pytest
import torch

from maskeleton import body, store
from maskeleton.anonymizers.ground import floor_of, path
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.spectrum import towards
from maskeleton.anonymizers.tempo import as_long, evened
from maskeleton.anonymizers.waves import LONGEST, frequencies, how_many, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import H36M17, KINECT15, KINECT20, KINECT25, UIPRMD22, Skeleton, plan_to_plan
from maskeleton.verbs.anonymize import anonymize

from crowds import waver, wavers

NOTHING = {"posture": 0, "tempo": 0, "lowpass": 0, "noise": 0, "coordination": 0, "rest": 0, "mixing": 0}
PEOPLE = wavers()


def prepared(plan=KINECT25, dataset=PEOPLE, **options):
    anonymizer = Neutral(plan, **options).eval()
    anonymizer.prepare(dataset)
    return anonymizer


def through(anonymizer, *bodies, seed=1):
    """(T, P, J, 3) of bodies (T, J, 3) side by side."""
    positions = torch.from_numpy(np.stack(bodies, 1))[None]
    with torch.inference_mode():
        return anonymizer(positions, torch.ones(positions.shape[:3], dtype=torch.bool), torch.tensor([seed]))[0][0].numpy()


def directions(positions):
    bones = body.bones(positions, KINECT25)[..., 1:, :]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


def apart(one, other):
    """Degrees between mean directions of bones."""
    one, other = (directions(each).mean(0) for each in (one, other))
    cosine = (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


# ── what all people have in common afterwards ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("plan", [KINECT25, KINECT20, UIPRMD22, H36M17, KINECT15], ids=lambda plan: plan.name)
def test_bones_are_exactly_constant_and_everybodys_on_every_body_plan(plan):
    change = plan_to_plan(KINECT25, plan) if plan is not UIPRMD22 else None
    if change is None:  # collars and toes are made up
        people = MotionDataset.of(plan, 30, [motion._replace(
            positions=motion.positions[..., [0, 1, 20, 2, 3, 3, 4, 4, 5, 6, 8, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19], :],
            tracked=np.full((*motion.present.shape, 22), 2, np.uint8), labels={"subject": int(motion.labels["subject"])})
            for motion in PEOPLE])
    else:
        people = MotionDataset.of(plan, 30, [motion._replace(
            positions=change(motion.positions), tracked=change.tracking(motion.tracked),
            labels={"subject": int(motion.labels["subject"])}) for motion in PEOPLE])
    anonymizer = prepared(plan, people, mixing=0.2, spectrum=0.5, amplitude=0.5)
    for row in (0, 23):
        lengths = body.bone_lengths(through(anonymizer, people[row].positions[:, 0]), plan)
        np.testing.assert_allclose(lengths, np.broadcast_to(anonymizer.lengths, lengths.shape), atol=2e-6)


def test_everybody_stands_in_the_same_place_faces_the_camera_and_is_on_the_same_floor():
    anonymizer = prepared(**NOTHING)
    feet = [15, 19]
    for turn, away in ((0.0, (0, 0)), (0.7, (1.0, 0.5)), (3.0, (-2.0, 1.0))):
        found = through(anonymizer, waver(turn=turn, away=away))[:, 0]
        np.testing.assert_allclose(found[:, 0].mean(0)[[0, 2]], anonymizer.place[[0, 2]], atol=1e-4)
        np.testing.assert_allclose(found[:, feet, 1], float(anonymizer.place[1]), atol=1e-3)
        np.testing.assert_allclose(body.heading(found.mean(0), KINECT25), (0, 0, -1), atol=1e-3)


def test_two_bodies_keep_their_places_to_each_other():
    """The second stands 1.5 m to the left of the first as that one sees it, wherever both are turned."""
    anonymizer = prepared(**NOTHING)
    one, two = waver(), waver(size=0.8, away=(1.5, 0.0), turn=0.4)
    straight = through(anonymizer, one, two)
    np.testing.assert_allclose((straight[:, 1, 0] - straight[:, 0, 0]).mean(0)[[0, 2]], (1.5, 0), atol=1e-3)
    cos, sin = np.cos(0.6), np.sin(0.6)
    around = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]], np.float32)
    turned = through(anonymizer, one @ around, two @ around)
    np.testing.assert_allclose(turned, straight, atol=1e-3)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_posture_turns_the_mean_direction_of_every_bone_by_its_share_of_the_angle(share):
    anonymizer = prepared(**{**NOTHING, "posture": share})
    usual = through(prepared(**{**NOTHING, "posture": 1}), waver())[:, 0]
    leaning = waver(lean=0.4)
    left = apart(through(anonymizer, leaning)[:, 0], usual)
    np.testing.assert_allclose(left, (1 - share) * apart(through(prepared(**NOTHING), leaning)[:, 0], usual), atol=0.3)


def test_posture_keeps_how_a_bone_moves_about_its_mean():
    before, after = (directions(through(prepared(**{**NOTHING, "posture": share}), waver(lean=0.3))[:, 0])[:, 4]
                     for share in (0, 1))
    np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-4)


def test_rest_is_the_same_pose_at_both_ends():
    anonymizer = prepared(**{**NOTHING, "rest": 1, "posture": 1})
    one, two = (through(anonymizer, waver(90, lean=lean, swing=swing))[:, 0] for lean, swing in ((0.0, 0.2), (0.4, 0.9)))
    for end in (0, -1):
        np.testing.assert_allclose(directions(one[end]), directions(two[end]), atol=1e-4)
    assert np.abs(directions(one[45]) - directions(two[45])).max() > 0.2


def test_lowpass_lets_slow_waving_through_and_no_fast_one():
    anonymizer = prepared(**{**NOTHING, "lowpass": 1}, rate=2)
    slow, fast = (np.ptp(directions(through(anonymizer, waver(120, hertz=hertz, swing=0.3))[:, 0])[20:-20, 4], 0).max()
                  for hertz in (0.5, 6.0))
    assert slow > 0.35
    assert fast < 0.03


def test_the_sensors_noise_is_as_large_for_everybody():
    anonymizer = prepared(**{**NOTHING, "noise": 1, "lowpass": 1})
    sizes = [np.diff(directions(through(anonymizer, waver(120, swing=0.2, noise=noise), seed=seed)[:, 0]), 2, 0).std()
             for seed, noise in enumerate((0.0, 0.004))]
    assert sizes[1] / sizes[0] == pytest.approx(1, abs=0.05)


def test_other_lots_in_every_recording():
    anonymizer = prepared()
    one, two, again = (through(anonymizer, waver(), seed=seed) for seed in (1, 2, 1))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - two).max() > 0.005


def test_amplitude_and_spectrum_make_little_and_large_waving_alike():
    for options in ({"amplitude": 1}, {"spectrum": 1, "donors": 0}):
        anonymizer = prepared(**{**NOTHING, **options})
        spreads = [directions(through(anonymizer, waver(120, swing=swing))[:, 0])[:, 4].std(0).max()
                   for swing in (0.3, 0.6)]
        assert spreads[1] / spreads[0] < 1.3


def test_donors_are_drawn_anew_for_every_recording():
    anonymizer = prepared(**{**NOTHING, "spectrum": 1, "donors": 1})
    spreads = [directions(through(anonymizer, waver(120), seed=seed)[:, 0])[:, 4].std(0).max() for seed in range(4)]
    assert np.std(np.log(spreads)) > 0.02


def test_coordination_takes_away_what_nobody_does():
    """Everybody waves the left arm; somebody who also kicks with both legs kicks no more."""
    kicking = waver(120)
    swing = 0.3 * np.sin(np.arange(120) / 5).astype(np.float32)
    kicking[:, [14, 15, 18, 19], 2] += swing[:, None]
    kept, left = (through(prepared(**{**NOTHING, "coordination": share}, components=2), kicking)[:, 0] for share in (0, 1))
    assert directions(left)[:, 13].std(0).max() < 0.3 * directions(kept)[:, 13].std(0).max()
    assert directions(left)[:, 4].std(0).max() > 0.8 * directions(kept)[:, 4].std(0).max()


def test_mixing_lends_a_little_of_the_arm_to_the_legs():
    calm, mixed = (directions(through(prepared(**{**NOTHING, "mixing": share}), waver(120))[:, 0])[:, 13].std(0).max()
                   for share in (0, 0.2))
    assert calm < 0.01 < mixed < 0.1


def test_handedness_swaps_sides_of_half_of_the_recordings():
    anonymizer = prepared(**{**NOTHING, "handedness": 1})
    left = [directions(through(anonymizer, waver(), seed=seed)[:, 0])[:, 4].std(0).max() > 0.1 for seed in range(40)]
    assert 8 < sum(left) < 32  # of 40 coins, 99.99 %


def test_pin_keeps_everybody_on_the_spot():
    walking = waver(60)
    walking[..., 0] += np.linspace(0, 2, 60, dtype=np.float32)[:, None]
    walking[..., 1] += 0.5  # off the floor but for one moment
    walking[0, :, 1] -= 0.5
    for share, way in ((0, 1.5), (1, 0.0)):
        found = through(prepared(**{**NOTHING, "pin": share}), walking)[:, 0, 0]
        assert np.ptp(found[:, [0, 2]], 0).max() == pytest.approx(way, abs=0.6 * (1 - share) + 1e-4)


def test_duration_makes_recordings_as_long_as_most():
    anonymizer = prepared(**{**NOTHING, "duration": 1})
    assert through(anonymizer, waver(200)).shape[0] == through(anonymizer, waver(31)).shape[0] == 64  # 60, 63, 66, 69
    assert through(prepared(**{**NOTHING, "duration": 0.5}), waver(256)).shape[0] == 128


def test_a_release_of_other_length_has_as_many_presences_and_trackings(tmp_path):
    store.write(PEOPLE, tmp_path / "data")
    taken = anonymize(tmp_path / "data", tmp_path / "out", mask="neutral", set={"duration": "1", "rest": "0.5"})
    assert set(taken.dataset.frames.tolist()) == {64}
    assert taken.dataset.ids == PEOPLE.ids
    assert taken.dataset[3].tracked.shape == (64, 1, 25)
    assert taken.dataset.history[-1]["options"]["duration"] == 1.0


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_evened_time_has_as_much_motion_in_every_frame():
    """Joints go 9 steps of 1 and then 9 of 3: half of the way is done when half of the time is over."""
    shape = torch.randn(1, 1, 1, 25, 3, generator=torch.Generator().manual_seed(1))
    way = torch.cat([torch.arange(10.0), 9 + 3 * torch.arange(1.0, 10)])
    positions = shape * (1 + way.view(1, -1, 1, 1, 1))
    found = evened(positions, torch.ones(1, 19, 1, dtype=torch.bool), 1.0)
    torch.testing.assert_close(found[0, [0, -1]], positions[0, [0, -1]])
    before, after = ((each[0, 9] / shape[0, 0]).mean() for each in (positions, found))
    assert before == pytest.approx(10, abs=0.01)
    assert 13 < after < 19  # the middle of the way is 19; a half of every frame's motion is counted as idle
    assert torch.equal(evened(positions, torch.ones(1, 19, 1, dtype=torch.bool), 0.0), positions)


def test_where_somebody_comes_each_stretch_keeps_its_frames():
    positions = torch.randn(1, 20, 2, 25, 3, generator=torch.Generator().manual_seed(2)).cumsum(1)
    present = torch.ones(1, 20, 2, dtype=torch.bool)
    present[:, :8, 1] = False
    positions[~present] = 0
    found = evened(positions, present, 1.0)
    for frame in (0, 7, 8, 19):
        torch.testing.assert_close(found[:, frame], positions[:, frame])
    assert not torch.allclose(found[:, 4], positions[:, 4])


def test_as_long_as_asked_for():
    positions = torch.arange(5.0).view(1, 5, 1, 1, 1).expand(1, 5, 1, 2, 3)
    present = torch.tensor([True, True, True, False, True]).view(1, 5, 1)
    found, there = as_long(positions, present, 9)
    assert found[0, :6, 0, 0, 0].tolist() == [0, 0.5, 1, 1.5, 2, 2]
    assert there[0, :, 0].tolist() == [True] * 6 + [False, True, True] or there[0, :, 0].sum() == 7
    assert as_long(positions, present, 5)[0] is positions


# ── waves and ground ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("frames", [1, 2, 7, 64, LONGEST + 5])
def test_waves_are_a_turn_of_the_frames_and_come_back(frames):
    tracks = torch.randn(3, frames, generator=torch.Generator().manual_seed(4))
    waves = waves_of(tracks, frames)
    torch.testing.assert_close(waves.square().sum(1), tracks.square().sum(1), atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(tracks_of(waves, frames), tracks, atol=1e-4, rtol=0)
    torch.testing.assert_close(waves[:, 0], tracks.sum(1) / frames**0.5, atol=1e-4, rtol=0)


def test_short_and_long_recordings_have_the_same_waves(monkeypatch):
    tracks = torch.randn(2, 50, generator=torch.Generator().manual_seed(4))
    short = waves_of(tracks, 20)
    again = tracks_of(short, 50)
    monkeypatch.setattr("maskeleton.anonymizers.waves.LONGEST", 10)
    torch.testing.assert_close(waves_of(tracks, 20), short, atol=1e-4, rtol=0)
    torch.testing.assert_close(tracks_of(short, 50), again, atol=1e-4, rtol=0)


def test_frequencies_of_waves():
    assert how_many(60, 30, 2.0) == 9  # 0, 0.25 … 2 Hz
    assert frequencies(60, 9, 30)[-1] == 2.0
    assert how_many(5, 30, 100.0) == 5


def test_gains_are_bounded():
    assert towards(torch.tensor(0.0), torch.tensor(1.0), 1.0) == 4
    assert towards(torch.tensor(1.0), torch.tensor(0.0), 0.5) == 0.5
    assert towards(torch.tensor(0.3), torch.tensor(0.9), 0.0) == 1


def test_the_floor_is_where_feet_are_lowest_but_for_one_of_twenty_frames():
    feet = torch.zeros(1, 2, 3, 100)
    feet[0, 0, 1] = 1.0
    feet[0, 1, 1] = torch.linspace(0, 0.99, 100)
    assert floor_of(feet, torch.ones(1, 100)) == pytest.approx(0.1, abs=0.011)


def test_a_standing_foot_draws_the_root_to_where_it_must_be():
    """The legs swing to the left by 20 cm while the feet stand: the root goes to the right instead."""
    feet, reach = torch.zeros(1, 2, 3, 30), torch.zeros(1, 2, 3, 30)
    reach[:, :, 1] = -0.8
    reach[:, :, 0] = torch.linspace(0, -0.2, 30)
    way = path(feet, reach, torch.zeros(1, 3, 30), floor_of(feet, torch.ones(1, 30)), torch.ones(1), 30.0)
    assert way[0, 0, -1] - way[0, 0, 0] == pytest.approx(0.2, abs=0.01)
    torch.testing.assert_close(way[0, 1], torch.full((30,), 0.8), atol=0.03, rtol=0)


# ── undoing, and what is refused ─────────────────────────────────────────────────────────────────────────────────────


def test_what_a_known_share_made_smaller_is_made_larger_again():
    options = {**NOTHING, "coordination": 0.5}
    kicking = waver(120)
    kicking[:, [14, 15, 18, 19], 2] += 0.2 * np.sin(np.arange(120) / 5).astype(np.float32)[:, None]
    anonymizer = prepared(**options, components=2)
    wanted = through(prepared(**NOTHING), kicking)
    found = through(anonymizer, kicking)
    again = anonymizer.invert(torch.from_numpy(found)[None], torch.ones(1, 120, 1, dtype=torch.bool))[0].numpy()
    before, after = (np.abs(directions(each[:, 0]) - directions(wanted[:, 0]))[:, 13].max() for each in (found, again))
    assert after < 0.3 * before


@pytest.mark.parametrize(("options", "says"), [({"posture": 1.5}, "from 0, nothing, to 1"), ({"tempo": -1}, "tempo"),
                                               ({"rate": 0}, "rate"), ({"components": 2.5}, "components"),
                                               ({"rest": float("nan")}, "rest"), ({"drift": -1}, "drift")])
def test_options_that_make_no_sense(options, says):
    with pytest.raises(UserError, match=says):
        Neutral(KINECT25, **options)


def test_plans_without_hips_and_people_without_motion():
    with pytest.raises(UserError, match="left_hip"):
        Neutral(Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1)))
    stones = MotionDataset.of(KINECT25, 30, [Motion.of(np.repeat(waver(1), 5, 0), f"r{take}", {"subject": take % 5})
                                             for take in range(20)])
    with pytest.raises(UserError, match="nothing moves"):
        prepared(dataset=stones)


def test_who_does_not_move_at_all_and_who_is_seen_for_one_frame_come_through():
    for frames in (1, 2, 40):
        found = through(prepared(), np.repeat(waver(1), frames, 0))
        assert found.shape == (frames, 1, 25, 3)
        assert np.isfinite(found).all()


def test_a_little_strength_moves_nobody_far():
    anonymizer = prepared(mixing=0.1, amplitude=0.5, spectrum=0.5)
    anonymizer.strength = 0.01
    before = waver(lean=0.2, turn=0.3)
    assert 0 < np.linalg.norm(through(anonymizer, before)[:, 0] - before, axis=-1).max() < 0.03
