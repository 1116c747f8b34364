"""MATLAB's level 5 files: numeric and text variables in and out, compressed or not, of either byte order.

Nothing is believed before it is checked against the bytes that are there; what is compressed may grow by a bounded
factor only.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError

MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
OTHERS = {1: "a cell array", 2: "a struct", 3: "an object", 5: "a sparse matrix", 16: "a function", 17: "an object"}
TEXT, NUMERIC = 4, {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
COMPLEX = 0x0800
_HEADER = 128
_SPARE, _GROWTH = 1 << 20, 8  # all that is compressed in a file may hold 1 MiB and 8 times the file's size
_AGAIN = "the file is cut or damaged; copy it again, or save it anew with save('-v7')"

Variable = np.ndarray | list[str]  # numbers in MATLAB's shape, or the rows of a text


class Mat(NamedTuple):
    """The variables of a file, and what kind of thing those are that cannot be read here."""

    variables: dict[str, Variable]
    others: dict[str, str]


def read_mat(data: bytes) -> Mat:
    """All variables of a file's bytes."""
    order = _byte_order(data)
    found, left = Mat({}, {}), _SPARE + _GROWTH * len(data)
    for kind, start, size in _elements(data, _HEADER, len(data), order, padded=False):
        body, first = data, start
        if kind == COMPRESSED:
            body, first = _inflated(data, start, size, left), 0
            left -= len(body)
            inner = next(_elements(body, 0, len(body), order), None)
            if inner is None:
                raise UserError(f"byte {start}: a compressed variable is empty", _AGAIN)
            kind, first, size = inner
        if kind == MATRIX:
            _matrix(body, first, size, order, found)
    return found


def write_mat(variables: Mapping[str, Variable]) -> bytes:
    """A file with these variables, each compressed."""
    header = b"MATLAB 5.0 MAT-file, written by maskeleton".ljust(116) + bytes(8) + b"\x00\x01IM"
    return header + b"".join(_deflated(_element(MATRIX, _variable(name, value))) for name, value in variables.items())


def _byte_order(data: bytes) -> str:
    if data[:4] == b"\x89HDF" or data[:10] == b"MATLAB 7.3":
        raise UserError("byte 0: this is a MATLAB 7.3 file (HDF5)", "save it anew in MATLAB: save('new.mat', '-v7')")
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None or len(data) < _HEADER:
        raise UserError("byte 0: this is no MATLAB level 5 file (level 4 cannot be read)",
                        "save it anew in MATLAB: save('new.mat', '-v7')")
    return order


def _elements(data: bytes, start: int, stop: int, order: str, padded: bool = True) -> Iterator[tuple[int, int, int]]:
    """(type, first byte, size) of each element between two places."""
    while start + 8 <= stop:
        kind, size = np.frombuffer(data, order + "u4", 2, start).tolist()
        first, after = start + 8, start + 8 + size
        if kind >> 16:  # a small element: type and size share four bytes, the data has the other four
            kind, size, first, after = kind & 0xFFFF, kind >> 16, start + 4, start + 8
        if first + size > min(stop, after):
            raise UserError(f"byte {start}: {size} bytes are announced, but {max(0, stop - first)} are left", _AGAIN)
        yield kind, first, size
        start = after + (-size % 8 if padded and first != start + 4 else 0)


def _inflated(data: bytes, start: int, size: int, most: int) -> bytes:
    machine = zlib.decompressobj()
    try:
        body = machine.decompress(memoryview(data)[start : start + size], max(1, most))
    except zlib.error as fault:
        raise UserError(f"byte {start}: a compressed variable cannot be read ({fault})", _AGAIN) from None
    if machine.unconsumed_tail:
        raise UserError(f"byte {start}: {size} compressed bytes hold far more than motion can",
                        "save the file anew without compression: save('new.mat', '-v6')")
    if not machine.eof:
        raise UserError(f"byte {start}: a compressed variable is cut", _AGAIN)
    return body


def _matrix(data: bytes, start: int, size: int, order: str, found: Mat) -> None:
    parts = _elements(data, start, start + size, order)
    flags = _numbers(data, next(parts, None), order, start)
    dims = [int(length) for length in _numbers(data, next(parts, None), order, start)]
    named = _numbers(data, next(parts, None), order, start)
    name = named.astype(np.uint8).tobytes().decode("latin-1")
    kind, flag = (int(flags[0]) & 0xFF, int(flags[0])) if len(flags) else (0, 0)
    if kind in OTHERS or flag & COMPLEX or kind not in (TEXT, *NUMERIC):
        found.others[name] = "complex numbers" if flag & COMPLEX else OTHERS.get(kind, f"of class {kind}")
        return
    count = int(np.prod(np.array(dims, object))) if dims else 0
    if len(dims) < 2 or min(dims) < 0:
        raise UserError(f"byte {start}: variable {name!r} has the size {dims}", _AGAIN)
    if kind == TEXT:
        found.variables[name] = _text(data, next(parts, None), order, dims, start)
        return
    numbers = _numbers(data, next(parts, None), order, start)
    if len(numbers) != count:
        raise UserError(f"byte {start}: variable {name!r} has the size {dims}, but {len(numbers)} numbers", _AGAIN)
    found.variables[name] = numbers.reshape(dims, order="F")


def _numbers(data: bytes, element: tuple[int, int, int] | None, order: str, place: int) -> np.ndarray:
    if element is None or element[0] not in NUMBERS:
        raise UserError(f"byte {place}: a variable's description is incomplete", _AGAIN)
    kind, start, size = element
    dtype = np.dtype(order + NUMBERS[kind])
    return np.frombuffer(data, dtype, size // dtype.itemsize, start)


def _text(data: bytes, element: tuple[int, int, int] | None, order: str, dims: list[int], place: int) -> list[str]:
    if element is None or element[0] not in TEXTS:
        raise UserError(f"byte {place}: a text cannot be read", _AGAIN)
    kind, start, size = element
    code = TEXTS[kind] + ({"<": "-le", ">": "-be"}[order] if kind in (4, 17, 18) else "")
    unit = {"utf-16": "u2", "utf-32": "u4"}.get(TEXTS[kind], "u1")
    letters = np.frombuffer(data, order + unit, size // int(unit[1]), start)
    if len(letters) != dims[0] * dims[1]:  # UTF-8 counts letters, not bytes: one row can be told, more cannot
        return [letters.tobytes().decode(code, "replace").rstrip()] if dims[0] == 1 else []
    rows = letters.reshape(dims[0], dims[1], order="F")
    return [row.tobytes().decode(code, "replace").rstrip() for row in rows[:_SPARE]]


def _variable(name: str, value: Variable) -> bytes:
    if isinstance(value, list):
        kind, number, (dims, stored) = TEXT, 17, _letters(value)
    else:
        code = value.dtype.newbyteorder("=").str[1:]
        kind = next(number for number, known in NUMERIC.items() if known == code)
        number = next(number for number, known in NUMBERS.items() if known == code)
        stored, dims = value.astype("<" + code), list(value.shape)
    return b"".join((
        _element(6, np.array([kind, 0], "<u4").tobytes()),
        _element(5, np.array(dims, "<i4").tobytes()),
        _element(1, name.encode("ascii")),
        _element(number, stored.tobytes(order="F")),
    ))


def _letters(rows: list[str]) -> tuple[list[int], np.ndarray]:
    coded = [np.frombuffer(row.encode("utf-16-le", "replace"), "<u2") for row in rows]
    width = max(map(len, coded), default=0)
    table = np.full((len(rows), width), ord(" "), "<u2")
    for line, letters in zip(table, coded, strict=True):
        line[: len(letters)] = letters
    return [len(rows), width], table


def _element(kind: int, data: bytes) -> bytes:
    return np.array([kind, len(data)], "<u4").tobytes() + data + bytes(-len(data) % 8)


def _deflated(data: bytes) -> bytes:
    packed = zlib.compress(data)
    if len(packed) * _GROWTH < len(data):  # the reader would not believe it
        return data
    return np.array([COMPRESSED, len(packed)], "<u4").tobytes() + packed
