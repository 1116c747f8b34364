"""Reading a label off traits: linear judges that look through a lens, each tuned on recordings it held back."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.heldback import Pair
from maskeleton.linear import SHRINKAGES, discriminants, log_probabilities, zscored_within
from maskeleton.threads import few_threads

DAMPING = (0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 1.5)  # of logarithms that are too sure of themselves
MOST_TOGETHER = 12  # judges
WORTH_ADDING = 0.003  # of the mean logarithm of the truth's probability: less may be luck


class Question(NamedTuple):
    """Recordings with traits and kept labels; of the first ones (those that are learned from) the class is known."""

    values: np.ndarray  # (n, F) traits: first the recordings that are learned from, then those that are asked about
    keep: np.ndarray  # (n,) code of the kept label
    codes: np.ndarray  # (learned,) class 0 … K − 1
    channels: tuple[np.ndarray, ...] = ()  # which columns belong together

    @property
    def pair(self) -> Pair:
        return np.arange(len(self.codes)), np.arange(len(self.codes), len(self.values))


class Reading(NamedTuple):
    """What a judge answers, and how good it was on what it held back."""

    scores: np.ndarray  # (asked, K) logarithms of probabilities
    held: list[np.ndarray]  # the same for each pair's held-back rows
    merit: tuple[float, float]


def plain(question: Question, pair: Pair) -> Pair:
    """The traits as they are."""
    return question.values[pair[0]], question.values[pair[1]]


def within_apart(question: Question, pair: Pair) -> Pair:
    """z-scored within the kept label, what is learned from and what is asked about each by itself: right where one
    differs from the other, as one camera from another does."""
    one, other = (zscored_within(question.values[rows], question.keep[rows]) for rows in pair)
    return one, other


def within_together(question: Question, pair: Pair) -> Pair:
    """z-scored within the kept label, all together: right where they are of one kind, for groups are larger."""
    both = zscored_within(question.values[np.concatenate(pair)], question.keep[np.concatenate(pair)])
    return both[: len(pair[0])], both[len(pair[0]) :]


Lens = Callable[[Question, Pair], Pair]
LENSES: dict[str, Lens] = {"plain": plain, "within, apart": within_apart, "within, together": within_together}


def lenses_for(question: Question, label: str, keep: str) -> dict[str, Lens]:
    """The lenses that may be used: what is kept may not be known where it is what is asked for, and where learned and
    asked recordings share no kept class both ways of z-scoring are one."""
    learned, asked = (question.keep[rows] for rows in question.pair)
    if label == keep or len(np.unique(question.keep)) < 2:
        return {"plain": plain}
    shared = bool(np.isin(asked, learned).any())
    return {name: lens for name, lens in LENSES.items() if shared or lens is not within_together}


def linear_reading(question: Question, pairs: Sequence[Pair], lens: Lens) -> Reading:
    """The answers of the discriminant whose shrinkage was best on what was held back."""
    tried: list[list[np.ndarray]] = []
    with few_threads(len(question.values)):
        for pair in pairs:
            learned, held = lens(question, pair)
            tried.append([model.scores(held) for model in discriminants(learned, question.codes[pair[0]], SHRINKAGES)])
        by_shrinkage = [list(scores) for scores in zip(*tried, strict=True)]
        best = max(range(len(SHRINKAGES)), key=lambda place: merit(by_shrinkage[place], question, pairs))
        learned, asked = lens(question, question.pair)
        model = discriminants(learned, question.codes, SHRINKAGES[best : best + 1])[0]
        return damped(model.scores(asked), by_shrinkage[best], question, pairs)


def reading_by_channel(question: Question, pairs: Sequence[Pair], lens: Lens) -> Reading:
    """The answers of one linear judge for each channel, as if channels knew nothing of each other: what is told by one
    of them alone is not lost among all the traits that tell nothing."""
    each = [linear_reading(question._replace(values=question.values[:, columns], channels=()), pairs, lens)
            for columns in question.channels]
    held = [np.sum(some, 0) for some in zip(*(reading.held for reading in each), strict=True)]
    return damped(np.sum([reading.scores for reading in each], 0), held, question, pairs)


def straight(question: Question, pairs: Sequence[Pair], label: str, keep: str) -> tuple[list[Reading], Lens]:
    """Linear judges of all traits through every lens; channel by channel through the best one; and that lens."""
    lenses = lenses_for(question, label, keep)
    whole = {name: linear_reading(question, pairs, lens) for name, lens in lenses.items()}
    lens = lenses[max(whole, key=lambda name: whole[name].merit)]
    return [*whole.values(), reading_by_channel(question, pairs, lens)], lens


def damped(scores: np.ndarray, held: Sequence[np.ndarray], question: Question, pairs: Sequence[Pair]) -> Reading:
    """The same answers, no surer of themselves than they were right on what was held back."""
    def likelihood(share: float) -> float:
        return merit([some * share for some in held], question, pairs)[1]

    share = max(DAMPING, key=likelihood)
    sober = [log_probabilities(some * share) for some in held]
    return Reading(log_probabilities(scores * share), sober, merit(sober, question, pairs))


def together(readings: Sequence[Reading], question: Question, pairs: Sequence[Pair]) -> Reading:
    """Judges who answer together, as the mean of their logarithms: to the best one that one is added, time and again,
    with whom the truth of what was held back is likeliest, as long as it gets likelier."""
    chosen = [max(readings, key=lambda reading: reading.merit)]
    found = chosen[0]
    while len(chosen) < MOST_TOGETHER:
        wider = [_mean([*chosen, one], question, pairs) for one in readings]
        best = max(range(len(wider)), key=lambda place: wider[place].merit[1])
        if wider[best].merit[1] <= found.merit[1] + WORTH_ADDING:
            break
        chosen.append(readings[best])
        found = wider[best]
    return found


def _mean(readings: Sequence[Reading], question: Question, pairs: Sequence[Pair]) -> Reading:
    held = [np.mean(each, 0) for each in zip(*(reading.held for reading in readings), strict=True)]
    return damped(np.mean([reading.scores for reading in readings], 0), held, question, pairs)


def merit(held: Sequence[np.ndarray], question: Question, pairs: Sequence[Pair]) -> tuple[float, float]:
    """How good answers for the held-back rows are: the AUC of two classes or the share that is right of more, and then
    the mean logarithm of the probability given to the truth."""
    truths = [question.codes[rows] for _, rows in pairs]
    rights = [rate_of(some, truth) for some, truth in zip(held, truths, strict=True)]
    logs = [log_probabilities(some)[np.arange(len(truth)), truth] for some, truth in zip(held, truths, strict=True)]
    return round(float(np.mean(rights)), 6), float(np.mean(np.concatenate(logs)))


def rate_of(scores: np.ndarray, truth: np.ndarray) -> float:
    """The AUC of two classes, the share that is right of more."""
    if scores.shape[1] == 2:
        return _auc(scores[:, 1] - scores[:, 0], truth == 1)
    return float((scores.argmax(1) == truth).mean())


def _auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """How often a positive one stands above a negative one; ties count half."""
    if positive.all() or not positive.any():
        return 0.5
    values, place = np.unique(scores, return_inverse=True)
    counts = np.bincount(place.reshape(-1), minlength=len(values))
    ranks = (counts.cumsum() - (counts - 1) / 2)[place.reshape(-1)]
    above = ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
    return float(above / (positive.sum() * (~positive).sum()))
