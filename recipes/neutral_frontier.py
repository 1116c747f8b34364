"""How much protection without training costs: identity and kept action, option by option, and the frontier they make.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/neutral_frontier.py [kindergator utdmhad nwucla ntu dynamics]
                           [--rows WORD …]
                           [--part A|B] [--quick | --full] [--masks NAME=MODEL/ …] [--work DIR] [--small]
    .venv/bin/python recipes/neutral_frontier.py gender [--quick] [--people N] [--work DIR]

Statistics come from every second person (A); a table is of everybody or, with --part B, of the others alone, from whom
nothing was learned; with --part A the other way round. Everything but `before` is adaptive: the attacker has learned from
the release. Attackers are the judges of `features` (--quick: without trees; --full: two networks as well, and the one that
was best on what it held back is asked). Trained models (--masks) get a table of their own, of recordings they have not
learned from, in which `neutral` knows no more than they do. Intervals are over people. Answers are kept in DIR, and are not
asked again.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from asking import printed

from maskeleton import UserError, read, score
from maskeleton.answers import Answers, joined
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.jobs import remove, run
from maskeleton.mask import Mask, built_of, load
from maskeleton.recognize import NETWORKS, Cell, cell_jobs
from maskeleton.score import Score, primary
from maskeleton.seeds import generator
from maskeleton.splits import Half, split
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.threats.known import with_labels

Options = Mapping[str, float]
IDENTITY: Mapping[str, tuple[str | None, int | None]] = {  # how identity is asked: the split, and how many folds
    "kindergator": (None, 4), "utdmhad": ("repetition:1-3", None), "nwucla": ("camera:1,2", None), "ntu": (None, None),
    "dynamics": (None, None), "precog": (None, None), "uiprmd_kinect": (None, None)}  # the last two: nothing was chosen on
STRONG = {"dynamics": "4", "variation": "1"}
STEPS = ("posture", "tempo", "lowpass", "noise", "coordination", "amplitude", "rest", "mixing")  # what the defaults do
OTHERS = {"spectrum": 0.5, "handedness": 1.0, "pin": 1.0, "duration": 1.0}  # what else it can do
OFF = dict.fromkeys((*STEPS, *OTHERS), 0.0)
STRENGTHS = (0.25, 0.5, 0.75)
LEVELS = (1.0, 0.97, 0.93, 0.90)
ORIGINAL = "original"
NETWORKS_TOO = (("features", ""), ("classify", "tcn"), ("classify", "lean:bone"))
NO_TREES = 1e-6  # minutes: too few for trees
KEY = b"for measuring only: nothing here".ljust(32, b".")
DRAWS = 1000


class Row(NamedTuple):
    """A release to be made: by an anonymizer of the shelf, or by a trained model."""

    name: str = ""
    options: Options = MappingProxyType({})
    strength: float = 1.0
    model: str = ""


def rows() -> dict[str, Row]:
    """Every release of the table, under the words it is told by."""
    posture = {name: value for name, value in OFF.items() if name != "posture"}
    found = {ORIGINAL: Row(), "bones": Row("bones"), "neutral": Row("neutral"), "typical": Row("typical"),
             "canonical only": Row("neutral", OFF), "posture only": Row("neutral", posture)}
    for step in STEPS[1:]:
        found[f"posture and {step}"] = Row("neutral", {name: 0.0 for name in posture if name != step})
    for step, value in OTHERS.items():
        found[f"posture and {step} {value:g}"] = Row("neutral", {**posture, step: value})
    for step in STEPS:
        found[f"neutral without {step}"] = Row("neutral", {step: 0.0})
    for step, value in OTHERS.items():
        found[f"neutral and {step} {value:g}"] = Row("neutral", {step: value})
    return found | {f"neutral, strength {strength:g}": Row("neutral", {}, strength) for strength in STRENGTHS}


class Asked(NamedTuple):
    """What was found of one release."""

    identity: Answers
    action: Answers
    transfer: Answers


class Asker(NamedTuple):
    """Who asks: the judges, how long they may take, and where answers are kept."""

    cells: Path
    judges: Sequence[tuple[str, str]] = NETWORKS_TOO[:1]
    minutes: float | None = None

    def ask(self, label: str, learned: MotionDataset, looked: MotionDataset, halves: Sequence[Half],
            threat: str = "adaptive") -> Answers:
        """The answers of the judge that was best on what it held back."""
        found = []
        for attack, judge in self.judges:
            cell = Cell(label, "hide", threat, attack, judge, halves[0].by)
            todo = cell_jobs(cell, learned, looked, halves, 0, minutes=self.minutes)
            found.append(joined([Answers.load(path) for path in run(todo, self.cells)]))
            remove(self.cells / NETWORKS)
        return max(found, key=lambda answers: answers.validation or 0.0)


def recorded(data: str) -> MotionDataset:
    """A real dataset by its name. People who do not exist: `ntu` is that preset, in `dynamics` they differ four times as
    far in how they move, and a take from the next half as far."""
    if data in ("ntu", "dynamics"):
        return population(0, 24, 20, "ntu", takes=2, cameras=2, set={} if data == "ntu" else STRONG)
    if "MASKELETON_DATA" not in os.environ:
        raise UserError("nobody said where the real data is", "set MASKELETON_DATA to the folder that holds it")
    return read(Path(os.environ["MASKELETON_DATA"]) / f"{data}.npz")


def known_part(dataset: MotionDataset) -> tuple[np.ndarray, np.ndarray]:
    """Rows of every second person (A), and of the others (B)."""
    people = np.unique(dataset.labels["subject"])
    known = np.isin(dataset.labels["subject"], people[::2])
    return np.flatnonzero(known), np.flatnonzero(~known)


def parted(dataset: MotionDataset, part: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows that are learned from, rows that are looked at, and both in words."""
    one, other = known_part(dataset)
    return {"all": (one, np.arange(len(dataset)), "everybody, prepared on A"),
            "A": (other, one, "people A, prepared on B"), "B": (one, other, "people B, prepared on A")}[part]


def released(row: Row, dataset: MotionDataset, known: MotionDataset) -> MotionDataset:
    """The release of a dataset by an anonymizer that knows of people only what `known` tells."""
    if not (row.name or row.model):
        return dataset
    if row.model:
        mask = load(row.model)
    else:
        net = built_of(row.name, dataset.skeleton, row.options)
        net.prepare(known)
        mask = Mask(net.eval(), row.name)
    mask.net.strength = row.strength
    source = release_of(mask, dataset, KEY, "population")
    made = MotionDataset.of(dataset.skeleton, dataset.fps, (motion for part in source.parts for motion in source.read(part)))
    return with_labels(made, dataset)


def asked(data: str, original: MotionDataset, release: MotionDataset, asker: Asker) -> Asked:
    """Who it is, and what is done: learned from the release of other people, and looked at in their release or original."""
    who, what = split(original, "subject", *IDENTITY[data]), split(original, "action", "person")
    return Asked(asker.ask("subject", release, release, who), asker.ask("action", release, release, what),
                 asker.ask("action", release, original, what, "transfer"))


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def share(answers: Answers, before: Answers) -> tuple[float, float, float]:
    """The rate as a share of the original's, with an interval over people, the same people above and below."""
    people = np.unique(before.person)
    right, tested = (np.array([[one(some, person) for person in people] for some in (answers, before)], float)
                     for one in (_right, _tested))
    drawn = generator(0, "share").integers(len(people), size=(DRAWS, len(people)))
    each = right[:, drawn].sum(-1) / tested[:, drawn].sum(-1).clip(1)
    ratios = each[0] / each[1].clip(1e-9)
    whole = right.sum(1) / tested.sum(1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(whole[0] / max(whole[1], 1e-9)), float(low), float(high)


def _right(answers: Answers, person: int) -> int:
    mine = answers.person == person
    return int(answers.right[mine, answers.guess[mine]].sum())


def _tested(answers: Answers, person: int) -> int:
    return int((answers.right.any(1) & (answers.person == person)).sum())


class Told(NamedTuple):
    """A line of the table, as numbers."""

    name: str
    identity: float
    kept: float  # shares of the original's
    transfer: float


def told(name: str, found: Asked, before: Asked) -> tuple[Told, str]:
    """The line of a release."""
    shares = [share(one, other) for one, other in zip(found, before, strict=True)]
    cells = [f"{_rate(score(one, 'top1'))} | {_three(part)}" for one, part in zip(found, shares, strict=True)]
    return (Told(name, score(found.identity, "top1").rate, shares[1][0], shares[2][0]), f"| {name} | {' | '.join(cells)} |")


def _rate(found: Score) -> str:
    return _three((found.rate, found.low, found.high))


def _three(numbers: Sequence[float]) -> str:
    rate, low, high = (float(number) for number in numbers)
    return f"{rate:.3f} [{low:.2f}, {high:.2f}]"


def frontier(lines: Sequence[Told]) -> Iterator[str]:
    """The least identity at each level of kept action: the adaptive one, and the smaller of both."""
    yield "| kept action at least | identity | by | identity, `transfer` kept as well | by |"
    yield "| --- | --- | --- | --- | --- |"
    for level in LEVELS:
        cells = []
        for both in (False, True):
            enough = [line for line in lines if round(min(line.kept, line.transfer) if both else line.kept, 3) >= level]
            best = min(enough, key=lambda line: line.identity, default=None)
            cells += [f"{best.identity:.3f}", best.name] if best else ["–", "–"]
        yield f"| {level:.2f} | {' | '.join(cells)} |"


def table(title: str, data: str, original: MotionDataset, known: MotionDataset, wanted: Mapping[str, Row],
          asker: Asker) -> Iterator[str]:
    """The lines of one table, and its frontier."""
    people = len(np.unique(original.labels["subject"]))
    yield f"### {title}: {people} people, {len(original):,} recordings, chance {1 / people:.3f}\n"
    yield ("| release | identity | of the original's | action, people apart | of the original's | transfer | "
           "of the original's |")
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    before, lines = asked(data, original, original, asker), []
    for name, row in wanted.items():
        line, text = told(name, asked(data, original, released(row, original, known), asker), before)
        lines.append(line)
        yield text
    yield ""
    yield from frontier(lines)
    yield ""


def gender(title: str, original: MotionDataset, known: MotionDataset, asker: Asker) -> Iterator[str]:
    """The lines of the table of gender: people apart, four folds."""
    people = len(np.unique(original.labels["subject"]))
    yield f"### {title}: {people} people, {len(original):,} recordings, chance .5\n"
    yield "| release | gender, AUC | action, people apart |\n| --- | --- | --- |"
    for name in (ORIGINAL, "bones", "neutral", "typical"):
        release = released(rows()[name], original, known)
        cells = [_rate(score(asker.ask(label, release, release, split(original, label, "person")), primary(label)))
                 for label in ("gender", "action")]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def population(seed: int, people: int = 40, actions: int = 15, preset: str = "etri", takes: int = 1,
               cameras: int = 1, set: Mapping[str, str] = MappingProxyType({})) -> MotionDataset:
    """People who do not exist; usually of the preset by whose size the paper's data is meant."""
    source = SyntheticSource(settings(preset, people, actions, takes, cameras, set), seed)
    return MotionDataset.of(source.skeleton, source.fps, (one for who in source.parts for one in source.read(who)))


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────────


def tables(given: argparse.Namespace, asker: Asker) -> Iterator[str]:
    """Every table that was asked for."""
    chosen = rows() if not given.rows else {name: row for name, row in rows().items()
                                            if name == ORIGINAL or any(_means(word, name) for word in given.rows)}
    if given.small:
        chosen = {name: rows()[name] for name in (ORIGINAL, "neutral")}
    for data in given.datasets:
        if data == "gender":
            yield from genders(asker, given.people)
            continue
        original = recorded(data)
        known, looked, title = parted(original, given.part)
        if len(chosen) > 1:
            yield from table(f"{data}, {title}", data, original.select(looked), original.select(known), chosen, asker)
        for pair in given.masks:
            name, _, model = pair.partition("=")
            yield from beside(name, model, data, original, asker)


def genders(asker: Asker, people: int) -> Iterator[str]:
    """The tables of gender: people who do not exist, and real ones where they are to be had."""
    yield from gender("synthetic etri, prepared on another population", population(0, people), population(1, people), asker)
    if folder := os.environ.get("MASKELETON_DATA"):
        original = read(Path(folder) / "kindergator.npz")
        yield from gender("kindergator, prepared on A", original, original.select(known_part(original)[0]), asker)


def _means(word: str, name: str) -> bool:
    return name == word[1:] if word.startswith("=") else word in name


def beside(name: str, model: str, data: str, original: MotionDataset, asker: Asker) -> Iterator[str]:
    """A trained model beside `neutral`, which may know of people what the model has learned from."""
    page = load(model).trained_on
    learned = np.isin(np.array(original.hashes, str), [*page["hashes"], *page["checked"]])
    if not learned.any():
        raise UserError(f"{model} has not learned from {data}", "name a model that was trained on it")
    wanted: dict[str, Any] = {each: rows()[each] for each in (ORIGINAL, "neutral")} | {name: Row(model=model)}
    strange = original.select(np.flatnonzero(~learned))
    yield from table(f"{data}, what {name} has not learned from", data, strange,
                     original.select(np.flatnonzero(learned)), wanted, asker)


def asked_for(given: argparse.Namespace) -> Iterator[str]:
    """Every line of every table, as it comes."""
    if wrong := [name for name in given.datasets if name not in (*IDENTITY, "gender")]:
        raise UserError(f"there is no table of {', '.join(wrong)}", f"there are: {', '.join(IDENTITY)}, gender")
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        cells = given.work or Path(own)
        cells.mkdir(parents=True, exist_ok=True)
        yield from tables(given, Asker(cells, NETWORKS_TOO if given.full else NETWORKS_TOO[:1],
                                       NO_TREES if given.quick else None))


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables; a sentence and 2 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=["kindergator", "utdmhad", "nwucla"],
                        help=f"{', '.join(IDENTITY)}, gender")
    parser.add_argument("--rows", nargs="+", default=[], metavar="WORD", help="parts of names, or =NAME; =none: --masks alone")
    parser.add_argument("--part", choices=("all", "A", "B"), default="all",
                        help="who is looked at; A, B: by what the others teach")
    judges = parser.add_mutually_exclusive_group()
    judges.add_argument("--quick", action="store_true", help="linear judges only")
    judges.add_argument("--full", action="store_true", help="networks as well")
    parser.add_argument("--masks", nargs="+", default=[], metavar="NAME=MODEL/", help="trained models beside neutral")
    parser.add_argument("--people", type=int, default=40, help="who do not exist, in the table of gender")
    parser.add_argument("--small", action="store_true", help="two releases only")
    parser.add_argument("--work", type=Path, help="where answers are kept")
    given = parser.parse_args(words)
    return printed(asked_for(given))


if __name__ == "__main__":
    sys.exit(main())
