"""Bars: a rate with its interval on a line from 0 to 100, and where chance and the null lie. Small for a table's cell,
large with words beneath."""

from typing import NamedTuple

INK = {"hide": "#c2410c", "keep": "#0b6e99", "": "#66717e"}
PALE = {"hide": "#f6c9b0", "keep": "#b5dcec", "": "#d5dbe2"}
TRACK, STROKE, NOTHING = "#eef1f4", "#1f2630", "#5b6673"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
ROOM = 62.0  # pixels between two words of the scale, so that they do not cover each other


class Rate(NamedTuple):
    """What is drawn: shares of 1."""

    rate: float
    low: float
    high: float
    chance: float
    null: float | None = None

    @property
    def said(self) -> str:
        """For who cannot see it."""
        null = "" if self.null is None else f", null {percent(self.null)}"
        return (f"{percent(self.rate)}, between {percent(self.low)} and {percent(self.high)}, chance "
                f"{percent(self.chance)}{null}")


def percent(share: float) -> str:
    """'7 %', and '0.4 %' where 0 would be a lie."""
    return f"{bare(share)}\N{NO-BREAK SPACE}%"


def bare(share: float) -> str:
    """The same without its sign."""
    if not 0 < share < 0.01:
        return f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if share >= 0.001 else f"{100 * share:.1g}"


def small(rate: Rate, role: str = "") -> str:
    """The interval pale, the rate a mark on it, chance a stroke, the null a dotted one."""
    return _svg(132, 14, rate.said, _line(rate, role, 1, 130, 2, 10), "width='132' height='14'")


def share(part: float, role: str = "", chance: float | None = None, null: float | None = None) -> str:
    """A plain bar of a share, with strokes for chance and the null where they are known."""
    body = (f'<rect x="0" y="3" width="110" height="8" rx="2" class="track" fill="{TRACK}"/>'
            f'<rect x="0" y="3" width="{110 * part:.1f}" height="8" rx="2" class="ink-{role}" fill="{INK[role]}"/>')
    told = percent(part)
    if null is not None:
        body += _stroke(_at(null, 0, 110), 3, 8, NOTHING, 1.4, ' class="null" stroke-dasharray="2 2"')
        told += f", null {percent(null)}"
    if chance is not None:
        body += _stroke(_at(chance, 0, 110), 3, 8, STROKE, 1.6, ' class="chance"')
        told += f", chance {percent(chance)}"
    return _svg(110, 14, told, body, "width='110' height='14'")


def large(rate: Rate, role: str) -> str:
    """The same with a scale and words beneath."""
    left, wide = 20.0, 680.0
    marks = [(place, f"{100 * place:.0f} %") for place in (0, 0.25, 0.5, 0.75, 1)]
    scale = "".join(f'<line x1="{_at(place, left, wide)}" y1="38" x2="{_at(place, left, wide)}" y2="43" '
                    f'class="tick" stroke="#b6bec8"/>{_word(word, left + wide * place, 56, NOTHING)}'
                    for place, word in marks)
    words = [("chance", rate.chance, STROKE)]
    if rate.null is not None and abs(rate.null - rate.chance) * wide > ROOM:
        words.append(("null", rate.null, NOTHING))
    told = "".join(_word(word, left + wide * place, 10, colour) for word, place, colour in words)
    return _svg(720, 62, rate.said, told + _line(rate, role, left, wide, 16, 18) + scale)


def _line(rate: Rate, role: str, left: float, wide: float, top: float, tall: float) -> str:
    low, high = left + wide * rate.low, left + wide * rate.high
    parts = [f'<rect x="{left:g}" y="{top:g}" width="{wide:g}" height="{tall:g}" rx="2" '
             f'class="track" fill="{TRACK}"/>',
             f'<rect x="{low:.1f}" y="{top:g}" width="{max(high - low, 1.5):.1f}" height="{tall:g}" rx="2" '
             f'class="pale-{role}" fill="{PALE[role]}"/>']
    if rate.null is not None:
        parts.append(_stroke(_at(rate.null, left, wide), top, tall, NOTHING, 1.4, ' class="null" stroke-dasharray="2 2"'))
    parts += [_stroke(_at(rate.chance, left, wide), top, tall, STROKE, 1.6, ' class="chance"'),
              f'<circle cx="{_at(rate.rate, left, wide)}" cy="{top + tall / 2:g}" r="{min(tall * 0.3, 5):g}" '
              f'class="ink-{role}" fill="{INK[role]}"/>']
    return "".join(parts)


def _stroke(x: str, top: float, tall: float, colour: str, width: float, more: str = "") -> str:
    return (f'<line x1="{x}" y1="{top - 1.5:g}" x2="{x}" y2="{top + tall + 1.5:g}" stroke="{colour}" '
            f'stroke-width="{width:g}"{more}/>')


def _at(place: float, left: float, wide: float) -> str:
    return f"{left + wide * place:.1f}"


def _word(word: str, x: float, y: float, colour: str) -> str:
    return (f'<text x="{x:.1f}" y="{y:g}" text-anchor="middle" font-size="11" class="word word-{word.partition(" ")[0]}" '
            f'fill="{colour}">{word}</text>')


def _svg(width: float, height: float, said: str, body: str, size: str = "") -> str:
    return (f'<svg class="bar" viewBox="0 0 {width:g} {height:g}" {size} role="img" aria-label="{said}" '
            f'font-family="{FONT}">{body}</svg>')
