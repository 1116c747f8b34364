"""evaluate: what a release gives away to attackers who know what was done, and what it is still good for."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from maskeleton.attacks import ATTACKS
from maskeleton.attacks.taught import refuse_options
from maskeleton.battery import Clock, Halves, Table, ask, units_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.formats.opening import read
from maskeleton.jobs import Report, Share
from maskeleton.mask import Mask, load
from maskeleton.metrics import compared
from maskeleton.recognize import Cell
from maskeleton.record import record_of, write_record
from maskeleton.scorecard import Scorecard
from maskeleton.tally import tally, told_of
from maskeleton.threats import THREATS
from maskeleton.verbs.audit import (
    FOR_CELLS,
    NETWORKS,
    calibrated,
    cells_of,
    first_halves,
    halves_of,
    refuse_labels,
    refuse_run,
    share_of,
    write_split,
)
from maskeleton.verbs.working import mapped
from maskeleton.verdict import conclude

ATTACKS_ASKED = ("classify", "features", "side")
FEWEST = 4  # recordings that the anonymizer has not seen, below which there is nothing to test


def evaluate(
    original: str | Path,
    released: str | Path,
    *,
    keep: Sequence[str],
    hide: Sequence[str],
    mask: str | Path | None = None,
    threats: Sequence[str] = tuple(THREATS),
    attacks: Sequence[str] = ATTACKS_ASKED,
    judges: Sequence[str] = ("tcn",),
    by: str | None = None,
    seeds: int = 3,
    minutes: float | None = None,
    out: str | Path | None = None,
    set: Mapping[str, str] | None = None,
    format: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Ask every attack under every threat; `mask` is the model that made the release, if one did."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    clock = Clock(minutes)
    refuse_run(Path(out) if out is not None else None, Share.checked(*share), minutes, force)
    for name in attacks:
        pick(name, ATTACKS, "attack")
    for name in threats:
        pick(name, THREATS, "threat")
    refuse_options(set or {}, judges if any(name in NETWORKS for name in attacks) else (), "features" in attacks)
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        folders = [Path(own) / name for name in ("original", "released")]
        before, after = (mapped(read(data, format), folder)
                         for data, folder in zip((original, released), folders, strict=True))
        before, after = side_by_side(before, after)
        made_by = load(mask) if mask is not None else None
        rows, notes = unseen(before, made_by)
        before, after = before.select(rows), after.select(rows)
        labels = {**dict.fromkeys(keep, "keep"), **dict.fromkeys(hide, "hide")}
        refuse_labels(before, labels)
        halves = halves_of(before, labels, by, keep[0], seed, False)
        cells = list(_cells(labels, threats, attacks, judges, halves))
        folder = Path(out) / "cells" if out is not None else Path(own) / "cells"
        tables = {name: Table(*THREATS[name](before, after)) for name in threats}
        asked = ask(units_of(cells, seeds), tables, halves, folder, jobs=jobs, minutes=share_of(clock.left, FOR_CELLS),
                    keep=keep[0], options=set, report=report, share=Share(*share), say=say)
        card = Scorecard("evaluate", seed=seed, data=told_of(after, Path(released).name))
        card.data["original"] = before.content_id
        if asked.waiting:
            card.not_tried.append(f"{asked.waiting} answers of other shards are not there yet: the one that comes last "
                                  "writes results.json")
            return card
        tally(card, before, asked, cells, halves)
        card.warnings += notes
        card.motion = compared(before, after)
        for label in hide:
            calibrated(card, after, label, first_halves(halves, label), keep[0], seed, clock)
        card.not_tried += [f"attack {name}" for name in ATTACKS if name not in attacks]
        card.not_tried += [f"threat {name}" for name in THREATS if name not in threats]
        conclude(card)
    if out is not None:
        card.write(Path(out))
        write_split(Path(out), halves, before.ids)
        write_record(Path(out), record_of("evaluate", used, seed, content_id=after.content_id,
                                          content_of_original=before.content_id))
    return card


def side_by_side(original: MotionDataset, released: MotionDataset) -> tuple[MotionDataset, MotionDataset]:
    """Both with the same recordings in the same order; a release may hold fewer, and no others."""
    place = {id: row for row, id in enumerate(original.ids)}
    strange = [id for id in released.ids if id not in place]
    if strange:
        raise UserError(f"{len(strange)} of {len(released)} released recordings are not in the original by their id: "
                        f"{listed(strange, 3)}", "compare a release with what it was made of, before release gives it "
                        "new names")
    if original.skeleton.joints != released.skeleton.joints:
        raise UserError(f"the original has {len(original.skeleton.joints)} joints, the release "
                        f"{len(released.skeleton.joints)}", "convert the original to the release's plan with --skeleton")
    order = np.argsort([place[id] for id in released.ids], kind="stable")
    return original.select(np.sort([place[id] for id in released.ids])), released.select(order)


def unseen(original: MotionDataset, mask: Mask | None) -> tuple[np.ndarray, list[str]]:
    """The recordings that the anonymizer has not learned from, and what must be said of them."""
    everything = np.arange(len(original))
    if mask is None:
        return everything, ["what the anonymizer learned from is not known here (--with MODEL/ says it): if it learned "
                            "from these recordings, it knew what it is tested on"]
    learned = np.isin(np.array(original.hashes, str), mask.trained_on["hashes"])
    if not learned.any():
        return everything, []
    if (~learned).sum() < FEWEST:
        return everything, ["the anonymizer learned from every recording it is tested on: it may do worse on others"]
    return np.flatnonzero(~learned), [f"{learned.sum()} of {len(original)} recordings, from which the anonymizer "
                                      "learned, are left out"]


def _cells(labels: Mapping[str, str], threats: Sequence[str], attacks: Sequence[str], judges: Sequence[str],
           halves: Halves) -> Iterator[Cell]:
    """Every cell: what is hidden is not asked to survive, so transfer is for what is kept; what needs no motion is the
    same before and after."""
    for threat in threats:
        for cell in cells_of(labels, attacks, judges, threat, halves):
            if threat == "transfer" and cell.role == "hide":
                continue
            if cell.attack == "side" and threat in ("naive", "transfer"):
                continue
            yield cell
