"""release: what anonymize made as files that may leave the house, in the format the lab started from."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, printable
from maskeleton.formats.opening import read, writer
from maskeleton.intake import as_written
from maskeleton.jobs import Report, Share, atomic, remove
from maskeleton.labels import UNKNOWN
from maskeleton.ledger import Ledger, write_ledger
from maskeleton.outgoing import DATA, LABELLED, files_in, make_pieces, put_together, without_times
from maskeleton.private import beside, private
from maskeleton.pseudonyms import Pseudonyms, keys_in
from maskeleton.publish import PERSON, Choices, Published, needed, published, refuse_labels
from maskeleton.record import record_of
from maskeleton.verbs.anonymize import UNSAFE
from maskeleton.verbs.convert import keep_apart
from maskeleton.verbs.working import mapped

PAGE = "release.json"


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
        dataset = mapped(read(data, format), Path(own) / "released")
        before = mapped(read(original), Path(own) / "original") if original is not None else None
        refuse_unsafe(Path(data), dataset)
        refuse_unchanged(Path(data), dataset, before)
        refuse_labels(dataset, choices)
        place = Path(pseudonyms) if pseudonyms is not None else beside(out, "pseudonyms")
        keys = keys_in(place)
        plan = published(dataset, keys, choices)
        pieces, missing = make_pieces(plan, like, work, jobs, machine, report)
        if missing:
            return Released(out, 0, 0, missing, [])
        with atomic(out) as made:
            put_together(plan, like, pieces, work, made)
            without_times(files_in(made))
            record(out, plan, like, keys, place, record_of("release", used, 0, content_read=dataset.content_id))
        remove(work)
    return Released(out, len(plan.dataset), len(plan.people), 0, [])


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


def record(out: Path, plan: Published, like: str, keys: Pseudonyms, place: Path, told: Mapping[str, Any]) -> None:
    """What only the lab may know, beside OUT."""
    ids, _ = as_written(needed(plan.dataset) if like in LABELLED else plan.dataset, like)
    numbers = plan.dataset.labels.get(PERSON, np.full(len(ids), UNKNOWN)).tolist()
    write_ledger(out, Ledger(list(ids), plan.old_ids, numbers, plan.old_people))
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
