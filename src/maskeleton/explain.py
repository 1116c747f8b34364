"""explain: where it lives. Each channel of the traits alone is read by a linear judge, plain and within keep."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from maskeleton.answering import answered
from maskeleton.answers import Answers, joined
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.heldback import Pair, held_back
from maskeleton.labels import UNKNOWN
from maskeleton.reading import Lens, Question, Reading, lenses_for, linear_reading, reading_by_channel, together
from maskeleton.score import primary, score
from maskeleton.splits import Half
from maskeleton.traits import CHANNELS, Traits, trait_table

HELD = 1  # ways in which training recordings are held back to choose by: a table of many rows must take seconds
EVERYTHING = "everything"
WITHOUT_JITTER = "everything but jitter"
SPECTRUM = "spectrum"


class Part(NamedTuple):
    """One half of the recordings that are asked about, ready to be read."""

    train: MotionDataset
    test: MotionDataset
    traits: Traits
    keep: np.ndarray
    codes: np.ndarray
    pairs: list[Pair]


def explain(dataset: MotionDataset, label: str, halves: Sequence[Half], keep: str = "action",
            report: Callable[[int, int], None] | None = None) -> list[dict[str, Any]]:
    """A row for each channel: `plain` and `within` are the label's rates by the traits as they are and z-scored within
    the kept label (None where that cannot be), `low` and `high` the interval of the higher of the two.
    """
    parts = [_part(dataset, half, label, keep) for half in halves]
    if not parts:
        raise UserError("there is no split to explain by", "split the dataset first")
    rows = {name: _columns(parts[0].traits, channels) for name, channels in _groups().items()}
    found = []
    for done, (name, columns) in enumerate(rows.items()):
        if sum(map(len, columns)):
            found.append(_row(name, parts, columns, label, keep))
        if report:
            report(done + 1, len(rows))
    return found


def _groups() -> dict[str, list[str]]:
    """What the rows of the table look at."""
    bands = [channel for channel in CHANNELS if channel.startswith(SPECTRUM)]
    everything = list(CHANNELS)
    return {EVERYTHING: everything, WITHOUT_JITTER: [name for name in everything if name != "jitter"],
            SPECTRUM: bands, **{channel: [channel] for channel in CHANNELS}}


def _part(dataset: MotionDataset, half: Half, label: str, keep: str) -> Part:
    known = dataset.labels[label][half.train] != UNKNOWN
    train, test = dataset.select(half.train[known]), dataset.select(half.test)
    learned, asked = trait_table(train), trait_table(test)
    kept = [some.labels.get(keep, np.full(len(some), UNKNOWN)) for some in (train, test)]
    return Part(train, test, learned._replace(values=np.concatenate([learned.values, asked.values])),
                np.concatenate(kept), np.unique(train.labels[label], return_inverse=True)[1].reshape(-1),
                held_back(train, test, label, keep, most=HELD))


def _columns(traits: Traits, channels: Sequence[str]) -> tuple[np.ndarray, ...]:
    """The columns of each of the channels."""
    places = np.arange(traits.values.shape[1])
    return tuple(places[traits.channels[channel]] for channel in channels)


def _row(name: str, parts: Sequence[Part], columns: tuple[np.ndarray, ...], label: str, keep: str) -> dict[str, Any]:
    asked = [_answers(part, columns, label, keep) for part in parts]
    metric = primary(label)
    plain = score(joined([plain for plain, _ in asked]), metric)
    z_scored = [within for _, within in asked if within is not None]
    within = score(joined(z_scored), metric) if len(z_scored) == len(asked) else None
    higher = within if within and within.rate > plain.rate else plain
    return {"channel": name, "traits": sum(map(len, columns)), "metric": metric, "plain": plain.rate,
            "within": within.rate if within else None, "chance": plain.chance, "low": higher.low, "high": higher.high}


def _answers(part: Part, columns: tuple[np.ndarray, ...], label: str, keep: str) -> tuple[Answers, Answers | None]:
    """By the traits as they are, and z-scored in the way that was better on what was held back."""
    ends = np.cumsum([len(some) for some in columns])
    channels = tuple(np.arange(end - len(some), end) for some, end in zip(columns, ends, strict=True) if len(some))
    question = Question(part.traits.values[:, np.concatenate(columns)], part.keep, part.codes, channels)
    readings = {name: _read(question, part.pairs, lens) for name, lens in lenses_for(question, label, keep).items()}
    plain = readings.pop("plain")
    within = max(readings.values(), key=lambda reading: reading.merit, default=None)
    return _told(part, plain, label, keep), _told(part, within, label, keep) if within else None


def _read(question: Question, pairs: Sequence[Pair], lens: Lens) -> Reading:
    """Of several channels all traits at once, and channel by channel."""
    whole = linear_reading(question, pairs, lens)
    if len(question.channels) < 2:
        return whole
    return together([whole, reading_by_channel(question, pairs, lens)], question, pairs)


def _told(part: Part, reading: Reading, label: str, keep: str) -> Answers:
    return answered(part.train, part.test, label, keep, reading.scores, reading.merit[0])
