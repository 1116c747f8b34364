"""Discreet: a run as a public copy may tell it: people by number, no seeds, paths, ids of recordings or of originals."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maskeleton.scorecard import CellScore, Rows, Scorecard
from maskeleton.verdict import most_exposed

PUBLIC_FACTS = ("name", "recordings", "people", "skeleton", "fps", "made_by")
PATH = re.compile(r"(?<![\w.])(?:~|\.{1,2}|[A-Za-z]:)?[/\\][^\s:,;'\"]+")
NAMING = (  # sentences of splits that name people, and the same without
    (re.compile(r"(left out, for want of recordings|nobody trains their subject|there is one person only): .*"), r"\1"),
    (re.compile(r"\bno subject .+ (would be in)"), r"no … \1"),
    (re.compile(r"(^|: )[^:]+ (would be in one half only)"), r"\1… \2"),
)
EVERYBODY = 1_000_000_000


@dataclass(frozen=True)
class Run:
    """All that a page draws: the scorecard, the record of the run, and how many recordings were learned from and tested."""

    card: Scorecard
    record: Mapping[str, Any] = field(default_factory=dict)
    split: Rows = field(default_factory=list)  # label, split, folds, learned from, tested
    ids: frozenset[str] = frozenset()  # of the recordings: what a public copy must not tell


def public(run: Run) -> Run:
    """The same run without what only its owner may see."""
    card, names = run.card, models(run.card.cells)
    hidden = {str(value): "…" for value in _places(run.record.get("options", {}))} | names
    people = pseudonyms(card)
    secret = run.ids | people.keys()

    def quiet(words: str) -> str:
        for path, name in sorted(hidden.items(), key=lambda one: -len(one[0])):
            words = words.replace(path, name)
        words = PATH.sub("…", words)
        for pattern, bare in NAMING:
            words = pattern.sub(bare, words)
        return " ".join("…" if _tells(word.strip(",.:;'\"()"), secret) else word for word in words.split(" "))

    def asked(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "judge": _renamed(str(row["judge"]), names)}

    facts = {key: card.data[key] for key in PUBLIC_FACTS if key in card.data}
    if card.verb == "evaluate" and "content_id" in card.data:
        facts["content_id"] = card.data["content_id"]
    told = replace(
        card, data=facts, seed=0,
        cells=[cell._replace(judge=_renamed(cell.judge, names)) for cell in card.cells],
        people=[{**asked(row), "person": people[str(row["person"])]} for row in card.people],
        by_action=[asked(row) for row in card.by_action],
        headline=[{**row, "by": asked(row["by"])} for row in card.headline],
        warnings=[quiet(words) for words in card.warnings], not_tried=[quiet(words) for words in card.not_tried])
    return Run(told, _without_secrets(run.record, names), run.split)


def pseudonyms(card: Scorecard) -> dict[str, str]:
    """'person 1' and so on, by how exposed they are to the attacker of the first headline; one name all over the page."""
    order = [str(row["person"]) for top in card.headline if top["role"] == "hide"
             for rows, word in most_exposed(card, top, EVERYBODY) if word == "person" for row in rows]
    order += sorted({str(row["person"]) for row in card.people})
    return {code: f"person {number}" for number, code in enumerate(dict.fromkeys(order), 1)}


def models(cells: Iterable[CellScore]) -> dict[str, str]:
    """Judges that are folders, and what they are called instead."""
    paths = dict.fromkeys(cell.judge for cell in cells if "/" in cell.judge or "\\" in cell.judge)
    return {path: f"model {number}" for number, path in enumerate(paths, 1)}


def _tells(word: str, secret: frozenset[str]) -> bool:
    """Whether a word is an id or somebody's code; a number may be anything."""
    return word in secret and not word.isdigit()


def _renamed(judge: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        judge = judge.replace(path, name)
    return judge


def _places(options: object) -> Iterable[str]:
    """Whatever of a run's options looks like a place on somebody's disk."""
    if not isinstance(options, Mapping):
        return
    for value in options.values():
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and ("/" in word or "\\" in word):
                yield word


def _without_secrets(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Of the record: the verb, the versions, and those options that are neither seeds nor places."""
    kept = {key: record[key] for key in ("verb", "versions") if key in record}
    options = record.get("options")
    if isinstance(options, Mapping):
        kept["options"] = {key: _option(key, value, names) for key, value in options.items() if "seed" not in key
                           or key == "seeds"}
    return kept


PLACES = {"data": "DATA", "original": "ORIGINAL", "released": "RELEASED", "out": "RUN/", "people": "PEOPLE.csv",
          "skeleton": "SKELETON", "pattern": "PATTERN"}


def _option(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_option(key, one, names) for one in value]
    if isinstance(value, Mapping):
        return {name: one for name, one in value.items() if "seed" not in str(name)}
    if not isinstance(value, str):
        return value
    if key in PLACES:
        return PLACES[key]
    if value in names:
        return "MODEL/"
    return "MODEL/" if "/" in value or "\\" in value else value
