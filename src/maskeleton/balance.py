"""Balance for identity: everybody trains equally often in every action and camera, so nothing but motion tells who."""

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, Design, numbered, places
from maskeleton.errors import UserError
from maskeleton.seeds import generator

ENOUGH = 1 / 3  # of the training recordings that the best choice of people would have
Pair = tuple[np.ndarray, np.ndarray]  # two masks over a design's rows: train, test


def balanced(design: Design, by: str, pairs: list[Pair], seed: int) -> tuple[list[Pair], np.ndarray]:
    """The pairs with as many training rows of each person as of any other in every cell (action and camera).

    Who has so little that all others would have to throw most away, or who is missing in a half, is left out of all;
    the second value says, for each person, whether they stay.
    """
    cell = numbered(design.action, design.camera)
    size = int(design.person.max()) + 1
    stay = _enough(_counts(design.person, cell, size))
    while stay.sum() > 1:
        chosen = stay[design.person]
        even = [(_level(design.person, cell, train & chosen, stay, generator(seed, "split", "level", fold)),
                 test & chosen) for fold, (train, test) in enumerate(pairs)]
        absent = stay.copy()
        absent[_everywhere(design.person, [mask for pair in even for mask in pair])] = False
        if not absent.any():
            return even, stay
        stay = stay & ~absent
    raise UserError(f"split by {by}, no two people would be in both halves with equally many training recordings in "
                    "every action and camera", "split by take, or name the values that train, as in repetition:1-3")


def _everywhere(person: np.ndarray, masks: list[np.ndarray]) -> list[int]:
    """The people with a row in each of the masks."""
    return sorted(set.intersection(*(set(np.unique(person[mask]).tolist()) for mask in masks)))


def _counts(person: np.ndarray, cell: np.ndarray, size: int) -> np.ndarray:
    """(people, cells): how many rows each has."""
    cells = int(cell.max(initial=0)) + 1
    return np.bincount(person * cells + cell, minlength=size * cells).reshape(size, cells)


def _enough(counts: np.ndarray) -> np.ndarray:
    """The most people who together can have a third of the training rows that the best choice could have."""
    there = counts.any(1)
    usual = np.median(counts[there], 0)
    order = np.lexsort((np.arange(len(counts)), -np.minimum(counts, usual).sum(1), ~there))[: there.sum()]
    shared = np.minimum.accumulate(counts[order], 0).sum(1) * np.arange(1, len(order) + 1)
    shared[0] = 0
    stay = np.zeros(len(counts), bool)
    if shared.any():
        stay[order[: np.flatnonzero(shared >= ENOUGH * shared.max())[-1] + 1]] = True
    return stay


def _level(person: np.ndarray, cell: np.ndarray, train: np.ndarray, stay: np.ndarray,
           random: np.random.Generator) -> np.ndarray:
    """As many of the training rows as the person with the fewest in that cell has, drawn by lot."""
    counts = _counts(person[train], cell[train], len(stay))
    fewest = np.zeros(int(cell.max(initial=0)) + 1, np.int64)
    fewest[: counts.shape[1]] = counts[stay].min(0)
    rows = np.flatnonzero(train)
    key = person[rows] * len(fewest) + cell[rows]
    order = np.lexsort((random.permutation(len(rows)), key))
    kept = np.zeros(len(person), bool)
    kept[rows[order]] = places(key[order]) < fewest[cell[rows[order]]]
    return kept


def tells(dataset: MotionDataset, train: np.ndarray, test: np.ndarray, hide: str = IDENTITY,
          keep: str = "action") -> tuple[float, float]:
    """What a judge scores that is given nothing but the kept label and the camera, and what chance is.

    It answers what it met most often in training, a tie being drawn by lot; where it never met an action by this camera
    it goes by the action alone, and then by nothing.
    """
    rows = np.concatenate([train, test])
    learned, asked = np.split(numbered(dataset.labels[hide][rows]), [len(train)])
    classes = int(max(learned.max(initial=0), asked.max(initial=0))) + 1
    given = [dataset.labels[label][rows] for label in (keep, "camera") if label in dataset.labels and label != hide]
    hits = np.zeros(len(asked))
    for some in range(len(given) + 1):  # the more it is given, the later it speaks
        key = numbered(np.zeros(len(rows)), *given[:some])
        met = np.zeros((int(key.max(initial=0)) + 1, classes), np.int64)
        np.add.at(met, (key[: len(train)], learned), 1)
        most, question = met.max(1), key[len(train) :]
        ties = (met == most[:, None]).sum(1)
        hits = np.where(most[question] > 0, (met[question, asked] == most[question]) / ties[question], hits)
    return float(hits.mean()) if len(hits) else 0.0, 1 / max(len(np.unique(learned)), 1)
