"""Asking: which labels are asked about under which threats, by whom."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from maskeleton.attacks.features import STEADY
from maskeleton.attacks.given import by_path
from maskeleton.battery import Halves, Unit, units_of
from maskeleton.checkpoint import Model
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.recognize import Cell
from maskeleton.threats import THREATS
from maskeleton.threats.ways import Tables, column, threat_of
from maskeleton.verbs.audit import cells_of
from maskeleton.verbs.working import mapped

FOR_KEPT = ("before", "naive", "adaptive", "transfer")
FOR_HIDDEN = tuple(name for name in THREATS if name != "transfer")
OF_ORIGINAL = ("before", "naive", "renormalized", "paired", column("analytic", "before"),
               column("twice", "undone"))  # the columns learned from the original
ONCE = ("informed",)  # threats whose many draws are repetitions enough
FOR_GIVEN = ("before", "naive")  # threats of a judge by path: it learned before there was a release


def tables_mapped(tables: Tables, folder: Path) -> Tables:
    """The tables with all motion in files, each once."""
    files: dict[int, MotionDataset] = {}

    def filed(dataset: MotionDataset) -> MotionDataset:
        if id(dataset) not in files:
            files[id(dataset)] = mapped(dataset, folder / str(len(files)))
        return files[id(dataset)]

    return {threat: {way: table._replace(learned=filed(table.learned), looked_at=filed(table.looked_at))
                     for way, table in ways.items()} for threat, ways in tables.items()}


def asked_cells(labels: Mapping[str, str], tables: Tables, attacks: Sequence[str], judges: Sequence[str],
                halves: Halves, given: Mapping[str, Model]) -> Iterator[Cell]:
    """Every cell, for each way that a threat goes."""
    for threat, ways in tables.items():
        for way, table in ways.items():
            for cell in cells_of(labels, attacks, judges, threat, halves):
                if _makes_sense(cell) and table.asks(cell) and table.of(halves[cell.label, cell.by]):
                    yield cell._replace(threat=column(threat, way))
        if threat in FOR_GIVEN:
            yield from (Cell(label, labels[label], threat, "classify", path, by) for path, model in given.items()
                        for label, by in halves if label == model.label)


def units_asked(cells: Sequence[Cell], seeds: int, nulls: bool = True) -> list[Unit]:
    """Nulls are asked of those who learned from what was released, so that the time goes there. A judge that is there
    already is asked once, and cannot be taught labels that say nothing."""
    return [unit for unit in units_of(cells, seeds)
            if not (unit.null and (not nulls or unit.cell.threat in OF_ORIGINAL))
            and not (unit.seed and threat_of(unit.cell.threat) in ONCE)
            and (not by_path(unit.cell.judge) or (unit.seed == 0 and not unit.null))]


def of_use(threat: str, hide: Sequence[str]) -> bool:
    """Whether there is a label that it can be asked about."""
    return threat in FOR_KEPT or (IDENTITY in hide if threat == "donor" else bool(hide))


def _makes_sense(cell: Cell) -> bool:
    """What is hidden need not survive, so transfer is for what is kept, which need not be brought to light either;
    donors are people; what needs no motion is learned from the release, or not at all; and nobody who makes many releases
    to learn from looks away from what trembles fast."""
    if cell.threat not in (FOR_KEPT if cell.role == "keep" else FOR_HIDDEN):
        return False
    if cell.threat == "donor" and cell.label != IDENTITY:
        return False
    if threat_of(cell.threat) in ONCE and cell.judge == STEADY:
        return False
    return cell.attack != "side" or cell.threat in ("before", "adaptive")
