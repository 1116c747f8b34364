"""Official splits by name: who trains and who is tested, which actions are left out, and how many recordings to expect.

Each list names its source in docs/splits.md. People, cameras, set-ups and actions are known by their number: the first
one in a name ("P012", "A046_handshaking"), or the code itself where a label has no names.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN

NTU60_PEOPLE = frozenset((1, 2, 4, 5, 8, 9, *range(13, 20), 25, 27, 28, 31, 34, 35, 38))
NTU120_PEOPLE = NTU60_PEOPLE | {45, 46, 47, 49, 50, *range(52, 60), 70, 74, 78, *range(80, 87), 89,
                                91, 92, 93, 94, 95, 97, 98, 100, 103}
# ETRI-Activity3D's actions for two: number -> a word that only its name has.
ETRI_FOR_TWO = {44: r"\bbow(ing)?\b", 45: r"talk(ing)? to each other|\bconversation\b",
                46: r"hand ?shak|shak(e|ing) hands", 47: r"\bhug", 48: r"\bfight"}


class Protocol(NamedTuple):
    """`train` says of a number of `label` whether it trains; `known` says up to which number there are any."""

    label: str
    train: Callable[[int], bool]
    known: int
    counts: tuple[int, int]
    without: dict[int, str]


PROTOCOLS = {
    "ntu60-xsub": Protocol("subject", NTU60_PEOPLE.__contains__, 40, (40_091, 16_487), {}),
    "ntu60-xview": Protocol("camera", (2, 3).__contains__, 3, (37_646, 18_932), {}),
    "ntu120-xsub": Protocol("subject", NTU120_PEOPLE.__contains__, 106, (63_026, 50_919), {}),
    "ntu120-xset": Protocol("setup", lambda number: number % 2 == 0, 32, (54_468, 59_477), {}),
    "etri-subject": Protocol("subject", lambda number: number % 3 != 0, 100, (68_788, 34_025), ETRI_FOR_TWO),
}


def official(dataset: MotionDataset, name: str) -> tuple[np.ndarray, list[str]]:
    """1 for each recording that trains, 0 for each that is tested, −1 for what the list leaves out; and what to say."""
    protocol = PROTOCOLS[name]
    if protocol.label not in dataset.labels:
        raise UserError(f"{name} goes by {protocol.label}, but the recordings have no such label",
                        f"there are: {listed(dataset.labels)}; say how labels are read from file names with --pattern")
    numbers = numbers_of(dataset, protocol.label)
    strange = sorted(set(numbers[(numbers > protocol.known) | (numbers == 0)].tolist()))
    if strange or (numbers == UNKNOWN).all():
        said = f"also {listed(strange)}" if strange else "no numbers"
        raise UserError(f"{name} knows {protocol.label} 1 to {protocol.known}, but the recordings have {said}",
                        "name a split by person, take or camera instead, or rename them")
    trains = np.array([protocol.train(number) for number in range(protocol.known + 1)])
    groups = np.where(numbers == UNKNOWN, -1, trains[numbers].astype(np.int64))
    notes = []
    if protocol.without:
        dropped = _actions(dataset, name, protocol.without) & (groups >= 0)
        groups[dropped] = -1
        notes.append(f"{dropped.sum()} recordings of actions for two people are left out")
    counts = int((groups == 1).sum()), int((groups == 0).sum())
    if counts != protocol.counts:
        notes.append(f"{name} has {protocol.counts[0]:,} / {protocol.counts[1]:,} recordings where it was published; "
                     f"here are {counts[0]:,} / {counts[1]:,}")
    return groups, notes


def numbers_of(dataset: MotionDataset, label: str) -> np.ndarray:
    """The number of each recording's label: the first one in its name, or its code; −1 where there is none."""
    codes = dataset.labels[label]
    if label not in dataset.names:
        return codes.astype(np.int64, copy=False)
    return np.asarray(np.array([*map(number_in, dataset.names[label]), UNKNOWN], np.int64)[codes])


def number_in(name: str) -> int:
    """12 for 'P012'; −1 where a name has no number."""
    found = re.search(r"\d{1,9}", name, re.ASCII)
    return int(found[0]) if found else UNKNOWN


def _actions(dataset: MotionDataset, name: str, without: dict[int, str]) -> np.ndarray:
    if "action" not in dataset.labels:
        raise UserError(f"{name} leaves some actions out, but the recordings have no label 'action'",
                        f"there are: {listed(dataset.labels)}; say how labels are read from file names with --pattern")
    numbers = numbers_of(dataset, "action")
    if numbers[numbers >= 0].min(initial=1) == 0:  # codes counted from 0, as in the pickles of other projects
        numbers = np.where(numbers >= 0, numbers + 1, UNKNOWN)
    names = dataset.names.get("action", [])
    meant = [number_in(word) < 0 and any(re.search(other, word.replace("_", " ").lower()) for other in without.values())
             for word in names]
    by_name = np.array([*meant, False])[dataset.labels["action"]] if names else np.zeros(len(dataset), bool)
    return np.asarray(np.isin(numbers, list(without)) | by_name)
