"""Leaving: what is known of a release besides its files: model, evaluation, earlier releases, people who leave."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskeleton.dataset import MotionDataset
from maskeleton.donors import read_sources
from maskeleton.errors import UserError, listed
from maskeleton.private import beside
from maskeleton.provenance import PAGE
from maskeleton.pseudonyms import Pseudonyms
from maskeleton.publish import Choices, Published, withdrawn
from maskeleton.scorecard import Scorecard
from maskeleton.threats.carrying import labels_carried


def text_or_file(text: str) -> str:
    """What a file says, where one of that name is there."""
    try:
        there = bool(text) and len(text) < 1000 and Path(text).is_file()
    except OSError:
        there = False
    return Path(text).read_text("utf-8").strip() if there else text


def card_of(run: str | Path | None, dataset: MotionDataset) -> Scorecard | None:
    """What evaluate found, of this release."""
    if run is None:
        return None
    card = Scorecard.read(Path(run))
    if card.verb != "evaluate":
        raise UserError(f"{run} was written by {card.verb}", "give the folder that maskeleton evaluate --out wrote")
    if not set(card.data) >= {"recordings", "skeleton"} or card.data["recordings"] > len(dataset):
        raise UserError(f"{run} is not of this release", "evaluate what is released")
    if card.data.get("released", dataset.content_id) != dataset.content_id:
        raise UserError(f"{run} is of another release: the recordings that it measured are not these",
                        "evaluate what is released, or release what was evaluated")
    return card


def model_of(mask: str | Path | None, dataset: MotionDataset) -> Mapping[str, Any] | None:
    """model.json of what made the release, or what history says of it."""
    steps = [entry for entry in dataset.history if entry.get("verb") == "anonymize"]
    if mask is None:
        return {"name": steps[-1].get("with", "not known"), **steps[-1]} if steps else None
    page = read_model(Path(mask))
    made = {entry.get("model") for entry in steps} - {None}
    if made and page["hash"] not in made:
        raise UserError(f"the release was made by another model than {mask}", "give --with the model that made it")
    return page


def read_model(folder: Path) -> dict[str, Any]:
    """model.json as far as a card needs it."""
    try:
        page = json.loads((folder / "model.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        page = None
    if not isinstance(page, dict) or not isinstance(page.get("hash"), str) or not isinstance(page.get("name"), str):
        raise UserError(f"{folder} holds no model.json that can be read", "give --with the folder that train wrote")
    return page


def withdrawal(plan: Published, dataset: MotionDataset, choices: Choices, data: Path, mask: str | Path | None,
               original: MotionDataset | None) -> list[str]:
    """What stays of people who were left out: in the anonymizer, and in the recordings of others."""
    if not choices.without:
        return []
    gone = withdrawn(dataset, choices.without)
    lost = {id for id, left_out in zip(dataset.ids, gone, strict=True) if left_out}
    who = listed(choices.without)
    notes = [f"{len(lost)} recordings of {who} were left out"]
    sources = read_sources(data)
    if sources is not None:
        carrying = [id for id in plan.old_ids if lost & set(sources.get(id, ()))]
        notes.append(f"{len(carrying)} recordings of others carry motion of {who}: {listed(carrying, 3)}; anonymize anew "
                     f"without {who}" if carrying else f"no recording of others carries motion of {who}")
    return [*notes, _learned_from(lost, mask, original, who)]


def still_shown(plan: Published, dataset: MotionDataset) -> list[str]:
    """What is not said with the recordings, and shown by them all the same."""
    return [f"{label} is not among the labels that go out, and the motion shows it: the anonymizer looked at it"
            for label in labels_carried(dataset) if label in dataset.labels and label not in plan.dataset.labels]


def _learned_from(lost: set[str], mask: str | Path | None, original: MotionDataset | None, who: str) -> str:
    if mask is None or original is None:
        return (f"whether the anonymizer learned from {who} is not known here (--with MODEL/ and --original DATA say it): if "
                "it did, train it anew without them")
    trained = read_model(Path(mask)).get("trained_on") or {}
    known = {*(trained.get("hashes") or []), *(trained.get("checked") or [])}
    mine = [digest for id, digest in zip(original.ids, original.hashes, strict=True) if id in lost]
    count = sum(digest in known for digest in mine)
    return (f"the anonymizer learned from {count} recordings of {who}: train it anew without them" if count else
            f"the anonymizer did not learn from {who}, as far as one can see: cleaned or converted in another way, their "
            "recordings would not be known again")


def earlier_releases(keys: Pseudonyms, previous: Sequence[str | Path], out: Path) -> list[Path]:
    """Releases that whoever has this one may have too."""
    own = os.path.abspath(out)
    lost = [place for place in keys.releases if place != own and not (Path(place) / PAGE).is_file()]
    if len(lost) > len(previous):
        raise UserError(f"an earlier release with these pseudonyms is not at {lost[0]} any more, and both must be attacked "
                        "together", "say where it is with --previous OUT, or go without: --no-verify")
    there = [Path(place) for place in keys.releases if place != own and place not in lost]
    return list(dict.fromkeys([*there, *(Path(os.path.abspath(place)) for place in previous)]))


def keys_near(data: str | Path) -> tuple[str, ...]:
    """The key of the anonymization, if it still lies beside what was anonymized."""
    try:
        return (beside(Path(data), "key").read_text("ascii").strip(),)
    except (OSError, UnicodeDecodeError):
        return ()
