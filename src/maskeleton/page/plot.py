"""Plots: what a figure shows, as data: a page draws it as SVG text, a paper's figure is drawn with matplotlib. Nothing is
drawn without what it has to be compared with: chance, and what the same attacker gets from labels that say nothing."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07a00", "#3a8fc4", "#39414d")  # for every kind of colour vision
BY_ROLE = {"hide": "#d55e00", "keep": "#0072b2", "": "#66717e"}


class Dot(NamedTuple):
    """A point of a line. Of a value that is None nothing is drawn; intervals are drawn where they are known."""

    x: float
    y: float | None
    across: tuple[float, float] | None = None
    up: tuple[float, float] | None = None


class Line(NamedTuple):
    """Points in a row, joined or not."""

    name: str
    dots: Sequence[Dot]
    dashed: bool = False
    colour: int | None = None  # of COLOURS; None: the next one
    joined: bool = True


class Level(NamedTuple):
    """Something to compare with, all along one of the axes."""

    name: str
    at: float
    upright: bool = False
    dotted: bool = False


class Plot(NamedTuple):
    """Lines and points over two axes."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    levels: Sequence[Level] = ()
    ticks: Sequence[tuple[float, str]] = ()  # at places of the x axis, where even steps would not do


class Rung(NamedTuple):
    """A rate under a name, with its interval, chance and null where they are known."""

    name: str
    rate: float
    interval: tuple[float, float] | None
    chance: float | None
    null: float | None
    role: str = ""


class Ladder(NamedTuple):
    """Rates one below the other, on one scale from 0 to 1, in groups."""

    title: str
    across: str
    groups: Sequence[tuple[str, Sequence[Rung]]]


class Frames(NamedTuple):
    """Moments of one recording, and below them the same moments of what became of it."""

    title: str
    motions: Sequence[tuple[str, Motion]]
    skeleton: Skeleton
    fps: float
    moments: int = 5


Figure = Plot | Ladder | Frames


def line(name: str, points: Sequence[tuple[float, float | None]], dashed: bool = False, colour: int | None = None) -> Line:
    """A line through plain pairs."""
    return Line(name, [Dot(x, y) for x, y in points], dashed, colour)


def known(plot: Plot) -> list[Dot]:
    """The points that can be drawn."""
    return [dot for one in plot.lines for dot in one.dots if dot.y is not None and math.isfinite(dot.y)]


def spans(plot: Plot) -> tuple[list[float], list[float]]:
    """Round places along both axes; the one that goes up begins at 0."""
    dots = known(plot)
    xs = [value for dot in dots for value in (dot.x, *(dot.across or ()))] + [one.at for one in plot.levels if one.upright]
    ys = [value for dot in dots for value in (dot.y or 0.0, *(dot.up or ()))]
    across = [x for x, _ in plot.ticks] or steps(xs)
    return across, steps([0.0, *ys, *(one.at for one in plot.levels if not one.upright)])


def steps(values: Sequence[float], wanted: int = 6) -> list[float]:
    """Round numbers from below the smallest value to above the largest, about so many."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    rough = max(high - low, abs(high) * 1e-6, 1e-9) / wanted
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def before_after(title: str, original: Motion, released: Motion, skeleton: Skeleton, fps: float) -> Frames:
    """Five moments of a recording, above what became of it."""
    return Frames(title, [("original", original), ("release", released)], skeleton, fps)
