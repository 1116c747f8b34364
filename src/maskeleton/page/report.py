"""The report of a run: first what its owner has to decide by, in plain words, then everything that an engineer asks for.
Draws, computes nothing, runs nothing but its own viewer."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple

from maskeleton.motion import Motion
from maskeleton.page import table
from maskeleton.page.chart import chart
from maskeleton.page.discreet import Run, public
from maskeleton.page.figures import curves, trade
from maskeleton.page.overview import Step
from maskeleton.page.provenance import provenance
from maskeleton.page.steward import first_screen, untried
from maskeleton.page.strip import strip
from maskeleton.page.style import STYLE
from maskeleton.page.terms import terms
from maskeleton.page.text import named, said, told
from maskeleton.page.viewer import Clip, Track, script, viewer
from maskeleton.page.words import plainly
from maskeleton.scorecard import Scorecard
from maskeleton.skeleton import Skeleton

TITLES = {"audit": "What can be read off “{}”", "evaluate": "What “{}” still gives away"}
WHY = {"worst": "most recognizable", "best": "least recognizable", "typical": "typical", "together": "doing the same"}
MOST = 30  # actions
SHOWN = ("Recordings of this run, chosen by how well the attacker of the first headline recognizes them: the most, the "
         "least, and from the middle.")
BOTH = " Original and release stand side by side: this copy belongs where the originals are kept."
WITHOUT = " The release alone: the original is left out of a copy that may be passed on."
RULES = """
header p.lead { margin-bottom: .8rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.verdict { float: right; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600; border: 1px solid; }
.verdict.alarm { background: var(--alarm-wash); color: var(--alarm); } .verdict.care { background: var(--care-wash);
 color: var(--care); } .verdict.calm { background: var(--calm-wash); color: var(--calm); }
.told .kind::after { content: ""; display: block; clear: both; }
.answer { margin: .1rem 0 .5rem; } .answer svg { display: block; }
table.terms th:first-child { width: 16rem; } table.terms small { display: block; color: var(--soft); }
section.part { border-top: 2px solid var(--line); margin-top: 3.5rem; }
section.part > h2:first-child { font-size: 1.6rem; margin-top: 1.6rem; }
.chart { max-width: 100%; height: auto; } .chart .paper { fill: var(--paper); } .chart text { fill: var(--ink); }
.chart .grid { stroke: var(--line); } .chart .level { stroke: var(--soft); }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.strips figure { margin: .8rem 0; max-width: 34rem; } .strips figcaption { font-size: .9rem; color: var(--soft); }
@media print { nav, .skip, .viewer { display: none; } section.part { break-before: page; border: 0; margin-top: 0; }
 a { color: inherit; text-decoration: none; } .strips figure { break-inside: avoid; } }
@media (max-width: 40rem) { .verdict { float: none; display: inline-block; margin: .2rem 0; }
 table.terms th:first-child { width: 8rem; } }
"""


class Shown(NamedTuple):
    """A recording of the run's folder: what results.json says of it, and the motion that is there."""

    row: dict[str, Any]
    skeleton: Skeleton
    rates: tuple[float, float]  # frames a second of original and release
    original: Motion | None
    released: Motion | None


def report(run: Run, shown: Sequence[Shown] = (), *, secret: bool = False, chapters: Iterable[Step] = ()) -> str:
    """The whole page; `secret`: with what only the owner of the originals may see. Chapters come last, as they are."""
    run = run if secret else public(run)
    card = run.card
    title = TITLES.get(card.verb, "{}").format(named(card.data.get("name", "the data"), 60))
    more = list(chapters)
    parts = {"steward": ("For whoever answers for the data", _steward(card)),
             "motion": ("The people, moving", _moving(shown, secret)),
             "engineer": ("For the engineer", _engineer(run, secret)),
             **{f"chapter-{number}": (step.caption, f'<p class="lead">{said(step.sentence)}</p>{step.found}')
                for number, step in enumerate(more, 1)}}
    parts = {place: part for place, part in parts.items() if part[1]}
    links = "".join(f'<li><a href="#{place}">{told(head)}</a></li>' for place, (head, _) in parts.items())
    first, *rest = parts.items()
    player = script() if 'class="mk-viewer"' in parts.get("motion", ("", ""))[1] else ""
    body = (f'<a class="skip" href="#steward">To the result</a><header><h1>{said(title)}</h1>'
            f'<p class="lead">{_lead(card)}</p><nav aria-label="Parts of this page"><ul>{links}</ul></nav></header>'
            f"<main>{_part(*first, plain=True)}{''.join(_part(*one) for one in rest)}</main>")
    return _document(title, body, _foot(run, secret), player)


def _part(place: str, part: tuple[str, str], plain: bool = False) -> str:
    head, inside = part
    heading = f'<h2 id="{place}-head">{told(head)}</h2>'
    kind = "first" if plain else "part"
    return f'<section id="{place}" class="{kind}" aria-labelledby="{place}-head">{heading}{inside}</section>'


def _document(title: str, body: str, footer: str, player: str) -> str:
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{_allowed(player)}<title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}{RULES}</style></head><body>'
            f"{body}<footer>{footer}</footer>{player}</body></html>\n")


def _allowed(player: str) -> str:
    """Nothing is fetched from anywhere, and no script runs but the page's own."""
    code = player.removeprefix("<script>").removesuffix("</script>")
    own = f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" if code else "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src {own}"
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _lead(card: Scorecard) -> str:
    facts = [f"{card.data[key]:,} {key}" for key in ("recordings", "people") if isinstance(card.data.get(key), int)]
    made = card.data.get("made_by")
    last = made[-1] if isinstance(made, list) and made and isinstance(made[-1], dict) else {}
    how = f" Changed by {told(last['with'], 40)}." if "with" in last else ""
    asked = "Attackers learned from some recordings and answered for others; here is how often they were right."
    return f"{' of '.join(facts)}.{how} {asked}" if facts else f"{how} {asked}".strip()


# ── for whoever answers for the data ─────────────────────────────────────────────────────────────────────────────────


def _steward(card: Scorecard) -> str:
    grave, rest = table.doubts(card)
    return (table.box("alarm", "Read this first", [plainly(one) for one in grave]) + first_screen(card)
            + table.box("care", "Before you rely on it", [plainly(one) for one in rest]) + terms(card) + untried(card))


# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _moving(shown: Sequence[Shown], secret: bool) -> str:
    seen = [one for one in shown if one.released is not None or (secret and one.original is not None)]
    if not seen:
        return ""
    alone = [one for one in seen if one.row["why"] != "together"]
    clips = [_clip(_title(one), _fared(one), [one], secret) for one in alone]
    crowd = [one for one in seen if one.row["why"] == "together"]
    if crowd:
        clips.append(_clip(f"{len(crowd)} people, {named(crowd[0].row['action'] or 'the same action')}",
                           "Different people doing the same: what still tells them apart?", crowd, secret))
    strips = "".join(f"<figure>{_strip(one, secret)}<figcaption>{said(_title(one))}. {said(_fared(one))}</figcaption></figure>"
                     for one in alone)
    both = secret and all(one.original is not None and one.released is not None for one in alone)
    how = '<p class="soft">Above as it was recorded, below as it is released.</p>' if both else ""
    note = SHOWN + (BOTH if secret and any(one.original is not None for one in seen) else WITHOUT)
    return (f'<p class="soft">{note}</p><div class="viewer">{viewer(clips)}</div>'
            f'<div class="strips"><h3>Five moments of each</h3>{how}<div class="two">{strips}</div></div>')


def _clip(title: str, note: str, several: Sequence[Shown], secret: bool) -> Clip:
    """One recording, or several people, each before and after where that may be seen."""
    tracks, rates = [], []
    for number, one in enumerate(several, 1):
        who = f"person {number}" if len(several) > 1 else ""
        for name, motion, rate in zip(("original", "release"), (one.original if secret else None, one.released), one.rates,
                                      strict=True):
            if motion is not None:
                tracks.append(Track(name, motion.positions, motion.present, one.skeleton, who))
                rates.append(rate)
    return Clip(title, note, rates, tuple(tracks))


def _title(one: Shown) -> str:
    return " · ".join(word for word in (WHY.get(one.row["why"], one.row["why"]), named(one.row["action"] or "")) if word)


def _fared(one: Shown) -> str:
    share = one.row["right"]
    told = {0: "wrong about it", 1: "right about it"}.get(share, f"right about it in {100 * share:.0f} of 100 tries")
    return f"The attacker was {told} ({named(one.row['label'])})." + (" Only the beginning is shown." if one.row["cut"] else "")


def _strip(one: Shown, secret: bool) -> str:
    original = one.original if secret else None
    first, *second = (motion for motion in (original, one.released) if motion is not None)
    return strip(first, one.skeleton, frames=5, below=second[0] if second else None, fps=one.rates[original is None])


# ── for the engineer ─────────────────────────────────────────────────────────────────────────────────────────────────


def _engineer(run: Run, secret: bool) -> str:
    card = run.card
    drawn = "".join(f"<figure>{chart(plot)}</figure>" for plot in (trade(card), curves(card)) if plot is not None)
    pictures = f'<h2>Privacy against utility, and the training</h2><div class="two">{drawn}</div>' if drawn else ""
    return "".join((table.figures(card), pictures, table.exposed(card, MOST), table.small_traces(card), table.channels(card),
                    table.motion(card), table.every(card), "<h2>How it came about</h2>", provenance(run, secret),
                    table.listed("What was not tried, all of it", card.not_tried)))


def _foot(run: Run, secret: bool) -> str:
    version = run.record.get("versions", {}).get("maskeleton", "") if isinstance(run.record.get("versions"), dict) else ""
    kept = "This copy holds what must stay with the originals." if secret else \
        "This copy holds no original motion, no ids and nobody's name."
    return f"maskeleton {said(version)} {said(run.card.verb)}. {kept}"
