"""Repeated: two releases of one corpus attacked together, before the second goes out.

Who has both may find the same recording in both, though it has another name in each; and where it was made twice with
other random numbers, or with another strength, may mix the two into something nearer to the original than either.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.leaks.given import Given, Leak
from maskeleton.motion import Motion
from maskeleton.nearness import poses
from maskeleton.seeds import generator

NEARER = 0.98  # of the distance of the nearer one: less is nearer
MOST = 1000  # recordings that are sought in the other release
SURE = 4.5  # standard errors beyond chance


class Pair(NamedTuple):
    """Rows of one original's recording in the earlier release, in this one, and in the original."""

    earlier: int
    now: int
    original: int


def find(earlier: Given, now: Given) -> Iterator[Leak]:
    """What both together give away; what is worth knowing besides goes into `now.notes`."""
    found = pairs_of(earlier, now)
    name = earlier.out.name
    if not found:
        now.notes.append(f"no recording of {name} is in this release")
        return
    same = [one for one in found if earlier.released.motion_hashes[one.earlier] == now.released.motion_hashes[one.now]]
    stable = same_names(earlier, now)
    names = "the same" if stable else "other"
    now.notes.append(f"{len(found)} recordings are in {name} too, {len(same)} of them with the same motion, under {names} names")
    if not stable:
        yield from _found_again(earlier, now, found)
    differing = [one for one in found if one not in {*same}]
    if now.original is None:
        now.not_tried.append(f"mixing this release with {name}: give --original DATA")
    elif differing:
        yield from _mixed(earlier, now, differing)


def pairs_of(earlier: Given, now: Given) -> list[Pair]:
    """The recordings that are in both, as only the ledgers know."""
    if earlier.ledger is None or now.ledger is None:
        now.not_tried.append(f"attacking together with {earlier.out.name}: its ledger does not lie beside it any more")
        return []
    old = {id: row for row, id in enumerate(now.original.ids)} if now.original is not None else {}
    there = {earlier.ledger.old_id[place]: row for row, id in enumerate(earlier.released.ids)
             if (place := earlier.ledger.place.get(id)) is not None}
    return [Pair(there[name], row, old.get(name, -1)) for row, id in enumerate(now.released.ids)
            if (place := now.ledger.place.get(id)) is not None and (name := now.ledger.old_id[place]) in there]


def same_names(earlier: Given, now: Given) -> bool:
    """Have all people who are in both the same number in both?"""
    if earlier.ledger is None or now.ledger is None:
        return False
    before, after = (dict(zip(one.old_person, one.person, strict=True)) for one in (earlier.ledger, now.ledger))
    both = before.keys() & after.keys()
    return bool(both) and all(before[person] == after[person] for person in both)


def _found_again(earlier: Given, now: Given, found: Sequence[Pair]) -> Iterator[Leak]:
    """Under fresh names nobody should find a recording of one release in the other."""
    some = [found[row] for row in sorted(generator(0, "repeated").permutation(len(found))[:MOST].tolist())]
    here = poses(now.released.select([one.now for one in some]))
    there = poses(earlier.released.select([one.earlier for one in some]))
    hits = sum(int(((there - row) ** 2).sum(1).argmin()) == place for place, row in enumerate(here))
    expected = 1.0  # as many as a shuffle leaves in place
    if hits > expected + SURE * expected**0.5 or (len(some) <= 5 and hits == len(some) > 1):
        yield Leak("", f"together with {earlier.out.name}", f"{hits} of {len(some)} recordings are found again in it by their "
                   "motion, though all have fresh names; go on with the names they have (--pseudonyms), or anonymize anew")


def _mixed(earlier: Given, now: Given, found: Sequence[Pair]) -> Iterator[Leak]:
    """The straight line through both that comes nearest to the original, fitted on one half and tried on the other."""
    assert now.original is not None
    halves = [np.zeros(4), np.zeros(4)]  # squares of a, of b, their product, joints
    for place, one in enumerate(found[: 2 * MOST]):
        rows = _apart(earlier.released, now.released, now.original, one)
        if rows is not None:
            halves[place % 2] += rows
    if min(half[3] for half in halves) == 0:
        return
    worst = 0.0
    for fitted, tried in (halves, halves[::-1]):
        a, b, product, _ = fitted
        share = (b - product) / (a + b - 2 * product) if a + b - 2 * product > 0 else 0.0
        a, b, product, joints = tried
        mixed = share**2 * a + (1 - share) ** 2 * b + 2 * share * (1 - share) * product
        nearest = min(a, b)
        worst = max(worst, float((mixed / nearest) ** 0.5 if nearest > 0 else 1.0))
    if worst < NEARER:
        a, b, _, joints = halves[0] + halves[1]
        yield Leak("", f"together with {earlier.out.name}", f"a mixture of both is nearer to the original: {worst:.0%} of the "
                   f"{1000 * (min(a, b) / joints) ** 0.5:.0f} mm that the nearer one is away; anonymize with the key of the "
                   "earlier release (anonymize --key), so that the same recording comes out the same")


def _apart(earlier: MotionDataset, now: MotionDataset, original: MotionDataset, one: Pair) -> np.ndarray | None:
    """Sums over a recording of squares and products of how far both are from the original, seen from the root."""
    if one.original < 0:
        return None
    motions = [earlier[one.earlier], now[one.now], original[one.original]]
    size = min(len(motion.present) for motion in motions)
    a, b, truth = (_from_root(motion, now, size) for motion in motions)
    a, b = a - truth, b - truth
    return np.array([(a * a).sum(), (b * b).sum(), (a * b).sum(), a.size / 3])


def _from_root(motion: Motion, dataset: MotionDataset, size: int) -> np.ndarray:
    root = dataset.skeleton.parents.index(-1)
    there = motion.positions[:size, 0].astype(np.float64)
    seen: np.ndarray = there - there[:, root : root + 1]
    return seen
