"""The paper's anonymizer on real people, asked about by attackers who learn from what it releases.

    MASKELETON_DATA=folder .venv/bin/python recipes/real_tables.py [kindergator utdmhad] [--work DIR] [--seeds N]
                           [--forms NAME ...] [--jobs N] [--set key=value ...] [--one SEED] [--quick]

For each dataset N times over: some of the people are the anonymizer's, its keepers' and its seekers'; the others are
released, and judged by a battery that learns from the release, fold after fold. Each seed draws other people and makes
an anonymizer of its own, so that nobody's chance part decides; the answers of all seeds are put together, and intervals
count people and seeds. Nulls and the graph network are asked of the first seed alone. Every step keeps its work in
DIR: a run that was stopped goes on.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from asking import printed

from maskeleton import UserError, score
from maskeleton.answers import Answers, joined
from maskeleton.options import pairs
from maskeleton.score import primary
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.train import train
from maskeleton.verdict import digits, headline

KEPT = "action"
HIDDEN = {"kindergator": ("subject", "gender"), "utdmhad": ("subject",)}
FORMS = {"paper": {"blocks": "0"}, "published": {"blocks": "10"}}  # the residual anonymizer as printed, and as published
GAME = {"epochs": "30", "keepers": "1", "seekers": "1", "privacy": "0.3"}  # chosen on the people of the first anonymizer
ATTACKS = ("classify", "features", "side")
JUDGES = ("tcn", "geometric", "lean:bone")  # the last, a graph network, takes longest: it is asked of the first seed alone
THREATS = ("before", "naive", "adaptive", "transfer")
MOVED = ("rmse", "mpjpe", "acceleration_error")


def runs(data: Path, form: str, work: Path, seeds: Sequence[int], jobs: int, changes: Mapping[str, str],
         quick: bool = False) -> Iterator[Path]:
    """Train, anonymize and evaluate once for each seed; the folders of the evaluations."""
    hide = HIDDEN[data.stem]
    for seed in seeds:
        place = work / data.stem / str(seed) / form
        model, release, run = (place / name for name in ("model", "release", "quick" if quick else "run"))
        if not (model / "run.json").is_file():
            train(data, model, keep=[KEPT], hide=hide, set={**GAME, **FORMS[form], **changes}, seed=seed, say=_said)
        if not release.is_dir():
            anonymize(data, release, mask=model, seed=seed)
        if not (run / "results.json").is_file():
            _share_what_is_known(place.parent, run / "cells")
            evaluate(data, release, keep=[KEPT], hide=hide, mask=model, threats=THREATS,
                     attacks=ATTACKS[quick:], seeds=1,
                     judges=JUDGES[: None if seed == 0 else 2], nulls=seed == 0, out=run, seed=seed, jobs=jobs,
                     say=_said)
        yield run


def _said(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


def _share_what_is_known(of_seed: Path, cells: Path) -> None:
    """What was found in the originals need not be asked again for the next anonymizer of the same people."""
    cells.mkdir(parents=True, exist_ok=True)
    for known in of_seed.glob("*/*/cells/*-before-*"):
        if known.is_file() and not (cells / known.name).exists():
            shutil.copy(known, cells)


def together(folders: Sequence[Path]) -> list[CellScore]:
    """The cells of several runs as one: every seed's answers side by side."""
    cards = [Scorecard.read(folder) for folder in folders]
    asked = dict.fromkeys((cell.label, cell.role, cell.threat, cell.attack, cell.judge, cell.split)
                          for card in cards for cell in card.cells
                          if cell.metric == primary(cell.label) and cell.attack not in ("pool", "assign"))
    found = []
    for label, role, threat, attack, judge, split in asked:
        name = f"{label}-{threat}-{attack}-{Path(judge).name}-0"
        answers, null = (joined(some) if some else None
                         for some in (_answers(folders, f"{name}{ending}-[0-9]*-*") for ending in ("", "-null")))
        if answers is not None:
            found.append(CellScore.of(score(answers, primary(label), null=null), label=label, role=role, threat=threat,
                                      attack=attack, judge=judge, split=split, validation=answers.validation,
                                      validation_error=answers.validation_error))
    return found


def _answers(folders: Sequence[Path], pattern: str) -> list[Answers]:
    """The answers of a cell in all runs, each run a seed of its own."""
    return [(some := Answers.load(path))._replace(seed=np.full(len(some.person), seed, np.int64))
            for seed, folder in enumerate(folders) for path in sorted((folder / "cells").glob(pattern))]


def told(name: str, form: str, folders: Sequence[Path]) -> Iterator[str]:
    """One table of a dataset and a form: a line for each judge, a column for each threat, headlines first."""
    cells = together(folders)
    yield f"### {name}, the {form} form of residual, {len(folders)} anonymizers"
    yield ""
    for row in headline(cells, "evaluate"):
        by = f"{row['by']['attack']} {row['by']['judge']}".strip()
        beside = "".join(f", {threat} {row[threat]:.2f}" for threat in ("before", "naive") if threat in row)
        yield (f"- **{row['label']}** ({row['role']}): {row['metric']} {row['rate']:.3f} [{row['low']:.2f}, {row['high']:.2f}] "
               f"by {by} ({row['by']['threat']}), chance {row['chance']:.2f}, largest null {digits(row['null'])}{beside}")
    yield ""
    yield "| label | judge | " + " | ".join(THREATS) + " | null |"
    yield "| --- | --- | " + " | ".join("---" for _ in THREATS) + " | --- |"
    for label, judge in dict.fromkeys((cell.label, f"{cell.attack} {cell.judge}".strip()) for cell in cells):
        mine = {cell.threat: cell for cell in cells if (cell.label, f"{cell.attack} {cell.judge}".strip()) == (label, judge)}
        null = max((cell.null for cell in mine.values() if cell.null is not None), default=None)
        yield f"| {label} | {judge} | " + " | ".join(_rate(mine.get(threat)) for threat in THREATS) + f" | {digits(null)} |"
    yield ""
    moved = [{row["metric"]: row for row in Scorecard.read(folder).motion} for folder in folders]
    yield "Moved by: " + ", ".join(f"{what} " + " / ".join(f"{each[what]['value']:.4g}" for each in moved) + " "
                                   + moved[0][what]["unit"] for what in MOVED if all(what in each for each in moved))
    yield ""


def _rate(cell: CellScore | None) -> str:
    return "–" if cell is None else f"{cell.rate:.3f} [{cell.low:.2f}, {cell.high:.2f}]"


def asked_for(given: argparse.Namespace) -> Iterator[str]:
    """The work, and every line of every table that comes of it."""
    if "MASKELETON_DATA" not in os.environ:
        raise UserError("nobody said where the real data is", "set MASKELETON_DATA to the folder that holds it")
    if wrong := [name for name in given.datasets if name not in HIDDEN]:
        raise UserError(f"there is no table of {', '.join(wrong)}", f"there are: {', '.join(HIDDEN)}")
    changes = pairs(given.set)
    for name in given.datasets:
        data = Path(os.environ["MASKELETON_DATA"]) / f"{name}.npz"
        for form in given.forms:
            seeds = range(given.seeds) if given.one is None else [given.one]
            folders = list(runs(data, form, given.work, seeds, given.jobs, changes, given.quick))
            yield from told(name, form, folders) if given.one is None else ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; a sentence and 2 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=list(HIDDEN), help=", ".join(HIDDEN))
    parser.add_argument("--work", type=Path, default=Path("real_tables"), help="where the work is kept")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--one", type=int, metavar="SEED", help="do the work of this seed only, and print no table")
    parser.add_argument("--quick", action="store_true", help="no networks: traits alone")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of maskeleton train")
    given = parser.parse_args(arguments)
    return printed(asked_for(given))


if __name__ == "__main__":
    sys.exit(main())
