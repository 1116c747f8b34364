"""analytic: can it be undone by its author?"""

from maskeleton.battery import Table
from maskeleton.errors import UserError
from maskeleton.invert import inverted
from maskeleton.threats.known import Known, knows, with_labels


@knows("how the anonymizer works, and either old recordings of the same people with their names or who is in some of the "
       "released ones")
def analytic(known: Known) -> dict[str, Table]:
    """Can it be undone by its author: the anonymizer's own inverse is applied to the release; one attacker learned from
    the original and looks at that, another learns from that too. The stronger one counts."""
    if known.mask is None:
        raise UserError("who made the release is not known", "--with MODEL/|NAME says it")
    undone = inverted(known.mask, known.released)
    if undone is known.released:
        raise UserError(f"{known.mask.name} has no inverse that beats taking its release as it is", "see adaptive")
    undone = with_labels(undone, known.released)
    return {"before": Table(known.original, undone), "adaptive": Table(undone, undone)}
