"""swap: every recording becomes another person's take of the same action, untouched. It protects nobody.

It passes any test that asks only whether its owner is recognized: the motion is somebody else's, whole.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from maskeleton.anonymizers.base import Anonymizer
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

PERSON, ACTION = "subject", "action"  # labels
TRADES = 4  # that everybody offers


class Swap(Anonymizer):
    """Within an action everybody's takes are dealt out to others, each once where nobody has more than half of them."""

    scope = "dataset"

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)

    def together(self, dataset: MotionDataset, seed: int, rows: Sequence[int]) -> Iterator[Motion]:
        donors = self.donors(dataset, seed)
        for row in rows:
            own, (donor,) = dataset[row], donors[row]
            yield dataset[donor]._replace(labels=own.labels, id=own.id, source=own.source)

    def donors(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        if self.strength == 0:
            return [(row,) for row in range(len(dataset))]
        if self.strength != 1:
            raise UserError(f"swap cannot be done with a strength of {self.strength:g}", "it is 0 or 1")
        _refuse(dataset)
        actions = dataset.labels[ACTION]
        copies = np.unique(dataset.motion_hashes, return_inverse=True)[1]
        chosen = np.full(len(dataset), -1)
        for action in np.unique(actions).tolist():
            rows = np.flatnonzero(actions == action)
            chosen[rows] = _dealt(rows, dataset.labels[PERSON][rows], copies[rows], generator(seed, "swap", action))
        if (chosen < 0).any():
            left = [dataset.ids[row] for row in np.flatnonzero(chosen < 0).tolist()]
            raise UserError(f"for {len(left)} recordings nobody else does the same: {listed(left, 3)}",
                            "swap needs two or more people in every action; leave these out")
        return [(donor,) for donor in chosen.tolist()]


def _dealt(rows: np.ndarray, people: np.ndarray, motions: np.ndarray, lots: np.random.Generator) -> np.ndarray:
    """For each of these rows another person's among them; -1 where there is none.

    Sorted by person and moved on by as many as the busiest person has, nobody meets himself. Then they are traded, so
    that the takes of one do not all become those of one other.
    """
    names, own = np.unique(people, return_inverse=True)
    order = lots.permutation(len(rows))
    order = order[np.argsort(own[order], kind="stable")]
    dealt = np.empty(len(rows), np.int64)
    dealt[order] = np.roll(order, -np.bincount(own).max())
    theirs = np.array([(own != person) & ~np.isin(motions, motions[own == person])  # a copy of one's own is one's own
                       for person in range(len(names))])
    for place in np.flatnonzero(~theirs[own, dealt]).tolist():
        others = np.flatnonzero(theirs[own[place]])
        dealt[place] = lots.choice(others) if len(others) else -1
    for _ in range(TRADES if (dealt >= 0).all() else 0):
        for one, other in enumerate(lots.integers(len(rows), size=len(rows)).tolist()):
            if theirs[own[one], dealt[other]] and theirs[own[other], dealt[one]]:
                dealt[one], dealt[other] = dealt[other], dealt[one]
    return np.where(dealt >= 0, rows[dealt], -1)


def _refuse(dataset: MotionDataset) -> None:
    """A UserError where it is not known who does what."""
    faults = []
    for label in (PERSON, ACTION):
        if label not in dataset.labels:
            faults.append(f"the label {label!r} is missing")
        elif unknown := [dataset.ids[row] for row in np.flatnonzero(dataset.labels[label] == UNKNOWN).tolist()]:
            faults.append(f"the {label} of {len(unknown)} recordings is not known ({listed(unknown, 3)})")
    if faults:
        raise UserError(f"swap cannot tell who does what: {'; '.join(faults)}",
                        "swap needs the labels subject and action: --people TABLE.csv or --pattern gives them")
