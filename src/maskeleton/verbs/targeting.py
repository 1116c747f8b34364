"""Targeting: the weakest setting of an anonymizer that brings a risk below what is asked, found on training people."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.apply import PATHS
from maskeleton.checkpoint import PAGE
from maskeleton.crowd import Crowd, release_of
from maskeleton.dataset import MotionDataset
from maskeleton.donors import write_sources
from maskeleton.errors import UserError, listed
from maskeleton.mask import Mask, load, refuse_other_plans
from maskeleton.scorecard import Scorecard
from maskeleton.verbs.audit import refuse_labels, roles_of
from maskeleton.verbs.evaluate import FEWEST, evaluate
from maskeleton.verbs.masking import mask_of
from maskeleton.verdict import digits

STRENGTHS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of a trained model, whose options cannot be changed any more
THREATS_ASKED = ("before", "adaptive", "analytic", "donor", "transfer")
FEWEST_PEOPLE = 8  # to find a setting on: the interval of fewer is as wide as the question
HOPELESS = 0.98
TRIED_IN_VAIN = 3  # settings, before it is said that a target cannot be reached
JUDGES = {"trees": "no"}  # linear ones: what is asked again and again must take seconds


class Setting(NamedTuple):
    """How an anonymizer is used."""

    options: Mapping[str, Any]
    strength: float | None = None  # None: as it comes

    @property
    def said(self) -> str:
        """On one line."""
        words = [f"{key}={value}" for key, value in self.options.items()]
        return " ".join([*words, *([] if self.strength is None else [f"strength {self.strength:g}"])]) or "as it comes"


class Weighed(NamedTuple):
    """What was found of one setting."""

    setting: Setting
    risk: float  # the largest upper end of the hidden labels' headlines
    said: str  # what is told and kept, in words


class Reached(NamedTuple):
    """The setting that does it, and what is to be said of it."""

    setting: Setting
    said: str


def refuse_targets(target: float | None, strength: float | None, hide: Sequence[str]) -> None:
    """A UserError where a target makes no sense."""
    if target is None:
        if hide:
            raise UserError("--hide says of which label a target is", "give --target-risk, too")
        return
    if not 0 < target < 1:
        raise UserError(f"a target risk of {target:g} cannot be", "it is a share between 0 and 1 of right answers, such as 0.3")
    if strength is not None:
        raise UserError("the strength is what is looked for", "give --strength or --target-risk")
    if not hide:
        raise UserError("of which label the risk is was not said", "name it with --hide, such as --hide subject")


def reach(dataset: MotionDataset, mask: str | Path, options: Mapping[str, Any], target: float, hide: Sequence[str],
          keep: Sequence[str], folder: Path, *, rows: np.ndarray | None = None, jobs: int = 1) -> Reached:
    """The weakest setting with which every hidden label's headline, its interval's upper end, is at most the target on
    training people (`rows`, where they are known). A UserError says the best that can be reached, and what it costs."""
    keep = list(keep) or [label for label in ("action",) if label in dataset.labels and label not in hide]
    labels = roles_of(keep, hide)
    refuse_labels(dataset, labels)
    chosen = training_people(dataset, mask) if rows is None else rows
    part = dataset.select(chosen)
    refuse_labels(part, labels)
    start = folder / "target" / "original"
    store.write(part, start)

    def weigh(setting: Setting) -> Weighed:
        made = folder / "target" / f"released {setting.said}"
        write_release(mask, setting, part, made)
        card = evaluate(start, made, keep=keep, hide=hide, mask=mask, threats=THREATS_ASKED, attacks=["features"], judges=(),
                        seeds=1, nulls=False, limits=False, answers=folder / "target" / "cells", set=JUDGES, jobs=jobs)
        return weighed(setting, card, hide)

    found, tried = weakest(ladder_of(mask, options), weigh, target)
    people = len(np.unique(part.labels["subject"])) if "subject" in part.labels else 0
    on = f"{people} people" if people else f"{len(part)} recordings"
    on += ", whom it is then used for, too" if len(part) == len(dataset) else ""
    said = f"{found.setting.said}: {found.said}, found on {on}, {tried} settings tried"
    if found.risk > target:
        raise UserError(f"no setting of {named_by(mask)} brings {listed(hide)} to {digits(target)}; the best is {said}",
                        (f"ask for {digits(found.risk + 0.005)} or more, or " if found.risk < HOPELESS else "")
                        + "take another anonymizer")
    return Reached(found.setting, said)


def training_people(dataset: MotionDataset, mask: str | Path) -> np.ndarray:
    """Rows that a setting may be found on: what a model has learned from; else those of every second person; all where
    that would be too few."""
    if (Path(mask) / PAGE).is_file():
        known = np.isin(np.array(dataset.hashes, str), load(mask).trained_on["hashes"])
        if known.sum() >= FEWEST and _people(dataset, known) >= FEWEST_PEOPLE:
            return np.flatnonzero(known)
    if "subject" in dataset.labels:
        names = np.unique(dataset.labels["subject"])
        second = np.isin(dataset.labels["subject"], names[::2])
        if second.sum() >= FEWEST and _people(dataset, second) >= FEWEST_PEOPLE:
            return np.flatnonzero(second)
    return np.arange(len(dataset))


def ladder_of(mask: str | Path, options: Mapping[str, Any]) -> list[Setting]:
    """The settings of an anonymizer, the weakest first; what was set stays set."""
    if (Path(mask) / PAGE).is_file():
        return [Setting({}, strength) for strength in STRENGTHS]
    rungs = ANONYMIZERS[str(mask)].ladder if str(mask) in ANONYMIZERS else ()
    settings = [Setting({**{key: str(value) for key, value in rung.items()}, **options}) for rung in rungs or ({},)]
    return [setting for place, setting in enumerate(settings) if setting not in settings[:place]]


def weakest(settings: Sequence[Setting], weigh: Callable[[Setting], Weighed], target: float) -> tuple[Weighed, int]:
    """The first setting that meets the target, if those after it do, too; else the best of the strongest ones. And how many
    were tried. Settings that cannot be done here are passed over."""
    found: dict[int, Weighed] = {}
    left = list(settings)
    while len(found) < TRIED_IN_VAIN and left:
        try:
            last = weigh(left[-1])
        except UserError:
            if len(left) == 1 and not found:
                raise
            left.pop()
            continue
        found[len(left) - 1] = last
        if last.risk <= target:
            break
        left.pop()
    best = min(found.values(), key=lambda one: one.risk)
    if best.risk > target:
        return best, len(found)
    below, above = -1, len(left) - 1
    while above - below > 1:
        middle = (below + above) // 2
        found[middle] = weigh(left[middle])
        below, above = (below, middle) if found[middle].risk <= target else (middle, above)
    return found[above], len(found)


def weighed(setting: Setting, card: Scorecard, hide: Sequence[str]) -> Weighed:
    """What a run comes to; a UserError where it could not tell anything."""
    rows = {row["label"]: row for row in card.headline}
    for label in hide:
        if label not in rows or not any(cell.learned for cell in card.cells if (cell.label, cell.threat) == (label, "before")):
            raise UserError(f"nobody recognizes {label} on the originals of the training people: a target would mean nothing",
                            "look at what maskeleton audit finds; more people and recordings are needed to find a setting")
    told = [f"{label} told in {_span(rows[label])}" for label in hide]
    told += [f"{row['label']} kept to {digits(row['of_original'])} of the original's" for row in card.headline
             if "of_original" in row]
    return Weighed(setting, max(rows[label]["high"] for label in hide), ", ".join(told))


def write_release(mask: str | Path, setting: Setting, part: MotionDataset, out: Path) -> None:
    """A release for trying, with what `evaluate` must know of it."""
    made_by: Mask = mask_of(mask, part, setting.options)
    refuse_other_plans(made_by, part)
    if setting.strength is not None:
        made_by.net.strength = setting.strength
    source = release_of(made_by, part, secrets.token_bytes(32))
    sources = source.sources
    entry = {"verb": "anonymize", "with": made_by.name, "options": made_by.net.options, "model": made_by.hash,
             "strength": made_by.net.strength, "path": PATHS["population"],
             **made_by.net.said(part, source.seed if isinstance(source, Crowd) else 0)}
    motions = (motion for block in source.parts for motion in source.read(block))
    store.write(MotionDataset.of(part.skeleton, part.fps, motions, (*part.history, entry)), out)
    write_sources(out, part.ids, sources)


def named_by(mask: str | Path) -> str:
    """The model or anonymizer, as a person calls it."""
    return Path(mask).name


def _span(row: Mapping[str, Any]) -> str:
    return f"{digits(row['rate'])} [{digits(row['low'])}, {digits(row['high'])}]"


def _people(dataset: MotionDataset, rows: np.ndarray) -> int:
    return len(np.unique(dataset.labels["subject"][rows])) if "subject" in dataset.labels else FEWEST_PEOPLE
