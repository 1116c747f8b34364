"""Carrying: a release that shows a kept label because its maker looked at it, and people who are in others' recordings."""

from collections.abc import Mapping

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.splits import Half
from maskeleton.threats.known import Known
from maskeleton.threats.naming import donors_of, owned_by_donors


def carried(known: Known, labels: Mapping[str, str]) -> list[str]:
    """What must be said before somebody believes how much is kept, and of whom anybody is told."""
    found = []
    for label in labels_carried(known.released):
        if labels.get(label) == "keep":
            found.append(f"{label}: the anonymizer looked at it and put the same into what has the same {label}: the release "
                         "may show it more plainly than anybody did, and a wrong label would have been shown, too")
        elif label in labels:
            found.append(f"{label}: the anonymizer looked at it and put the same into what has the same {label}: the release "
                         "carries what is to be hidden")
    if known.sources is None or IDENTITY not in known.original.labels:
        return found
    return [*found, *_on_both_sides(known, labels), *_groups(known)]


def labels_carried(released: MotionDataset) -> list[str]:
    """Labels that its history says a release carries."""
    told = [str(entry["carries"]) for entry in released.history if entry.get("verb") == "anonymize" and "carries" in entry]
    return list(dict.fromkeys(word for words in told for word in words.split(", ")))


def _on_both_sides(known: Known, labels: Mapping[str, str]) -> list[str]:
    """Kept labels are told for people that nobody learned from, unless these are in what was learned from."""
    people = known.original.labels[IDENTITY]
    entered = [set(people[rows].tolist()) for rows in donors_of(known.original, known.sources)]
    found = []
    for (label, _), halves in known.halves.items():
        if labels[label] != "keep" or not all(isinstance(half, Half) for half in halves):
            continue
        shared = tested = 0
        for half in halves:
            if not isinstance(half, Half) or half.by != "person":
                continue
            learned = set[int]().union(*(entered[int(row)] for row in half.train))
            shared += sum(bool(entered[int(row)] & learned) for row in half.test)
            tested += len(half.test)
        if shared:
            found.append(f"{label}: into {shared} of {tested} tested recordings entered people who are in what judges "
                         "learned from, too: it is not told for people apart. Release each half of the people by itself "
                         "to see what strangers keep")
    return found


def _groups(known: Known) -> list[str]:
    """Where owners and donors are the same people."""
    entered = donors_of(known.original, known.sources)
    if not (rows := owned_by_donors(known, entered)):
        return []
    people = known.original.labels[IDENTITY]
    sizes = [len(np.unique(people[entered[row]])) for row in rows]
    several = str(min(sizes)) if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
    return [f"{len(rows)} of {len(people)} recordings are released as one motion of {several} people, made of theirs: threat "
            "donor counts the one alone whose recording it is; that it is one of these people may well be told"]
