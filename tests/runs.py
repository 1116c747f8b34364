"""Folders of runs as audit and evaluate leave them, with figures that one can do in one's head."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from maskeleton.dataset import MotionDataset
from maskeleton.formats import npz
from maskeleton.motion import Motion
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.skeleton import KINECT25
from maskeleton.verdict import conclude

from people import stepping

WHO = {"label": "subject", "threat": "adaptive", "attack": "features", "judge": ""}
SECRETS = ("/home/somebody/originals", "0c0ffee0", "S001C001P007", "P007", "20261128")  # nowhere in a public copy


def cell(label: str, role: str, threat: str, rate: float, **more: Any) -> CellScore:
    """20 people, 480 trials; ± .1 about the rate."""
    usual: dict[str, Any] = {
        "attack": "features", "judge": "", "split": "take" if role == "hide" else "person", "leaks": (),
        "metric": "auc" if label == "gender" else "top1", "low": max(rate - 0.1, 0), "high": min(rate + 0.1, 1),
        "chance": 0.5 if label == "gender" else 0.05, "null": 0.5 if label == "gender" else 0.06, "trials": 480, "people": 20,
        "seeds": 3}
    return CellScore(label=label, role=role, threat=threat, rate=rate, **{**usual, **more})


def evaluation(*more: CellScore, cells: bool = True, **rows: Any) -> Scorecard:
    """A release under which 31 of 100 are named, where it was 97, and 60 actions told, where it was 80."""
    usual = [cell("subject", "hide", "before", 0.97), cell("subject", "hide", "naive", 0.08),
             cell("subject", "hide", "adaptive", 0.31), cell("action", "keep", "before", 0.8),
             cell("action", "keep", "adaptive", 0.7), cell("action", "keep", "transfer", 0.6)] if cells else []
    told: dict[str, Any] = {
        "people": [{**WHO, "person": f"P{number:03d}", "hits": number, "trials": 10} for number in range(1, 8)],
        "by_action": [{**WHO, "action": name, "hits": hits, "trials": 10} for name, hits in (("wave", 9), ("sit", 2))],
        "curves": [{"epoch": epoch, "what": f"training: {part}_{what}", "value": 0.9 - 0.1 * epoch}
                   for epoch in (1, 2, 3) for part in ("train", "check") for what in ("keep_action", "hide_subject")],
        "motion": [{"metric": "mpjpe", "unit": "mm", "value": 42.0}],
        "limits": [{"label": "subject", "kind": "turned bone", "unit": "°", "size": 3, "tried": [1, 3], "rate": 0.5,
                    "low": 0.4, "high": 0.6, "chance": 0.05}],
        "warnings": ["the judge /home/somebody/originals/judge: S001C001P007 stands out"], "not_tried": ["attack match"]}
    data = {"name": "release", "recordings": 480, "people": 20, "content_id": "ab12", "original": "0c0ffee0",
            "made_by": [{"with": "residual", "strength": 1.0, "options": {"width": 8}, "model": "beef"}]}
    return conclude(Scorecard("evaluate", seed=20261128, data=data, cells=[*usual, *more], **{**told, **rows}))


def write(folder: Path, card: Scorecard, shown: bool = False) -> Path:
    """The folder of a run."""
    if shown:
        for name, why in (("worst-1", "worst"), ("best-1", "best"), ("together-1", "together"), ("together-2", "together")):
            card.shown.append({"file": name, "why": why, "label": "subject", "action": "wave", "right": 1.0, "cut": False})
            for place, shift in (("motions", 0.02), ("private", 0.0)):
                motion = Motion.of(stepping(12, at=shift)[:, None], name, {"action": "wave"})
                (folder / place).mkdir(parents=True, exist_ok=True)
                npz.write(MotionDataset.of(KINECT25, 30, [motion]), folder / place / f"{name}.npz")
    card.write(folder)
    options = {"original": SECRETS[0], "released": "released", "keep": ["action"], "hide": ["subject"], "mask": "neutral",
               "judges": ["tcn"], "seeds": 3, "set": {"epochs": "1"}, "out": "run", "minutes": None}
    record = {"schema": 1, "verb": card.verb, "options": options, "seed": card.seed, "versions": {"maskeleton": "0.1.0"},
              "content_id": "ab12", "content_of_original": SECRETS[1]}
    (folder / "run.json").write_text(json.dumps(record))
    columns = {"label": ["subject"] * 4, "split": ["take"] * 4, "fold": [0] * 4, "part": ["train", "train", "train", "test"],
               "recording": ["S001C001P007", "a", "b", "c"]}
    parquet.write_table(pyarrow.table(columns), folder / "split.parquet")
    return folder


def moved(first: Path, second: Path) -> float:
    """How far joints of two archives lie apart, on the mean."""
    with np.load(first, allow_pickle=False) as one, np.load(second, allow_pickle=False) as other:
        return float(np.abs(one["coords"] - other["coords"]).mean())
