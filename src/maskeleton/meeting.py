"""Meeting: shards of one run meet in one folder, where each says what it does; one that does something else is refused."""

import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from maskeleton.errors import UserError
from maskeleton.jobs import Job, Share, atomic, held, remove
from maskeleton.record import plain

OF_A_MACHINE = ("data", "original", "released", "out", "people", "missing", "mask", "key", "pseudonyms", "previous",
                "evaluation", "others", "twice", "answers", "jobs", "share", "on", "force", "device")
"""Options that may be others on every machine: how it works, and paths, for what they lead to is in the names of jobs."""
FOUND_OUT = ("format", "skeleton")  # options that a record says as they turned out
TRIES, WAIT = 20, 0.1  # seconds between them: shards that begin at the same moment need much less


def said(jobs: Iterable[Job], *more: Any) -> str:
    """What a run does, in a word that is the same for all its shards."""
    told = sha256(repr([plain(one) for one in more]).encode())
    for job in jobs:
        told.update(job.file.encode())
    return told.hexdigest()


def for_all(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are the same for all shards of a run."""
    return {key: plain(value) for key, value in sorted(options.items()) if key not in OF_A_MACHINE}


def same_run(record: Mapping[str, Any], verb: str, used: Mapping[str, Any]) -> bool:
    """Is what a record remembers the run that this shard is of?"""
    before = record.get("options", {})
    return (record.get("verb") == verb and [*before.get("share", ())][1:] == [used["share"][1]]
            and all(before.get(key) == value for key, value in for_all(used).items() if key not in FOUND_OUT))


def agree(folder: Path, share: Share, told: str, out: Path, lock: Callable[[int], Path]) -> None:
    """Say in `folder` what this shard does. A UserError where others of the run do something else, or are others in
    number; what a run by itself has left there is gone on with. Whoever does shard n holds `lock(n)`."""
    mine = folder / f"{share.number}-of-{share.among}.share"
    before = _told_in(mine)
    _tell(mine, told)
    try:
        for other in sorted(folder.glob("*-of-*.share")):
            number, among = map(int, other.stem.split("-of-"))
            theirs = _told_in(other)
            alike = theirs == told
            if other == mine or theirs is None or (alike and among == share.among):
                continue
            if number != share.number and _at_work(other, lock(number)):
                raise UserError(f"another process writes {out} at this moment: shard {number} of {among}",
                                "wait for it to end, or name another OUT")
            if among > 1 and not alike:
                raise UserError(f"{folder}: shard {number} of {among} was begun with other options or other data",
                                f"give all shards the same, or name another OUT; to begin anew, delete {folder}")
            if among > 1 and share.among > 1:
                raise UserError(f"{folder}: work was begun by {among} shards, and this is one of {share.among}",
                                f"--num-shards {among} goes on, and so does the command without shards; or name another OUT")
            remove(other)
    except UserError:
        if before is None:
            remove(mine)
        else:
            _tell(mine, before)
        raise


def _at_work(other: Path, lock: Path) -> bool:
    """Does whoever holds the lock go on saying so? One that just begins removes what a run by itself has left."""
    for _ in range(TRIES):
        if not (lock.exists() and other.exists()):
            return False
        with held(lock) as free:
            if free:
                return False
        time.sleep(WAIT)
    return True


def _tell(file: Path, told: str) -> None:
    """All of it or nothing: another shard may read it at this moment."""
    with atomic(file) as drawn:
        drawn.write_text(told, "ascii")


def _told_in(file: Path) -> str | None:
    """None where it is not there, or another shard has just removed it."""
    try:
        return file.read_text("ascii")
    except FileNotFoundError:
        return None
