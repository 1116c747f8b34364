"""Verdict: what a table of cells comes to: the strongest attacker of each label, and whether to believe any of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maskeleton.rates import METRICS
from maskeleton.score import primary
from maskeleton.scorecard import CellScore, Scorecard

OLD = ("before", "naive")  # threats that learned nothing from the release
BAR = 20  # characters
MOST_NAMED = 5  # people, and actions
MOST_LINES = 30  # of cells that one screen shows


def conclude(card: Scorecard) -> Scorecard:
    """The scorecard with its headline, and with its warnings put before those it has."""
    card.headline = headline(card.cells, card.verb)
    card.warnings = list(dict.fromkeys([*distrust(card.cells, card.verb), *card.warnings]))
    return card


# ── headline ──────────────────────────────────────────────────────────────────────────────────────────────────────


def headline(cells: Sequence[CellScore], verb: str) -> list[dict[str, Any]]:
    """One row a label: the strongest attacker, as the attackers' own validation has it, beside the largest null."""
    found = []
    for label, role in dict.fromkeys((cell.label, cell.role) for cell in cells):
        mine = eligible(cells, label, role)
        best = _hidden(mine, verb) if role == "hide" else _kept(mine, verb)
        if best:
            found.append(best)
    return found


def eligible(cells: Iterable[CellScore], label: str, role: str) -> list[CellScore]:
    """The cells that may stand for a label: its own metric, no leaking split, no pooling of recordings, no file names
    (which a release replaces)."""
    return [cell for cell in cells if (cell.label, cell.role) == (label, role) and not cell.leaks
            and cell.attack.partition(":")[0] != "pool" and (cell.attack, cell.judge) != ("side", "file")
            and cell.metric == primary(label)]


def strongest(cells: Iterable[CellScore]) -> CellScore | None:
    """By the attacker's own validation. Whom that cannot tell from the best, within its standard error, is as good a
    choice, and of those the one that finds most counts. One without validation is taken at its word on the test, so as
    not to be missed."""
    cells = list(cells)
    tried = [(cell, cell.validation) for cell in cells if cell.validation is not None]
    found = [cell for cell in cells if cell.validation is None]
    if tried:
        best, most = max(tried, key=lambda one: one[1])
        found.append(max((cell for cell, valid in tried if valid >= most - best.validation_error),
                         key=lambda cell: cell.rate))
    return max(found, key=lambda cell: cell.rate, default=None)


def _hidden(cells: Sequence[CellScore], verb: str) -> dict[str, Any] | None:
    among = [cell for cell in cells if cell.threat == "before"] if verb == "audit" else _of_release(cells)
    best = strongest(among)
    return {**_told(best, among), **_beside(cells, verb)} if best else None


def _of_release(cells: Iterable[CellScore]) -> list[CellScore]:
    """Those who look at the release and know what was done, or learned from it."""
    return [cell for cell in cells if cell.threat not in (*OLD, "transfer")]


def _beside(cells: Sequence[CellScore], verb: str) -> dict[str, Any]:
    """The strongest who learned nothing from the release, on the original and on the release."""
    best = {threat: strongest(cell for cell in cells if cell.threat == threat) for threat in OLD}
    return {threat: cell.rate for threat, cell in best.items() if cell and verb != "audit"}


def _kept(cells: Sequence[CellScore], verb: str) -> dict[str, Any] | None:
    under = {threat: [cell for cell in cells if cell.threat == threat]
             for threat in ("before", "naive", "adaptive", "transfer")}
    best = {threat: cell for threat, some in under.items() if (cell := strongest(some))}
    rivals = [best[threat] for threat in (("before",) if verb == "audit" else ("adaptive", "transfer"))
              if threat in best]
    if not rivals:
        return None
    weakest = min(rivals, key=lambda cell: cell.rate)
    told = _told(weakest, under[weakest.threat])
    return told if verb == "audit" else {**told, **_beside(cells, verb), **_share(weakest, best)}


def _share(cell: CellScore, best: dict[str, CellScore]) -> dict[str, Any]:
    """How much of the original's rate is left; more than all of it counts as all, and is flagged."""
    original = best["before"].rate if "before" in best else 0.0
    return {"of_original": min(cell.rate / original, 1.0), "flagged": cell.rate > original} if original else {}


def _told(cell: CellScore, among: Iterable[CellScore]) -> dict[str, Any]:
    null = max((other.null for other in among if other.null is not None), default=None)
    names = ("label", "role", "metric", "rate", "low", "high", "chance")
    return {**{name: getattr(cell, name) for name in names}, "null": null, "by": cell.by, "split": cell.split,
            "people": cell.people, "seeds": cell.seeds}


def found(row: Mapping[str, Any]) -> bool:
    """Whether the whole interval of a headline lies beyond chance and the null."""
    floor = max(row["chance"], row["null"] if row["null"] is not None else 0.0)
    return bool(row["low"] > floor if METRICS[row["metric"]].upward else row["high"] < floor)


# ── trust ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def distrust(cells: Sequence[CellScore], verb: str) -> list[str]:
    """Why the result cannot be trusted, or not read as it seems."""
    found = []
    for cell in cells:
        if cell.null_away and not cell.leaks:
            found.append(f"{_name(cell)}: cannot be trusted: on labels that say nothing it scores {digits(cell.null)} "
                         f"where chance is {digits(cell.chance)}")
    for label, role in dict.fromkeys((cell.label, cell.role) for cell in cells):
        mine = eligible(cells, label, role)
        found += _controls([cell for cell in mine if cell.threat == "before"], mine, label, role, verb)
        found += _better([cell for cell in mine if cell.role == "keep"])
    return found


def _controls(before: Sequence[CellScore], mine: Sequence[CellScore], label: str, role: str, verb: str) -> list[str]:
    """Does anybody recognize it on the original? If not, that nobody does so on the release says nothing."""
    if not mine:
        return [f"{label}: no headline: no cell has {primary(label)} on a split that does not leak"]
    asked = _of_release(mine) if role == "hide" else [cell for cell in mine if cell.threat in ("adaptive", "transfer")]
    found = [] if asked or verb == "audit" else [f"{label}: no headline: nobody was asked who learned from the release "
                                                 "(threat adaptive)"]
    if not before:
        return [*found, f"{label}: cannot be trusted: nobody was asked about the original (threat before)"]
    if not any(cell.learned for cell in before):
        return [*found, _blind(any(cell.learned for cell in asked), label, role, verb)]
    if verb == "audit":
        return []
    if role == "hide" and asked and not any(cell.learned for cell in asked):
        found.append(f"{label}: not found in the release: that is no proof; see how small a signature would have been "
                     "found")
    seeing = {(cell.attack, cell.judge) for cell in mine if cell.learned}
    return [*found, *(f"{_who(cell)}: does not recognize the original: its rows prove nothing"
                      for cell in before if (cell.attack, cell.judge) not in seeing)]


def _blind(on_release: bool, label: str, role: str, verb: str) -> str:
    """What it means that nobody recognizes it on the original."""
    if verb == "audit" and role == "hide":
        return f"{label}: not found: that is no proof; see how small a signature would have been found"
    if on_release:
        return (f"{label}: nobody recognizes it on the original, and somebody does on the release: the release itself "
                "tells it")
    return f"{label}: cannot be trusted: no judge recognizes it on the original"


def _better(kept: Sequence[CellScore]) -> list[str]:
    original = strongest(cell for cell in kept if cell.threat == "before")
    if original is None:
        return []
    return [f"{_name(cell)}: {digits(cell.rate)} is more than the original's {digits(original.rate)}: it counts as 1.0 "
            "of it" for cell in kept if cell.threat in ("adaptive", "transfer") and cell.low > original.rate]


def _name(cell: CellScore) -> str:
    return f"{cell.label}, {cell.threat}, {cell.attack} {cell.judge}".rstrip()


def _who(cell: CellScore) -> str:
    return f"{cell.label}, {cell.attack} {cell.judge}".rstrip()


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────


def table(card: Scorecard) -> str:
    """The scorecard on one screen, in plain characters: a block a label, a line a threat and attack."""
    lines: list[str] = []
    shown = shown_cells(card.cells)
    words = max((len(_line_name(cell)) for cell in shown), default=0)
    for label, role in dict.fromkeys((cell.label, cell.role) for cell in shown):
        mine = [cell for cell in shown if (cell.label, cell.role) == (label, role)]
        lines += [_title(mine), *(_line(cell, words) for cell in mine), ""]
    for label in dict.fromkeys(row["label"] for row in card.channels):
        lines += [*_channel_lines([row for row in card.channels if row["label"] == label], label), ""]
    return "\n".join([*lines, *(_sentence(row) for row in card.headline), *notes(card)]).rstrip()


def notes(card: Scorecard) -> list[str]:
    """What stands below the headlines: who is exposed, what became of the motion, how small a trace would have been found,
    and all doubts."""
    lines = [line for row in card.headline for line in _exposed(card, row)]
    lines += [_motion(card.motion)] if card.motion else []
    lines += [_limit(row) for row in card.limits] + _learning_lines(card.learning)
    lines += _cost_lines(card.costs)
    lines += [f"! {warning}" for warning in card.warnings]
    return [*lines, *(f"not tried: {what}" for what in card.not_tried)]


def shown_cells(cells: Sequence[CellScore], most: int = MOST_LINES) -> list[CellScore]:
    """One line a cell in its label's own metric (or, having none, in the first it has); if that is too much, the
    strongest attack of each threat among those that may stand for it."""
    own = [cell for cell in cells if cell.metric == _metric_of(cell, cells)]
    if len(own) <= most:
        return own
    groups: dict[tuple[str, ...], list[CellScore]] = {}
    for cell in own:
        groups.setdefault((cell.label, cell.role, cell.threat, cell.split), []).append(cell)
    best = [strongest(eligible(some, *key[:2]) or some) for key, some in groups.items()]
    return [cell for cell in best if cell is not None]


def _metric_of(cell: CellScore, cells: Sequence[CellScore]) -> str:
    metrics = [other.metric for other in cells
               if (other.label, other.threat, other.attack, other.judge, other.split)
               == (cell.label, cell.threat, cell.attack, cell.judge, cell.split)]
    return primary(cell.label) if primary(cell.label) in metrics else metrics[0]


def _title(cells: Sequence[CellScore]) -> str:
    first = cells[0]
    people = max(cell.people for cell in cells)
    return f"{first.label} ({first.role}): {first.metric}, {people} people, chance {digits(first.chance)}"


def _line_name(cell: CellScore) -> str:
    return f"{cell.threat:<12} {cell.attack} {cell.judge}".rstrip()


def _line(cell: CellScore, words: int) -> str:
    null = f"  null {digits(cell.null)}" if cell.null is not None else ""
    other = f"  {cell.metric}" if cell.metric != primary(cell.label) else ""
    leaks = f"  leaks {', '.join(cell.leaks)}" if cell.leaks else ""
    return (f"  {_line_name(cell):<{words}}  {digits(cell.rate)} [{digits(cell.low)}, {digits(cell.high)}] "
            f"{bar(cell.rate, cell.chance)}{null}{other}{leaks}")


def most_exposed(card: Scorecard, top: dict[str, Any], most: int = MOST_NAMED) -> list[tuple[list[dict[str, Any]], str]]:
    """Who is named most often, and in doing what, by the attacker of the headline (by whom it stands on, if its
    recordings are put together): rows, and which of their keys has the name."""
    attack, _, judge = top["by"]["judge"].partition(" ") if top["by"]["attack"] == "assign" else ("", "", "")
    by = {**top["by"], "attack": attack, "judge": judge} if attack else top["by"]
    found = []
    for rows, word in ((card.people, "person"), (card.by_action, "action")):
        mine = [row for row in rows if row["label"] == top["label"] and all(row[key] == by[key] for key in by)]
        if len(mine) > 1:
            found.append((sorted(mine, key=lambda row: (-row["hits"] / max(row["trials"], 1), -row["trials"]))[:most],
                          word))
    return found


def of_shares(card: Scorecard, top: dict[str, Any]) -> tuple[float | None, float | None]:
    """Chance and null of a share of right answers by the attacker of a headline, whose own metric may be another."""
    if top["metric"] == "top1":
        return top["chance"], top["null"]
    found = next((cell for cell in card.cells if (cell.label, cell.by, cell.metric, cell.split)
                  == (top["label"], top["by"], "accuracy", top.get("split", cell.split))), None)
    return (found.chance, found.null) if found else (None, None)


def _exposed(card: Scorecard, top: dict[str, Any]) -> list[str]:
    what = {"person": "most exposed people", "action": "most is told by"}
    return [f"{top['label']}: {what[word]}: "
            + ", ".join(f"{row[word]} ({row['hits']:g} of {row['trials']})" for row in rows)
            for rows, word in most_exposed(card, top)]


def _channel_lines(rows: Sequence[dict[str, Any]], label: str) -> list[str]:
    """Where a label lives: each channel alone, the strongest first."""
    best = {row["channel"]: max(row["plain"], row["within"] or 0) for row in rows}
    words = max(map(len, best))
    chance = rows[0]["chance"]
    ordered = sorted(rows, key=lambda row: -best[row["channel"]])
    return [f"where {label} lives: each channel alone / within what is kept, chance {digits(chance)}",
            *(f"  {row['channel']:<{words}}  {digits(row['plain']):>4} / {digits(row['within']):>4} "
              f"{bar(best[row['channel']], chance)}" for row in ordered)]


def _motion(rows: Sequence[dict[str, Any]]) -> str:
    """How far the motion was moved, and what it is like."""
    value = {row["metric"]: row for row in rows if row["value"] is not None}
    told = [f"{name.replace('_', ' ')} {row['value']:.3g} {row['unit']}"
            + (f" (was {value[f'{name}_original']['value']:.3g})" if f"{name}_original" in value else "")
            for name, row in value.items() if not name.endswith("_original")]
    return "motion: " + ", ".join(told).replace("²", "2").replace("³", "3")


def _limit(row: dict[str, Any]) -> str:
    unit = {"°": "degrees"}.get(row["unit"], row["unit"])
    if row["size"] is None:
        return f"{row['label']}: a planted signature ({row['kind']}) was not found even at {max(row['tried']):g} {unit}"
    return f"{row['label']}: a planted signature ({row['kind']}) is found from {row['size']:g} {unit} on"


def _cost_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    words = max((len(row["threat"]) for row in rows), default=0)
    return [f"cost of {row['threat']:<{words}}  {row['minutes']:>6.1f} minutes, {row['recordings']:,} recordings learned "
            f"from; must have: {row['knows']}" for row in rows]


def _learning_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = []
    for label, of in dict.fromkeys((row["label"], row.get("of", "recordings")) for row in rows):
        mine = [row for row in rows if (row["label"], row.get("of", "recordings")) == (label, of)]
        told = ", ".join(f"{digits(row['rate'])} from {digits(row['share'])}" for row in mine)
        lines.append(f"{label}: learned from a share of the training {of}: {told}")
    return lines


def bar(rate: float, chance: float) -> str:
    """'####|#####..........': how far the rate reaches, with a stroke where chance is."""
    drawn = ["#" if place < round(rate * BAR) else "." for place in range(BAR)]
    drawn.insert(min(round(chance * BAR), BAR), "|")
    return "".join(drawn)


def digits(share: float | None) -> str:
    """.05, 1.00: two digits, as in the tables of the field; - where there is none."""
    return "-" if share is None else f"{share:.2f}".removeprefix("0")


def _sentence(row: dict[str, Any]) -> str:
    by = f"{row['by']['attack']} {row['by']['judge']}".strip() + f" ({row['by']['threat']})"
    null = f", null {digits(row['null'])}" if row["null"] is not None else ""
    beside = "".join(f", {threat} {digits(row[threat])}" for threat in OLD if threat in row)
    if "of_original" in row:
        beside += f", {digits(row['of_original'])} of the original's" + (" (more than it)" if row["flagged"] else "")
    return (f"{row['label']} ({row['role']}): {row['metric']} {digits(row['rate'])} "
            f"[{digits(row['low'])}, {digits(row['high'])}], chance {digits(row['chance'])}{null}, by {by}{beside}")
