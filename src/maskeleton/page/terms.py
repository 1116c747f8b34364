"""Terms: what was measured in the three words of data protection: singling out, linkability, inference."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from maskeleton.page.bars import Rate, bare, percent, small
from maskeleton.page.text import named, said
from maskeleton.page.words import attacker
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import eligible, most_exposed, strongest

LEAD = ("Data protection authorities ask three questions of data that is said to be anonymized (Opinion 05/2014 of the "
        "Article 29 working party). What was measured here answers a part of each. Whether what remains is acceptable is for "
        "you to decide; no figure decides it.")
TO_ORIGINAL = ("naive", "renormalized", "analytic", "paired", "informed", "donor")  # learned from originals, look at the release
NOBODY = "Not asked in this run."


class Finding(NamedTuple):
    """One row: the term, what it asks, and each figure that answers it with its words."""

    term: str
    asks: str
    answers: Sequence[tuple[str, CellScore | None]]


def terms(card: Scorecard) -> str:
    """The table, as HTML."""
    rows = "".join(f'<tr><th scope="row">{one.term}<small>{one.asks}</small></th><td>{_answers(one)}</td></tr>'
                   for one in findings(card))
    return ('<h2 id="terms">In the words of data protection</h2>'
            f'<p class="soft">{LEAD}</p><div class="wide" tabindex="0" role="region" aria-labelledby="terms">'
            '<table class="terms"><thead><tr><th scope="col">question</th><th scope="col">what was found</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>")


def findings(card: Scorecard) -> list[Finding]:
    """The three questions, each with the strongest attackers that answer it."""
    mine = eligible(card.cells, "subject", "hide")
    whole = [cell for cell in card.cells if (cell.label, cell.role) == ("subject", "hide") and not cell.leaks]
    release = [cell for cell in mine if cell.threat not in ("before", "naive")] if card.verb == "evaluate" else mine
    top = next((row for row in card.headline if (row["label"], row["role"]) == ("subject", "hide")), None)
    single = [("The right person is named for a single recording", _of(release, top))]
    pooled = [cell for cell in whole if cell.attack == "pool" and cell.metric == "top1" and cell.judge.endswith(", all")
              and (card.verb != "evaluate" or cell.threat not in ("before", "naive"))]
    linked = [("All recordings of one person, known to belong together, are given the right name", strongest(pooled))]
    if card.verb == "evaluate":
        links = [cell for cell in mine if cell.threat in TO_ORIGINAL and cell.attack != "side"]
        linked = [("A released recording is traced to its person by somebody who learned from originals", strongest(links)),
                  ("Released recordings of one person are traced to each other by somebody who learned from the release",
                   strongest(cell for cell in mine if cell.threat == "adaptive" and cell.attack != "side")), *linked]
    rows = {row["label"]: row for row in card.headline if row["role"] == "hide"}
    labels = dict.fromkeys(cell.label for cell in card.cells if cell.role == "hide" and cell.label != "subject")
    inferred = [(f"{named(label)[:1].upper()}{named(label)[1:]} is told",
                 _of(eligible(card.cells, label, "hide"), rows.get(label))) for label in labels]
    return [Finding("Singling out", "Can one person be picked out from all others?", [*single, *_worst(card, top)]),
            Finding("Linkability", "Can recordings of one person be found to belong together?", linked),
            Finding("Inference", "Can something else be told of a person, such as gender or age?",
                    inferred or [("No label but the person was asked about", None)])]


def _of(cells: Iterable[CellScore], row: dict[str, Any] | None) -> CellScore | None:
    """The cell that the headline is of."""
    return next((cell for cell in cells if row is not None and cell.by == row["by"] and cell.rate == row["rate"]), None)


def _worst(card: Scorecard, top: dict[str, Any] | None) -> list[tuple[str, CellScore | None]]:
    for rows, word in most_exposed(card, top, 1) if top is not None else []:
        if word == "person":
            one, = rows
            return [(f"The most exposed person is named in {one['hits']:g} of {one['trials']} recordings", None)]
    return []


def _answers(one: Finding) -> str:
    return "".join(f'<div class="answer">{said(words)}{_figure(cell) if cell is not None else _none(words)}</div>'
                   for words, cell in one.answers)


def _none(words: str) -> str:
    return "." if words.startswith(("The most exposed", "No label")) else f". <em>{NOBODY}</em>"


def _figure(cell: CellScore) -> str:
    rate = Rate(cell.rate, cell.low, cell.high, cell.chance, cell.null)
    unit = "cases" if cell.metric == "auc" else "cases of 100"
    return (f": <b>{percent(cell.rate)}</b> of {unit.partition(' of ')[0]} (between {bare(cell.low)} and {bare(cell.high)}; "
            f"guessing {bare(cell.chance)}), by {said(attacker(cell.attack, cell.judge))}."
            f"{small(rate, cell.role if cell.learned else '')}")
