"""donor: is anyone named whose motion entered the recording?"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.battery import Table
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.errors import UserError
from maskeleton.motion import recording_hash
from maskeleton.splits import Half, OpenSet
from maskeleton.threats.known import Known, knows
from maskeleton.threats.naming import donors_counted
from maskeleton.union import concatenated


@knows("old recordings with names, and of some released ones whose motion entered them")
def donor(known: Known) -> dict[str, Table]:
    """Is anyone named whose motion entered the recording: learned from originals and their releases, of which it is
    known who is in them; looks at the release, and is right with any of its donors."""
    if IDENTITY not in known.original.labels:
        raise UserError("it is not known who is who", "give the people by --pattern or a people.csv when converting")
    if known.sources is None and _took_from_others(known.released):
        raise UserError("whose motion entered which recording was not told", "keep RELEASED.sources.parquet, which anonymize "
                        "writes, beside the release")
    donors = donors_counted(known)
    if not any(len(rows) for rows in donors):
        raise UserError("of no recording it is known whose motion entered it", "compare with the original whose "
                        "recordings entered the release")
    both, copies = _both(known.original, known.released, donors)
    halved = partial(_halves, donors, copies)
    mine = [own for (label, _), own in known.halves.items() if label == IDENTITY]
    if mine and not any(halved(own) for own in mine):
        raise UserError("into every released recording entered one that judges learn from", "split subject by action, "
                        "if donors do the same as those whose recordings they enter")
    return {"": Table(both, both, halved)}


def _took_from_others(released: MotionDataset) -> bool:
    """Whether its history names an anonymizer that looks at everybody."""
    made = [str(entry["with"]) for entry in released.history if entry.get("verb") == "anonymize" and "with" in entry]
    return any(ANONYMIZERS[name].scope == "dataset" for name in made if name in ANONYMIZERS)


def _both(original: MotionDataset, released: MotionDataset,
          donors: Sequence[np.ndarray]) -> tuple[MotionDataset, np.ndarray]:
    """The originals, and after them the released recordings, once for each of their donors, as that one's; and of
    which recording each of these is the release."""
    people = original.labels[IDENTITY]
    whose = [(row, code) for row, rows in enumerate(donors) for code in dict.fromkeys(people[rows].tolist())]
    copies = np.array([row for row, _ in whose], np.int64)
    made = released.select(copies)
    again = np.concatenate([[False], copies[1:] == copies[:-1]])
    ids = [f"{id} of {code}" if twice else id for id, twice, (_, code) in zip(made.ids, again, whose, strict=True)]
    codes = np.array([code for _, code in whose], np.int32)
    made = replace(made, ids=ids, labels={**original.select(copies).labels, IDENTITY: codes}, names={},
                   skeleton=original.skeleton)
    made = replace(made, hashes=[recording_hash(digest, {IDENTITY: int(code)}, id) for digest, code, id in
                                 zip(made.motion_hashes, codes, ids, strict=True)])
    first = replace(original, ids=[f"{id} as recorded" for id in original.ids], names={})
    return replace(concatenated([first, made], ()), names=original.names), copies


def _halves(donors: Sequence[np.ndarray], copies: np.ndarray,
            halves: Sequence[Half | OpenSet]) -> list[Half | OpenSet]:
    """The halves as rows of both, cut by whose motion it is: a release is learned from where every recording that
    entered it is, and asked about where every one of them is tested. Others are left out."""
    count = len(donors)
    first = {row: count + place for place, row in reversed(list(enumerate(copies.tolist())))}
    found: list[Half | OpenSet] = []
    for half in halves:
        if isinstance(half, OpenSet):
            continue
        taught, asked = ({row for row in first if np.isin(donors[row], rows).all()} for rows in (half.train, half.test))
        if asked:
            releases = count + np.flatnonzero(np.isin(copies, sorted(taught)))
            found.append(half._replace(train=np.concatenate([half.train, releases]),
                                       test=np.array([first[row] for row in sorted(asked)], np.int64)))
    return found
