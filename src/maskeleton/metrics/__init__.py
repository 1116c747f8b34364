"""The shelf of metrics of motion: (original, released) -> numbers; nothing is learned.

Each is a `Measure` with a unit. `of` gives numbers of a recording, `rate` a number of all of them (people at hand);
most are sums and counts, so that recordings weigh by their length. Some compare release and original; those with
`alone` are asked of each of them, on the release as it lies after one turn and shift. Only bodies that are there in
both count, and what cannot be said is no number.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.metrics import bones, feet, near, smooth
from maskeleton.metrics.pair import Pair

__all__ = ["MEASURES", "Measure", "Pair", "compared"]


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
        for name, measure in MEASURES.items():
            if measure.alone:
                found.setdefault(f"{name}_original", []).append(measure.of(pair, pair.original))
                found.setdefault(name, []).append(measure.of(pair, pair.placed))
            else:
                found.setdefault(name, []).append(measure.of(pair))
    people = original.labels.get("subject", np.full(len(original), -1))
    rows = []
    for name, numbers in found.items():
        measure = MEASURES[name.removesuffix("_original")]
        value = measure.rate(np.array(numbers), people)
        rows.append({"metric": name, "unit": measure.unit, "value": value if np.isfinite(value) else None})
    return rows
