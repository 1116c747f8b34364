"""store: maskeleton's own folder of memory-mapped frames and two tables; what every other format is converted to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.formats.fields import MOTION_WHY, SPELLED, Field
from maskeleton.formats.source import Fault, Options, Part
from maskeleton.motion import Motion, motion_hash
from maskeleton.skeleton import Skeleton

_PART = 512  # recordings
FIELDS = (
    *(Field(name, "kept", "of the files themselves") for name in ("schema", "recordings", "shards", "fields")),
    Field("skeleton", "kept", "the body plan"),
    Field("fps", "kept", "one rate for all recordings"),
    Field("labels", "kept", "labels and their names, where they are published"),
    Field("content_id", "recomputed", "a hash of the release alone"),
    Field("history", "blanked", "empty: it tells what was read, and how it can be made again"),
    Field("recordings.id", "generalized", SPELLED.why),
    *(Field(f"recordings.{name}", "generalized", "as released; --lengths makes it coarser") for name in ("frames", "slots")),
    Field("recordings.fps", "blanked", "the dataset's one rate: each recording's own clock is gone"),
    Field("recordings.source", "blanked", "empty: the file that a recording was read from"),
    *(Field(f"recordings.{name}", "recomputed", "a hash of the released recording alone") for name in ("hash", "motion")),
    Field("recordings.label:subject", "generalized", "a new number of the person, drawn under the secret key"),
    Field("recordings.label:repetition", "generalized", "takes are numbered anew, in an order drawn under the secret key"),
    Field("recordings.label:*", "kept", "a label, where it is published"),
    Field("runs.*", "kept", "who is there when, as released; --lengths makes it coarser"),
    Field("shard-*", "kept", MOTION_WHY),
    Field("tracked-*", "blanked", "2, seen: which joints the sensor lost when names the original frame by frame"),
)


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
        some = self.dataset.select(range(part.start, part.stop))
        for index, motion in enumerate(some):
            if motion_hash(motion) != some.motion_hashes[index]:
                yield Fault(self.path.name, motion.id, "its frames are not those that were stored")
            else:
                yield motion._replace(labels=some.told(index))


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
