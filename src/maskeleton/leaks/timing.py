"""timing: lengths, and when bodies come and go, say no more than was chosen; no recording has a clock of its own.

With `release --lengths N` all of it happens at multiples of N frames. How many recordings their length and labels alone
would name to somebody who has the originals is counted and said.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.leaks.given import Given, Leak
from maskeleton.motion import runs_of
from maskeleton.publish import PERSON, TAKE


def find(given: Given) -> Iterator[Leak]:
    """Look at all lengths."""
    released, step = given.released, given.lengths
    odd = [row for row in range(len(released)) if step > 1 and _odd(given, row)]
    if odd:
        yield Leak(released.ids[odd[0]], f"{released.frames[odd[0]]} frames",
                   f"{len(odd)} of {len(released)} recordings, or bodies in them, do not begin and end at multiples of "
                   f"{step} frames, as was chosen")
    if given.format == "store" and len(np.unique(released.rates)) > 1:
        yield Leak("data/recordings.parquet", "column fps", "recordings have rates of their own: clocks of the original")
    named = told_by_length(given)
    if named is not None:
        given.notes.append(f"length, bodies' coming and going, and labels name {named:.0%} of the recordings to somebody who "
                           "has the originals" + ("" if step > 1 or not named else "; --lengths makes that coarser"))


def _odd(given: Given, row: int) -> bool:
    motion = given.released[row]
    bounds = [len(motion.present)] + [bound for slot in range(motion.present.shape[1])
                                      for first, length in runs_of(motion.present[:, slot])
                                      for bound in (first, first + length)]
    one_body = motion.present.shape[1] == 1 and len(motion.present) == given.lengths  # all that was shorter
    return any(bound % given.lengths for bound in bounds) and not one_body


def told_by_length(given: Given) -> float | None:
    """The share of recordings that are alone in the original with their labels, length and bodies' coming and going."""
    rows, olds = given.pairs
    if given.original is None or not len(rows):
        return None
    labels = [label for label in given.released.labels if label in given.original.labels and label not in (PERSON, TAKE)
              and label not in given.released.names.keys() ^ given.original.names.keys()]
    theirs = [_shape(given.original, row, labels, given.lengths) for row in range(len(given.original))]
    count = Counter(theirs)
    ours = [_shape(given.released, row, labels, given.lengths) for row in rows.tolist()]
    hits = sum(count[one] == 1 and theirs[old] == one for one, old in zip(ours, olds.tolist(), strict=True))
    return float(hits / len(rows))


def _shape(dataset: MotionDataset, row: int, labels: list[str], step: int) -> tuple[object, ...]:
    frames = int(dataset.frames[row])
    said = tuple(dataset.text(label, row) for label in labels)
    if step > 1:
        return (*said, max(frames // step, 1))
    mine = slice(*np.searchsorted(dataset.runs.recording, (row, row + 1)))
    runs = sorted(zip(dataset.runs.first[mine].tolist(), dataset.runs.length[mine].tolist(), strict=True))
    return (*said, frames, tuple(runs))
