"""Synthetic people: what was planted is there, what was set to 0 is not, and growing changes nothing."""

import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from mean_person import ALIKE, CHANNELS, CLEAN, JOINT, KICK, NOTHING, WALK, WAVE, angle

from maskeleton import body, synthetic
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import KINECT25
from maskeleton.synthetic import PRESETS, SyntheticSource, settings
from maskeleton.synthetic.actions import ACTIONS, NAMES
from maskeleton.synthetic.figure import NODES
from maskeleton.synthetic.population import gender_of, person
from maskeleton.synthetic.takes import perform

PAIRS = {action.name for action in ACTIONS if len(action.tracks) == 2}


def same(one, other):
    return (one.id == other.id and one.labels == other.labels
            and all(np.array_equal(a, b) for a, b in zip(one[:3], other[:3], strict=True)))


# ── the source ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tiny_is_a_dataset_made_in_seconds():
    began = time.process_time()
    source = SyntheticSource(settings("tiny"), 0)
    dataset = MotionDataset.of(source.skeleton, source.fps,
                               (motion for part in source.parts for motion in source.read(part)))
    assert time.process_time() - began < 3
    assert len(dataset) == 6 * 4 * 2 * 2
    assert len(np.unique(dataset.takes)) == 6 * 4 * 2
    assert dataset.names["action"] == ["01_wave", "02_sit_down", "03_kick", "04_shake_hands"]
    assert dataset.names["gender"] == ["female", "male"]
    assert sorted(np.unique(dataset.labels["subject"])) == [1, 2, 3, 4, 5, 6]
    assert dataset.ids[0] == "S001C001P001R001A001"


def test_same_seed_same_bytes_and_another_seed_other_people():
    source = SyntheticSource(settings("tiny"), 5)
    assert all(same(a, b) for a, b in zip(source.read(3), SyntheticSource(settings("tiny"), 5).read(3), strict=True))
    assert not any(same(a, b) for a, b in zip(source.read(3), SyntheticSource(settings("tiny"), 6).read(3),
                                              strict=True))


def test_a_part_alone_is_the_part_in_sequence():
    alone = list(SyntheticSource(settings("tiny"), 1).read(4))
    source = SyntheticSource(settings("tiny"), 1)
    sequence = {part: list(source.read(part)) for part in source.parts}
    assert all(same(a, b) for a, b in zip(alone, sequence[4], strict=True))


def test_growing_keeps_the_recordings_that_were_there():
    small, large = settings("tiny", people=3), settings("tiny", people=5, actions=6, takes=3, cameras=3)
    before = {motion.id: motion for part in (1, 3) for motion in SyntheticSource(small, 0).read(part)}
    after = {motion.id: motion for part in (1, 3) for motion in SyntheticSource(large, 0).read(part)}
    assert len(before) == 2 * 16
    assert len(after) == 2 * 6 * 3 * 3
    assert all(same(motion, after[name]) for name, motion in before.items())


def test_people_are_as_labelled_and_half_are_women():
    source = SyntheticSource(settings("etri"), 0)
    table = source.people()
    assert [row["subject"] for row in table] == list(range(1, 101))
    assert sum(row["gender"] == "female" for row in table) == 50
    motion = next(source.read(7))
    assert {key: motion.labels[key] for key in ("subject", "gender", "age")} == table[6]


def test_presets_have_the_asked_sizes():
    sizes = {name: (s.people, s.actions, s.cameras) for name, s in PRESETS.items()}
    assert sizes["etri"] == (100, 55, 8)
    assert sizes["ntu"] == (40, 60, 3)
    assert settings("ntu", people=7, takes=5).people == 7
    assert len(ACTIONS) >= 60
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    assert len(PAIRS) >= 5


@pytest.mark.parametrize(("changed", "says"), [
    ({"preset": "kinetics"}, "etri"),
    ({"set": {"anatmoy": "1"}}, "anatomy"),
    ({"set": {"anatomy": "strong"}}, "number"),
    ({"set": {"people": "2.5"}}, "whole number"),
    ({"set": {"noise": "nan"}}, "noise goes from 0"),
    ({"set": {"ghosts": "1.5"}}, "ghosts goes from 0 to 1"),
    ({"set": {"dynamics": "-1"}}, "dynamics goes from 0"),
    ({"people": 0}, "people goes from 1"),
    ({"actions": 1000}, f"to {len(ACTIONS)}"),
])
def test_settings_that_cannot_be_are_refused_with_what_would_work(changed, says):
    with pytest.raises(UserError) as refusal:
        settings(**changed)
    assert says in refusal.value.remedy


def test_settings_take_text():
    chosen = settings("tiny", takes=3, set={"anatomy": "0.5", "camera_rows": "2"})
    assert (chosen.takes, chosen.anatomy, chosen.camera_rows) == (3, 0.5, 2)


# ── identity and gender, channel by channel ──────────────────────────────────────────────────────────────────────────


def f_ratio(values):
    """(groups, samples) -> variance between groups over variance within; about 1 where groups do not matter."""
    between = values.shape[1] * values.mean(1).var(ddof=1)
    within = values.var(1, ddof=1).mean()
    return between / within if within > 0 else (0.0 if between == 0 else np.inf)


def by_hand(motion):
    """One plain number for each channel: a bone's length, an angle at rest, the duration."""
    positions = motion.positions[:, 0].astype(float)
    lengths = np.median(body.bone_lengths(positions, KINECT25), 0)
    still = positions[:5].mean(0)
    return {"anatomy": lengths[[JOINT("KneeLeft"), JOINT("KneeRight")]].mean(),
            "posture": (angle(still, "ShoulderLeft", "ElbowLeft", "WristLeft")
                        + angle(still, "ShoulderRight", "ElbowRight", "WristRight")) / 2,
            "dynamics": len(positions)}


def measured(people=14, takes=6, action=WAVE, **changes):
    """Channel -> (people, takes), filmed by one camera with its noise but no losses."""
    quiet = {"occlusion": "0", "guesses": "0", "gaps": "0", "ghosts": "0", "repeats": "0", "noise": "0.5"}
    chosen = settings("tiny", cameras=1, set={**quiet, **{key: str(value) for key, value in changes.items()}})
    source = SyntheticSource(chosen, 3)
    rows = [[by_hand(next(source.take(who, action, take))) for take in range(1, takes + 1)]
            for who in range(1, people + 1)]
    return {channel: np.array([[row[channel] for row in each] for each in rows]) for channel in CHANNELS}


def no_gender():
    return {f"gender_{channel}": 0 for channel in CHANNELS}


def test_people_differ_in_every_channel_and_the_more_the_stronger():
    plain = {channel: f_ratio(values) for channel, values in measured(**no_gender()).items()}
    strong = {channel: f_ratio(values)
              for channel, values in measured(**no_gender(), **dict.fromkeys(CHANNELS, 2)).items()}
    for channel in CHANNELS:
        assert plain[channel] > 5, channel
        assert strong[channel] > 2 * plain[channel], channel


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_alone_tells_people_apart_as_variable_as_the_large_presets_are(channel):
    alone = {other: 0 for other in CHANNELS if other != channel}
    blurred = {name: getattr(PRESETS["etri"], name) for name in ("variation", "fit", "slack")}
    values = measured(people=40, **no_gender(), **alone, **blurred)
    assert f_ratio(values[channel]) > 2.02  # 99.9 % of F with 39 and 200 degrees of freedom
    assert all(f_ratio(values[other]) < 2.02 for other in alone)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_at_0_tells_nobody_apart_whatever_the_others_do(channel):
    values = measured(**{**no_gender(), **dict.fromkeys(CHANNELS, 2), channel: 0})
    assert f_ratio(values[channel]) < 3.1  # 99.9 % of F with 13 and 70 degrees of freedom
    assert f_ratio(values[channel]) > 0.2
    assert all(f_ratio(values[other]) > 10 for other in CHANNELS if other != channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_gender_is_in_each_channel_as_strong_as_asked(channel):
    groups = np.array([gender_of(3, number) == "male" for number in range(1, 15)])

    def gender_f(strength):
        means = measured(takes=2, **{**no_gender(), f"gender_{channel}": strength})[channel].mean(1)
        return f_ratio(np.stack([means[groups], means[~groups]]))
    assert gender_f(0) < 18.6  # 99.9 % of F with 1 and 12 degrees of freedom
    assert gender_f(6) > 25


@pytest.mark.parametrize("preset", PRESETS)
def test_with_every_strength_0_all_people_are_one(preset):
    chosen = settings(preset, set={**NOTHING, "left_handed": "1"})
    people = [person(0, number, chosen) for number in range(1, 9)]
    for each in people[1:]:
        for what in ("offsets", "posture", "amplitude", "lag"):
            assert np.array_equal(getattr(each, what), getattr(people[0], what))
        for what in ("tempo", "roughness", "tremor", "sway", "left_handed"):
            assert getattr(each, what) == getattr(people[0], what)
    worlds = [perform(0, ALIKE, number, KICK, 1) for number in (1, 2, 3)]
    assert all(np.array_equal(world, worlds[0]) for world in worlds)


def test_bones_are_alike_to_float_precision_without_anatomy():
    chosen = settings("tiny", set={**CLEAN, "anatomy": "0", "gender_anatomy": "0"})
    lengths = np.stack([body.bone_lengths(perform(0, chosen, number, WALK, 1)[0, 0], KINECT25)
                        for number in range(1, 6)])
    assert np.ptp(lengths, 0).max() < 1e-12


def test_channels_do_not_mix():
    plain = person(0, 3, settings("tiny"))
    built = person(0, 3, settings("tiny", set={"anatomy": "3"}))
    bearing = person(0, 3, settings("tiny", set={"posture": "3"}))
    assert np.array_equal(plain.posture, built.posture)
    assert plain.tempo == built.tempo
    assert not np.array_equal(plain.offsets, built.offsets)
    assert np.array_equal(plain.offsets, bearing.offsets)
    assert np.array_equal(plain.lag, bearing.lag)
    np.testing.assert_allclose(bearing.posture - plain.posture, (plain.posture - gender_posture(3)) * 2)


def gender_posture(number):
    return person(0, number, settings("tiny", set={"posture": "0"})).posture


def test_men_are_taller_and_broader_shouldered_by_the_published_amount():
    chosen = settings("etri")
    everyone = [person(0, number, chosen) for number in range(1, 201)]
    stature = {g: np.mean([p.stature for p in everyone if p.gender == g]) for g in ("female", "male")}
    assert stature["male"] == pytest.approx(1.756, abs=0.02)
    assert stature["female"] == pytest.approx(1.628, abs=0.02)
    ratio = {g: np.mean([p.offsets[NODES.index("ShoulderLeft"), 0] / p.offsets[NODES.index("HipLeft"), 0]
                         for p in everyone if p.gender == g]) for g in ("female", "male")}
    assert ratio["male"] > 1.1 * ratio["female"]


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_names_every_setting_and_every_action():
    page = (Path(__file__).parents[1] / "docs" / "synthetic.md").read_text("utf-8")
    for name in (*(field.name for field in fields(PRESETS["tiny"])), *NAMES):
        assert f"`{name}`" in page, name


def test_public_names():
    assert {"PRESETS", "Settings", "SyntheticSource", "settings"} == set(synthetic.__all__)
