"""Known: what there is to attack a release with, and what a threat makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from maskeleton.battery import Halves, Table
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask

Sources = Mapping[str, tuple[str, ...]]  # of each released recording the ids of those whose motion entered it


class Known(NamedTuple):
    """The original and the release, with the same recordings in the same order, and what else is known of them."""

    original: MotionDataset
    released: MotionDataset
    mask: Mask | None = None  # what made the release
    sources: Sources | None = None  # None: every recording was made of itself alone
    halves: Halves = MappingProxyType({})  # of each label and split, as rows of the original


Threat = Callable[[Known], dict[str, Table]]


def with_labels(made: MotionDataset, of: MotionDataset) -> MotionDataset:
    """Motion made anew of the same recordings, with the labels as they are coded there."""
    return replace(made, labels=of.labels, names=of.names)
