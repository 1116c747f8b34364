"""blend: every recording becomes a fresh mixture of what others do, in step. Nobody's own motion is released.

Who is in a mixture is drawn anew for each recording: the owner is not to be found in it, but may its donors be? Ask the
threat `donor`. Averages of one action show that action more plainly than anybody does: they carry its label.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from maskeleton.anonymizers.mixture import ACTION, PERSON, Mixing, refuse_unknown, released_as
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.motion import Motion
from maskeleton.nearness import poses
from maskeleton.seeds import generator, seed_for
from maskeleton.skeleton import Skeleton

COMPARED = 3000  # recordings, among which those like one are looked for
CHOICE = 2  # times as many people are among the nearest as are drawn


class Blend(Mixing):
    """k people a recording: with `action` they do the same, without what looks most like it, and no label is needed but
    who is who. `owner`: he is one of the k. `own`: so much of his motion stays, with how the k hold themselves and swing.
    """

    ladder = ({"own": 1.0}, {"own": 0.5}, {"own": 0.25}, {"k": 2}, {"k": 3}, {"k": 5})
    protects = ("every recording is a mixture of k people drawn for it alone; no release is any person's motion. It is no "
                "guarantee: who has originals may find donors in it")

    def __init__(self, skeleton: Skeleton, *, k: int = 3, action: float = 1.0, owner: float = 0.0, own: float = 0.0,
                 swing: float = 1.0, neutral: float = 1.0) -> None:
        for name, value in (("action", action), ("owner", owner)):
            if value not in (0, 1):
                raise UserError(f"option {name!r} cannot be {value}", "it is 1, yes, or 0, no")
        super().__init__(skeleton, k=k, swing=swing, neutral=neutral, action=action, owner=owner, own=own)
        if own == 1 and owner:
            raise UserError("the owner cannot be mixed into what stays his own", "set own below 1, or owner=0")
        self.carries = (ACTION,) if action else ()  # donors are chosen by it
        self._drawn: tuple[tuple[str, int], list[tuple[int, ...]]] | None = None

    def together(self, dataset: MotionDataset, seed: int, rows: Sequence[int]) -> Iterator[Motion]:
        donors, own, count = self.donors(dataset, seed), float(self.options["own"]), self.k
        for row in rows:
            if self.strength == 0:
                yield dataset[row]
                continue
            shares = [1 / count] * count
            yield released_as(dataset[row], *self.motion_of(dataset, donors[row], shares, seed_for(seed, "after", row),
                                                            own))

    def donors(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        if self.strength == 0:
            return [(row,) for row in range(len(dataset))]
        self.refuse_unready(dataset)
        refuse_unknown(dataset, self.name, (PERSON, *self.carries))
        key = (dataset.content_id, seed)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = key, self._draw(dataset, seed)
        return self._drawn[1]

    def _draw(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        """For each recording those that enter: k people's, and where something of its own stays, itself."""
        people = dataset.labels[PERSON]
        copies = np.unique(dataset.motion_hashes, return_inverse=True)[1]
        theirs = {person: np.unique(copies[people == person]) for person in np.unique(people).tolist()}
        others = self._same_action(dataset) if self.options["action"] else self._alike(dataset, seed)
        found, lonely = [], []
        for row in range(len(dataset)):
            lots = generator(seed, "blend", row)
            among = others[row]
            own = int(people[row])
            strangers = among[(people[among] != own) & ~np.isin(copies[among], theirs[own])]
            wanted = self.k - int(self.options["owner"])
            who = np.unique(people[strangers])
            if len(who) < wanted:
                lonely.append(row)
                continue
            chosen = [int(lots.choice(strangers[people[strangers] == one])) for one in lots.choice(who, wanted, False)]
            mine = [row] if self.options["owner"] or self.options["own"] else []
            found.append((*chosen, *mine))
        if lonely:
            raise UserError(f"for {len(lonely)} recordings there are fewer than {self.k - int(self.options['owner'])} other "
                            f"people to be mixed: {listed([dataset.ids[row] for row in lonely], 3)}",
                            "set a smaller k, mix without labels (--set action=0), or leave these out")
        return found

    def _same_action(self, dataset: MotionDataset) -> list[np.ndarray]:
        actions = dataset.labels[ACTION]
        doing = {action: np.flatnonzero(actions == action) for action in np.unique(actions).tolist()}
        return [doing[action] for action in actions.tolist()]

    def _alike(self, dataset: MotionDataset, seed: int) -> list[np.ndarray]:
        """For each recording the nearest one of each of the people who come nearest to it."""
        among = np.sort(generator(seed, "alike").permutation(len(dataset))[:COMPARED])
        people = dataset.labels[PERSON]
        names, whose = np.unique(people[among], return_inverse=True)
        there = poses(dataset.select(among))
        far = np.square(there).sum(1)
        found = []
        for first in range(0, len(dataset), 256):
            rows = range(first, min(first + 256, len(dataset)))
            here = poses(dataset.select(np.array(rows)))
            between = np.square(here).sum(1)[:, None] + far - 2 * here @ there.T
            for row, away in zip(rows, between, strict=True):
                away = np.where(people[among] == people[row], np.inf, away)
                nearest = [int(places[away[places].argmin()]) for places in
                           (np.flatnonzero(whose == one) for one in range(len(names)))]
                ordered = sorted(nearest, key=lambda place, away=away: away[place])  # type: ignore[misc]
                found.append(among[[place for place in ordered[: CHOICE * self.k] if np.isfinite(away[place])]])
        return found
