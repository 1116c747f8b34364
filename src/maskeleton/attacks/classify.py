"""classify: a network is taught the label from scratch, until its own validation is flat, and asked."""

from collections.abc import Mapping

import numpy as np

from maskeleton.answers import Answers
from maskeleton.dataset import MotionDataset
from maskeleton.fit import answers, fit
from maskeleton.labels import UNKNOWN


def classify(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str, seed: int, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None,
) -> Answers:
    """Scores of the classifier `judge` (with a stream behind a colon, as in tcn:bone), taught anew on `train`."""
    name, _, stream = judge.partition(":")
    options = {**({"stream": stream} if stream else {}), **(set or {})}
    model = fit(name, train, label, seed=seed, set=options, minutes=minutes)
    return as_answers(train, test, label, keep, np.asarray(answers(model, test)))


def as_answers(train: MotionDataset, test: MotionDataset, label: str, keep: str, scores: np.ndarray) -> Answers:
    """Scores (n, classes of `train`) with what is true of each recording of `test`."""
    classes = np.unique(train.labels[label][train.labels[label] != UNKNOWN]).astype(np.int64)
    codes = test.labels[label]
    place = np.searchsorted(classes, codes).clip(max=len(classes) - 1)
    nobody = np.full(len(test), UNKNOWN, np.int64)
    return Answers(
        person=test.labels["subject"].astype(np.int64) if "subject" in test.labels else nobody,
        truth=np.where(classes[place] == codes, place, UNKNOWN),
        scores=scores.astype(np.float32),
        keep=test.labels[keep].astype(np.int64) if keep in test.labels else nobody,
        seed=np.zeros(len(test), np.int64),
        classes=classes,
        ids=tuple(test.ids),
    )
