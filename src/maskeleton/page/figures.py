"""Figures: what of a run is drawn, for its page and for a paper: rates, people, actions, privacy against utility, curves."""

from collections.abc import Iterable, Sequence
from typing import Any

from maskeleton.page.plot import Dot, Figure, Ladder, Level, Line, Plot, Rung
from maskeleton.page.words import noun
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import eligible, most_exposed, of_shares, strongest

MOST = 20  # people, and actions
TRAINING = "training: "  # what begins the name of a curve of the anonymizer's own training
PARTS = {"train": "learned from", "check": "held back"}


def figures(card: Scorecard) -> dict[str, Figure]:
    """Every figure of a run that has something to show, by the name of its file."""
    found: dict[str, Figure | None] = {"rates": rates(card), "people": people(card), "actions": actions(card),
                                       "privacy-utility": trade(card), "curves": curves(card),
                                       "planted": planted(card)}
    return {name: figure for name, figure in found.items() if figure is not None}


def rates(card: Scorecard) -> Ladder | None:
    """The strongest attacker of every threat, a group for each label."""
    groups = []
    for label, role in dict.fromkeys((cell.label, cell.role) for cell in card.cells):
        mine = eligible(card.cells, label, role)
        best = [strongest(cell for cell in mine if cell.threat == threat)
                for threat in dict.fromkeys(cell.threat for cell in mine)]
        rungs = [Rung(f"{cell.threat}, {_by(cell)}", cell.rate, (cell.low, cell.high), cell.chance, cell.null,
                      role if cell.learned else "")
                 for cell in best if cell is not None]
        if rungs:
            first = next(cell for cell in best if cell is not None)
            groups.append((f"{noun(label)}: {first.metric}, {'to stay' if role == 'keep' else 'to go'}", rungs))
    return Ladder("The strongest attacker under every threat", "rate, 95 % interval over people", groups) if groups else None


def people(card: Scorecard) -> Ladder | None:
    """Those who are recognized most often by the attacker of each headline."""
    return _counted(card, "person", "The most exposed people", "share of their recordings that were named right")


def actions(card: Scorecard) -> Ladder | None:
    """How much each action tells of what is hidden."""
    return _counted(card, "action", "What tells most", "share of recordings that were told right")


def _counted(card: Scorecard, word: str, title: str, across: str) -> Ladder | None:
    groups = []
    for row in card.headline:
        if row["role"] != "hide":
            continue
        for rows, which in most_exposed(card, row, MOST):
            if which == word:
                groups.append((noun(row["label"]), [_rung(one, word, *of_shares(card, row)) for one in rows]))
    return Ladder(title, across, groups) if groups else None


def _rung(one: dict[str, Any], word: str, chance: float | None, null: float | None) -> Rung:
    share = one["hits"] / max(one["trials"], 1)
    return Rung(f"{one[word]} ({one['hits']:g} of {one['trials']})", share, None, chance, null, "hide")


def trade(card: Scorecard) -> Plot | None:
    """Privacy against utility: how much is told of what is hidden, and how well what is kept can be read, from one and the
    same motion: the original, and the release."""
    kept = next((row for row in card.headline if row["role"] == "keep"), None)
    hidden = [row for row in card.headline if row["role"] == "hide"]
    if kept is None or not hidden or card.verb != "evaluate":
        return None
    own = eligible(card.cells, kept["label"], "keep")
    before = strongest(cell for cell in own if cell.threat == "before")
    lines: list[Line] = []
    levels = [Level(f"{noun(kept['label'])} by chance", kept["chance"])]
    for row in hidden:
        mine = eligible(card.cells, row["label"], "hide")
        start = strongest(cell for cell in mine if cell.threat == "before")
        dots = [Dot(start.rate, before.rate, (start.low, start.high), (before.low, before.high))] \
            if start is not None and before is not None else []
        end = Dot(row["rate"], kept["rate"], (row["low"], row["high"]), (kept["low"], kept["high"]))
        lines.append(Line(f"{noun(row['label'])}: original", dots, colour=len(lines), joined=False))
        lines.append(Line(f"{noun(row['label'])}: release", [end], colour=len(lines), joined=False))
        levels.append(Level(f"{noun(row['label'])} by chance", row["chance"], True))
        if row["null"] is not None:
            levels.append(Level(f"{noun(row['label'])}, null", row["null"], True, True))
    lines = [line for line in lines if line.dots]
    return Plot("Privacy against utility", f"what is told of what is hidden ({', '.join(_metrics(hidden))})",
                f"{noun(kept['label'])} ({kept['metric']})", lines, levels)


def curves(card: Scorecard) -> Plot | None:
    """How the training of the anonymizer went, epoch by epoch: right answers of keepers and seekers, and RMSE."""
    rows = [row for row in card.curves if row["what"].startswith(TRAINING) and row["value"] is not None]
    lines: list[Line] = []
    for colour, what in enumerate(dict.fromkeys(_parted(row["what"])[1] for row in rows)):
        for part in PARTS:
            dots = [Dot(row["epoch"], row["value"]) for row in rows if _parted(row["what"]) == (part, what)]
            if dots and what != "loss":
                lines.append(Line(f"{_curve(what)}, {PARTS[part]}", dots, part == "train", colour))
    levels = [Level(f"{noun(row['label'])} by chance", row["chance"], dotted=row["role"] == "hide") for row in card.headline
              if row["metric"] == "top1"]
    return Plot("The anonymizer's training", "epoch", "share right; RMSE", lines, levels) if lines else None


def planted(card: Scorecard) -> Ladder | None:
    """How much would have been noticed: the smallest planted signatures that were found, or the largest that were not."""
    groups: dict[str, list[Rung]] = {}
    for row in card.limits:
        size = max(row["tried"]) if row["size"] is None else row["size"]
        groups.setdefault(noun(row["label"]), []).append(
            Rung(f"{row['kind']}, {size:g} {row['unit']}", row["rate"], (row["low"], row["high"]), row["chance"],
                 row.get("null"), "keep"))
    return Ladder("Planted signatures", "rate at which they were told", list(groups.items())) \
        if groups else None


def _parted(what: str) -> tuple[str, str]:
    part, _, name = what.removeprefix(TRAINING).partition("_")
    return part, name


def _curve(what: str) -> str:
    role, _, label = what.partition("_")
    return {"keep": f"keeper of {label}", "hide": f"seeker of {label}", "rmse": "RMSE"}.get(role, what)


def _metrics(rows: Iterable[dict[str, Any]]) -> Sequence[str]:
    return list(dict.fromkeys(row["metric"] for row in rows))


def _by(cell: CellScore) -> str:
    return f"{cell.attack} {cell.judge}".strip()
