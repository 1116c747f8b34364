"""One attack asked about one label of one dataset, as `audit` asks many: what the recipes beside this file stand on."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.answers import Answers, joined
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.jobs import remove, run
from maskeleton.options import pairs
from maskeleton.recognize import NETWORKS, Cell, cell_jobs
from maskeleton.splits import Half, split


class Question(NamedTuple):
    """Who is asked what; `by` is a split of docs/splits.md, `options` change how the judge is taught."""

    label: str
    attack: str
    judge: str = ""
    by: str | None = None
    options: Mapping[str, Any] = {}
    seeds: int = 1
    null: bool = False


class Found(NamedTuple):
    """The answers, those to labels that say nothing, the minutes both took now, and the halves they are about."""

    answers: Answers
    null: Answers | None
    minutes: float
    halves: Sequence[Half]


def together(each: Sequence[Found]) -> Found:
    """Several judges of the same recordings as one: the product of their probabilities."""
    first = each[0]
    logs = np.mean([_logs(one.answers.scores) for one in each], 0)
    return first._replace(answers=first.answers._replace(scores=logs), null=None, minutes=sum(one.minutes for one in each))


def _logs(scores: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, which is what some attacks give already."""
    return scores if (scores <= 0).all() else np.log(np.maximum(scores, 1e-9))


def found(question: Question, dataset: MotionDataset, cells: Path) -> Found:
    """Ask; answers are kept in the folder `cells`, and what is there already is not asked again."""
    began = time.monotonic()
    halves = split(dataset, question.label, question.by)
    cell = Cell(question.label, "hide", "before", question.attack, question.judge, halves[0].by)

    def asked(seed: int, null: bool = False) -> list[Answers]:
        todo = cell_jobs(cell, dataset, dataset, halves, seed, null, set=question.options)
        return [Answers.load(path) for path in run(todo, cells)]

    answers = joined([some for seed in range(question.seeds) for some in asked(seed)])
    null = joined(asked(0, null=True)) if question.null else None
    remove(cells / NETWORKS)
    return Found(answers, null, (time.monotonic() - began) / 60, halves)


def numbers(words: Sequence[str]) -> dict[str, float]:
    """KEY=VALUE, where the values are numbers."""
    told = pairs(list(words))
    for key, value in told.items():
        try:
            float(value)
        except ValueError:
            raise UserError(f"--set {key}={value} is no number", "write it as key=number, such as --set blend=0.5") from None
    return {key: float(value) for key, value in told.items()}


def printed(lines: Iterable[str]) -> int:
    """Lines as they come, and 0; or a sentence and 2 if something is wrong."""
    try:
        for line in lines:
            print(line, flush=True)
    except UserError as error:
        print(f"error: {error.wrong}\n       {error.remedy}", file=sys.stderr)
        return 2
    return 0
