"""Apart: what a release gives away in the recordings that its anonymizer learned from, where it may do better."""

from collections.abc import Mapping
from pathlib import Path

from maskeleton.battery import Clock, Table, ask, units_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.recognize import Cell
from maskeleton.score import primary
from maskeleton.scorecard import Scorecard
from maskeleton.splits import split
from maskeleton.tally import add

KNOWN = "the anonymizer learned from them"
ATTACK = "features"  # it takes seconds


def tell_apart(card: Scorecard, before: MotionDataset, after: MotionDataset, labels: Mapping[str, str], keep: str,
               folder: Path, clock: Clock, *, by: str | None = None, seed: int = 0, jobs: int = 1) -> None:
    """Put cells of these recordings alone into the card, marked, so that none of them is ever the headline."""
    tables = {"before": Table(before, before), "adaptive": Table(after, after)}
    for label, role in labels.items():
        try:
            halves = split(before, label, by if role == "hide" else None, seed=seed, keep=keep)
            own = f"{halves[0].by}, its own"
            cells = [Cell(label, role, threat, ATTACK, "", own) for threat in tables]
            asked = ask(units_of(cells, 1)[: len(cells)], tables, {(label, own): halves}, folder, jobs=jobs,
                        minutes=clock.left, keep=keep)
            for cell, answers in asked.answers.items():
                leaks = dict.fromkeys([*(leak for half in halves for leak in half.leaks), KNOWN])
                add(card, cell, answers, None, (primary(label),), tuple(leaks), asked.minutes[cell])
            if asked.dropped:
                raise UserError("no time was left", "give more --minutes")
        except UserError as fault:
            card.not_tried.append(f"{label} in the recordings that the anonymizer learned from: {fault.wrong}")
