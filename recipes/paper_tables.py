"""The paper's tables 3 and 5, its identity row and its figures 1, 3, 4, 5 and 6, again, with judges who learn anew.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/paper_tables.py [TABLE …] [--small] [--out FOLDER]

TABLE is table3, table5, identity, figure1, figure3, figure4, figure5 or figure6; without one all are made. FOLDER/etri
and FOLDER/ntu are read where they are there (see paper_leaks.py, which has tables 1 and 2); people who do not exist
stand in for what is not. --out gets table3.md, figure3-one.svg and so on (one and two columns wide, as SVG, PNG and PDF, by
the same code as `maskeleton report --figures`), and keeps in work/ what was taught: a run that was stopped
goes on. --small has small networks play and judge: it takes minutes instead of days, with weights and learning rates
chosen for them on other people who do not exist.

The paper's judges are frozen: they learned from originals, before there was a release. Here they never took part in the
game. Beside them stand judges who learned from the release itself, which is what an attacker would do.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playing import FROZEN, KEEP, Stage, moved, released, sign_free

from maskeleton import MotionDataset, UserError, read
from maskeleton.answers import Answers
from maskeleton.games import TABLE_4, TABLE_5, arranged
from maskeleton.mask import Mask
from maskeleton.page.plot import Figure, Frames, Level, Line, Plot, before_after, line
from maskeleton.page.press import press
from maskeleton.score import Score, score
from maskeleton.splits import three_parts
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.threads import few_threads
from maskeleton.verbs.view import spread

SIZES: dict[str, dict[str, int]] = {
    "etri": {"people": 100, "actions": 10, "takes": 1, "cameras": 2},
    "ntu": {"people": 20, "actions": 10, "takes": 3, "cameras": 2},
}
HIDDEN = {"etri": "gender", "ntu": "subject"}
SPLITS = {"etri": "etri-subject", "ntu": "take"}  # the paper has one take on both sides of the other: see paper_leaks.py
SIGMAS = {0.001: ".9141 .8727", 0.005: ".8790 .8222", 0.01: ".8445 .6792", 0.02: ".7800 .6046", 0.05: ".4980 .6046",
          0.1: ".1162 .6046"}
SWEEP = (".0138 .9127 .8019", ".0307 .8806 .5684", ".0457 .8662 .5242", ".0557 .8570 .4410", ".0692 .8399 .4973",
         ".0748 .8356 .4421")
QUICKLY: dict[str, Any] = {"frames": 32, "epochs": 20}
NETWORKS: dict[str, Any] = {"keeper": "tcn", "seeker": "tcn", "teaching": "default", "chain": "sequence",
                            "fill": "resample", "frames": QUICKLY["frames"], "keeper.epochs": QUICKLY["epochs"],
                            "seeker.epochs": QUICKLY["epochs"], "batch": 24, "epochs": 16,
                            "optimizer": "adamw", "schedule": "cosine", "reconstruct": 20, "lr_reconstruct": 0.003}
SMALL_PLAY: dict[str, dict[str, Any]] = {  # what differs from the preset where small networks play
    "adversarial": {"privacy": 1.0, "fidelity": 50.0, "lr_min": 0.002, "lr_max": 0.001, "keepers": 3, "seekers": 3},
    "ensemble": {"privacy": 1.0, "fidelity": 30.0, "lr_min": 0.002},
}
SMALL_PLAY["unet"] = {**SMALL_PLAY["adversarial"], "width": 8, "depth": 2}
POPULATION = 1  # who does not exist; SMALL_PLAY was chosen on population 0


class Row(NamedTuple):
    """A row of a table: its name, what the paper has (RMSE, action, hidden label), and who makes the release."""

    name: str
    paper: str
    mask: Callable[[Stage], Mask | None]


class Found(NamedTuple):
    """What was measured of a row: RMSE, and a score by label, judge and metric."""

    rmse: float
    scores: dict[tuple[str, str, str], Score]

    def rate(self, *which: str) -> float:
        """Of an AUC the side does not matter."""
        rate = self.scores[which[0], which[1], which[2]].rate
        return sign_free(rate) if which[2] == "auc" else rate


# ── the stage and its rows ───────────────────────────────────────────────────────────────────────────────────────────


def stage(name: str, data: Path | None, small: bool, work: Path) -> tuple[Stage, str]:
    """The data of the paper if it is there, else people who do not exist, in three parts; and a sentence on it."""
    if data is not None and (data / name).is_dir():
        dataset = read(data / name)
        told = f"{name}: {data / name}, {len(dataset):,} recordings"
    else:
        dataset = synthetic(name, SIZES[name])
        told = (f"{name}: no folder {name}/ in MASKELETON_DATA, so not the paper's data but {len(dataset):,} synthetic "
                "recordings (" + ", ".join(f"{what}: {count}" for what, count in SIZES[name].items()) + ")")
    parts = three_parts(dataset, HIDDEN[name], SPLITS[name], folds=1, keep=KEEP)[0]
    judge = ("tcn", QUICKLY) if small else ("msg3d", {"frames": 300})
    sizes = " / ".join(f"{len(rows):,}" for rows in parts[:3])
    return (Stage(dataset, parts, HIDDEN[name], NETWORKS if small else {}, *judge, work),
            f"{told}; split by {parts.by} into {sizes} for the anonymizer / its judges / the test")


def synthetic(name: str, size: Mapping[str, int], seed: int = POPULATION) -> MotionDataset:
    """People who do not exist."""
    source = SyntheticSource(settings(name, **size), seed)
    return MotionDataset.of(source.skeleton, source.fps, (motion for part in source.parts for motion in source.read(part)))


def played(preset: str, small: bool, **changes: Any) -> Callable[[Stage], Mask]:
    """Who trains by a preset of the paper; where small networks play, with weights and learning rates of their own."""
    game, _ = arranged(preset)
    own = SMALL_PLAY.get(game["anonymizer"], SMALL_PLAY[game["algorithm"]]) if small else {}
    return lambda stage: stage.mask(preset, {**own, **changes})


def noisy(sigma: float, small: bool) -> Callable[[Stage], Mask]:
    """Noise in the coordinates that the others play in."""
    return lambda stage: stage.noise(sigma, arranged("etri-res-adv", dict(stage.changes))[0]["chain"])


def rows_of(table: str, small: bool) -> Iterator[Row]:
    """The rows of a table, in the paper's order."""
    if table == "table3":
        yield Row("original", ".0000 .9189 .8788", lambda stage: None)
        for sigma, paper in SIGMAS.items():
            yield Row(f"noise {sigma:g}", f"{sigma:.4f} {paper}".lstrip("0"), noisy(sigma, small))
        yield Row("ensemble, auto-encoder", ".0765 .6664 .5859", played("etri-ae-3a3p", small))
        yield Row("ensemble, residual", ".0271 .8907 .5430", played("etri-res-3a3p", small))
        yield Row("adversarial, auto-encoder", ".0839 .5931 .6102", played("etri-ae-adv", small))
        yield Row("adversarial, residual", ".0565 .8425 .5703", played("etri-res-adv", small))
    elif table == "table5":
        for (preset, game), paper in zip(TABLE_5.items(), SWEEP, strict=True):
            name = f"privacy {game['privacy']:g}, fidelity {game['fidelity']:g}"
            usual, printed = SMALL_PLAY["adversarial"], TABLE_4["etri-res-adv"]
            ours = {key: round(usual[key] * game[key] / printed[key], 3) for key in ("privacy", "fidelity")} if small else {}
            beside = f" (here {ours['privacy']:g}, {ours['fidelity']:g})" if small else ""
            yield Row(name + beside, paper, played(preset, small, **ours))
    elif table == "identity":
        yield Row("original", "– – .8161", lambda stage: None)
        yield Row("adversarial, residual", "– .8602 .0603", played("ntu-res-adv", small))
        yield Row("adversarial, auto-encoder", "– – –", played("ntu-ae-adv", small))
        yield Row("published code, residual of ten blocks", "– .9175 .0420", played("ntu-published-res", small))
        yield Row("published code, U-Net", "– .9145 .0570", played("ntu-published-unet", small))
    else:
        for kind, form in (("residual", "res"), ("auto-encoder", "ae")):
            for size in (1, 2, 3):
                paper = {"res": ".0271 .8907 .5430", "ae": ".0765 .6664 .5859"}[form] if size == 3 else "– – –"
                yield Row(f"{size}A{size}P, {kind}", paper, played(f"etri-{form}-{size}a{size}p", small))


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────


def metrics_of(label: str) -> tuple[str, ...]:
    if label == KEEP:
        return ("top1",)
    return ("top1", "top5") if label == "subject" else ("accuracy", "balanced_accuracy", "auc")


def measured(row: Row, stage: Stage) -> Found:
    """Train, release, and ask: frozen judges, then those who learn from the release, a network and the features."""
    mask = row.mask(stage)
    release = released(mask, stage.seen)
    answers: dict[tuple[str, str], Answers] = {}
    for label in stage.labels:
        answers[label, FROZEN] = stage.asked(release, label, FROZEN)
        answers[label, stage.judge] = stage.asked(release, label, stage.judge)
    answers[stage.hide, "features"] = stage.asked(release, stage.hide, "", "features")
    scores = {(label, judge, metric): score(one, metric) for (label, judge), one in answers.items()
              for metric in metrics_of(label)}
    return Found(moved(mask, stage.seen.select(stage.half.test)), scores)


def columns(stage: Stage) -> list[tuple[str, tuple[str, str, str]]]:
    """Heading and score of every column after RMSE."""
    words = {"top1": "", "accuracy": "", "auc": " AUC", "balanced_accuracy": " balanced", "top5": " top-5"}
    told = [(f"{label}{words[metric]}, frozen", (label, FROZEN, metric)) for label in stage.labels
            for metric in metrics_of(label)]
    main = "top1" if stage.hide == "subject" else "auc"
    told.append((f"{KEEP}, {stage.judge} taught anew", (KEEP, stage.judge, "top1")))
    told += [(f"{stage.hide}{words[main]}, {judge} taught anew", (stage.hide, judge, main))
             for judge in (stage.judge, "features")]
    return told


def printed(row: Row, found: Found, stage: Stage) -> str:
    """The row as it is printed: the paper's three figures, then ours, each score with its interval over people."""
    told = []
    for _, which in columns(stage):
        one = found.scores[which]
        low, high = sorted((one.low, one.high) if found.rate(*which) == one.rate else (1 - one.high, 1 - one.low))
        told.append(f"{found.rate(*which):.3f} [{low:.2f}, {high:.2f}]")
    return f"| {' | '.join([row.name, *row.paper.split(), f'{found.rmse:.4f}', *told])} |"


def table(name: str, stage: Stage, small: bool, say: Callable[[str], None]) -> list[tuple[Row, Found]]:
    """Measure and print one table."""
    truth = stage.dataset.labels[stage.hide][stage.parts.test]
    share = np.unique(truth, return_counts=True)[1].max() / len(truth)
    people = len(np.unique(stage.dataset.labels["subject"][stage.parts.test]))
    say(f"\n{name}: {len(truth)} recordings of {people} people are tested; always saying the most frequent {stage.hide} is "
        f"right in {share:.4f}\n")
    head = ["release", "paper: RMSE", "paper: action", f"paper: {stage.hide}", "RMSE",
            *(heading for heading, _ in columns(stage))]
    say(f"| {' | '.join(head)} |\n{'| --- ' * len(head)}|")
    done = []
    for row in rows_of(name, small):
        done.append((row, measured(row, stage)))
        say(printed(*done[-1], stage))
    return done


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def against(stage: Stage, found: Sequence[tuple[float, Found]], name: str = "", dashed: bool = False) -> list[Line]:
    """The three lines that a reader needs: the action, the hidden label to a frozen judge, and to one taught anew."""
    main, anew = ("top1", "top1") if stage.hide == "subject" else ("balanced_accuracy", "auc")
    which = {"action, frozen": (KEEP, FROZEN, "top1"), f"{stage.hide}, frozen, balanced": (stage.hide, FROZEN, main),
             f"{stage.hide}, taught anew, AUC": (stage.hide, stage.judge, anew)}
    return [line(f"{told}{name}", [(x, one.rate(*way)) for x, one in found], dashed, colour)
            for colour, (told, way) in enumerate(which.items())]


def compared(stage: Stage, found: Found) -> list[Level]:
    """What all of it has to be compared with: guessing."""
    hidden = ("top1", f"{stage.hide} by chance") if stage.hide == "subject" else ("balanced_accuracy", "balanced, AUC by chance")
    return [Level(f"{KEEP} by chance", found.scores[KEEP, FROZEN, "top1"].chance),
            Level(hidden[1], found.scores[stage.hide, FROZEN, hidden[0]].chance, dotted=True)]


def figure3(stage: Stage, small: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Accuracies against the size of the ensemble."""
    done = [found for _, found in table("figure3", stage, small, say)]
    lines = against(stage, list(zip((1.0, 2.0, 3.0), done[:3], strict=True)))
    lines += against(stage, list(zip((1.0, 2.0, 3.0), done[3:], strict=True)), ", a.-e.", dashed=True)
    return {"figure3": Plot("Ensembles under a held-out judge", "keepers and seekers", "rate", lines, compared(stage, done[0]),
                            [(1, "1A1P"), (2, "2A2P"), (3, "3A3P")])}


def figure4(stage: Stage, small: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Reconstruction error against accuracies: the rows of table 5."""
    done = sorted(((found.rmse, found) for _, found in table("table5", stage, small, say)), key=lambda one: one[0])
    paper = np.array([[float(word) for word in words.split()] for words in SWEEP])
    lines = against(stage, done)
    lines += [line(f"the paper: {what}", [(float(x), float(y)) for x, y in paper[:, [0, column]]], True, column - 1)
              for column, what in ((1, KEEP), (2, "gender"))]
    return {"figure4": Plot("Reconstruction error against accuracies", "RMSE, normalized", "rate", lines,
                            compared(stage, done[0][1]))}


def figure5(stage: Stage, small: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Curves over epochs, of the networks that play, where people are hidden; the last epoch is what counts."""
    mask = played("ntu-res-adv", small)(stage)
    names = {f"keep_{KEEP}": KEEP, f"hide_{stage.hide}": stage.hide, "rmse": "RMSE"}
    lines = [line(f"{told}, {part}", [(row["epoch"], row.get(f"{key}_{what}")) for row in mask.curves], key == "train", colour)
             for colour, (what, told) in enumerate(names.items()) for key, part in (("train", "training"),
                                                                                   ("check", "validation"))]
    last = mask.curves[-1]
    say(f"\nfigure 5: epoch {last['epoch']:.0f}, the last one; of the networks that play, on what they did not learn from: "
        + ", ".join(f"{told} {last[f'check_{what}']:.4f}" for what, told in names.items()))
    levels = [Level(f"{label} by chance", 1 / len(np.unique(stage.dataset.labels[label])), dotted=label == stage.hide)
              for label in (KEEP, stage.hide)]
    return {"figure5": Plot("Training and validation, adversarial, residual", "epoch", "rate, RMSE", lines, levels)}


def figure6(stage: Stage, small: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Five frames before and after: two recordings without their gender, and one without who it is."""
    gender = stage.hide == "gender"
    before = stage.seen.select(stage.half.test)
    after = released(played("etri-res-adv" if gender else "ntu-res-adv", small)(stage), before)
    rows = spread(before, 2 if gender else 1)
    say(f"\nfigure 6, {stage.hide}: above as recorded, below as released: " + ", ".join(before.ids[row] for row in rows))
    return {f"figure6-{number}": pair(before, after, row, before.text(KEEP, row))
            for number, row in enumerate(rows, 1 if gender else 3)}


def figure1(stage: Stage, small: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """One recording: the hidden label exposed, then hidden, and the action kept, to frozen judges."""
    before = stage.seen.select(stage.half.test)
    after = released(played("etri-res-adv", small)(stage), stage.seen)
    hidden, kept = ([stage.asked(one, label, FROZEN) for one in (stage.seen, after)] for label in (stage.hide, KEEP))
    sure = [likely(one) for one in hidden]
    good = np.logical_and.reduce([one.truth == one.guess for one in kept]) & (sure[0] > 0.5)
    if not good.any():
        raise UserError("there is no recording whose action is kept", "train longer, or with less privacy")
    row = int(np.argmax(np.where(good, sure[0] - np.abs(sure[1] - 1 / len(hidden[0].classes)), -np.inf)))
    told = f"{before.text(KEEP, row)}: {before.text(stage.hide, row)} {sure[0][row]:.2f}, then {sure[1][row]:.2f}"
    say(f"\nfigure 1: {before.ids[row]}, {told} by the frozen judge, who also tells the action right before and after")
    return {"figure1": pair(before, released(played("etri-res-adv", small)(stage), before), row, told)}


def likely(answers: Answers) -> np.ndarray:
    """The probability that is given to what is true."""
    return np.asarray(answers.scores[np.arange(len(answers.truth)), answers.truth])


def pair(before: MotionDataset, after: MotionDataset, row: int, title: str) -> Frames:
    return before_after(title, before[row], after[row], before.skeleton, before.fps)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────

TABLES = {"table3": ("etri",), "table5": ("etri",), "identity": ("ntu",), "figure1": ("etri",), "figure3": ("etri",),
          "figure4": ("etri",), "figure5": ("ntu",), "figure6": ("etri", "ntu")}
FIGURES = {"figure1": figure1, "figure3": figure3, "figure4": figure4, "figure5": figure5, "figure6": figure6}


def make(name: str, stages: Sequence[Stage], small: bool, out: Path) -> None:
    """One table or figure: printed, and written into the folder."""
    lines: list[str] = []

    def say(words: str) -> None:
        print(words, flush=True)
        lines.append(words)

    for stage in stages:
        with few_threads(len(stage.dataset)):
            pictures = FIGURES[name](stage, small, say) if name in FIGURES else {}
            if name not in FIGURES:
                table(name, stage, small, say)
        for file, picture in pictures.items():
            press(picture, out / file)
    (out / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    wish.add_argument("--small", action="store_true", help="small networks: minutes instead of days")
    wish.add_argument("--out", type=Path, help="folder for what is made, and for what was taught on the way")
    asked = wish.parse_args(words)
    if strange := [name for name in asked.tables if name not in TABLES]:
        wish.error(f"there is no {strange[0]}; there are: {', '.join(TABLES)}")
    home = os.environ.get("MASKELETON_DATA")
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        out = asked.out or Path(own)
        stages: dict[str, Stage] = {}
        try:
            for name in asked.tables or TABLES:
                for data in TABLES[name]:
                    if data not in stages:
                        stages[data], told = stage(data, Path(home) if home else None, asked.small, out / "work")
                        print(told, flush=True)
                out.mkdir(parents=True, exist_ok=True)
                make(name, [stages[data] for data in TABLES[name]], asked.small, out)
        except UserError as fault:
            print(fault, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
