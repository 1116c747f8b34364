"""Motion as a still picture: evenly spaced frames side by side, as the camera saw them, in one self-contained SVG."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError
from maskeleton.motion import MISSING, Motion
from maskeleton.page.figure import INKS, Anatomy, anatomy, body, drawn, head_size, line, number
from maskeleton.skeleton import Skeleton

TALL, TALL_IN_SHEET = 190.0, 120.0  # pixels a strip's tallest moment may take
NARROW, WIDE = 72.0, 260.0  # pixels of a frame's cell
EDGE = 14.0  # white around everything
TITLE, FOOT = 24.0, 22.0  # room above a strip for its title, below it for the times
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
GREY, FLOOR = "#6b7280", "#c9ced6"


class Scene(NamedTuple):
    """Chosen frames of a motion as the camera sees them, in metres: x to the right, y up, depth away from us."""

    points: np.ndarray  # (F, P, J, 3), NaN where there is nothing; x from the middle of each frame's bodies
    tracked: np.ndarray  # (F, P, J)
    trails: list[list[np.ndarray]]  # for each frame the wrists' ways since the frame before, (n, 2) each
    times: list[str]
    half: float  # half the widest frame
    low: float
    high: float


def strip(
    motion: Motion,
    skeleton: Skeleton,
    *,
    frames: int = 8,
    turn: float = 0.0,
    title: str = "",
    below: Motion | None = None,
    fps: float | None = None,
) -> str:
    """An SVG of `frames` evenly spaced frames; `turn` in degrees about the vertical, 90 makes who faced us look right.

    `below` is drawn underneath at the same size and the same shares of its time. Times are seconds where the rate is
    known, else frame numbers.
    """
    motions = [one for one in (motion, below) if one is not None]
    scenes = [scene(one, skeleton, columns_of(frames, motions), turn, fps) for one in motions]
    scale, cell, tall = room(scenes)
    row = tall + FOOT
    count = max(len(one.times) for one in scenes)
    width = max(cell * count, 220.0)
    parts = [label(title, width, 0, 14)] if title else []
    top = TITLE if title else 0.0
    for place, one in enumerate(scenes):
        parts.append(film(one, anatomy(skeleton), scale, cell, tall, top + place * row))
    return picture(width, top + len(scenes) * row, title or motion.id or "motion",
                     _described(scenes[0], turn), "".join(parts))


def sheet(
    rows: Iterable[tuple[str, Motion]],
    skeleton: Skeleton,
    *,
    frames: int = 6,
    columns: int = 2,
    turn: float = 25,
    title: str = "",
    fps: float | None = None,
) -> str:
    """A contact sheet: one labelled strip a motion, in `columns`; each strip has a scale of its own."""
    if columns < 1:
        raise UserError(f"{columns} columns cannot be drawn", "give 1 or more")
    plan, cell, gap = anatomy(skeleton), 84.0, 24.0
    wide = cell * frames
    drawings = []
    for name, motion in rows:
        one = scene(motion, skeleton, frames, turn, fps)
        scale = min(TALL_IN_SHEET / (one.high - one.low), cell / (2 * one.half))
        drawings.append((name, one, scale, (one.high - one.low) * scale))
    if not drawings:
        raise UserError("there is no motion to draw", "give at least one recording")
    parts, y = ([label(title, wide, 0, 15)], TITLE + 6) if title else ([], 0.0)
    for first in range(0, len(drawings), columns):
        tall = max(height for *_, height in drawings[first : first + columns])
        for column, (name, one, scale, _) in enumerate(drawings[first : first + columns]):
            inside = label(name, wide, 0, 12) + film(one, plan, scale, cell, tall, TITLE - 4)
            parts.append(f'<g transform="translate({number(column * (wide + gap))} {number(y)})">{inside}</g>')
        y += TITLE + tall + FOOT + 6
    across = min(columns, len(drawings))
    return picture(across * wide + (across - 1) * gap, y, title or "contact sheet",
                     f"{len(drawings)} motions, {frames} frames of each at most. {COLOURS}", "".join(parts))


def columns_of(frames: int, motions: Iterable[Motion]) -> int:
    """How many frames can be drawn of every one of the motions, at the same shares of their time."""
    return min([frames, *(max(len(motion.present), 1) for motion in motions)])


def room(scenes: Iterable[Scene], most: float = TALL, widest: float = WIDE) -> tuple[float, float, float]:
    """(pixels a metre, width of a frame's cell, height of a strip) that all of the scenes fit in."""
    half, height = (max(sizes) for sizes in zip(*((one.half, one.high - one.low) for one in scenes), strict=True))
    scale = min(most / height, widest / (2 * half))
    return scale, max(2 * half * scale, NARROW), height * scale


def scene(motion: Motion, skeleton: Skeleton, frames: int, turn: float, fps: float | None) -> Scene:
    """What there is to draw of a motion, turned, centred frame by frame, with the room it needs."""
    length, slots = motion.present.shape
    if frames < 1 or not np.isfinite(turn):
        raise UserError(f"{frames} frames turned by {turn} degrees cannot be drawn",
                        "give 1 frame or more and a number of degrees")
    if motion.positions.shape != (length, slots, len(skeleton.joints), 3) or not length:
        raise UserError(f"recording {motion.id!r}: positions have the shape {motion.positions.shape}, expected "
                        f"({length or 'frames'}, {slots}, {len(skeleton.joints)}, 3)", "draw it with its own body plan")
    chosen = np.unique(np.linspace(0, length - 1, min(frames, length)).round().astype(int))
    there = np.isfinite(motion.positions).all(-1) & motion.present[..., None]
    seen = as_seen(np.where(there[..., None], motion.positions, np.nan), turn)
    seen[..., 0] -= _middles(seen[..., 0], skeleton)[:, None, None]
    points = seen[chosen]
    known = np.where((motion.tracked[chosen] != MISSING)[..., None], points, np.nan)
    if not np.isfinite(known).any():
        known = points if np.isfinite(points).any() else np.array([[-0.5, 0.0, 0.0], [0.5, 1.0, 0.0]])
    head = max((head_size(points[:, slot], motion.tracked[chosen, slot], anatomy(skeleton))
                for slot in range(slots)), default=0.0)
    low, high = float(np.nanmin(known[..., 1])), float(np.nanmax(known[..., 1])) + head
    half = float(np.nanmax(np.abs(known[..., 0])))
    margin = 0.04 * max(high - low, half, 1e-9)
    return Scene(points, motion.tracked[chosen], _trails(seen, motion.present, chosen, skeleton),
                 _times(chosen, motion, fps), half + 2 * margin, low - margin, high + margin)


def as_seen(positions: np.ndarray, turn: float) -> np.ndarray:
    """(..., 3) from the camera's frame to the picture's: x to the right, y up, depth away from us.

    The camera looks along +z with y up, so its right is −x: whoever faces it has the left hand on our right.
    """
    angle = np.deg2rad(turn)
    x, y, z = np.moveaxis(positions.astype(np.float64), -1, 0)
    return np.stack([-(x * np.cos(angle) + z * np.sin(angle)), y, z * np.cos(angle) - x * np.sin(angle)], -1)


def _middles(across: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """The mean x of the bodies' roots in each frame; of all joints where no root is known; else 0."""
    middles = np.zeros(len(across))
    root = skeleton.roles.get("pelvis", skeleton.parents.index(-1))
    for candidates in (across.reshape(len(across), -1), across[:, :, root]):
        known = np.isfinite(candidates)
        there = known.any(1)
        middles[there] = np.where(known, candidates, 0).sum(1)[there] / known.sum(1)[there]
    return middles


def _trails(
    seen: np.ndarray, present: np.ndarray, chosen: np.ndarray, skeleton: Skeleton
) -> list[list[np.ndarray]]:
    wrists = [skeleton.roles[role] for role in ("left_wrist", "right_wrist") if role in skeleton.roles]
    trails: list[list[np.ndarray]] = [[]]
    for before, now in pairwise(chosen):
        ways = [seen[before : now + 1, slot, wrist, :2] for slot in range(seen.shape[1]) for wrist in wrists]
        same = (present[before : now + 1] == present[now]).all()  # who comes or goes moves the middle, not the wrist
        trails.append([way for way in ways if same and np.isfinite(way).all()])
    return trails


def _times(chosen: np.ndarray, motion: Motion, fps: float | None) -> list[str]:
    if motion.clock is not None and len(motion.clock) == len(motion.present):
        return [f"{time:.2f} s" for time in np.asarray(motion.clock)[chosen] - motion.clock[0]]
    if fps:
        return [f"{frame / fps:.2f} s" for frame in chosen]
    return [f"frame {frame}" for frame in chosen]


def film(one: Scene, plan: Anatomy, scale: float, cell: float, tall: float, top: float) -> str:
    """One strip: a floor, the frames on it, their times beneath."""
    floor = top + tall
    ground = floor + one.low * scale
    width = cell * len(one.times)
    heads = [head_size(one.points[:, slot], one.tracked[:, slot], plan) * scale for slot in range(one.points.shape[1])]
    parts = [f'<path d="M0 {number(floor)}H{number(width)}" stroke="{FLOOR}" stroke-width="1"/>']
    for place, time in enumerate(one.times):
        middle = cell * (place + 0.5)
        picture = one.points[place] * (scale, -scale, 1) + (middle, ground, 0)
        there = np.isfinite(picture).any((1, 2))
        ways = [line(way * (scale, -scale) + (middle, ground)) for way in one.trails[place]]
        if ways:
            parts.append(f'<path d="{"".join(ways)}" stroke="{FLOOR}" stroke-width="1.2"/>')
        marks = [mark for slot in np.flatnonzero(there)[::-1]
                 for mark in body(picture[slot], one.tracked[place, slot], plan, INKS[min(slot, 1)], heads[slot])]
        parts.append(drawn(marks) if marks else small("nobody", middle, floor - 8))
        parts.append(small(time, middle, floor + 14))
    return "".join(parts)


COLOURS = "Left is blue, right is orange; hollow joints were guessed by the sensor, dashed bones lead to lost ones."


def _described(one: Scene, turn: float) -> str:
    bodies = int(np.isfinite(one.points).any((0, 2, 3)).sum())
    seen = f", turned by {number(turn)} degrees" if turn else ""
    return f"{len(one.times)} frames from {one.times[0]} to {one.times[-1]}, bodies: {bodies}{seen}. {COLOURS}"


def small(text: str, x: float, y: float) -> str:
    return (f'<text x="{number(x)}" y="{number(y)}" text-anchor="middle" font-size="10" fill="{GREY}" stroke="none">'
            f"{safe(text)}</text>")


def label(text: str, width: float, y: float, size: int) -> str:
    """A heading, cut where it would leave its strip."""
    room = int(width / (0.66 * size))
    text = text if len(text) <= room else text[: room - 1] + "…"
    return (f'<text x="0" y="{number(y + size)}" font-size="{size}" font-weight="600" fill="#1f2937" stroke="none">'
            f"{safe(text)}</text>")


def safe(text: str) -> str:
    """Text from anywhere as XML text: escaped, and what cannot be printed (or is no XML at all) replaced."""
    return escape("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text))


def picture(width: float, height: float, title: str, told: str, inside: str) -> str:
    w, h = number(width + 2 * EDGE), number(height + 2 * EDGE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">'
        f"<title>{safe(title)}</title><desc>{safe(told)}</desc>"
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<g transform="translate({number(EDGE)} {number(EDGE)})" fill="none" stroke-linecap="round" '
        f'stroke-linejoin="round" font-family="{FONT}">{inside}</g></svg>\n'
    )
