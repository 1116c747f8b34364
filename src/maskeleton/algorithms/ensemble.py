"""ensemble: the anonymizer confuses many seekers at once, none of which learns. The paper's algorithm 2."""

from collections.abc import Iterable

from maskeleton.algorithms.adversarial import minimize
from maskeleton.algorithms.game import Game
from maskeleton.algorithms.tally import Tally
from maskeleton.batch import Batch
from maskeleton.errors import UserError


def ensemble(game: Game, batches: Iterable[Batch]) -> dict[str, float]:
    """One minimization step of equation 3 a batch: N frozen keepers and M frozen seekers, summed; no maximization."""
    if game.maximizer is not None:
        raise UserError("in an ensemble no seeker learns", "leave lr_max away, or take adversarial")
    if not game.seekers:
        raise UserError("ensemble needs seekers", "give it at least one")
    seen = Tally()
    for batch in batches:
        minimize(game, batch, seen)
    return game.ended(seen)
