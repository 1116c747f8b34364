"""The shelf of metrics of motion: (original, released) -> numbers; nothing is learned.

Each is a `Measure` with a unit. `of` gives numbers of a recording, `rate` a number of all of them (people at hand);
most are sums and counts, so that recordings weigh by their length. Some compare release and original; those with
`alone` are asked of each of them, on the release as it lies after one turn and shift. Only bodies that are there in
both count, and what cannot be said is no number. A release in another number of frames is brought to its original's to
be compared; what is asked of it alone is asked of it as it is, at its own rate. `noted` says where that was so.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.metrics import bones, feet, near, smooth
from maskeleton.metrics.pair import Pair, both_there

__all__ = ["MEASURES", "Measure", "Pair", "compared", "noted"]


def mean(rows: np.ndarray, people: np.ndarray) -> float:
    """All sums over all counts."""
    total, count = rows.sum(0)
    return float(total / count) if count else float("nan")


def root_mean(rows: np.ndarray, people: np.ndarray) -> float:
    """The root of it."""
    return float(np.sqrt(mean(rows, people)))


class Measure(NamedTuple):
    """A unit, what is taken of each recording, and how one number comes of that."""

    unit: str
    of: Callable[..., np.ndarray]  # (pair) -> numbers; (pair, positions) -> numbers of one side
    rate: Callable[[np.ndarray, np.ndarray], float] = mean
    alone: bool = False


MEASURES: dict[str, Measure] = {
    "rmse": Measure("m", near.squares, root_mean),
    "rmse_paper": Measure("m", near.squares_published, root_mean),
    "mpjpe": Measure("mm", near.apart),
    "mpjpe_root": Measure("mm", near.apart_rooted),
    "mpjpe_pose": Measure("mm", near.apart_fitted),
    "acceleration_error": Measure("m/s²", smooth.acceleration_error),
    "jerk": Measure("m/s³", smooth.jerk, alone=True),
    "bones_over_time": Measure("%", bones.over_time, alone=True),
    "bones_between_people": Measure("%", bones.of_first, bones.between_people, alone=True),
    "foot_slide": Measure("mm/s", feet.slide, alone=True),
    "foot_sink": Measure("mm", feet.sink, alone=True),
}


def compared(original: MotionDataset, released: MotionDataset) -> list[dict[str, Any]]:
    """The rows `motion` of results.json: each metric, and with `_original` behind its name what it was before."""
    if original.skeleton.joints != released.skeleton.joints:
        raise UserError(f"the original has the joints of {original.skeleton.name}, the release those of "
                        f"{released.skeleton.name}", "compare a release with what it was made from")
    if len(original) != len(released):
        raise UserError(f"the original has {len(original)} recordings, the release {len(released)}",
                        "compare a release with what it was made from")
    found: dict[str, list[np.ndarray]] = {}
    for before, after in zip(original, released, strict=True):
        pair = Pair.of(before, after, original.skeleton, original.fps)
        own = pair.alone(before, after, released.fps) if pair.stretched or released.fps != original.fps else None
        for name, measure in MEASURES.items():
            if measure.alone:
                found.setdefault(f"{name}_original", []).append(measure.of(pair, pair.original))
                found.setdefault(name, []).append(measure.of(own, own.original) if own else measure.of(pair, pair.placed))
            else:
                found.setdefault(name, []).append(measure.of(pair))
    people = original.labels.get("subject", np.full(len(original), -1))
    rows = []
    for name, numbers in found.items():
        measure = MEASURES[name.removesuffix("_original")]
        value = measure.rate(np.array(numbers), people)
        rows.append({"metric": name, "unit": measure.unit, "value": value if np.isfinite(value) else None})
    return rows


def noted(original: MotionDataset, released: MotionDataset) -> list[str]:
    """What must be said of a comparison of the two, a sentence each; nothing where frame stands beside frame."""
    count = len(original)
    notes = []
    if original.fps != released.fps:
        notes.append(f"the release has {released.fps:g} frames a second, the original {original.fps:g}: how it moves is "
                     "measured at its own rate")
    longer, shorter = (int((side(released.frames, original.frames)).sum()) for side in (np.greater, np.less))
    if longer or shorter:
        notes.append(f"{longer + shorter} of {count} recordings have another length in the release ({shorter} shorter, "
                     f"{longer} longer): compared after resampling to the original's frames; their jerk and feet are "
                     "measured as released, and their accelerations are not compared")
    others = int((original.slots != released.slots).sum())
    if others:
        notes.append(f"{others} of {count} recordings have another number of bodies in the release: only bodies that "
                     "are in both were compared")
    apart = [before.id for before, after in zip(original, released, strict=True) if not both_there(before, after).any()]
    if apart:
        notes.append(f"in {len(apart)} of {count} recordings nobody is there at the same time before and after, and "
                     f"nothing of them was compared: {listed(apart, 3)}")
    return notes
