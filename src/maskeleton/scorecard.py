"""Scorecard: everything one run found, as results.json: strict when read, whole when written."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeGuard

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.jobs import atomic
from maskeleton.rates import METRICS
from maskeleton.score import Score

SCHEMA = 1
FILE = "results.json"
ROLES = ("hide", "keep")
NUMBER = (int, float)
CODE = (str, int)

WHO = {"label": str, "threat": str, "attack": str, "judge": str}
COUNTS = {"hits": NUMBER, "trials": int}
RATE = {"metric": str, "rate": NUMBER, "low": NUMBER, "high": NUMBER, "chance": NUMBER, "null": (*NUMBER, type(None))}
ROWS: dict[str, dict[str, Any]] = {
    "cells": {**WHO, "role": str, "split": str, "leaks": list, **RATE, "trials": int, "people": int, "seeds": int,
              "minutes": NUMBER},
    "people": {**WHO, "person": CODE, **COUNTS},
    "by_action": {**WHO, "action": CODE, **COUNTS},
    "curves": {"epoch": NUMBER, "what": str, "value": (*NUMBER, type(None))},
    "motion": {"metric": str, "unit": str, "value": (*NUMBER, type(None))},
    "headline": {"label": str, "role": str, **RATE, "by": dict},
    "limits": {"label": str, "kind": str, "unit": str, "size": (*NUMBER, type(None)), "tried": list, "rate": NUMBER,
               "low": NUMBER, "high": NUMBER, "chance": NUMBER},
    "learning": {"label": str, "share": NUMBER, "rate": NUMBER, "low": NUMBER, "high": NUMBER},
    "channels": {"label": str, "channel": str, "plain": NUMBER, "within": (*NUMBER, type(None)), "low": NUMBER,
                 "high": NUMBER, "chance": NUMBER},
    "shown": {"file": str, "why": str, "label": str, "action": (str, type(None)), "right": NUMBER, "cut": bool},
    "costs": {"threat": str, "knows": str, "recordings": int, "minutes": NUMBER},
}
LATER = ("shown", "costs")  # lists that a file of an earlier version lacks
BY = {name: WHO[name] for name in ("threat", "attack", "judge")}
ADDED: dict[str, dict[str, Any]] = {  # in files that have them
    "cells": {"validation": (*NUMBER, type(None)), "null_away": bool, "validation_error": NUMBER, "release": str},
    "limits": {"null": (*NUMBER, type(None)), "recordings": int},
    "learning": {"of": str, "recordings": int, "people": int},
}


class CellScore(NamedTuple):
    """One cell of the table: what was asked, by whom, and the score."""

    label: str
    role: str  # hide or keep
    threat: str
    attack: str
    judge: str
    split: str
    leaks: tuple[str, ...]
    metric: str
    rate: float
    low: float
    high: float
    chance: float
    null: float | None
    trials: int
    people: int
    seeds: int
    minutes: float = 0.0
    validation: float | None = None  # the same metric on the attacker's own validation part: the headline goes by it
    null_away: bool = False
    validation_error: float = 0.0  # how far off that may be: the standard error over folds and seeds
    release: str = ""  # which of several that stand side by side; none for the original

    @classmethod
    def of(cls, score: Score, *, label: str, role: str, threat: str, attack: str, judge: str, split: str,
           leaks: tuple[str, ...] = (), minutes: float = 0.0, validation: float | None = None,
           validation_error: float = 0.0) -> "CellScore":
        """A score in its place."""
        return cls(label, role, threat, attack, judge, split, tuple(leaks), *score[:-1], minutes=minutes,
                   validation=validation, null_away=score.null_away, validation_error=validation_error)

    @property
    def by(self) -> dict[str, str]:
        """Who asked."""
        return {"threat": self.threat, "attack": self.attack, "judge": self.judge}

    @property
    def learned(self) -> bool:
        """Does the whole interval lie beyond chance and the null?"""
        floor = [self.chance] if self.null is None else [self.chance, self.null]
        return self.low > max(floor) if METRICS[self.metric].upward else self.high < min(floor)


Rows = list[dict[str, Any]]


@dataclass
class Scorecard:
    """All that a run found. `people`, `by_action`, `curves`, `motion` and `headline` hold rows as in results.json."""

    verb: str
    data: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    cells: list[CellScore] = field(default_factory=list)
    people: Rows = field(default_factory=list)
    by_action: Rows = field(default_factory=list)
    curves: Rows = field(default_factory=list)
    motion: Rows = field(default_factory=list)
    headline: Rows = field(default_factory=list)
    limits: Rows = field(default_factory=list)  # the smallest planted signatures that were found
    learning: Rows = field(default_factory=list)  # the score by the share of training recordings
    channels: Rows = field(default_factory=list)  # where it lives, by `--explain`
    shown: Rows = field(default_factory=list)  # recordings that the run's folder keeps to be looked at
    costs: Rows = field(default_factory=list)  # what each threat must know, learned from, and how long it took
    warnings: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        """Put results.json into a folder; it appears whole or not at all."""
        told = {"schema": SCHEMA, **{own.name: getattr(self, own.name) for own in fields(self)}}
        told["cells"] = [cell._asdict() for cell in self.cells]
        folder.mkdir(parents=True, exist_ok=True)
        with atomic(folder / FILE) as out:
            out.write_text(json.dumps(_plain(told), indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        return folder / FILE

    @classmethod
    def read(cls, folder: Path) -> "Scorecard":
        """What a run wrote, or a UserError that says what is wrong with the file."""
        path = folder if folder.name == FILE else folder / FILE
        told = _parsed(path)
        faults = list(_faults(told))
        if faults:
            raise UserError(f"{path}: {listed(faults, 5)}", "run the verb again, or take the file it wrote")
        cells = [CellScore(**{**cell, "leaks": tuple(cell["leaks"])}) for cell in told["cells"]]
        told = {**{name: [] for name in LATER}, **told}
        return cls(**{own.name: told[own.name] for own in fields(cls) if own.name != "cells"}, cells=cells)


def _plain(value: Any) -> Any:
    """As JSON has it: numpy's numbers as Python's, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except FileNotFoundError:
        raise UserError(f"there is no {path}", "give the folder that a run wrote with --out") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}", "run the verb again, or take the file it wrote") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _finite(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _no_number(word)


def _faults(told: Any) -> Iterator[str]:
    """Everything that is not as promised."""
    if not isinstance(told, dict):
        yield f"holds {_kind(told)}, expected an object"
        return
    if told.get("schema") != SCHEMA or isinstance(told["schema"], bool):
        yield f"schema is {told.get('schema')!r}, expected {SCHEMA}"
        return
    yield from _wrong(told, {"verb": str, "data": dict, "seed": int, "warnings": list, "not_tried": list}, "")
    for name in ("warnings", "not_tried"):
        yield from _no_words(told.get(name), name)
    for name, expected in ROWS.items():
        rows = told.get(name, [] if name in LATER else None)
        if not isinstance(rows, list):
            yield f"{name} is {_kind(rows)}, expected a list"
            continue
        for number, row in enumerate(rows):
            yield from _row_faults(row, name, expected, f"{name}[{number}].")


def _row_faults(row: Any, name: str, expected: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"{where[:-1]} is {_kind(row)}, expected an object"
        return
    more = ADDED.get(name, {})
    known = {**expected, **{key: kind for key, kind in more.items() if key in row}}
    wrong = list(_wrong(row, known, where))
    if name == "cells":
        wrong += _no_words(row.get("leaks"), f"{where}leaks")
        wrong += [f"{where}{key} is not known" for key in row if key not in expected and key not in more]
    sizes = row.get("tried")
    if name == "limits" and isinstance(sizes, list) and not (sizes and all(map(_is_number, sizes))):
        wrong.append(f"{where}tried holds something else than numbers, or nothing")
    if name == "headline" and isinstance(row.get("by"), dict):
        wrong += _wrong(row["by"], BY, f"{where}by.")
    yield from wrong or _senseless(row, where)


def _wrong(row: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, kind in expected.items():
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if key not in row:
            yield f"{where}{key} is missing"
        elif not isinstance(row[key], kinds) or (isinstance(row[key], bool) and bool not in kinds):
            words = " or ".join(dict.fromkeys(WORDS[one] for one in kinds))
            yield f"{where}{key} is {_kind(row[key])}, expected {words}"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _no_words(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list) and not all(isinstance(word, str) for word in value):
        yield f"{where} holds something else than texts"


def _senseless(row: Mapping[str, Any], where: str) -> Iterator[str]:
    """Numbers that cannot be, in a row whose types are right."""
    if row.get("role", ROLES[0]) not in ROLES:
        yield f"{where}role is {row['role']!r}, expected hide or keep"
    if row.get("metric", "top1") not in METRICS and "rate" in row:
        yield f"{where}metric is {row['metric']!r}, expected one of {listed(METRICS)}"
    low, rate, high = (row.get(key) for key in ("low", "rate", "high"))
    if _is_number(low) and _is_number(rate) and _is_number(high) and not 0 <= low <= rate <= high <= 1:
        yield f"{where[:-1]}: {low} <= {rate} <= {high} does not hold within 0 and 1"
    for key in ("chance", "null", "validation", "share", "plain", "within", "right"):
        if _is_number(row.get(key)) and not 0 <= row[key] <= 1:
            yield f"{where}{key} is {row[key]}, expected 0 to 1"
    for key in ("trials", "people", "seeds", "minutes", "hits", "recordings"):
        if _is_number(row.get(key)) and row[key] < 0:
            yield f"{where}{key} is {row[key]}"
    if "hits" in row and not row["hits"] <= row["trials"]:
        yield f"{where[:-1]}: {row['hits']} hits of {row['trials']} trials"


WORDS = {str: "text", int: "a whole number", float: "a number", list: "a list", dict: "an object",
         bool: "true or false", type(None): "null"}


def _kind(value: Any) -> str:
    return WORDS[type(value)]
