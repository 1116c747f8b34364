"""given: a judge by path, who learned elsewhere and long ago. It is asked as it is, and matched by the names of
classes."""

from pathlib import Path

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers
from maskeleton.ask import answers
from maskeleton.checkpoint import PAGE, Model, load, truth_of
from maskeleton.dataset import MotionDataset
from maskeleton.labels import UNKNOWN


def by_path(judge: str) -> bool:
    """Whether a judge is named by the folder of a model."""
    return bool(judge) and (Path(judge) / PAGE).is_file()


def given(train: MotionDataset, test: MotionDataset, label: str, judge: str, keep: str) -> Answers:
    """The probabilities of a model that is there already; a class it does not know is never its guess."""
    model = load(judge)
    codes = train.labels[label]
    known = np.flatnonzero(codes != UNKNOWN)
    _, first = np.unique(codes[known], return_index=True)
    return answered(train, test, label, keep, _of_classes(model, truth_of(model, train)[known[first]], test))


def _of_classes(model: Model, place: np.ndarray, test: MotionDataset) -> np.ndarray:
    """(n, classes): the column of each class among the model's own."""
    said = answers(model, test)
    return np.where(place >= 0, said[:, np.maximum(place, 0)], np.float32(0))
