"""store: maskeleton's own folder of memory-mapped frames and two tables; what every other format is converted to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.formats.source import Fault, Options, Part
from maskeleton.motion import Motion, motion_hash
from maskeleton.skeleton import Skeleton

_PART = 512  # recordings


@dataclass(frozen=True)
class StoreSource:
    """A store read back recording by recording, with its labels as they were said."""

    path: Path
    format: str = "store"

    @cached_property
    def dataset(self) -> MotionDataset:
        return store.open(self.path)

    def __getstate__(self) -> dict[str, object]:
        return {"path": self.path, "format": self.format}

    @property
    def skeleton(self) -> Skeleton:
        return self.dataset.skeleton

    @property
    def fps(self) -> float:
        return self.dataset.fps

    @property
    def parts(self) -> tuple[Part, ...]:
        size = len(self.dataset)
        return tuple(Part(self.path, start, min(start + _PART, size)) for start in range(0, size, _PART))

    def read(self, part: Part) -> Iterator[Motion | Fault]:
        """Recordings `start` to `stop`; one whose frames are not those that were stored is a fault."""
        for index in range(part.start, part.stop):
            motion = self.dataset[index]
            if motion_hash(motion) != self.dataset.motion_hashes[index]:
                yield Fault(self.path.name, motion.id, "its frames are not those that were stored")
            else:
                yield motion._replace(labels=self.dataset.told(index))


def detect(path: Path, head: bytes) -> bool:
    """A store is a folder, which is known by its page: no single file is one."""
    return False


def beside(path: Path) -> list[Path]:
    """The files that are written anew whenever a store is."""
    return [path / "dataset.json", path / "recordings.parquet"]


def open(files: Sequence[Path], options: Options) -> StoreSource:
    source = StoreSource(files[0])
    source.dataset  # noqa: B018 (refuse a damaged store here)
    return source


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    store.write(dataset, out)
