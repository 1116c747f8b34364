"""Ways: a threat that goes several ways is asked each of them; what counts is the strongest."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from maskeleton.answers import NO_MERIT, Answers
from maskeleton.battery import Asked, Table
from maskeleton.errors import UserError
from maskeleton.recognize import Cell
from maskeleton.score import primary, score
from maskeleton.scorecard import CellScore
from maskeleton.verdict import OLD, strongest

Tables = Mapping[str, Mapping[str, Table]]  # of each threat, by the names of its ways


def column(threat: str, way: str) -> str:
    """What cells of one way have for a threat until the strongest is chosen."""
    return f"{threat}-{way}" if way else threat


def threat_of(column: str) -> str:
    """The threat whose way that is."""
    return column.partition("-")[0]


def by_column(tables: Tables) -> dict[str, Table]:
    """All tables in one dict, as a battery wants them."""
    return {column(threat, way): table for threat, ways in tables.items() for way, table in ways.items()}


def settled(asked: Asked, cells: Sequence[Cell], tables: Tables) -> tuple[Asked, list[Cell]]:
    """The same with one cell for all the ways of a threat: the strongest's.

    Who learned from other motion than they look at has tried themselves out on that other motion: so sure of themselves
    may be whoever looks at something quite different, and no headline is chosen by it.
    """
    flat = by_column(tables)
    answers = {cell: found if _tried_there(cell, flat[cell.threat]) else found._replace(merit=NO_MERIT)
               for cell, found in asked.answers.items()}
    names = {column(threat, way): threat for threat, ways in tables.items() for way in ways}
    ways: dict[Cell, list[Cell]] = {}
    for cell in cells:
        ways.setdefault(cell._replace(threat=names[cell.threat]), []).append(cell)
    best = {one: _strongest([cell for cell in some if cell in answers], answers) for one, some in ways.items()}
    chosen = {one: cell for one, cell in best.items() if cell is not None}
    return asked._replace(
        answers={one: answers[cell] for one, cell in chosen.items()},
        nulls={one: asked.nulls[cell] for one, cell in chosen.items() if cell in asked.nulls},
        minutes={one: sum(asked.minutes.get(cell, 0.0) for cell in some) for one, some in ways.items()},
    ), list(ways)


def _tried_there(cell: Cell, table: Table) -> bool:
    """Whether a headline may go by what the attacker held back of its own training."""
    if cell.threat == "donor":  # originals are among what was held back, and they are easy
        return False
    return table.learned is table.looked_at or cell.role == "keep" or cell.threat in OLD


def _strongest(ways: Sequence[Cell], answers: Mapping[Cell, Answers]) -> Cell | None:
    """Of several ways the one by which a headline would be chosen; where none has a rate, the first, so that it is said.
    """
    if len(ways) < 2:
        return ways[0] if ways else None
    scored = {}
    for cell in ways:
        with suppress(UserError):
            scored[_rated(cell, answers[cell])] = cell
    best = strongest(scored)
    return scored[best] if best is not None else ways[0]


def _rated(cell: Cell, found: Answers) -> CellScore:
    return CellScore.of(score(found, primary(cell.label)), label=cell.label, role=cell.role, threat=cell.threat,
                        attack=cell.attack, judge=cell.judge, split=cell.by, validation=found.validation,
                        validation_error=found.validation_error)
