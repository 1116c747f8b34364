"""release: what anonymize made as files that may leave the house, in the format the lab started from."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.donors import read_sources
from maskeleton.errors import UserError, listed, printable
from maskeleton.formats.opening import read, writer
from maskeleton.intake import as_written
from maskeleton.jobs import Report, Share, atomic, held, remove
from maskeleton.labels import UNKNOWN
from maskeleton.ledger import Ledger, write_ledger
from maskeleton.outgoing import DATA, LABELLED, files_in, make_pieces, put_together, without_times
from maskeleton.private import beside, private
from maskeleton.provenance import PAGE, About, page_of, warnings_of, write_pages
from maskeleton.pseudonyms import Pseudonyms, keys_in
from maskeleton.publish import PERSON, Choices, Published, needed, published, refuse_labels, withdrawn
from maskeleton.record import record_of
from maskeleton.scorecard import Scorecard
from maskeleton.verbs.anonymize import UNSAFE
from maskeleton.verbs.convert import keep_apart
from maskeleton.verbs.verify import Verified, attacked, files_of, refuse_leaks
from maskeleton.verbs.working import mapped


class Released(NamedTuple):
    """What a release made. `recordings` is 0 while other shards still have to do their share."""

    out: Path
    recordings: int
    people: int
    shares_missing: int
    notes: list[str]


def release(
    data: str | Path,
    out: str | Path,
    *,
    like: str,
    original: str | Path | None = None,
    pseudonyms: str | Path | None = None,
    drop_labels: Sequence[str] = (),
    keep_labels: Sequence[str] = (),
    bands: Mapping[str, Sequence[int]] | None = None,
    without: Sequence[str] = (),
    lengths: int = 1,
    previous: Sequence[str | Path] = (),
    mask: str | Path | None = None,
    evaluation: str | Path | None = None,
    title: str = "",
    licence: str = "",
    citation: str = "",
    verify: bool = True,
    format: str | None = None,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    force: bool = False,
    report: Report | None = None,
) -> Released:
    """Write the release `data` to the folder `out` in the format `like`; the private record stays beside it."""
    used = {key: value for key, value in locals().items() if key != "report"}
    out, machine = Path(out), Share.checked(*share)
    writer(like)
    work = out.with_name(f".{out.name}.work")
    if share[1] > 1 and not force and (out / PAGE).is_file() and not work.exists():
        return Released(out, 0, 0, 0, [])
    refuse_overwriting(out, force)
    for folder in (data, *([original] if original is not None else [])):
        keep_apart(out, Path(folder), Path(folder))
    choices = Choices(tuple(drop_labels), tuple(keep_labels), dict(bands or {}), tuple(without), lengths)
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        room = Path(own)
        dataset = mapped(read(data, format), room / "released")
        before = mapped(read(original), room / "original") if original is not None else None
        refuse_unsafe(Path(data), dataset)
        refuse_unchanged(Path(data), dataset, before)
        refuse_labels(dataset, choices)
        place = Path(pseudonyms) if pseudonyms is not None else beside(out, "pseudonyms")
        keys = keys_in(place)
        about = About(title or Path(data).name, text_or_file(licence), text_or_file(citation),
                      card_of(evaluation, dataset), model_of(mask, dataset))
        before_this = earlier_releases(keys, previous, out) if verify else []
        plan = published(dataset, keys, choices, like)
        pieces, missing = make_pieces(plan, like, work, jobs, machine, report)
        if missing:
            return Released(out, 0, 0, missing, [])
        ledger, notes = ledger_of(plan, like), withdrawal(plan, dataset, choices, Path(data), mask, before)
        told = record_of("release", used, 0, content_read=dataset.content_id)

        def attack(made: Path) -> Verified:
            page = page_of(plan, like, writer(like).FIELDS, about)
            secrets = (keys.key.hex(), *keys_near(data))
            return attacked(made, page, room, before, files_of(original), ledger, secrets, before_this)

        with held(work / "whole.lock") as last:
            if not last or not all(piece.exists() for piece in pieces):  # another puts it together, or has
                return Released(out, 0, 0, 0, [])
            try:
                with atomic(out) as made:
                    put_together(plan, like, pieces, work, made)
                    write_pages(made, plan, like, writer(like).FIELDS, about)
                    found = attack(made) if verify else None
                    if found:
                        refuse_leaks(found, out)
                        about = about._replace(notes=found.notes)
                        write_pages(made, plan, like, writer(like).FIELDS, about)
                    without_times(files_in(made))
                    record(out, ledger, keys, place, told)
            except UserError:  # nothing of this can be used again
                remove(work)
                raise
            remove(work)
    notes += [*about.notes, *(f"not tried: {what}" for what in found.not_tried)] if found else ["not verified"]
    return Released(out, len(plan.dataset), len(plan.people), 0, [*notes, *warnings_of(about, like)])


def refuse_overwriting(out: Path, force: bool) -> None:
    """A release is not written over without being told to, and nothing else ever is."""
    if out.name in ("", ".."):
        raise UserError(f"{out} is no name for something new", "give OUT a name of its own, such as out")
    if not os.path.lexists(out):
        return
    if not force:
        raise UserError(f"{out} is there already", "choose another OUT, or overwrite it with --force")
    if not out.is_dir() or (any(out.iterdir()) and not (out / PAGE).is_file()):
        raise UserError(f"{out} is no release", "delete it yourself, or choose another OUT")


def refuse_unsafe(data: Path, dataset: MotionDataset) -> None:
    """A UserError where what is random in it can be undone by anybody."""
    told = any(entry.get("warning") == UNSAFE for entry in dataset.history)
    for place in (data / "run.json", beside(data, "run.json")):
        try:
            told = told or json.loads(place.read_text("utf-8")).get("tests_only") is True
        except (OSError, ValueError, AttributeError, RecursionError):
            continue
    if told:
        raise UserError(f"{data} was made with --seed: whoever guesses the seed can undo what is random in it",
                        "anonymize again without --seed: then a secret key is drawn")


def refuse_unchanged(data: Path, dataset: MotionDataset, original: MotionDataset | None) -> None:
    """A UserError where it was not anonymized, as far as one can see."""
    steps = [entry for entry in dataset.history if entry.get("verb") == "anonymize"]
    if original is None and not steps:
        raise UserError(f"nothing says that {data} was anonymized", "give what anonymize wrote, or --original DATA, so that "
                        "the two can be compared")
    if steps and all(entry.get("strength") == 0 for entry in steps):
        raise UserError(f"{data} was anonymized with strength 0: nothing was changed", "anonymize it with more")
    if original is None:
        return
    same = len(set(dataset.motion_hashes) & set(original.motion_hashes))
    if same:
        raise UserError(f"{same} of {len(dataset)} recordings of {data} are the original's, to the last digit",
                        "release what anonymize made of them")
    if not set(dataset.ids) & set(original.ids):
        raise UserError("no recording of the release is in the original by its id", "give as --original what was anonymized")


def ledger_of(plan: Published, like: str) -> Ledger:
    """Which released recording is which."""
    ids, _ = as_written(needed(plan.dataset) if like in LABELLED else plan.dataset, like)
    numbers = plan.dataset.labels.get(PERSON, np.full(len(ids), UNKNOWN)).tolist()
    return Ledger(list(ids), plan.old_ids, numbers, plan.old_people)


def record(out: Path, ledger: Ledger, keys: Pseudonyms, place: Path, told: Mapping[str, Any]) -> None:
    """What only the lab may know, beside OUT."""
    write_ledger(out, ledger)
    with private(beside(out, "run.json")) as drawn:
        drawn.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    where = os.path.abspath(out)
    keys.releases = [*(one for one in keys.releases if one != where), where]
    keys.save(place)


# ── what is known of it ──────────────────────────────────────────────────────────────────────────────────────────────


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


def told(made: Released, like: str) -> str:
    """What happened, as a person reads it."""
    if not made.recordings:
        missing = made.shares_missing
        return (f"this share is done; {missing} blocks of the others are still missing" if missing else
                "this share is done; another process puts it together, or has")
    lines = [f"{made.out}: {made.recordings:,} recordings of {made.people:,} people as {like}, in {made.out / DATA}",
             *made.notes,
             f"private, to be kept apart from it: {made.out}.run.json, {made.out}.ledger.parquet and the pseudonyms' key"]
    return "\n".join(map(printable, lines))
