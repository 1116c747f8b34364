"""exam: linear trait judges asked about halves of one table of traits; without trees and networks, cheap to repeat."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import joined
from maskeleton.dataset import MotionDataset
from maskeleton.heldback import Pair, held_back
from maskeleton.labels import UNKNOWN
from maskeleton.reading import Question, straight, together
from maskeleton.score import Score, primary, score
from maskeleton.splits import Half
from maskeleton.threads import few_threads
from maskeleton.traits import Traits

HELD = 3  # ways at most in which training recordings are held back to choose by: as many as the attack by traits has


class Exam(NamedTuple):
    """One half, ready to be asked about."""

    train: MotionDataset
    test: MotionDataset
    places: np.ndarray  # rows of the table of traits: first those that teach
    pairs: list[Pair]


def used(halves: Sequence[Half]) -> np.ndarray:
    """The recordings that any half teaches or tests with, ascending: what the table of traits must be of."""
    return np.unique(np.concatenate([rows for half in halves for rows in (half.train, half.test)]))


def exams(dataset: MotionDataset, halves: Sequence[Half], rows: np.ndarray, label: str, keep: str = "action",
          seed: int = 0, most: int = HELD) -> list[Exam]:
    """An exam for each half; `rows` are the recordings of the table of traits, ascending."""
    found = []
    for half in halves:
        taught = half.train[dataset.labels[label][half.train] != UNKNOWN]
        train, test = dataset.select(taught), dataset.select(half.test)
        found.append(Exam(train, test, np.searchsorted(rows, np.concatenate([taught, half.test])),
                          held_back(train, test, label, keep, seed, most)))
    return found


def marked(table: Traits, asked: Sequence[Exam], label: str, keep: str = "action") -> Score:
    """The score of the linear judges together, over all exams."""
    columns = tuple(np.arange(part.start, part.stop) for part in table.channels.values() if part.stop > part.start)
    answers = []
    with few_threads(len(table.values)):
        for exam in asked:
            kept = [half.labels.get(keep, np.full(len(half), UNKNOWN)) for half in (exam.train, exam.test)]
            codes = np.unique(exam.train.labels[label], return_inverse=True)[1].reshape(-1)
            question = Question(table.values[exam.places], np.concatenate(kept), codes, columns)
            best = together(straight(question, exam.pairs, label, keep)[0], question, exam.pairs)
            answers.append(answered(exam.train, exam.test, label, keep, best.scores, best.merit[0]))
    return score(joined(answers), primary(label))
