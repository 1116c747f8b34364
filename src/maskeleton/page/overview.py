"""A dataset as a part of an HTML page: what it holds, what is wrong with it, and what its people do.
Draws, computes nothing."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple


class Step(NamedTuple):
    """What was done with the dataset next: a caption and a sentence, both plain text, and what was found, as HTML."""

    caption: str
    sentence: str
    found: str


def contents(found: Mapping[str, Any], pictures: Iterable[tuple[str, str]]) -> str:
    """A part of a page: `found` is what `describe` says, `pictures` are captions with SVG."""
    plan, length = found["skeleton"], found["length"]
    facts = (("recordings", f"{found['recordings']:,}"), ("people", f"{found['people']:,}"),
             ("takes", f"{found['takes']:,}"), ("minutes", f"{found['seconds'] / 60:,.1f}"),
             ("frames a second", f"{found['fps']:g}"), (f"joints, as {escape(plan['name'])}", f"{plan['joints']}"),
             ("bodies at once, at most", f"{found['bodies']['most']}"),
             ("frames in a recording", f"{length['min']} – {length['max']}"))
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    drawn = "".join(f"<h2>{escape(caption)}</h2><figure>{svg}</figure>" for caption, svg in pictures)
    return f"<dl>{tiles}</dl>{_labels(found['labels'])}{_problems(found['problems'])}{drawn}"


def _labels(labels: Mapping[str, Any]) -> str:
    rows = []
    for label, facts in labels.items():
        names = ", ".join(escape(name) for name in facts["names"][:12])
        more = f" … and {len(facts['names']) - 12} more" if len(facts["names"]) > 12 else ""
        rows.append(f'<tr><td>{escape(label)}</td><td class="n">{facts["classes"]}</td>'
                    f'<td class="n">{facts["unknown"]:,}</td><td>{names}{more}</td></tr>')
    return ("<h2>What is known of the recordings</h2><table><tr><th>label</th><th>classes</th><th>unknown</th>"
            f"<th>names</th></tr>{''.join(rows)}</table>")


def _problems(problems: Iterable[Mapping[str, Any]]) -> str:
    cells = ((p["what"], p["count"], p["where"][0]) for p in problems)
    rows = "".join(f'<tr><td>{escape(what)}</td><td class="n">{count:,}</td><td>{escape(where)}</td></tr>'
                   for what, count, where in cells)
    if not rows:
        return "<h2>What is wrong with them</h2><p>Nothing was found.</p>"
    return ("<h2>What is wrong with them</h2><table><tr><th>found</th><th>times</th><th>for example</th></tr>"
            f"{rows}</table>")
