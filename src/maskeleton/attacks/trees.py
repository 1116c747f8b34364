"""Boosted trees on the traits that tell most: a judge that cuts where a straight one cannot."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from maskeleton.heldback import Pair
from maskeleton.linear import log_probabilities, principal, standardized
from maskeleton.reading import Lens, Question, Reading, damped, merit
from maskeleton.threads import few_threads

TELLING = 64  # single traits that trees see
SUMMED = 24  # principal components beside them
TREES = 2400  # in all, shared by the classes
ROUNDS = (10, 100)  # at least and at most
EVERY = 10  # rounds between two looks at what is held back


def tree_reading(question: Question, pairs: list[Pair], lens: Lens, seed: int) -> Reading:
    """The answers of trees grown for as many rounds as were best on what was held back."""
    classes = int(question.codes.max()) + 1
    rounds = int(np.clip(TREES / (1 if classes == 2 else classes), *ROUNDS))
    whole = question.codes
    with few_threads(len(question.values)):
        tried = [_stages(*_fewer(*lens(question, pair), whole[pair[0]]), whole[pair[0]], rounds, seed) for pair in pairs]
        by_rounds = [list(stages) for stages in zip(*tried, strict=True)]
        best = max(range(len(by_rounds)), key=lambda place: merit(by_rounds[place], question, pairs))
        scores = _stages(*_fewer(*lens(question, question.pair), whole), whole, (best + 1) * EVERY, seed)
    return damped(scores[-1], by_rounds[best], question, pairs)


def _stages(learned: np.ndarray, asked: np.ndarray, codes: np.ndarray, rounds: int, seed: int) -> list[np.ndarray]:
    """Answers after every so many rounds."""
    model = HistGradientBoostingClassifier(max_iter=rounds, learning_rate=0.1, max_leaf_nodes=12, max_bins=63,
                                           l2_regularization=1.0, early_stopping=False, random_state=seed % 2**32)
    model.fit(learned, codes)
    stages = [np.asarray(stage) for stage in model.staged_predict_proba(asked)][EVERY - 1 :: EVERY]
    return [log_probabilities(np.log(np.maximum(stage, 1e-9))) for stage in stages]


def _fewer(learned: np.ndarray, asked: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The traits that differ most between the classes for what they vary within them, and the largest components."""
    mean, spread = learned.mean(0), learned.std(0)
    spread = np.where(spread > 1e-6, spread, np.inf)
    one, other = standardized(learned, mean, spread), standardized(asked, mean, spread)
    centres = np.stack([one[codes == code].mean(0) for code in range(int(codes.max()) + 1)])
    between = (centres[codes] ** 2).mean(0)
    within = ((one - centres[codes]) ** 2).mean(0)
    telling = np.argsort(-between / np.maximum(within, 1e-6), kind="stable")[:TELLING]
    axes = principal(one)[0][:, -SUMMED:]
    return np.concatenate([one[:, telling], one @ axes], 1), np.concatenate([other[:, telling], other @ axes], 1)
