"""paired: can it be undone by learning from pairs of originals and releases?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from maskeleton.battery import Table
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.heldback import held_back
from maskeleton.metrics import MEASURES, Pair
from maskeleton.seeds import generator
from maskeleton.splits import Half, OpenSet
from maskeleton.threats.inverter import Inverter, learned
from maskeleton.threats.known import Known, knows, tested, told
from maskeleton.threats.views import VIEWS, changed
from maskeleton.union import concatenated

MOST_PAIRS = 2000  # that an inverter learns from
WORTH_A_NETWORK = 10.0  # minutes in all, below which a ridge must do
METRIC = "mpjpe_root"


@knows("originals of some released recordings, and old recordings of the same people with their names")
def paired(known: Known) -> dict[str, Table]:
    """Can it be undone by learning: an inverter learns from pairs (the judge's part), undoes the tested recordings, and is
    looked at by one who learned from the original."""
    if known.original.motion_hashes == known.released.motion_hashes:
        raise UserError("the release changed nothing, so there is nothing to undo", "see before")
    if not known.hidden:
        raise UserError("no hidden label has halves to learn pairs from", "name one with --hide")
    blocks: list[MotionDataset] = []
    starts: dict[tuple[bytes, ...], int] = {}
    for label, half in known.hidden:
        starts[told(half)] = sum(map(len, blocks))
        blocks.append(_undone(known, label, half))
    made = concatenated([replace(block, ids=[f"{id} by {place}" for id in block.ids], labels={}, names={})
                         for place, block in enumerate(blocks)], ())
    made = replace(made, labels={label: np.concatenate([block.labels[label] for block in blocks])
                                 for label in known.released.labels}, names=known.released.names)

    def halves(asked: Sequence[Half | OpenSet]) -> list[Half | OpenSet]:
        found: list[Half | OpenSet] = []
        for half in asked:
            rows = starts[told(half)] + np.arange(len(tested(half)))
            found.append(half._replace(probe=rows) if isinstance(half, OpenSet) else half._replace(test=rows))
        return found

    return {"": Table(known.original, made, halves)}


def _undone(known: Known, label: str, half: Half | OpenSet) -> MotionDataset:
    """The tested recordings of a half, by an inverter that learned from those that train."""
    rows, pairs = tested(half), half.train
    if len(pairs) > MOST_PAIRS:
        pairs = np.sort(generator(known.seed, "pairs").choice(pairs, MOST_PAIRS, replace=False))
    before, after = known.original.select(pairs), known.released.select(pairs)
    held = held_back(before, known.original.select(rows), label, seed=known.seed, most=1)[0][1]
    network = known.minutes is None or known.minutes >= WORTH_A_NETWORK
    return inverted(learned(before, after, held, known.seed, network), known.released.select(rows))


def inverted(inverter: Inverter, released: MotionDataset) -> MotionDataset:
    """The recordings as they may have been."""
    made = MotionDataset.of(released.skeleton, released.fps, (
        released[row]._replace(positions=positions, labels=released.told(row), fields={})
        for row, positions in changed(released, VIEWS[inverter.view], inverter.back)))
    return replace(made, labels=released.labels, names=released.names)


def undone_rows(known: Known, table: Table) -> list[dict[str, Any]]:
    """How far from the originals the tested recordings are once undone: a row of `motion`."""
    label = known.hidden[0][0]
    own = next(halves for (name, _), halves in known.halves.items() if name == label)
    numbers = [MEASURES[METRIC].of(Pair.of(known.original[int(row)], table.looked_at[int(place)]._replace(
                   id=known.original.ids[int(row)]), known.original.skeleton, known.original.fps))
               for half, moved in zip(own, table.of(own), strict=True)
               for row, place in zip(tested(half), tested(moved), strict=True)]
    value = MEASURES[METRIC].rate(np.array(numbers), np.zeros(len(numbers)))
    return [{"metric": f"{METRIC}_undone", "unit": MEASURES[METRIC].unit, "value": value if np.isfinite(value) else None}]
