"""Releases beside each other as a picture and a page: privacy against what is kept, the beaten ones grey."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from maskeleton.jobs import atomic
from maskeleton.page.bars import FONT, INK, NOTHING, Rate, percent, small
from maskeleton.page.style import document
from maskeleton.page.words import noun
from maskeleton.scorecard import Scorecard
from maskeleton.standing import ORIGINAL, Point, Span, at_risk, beaten, hidden, points

PAGE = "compare.html"
LEFT, TOP, WIDE, TALL = 64.0, 18.0, 560.0, 380.0
PALE = "#b8c0ca"
ROOM = 15.0  # pixels between two names
LEGEND = ("To the right more of what must stay is kept, upwards less of what must not be told is found. A cross is a release, "
          "as wide and as tall as it would be with other people of the same kind (95 %). Grey ones are beaten: another keeps as "
          "much and gives away no more.")


def write_pictures(card: Scorecard, folder: Path) -> list[Path]:
    """Put compare.html and one picture for each hidden and kept label into a run's folder."""
    return [*(_put(folder / name, drawn) for name, drawn in pictures(card).items()), _put(folder / PAGE, page(card))]


def pictures(card: Scorecard) -> dict[str, str]:
    """Every picture under the name of its file."""
    told = {label: points(card, label) for label in hidden(card)}
    return {f"{label}-{kept}.svg": picture(found, label, kept) for label, found in told.items() for kept in _kept(found)}


def page(card: Scorecard) -> str:
    """The whole page."""
    title = f"{card.data.get('name', 'The data')} and what was made of it"
    body = [f"<h1>{escape(title)}</h1>", '<p class="lead">Every release was attacked by the same judges, who learned from it; '
            "this is how often they were right, and how much of what must stay they still read.</p>"]
    for label in hidden(card):
        found = points(card, label)
        body.append(f"<h2>{escape(noun(label))} ({escape(label)})</h2>")
        body += [f"<figure>{picture(found, label, kept)}</figure>" for kept in _kept(found)]
        body.append(f'<p class="soft">{escape(LEGEND)}</p>{_table(found)}{_equal(found, label)}')
    body += [_listed("Before you rely on it", card.warnings), _listed("What was not tried", card.not_tried)]
    content = f", content <code>{escape(str(card.data['content_id']))}</code>" if "content_id" in card.data else ""
    return document(title, "".join(body), f"maskeleton compare, seed {card.seed}{content}")


def _kept(found: Sequence[Point]) -> list[str]:
    return list(dict.fromkeys(name for point in found for name in point.kept))


def _put(out: Path, text: str) -> Path:
    with atomic(out) as written:
        written.write_text(text, "utf-8")
    return out


# ── the picture ──────────────────────────────────────────────────────────────────────────────────────────────────────


def picture(found: Sequence[Point], label: str, kept: str) -> str:
    """One SVG: what is kept to the right, what is told downwards."""
    shown = [point for point in found if kept in point.kept]
    worse = beaten(found)
    least = min([0.8, *(point.kept[kept].low for point in shown)])
    least = max(0.0, int(least * 10) / 10)
    parts = [_axes(least, f"{kept}: share of the original's that is kept", f"{label}: told (less is better)"),
             _chance(shown[0].chance) if shown else ""]
    ordered = sorted(shown, key=lambda point: point.release not in worse)  # the beaten ones lie below
    parts += [_cross(point, kept, least, point.release in worse) for point in ordered]
    parts += _named(shown, kept, least, worse)
    said = escape(f"{label} against {kept} of {len(shown)} releases")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + 150:g} {TOP + TALL + 52:g}" role="img" '
            f'aria-label="{said}" font-family="{FONT}" font-size="12">{"".join(parts)}</svg>')


def _x(share: float, least: float) -> float:
    return LEFT + WIDE * (share - least) / (1.02 - least)


def _y(rate: float) -> float:
    return TOP + TALL * rate


def _axes(least: float, across: str, up: str) -> str:
    lines = []
    for step in range(6):
        rate = step / 5
        lines.append(f'<line x1="{LEFT:g}" x2="{LEFT + WIDE:g}" y1="{_y(rate):.1f}" y2="{_y(rate):.1f}" stroke="#e4e8ed"/>'
                     f'<text x="{LEFT - 8:g}" y="{_y(rate) + 4:.1f}" text-anchor="end" fill="{NOTHING}">{percent(rate)}</text>')
    for step in range(round(least * 10), 11):
        place = _x(step / 10, least)
        lines.append(f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{TOP:g}" y2="{TOP + TALL:g}" stroke="#eef1f4"/>'
                     f'<text x="{place:.1f}" y="{TOP + TALL + 18:g}" text-anchor="middle" fill="{NOTHING}">'
                     f"{percent(step / 10)}</text>")
    return ("".join(lines) + f'<text x="{LEFT + WIDE / 2:g}" y="{TOP + TALL + 40:g}" text-anchor="middle">{escape(across)}</text>'
            f'<text transform="translate(14 {TOP + TALL / 2:g}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')


def _chance(chance: float) -> str:
    return (f'<line x1="{LEFT:g}" x2="{LEFT + WIDE:g}" y1="{_y(chance):.1f}" y2="{_y(chance):.1f}" stroke="{NOTHING}" '
            f'stroke-dasharray="4 3"/><text x="{LEFT + WIDE + 6:g}" y="{_y(chance) + 4:.1f}" fill="{NOTHING}">chance</text>')


def _cross(point: Point, kept: str, least: float, grey: bool) -> str:
    share, risk = point.kept[kept], point.risk
    x, y = _x(share.rate, least), _y(risk.rate)
    colour = PALE if grey else INK["keep"] if point.release != ORIGINAL else NOTHING
    return (f'<g stroke="{colour}" stroke-width="1.6"><title>{escape(_said(point, kept))}</title>'
            f'<line x1="{_x(max(share.low, least), least):.1f}" x2="{_x(share.high, least):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(risk.low):.1f}" y2="{_y(risk.high):.1f}"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/></g>')


def _named(shown: Sequence[Point], kept: str, least: float, worse: dict[str, str]) -> list[str]:
    """Names beside their crosses, moved towards the middle where they would cover each other."""
    taken = [(LEFT + WIDE + 6, _y(point.chance) + 4) for point in shown[:1]]  # there stands "chance"
    parts = []
    for point in sorted(shown, key=lambda point: -abs(point.risk.rate - 0.5)):
        x, y = _x(point.kept[kept].rate, least) + 8, _y(point.risk.rate) - 6
        while any(abs(y - other) < ROOM and abs(x - there) < 110 for there, other in taken):
            y += ROOM if point.risk.rate < 0.5 else -ROOM
        taken.append((x, y))
        colour = "#8a94a0" if point.release in worse else "#1f2630"
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{escape(point.release)}</text>')
    return parts


# ── in words and numbers ─────────────────────────────────────────────────────────────────────────────────────────────


def _said(point: Point, kept: str) -> str:
    return f"{point.release}: told {percent(point.risk.rate)}, {kept} kept {percent(point.kept[kept].rate)}, by {point.by}"


def _table(found: Sequence[Point]) -> str:
    keeps, worse = _kept(found), beaten(found)
    head = "".join(f"<th>{escape(name)} kept</th>" for name in keeps)
    rows = []
    for point in found:
        kept = "".join(_cell(point.kept[name], 0.0, "keep") if name in point.kept else "<td>–</td>" for name in keeps)
        rows.append(f'<tr><td>{escape(point.release)}</td>{_cell(point.risk, point.chance, "hide")}{kept}'
                    f"<td>{escape(point.by)}</td><td>{escape(worse.get(point.release, ''))}</td></tr>")
    return (f'<div class="wide"><table><tr><th>release</th><th>told</th>{head}<th>by</th><th>beaten by</th></tr>'
            f"{''.join(rows)}</table></div>")


def _cell(span: Span, chance: float, role: str) -> str:
    return (f'<td class="rate"><b>{percent(span.rate)}</b> <span class="range">[{percent(span.low)}, {percent(span.high)}]</span>'
            f"{small(Rate(*span, chance, None), role)}</td>")


def _equal(found: Sequence[Point], label: str) -> str:
    lines = [f"{label} told in {percent(level)} at most, by the interval's upper end: {best.release} keeps most of {kept} "
             f"({percent(best.kept[kept].rate)})" for kept in _kept(found) for level, best in at_risk(found, kept)]
    return "<h3>Read at equal risk</h3>" + _items(lines)


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"<h2>{title}</h2>{_items(lines)}" if lines else ""


def _items(lines: Sequence[str]) -> str:
    return '<ul class="plain">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
