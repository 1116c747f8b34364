"""One take: a person does an action once, a little differently every time; the world holds it, no camera yet."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from maskeleton import seeds
from maskeleton.synthetic.actions import ACTIONS
from maskeleton.synthetic.curves import sample
from maskeleton.synthetic.figure import KINECT, figure
from maskeleton.synthetic.population import POSTURE, Person, Strengths, person
from maskeleton.synthetic.poses import ANGLES, GROUPS, PLACE, REST, mirrored
from maskeleton.synthetic.steps import Action

FPS = 30.0
STRANGERS = (1001, 1000)  # first number, and how many: people of the population who are in no dataset

# How one take differs from the next, each times the setting `variation`.
TEMPO_SD, STEP_SD, AMPLITUDE_SD, KEY_SD, LAG_SD, STANCE_SD = 0.04, 0.06, 0.03, 0.025, 0.012, 2.0
LEG_SHARE = 0.5  # legs carry: they vary by this share of what arms do
YAW_SD, PLACE_SD = 7.0, 0.10  # degrees, metres
SLACK = (0.05, 0.35)  # how far a movement goes that is done by halves, against one that is done in full
STILL = (0.15, 0.35)  # seconds before and after the action

SWAY = {"tilt": (0.5, 0.32), "roll": (0.6, 0.24), "bend": (0.8, 0.27), "nod": (1.0, 0.21), "lean": (0.5, 0.19)}
PARTS = ("root", "trunk", "head", "left", "right", "leg")
PART = np.array([PARTS.index(
    "root" if GROUPS["root"][i] else "leg" if GROUPS["leg"][i] else name.split("_")[0] if GROUPS["arm"][i]
    else "head" if name in ("nod", "look", "cock") else "trunk") for i, name in enumerate(ANGLES)])
VARIES = np.array([0.0, 1.0, 1.0, 1.0, 1.0, LEG_SHARE])
STANCE = np.array([any(name.endswith(angle) for angle in POSTURE) for name in ANGLES]) * VARIES[PART]
TREMBLES = GROUPS["arm"] | GROUPS["trunk"]


class Variation(Strengths, Protocol):
    """What a take needs of the settings."""

    @property
    def variation(self) -> float: ...
    @property
    def slack(self) -> float: ...


@dataclass(frozen=True)
class _Timing:
    """What two people of one take share: how long each step lasts and how long they stand before and after."""

    keys: np.ndarray  # seconds of each key pose
    frames: int


def partner_of(seed: int, number: int, action: int, repetition: int) -> int:
    """Who does an action of two with person `number`: a stranger, so that nobody is known by the company they keep."""
    return int(STRANGERS[0] + seeds.generator(seed, "partner", number, action, repetition).integers(STRANGERS[1]))


def perform(seed: int, settings: Variation, number: int, action: int, repetition: int) -> np.ndarray:
    """World positions (T, P, 25, 3) float64 of one take: y up, floor at 0, the stage's middle at the origin.

    Who faces +z faces the first camera.
    """
    played = ACTIONS[action - 1]
    words = (number, action, repetition)
    people = [person(seed, number, settings)]
    if len(played.tracks) == 2:
        people.append(person(seed, partner_of(seed, *words), settings))
    timing = _timing(seeds.generator(seed, "timing", *words), settings.variation, played, people)
    effort = _effort(seeds.generator(seed, "slack", *words), settings)
    bodies = [_body(seeds.generator(seed, "body", who, *words), settings.variation, played.tracks[who], each, timing,
                    played, effort) for who, each in enumerate(people)]
    return _staged(seeds.generator(seed, "stage", *words), settings.variation, bodies, played, people)


def _timing(rng: np.random.Generator, variation: float, played: Action, people: list[Person]) -> _Timing:
    tempo = np.exp(np.mean([np.log(each.tempo) for each in people]) + rng.standard_normal() * TEMPO_SD * variation)
    lead, tail = (STILL[0] + (STILL[1] - STILL[0]) * (0.5 + (rng.random(2) - 0.5) * variation)).clip(0.05)
    steps = played.seconds * np.exp(rng.standard_normal(len(played.seconds)) * STEP_SD * variation) / tempo
    keys = lead + np.concatenate([[0.0], steps.cumsum()])
    return _Timing(keys, round(float(keys[-1] + tail) * FPS))


def _effort(rng: np.random.Generator, settings: Variation) -> np.ndarray:
    """(angles,) how far each angle goes: 1, or less in a take done by halves; legs lose less, the root nothing."""
    half = rng.random() < settings.slack * min(settings.variation, 1)
    return np.asarray((rng.uniform(*SLACK) if half else 1.0) ** VARIES[PART])


def _body(rng: np.random.Generator, variation: float, track: np.ndarray, who: Person, timing: _Timing,
          played: Action, effort: np.ndarray) -> np.ndarray:
    """(T, joints, 3): the action's angles as this person takes them this time, through the body."""
    if who.left_handed and not played.sided:
        track = mirrored(track)
    amplitude = who.amplitude * np.exp(rng.standard_normal(len(PARTS)) * AMPLITUDE_SD * variation * VARIES)[PART]
    missed = 1 + (rng.standard_normal((len(track), len(PARTS))) * KEY_SD * variation * VARIES)[:, PART]
    lag = who.lag + (rng.standard_normal(len(PARTS)) * LAG_SD * variation * VARIES)[PART]
    stance = rng.standard_normal(len(ANGLES)) * STANCE_SD * variation * STANCE
    poses = REST + (track - REST) * np.where(PART == 0, 1, amplitude) * missed * effort
    poses[:, PLACE["lift"]] = track[:, PLACE["lift"]] * amplitude[PLACE["lift"]]
    time = np.arange(timing.frames) / FPS
    angles = sample(timing.keys, poses, time[:, None] - lag, who.roughness)
    angles += who.posture + stance + _unrest(rng, variation, who, time)
    return figure(angles, who.offsets, who.stature)


def _unrest(rng: np.random.Generator, variation: float, who: Person, time: np.ndarray) -> np.ndarray:
    """Sway and breath, slow; tremor, fast. (T, angles) degrees."""
    unrest = np.zeros((len(time), len(ANGLES)))
    begin = rng.random(len(SWAY)) * variation
    for (angle, (size, rate)), start in zip(SWAY.items(), begin, strict=True):
        unrest[:, PLACE[angle]] = size * who.sway * np.sin(2 * np.pi * (rate * time + start))
    rates, starts = rng.random((2, int(TREMBLES.sum()))) * variation
    unrest[:, TREMBLES] += who.tremor * np.sin(2 * np.pi * (time[:, None] * (4 + 4 * rates) + starts))
    return unrest


def _staged(rng: np.random.Generator, variation: float, bodies: list[np.ndarray], played: Action,
            people: list[Person]) -> np.ndarray:
    """Bodies put on the stage: alone with the middle of the way at the origin, in twos facing each other."""
    yaw, aside, ahead = rng.standard_normal(3) * variation * np.array([np.radians(YAW_SD), PLACE_SD, PLACE_SD])
    if len(bodies) == 1:
        way = bodies[0][:, 0, [0, 2]]
        middle = (way.min(0) + way.max(0)) / 2
        placed = [_turned(bodies[0] - np.array([middle[0], 0, middle[1]]), yaw)]
    else:
        side = -1.0 if rng.random() < 0.5 * min(variation, 1) else 1.0
        half = played.apart / 2 * sum(each.stature for each in people) / len(people) / 1.7
        placed = []
        for each, sign in zip(bodies, (side, -side), strict=True):
            start = each[0, 0] * np.array([1.0, 0, 1])
            placed.append(_turned(each - start + np.array([0, 0, -half]), np.pi / 2 * sign))
        placed = [_turned(each, yaw) for each in placed]
    world = np.stack(placed, 1)[:, :, KINECT]
    world += np.array([aside, 0, ahead])
    return world


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Turned about the vertical axis through the origin."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = points.copy()
    turned[..., 0] = points[..., 0] * cosine + points[..., 2] * sine
    turned[..., 2] = points[..., 2] * cosine - points[..., 0] * sine
    return turned
