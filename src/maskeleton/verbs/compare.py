"""compare: several releases of one dataset side by side: what each gives away, what it keeps, and which are beaten."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.attacks import ATTACKS
from maskeleton.battery import Clock
from maskeleton.dataset import MotionDataset
from maskeleton.donors import read_sources, write_sources
from maskeleton.errors import UserError, listed, pick
from maskeleton.formats.opening import read
from maskeleton.jobs import Report, Share
from maskeleton.mask import Mask, built_of, learns, load
from maskeleton.page.versus import write_pictures
from maskeleton.record import record_of, write_record
from maskeleton.room import own_room
from maskeleton.scorecard import Scorecard
from maskeleton.tally import told_of
from maskeleton.threats import THREATS
from maskeleton.verbs.audit import refuse_labels, refuse_run, roles_of
from maskeleton.verbs.evaluate import ATTACKS_ASKED, FEWEST, JUDGES_ASKED, evaluate, side_by_side


class Rival(NamedTuple):
    """A release that is compared."""

    name: str
    path: Path
    dataset: MotionDataset
    mask: str | None  # the model that made it, or the anonymizer's name


def compare(
    original: str | Path,
    released: Sequence[str | Path],
    *,
    keep: Sequence[str],
    hide: Sequence[str],
    out: str | Path,
    masks: Mapping[str, str | Path] | None = None,
    threats: Sequence[str] = tuple(THREATS),
    attacks: Sequence[str] = ATTACKS_ASKED,
    judges: Sequence[str] = JUDGES_ASKED,
    by: str | None = None,
    seeds: int = 3,
    nulls: bool = True,
    minutes: float | None = None,
    set: Mapping[str, str] | None = None,
    format: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Ask the same of every release, of the recordings that all have; `masks` are the models that made some, by the names
    of the releases. What is found goes to `out`."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    clock, out = Clock(minutes), Path(out)
    refuse_run(out, Share(), minutes, force)
    labels = roles_of(keep, hide)
    for name in threats:
        pick(name, THREATS, "threat")
    for name in attacks:
        pick(name, ATTACKS, "attack")
    whole = read(original, format)
    rivals = _rivals(released, whole, masks or {}, format)
    rows, notes = _common(whole, rivals, [load(path) for path in (masks or {}).values()])
    before = whole.select(rows)
    refuse_labels(before, labels)
    card = Scorecard("compare", seed=seed, data={**told_of(before, Path(original).name),
                                                 "releases": [_told(rival) for rival in rivals]}, warnings=notes)
    said: dict[str, dict[str, list[str]]] = {"warnings": {}, "not_tried": {}}
    with own_room() as own:
        start = own / Path(original).name / "original"
        store.write(before, start)
        for number, rival in enumerate(rivals):
            here = own / f"{number}" / rival.path.name
            there = np.isin(np.array(rival.dataset.ids, str), before.ids)
            _, made, _ = side_by_side(before, rival.dataset.select(there), tuple(labels))
            store.write(made, here)
            if (entered := read_sources(rival.path)) is not None:
                write_sources(here, made.ids, [entered.get(id, (id,)) for id in made.ids])
            each = None if clock.left is None else clock.left / (len(rivals) - number)
            found = evaluate(start, here, keep=keep, hide=hide, mask=rival.mask, threats=threats, attacks=attacks, judges=judges,
                             by=by, seeds=seeds, nulls=nulls, limits=False, answers=out / "cells", minutes=each, set=set,
                             seed=seed, jobs=jobs)
            _add(card, found, rival.name)
            for kind, words in (("warnings", found.warnings), ("not_tried", found.not_tried)):
                for one in words:
                    said[kind].setdefault(one, []).append(rival.name)
            if report:
                report(number + 1, len(rivals))
            if say:
                say(rival.name)
    card.warnings += _by_whom(said["warnings"], len(rivals))
    card.not_tried = [*_by_whom(said["not_tried"], len(rivals)), "planted signatures, learning curves: evaluate says them of one "
                      "release"]
    card.write(out)
    write_pictures(card, out)
    write_record(out, record_of("compare", used, seed, content_id=before.content_id))
    return card


def _rivals(released: Sequence[str | Path], original: MotionDataset, masks: Mapping[str, str | Path],
            format: str | None) -> list[Rival]:
    """The releases under the names of their folders; what is no release of this original is refused before anything is
    asked."""
    if len(released) < 2:
        raise UserError(f"{len(released)} release cannot be compared", "name two or more; for one there is maskeleton evaluate")
    names = _names([Path(one) for one in released])
    if strange := [name for name in masks if name not in names]:
        raise UserError(f"--with names {listed(strange)}, and no release is called so", f"releases: {listed(names)}")
    found = []
    for name, path in zip(names, map(Path, released), strict=True):
        dataset = read(path, format)
        side_by_side(original, dataset)
        found.append(Rival(name, path, dataset, str(masks[name]) if name in masks else _by_name(dataset)))
    return found


def _names(paths: Sequence[Path]) -> list[str]:
    """The last part of each path; where two are called alike, more of it."""
    short = [path.name or path.resolve().name for path in paths]
    long = [f"{path.resolve().parent.name}/{name}" if short.count(name) > 1 else name
            for path, name in zip(paths, short, strict=True)]
    if twice := sorted({name for name in long if long.count(name) > 1 or name == "original"}):
        raise UserError(f"two things are called {listed(twice)}", "give every release a folder of another name, and none that of "
                        "the original")
    return long


def _by_name(released: MotionDataset) -> str | None:
    """An anonymizer of the shelf that made it and learned nothing: its inverse can be tried without a model."""
    made = [str(entry["with"]) for entry in released.history if entry.get("verb") == "anonymize" and "with" in entry]
    name = made[-1] if made else ""
    return name if name in ANONYMIZERS and not learns(built_of(name, released.skeleton, {})) else None


def _common(original: MotionDataset, rivals: Sequence[Rival], masks: Sequence[Mask]) -> tuple[np.ndarray, list[str]]:
    """Rows of the original that every release has and no model has learned from, and what must be said of that."""
    there = [{*rival.dataset.ids} for rival in rivals]
    rows = np.array([row for row, id in enumerate(original.ids) if all(id in some for some in there)], np.int64)
    notes = []
    if len(rows) < FEWEST:
        raise UserError(f"{len(rows)} recordings are in every release", f"there must be {FEWEST} or more that all have")
    if len(rows) < len(original):
        notes.append(f"{len(original) - len(rows)} of {len(original)} recordings are not in every release: only what all have "
                     "is compared")
    hashes = np.array(original.hashes, str)[rows]
    known = np.isin(hashes, [one for mask in masks for one in mask.trained_on["hashes"]])
    if known.any() and (~known).sum() >= FEWEST:
        notes.append(f"{int(known.sum())} recordings from which one of the models learned are left out for all releases")
        rows = rows[~known]
    elif known.any():
        notes.append("the models learned from all or nearly all of these recordings: they are tested on what they know")
    return rows, notes


def _told(rival: Rival) -> dict[str, object]:
    made = [entry for entry in rival.dataset.history if entry.get("verb") == "anonymize"]
    keys = ("with", "options", "strength", "protects", "carries", "guarantee")
    told: dict[str, object] = {key: made[-1][key] for key in keys if made and key in made[-1]}
    return {"name": rival.name, "content_id": rival.dataset.content_id, **told}


def _add(card: Scorecard, found: Scorecard, name: str) -> None:
    """One release's cells and rows; the original's are the same for all, and stand once."""
    known = {cell[:8] for cell in card.cells if cell.threat == "before"}
    card.cells += [cell if cell.threat == "before" else cell._replace(release=name) for cell in found.cells
                   if cell.threat != "before" or cell[:8] not in known]
    for rows in ("people", "by_action", "motion", "headline"):
        getattr(card, rows).extend({**row, "release": name} for row in getattr(found, rows))


def _by_whom(said: Mapping[str, Sequence[str]], count: int) -> list[str]:
    """What was said, with the releases of which it was, where it was not of all."""
    return [words if len(names) == count else f"{', '.join(names)}: {words}" for words, names in said.items()]
