"""match: recordings are compared, not classified: who in the gallery is most like the one in the probe?

The people of the gallery may be strangers to those the comparing was learned from (`match_with`). Networks compare by
what they have before their last layer; the judge `features` by traits, in units of how much they vary within a person.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers
from maskeleton.attacks.taught import Taught, taught
from maskeleton.dataset import MotionDataset
from maskeleton.fit import embeddings
from maskeleton.heldback import held_back
from maskeleton.labels import UNKNOWN
from maskeleton.linear import comparer
from maskeleton.reading import rate_of
from maskeleton.threads import few_threads
from maskeleton.traits import trait_table

TRAITS = "features"  # the judge without a network
NEAREST = 3  # gallery recordings of a class whose likeness is averaged

Eye = Callable[[MotionDataset], np.ndarray]  # recordings as rows of numbers that can be compared


def match(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str, seed: int, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None, networks: Path | None = None,
) -> Answers:
    """Likeness to the nearest recordings of every class, the training recordings being the gallery."""
    return match_with(train, train, test, label, judge=judge, seed=seed, keep=keep, set=set, minutes=minutes,
                      networks=networks)


def match_with(
    train: MotionDataset, gallery: MotionDataset, probe: MotionDataset, label: str, *, judge: str, seed: int,
    keep: str = "action", set: Mapping[str, str] | None = None, minutes: float | None = None,
    networks: Path | None = None,
) -> Answers:
    """The same with a gallery of its own: its people may be strangers to those the comparing was learned from."""
    own = gallery is train
    train = _known(train, label)
    gallery = train if own else _known(gallery, label)
    codes = np.unique(train.labels[label], return_inverse=True)[1].reshape(-1)
    tested, checked, rows = [], [], np.arange(len(train))
    for see, held in _eyes(train, probe, label, judge, seed, keep, set, minutes, networks):
        tested.append(likeness(see(gallery), gallery.labels[label], see(probe)))
        rows = np.intersect1d(rows, held)
        if own and len(rows):
            rest, looked = np.setdiff1d(np.arange(len(train)), held), see(train)
            checked.append(likeness(looked[rest], codes[rest], looked))
    merit = rate_of(np.mean(checked, 0)[rows], codes[rows]) if checked and len(rows) else None
    return answered(gallery, probe, label, keep, np.mean(tested, 0), merit)


def _eyes(train: MotionDataset, probe: MotionDataset, label: str, judge: str, seed: int, keep: str,
          set: Mapping[str, str] | None, minutes: float | None, networks: Path | None) -> Iterator[tuple[Eye, np.ndarray]]:
    """Ways to look at recordings, each with the training recordings it was not taught with."""
    if judge == TRAITS:
        held = held_back(train, probe, label, keep, seed, most=1)[0][1]
        part = train.select(np.setdiff1d(np.arange(len(train)), held))
        codes = np.unique(part.labels[label], return_inverse=True)[1].reshape(-1)
        with few_threads(len(train)):
            compared = comparer(trait_table(part).values, codes)
            yield lambda dataset: compared.compared(trait_table(dataset).values), held
        return
    for one in taught(train, label, judge, seed, keep, set, minutes, networks):
        yield partial(_embedded, one), one.checked


def _embedded(one: Taught, dataset: MotionDataset) -> np.ndarray:
    return embeddings(one.model, one.show(dataset))


def likeness(gallery: np.ndarray, codes: np.ndarray, probe: np.ndarray) -> np.ndarray:
    """(probes, classes): the mean cosine of each class's nearest gallery recordings, in the order of the codes."""
    middle = gallery.mean(0)
    cosines = _unit(probe - middle) @ _unit(gallery - middle).T
    columns = []
    for code in np.unique(codes):
        own = cosines[:, codes == code]
        most = min(NEAREST, own.shape[1])
        columns.append(np.sort(own, 1)[:, -most:].mean(1))
    return np.stack(columns, 1)


def _known(dataset: MotionDataset, label: str) -> MotionDataset:
    known = dataset.labels[label] != UNKNOWN
    return dataset if known.all() else dataset.select(known)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.maximum(lengths, 1e-12)
    return unit
