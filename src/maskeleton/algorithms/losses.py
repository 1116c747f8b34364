"""The terms of the paper's objectives: right answers, confusion, and how far motion was moved."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.batch import Batch

UNKNOWN = -1


def recognized(logits: Tensor, truth: Tensor) -> Tensor:
    """CE: how far the answers are from the truth, on average over the rows whose truth is known."""
    known = truth != UNKNOWN
    losses = F.cross_entropy(logits, truth.clamp(min=0), reduction="none")
    return torch.where(known, losses, torch.zeros_like(losses)).sum() / known.sum().clamp(min=1)


def entropy(logits: Tensor, truth: Tensor) -> Tensor:
    """H: how undecided the answers are, whatever is true."""
    likely = logits.log_softmax(1)
    return -(likely.exp() * likely).sum(1).mean()


def mean_square(batch: Batch, released: Batch) -> Tensor:
    """The square of how far a coordinate of those who are there was moved, on average: RMSE²."""
    total, count = square_sum(batch, released)
    return total / count.clamp(min=1)


def sum_square(batch: Batch, released: Batch) -> Tensor:
    """||x - f(x)||² as it is written: the squares of all coordinates of a recording added up, averaged over rows."""
    return square_sum(batch, released)[0] / len(batch.positions)


def square_sum(batch: Batch, released: Batch) -> tuple[Tensor, Tensor]:
    """The squares of all coordinates of those who are there, added up, and how many coordinates these are."""
    moved = torch.where(batch.present[..., None, None], released.positions - batch.positions,
                        batch.positions.new_zeros(()))
    return moved.square().sum(), batch.present.sum() * moved.shape[-2] * moved.shape[-1]


Objective = Callable[[Tensor, Tensor], Tensor]
Distance = Callable[[Batch, Batch], Tensor]
OBJECTIVES: dict[str, Objective] = {"entropy": entropy, "cross_entropy": recognized}  # equation 2; equation 1
DISTANCES: dict[str, Distance] = {"mean": mean_square, "sum": sum_square}  # as the published code; as the equation
