"""What every reader gives: a Source, made of parts that can be read alone, anywhere, in any order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, overload

from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.text import file_name
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton


class Part(NamedTuple):
    """The unit of reading: a file, or recordings `start` to `stop` of one (stop −1: to its end)."""

    file: str | Path
    start: int = 0
    stop: int = -1

    @property
    def path(self) -> Path:
        return Path(self.file)


class Paths(Sequence[Path]):
    """Paths kept as text, made when asked for: a million of them as objects would weigh a gigabyte."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> "Paths": ...
    def __getitem__(self, place: int | slice) -> "Path | Paths":
        return Paths(self.names[place]) if isinstance(place, slice) else Path(self.names[place])


class FileParts(Sequence[Part]):
    """Whole files as parts, made when asked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> Part: ...
    @overload
    def __getitem__(self, place: slice) -> "FileParts": ...
    def __getitem__(self, place: int | slice) -> "Part | FileParts":
        return FileParts(self.names[place]) if isinstance(place, slice) else Part(self.names[place])


class Fault(NamedTuple):
    """Something in a source that could not be read: where it stands, and why."""

    file: str
    place: str
    reason: str


class Options(NamedTuple):
    """What the user says of a source; a format uses it where its files do not say it themselves.

    Where they do, the caller turns what was read into what was asked for.
    """

    skeleton: Skeleton | None = None
    fps: float | None = None
    fields: bool = False  # also read what is neither position nor tracking state


class Source(Protocol):
    """An opened dataset in any format: picklable, holding no recording, reading one part at a time.

    What a part is, its source decides: a `Part` where there are files, else anything that JSON can hold.
    """

    @property
    def format(self) -> str: ...
    @property
    def skeleton(self) -> Skeleton: ...
    @property
    def fps(self) -> float: ...
    @property
    def parts(self) -> Sequence[Any]: ...
    def read(self, part: Any) -> Iterator[Motion | Fault]: ...


class Look(NamedTuple):
    """What the head of a file tells: its body plan and its rate."""

    skeleton: Skeleton
    fps: float


FileReader = Callable[[Path, "Look", Options], Iterator[Motion]]


@dataclass(frozen=True)
class FileSource:
    """A source in which a file holds one recording (or a few), all with the same body plan and rate."""

    format: str
    skeleton: Skeleton
    fps: float
    parts: FileParts
    reader: FileReader  # a module's own function, so that the source can travel to other processes
    options: Options

    def read(self, part: Part) -> Iterator[Motion | Fault]:
        """The file's recordings, each with the file's name as id unless it has one; or why it cannot be read."""
        name = file_name(part.path.name)
        try:
            for motion in self.reader(part.path, Look(self.skeleton, self.fps), self.options):
                yield motion._replace(id=motion.id or name.rsplit(".", 1)[0])
        except UserError as error:
            yield Fault(name, *_place(error.wrong))
        except OSError as error:
            yield Fault(name, "", error.strerror or str(error))


def file_source(
    format: str, files: Sequence[Path], look: Callable[[Path], Look], reader: FileReader, options: Options
) -> FileSource:
    """A FileSource over `files`, refused in words where they are not of one body plan and one rate.

    `look` reads no more than a file's head. A file it cannot read is left for `read` to report; if it can read none,
    the first one's fault is raised.
    """
    groups: dict[tuple[Skeleton, float], tuple[int, str]] = {}  # how many of the kind, and the first one's name
    first_fault: UserError | None = None
    for path in files:
        try:
            seen = look(path)
        except UserError as error:
            first_fault = first_fault or error
            continue
        count, first = groups.get((seen.skeleton, seen.fps), (0, path.name))
        groups[seen.skeleton, seen.fps] = count + 1, first
    if not groups:
        raise first_fault or UserError(f"there are no {format} files", "check the path")
    if len(groups) > 1:
        told = [f"{count} with {len(plan.joints)} joints ({plan.name}) at {fps:g} a second, as {first}"
                for (plan, fps), (count, first) in groups.items()]
        raise UserError(f"these files are not of one kind: {listed(told, 6)}",
                        "convert each kind by itself: name its files by a glob, such as 'folder/walk*'")
    (skeleton, fps), = groups
    names = files.names if isinstance(files, Paths) else [str(path) for path in files]
    return FileSource(format, skeleton, fps, FileParts(names), reader, options)


def _place(wrong: str) -> tuple[str, str]:
    """('line 12', 'a joint has 11 numbers') from 'line 12: a joint has 11 numbers'."""
    head, colon, rest = wrong.partition(": ")
    told = colon and head.split(" ", 1)[0] in ("line", "byte", "frame", "row", "recording", "column")
    return (head, rest) if told else ("", wrong)
