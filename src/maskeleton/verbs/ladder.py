"""Ladder: what attackers have beside the release (other recordings, other releases), and what each of them cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.battery import Asked, Halves, Table
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.opening import read
from maskeleton.recognize import Cell
from maskeleton.scorecard import Scorecard
from maskeleton.tally import tally_link
from maskeleton.threats import THREATS, Known
from maskeleton.threats.known import enrolled
from maskeleton.threats.paired import undone_rows
from maskeleton.threats.twice import linked
from maskeleton.threats.ways import Tables, by_column, column


class Second(NamedTuple):
    """Other releases with the recordings that all have, and which of the first these are."""

    releases: tuple[MotionDataset, ...]
    rows: np.ndarray
    notes: list[str]


def second(released: MotionDataset, paths: Sequence[str | Path], format: str | None = None) -> Second:
    """Other releases of the same recordings, in the order of the first and with its labels; a recording that one of them
    lacks is in none."""
    others = [read(path, format) for path in paths]
    for path, other in zip(paths, others, strict=True):
        if other.skeleton.joints != released.skeleton.joints:
            raise UserError(f"{path} has the body plan {other.skeleton.name!r}, the release {released.skeleton.name!r}",
                            "two releases are attacked together that have the same joints")
    places = [{id: row for row, id in enumerate(other.ids)} for other in others]
    rows = np.array([row for row, id in enumerate(released.ids) if all(id in place for place in places)], np.int64)
    if not len(rows):
        raise UserError(f"no recording of the release is in {', '.join(map(str, paths))} by its id",
                        "give another release of the same recordings, before it gets new names")
    ids = [released.ids[int(row)] for row in rows]
    found = tuple(replace(other.select([place[id] for id in ids]), labels=released.select(rows).labels,
                          names=released.names) for other, place in zip(others, places, strict=True))
    lost = len(released) - len(rows)
    return Second(found, rows, [f"{lost} of {len(released)} recordings were not released twice, and were left out"]
                  if lost else [])


def costs(card: Scorecard, asked: Asked, cells: Sequence[Cell], tables: Tables, halves: Halves,
          making: Mapping[str, float]) -> None:
    """Put into the card what each threat that was tried needs to know, learned from, and how long it took."""
    columns = by_column(tables)
    most = dict.fromkeys(tables, 0)
    for threat, ways in tables.items():
        for way in ways:
            table = columns[column(threat, way)]
            for (label, by), own in halves.items():
                if any(cell.threat == threat and (cell.label, cell.by) == (label, by) for cell in cells):
                    most[threat] = max([most[threat], *(len(enrolled(half)) for half in table.of(own))])
    for threat in tables:
        spent = sum(asked.minutes.get(cell, 0.0) for cell in cells if cell.threat == threat)
        card.costs.append({"threat": threat, "knows": THREATS[threat].knows, "recordings": most[threat],
                           "minutes": spent + making.get(threat, 0.0)})


def beside(card: Scorecard, known: Known, tables: Mapping[str, Mapping[str, Table]], keep: str) -> None:
    """Put into the card what a threat tells that is no guess about a label."""
    if "paired" in tables:
        card.motion += undone_rows(known, tables["paired"][""])
    if "twice" in tables and "subject" in known.hide:
        tally_link(card, linked(known.released, known.twice[0], keep, known.seed))
