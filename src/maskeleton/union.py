"""Several datasets as one, and which of many recordings are copies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from maskeleton.dataset import MotionDataset, Runs, Shard
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN, natural
from maskeleton.skeleton import Skeleton


def copies(motion_hashes: Sequence[str]) -> list[tuple[int, int]]:
    """(first, later) for every recording whose motion is, byte for byte, that of an earlier one."""
    first: dict[str, int] = {}
    return [(first[motion], place) for place, motion in enumerate(motion_hashes)
            if first.setdefault(motion, place) != place]


def concatenated(datasets: Iterable[MotionDataset], history: Sequence[dict[str, Any]]) -> MotionDataset:
    """Datasets one after another as one; each is let go as soon as its tables are taken over."""
    kinds: dict[tuple[Skeleton, float], None] = {}
    text: dict[str, list[str]] = {"ids": [], "sources": [], "hashes": [], "motion_hashes": []}
    columns: dict[str, list[np.ndarray]] = {"frames": [], "slots": [], "rates": []}
    told: list[tuple[int, dict[str, tuple[np.ndarray, list[str] | None]]]] = []
    runs: list[Runs] = []
    shards: list[Shard] = []
    for one in datasets:
        if not len(one):
            continue
        kinds[one.skeleton, one.fps] = None
        runs.append(one.runs._replace(recording=one.runs.recording + len(text["ids"]),
                                      shard=one.runs.shard + len(shards)))
        shards += one.shards
        told.append((len(one), {label: (codes, one.names.get(label)) for label, codes in one.labels.items()}))
        for name, words in text.items():
            words += getattr(one, name)
        for name, parts in columns.items():
            parts.append(getattr(one, name))
    skeleton, fps = _only_kind(list(kinds))
    labels, names = _joined_labels(told)
    joined = Runs(*(np.concatenate(column) for column in zip(*runs, strict=True)))
    tables: dict[str, Any] = {**text, **{name: np.concatenate(parts) for name, parts in columns.items()}}
    return MotionDataset(skeleton, fps, labels=labels, names=names, history=tuple(history), runs=joined, shards=shards,
                         **tables)


def _only_kind(kinds: Sequence[tuple[Skeleton, float]]) -> tuple[Skeleton, float]:
    if not kinds:
        raise UserError("nothing is left: no recording could be stored", "quarantine.csv says why, file by file")
    if len(kinds) > 1:
        told = sorted(f"{len(plan.joints)} joints ({plan.name}) at {fps:g} a second" for plan, fps in kinds)
        raise UserError(f"these recordings are not of one kind: {listed(told)}", "convert each kind by itself")
    return kinds[0]


def _joined_labels(
    told: Sequence[tuple[int, Mapping[str, tuple[np.ndarray, list[str] | None]]]],
) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Codes of several datasets as codes of one; a label that has names in one of them has names in all."""
    labels: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for label in sorted({label for _, known in told for label in known}):
        parts = [known.get(label, (np.full(size, UNKNOWN, np.int32), None)) for size, known in told]
        if any(words is not None for _, words in parts):
            said = [_words(codes, words) for codes, words in parts]
            names[label] = sorted({word for words, _ in said for word in words} - {""}, key=natural)
            place = {word: code for code, word in enumerate(names[label])} | {"": UNKNOWN}
            labels[label] = np.concatenate([np.array([place[w] for w in words], np.int32)[at] for words, at in said])
        else:
            labels[label] = np.concatenate([codes for codes, _ in parts])
    return labels, names


def _words(codes: np.ndarray, names: list[str] | None) -> tuple[list[str], np.ndarray]:
    """A label as a list of words ('' for unknown) and each recording's place in it."""
    kinds, places = np.unique(codes, return_inverse=True)
    words = ["" if kind == UNKNOWN else names[kind] if names else str(kind) for kind in kinds.tolist()]
    return words, places.reshape(-1)
