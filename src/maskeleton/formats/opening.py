"""Opening any data: which files, which format, and what is known of them besides: patterns, tables, missing lists."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.formats import FORMATS, Writer
from maskeleton.formats.archive import Unpacked, is_archive, unpack
from maskeleton.formats.files import detect, find_files
from maskeleton.formats.kit.text import file_name
from maskeleton.formats.patterns import check_pattern, known_pattern, labels_of
from maskeleton.formats.source import Fault, FileParts, FileSource, Options, Part, Source
from maskeleton.formats.tables import Table, folder_tables, read_table
from maskeleton.labels import Label
from maskeleton.motion import Motion, retimed
from maskeleton.skeleton import PLANS, PlanMap, Skeleton, plan_to_plan

_MOST_FRAMES_FOR_ONE = 1000  # that --fps may make


@dataclass(frozen=True)
class Opened:
    """A source with everything the user knows of it: itself a Source, and what convert and describe read."""

    source: Source
    root: Path
    pattern: str | None
    tables: tuple[Table, ...]
    missing: frozenset[str]
    plan_map: PlanMap | None
    fps: float
    parts: Sequence[Part]
    ignored: int  # files of the folder that are of another kind
    unpacked: Unpacked | None = None  # the folder of an archive, which lives as long as this

    @property
    def format(self) -> str:
        return self.source.format

    @property
    def skeleton(self) -> Skeleton:
        return self.plan_map.target if self.plan_map else self.source.skeleton

    @property
    def _retimes(self) -> bool:
        return self.fps != self.source.fps

    def light(self) -> "Opened":
        """The same without the list of parts: what travels to another process."""
        source = replace(self.source, parts=FileParts(())) if isinstance(self.source, FileSource) else self.source
        return replace(self, source=source, parts=(), unpacked=None)

    def told(self) -> str:
        """Everything but the files that reading depends on, as text."""
        return repr((self.format, self.skeleton, self.fps, self.pattern, self.tables, sorted(self.missing),
                     getattr(self.source, "options", None)))

    def read(self, part: Part) -> Iterator[Motion | Fault]:
        """The part's recordings as asked for: labelled, on the wanted plan and rate, without the missing ones."""
        for item in self.source.read(part):
            if isinstance(item, Fault):
                refuse_gone(part.path)
                yield item._replace(file=self.name_of(part))
            elif not self.missing & {item.id, item.id.rsplit(".", 1)[0]}:
                yield self._finished(item, part)

    def name_of(self, part: Part) -> str:
        """The part's file as it is named within the data."""
        if part.path == self.root or not part.path.is_relative_to(self.root):
            return file_name(part.path.name)
        return file_name(part.path.relative_to(self.root).as_posix())

    def files_of(self, part: Part) -> list[Path]:
        """All files that the part is read from."""
        beside = getattr(FORMATS[self.format], "beside", None)
        return [part.path, *(beside(part.path) if beside else ())]

    def _finished(self, motion: Motion, part: Part) -> Motion:
        name = self.name_of(part)
        folder = name.rpartition("/")[0]
        if folder and isinstance(self.source, FileSource):
            motion = motion._replace(id=f"{folder}/{motion.id}")
        by_file = isinstance(self.source, FileSource)
        labels: dict[str, Label] = dict(motion.labels)
        if self.pattern:
            told = labels_of(name if by_file else motion.id, self.pattern)
            if told is None:
                raise UserError(f"--pattern {self.pattern!r} does not fit the recording {motion.id!r} of {name}",
                                "{label:d} takes digits only, {label} any text, {} skips")
            labels |= told
        for table in self.tables:
            labels = table.join(labels, motion.id)
        motion = motion._replace(labels=labels, source=motion.source or name)
        if self.plan_map:
            motion = motion._replace(positions=self.plan_map(motion.positions),
                                     tracked=self.plan_map.tracking(motion.tracked), fields={})
        return retimed(motion, self.source.fps, self.fps) if self._retimes and len(motion.present) else motion


def open_source(
    data: str | Path,
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] | str | Path = (),
    missing: str | Path | None = None,
    skeleton: Skeleton | str | None = None,
    fps: float | None = None,
    fields: bool = False,
) -> Opened:
    """Open a file, a folder, an archive or a glob of any format; a body plan is given as such, by name, or as a file."""
    skeleton = plan(skeleton) if isinstance(skeleton, str) else skeleton
    if fps is not None and not 0 < fps <= 10_000:
        raise UserError(f"--fps {fps:g} cannot be", "give frames a second, such as --fps 30")
    tables = [people] if isinstance(people, str | Path) else people
    unpacked = unpack(Path(data)) if is_archive(Path(data)) else None
    place = unpacked.root if unpacked else data
    root, files = find_files(place)
    name, files, ignored = detect(data, files, format)
    source = pick(name, FORMATS, "format").open(files, Options(skeleton, fps, fields))
    joined = [read_table(Path(path)) for path in tables] or (folder_tables(root) if Path(place) != files[0] else [])
    missing_ids = _missing_ids(Path(missing)) if missing else frozenset()
    parts: Sequence[Part] = source.parts
    if isinstance(source, FileSource):
        if missing_ids:
            parts = FileParts(name for name in source.parts.names if Path(name).stem not in missing_ids)
            if len(parts) == len(source.parts):
                raise UserError(f"no recording of {data} is in the list {missing}", "it holds one name a line")
        names = [os.path.relpath(part.file, root) for part in parts]
        if pattern:
            check_pattern(pattern, names)
        pattern = pattern or known_pattern(names)
    if not parts and missing_ids:
        raise UserError(f"every recording of {data} is in the list of missing ones", "check --missing")
    if not parts:
        raise UserError(f"there are no recordings in {data}", "check the path")
    if fps and fps > _MOST_FRAMES_FOR_ONE * source.fps:
        raise UserError(f"{data} has {source.fps:g} frames a second, and --fps {fps:g} would make more than "
                        f"{_MOST_FRAMES_FOR_ONE} of each", "check the rate")
    plan_map = plan_to_plan(source.skeleton, skeleton) if skeleton and skeleton != source.skeleton else None
    return Opened(source, root, pattern, tuple(joined), missing_ids, plan_map, fps or source.fps, parts, ignored, unpacked)


def refuse_gone(file: Path) -> None:
    """A UserError where a file that was found is not there any more: what vanished is not to be counted as damaged."""
    if not os.path.lexists(file) and not any(folder.is_file() for folder in file.parents):
        raise UserError(f"{file} was there and is gone", "check the disk it lies on, and run the same command again: it "
                        "goes on from here")


def read(data: str | Path, format: str | None = None, **options: Any) -> MotionDataset:
    """Any data as a MotionDataset: a store is opened lazily, everything else is read at once; much motion lies in a file."""
    if store.is_store(Path(data)) and format in (None, "store") and not options:
        return store.open(Path(data))
    source = open_source(data, format, **options)
    faults: list[Fault] = []

    def motions() -> Iterator[Motion]:
        for part in source.parts:
            for item in source.read(part):
                if isinstance(item, Fault):
                    faults.append(item)
                else:
                    yield item

    dataset = MotionDataset.of(source.skeleton, source.fps, motions())
    if faults:
        told = [f"{fault.file}{', ' + fault.place if fault.place else ''}: {fault.reason}" for fault in faults]
        raise UserError(f"{len(faults)} files of {data} cannot be read: {listed(told, 3)}",
                        "maskeleton convert sets them aside")
    return dataset


def said_of_source(pattern: str | None, people: Sequence[str | Path], skeleton: str | None,
                   fps: float | None) -> dict[str, Any]:
    """What there is to say of data that does not say it itself."""
    said = {"pattern": pattern, "people": tuple(people), "skeleton": plan(skeleton) if skeleton else None, "fps": fps}
    return {name: value for name, value in said.items() if value}


def plan(name_or_file: str) -> Skeleton:
    """A body plan by name, or from a JSON file."""
    if name_or_file in PLANS or not Path(name_or_file).is_file():
        return pick(name_or_file, PLANS, "body plan")
    try:
        data = json.loads(Path(name_or_file).read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UserError(f"{name_or_file} is no readable body plan: {fault}",
                        'a plan looks like {"joints": ["hips", "head"], "parents": [-1, 0]}') from None
    return Skeleton.from_dict(data)


def writer(format: str) -> Writer:
    """A format that can be written, by name."""
    chosen = pick(format, FORMATS, "format")
    if not hasattr(chosen, "write"):
        able = [name for name, one in FORMATS.items() if hasattr(one, "write")]
        raise UserError(f"{format} can be read but not written", f"these can be written: {listed(able, 20)}")
    return cast(Writer, chosen)


def _missing_ids(path: Path) -> frozenset[str]:
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise UserError(f"the list of missing recordings {path} cannot be read: {fault}", "one name a line") from None
    names = [line.strip() for line in lines if line.strip()]
    return frozenset([*names, *(name.rsplit(".", 1)[0] for name in names)])
