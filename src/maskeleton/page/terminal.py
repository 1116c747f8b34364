"""The terminal: a run or a dataset on one screen, with bars, where a person looks at it; plain text where a pipe reads it."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple, TextIO

from maskeleton.errors import printable
from maskeleton.page.bars import bare
from maskeleton.page.steward import sentence
from maskeleton.page.words import noun
from maskeleton.protection import protection
from maskeleton.score import primary
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import notes, shown_cells, table

LEAST_NOTE = 6
BLOCKS = "▁▂▃▄▅▆▇█"
THREAT = len("renormalized")
MOST_CLASSES = 24  # bars in a row
MOST_MISSING = 6  # things that nobody tried
LEAST = 46  # signs: below that there is no room for bars
ORANGE, BLUE, FAINT, BOLD = "33", "36", "2", "1"
INK = {"hide": ORANGE, "keep": BLUE, "": FAINT}


class Screen(NamedTuple):
    """Where it is shown."""

    width: int
    height: int
    coloured: bool

    def ink(self, words: str, colour: str) -> str:
        return f"\x1b[{colour}m{words}\x1b[0m" if self.coloured and words else words


def screen_of(stream: TextIO) -> Screen | None:
    """The terminal behind a stream; None where there is none, or none that can show bars."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb" or not _speaks(stream):
        return None
    size = shutil.get_terminal_size()
    return Screen(max(size.columns, 20), max(size.lines, 10), not os.environ.get("NO_COLOR"))


def _speaks(stream: TextIO) -> bool:
    try:
        f"{BLOCKS}●━│┊┈".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# ── a run ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(card: Scorecard, stream: TextIO | None = None) -> str:
    """What audit and evaluate print."""
    screen = screen_of(stream or sys.stdout)
    return table(card) if screen is None else "\n".join(lines_of(card, screen))


def lines_of(card: Scorecard, screen: Screen) -> list[str]:
    """A block a label, then the results in words, then what must be known before relying on them."""
    told = notes(card)
    cells = shown_cells(card.cells, max(screen.height - 4 * len(card.headline) - 6, 8))
    lines = []
    for label, role in dict.fromkeys((cell.label, cell.role) for cell in cells):
        lines += [*_block([cell for cell in cells if (cell.label, cell.role) == (label, role)], screen), ""]
    for row in card.headline:
        word = f"{protection(card, row).word}: " if row["role"] == "hide" else ""
        lines += _wrapped(f"{word}{sentence(row, card.verb)}", screen, BOLD)
    lines += [line for words in told if not words.startswith("not tried: ") for line in _wrapped(
        words, screen, ORANGE if words.startswith("! ") else "")]
    missing = [words.removeprefix("not tried: ") for words in told if words.startswith("not tried: ")]
    rest = f"; and {len(missing) - MOST_MISSING} more, which a pipe gets" if len(missing) > MOST_MISSING else ""
    return lines + (_wrapped(f"not tried: {'; '.join(missing[:MOST_MISSING])}{rest}", screen, FAINT) if missing else [])


def _block(cells: Sequence[CellScore], screen: Screen) -> list[str]:
    first = cells[0]
    nulls = [cell.null for cell in cells if cell.null is not None]
    null = f", null up to {bare(max(nulls))}" if nulls else ""
    head = (f"{noun(first.label)} ({first.label}), {'to go' if first.role == 'hide' else 'to stay'}: {first.metric} in %, "
            f"{max(cell.people for cell in cells)} people, chance {bare(first.chance)}{null}")
    words = min(max(len(_name(cell)) for cell in cells), max(screen.width * 2 // 5, 12))
    room = screen.width - words - 20
    wide = min(room, 50) if screen.width >= LEAST and room >= 8 else 0
    return [screen.ink(_cut(head, screen.width), BOLD), *(_line(cell, words, wide, screen) for cell in cells)]


def _line(cell: CellScore, words: int, wide: int, screen: Screen) -> str:
    note = "" if cell.metric == primary(cell.label) else f" {cell.metric}"
    note += f" leaks {', '.join(cell.leaks)}" if cell.leaks else ""
    numbers = f"{bare(cell.rate):>4} {f'[{bare(cell.low)}, {bare(cell.high)}]':<11}"
    start = _cut(f" {_cut(_name(cell), words):<{words}} {numbers}", screen.width)
    picture = bar(cell, wide) if wide else ""
    left = screen.width - len(start) - wide - 1
    rest = _cut(printable(note), left) if left > LEAST_NOTE else ""
    return (f"{start} {screen.ink(picture, INK[cell.role if cell.learned else ''])}{screen.ink(rest, FAINT)}").rstrip()


def bar(cell: CellScore, wide: int) -> str:
    """'┈│┈┈━━━●━━┈┈': the interval, the rate on it, a stroke where chance is and a broken one for the null."""
    signs = ["┈"] * wide
    for place in range(_at(cell.low, wide), _at(cell.high, wide) + 1):
        signs[place] = "━"
    if cell.null is not None:
        signs[_at(cell.null, wide)] = "┊"
    signs[_at(cell.chance, wide)] = "│"
    signs[_at(cell.rate, wide)] = "●"
    return "".join(signs)


def _at(share: float, wide: int) -> int:
    return min(int(share * wide), wide - 1)


def _name(cell: CellScore) -> str:
    return printable(f"{cell.threat:<{THREAT}} {cell.attack} {cell.judge}".rstrip())


def _cut(words: str, most: int) -> str:
    words = printable(words)
    return words if len(words) <= most else words[: max(most - 1, 0)] + "…" if most else ""


def _wrapped(words: str, screen: Screen, colour: str = "") -> list[str]:
    return [screen.ink(line, colour) if colour else line
            for line in wrap(_spaced(words), screen.width, subsequent_indent="  ")]


def _spaced(words: str) -> str:
    return printable(words.replace("\N{NO-BREAK SPACE}", " "))


# ── a dataset ────────────────────────────────────────────────────────────────────────────────────────────────────────


def described(found: Mapping[str, Any], page: Callable[..., str], stream: TextIO | None = None) -> str:
    """What describe prints: on a terminal with a bar a class, and no line longer than it is wide."""
    screen = screen_of(stream or sys.stdout)
    if screen is None:
        return page(found)
    return "\n".join(_cut(line, screen.width) for line in page(found, counts).splitlines())


def counts(numbers: Sequence[int]) -> str:
    """'▇▇▃': how many there are of each class, the most frequent as a full block; of many classes every so manieth."""
    most = max(numbers, default=0)
    step = max(-(-len(numbers) // MOST_CLASSES), 1)
    return "".join(BLOCKS[min(int(one / most * len(BLOCKS)), len(BLOCKS) - 1)] for one in numbers[::step]) if most else ""
