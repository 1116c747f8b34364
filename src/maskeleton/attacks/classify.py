"""classify: networks are taught the label from scratch, until their own validation is flat, and asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers
from maskeleton.attacks.given import by_path, given
from maskeleton.attacks.taught import taught
from maskeleton.dataset import MotionDataset
from maskeleton.fit import answers
from maskeleton.labels import UNKNOWN
from maskeleton.reading import rate_of


def classify(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str, seed: int, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None, networks: Path | None = None,
) -> Answers:
    """Probabilities by the classifier that `judge` names; of several networks the mean of their logarithms."""
    if by_path(judge):
        return given(train, test, label, judge, keep)
    train = train.select(train.labels[label] != UNKNOWN)
    classes = np.unique(train.labels[label], return_inverse=True)[1].reshape(-1)
    tested, held, rows = [], [], np.arange(len(train))
    for one in taught(train, label, judge, seed, keep, set, minutes, networks):
        tested.append(answers(one.model, one.show(test)))
        held.append(answers(one.model, one.train))
        rows = np.intersect1d(rows, one.checked)
    merit = rate_of(_together(held)[rows], classes[rows]) if len(rows) else None
    return answered(train, test, label, keep, _together(tested), merit)


def _together(each: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities of several judges as one."""
    logs = np.mean([np.log(np.maximum(one, 1e-9)) for one in each], 0)
    raised = np.exp(logs - logs.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))
