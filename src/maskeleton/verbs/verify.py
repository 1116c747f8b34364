"""verify: attacks the files of a release, and says what it finds in them that should not be there."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from maskeleton import repeated
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, printable
from maskeleton.formats import FORMATS
from maskeleton.formats.files import find_files
from maskeleton.formats.opening import read
from maskeleton.jobs import Report
from maskeleton.leaks import LEAKS
from maskeleton.leaks.given import Given, Leak
from maskeleton.ledger import Ledger, read_ledger
from maskeleton.outgoing import DATA
from maskeleton.private import beside
from maskeleton.provenance import PAGE
from maskeleton.room import own_room
from maskeleton.store import is_store
from maskeleton.verbs.working import mapped

SHOWN = 5  # leaks of each kind


class Verified(NamedTuple):
    """What the attacks on a release's files found, what they counted, and what could not be tried."""

    leaks: dict[str, list[Leak]]  # by attack
    notes: list[str]
    not_tried: list[str]

    @property
    def clean(self) -> bool:
        """Was nothing found?"""
        return not any(self.leaks.values())


def verify(
    out: str | Path, *, original: str | Path | None = None, jobs: int = 1, report: Report | None = None
) -> Verified:
    """Attack the release in `out`; with the original, and what release wrote beside OUT, more can be tried."""
    out = Path(out)
    page = read_page(out)
    with own_room() as own:
        before = mapped(read(original), own / "original") if original is not None else None
        files = files_of(original)
        room = own / "room"
        return attacked(out, page, room, before, files, read_ledger(out), secrets_beside(out), (), jobs, report)


def attacked(
    out: Path, page: dict[str, Any], room: Path, original: MotionDataset | None, original_files: tuple[Path, ...],
    ledger: Ledger | None, secrets: tuple[str, ...], earlier: Sequence[Path], jobs: int, report: Report | None,
) -> Verified:
    """Every attack on these files, and on them together with earlier releases."""
    room.mkdir(parents=True, exist_ok=True)
    given = Given(out, page["format"], room, page["lengths"], tuple(page["labels"]), original, original_files, ledger,
                  secrets, jobs, report)
    leaks = {name: list(attack.find(given)) for name, attack in LEAKS.items()}
    for number, other in enumerate(earlier):
        there = read_page(other)
        (room / str(number)).mkdir()
        with_it = Given(other, there["format"], room / str(number), there["lengths"], ledger=read_ledger(other), jobs=jobs)
        leaks.setdefault("repeated", []).extend(repeated.find(with_it, given))
    return Verified(leaks, given.notes, list(dict.fromkeys(given.not_tried)))


def read_page(out: Path) -> dict[str, Any]:
    """What a release says of itself."""
    try:
        told = json.loads((out / PAGE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        told = None
    fits = (isinstance(told, dict) and told.get("format") in FORMATS and isinstance(told.get("lengths"), int)
            and told["lengths"] > 0 and isinstance(told.get("labels"), dict) and (out / DATA).is_dir())
    if not fits or not isinstance(told, dict):
        raise UserError(f"{out} is no release: it has no {PAGE} that can be read, or no folder {DATA}",
                        "give the folder that maskeleton release wrote")
    return told


def files_of(original: str | Path | None) -> tuple[Path, ...]:
    """The files of the original, whose plain hashes must not stand in a release."""
    if original is None or is_store(Path(original)):
        return ()
    return tuple(find_files(original)[1])


def secrets_beside(out: Path) -> tuple[str, ...]:
    """The key that lies beside a release."""
    try:
        told = json.loads(beside(out, "pseudonyms").read_text("utf-8"))
        return (told["key"],)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()


def told(found: Verified, out: Path) -> str:
    """What was found, as a person reads it."""
    lines = []
    for name, leaks in found.leaks.items():
        lines.append(f"{name:<12} {'nothing found' if not leaks else f'{len(leaks)} found'}")
        lines += [f"  {leak}" for leak in leaks[:SHOWN]]
        lines += [f"  and {len(leaks) - SHOWN} more"] if len(leaks) > SHOWN else []
    lines += found.notes
    lines += [f"not tried: {what}" for what in found.not_tried]
    return "\n".join(map(printable, lines))


def refuse_leaks(found: Verified, out: Path) -> None:
    """A UserError where anything was found."""
    if not found.clean:
        every = [f"{name}: {leak}" for name, leaks in found.leaks.items() for leak in leaks]
        raise UserError(f"{len(every)} leaks in {out}, as {listed(every, 2)}",
                        "do not publish it; release it anew, and change nothing in the files")
