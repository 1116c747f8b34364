"""audit: who and what can be read off a dataset as it is, with intervals over people, beside chance and a null."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from maskeleton.attacks import ATTACKS
from maskeleton.attacks.features import JUDGES as LOOKING_AWAY
from maskeleton.attacks.given import by_path
from maskeleton.attacks.match import TRAITS
from maskeleton.attacks.side import GROUPS
from maskeleton.attacks.taught import refuse_options
from maskeleton.battery import Clock, Halves, Table, ask, units_of
from maskeleton.calibrate import detection_limits, learning_curve, still_rises
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.explain import explain as explain_label
from maskeleton.formats.opening import read, said_of_source
from maskeleton.jobs import Report, Share, alone, atomic, held, remove
from maskeleton.labels import UNKNOWN
from maskeleton.lesson import refuse_quantity
from maskeleton.meeting import agree, for_all, said
from maskeleton.page.table import write_page
from maskeleton.private import beside
from maskeleton.recognize import Cell
from maskeleton.record import record_of, write_record
from maskeleton.room import own_room
from maskeleton.scorecard import FILE, Scorecard
from maskeleton.splits import Half, OpenSet, open_set, split
from maskeleton.tally import OPEN_SET, split_rows, tally, told_of
from maskeleton.verbs.convert import refuse_overwriting
from maskeleton.verbs.showing import keep_some
from maskeleton.verbs.working import mapped
from maskeleton.verdict import conclude

BEFORE = "before"
ATTACKS_ASKED = ("classify", "features", "side")
NETWORKS = ("classify", "match")  # attacks that have a network for a judge
FOR_CELLS = 0.85  # of the minutes; what is left is for planted signatures and learning curves


def audit(
    data: str | Path,
    *,
    hide: Sequence[str],
    keep: Sequence[str] | None = None,
    judges: Sequence[str] = ("tcn",),
    attacks: Sequence[str] = ATTACKS_ASKED,
    by: str | None = None,
    seeds: int = 3,
    open_set: bool = False,
    explain: bool = False,
    minutes: float | None = None,
    out: str | Path | None = None,
    set: Mapping[str, str] | None = None,
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    skeleton: str | None = None,
    fps: float | None = None,
    seed: int = 0,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    on: str = "local",
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Ask every attack about every label of `data`; with `out`, what was found is kept there."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    clock = Clock(minutes)
    refuse_run(Path(out) if out is not None else None, Share.checked(*share, on), minutes, force)
    for name in attacks:
        pick(name, ATTACKS, "attack")
    refuse_taught(judges)
    refuse_options(set or {}, judges if open_set or any(name in NETWORKS for name in attacks) else (),
                   "features" in attacks)
    with only_one(out, share), own_room() as own:
        dataset = mapped(read(data, format, **said_of_source(pattern, people, skeleton, fps)), own)
        meet(out, Share(*share), {**used, "seed": seed}, dataset.content_id)
        keep = [label for label in ("action",) if label in {*dataset.labels} - {*hide}] if keep is None else keep
        labels = roles_of(keep, hide)
        refuse_labels(dataset, labels)
        kept = keep[0] if keep else "action"
        halves = halves_of(dataset, labels, by, kept, seed, open_set)
        cells = list(cells_of(labels, attacks, judges, BEFORE, halves))
        folder = Path(out) / "cells" if out is not None else own / "cells"
        asked = ask(units_of(cells, seeds), {BEFORE: Table(dataset, dataset)}, halves, folder, jobs=jobs,
                    minutes=share_of(clock.left, FOR_CELLS), keep=kept, options=set, report=report,
                    share=Share(*share, on), say=say)
        card = Scorecard("audit", seed=seed, data=told_of(dataset, Path(data).name))
        if asked.waiting:
            card.not_tried.append(f"{asked.waiting} answers of other shards are not there yet: the one that comes last "
                                  "writes results.json")
            return card
        tally(card, dataset, asked, cells, halves)
        for label in hide:
            calibrated(card, dataset, label, first_halves(halves, label), kept, seed, clock)
            if explain and clock.left == 0:
                card.not_tried.append(f"{label}: where it lives: no time was left")
            elif explain:
                card.channels += [{"label": label, **row}
                                  for row in explain_label(dataset, label, first_halves(halves, label), kept)]
        card.not_tried += [f"attack {name}" for name in ATTACKS if name not in {cell.attack for cell in cells}]
        conclude(card)
        if out is not None:
            keep_some(card, asked.answers, Path(out), dataset)
            record = record_of("audit", used, seed, content_id=dataset.content_id)
            write_run(Path(out), card, split_rows(halves, dataset.ids), record)
    return card


def refuse_taught(judges: Sequence[str]) -> None:
    """A UserError where a judge is a model that is there already: what it learned from is not this dataset's affair."""
    for judge in judges:
        if by_path(judge):
            raise UserError(f"{judge} is the folder of a model, and an audit teaches its judges anew",
                            "name a classifier, such as tcn; evaluate asks a model that is there already")


def refuse_run(out: Path | None, share: Share, minutes: float | None, force: bool) -> None:
    """A UserError where a run is there already; one that was interrupted goes on."""
    if share.among > 1 and (out is None or minutes is not None):
        raise UserError("shards of one run meet in one folder, and none drops what another does",
                        "give --out RUN/, and no --minutes")
    if out is not None and not ((out / "cells").is_dir() and not (out / FILE).exists()):
        refuse_overwriting(out, force)


def halves_of(dataset: MotionDataset, labels: Mapping[str, str], by: str | None, keep: str, seed: int,
              strangers: bool) -> dict[tuple[str, str], Sequence[Half | OpenSet]]:
    """The halves of each label by the name of the split; hidden labels are split as `by` says."""
    found: dict[tuple[str, str], Sequence[Half | OpenSet]] = {}
    for label, role in labels.items():
        halves = split(dataset, label, by if role == "hide" else None, seed=seed, keep=keep)
        found[label, halves[0].by] = halves
    if strangers and labels.get("subject") == "hide":
        found["subject", OPEN_SET] = open_set(dataset, seed=seed, keep=keep)
    elif strangers:
        raise UserError("--open-set is about people nobody trained on", "ask for it with --hide subject")
    return found


def first_halves(halves: Halves, label: str) -> list[Half]:
    """The halves of a label, without those of strangers."""
    return next([half for half in own if isinstance(half, Half)] for (name, _), own in halves.items() if name == label)


def cells_of(labels: Mapping[str, str], attacks: Sequence[str], judges: Sequence[str], threat: str,
             halves: Halves) -> Iterator[Cell]:
    """Every cell of a threat, in the order in which they are asked."""
    for label, by in halves:
        if by == OPEN_SET:
            yield from (Cell(label, labels[label], threat, "match", judge, by)
                        for judge in judges_of("match", label, "hide", judges))
        else:
            yield from (Cell(label, labels[label], threat, attack, judge, by) for attack in attacks
                        for judge in judges_of(attack, label, labels[label], judges))


def judges_of(attack: str, label: str, role: str, judges: Sequence[str]) -> Sequence[str]:
    """Who asks in an attack: networks, traits, groups of clues (of what is hidden), or nobody in particular."""
    if attack == "side":
        return tuple(GROUPS) if role == "hide" else ()
    if attack == "match":
        return (*judges, TRAITS)
    if attack == "features":
        return tuple(LOOKING_AWAY) if label == "subject" and role == "hide" else ("",)
    return judges


def roles_of(keep: Sequence[str], hide: Sequence[str]) -> dict[str, str]:
    """Each label with its role; a UserError where one is to be kept and hidden."""
    if both := sorted({*keep} & {*hide}):
        raise UserError(f"{', '.join(both)} cannot be kept and hidden", "name each label once")
    return {**dict.fromkeys(keep, "keep"), **dict.fromkeys(hide, "hide")}


def refuse_labels(dataset: MotionDataset, labels: Mapping[str, str]) -> None:
    """Refuse, all at once, labels that are not there or cannot be told apart."""
    faults = []
    for label in labels:
        codes = np.unique(dataset.labels[label]) if label in dataset.labels else np.zeros(0)
        known = codes[codes != UNKNOWN]
        if label not in dataset.labels:
            faults.append(f"there is no label {label!r}")
        elif len(known) < 2:
            faults.append(f"label {label!r} has {len(known)} class")
    if faults:
        raise UserError("; ".join(faults), f"labels: {listed(dataset.labels) or 'none'}; give them by --pattern or a "
                        "people.csv when converting")
    for label in labels:
        refuse_quantity(dataset, label, len(np.setdiff1d(dataset.labels[label], UNKNOWN)))


def calibrated(card: Scorecard, dataset: MotionDataset, label: str, halves: Sequence[Half], keep: str, seed: int,
               clock: Clock) -> None:
    """The smallest planted signatures that are found, and whether a score still rises with more recordings."""
    if clock.left == 0:
        card.not_tried.append(f"{label}: planted signatures and the learning curve: no time was left")
        return
    try:
        card.limits += [{"label": label, **row} for row in detection_limits(dataset, halves, keep, seed, label)]
        rows = learning_curve(dataset, halves, label, keep, seed)
    except UserError as fault:
        card.not_tried.append(f"{label}: planted signatures and the learning curve: {fault.wrong}")
        return
    card.learning += [{"label": label, **row} for row in rows]
    card.warnings += [f"{label}: the score still rises with more {of} to learn from: it is a lower bound"
                      for of in still_rises(rows)]


def share_of(minutes: float | None, share: float) -> float | None:
    return None if minutes is None else minutes * share


def only_one(out: str | Path | None, share: tuple[int, int]) -> AbstractContextManager[None]:
    """Nobody else does this share of a run while the block runs."""
    if out is None:
        return nullcontext()
    return alone(lock_of(Path(out), share[0]), out)


def meet(out: str | Path | None, share: Share, used: Mapping[str, Any], *read: str) -> None:
    """A UserError where shards of one run are not of one run."""
    if out is not None:
        folder = shares_of(Path(out))
        if share.among > 1:
            folder.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            agree(folder, share, said((), for_all(used), read), Path(out), lambda number: lock_of(Path(out), number))


def shares_of(out: Path) -> Path:
    """Where the shards of a run say what they do."""
    return lock_of(out, "shares").with_suffix("")


def lock_of(out: Path, what: object) -> Path:
    """A file beside a run that whoever writes there holds."""
    place = beside(out, f"{what}.lock")
    return place.with_name(f".{place.name}")


def write_run(folder: Path, card: Scorecard, split: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """What was found, as files; results.json, without which a run is not done, comes last. Of several shards that are
    done at the same moment one writes."""
    lock = lock_of(folder, "whole")
    lock.touch()
    with held(lock) as mine:
        if not mine:
            return
        write_page(card, folder)
        with atomic(folder / "split.parquet") as out:
            parquet.write_table(pyarrow.table(split), out)
        write_record(folder, record, True)
        card.write(folder)
        remove(shares_of(folder))
        remove(lock)
