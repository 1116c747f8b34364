"""Bodies that are no person: chairs, tables and flashes that a sensor took for one."""

import numpy as np

from maskeleton.body import bone_lengths
from maskeleton.clean.step import Context, SetAside, counted, only_slots, squared
from maskeleton.motion import SEEN, Motion
from maskeleton.skeleton import Skeleton

FLASH = 11 / 30  # seconds
WIDE = 0.8  # spread in x over spread in y
WIDE_FRAMES = 0.69754  # share of a body's frames
STILL = 0.05  # metres a joint strays from its middle, as the median over the joints
UNSEEN = 0.6  # share of joints that are guessed or missing
SMALLEST, LARGEST = 0.4, 3.0  # metres across a person, from corner to corner
CROOKED = 0.5  # how much the two sides' bones differ, as the median over the pairs
SHORT_LEGS = 1.4  # length of the legs over the width of the shoulders; a person has more than 2
LIMBS = {f"{side}_{role}" for side in ("left", "right") for role in ("shoulder", "knee", "ankle")}


def ghosts(motion: Motion, context: Context) -> tuple[Motion | SetAside, list[str]]:
    """Ghosts are removed, but only from beside a body that is none: who is alone is the person."""
    if motion.present.shape[1] < 2:
        return motion, []
    lengths = motion.present.sum(0)
    bodies = np.flatnonzero(lengths)
    if len(bodies) < 2:
        return motion, []
    wide = {slot: f"wider than a person in {share:.0%} of its frames"
            for slot, share in enumerate(_wide_share(motion).tolist()) if share > WIDE_FRAMES}
    flash = context.frames(FLASH)
    sure: dict[int, str] = {}
    for slot in bodies.tolist():
        there = motion.present[:, slot]
        if lengths[slot] <= flash < lengths.max():
            sure[slot] = f"there for {counted(int(lengths[slot]), 'frame')}"
        elif reason := _furniture(motion.positions[there, slot], motion.tracked[there, slot], context.skeleton):
            sure[slot] = reason
    for reasons in ({**wide, **sure}, sure):  # who lies on the floor is wide as well: then only what is sure counts
        persons = [slot for slot in bodies.tolist() if slot not in reasons]
        if persons:
            break
    if not persons or len(persons) == len(bodies):
        return motion, []
    told = [f"body {slot} is {reason}" for slot, reason in sorted(reasons.items())]
    return only_slots(motion, np.array(persons)), told


def _wide_share(motion: Motion) -> np.ndarray:
    """(P,): in which share of a body's frames its joints spread farther sideways than a person's."""
    joints_first = np.ascontiguousarray(motion.positions.transpose(2, 3, 0, 1))  # this way the reduction is fast
    spread = np.fmax.reduce(joints_first) - np.fmin.reduce(joints_first)
    wide = (spread[0] > WIDE * spread[1]) & motion.present
    shares: np.ndarray = wide.sum(0) / np.maximum(motion.present.sum(0), 1)
    return shares


def _furniture(body: np.ndarray, tracked: np.ndarray, skeleton: Skeleton) -> str:
    """Why a body (T, J, 3) that stands still is no person; '' for one that moves or has a person's bones."""
    strays = np.sqrt(squared(body - body.mean(0)).mean(0))
    if not np.isfinite(strays).all() or np.median(strays) >= STILL:
        return ""
    if (tracked < SEEN).mean() > UNSEEN:
        return "still and mostly guessed"
    across = np.median(np.sqrt(squared(np.fmax.reduce(body, axis=1) - np.fmin.reduce(body, axis=1))))
    if not SMALLEST < across < LARGEST:
        return f"still and {across:.1f} m across"
    return _misshapen(np.median(bone_lengths(body, skeleton), axis=0), body, skeleton)


def _misshapen(bones: np.ndarray, body: np.ndarray, skeleton: Skeleton) -> str:
    """What no person's bones are like: a left that is not the right, legs too short for the shoulders."""
    mirror = np.array(skeleton.mirror)
    sided = np.flatnonzero((mirror > np.arange(len(mirror))) & (bones + bones[mirror] > 0))
    if len(sided):
        left, right = bones[sided], bones[mirror[sided]]
        if np.median(np.abs(left - right) / np.maximum(left, right)) > CROOKED:
            return "still, and its left is not its right"
    if skeleton.roles.keys() >= LIMBS:
        knees, ankles = skeleton.need("left_knee", "right_knee"), skeleton.need("left_ankle", "right_ankle")
        left_shoulder, right_shoulder = skeleton.need("left_shoulder", "right_shoulder")
        shoulders = np.median(np.sqrt(squared(body[:, left_shoulder] - body[:, right_shoulder])))
        if bones[[*knees, *ankles]].sum() / 2 < SHORT_LEGS * shoulders:
            return "still, and its legs are too short for its shoulders"
    return ""
