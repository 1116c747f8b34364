"""A dataset on one HTML page: what it holds, what is wrong with it, and what its people do. Draws, computes nothing."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { --ink: #1f2630; --soft: #5b6673; --line: #dfe4ea; --wash: #f6f8fa; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink); background: #fff;
       font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
p.lead { font-size: 1.1rem; color: var(--soft); max-width: 46rem; margin: 0 0 1.6rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .8rem; margin: 0; }
dl div { background: var(--wash); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.35rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem; vertical-align: top;
       border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: 500; font-size: .85rem; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 0; overflow-x: auto; } figure svg { width: 100%; height: auto; }
pre { font-size: .8rem; line-height: 1.4; overflow-x: auto; background: var(--wash); padding: 1rem; border-radius: .5rem; }
code { font-size: .85em; overflow-wrap: anywhere; } footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { body { padding: 0; } figure { break-inside: avoid; } }
"""


def overview(title: str, lead: str, found: Mapping[str, Any], pictures: Iterable[tuple[str, str]],
             tables: Iterable[tuple[str, str, str]] = ()) -> str:
    """The page as HTML: `found` is what `describe` says, `pictures` are captions with SVG, `tables` are captions with
    a sentence and lines of plain characters."""
    plan, length = found["skeleton"], found["length"]
    facts = (("recordings", f"{found['recordings']:,}"), ("people", f"{found['people']:,}"),
             ("takes", f"{found['takes']:,}"), ("minutes", f"{found['seconds'] / 60:,.1f}"),
             ("frames a second", f"{found['fps']:g}"), (f"joints, as {escape(plan['name'])}", f"{plan['joints']}"),
             ("bodies at once, at most", f"{found['bodies']['most']}"),
             ("frames in a recording", f"{length['min']} – {length['max']}"))
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    told = "".join(f"<h2>{escape(caption)}</h2><p>{escape(sentence)}</p><pre>{escape(lines)}</pre>"
                   for caption, sentence, lines in tables)
    drawn = "".join(f"<h2>{escape(caption)}</h2><figure>{svg}</figure>" for caption, svg in pictures)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
            f'<h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p><dl>{tiles}</dl>'
            f"{told}{_labels(found['labels'])}{_problems(found['problems'])}{drawn}"
            f"<footer>content <code>{escape(found['content_id'])}</code></footer></body></html>\n")


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
