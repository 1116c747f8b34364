"""epoch: one epoch of an algorithm, and a look at recordings it does not learn from: a row of curves.jsonl."""

from collections.abc import Callable, Iterable

import torch

from maskeleton.algorithms.game import Game
from maskeleton.algorithms.tally import Tally
from maskeleton.batch import Batch


def epoch(algorithm: Callable[[Game, Iterable[Batch]], dict[str, float]], game: Game, learn: Iterable[Batch],
          check: Iterable[Batch]) -> dict[str, float]:
    """`train_…` as the algorithm saw it while learning, `check_…` as it stands at the end of the epoch."""
    row = {f"train_{name}": value for name, value in algorithm(game, learn).items()}
    return row | {f"check_{name}": value for name, value in look(game, check).items()}


def look(game: Game, batches: Iterable[Batch]) -> dict[str, float]:
    """Loss, RMSE and right answers as things stand: nothing learns, no norm sees anything."""
    seen = Tally({"loss", "rmse", *(f"keep_{role.label}" for role in game.keepers),
                  *(f"hide_{role.label}" for role in game.seekers), *game.weights})
    with torch.no_grad():
        for batch in batches:
            game.objective(game.anonymized(batch), batch, seen)
    return seen.means(game.engine)
