"""convert: any skeleton data becomes a store, or files of another format, with everything wrong with it counted."""

from collections.abc import Sequence
from pathlib import Path

from maskeleton import clean
from maskeleton.errors import UserError
from maskeleton.formats.opening import open_source, plan
from maskeleton.intake import Taken, take_in
from maskeleton.jobs import Report, Share
from maskeleton.record import record_of
from maskeleton.skeleton import Skeleton


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
    force: bool = False,
    report: Report | None = None,
) -> Taken:
    """Convert `data` (a file, a folder or a glob of any format) to `out`."""
    used = {key: value for key, value in locals().items() if key not in ("report", "seed")}
    out = Path(out)
    refuse_overwriting(out, force)
    steps = clean.choose(clean_steps)
    wanted = plan(skeleton) if isinstance(skeleton, str) else skeleton
    source = open_source(data, format, pattern, [Path(table) for table in people], Path(missing) if missing else None,
                         wanted, fps, fields)
    if Path(data).is_dir() and out.resolve().is_relative_to(Path(data).resolve()):
        raise UserError(f"{out} lies in {data}, the folder that is read", "choose an OUT beside it")
    used |= {"format": source.format, "clean_steps": list(steps), "skeleton": source.skeleton.name}
    return take_in(source, out, to, record_of("convert", used, seed), steps, strict, fields, jobs,
                   Share.checked(*share), report)


def refuse_overwriting(out: Path, force: bool) -> None:
    """No verb overwrites without being told to, and none writes over a folder that is not one of ours."""
    if not out.exists():
        return
    if not force:
        raise UserError(f"{out} is there already", "choose another OUT, or overwrite it with --force")
    if out.is_dir() and any(out.iterdir()) and not (out / "run.json").is_file():
        raise UserError(f"{out} is a folder that no verb of maskeleton has written",
                        "delete it yourself, or choose another OUT")


def told(taken: Taken, out: Path) -> str:
    """What happened, as a person reads it."""
    lines = []
    if taken.dataset is None:
        lines.append(f"this share is done; {taken.shares_missing} blocks of the others are still missing")
    else:
        dataset = taken.dataset
        lines.append(f"{out}: {len(dataset):,} recordings, {int(dataset.frames.sum()):,} frames, "
                     f"{len(dataset.skeleton.joints)} joints at {dataset.fps:g} frames a second")
        lines.append(f"content {dataset.content_id}")
    lines += [f"found {count:,} {what}, as {taken.examples[what][0]}" for what, count in taken.findings.items()]
    if taken.asides:
        first = taken.asides[0]
        lines.append(f"set aside {len(taken.asides):,}, listed in quarantine.csv, as "
                     + ": ".join(word for word in first if word))
    return "\n".join(lines)
