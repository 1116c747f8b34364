"""What the attacks on a release's files are given: the files, what is read from them, and the original where it is known."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton import store
from maskeleton.dataset import Builder, MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS
from maskeleton.formats.files import RECORDS
from maskeleton.formats.source import Fault, FileParts, Options, Paths, Source
from maskeleton.formats.tables import FOLDER_TABLES
from maskeleton.intake import Sent
from maskeleton.jobs import Job, Report, run
from maskeleton.labels import natural
from maskeleton.ledger import Ledger
from maskeleton.outgoing import BLOCK, DATA, SEPARATE, files_in

PIECE = 512  # recordings that are in memory at a time
FAULTS = "faults.json"  # of a block that was read


class Leak(NamedTuple):
    """Something that stands in a release and should not."""

    file: str  # as it is named within OUT
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.file and self.place else ''}{self.place}: {self.what}"


@dataclass(frozen=True)
class Given:
    """A release under attack."""

    out: Path
    format: str
    room: Path  # a folder for what is too large for the memory
    lengths: int = 1  # what was chosen
    published: tuple[str, ...] | None = None  # labels that go out; None where nothing says which
    original: MotionDataset | None = None
    original_files: Sequence[Path] = ()
    ledger: Ledger | None = None
    secrets: tuple[str, ...] = ()  # keys, as text
    jobs: int = 1
    report: Report | None = None
    notes: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)

    @cached_property
    def files(self) -> list[Path]:
        """Everything in OUT."""
        return files_in(self.out, lambda path: path.is_symlink() or not path.is_dir())

    @cached_property
    def data_files(self) -> list[Path]:
        """The files that hold motion."""
        if self.format == "store":
            return [self.out / DATA]
        mine = [file for file in self.files if file.is_relative_to(self.out / DATA) and not file.is_symlink()
                and file.name not in RECORDS]
        return sorted(mine, key=lambda file: natural(str(file)))

    def name_of(self, file: Path) -> str:
        """A file as it is named within OUT."""
        return file.relative_to(self.out).as_posix()

    def source(self, files: Sequence[Path], fields: bool = False) -> Source:
        """Some of the data files as they stand, without what tables say besides."""
        found: Source = FORMATS[self.format].open(Paths(str(file) for file in files), Options(fields=fields))
        return found

    @cached_property
    def read(self) -> tuple[MotionDataset, list[Leak]]:
        """What the files say, and those that cannot be read."""
        source = self.source(self.data_files)
        size = BLOCK if isinstance(source.parts, FileParts) else 1
        todo = [Job(f"read-{start:06d}", [], read_block, (Sent(source, source.parts[start : start + size]),))
                for start in range(0, len(source.parts), size)]
        done = run(todo, self.room / "blocks", self.jobs, report=self.report)
        faults = [Leak(*told) for block in done for told in json.loads((block / FAULTS).read_text("utf-8"))]
        pieces = [piece for block in done for piece in sorted(block.glob("piece-*"))]
        if not pieces:
            raise UserError(f"no recording of {self.out} can be read", "give the folder that release wrote")
        return store.join(pieces, self.room / "read", ()).dataset, faults

    def over(self, looks: Iterable[tuple[Callable[..., Iterator[Leak]], Any]], *arguments: Any) -> Iterator[Leak]:
        """What `look(given, some, *arguments)` finds, for every (look, some), in their order: in jobs, to which goes what is
        known of the release and nothing of the original."""
        lean = replace(self, original=None, original_files=(), ledger=None, secrets=(), report=None, notes=[], not_tried=[])
        todo = [Job(f"{look.__name__}-{number:06d}", look.__module__, look_at, (look, lean, some, arguments))
                for number, (look, some) in enumerate(looks)]
        for told in run(todo, self.room / "found", self.jobs, report=self.report):
            yield from (Leak(*leak) for leak in json.loads(told.read_text("utf-8")))

    @property
    def released(self) -> MotionDataset:
        """What the files say."""
        return self.read[0]

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the released recordings whose originals are known, and the originals' rows."""
        if self.original is None or self.ledger is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        place, old = self.ledger.place, {id: row for row, id in enumerate(self.original.ids)}
        found = [(row, old[self.ledger.old_id[place[id]]]) for row, id in enumerate(self.released.ids)
                 if id in place and self.ledger.old_id[place[id]] in old]
        rows = np.array(found, np.int64).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]

    @property
    def separate(self) -> bool:
        """Is every file a recording?"""
        return self.format in SEPARATE

    @property
    def tables(self) -> list[Path]:
        """Tables of labels beside the data."""
        return [self.out / DATA / name for name in FOLDER_TABLES if (self.out / DATA / name).is_file()]


def in_blocks(files: Sequence[Path]) -> list[Sequence[Path]]:
    """So many files as one job looks at."""
    return [files[start : start + BLOCK] for start in range(0, len(files), BLOCK)]


def look_at(out: Path, look: Callable[..., Iterator[Leak]], given: Given, some: Any, arguments: tuple[Any, ...]) -> None:
    """Job: what is found in some of a release."""
    out.write_text(json.dumps(list(look(given, some, *arguments))), "utf-8")


def read_block(out: Path, block: Sent) -> None:
    """Job: what some files say, as small stores, and those that cannot be read."""
    builder = Builder(block.source.skeleton, block.source.fps)
    faults: list[Leak] = []
    pieces = 0

    def put() -> None:
        nonlocal builder, pieces
        store.write(builder.dataset(()), out / f"piece-{pieces:06d}")
        builder, pieces = Builder(builder.skeleton, builder.fps), pieces + 1

    out.mkdir()
    for part in block.parts:
        for item in block.source.read(part):
            if isinstance(item, Fault):
                faults.append(Leak(f"{DATA}/{item.file}", item.place, f"cannot be read: {item.reason}"))
                continue
            builder.add(item._replace(source="", clock=None))
            if len(builder.told) == PIECE:
                put()
    if builder.told:
        put()
    (out / FAULTS).write_text(json.dumps(faults), "utf-8")


Check = Callable[[Given], Iterator[Leak]]
