"""The battery: many cells asked one after another within a time, seed after seed, so that what must be dropped is a
repetition first, then a network, and never a fold."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from maskeleton.answers import Answers, joined
from maskeleton.dataset import MotionDataset
from maskeleton.jobs import Report, Share, remove, run
from maskeleton.recognize import NETWORKS, Cell, cell_jobs
from maskeleton.splits import Half, OpenSet

MANY = "informed"  # the threat whose attackers learn from many times as many recordings
SLOW = ("classify", "match")  # attacks that teach networks


class Unit(NamedTuple):
    """What is done or dropped as a whole: a cell with one seed in all folds; a null learns labels that say nothing."""

    cell: Cell
    seed: int
    null: bool


class Asked(NamedTuple):
    """What was answered, how long it took, what there was no time for, and what was cut short."""

    answers: dict[Cell, Answers]
    nulls: dict[Cell, Answers]
    minutes: dict[Cell, float]
    dropped: list[Unit]
    hurried: list[Unit]
    waiting: int = 0  # answers that another shard has yet to give


def everybody(cell: Cell) -> bool:
    """Whoever is asked at all."""
    return True


class Table(NamedTuple):
    """What the cells of one threat learn from and look at: the same recordings, perhaps released.

    `of` gives the halves as rows of these, where they are not the rows of the original, and none where it has no answer;
    `asks` says which cells are asked of this table.
    """

    learned: MotionDataset
    looked_at: MotionDataset
    of: Callable[[Sequence[Half | OpenSet]], Sequence[Half | OpenSet]] = list
    asks: Callable[[Cell], bool] = everybody


Halves = Mapping[tuple[str, str], Sequence[Half | OpenSet]]  # of each label and split


def units_of(cells: Sequence[Cell], seeds: int) -> list[Unit]:
    """All units, the most needed first: every cell once, those that take seconds before those that take minutes, so that
    there is an answer under every threat when time runs out; then their nulls, then the other seeds."""
    cells = sorted(cells, key=lambda cell: cell.attack in SLOW)
    first = [Unit(cell, 0, null) for null in (False, True) for cell in cells]
    return first + [Unit(cell, seed, False) for seed in range(1, seeds) for cell in cells]


def ask(
    units: Sequence[Unit], tables: Mapping[str, Table], halves: Halves, folder: Path, *, jobs: int = 1,
    minutes: float | None = None, keep: str = "action", options: Mapping[str, str] | None = None,
    report: Report | None = None, share: Share = Share(), say: Callable[[str], None] | None = None,
) -> Asked:
    """Do the units in order; in so many minutes, one that would take longer than what is left is dropped."""
    clock = Clock(minutes)
    parts: dict[tuple[Cell, bool], list[Answers]] = {}
    spent: dict[Cell, float] = {}
    dropped: list[Unit] = []
    hurried: list[Unit] = []
    waiting = 0
    for number, unit in enumerate(units):
        cell = unit.cell
        if clock.enough_for(cell):
            table = tables[cell.threat]
            own = table.of(halves[cell.label, cell.by])
            each = clock.share(sum(not other.null and other.seed == 0 for other in units[number + 1 :]), len(own))
            todo = cell_jobs(cell, table.learned, table.looked_at, own, unit.seed, unit.null, keep, options, each)
            with clock.timed(cell) as needed:
                paths = run(todo, folder, jobs, share._replace(number=(share.number - number) % share.among))
            parts.setdefault((cell, unit.null), []).extend(Answers.load(path) for path in paths)
            waiting += len(todo) - len(paths)
            spent[cell] = spent.get(cell, 0.0) + needed[0]
            if each is not None and needed[0] > 0.95 * each * len(own) / max(jobs, 1):
                hurried.append(unit)
            if say:
                say(f"{cell.label} by {cell.attack} {cell.judge}".strip())
        else:
            dropped.append(unit)
        if report:
            report(number + 1, len(units))
    if not waiting:
        remove(folder / NETWORKS)
    whole = {key: joined(found) for key, found in parts.items() if found}
    return Asked({cell: found for (cell, null), found in whole.items() if not null},
                 {cell: found for (cell, null), found in whole.items() if null}, spent, dropped, hurried, waiting)


class Clock:
    """The minutes that are left, and what each kind of question took."""

    def __init__(self, minutes: float | None) -> None:
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.took: dict[tuple[str, ...], float] = {}

    @property
    def left(self) -> float | None:
        """Minutes; none below zero."""
        return None if self.end is None else max((self.end - time.monotonic()) / 60, 0.0)

    def enough_for(self, cell: Cell) -> bool:
        """Whether what a question like this took before fits into what is left."""
        left = self.left
        return left is None or 0 < left >= self.took.get(_kind(cell), 0.0)

    def share(self, needed_yet: int, folds: int) -> float | None:
        """Minutes for one fold, so that as many other questions that nobody has been asked yet get as much."""
        return None if self.left is None else self.left / (needed_yet + 1) / folds

    @contextmanager
    def timed(self, cell: Cell) -> Iterator[list[float]]:
        """Afterwards the list holds the minutes that were needed."""
        began = time.monotonic()
        needed: list[float] = []
        yield needed
        needed.append((time.monotonic() - began) / 60)
        self.took[_kind(cell)] = needed[0]


def _kind(cell: Cell) -> tuple[str, ...]:
    """Questions of one kind take about as long as each other; who makes many releases to learn from takes longer."""
    return cell.label, cell.attack, cell.judge, cell.threat if cell.threat.startswith(MANY) else ""


def left_out(asked: Asked) -> list[str]:
    """What there was no time for, or too little, in words."""
    gone = [f"{_said(unit)}: no time was left" for unit in asked.dropped]
    return list(dict.fromkeys([*gone, *(f"{_said(unit)}: taught until time ran out, not until it was flat"
                                        for unit in asked.hurried)]))


def _said(unit: Unit) -> str:
    name = f"{unit.cell.label} by {unit.cell.attack} {unit.cell.judge}".strip()
    return name + (" on labels that say nothing" if unit.null else f", seed {unit.seed}")
