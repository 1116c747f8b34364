"""side: what needs no motion. How long a recording is, who else is in it, which joints were lost, where it stands.

A judge of this attack is a clue, or all of them: a release that gives people away by its file names needs no network.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers
from maskeleton.attacks.trees import tree_reading
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.heldback import held_back
from maskeleton.labels import UNKNOWN
from maskeleton.motion import GUESSED, MISSING
from maskeleton.reading import Question, lenses_for, linear_reading, reading_by_channel, together
from maskeleton.seeds import seed_for

MOST_NUMBERS = 12  # numbers of an id that are read
MOST_BODIES = 4
_NUMBER = re.compile(r"[0-9]+")


def side(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str = "", seed: int = 0, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None, networks: Path | None = None,
) -> Answers:
    """Logarithms of the probabilities that the clue called `judge` gives, or a group of clues, or all of them."""
    train = train.select(train.labels[label] != UNKNOWN)
    classes, codes = np.unique(train.labels[label], return_inverse=True)
    if len(classes) < 2:
        raise UserError(f"{len(train)} recordings with fewer than two values of {label} cannot teach anything",
                        "there must be two values at least to learn from")
    clues = [CLUES[name] for name in GROUPS.get(judge, (judge,) if judge in CLUES else tuple(CLUES))]
    each = [np.concatenate([clue(train), clue(test)]) for clue in clues]
    ends = np.cumsum([some.shape[1] for some in each])
    channels = tuple(np.arange(end - some.shape[1], end) for some, end in zip(each, ends, strict=True))
    kept = [half.labels.get(keep, np.full(len(half), UNKNOWN)) for half in (train, test)]
    question = Question(np.concatenate(each, 1).astype(np.float32), np.concatenate(kept), codes.reshape(-1), channels)
    pairs = held_back(train, test, label, keep, seed)
    readings = []
    for lens in lenses_for(question, label, keep).values():
        readings.append(linear_reading(question, pairs, lens))
        readings.append(reading_by_channel(question, pairs, lens))
        readings.append(tree_reading(question, pairs, lens, seed_for(seed, "trees")))
    best = together(readings, question, pairs)
    return answered(train, test, label, keep, best.scores, best.merit[0])


def _length(half: MotionDataset) -> np.ndarray:
    """Frames, and the rate that the recording has of its own."""
    return np.stack([half.frames, np.log(half.frames), half.rates], 1)


def _bodies(half: MotionDataset) -> np.ndarray:
    """How many bodies there are, for what share of the time, and how often each comes and goes."""
    runs, rows = half.runs, len(half)
    slot = np.minimum(runs.slot, MOST_BODIES - 1)
    time, stretches = np.zeros((rows, MOST_BODIES)), np.zeros((rows, MOST_BODIES))
    np.add.at(time, (runs.recording, slot), runs.length)
    np.add.at(stretches, (runs.recording, slot), 1)
    return np.concatenate([half.slots[:, None], time / half.frames[:, None], stretches], 1)


def _lost_joints(half: MotionDataset) -> np.ndarray:
    """For each joint the share of the time in which it was missing, and in which it was guessed."""
    shares = np.zeros((len(half), 2, len(half.skeleton.joints)))
    if any(shard.tracked is not None for shard in half.shards):
        for index, motion in enumerate(half):
            tracked = motion.tracked[motion.present]
            shares[index] = [(tracked == MISSING).mean(0), (tracked == GUESSED).mean(0)]
    return shares.reshape(len(half), -1)


def _order(half: MotionDataset) -> np.ndarray:
    """Where in the dataset the recording stands."""
    return np.arange(len(half))[:, None] / max(len(half), 1)


def _id(half: MotionDataset) -> np.ndarray:
    """The numbers in the id, one after the other, how many there are, and how long the id is."""
    numbers = np.full((len(half), MOST_NUMBERS), -1.0)
    rest = np.zeros((len(half), 2))
    for index, name in enumerate(half.ids):
        found = _NUMBER.findall(name)
        read = [float(number[-9:]) for number in found[:MOST_NUMBERS]]
        numbers[index, : len(read)] = read
        rest[index] = len(found), len(name)
    return np.concatenate([numbers, rest], 1)


CLUES: dict[str, Callable[[MotionDataset], np.ndarray]] = {
    "length": _length,
    "bodies": _bodies,
    "lost joints": _lost_joints,
    "order": _order,
    "id": _id,
}
# What stays when files are renamed and shuffled, as a release does, and what does not.
GROUPS = {"recording": ("length", "bodies", "lost joints"), "file": ("order", "id")}
