"""People: how each is built, how each stands and how each moves, drawn once for a person and used in every take.

Lengths are fractions of stature after Drillis and Contini (1966) as tabled by Winter, "Biomechanics and Motor Control
of Human Movement"; stature and the breadth of shoulders and hips by sex after ANSUR II (Gordon et al. 2014), brought
from the skin to the joint centres a depth camera reports. How far postures and ways of moving differ is our own choice.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from maskeleton import seeds
from maskeleton.synthetic.figure import CHAIN, NODES
from maskeleton.synthetic.poses import ANGLES, GROUPS, PLACE

STATURE = 1.692  # metres: the middle between women's 1.628 and men's 1.756
STATURE_BY_SEX = 0.064  # half of the difference
STATURE_SD = 0.066

# bone: fraction of stature, half the difference between men and women (as a share, men longer), spread between people
BONES: dict[str, tuple[float, float, float]] = {
    "lower_spine": (0.132, 0.000, 0.035), "upper_spine": (0.130, 0.004, 0.035), "neck": (0.042, 0.010, 0.060),
    "head": (0.090, -0.008, 0.035), "shoulder": (0.112, 0.027, 0.035), "upper_arm": (0.186, 0.006, 0.030),
    "forearm": (0.146, 0.014, 0.030), "hand": (0.046, 0.012, 0.035), "fingers": (0.052, 0.012, 0.035),
    "thumb": (0.040, 0.012, 0.035), "hip": (0.050, -0.042, 0.050), "thigh": (0.245, 0.004, 0.025),
    "shank": (0.246, 0.006, 0.025), "foot": (0.070, 0.014, 0.040),
}
# joint: its bone, and the direction in which it leads away from the parent in a body standing upright (left side)
DIRECTIONS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "SpineMid": ("lower_spine", (0, 1, 0.02)), "SpineShoulder": ("upper_spine", (0, 1, -0.10)),
    "Neck": ("neck", (0, 1, 0.05)), "Head": ("head", (0, 1, 0.25)), "Shoulder": ("shoulder", (1, -0.18, 0)),
    "Elbow": ("upper_arm", (0, -1, 0)), "Wrist": ("forearm", (0, -1, 0)), "Hand": ("hand", (0, -1, 0)),
    "HandTip": ("fingers", (0, -1, 0.1)), "Thumb": ("thumb", (0, -0.6, 0.8)), "Hip": ("hip", (1, -0.35, 0)),
    "Knee": ("thigh", (0, -1, 0)), "Ankle": ("shank", (0, -1, 0)), "Foot": ("foot", (0, -0.38, 1)),
}
# angle: spread between people, half the difference between men and women (men more), degrees
POSTURE: dict[str, tuple[float, float]] = {
    "bend": (4.0, 1.0), "lean": (1.5, 0), "twist": (2.0, 0), "nod": (5.0, 1.5), "look": (3.0, 0), "cock": (2.5, 0),
    "arm_raise": (4.0, -0.5), "arm_spread": (3.0, 2.0), "arm_roll": (8.0, 3.0), "arm_elbow": (6.0, 2.0),
    "arm_wrist": (6.0, 0), "arm_shrug": (3.0, 0), "leg_out": (1.2, 0.8), "leg_toes": (5.0, 2.5), "leg_knee": (2.5, 0),
}
ONE_SIDED = 0.3  # how much of a limb's spread is its own and not shared by both sides
# logarithms of tempo and amplitudes; seconds that each part lags; share of plain linear motion; tremor in degrees
DYNAMICS: dict[str, tuple[float, float]] = {
    "tempo": (0.10, -0.04), "trunk": (0.14, -0.05), "arm": (0.08, 0.03), "leg": (0.06, 0.02), "sway": (0.25, 0.08),
    "lag_trunk": (0.035, 0), "lag_left": (0.035, 0), "lag_right": (0.035, 0), "lag_head": (0.05, 0),
    "roughness": (0.12, 0.05), "tremor": (0.35, 0.10),
}
LARGEST = 2.5  # no one is further from the mean than this many times the spread


class Strengths(Hashable, Protocol):
    """What the population needs of the settings."""

    @property
    def anatomy(self) -> float: ...
    @property
    def posture(self) -> float: ...
    @property
    def dynamics(self) -> float: ...
    @property
    def gender_anatomy(self) -> float: ...
    @property
    def gender_posture(self) -> float: ...
    @property
    def gender_dynamics(self) -> float: ...
    @property
    def left_handed(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Person:
    """One of the population: labels, body, bearing and way of moving."""

    number: int
    gender: str
    age: int
    stature: float
    offsets: np.ndarray  # (joints, 3) metres: each joint from its parent, upright
    posture: np.ndarray  # (angles,) degrees, added to every pose
    amplitude: np.ndarray  # (angles,) how far each angle goes, 1 as written
    lag: np.ndarray  # (angles,) seconds
    tempo: float  # 1 as written, more is faster
    roughness: float  # 0 minimum jerk … 1 from pose to pose at an even speed
    tremor: float  # degrees
    sway: float  # 1 as written
    left_handed: bool


@lru_cache(maxsize=256)
def person(seed: int, number: int, strengths: Strengths) -> Person:
    """Person `number` (from 1) of the population of a seed; the same whoever else is in it."""
    gender = gender_of(seed, number)
    man = 1.0 if gender == "male" else -1.0
    stature, offsets = _anatomy(seed, number, man, strengths)
    moves = _dynamics(seed, number, man, strengths)
    handed = seeds.generator(seed, "hand", number).random() < strengths.left_handed * min(strengths.dynamics, 1)
    amplitude = np.ones(len(ANGLES))
    for part in ("trunk", "arm", "leg"):
        amplitude[GROUPS[part]] = np.exp(moves[part])
    amplitude[PLACE["lift"]] = np.exp(moves["leg"])
    return Person(
        number, gender, int(seeds.generator(seed, "age", number).integers(18, 81)), stature, offsets,
        _posture(seed, number, man, strengths), amplitude, _lags(moves), float(np.exp(moves["tempo"])),
        float(np.clip(0.15 + moves["roughness"], 0, 0.6)), max(0.0, 0.35 + moves["tremor"]),
        float(np.exp(moves["sway"])), bool(handed),
    )


def gender_of(seed: int, number: int) -> str:
    """Women and men in equal number: of persons 1 and 2 one is a woman, of 3 and 4, and so on; a coin says which."""
    first_is_female = seeds.generator(seed, "gender", (number + 1) // 2).random() < 0.5
    return "female" if first_is_female == (number % 2 == 1) else "male"


def _draws(seed: int, role: str, number: int, count: int) -> np.ndarray:
    return np.clip(seeds.generator(seed, role, number).standard_normal(count), -LARGEST, LARGEST)


def _anatomy(seed: int, number: int, man: float, strengths: Strengths) -> tuple[float, np.ndarray]:
    own = _draws(seed, "anatomy", number, 1 + len(BONES)) * strengths.anatomy
    man *= strengths.gender_anatomy
    stature = max(1.2, STATURE + man * STATURE_BY_SEX + own[0] * STATURE_SD)
    length = {bone: max(0.3, 1 + man * by_sex + draw * spread) * fraction * stature
              for (bone, (fraction, by_sex, spread)), draw in zip(BONES.items(), own[1:], strict=True)}
    offsets = np.zeros((len(CHAIN), 3))
    for index, name in enumerate(NODES):
        joint = name.removesuffix("Left").removesuffix("Right")
        if joint in DIRECTIONS:
            bone, direction = DIRECTIONS[joint]
            offsets[index] = np.array(direction) / np.linalg.norm(direction) * length[bone]
            if name.endswith("Right"):
                offsets[index, 0] *= -1
    return float(stature), offsets


def _posture(seed: int, number: int, man: float, strengths: Strengths) -> np.ndarray:
    posture = np.zeros(len(ANGLES))
    both, left, right = _draws(seed, "posture", number, 3 * len(POSTURE)).reshape(3, -1) * strengths.posture
    shared = np.sqrt(1 - ONE_SIDED**2)
    for place, (angle, (spread, by_sex)) in enumerate(POSTURE.items()):
        mean = man * by_sex * strengths.gender_posture
        if angle in PLACE:
            posture[PLACE[angle]] = mean + both[place] * spread
        else:
            for side, own in (("left", left), ("right", right)):
                draw = shared * both[place] + ONE_SIDED * own[place]
                posture[PLACE[f"{side}_{angle}"]] = mean + draw * spread
    return posture


def _dynamics(seed: int, number: int, man: float, strengths: Strengths) -> dict[str, float]:
    own = _draws(seed, "dynamics", number, len(DYNAMICS)) * strengths.dynamics
    return {what: float(man * by_sex * strengths.gender_dynamics + draw * spread)
            for (what, (spread, by_sex)), draw in zip(DYNAMICS.items(), own, strict=True)}


def _lags(moves: dict[str, float]) -> np.ndarray:
    """Legs and root keep time; trunk, head and each arm come a little before or after."""
    lag = np.zeros(len(ANGLES))
    for name, place in PLACE.items():
        if "_arm_" in name:
            lag[place] = moves[f"lag_{name.split('_')[0]}"]
        elif name in ("nod", "look", "cock"):
            lag[place] = moves["lag_head"]
        elif GROUPS["trunk"][place]:
            lag[place] = moves["lag_trunk"]
    return lag
