"""Protection: what a run has shown about a label that must not be told, in one careful word, and why that word."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import eligible, found, strongest

NOT_SHOWN, REDUCED, AT_CHANCE = "not shown", "reduced", "at chance"  # of a release
TOLD, NOT_FOUND, UNSURE = "can be told", "not found", "cannot be said"  # of data as it is


class Protection(NamedTuple):
    """The word, and a sentence that says why."""

    word: str
    why: str


def protection(card: Scorecard, row: dict[str, Any]) -> Protection:
    """What the headline of a hidden label comes to.

    Of a release: `not shown` unless the instrument works (nulls where they belong, somebody recognizes the original,
    somebody learned from the release) and the whole interval lies below the whole interval on the original; then
    `reduced` while it lies above chance and the null, and `at chance` where it reaches down to one of them.
    """
    mine = eligible(card.cells, row["label"], "hide")
    doubt = _doubt(card.cells, row["label"])
    if card.verb != "evaluate":
        return _as_it_is(row, doubt)
    original = strongest(cell for cell in mine if cell.threat == "before")
    if doubt:
        return Protection(NOT_SHOWN, doubt)
    if original is None or not any(cell.learned for cell in mine if cell.threat == "before"):
        return Protection(NOT_SHOWN, "Nobody recognized it on the original, so failing on the release proves nothing.")
    if not any(cell.threat == "adaptive" for cell in mine):
        return Protection(NOT_SHOWN, "Nobody was asked who learned from the release itself.")
    if row["high"] >= original.low:
        return Protection(NOT_SHOWN, "What is found in the release is, within the intervals, what was found in the original.")
    if found(row):
        return Protection(REDUCED, "Less is found than in the original, and clearly more than by guessing.")
    if (limits := [one for one in card.limits if one["label"] == row["label"]]) and all(one["size"] is None for one in limits):
        return Protection(NOT_SHOWN, "Nothing was found, but neither were signs that were planted to be found.")
    return Protection(AT_CHANCE, "These attackers did no better than guessing, within the interval. That is no proof that "
                                 "nobody can.")


def _as_it_is(row: dict[str, Any], doubt: str) -> Protection:
    if doubt:
        return Protection(UNSURE, doubt)
    if found(row):
        return Protection(TOLD, "Clearly more is found than by guessing.")
    return Protection(NOT_FOUND, "These attackers did no better than guessing, within the interval. That is no proof that "
                                 "nobody can.")


def _doubt(cells: Sequence[CellScore], label: str) -> str:
    """Why no figure of this label may be relied on, if so."""
    away = any(cell.null_away and not cell.leaks for cell in cells if (cell.label, cell.role) == (label, "hide"))
    return "The test itself is in doubt: somebody who was taught names that say nothing was right too often." if away else ""
