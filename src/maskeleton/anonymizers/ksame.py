"""ksame: k people are released as one. Whoever is told by a recording is one of k who might as well be meant.

People are dealt into fixed groups of k to 2k − 1. What the people of a group did of one action becomes one and the same
motion, the mixture of theirs, under all their recordings. Owners and donors of a motion are then the same people.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from maskeleton.anonymizers.mixture import ACTION, PERSON, Mixing, refuse_unknown, released_as
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.motion import Motion
from maskeleton.seeds import generator, seed_for
from maskeleton.skeleton import Skeleton

HELD = 64  # motions that are kept in memory: neighbours often share one


class KSame(Mixing):
    """Groups are the same in every action, so that recordings of one person cannot be compared to tell more; where some
    of a group never did an action, two groups go together there."""

    ladder = tuple({"k": k} for k in (2, 3, 4, 5, 8, 10, 20))
    carries = (ACTION,)
    protects = ("the recordings of a group of k people or more that show one action are one and the same motion: by the "
                "motion nobody is told from the others of the group")

    def __init__(self, skeleton: Skeleton, *, k: int = 5, swing: float = 1.0, neutral: float = 0.0) -> None:
        super().__init__(skeleton, k=k, swing=swing, neutral=neutral)
        self._dealt: tuple[tuple[str, int], list[np.ndarray]] | None = None
        self._made: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def together(self, dataset: MotionDataset, seed: int, rows: Sequence[int]) -> Iterator[Motion]:
        if self.strength == 0:
            yield from (dataset[row] for row in rows)
            return
        clusters = self.clusters(dataset, seed)
        which = {int(row): number for number, cluster in enumerate(clusters) for row in cluster}
        for row in rows:
            number = which[row]
            if number not in self._made:
                entered = first_of_each(clusters[number], dataset.labels[PERSON])
                shares = [1 / len(entered)] * len(entered)
                if len(self._made) >= HELD:
                    self._made.pop(next(iter(self._made)))
                self._made[number] = self.motion_of(dataset, entered, shares, seed_for(seed, "after", number))
            yield released_as(dataset[row], *self._made[number])

    def donors(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        if self.strength == 0:
            return [(row,) for row in range(len(dataset))]
        found: dict[int, tuple[int, ...]] = {}
        for cluster in self.clusters(dataset, seed):
            entered = tuple(first_of_each(cluster, dataset.labels[PERSON]))
            found.update(dict.fromkeys(cluster.tolist(), entered))
        return [found[row] for row in range(len(dataset))]

    def said(self, dataset: MotionDataset, seed: int) -> dict[str, str]:
        """What history is told, with the guarantee as it came out: of whom there are more recordings in a motion's
        cluster, he is the better guess."""
        if self.strength == 0:
            return {}
        clusters = self.clusters(dataset, seed)
        shares = np.array([likeliest(cluster, dataset.labels[PERSON]) for cluster in clusters])
        mean = float(shares @ [len(cluster) for cluster in clusters]) / len(dataset)
        return {**super().said(dataset, seed),
                "guarantee": f"by the motion alone, who knows the groups names the right one in {mean:.3f} of the recordings at "
                             f"most, and in {shares.max():.3f} of those of a single motion"}

    def clusters(self, dataset: MotionDataset, seed: int) -> list[np.ndarray]:
        """Rows that are released as one motion, each in one cluster."""
        self.refuse_unready(dataset)
        refuse_unknown(dataset, self.name, (PERSON, ACTION))
        key = (dataset.content_id, seed)
        if self._dealt is None or self._dealt[0] != key:
            self._dealt, self._made = (key, self._deal(dataset, seed)), {}
        return self._dealt[1]

    def _deal(self, dataset: MotionDataset, seed: int) -> list[np.ndarray]:
        people, actions = dataset.labels[PERSON], dataset.labels[ACTION]
        everybody = np.unique(people)
        if len(everybody) < self.k:
            raise UserError(f"k = {self.k} is more than the {len(everybody)} people there are: no group can have so many",
                            f"set a smaller k: --set k={max(2, len(everybody) // 2)}")
        few = {dataset.text(ACTION, int(np.flatnonzero(actions == action)[0])): count
               for action in np.unique(actions).tolist()
               if (count := len(np.unique(people[actions == action]))) < self.k}
        if few:
            told = [f"{action} ({count} people)" for action, count in few.items()]
            raise UserError(f"k = {self.k} is more than the people who do {listed(told, 3)}",
                            f"set a smaller k (--set k={max(2, min(few.values()))}), or leave these actions out")
        groups = groups_of(people, self.k, generator(seed, "ksame"))
        found = []
        for action in np.unique(actions).tolist():
            for group in joined(groups, np.unique(people[actions == action]), self.k):
                found += taken(np.flatnonzero((actions == action) & np.isin(people, group)), people, dataset.takes)
        return found


def groups_of(people: np.ndarray, k: int, lots: np.random.Generator) -> list[np.ndarray]:
    """Everybody in one group of k to 2k − 1, by lot, but those together who have about as many recordings: of whom there
    are more than of the others of his group, he is the better guess."""
    names, counts = np.unique(people, return_counts=True)
    order = lots.permutation(len(names))
    return np.array_split(names[order[np.argsort(counts[order], kind="stable")]], len(names) // k)


def joined(groups: Sequence[np.ndarray], here: np.ndarray, k: int) -> list[np.ndarray]:
    """Those of the groups who are here; groups of which fewer than k are go together with others."""
    left = sorted((np.intersect1d(group, here) for group in groups), key=len)
    while len(left) > 1 and len(left[0]) < k:
        left = sorted([np.concatenate(left[:2]), *left[2:]], key=len)
    return left


def taken(rows: np.ndarray, people: np.ndarray, takes: np.ndarray) -> list[np.ndarray]:
    """Rows of one group and action by turns: the first takes of all, the second … ; as many as who has the fewest. All
    cameras of a take stay together."""
    own = [np.unique(takes[rows[people[rows] == person]]) for person in np.unique(people[rows])]
    turns = min(len(each) for each in own)
    turn = {int(take): place * turns // len(each) for each in own for place, take in enumerate(each)}
    of_row = np.array([turn[int(take)] for take in takes[rows]])
    return [rows[of_row == number] for number in range(turns)]


def first_of_each(cluster: np.ndarray, people: np.ndarray) -> list[int]:
    """The first recording of each person in a cluster."""
    return [int(row) for row in cluster[np.sort(np.unique(people[cluster], return_index=True)[1])]]


def likeliest(cluster: np.ndarray, people: np.ndarray) -> float:
    """The share of a cluster's recordings that is one person's, at most."""
    counts = np.unique(people[cluster], return_counts=True)[1]
    return float(counts.max() / counts.sum())
