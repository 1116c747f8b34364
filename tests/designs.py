"""Small datasets of labels alone, and what splits of them are asked."""

import itertools
from collections import Counter

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

POINT = Skeleton.of("point", ("Head",), (-1,))


def recordings(rows, copies=None):
    """A dataset of one-frame motions with these labels; `copies` maps a row to the row whose motion it repeats."""
    motions = []
    for index, labels in enumerate(rows):
        shown = (copies or {}).get(index, index)
        motions.append(Motion.of(np.full((1, 1, 3), shown + 1.0), f"r{index:04d}", labels))
    return MotionDataset.of(POINT, 30, motions)


def table(people=6, actions=4, takes=2, cameras=2):
    """Everybody does everything; the odd are women."""
    return [{"subject": f"P{p:03d}", "gender": "FM"[p % 2 == 0], "action": f"a{a}", "repetition": r, "camera": c}
            for p, a, r, c in itertools.product(*(range(1, n + 1) for n in (people, actions, takes, cameras)))]


STORY = recordings(table())  # 6 people × 4 actions × 2 takes × 2 cameras = 96 recordings


def values(dataset, label, rows):
    return {dataset.text(label, int(row)) for row in rows}


def training_counts(dataset, half, *labels):
    return Counter(tuple(int(dataset.labels[label][row]) for label in labels) for row in half.train)


def evenly(dataset, half):
    """Whether everybody in the half trains equally often in every action and camera."""
    people = {int(code) for code in dataset.labels["subject"][np.concatenate([half.train, half.test])]}
    labels = [label for label in ("action", "camera") if label in dataset.labels]
    counts = training_counts(dataset, half, "subject", *labels)
    return all(counts[person, *cell] == count for (_, *cell), count in counts.items() for person in people)


def check_apart(dataset, one, other):
    """Neither is empty, nothing stands in both or twice, and no motion does."""
    assert len(one)
    assert len(other)
    assert (np.diff(one) > 0).all()
    assert (np.diff(other) > 0).all()
    assert not {dataset.motion_hashes[i] for i in one} & {dataset.motion_hashes[i] for i in other}
