"""A plain line chart as SVG text: axes, lines with marks, a legend. Nothing but text, so nothing has to be installed."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDE, TALL = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 250, 34, 46  # room around the lines; the legend stands right of them
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#39414d")  # for every kind of colour vision
GREY = "#c9ced6"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


class Line(NamedTuple):
    """One line of a chart. Of a value that is None nothing is drawn."""

    name: str
    points: Sequence[tuple[float, float | None]]
    dashed: bool = False
    colour: int | None = None  # of COLOURS; None: the next one


def chart(title: str, across: str, up: str, lines: Sequence[Line], ticks: Sequence[tuple[float, str]] = ()) -> str:
    """The chart; `ticks` stand at places of the x axis, where even steps would not do."""
    places = [(x, y) for line in lines for x, y in line.points if y is not None and math.isfinite(y)]
    xs = steps([x for x, _ in places]) if not ticks else [x for x, _ in ticks]
    ys = steps([0.0, *(y for _, y in places)])
    names = dict(ticks) or {x: f"{x:g}" for x in xs}
    span = (min([xs[0], *(x for x, _ in places)]), max([xs[-1], *(x for x, _ in places)])), (ys[0], ys[-1])
    wide, tall = WIDE + LEFT + RIGHT, TALL + TOP + BOTTOM
    parts = [f'<text x="{LEFT}" y="20" font-size="14" font-weight="600">{escape(title)}</text>']
    for y in ys:
        parts.append(f'<path d="M{LEFT} {_up(y, span):.1f}h{WIDE}" stroke="{GREY}"/>'
                     + _text(f"{y:g}", LEFT - 8, _up(y, span) + 4, "end"))
    parts += [_text(names[x], _across(x, span), TOP + TALL + 16) for x in xs]
    parts += [_text(across, LEFT + WIDE / 2, TOP + TALL + 36),
              f'<g transform="translate(14 {TOP + TALL / 2:.0f}) rotate(-90)">{_text(up, 0, 0)}</g>']
    for number, line in enumerate(lines):
        colour = COLOURS[(number if line.colour is None else line.colour) % len(COLOURS)]
        parts.append(_drawn(line, colour, TOP + 14 + 20 * number, span))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}" role="img">'
            f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
            f'<g font-family="{FONT}" font-size="11" fill="#1f2937">{"".join(parts)}</g></svg>\n')


Span = tuple[tuple[float, float], tuple[float, float]]


def _drawn(line: Line, colour: str, legend: float, span: Span) -> str:
    """A line, its marks, and its row of the legend."""
    dash = ' stroke-dasharray="5 4"' if line.dashed else ""
    known = [(_across(x, span), _up(y, span)) for x, y in line.points if y is not None and math.isfinite(y)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in known) if known else ""
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in known)
    stroke = f'fill="none" stroke="{colour}" stroke-width="2"{dash}'
    right = LEFT + WIDE + 12
    return (f'<path d="{path}" {stroke}/>{marks}<path d="M{right} {legend}h18" {stroke}/>'
            + _text(line.name, right + 24, legend + 4, "start"))


def steps(values: Sequence[float], wanted: int = 6) -> list[float]:
    """Round numbers from below the smallest value to above the largest, about so many."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    rough = max(high - low, abs(high) * 1e-6, 1e-9) / wanted
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def _across(x: float, span: Span) -> float:
    low, high = span[0]
    return LEFT + WIDE * (x - low) / (high - low or 1)


def _up(y: float, span: Span) -> float:
    low, high = span[1]
    return TOP + TALL * (high - y) / (high - low or 1)


def _text(words: str, x: float, y: float, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
