"""Clips of datasets for the viewer: recordings alone or beside what a release made of them, and people who do the same."""

from collections.abc import Sequence

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.page.viewer import Clip, Track

SIDES = ("original", "release")
CROWD = 8  # people shown together at most
BOTH = ("Each person's original is above, the release below. “All in one” lays everybody on each other: who still stands "
        "out there can still be told. Where the eye sees no difference, an attacker may: evaluate asks them.")
ALONE = ("Everybody does the same, and yet each has a body and a way of their own. “All in one” lays them on each "
         "other.")


def clips(original: MotionDataset, titles: dict[int, str], released: MotionDataset | None = None, *,
          together: bool = True) -> list[Clip]:
    """A clip of each of these recordings, the titles of which are given by their numbers, and first, unless `together`
    is off, one of several people who do the same. A release has the same recordings in the same order."""
    several = crowd(original, released) if together else None
    alone = [_one(title, [row], [""], original, released) for row, title in titles.items()]
    return [*([several] if several else []), *alone]


def crowd(original: MotionDataset, released: MotionDataset | None = None, most: int = CROWD) -> Clip | None:
    """Several people who do the same action; None where there are none."""
    rows = same_action(original, most)
    if len(rows) < 2:
        return None
    action = original.text("action", rows[0]) if "action" in original.labels else ""
    title = f"{len(rows)} people, the same action{': ' if action else ''}{action}"
    who = [f"person {original.text('subject', row)}" for row in rows]
    return _one(title, rows, who, original, released)._replace(note=ALONE if released is None else BOTH)


def same_action(dataset: MotionDataset, most: int = CROWD) -> list[int]:
    """One recording each of up to so many people, of the action in which most people are seen (and least often with a
    second body); of each person the first with the fewest bodies."""
    if "subject" not in dataset.labels or not len(dataset):
        return []
    people = dataset.labels["subject"]
    actions = dataset.labels.get("action", np.zeros(len(dataset), np.int32))
    known = (people >= 0) & (actions >= 0)
    found = [(-len(np.unique(people[own])), float(dataset.slots[own].mean()), int(action))
             for action in np.unique(actions[known]) for own in [known & (actions == action)]]
    if not found:
        return []
    own = np.flatnonzero(known & (actions == min(found)[2]))
    everybody = np.unique(people[own])
    some = everybody[np.unique(np.linspace(0, len(everybody) - 1, min(most, len(everybody))).astype(int))]
    return [int(min(own[people[own] == person], key=lambda row: dataset.slots[row])) for person in some]


def _one(title: str, rows: Sequence[int], who: Sequence[str], original: MotionDataset,
         released: MotionDataset | None) -> Clip:
    sides = [(name, dataset) for name, dataset in zip(SIDES, (original, released), strict=True) if dataset is not None]
    tracks = [(_track(name if released is not None else "", dataset, row, person), dataset.fps)
              for row, person in zip(rows, who, strict=True) for name, dataset in sides]
    return Clip(title, "", [fps for _, fps in tracks], tuple(track for track, _ in tracks))


def _track(name: str, dataset: MotionDataset, row: int, who: str) -> Track:
    motion = dataset[row]
    return Track(name, motion.positions, motion.present, dataset.skeleton, who)
