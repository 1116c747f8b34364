"""What an action is: key poses and the seconds between them, for one person or for two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskeleton.synthetic.poses import REST, Pose

Step = tuple[float, Pose]  # seconds to get there, the pose
PairStep = tuple[float, Pose, Pose]  # the same with the other person's pose


@dataclass(frozen=True, eq=False)
class Action:
    """Key poses and the seconds between them; one track for a single person, two for a pair."""

    name: str
    seconds: np.ndarray  # (keys - 1,)
    tracks: tuple[np.ndarray, ...]  # (keys, angles) for each person
    apart: float = 0.0  # metres between two people at the start, for bodies of 1.7 m
    sided: bool = False  # the side is part of the action: no one does it mirrored


def action(name: str, *steps: Step, start: Pose = REST, sided: bool = False) -> Action:
    """An action of one person, from the start pose through the steps."""
    poses = np.stack([start, *(pose for _, pose in steps)])
    return Action(name, np.array([seconds for seconds, _ in steps]), (poses,), sided=sided)


def pair(name: str, apart: float, *steps: PairStep) -> Action:
    """An action of two people facing each other; the first is the one the recording is named after."""
    tracks = tuple(np.stack([REST, *(step[who] for step in steps)]) for who in (1, 2))
    return Action(name, np.array([step[0] for step in steps]), tracks, apart)


def again(times: int, *steps: Step) -> Sequence[Step]:
    """The steps, so many times over."""
    return steps * times
