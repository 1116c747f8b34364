"""Ledger: which recording of a release is which original, in a private file beside the release."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow
from pyarrow import parquet

from maskeleton.errors import UserError
from maskeleton.private import beside, private


class Ledger(NamedTuple):
    """A row a recording."""

    id: list[str]  # as it is read from the release
    old_id: Sequence[str]
    person: list[int]  # the new number; −1 where it is not known, or not said
    old_person: list[str]

    @property
    def place(self) -> dict[str, int]:
        """Each new id's row."""
        return {id: row for row, id in enumerate(self.id)}


def ledger_beside(out: Path) -> Path:
    """Where a release's ledger lies."""
    return beside(out, "ledger.parquet")


def write_ledger(out: Path, ledger: Ledger) -> None:
    """Put it beside a release, for its owner alone."""
    with private(ledger_beside(out)) as drawn:
        parquet.write_table(pyarrow.table([pyarrow.array(column) for column in ledger], list(Ledger._fields)), drawn)


def read_ledger(out: Path) -> Ledger | None:
    """The ledger of a release; None where it is not there, as with everybody but its maker."""
    place = ledger_beside(out)
    if not place.exists():
        return None
    try:
        table = parquet.read_table(place, columns=list(Ledger._fields))
        columns: Sequence[list[str]] = [table.column(name).to_pylist() for name in Ledger._fields]
        return Ledger(columns[0], columns[1], [int(number) for number in columns[2]], columns[3])
    except (OSError, KeyError, TypeError, ValueError, pyarrow.ArrowException) as fault:
        raise UserError(f"{place} cannot be read: {fault}".replace("\n", " "), "restore it, or move it away: then only "
                        "what can be seen without it is looked for") from None
