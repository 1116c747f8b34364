"""release: what anonymize made as files that may leave the house, in the format the lab started from."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, printable
from maskeleton.formats.opening import read, writer
from maskeleton.intake import as_written
from maskeleton.jobs import Report, Share, atomic, held, remove
from maskeleton.labels import UNKNOWN
from maskeleton.ledger import Ledger, write_ledger
from maskeleton.meeting import same_run
from maskeleton.outgoing import DATA, LABELLED, files_in, make_pieces, put_together, without_times
from maskeleton.private import beside, private
from maskeleton.provenance import PAGE, About, page_of, warnings_of, write_pages
from maskeleton.pseudonyms import Pseudonyms, keys_in
from maskeleton.publish import PERSON, Choices, Published, needed, published, refuse_labels
from maskeleton.record import RECORD, record_of, recorded
from maskeleton.room import own_room
from maskeleton.verbs.anonymize import UNSAFE
from maskeleton.verbs.convert import keep_apart
from maskeleton.verbs.leaving import (
    card_of,
    earlier_releases,
    keys_near,
    model_of,
    still_shown,
    text_or_file,
    withdrawal,
)
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
    on: str = "local",
    force: bool = False,
    report: Report | None = None,
) -> Released:
    """Write the release `data` to the folder `out` in the format `like`; the private record stays beside it."""
    used = {key: value for key, value in locals().items() if key != "report"}
    out, machine = Path(out), Share.checked(*share, on)
    writer(like)
    work = out.with_name(f".{out.name}.work")
    ours = share[1] > 1 and not force and (out / PAGE).is_file() and not work.exists()
    if ours and same_run(recorded(beside(out, RECORD)), "release", used):
        return Released(out, 0, 0, 0, [])
    refuse_overwriting(out, force)
    for folder in (data, *([original] if original is not None else [])):
        keep_apart(out, Path(folder), Path(folder))
    choices = Choices(tuple(drop_labels), tuple(keep_labels), dict(bands or {}), tuple(without), lengths)
    with own_room() as room:
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
        pieces, missing = make_pieces(plan, like, work, jobs, machine, report, used)
        if missing:
            return Released(out, 0, 0, missing, [])
        notes = [*withdrawal(plan, dataset, choices, Path(data), mask, before), *still_shown(plan, dataset)]
        ledger = ledger_of(plan, like)
        told = record_of("release", used, 0, content_read=dataset.content_id)

        def attack(made: Path) -> Verified:
            page = page_of(plan, like, writer(like).FIELDS, about)
            secrets = (keys.key.hex(), *keys_near(data))
            return attacked(made, page, room, before, files_of(original), ledger, secrets, before_this,
                            jobs if on == "local" else 1, report)

        with held(work / "whole.lock") as last:
            if not last or not all(piece.exists() for piece in pieces):  # another puts it together, or has
                return Released(out, 0, 0, 0, [])
            try:
                with atomic(out) as made:
                    notes += put_together(plan, like, pieces, work, made)
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
        told = told or recorded(place).get("tests_only") is True
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
