"""The vocabulary of poses: which angles a body has, how it stands at rest, and named positions of arms and legs.

All angles are degrees from standing upright with hanging arms. Positive is: forward for bend, nod, raise, hip and tilt;
to the person's left for lean, twist, look, cock, roll and turn; outward for spread and out; inward for the arm's roll;
flexed for elbow, knee and wrist; toes up for ankle. `lift`, `forward` and `aside` are metres for a body of 1.7 m.
"""

from collections.abc import Sequence

import numpy as np

ROOT = ("lift", "forward", "aside", "tilt", "roll", "turn")
TRUNK = ("bend", "lean", "twist", "nod", "look", "cock")
ARM = ("raise", "spread", "roll", "elbow", "wrist", "shrug")
LEG = ("hip", "out", "toes", "knee", "ankle")
ANGLES = (*ROOT, *TRUNK, *(f"{side}_arm_{part}" for side in ("left", "right") for part in ARM),
          *(f"{side}_leg_{part}" for side in ("left", "right") for part in LEG))
PLACE = {name: index for index, name in enumerate(ANGLES)}

# raise, spread, roll, elbow, wrist, shrug; where a hand is named by a place it is there on a body of mean proportions
ARMS: dict[str, tuple[float, ...]] = {
    "hang": (2, 6, 10, 12), "straight": (0, 3, 0, 2), "forward": (90, 2, 10, 5), "up": (176, 6, 0, 6),
    "out": (0, 90, 0, 5), "high": (0, 138, 0, 8), "low": (0, 45, 0, 10), "back_low": (-40, 8, 0, 10),
    "mouth": (62, 9, 35, 130), "cup": (91, 10, 40, 114), "ear": (109, 13, 28, 134), "forehead": (99, 21, 38, 117),
    "temple": (99, 39, 31, 124), "crown": (135, 10, 36, 94), "nape": (145, 14, 38, 129), "eyes": (92, 29, 37, 122),
    "chest": (36, 22, 57, 128), "heart": (34, -5, 72, 124), "belly": (8, 21, 56, 113), "bowl": (24, 14, 41, 94),
    "shoulder": (49, -12, 81, 114), "elbow": (25, -10, 67, 92), "akimbo": (-33, 54, 47, 116),
    "behind": (-43, 17, 67, 105), "clap": (39, 9, 42, 97), "open": (13, 38, -10, 102), "pray": (53, 13, 35, 113),
    "guard": (45, 15, 20, 135), "lap": (32, -4, 25, 55),
}
# hip, out, toes, knee, ankle (the foot lies flat by itself; ankle is what differs from flat)
LEGS: dict[str, tuple[float, ...]] = {
    "stand": (1, 3, 7, 2), "wide": (0, 18, 12, 2), "tiptoe": (0, 3, 7, 2, -38), "sit": (86, 7, 5, 88),
    "crouch": (60, 6, 8, 75), "squat": (112, 16, 18, 122), "front_lunge": (88, 2, 2, 88),
    "back_lunge": (-12, 2, 2, 78, -30), "lie": (12, 8, 20, 18, -20), "knee_up": (92, 2, 2, 92),
    "on_knee": (0, 4, 2, 92, -40), "all_fours": (75, 6, 0, 88, -45),
}
Limb = str | Sequence[float]
Pose = np.ndarray  # one value for each of ANGLES


def pose(arms: Limb = "hang", legs: Limb = "stand", left: Limb = "", right: Limb = "", left_leg: Limb = "",
         right_leg: Limb = "", **angles: float) -> Pose:
    """A pose: limbs by name or as numbers, both sides alike or one by one; every other angle is 0 unless named."""
    values = np.zeros(len(ANGLES))
    for side, arm, leg in (("left", left, left_leg), ("right", right, right_leg)):
        _put(values, f"{side}_arm_", ARM, ARMS, arm if len(arm) else arms)
        _put(values, f"{side}_leg_", LEG, LEGS, leg if len(leg) else legs)
    for name, value in angles.items():
        values[PLACE[name]] = value
    return values


def _put(values: Pose, prefix: str, parts: Sequence[str], named: dict[str, tuple[float, ...]], limb: Limb) -> None:
    numbers = named[limb] if isinstance(limb, str) else limb
    for part, value in zip(parts, numbers, strict=False):
        values[PLACE[prefix + part]] = value


REST = pose()


def _mirror() -> tuple[np.ndarray, np.ndarray]:
    swapped = {"left": "right", "right": "left"}
    source = [PLACE[f"{swapped[name.split('_')[0]]}_{name.split('_', 1)[1]}" if "_" in name else name]
              for name in ANGLES]
    turned = ("aside", "roll", "turn", "lean", "twist", "look", "cock")
    return np.array(source), np.array([-1.0 if name in turned else 1.0 for name in ANGLES])


_SOURCE, _SIGN = _mirror()


def mirrored(poses: np.ndarray) -> np.ndarray:
    """The same poses, (..., angles), as in a mirror: what the right did the left does."""
    swapped: np.ndarray = poses[..., _SOURCE] * _SIGN
    return swapped


def group(name: str) -> str:
    """The part of the body an angle belongs to: root, trunk, arm or leg."""
    if name in ROOT:
        return "root"
    return "arm" if "_arm_" in name else "leg" if "_leg_" in name else "trunk"


GROUPS = {part: np.array([group(name) == part for name in ANGLES]) for part in ("root", "trunk", "arm", "leg")}
