"""audit: who and what can be read off a dataset as it is, with intervals over people, beside chance and a null."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton import store
from maskeleton.answers import Answers
from maskeleton.attacks import ATTACKS
from maskeleton.attacks.pool import assigned, pooled
from maskeleton.attacks.side import GROUPS
from maskeleton.battery import Asked, Table, ask, left_out, units_of
from maskeleton.calibrate import detection_limits, learning_curve
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.explain import explain as explain_label
from maskeleton.formats.opening import read
from maskeleton.jobs import Report
from maskeleton.labels import UNKNOWN
from maskeleton.recognize import Cell
from maskeleton.record import record_of, write_record
from maskeleton.score import agreement, by_action, per_person, primary, score
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.splits import Half, split
from maskeleton.store import StoredShard
from maskeleton.verbs.convert import refuse_overwriting
from maskeleton.verdict import conclude

BEFORE = "before"
ATTACKS_ASKED = ("classify", "features", "side")
JUDGED = ("classify", "match")  # attacks that have a network for a judge
POOLS = (5, 10, None)  # recordings of one person together; None: all of them
MOST_EXPOSED = 10
FEWEST = 8  # people, below which an audit says little
BESIDE = {"top1": ("top5",), "auc": ("balanced_accuracy", "accuracy")}


def audit(
    data: str | Path,
    *,
    hide: Sequence[str],
    keep: Sequence[str] | None = None,
    judges: Sequence[str] = ("tcn",),
    attacks: Sequence[str] = ATTACKS_ASKED,
    by: str | None = None,
    seeds: int = 3,
    explain: bool = False,
    minutes: float | None = None,
    out: str | Path | None = None,
    set: Mapping[str, str] | None = None,
    format: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Ask every attack about every label of `data`; with `out`, what was found is kept there."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    if out is not None:
        refuse_overwriting(Path(out), force)
    for name in attacks:
        pick(name, ATTACKS, "attack")
    for judge in judges:
        pick(judge.partition(":")[0], CLASSIFIERS, "judge")
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        dataset = mapped(read(data, format), Path(own))
        keep = (["action"] if "action" in dataset.labels else []) if keep is None else keep
        labels = {**dict.fromkeys(keep, "keep"), **dict.fromkeys(hide, "hide")}
        refuse_labels(dataset, labels)
        kept = keep[0] if keep else "action"
        halves = {label: split(dataset, label, by if label in hide else None, seed=seed, keep=kept) for label in labels}
        cells = [Cell(label, role, BEFORE, attack, judge, halves[label][0].by) for label, role in labels.items()
                 for attack in attacks for judge in judges_of(attack, role, judges)]
        folder = Path(out) / "cells" if out is not None else Path(own) / "cells"
        asked = ask(units_of(cells, seeds), Table(dataset, dataset, halves), folder, jobs=jobs, minutes=minutes,
                    keep=kept, options=set, report=report, say=say)
        card = Scorecard("audit", seed=seed, data=told_of(dataset, data))
        fill(card, dataset, asked, cells, halves)
        calibrated(card, dataset, [label for label in hide if label == "subject"], halves, kept, seed)
        if explain:
            card.channels = [{"label": label, **row} for label in hide
                             for row in explain_label(dataset, label, halves[label], kept)]
        card.not_tried += [*left_out(asked.dropped), *_not_asked(attacks)]
        conclude(card)
    if out is not None:
        card.write(Path(out))
        write_record(Path(out), record_of("audit", used, seed, content_id=dataset.content_id))
    return card


def judges_of(attack: str, role: str, judges: Sequence[str]) -> Sequence[str]:
    """Who asks in an attack: networks, groups of clues (of what is hidden), or nobody in particular."""
    if attack == "side":
        return tuple(GROUPS) if role == "hide" else ()
    return judges if attack in JUDGED else ("",)


def mapped(dataset: MotionDataset, folder: Path) -> MotionDataset:
    """The dataset as a store, so that processes share its frames."""
    if all(isinstance(shard, StoredShard) for shard in dataset.shards):
        return dataset
    store.write(dataset, folder / "data")
    return store.open(folder / "data")


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


def fill(
    card: Scorecard, dataset: MotionDataset, asked: Asked, cells: Sequence[Cell], halves: Mapping[str, Sequence[Half]]
) -> None:
    """Scores, exposed people, actions, agreement of seeds and what recordings give away together."""
    for cell in cells:
        if cell not in asked.answers:
            card.not_tried.append(f"{cell.label} by {cell.attack} {cell.judge}".strip() + ": no time was left")
            continue
        answers, null = asked.answers[cell], asked.nulls.get(cell)
        leaks = tuple(dict.fromkeys(leak for half in halves[cell.label] for leak in half.leaks))
        _add(card, cell, answers, null, leaks, asked.minutes[cell])
        for (one, other), share in agreement(answers).items():
            card.curves.append({"epoch": other, "what": f"agreement of seeds {one} and {other}: {cell.label} by "
                                f"{cell.attack} {cell.judge}".strip(), "value": share})
        if cell.role == "hide":
            _expose(card, dataset, cell, answers)
        if cell.label == "subject" and cell.attack != "side":
            _together(card, cell, answers, null, leaks)
    card.warnings += _named_by_files(card.cells)
    notes = [note for own in halves.values() for half in own for note in half.notes]
    card.warnings += dict.fromkeys(notes)
    if len(np.unique(dataset.labels.get("subject", np.zeros(0)))) < FEWEST:
        card.warnings.append(f"fewer than {FEWEST} people: intervals over people are wide, and say little of others")


def _named_by_files(cells: Sequence[CellScore]) -> list[str]:
    return [f"{cell.label}: file names and their order alone tell it ({cell.metric} {cell.rate:.2f}): a release must "
            "replace them" for cell in cells
            if (cell.attack, cell.judge) == ("side", "file") and cell.metric == primary(cell.label) and cell.learned]


def _add(card: Scorecard, cell: Cell, answers: Answers, null: Answers | None, leaks: tuple[str, ...],
         minutes: float = 0.0) -> None:
    main = primary(cell.label)
    for metric in (main, *BESIDE[main]):
        try:
            found = score(answers, metric, null=null)
        except UserError as fault:
            card.not_tried.append(f"{cell.label} by {cell.attack} {cell.judge}, {metric}: {fault.wrong}")
            continue
        card.cells.append(CellScore.of(found, label=cell.label, role=cell.role, threat=cell.threat, attack=cell.attack,
                                       judge=cell.judge, split=cell.by, leaks=leaks, minutes=minutes))


def _expose(card: Scorecard, dataset: MotionDataset, cell: Cell, answers: Answers) -> None:
    who = {"label": cell.label, "threat": cell.threat, "attack": cell.attack, "judge": cell.judge}
    card.people += [{**who, "person": _said(dataset, "subject", count.code), "hits": count.hits,
                     "trials": count.trials} for count in per_person(answers)]
    card.by_action += [{**who, "action": _said(dataset, "action", count.code), "hits": count.hits,
                        "trials": count.trials} for count in by_action(answers)]


def _together(card: Scorecard, cell: Cell, answers: Answers, null: Answers | None, leaks: tuple[str, ...]) -> None:
    judge = f"{cell.attack} {cell.judge}".strip()
    for size in POOLS:
        some = pooled(answers, size)
        if len(some.person):
            none = pooled(null, size) if null is not None else None
            more = cell._replace(attack="pool", judge=f"{judge}, {size or 'all'}")
            _add_top1(card, more, some, none if none is not None and len(none.person) else None, leaks)
    one = assigned(answers)
    if one is not None:
        _add_top1(card, cell._replace(attack="assign", judge=judge), one, assigned(null) if null else None, leaks)


def _add_top1(card: Scorecard, cell: Cell, answers: Answers, null: Answers | None, leaks: tuple[str, ...]) -> None:
    found = score(answers, "top1", null=null)
    card.cells.append(CellScore.of(found, label=cell.label, role=cell.role, threat=cell.threat, attack=cell.attack,
                                   judge=cell.judge, split=cell.by, leaks=leaks))


def calibrated(card: Scorecard, dataset: MotionDataset, labels: Sequence[str], halves: Mapping[str, Sequence[Half]],
               keep: str, seed: int) -> None:
    """The detection limit of identity, and whether its score still rises with more recordings."""
    for label in labels:
        card.limits += [{"label": label, **row} for row in detection_limits(dataset, halves[label], keep, seed)]
        rows = learning_curve(dataset, halves[label], label, keep, seed)
        card.learning += [{"label": label, **row} for row in rows]
        if len(rows) > 1 and rows[-1]["rate"] - rows[-2]["rate"] > 0.02:
            card.warnings.append(f"{label}: the score still rises with more recordings: it is a lower bound")


def told_of(dataset: MotionDataset, data: str | Path) -> dict[str, Any]:
    """What results.json says of the data."""
    people = dataset.labels.get("subject", np.zeros(0, np.int32))
    return {"name": Path(data).name, "content_id": dataset.content_id, "recordings": len(dataset),
            "people": len(np.unique(people[people != UNKNOWN])), "skeleton": dataset.skeleton.name,
            "fps": dataset.fps}


def _said(dataset: MotionDataset, label: str, code: int) -> str:
    names = dataset.names.get(label)
    return names[code] if names and 0 <= code < len(names) else str(code)


def _not_asked(attacks: Sequence[str]) -> list[str]:
    return [f"attack {name}" for name in ATTACKS if name not in attacks]


