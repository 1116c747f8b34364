"""How somebody moves: channels that need time."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from maskeleton.traits.body import Body, Part, by_band, each, log_size, middle_of, power_of
from maskeleton.traits.form import SHARES, at_shares

BANDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # Hz: edges of the five bands; what is faster counts as jitter
TONES = tuple(4 + 0.75 * step for step in range(17))  # Hz: edges of narrow bands in which a sensor or a tremor sounds
FAST = (4.0, 6.0, 8.0, 11.0)  # Hz: edges of the bands that each bone trembles in
SPANS = tuple(f"{low:g}-{high:g} Hz" for low, high in pairwise(FAST))
NO_TURN = 1e-3  # of a unit direction: under a tenth of a degree
NO_WAY = 1e-4  # metres


def amplitude(body: Body) -> list[Part]:
    """How far each bone axis swings."""
    return [("amplitude of", body.plan.axis_names, log_size(body.spread, NO_TURN))]


def spectrum(low: float, high: float) -> Callable[[Body], list[Part]]:
    """How much of each bone axis's swing lies between two frequencies."""

    def share(body: Body) -> list[Part]:
        inside = np.sqrt(by_band(body.power, body.frequencies, (low, high))[:, 0])
        return [(f"{low:g}-{high:g} Hz in", body.plan.axis_names,
                 log_size(inside, NO_TURN) - log_size(body.spread, NO_TURN))]

    return share


def jitter(body: Body) -> list[Part]:
    """What is faster than people move on purpose: second differences at the native rate, and the highest bands."""
    names, bones = body.plan.joint_names, body.plan.bone_names
    shaking = np.sqrt((_second_differences(body.joints) ** 2).sum(1))
    stretching = np.abs(_second_differences(body.lengths)).mean(-1)
    fast = np.sqrt(by_band(body.power, body.frequencies, (BANDS[-1], np.inf))[:, 0])
    tones = np.sqrt(by_band(body.power.sum(0, keepdims=True), body.frequencies, TONES)[0])
    trembling = np.sqrt(by_band(_per_bone(body.power), body.frequencies, FAST))
    return [("second differences of", names, log_size(np.sqrt((shaking**2).mean(-1)), NO_WAY)),
            ("middle second difference of", names, log_size(middle_of(shaking), NO_WAY)),
            ("second differences of the length of", bones, log_size(stretching, NO_WAY)),
            (f"over {BANDS[-1]:g} Hz in", body.plan.axis_names, log_size(fast, NO_TURN)),
            ("from", [f"{low:g} Hz" for low in TONES[:-1]], log_size(tones, NO_TURN)),
            ("trembling of", each(bones, SPANS), log_size(trembling, NO_TURN))]


def coordination(body: Body) -> list[Part]:
    """Which bone axes move together."""
    even = body.swing / (body.spread + NO_TURN)[:, None]
    one, other = body.plan.axis_pairs
    return [("", body.plan.axis_pair_names, (even @ even.T / body.frames)[one, other])]


def concentration(body: Body) -> list[Part]:
    """How closely each bone stays about its mean direction."""
    variance = (body.spread.reshape(-1, 3) ** 2).sum(1)  # 1 − the mean's length, without the loss of digits
    return [("turning of", body.plan.bone_names,
             log_size(variance / (1 + np.sqrt(np.maximum(1 - variance, 0))), NO_TURN**2))]


def cadence(body: Body) -> list[Part]:
    """How fast each bone swings, how evenly the body hurries, and when in the recording it moves."""
    power = _per_bone(body.power)
    share = power / (power.sum(1, keepdims=True) + NO_TURN**2)
    centre = share @ body.frequencies
    speed = np.sqrt((np.diff(body.joints, axis=-1) ** 2).sum(1)).mean(0) * body.fps
    speed = speed if len(speed) else np.zeros(1, np.float32)
    beat, tempi = power_of((speed - speed.mean())[None], body.fps)
    done = np.cumsum(speed) / max(float(speed.sum()), 1e-9)
    when = np.searchsorted(done, np.arange(1, 10) / 10) / len(speed)
    peaks = ((speed[1:-1] > speed[:-2]) & (speed[1:-1] >= speed[2:])).sum() * body.fps / len(speed)
    return [("tempo of", body.plan.bone_names, log_size(centre, 0.05)),
            ("spread of the tempo of", body.plan.bone_names,
             np.sqrt(np.maximum(share @ body.frequencies**2 - centre**2, 0))),
            ("speed", [f"{part} %" for part in SHARES], log_size(at_shares(speed[None]), 1e-2)),
            ("share of the time until", [f"{tenth}0 % of the way" for tenth in range(1, 10)], when),
            ("strongest beat", ("",), tempi[beat.argmax(1)]), ("bursts a second", ("",), np.array([peaks]))]


def duration(body: Body) -> list[Part]:
    """How long the recording is."""
    return [("seconds", ("",), np.array([body.frames / body.fps])), ("log seconds", ("",),
                                                                     np.log([body.frames / body.fps]))]


def trajectory(body: Body) -> list[Part]:
    """The root's way through the room: where it is, how far, how fast and how high it goes."""
    steps = np.diff(body.path, axis=0) * body.fps if body.frames > 1 else np.zeros((1, 3), np.float32)
    speed = np.sqrt((steps[:, (0, 2)] ** 2).sum(1))
    way = body.path[-1] - body.path[0]
    above = body.path[:, 1] + body.joints[:, 1].min(0)
    return [("mean place", "xyz", body.path.mean(0)), ("spread of the place", "xyz", log_size(body.path.std(0), 1e-3)),
            ("range of the place", "xyz", np.ptp(body.path, axis=0)),
            ("way from the first frame to the last", ("ground", "up"), np.array([np.hypot(way[0], way[2]), way[1]])),
            ("speed over the ground", [f"{part} %" for part in SHARES], log_size(at_shares(speed[None]), 1e-2)),
            ("speed upwards", [f"{part} %" for part in SHARES], at_shares(steps[None, :, 1])),
            ("lowest joint", [f"{part} %" for part in SHARES], at_shares(above[None]))]


def heading(body: Body) -> list[Part]:
    """Where the body faces, and how it turns."""
    facing, turns = body.facing, np.diff(body.facing) * body.fps if body.frames > 1 else np.zeros(1, np.float32)
    return [("mean heading", ("cosine", "sine"), np.array([np.cos(facing).mean(), np.sin(facing).mean()])),
            ("spread of the heading", ("",), log_size(facing.std(keepdims=True), 1e-2)),
            ("turned", ("in all", "at most"), np.array([facing[-1] - facing[0], np.ptp(facing)])),
            ("turning", [f"{part} %" for part in SHARES], at_shares(turns[None]))]


def _per_bone(power: np.ndarray) -> np.ndarray:
    return np.asarray(power.reshape(-1, 3, power.shape[-1]).sum(1))


def _second_differences(tracks: np.ndarray) -> np.ndarray:
    """Along time; zero where there are too few frames."""
    return np.diff(tracks, 2, axis=-1) if tracks.shape[-1] > 2 else np.zeros_like(tracks[..., :1])
