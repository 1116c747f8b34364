"""What the tests of synthetic people share: everybody alike, and an angle worked out by hand."""

import numpy as np

from maskeleton.skeleton import KINECT25
from maskeleton.synthetic import settings
from maskeleton.synthetic.actions import ACTIONS

CHANNELS = ("anatomy", "posture", "dynamics")
NOTHING = {name: "0" for channel in CHANNELS for name in (channel, f"gender_{channel}")}
CLEAN = {"sensor": "0"}
ALIKE = settings("tiny", set={**NOTHING, **CLEAN, "variation": "0"})
JOINT = KINECT25.joints.index
WAVE, SIT, KICK, SHAKE, WALK, FALL, TURN = (1 + [action.name for action in ACTIONS].index(name) for name in (
    "wave", "sit_down", "kick", "shake_hands", "walk", "fall_down", "turn_round"))


def angle(positions, *joints):
    """Degrees between the bones from the middle joint to the other two."""
    first, middle, last = (positions[..., JOINT(joint), :] for joint in joints)
    one, other = first - middle, last - middle
    cosine = (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
