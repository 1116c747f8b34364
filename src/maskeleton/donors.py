"""Donors: whose motion entered which released recording, in a private file beside the release."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow
from pyarrow import parquet

from maskeleton.errors import UserError
from maskeleton.jobs import remove
from maskeleton.private import beside, private

COLUMNS = ["id", "source"]


def sources_beside(out: Path) -> Path:
    """Where it lies."""
    return beside(out, "sources.parquet")


def write_sources(out: Path, ids: Sequence[str], sources: Sequence[tuple[str, ...]]) -> None:
    """A row for each recording and each one whose motion entered it; no file where nothing but itself did."""
    place = sources_beside(out)
    pairs = [(id, source) for id, entered in zip(ids, sources, strict=True) for source in entered]
    if all(id == source for id, source in pairs):
        remove(place)
        return
    with private(place) as drawn:
        parquet.write_table(pyarrow.table([list(column) for column in zip(*pairs, strict=True)], COLUMNS), drawn)


def read_sources(out: Path) -> dict[str, tuple[str, ...]] | None:
    """Of each recording the ids of those whose motion entered it; None where no file says so."""
    place = sources_beside(out)
    if not place.exists():
        return None
    try:
        table = parquet.read_table(place, columns=COLUMNS)
        pairs = list(zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True))
    except (OSError, KeyError, pyarrow.ArrowException) as fault:
        raise UserError(f"{place} cannot be read: {fault}".replace("\n", " "),
                        "delete it, or let anonymize write it again") from None
    found: dict[str, tuple[str, ...]] = {}
    for id, source in pairs:
        found[id] = (*found.get(id, ()), source)
    return found
