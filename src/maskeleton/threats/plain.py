"""Threats that take the original and the release as they are."""

from maskeleton.battery import Table
from maskeleton.threats.known import Known, knows


@knows("recordings of the same people with their names, from before anything was changed")
def before(known: Known) -> dict[str, Table]:
    """What leaks today: learned from the original, looks at the original."""
    return {"": Table(known.original, known.original)}


@knows("old recordings of the same people with their names")
def naive(known: Known) -> dict[str, Table]:
    """Yesterday's attacker, and the action model that is in use: learned from the original, looks at the release."""
    return {"": Table(known.original, known.released)}


@knows("who is in some of the released recordings")
def adaptive(known: Known) -> dict[str, Table]:
    """What an attacker learns from the release itself: learned from the release, looks at the release."""
    return {"": Table(known.released, known.released)}


@knows("what is done in the released recordings, which is published with them")
def transfer(known: Known) -> dict[str, Table]:
    """Is what is learned from the release of use: learned from the release, looks at the original."""
    return {"": Table(known.released, known.original)}
