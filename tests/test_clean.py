"""Cleaning: one planted fault of each kind in a clean walk is found by its own step, mending gives back the walk."""

from collections.abc import Callable

import numpy as np
import pytest

from maskeleton.clean import STEPS, WORDS, Finding, SetAside, choose, find, mend
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT25

FPS = 30.0
ALL = tuple(STEPS)
HAND = KINECT25.joints.index("HandLeft")
SPINE = KINECT25.joints.index("SpineMid")

# A standing person, joint by joint of KINECT25: metres right of the middle and above the floor.
STANDING = np.array(
    [(0, 1.0), (0, 1.25), (0, 1.5), (0, 1.65), (0.18, 1.4), (0.25, 1.15), (0.27, 0.9), (0.28, 0.82), (-0.18, 1.4),
     (-0.25, 1.15), (-0.27, 0.9), (-0.28, 0.82), (0.1, 0.97), (0.11, 0.55), (0.11, 0.12), (0.11, 0.05), (-0.1, 0.97),
     (-0.11, 0.55), (-0.11, 0.12), (-0.11, 0.05), (0, 1.42), (0.28, 0.75), (0.25, 0.8), (-0.28, 0.75), (-0.25, 0.8)])


def walker(frames: int, x: float, phase: float = 0.0, speed: float = 0.6) -> np.ndarray:
    """(T, 25, 3): someone who walks to the right at `speed` metres a second, arms and legs swinging."""
    seconds = np.arange(frames) / FPS
    body = np.zeros((frames, 25, 3))
    body[..., :2] = STANDING
    body[..., 1] -= 1.0  # the camera is at the height of the hips …
    body[..., 2] = 3.0  # … three metres away
    swing = np.sin(2 * np.pi * seconds + phase)[:, None] * (1.0 - STANDING[:, 1]) * np.sign(STANDING[:, 0])
    body[..., 2] += 0.3 * swing
    body[..., 0] += x + speed * seconds[:, None]
    return body.astype(np.float32)


def recording(*bodies: np.ndarray, id: str = "walk", clock: bool = True) -> Motion:
    """Bodies (T, 25, 3) side by side; every frame and slot has a number of its own in `fields`."""
    positions = np.stack(bodies, 1)
    frames, slots = positions.shape[:2]
    stamps = 5.0 + np.arange(frames) / FPS if clock else None
    number = np.arange(frames)[:, None] * 10 + np.arange(slots)
    return Motion.of(positions, id, {"action": 1}, clock=stamps, fields={"number": number})


def one() -> Motion:
    return recording(walker(60, -0.6))


def two() -> Motion:
    return recording(walker(60, -1.0), walker(60, 0.4, phase=2.0, speed=0.3))


def changed(motion: Motion, change: Callable[[Motion], None], **rest: object) -> Motion:
    """A copy of a recording after `change` has had its way with the arrays."""
    copy = motion._replace(positions=motion.positions.copy(), present=motion.present.copy(),
                           tracked=motion.tracked.copy(), fields={k: v.copy() for k, v in motion.fields.items()},
                           clock=None if motion.clock is None else motion.clock.copy())
    change(copy)
    return copy._replace(**rest)  # type: ignore[arg-type]


def steps_that_find(motion: Motion) -> list[str]:
    return [finding.what for finding in find(motion, KINECT25, FPS)]


def mended(motion: Motion, *steps: str) -> Motion:
    result, _ = mend(motion, KINECT25, FPS, steps or ALL)
    assert isinstance(result, Motion), result
    return result


def set_aside(motion: Motion, *steps: str) -> SetAside:
    result, _ = mend(motion, KINECT25, FPS, steps or ALL)
    assert isinstance(result, SetAside)
    return result


def at_frames(motion: Motion, frames: np.ndarray) -> Motion:
    """Only these frames of a recording with a clock."""
    assert motion.clock is not None
    return motion._replace(positions=motion.positions[frames], present=motion.present[frames],
                           tracked=motion.tracked[frames], clock=motion.clock[frames],
                           fields={name: column[frames] for name, column in motion.fields.items()})


def same(one: Motion, other: Motion) -> bool:
    return (np.array_equal(one.positions, other.positions) and np.array_equal(one.present, other.present)
            and np.array_equal(one.tracked, other.tracked)
            and np.array_equal(one.fields["number"], other.fields["number"]))


def absent(motion: Motion, frames: slice, slot: int) -> None:
    """Somebody leaves: readers leave anything at all in the place of a body that is not there."""
    motion.positions[frames, slot] = np.nan
    motion.present[frames, slot] = False
    motion.tracked[frames, slot] = MISSING
    motion.fields["number"][frames, slot] = -1


# ── nothing wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("clean", [one, two])
def test_a_clean_recording_is_found_clean_and_is_not_even_copied(clean: Callable[[], Motion]) -> None:
    motion = clean()
    assert find(motion, KINECT25, FPS) == []
    assert mend(motion, KINECT25, FPS, ALL)[0] is motion


def test_absent_bodies_may_hold_anything() -> None:
    for rubbish in (np.nan, 0.0, 1e30, -np.inf):
        motion = changed(two(), lambda m, rubbish=rubbish: absent(m, slice(0, 30), 1))  # type: ignore[misc]
        motion.positions[~motion.present] = rubbish
        assert find(motion, KINECT25, FPS) == []
        assert mend(motion, KINECT25, FPS, ALL)[0] is motion


def test_people_who_come_and_go_are_not_a_fault() -> None:
    motion = changed(two(), lambda m: (absent(m, slice(0, 12), 0), absent(m, slice(45, 60), 1)))  # type: ignore[arg-type]
    assert find(motion, KINECT25, FPS) == []


def test_someone_alone_with_arms_spread_or_lying_is_a_person() -> None:
    lying = walker(60, 0.0)
    lying[..., [0, 1]] = lying[..., [1, 0]]
    assert find(recording(lying), KINECT25, FPS) == []
    assert find(recording(lying, lying + np.float32(1)), KINECT25, FPS) == []


def test_a_recording_without_a_clock_has_no_fault_in_it() -> None:
    assert find(recording(walker(60, 0.0), clock=False), KINECT25, FPS) == []


# ── one fault each ───────────────────────────────────────────────────────────────────────────────────────────────────


def nobody(motion: Motion) -> None:
    absent(motion, slice(None), 0)


def lost_joints(motion: Motion) -> None:
    motion.positions[20:23, 0, HAND] = np.nan
    motion.positions[40, 0, HAND, 1] = np.inf
    motion.positions[30, 0, [3, 4]] = 0
    motion.positions[10, 0, HAND] = 5000


def late(motion: Motion) -> None:
    assert motion.clock is not None
    motion.clock[30:] += 2 / FPS


def exchanged(motion: Motion) -> None:
    for array in (motion.positions, motion.fields["number"]):
        array[25:45] = array[25:45, ::-1].copy()


def renamed(motion: Motion) -> None:
    """The body leaves slot 0 for ever and goes on in slot 1."""
    for array in (motion.positions, motion.fields["number"]):
        array[30:, 1] = array[30:, 0]
    motion.present[:, 1] = np.arange(60) >= 30
    absent(motion, slice(30, 60), 0)


def away(motion: Motion) -> None:
    absent(motion, slice(20, 27), 0)


def jump(motion: Motion) -> None:
    motion.positions[33, 0, HAND] += np.float32(1.5)


def chair(motion: Motion) -> None:
    """Wide, low and still."""
    motion.positions[:, 1, :, 0] = np.linspace(-0.4, 0.4, 25)
    motion.positions[:, 1, :, 1] = np.linspace(-0.8, -0.6, 25)
    motion.positions[:, 1, :, 2] = 4


FAULTS: dict[str, tuple[Motion, Callable[[Motion], None], list[str]]] = {
    "empty": (one(), nobody, ["empty"]),
    "joints": (one(), lost_joints, ["joints"]),
    "clock": (one(), late, ["clock"]),
    "swaps": (two(), exchanged, ["swaps"]),
    "renamed": (two(), renamed, ["swaps"]),
    "gaps": (one(), away, ["gaps"]),
    "spikes": (one(), jump, ["spikes"]),
    "ghosts": (two(), chair, ["ghosts"]),
    "short": (recording(walker(7, 0.0)), lambda motion: None, ["short"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_own_step_alone(fault: str) -> None:
    motion, plant, steps = FAULTS[fault]
    findings = find(changed(motion, plant), KINECT25, FPS)
    assert [finding.what for finding in findings] == steps
    assert all(finding.where == "walk" and finding.detail for finding in findings)


@pytest.mark.parametrize("fault", FAULTS)
def test_its_own_step_mends_it_and_the_others_leave_it(fault: str) -> None:
    clean, plant, (step,) = FAULTS[fault]
    motion = changed(clean, plant)
    result, done = mend(motion, KINECT25, FPS, [step])
    assert [finding.what for finding in done] == [step]
    if isinstance(result, Motion):
        assert find(result, KINECT25, FPS) == []
    others = [name for name in ALL if name != step]
    if fault not in ("empty", "joints"):  # these two the others may stumble over
        assert mend(motion, KINECT25, FPS, others)[0] is motion


def test_a_fault_leaves_what_was_read_as_it_was() -> None:
    for clean, plant, _ in FAULTS.values():
        motion = changed(clean, plant)
        before = changed(motion, lambda motion: None)
        mend(motion, KINECT25, FPS, ALL)
        np.testing.assert_array_equal(motion.positions, before.positions)
        np.testing.assert_array_equal(motion.tracked, before.tracked)
        np.testing.assert_array_equal(motion.fields["number"], before.fields["number"])


# ── joints ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lost_joints_are_counted_by_kind_and_filled_from_the_frames_around() -> None:
    motion = changed(one(), lost_joints)
    assert find(motion, KINECT25, FPS) == [
        Finding("joints", "walk", "7 joints in 6 frames: 4 not a number, 2 at (0, 0, 0), 1 absurdly far")]
    result = mended(motion, "joints")
    assert np.abs(result.positions - one().positions).max() < 0.02
    lost = result.tracked == MISSING
    assert lost.sum() == 7
    np.testing.assert_array_equal(result.positions[~lost], one().positions[~lost])


def test_a_body_without_joints_is_absent_and_its_gap_is_then_bridged() -> None:
    motion = changed(one(), lambda m: m.positions[20:24].fill(0))
    assert steps_that_find(motion) == ["joints", "gaps"]
    assert not mended(motion, "joints").present[20:24].any()
    assert np.abs(mended(motion).positions - one().positions).max() < 0.05


def test_a_centred_body_keeps_its_zeros_but_a_lost_hand_is_found() -> None:
    every_frame = one()._replace(positions=one().positions - one().positions[:, :, [SPINE]])
    assert find(every_frame, KINECT25, FPS) == []
    once = one()._replace(positions=one().positions - one().positions[0, 0, SPINE])
    assert (once.positions[0, 0, SPINE] == 0).all()
    assert find(once, KINECT25, FPS) == []
    for centred in (every_frame, once):
        assert steps_that_find(changed(centred, lambda m: m.positions[9:12, 0, HAND].fill(0))) == ["joints"]


def test_a_joint_the_sensor_never_saw_is_missing_although_always_zero() -> None:
    motion = changed(one(), lambda m: m.positions[:, 0, HAND].fill(0))
    assert find(motion, KINECT25, FPS)[0].detail == "60 joints in 60 frames: 60 at (0, 0, 0)"
    assert (mended(motion).tracked[:, 0, HAND] == MISSING).all()


def test_far_from_the_origin_is_no_fault_but_far_from_the_body_is() -> None:
    motion = one()._replace(positions=one().positions + np.float32(100))
    assert find(motion, KINECT25, FPS) == []
    assert steps_that_find(changed(motion, lambda m: m.positions[5, 0, HAND].fill(900))) == ["joints"]


def test_millimetres_are_set_aside_with_the_likely_reason() -> None:
    motion = one()._replace(positions=one().positions * np.float32(1000))
    assert "millimetres" in set_aside(motion).reason


def test_a_jump_is_laid_between_the_frames_around_and_fast_hands_are_left() -> None:
    result = mended(changed(one(), jump))
    assert np.abs(result.positions - one().positions).max() < 0.01
    assert result.tracked[33, 0, HAND] == MISSING
    waving = one().positions.copy()
    waving[:, 0, HAND, 0] += 0.3 * np.sin(2 * np.pi * 4 * np.arange(60) / FPS).astype(np.float32)  # 7.5 m/s
    assert find(one()._replace(positions=waving), KINECT25, FPS) == []


# ── clock ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_dropped_frames_come_back_on_the_line_between() -> None:
    motion = at_frames(one(), np.delete(np.arange(60), [20, 21, 40]))
    assert [f.detail for f in find(motion, KINECT25, FPS)] == ["the clock jumps: 2 steps longer than 0.05 s"]
    result = mended(motion)
    assert result.positions.shape == one().positions.shape
    np.testing.assert_allclose(result.clock, one().clock)  # type: ignore[arg-type]
    assert np.abs(result.positions - one().positions).max() < 0.02
    assert np.flatnonzero((result.tracked == MISSING).any((1, 2))).tolist() == [20, 21, 40]
    assert result.fields["number"][18:24, 0].tolist() == [180, 190, 190, 220, 220, 230]


def test_over_a_long_pause_nobody_is_there() -> None:
    motion = changed(one(), lambda m: m.clock.__setitem__(slice(30, None), m.clock[30:] + 1.0))  # type: ignore[union-attr]
    result = mended(motion)
    assert len(result.present) == 90
    assert np.flatnonzero(~result.present[:, 0]).tolist() == list(range(30, 60))
    np.testing.assert_allclose(result.positions[result.present], one().positions[one().present], atol=1e-4)


@pytest.mark.parametrize("set_to", [-3.0, -1e9, 3600.0, 1e12])
def test_a_clock_that_was_set_anew_costs_nothing(set_to: float) -> None:
    motion = changed(one(), lambda m: m.clock.__setitem__(slice(30, None), m.clock[30:] + set_to))  # type: ignore[union-attr]
    assert steps_that_find(motion) == ["clock"]
    result = mended(motion)
    np.testing.assert_allclose(result.positions, one().positions, atol=1e-4)
    np.testing.assert_allclose(result.clock, one().clock, atol=1e-3)  # type: ignore[arg-type]


def test_a_frame_written_twice_is_dropped_and_an_unreadable_stamp_is_bridged() -> None:
    twice = at_frames(one(), np.insert(np.arange(60), 30, 30))
    np.testing.assert_allclose(mended(twice).positions, one().positions, atol=1e-4)
    for frame in (0, 30, 59):
        unreadable = changed(one(), lambda m, frame=frame: m.clock.__setitem__(frame, np.nan))  # type: ignore[misc]
        np.testing.assert_allclose(mended(unreadable).positions, one().positions, atol=1e-4)


@pytest.mark.parametrize("stamps", [np.zeros(60), np.full(60, np.nan), -np.arange(60.0), np.arange(60.0) * 33,
                                    np.where(np.arange(60) % 3, 1e-7, 1.0).cumsum()])
def test_a_clock_that_makes_no_sense_is_dropped_and_the_frames_stay(stamps: np.ndarray) -> None:
    result = mended(one()._replace(clock=stamps))
    assert result.clock is None
    assert same(result, one())


# ── swaps, ghosts, gaps ──────────────────────────────────────────────────────────────────────────────────────────────


def test_exchanged_tracks_are_exchanged_back_with_everything_that_belongs_to_them() -> None:
    motion = changed(two(), exchanged)
    assert find(motion, KINECT25, FPS)[0].detail == "bodies change slots in frames 25, 45"
    assert same(mended(motion), two())


def test_bodies_that_leap_to_random_slots_are_all_followed() -> None:
    bodies = [walker(60, x, phase=x, speed=0.2) for x in (-2.0, -0.7, 0.5, 1.8)]
    truth = recording(*bodies)
    places = generator(0, "slots").permuted(np.tile(np.arange(4), (60, 1)), axis=1)
    places[0] = np.arange(4)
    rows = np.arange(60)[:, None]
    shuffled = truth._replace(positions=truth.positions[rows, places],
                              fields={"number": truth.fields["number"][rows, places]})
    assert same(mended(shuffled, "swaps"), truth)


def test_a_body_that_goes_on_under_another_number_gets_its_slot_back() -> None:
    assert same(mended(changed(two(), renamed)), recording(walker(60, -1.0)))
    interrupted = changed(two(), lambda m: (renamed(m), absent(m, slice(30, 34), 1)))  # type: ignore[arg-type]
    assert steps_that_find(interrupted) == ["swaps", "gaps"]
    result = mended(interrupted)
    assert result.present.all()
    assert result.present.shape == (60, 1)
    assert np.abs(result.positions[:, 0] - walker(60, -1.0)).max() < 0.03


def test_another_person_who_comes_later_elsewhere_stays_another() -> None:
    motion = changed(two(), lambda m: (absent(m, slice(30, 60), 0), absent(m, slice(0, 30), 1)))  # type: ignore[arg-type]
    assert find(motion, KINECT25, FPS) == []


def test_a_ghost_goes_and_the_person_stays_bit_for_bit() -> None:
    assert same(mended(changed(two(), chair)), recording(walker(60, -1.0)))


def test_who_is_wide_is_a_ghost_beside_a_person_unless_all_are() -> None:
    lying = walker(60, 1.0)
    lying[..., [0, 1]] = lying[..., [1, 0]]
    person = recording(walker(60, -1.0))
    beside = recording(walker(60, -1.0), lying)
    assert find(beside, KINECT25, FPS)[0].detail == "body 1 is wider than a person in 100% of its frames"
    assert same(mended(beside), person)
    chair_beside = changed(recording(lying, lying), chair)
    assert same(mended(chair_beside), recording(lying))
    half = changed(beside, lambda m: m.positions[:19, 1].__setitem__(..., walker(19, 1.0)))
    assert find(half, KINECT25, FPS) == []  # 41 frames of 60 are 68 %, fewer than 69.754 %


def test_a_flash_is_a_ghost_and_so_is_still_furniture_but_not_a_still_person() -> None:
    flash = changed(two(), lambda m: (absent(m, slice(0, 20), 1), absent(m, slice(31, 60), 1)))  # type: ignore[arg-type]
    assert find(flash, KINECT25, FPS)[0].detail == "body 1 is there for 11 frames"
    longer = changed(two(), lambda m: (absent(m, slice(0, 20), 1), absent(m, slice(32, 60), 1)))  # type: ignore[arg-type]
    assert find(longer, KINECT25, FPS) == []
    still = np.repeat(walker(1, 1.0), 60, 0)
    assert find(recording(walker(60, -1.0), still), KINECT25, FPS) == []
    middle = still.mean((0, 1))
    assert steps_that_find(recording(walker(60, -1.0), middle + 0.1 * (still - middle))) == ["ghosts"]
    crooked = still.copy()
    left = [j for j, name in enumerate(KINECT25.joints) if name.endswith("Left")]
    crooked[:, left] = still[:, [SPINE]] + 0.2 * (still[:, left] - still[:, [SPINE]])
    assert "left is not its right" in find(recording(walker(60, -1.0), crooked), KINECT25, FPS)[0].detail
    stool = middle + np.float32([1, 0.5, 1]) * (still - middle)
    stool[..., 0] = middle[0] + 0.9 * (still[..., 0] - middle[0])
    assert "legs are too short" in find(recording(walker(60, -1.0), stool), KINECT25, FPS)[0].detail
    guessed = recording(walker(60, -1.0), still)
    guessed.tracked[:, 1, :16] = GUESSED
    assert find(guessed, KINECT25, FPS)[0].detail == "body 1 is still and mostly guessed"
    guessed.tracked[:, 0, :16] = GUESSED  # the person is guessed as much, but walks
    assert mended(guessed).present.shape == (60, 1)


def test_a_short_gap_is_bridged_a_long_one_and_a_far_return_are_not() -> None:
    result = mended(changed(one(), away))
    assert np.abs(result.positions - one().positions).max() < 0.1
    assert (result.tracked[20:27] == MISSING).all()
    assert (result.tracked[:20] == SEEN).all()
    assert result.fields["number"][20:27, 0].tolist() == [190, 190, 190, 190, 270, 270, 270]
    long = changed(one(), lambda m: absent(m, slice(20, 31), 0))
    assert find(long, KINECT25, FPS) == []
    elsewhere = changed(one(), lambda m: (absent(m, slice(20, 23), 0), m.positions[23:].__iadd__(2)))  # type: ignore[arg-type]
    assert find(elsewhere, KINECT25, FPS) == []


@pytest.mark.parametrize(("fps", "frames"), [(30.0, 8), (120.0, 30), (10.0, 4)])
def test_short_is_a_quarter_of_a_second_and_at_least_four_frames(fps: float, frames: int) -> None:
    still = recording(np.repeat(walker(1, 0.0), frames, 0))
    assert find(still, KINECT25, fps) == []
    aside, _ = mend(at_frames(still, np.arange(1, frames)), KINECT25, fps, ["short"])
    reason = f"{frames - 1} frames with a body, fewer than {frames}"
    assert aside == SetAside("walk", f"frames 0 to {frames - 2}", reason)


# ── all together ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_steps_are_applied_in_their_order_whatever_the_order_they_are_asked_in() -> None:
    motion = changed(one(), lambda m: (lost_joints(m), jump(m)))  # type: ignore[func-returns-value]
    forwards, told = mend(motion, KINECT25, FPS, ["joints", "spikes"])
    backwards, _ = mend(motion, KINECT25, FPS, ["spikes", "joints"])
    assert [finding.what for finding in told] == ["joints", "spikes"]
    assert isinstance(forwards, Motion)
    assert isinstance(backwards, Motion)
    assert same(forwards, backwards)


def test_what_is_set_aside_is_looked_at_no_further() -> None:
    motion = changed(one(), nobody)
    assert steps_that_find(motion) == ["empty"]
    assert set_aside(motion) == SetAside("walk", "frames 0 to 59", "no body in any frame")
    assert set_aside(changed(one(), lambda m: m.positions.fill(0))).reason == "no joint of any body has a place"


def spoilt(seed: int) -> Motion:
    """Two people, a chair and many faults at random places."""
    draw = generator(seed, "spoilt")
    bodies = [walker(80, x, phase=x, speed=float(draw.normal(0, 0.4))) for x in (-1.0, 0.6, 2.0)]
    motion = recording(*(body + draw.normal(0, 0.005, body.shape).astype(np.float32) for body in bodies))
    chair(motion._replace(positions=motion.positions[:, 1:]))
    for _ in range(draw.integers(1, 8)):
        frame, slot, joint = (int(draw.integers(size)) for size in motion.positions.shape[:3])
        frames = slice(frame, frame + int(draw.integers(1, 20)))
        kind = int(draw.integers(7))
        if kind == 0:
            motion.positions[frames, slot, joint] = draw.choice([np.nan, np.inf, 0, 1e20])
        elif kind == 1:
            motion.positions[frames, slot] = draw.choice([np.nan, 0, 1e4])
        elif kind == 2:
            absent(motion, frames, slot)
        elif kind == 3:
            motion.positions[frames] = motion.positions[frames][:, draw.permutation(3)]
        elif kind == 4:
            motion.positions[frame, slot, joint] += np.float32(draw.normal(0, 1))
        elif motion.clock is not None:
            motion.clock[frame:] += draw.choice([-1.0, 0.05, 0.1, 0.7, 1e6]) if kind == 5 else -1 / FPS
    return motion


@pytest.mark.parametrize("seed", range(60))
def test_what_is_mended_has_nothing_left_to_mend_and_can_be_stored(seed: int) -> None:
    result = mended(spoilt(seed))
    assert find(result, KINECT25, FPS) == []
    assert mend(result, KINECT25, FPS, ALL)[0] is result
    stored = MotionDataset.of(KINECT25, FPS, [result])[0]
    np.testing.assert_array_equal(stored.positions[stored.present], result.positions[result.present])
    assert result.fields["number"].shape == result.present.shape
    assert result.clock is None or result.clock.shape == result.present.shape[:1]


@pytest.mark.parametrize("step", [step for step in ALL if step != "joints"])
def test_a_step_alone_bears_what_the_others_would_have_mended(step: str) -> None:
    for seed in range(20):
        result, _ = mend(spoilt(seed), KINECT25, FPS, [step])
        assert isinstance(result, Motion)
        assert result.tracked.shape == (*result.present.shape, 25) == result.positions.shape[:-1]


# ── the words of the command line, and copies ────────────────────────────────────────────────────────────────────────


def test_choose_gives_steps_in_their_order() -> None:
    assert choose(["ghosts", "joints", "ghosts"]) == ("joints", "ghosts")
    assert choose(["all"]) == choose(["all", "short"]) == WORDS == (*STEPS, "duplicates")
    assert choose(["none"]) == choose([]) == ()


def test_choose_refuses_in_words() -> None:
    with pytest.raises(UserError, match=r"no step of cleaning 'goats'\nthere are: empty, .* duplicates, all, none"):
        choose(["joints", "goats"])
    with pytest.raises(UserError, match="none and gaps at once"):
        choose(["none", "gaps"])
