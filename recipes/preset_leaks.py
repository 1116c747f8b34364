"""What the presets of synthetic people give away to the default judge: who, what gender, which action.

    .venv/bin/python recipes/preset_leaks.py [PRESET ...] [--jobs N] [--cells FOLDER] [--set key=value ...]

Each figure is of a part of the preset (SIZES), so that everything takes about a quarter of an hour on two cores. People
are tested in takes nobody trained on, gender and actions of people nobody trained on. --set changes a setting of the
synthetic people, --cells keeps the answers: a run that was stopped goes on.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from maskeleton import MotionDataset, UserError, score
from maskeleton.answers import Answers, joined
from maskeleton.jobs import Job, run
from maskeleton.options import pairs
from maskeleton.recognize import Cell, cell_jobs
from maskeleton.splits import split
from maskeleton.synthetic import SyntheticSource, settings

SIZES: dict[str, dict[str, int]] = {
    "subject": {"people": 24, "takes": 2, "cameras": 2},
    "gender": {"people": 40, "actions": 20, "takes": 1, "cameras": 2},
    "action": {"people": 24, "takes": 1, "cameras": 2},
}
METRICS = {"subject": ("top1",), "gender": ("accuracy", "auc"), "action": ("top1",)}
GOALS = {"subject": ".75–.95", "gender": ".80–.92", "action": ".88–.97"}


def people(preset: str, label: str, changed: Mapping[str, str]) -> tuple[MotionDataset, str]:
    """The part of a preset that a label is read from, and its size in words."""
    source = SyntheticSource(settings(preset, **SIZES[label], set=changed))
    dataset = MotionDataset.of(source.skeleton, source.fps, (one for who in source.parts for one in source.read(who)))
    size = source.settings
    return dataset, f"{size.people} × {size.actions} × {size.takes} × {size.cameras} = {len(dataset):,}"


def questions(dataset: MotionDataset, label: str) -> list[Job]:
    """The judge, taught anew for each half, and asked."""
    halves = split(dataset, label)
    cell = Cell(label, "keep" if label == "action" else "hide", "before", "classify", "tcn", halves[0].by)
    return cell_jobs(cell, dataset, dataset, halves, 0)


def confused(answers: Answers, dataset: MotionDataset) -> tuple[float, str]:
    """The largest share of an action's recordings that was called one other action, and which two they are."""
    codes, guess = answers.codes, answers.guess
    counts = np.zeros((len(codes), len(codes)))
    np.add.at(counts, (answers.truth, guess), 1)
    shares = counts / counts.sum(1, keepdims=True)
    np.fill_diagonal(shares, 0)
    true, called = np.unravel_index(shares.argmax(), shares.shape)
    name = partial(_name, dataset)
    return float(shares.max()), f"{name(codes[true])} called {name(codes[called])}"


def _name(dataset: MotionDataset, code: int) -> str:
    return dataset.names["action"][code]


def report(presets: Sequence[str], workers: int, cells: Path, changed: Mapping[str, str]) -> None:
    """Print a row for each figure; all judges are taught side by side."""
    asked = [(preset, label, *people(preset, label, changed)) for preset in presets for label in SIZES]
    jobs = [questions(dataset, label) for _, label, dataset, _ in asked]
    run([job for some in jobs for job in some], cells, workers)
    head = ("preset", "read off", "people × actions × takes × cameras", "metric", "rate", "95 % over people", "goal")
    print(row(head) + "\n" + "| --- " * len(head) + "|")
    for (preset, label, dataset, size), mine in zip(asked, jobs, strict=True):
        answers = joined([Answers.load(path) for path in run(mine, cells)])
        for metric in METRICS[label]:
            found = score(answers, metric)
            print(row((preset, label, size, metric, f"{found.rate:.3f}", f"{found.low:.2f}–{found.high:.2f}",
                       GOALS[label])))
        if label == "action":
            share, pair = confused(answers, dataset)
            print(row((preset, pair, size, "most confused", f"{share:.3f}", "", "≤ .20")))


def row(told: Sequence[str]) -> str:
    return f"| {' | '.join(told)} |"


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("presets", nargs="*", metavar="PRESET", help="etri and ntu unless others are named")
    wish.add_argument("--jobs", type=int, default=2, help="judges taught at once")
    wish.add_argument("--cells", type=Path, help="folder that keeps the answers")
    wish.add_argument("--set", nargs="+", default=[], metavar="key=value", help="settings of docs/synthetic.md")
    asked = wish.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        try:
            report(asked.presets or ("etri", "ntu"), asked.jobs, asked.cells or Path(own), pairs(asked.set))
        except UserError as fault:
            print(fault, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
