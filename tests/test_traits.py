"""Traits: numbers one can work out by hand, what they must not be moved by, and every kind of recording."""

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, KINECT25, PLANS, Skeleton
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.traits import CHANNELS, trait_table, traits
from maskeleton.traits.body import by_band, power_of

from people import STANDING, stepping, two_bodies

PLACED = ("trajectory", "heading")  # channels that know where in the room the body is


def of(positions, skeleton=KINECT25, fps=30.0):
    return traits(Motion.of(positions, "one"), skeleton, fps)


def named(positions, skeleton=KINECT25, fps=30.0):
    """Trait -> number."""
    table = trait_table(MotionDataset.of(skeleton, fps, [Motion.of(positions, "one")]))
    return dict(zip(table.names, table.values[0].tolist(), strict=True))


def test_there_are_enough_and_each_has_a_name_of_its_own():
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(stepping(30), "a"), Motion.of(stepping(50), "b")])
    table = trait_table(dataset)
    assert table.values.shape == (2, len(table.names))
    assert table.values.shape[1] >= 1500
    assert len(set(table.names)) == len(table.names)
    assert list(table.channels) == list(CHANNELS)
    assert sum(part.stop - part.start for part in table.channels.values()) == len(table.names)
    for channel, numbers in traits(dataset[1], KINECT25, 30).items():
        np.testing.assert_array_equal(table.values[1, table.channels[channel]], numbers)


def test_lengths_angles_and_seconds_by_hand():
    found = named(stepping(60, speed=0.0), fps=20)
    assert found["seconds"] == 3
    assert np.exp(found["length of KneeLeft"]) - 0.01 == pytest.approx(0.4, abs=1e-5)
    assert found["bones from the root to AnkleLeft"] == pytest.approx(np.hypot(0.1, 0.05) + 0.8, abs=1e-5)
    assert found["mean angle at KneeLeft to AnkleLeft"] == pytest.approx(0, abs=1e-2)
    assert found["mean direction of KneeLeft y"] == pytest.approx(-1, abs=1e-5)
    assert found["extent y 50 %"] == pytest.approx(1.62, abs=1e-5)


def test_path_speed_and_place_by_hand():
    found = named(stepping(61, speed=0.02, at=1.0), fps=30)
    assert found["mean place x"] == pytest.approx(1.6, abs=1e-4)
    assert found["range of the place x"] == pytest.approx(1.2, abs=1e-4)
    assert np.exp(found["speed over the ground 50 %"]) - 0.01 == pytest.approx(0.6, abs=1e-3)
    assert found["way from the first frame to the last ground"] == pytest.approx(1.2, abs=1e-4)


def swinging(hertz, frames=90, fps=30.0, metres=0.05):
    """The standing person, whose left hand swings forward and back."""
    positions = np.repeat(STANDING[None], frames, 0)
    positions[:, KINECT25.joints.index("ThumbLeft"), 2] += metres * np.sin(2 * np.pi * hertz * np.arange(frames) / fps)
    return positions


@pytest.mark.parametrize(("hertz", "band"), [(0.34, "0-0.5 Hz"), (0.7, "0.5-1 Hz"), (1.5, "1-2 Hz"), (3.0, "2-4 Hz"),
                                             (6.0, "4-8 Hz"), (12.0, "over 8 Hz")])
def test_a_swing_is_in_its_own_band(hertz, band):
    found = named(swinging(hertz, frames=180, metres=0.004))
    bands = {name.removesuffix(" in ThumbLeft z"): value for name, value in found.items()
             if name.endswith("Hz in ThumbLeft z")}
    bands["over 8 Hz"] -= found["amplitude of ThumbLeft z"]  # jitter has a size, bands are shares
    assert max(bands, key=lambda name: bands[name]) == band


def test_power_adds_up_to_the_mean_square_and_a_tone_stands_where_it_is():
    rng = np.random.default_rng(0)
    tracks = rng.normal(size=(3, 50))
    tracks -= tracks.mean(1, keepdims=True)
    power, frequencies = power_of(tracks, 30)
    whole = 2 * power.sum(1) - power[:, -1]  # but for the last, every frequency stands for two waves
    np.testing.assert_allclose(whole, 2 * (tracks**2).mean(1), rtol=1e-4)
    tone = np.cos(np.pi * 10 * (np.arange(50) + 0.5) / 50)[None]
    assert frequencies[power_of(tone, 30)[0].argmax()] == pytest.approx(10 * 30 / 100)
    assert by_band(power_of(tone, 30)[0], frequencies, (2.5, 3.5, 20))[0] == pytest.approx([0.5, 0], abs=1e-6)


def test_two_hands_that_swing_alike_and_against_each_other():
    positions = np.repeat(STANDING[None], 60, 0)
    wave = 0.03 * np.sin(np.arange(60) / 4)
    left, right = (KINECT25.joints.index(name) for name in ("ThumbLeft", "ThumbRight"))
    positions[:, left, 2] += wave
    positions[:, right, 2] -= wave
    found = named(positions)
    assert found["ThumbLeft z with ThumbRight z"] == pytest.approx(-1, abs=0.1)
    positions[:, right, 2] += 2 * wave
    assert named(positions)["ThumbLeft z with ThumbRight z"] == pytest.approx(1, abs=0.1)


def test_only_its_place_tells_where_in_the_room_somebody_stands_and_faces():
    one = stepping(40)
    there = (one - [0, 0, 3]).astype(np.float32)
    across = np.stack([there[..., 2], there[..., 1], -there[..., 0]], -1) + np.float32([1, 0.2, 4])
    here, elsewhere = of(one), of(across)
    for channel in CHANNELS:
        same = np.allclose(here[channel], elsewhere[channel], atol=5e-2)
        assert same == (channel not in PLACED), channel


def test_a_person_and_their_mirror_image_differ_in_handedness_by_its_sign():
    one = swinging(2.0)
    mirrored = one[:, list(KINECT25.mirror)] * np.float32([-1, 1, 1])
    np.testing.assert_allclose(of(one)["handedness"][-48:], -of(mirrored)["handedness"][-48:], atol=1e-3)
    assert np.abs(of(one)["handedness"]).max() > 0.5


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 400])
@pytest.mark.parametrize("plan", [*PLANS.values(), Skeleton.of("point", ("Head",), (-1,))], ids=lambda plan: plan.name)
def test_any_skeleton_and_any_length(plan, frames):
    body = np.cumsum(np.random.default_rng(0).normal(size=(frames, len(plan.joints), 3)), 0)
    found = of(body, plan)
    sizes = {channel: numbers.shape for channel, numbers in of(body[:1], plan).items()}
    assert {channel: numbers.shape for channel, numbers in found.items()} == sizes
    assert all(np.isfinite(numbers).all() for numbers in found.values())


def test_a_motion_as_read_with_holes_and_one_that_stands_still_and_one_that_is_nowhere():
    holes = stepping(20)
    holes[4:9, 7] = np.nan
    holes[:, 21] = np.nan
    for body in (holes, np.zeros((20, 25, 3), np.float32), stepping(20) * 1e30):
        assert all(np.isfinite(numbers).all() for numbers in of(body).values())
    with pytest.raises(UserError, match="no body"):
        of(np.full((5, 25, 3), np.nan))


def test_the_most_moving_body_is_measured_in_whichever_slot():
    both = two_bodies()
    one = of(both[:, :1])
    for way in (both, both[:, ::-1]):
        for channel, numbers in of(way).items():
            np.testing.assert_array_equal(numbers, one[channel])


def test_no_recording_is_refused():
    dataset = MotionDataset.of(KINECT20, 30, [Motion.of(stepping(5)[:, :20], "a")])
    with pytest.raises(UserError, match="no recording"):
        trait_table(dataset.select([]))


def test_the_same_recording_has_the_same_traits_beside_any_other_and_at_another_rate_others():
    motions = [Motion.of(stepping(20 + step, 0.01 * step), f"r{step}") for step in range(4)]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    table = trait_table(dataset)
    np.testing.assert_array_equal(trait_table(dataset.select([3, 1])).values, table.values[[3, 1]])
    slower = trait_table(MotionDataset.of(KINECT25, 15, motions))
    assert (slower.only("duration") > table.only("duration")).all()


def test_people_alike_in_anatomy_have_the_same_bones_and_others_have_not():
    alike = {"anatomy": "0", "gender_anatomy": "0", "sensor": "0", "posture": "1"}
    bones = {}
    for name, changes in (("alike", alike), ("apart", {**alike, "anatomy": "1"})):
        source = SyntheticSource(settings("tiny", people=3, actions=1, takes=1, cameras=1, set=changes))
        motions = [motion for part in source.parts for motion in source.read(part)]
        bones[name] = trait_table(MotionDataset.of(source.skeleton, source.fps, motions)).only("bone lengths")
    assert np.ptp(bones["alike"], 0).max() < 1e-3
    assert np.ptp(bones["apart"], 0).max() > 0.05
