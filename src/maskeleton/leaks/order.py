"""order: neither the order of recordings, nor of people's numbers, nor of the files' times is the original's.

Ranks are correlated with those of the original; where files are named by labels, recordings are compared with those of
the same labels, for labels that are kept put files in order too. Eight or more are needed to say anything.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from maskeleton.formats.kit.kinect import numbers_in_name
from maskeleton.labels import UNKNOWN, natural
from maskeleton.leaks.given import Given, Leak
from maskeleton.publish import PERSON, SCHEMES, TAKE

FEWEST = 8
SURE = 4.5  # standard errors


def find(given: Given) -> Iterator[Leak]:
    """Correlate all there is."""
    rows, olds = given.pairs
    if given.original is None or not len(rows):
        given.not_tried.append("order: it needs --original DATA, and the ledger that release wrote beside OUT")
        return
    released = given.released
    ids = [released.ids[row] for row in rows.tolist()]
    by_name = np.argsort(sorted(range(len(ids)), key=lambda place: natural(ids[place])))
    yield from _told("the names of recordings", by_name, olds, _alike_by_name(ids))
    if len(given.data_files) < len(released):
        yield from _told("recordings within the file", rows, olds, np.zeros(len(rows), np.int64))
    times = _times(given, ids)
    if times is not None:
        like = _most_alike(given, rows)
        yield from _told("the times of files", times[like], olds[like], np.zeros(len(like), np.int64))
    if PERSON in released.labels and PERSON in given.original.labels:
        yield from _people(given, rows, olds)


def _told(what: str, ours: np.ndarray, theirs: np.ndarray, groups: np.ndarray) -> Iterator[Leak]:
    errors = agreement(ours, theirs, groups)
    if abs(errors) > sure(len(ours)):
        yield Leak("", what, f"their order goes with that of the original ({errors:.1f} standard errors)")


def agreement(ours: np.ndarray, theirs: np.ndarray, groups: np.ndarray) -> float:
    """How far ranks within groups go together, in standard errors of what shuffling within groups would give."""
    together = spread = 0.0
    order = np.argsort(groups, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if len(members) > 1:
            a, b = (_centred(column[members]) for column in (ours, theirs))
            together += float(a @ b)
            spread += float(a @ a) * float(b @ b) / (len(members) - 1)
    return together / spread**0.5 if spread > 0 and len(ours) >= FEWEST else 0.0


def sure(count: int) -> float:
    """Standard errors beyond which it is no accident; of few, nothing but the very same order is."""
    return min(SURE, 0.999 * (count - 1) ** 0.5) if count >= FEWEST else float("inf")


def _centred(values: np.ndarray) -> np.ndarray:
    ranks = np.unique(values, return_inverse=True)[1].astype(np.float64)
    centred: np.ndarray = ranks - ranks.mean()
    return centred


def _alike_by_name(ids: Sequence[str]) -> np.ndarray:
    """Recordings whose names say the same labels, but for the take; all where names are not made of labels."""
    for letters, between in SCHEMES.values():
        said = [numbers_in_name(id, letters, between, strict=True) for id in ids]
        if all(said):
            table = np.array([[number for label, number in some.items() if label != TAKE] for some in said])
            return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)
    return np.zeros(len(ids), np.int64)


def _most_alike(given: Given, rows: np.ndarray) -> np.ndarray:
    """The largest number of recordings that share all labels that are not the person's: files are copied in the order of
    their names, which labels decide."""
    groups = _groups(given, rows, (TAKE, PERSON))
    return np.flatnonzero(groups == np.bincount(groups).argmax())


def _groups(given: Given, rows: np.ndarray, but: Sequence[str] = (TAKE,)) -> np.ndarray:
    """Recordings that share all labels but these."""
    columns = [codes[rows] for label, codes in given.released.labels.items() if label not in but]
    table = np.stack(columns or [np.zeros(len(rows), np.int64)], 1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def _times(given: Given, ids: Sequence[str]) -> np.ndarray | None:
    """When each recording's file was written; None where all were at once, or there is no file for each."""
    if not given.separate:
        return None
    when = {file.stem: file.stat().st_mtime_ns for file in given.data_files}
    if len(set(when.values())) == 1 or any(id.rsplit("/", 1)[-1] not in when for id in ids):
        return None
    return np.array([when[id.rsplit("/", 1)[-1]] for id in ids])


def _people(given: Given, rows: np.ndarray, olds: np.ndarray) -> Iterator[Leak]:
    assert given.original is not None
    new, old = given.released.labels[PERSON][rows], given.original.labels[PERSON][olds]
    pairs = np.unique(np.stack([new, old], 1)[(new != UNKNOWN) & (old != UNKNOWN)], axis=0)
    if len(pairs) >= FEWEST and len(np.unique(pairs[:, 0])) == len(pairs):
        errors = agreement(pairs[:, 0], pairs[:, 1], np.zeros(len(pairs), np.int64))
        if abs(errors) > sure(len(pairs)):
            yield Leak("", "the numbers of people", f"their order goes with that of the original ({errors:.1f} standard "
                                                    "errors)")
