"""What formats share that hold many recordings in one file: their unit of reading is a range of recordings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from maskeleton.errors import UserError, listed
from maskeleton.formats.source import Fault, Look, Options, Part
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

BLOCK = 512


class Held(NamedTuple):
    """What a file says of itself, and how many recordings it holds."""

    look: Look
    recordings: int


RangeReader = Callable[[Path, range, Look, Options], Iterator[Motion | Fault]]


@dataclass(frozen=True)
class RangeSource:
    """A source whose files each hold many recordings, all with the same body plan and rate."""

    format: str
    skeleton: Skeleton
    fps: float
    parts: tuple[Part, ...]
    reader: RangeReader  # a module's own function, so that the source can travel to other processes
    options: Options

    def read(self, part: Part) -> Iterator[Motion | Fault]:
        """The recordings of a range. A file that proves broken is a UserError: nothing behind the break can be told."""
        stop = part.stop
        if stop < 0:
            stop = max((other.stop for other in self.parts if other.path == part.path), default=0)
        try:
            yield from self.reader(part.path, range(part.start, stop), Look(self.skeleton, self.fps), self.options)
        except (UserError, OSError) as error:
            raise _named(part.path, error) from None


def range_source(
    format: str, files: Sequence[Path], look: Callable[[Path, Options], Held], reader: RangeReader, options: Options
) -> RangeSource:
    """A RangeSource over `files`, refused in words where they are not of one body plan and one rate."""
    groups: dict[tuple[Skeleton, float], list[Path]] = {}
    parts: list[Part] = []
    for path in files:
        try:
            held = look(path, options)
        except (UserError, OSError) as error:
            raise _named(path, error) from None
        groups.setdefault((held.look.skeleton, held.look.fps), []).append(path)
        parts += [Part(path, start, min(start + BLOCK, held.recordings)) for start in range(0, held.recordings, BLOCK)]
    if len(groups) > 1:
        told = [f"{len(paths)} with {len(plan.joints)} joints ({plan.name}) at {fps:g} a second, as {paths[0].name}"
                for (plan, fps), paths in groups.items()]
        raise UserError(f"these files are not of one kind: {listed(told, 6)}", "convert each kind by itself")
    if not parts:
        raise UserError(f"there are no recordings in {listed((path.name for path in files), 4) or 'no file'}",
                        "check the path")
    (skeleton, fps), = groups
    return RangeSource(format, skeleton, fps, tuple(parts), reader, options)


def fault(path: Path, number: int, reason: str) -> Fault:
    """A recording that cannot be read; recordings are counted from 1 where people read it."""
    return Fault(path.name, f"recording {number + 1}", reason)


def plan_of(joints: int, known: dict[int, Skeleton], options: Options) -> Skeleton:
    """The body plan of a file that only tells how many joints there are."""
    if options.skeleton and len(options.skeleton.joints) == joints:
        return options.skeleton
    if joints in known:
        return known[joints]
    raise UserError(f"bodies have {joints} joints, and the file does not say which",
                    f"give the body plan with --skeleton, a plan of {joints} joints (a name, or a file with joints and "
                    "parents)")


def _named(path: Path, error: UserError | OSError) -> UserError:
    if isinstance(error, UserError):
        return UserError(f"{path.name}: {error.wrong}", error.remedy)
    return UserError(f"{path.name} cannot be read: {error.strerror or error}", "check the file")
