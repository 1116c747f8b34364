"""features: no network, but over 1,500 traits of the motion, cut straight or by trees. It takes seconds.

A shrunk linear judge sees the traits as they are, and z-scored within the kept label; boosted trees look through the
best of these lenses; the two may answer together. Everything is chosen on recordings held back from training.
"""

import time
from collections.abc import Mapping

import numpy as np

from maskeleton.answers import Answers
from maskeleton.attacks.classify import as_answers
from maskeleton.attacks.trees import few_threads, tree_reading
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.heldback import held_back
from maskeleton.labels import UNKNOWN
from maskeleton.reading import Question, Reading, lenses_for, linear_reading, mixed
from maskeleton.seeds import seed_for
from maskeleton.traits import CHANNELS, Traits, trait_table

PATIENCE = 0.25  # of the minutes: trees are grown where the linear judges took no longer


def features(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str = "", seed: int = 0, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None,
) -> Answers:
    """Logarithms of the probabilities that the best judge gives; `set` may leave channels out: without=jitter,heading.
    """
    train = train.select(train.labels[label] != UNKNOWN)
    question = question_of(train, test, label, keep, (set or {}).get("without", ""))
    with few_threads(len(question.values)):
        best = _best(question, train, test, label, keep, seed, minutes)
    return as_answers(train, test, label, keep, best.scores)


def question_of(train: MotionDataset, test: MotionDataset, label: str, keep: str, without: str = "") -> Question:
    """The traits and labels of both halves, some channels left out."""
    classes, codes = np.unique(train.labels[label], return_inverse=True)
    if len(classes) < 2:
        raise UserError(f"{len(train)} recordings of {len(classes)} {label} cannot teach anything",
                        "there must be two values at least to learn from")
    learned, asked = trait_table(train), trait_table(test)
    columns = _columns(learned, without)
    kept = [half.labels.get(keep, np.full(len(half), UNKNOWN)) for half in (train, test)]
    return Question(np.concatenate([learned.values[:, columns], asked.values[:, columns]]), np.concatenate(kept),
                    codes.reshape(-1))


def _best(question: Question, train: MotionDataset, test: MotionDataset, label: str, keep: str, seed: int,
          minutes: float | None) -> Reading:
    started = time.monotonic()
    pairs = held_back(train, test, label, keep, seed)
    lenses = lenses_for(question, label, keep)
    straight = {name: linear_reading(question, pairs, lens) for name, lens in lenses.items()}
    name = max(straight, key=lambda name: straight[name].merit)
    if minutes is not None and time.monotonic() - started > 60 * minutes * PATIENCE:
        return straight[name]
    trees = tree_reading(question, pairs, lenses[name], seed_for(seed, "trees"))
    both = mixed(straight[name], trees, question, pairs)
    return max(straight[name], trees, both, key=lambda reading: reading.merit)


def _columns(traits: Traits, without: str) -> np.ndarray:
    """Which columns are left when the channels named (or whose names begin so) are not looked at."""
    stays = np.ones(traits.values.shape[1], bool)
    for word in filter(None, (word.strip() for word in without.split(","))):
        meant = [channel for channel in CHANNELS if channel.startswith(word)]
        if not meant:
            raise UserError(f"there is no channel {word!r}", f"there are: {listed(CHANNELS, 40)}")
        for channel in meant:
            stays[traits.channels[channel]] = False
    if not stays.any():
        raise UserError("without all channels nothing is left to look at", "leave one out fewer")
    return stays
