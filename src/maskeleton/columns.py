"""Columns: what is known of many recordings, one kind of thing after another: numbers as an array, text as its letters.

One that grows beyond a little lies in a temporary file and is mapped: an index takes room on the disk, not in memory.
"""

import mmap
import operator
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import IO, Any, overload

import numpy as np

ROWS = 1 << 16  # looked at together where many are: a group of rows in a table
MOST_BYTES = 1 << 18  # of a growing column that stays in memory


def stretches(rows: int) -> Iterator[slice]:
    """So many rows, a stretch after another; of none an empty one."""
    return (slice(start, min(start + ROWS, rows)) for start in range(0, max(rows, 1), ROWS))


class Growing:
    """An array that is put together from parts."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.size = 0
        self._parts: list[np.ndarray] = []
        self._file: IO[bytes] | None = None

    def add(self, part: np.ndarray) -> None:
        self.size += len(part)
        self._parts.append(np.asarray(part, self.dtype))
        if self.size * self.dtype.itemsize > MOST_BYTES:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as this)
            self._file.write(np.concatenate(self._parts).data)
            self._parts.clear()

    def array(self) -> np.ndarray:
        """All of it; nothing can be added afterwards."""
        if self._file is None:
            return np.concatenate([np.zeros(0, self.dtype), *self._parts])
        with self._file as file:
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # as an array, it may be written to
        return np.frombuffer(mapped, self.dtype)


class Texts(Sequence[str]):
    """Many short texts, kept as their letters (UTF-8) and the place where each ends. They read and compare as a list."""

    def __init__(self, letters: np.ndarray, ends: np.ndarray) -> None:
        self.letters = letters  # (L,) uint8
        self.ends = ends  # (n + 1,) int64: text k goes from ends[k] to ends[k + 1]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        if isinstance(texts, Texts):
            return texts
        encoded = [text.encode() for text in texts]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(bytearray().join(encoded), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "Texts": ...
    def __getitem__(self, place: int | slice) -> "str | Texts":
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            if step != 1:
                return self.take(np.arange(first, last, step))
            last = max(first, last)
            return Texts(self.letters[self.ends[first] : self.ends[last]], self.ends[first : last + 1] - self.ends[first])
        size, at = len(self), operator.index(place)
        if not -size <= at < size:
            raise IndexError(f"text {at} of {size}")
        first, last = self.ends[at % size : at % size + 2].tolist()
        return self.letters[first:last].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        for rows in stretches(len(self)):
            some = self[rows]
            letters, ends = some.letters.tobytes(), some.ends.tolist()
            yield from (letters[first:last].decode() for first, last in pairwise(ends))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts | list):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(list(self), dtype)

    def __repr__(self) -> str:
        return repr(list(self))

    def take(self, places: np.ndarray) -> "Texts":
        """The texts at these places."""
        grown = GrowingTexts()
        for rows in stretches(len(places)):
            some = places[rows]
            lengths = self.ends[some + 1] - self.ends[some]
            ends = np.concatenate([[0], lengths.cumsum()])
            letters = np.repeat(self.ends[some] - ends[:-1], lengths) + np.arange(ends[-1])
            grown.add(Texts(self.letters[letters], ends))
        return grown.texts()


class GrowingTexts:
    """Texts that are put together from parts."""

    def __init__(self) -> None:
        self._letters, self._ends = Growing(np.uint8), Growing(np.int64)
        self._ends.add(np.zeros(1, np.int64))

    def __len__(self) -> int:
        return self._ends.size - 1

    def add(self, part: Texts) -> None:
        self._ends.add(part.ends[1:] - part.ends[0] + self._letters.size)
        self._letters.add(part.letters[part.ends[0] : part.ends[-1]])

    def texts(self) -> Texts:
        """All of them; nothing can be added afterwards."""
        return Texts(self._letters.array(), self._ends.array())


def repeats(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(first, later) for every place of a text that stands at an earlier place, too."""
    hashes = np.fromiter(map(hash, texts), np.int64, len(texts))
    hashes.sort()
    often = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())  # few: only these are kept as they are
    first: dict[str, int] = {}
    return [(first[text], place) for place, text in enumerate(texts if often else ())
            if hash(text) in often and first.setdefault(text, place) != place]
