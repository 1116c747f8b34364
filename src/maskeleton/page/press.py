"""Press: figures for a paper, as SVG, PNG and PDF, one or two columns wide. Here alone matplotlib is loaded, when needed."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from maskeleton.jobs import atomic
from maskeleton.page.bars import percent
from maskeleton.page.figure import INKS, anatomy
from maskeleton.page.plot import BY_ROLE, COLOURS, Figure, Frames, Ladder, Plot, Rung, spans
from maskeleton.page.strip import scene
from maskeleton.page.text import named
from maskeleton.skeleton import Skeleton

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

COLUMNS = {"one": 3.4, "two": 7.0}  # inches that a column of a paper is wide, and two with what is between them
KINDS = ("svg", "png", "pdf")
LOOK: Any = {
    "font.size": 7, "font.family": "DejaVu Sans", "text.parse_math": False, "svg.fonttype": "none", "pdf.fonttype": 42,
    "svg.hashsalt": "maskeleton", "figure.dpi": 100, "lines.linewidth": 1.3, "axes.titlesize": 8, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "axes.edgecolor": "#5b6673",
    "grid.color": "#e3e7ec", "xtick.color": "#39414d", "ytick.color": "#39414d", "legend.frameon": False,
    "legend.fontsize": 6, "legend.handlelength": 3.2,
}
MUCH = 300  # dots an inch


def press(figure: Figure, stem: Path, columns: Sequence[str] = ()) -> list[Path]:
    """Write STEM-one.svg, STEM-two.pdf and so on; each appears whole or not at all."""
    for column in columns or COLUMNS:
        with _drawn(figure, COLUMNS[column]) as sheet:
            for path in files_of(stem, [column]):
                kind = path.suffix.removeprefix(".")
                with atomic(path) as out:
                    sheet.savefig(out, format=kind, dpi=MUCH, metadata=_undated(kind))
    return files_of(stem, columns)


def files_of(stem: Path, columns: Sequence[str] = ()) -> list[Path]:
    """The files that a figure becomes."""
    return [stem.with_name(f"{stem.name}-{column}.{kind}") for column in columns or COLUMNS for kind in KINDS]


def _undated(kind: str) -> dict[str, Any]:
    """The same figure gives the same bytes."""
    return {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}, "png": {}}[kind]


@contextmanager
def _drawn(figure: Figure, wide: float) -> Iterator["Sheet"]:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    with matplotlib.rc_context(LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # of names in any writing; a box stands for each
        sheet = Sheet(figsize=(wide, _height(figure, wide)), layout="constrained")
        FigureCanvasAgg(sheet)
        if isinstance(figure, Plot):
            _plot(sheet, figure, wide)
        elif isinstance(figure, Ladder):
            _ladder(sheet, figure, wide)
        else:
            _frames(sheet, figure)
        yield sheet


def _height(figure: Figure, wide: float) -> float:
    if isinstance(figure, Plot):
        names = len(figure.lines) + len(figure.levels)
        return min(wide * 0.62, 3.6) + 0.13 * (names if wide < 5 else (names + 1) // 2)
    if isinstance(figure, Ladder):
        rows = sum(len(rungs) + 1.1 for _, rungs in figure.groups)
        return 0.8 + 0.15 * rows
    return (wide / figure.moments * 1.35 + 0.12) * len(figure.motions) + 0.25


# ── lines and points ─────────────────────────────────────────────────────────────────────────────────────────────────


def _plot(sheet: "Sheet", plot: Plot, wide: float) -> None:
    axes = sheet.add_subplot()
    xs, ys = spans(plot)
    for level in plot.levels:
        style: dict[str, Any] = {"color": "#5b6673", "linewidth": 0.9, "linestyle": (0, (2, 3)) if level.dotted else (0, (7, 3)),
                                 "label": f"{named(level.name, 60)}: {level.at:.2g}"}
        if level.upright:
            axes.axvline(level.at, **style)
        else:
            axes.axhline(level.at, **style)
    for number, one in enumerate(plot.lines):
        colour = COLOURS[(number if one.colour is None else one.colour) % len(COLOURS)]
        dots = [dot for dot in one.dots if dot.y is not None]
        axes.errorbar([dot.x for dot in dots], [dot.y or 0.0 for dot in dots],
                      xerr=_reach([dot.x for dot in dots], [dot.across for dot in dots]),
                      yerr=_reach([dot.y or 0.0 for dot in dots], [dot.up for dot in dots]),
                      color=colour, elinewidth=0.9, marker="o", markersize=2.4 if one.joined else 4.5,
                      linestyle=("--" if one.dashed else "-") if one.joined else "none", label=named(one.name, 60))
    axes.set(xlabel=named(plot.across), ylabel=named(plot.up), ylim=(ys[0], ys[-1] + 0.03 * (ys[-1] - ys[0])))
    axes.set_title(named(plot.title), loc="left", fontweight="bold")
    if plot.ticks:
        axes.set_xticks(xs, [word for _, word in plot.ticks])
    else:
        axes.set_xticks(xs)
    if plot.lines or plot.levels:
        sheet.legend(loc="outside lower left", ncols=1 if wide < 5 else 2)


def _reach(values: Sequence[float], ends: Sequence[tuple[float, float] | None]) -> np.ndarray | None:
    """Intervals as matplotlib wants them: how far below, how far above."""
    if not any(ends):
        return None
    both = [end or (value, value) for value, end in zip(values, ends, strict=True)]
    return np.array([[max(value - low, 0.0), max(high - value, 0.0)]
                     for value, (low, high) in zip(values, both, strict=True)]).T


# ── rates one below the other ────────────────────────────────────────────────────────────────────────────────────────


def _ladder(sheet: "Sheet", ladder: Ladder, wide: float) -> None:
    """Names stand in a column of their own, so that the scale keeps its width whatever they are."""
    sheet.set_layout_engine("none")
    tall = sheet.get_figheight()
    left, signs = (1.75, 34) if wide < 5 else (3.0, 62)
    axes = sheet.add_axes((left / wide, 0.42 / tall, (wide - left - 0.15) / wide, (tall - 0.7) / tall))
    down, places, words = 0.0, [], []
    for name, rungs in ladder.groups:
        axes.annotate(named(name, 60), (0.06 / wide, down), xycoords=("figure fraction", "data"), fontweight="bold",
                      va="center", fontsize=7)
        down += 1.0
        for rung in rungs:
            _rung(axes, rung, down)
            places.append(down)
            words.append(f"{named(rung.name, signs)}  {percent(rung.rate)}")
            down += 1.0
        down += 0.1
    axes.set_yticks(places, words, fontsize=6)
    axes.set(xlim=(-0.02, 1.02), ylim=(down - 0.4, -0.7), xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_xticklabels(["0", "25 %", "50 %", "75 %", "100 %"], fontsize=6)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    key = f"{named(ladder.across)}; stroke: chance, dotted: null"
    sheet.text(0.06 / wide, 0.05 / tall, "\n".join(wrap(key, 58 if wide < 5 else 130)), fontsize=6, va="bottom")
    sheet.text(0.06 / wide, 1 - 0.06 / tall, named(ladder.title), fontsize=8, fontweight="bold", va="top")


def _rung(axes: "Axes", rung: Rung, down: float) -> None:
    colour, ends = BY_ROLE[rung.role], [down - 0.38, down + 0.38]
    axes.plot(rung.interval or (0.0, rung.rate), [down, down], color=colour, linewidth=3.2, alpha=0.45,
              solid_capstyle="butt")
    axes.plot([rung.rate], [down], "o", color=colour, markersize=3.4)
    if rung.chance is not None:
        axes.plot([rung.chance] * 2, ends, color="#1f2630", linewidth=0.9)
    if rung.null is not None:
        axes.plot([rung.null] * 2, ends, color="#5b6673", linewidth=0.9, linestyle=(0, (1, 1)))


# ── moments of a recording ───────────────────────────────────────────────────────────────────────────────────────────


def _frames(sheet: "Sheet", frames: Frames) -> None:
    count = min([frames.moments, *(len(motion.present) for _, motion in frames.motions)])
    scenes = [scene(motion, frames.skeleton, count, 0.0, frames.fps) for _, motion in frames.motions]
    low, high = min(one.low for one in scenes), max(one.high for one in scenes)
    half = max(one.half for one in scenes)
    grid = sheet.subplots(len(scenes), count, squeeze=False)
    for row, ((name, _), one) in enumerate(zip(frames.motions, scenes, strict=True)):
        for place, axes in enumerate(grid[row]):
            for slot in range(one.points.shape[1]):
                _body(axes, one.points[place, slot], frames.skeleton, INKS[min(slot, 1)])
            axes.set(xlim=(-half, half), ylim=(low, high), xticks=[], yticks=[], aspect="equal")
            axes.spines[["left"]].set_visible(False)
            axes.set_xlabel(one.times[place], labelpad=2)
        grid[row][0].set_ylabel(named(name, 30))
    sheet.suptitle(named(frames.title), x=0.01, ha="left", fontsize=8, fontweight="bold")


def _body(axes: "Axes", points: np.ndarray, skeleton: Skeleton, ink: Any) -> None:
    plan = anatomy(skeleton)
    for parent, child in plan.bones:
        if np.isfinite(points[[parent, child]]).all():
            axes.plot(points[[parent, child], 0], points[[parent, child], 1], color=getattr(ink, plan.sides[child]),
                      linewidth=0.8 if child in plan.fine else 1.3, solid_capstyle="round")
