"""Small datasets whose answers one can do in one's head."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25, Skeleton

STANDING = np.array([  # a person of 1.7 m, 3 m in front of the camera, facing it: the left side is at negative x
    (0, 0, 3), (0, .3, 3), (0, .55, 3), (0, .72, 3),
    (-.18, .45, 3), (-.22, .2, 3), (-.24, -.05, 3), (-.25, -.13, 3),
    (.18, .45, 3), (.22, .2, 3), (.24, -.05, 3), (.25, -.13, 3),
    (-.1, -.05, 3), (-.1, -.45, 3), (-.1, -.85, 3), (-.1, -.9, 2.9),
    (.1, -.05, 3), (.1, -.45, 3), (.1, -.85, 3), (.1, -.9, 2.9),
    (0, .47, 3), (-.25, -.2, 3), (-.2, -.13, 2.97), (.25, -.2, 3), (.2, -.13, 2.97),
], np.float32)


def stepping(frames: int, speed: float = 0.01, at: float = 0.0) -> np.ndarray:
    """The standing person, moved along x by `speed` metres a frame, beginning at x = `at`; arms swing a little."""
    positions = np.repeat(STANDING[None], frames, 0)
    positions[..., 0] += at + speed * np.arange(frames, dtype=np.float32)[:, None]
    swing = 0.05 * np.sin(np.arange(frames) / 5).astype(np.float32)
    positions[:, (6, 7, 21, 22), 2] += swing[:, None]
    positions[:, (10, 11, 23, 24), 2] -= swing[:, None]
    return positions


def two_bodies(frames: int = 12) -> np.ndarray:
    """One person all the time, a second one in frames 3 to 8."""
    positions = np.full((frames, 2, 25, 3), np.nan, np.float32)
    positions[:, 0] = stepping(frames, speed=0.012)
    positions[3:9, 1] = stepping(6, at=0.9)
    return positions


def crowd(people: int = 3, actions: int = 2, takes: int = 2, skeleton: Skeleton = KINECT25) -> MotionDataset:
    """Every person does every action so many times; the last recording of each person has a second body."""
    motions = []
    for person in range(people):
        for take in range(takes):
            for action in range(actions):
                last = action == actions - 1 and take == takes - 1
                body = two_bodies() if last else stepping(10 + person + 2 * action + take)[:, None]
                labels = {"subject": person + 1, "action": ("01_stand", "02_walk", "03_run")[action],
                          "repetition": take + 1, "camera": 1, "setup": 1, "gender": ("female", "male")[person % 2]}
                name = f"S001C001P{person + 1:03d}R{take + 1:03d}A{action + 1:03d}"
                place = np.float32(0.001 * take + 0.01 * person)
                motions.append(Motion.of(body[..., : len(skeleton.joints), :] + place, name, labels))
    return MotionDataset.of(skeleton, 30, motions)


DONE = {"verb": "anonymize", "with": "noise", "strength": 1.0}


def moved(dataset: MotionDataset, seed: int = 1, history: Mapping[str, Any] = DONE) -> MotionDataset:
    """The same with every joint somewhere else."""
    rng = np.random.default_rng(seed)
    motions = [motion._replace(positions=motion.positions + rng.normal(0, 0.05, motion.positions.shape).astype(np.float32)
                               * motion.present[..., None, None], labels=dataset.told(row))
               for row, motion in enumerate(dataset)]
    return MotionDataset.of(dataset.skeleton, dataset.fps, motions, [dict(history)])
