"""Standing: several releases of one dataset beside each other: what each gives away, what it keeps, and which are beaten."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from maskeleton.scorecard import Scorecard
from maskeleton.verdict import bar, digits, eligible, strongest

ORIGINAL = "original"


class Span(NamedTuple):
    """A number with its interval."""

    rate: float
    low: float
    high: float


class Point(NamedTuple):
    """A release as one hidden label sees it."""

    release: str
    risk: Span
    kept: dict[str, Span]  # of each kept label, as a share of the original's; more than all of it counts as all
    by: str  # the strongest attacker
    chance: float
    metric: str


def points(card: Scorecard, label: str) -> list[Point]:
    """The original and every release of which there is a headline, the least risk last."""
    keeps = list(dict.fromkeys(cell.label for cell in card.cells if cell.role == "keep"))
    found = [point for name in names(card) if (point := _point(card, label, name, keeps))]
    before = strongest(cell for cell in eligible(card.cells, label, "hide") if cell.threat == "before")
    if before is not None:
        whole = dict.fromkeys(keeps, Span(1.0, 1.0, 1.0))
        found.append(Point(ORIGINAL, Span(before.rate, before.low, before.high), whole, f"{before.attack} {before.judge}".strip(),
                           before.chance, before.metric))
    return sorted(found, key=lambda point: -point.risk.rate)


def names(card: Scorecard) -> list[str]:
    """The releases, as they were given."""
    return list(dict.fromkeys(str(row["release"]) for row in card.headline if row.get("release")))


def hidden(card: Scorecard) -> list[str]:
    """The labels that must not be told."""
    return list(dict.fromkeys(row["label"] for row in card.headline if row["role"] == "hide"))


def beaten(found: Sequence[Point]) -> dict[str, str]:
    """Of each release that another equals or betters in risk and in all that is kept, and betters in one: that other."""
    worse = {}
    for one in found:
        for other in found:
            if ORIGINAL not in (one.release, other.release) and other is not one and _better(other, one):
                worse[one.release] = other.release
                break
    return worse


def at_risk(found: Sequence[Point], label: str) -> Iterator[tuple[float, Point]]:
    """Read at equal risk: for each risk at which it changes, the release that keeps most of a label among those whose
    whole interval lies below."""
    levels = sorted({point.risk.high for point in found})
    last = ""
    for level in levels:
        enough = [point for point in found if point.risk.high <= level and label in point.kept]
        best = max(enough, key=lambda point: (point.kept[label].rate, -point.risk.rate), default=None)
        if best is not None and best.release != last:
            last = best.release
            yield level, best


def standings(card: Scorecard) -> str:
    """All of it on one screen."""
    lines: list[str] = []
    for label in hidden(card):
        found = points(card, label)
        lines += [*_lines(found, label), ""]
        for kept in dict.fromkeys(name for point in found for name in point.kept):
            lines += [f"{label} told in at most {digits(level)} of it, the interval's upper end: most of {kept} is kept by "
                      f"{best.release} ({digits(best.kept[kept].rate)})" for level, best in at_risk(found, kept)]
        lines.append("")
    lines += [f"! {warning}" for warning in card.warnings]
    lines += [f"not tried: {what}" for what in card.not_tried]
    return "\n".join(lines).rstrip()


def _lines(found: Sequence[Point], label: str) -> Iterator[str]:
    if not found:
        return
    worse, keeps = beaten(found), list(found[0].kept)
    wide = max(len(point.release) for point in found)
    heads = "".join(f"  {name + ' kept':<20}" for name in keeps)
    yield f"{label} (hide): {found[0].metric} of the strongest attacker of each release, chance {digits(found[0].chance)}"
    yield f"  {'release':<{wide}}  {'risk':<16} {' ' * 21}{heads}  by"
    for point in found:
        kept = "".join(f"  {_span(point.kept[name]) if name in point.kept else '-':<20}" for name in keeps)
        note = f"  (beaten by {worse[point.release]})" if point.release in worse else ""
        yield (f"  {point.release:<{wide}}  {_span(point.risk):<16} {bar(point.risk.rate, point.chance)}{kept}  {point.by}{note}"
               ).rstrip()


def _span(span: Span) -> str:
    return f"{digits(span.rate)} [{digits(span.low)}, {digits(span.high)}]"


def _point(card: Scorecard, label: str, name: str, keeps: Sequence[str]) -> Point | None:
    rows = {row["label"]: row for row in card.headline if row.get("release") == name}
    risk = rows.get(label)
    if risk is None or risk["role"] != "hide":
        return None
    kept = {each: share for each in keeps if each in rows and (share := _share(rows[each])) is not None}
    by = risk["by"]
    return Point(name, Span(risk["rate"], risk["low"], risk["high"]), kept, f"{by['attack']} {by['judge']}".strip()
                 + f" ({by['threat']})", risk["chance"], risk["metric"])


def _share(row: dict[str, Any]) -> Span | None:
    """What is kept as a share of what the original's strongest judge had."""
    whole = row.get("before", 0.0)
    return Span(*(min(row[key] / whole, 1.0) for key in ("rate", "low", "high"))) if whole else None


def _better(one: Point, other: Point) -> bool:
    """Not worse in anything, as printed, and better in something."""
    gains = [round(other.risk.rate - one.risk.rate, 3)]
    for label, span in other.kept.items():
        if label not in one.kept:
            return False
        gains.append(round(one.kept[label].rate - span.rate, 3))
    return min(gains) >= 0 and max(gains) > 0
