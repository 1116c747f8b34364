"""One game of the paper's kind: networks taught, an anonymizer trained, its release made, and judges asked about it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from maskeleton.answers import Answers
from maskeleton.apply import Anonymized
from maskeleton.checkpoint import PAGE
from maskeleton.dataset import MotionDataset
from maskeleton.fit import fit
from maskeleton.games import arranged, teaching_of
from maskeleton.jobs import run
from maskeleton.mask import Mask, named, usual_place
from maskeleton.mask import load as load_mask
from maskeleton.normalize import normalize
from maskeleton.recognize import Cell, cell_jobs
from maskeleton.splits import Half, Parts
from maskeleton.training import train

KEEP = "action"
JUDGES_SEED = 1  # keepers and seekers have seed 0
KEY = bytes(32)  # known to everybody: these releases are for tests only
FROZEN, TAUGHT = "frozen", "taught anew"


@dataclass(frozen=True)
class Stage:
    """Recordings in three parts, what is hidden in them, and how all networks are taught; `folder` keeps the work."""

    dataset: MotionDataset
    parts: Parts
    hide: str
    changes: Mapping[str, Any]  # of the options of every game
    judge: str  # a classifier
    teaching: Mapping[str, Any]  # how judges are taught
    folder: Path

    @cached_property
    def home(self) -> Path:
        """Where the work of this stage is kept; another stage has another."""
        told = repr([self.dataset.content_id, [part.tolist() for part in self.parts[:3]], self.hide, self.judge,
                     sorted(self.changes.items()), sorted(self.teaching.items())])
        return self.folder / f"{self.hide}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"

    @cached_property
    def seen(self) -> MotionDataset:
        """What the judges' part and the tested part hold, as it was recorded."""
        return self.dataset.select(np.concatenate([self.parts.judge, self.parts.test]))

    @cached_property
    def half(self) -> Half:
        """The same two parts, as rows of `seen`."""
        count = len(self.parts.judge)
        return Half(np.arange(count), np.arange(count, len(self.seen)), self.parts.by, self.parts.leaks)

    @property
    def labels(self) -> tuple[str, str]:
        """What is to stay and what is to go."""
        return KEEP, self.hide

    def network(self, role: str, label: str, number: int, game: Mapping[str, Any]) -> Path:
        """A keeper or a seeker, taught from the anonymizer's part alone; every game of a stage is against the same."""
        options = teaching_of(role, game)
        told = hashlib.sha256(repr([game[role], game["teaching"], sorted(options.items())]).encode()).hexdigest()[:8]
        out = self.home / f"{role}-{label}-{number}-{told}"
        if not (out / PAGE).is_file():
            fit(game[role], self.dataset, label, preset=game["teaching"], indices=self.parts.anonymizer, set=options,
                out=out, words=(role, number))
        return out

    def mask(self, preset: str, changes: Mapping[str, Any]) -> Mask:
        """An anonymizer, trained by a preset with some of its options changed."""
        changes = {**self.changes, **changes}
        told = hashlib.sha256(repr(sorted(changes.items())).encode()).hexdigest()[:8]
        out = self.home / f"mask-{preset}-{told}"
        if (out / PAGE).is_file():
            return load_mask(out)
        game, _ = arranged(preset, changes)
        cast = {role: ",".join(str(self.network(role, label, number, game)) for number in range(game[f"{role}s"]))
                for role, label in (("keeper", KEEP), ("seeker", self.hide))}
        own = {key: value for key, value in changes.items() if not key.startswith(("keeper.", "seeker."))}
        return train(self.dataset, [KEEP], [self.hide], preset=preset, set={**own, **cast}, rows=self.parts.anonymizer,
                     out=out)

    def noise(self, sigma: float, chain: str) -> Mask:
        """Noise on normalized motion, as the paper adds it."""
        mask = named("noise", self.dataset.skeleton, {"sigma": sigma})
        return replace(mask, chain=chain, place=usual_place(self.dataset.select(self.parts.anonymizer), chain))

    def frozen(self, label: str) -> Path:
        """The judge who learned from originals of the judges' part, before there was a release."""
        out = self.home / f"judge-{label}"
        if not (out / PAGE).is_file():
            fit(self.judge, self.dataset, label, indices=self.parts.judge, seed=JUDGES_SEED, set=self.teaching, out=out)
        return out

    def asked(self, released: MotionDataset, label: str, judge: str, attack: str = "classify") -> Answers:
        """What a judge says of the tested part of a release; one that is no folder learns from its other part."""
        role = "keep" if label == KEEP else "hide"
        frozen = judge == FROZEN
        cell = Cell(label, role, "naive" if frozen else "adaptive", attack,
                    str(self.frozen(label)) if frozen else judge, self.half.by)
        teaching = {} if frozen or attack != "classify" else self.teaching
        todo = cell_jobs(cell, self.seen if frozen else released, released, [self.half], JUDGES_SEED, keep=KEEP,
                         set=teaching)
        (path,) = run(todo, self.home / "cells")
        return Answers.load(path)


def released(mask: Mask | None, dataset: MotionDataset) -> MotionDataset:
    """A dataset as an anonymizer releases it; without one as it is."""
    if mask is None:
        return dataset
    source = Anonymized(mask, dataset, KEY)
    return MotionDataset.of(dataset.skeleton, dataset.fps, (motion for part in source.parts for motion in source.read(part)))


@torch.inference_mode()
def moved(mask: Mask | None, dataset: MotionDataset) -> float:
    """RMSE: by how much coordinates of normalized motion are moved, of all who are there."""
    if mask is None:
        return 0.0
    total = count = 0.0
    for row, motion in enumerate(dataset):
        normal, _ = normalize(mask.chain, motion, dataset.skeleton)
        positions, present = torch.tensor(normal.positions)[None], torch.tensor(normal.present)[None]
        there, _ = mask.net(positions, present, torch.tensor([row]))
        apart = (there - positions)[present]
        total, count = total + float(apart.double().square().sum()), count + apart.numel()
    return float(np.sqrt(total / max(count, 1)))


def sign_free(auc: float) -> float:
    """An attacker who is always wrong knows as much as one who is always right."""
    return max(auc, 1 - auc)
