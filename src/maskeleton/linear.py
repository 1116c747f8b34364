"""Linear discrimination with more traits than recordings: shrunk, and solved in the smaller of two spaces."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError

SHRINKAGES = (0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.97)
ROUNDING = 1e-5  # what varies less does so by how numbers are rounded: a bone that is as long for everybody
FARTHEST = 6.0  # standard deviations: a number further out than that is a fault, and counts as so far
PRIOR = 1.0  # recordings of the usual spread that every group is given, so that a small group is not blown up


class Discriminant(NamedTuple):
    """Classes told apart by straight cuts, at one shrinkage."""

    mean: np.ndarray  # (F,)
    spread: np.ndarray  # (F,)
    weights: np.ndarray  # (F, K)
    offset: np.ndarray  # (K,)

    def scores(self, values: np.ndarray) -> np.ndarray:
        """(n, K) logarithms of the classes' probabilities, up to a constant in each row."""
        return np.asarray(standardized(values, self.mean, self.spread) @ self.weights + self.offset)


def discriminants(values: np.ndarray, codes: np.ndarray, shrinkages: Sequence[float] = SHRINKAGES,
                  priors: np.ndarray | None = None) -> list[Discriminant]:
    """One discriminant for each shrinkage; all come from one decomposition.

    `codes` are classes 0 … K − 1. The covariance within the classes of the standardized traits is mixed with that share
    of its mean variance times the unit matrix.
    """
    codes = np.asarray(codes, np.int64)
    counts = np.bincount(codes)
    if len(counts) < 2 or not counts.all() or len(values) != len(codes):
        raise UserError(f"{len(values)} recordings of {int((counts > 0).sum())} classes cannot be told apart",
                        "there must be two classes, and recordings of each")
    mean, spread = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    spread = np.where(spread > ROUNDING, spread, np.inf)
    even = standardized(values, mean, spread)
    centres = (_sums(even, codes) / counts[:, None]).astype(np.float32)
    rows = even - centres[codes]
    parts, variances, wide = _axes(rows)
    level = max(float(variances.sum()) / even.shape[1], 1e-12)
    along = (centres @ rows.T @ parts if wide else centres @ parts).astype(np.float64)  # (K, R)
    shares = counts / counts.sum() if priors is None else priors
    found = []
    for shrinkage in shrinkages:
        flat = shrinkage * level
        gain = 1 / ((1 - shrinkage) * variances + flat) - 1 / flat
        back = (along * gain).astype(np.float32) @ parts.T
        weights = centres / flat + (back @ rows if wide else back)
        offset = np.log(shares) - (weights * centres).sum(1, dtype=np.float64) / 2
        found.append(Discriminant(mean, spread, weights.T.astype(np.float32), offset.astype(np.float32)))
    return found


class Comparer(NamedTuple):
    """Traits in units of how much they vary within a person, for comparing recordings of anybody."""

    mean: np.ndarray  # (F,)
    spread: np.ndarray  # (F,)
    directions: np.ndarray  # (F, R)
    gain: np.ndarray  # (R,) beyond that of what never varied within a class

    def compared(self, values: np.ndarray) -> np.ndarray:
        """(n, F) rows whose cosines say how alike they are."""
        even = standardized(values, self.mean, self.spread)
        return np.asarray(even + ((even @ self.directions) * self.gain) @ self.directions.T, np.float32)


def comparer(values: np.ndarray, codes: np.ndarray, shrinkage: float = 0.35) -> Comparer:
    """What evens out how the standardized traits vary within the classes 0 … K − 1."""
    counts = np.bincount(codes)
    mean, spread = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    spread = np.where(spread > ROUNDING, spread, np.inf)
    even = standardized(values, mean, spread)
    directions, variances = principal(even - (_sums(even, codes) / np.maximum(counts, 1)[:, None])[codes])
    flat = shrinkage * max(float(variances.sum()) / even.shape[1], 1e-12)
    return Comparer(mean, spread, directions, np.sqrt(flat / ((1 - shrinkage) * variances + flat)) - 1)


def standardized(values: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """(values − mean) / spread, no further out than is believable; 0 where the spread is infinite."""
    even = np.asarray(values, np.float32) - mean.astype(np.float32)
    even /= spread.astype(np.float32)
    return np.clip(even, -FARTHEST, FARTHEST, out=even)


def log_probabilities(scores: np.ndarray) -> np.ndarray:
    """Each row less what makes its exponentials sum to 1."""
    raised = scores - scores.max(1, keepdims=True)
    return np.asarray(raised - np.log(np.exp(raised).sum(1, keepdims=True)), np.float32)


def zscored_within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Each trait less its mean in the group, in units of its spread there.

    Means and spreads are those of the recordings at hand, without their hidden labels: whoever reads a release with its
    kept labels can do the same. Call it on all that was released together. A small group's spread is drawn to that of
    all groups, so one of a single recording becomes zero.
    """
    groups = np.unique(groups, return_inverse=True)[1].reshape(-1)
    counts = np.bincount(groups)
    less = values - (_sums(values, groups) / counts[:, None])[groups]
    squares = _sums(less * less, groups)
    usual = squares.sum(0) / max(len(values) - len(counts), 1)
    variance = (squares + PRIOR * usual) / (counts - 1 + PRIOR)[:, None]
    spread = np.sqrt(np.where(variance > ROUNDING**2, variance, np.inf))
    return np.asarray(less / spread[groups], np.float32)


def _sums(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(groups, F): the sum of each group's rows."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(int(groups.max()) + 1))
    return np.asarray(np.add.reduceat(values[order], starts, axis=0, dtype=np.float64))


def principal(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions (F, R) and variances (R,) of centred rows."""
    parts, variances, wide = _axes(rows)
    return (rows.T.astype(np.float32) @ parts if wide else parts), variances


def _axes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """The directions, from the smaller of rows · rowsᵀ and rowsᵀ · rows; where the first is (True) as parts of the rows
    (n, R), for to make directions of them costs more than all the rest."""
    count, width = rows.shape
    rows = rows.astype(np.float32, copy=False)
    wide = count < width
    square = (rows @ rows.T if wide else rows.T @ rows) / count
    variances, vectors = np.linalg.eigh(square.astype(np.float64))
    there = variances > max(float(variances[-1]), 1e-12) * 1e-6
    variances, vectors = variances[there], vectors[:, there]
    return (vectors / np.sqrt(variances * count) if wide else vectors).astype(np.float32), variances, wide
