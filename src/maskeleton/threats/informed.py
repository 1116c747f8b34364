"""informed: what does one learn who has the anonymizer and old recordings?"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from maskeleton.battery import Table
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.errors import UserError
from maskeleton.mask import Mask
from maskeleton.recognize import Cell
from maskeleton.splits import Half, OpenSet
from maskeleton.threats.drawing import affordable, as_one, brought, draws_of, path_of
from maskeleton.threats.known import Known, enrolled, knows, told

FEW = 3  # draws that networks learn from: an epoch of all of them would take too long

Moved = Callable[[Half | OpenSet, np.ndarray], tuple[np.ndarray, int]]  # rows of the first draw, and how far the next is


class Enrolled(NamedTuple):
    """Releases of an attacker's own, and where in them the recordings of a half are, in so many draws."""

    learned: MotionDataset
    draws: int
    halves: Callable[[int, Sequence[Half | OpenSet]], list[Half | OpenSet]]

    def tables(self, known: Known, name: str = "") -> dict[str, Table]:
        """For what measures the motion, of all draws; for networks, of a few."""
        if self.draws == 1:
            return {name: Table(self.learned, known.released, partial(self.halves, 1))}
        return {name: Table(self.learned, known.released, partial(self.halves, self.draws), _by_traits),
                f"{name} few".strip(): Table(self.learned, known.released, partial(self.halves, min(self.draws, FEW)),
                                             _by_networks)}


@knows("the anonymizer with its options, though not its secret key, and old recordings of the same people with their names; "
       "of an attribute, recordings of other people with theirs")
def informed(known: Known) -> dict[str, Table]:
    """What one learns who has the anonymizer and old recordings: the originals of the judge's part, or recordings of the
    attacker's own, are released anew again and again and learned from; looks at the release."""
    if known.mask is None:
        raise UserError("who made the release is not known", "--with MODEL/|NAME says it")
    path = path_of(known.original, known.released)
    together = known.mask.net.scope == "dataset"
    found = (_half_by_half if together else _everybody)(known, known.mask, path).tables(known)
    if known.others is not None:
        found |= _others(known, known.others, known.mask, path).tables(known, "others")
    return found


def _by_networks(cell: Cell) -> bool:
    return cell.attack == "classify" or (cell.attack == "match" and cell.judge != "features")


def _by_traits(cell: Cell) -> bool:
    return not _by_networks(cell)


def _everybody(known: Known, mask: Mask, path: str) -> Enrolled:
    """Each recording is released by itself, so that all of them can be drawn at once; a half learns from its own."""
    count = len(known.original)
    draws = draws_of(mask, known.original, path, affordable(known.original, known.draws, known.minutes), known.seed, "own")
    learned = as_one(draws)
    if learned.motion_hashes == known.released.motion_hashes:  # nothing is random: who learns from that is there already
        learned = known.released
    return Enrolled(learned, len(draws), partial(_moved, lambda half, rows: (rows, count)))


def _half_by_half(known: Known, mask: Mask, path: str) -> Enrolled:
    """Recordings enter each other's releases: each half releases what it has of them, and no tested one is in it."""
    draws: list[MotionDataset] = []
    starts: dict[tuple[bytes, ...], int] = {}
    number = max(1, affordable(known.original, known.draws, known.minutes) // max(len(known.hidden), 1))
    for place, (_, half) in enumerate(known.hidden):
        starts[told(half)] = sum(map(len, draws))
        made = draws_of(mask, known.original.select(enrolled(half)), path, number, known.seed, f"half {place}")
        number = len(made)
        draws += made

    def moved(half: Half | OpenSet, rows: np.ndarray) -> tuple[np.ndarray, int]:
        own = enrolled(half)
        order = np.argsort(own)
        return starts[told(half)] + order[np.searchsorted(own, rows, sorter=order)], len(own)

    return Enrolled(as_one(draws), number, partial(_moved, moved))


def _moved(moved: Moved, draws: int, halves: Sequence[Half | OpenSet]) -> list[Half | OpenSet]:
    """The halves with what is learned from, and compared with, in so many draws; what is tested stays."""

    def drawn(half: Half | OpenSet, rows: np.ndarray) -> np.ndarray:
        first, size = moved(half, rows)
        return np.concatenate([first + size * number for number in range(draws)])

    return [half._replace(train=drawn(half, half.train), gallery=drawn(half, half.gallery)) if isinstance(half, OpenSet)
            else half._replace(train=drawn(half, half.train)) for half in halves]


def _others(known: Known, others: MotionDataset, mask: Mask, path: str) -> Enrolled:
    """Everything that the attacker owns is learned from, where it tells what is asked."""
    own = brought(others, known.released, mask)
    draws = draws_of(mask, own, path, affordable(own, known.draws, known.minutes), known.seed, "others")

    def halves(number: int, asked: Sequence[Half | OpenSet]) -> list[Half | OpenSet]:
        label = known.label_of(asked)
        codes = own.labels.get(label, np.zeros(0))
        rows = np.flatnonzero(np.isin(codes, np.setdiff1d(known.released.labels.get(label, []), [-1])))
        if len(np.unique(codes[rows])) < 2:
            return []
        train = np.concatenate([rows + len(own) * one for one in range(number)])
        return [half._replace(train=train) for half in asked if isinstance(half, Half)]

    return Enrolled(as_one(draws), len(draws), halves)


def said_of_others(known: Known) -> list[str]:
    """What must be said of recordings of the attacker's own: names may mean the same people, or may not."""
    if known.others is None or IDENTITY not in known.others.labels or IDENTITY not in known.original.labels:
        return []
    names, there = ({one.text(IDENTITY, row) for row in range(len(one))} - {""} for one in (known.others, known.original))
    if not names & there:
        return [] if IDENTITY not in known.hide else ["--others: none of its people has the name of anybody in the release: "
                                                      "it teaches attributes, and no identity"]
    return [f"--others: {len(names & there)} people of it have the names of people in the release, and were taken to be "
            "the same ones"]
