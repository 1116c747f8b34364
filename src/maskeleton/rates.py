"""Rates: every metric as counts per person that can be added up, and a rate that comes of the sums."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskeleton.answers import Answers

BINS = (3, 30)  # of scores, at least and at most, in which mated pairs are set beside others
MATED = 10  # mated pairs in a bin
FAR = 0.01  # the share of strangers let in, at which tar_far01 asks how many are known again


class Metric(NamedTuple):
    """How one number is made.

    `counts` gives what can be added up over people, one row a group: of one attacker's answers, with at most `levels`
    different scores told apart (0: all). `pieces` turns sums into what can be added up over attackers, `rate` that
    into the number. A replicate of the bootstrap is thus a product of matrices.
    """

    counts: Callable[[Answers, np.ndarray, int], np.ndarray]  # (answers, group of each row, levels) -> (groups, ...)
    rate: Callable[[np.ndarray], np.ndarray]  # (draws, pieces) -> (draws,)
    chance: Callable[[Answers], float]
    blind: Callable[[Answers], tuple[float, float]]  # between what numbers all who know nothing are
    pieces: Callable[[np.ndarray], np.ndarray] = lambda sums: sums.reshape(len(sums), -1)
    single: bool = False  # every row is a hit or none: a share, for which Wilson's interval is made
    upward: bool = True  # more is more recognizable


def credit(answers: Answers, most: int) -> np.ndarray:
    """(n,) the chance that a right choice is among the `most` highest, equals being in random order; NaN: not asked."""
    scores, right = answers.scores, answers.right & ~np.isnan(answers.scores)
    best = np.where(right, scores, -np.inf).max(1)
    level = scores == best[:, None]
    found = _drawn(level.sum(1), (level & right).sum(1), most - (scores > best[:, None]).sum(1))
    found[~right.any(1)] = np.nan
    return found


def by_luck(answers: Answers, most: int) -> np.ndarray:
    """(n,) the same where all choices are equal: chance."""
    there = ~np.isnan(answers.scores)
    right = (answers.right & there).sum(1)
    found = _drawn(there.sum(1), right, np.full(len(right), most))
    found[right == 0] = np.nan
    return found


def _drawn(among: np.ndarray, right: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The chance to draw at least one of `right` things when `draws` are drawn from `among`."""
    missed = np.ones(len(among))
    draws = np.clip(draws, 0, among)
    for step in range(int(draws.max(initial=0))):
        going = step < draws
        left = (among - step)[going]
        missed[going] *= np.maximum(left - right[going], 0) / left
    return 1 - missed


def average_precision(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(n,) mean precision at the right choices, expected over random orders of equals; NaN where none is right."""
    there = ~np.isnan(scores)
    right = right & there
    order = np.argsort(np.where(there, -scores, np.inf), axis=1, kind="stable")
    scores, right, there = (np.take_along_axis(array, order, 1) for array in (scores, right, there))
    rows, choices = scores.shape
    new = np.ones((rows, choices), bool)
    new[:, 1:] = (scores[:, 1:] != scores[:, :-1]) | (there[:, 1:] != there[:, :-1])
    block = np.cumsum(new) - 1
    size, hits = np.bincount(block), np.bincount(block, right.ravel())
    place = np.tile(np.arange(choices), rows)
    first = place[new.ravel()]
    before = (np.cumsum(right, 1) - right).ravel()[new.ravel()]
    inside = place - first[block]
    ahead = before[block] + inside * ((hits - 1) / np.maximum(size - 1, 1))[block]
    precision = (hits / size)[block] * (ahead + 1) / (place + 1)
    total = right.sum(1)
    told = np.where(there, precision.reshape(rows, choices), 0).sum(1)
    return _divided(told, total)


def _share(value: Callable[[Answers], np.ndarray]) -> Callable[[Answers, np.ndarray, int], np.ndarray]:
    """Counts of a mean over rows: the sum, and how many were asked."""
    def counts(answers: Answers, group: np.ndarray, levels: int) -> np.ndarray:
        found = value(answers)
        asked = ~np.isnan(found)
        size = int(group.max(initial=0)) + 1
        return np.stack([np.bincount(group[asked], weight[asked], size) for weight in (found, asked)], 1)
    return counts


def _ratio(sums: np.ndarray) -> np.ndarray:
    return _divided(sums[:, 0], sums[:, 1])


def _divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Above / below, NaN where below is 0."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    found: np.ndarray = np.divide(above, below, out=np.full(shape, np.nan), where=below > 0)
    return found


def _mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is not NaN."""
    known = ~np.isnan(values)
    return _divided(np.where(known, values, 0).sum(-1), known.sum(-1))


def _columns(answers: Answers) -> tuple[np.ndarray, int]:
    """Which class each column stands for, and how many classes there are."""
    values, column = np.unique(answers.codes, return_inverse=True)
    return column.reshape(-1), len(values)


def _tally(group: np.ndarray, column: np.ndarray, weight: np.ndarray, size: int, width: int) -> np.ndarray:
    return np.bincount(group * width + column, weight, size * width).reshape(size, width)


def _class_counts(answers: Answers, group: np.ndarray, levels: int) -> np.ndarray:
    """(groups, 3, classes): right guesses, guesses, and rows of each class. Equal highest scores share the guess."""
    right = answers.right & ~np.isnan(answers.scores)
    asked = right.any(1)
    some, group, size = answers.take(asked), group[asked], int(group.max(initial=0)) + 1
    column, width = _columns(some)
    top = some.scores == np.where(np.isnan(some.scores), -np.inf, some.scores).max(1)[:, None]
    guess = top / top.sum(1, keepdims=True)
    row, place = np.nonzero(top)
    truth = column[some.truth]
    hits = (guess * some.right).sum(1)
    return np.stack([_tally(group, truth, hits, size, width),
                     _tally(group[row], column[place], guess[row, place], size, width),
                     _tally(group, truth, np.ones(len(truth)), size, width)], 1)


def _balanced(pieces: np.ndarray) -> np.ndarray:
    hits, _, rows = pieces.reshape(len(pieces), 3, -1).transpose(1, 0, 2)
    return _mean_known(_divided(hits, rows))


def _macro_f1(pieces: np.ndarray) -> np.ndarray:
    """Over the classes that occur."""
    hits, guesses, rows = pieces.reshape(len(pieces), 3, -1).transpose(1, 0, 2)
    return _mean_known(np.where(rows > 0, _divided(2 * hits, guesses + rows), np.nan))


def _histogram(high: np.ndarray, low: np.ndarray, values: tuple[np.ndarray, np.ndarray], size: int,
               levels: int) -> np.ndarray:
    """(groups, 2, levels): how often each level of score occurs, among `high`'s values and among `low`'s."""
    edges = _levels(values, levels)
    found = [_tally(group, np.maximum(np.searchsorted(edges, value, "right") - 1, 0), np.ones(len(value)), size,
                    len(edges)) for group, value in zip((high, low), values, strict=True)]
    return np.stack(found, 1)


def _levels(values: tuple[np.ndarray, np.ndarray], levels: int) -> np.ndarray:
    every = np.unique(np.concatenate(values))
    if not levels or len(every) <= levels:
        return every if len(every) else np.zeros(1)
    shares = np.linspace(0, 1, levels * 3 // 8)
    tail = 1 - np.geomspace(0.001, 0.05, levels // 8)
    cuts = [np.quantile(value, share, method="lower") for value in values if len(value) for share in (shares, tail)]
    return np.unique(np.concatenate(cuts))


def _sides(answers: Answers, group: np.ndarray, levels: int) -> np.ndarray:
    """(groups, classes, 2, levels): scores of a class's own rows and of the others'. Two classes count as one."""
    column, width = _columns(answers)
    size, asked = int(group.max(initial=0)) + 1, answers.truth >= 0
    scores = np.stack([np.fmax.reduce(answers.scores[:, column == one], axis=1) for one in range(width)], 1)[asked]
    truth, group = column[answers.truth[asked]], group[asked]
    scores = scores[:, 1:] - scores[:, :1] if width == 2 else scores
    found = []
    for place, one in enumerate([1] if width == 2 else range(width)):
        value, there = scores[:, place], ~np.isnan(scores[:, place])
        own, other = there & (truth == one), there & (truth != one)
        found.append(_histogram(group[own], group[other], (value[own], value[other]), size, levels))
    most = max(table.shape[2] for table in found)
    return np.stack([np.pad(table, ((0, 0), (0, 0), (0, most - table.shape[2]))) for table in found], 1)


def _pairs(sums: np.ndarray) -> np.ndarray:
    """(draws, 2 * classes): pairs of an own and another row in the right order, and all pairs."""
    own, other = sums[:, :, 0], sums[:, :, 1]
    below = np.cumsum(other, -1) - other / 2
    return np.concatenate([(own * below).sum(-1), own.sum(-1) * other.sum(-1)], 1)


def _in_order(pieces: np.ndarray) -> np.ndarray:
    ordered, pairs = np.split(pieces, 2, axis=1)
    return _mean_known(_divided(ordered, pairs))


def _strangers(answers: Answers, group: np.ndarray, levels: int) -> np.ndarray:
    """(groups, 2, levels): scores of right choices and of all wrong ones, counted for the person who was looked at."""
    there, right = ~np.isnan(answers.scores), answers.right
    own, other = there & right, there & ~right
    everyone = np.broadcast_to(group[:, None], there.shape)
    values = (answers.scores[own], answers.scores[other])
    return _histogram(everyone[own], everyone[other], values, int(group.max(initial=0)) + 1, levels)


def _curve(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right and wrong choices let in at every threshold from the lowest on, and how much the draw weighs (0: no
    curve)."""
    total = sums.sum(-1, keepdims=True)
    passed = np.concatenate([total, total - np.cumsum(sums, -1)], -1) / np.maximum(total, 1)
    weight: np.ndarray = np.where((total > 0).all((1, 2)), total[:, 0, 0], 0)
    return passed[:, 0], passed[:, 1], weight


def _crossing(known: np.ndarray, let_in: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both shares where `gap`, which falls, passes 0: on the straight line between two thresholds."""
    after = np.maximum((gap <= 0).argmax(1), 1)[:, None]
    high, low = (np.take_along_axis(gap, place, 1)[:, 0] for place in (after - 1, after))
    step = np.divide(high, high - low, out=np.zeros_like(high), where=high > low)
    a, b = (np.take_along_axis(share, after - 1, 1)[:, 0] * (1 - step)
            + np.take_along_axis(share, after, 1)[:, 0] * step for share in (known, let_in))
    return a, b


def _equal_error(sums: np.ndarray) -> np.ndarray:
    known, let_in, weight = _curve(sums)
    return np.stack([_crossing(known, let_in, let_in + known - 1)[1] * weight, weight], 1)


def _known_at_far(sums: np.ndarray) -> np.ndarray:
    known, let_in, weight = _curve(sums)
    return np.stack([_crossing(known, let_in, let_in - FAR)[0] * weight, weight], 1)


def _linkable(sums: np.ndarray) -> np.ndarray:
    """D of Gomez-Barrero et al. (ISO/IEC 30136), with as many others as mated pairs: over the scores of mated pairs the
    mean of 2·LR / (1 + LR) − 1 where LR, how many times likelier the score is of a mated pair, is more than 1. What
    luck in filling the bins brings is taken off."""
    mated, others = sums[:, 0], sums[:, 1]
    total, rest = mated.sum(1), others.sum(1)
    bins = np.clip(total // MATED, *BINS).astype(int)
    below = (np.cumsum(mated, 1) - mated / 2) / np.maximum(total, 1)[:, None]
    place = np.minimum((below * bins[:, None]).astype(int), bins[:, None] - 1)
    rows = np.arange(len(sums))[:, None] * BINS[1] + place
    one, other = (np.bincount(rows.ravel(), some.ravel(), len(sums) * BINS[1]).reshape(len(sums), -1)
                  for some in (mated, others))
    likely, usual = one / np.maximum(total, 1)[:, None], other / np.maximum(rest, 1)[:, None]
    found = (likely * np.maximum(_divided(likely - usual, likely + usual), 0, where=one > 0, out=np.zeros_like(one))).sum(1)
    luck = _luck_in_bins(total)
    weight = np.where((total > 0) & (rest > 0), total, 0)
    return np.stack([np.maximum(found - luck, 0) / (1 - luck) * weight, weight], 1)


def _luck_in_bins(mated: np.ndarray) -> np.ndarray:
    """What comes of dealing so few mated pairs into bins where scores say nothing: 0.2 standard errors of a bin's."""
    each = np.maximum(mated, 1) / np.clip(mated // MATED, *BINS)
    return np.asarray(np.minimum(0.2 / np.sqrt(each), 0.5))


def _shares(answers: Answers) -> np.ndarray:
    """How the rows that are asked spread over the classes, the most frequent first."""
    right = (answers.right & ~np.isnan(answers.scores)).any(1)
    counts: np.ndarray = np.sort(np.unique(answers.codes[answers.truth[right]], return_counts=True)[1])[::-1]
    shares: np.ndarray = counts / max(counts.sum(), 1)
    return shares


def _mean(values: np.ndarray) -> float:
    return float(_mean_known(values))


def _f1s(answers: Answers) -> tuple[float, float]:
    """Macro-F1 of who guesses evenly, and of who always says the most frequent class."""
    shares, even = _shares(answers), _mean(by_luck(answers, 1))
    if not len(shares):
        return float("nan"), float("nan")
    return float((2 * shares * even / (shares + even)).mean()), float(2 * shares[0] / (1 + shares[0]) / len(shares))


def _of_rank(most: int) -> Metric:
    def blind(answers: Answers) -> tuple[float, float]:
        luck = _mean(by_luck(answers, most))
        return luck, max(luck, float(_shares(answers)[:most].sum()))
    return Metric(_share(lambda answers: credit(answers, most)), _ratio,
                  lambda answers: _mean(by_luck(answers, most)), blind, single=True)


def _fixed(chance: Callable[[Answers], float]) -> tuple[Callable[[Answers], float],
                                                       Callable[[Answers], tuple[float, float]]]:
    return chance, lambda answers: (chance(answers), chance(answers))


def _precision_by_luck(answers: Answers) -> float:
    level = np.where(np.isnan(answers.scores), np.nan, 0)
    return _mean(average_precision(level, answers.right))


METRICS: dict[str, Metric] = {
    "top1": _of_rank(1),
    "top5": _of_rank(5),
    "accuracy": _of_rank(1)._replace(chance=lambda answers: float(_shares(answers)[:1].sum())),
    "balanced_accuracy": Metric(_class_counts, _balanced, *_fixed(lambda answers: 1 / max(len(_shares(answers)), 1))),
    "auc": Metric(_sides, _in_order, *_fixed(lambda answers: 0.5), pieces=_pairs),
    "macro_f1": Metric(_class_counts, _macro_f1, lambda answers: _f1s(answers)[0],
                       lambda answers: (min(_f1s(answers)), max(_f1s(answers)))),
    "rank1": _of_rank(1),
    "rank5": _of_rank(5),
    "map": Metric(_share(lambda answers: average_precision(answers.scores, answers.right)), _ratio,
                  *_fixed(_precision_by_luck)),
    "eer": Metric(_strangers, _ratio, *_fixed(lambda answers: 0.5), pieces=_equal_error, upward=False),
    "linkability": Metric(_strangers, _ratio, *_fixed(lambda answers: 0.0), pieces=_linkable),
    "tar_far01": Metric(_strangers, _ratio, *_fixed(lambda answers: FAR), pieces=_known_at_far),
}
