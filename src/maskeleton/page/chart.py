"""A plot as SVG text for a page: axes, lines with marks and intervals, what they are to be compared with, a legend."""

import math
from html import escape
from typing import NamedTuple

from maskeleton.page.plot import COLOURS, Level, Line, Plot, spans
from maskeleton.page.strip import FONT
from maskeleton.page.text import named

WIDE, TALL = 500, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 34, 46  # room around the lines; the legend stands below them
ROW, COLUMNS = 18, 2  # of the legend
GREY = "#c9ced6"


class Span(NamedTuple):
    """What the axes reach."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return LEFT + WIDE * (value - self.left) / (self.right - self.left or 1)

    def y(self, value: float) -> float:
        return TOP + TALL * (self.high - value) / (self.high - self.low or 1)


def chart(plot: Plot) -> str:
    """The plot as one SVG."""
    xs, ys = spans(plot)
    span = Span(min([xs[0], *(dot.x for one in plot.lines for dot in one.dots)]),
                max([xs[-1], *(dot.x for one in plot.lines for dot in one.dots)]), ys[0], ys[-1])
    names = dict(plot.ticks) or {x: f"{x:g}" for x in xs}
    rows = math.ceil((len(plot.lines) + len(plot.levels)) / COLUMNS)
    wide, tall = LEFT + WIDE + RIGHT, TOP + TALL + BOTTOM + rows * ROW + 8
    parts = [f'<text x="{LEFT}" y="20" font-size="14" font-weight="600">{escape(named(plot.title))}</text>']
    for y in ys:
        parts.append(f'<path class="grid" d="M{LEFT} {span.y(y):.1f}h{WIDE}" stroke="{GREY}"/>'
                     + _text(f"{y:g}", LEFT - 8, span.y(y) + 4, "end"))
    parts += [_text(names[x], span.x(x), TOP + TALL + 16) for x in xs]
    parts += [_text(plot.across, LEFT + WIDE / 2, TOP + TALL + 36),
              f'<g transform="translate(14 {TOP + TALL / 2:.0f}) rotate(-90)">{_text(plot.up, 0, 0)}</g>']
    place = 0
    for level in plot.levels:
        parts.append(_level(level, span, *_legend(place)))
        place += 1
    for number, one in enumerate(plot.lines):
        colour = COLOURS[(number if one.colour is None else one.colour) % len(COLOURS)]
        parts.append(_drawn(one, colour, span, *_legend(place)))
        place += 1
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {wide} {tall}" width="{wide}" '
            f'height="{tall}" role="img"><title>{escape(named(plot.title))}</title><desc>{escape(_said(plot))}</desc>'
            f'<rect class="paper" width="100%" height="100%" fill="#fff"/>'
            f'<g font-family="{FONT}" font-size="11" fill="#1f2937">{"".join(parts)}</g></svg>\n')


def _legend(place: int) -> tuple[float, float]:
    """Where the row of a line's name begins."""
    return LEFT + (place % COLUMNS) * WIDE / COLUMNS, TOP + TALL + BOTTOM + ROW * (place // COLUMNS) + 8.0


def _drawn(one: Line, colour: str, span: Span, right: float, down: float) -> str:
    """A line, its marks and intervals, and its place in the legend."""
    dash = ' stroke-dasharray="5 4"' if one.dashed else ""
    dots = [dot for dot in one.dots if dot.y is not None and math.isfinite(dot.y)]
    places = [(span.x(dot.x), span.y(dot.y or 0.0)) for dot in dots]
    stroke = f'fill="none" stroke="{colour}" stroke-width="2"{dash}'
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) if one.joined and places else ""
    ways = "".join(f"M{span.x(dot.across[0]):.1f} {y:.1f}H{span.x(dot.across[1]):.1f}" for dot, (_, y)
                   in zip(dots, places, strict=True) if dot.across)
    ways += "".join(f"M{x:.1f} {span.y(dot.up[0]):.1f}V{span.y(dot.up[1]):.1f}" for dot, (x, _)
                    in zip(dots, places, strict=True) if dot.up)
    drawn = f'<path d="{path}" {stroke}/>' if path else ""
    drawn += f'<path d="{ways}" fill="none" stroke="{colour}" stroke-width="1.4" opacity=".65"/>' if ways else ""
    radius = 2.6 if one.joined else 5
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>' for x, y in places)
    key = f'<path d="M{right:.0f} {down:.0f}h18" {stroke}/>' if one.joined else \
        f'<rect x="{right + 4:.0f}" y="{down - 5:.0f}" width="10" height="10" rx="5" fill="{colour}"/>'
    return f'{drawn}{marks}{key}{_text(one.name, right + 24, down + 4, "start")}'


def _level(one: Level, span: Span, right: float, down: float) -> str:
    dash = "2 3" if one.dotted else "7 3"
    way = f"M{span.x(one.at):.1f} {TOP}v{TALL}" if one.upright else f"M{LEFT} {span.y(one.at):.1f}h{WIDE}"
    stroke = f'class="level" fill="none" stroke="#5b6673" stroke-width="1.4" stroke-dasharray="{dash}"'
    return f'<path d="{way}" {stroke}/><path d="M{right:.0f} {down:.0f}h18" {stroke}/>' \
           + _text(f"{one.name}: {one.at:.2g}", right + 24, down + 4, "start")


def _said(plot: Plot) -> str:
    """For who cannot see it."""
    told = [f"{named(plot.up)} over {named(plot.across)}."]
    for one in plot.lines:
        dots = [dot for dot in one.dots if dot.y is not None]
        if dots:
            told.append(f"{named(one.name)}: from {dots[0].y:.3g} at {dots[0].x:.3g} to {dots[-1].y:.3g} at {dots[-1].x:.3g}.")
    return " ".join([*told, *(f"{named(level.name)}: {level.at:.3g}." for level in plot.levels)])


def _text(words: str, x: float, y: float, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(named(words, 60))}</text>'
