"""renormalized: was the loss only a shift of distribution?"""

from maskeleton.alignment import aligned
from maskeleton.battery import Table
from maskeleton.threats.known import Known, knows


@knows("old recordings of the same people with their names, and the release as a whole")
def renormalized(known: Known) -> dict[str, Table]:
    """Was the loss only a shift of distribution: learned from the original, looks at the release, whose bones were
    brought to the place and spread of the original's without any label."""
    return {"": Table(known.original, aligned(known.released, known.original))}
