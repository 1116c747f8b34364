"""Text from anywhere on a page: nothing in it runs, hides or turns the rest around, and none of it is endless."""

import unicodedata
from html import escape

LONGEST = 80  # signs of one name
FROM_RIGHT = ("R", "AL", "AN")  # what Unicode calls signs that are written from right to left
SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
APART, TOGETHER = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def named(text: object, most: int = LONGEST) -> str:
    """A name as plain text: cut, without signs that steer, and kept from turning around what stands beside it."""
    whole = str(text)
    plain = "".join(sign if sign.isprintable() or sign in SPACES else "\N{REPLACEMENT CHARACTER}"
                    for sign in whole[: most + 1])
    plain = plain if len(plain) <= most else plain[: most - 1] + "…"
    turned = any(unicodedata.bidirectional(sign) in FROM_RIGHT for sign in plain)
    return f"{APART}{plain}{TOGETHER}" if turned else plain


def told(text: object, most: int = LONGEST) -> str:
    """The same as HTML."""
    return escape(named(text, most))


def said(text: object, most: int = 1000) -> str:
    """A sentence as HTML."""
    return told(text, most)
