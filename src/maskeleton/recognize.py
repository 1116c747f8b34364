"""A cell of the table: can this label be recognized on these recordings by one who learned from those?"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.answers import Answers
from maskeleton.attacks import ATTACKS
from maskeleton.attacks.given import by_path
from maskeleton.attacks.match import match_with
from maskeleton.checkpoint import load
from maskeleton.dataset import MotionDataset
from maskeleton.errors import pick
from maskeleton.jobs import Job
from maskeleton.labels import UNKNOWN
from maskeleton.motion import canonical_json
from maskeleton.score import permuted
from maskeleton.seeds import seed_for
from maskeleton.splits import Half, OpenSet

NETWORKS = "networks"  # the folder among the answers where what was taught waits for the next threat


class Cell(NamedTuple):
    """What is asked, by whom: a row and a column of the table, and the judge."""

    label: str
    role: str  # hide or keep
    threat: str
    attack: str
    judge: str
    by: str


def cell_jobs(
    cell: Cell,
    learned: MotionDataset,
    looked_at: MotionDataset,
    halves: Sequence[Half | OpenSet],
    seed: int,
    null: bool = False,
    keep: str = "action",
    set: Mapping[str, str] | None = None,
    minutes: float | None = None,
) -> list[Job]:
    """A job for each half: learn from `learned`, look at `looked_at` (the same recordings, perhaps released).

    Of an open set the gallery too is of what was learned from.
    """
    jobs = []
    weights = [load(cell.judge).hash] if by_path(cell.judge) else []  # the folder may hold another model tomorrow
    for fold, half in enumerate(halves):
        train, gallery = learned.select(half.train), None
        if isinstance(half, OpenSet):
            gallery, test = learned.select(half.gallery), looked_at.select(half.probe)
        else:
            test = looked_at.select(half.test)
        options = {"keep": keep, "set": dict(set or {}), "minutes": minutes}
        ids = [some.content_id for some in (train, test, gallery) if some is not None]
        codes = [_codes(some, cell.label, keep) for some in (train, test, gallery) if some is not None]
        key = [*cell, seed, fold, null, *ids, *codes, {**options, "minutes": minutes is not None}, *weights]
        judge = Path(cell.judge).name
        name = f"{cell.label}-{cell.threat}-{cell.attack}-{judge}-{seed}{'-null' if null else ''}-{fold}"
        jobs.append(Job(name, key, answer, (train, test, gallery, cell, seed, fold, null, options)))
    return jobs


def _codes(dataset: MotionDataset, label: str, keep: str) -> str:
    """A name for the labels that count: a release has the original's, whatever it was written with."""
    told = {name: dataset.labels[name].tolist() for name in (label, keep, "subject") if name in dataset.labels}
    return hashlib.sha256(canonical_json(told)).hexdigest()[:16]


def answer(
    out: Path, train: MotionDataset, test: MotionDataset, gallery: MotionDataset | None, cell: Cell, seed: int,
    fold: int, null: bool, options: Mapping[str, Any],
) -> None:
    """Job: the answers of one attack on one half, as a file."""
    keep = options["keep"]
    if null:
        train = innocent(train, cell.label, keep, seed)
        gallery = innocent(gallery, cell.label, keep, seed) if gallery is not None else None
    words = {"judge": cell.judge, "seed": seed_for(seed, "judge", cell.label, cell.judge, fold), **options,
             "networks": out.parent / NETWORKS}
    if gallery is None:
        found: Answers = pick(cell.attack, ATTACKS, "attack")(train, test, cell.label, **words)
    else:
        found = match_with(train, gallery, test, cell.label, **words)
    found._replace(seed=np.full(len(found.person), seed, np.int64)).save(out)


def innocent(train: MotionDataset, label: str, keep: str, seed: int) -> MotionDataset:
    """The training recordings with a label that says nothing: what the same attack makes of them is the null."""
    nothing = np.full(len(train), UNKNOWN, np.int32)
    codes = permuted(train.labels[label], label, person=train.labels.get("subject", nothing),
                     keep=train.labels.get(keep, nothing), seed=seed)
    return relabelled(train, label, codes)


def relabelled(dataset: MotionDataset, label: str, codes: np.ndarray) -> MotionDataset:
    """The dataset with other codes of one label."""
    return replace(dataset, labels={**dataset.labels, label: codes.astype(np.int32)})
