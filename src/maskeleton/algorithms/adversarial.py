"""adversarial: the anonymizer confuses the seekers, the seekers learn to see through it. The paper's algorithm 1."""

from collections.abc import Iterable

from maskeleton.algorithms.game import Game
from maskeleton.algorithms.losses import recognized
from maskeleton.algorithms.tally import Tally
from maskeleton.batch import Batch
from maskeleton.errors import UserError


def adversarial(game: Game, batches: Iterable[Batch]) -> dict[str, float]:
    """`min_steps` minimization steps of equation 2 (or 1), each with its own batch, then a maximization step with the
    next one, and so on to the end of the epoch; a round that is under way goes on in the next epoch.

    With several seekers all of them learn: the paper's two algorithms together.
    """
    if game.maximizer is None:
        raise UserError("adversarial needs seekers that learn", "give it seekers and lr_max, or take ensemble")
    seen = Tally()
    for batch in batches:
        if game.turn < game.min_steps:
            minimize(game, batch, seen)
            game.turn += 1
        else:
            maximize(game, batch, seen)
            game.turn = 0
    return game.ended(seen)


def minimize(game: Game, batch: Batch, seen: Tally) -> None:
    """theta <- theta - the gradient of: keepers' cross-entropy - privacy · seekers' confusion + fidelity · distance."""
    with game.learning(game.anonymizer):
        released = game.anonymized(batch)
        loss = game.objective(released, batch, seen)
        game.step(game.minimizer, loss, [game.anonymizer])


def maximize(game: Game, batch: Batch, seen: Tally) -> None:
    """phi <- phi - the gradient of: privacy · seekers' cross-entropy, on motion as it would be released now."""
    assert game.maximizer is not None
    released = game.released(batch)
    nets = [seeker.net for seeker in game.seekers]
    with game.learning(*nets):
        loss = sum((recognized(game.asked(seeker, released), game.truth(seeker, batch)) for seeker in game.seekers),
                   released.positions.new_zeros(()))
        game.step(game.maximizer, game.privacy * loss, nets)
        seen.loss("seekers_loss", loss, batch)
