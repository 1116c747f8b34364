"""How synthetic people move: as a body could, on a floor, each action unlike the others."""


import numpy as np
import pytest
from mean_person import ALIKE, CLEAN, FALL, JOINT, KICK, NOTHING, SHAKE, SIT, WALK, WAVE

from maskeleton import body
from maskeleton.skeleton import KINECT25
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.synthetic.actions import ACTIONS, NAMES
from maskeleton.synthetic.curves import sample
from maskeleton.synthetic.figure import CHAIN, NODES, figure
from maskeleton.synthetic.population import person
from maskeleton.synthetic.poses import ANGLES, PLACE, REST, mirrored, pose
from maskeleton.synthetic.takes import perform

PAIRS = {action.name for action in ACTIONS if len(action.tracks) == 2}
FEET = [JOINT(f"{part}{side}") for part in ("Ankle", "Foot") for side in ("Left", "Right")]


@pytest.fixture(scope="module")
def everything():
    """Every action once, as the first person does it, without a camera."""
    chosen = settings("tiny", actions=len(ACTIONS), set=CLEAN)
    return {NAMES[number - 1]: perform(0, chosen, 1, number, 1) for number in range(1, len(ACTIONS) + 1)}


def test_every_action_moves_a_body_that_keeps_its_bones_and_its_floor(everything):
    for name, world in everything.items():
        assert np.isfinite(world).all(), name
        assert 35 <= len(world) <= 190, name
        lengths = body.bone_lengths(world, KINECT25)
        assert np.ptp(lengths, 0).max() < 1e-9, name
        assert world[..., 1].min() > 0, name
        assert world[..., 1].min((1, 2)).max() < (0.6 if "jump" in name or "hop" in name else 0.2), name
        assert np.linalg.norm(np.diff(world, axis=0), axis=-1).max() * 30 < 18, name
        assert np.ptp(world[:, 0], 0).max() > 0.15, name


def test_natural_lengths_of_the_mean_person():
    for number, name in enumerate(NAMES, 1):
        assert 40 <= len(perform(0, ALIKE, 1, number, 1)) <= 150, name


RANGES = {"raise": (-60, 195), "spread": (-50, 190), "roll": (-90, 100), "elbow": (0, 150), "wrist": (-80, 85),
          "shrug": (0, 30), "hip": (-35, 140), "out": (-20, 85), "toes": (-20, 40), "knee": (0, 145),
          "ankle": (-50, 30), "bend": (-30, 75), "lean": (-52, 52), "twist": (-85, 85), "nod": (-50, 40),
          "look": (-75, 75), "cock": (-40, 40), "tilt": (-92, 92), "roll_root": (-25, 25), "turn": (0, 360),
          "lift": (0, 0.5), "forward": (0, 0), "aside": (0, 0)}


def test_key_poses_are_within_what_joints_can_do():
    for action in ACTIONS:
        for track in action.tracks:
            for place, name in enumerate(ANGLES):
                least, most = RANGES["roll_root" if name == "roll" else name.split("_")[-1]]
                values = track[:, place]
                assert least <= values.min(), (action.name, name)
                assert values.max() <= most, (action.name, name)


def test_actions_begin_and_end_near_rest():
    still = perform(0, ALIKE, 1, WAVE, 1)
    assert np.abs(still[0, 0] - still[-1, 0]).max() < 0.03
    ending = [np.array_equal(track[-1], track[-2]) or np.abs(track[-1] - REST)[PLACE["tilt"]] < 1
              for action in ACTIONS for track in action.tracks]
    assert np.mean(ending) > 0.9


def test_standing_feet_do_not_slide(everything):
    for name, most in (("01_wave", 0.02), ("04_shake_hands", 0.02), ("02_sit_down", 0.4), ("05_walk", 0.8)):
        feet = everything[name][:, 0, FEET]
        lowest = feet[..., 1].argmin(1)[:-1]
        speed = np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1)[np.arange(len(feet) - 1), lowest] * 30
        assert np.quantile(speed, 0.9) < most, name


def test_walking_goes_forward_and_sitting_goes_down_and_back():
    walk, sit, fall = (perform(0, ALIKE, 1, number, 1)[:, 0, 0] for number in (WALK, SIT, FALL))
    assert walk[-1, 2] - walk[0, 2] > 1.5  # towards the camera, which is at +z
    assert sit[-1, 1] < 0.6 * sit[0, 1]
    assert sit[0, 2] - sit[-1, 2] > 0.25
    assert fall[-1, 1] < 0.25


def test_people_face_the_first_camera():
    source = SyntheticSource(settings("tiny", cameras=1, set=CLEAN), 0)
    for part in source.parts[:3]:
        for motion in source.read(part):
            if motion.present.shape[1] == 1:
                assert body.heading(motion.positions[0, 0], KINECT25)[2] < -0.8
                assert 2 < motion.positions[:, 0, 0, 2].mean() < 4.5
                assert motion.positions[0, 0, JOINT("Head"), 1] > motion.positions[0, 0, JOINT("FootLeft"), 1] + 1.2


def test_two_people_face_each_other_and_are_two_bodies():
    chosen = settings("tiny", set=CLEAN)
    for number, action in enumerate(ACTIONS, 1):
        world = perform(0, chosen, 2, number, 1)
        assert world.shape[1] == (2 if action.name in PAIRS else 1)
        if action.name in PAIRS:
            way = (world[0, 1, 0] - world[0, 0, 0]) * np.array([1, 0, 1])
            one, other = body.heading(world[0], KINECT25)
            assert one @ way / np.linalg.norm(way) > 0.95
            assert other @ way / np.linalg.norm(way) < -0.95
            first, second = body.bone_lengths(world[0], KINECT25)
            assert np.abs(first - second).max() > 0.004


def test_hands_meet_when_they_are_shaken():
    world = perform(0, ALIKE, 1, SHAKE, 1)
    hand = world[:, :, JOINT("HandRight")]
    assert np.linalg.norm(hand[:, 0] - hand[:, 1], axis=-1).min() < 0.1


def test_a_nearest_mean_tells_all_actions_apart():
    source = SyntheticSource(settings("tiny", people=6, actions=len(ACTIONS), takes=1, cameras=1, set=CLEAN), 0)
    motions = [motion for part in source.parts for motion in source.read(part)]
    features = np.stack([plain_features(motion) for motion in motions])
    actions = np.array([motion.labels["action"] for motion in motions])
    learned = np.array([motion.labels["subject"] <= 3 for motion in motions])
    means = np.stack([features[learned & (actions == name)].mean(0) for name in NAMES])
    within = np.mean([features[learned & (actions == name)].var(0) for name in NAMES], 0)
    distance = ((features[~learned][:, None] - means) ** 2 / (within + 0.0025)).sum(-1)
    assert (np.array(NAMES)[distance.argmin(1)] == actions[~learned]).mean() >= 0.95


def plain_features(motion):
    """Where joints are against the pelvis and how far they move, and how many bodies there are."""
    positions = motion.positions[:, 0]
    some = positions[np.linspace(0, len(positions) - 1, 24).astype(int)]
    own = some - some[:, :1]
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * 30
    parts = [own.mean(0), own.std(0), np.ptp(own, 0), own[::3] / 2, 3 * some[:, 0].std(0),
             0.3 * np.quantile(speed, [0.5, 0.9], axis=0), 4.0 * np.array([motion.present.shape[1]])]
    if motion.present.shape[1] == 2:
        away = np.linalg.norm(motion.positions[:, 1] - motion.positions[:, 0], axis=-1)
        parts += [away.min(0), away.mean(0), motion.positions[:, 1].std(0)]
    else:
        parts += [np.zeros(125)]
    return np.concatenate([np.ravel(part) for part in parts])


def test_takes_done_by_halves_go_a_part_of_the_way_and_stay_on_the_floor():
    full, half = (settings("tiny", actions=len(ACTIONS), set={**CLEAN, "slack": share}) for share in ("0", "1"))
    hand = JOINT("HandRight")
    reach = [np.ptp(perform(0, chosen, 1, WAVE, 1)[:, 0, hand, 1]) for chosen in (full, half)]
    assert 0 < reach[1] < 0.5 * reach[0]
    for number, name in enumerate(NAMES, 1):
        one, other = (perform(0, chosen, 1, number, 1) for chosen in (full, half))
        assert len(one) == len(other), name
        assert -0.01 < other[..., 1].min() < 0.2, name
        assert np.ptp(body.bone_lengths(other, KINECT25), 0).max() < 1e-9, name


def test_as_many_takes_are_done_by_halves_as_asked():
    full, some = (settings("tiny", set={**NOTHING, **CLEAN, "slack": share}) for share in ("0", "0.3"))
    same = [np.array_equal(perform(0, full, 1, WAVE, take), perform(0, some, 1, WAVE, take)) for take in range(1, 151)]
    assert 1 - np.mean(same) == pytest.approx(0.3, abs=0.12)  # 99.9 % of 150 draws
    still = settings("tiny", set={**NOTHING, **CLEAN, "variation": "0", "slack": "1"})
    assert np.array_equal(perform(0, still, 1, WAVE, 1), perform(0, ALIKE, 1, WAVE, 1))


def test_left_handed_people_do_it_in_the_mirror():
    right, left = (settings("tiny", set={**NOTHING, "variation": "0", "sensor": "0", "dynamics": "1",
                                         "left_handed": share}) for share in ("0", "1"))
    hands = [JOINT("HandRight"), JOINT("HandLeft")]
    one, other = (np.ptp(perform(0, chosen, 1, WAVE, 1)[:, 0, hands, 1], 0) for chosen in (right, left))
    assert one[0] > 4 * one[1]
    assert other[1] > 4 * other[0]
    kicks = [perform(0, chosen, 1, KICK, 1)[:, 0, JOINT("FootRight"), 1].max() for chosen in (right, left)]
    assert kicks[0] == kicks[1] > 0.8
    assert np.array_equal(mirrored(mirrored(ACTIONS[0].tracks[0])), ACTIONS[0].tracks[0])


# ── curves and kinematics against slow, obvious versions ─────────────────────────────────────────────────────────────


def test_from_rest_to_rest_the_curve_is_minimum_jerk():
    times, poses = np.array([0.0, 2.0]), np.array([[10.0], [30.0]])
    at = np.linspace(-0.5, 2.5, 31)[:, None]
    part = np.clip(at / 2, 0, 1)
    np.testing.assert_allclose(sample(times, poses, at), 10 + 20 * (10 * part**3 - 15 * part**4 + 6 * part**5))
    np.testing.assert_allclose(sample(times, poses, at, 1.0), 10 + 20 * part)


def test_the_curve_goes_through_its_poses_without_overshoot():
    rng = np.random.default_rng(0)
    times, poses = np.cumsum(rng.uniform(0.2, 0.6, 9)), rng.normal(0, 30, (9, 4))
    np.testing.assert_allclose(sample(times, poses, np.repeat(times[:, None], 4, 1)), poses, atol=1e-9)
    fine = sample(times, poses, np.repeat(np.linspace(times[0], times[-1], 500)[:, None], 4, 1))
    assert fine.max() <= poses.max() + 1e-9
    assert np.abs(np.diff(fine, axis=0)).max() < 3


def test_figure_is_the_slow_chain_of_joints():
    """Each joint's angles written out one by one, against the table that turns all of them at once."""
    someone = person(0, 1, settings("tiny"))
    values = pose(left=(40, 30, 20, 50, 10), right=(60, 10, -20, 70), left_leg=(50, 10, 5, 70), bend=20, lean=10,
                  twist=15, nod=12, look=9, cock=7, tilt=8, roll=4, turn=30)[None]
    fast = figure(values, someone.offsets, someone.stature)[0]
    slow = slow_figure(values[0], someone.offsets)
    np.testing.assert_allclose(fast - fast[0], slow - slow[0], atol=1e-12)


def slow_figure(values, offsets):
    def at(name):
        return np.radians(values[PLACE[name]])

    def turned(axis, by):
        return body.turn(axis, np.array(by))
    turns = {"SpineBase": turned("y", at("turn")) @ turned("x", at("tilt")) @ turned("z", -at("roll"))}
    for half in ("waist", "SpineMid"):
        turns[half] = turned("x", at("bend") / 2) @ turned("z", -at("lean") / 2) @ turned("y", at("twist") / 2)
    turns["Neck"] = turned("x", at("nod")) @ turned("z", -at("cock")) @ turned("y", at("look"))
    for side, out in (("Left", 1), ("Right", -1)):
        arm, leg = f"{side.lower()}_arm_", f"{side.lower()}_leg_"
        turns[f"collar{side}"] = turned("z", out * at(arm + "shrug"))
        turns[f"Shoulder{side}"] = (turned("x", -at(arm + "raise")) @ turned("z", out * at(arm + "spread"))
                                    @ turned("y", -out * at(arm + "roll")))
        turns[f"Elbow{side}"] = turned("x", -at(arm + "elbow"))
        turns[f"Wrist{side}"] = turned("x", -at(arm + "wrist"))
        turns[f"Hip{side}"] = (turned("x", -at(leg + "hip")) @ turned("z", out * at(leg + "out"))
                               @ turned("y", out * at(leg + "toes")))
        turns[f"Knee{side}"] = turned("x", at(leg + "knee"))
        level = np.clip(at("tilt") - at(leg + "hip") + at(leg + "knee"), np.radians(-55), np.radians(40))
        turns[f"Ankle{side}"] = turned("x", -at(leg + "ankle") - level)
    places, axes = {"": np.zeros(3)}, {"": np.eye(3)}
    for index, (name, parent) in enumerate(CHAIN):
        places[name] = places[parent] + axes[parent] @ offsets[index]
        axes[name] = axes[parent] @ turns.get(name, np.eye(3))
    return np.stack([places[name] for name in NODES])
