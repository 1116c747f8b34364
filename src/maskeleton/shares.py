"""Shares: less to learn from, without making anybody easier to guess: fewer takes of everybody, or fewer people."""

from collections.abc import Sequence

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, numbered, places
from maskeleton.seeds import generator
from maskeleton.splits import Half

FEWEST = 2  # takes of each person, and people of each class: with one nothing can be held back to choose by


def share_of_takes(dataset: MotionDataset, rows: np.ndarray, label: str, share: float, keep: str = "action",
                   seed: int = 0) -> np.ndarray:
    """The rows of this share of everybody's takes, the same ones for all: first takes of all actions, then second ones,
    actions by lot. So people who were recorded equally often in every action still are, nearly: chance stays chance.
    Of a kept label (and where nobody is named) any takes, the same share of every class.
    """
    if share >= 1:
        return rows
    everybody = IDENTITY in dataset.labels and label != keep
    random = generator(seed, "share", "takes")
    who = numbered(dataset.labels[IDENTITY if everybody else label][rows])
    action = numbered(dataset.labels[keep][rows] if keep in dataset.labels else np.zeros(len(rows)))
    takes, first, of = np.unique(numbered(who, action, dataset.takes[rows]), return_index=True, return_inverse=True)
    lot = random.permutation(int(action.max(initial=0)) + 1)[action[first]]
    nth = places(numbered(who[first], action[first])) if everybody else random.permutation(len(takes))
    order = np.lexsort((lot, nth, who[first]))
    wanted = np.maximum(np.rint(share * np.bincount(who[first])), FEWEST)
    chosen = np.zeros(len(takes), bool)
    chosen[order] = places(who[first][order]) < wanted[who[first][order]]
    return np.asarray(rows[chosen[of.reshape(-1)]])


def share_of_people(dataset: MotionDataset, rows: np.ndarray, label: str, share: float, seed: int = 0) -> np.ndarray:
    """The rows of this share of the people, by lot; where each has one value of the label, of the people of each."""
    if share >= 1:
        return rows
    person, value = numbered(dataset.labels[IDENTITY][rows]), numbered(dataset.labels[label][rows])
    people, first = np.unique(person, return_index=True)
    attribute = len(np.unique(numbered(person, value))) == len(people)
    group = value[first] if attribute else np.zeros(len(people), np.int64)
    order = np.lexsort((generator(seed, "share", "people", label).permutation(len(people)), group))
    wanted = np.maximum(np.rint(share * np.bincount(group)), FEWEST)
    chosen = np.zeros(len(people), bool)
    chosen[order] = places(group[order]) < wanted[group[order]]
    return np.asarray(rows[chosen[person]])


def sides(halves: Sequence[Half], recordings: int) -> np.ndarray:
    """(recordings,) numbers: equal ones are always on the same side, in training, in the test or in neither."""
    side = np.zeros((recordings, len(halves)), np.int64)
    for column, half in enumerate(halves):
        side[half.train, column], side[half.test, column] = 1, 2
    return numbered(*side.T)


def at_most(dataset: MotionDataset, halves: Sequence[Half], label: str, most: int, keep: str = "action",
            seed: int = 0) -> list[Half]:
    """The halves with about `most` recordings in all at most, of everybody and on every side the same share."""
    used = np.unique(np.concatenate([rows for half in halves for rows in (half.train, half.test)]))
    side = sides(halves, len(dataset))
    kept = np.concatenate([share_of_takes(dataset, used[side[used] == one], label, most / len(used), keep, seed)
                           for one in np.unique(side[used])])
    return [half._replace(train=half.train[np.isin(half.train, kept)], test=half.test[np.isin(half.test, kept)])
            for half in halves]
