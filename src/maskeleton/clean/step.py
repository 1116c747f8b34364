"""What every step of cleaning shares: what it is given, what it says, and how bodies are moved between slots."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskeleton.errors import listed
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton


class Finding(NamedTuple):
    """Something wrong with a recording: the step that knows it, the recording's id, one short clause."""

    what: str
    where: str
    detail: str


class SetAside(NamedTuple):
    """A recording that cannot be mended: its id, the frames concerned, why."""

    motion_id: str
    place: str
    reason: str


class Context(NamedTuple):
    """What a step knows beside the recording."""

    skeleton: Skeleton
    fps: float

    def frames(self, seconds: float, least: int = 1) -> int:
        """So many seconds in frames, at least `least`."""
        return max(least, round(seconds * self.fps))


# A step gives the recording mended (the same object where nothing is wrong) or set aside, and a clause for every fault.
Step = Callable[[Motion, Context], tuple[Motion | SetAside, list[str]]]


def set_aside(motion: Motion, reason: str) -> tuple[SetAside, list[str]]:
    """The whole recording, for one reason."""
    return SetAside(motion.id, f"frames 0 to {max(len(motion.present) - 1, 0)}", reason), [reason]


def squared(vectors: np.ndarray) -> np.ndarray:
    """Squared length along the last axis."""
    lengths: np.ndarray = np.einsum("...i,...i->...", vectors, vectors)
    return lengths


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean distance of two bodies' joints, (..., J, 3) -> (...), over the joints that both have."""
    distances = np.sqrt(squared(one - other))
    means: np.ndarray = distances.mean(-1)
    if not np.isfinite(means).all():
        both = np.isfinite(distances)
        means = np.where(both, distances, 0).sum(-1) / both.sum(-1)
    return means


def reordered(motion: Motion, order: np.ndarray) -> Motion:
    """The recording whose slot p holds in frame t what slot `order[t, p]` held; slots left empty are dropped."""
    frames = np.arange(len(order))[:, None]
    filled_slots = motion.present[frames, order].any(0)
    order = order[:, filled_slots]
    return motion._replace(
        positions=motion.positions[frames, order], present=motion.present[frames, order],
        tracked=motion.tracked[frames, order],
        fields={name: column[frames, order] for name, column in motion.fields.items()},
    )


def only_slots(motion: Motion, slots: np.ndarray) -> Motion:
    """The recording with these bodies alone."""
    return motion._replace(
        positions=motion.positions[:, slots], present=motion.present[:, slots], tracked=motion.tracked[:, slots],
        fields={name: column[:, slots] for name, column in motion.fields.items()},
    )


def counted(number: int, word: str) -> str:
    """'1 joint', '2 joints'; 'body' becomes 'bodies'."""
    many = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number} {word if number == 1 else many}"


def in_frames(frames: np.ndarray | list[int]) -> str:
    """'in frame 4' or 'in frames 4, 5, 6 and 12 more'."""
    return f"in frame{'s' if len(frames) > 1 else ''} {listed(frames, 3)}"
