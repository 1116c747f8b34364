"""Several datasets as one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from maskeleton.columns import Growing, GrowingTexts, Texts, stretches
from maskeleton.dataset import MotionDataset, Runs, Shard
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN, natural
from maskeleton.skeleton import Skeleton


def concatenated(datasets: Iterable[MotionDataset], history: Sequence[dict[str, Any]]) -> MotionDataset:
    """Datasets one after another as one; each is let go as soon as its tables are taken over."""
    kinds: dict[tuple[Skeleton, float], None] = {}
    text = {name: GrowingTexts() for name in ("ids", "sources", "hashes", "motion_hashes")}
    columns = {"frames": Growing(np.int64), "slots": Growing(np.int64), "rates": Growing(np.float64)}
    labels = JoinedLabels()
    runs = [Growing(np.int64) for _ in Runs._fields]
    shards: list[Shard] = []
    for one in datasets:
        if not len(one):
            continue
        kinds[one.skeleton, one.fps] = None
        placed = one.runs._replace(recording=one.runs.recording + len(text["ids"]), shard=one.runs.shard + len(shards))
        for column, part in zip(runs, placed, strict=True):
            column.add(part)
        shards += one.shards
        labels.add(len(one), one.labels, one.names)
        for name, words in text.items():
            words.add(Texts.of(getattr(one, name)))
        for name, numbers in columns.items():
            numbers.add(getattr(one, name))
    skeleton, fps = _only_kind(list(kinds))
    codes, names = labels.joined()
    tables: dict[str, Any] = {**{name: words.texts() for name, words in text.items()},
                              **{name: numbers.array() for name, numbers in columns.items()}}
    return MotionDataset(skeleton, fps, labels=codes, names=names, history=tuple(history), shards=shards,
                         runs=Runs(*(column.array() for column in runs)), **tables)


def _only_kind(kinds: Sequence[tuple[Skeleton, float]]) -> tuple[Skeleton, float]:
    if not kinds:
        raise UserError("nothing is left: no recording could be stored", "quarantine.csv says why, file by file")
    if len(kinds) > 1:
        told = sorted(f"{len(plan.joints)} joints ({plan.name}) at {fps:g} a second" for plan, fps in kinds)
        raise UserError(f"these recordings are not of one kind: {listed(told)}", "convert each kind by itself")
    return kinds[0]


class JoinedLabels:
    """Codes of several datasets as codes of one; a label that has names in one of them has names in all.

    Until all are known, a number stays what it is, and a name is −2 or less, in the order in which they came.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.codes: dict[str, Growing] = {}
        self.words: dict[str, dict[str, int]] = {}

    def add(self, rows: int, labels: Mapping[str, np.ndarray], names: Mapping[str, Sequence[str]]) -> None:
        for label in labels.keys() - self.codes.keys():
            self.codes[label] = Growing(np.int32)
            for before in stretches(self.rows):
                self.codes[label].add(_unknown(before.stop - before.start))
        for label, column in self.codes.items():
            codes = labels.get(label)
            if codes is not None and label in names:
                words = self.words.setdefault(label, {})
                place = [-2 - words.setdefault(word, len(words)) for word in names[label]]
                codes = np.array([*place, UNKNOWN], np.int32)[codes]  # unknown is the last
            column.add(_unknown(rows) if codes is None else codes)
        self.rows += rows

    def joined(self) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
        """Codes and names of all."""
        labels = {label: column.array() for label, column in sorted(self.codes.items())}
        names: dict[str, list[str]] = {}
        for label in sorted(self.words):
            known, codes, named = list(self.words[label]), labels[label], Growing(np.int32)
            kinds = sorted({kind for rows in stretches(self.rows) for kind in np.unique(codes[rows]).tolist()})
            words = ["" if kind == UNKNOWN else known[-2 - kind] if kind < 0 else str(kind) for kind in kinds]
            names[label] = sorted({*words} - {""}, key=natural)
            place = {word: code for code, word in enumerate(names[label])} | {"": UNKNOWN}
            becomes = np.array([place[word] for word in words], np.int32)
            for rows in stretches(self.rows):
                named.add(becomes[np.searchsorted(kinds, codes[rows])])
            labels[label] = named.array()
        return labels, names


def _unknown(rows: int) -> np.ndarray:
    return np.full(rows, UNKNOWN, np.int32)
