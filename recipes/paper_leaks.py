"""What the paper says a dataset gives away (tables 1 and 2, its identity figures, its mean over three networks), again.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/paper_leaks.py [--small] [--cells FOLDER]

FOLDER/etri and FOLDER/ntu are read where they are there: a store made by `maskeleton convert`, or the makers' files
(ETRI-Activity3D's csv with a people.csv that says subject and gender; NTU RGB+D 60's .skeleton). Where one is not,
people who do not exist stand in for it, and then the paper's figures and ours are of different data. --small asks small
networks about few people: it shows in minutes that everything runs, and its figures mean little.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asking import Question, found

from maskeleton import MotionDataset, UserError, read
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.presets import chosen
from maskeleton.score import agreement, score
from maskeleton.synthetic import SyntheticSource, settings

SIZES: dict[str, dict[str, int]] = {
    "etri": {"people": 30, "takes": 1, "cameras": 4},
    "ntu": {"people": 20, "actions": 30, "takes": 2, "cameras": 3},
}
SMALL_SIZES: dict[str, dict[str, int]] = {
    "etri": {"people": 20, "actions": 10, "takes": 1, "cameras": 2},
    "ntu": {"people": 8, "actions": 10, "takes": 2, "cameras": 3},
}
QUICKLY = {"frames": 32, "epochs": 10, "lr": 0.003}
SMALL: dict[str, dict[str, Any]] = {
    "msg3d": {"widths": (24, 48), "scales": 5, "windows": (3,), "window_scales": 3, **QUICKLY},
    "shiftgcn": {"widths": (24, 24, 48, 48), **QUICKLY},
    "agcn": {"widths": (24, 24, 48, 48), **QUICKLY},
}
NETWORKS = ("shiftgcn", "msg3d", "agcn:joint+bone")


class Figure(NamedTuple):
    """One figure of the paper: what it is of, whom we ask, and what the paper has for each metric."""

    table: str
    data: str
    question: Question
    paper: dict[str, str]


def figures(small: bool) -> Iterator[Figure]:
    """All of them; networks as they were published and taught, or small ones."""
    gender = Question("gender", "classify", by="etri-subject")
    person = Question("subject", "classify", by="ntu60-xview")
    action = Question("action", "classify", by="etri-subject")
    yield Figure("table 1, gender", "etri", taught(gender._replace(seeds=4), "msg3d", small),
                 {"accuracy": ".8805 .8767 .8801 .8788", "agreement": ".89–.91"})
    yield Figure("table 2, actions", "etri", taught(action._replace(seeds=4), "msg3d", small),
                 {"top1": ".9219 .9229 .9209 .9189", "top5": ".9899 .9909 .9894 .9893", "agreement": ".93–.94"})
    yield Figure("identity", "ntu", taught(person._replace(seeds=2), "msg3d", small),
                 {"top1": ".8161 .8284", "top5": ".9746 .9756"})
    yield Figure("identity, takes apart", "ntu", taught(person._replace(by="take"), "msg3d", small), {"top1": "–"})
    for network in NETWORKS:
        yield Figure("three networks, gender", "etri", taught(gender, network, small), {"accuracy": "mean .87"})
        yield Figure("three networks, identity", "ntu", taught(person, network, small), {"top1": "mean .80"})


def taught(question: Question, judge: str, small: bool) -> Question:
    """The question put to a network that is taught as its publication says, or small and quickly.

    The paper asks MS-G3D about gender without its windows over frames.
    """
    name = judge.partition(":")[0]
    options = SMALL[name] if small else {key: value for part in chosen(name, CLASSIFIERS[name], "paper")
                                         for key, value in part.items()}
    plain = {"g3d": False} if (name, question.label) == ("msg3d", "gender") else {}
    return question._replace(judge=judge, options={**options, **plain})


def people(name: str, folder: Path | None, small: bool) -> tuple[MotionDataset, str]:
    """The data of the paper if it is there, else people who do not exist; and a sentence on which of them."""
    if folder is not None and (folder / name).is_dir():
        dataset = read(folder / name)
        return dataset, f"{name}: {folder / name}, {len(dataset):,} recordings"
    source = SyntheticSource(settings(name, **(SMALL_SIZES if small else SIZES)[name]))
    motions = (motion for part in source.parts for motion in source.read(part))
    dataset = MotionDataset.of(source.skeleton, source.fps, motions)
    size = source.settings
    return dataset, (f"{name}: no folder {name}/ in MASKELETON_DATA, so not the paper's data but {len(dataset):,} "
                     f"synthetic recordings ({size.people} people, {size.actions} actions, {size.takes} takes, "
                     f"{size.cameras} cameras); its figures cannot be compared with the paper's")


def lines(figure: Figure, dataset: MotionDataset, cells: Path) -> Iterator[tuple[str, ...]]:
    """The rows of a figure: each metric, of all seeds together with its interval, and of each seed alone."""
    got = found(figure.question, dataset, cells)
    seeds = range(figure.question.seeds)
    for metric, paper in figure.paper.items():
        if metric == "agreement":
            shares = agreement(got.answers).values()
            yield figure.table, figure.question.judge, metric, paper, f"{min(shares):.2f}–{max(shares):.2f}", "", ""
            continue
        rate = score(got.answers, metric)
        each = [score(got.answers.take(got.answers.seed == seed), metric, draws=1).rate for seed in seeds]
        yield (figure.table, figure.question.judge, metric, paper, " ".join(f"{one:.4f}" for one in each),
               f"{rate.rate:.3f} [{rate.low:.2f}, {rate.high:.2f}]", f"{rate.chance:.3f}")


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("--small", action="store_true", help="small networks, few people: minutes instead of days")
    wish.add_argument("--cells", type=Path, help="folder that keeps the answers: a run that was stopped goes on")
    asked = wish.parse_args(words)
    home = os.environ.get("MASKELETON_DATA")
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        try:
            report(Path(home) if home else None, asked.small, asked.cells or Path(own))
        except UserError as fault:
            print(fault, file=sys.stderr)
            return 2
    return 0


def report(folder: Path | None, small: bool, cells: Path) -> None:
    """Print where the data are from, the table, and the means over the three networks."""
    cells.mkdir(parents=True, exist_ok=True)
    data = {}
    for name in ("etri", "ntu"):
        data[name], said = people(name, folder, small)
        print(said)
    if small:
        print("small networks, taught for a short time: these figures show that the recipe runs, and no more")
    head = ("what", "judge", "metric", "the paper", "here, each seed", "here, all seeds [low, high]", "chance")
    print("\n" + row(head) + "\n" + "| --- " * len(head) + "|", flush=True)
    means: dict[str, list[float]] = {}
    for figure in figures(small):
        for told in lines(figure, data[figure.data], cells):
            print(row(told), flush=True)
            if figure.table.startswith("three networks"):
                means.setdefault(figure.table, []).append(float(told[4]))
    for table, each in means.items():
        print(row((f"{table}: mean", "", "", "", f"{sum(each) / len(each):.4f}", "", "")))


def row(told: Sequence[str]) -> str:
    return f"| {' | '.join(told)} |"


if __name__ == "__main__":
    sys.exit(main())
