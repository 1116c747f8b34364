"""Donors: whose motion entered which released recording, in a private file beside the release."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow
from pyarrow import parquet

from maskeleton.columns import ROWS, GrowingTexts, Texts
from maskeleton.errors import UserError
from maskeleton.jobs import remove
from maskeleton.parquet import write_columns
from maskeleton.private import beside, private

COLUMNS = ["id", "source"]


def sources_beside(out: Path) -> Path:
    """Where it lies."""
    return beside(out, "sources.parquet")


def write_sources(out: Path, ids: Iterable[str], sources: Iterable[tuple[str, ...]]) -> None:
    """A row for each recording and each one whose motion entered it; no file where nothing but itself did."""
    place = sources_beside(out)
    pairs = ((id, source) for id, entered in zip(ids, sources, strict=True) for source in entered)
    columns, others = {name: GrowingTexts() for name in COLUMNS}, False
    while some := list(islice(pairs, ROWS)):
        others = others or any(id != source for id, source in some)
        for column, texts in zip(columns.values(), zip(*some, strict=True), strict=True):
            column.add(Texts.of(texts))
    if not others:
        remove(place)
        return
    with private(place) as drawn:
        write_columns(drawn, {name: column.texts() for name, column in columns.items()})


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
