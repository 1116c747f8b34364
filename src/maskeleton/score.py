"""Score: counts per person first, then a rate with an interval over people and seeds, beside chance and a null."""

from collections.abc import Iterator
from itertools import combinations
from math import erf, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from maskeleton.answers import Answers, checked, joined
from maskeleton.errors import UserError, pick
from maskeleton.labels import UNKNOWN
from maskeleton.rates import METRICS, Metric, credit
from maskeleton.seeds import generator

__all__ = ["METRICS", "Answers", "Score", "agreement", "by_action", "joined", "per_person", "permuted", "primary",
           "score", "wilson"]

NORMAL95 = NormalDist().inv_cdf(0.975)
FEW = 8  # people: with fewer, those who were seen do not say how much people differ
LEVELS = 256  # of scores told apart in replicates; the rate itself tells all apart
FEW_CLASSES = 8  # a label of people, rather than people themselves
TOP1_LABELS = ("subject", "action")


class Score(NamedTuple):
    """A rate and all one needs to judge it."""

    metric: str
    rate: float
    low: float  # 95 % interval over people and seeds
    high: float
    chance: float
    null: float | None  # the same attack on labels that say nothing
    trials: int  # answers that could be right, over all seeds
    people: int
    seeds: int
    null_away: bool = False  # the null is not where those are who know nothing: something is wrong with the instrument


def primary(label: str) -> str:
    """The metric a label is judged by: who and what by top1, attributes by auc."""
    return "top1" if label in TOP1_LABELS else "auc"


def score(answers: Answers, metric: str, *, null: Answers | float | None = None, draws: int = 1000,
          seed: int = 0) -> Score:
    """The rate of some answers, with its interval; `null` are the answers of the same attack on permuted labels."""
    way = pick(metric, METRICS, "metric")
    answers = checked(answers)
    parts = _parts(answers, way)
    rate = float(way.rate(_whole(parts, way))[0]) if parts else float("nan")
    if np.isnan(rate):
        raise UserError(f"{metric} cannot be computed: {_why(answers)}",
                        "test on recordings whose label is known in training, with at least two classes among them")
    asked: np.ndarray = np.any(answers.right, axis=1)
    people = len(np.unique(answers.person[asked]))
    low, high = _interval(answers.take(asked) if way.single else answers, way, parts, rate, draws, seed)
    void = score(null, metric, draws=draws, seed=seed) if isinstance(null, Answers) else None
    return Score(metric, rate, low, high, round(way.chance(answers), 12), void.rate if void else _number(null),
                 int(asked.sum()), people, len(np.unique(answers.seed)), bool(void and _away(void, way, null)))


def _number(null: Answers | float | None) -> float | None:
    return float(null) if isinstance(null, int | float) else None


def _away(void: Score, way: Metric, null: Answers | float | None) -> bool:
    """Whether who knows nothing lies outside twice the null's interval (which chance does to one null in 10,000), and
    further away than dealing labels out to so few people may bring it."""
    if not isinstance(null, Answers):
        return False
    lowest, highest = way.blind(null)
    luck = _luck_of_dealing(null)
    return (lowest > max(2 * void.high - void.rate, void.rate + luck)
            or highest < min(2 * void.low - void.rate, void.rate - luck))


def _luck_of_dealing(null: Answers) -> float:
    """A number by which chance is missed once in 400 times because the label is dealt out once: three standard deviations
    of the AUC of as many people, or of one answer for each kind of recording, by who knows nothing."""
    asked = null.take(np.flatnonzero(null.right.any(1)))
    pairs = np.unique(np.stack([asked.seed, asked.person, asked.truth]), axis=1)
    people = np.unique(pairs[:2], axis=1).shape[1]
    if people < pairs.shape[1] or null.scores.shape[1] > FEW_CLASSES or not people:
        kinds = max(len(np.unique(asked.truth)), 1)  # who tells kinds well has one name for each: that is one try a kind
        return 3 * sqrt((1 - 1 / kinds) / kinds / kinds)
    sizes = np.unique(asked.truth[np.unique(np.stack([asked.seed, asked.person]), axis=1, return_index=True)[1]],
                      return_counts=True)[1]
    few, many = (int(sizes.min()), int(sizes.sum() - sizes.min())) if len(sizes) > 1 else (1, people)
    return 3 * sqrt((few + many + 1) / (12 * few * many))


def _why(answers: Answers) -> str:
    codes = np.unique(answers.codes[answers.truth[answers.truth >= 0]])
    if not len(codes):
        return f"none of the {len(answers.truth)} recordings has an answer that could be right"
    return f"the {len(answers.truth)} recordings show {len(codes)} of the classes, and no two can be compared"


# ── counts and rates ──────────────────────────────────────────────────────────────────────────────────────────────


def _parts(answers: Answers, way: Metric) -> list[Answers]:
    """The answers of each attacker; of each seed, where no attacker alone gives a number (one person a fold)."""
    for which in (answers.parts, answers.seed):
        own = np.unique(np.stack([which, answers.seed]), axis=1, return_inverse=True)[1].reshape(-1)
        parts = [answers.take(np.flatnonzero(own == one)) for one in np.unique(own)]
        if parts and not np.isnan(way.rate(_whole(parts, way))).any():
            return parts
    return []


def _whole(parts: list[Answers], way: Metric) -> np.ndarray:
    """Exact pieces of everybody together, one row."""
    pieces = [way.pieces(way.counts(part, np.zeros(len(part.person), np.int64), 0)) for part in parts]
    return np.asarray(np.sum(pieces, 0))


def _replicates(parts: list[Answers], way: Metric, draws: int, seed: int) -> np.ndarray:
    """Rates of as many people drawn anew with replacement, each time as one of the seeds saw them."""
    people = np.unique(np.concatenate([part.person for part in parts]))
    rng = generator(seed, "bootstrap")
    drawn = rng.integers(len(people), size=(draws, len(people))) + np.arange(draws)[:, None] * len(people)
    weight = np.bincount(drawn.ravel(), minlength=draws * len(people)).reshape(draws, -1).astype(np.float32)
    seeds = [int(part.seed[0]) for part in parts]
    chosen = rng.choice(np.unique(seeds), draws)
    rates = np.full(draws, np.nan)
    for one in np.unique(chosen):
        rows = np.flatnonzero(chosen == one)
        seen = [part for part, own in zip(parts, seeds, strict=True) if own == one]
        pieces = [_pieces(part, way, weight[rows], people) for part in seen]
        rates[rows] = way.rate(np.sum(pieces, 0))
    return rates


def _pieces(part: Answers, way: Metric, weight: np.ndarray, people: np.ndarray) -> np.ndarray:
    mine, group = np.unique(part.person, return_inverse=True)
    counts = way.counts(part, group.reshape(-1), LEVELS)
    sums = weight[:, np.searchsorted(people, mine)] @ counts.reshape(len(mine), -1).astype(np.float32)
    return way.pieces(sums.reshape(len(weight), *counts.shape[1:]).astype(np.float64))


# ── intervals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def wilson(rate: float, trials: float, width: float = NORMAL95) -> tuple[float, float]:
    """Wilson's interval of a share seen in `trials` independent trials."""
    square = width * width
    middle = (rate * trials + square / 2) / (trials + square)
    half = width / (trials + square) * sqrt(max(rate * (1 - rate) * trials, 0) + square / 4)
    return max(min(middle - half, rate), 0.0), min(max(middle + half, rate), 1.0)


def _interval(answers: Answers, way: Metric, parts: list[Answers], rate: float, draws: int,
              seed: int) -> tuple[float, float]:
    """95 % over people and seeds; see docs/score.md for what is done where people are few or all alike."""
    people, each = np.unique(answers.person, return_counts=True)
    seeds = len(np.unique(answers.seed))
    if way.single and each.max(initial=0) <= seeds:
        return wilson(rate, len(people))
    width = _width(len(people))
    bounds = [(rate, rate)]
    if way.single:
        bounds.append(wilson(rate, each.sum() / seeds, width))
    if len(people) < FEW or not 0 < rate < 1:
        bounds.append(wilson(rate, _units(answers, way)))
    if len(people) > 1:
        rates = _replicates(parts, way, draws, seed)
        rates = rates[~np.isnan(rates)]
        side = (1 - erf(width / sqrt(2))) / 2
        if len(rates):
            if not way.single:  # a replicate lacks some classes and tells fewer scores apart: that shifts all of them
                rates += rate - rates.mean()
            bounds.append((float(np.quantile(rates, side)), float(np.quantile(rates, 1 - side))))
    return float(max(min(low for low, _ in bounds), 0)), float(min(max(high for _, high in bounds), 1))


def _width(people: int) -> float:
    """Standard errors to each side: more than 1.96 where the spread is itself known from few people (Student's t)."""
    free, z = people - 1, NORMAL95
    if free < 1:
        return z
    steps = (z**3 + z) / (4 * free), (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return (z + sum(steps)) * sqrt(people / free)


def _units(answers: Answers, way: Metric) -> int:
    """How many independent things were seen at least: people, and of the rarer class where classes are compared."""
    known = answers.take(answers.truth >= 0)
    if way is METRICS["auc"]:
        pairs = np.unique(np.stack([known.codes[known.truth], known.person]), axis=1)
        return int(np.unique(pairs[0], return_counts=True)[1].min(initial=len(pairs[0])))
    return len(np.unique(known.person))


# ── who and what ──────────────────────────────────────────────────────────────────────────────────────────────────


class Count(NamedTuple):
    """How often the right answer came first, of one person or one action."""

    code: int
    hits: float  # whole unless scores were equal: two equal highest ones are half a hit
    trials: int


def per_person(answers: Answers) -> list[Count]:
    """Hits and trials of each person over all seeds, the most exposed first."""
    return sorted(_counted(answers, answers.person), key=lambda count: (-count.hits / count.trials, count.code))


def by_action(answers: Answers) -> list[Count]:
    """Hits and trials within each value of the kept label."""
    return list(_counted(answers, answers.keep))


def _counted(answers: Answers, codes: np.ndarray) -> Iterator[Count]:
    found = credit(answers, 1)
    asked = ~np.isnan(found)
    for code in np.unique(codes[asked]):
        mine = found[asked & (codes == code)]
        yield Count(int(code), round(float(mine.sum()), 6), len(mine))


def agreement(answers: Answers) -> dict[tuple[int, int], float]:
    """For each two seeds the share of recordings to which both give the same answer."""
    said = {}
    names = answers.ids or tuple(map(str, range(len(answers.person))))
    for one in np.unique(answers.seed).tolist():
        rows = np.flatnonzero(answers.seed == one)
        keys = [names[row] for row in rows] if answers.ids else list(range(len(rows)))
        said[one] = dict(zip(keys, answers.codes[answers.guess[rows]].tolist(), strict=True))
    found = {}
    for a, b in combinations(said, 2):
        both = said[a].keys() & said[b].keys()
        if both:
            found[a, b] = sum(said[a][key] == said[b][key] for key in both) / len(both)
    return found


# ── labels that say nothing, and the side of a curve ──────────────────────────────────────────────────────────────


def permuted(label: np.ndarray, name: str, *, person: np.ndarray, keep: np.ndarray, seed: int = 0) -> np.ndarray:
    """A label dealt out anew, so that it says nothing any more: what an attack makes of it is the null.

    `subject` is dealt out within each value of the kept label, `action` over all recordings, any other label over
    people: each gets another one's value (recordings, where a person has several values of it). -1 stays.
    """
    rng, label = generator(seed, "null", name), np.asarray(label)
    known, dealt = label != UNKNOWN, label.copy()
    people, first, whose = np.unique(person[known], return_index=True, return_inverse=True)
    own, whose = label[known][first], whose.reshape(-1)
    if name not in TOP1_LABELS and (own[whose] == label[known]).all():
        dealt[known] = own[rng.permutation(len(people))][whose]
        return dealt
    groups = keep if name == "subject" else np.zeros_like(label)
    for one in np.unique(groups[known]):
        group = known & (groups == one)
        dealt[group] = rng.permutation(label[group])
    return dealt
