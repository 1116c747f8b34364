"""evaluate: what a release gives away to attackers who know what was done, and what it is still good for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton.attacks import ATTACKS
from maskeleton.attacks.given import by_path
from maskeleton.attacks.taught import refuse_options
from maskeleton.battery import Clock, ask
from maskeleton.checkpoint import PAGE, Model, load, refuse_strangers, truth_of
from maskeleton.dataset import MotionDataset
from maskeleton.donors import read_sources
from maskeleton.errors import UserError, listed, pick
from maskeleton.formats.opening import read
from maskeleton.jobs import Report, Share
from maskeleton.labels import UNKNOWN
from maskeleton.mask import Mask, usual_options
from maskeleton.metrics import compared, noted
from maskeleton.nearness import nearness
from maskeleton.record import record_of
from maskeleton.room import own_room
from maskeleton.scorecard import Scorecard
from maskeleton.tally import split_rows, tally, tally_near, told_of
from maskeleton.threats import THREATS, Known, tables_of
from maskeleton.threats.carrying import carried
from maskeleton.threats.informed import said_of_others
from maskeleton.threats.known import DRAWS
from maskeleton.threats.naming import credit, donors_elsewhere
from maskeleton.threats.ways import by_column, settled
from maskeleton.verbs.apart import tell_apart
from maskeleton.verbs.asking import asked_cells, of_use, tables_mapped, units_asked
from maskeleton.verbs.audit import (
    FOR_CELLS,
    NETWORKS,
    calibrated,
    first_halves,
    halves_of,
    meet,
    only_one,
    refuse_labels,
    refuse_run,
    roles_of,
    share_of,
    write_run,
)
from maskeleton.verbs.ladder import beside, costs, second
from maskeleton.verbs.masking import mask_of
from maskeleton.verbs.showing import keep_some
from maskeleton.verbs.working import mapped
from maskeleton.verdict import conclude

ATTACKS_ASKED = ("classify", "features", "side")
JUDGES_ASKED = ("tcn", "lean:bone", "geometric")  # convolutions over time, a graph network, measured traits
NOBODY_KNOWN = ("none of these recordings is one that the anonymizer learned from, as far as one can see: cleaned or "
                "converted in another way they would not be known again")
FEWEST = 16  # recordings that the anonymizer has not seen, below which there is nothing to test


def evaluate(
    original: str | Path,
    released: str | Path,
    *,
    keep: Sequence[str],
    hide: Sequence[str],
    mask: str | Path | None = None,
    threats: Sequence[str] = tuple(THREATS),
    attacks: Sequence[str] = ATTACKS_ASKED,
    judges: Sequence[str] = JUDGES_ASKED,
    by: str | None = None,
    seeds: int = 3,
    open_set: bool = False,
    others: str | Path | None = None,
    twice: Sequence[str | Path] = (),
    draws: int = DRAWS,
    nulls: bool = True,
    limits: bool = True,
    answers: str | Path | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    set: Mapping[str, str] | None = None,
    format: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    on: str = "local",
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Ask every attack under every threat; `mask` is the model that made the release, if one did, `others` are recordings
    of the attacker's own, `twice` other releases of the same. Without `nulls` nobody is taught labels that say nothing,
    without `limits` no signature is planted: for runs that stand beside others. In the folder `answers` several runs keep
    what they were answered, so that nothing is asked twice."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    clock = Clock(minutes)
    labels = roles_of(keep, hide)
    refuse_run(Path(out) if out is not None else None, Share.checked(*share, on), minutes, force)
    for name in attacks:
        pick(name, ATTACKS, "attack")
    for name in threats:
        pick(name, THREATS, "threat")
    if draws < 1:
        raise UserError(f"{draws} draws teach nobody", "--draws is 1 or more")
    paths, names = ([judge for judge in judges if by_path(judge) is there] for there in (True, False))
    refuse_options(set or {}, names if open_set or any(name in NETWORKS for name in attacks) else (),
                   "features" in attacks)
    with only_one(out, share), own_room() as own:
        folders = [own / name for name in ("original", "released")]
        before, after = (mapped(read(data, format), folder)
                         for data, folder in zip((original, released), folders, strict=True))
        whole = after.content_id
        meet(out, Share(*share), {**used, "seed": seed}, before.content_id, whole)
        before, after, notes = side_by_side(before, after, tuple(labels))
        also = second(after, twice, format)
        before, after = before.select(also.rows), after.select(also.rows)
        notes += also.notes
        made_by = as_used(mask, before, after) if mask is not None else None
        given = {path: load(path) for path in paths}
        notes += refuse_judges(given, labels, threats, before, made_by)
        rows, more = unseen(before, after, made_by, hide)
        known_to_it = np.setdiff1d(np.arange(len(before)), rows)
        learned_from = before.select(known_to_it), after.select(known_to_it)
        before, after = before.select(rows), after.select(rows)
        refuse_labels(before, labels)
        kept = keep[0] if keep else "action"
        halves = halves_of(before, labels, by, kept, seed, open_set)
        known = Known(before, after, made_by, read_sources(Path(released)), halves, tuple(hide),
                      read(others, format) if others is not None else None,
                      tuple(one.select(rows) for one in also.releases), draws, minutes, seed)
        notes += [*donors_elsewhere(known), *said_of_others(known), *carried(known, labels)]
        tried = tables_of(known, [name for name in threats if of_use(name, hide)])
        tables = tables_mapped(tried.tables, own / "tables")
        cells = list(asked_cells(labels, tables, attacks, names, halves, given))
        folder = Path(answers if answers is not None else Path(out if out is not None else own) / "cells")
        asked = ask(units_asked(cells, seeds, nulls), by_column(tables), halves, folder, jobs=jobs,
                    minutes=share_of(clock.left, FOR_CELLS), keep=kept, options=set, report=report,
                    share=Share(*share, on), say=say)
        card = Scorecard("evaluate", seed=seed, data=told_of(after, Path(released).name))
        card.data["original"] = before.content_id
        card.data["released"] = whole
        card.data["made_by"] = [{key: entry.get(key) for key in ("with", "options", "strength", "model")}
                                for entry in after.history if entry.get("verb") == "anonymize"]
        card.curves += lessons(made_by)
        if asked.waiting:
            card.not_tried.append(f"{asked.waiting} answers of other shards are not there yet: the one that comes last "
                                  "writes results.json")
            return card
        asked, cells = settled(asked, cells, tables)
        asked = credit(asked, known)
        tally(card, before, asked, cells, halves)
        mark_taught(card, given, before)
        card.warnings += [*notes, *more]
        _compare(card, before, after)
        costs(card, asked, cells, tables, halves, tried.minutes)
        beside(card, known, tables, kept)
        if "donor" in tables:  # of which nothing is learned
            tally_near(card, nearness(before, after, kept, seed))
        if len(known_to_it):
            tell_apart(card, *learned_from, labels, kept, folder, clock, by=by, seed=seed, jobs=jobs)
        for label in hide if limits else ():
            calibrated(card, after, label, first_halves(halves, label), kept, seed, clock)
        card.not_tried += [f"attack {name}" for name in ATTACKS if name not in attacks]
        card.not_tried += [*tried.missing, *(f"threat {name}" for name in THREATS
                                           if name not in threats or not of_use(name, hide))]
        conclude(card)
        if out is not None:
            keep_some(card, asked.answers, Path(out), before, after)
            record = record_of("evaluate", used, seed, content_id=after.content_id, content_of_original=before.content_id)
            write_run(Path(out), card, split_rows(halves, before.ids), record)
    return card


# ── the release beside the original ──────────────────────────────────────────────────────────────────────────────────


def side_by_side(original: MotionDataset, released: MotionDataset,
                 labels: Sequence[str] = ()) -> tuple[MotionDataset, MotionDataset, list[str]]:
    """Both with the same recordings in the same order and the original's labels, and what had to be done for that; a
    release may hold fewer recordings, and no others."""
    place = {id: row for row, id in enumerate(original.ids)}
    strange = [id for id in released.ids if id not in place]
    if strange:
        raise UserError(f"{len(strange)} of {len(released)} released recordings are not in the original by their id: "
                        f"{listed(strange, 3)}", "compare a release with what it was made of, before release gives it "
                        "new names")
    if original.skeleton.joints != released.skeleton.joints:
        theirs, ours = (f"{one.skeleton.name!r} with {len(one.skeleton.joints)} joints" for one in (released, original))
        raise UserError(f"the release has the body plan {theirs}, the original {ours}",
                        "convert the original to the release's plan with --skeleton")
    rows = np.array([place[id] for id in released.ids], np.int64)
    before = original.select(rows)
    for label in labels:
        _refuse_other_truth(before, released, label)
    notes = []
    if len(released) < len(original):
        notes.append(f"{len(original) - len(released)} of {len(original)} recordings are not in the release: only those "
                     "that are were compared, before as after")
    if (np.diff(rows) < 0).any():
        notes.append("the release has its recordings in another order: they were matched by their ids")
    order = np.argsort(rows, kind="stable")
    after = replace(released, labels=before.labels, names=before.names)  # one code for one thing
    return before.select(order), after.select(order), notes


def _refuse_other_truth(before: MotionDataset, released: MotionDataset, label: str) -> None:
    if label not in before.labels or label not in released.labels:
        return
    other = [row for row in range(len(before)) if (said := released.text(label, row))
             and said != before.text(label, row)]
    if other:
        row = other[0]
        raise UserError(f"{len(other)} of {len(before)} recordings have another {label} in the release than in the "
                        f"original: {before.ids[row]} is {released.text(label, row)!r}, and was "
                        f"{before.text(label, row)!r}", "compare a release with what it was made of; a label that was "
                        "changed on purpose must not be in it")


def unseen(original: MotionDataset, released: MotionDataset, mask: Mask | None,
           hide: Sequence[str] = ()) -> tuple[np.ndarray, list[str]]:
    """The recordings that the anonymizer has not learned from, and what must be said of them."""
    if mask is None:
        return np.arange(len(original)), ["what the anonymizer learned from is not known here (--with MODEL/ says it): if "
                                          "it learned from these recordings, it knew what it is tested on"]
    _refuse_other_mask(released, mask)
    rows, notes = _not_learned_from(original, mask, hide)
    return rows, [*_other_weights(released, mask), *notes]


def _not_learned_from(original: MotionDataset, mask: Mask, hide: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    everything = np.arange(len(original))
    learned = np.isin(np.array(original.hashes, str), mask.trained_on["hashes"])
    rest = np.flatnonzero(~learned)
    if not learned.any():
        return everything, [NOBODY_KNOWN] if mask.trained_on["hashes"] else []
    if len(rest) < FEWEST:
        which = "every recording" if not len(rest) else f"all but {len(rest)} recordings"
        return everything, [f"the anonymizer learned from {which} of this release, and is tested on what it knows: it "
                            "may do worse on others"]
    return rest, [f"{learned.sum()} of {len(original)} recordings, from which the anonymizer learned, are shown apart",
                  *_known_people(original, learned, hide)]


def as_used(mask: str | Path, original: MotionDataset, released: MotionDataset) -> Mask:
    """What `--with` names, as strong and with the options with which it made the release, so far as history tells."""
    told = [entry for entry in released.history if entry.get("verb") == "anonymize" and "with" in entry]
    by_name = not (Path(mask) / PAGE).is_file()
    same = told[-1] if told and by_name and told[-1]["with"] == str(mask) else {}
    settable = usual_options(str(mask)) if same else {}
    found = mask_of(mask, original, {key: str(value) for key, value in same.get("options", {}).items() if key in settable})
    if told:
        found.net.strength = float(told[-1].get("strength", 1.0))
    return found


def _refuse_other_mask(released: MotionDataset, mask: Mask) -> None:
    made = [str(entry["with"]) for entry in released.history if entry.get("verb") == "anonymize" and "with" in entry]
    if made and mask.name not in made:
        raise UserError(f"the release was made by {listed(made)}, and the model is of {mask.name}",
                        "give --with the model that made the release")


def _other_weights(released: MotionDataset, mask: Mask) -> list[str]:
    """Models of one name may have learned from others, and then say nothing of what the release's maker knew."""
    made = [entry["model"] for entry in released.history if entry.get("verb") == "anonymize" and "model" in entry]
    if not made or mask.hash in made:
        return []
    return [f"the release was made by another {mask.name} than the one that --with names: what its maker learned from is "
            "not known, and undoing it may fail for that alone"]


def _known_people(original: MotionDataset, learned: np.ndarray, hide: Sequence[str]) -> list[str]:
    """Of an attribute no person may be on both sides."""
    if "subject" not in original.labels:
        return []
    people = original.labels["subject"]
    both = np.setdiff1d(np.intersect1d(people[learned], people[~learned]), [UNKNOWN])
    return [f"{label}: the anonymizer learned from other recordings of {len(both)} of the tested people: it may do worse "
            "on strangers" for label in hide if label != "subject" and len(both)]


def lessons(mask: Mask | None) -> list[dict[str, Any]]:
    """How the training of an anonymizer went, as rows of a scorecard."""
    return [{"epoch": row["epoch"], "what": f"training: {what}", "value": value}
            for row in (mask.curves if mask else []) for what, value in row.items() if what != "epoch"]


def _compare(card: Scorecard, before: MotionDataset, after: MotionDataset) -> None:
    """How far the motion was moved, and what had to be done to say so."""
    try:
        card.motion = compared(before, after)
        card.warnings += noted(before, after)
    except UserError as fault:
        card.not_tried.append(f"how far the motion was moved: {fault.wrong}")


# ── judges that are there already ────────────────────────────────────────────────────────────────────────────────────


def refuse_judges(given: Mapping[str, Model], labels: Mapping[str, str], threats: Sequence[str],
                  original: MotionDataset, mask: Mask | None) -> list[str]:
    """Refuse a judge by path that took part in making the release, or that cannot answer; and what must be said."""
    for path, model in given.items():
        if model.label not in labels:
            raise UserError(f"the judge {path} tells {model.label}, which is neither kept nor hidden",
                            f"name it with --keep or --hide {model.label}")
        if "naive" not in threats:
            raise UserError(f"the judge {path} has learned before there was a release: it is asked under the threat "
                            "naive alone", "add --threat naive, or name a classifier, which is then taught anew")
        refuse_strangers(model, original)
        truth_of(model, original)
        if mask is not None and {model.hash, *model.lineage} & {mask.hash, *mask.lineage}:
            raise UserError(f"the judge {path} took part in making the release: of course it is deceived",
                            "name a classifier, which is then taught anew, or give a model that was taught apart")
    return [f"the judge {path}: whether it took part in making the release is not known (--with MODEL/ says it)"
            for path in given if mask is None]


def mark_taught(card: Scorecard, given: Mapping[str, Model], tested: MotionDataset) -> None:
    """Cells of a judge by path that learned from what it is tested on leak, and are never the headline."""
    for path, model in given.items():
        known = int(np.isin(np.array(tested.hashes, str), model.trained_on["hashes"]).sum())
        if known:
            card.cells = [cell._replace(leaks=(*cell.leaks, "tested recordings")) if cell.judge == path else cell
                          for cell in card.cells]
            card.warnings.append(f"the judge {path} learned from {known} of the {len(tested)} recordings that it is "
                                 "tested on: its cells leak")
