"""The table of a run as a page, for somebody who looks after data: what can be read and by whom in words, then figures,
then everything that one must know before relying on them."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from maskeleton.jobs import atomic
from maskeleton.page.bars import Rate, bare, large, percent, share, small
from maskeleton.page.style import document
from maskeleton.page.text import named, said, told
from maskeleton.page.words import (
    THREATS,
    TRAITS,
    WHAT,
    attacker,
    beside,
    learning,
    limit,
    noun,
    sentence,
)
from maskeleton.score import primary
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.verdict import MOST_NAMED, found, most_exposed, of_shares

FILE = "table.html"
GRAVE = ("cannot be trusted", "no headline")  # words of warnings that come before everything else
MOST_LINES = 200  # of a list
ROLES = {"hide": "MUST NOT BE TOLD", "keep": "MUST STAY"}
TITLES = {"audit": "What can be read off {}", "evaluate": "What {} still gives away"}
LEGEND = ("A cell is the share that was right, and in brackets where it would lie with other people of the same kind "
          "(95 %). In its bar that range is pale, the share a dot, chance a stroke, and the null a dotted stroke: what "
          "the same attacker gets when taught with labels that say nothing. Colour means that the whole range lies "
          "beyond both.")


def write_page(card: Scorecard, folder: Path) -> Path:
    """Put table.html beside results.json."""
    with atomic(folder / FILE) as out:
        out.write_text(page(card), "utf-8")
    return folder / FILE


def page(card: Scorecard) -> str:
    """The whole page."""
    title = TITLES.get(card.verb, "{}").format(card.data.get("name", "the data"))
    facts = [f"{card.data[key]:,} {word}" for key, word in (("recordings", "recordings"), ("people", "people"))
             if isinstance(card.data.get(key), int)]
    lead = (" of ".join(facts) + ". " if facts else "") + (
        "Attackers learned from some recordings and answered for others; this is how often they were right.")
    body = f'<h1>{said(title)}</h1><p class="lead">{escape(lead)}</p>{parts(card)}'
    content = escape(str(card.data.get("content_id", "")))
    return document(title, body, f"maskeleton {escape(card.verb)}, seed {card.seed}, content <code>{content}</code>")


def parts(card: Scorecard) -> str:
    """All of it but title and foot, to be put into another page."""
    return "".join((summary(card), figures(card), exposed(card), small_traces(card), channels(card), motion(card),
                    every(card), costs(card), listed("What was not tried", card.not_tried)))


def summary(card: Scorecard) -> str:
    """Warnings that come first, the headlines in words, and the other warnings."""
    grave, rest = doubts(card)
    own = "".join(_headline(row, card.verb) for row in sorted(card.headline, key=lambda row: row["role"]))
    return (box("alarm", "Read this first", grave) + (own or "<p>There is no headline: nothing that was asked can "
            "stand for the whole.</p>") + box("care", "Before you rely on it", rest))


def doubts(card: Scorecard) -> tuple[list[str], list[str]]:
    """Warnings that come before everything else, and the others."""
    grave = [words for words in card.warnings if any(word in words for word in GRAVE)]
    return grave, [words for words in card.warnings if words not in grave]


def _headline(row: Mapping[str, Any], verb: str) -> str:
    rate = Rate(row["rate"], row["low"], row["high"], row["chance"], row["null"])
    return (f'<div class="told {row["role"]}"><div class="kind">{told(row["label"])} · {ROLES[row["role"]]}</div>'
            f'<p class="says">{said(sentence(row, verb))}</p>{large(rate, row["role"] if found(row) else "")}'
            f'<p class="more">{said(beside(row, verb))}</p></div>')


def box(kind: str, title: str, lines: Sequence[str]) -> str:
    """Lines that must be seen, if there are any."""
    items = "".join(f"<li>{said(line)}</li>" for line in lines)
    return f'<div class="box {kind}"><h3>{title}</h3><ul>{items}</ul></div>' if lines else ""


def listed(title: str, lines: Sequence[str]) -> str:
    """A heading and plain lines, of which there may be none."""
    items = "".join(f"<li>{said(line)}</li>" for line in lines[:MOST_LINES])
    items += f"<li>and {len(lines) - MOST_LINES:,} more, in results.json</li>" if len(lines) > MOST_LINES else ""
    items = items or "<li>nothing was left out</li>"
    return f'<h2>{title}</h2><ul class="plain soft">{items}</ul>'


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def figures(card: Scorecard) -> str:
    """A table for each label."""
    tables = [_table(label, role, [cell for cell in card.cells if (cell.label, cell.role) == (label, role)])
            for label, role in sorted(dict.fromkeys((cell.label, cell.role) for cell in card.cells), key=lambda of: of[1])]
    return f'<h2>The figures</h2><p class="soft">{LEGEND}</p>{"".join(tables)}' if tables else ""


def _table(label: str, role: str, cells: Sequence[CellScore]) -> str:
    """Rows are attackers, columns threats; each attacker in the label's own metric, or in the first it has."""
    asked = dict.fromkeys((cell.attack, cell.judge, cell.split) for cell in cells)
    threats = [name for name in THREATS if any(cell.threat == name for cell in cells)]
    threats += [name for name in dict.fromkeys(cell.threat for cell in cells) if name not in threats]
    rows = []
    for who in asked:
        mine = [cell for cell in cells if (cell.attack, cell.judge, cell.split) == who]
        metric = primary(label) if any(cell.metric == primary(label) for cell in mine) else mine[0].metric
        under = {cell.threat: cell for cell in mine if cell.metric == metric}
        note = f"by {who[2]}" + ("" if metric == primary(label) else f", {metric}")
        columns = "".join(_cell(under[name]) if name in under else '<td class="none">–</td>' for name in threats)
        rows.append(f'<tr><th scope="row" class="who">{told(attacker(*who[:2]))}<small>{told(note)}</small></th>{columns}'
                    "</tr>")
    head = "".join(f'<th scope="col">{told(name)}<small>{escape(THREATS.get(name, ""))}</small></th>' for name in threats)
    metric = primary(label)
    own = [cell for cell in cells if cell.metric == metric] or list(cells)
    return (f'<h3>{told(noun(label))} ({told(label)})</h3><p class="soft">{WHAT.get(metric, metric)} ({metric}); '
            f"chance {percent(own[0].chance)}; {max(cell.people for cell in own)} people.</p>"
            + scrolled(f'<thead><tr><th scope="col">who asks</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody>',
                       f"{named(noun(label))}: rates by attacker and threat"))


def scrolled(rows: str, name: str) -> str:
    """A table that may be wider than the page: it scrolls, by keyboard too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name)}"><table>{rows}</table></div>'


def _cell(cell: CellScore) -> str:
    leaks = f"<small>leaks: {said(', '.join(cell.leaks))}</small>" if cell.leaks else ""
    away = "<small>not to be trusted: its null is away from chance</small>" if cell.null_away else ""
    rate = Rate(cell.rate, cell.low, cell.high, cell.chance, cell.null)
    return (f'<td class="rate"><b>{percent(cell.rate)}</b> <span class="range">[{bare(cell.low)}, '
            f"{bare(cell.high)}]</span>{small(rate, cell.role if cell.learned else '')}{leaks}{away}</td>")


def every(card: Scorecard) -> str:
    """Every figure as a number, folded away."""
    rows = "".join(
        f"<tr><td>{told(cell.label)}</td><td>{told(cell.threat)}</td><td>{told(f'{cell.attack} {cell.judge}')}</td>"
        f"<td>{told(cell.split)}</td><td>{told(cell.metric)}</td>"
        + "".join(f'<td class="n">{"–" if value is None else f"{value:.3f}"}</td>'
                  for value in (cell.rate, cell.low, cell.high, cell.chance, cell.null))
        + f'<td class="n">{cell.trials:,}</td><td class="n">{cell.people}</td><td class="n">{cell.seeds}</td></tr>'
        for cell in card.cells)
    head = _head(("label", "threat", "attack", "split", "metric"),
                 ("rate", "low", "high", "chance", "null", "trials", "people", "seeds"))
    return (f"<details><summary>Every figure, {len(card.cells):,} of them</summary>"
            f"{scrolled(f'<thead>{head}</thead><tbody>{rows}</tbody>', 'Every figure')}</details>") if rows else ""


def _head(words: Iterable[str], numbers: Iterable[str] = ()) -> str:
    return ("<tr>" + "".join(f'<th scope="col">{escape(word)}</th>' for word in words)
            + "".join(f'<th scope="col" class="n">{escape(word)}</th>' for word in numbers) + "</tr>")


# ── who, in what, how small, how far ──────────────────────────────────────────────────────────────────────────────────


def exposed(card: Scorecard, most: int = MOST_NAMED) -> str:
    """The people who are named most often, and the actions that tell most, of each headline."""
    tables = []
    for row in card.headline:
        for rows, word in most_exposed(card, row, most):
            title = "Most exposed people" if word == "person" else "Most is told by"
            strokes = of_shares(card, row)
            lines = "".join(f'<tr><td>{told(one[word])}</td><td class="n">{one["hits"]:g} of {one["trials"]}</td><td '
                            f'class="bar">{share(one["hits"] / max(one["trials"], 1), row["role"], *strokes)}</td></tr>'
                            for one in rows)
            tables.append(f"<div><h3>{title} ({told(row['label'])})</h3><table>"
                          f"{_head((word,), ('right', 'share'))}{lines}</table></div>")
    note = ('<p class="soft">By the attacker of the headline; the stroke is chance, the dotted one the null. A mean says '
            "nothing of those it is worst for.</p>")
    return f'<h2>Who is told, and by what</h2>{note}<div class="two">{"".join(tables)}</div>' if tables else ""


def small_traces(card: Scorecard) -> str:
    """How small a difference would have been found, and whether more data would find more."""
    lines = [f"{noun(row['label'])}: {limit(row)}" for row in card.limits]
    for label, of in dict.fromkeys((row["label"], row.get("of", "recordings")) for row in card.learning):
        mine = [row for row in card.learning if (row["label"], row.get("of", "recordings")) == (label, of)]
        lines.append(f"{noun(label)}: {learning(mine)}")
    items = "".join(f"<li>{said(line)}</li>" for line in lines)
    return ("<h2>How much this test would have noticed</h2><p class=\"soft\">“Not found” means no more than these "
            f'sentences do.</p><ul class="plain">{items}</ul>') if lines else ""


def costs(card: Scorecard) -> str:
    """What each attacker must have, learned from, and how long it took here."""
    lines = "".join(f'<tr><td>{told(row["threat"])}</td><td>{told(row["knows"])}</td><td class="n">'
                    f'{row["recordings"]:,}</td><td class="n">{row["minutes"]:.1f}</td></tr>' for row in card.costs)
    return (f"<h2>What each attacker needed</h2><table>{_head(('threat', 'must have'), ('recordings', 'minutes'))}{lines}"
            "</table>") if lines else ""


def channels(card: Scorecard) -> str:
    """Where a label lives: each kind of measurement alone."""
    tables = []
    for label in dict.fromkeys(row["label"] for row in card.channels):
        mine = sorted((row for row in card.channels if row["label"] == label),
                      key=lambda row: -max(row["plain"], row["within"] or 0))
        lines = "".join(f'<tr><td>{told(row["channel"])}</td><td class="n">{percent(row["plain"])}</td>'
                        f'<td class="n">{"–" if row["within"] is None else percent(row["within"])}</td>'
                        f'<td class="bar">{share(max(row["plain"], row["within"] or 0), "hide")}</td></tr>'
                        for row in mine)
        tables.append(f"<h2>Where it lives: {told(label)}</h2><p class=\"soft\">What each kind of measurement tells by "
                      f"itself; chance {percent(mine[0]['chance'])}.</p><table>"
                      f"{_head(('channel',), ('alone', 'within what is kept', 'the more of both'))}{lines}</table>")
    return "".join(tables)


def motion(card: Scorecard) -> str:
    """How far the motion was moved, and what it is like; `_original` beside it."""
    value = {row["metric"]: row for row in card.motion}
    lines = "".join(
        f"<tr><td>{told(TRAITS.get(name, name.replace('_', ' ')))}</td><td class=\"n\">{_number(row)}</td>"
        f'<td class="n">{_number(value.get(f"{name}_original"))}</td><td class="n">{told(row["unit"])}</td></tr>'
        for name, row in value.items() if not name.endswith("_original"))
    return (f"<h2>What became of the motion</h2><table>{_head(('measure',), ('release', 'original', 'unit'))}{lines}</table>"
            if lines else "")


def _number(row: Mapping[str, Any] | None) -> str:
    return "–" if row is None or row["value"] is None else f"{row['value']:.3g}"
