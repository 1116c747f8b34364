"""The battery: many cells asked one after another within a time, seed after seed, so that what must be dropped is a
repetition first, then a judge, and never a fold."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from maskeleton.answers import Answers, joined
from maskeleton.dataset import MotionDataset
from maskeleton.jobs import Report, run
from maskeleton.recognize import Cell, cell_jobs
from maskeleton.splits import Half


class Unit(NamedTuple):
    """What is done or dropped as a whole: a cell with one seed in all folds; a null learns labels that say nothing."""

    cell: Cell
    seed: int
    null: bool


class Asked(NamedTuple):
    """What was answered, how long it took, and what there was no time for."""

    answers: dict[Cell, Answers]
    nulls: dict[Cell, Answers]
    minutes: dict[Cell, float]
    dropped: list[Unit]


class Table(NamedTuple):
    """What the cells of one threat learn from and look at, and the halves of each label."""

    learned: MotionDataset
    looked_at: MotionDataset
    halves: Mapping[str, Sequence[Half]]


def units_of(cells: Sequence[Cell], seeds: int) -> list[Unit]:
    """All units, the most needed first: every cell once, then its null, then the other seeds."""
    first = [Unit(cell, 0, null) for null in (False, True) for cell in cells]
    return first + [Unit(cell, seed, False) for seed in range(1, seeds) for cell in cells]


def ask(
    units: Sequence[Unit], table: Table, folder: Path, *, jobs: int = 1, minutes: float | None = None,
    keep: str = "action", options: Mapping[str, str] | None = None, report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Asked:
    """Do the units in order; in so many minutes, one that would take longer than what is left is dropped."""
    began = time.monotonic()
    parts: dict[tuple[Cell, bool], list[Answers]] = {}
    took: dict[tuple[str, str, str], float] = {}
    spent: dict[Cell, float] = {}
    dropped: list[Unit] = []
    for number, unit in enumerate(units):
        cell = unit.cell
        left = None if minutes is None else minutes - (time.monotonic() - began) / 60
        if left is not None and took.get((cell.label, cell.attack, cell.judge), 0.0) > left:
            dropped.append(unit)
        else:
            started = time.monotonic()
            todo = cell_jobs(cell, table.learned, table.looked_at, table.halves[cell.label], unit.seed, unit.null,
                             keep, options, left)
            parts.setdefault((cell, unit.null), []).extend(Answers.load(path) for path in run(todo, folder, jobs))
            needed = (time.monotonic() - started) / 60
            took[cell.label, cell.attack, cell.judge] = needed
            spent[cell] = spent.get(cell, 0.0) + needed
            if say:
                say(f"{cell.label} by {cell.attack} {cell.judge}".strip())
        if report:
            report(number + 1, len(units))
    whole = {key: joined(found) for key, found in parts.items()}
    return Asked({cell: found for (cell, null), found in whole.items() if not null},
                 {cell: found for (cell, null), found in whole.items() if null}, spent, dropped)


def left_out(dropped: Sequence[Unit]) -> list[str]:
    """What there was no time for, in words."""
    told = [f"{unit.cell.label} by {unit.cell.attack} {unit.cell.judge}".strip()
            + (" on labels that say nothing" if unit.null else f", seed {unit.seed}") for unit in dropped]
    return [f"{words}: no time was left" for words in dict.fromkeys(told)]
