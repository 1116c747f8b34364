"""Tally: what is seen in the course of an epoch, added up: `loss`, `rmse`, `keep_<label>`, `hide_<label>`."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from maskeleton.algorithms.losses import UNKNOWN, square_sum
from maskeleton.batch import Batch
from maskeleton.engine import Engine


class Tally:
    """Sums and how many things were summed, by name; they stay where the networks are until the end.

    With several ranks all must add up the same things: where one may see no batch at all, the names are given.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.sums = {name: torch.zeros(2, dtype=torch.float64) for name in names}  # sum, count

    def add(self, name: str, total: Tensor, count: Tensor) -> None:
        more = torch.stack([total.detach().double(), count.double()])
        self.sums[name] = self.sums[name].to(more.device) + more if name in self.sums else more

    def loss(self, name: str, mean: Tensor, batch: Batch) -> None:
        """A loss that is the mean over the rows."""
        rows = torch.ones_like(batch.seeds).sum()
        self.add(name, mean * rows, rows)

    def answers(self, role: str, label: str, logits: Tensor, truth: Tensor) -> None:
        """How often the answers are right where the truth is known; of several classifiers of a label, the mean."""
        known = truth != UNKNOWN
        self.add(f"{role}_{label}", ((logits.argmax(1) == truth) & known).sum(), known.sum())

    def distance(self, batch: Batch, released: Batch) -> None:
        self.add("rmse", *square_sum(batch, released))

    def means(self, engine: Engine) -> dict[str, float]:
        """The mean of each, over all ranks; what nobody saw is left out."""
        names = sorted(self.sums)
        flat = engine.sum([value for name in names for value in self.sums[name].tolist()])
        found = {name: total / count for name, total, count in zip(names, flat[::2], flat[1::2], strict=True) if count}
        return {name: math.sqrt(value) if name == "rmse" else value for name, value in found.items()}
