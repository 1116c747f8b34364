"""Crowd: a dataset as an anonymizer releases it that looks at everybody before it releases anybody."""

from collections.abc import Iterator, Sequence

from maskeleton.apply import BLOCK, Anonymized, seed_of
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask
from maskeleton.motion import Motion


class Crowd(Anonymized):
    """The same blocks, key and intake; each block asks the anonymizer for its own rows of the whole dataset."""

    @property
    def seed(self) -> int:
        """Of everything random about the whole dataset."""
        return seed_of(self.own_key, "together")

    @property
    def sources(self) -> Iterator[tuple[str, ...]]:
        """For each recording the ids of those whose motion enters its release."""
        ids = self.dataset.ids
        yield from (tuple(ids[row] for row in rows) for rows in self.mask.net.donors(self.dataset, self.seed))

    def sent(self, parts: Sequence[int]) -> Anonymized:
        """Everybody: who else is there decides what each becomes."""
        return self

    def read(self, part: int) -> Iterator[Motion]:
        """The block that begins there."""
        rows = range(part, min(part + BLOCK, len(self.dataset)))
        for row, motion in zip(rows, self.mask.net.together(self.dataset, self.seed, rows), strict=True):
            yield motion._replace(labels=self.dataset.told(row), fields={})


def release_of(mask: Mask, dataset: MotionDataset, key: bytes, path: str = "population") -> Anonymized:
    """A dataset as this mask releases it, recording by recording or together."""
    kind = Crowd if mask.net.scope == "dataset" else Anonymized
    return kind(mask, dataset, key, path)
