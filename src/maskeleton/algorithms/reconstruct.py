"""reconstruct: the anonymizer learns to give back what it gets. Where the paper's auto-encoder starts from."""

from collections.abc import Iterable

from maskeleton.algorithms.game import Game
from maskeleton.algorithms.losses import mean_square
from maskeleton.algorithms.tally import Tally
from maskeleton.batch import Batch


def reconstruct(game: Game, batches: Iterable[Batch]) -> dict[str, float]:
    """One step down the mean square distance a batch; whoever else is in the game is not asked."""
    seen = Tally()
    for batch in batches:
        with game.learning(game.anonymizer):
            released = game.anonymized(batch)
            loss = mean_square(batch, released)
            game.step(game.minimizer, loss, [game.anonymizer])
        seen.loss("loss", loss, batch)
        seen.distance(batch, released)
    return game.ended(seen)
