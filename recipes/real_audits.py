"""Who and what is recognized in real datasets, as a table with intervals over people.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/real_audits.py [ROW …] [--long] [--seeds N] [--cells FOLDER]

The folder holds the npz files of docs/results.md; nothing of it is part of the project. Rows are named as in ROWS; none
named is all of them, but the long ones (--long). With --cells answers are kept, and a run that was stopped goes on.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from asking import Question, found, together

from maskeleton import MotionDataset, UserError, read
from maskeleton.score import primary, score


class Row(NamedTuple):
    """A line of the table; `goal` is what was aimed at, 0 where it is only to be known."""

    data: str
    what: str
    question: Question
    goal: float = 0.0
    beside: tuple[Question, ...] = ()  # put to others, who answer together with the first
    long: bool = False


TO_CAMERA_3 = "camera:1,2"
ODD_PEOPLE = "subject:s1,s3,s5,s7"
EARLY = "repetition:1-3"
# Chosen on cameras 1 and 2 of NW-UCLA, learning from one and looking at the other: see docs/results.md.
ANY_VIEW = {"turn": 3.14, "epochs": 40, "check": 0}
BY_GRAPH = {**ANY_VIEW, "widths": (32, 32, 64, 64, 96), "frames": 48, "lr": 0.003}
ACTION = Question("action", "classify", "tcn", TO_CAMERA_3, ANY_VIEW)

ROWS = {
    "nwucla-action": Row("nwucla", "actions, cameras 1–2 → 3", ACTION, 0.85),
    "nwucla-action-together": Row("nwucla", "actions, cameras 1–2 → 3", ACTION, beside=(
        ACTION._replace(judge="tcn:joint_motion"), Question("action", "features", by=TO_CAMERA_3))),
    "nwucla-action-long": Row("nwucla", "actions, cameras 1–2 → 3", ACTION, 0.90, long=True, beside=(
        ACTION._replace(judge="tcn:bone"), ACTION._replace(judge="tcn:joint_motion"),
        ACTION._replace(judge="stgcn", options=BY_GRAPH))),
    "utdmhad-action": Row("utdmhad", "actions, odd people → even", Question(
        "action", "classify", "tcn", ODD_PEOPLE), 0.92),
    "utdmhad-action-together": Row("utdmhad", "actions, odd people → even", Question(
        "action", "classify", "tcn:joint+bone+joint_motion", ODD_PEOPLE), 0.92),
    "kindergator-subject-features": Row("kindergator", "identity, whole actions held out", Question(
        "subject", "features", null=True), 0.97),
    "kindergator-subject-tcn": Row("kindergator", "identity, whole actions held out", Question(
        "subject", "classify", "tcn"), 0.90),
    "utdmhad-subject-features": Row("utdmhad", "identity, repetitions 1–3 → 4", Question(
        "subject", "features", by=EARLY, null=True), 0.98),
    "utdmhad-subject-tcn": Row("utdmhad", "identity, repetitions 1–3 → 4", Question(
        "subject", "classify", "tcn", EARLY), 0.98),
    "nwucla-subject-features": Row("nwucla", "identity, cameras 1–2 → 3", Question(
        "subject", "features", by=TO_CAMERA_3, null=True)),
    "nwucla-subject-tcn": Row("nwucla", "identity, cameras 1–2 → 3", Question(
        "subject", "classify", "tcn", TO_CAMERA_3)),
    "kindergator-gender-features": Row("kindergator", "gender, other people", Question(
        "gender", "features", null=True)),
    "kindergator-gender-tcn": Row("kindergator", "gender, other people", Question(
        "gender", "classify", "tcn")),
}
HEAD = ("data", "what", "judge", "metric", "rate [low, high]", "chance", "null", "goal", "tested", "people", "seeds",
        "minutes")


def line(row: Row, dataset: MotionDataset, cells: Path) -> tuple[str, list[str]]:
    """The row of the table, measured, and what has to be said of its split."""
    question, asked = row.question, (row.question, *row.beside)
    each = [found(one, dataset, cells) for one in asked]
    got = together(each) if row.beside else each[0]
    rate = score(got.answers, primary(question.label), null=got.null)
    judge = " + ".join(f"{one.attack} {one.judge}".strip() for one in asked)
    told = (row.data, row.what, judge, rate.metric, f"{rate.rate:.3f} [{rate.low:.2f}, {rate.high:.2f}]",
            f"{rate.chance:.3f}", "" if rate.null is None else f"{rate.null:.3f}", f"≥ {row.goal:g}" if row.goal else "",
            f"{rate.trials // rate.seeds:,}", str(rate.people), str(rate.seeds), f"{got.minutes:.1f}")
    leaks = [f"stands on both sides: {leak}" for half in got.halves for leak in half.leaks]
    return markdown(told), list(dict.fromkeys([*leaks, *(note for half in got.halves for note in half.notes)]))


def markdown(told: Sequence[str]) -> str:
    return f"| {' | '.join(told)} |"


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(ROWS)}")
    wish.add_argument("--long", action="store_true", help="the rows that take long too")
    wish.add_argument("--seeds", type=int, default=3, help="how often each judge is taught anew")
    wish.add_argument("--cells", type=Path, help="folder that keeps the answers")
    asked = wish.parse_args(words)
    unknown = [name for name in asked.rows if name not in ROWS]
    if unknown:
        wish.error(f"there is no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    folder = os.environ.get("MASKELETON_DATA")
    if not folder:
        print("skipped: MASKELETON_DATA names no folder of real data")
        return 0
    names = asked.rows or [name for name, row in ROWS.items() if asked.long or not row.long]
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        return table(names, Path(folder), asked.seeds, asked.cells or Path(own))


def table(names: Sequence[str], folder: Path, seeds: int, cells: Path) -> int:
    """Print the table and then what is to be said of its splits; 1 where a row could not be measured."""
    cells.mkdir(parents=True, exist_ok=True)
    print(markdown(HEAD) + "\n" + "| --- " * len(HEAD) + "|")
    notes: dict[str, list[str]] = {}
    failed = 0
    for name in names:
        row = ROWS[name]
        row = row._replace(question=row.question._replace(seeds=seeds),
                           beside=tuple(one._replace(seeds=seeds) for one in row.beside))
        try:
            told, notes[name] = line(row, read(folder / f"{row.data}.npz"), cells)
        except UserError as fault:
            told, failed = f"{name}: not measured: {fault}", 1
        print(told, flush=True)
    for name, said in notes.items():
        for note in said:
            print(f"\n{name}: {note}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
