"""Outgoing: a release's files are made block by block in jobs, then put together under their new names."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskeleton import store
from maskeleton.dataset import Builder, MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.opening import writer
from maskeleton.formats.tables import write_tables
from maskeleton.intake import as_written
from maskeleton.jobs import Job, Report, Share, give_memory_back, held, remove, run
from maskeleton.meeting import agree, for_all, said
from maskeleton.motion import canonical_json
from maskeleton.nominal import with_nominal_fields
from maskeleton.publish import Published, as_published, needed

BLOCK = 64  # recordings
DATA = "data"  # the folder in OUT that holds the format's own files, and nothing else but tables of labels
ONE_FILE = {"npz": "data.npz", "pyskl": "data.pkl"}
SEPARATE = ("ntu", "etri", "table", "json", "matlab")  # formats of which each file depends on its own recording alone
LABELLED = ("ntu", "etri")  # formats whose files are named by labels
THEN = 946_684_800  # every file's time, 1 January 2000: when each was written tells their order


def block_jobs(plan: Published, format: str) -> list[Job]:
    """A job for every block of recordings, in the order they go out."""
    jobs = []
    for start in range(0, len(plan.dataset), BLOCK):
        block = plan.dataset.select(range(start, min(start + BLOCK, len(plan.dataset)))).by_itself()
        told = [[block.ids[row], block.motion_hashes[row], block.told(row)] for row in range(len(block))]
        key = hashlib.sha256(canonical_json([told, block.names, block.fps])).hexdigest()
        jobs.append(Job(f"block-{start // BLOCK:06d}", [format, plan.lengths, key], publish_block,
                        (block, format, plan.lengths)))
    return jobs


def publish_block(out: Path, block: MotionDataset, format: str, lengths: int) -> None:
    """Job: a block's recordings as files of the format, or as a small store where all go into one file."""
    made = as_files(block, format, lengths)
    if format in SEPARATE:
        writer(format).write(made, out, True)
    else:
        store.write(made, out)


def as_files(block: MotionDataset, format: str, lengths: int) -> MotionDataset:
    """Recordings as they are published, with the fields that a file of this format has besides."""
    builder = Builder(block.skeleton, block.fps)
    for row in range(len(block)):
        motion = as_published(block[row]._replace(labels=block.told(row), fields={}), lengths)
        builder.add(with_nominal_fields(motion, block.skeleton) if format in LABELLED else motion)
    made = builder.dataset(())
    if format not in SEPARATE:
        return made
    made = replace(made, labels=block.labels, names=block.names)  # codes of the whole release, not of the block
    return needed(made) if format in LABELLED else made


def make_pieces(
    plan: Published, format: str, work: Path, jobs: int, share: Share, report: Report | None, options: Mapping[str, Any]
) -> tuple[list[Path], int]:
    """The pieces of all shares that are there, and how many are missing."""
    todo = block_jobs(plan, format)
    work.mkdir(parents=True, exist_ok=True)
    lock = work / f"{share.number}.lock"
    lock.touch()
    (work / "whole.lock").touch()
    with held(lock) as alone:
        if not alone:
            raise UserError("another process is writing this release at this moment", "wait for it, or choose another OUT")
        agree(work, share, said(todo, for_all(options)), work, lambda number: work / f"{number}.lock")
        pieces = run(todo, work, jobs, share, report)
    give_memory_back()
    return pieces, len(todo) - len(pieces)


def put_together(plan: Published, format: str, pieces: Sequence[Path], work: Path, out: Path) -> list[str]:
    """The format's files in OUT/data; what they cannot say of the motion is returned in words."""
    data = out / DATA
    unsaid: Sequence[str] | None = None
    if format in SEPARATE:
        data.mkdir(parents=True)
        for piece in pieces:
            for file in piece.iterdir():
                _link(file, data / file.name)
    else:
        remove(work / "whole")
        whole = store.join(pieces, work / "whole", ()).dataset
        target = data / ONE_FILE[format] if format in ONE_FILE else data
        target.parent.mkdir(parents=True, exist_ok=True)
        unsaid = writer(format).write(whole, target, True)
    if format not in ("store", *ONE_FILE):
        named = needed(plan.dataset) if format in LABELLED else plan.dataset
        write_tables(plan.dataset, data, *as_written(named, format))
    return list(unsaid or ())


def _link(file: Path, target: Path) -> None:
    """The same file under another path, so that an interrupted run still has its pieces."""
    if os.path.lexists(target):
        raise UserError(f"two recordings would both be named {target.name}", "keep a label that tells them apart")
    try:
        os.link(file, target)
    except OSError:
        target.write_bytes(file.read_bytes())


def without_times(files: Iterable[Path]) -> None:
    """Give all files one time."""
    for file in files:
        with suppress(PermissionError):
            os.utime(file, (THEN, THEN))


def files_in(folder: Path, wanted: Callable[[Path], bool] = Path.is_file) -> list[Path]:
    """Every file of a folder and the folders in it, sorted."""
    return sorted(path for path in folder.rglob("*") if wanted(path))
