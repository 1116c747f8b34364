"""describe: what is in a dataset, and what is wrong with it; reads everything once and changes nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton import store
from maskeleton.columns import repeats
from maskeleton.dataset import content_id, take_numbers
from maskeleton.errors import UserError, printable
from maskeleton.formats.opening import open_source, plan
from maskeleton.formats.source import Source
from maskeleton.intake import Sent, block_jobs, seen
from maskeleton.jobs import Report, run
from maskeleton.labels import UNKNOWN, code_labels
from maskeleton.motion import known_labels, motion_hash, recording_hash
from maskeleton.room import own_room
from maskeleton.skeleton import Skeleton

SCHEMA = 1
_WHERE = 20  # places named for each kind of problem


def describe(
    data: str | Path,
    *,
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    missing: str | Path | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float | None = None,
    jobs: int = 1,
    report: Report | None = None,
) -> dict[str, Any]:
    """What `maskeleton describe --json` prints."""
    wanted = plan(skeleton) if isinstance(skeleton, str) else skeleton
    source = open_source(data, format, pattern, people, missing, wanted, fps)
    with own_room() as folder:
        pieces = run(block_jobs(source, survey), folder, jobs, report=report)
        rows = [json.loads(line) for piece in pieces for line in piece.read_text("utf-8").splitlines()]
    problems = _problems(rows, source.ignored)
    recordings = [row for row in rows if "hash" in row]
    if not recordings:
        faults = "; ".join(f"{p['count']} {p['what']}, as {p['where'][0]}" for p in problems)
        raise UserError(f"no recording of {data} can be read: {faults}",
                        "check the files, or name the format with --from")
    history = store.open(source.root).history if source.format == "store" else ()
    return {"schema": SCHEMA, "path": str(data), "format": source.format, **_counts(recordings, source),
            "problems": problems, "history": list(history)}


def survey(out: Path, block: Sent) -> None:
    """Job: a line of JSON for every recording of a block."""
    with out.open("w", encoding="utf-8") as file:
        for one in seen(block.source, block.parts, ()):
            row: dict[str, Any] = {"findings": one.findings}
            if one.aside:
                row["aside"] = one.aside
            if one.motion:
                digest = motion_hash(one.motion)
                labels = known_labels(one.motion.labels)
                row |= {"id": one.motion.id, "labels": labels, "motion": digest,
                        "hash": recording_hash(digest, labels, one.motion.id),
                        "frames": len(one.motion.present), "bodies": int(one.motion.present.sum(1).max()),
                        "slots": one.motion.present.shape[1]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _counts(rows: Sequence[Mapping[str, Any]], source: Source) -> dict[str, Any]:
    labels, names = code_labels([row["labels"] for row in rows])
    frames = np.array([row["frames"] for row in rows])
    slots = np.array([row["slots"] for row in rows])
    people = labels.get("subject", np.zeros(0, np.int32))
    plan = source.skeleton
    return {
        "content_id": content_id(plan, source.fps, labels, names, [row["hash"] for row in rows]),
        "recordings": len(rows),
        "people": len(np.unique(people[people != UNKNOWN])),
        "takes": len(np.unique(take_numbers(labels, len(rows)))),
        "frames": int(frames.sum()),
        "seconds": round(float(frames.sum() / source.fps), 3),
        "skeleton": {"name": plan.name, "joints": len(plan.joints), "joint_names": list(plan.joints)},
        "fps": source.fps,
        "units": "m",
        "bodies": {"most": max(row["bodies"] for row in rows), "recordings_with_two": int((slots >= 2).sum())},
        "length": {"min": int(frames.min()), "median": float(np.median(frames)), "max": int(frames.max())},
        "labels": {label: _label(codes, names.get(label)) for label, codes in labels.items()},
    }


def _label(codes: np.ndarray, names: list[str] | None) -> dict[str, Any]:
    kinds, counts = np.unique(codes[codes != UNKNOWN], return_counts=True)
    return {"classes": len(kinds), "known": int(counts.sum()), "unknown": int((codes == UNKNOWN).sum()),
            "names": [names[kind] for kind in kinds] if names else [str(kind) for kind in kinds],
            "counts": counts.tolist()}


def _problems(rows: Sequence[Mapping[str, Any]], ignored: int) -> list[dict[str, Any]]:
    places: dict[str, list[str]] = {}
    for row in rows:
        for what, where, detail in row["findings"]:
            places.setdefault(what, []).append(f"{where}: {detail}")
        if "aside" in row:
            file, place, reason = row["aside"]
            places.setdefault("unreadable", []).append(": ".join(word for word in (file, place, reason) if word))
    known = [row for row in rows if "hash" in row]
    for first, copy in repeats([row["motion"] for row in known]):
        places.setdefault("duplicates", []).append(f"{known[copy]['id']}: a copy of {known[first]['id']}")
    problems = [{"what": what, "count": len(found), "where": found[:_WHERE]} for what, found in places.items()]
    if ignored:
        problems.append({"what": "other files", "count": ignored, "where": ["files of another kind in the folder"]})
    return problems


def page(found: Mapping[str, Any], drawn: Callable[[Sequence[int]], str] = lambda counts: "") -> str:
    """The description as a person reads it, on one screen; `drawn` makes a picture of how many there are of each class."""
    plan, length, bodies = found["skeleton"], found["length"], found["bodies"]
    lines = [
        f"{printable(found['path'])} ({found['format']})",
        f"  {found['recordings']:,} recordings of {found['people']:,} people in {found['takes']:,} takes",
        f"  {found['frames']:,} frames, {found['seconds'] / 60:,.1f} minutes at {found['fps']:g} frames a second; "
        f"{length['min']} to {length['max']} frames each, half have up to {length['median']:g}",
        f"  {plan['joints']} joints ({plan['name']}); up to {bodies['most']} bodies at once, "
        f"{bodies['recordings_with_two']:,} recordings with two or more",
        f"  content {found['content_id']}",
    ]
    lines += [_label_line(label, facts, drawn(facts["counts"])) for label, facts in found["labels"].items()]
    lines += ["  nothing wrong was found"] if not found["problems"] else ["  problems:"]
    lines += [f"    {p['count']:,} {p['what']}, as {_short(p['where'][0])}" for p in found["problems"]]
    return "\n".join(lines)


def _label_line(label: str, facts: Mapping[str, Any], drawn: str) -> str:
    counts, names = facts["counts"], facts["names"]
    shown = ", ".join(_short(name, 24) for name in names[:4])
    shown += f" … {_short(names[-1], 24)}" if len(names) > 4 else ""
    spread = f"{min(counts):,} to {max(counts):,} each" if counts else "none"
    unknown = f", {facts['unknown']:,} unknown" if facts["unknown"] else ""
    return f"  {_short(label):<12} {facts['classes']:>5} classes{drawn and f' {drawn}'}, {spread}{unknown}: {shown}"


def _short(text: str, most: int = 90) -> str:
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"
