"""The threats shelf: what is learned from, and what is then looked at. A column of the table each.

    threat(known) -> tables by name

`known` is what there is: the original and the release with the same recordings in the same order, and where they are
told, the mask that made it and whose motion entered it. A table says what is learned from and what is looked at. A threat
with several ways to go gives several, each with a name; the cell is that of the strongest. One that cannot be tried
here raises a UserError that says why, and the run goes on without it.
"""

from collections.abc import Sequence

from maskeleton.battery import Table
from maskeleton.errors import UserError, pick
from maskeleton.threats.analytic import analytic
from maskeleton.threats.donor import donor
from maskeleton.threats.known import Known, Threat
from maskeleton.threats.plain import adaptive, before, naive, transfer
from maskeleton.threats.renormalized import renormalized

__all__ = ["THREATS", "Known", "Threat", "tables_of"]

THREATS: dict[str, Threat] = {
    "before": before,
    "naive": naive,
    "renormalized": renormalized,
    "adaptive": adaptive,
    "analytic": analytic,
    "donor": donor,
    "transfer": transfer,
}


def tables_of(known: Known, names: Sequence[str]) -> tuple[dict[str, dict[str, Table]], list[str]]:
    """The tables of each threat that can be tried, and why the others cannot."""
    found: dict[str, dict[str, Table]] = {}
    missing = []
    for name in names:
        threat = pick(name, THREATS, "threat")
        try:
            found[name] = threat(known)
        except UserError as fault:
            missing.append(f"threat {name}: {fault.wrong}; {fault.remedy}")
    return found, missing
