"""Known: what there is to attack a release with, and what a threat makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, Protocol, cast

import numpy as np

from maskeleton.battery import Halves, Table
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask
from maskeleton.splits import Half, OpenSet

Sources = Mapping[str, tuple[str, ...]]  # of each released recording the ids of those whose motion entered it
DRAWS = 20  # releases that an attacker makes who has the anonymizer


class Known(NamedTuple):
    """The original and the release, with the same recordings in the same order, and what else is known of them."""

    original: MotionDataset
    released: MotionDataset
    mask: Mask | None = None  # what made the release
    sources: Sources | None = None  # None: every recording was made of itself alone
    halves: Halves = MappingProxyType({})  # of each label and split, as rows of the original
    hide: tuple[str, ...] = ()  # the labels that must not be recognizable
    others: MotionDataset | None = None  # originals that the attacker has of his own
    twice: tuple[MotionDataset, ...] = ()  # other releases of the same recordings, in the same order
    draws: int = DRAWS
    minutes: float | None = None  # that all may take, where there is a limit
    seed: int = 0

    def label_of(self, halves: object) -> str:
        """What is asked on these halves, which are the very ones of `halves`."""
        return next((label for (label, _), own in self.halves.items() if own is halves), "")

    @property
    def hidden(self) -> list[tuple[str, Half | OpenSet]]:
        """The halves on which hidden labels are asked about, each with its label; equal ones once."""
        found = {told(half): (label, half) for (label, _), own in self.halves.items() if label in self.hide for half in own}
        return list(found.values())


class Threat(Protocol):
    """Tables by the name of the way; `knows` says what one must know to go it."""

    knows: str

    def __call__(self, known: Known, /) -> dict[str, Table]: ...


def knows(words: str) -> Callable[[Callable[[Known], dict[str, Table]]], Threat]:
    """Says of a threat what the attacker must know or have."""

    def marked(threat: Callable[[Known], dict[str, Table]]) -> Threat:
        found = cast(Threat, threat)
        found.knows = words
        return found

    return marked


def with_labels(made: MotionDataset, of: MotionDataset) -> MotionDataset:
    """Motion made anew of the same recordings, with the labels as they are coded there."""
    return replace(made, labels=of.labels, names=of.names)


def told(half: Half | OpenSet) -> tuple[bytes, ...]:
    """A name for a half: its rows."""
    return tuple(np.asarray(part, np.int64).tobytes() for part in half if isinstance(part, np.ndarray))


def tested(half: Half | OpenSet) -> np.ndarray:
    """The rows that are looked at."""
    return half.probe if isinstance(half, OpenSet) else half.test


def enrolled(half: Half | OpenSet) -> np.ndarray:
    """The rows that are learned from, and those that the tested ones are compared with."""
    return np.concatenate([half.train, half.gallery]) if isinstance(half, OpenSet) else half.train
