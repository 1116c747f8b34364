"""Answering: what a judge gave every class of the tested recordings, put beside what is true of them."""

import numpy as np

from maskeleton.answers import Answers
from maskeleton.dataset import MotionDataset
from maskeleton.labels import UNKNOWN


def answered(train: MotionDataset, test: MotionDataset, label: str, keep: str, scores: np.ndarray,
             merit: float | None = None) -> Answers:
    """Scores (n, classes of `train`) with the truth of each recording of `test`.

    `merit` is the judge's own rate on what it held back. A judge of two classes that was wrong there more often than
    right says one and means the other: it is turned about, as its own attacker would do.
    """
    classes = np.unique(train.labels[label][train.labels[label] != UNKNOWN]).astype(np.int64)
    if len(classes) == 2 and merit is not None and merit < 0.5:
        scores, merit = scores[:, ::-1], 1 - merit
    codes = test.labels[label]
    place = np.searchsorted(classes, codes).clip(max=len(classes) - 1)
    nobody = np.full(len(test), UNKNOWN, np.int64)
    return Answers(
        person=test.labels["subject"].astype(np.int64) if "subject" in test.labels else nobody,
        truth=np.where(classes[place] == codes, place, UNKNOWN),
        scores=np.ascontiguousarray(scores, np.float32),
        keep=test.labels[keep].astype(np.int64) if keep in test.labels else nobody,
        seed=np.zeros(len(test), np.int64),
        classes=classes,
        ids=tuple(test.ids),
        merit=np.full(len(test), np.nan if merit is None else merit, np.float32),
    )
