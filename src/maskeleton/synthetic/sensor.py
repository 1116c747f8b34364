"""A depth camera's faults: noise that grows with distance, joints guessed behind the body, lost frames, ghosts.

The random error of depth grows with its square: 1.425 mm at 1 m, 4 cm at 5 m for the first Kinect (Khoshelham and
Elberink 2012, "Accuracy and Resolution of Kinect Depth Data"). A joint is fitted to many pixels and smoothed over time,
so its error is smaller and drifts, and the body fitted to a recording is never quite as long as the one that was there;
how much is our choice.
"""

from typing import NamedTuple, Protocol

import numpy as np

from maskeleton import body
from maskeleton.motion import GUESSED, MISSING, SEEN
from maskeleton.skeleton import KINECT25

DEPTH_ERROR = 1.425e-3  # metres at one metre
FINE = 0.0015  # metres, at any distance
DRIFTS, JITTERS = 0.6, 0.2  # shares of the depth error in a joint: slow and from frame to frame
SIDEWAYS = 0.5  # of the error in depth
FIT_BONE, FIT_BODY = 0.025, 0.01  # share by which one bone, and the whole body, is taken for longer or shorter
KNOT = 6  # frames between two independent values of the slow error
GUESS_ERROR = 0.045  # metres more, slow, for a joint that is guessed
SPELL = 8  # frames for which a decision to guess holds
GAP = (3, 12)  # frames for which a body is lost


class Faults(Protocol):
    """What the sensor needs of the settings."""

    @property
    def sensor(self) -> float: ...
    @property
    def fit(self) -> float: ...
    @property
    def noise(self) -> float: ...
    @property
    def occlusion(self) -> float: ...
    @property
    def guesses(self) -> float: ...
    @property
    def missing(self) -> float: ...
    @property
    def repeats(self) -> float: ...
    @property
    def gaps(self) -> float: ...
    @property
    def ghosts(self) -> float: ...


class Seen(NamedTuple):
    """What a camera reports."""

    positions: np.ndarray  # (T, P, 25, 3) float32
    present: np.ndarray  # (T, P)
    tracked: np.ndarray  # (T, P, 25) uint8


def _joints(*names: str) -> list[int]:
    return [KINECT25.joints.index(name) for name in names]


NOISY = np.ones(25)  # how hard a joint is to find
NOISY[_joints("SpineBase", "SpineMid", "SpineShoulder", "Neck", "Head", "HipLeft", "HipRight")] = 0.7
NOISY[_joints("HandLeft", "HandRight", "AnkleLeft", "AnkleRight")] = 1.3
NOISY[_joints("FootLeft", "FootRight")] = 1.6
NOISY[_joints("HandTipLeft", "HandTipRight", "ThumbLeft", "ThumbRight")] = 1.9

# What can stand before a joint: (from, to, radius in metres).
SCREENS = (("SpineShoulder", "SpineBase", 0.15), ("Head", "Neck", 0.10), ("HipLeft", "KneeLeft", 0.09),
           ("KneeLeft", "AnkleLeft", 0.07), ("HipRight", "KneeRight", 0.09), ("KneeRight", "AnkleRight", 0.07))
START, END = _joints(*(a for a, _, _ in SCREENS)), _joints(*(b for _, b, _ in SCREENS))
RADIUS = np.array([radius for *_, radius in SCREENS])
CAN_HIDE = _joints(*(f"{joint}{side}" for side in ("Left", "Right")
                     for joint in ("Elbow", "Wrist", "Hand", "HandTip", "Thumb", "Knee", "Ankle", "Foot")))
BEHIND = 0.08  # metres that a joint must lie behind a screen
OWN = np.array([[joint in (start, end) or KINECT25.parents[joint] == end for start, end in zip(START, END, strict=True)]
                for joint in CAN_HIDE])


def hidden(positions: np.ndarray) -> np.ndarray:
    """(..., 25, 3) in the camera's frame -> (..., 25) bool: joints that trunk, head or legs of that body stand before.

    Bodies are small against their distance, so rays are taken as parallel to the line from the camera to the pelvis.
    """
    shape = positions.shape[:-1]
    points = positions.reshape(-1, 25, 3)
    scaled = points[..., :2] * (points[:, :1, 2:] / np.maximum(points[..., 2:], 0.3))
    flat = np.concatenate([scaled, points[..., 2:]], -1).astype(np.float32).transpose(1, 2, 0)
    start, along = flat[START], flat[END] - flat[START]
    joint = flat[CAN_HIDE][:, None]
    away_x, away_y = joint[:, :, 0] - start[:, 0], joint[:, :, 1] - start[:, 1]
    square = (along[:, :2] ** 2).sum(1) + 1e-6
    share = np.clip((away_x * along[:, 0] + away_y * along[:, 1]) / square, 0, 1)
    distance = (away_x - share * along[:, 0]) ** 2 + (away_y - share * along[:, 1]) ** 2
    depth = joint[:, :, 2] - start[:, 2] - share * along[:, 2]
    behind = (distance < RADIUS[:, None] ** 2) & (depth > BEHIND) & ~OWN[:, :, None]
    out = np.zeros((25, len(points)), bool)
    out[CAN_HIDE] = behind.any(1)
    shaped: np.ndarray = out.T.reshape(shape)
    return shaped


def observe(rng: np.random.Generator, clean: np.ndarray, behind: np.ndarray, faults: Faults) -> Seen:
    """What one camera reports of clean positions (T, P, 25, 3) in its frame, given which joints are hidden."""
    frames, bodies = clean.shape[:2]
    present = np.ones((frames, bodies), bool)
    if faults.sensor == 0:
        return Seen(clean.astype(np.float32), present, np.full(clean.shape[:-1], SEEN, np.uint8))
    clean = _fitted(rng, clean, faults.fit * faults.sensor)
    tracked = _tracking(rng, behind, faults)
    positions = (clean + _errors(rng, clean, tracked != SEEN) * (faults.noise * faults.sensor)).astype(np.float32)
    seen = _repeated(rng, Seen(positions, present, tracked), faults.repeats * faults.sensor)
    seen = _lost(rng, seen, faults.gaps * faults.sensor)
    if rng.random() < faults.ghosts * faults.sensor:
        seen = _haunted(rng, seen, clean)
    return seen


def _fitted(rng: np.random.Generator, clean: np.ndarray, strength: float) -> np.ndarray:
    """The same pose in the body the camera believes in: bones a little longer or shorter all through the recording."""
    draws = rng.standard_normal((clean.shape[1], 26)) * strength
    factors = np.maximum(0.2, 1 + FIT_BONE * draws[:, :25] + FIT_BODY * draws[:, 25:])
    return body.joints(body.bones(clean, KINECT25) * factors[..., None], clean[..., 0, :], KINECT25)


def _tracking(rng: np.random.Generator, behind: np.ndarray, faults: Faults) -> np.ndarray:
    chance = np.repeat(rng.random((len(behind) // SPELL + 1, *behind.shape[1:]), np.float32), SPELL, axis=0)
    chance = chance[: len(behind)]
    guessed = np.where(behind, faults.occlusion * faults.sensor, faults.guesses * faults.sensor)
    tracked = np.where(chance < guessed, GUESSED, SEEN).astype(np.uint8)
    tracked[chance < guessed * faults.missing] = MISSING
    return tracked


def _errors(rng: np.random.Generator, clean: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """(T, P, 25, 3): a slow error, a fast one, and a slow large one where a joint is guessed."""
    frames = len(clean)
    scale = FINE + DEPTH_ERROR * clean[..., 2:].astype(np.float32) ** 2
    scale = scale * np.array([SIDEWAYS, SIDEWAYS, 1], np.float32) * NOISY.astype(np.float32)[:, None]
    slow = _slow(rng, frames, clean.shape[1:])
    fast = rng.standard_normal(clean.shape, np.float32)
    size = DRIFTS * scale + GUESS_ERROR * guessed[..., None]
    errors: np.ndarray = size * slow + JITTERS * scale * fast
    return errors


def _slow(rng: np.random.Generator, frames: int, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal values that change slowly: independent at the knots, blended in between at constant variance."""
    knots = rng.standard_normal(((frames - 1) // KNOT + 2, int(np.prod(shape))), np.float32)
    at = np.arange(frames) / KNOT
    first = at.astype(int)
    angle = ((at - first) * np.pi / 2).astype(np.float32)[:, None]
    blended: np.ndarray = np.cos(angle) * knots[first] + np.sin(angle) * knots[first + 1]
    return blended.reshape(frames, *shape)


def _repeated(rng: np.random.Generator, seen: Seen, share: float) -> Seen:
    """Now and then a frame is late and the one before it comes again."""
    late = rng.random(len(seen.positions)) < share
    late[0] = False
    if not late.any():
        return seen
    source = np.maximum.accumulate(np.where(late, 0, np.arange(len(late))))
    return Seen(seen.positions[source], seen.present, seen.tracked[source])


def _lost(rng: np.random.Generator, seen: Seen, probability: float) -> Seen:
    """A body is lost for some frames."""
    if rng.random() >= probability:
        return seen
    frames, bodies = seen.present.shape
    length = int(min(rng.integers(GAP[0], GAP[1] + 1), frames // 2))
    first, slot = int(rng.integers(1, frames - length)), int(rng.integers(bodies))
    for array in seen:
        array[first:first + length, slot] = 0
    return seen


def _haunted(rng: np.random.Generator, seen: Seen, clean: np.ndarray) -> Seen:
    """A chair is taken for a person: one more body, low and wide, that stands still and is mostly guessed."""
    frames = len(clean)
    length = int(frames * rng.uniform(0.3, 1))
    first = int(rng.integers(0, frames - length + 1))
    upright = (clean[0, 0] - clean[0, 0, 0]) * np.array([1.3, 0.5, 1.3]) + rng.normal(0, 0.06, (25, 3))
    shape = clean.mean((0, 1)).mean(0) * np.array([1.0, 0, 1]) + upright
    shape += np.array([rng.choice([-1, 1]) * rng.uniform(0.8, 1.5), 0, rng.uniform(0.2, 1.0)])
    shape[:, 1] += clean[..., 1].min() - shape[:, 1].min()
    ghost = shape + _slow(rng, frames, (25, 3)) * 0.02 + rng.normal(0, 0.01, (frames, 25, 3))
    there = np.zeros((frames, 1), bool)
    there[first:first + length] = True
    states = rng.choice(np.array([MISSING, GUESSED, SEEN], np.uint8), (1, 1, 25), p=[0.1, 0.7, 0.2])
    return Seen(np.concatenate([seen.positions, (ghost[:, None] * there[..., None, None]).astype(np.float32)], 1),
                np.concatenate([seen.present, there], 1),
                np.concatenate([seen.tracked, (states * there[..., None]).astype(np.uint8)], 1))
