"""Recordings that a judge holds back from its own training, to choose by: cut off in the way the test was cut off."""

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.seeds import generator
from maskeleton.splits import split

Pair = tuple[np.ndarray, np.ndarray]  # rows to learn from, rows held back
TELLING = ("camera", "setup", "repetition")  # labels of which a test often takes whole values


def held_back(train: MotionDataset, test: MotionDataset, label: str, keep: str = "action", seed: int = 0,
              most: int = 3) -> list[Pair]:
    """Up to so many ways to hold recordings of `train` back.

    Where the test shows other people (or cameras, repetitions, kept classes) than training did, so does what is held
    back. Where no split has an answer, a quarter of each class is held back at random.
    """
    pairs: list[Pair] = []
    for by in (how_apart(train, test, label, keep), None):
        try:
            halves = split(train, label, by, None, seed, keep)
            if len(halves) == 1 < most:
                halves = split(train, label, by, min(most, _values(train, by)), seed, keep)
            pairs = [(half.train, half.test) for half in halves[:most]]
            break
        except UserError:
            continue
    classes = np.unique(train.labels[label][train.labels[label] != UNKNOWN])
    whole = [pair for pair in pairs if np.isin(classes, train.labels[label][pair[0]]).all() and len(pair[1])]
    return whole or [_quarter(train.labels[label], seed)]


def how_apart(train: MotionDataset, test: MotionDataset, label: str, keep: str = "action") -> str:
    """What no recording of the test shares with one of training: what a split of training should be by."""
    names = [*TELLING, keep] if label == IDENTITY else [IDENTITY, *TELLING, keep]
    for name in names:
        if name != label and name in train.labels and name in test.labels:
            here, there = train.labels[name], test.labels[name]
            if not np.isin(there, here).any() and len(np.unique(here[here != UNKNOWN])) > 1:
                return "person" if name == IDENTITY else name
    return "take"


def _values(train: MotionDataset, by: str | None) -> int:
    return len(np.unique(train.labels[by])) if by in train.labels else 3


def _quarter(codes: np.ndarray, seed: int) -> Pair:
    """A quarter of each class; of a class with one recording none."""
    random = generator(seed, "held back")
    held = np.zeros(len(codes), bool)
    for code in np.unique(codes[codes != UNKNOWN]):
        rows = random.permutation(np.flatnonzero(codes == code))
        held[rows[: max(len(rows) // 4, 1) if len(rows) > 1 else 0]] = True
    known = codes != UNKNOWN
    return np.flatnonzero(known & ~held), np.flatnonzero(known & held)
