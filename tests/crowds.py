"""People of several sizes and postures who wave and step about, small enough to prepare an anonymizer on in a moment."""

import numpy as np

from maskeleton.body import joints
from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25, Skeleton

from people import STANDING

ARMS, LEGS = (4, 5, 6), (12, 13, 14)


def waver(frames: int = 60, size: float = 1.0, lean: float = 0.0, swing: float = 0.5, hertz: float = 0.5,
          turn: float = 0.0, away: tuple[float, float] = (0.0, 0.0), noise: float = 0.0, fps: float = 30) -> np.ndarray:
    """(T, 25, 3) somebody so large, whose bones lean to the side by so many radians, who waves the left arm; feet stand
    but for what the lean does to them."""
    offsets = STANDING - STANDING[[max(parent, 0) for parent in KINECT25.parents]]
    bones = np.repeat(size * offsets[None], frames, 0).astype(np.float64)
    bones[:, 1:] = bones[:, 1:] @ about_z(lean)
    angle = swing * np.sin(2 * np.pi * hertz * np.arange(frames) / fps)
    for joint in ARMS:
        bones[:, joint] = np.einsum("td,tde->te", bones[:, joint], np.stack([about_z(one) for one in angle]))
    bones = bones @ about_y(turn)
    root = np.array([away[0], 0.9 * size - 0.9, 3 + away[1]])
    body = joints(bones, np.repeat(root[None], frames, 0), KINECT25)
    return (body + noise * np.random.default_rng(3).standard_normal(body.shape)).astype(np.float32)


def about_z(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def about_y(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])


def wavers(people: int = 6, takes: int = 4, skeleton: Skeleton = KINECT25, frames: int = 60) -> MotionDataset:
    """Person p is 5 % larger and leans 3 degrees more than the one before; take t is a little faster than take t − 1."""
    motions = []
    for person in range(people):
        for take in range(takes):
            body = waver(frames + 3 * take, 0.9 + 0.05 * person, np.radians(3 * person), 0.3 + 0.1 * take,
                         0.4 + 0.2 * take, turn=0.1 * person, away=(0.2 * person, 0.1 * take), noise=0.002)
            motions.append(Motion.of(body[:, : len(skeleton.joints)], f"P{person}R{take}",
                                     {"subject": person + 1, "action": take + 1}))
    return MotionDataset.of(skeleton, 30, motions)
