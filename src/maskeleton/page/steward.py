"""The first screen of a report, for somebody who answers for the data: one sentence a label, a careful word, what was kept,
what nobody tried. No word that has to be learned first."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from maskeleton.page.bars import Rate, bare, large, percent
from maskeleton.page.text import named, said
from maskeleton.page.words import limit, noun
from maskeleton.protection import AT_CHANCE, NOT_FOUND, NOT_SHOWN, REDUCED, TOLD, UNSURE, protection
from maskeleton.scorecard import Scorecard
from maskeleton.verdict import found, most_exposed

WORDS = {NOT_SHOWN: "Protection not shown", REDUCED: "Reduced, still recognizable",
         AT_CHANCE: "At chance, within the interval", TOLD: "Can be told", NOT_FOUND: "Not found; no proof",
         UNSURE: "Cannot be said"}
COLOUR = {NOT_SHOWN: "alarm", REDUCED: "care", AT_CHANCE: "calm", TOLD: "alarm", NOT_FOUND: "calm", UNSURE: "care"}
WHO = {
    "before": "an attacker who learned from other recordings of these people",
    "renormalized": "an attacker who learned from the originals, and evens out what was done to everybody alike,",
    "adaptive": "an attacker who learned from this release",
    "analytic": "an attacker who has the anonymizer, and undoes what it did,",
    "informed": "an attacker who has the anonymizer, and learned from releases of their own,",
    "paired": "an attacker who learned a way back from originals and their releases",
    "donor": "an attacker who learned from originals and their releases",
}
STRANGERS = "an attacker who learned from recordings of other people"  # what an attribute is learned from in an audit
PARTS = ("threat ", "attack ")
UNTRIED = {  # what stands under `not tried` in words, where it has words of its own
    "threat before": "Nobody was asked about the original: what there was to hide is not known.",
    "threat naive": "Nobody was asked who learned from the originals and never saw a release.",
    "threat renormalized": "Nobody tried to even out what the release did to everybody alike.",
    "threat adaptive": "Nobody learned from the release itself, which is what anybody does who gets it.",
    "threat analytic": "Nobody tried to undo the change by its author's own way back.",
    "threat informed": "Nobody made releases of their own with the anonymizer and learned from those.",
    "threat paired": "Nobody learned a way back from pairs of originals and releases.",
    "threat donor": "Nobody asked whose motion is in a recording, whatever name it carries.",
    "threat transfer": "Nobody learned what is kept from the release and looked at originals.",
    "attack classify": "No neural network was taught.",
    "attack match": "Nobody compared recordings with known ones, person by person.",
    "attack features": "Nobody tried plain statistics of the movement, which often find most.",
    "attack side": "Nobody looked at what needs no motion: length, lost joints, file names.",
}
NEVER_TRIED = ("Nobody brought recordings of the same people from elsewhere.",)


def first_screen(card: Scorecard) -> str:
    """A card for each label, what goes in front of all of them, and what was kept."""
    hidden = [row for row in card.headline if row["role"] == "hide"]
    kept = [row for row in card.headline if row["role"] == "keep"]
    told = "".join(_hidden(card, row) for row in hidden) + "".join(_kept(row, card.verb) for row in kept)
    return told or _nothing(card)


def _nothing(card: Scorecard) -> str:
    """An empty run, or one whose questions came to nothing."""
    why = "Nothing was asked in this run, or nothing was answered." if not card.cells else \
        "What was asked cannot stand for the whole; the reasons are among the warnings on this page."
    return f'<div class="told"><p class="says">There is no result.</p><p class="more">{why} This page says nothing about ' \
           "how well anybody is protected.</p></div>"


def _hidden(card: Scorecard, row: dict[str, Any]) -> str:
    word, why = protection(card, row)
    rate = Rate(row["rate"], row["low"], row["high"], row["chance"], row["null"])
    more = [why, *_besides(row, card.verb), *_worst(card, row), *_noticed(card, row)]
    return (f'<section class="told hide"><div class="kind">{said(noun(row["label"]))} · must not be told '
            f'<span class="verdict {COLOUR[word]}">{WORDS[word]}</span></div>'
            f'<p class="says">{said(sentence(row, card.verb))}</p>{large(rate, "hide" if found(row) else "")}'
            f'<p class="more">{" ".join(map(said, more))}</p></section>')


def _kept(row: Mapping[str, Any], verb: str) -> str:
    rate = Rate(row["rate"], row["low"], row["high"], row["chance"], row["null"])
    plain = verb == "audit" or "of_original" not in row
    word = "Can be learned" if plain else f"{percent(row['of_original'])} of the original's is left"
    word = word if found(dict(row)) else "Could not be learned"
    return (f'<section class="told keep"><div class="kind">{said(noun(row["label"]))} · must stay '
            f'<span class="verdict {"calm" if found(dict(row)) else "alarm"}">{word}</span></div>'
            f'<p class="says">{said(sentence(row, verb))}</p>{large(rate, "keep" if found(dict(row)) else "")}</section>')


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(row: Mapping[str, Any], verb: str) -> str:
    """The headline of a label in one sentence, as plain text."""
    rate, low, high, chance = (bare(row[key]) for key in ("rate", "low", "high", "chance"))
    between = f", between {low} and {high}; guessing"
    if row["role"] == "keep":
        return _left(row, verb, rate, between, chance)
    who, label = _who(row, verb), row["label"]
    if row["metric"] == "auc":
        return (f"Of two recordings that differ in {named(label)}, {who} tells which is which in {rate} of 100 "
                f"cases{between} does in {chance}.")
    people = f"Of {row['people']} people, " if row.get("people") else ""
    if row["by"]["threat"] == "donor":
        return _capital(f"{people}{who} names somebody whose motion is in it for {rate} of 100 recordings{between} names "
                        f"{chance}.")
    if label == "subject":
        return _capital(f"{people}{who} names the right one in {rate} of 100 recordings{between} names {chance}.")
    return _capital(f"{who} tells {named(label)} right in {rate} of 100 recordings{between} does in {chance}.")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _who(row: Mapping[str, Any], verb: str) -> str:
    threat = row["by"]["threat"]
    if threat == "before" and row["label"] != "subject":
        return STRANGERS
    who = WHO.get(threat, "the strongest attacker")
    return f"{who.rstrip(',')}, and knows that each person stands there once," if row["by"]["attack"] == "assign" else who


def _left(row: Mapping[str, Any], verb: str, rate: str, between: str, chance: str) -> str:
    where = "from the recordings" if verb == "audit" else "from the release and looks at originals" \
        if row["by"]["threat"] == "transfer" else "from the release"
    what = "which of two recordings is which" if row["metric"] == "auc" else _capital(noun(row["label"])).lower() \
        if row["label"] == "action" else f"its {named(row['label'])}"
    told = f"Who learns {where} can tell {what} in {rate} of 100 cases{between}, in {chance}."
    if "of_original" not in row:
        return told
    more = " That is more than the original gave, and counts as all of it." if row.get("flagged") else ""
    return f"{told} On the original it was {bare(row['before'])}.{more}" if "before" in row else told + more


def _besides(row: Mapping[str, Any], verb: str) -> list[str]:
    """What it was before, what yesterday's attacker gets, and what names that say nothing give."""
    told = [f"On the originals, before anything was changed, it was {bare(row['before'])}."] \
        if verb != "audit" and "before" in row else []
    if verb != "audit" and "naive" in row:
        told.append(f"An attacker who never saw a release gets {bare(row['naive'])}; that is no measure of protection.")
    told.append(f"Taught with answers dealt out at random, the best of these attackers gets {bare(row['null'])}."
                if row["null"] is not None else "Nobody was taught answers dealt out at random, which would have checked "
                "the test itself.")
    return told


def _worst(card: Scorecard, row: dict[str, Any]) -> list[str]:
    """A mean says nothing of whom it is worst for."""
    for rows, word in most_exposed(card, row, 1):
        if word == "person" and row["label"] == "subject":
            one = rows[0]
            return [f"The most exposed person is named in {one['hits']:g} of {one['trials']} recordings."]
    return []


def _noticed(card: Scorecard, row: Mapping[str, Any]) -> list[str]:
    """Where nothing was found: how small a trace would have been."""
    if found(dict(row)):
        return []
    return [_capital(limit(one)) for one in card.limits if one["label"] == row["label"]][:3] or \
        ["How small a trace would have been found was not measured."]


# ── what was not tried ───────────────────────────────────────────────────────────────────────────────────────────────


def untried(card: Scorecard) -> str:
    """A short list in words; all of it stands at the end of the page."""
    own = [UNTRIED[words] for words in card.not_tried if words in UNTRIED]
    if card.verb == "audit":
        own = [UNTRIED[words] for words in card.not_tried if words in UNTRIED and words.startswith("attack")]
    known = [words for words in card.not_tried if words.startswith(PARTS) and ": " in words]
    told = [*own, *(f"{named(words, 200)}." for words in known), *(NEVER_TRIED if card.verb == "evaluate" else ())]
    rest = len([words for words in card.not_tried if words not in UNTRIED and words not in known])
    if rest:
        told.append(f"{rest} more single questions were left out or cut short; they are listed at the end.")
    return _items("What nobody tried", "Silence about these is no good news.", told)


def _items(title: str, lead: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<h2>{title}</h2><p class="soft">{lead}</p><ul class="plain">{items}</ul>' if lines else ""
