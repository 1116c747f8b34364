"""Naming donors: an answer is right that names any of those whose motion entered a recording."""

from collections.abc import Mapping, Sequence

import numpy as np

from maskeleton.answers import Answers
from maskeleton.battery import Asked
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.labels import UNKNOWN
from maskeleton.threats.known import Known, Sources

DONOR, ANOTHER = 0, 1  # columns of answers in which it counts alike which of several donors is named


def donors_of(original: MotionDataset, sources: Sources | None) -> list[np.ndarray]:
    """For each recording the rows of those that entered its release, as far as it is known here who is in them; where
    nobody wrote them down it is the recording itself."""
    place = {id: row for row, id in enumerate(original.ids)}
    people = original.labels[IDENTITY]
    found = []
    for own in original.ids:
        entered = (own,) if sources is None else sources.get(own, ())
        found.append(np.array([place[id] for id in entered if id in place and people[place[id]] != UNKNOWN], np.int64))
    return found


def donors_counted(known: Known) -> list[np.ndarray]:
    """The same, but the recording itself where owners and donors are the same people."""
    entered = donors_of(known.original, known.sources)
    for row in owned_by_donors(known, entered):
        entered[row] = np.array([row], np.int64)
    return entered


def owned_by_donors(known: Known, entered: Sequence[np.ndarray] | None = None) -> list[int]:
    """Recordings released as one motion with those of several other people, into which just these people's entered.

    Each of them has the motion as his own: who tells whose it is can mean one of them alone, and is right for him.
    """
    entered = donors_of(known.original, known.sources) if entered is None else entered
    people = known.original.labels[IDENTITY]
    of_one: dict[str, list[int]] = {}
    for row, motion in enumerate(known.released.motion_hashes):
        of_one.setdefault(motion, []).append(row)
    found = []
    for rows in of_one.values():
        owners = {int(people[row]) for row in rows}
        if len(owners) > 1 and all({*people[entered[row]].tolist()} == owners for row in rows):
            found += rows
    return sorted(found)


def donors_elsewhere(known: Known) -> list[str]:
    """What must be said where motion entered that is not among the originals that are compared."""
    there = {*known.original.ids}
    strange = sum(not there.issuperset((known.sources or {}).get(id, ())) for id in known.original.ids)
    return [f"into {strange} of {len(there)} released recordings entered others that are not compared here (they are not in "
            "the release, or the anonymizer learned from them): threat donor sees less than there is"] if strange else []


def credit(asked: Asked, known: Known) -> Asked:
    """The answers of the threat donor, right wherever any donor is named."""
    if not any(cell.threat == "donor" for cell in asked.answers):
        return asked
    people = known.original.labels[IDENTITY]
    whose = {id: np.unique(people[rows]) for id, rows in zip(known.original.ids, donors_counted(known), strict=True)}
    answers, nulls = ({cell: credited(found, whose) if cell.threat == "donor" else found for cell, found in some.items()}
                      for some in (asked.answers, asked.nulls))
    return asked._replace(answers=answers, nulls=nulls)


def credited(answers: Answers, people: Mapping[str, np.ndarray]) -> Answers:
    """The answers as a question about donors, whose codes `people` has for each id.

    A recording of several counts as one of the donor who is named most readily.
    """
    own = [people[id] for id in answers.ids]
    if all(len(codes) == 1 for codes in own):
        return answers._replace(person=np.array([codes[0] for codes in own], np.int64))
    among = np.array([np.isin(answers.codes, codes) for codes in own])
    most, rest = int(among.sum(1).max(initial=1)), int((~among).sum(1).max(initial=1))
    scores = np.full((len(own), most + rest), np.nan, np.float32)
    person = np.array([codes[0] for codes in own], np.int64)
    for row, mine in enumerate(among):
        donors, others = answers.scores[row, mine], answers.scores[row, ~mine]
        scores[row, : len(donors)], scores[row, most : most + len(others)] = donors, others
        if len(donors):
            person[row] = answers.codes[mine][np.nan_to_num(donors, nan=-np.inf).argmax()]
    return answers._replace(scores=scores, person=person, truth=np.where(among.any(1), 0, UNKNOWN),
                            classes=np.repeat([DONOR, ANOTHER], [most, rest]))
