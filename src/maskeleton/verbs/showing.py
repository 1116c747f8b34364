"""Showing: a handful of recordings of a run, kept to be looked at: whom an attacker recognizes, whom not, who is usual."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.answers import Answers
from maskeleton.dataset import MotionDataset
from maskeleton.formats import npz
from maskeleton.jobs import atomic, remove
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.rates import credit
from maskeleton.recognize import Cell
from maskeleton.scorecard import Scorecard

RELEASED, ORIGINAL = "motions", "private"  # folders of a run: what may be seen by all, and what stays with the originals
EACH = 2  # recordings of each kind
TOGETHER = 4  # people who do the same
LONGEST = 300  # frames


class Seen(NamedTuple):
    """How one recording fared."""

    row: int
    right: float  # share of the attacker's answers that were right
    ahead: float  # how many wrong choices came before the right one, as a share of all


def keep_some(card: Scorecard, answers: Mapping[Cell, Answers], out: Path, original: MotionDataset,
              released: MotionDataset | None = None) -> None:
    """Write a few recordings into the run's folder, and say in the card which they are, without ids or people."""
    for folder in (RELEASED, ORIGINAL):
        remove(out / folder)
    top = next((row for row in card.headline if row["role"] == "hide"), None)
    found = _answers_of(top, answers) if top else None
    if top is None or found is None:
        return
    for name, why, one in _named(original, _seen(found, original.ids)):
        for folder, dataset in ((RELEASED, released), (ORIGINAL, original)):
            if dataset is not None:
                _write(out / folder / f"{name}.npz", name, dataset, one.row)
        longest = max(int(dataset.frames[one.row]) for dataset in (original, released) if dataset is not None)
        card.shown.append({"file": name, "why": why, "label": top["label"], "action": _action(original, one.row),
                           "right": round(one.right, 6), "cut": longest > LONGEST})


def _answers_of(top: Mapping[str, Any], answers: Mapping[Cell, Answers]) -> Answers | None:
    """Those of the headline; where recordings were put together, of whom that stands on."""
    by = top["by"]
    attack, _, judge = by["judge"].partition(" ") if by["attack"] == "assign" else (by["attack"], "", by["judge"])
    return next((found for cell, found in answers.items() if found.ids
                 and (cell.label, cell.threat, cell.attack, cell.judge) == (top["label"], by["threat"], attack, judge)
                 and cell.by == top["split"]), None)


def _seen(answers: Answers, ids: Sequence[str]) -> list[Seen]:
    """Every recording that was asked about, the most recognizable first."""
    place = {id: row for row, id in enumerate(ids)}
    right, choices = credit(answers, 1), answers.right & ~np.isnan(answers.scores)
    best = np.where(choices, answers.scores, -np.inf).max(1)
    ahead = (answers.scores > best[:, None]).sum(1) / max(answers.scores.shape[1], 1)
    told: dict[int, list[tuple[float, float]]] = {}
    for id, hit, before in zip(answers.ids, right.tolist(), ahead.tolist(), strict=True):
        if id in place and not np.isnan(hit):
            told.setdefault(place[id], []).append((hit, before))
    found = [Seen(row, *np.mean(rows, 0).tolist()) for row, rows in told.items()]
    return sorted(found, key=lambda one: (-one.right, one.ahead, one.row))


def _named(dataset: MotionDataset, seen: Sequence[Seen]) -> Iterator[tuple[str, str, Seen]]:
    """File name, kind and recording: each kind of several people, as far as there are."""
    taken: set[int] = set()
    by_middle = [seen[place] for place in np.argsort(np.abs(np.arange(len(seen)) - len(seen) / 2), kind="stable")]
    for why, among in (("worst", seen), ("best", seen[::-1]), ("typical", by_middle)):
        chosen = _of_several([one for one in among if one.row not in taken], dataset, EACH)
        taken.update(one.row for one in chosen)
        yield from ((f"{why}-{number}", why, one) for number, one in enumerate(chosen, 1))
    same = [one for one in seen if seen and _action(dataset, one.row) == _action(dataset, seen[0].row)]
    chosen = _of_several(same, dataset, TOGETHER, strict=True)
    if len(chosen) > 1 and "action" in dataset.labels:
        yield from ((f"together-{number}", "together", one) for number, one in enumerate(chosen, 1))


def _of_several(among: Sequence[Seen], dataset: MotionDataset, most: int, strict: bool = False) -> list[Seen]:
    """The first ones, each of another person; of the same ones where there are not enough, unless strictly not."""
    people = dataset.labels.get("subject", np.arange(len(dataset)))
    first: dict[int, Seen] = {}
    for one in among:
        first.setdefault(int(people[one.row]), one)
    chosen = list(first.values())[:most]
    rest = [] if strict else [one for one in among if one not in chosen]
    return [*chosen, *rest[: most - len(chosen)]]


def _action(dataset: MotionDataset, row: int) -> str | None:
    codes = dataset.labels.get("action")
    return dataset.text("action", row) if codes is not None and codes[row] != UNKNOWN else None


def _write(path: Path, name: str, dataset: MotionDataset, row: int) -> None:
    motion = dataset[row]
    first = slice(0, LONGEST)
    action = _action(dataset, row)
    bare = Motion(motion.positions[first], motion.present[first], motion.tracked[first],
                  {} if action is None else {"action": action}, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as out:
        npz.write(MotionDataset.of(dataset.skeleton, dataset.fps, [bare]), out)
