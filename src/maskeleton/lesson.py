"""Lesson: what is to be learnt from which recordings: a label's classes, and a part set aside to see how it goes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, deal, design_of
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN

FEW_PEOPLE = 10  # of so few nobody can be spared
MOST_NUMBERS = 20  # a number with more values than that is a quantity
NUMBERED = (IDENTITY, "action", "camera", "setup", "repetition", "take")  # labels whose numbers are names


class Lesson(NamedTuple):
    """Recordings by index: `learn` teaches, `check` says when it is learnt; `truth` is the class of every recording."""

    label: str
    codes: np.ndarray  # the label's code of each class, ascending
    classes: list[str]  # and its name
    truth: np.ndarray  # (N,) class of each recording, −1 where it is unknown or not among these
    learn: np.ndarray
    check: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """Everything that was looked at while learning."""
        return np.sort(np.concatenate([self.learn, self.check]))


def lesson(dataset: MotionDataset, label: str, indices: Sequence[int] | np.ndarray | None = None,
           share: float = 0.2, seed: int = 0) -> Lesson:
    """The lesson of a label; about `share` of the people (of the takes, where people are to be told apart) checks.

    Of fewer than ten people everybody teaches attributes and actions, and nothing checks: a judge that misses one of
    them learns less than the best epoch is worth.
    """
    if label not in dataset.labels:
        raise UserError(f"no recording has a label {label!r}", f"there are: {listed(dataset.labels) or 'none'}")
    values = dataset.labels[label]
    rows = np.arange(len(dataset)) if indices is None else np.unique(np.asarray(indices, np.int64))
    rows = rows[values[rows] != UNKNOWN]
    codes, first = np.unique(values[rows], return_index=True)
    classes = [dataset.text(label, int(rows[place])) for place in first]
    if len(codes) < 2:
        there = f"one value only: {classes[0]}" if classes else "no known value"
        raise UserError(f"label {label!r} has {there}", "a classifier needs at least two to tell apart")
    refuse_quantity(dataset, label, len(codes))
    truth = np.full(len(dataset), UNKNOWN)
    known = np.isin(values, codes)
    truth[known] = np.searchsorted(codes, values[known])
    check = _check(dataset, label, rows, share, seed) if share else rows[:0]
    alone = ~np.isin(truth[check], truth[np.setdiff1d(rows, check)])  # of a class nobody would teach any more
    check = check[~alone]
    return Lesson(label, codes, classes, truth, np.setdiff1d(rows, check), check)


def refuse_quantity(dataset: MotionDataset, label: str, values: int) -> None:
    """A UserError where a label of so many values is an amount, such as age in years."""
    if values > MOST_NUMBERS and label not in dataset.names and label not in NUMBERED:
        raise UserError(f"label {label!r} is a number with {values} values",
                        "put the values into bands first: a classifier tells kinds apart, not amounts")


def _check(dataset: MotionDataset, label: str, rows: np.ndarray, share: float, seed: int) -> np.ndarray:
    """By person, by take for identity and where people cannot be parted; nothing where people are few."""
    parts = max(2, round(1 / share))
    if label != IDENTITY and IDENTITY in dataset.labels and len(np.unique(dataset.labels[IDENTITY][rows])) < FEW_PEOPLE:
        return rows[:0]
    for by in ("take",) if label == IDENTITY else ("person", "take"):
        try:
            design = design_of(dataset.select(rows), label)
            groups = deal(design, by, 1, seed, parts=parts)
        except UserError:
            continue
        chosen = np.sort(rows[design.rows[groups.of == 0]])
        copies = np.array(dataset.motion_hashes, dtype=str)
        rest = np.setdiff1d(rows, chosen)
        return np.asarray(chosen[~np.isin(copies[chosen], copies[rest])])
    return rows[:0]
