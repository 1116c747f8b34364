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

ROWS = 1 << 12  # looked at together where there are many
MOST_BYTES = 1 << 18  # of a growing column that stay in memory


def stretches(rows: int, most: int | None = None) -> Iterator[slice]:
    """So many rows, a stretch after another; of none an empty one."""
    most = most or ROWS
    return (slice(start, min(start + most, rows)) for start in range(0, max(rows, 1), most))


class Growing:
    """An array that is put together from parts; what is more than `most` bytes lies in a file."""

    def __init__(self, dtype: Any, most: int | None = None) -> None:
        self.dtype, self.most = np.dtype(dtype), most or MOST_BYTES
        self.size = 0
        self._here: list[np.ndarray] = []
        self._away = 0  # how many are in the file
        self._file: IO[bytes] | None = None

    def add(self, part: np.ndarray) -> None:
        self._here.append(np.asarray(part, self.dtype))
        self.size += len(part)
        if (self.size - self._away) * self.dtype.itemsize > self.most:
            self._put_away()

    def array(self) -> np.ndarray:
        """All of it; nothing can be added afterwards."""
        if self._file is None:
            return np.concatenate([np.zeros(0, self.dtype), *self._here])
        self._put_away()
        with self._file as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # as any array, it may be written to
        return np.frombuffer(mapped, self.dtype)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def _put_away(self) -> None:
        try:
            self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (it is open until all is there)
            left = np.concatenate([np.zeros(0, self.dtype), *self._here]).view(np.uint8).data
            while len(left):
                left = left[self._file.write(left) :]
        except OSError as fault:
            fault.filename = tempfile.gettempdir()
            raise
        self._here.clear()
        self._away = self.size


class Texts(Sequence[str]):
    """Many short texts, kept as their letters (UTF-8). They are read and compared as a list is."""

    def __init__(self, letters: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> None:
        self.letters = letters  # (L,) uint8: of these texts, and maybe of others
        self.starts, self.stops = starts, stops  # (n,) where each lies among them

    @classmethod
    def ending(cls, letters: np.ndarray, ends: np.ndarray) -> "Texts":
        """Texts one after another; `ends` begins with where the first starts."""
        return cls(letters, ends[:-1], ends[1:])

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        if isinstance(texts, Texts):
            return texts
        encoded = [text.encode() for text in texts]
        return cls.ending(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice | np.ndarray) -> "Texts": ...
    def __getitem__(self, place: int | slice | np.ndarray) -> "str | Texts":
        if isinstance(place, slice | np.ndarray):
            return Texts(self.letters, self.starts[place], self.stops[place])
        return self.letters[self.starts[place] : self.stops[place]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        for rows in stretches(len(self)):
            found, ends = self[rows].together()
            letters = found.tobytes()
            yield from (letters[start:stop].decode() for start, stop in pairwise(ends.tolist()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts | list):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(list(self), dtype)

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Texts.ending, self.together()

    def together(self) -> tuple[np.ndarray, np.ndarray]:
        """Letters of these texts alone, one after another, and where each ends, behind a 0."""
        lengths = self.stops - self.starts
        ends = np.concatenate([[0], lengths.cumsum()])
        if len(self) and np.array_equal(self.starts[1:], self.stops[:-1]):
            return self.letters[self.starts[0] : self.stops[-1]], ends
        return self.letters[np.repeat(self.starts - ends[:-1], lengths) + np.arange(ends[-1])], ends


class GrowingTexts:
    """Texts that are put together from parts."""

    def __init__(self) -> None:
        self._letters, self._ends = Growing(np.uint8), Growing(np.int64)
        self._ends.add(np.zeros(1, np.int64))

    def __len__(self) -> int:
        return self._ends.size - 1

    def add(self, part: Texts) -> None:
        for rows in stretches(len(part)):
            letters, ends = part[rows].together()
            self._ends.add(ends[1:] + self._letters.size)
            self._letters.add(letters)

    def texts(self) -> Texts:
        """All of them; nothing can be added afterwards."""
        return Texts.ending(self._letters.array(), self._ends.array())


def repeats(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(first, later) for every place of a text that stands at an earlier place, too."""
    hashes = np.fromiter(map(hash, texts), np.int64, len(texts))
    hashes.sort()
    often = {*hashes[1:][hashes[1:] == hashes[:-1]].tolist()}  # usually none: no other text is kept as it is
    first: dict[str, int] = {}
    return [(first[text], place) for place, text in enumerate(texts if often else ())
            if hash(text) in often and first.setdefault(text, place) != place]
