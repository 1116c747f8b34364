"""pool and assign: what answers give away together: several recordings of one person, or one recording of everybody."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from maskeleton.answers import Answers
from maskeleton.labels import UNKNOWN
from maskeleton.seeds import generator


def pooled(answers: Answers, recordings: int | None, seed: int = 0) -> Answers:
    """The answers for groups of so many recordings of one person (None: all of them), as their mean log score.

    Recordings are put into groups at random within person, right answer and seed; what does not fill a group is left out.
    """
    logs = np.log(np.maximum(shares(answers.scores), 1e-9))
    rows, groups = [], []
    for part in np.unique(answers.parts):
        asked = (answers.parts == part) & (answers.truth != UNKNOWN) & (answers.person != UNKNOWN)
        for person, truth in np.unique(np.stack([answers.person, answers.truth], 1)[asked], axis=0):
            places = np.flatnonzero(asked & (answers.person == person) & (answers.truth == truth))
            size = recordings or len(places)
            order = generator(seed, "pool", int(part), int(person)).permutation(places)
            for start in range(0, len(order) - size + 1 if size else 0, max(size, 1)):
                rows.append(logs[order[start : start + size]].mean(0))
                groups.append(order[start])
    first = np.array(groups, np.int64)
    scores = np.array(rows, np.float32).reshape(len(first), answers.scores.shape[1])
    return answers.take(first)._replace(scores=scores, keep=np.full(len(first), UNKNOWN, np.int64), ids=())


def assigned(answers: Answers) -> Answers | None:
    """One person to one recording, the best as a whole: in groups of recordings (of one kept class and attacker) that
    show each person at most once; None where no group does. Lots decide between equals: recordings often stand in the order
    of people."""
    scores = np.zeros_like(answers.scores)
    logs = np.log(np.maximum(shares(answers.scores), 1e-9))
    done = np.zeros(len(answers.person), bool)
    table = np.stack([answers.parts, answers.keep], 1)
    groups = np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)
    for group in np.unique(groups):
        places = generator(0, "assign", int(group)).permutation(np.flatnonzero(groups == group))
        if len(places) < 2 or len(np.unique(answers.person[places])) < len(places):
            continue
        recording, named = linear_sum_assignment(-logs[places])
        scores[places[recording], named] = 1
        done[places] = True
    if not done.any():
        return None
    kept = np.flatnonzero(done)
    return answers._replace(scores=scores).take(kept)


def shares(scores: np.ndarray) -> np.ndarray:
    """Scores as shares of one: as they are where they are probabilities, else by softmax."""
    if (scores >= 0).all() and np.allclose(scores.sum(1), 1, atol=1e-3):
        return scores
    raised = np.exp(scores - scores.max(1, keepdims=True))
    made: np.ndarray = raised / raised.sum(1, keepdims=True)
    return made
