"""match: recordings are compared, not classified: who in the gallery is most like the one in the probe?"""

from collections.abc import Mapping

import numpy as np

from maskeleton.answers import Answers
from maskeleton.attacks.classify import as_answers
from maskeleton.dataset import MotionDataset
from maskeleton.fit import embeddings, fit
from maskeleton.labels import UNKNOWN

_NEAREST = 3  # gallery recordings of a class whose likeness is averaged


def match(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str, seed: int, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None,
) -> Answers:
    """Likeness to the nearest recordings of every class, the training recordings being the gallery."""
    return match_with(train, train, test, label, judge=judge, seed=seed, keep=keep, set=set, minutes=minutes)


def match_with(
    train: MotionDataset, gallery: MotionDataset, probe: MotionDataset, label: str, *, judge: str, seed: int,
    keep: str = "action", set: Mapping[str, str] | None = None, minutes: float | None = None,
) -> Answers:
    """The same with a gallery of its own: its people may be strangers to those the network was taught with."""
    name, _, stream = judge.partition(":")
    options = {**({"stream": stream} if stream else {}), **(set or {})}
    model = fit(name, train, label, seed=seed, set=options, minutes=minutes)
    known = gallery.labels[label] != UNKNOWN
    gallery = gallery if known.all() else gallery.select(known)
    scores = likeness(embeddings(model, gallery), gallery.labels[label], embeddings(model, probe))
    return as_answers(gallery, probe, label, keep, scores)


def likeness(gallery: np.ndarray, codes: np.ndarray, probe: np.ndarray) -> np.ndarray:
    """(probes, classes): the mean cosine of each class's nearest gallery recordings, in the order of the codes."""
    middle = gallery.mean(0)
    cosines = _unit(probe - middle) @ _unit(gallery - middle).T
    columns = []
    for code in np.unique(codes):
        own = cosines[:, codes == code]
        most = min(_NEAREST, own.shape[1])
        columns.append(np.sort(own, 1)[:, -most:].mean(1))
    return np.stack(columns, 1)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.maximum(lengths, 1e-12)
    return unit
