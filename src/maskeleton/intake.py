"""A source becomes a store, or files of any format: block by block in jobs, then joined."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from maskeleton import clean, store
from maskeleton.dataset import Builder, MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.naming import safe_names
from maskeleton.formats.opening import Opened, writer
from maskeleton.formats.source import Fault, FileParts, Part, Source
from maskeleton.formats.tables import write_tables
from maskeleton.jobs import Job, Report, Share, atomic, give_memory_back, held, remove, run
from maskeleton.meeting import agree, for_all, said
from maskeleton.motion import Motion, known_labels, storable
from maskeleton.record import plain, write_record

_FILES_IN_A_BLOCK = 512
_EXAMPLES = 20  # places kept of each kind of fault


class Seen(NamedTuple):
    """One recording of a source, looked at: what was found, and the motion to store or why it is set aside."""

    motion: Motion | None
    aside: Fault | None
    findings: list[clean.Finding]


class Taken(NamedTuple):
    """What an intake made. `dataset` is None while other shards still have to do their share."""

    dataset: MotionDataset | None
    asides: list[Fault]
    findings: Counter[str]
    examples: dict[str, list[str]]
    shares_missing: int
    lost: tuple[str, ...] = ()  # joints of the source that the wanted body plan lacks
    unsaid: tuple[str, ...] = ()  # what the files that were written cannot say


def seen(source: Source, parts: Sequence[Any], steps: Sequence[str]) -> Iterator[Seen]:
    """Every recording of these parts: read, examined, mended by `steps`, checked."""
    ids: set[str] = set()
    for part in parts:
        for item in source.read(part):
            if isinstance(item, Fault):
                yield Seen(None, item, [])
                continue
            result = _examined(item, source, steps)
            if result.motion and result.motion.id in ids:
                result = Seen(None, Fault(item.source, item.id, "another recording has the same id"), result.findings)
            if result.motion:
                ids.add(result.motion.id)
            yield result


def _examined(motion: Motion, source: Source, steps: Sequence[str]) -> Seen:
    findings = clean.find(motion, source.skeleton, source.fps)
    if steps and findings:
        mended, _ = clean.mend(motion, source.skeleton, source.fps, steps)
        if isinstance(mended, clean.SetAside):
            place = ", ".join(word for word in (motion.id, mended.place) if word)
            return Seen(None, Fault(motion.source, place, mended.reason), findings)
        motion = mended
    try:
        labels = known_labels(motion.labels)
        return Seen(storable(motion._replace(labels=labels), len(source.skeleton.joints)), None, findings)
    except UserError as error:
        return Seen(None, Fault(motion.source, motion.id, error.wrong), findings)


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def blocks(source: Source) -> list[Sequence[Any]]:
    """The source's parts, in blocks that make a job each: many whole files, or one range."""
    parts = source.parts
    size = _FILES_IN_A_BLOCK if isinstance(parts, FileParts) else 1
    return [parts[start : start + size] for start in range(0, len(parts), size)]


def block_jobs(source: Source, work: Any, *arguments: Any) -> list[Job]:
    """A job `work(out, source, parts, *arguments)` for every block of a source."""
    said = source.told() if isinstance(source, Opened) else repr(source)
    light = source.light() if isinstance(source, Opened) else source
    return [Job(f"block-{number:06d}", [said, _stamps(source, parts), plain(arguments)], work,
                (Sent(light, parts), *arguments))
            for number, parts in enumerate(blocks(source))]


@dataclass
class Sent:
    """A source and some of its parts. To another process goes only what these need, where the source can say that."""

    source: Source
    parts: Sequence[Any]

    def __getstate__(self) -> dict[str, Any]:
        part = getattr(self.source, "sent", None)
        return {"source": part(self.parts) if part else self.source, "parts": self.parts}


def take_block(out: Path, block: Sent, steps: Sequence[str]) -> None:
    """Job: a block's recordings as a small store, with what was found beside it."""
    source = block.source
    builder = Builder(source.skeleton, source.fps)
    asides: list[Fault] = []
    findings: list[clean.Finding] = []
    for one in seen(source, block.parts, steps):
        findings += one.findings
        if one.aside:
            asides.append(one.aside)
        if one.motion:
            builder.add(one.motion)
    store.write(builder.dataset(()), out)
    (out / "found.json").write_text(json.dumps({"asides": asides, "findings": findings}), "utf-8")


def _stamps(source: Source, parts: Sequence[Any]) -> str:
    """What tells whether these parts are still what they were."""
    told = [_stamp(source, part) if isinstance(source, Opened) else part for part in parts]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


def _stamp(source: Opened, part: Part) -> list[Any]:
    files: list[list[Any]] = []
    for file in source.files_of(part):
        try:
            found = file.stat()
            files.append([found.st_size, found.st_mtime_ns])
        except OSError as fault:
            files.append([fault.errno])
    return [source.name_of(part), part.start, part.stop, files]


# ── the whole way ────────────────────────────────────────────────────────────────────────────────────────────────────


def take_in(
    source: Source,
    out: Path,
    to: str,
    record: Mapping[str, Any],
    steps: Sequence[str] = (),
    strict: bool = False,
    fields: bool = False,
    jobs: int = 1,
    share: Share = Share(),
    report: Report | None = None,
    history: Sequence[dict[str, Any]] = (),
    entry: Mapping[str, Any] | None = None,
) -> Taken:
    """Read all of `source` and write it to `out` in the format `to`; interrupted, the next call goes on from there.

    `entry` is what history shall say of it, if not what the record says.
    """
    if to != "store":
        writer(to)
    work = out.with_name(f".{out.name}.work")
    todo = block_jobs(source, take_block, tuple(step for step in steps if step != "duplicates"))
    work.mkdir(parents=True, exist_ok=True)
    (work / f"{share.number}.lock").touch()
    (work / "whole.lock").touch()
    with held(work / f"{share.number}.lock") as alone:
        if not alone:
            raise UserError(f"another process is writing {out} at this moment", "wait for it, or choose another OUT")
        does = said(todo, for_all(record.get("options", {})), to)
        agree(work, share, does, out, lambda number: work / f"{number}.lock")
        pieces = run(todo, work, jobs, share, report)
    give_memory_back()
    with held(work / "whole.lock") as last:
        missing = len(todo) - len(pieces)
        if missing or not last or not all(piece.exists() for piece in pieces):  # another puts it together, or has
            return Taken(None, [], Counter(), {}, missing)
        del todo
        try:
            return _put_together(pieces, source, work, out, to, record, steps, strict, fields,
                                 [*history, dict(entry) if entry is not None else _without_paths(record)])
        except UserError:  # nothing of this can be used again: what is wrong lies in the data, or in what was asked
            remove(work)
            raise


def _put_together(
    pieces: Sequence[Path], source: Source, work: Path, out: Path, to: str, record: Mapping[str, Any],
    steps: Sequence[str], strict: bool, fields: bool, history: Sequence[dict[str, Any]],
) -> Taken:
    asides, findings, examples = _found(pieces)
    if len(asides) and not any(len(store.open(piece)) for piece in pieces):
        raise UserError(f"nothing is left of {len(asides)} recordings: {_told(asides, Counter(), {})}",
                        "check --from, or what --clean sets aside")
    copies = "duplicates" in steps
    by_id = not (isinstance(source, Opened) or getattr(source, "ordered", False))  # as files of these ids are read back
    with atomic(work / "whole") as whole:
        joined = store.join(pieces, whole, history, copies, by_id)
    _tell_copies(joined, copies, asides, findings, examples)
    if strict and (asides or findings):
        raise UserError(f"--strict: {_told(asides, findings, examples)}",
                        "leave --strict away: convert counts faults, mends them with --clean STEP or all, and sets "
                        "aside what cannot be stored")
    del joined  # at a million recordings its tables weigh as much as all the rest
    dataset, unsaid = _assemble(work, out, to, record, asides, fields)
    remove(work)
    return Taken(dataset, asides, findings, examples, 0, unsaid=unsaid)


def _tell_copies(
    joined: store.Joined, drop: bool, asides: list[Fault], findings: Counter[str], examples: dict[str, list[str]]
) -> None:
    asides += [Fault("", id, "another recording has the same id") for id in joined.same_id]
    for kept, copy in joined.same_motion:
        findings["duplicates"] += 1
        if findings["duplicates"] <= _EXAMPLES:
            examples.setdefault("duplicates", []).append(f"{copy} is a copy of {kept}")
        if drop:
            asides.append(Fault("", copy, f"its motion is that of {kept}"))


def _assemble(
    work: Path, out: Path, to: str, record: Mapping[str, Any], asides: Sequence[Fault], fields: bool
) -> tuple[MotionDataset, tuple[str, ...]]:
    dataset = store.open(work / "whole")
    unsaid: Sequence[str] = ()
    with atomic(out) as made:
        if to == "store":
            (work / "whole").rename(made)
        else:
            unsaid = writer(to).write(dataset, made, fields) or ()
        if made.is_dir() and to != "store":
            write_tables(dataset, made, *as_written(dataset, to))
        # beside a file these stand before it does: a kill in between must not leave it without them
        folder = made.is_dir()
        _write_quarantine(made / "quarantine.csv" if folder else out.with_name(f"{out.name}.quarantine.csv"), asides)
        write_record(made if folder else out,
                     {**record, "content_id": dataset.content_id, "recordings": len(dataset)}, folder)
    return store.open(out) if to == "store" else dataset, tuple(unsaid)


def as_written(dataset: MotionDataset, to: str) -> tuple[Sequence[str], Collection[str]]:
    """The ids the recordings have in files of this format, and the labels that the files say as numbers."""
    format = writer(to)
    ids = format.file_names(dataset) if hasattr(format, "file_names") else safe_names(dataset.ids)
    return ids, getattr(format, "LETTERS", ())


def _without_paths(entry: Mapping[str, Any]) -> dict[str, Any]:
    """History travels with the data: it says what was done, not where files lay."""
    options = {key: value for key, value in entry.get("options", {}).items()
               if key not in ("data", "out", "people", "missing", "jobs", "force", "share", "on")}
    return {"verb": entry.get("verb", ""), "options": plain(options)}


def _found(pieces: Sequence[Path]) -> tuple[list[Fault], Counter[str], dict[str, list[str]]]:
    asides: list[Fault] = []
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for piece in pieces:
        found = json.loads((piece / "found.json").read_text("utf-8"))
        asides += [Fault(*fault) for fault in found["asides"]]
        for what, where, detail in found["findings"]:
            counts[what] += 1
            if len(examples.setdefault(what, [])) < _EXAMPLES:
                examples[what].append(f"{where}: {detail}")
    return asides, counts, examples


def _told(asides: Sequence[Fault], findings: Mapping[str, int], examples: Mapping[str, Sequence[str]]) -> str:
    told = [f"{fault.file} {fault.place}: {fault.reason}".replace(" : ", ": ") for fault in asides]
    parts = [f"{len(asides)} cannot be used ({listed(told, 3)})"] if asides else []
    parts += [f"{count} {what} (as {examples[what][0]})" for what, count in findings.items()]
    return "; ".join(parts)


def _write_quarantine(path: Path, asides: Sequence[Fault]) -> None:
    if not asides:
        remove(path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("file", "place", "reason"))
        rows.writerows(asides)
