"""The threats shelf: what is learned from, and what is then looked at. A column of the table each.

    threat(known) -> tables by name

`known` is what there is: the original and the release with the same recordings in the same order, and where they are
told, the mask that made it and whose motion entered it. A table says what is learned from and what is looked at. A threat
with several ways to go gives several, each with a name; the cell is that of the strongest. One that cannot be tried
here raises a UserError that says why, and the run goes on without it. `knows` says what the attacker must know or have.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from maskeleton.battery import Table
from maskeleton.errors import UserError, pick
from maskeleton.threats.analytic import analytic
from maskeleton.threats.donor import donor
from maskeleton.threats.informed import informed
from maskeleton.threats.known import Known, Threat
from maskeleton.threats.paired import paired
from maskeleton.threats.plain import adaptive, before, naive, transfer
from maskeleton.threats.renormalized import renormalized
from maskeleton.threats.twice import twice

__all__ = ["THREATS", "Known", "Threat", "Tried", "tables_of"]

THREATS: dict[str, Threat] = {
    "before": before,
    "naive": naive,
    "renormalized": renormalized,
    "adaptive": adaptive,
    "analytic": analytic,
    "donor": donor,
    "transfer": transfer,
    "paired": paired,
    "twice": twice,
    "informed": informed,
}


class Tried(NamedTuple):
    """The tables of each threat that can be tried, why the others cannot, and how long it took to make them."""

    tables: dict[str, dict[str, Table]]
    missing: list[str]
    minutes: dict[str, float]


def tables_of(known: Known, names: Sequence[str]) -> Tried:
    """What each threat makes of what is known, in the order of the shelf."""
    found = Tried({}, [], {})
    for name in names:
        pick(name, THREATS, "threat")
    for name in [name for name in THREATS if name in names]:
        began = time.monotonic()
        try:
            found.tables[name] = THREATS[name](known)
        except UserError as fault:
            found.missing.append(f"threat {name}: {fault.wrong}; {fault.remedy}")
        found.minutes[name] = (time.monotonic() - began) / 60
    return found
