"""convert: any skeleton data becomes a store, or files of another format, with everything wrong with it counted."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskeleton import clean, store
from maskeleton.errors import UserError, printable
from maskeleton.formats.opening import open_source, plan
from maskeleton.intake import Taken, take_in
from maskeleton.jobs import Report, Share
from maskeleton.meeting import same_run
from maskeleton.record import RECORD, record_of, recorded
from maskeleton.skeleton import Skeleton

KEEP_FIELDS = ("store", "ntu", "etri")  # formats that can hold what is neither position nor tracking state


def convert(
    data: str | Path,
    out: str | Path,
    *,
    format: str | None = None,
    to: str = "store",
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    missing: str | Path | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float | None = None,
    clean_steps: Sequence[str] = (),
    fields: bool = False,
    strict: bool = False,
    seed: int = 0,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    on: str = "local",
    force: bool = False,
    report: Report | None = None,
) -> Taken:
    """Convert `data` (a file, a folder or a glob of any format) to `out`."""
    used = {key: value for key, value in locals().items() if key not in ("report", "seed")}
    out, machine = Path(out), Share.checked(*share, on)
    steps = clean.choose(clean_steps)
    if fields and to not in KEEP_FIELDS:
        raise UserError(f"--fields all: {to} cannot hold them", f"these can: {', '.join(KEEP_FIELDS)}")
    if done_by_others(out, force, "convert", {**used, "clean_steps": list(steps)}):
        return Taken(None, [], Counter(), {}, 0)
    refuse_overwriting(out, force)
    wanted = plan(skeleton) if isinstance(skeleton, str) else skeleton
    source = open_source(data, format, pattern, people, missing, wanted, fps, fields)
    keep_apart(out, Path(data), source.root)
    used |= {"format": source.format, "clean_steps": list(steps), "skeleton": source.skeleton.name}
    history = store.open(source.root).history if source.format == "store" else ()
    taken = take_in(source, out, to, record_of("convert", used, seed), steps, strict, fields, jobs,
                    machine, report, history)
    return taken._replace(lost=source.plan_map.lost if source.plan_map else ())


def done_by_others(out: Path, force: bool, verb: str, used: Mapping[str, Any]) -> bool:
    """Has another shard of this run already put the whole together? Then this one has nothing left to do."""
    unfinished = (out.parent / f".{out.name}.work").exists()
    return used["share"][1] > 1 and not force and not unfinished and same_run(recorded(out / RECORD), verb, used)


def keep_apart(out: Path, data: Path, root: Path) -> None:
    """OUT may neither lie in the folder that is read nor take its place."""
    target = Path(os.path.realpath(out))
    if data.is_dir() and target.is_relative_to(os.path.realpath(data)):
        raise UserError(f"{out} lies in {data}, the folder that is read", "choose an OUT beside it")
    if Path(os.path.realpath(data if data.exists() else root)).is_relative_to(target):
        raise UserError(f"{out} would take the place of {data}, which is read", "choose an OUT beside it")


def refuse_overwriting(out: Path, force: bool) -> None:
    """No verb overwrites without being told to, and none writes over what is not one of ours."""
    if out.name in ("", ".."):
        raise UserError(f"{out} is no name for something new", "give OUT a name of its own, such as out")
    if not os.path.lexists(out):
        return
    if not force:
        raise UserError(f"{out} is there already", "choose another OUT, or overwrite it with --force")
    if out.exists() and not (out.is_dir() or out.is_file()):
        raise UserError(f"{out} is neither a file nor a folder", "choose another OUT")
    if out.is_dir() and any(out.iterdir()) and not (out / "run.json").is_file():
        raise UserError(f"{out} is a folder that no verb of maskeleton has written",
                        "delete it yourself, or choose another OUT")


def told(taken: Taken, out: Path) -> str:
    """What happened, as a person reads it."""
    lines = []
    if taken.dataset is None and not taken.shares_missing:
        lines.append("this share is done; another process puts it together, or has")
    elif taken.dataset is None:
        lines.append(f"this share is done; {taken.shares_missing} blocks of the others are still missing")
    else:
        dataset = taken.dataset
        lines.append(f"{out}: {len(dataset):,} recordings, {int(dataset.frames.sum()):,} frames, "
                     f"{len(dataset.skeleton.joints)} joints at {dataset.fps:g} frames a second")
        lines.append(f"content {dataset.content_id}")
    if taken.lost:
        lines.append(f"lost with the body plan: {', '.join(taken.lost)}")
    lines += taken.unsaid
    lines += [f"found {count:,} {what}, as {taken.examples[what][0]}" for what, count in taken.findings.items()]
    if taken.asides:
        first = taken.asides[0]
        lines.append(f"set aside {len(taken.asides):,}, listed in quarantine.csv, as "
                     + ": ".join(word for word in first if word))
    return "\n".join(map(printable, lines))
