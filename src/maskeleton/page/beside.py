"""Original and release as two strips, one above the other, at the same shares of their time: a picture or a page of it."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.page.figure import anatomy, number
from maskeleton.page.strip import (
    COLOURS,
    FOOT,
    GREY,
    NARROW,
    TITLE,
    Scene,
    columns_of,
    film,
    label,
    picture,
    room,
    safe,
    scene,
)
from maskeleton.page.style import document
from maskeleton.page.viewer import Clip, script, viewer
from maskeleton.skeleton import Skeleton

TALL = 150.0  # pixels a strip's tallest moment may take
ASIDE = 116.0  # pixels beside the strips, where it says which is which
ACROSS, WIDE = 896.0, 128.0  # pixels for all moments side by side, so that a page shows them as large as drawn; for one
BETWEEN, APART = 10.0, 26.0  # pixels between the two strips, and between two recordings
INKS = (GREY, "#0b6e99")  # of the original, of the release
BAND = "#f6f8fa"  # behind every second moment
SIDES = ("original", "release")
HOW = ("Above each other stand the same shares of the time, at the same scale and as the same camera saw them; the "
       "seconds are each recording's own.")
PRIVATE = "The originals are in this picture: keep it where the originals are kept."
WHOLE = "This page holds the recordings themselves: keep it where they are kept."


class Shown(NamedTuple):
    """One recording to draw, before and after."""

    title: str
    original: Motion
    released: Motion


class Sides(NamedTuple):
    """What is known of original and release as a whole: names of the data, frames a second."""

    names: tuple[str, str]
    rates: tuple[float, float]


class Block(NamedTuple):
    """A drawn pair: its SVG and the room it takes."""

    inside: str
    width: float
    height: float


def pairs(shown: Iterable[Shown], skeleton: Skeleton, sides: Sides, *, frames: int = 8, turn: float = 0.0) -> str:
    """One SVG of all of them, with a caption that says what is what."""
    blocks = [_block(one, skeleton, sides, frames, turn) for one in shown]
    if not blocks:
        raise UserError("there is no motion to draw", "give at least one recording")
    parts, top = [], 0.0
    for block in blocks:
        parts.append(f'<g transform="translate(0 {number(top)})">{block.inside}</g>')
        top += block.height + APART
    width = max(block.width for block in blocks)
    told = " ".join((caption(sides), HOW, COLOURS, PRIVATE))
    for line in wrap(told, max(int(width / 5.6), 40)):
        parts.append(f'<text x="0" y="{number(top)}" font-size="11" fill="{GREY}" stroke="none">{safe(line)}</text>')
        top += 16
    return picture(width, top - 4, "Original and release", told, "".join(parts))


def page(shown: Iterable[Shown], skeleton: Skeleton, sides: Sides, *, lead: str, notes: Sequence[str] = (),
         footer: str = "", frames: int = 8, turn: float = 0.0, clips: Sequence[Clip] = ()) -> str:
    """A page with a figure of each, below `clips` that move; `lead`, `notes` and `footer` are plain text."""
    figures = []
    for one in shown:
        block = _block(one, skeleton, sides, frames, turn)
        figures.append(picture(block.width, block.height, one.title, f"{caption(sides)} {COLOURS}", block.inside))
    return album("Original and release", lead, figures, how=f"{caption(sides)} {HOW}", notes=notes,
                 last=PRIVATE, footer=footer, clips=clips)


def album(title: str, lead: str, figures: Iterable[str], *, how: str = "", notes: Sequence[str] = (), last: str = "",
          footer: str = "", clips: Sequence[Clip] = ()) -> str:
    """A page of SVGs, none of them drawn larger than it is, below `clips` that move; everything else is plain text."""
    told = f"<p>{safe(how)}</p>" if how else ""
    items = "".join(f"<li>{safe(note)}</li>" for note in notes)
    care = f'<div class="box care"><h3>Before you compare</h3><ul>{items}</ul></div>' if items else ""
    alarm = f'<div class="box alarm"><h3>Not for publishing</h3><ul><li>{safe(last)}</li></ul></div>' if last else ""
    moving = f"{viewer(clips)}{alarm}<h2>Frame by frame</h2>" if clips else ""
    body = (f'<main><h1>{safe(title)}</h1><p class="lead">{safe(lead)}</p>{moving}{told}<p class="soft">{COLOURS}</p>'
            f"{care}{''.join(map(_framed, figures))}{'' if clips else alarm}</main>{script() if clips else ''}")
    return document(title, body, safe(footer))


def _framed(drawn: str) -> str:
    width = drawn.partition('width="')[2].partition('"')[0]
    return f'<figure style="margin:1.8rem 0;max-width:{width}px">{drawn}</figure>'


def caption(sides: Sides) -> str:
    """What is what."""
    return f"Above is the original ({sides.names[0]}), below it the release ({sides.names[1]})."


def _block(one: Shown, skeleton: Skeleton, sides: Sides, frames: int, turn: float) -> Block:
    motions = (one.original, one.released)
    count = columns_of(frames, motions)
    scenes = [scene(motion, skeleton, count, turn, fps) for motion, fps in zip(motions, sides.rates, strict=True)]
    cell = min(max(ACROSS / frames, NARROW), WIDE)
    scale, _, tall = room(scenes, TALL, cell)
    row = tall + FOOT
    width, height = ASIDE + cell * count, TITLE + 2 * row + BETWEEN
    parts = [label(one.title, width, 0, 14), _bands(cell, count, height - TITLE)]
    for place, (motion, drawn, fps) in enumerate(zip(motions, scenes, sides.rates, strict=True)):
        top = TITLE + place * (row + BETWEEN)
        parts += [_aside(SIDES[place], INKS[place], _length(motion, fps), top, tall),
                  f'<g transform="translate({number(ASIDE)} 0)">{_film(drawn, skeleton, scale, cell, tall, top)}</g>']
    return Block("".join(parts), width, height)


def _film(drawn: Scene, skeleton: Skeleton, scale: float, cell: float, tall: float, top: float) -> str:
    return film(drawn, anatomy(skeleton), scale, cell, tall, top)


def _bands(cell: float, count: int, height: float) -> str:
    """Every second moment on a ground of its own, through both strips: what belongs together is seen at once."""
    return "".join(f'<rect x="{number(ASIDE + cell * place)}" y="{number(TITLE)}" width="{number(cell)}" '
                   f'height="{number(height)}" fill="{BAND}" stroke="none"/>' for place in range(0, count, 2))


def _aside(word: str, ink: str, length: Sequence[str], top: float, tall: float) -> str:
    """A bar in the side's colour, its name and how long it is."""
    middle = top + tall / 2
    told = "".join(f'<text x="12" y="{number(middle + 16 + 14 * place)}" font-size="11" fill="{GREY}" stroke="none">'
                   f"{safe(line)}</text>" for place, line in enumerate(length))
    return (f'<path d="M2 {number(top + 6)}V{number(top + tall)}" stroke="{ink}" stroke-width="3"/>'
            f'<text x="12" y="{number(middle)}" font-size="13" font-weight="600" fill="{ink}" stroke="none">{word}</text>'
            + told)


def _length(motion: Motion, fps: float) -> tuple[str, str]:
    count = len(motion.present)
    return f"{count / fps:.2f} s", f"{count} frame{'s' if count != 1 else ''}"
