"""features: no network, but over 1,500 traits of the motion, cut straight or by trees. It takes seconds.

Shrunk linear judges see the traits as they are, and z-scored within the kept label; through the best of these lenses
others look channel by channel, and boosted trees. Who answers, and with whom, is chosen on recordings held back from
training.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers
from maskeleton.attacks.trees import tree_reading
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.heldback import held_back
from maskeleton.labels import UNKNOWN
from maskeleton.reading import Question, Reading, straight, together
from maskeleton.seeds import seed_for
from maskeleton.traits import CHANNELS, trait_table

STEADY = "steady"
JUDGES = {"": (), STEADY: ("jitter", "spectrum 4")}  # the channels that a judge does not look at
PATIENCE = 0.25  # of the minutes: trees are grown where the linear judges took no longer


def features(
    train: MotionDataset, test: MotionDataset, label: str, *, judge: str = "", seed: int = 0, keep: str = "action",
    set: Mapping[str, str] | None = None, minutes: float | None = None, networks: Path | None = None,
) -> Answers:
    """Logarithms of the probabilities that the best judge gives; the judge `steady` does not look at what trembles fast
    (a sensor, a day, rather than a person); `set` may leave out more channels, without=jitter,heading, and trees=no, which
    take longest.
    """
    train = train.select(train.labels[label] != UNKNOWN)
    without = ",".join([*pick(judge, JUDGES, "judge of features"), (set or {}).get("without", "")])
    question = question_of(train, test, label, keep, without)
    best = _best(question, train, test, label, keep, seed, minutes if _trees(set or {}) else 0)
    return answered(train, test, label, keep, best.scores, best.merit[0])


def _trees(set: Mapping[str, str]) -> bool:
    said = set.get("trees", "yes")
    if said not in ("yes", "no"):
        raise UserError(f"trees cannot be {said!r}", "trees=yes, or trees=no, with linear judges alone")
    return said == "yes"


def question_of(train: MotionDataset, test: MotionDataset, label: str, keep: str, without: str = "") -> Question:
    """The traits and labels of both halves, some channels left out."""
    classes, codes = np.unique(train.labels[label], return_inverse=True)
    if len(classes) < 2:
        raise UserError(f"{len(train)} recordings with fewer than two values of {label} cannot teach anything",
                        "there must be two values at least to learn from")
    learned, asked = trait_table(train), trait_table(test)
    left = _left(without)
    values = [np.concatenate([learned.only(channel), asked.only(channel)]) for channel in left]
    ends = np.cumsum([some.shape[1] for some in values])
    channels = tuple(np.arange(end - some.shape[1], end) for some, end in zip(values, ends, strict=True))
    kept = [half.labels.get(keep, np.full(len(half), UNKNOWN)) for half in (train, test)]
    return Question(np.concatenate(values, 1), np.concatenate(kept), codes.reshape(-1),
                    tuple(columns for columns in channels if len(columns)))


def _left(without: str) -> list[str]:
    """The channels that are left when those named (or whose names begin so) are not looked at."""
    words = tuple(word.strip() for word in without.split(",") if word.strip())
    for word in words:
        if not any(channel.startswith(word) for channel in CHANNELS):
            raise UserError(f"there is no channel {word!r}", f"there are: {listed(CHANNELS, 40)}")
    left = [channel for channel in CHANNELS if not channel.startswith(words)]
    if not left:
        raise UserError("without all channels nothing is left to look at", "leave one out fewer")
    return left


def _best(question: Question, train: MotionDataset, test: MotionDataset, label: str, keep: str, seed: int,
          minutes: float | None) -> Reading:
    """Who answers best together: linear judges of all traits through every lens; through the best one, linear judges
    channel by channel, and trees."""
    started = time.monotonic()
    pairs = held_back(train, test, label, keep, seed)
    readings, lens = straight(question, pairs, label, keep)
    if minutes is None or time.monotonic() - started < 60 * minutes * PATIENCE:
        readings.append(tree_reading(question, pairs, lens, seed_for(seed, "trees")))
    return together(readings, question, pairs)
