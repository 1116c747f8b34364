"""The shelf of algorithms: how an anonymizer is trained against keepers and seekers.

Each is `algorithm(game, batches) -> dict`: one epoch of a `Game` over the batches of that epoch. It gives what was seen
while learning, by name (see `tally`): the loss, the RMSE, how often the keepers and the seekers were right. All that
changes, a driver finds in `game.state()`: with it, and with the same batches, an epoch goes the same way again, bit by
bit. What is frozen keeps its weights, what its norms have seen, and its mode. All networks of a game, and its batches,
stand in one space: positions normalized by one chain, cut to one number of frames.
"""

from collections.abc import Callable, Iterable

from maskeleton.algorithms.adversarial import adversarial
from maskeleton.algorithms.ensemble import ensemble
from maskeleton.algorithms.game import Game
from maskeleton.algorithms.reconstruct import reconstruct
from maskeleton.batch import Batch

Algorithm = Callable[[Game, Iterable[Batch]], dict[str, float]]
ALGORITHMS: dict[str, Algorithm] = {
    "adversarial": adversarial,
    "ensemble": ensemble,
    "reconstruct": reconstruct,
}
SEEKERS_LEARN = ("adversarial",)  # in the others they are frozen
