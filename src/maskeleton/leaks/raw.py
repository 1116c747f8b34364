"""Raw: any file as the numbers and words that stand in it, whatever format it is said to be of.

It knows how files are packed (text, numpy, zip, MATLAB) but nothing of skeletons, and asks none of the readers for them.
What is no known packing is looked at as floating-point numbers that may begin at any byte.
"""

import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_OF_NUMBERS = b"0123456789eE+-. \t\n\r\f\v"
_A_LINE_EACH = bytes.maketrans(b" \t\r\f\v", b"\n\n\n\n\n")
CHUNK = 1 << 24  # bytes looked at together
MOST = 1 << 30  # bytes that are unpacked from one member of an archive
LARGEST = 1e5  # a number beyond is no coordinate in any unit


class Stream(NamedTuple):
    """Numbers that stand one after another; the joints of a pose lie `strides` apart."""

    values: np.ndarray  # (n,) float64
    strides: tuple[int, ...]
    where: Callable[[int], str]


def streams_of(path: Path) -> Iterator[Stream]:
    """All numbers of a file."""
    with path.open("rb") as file:
        head = file.read(256)
        file.seek(0)
        if head[:2] == b"PK":
            yield from _of_archive(path)
        elif head[:6] == b"\x93NUMPY":
            yield from _of_npy(file, "")
        elif head[:6] == b"MATLAB":
            yield from _of_matlab(file.read())
        elif b"\0" in head or not _is_text(head):
            yield from _of_bytes(file, "")
        else:
            yield from _of_text(file.read())


def _is_text(head: bytes) -> bool:
    try:
        head[:200].decode("utf-8")
    except UnicodeDecodeError as fault:
        return fault.start > 190
    return True


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_text(data: bytes) -> Iterator[Stream]:
    values = numbers_in(data)
    lines = data[: 1 << 16].splitlines()[:400]
    widths = [len(NUMBER.findall(line)) for line in lines]
    usual = max(set(widths), key=widths.count) if widths else 0
    strides = {3, 10} | ({usual} if 3 <= usual <= 64 else set())
    yield Stream(values, tuple(sorted(strides)), partial(_line_of, data))
    if b"\0" in data:  # text that goes on as something else
        start = max(0, data.index(b"\0") - 16)
        for stream in _of_bytes(io.BytesIO(data[start:]), ""):
            yield stream._replace(where=lambda index, where=stream.where: f"{where(index)} after byte {start}")  # type: ignore[misc]


def numbers_in(data: bytes) -> np.ndarray:
    """Every number of a text."""
    import pyarrow
    from pyarrow import csv

    if _is_plain(data):
        with suppress(pyarrow.ArrowInvalid):
            read = csv.read_csv(pyarrow.BufferReader(data.translate(_A_LINE_EACH)), **_csv_options())
            told: np.ndarray = read.column(0).to_numpy()
            return told
    with np.errstate(over="ignore"):
        return np.array(NUMBER.findall(data) or [b"nan"], np.bytes_).astype(np.float64)


@cache
def _csv_options() -> dict[str, Any]:
    import pyarrow
    from pyarrow import csv

    return {
        "read_options": csv.ReadOptions(use_threads=False, block_size=2**30, column_names=["number"]),
        "parse_options": csv.ParseOptions(quote_char=False),
        "convert_options": csv.ConvertOptions(check_utf8=False, null_values=[], column_types={"number": pyarrow.float64()}),
    }


def _is_plain(data: bytes) -> bool:
    return not data.translate(None, _OF_NUMBERS)


def _line_of(data: bytes, index: int) -> str:
    plain = _is_plain(data)
    for line, text in enumerate(data.splitlines(), 1):
        size = len(text.split()) if plain else len(NUMBER.findall(text))
        if index < size:
            return f"line {line}, number {index + 1}"
        index -= size
    return ""


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_archive(path: Path) -> Iterator[Stream]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                if member.filename.endswith(".npy"):
                    yield from _of_npy(stream, member.filename)
                else:
                    yield from _of_bytes(stream, member.filename)


def _of_npy(file: IO[bytes], name: str) -> Iterator[Stream]:
    version = np.lib.format.read_magic(file)
    header: Any = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(file)
    if dtype.hasobject or dtype.kind not in "fiu" or dtype.itemsize < 2 or 0 in shape:
        return
    inner = shape[1:]
    row = int(math.prod(inner)) * dtype.itemsize
    many = max(1, CHUNK // max(1, row)) if not fortran and shape and 3 in (inner or (3,)) else 1 << 62
    done = 0
    while data := file.read(min(many * row, MOST)):
        block = np.frombuffer(data[: len(data) - len(data) % max(1, row)], dtype).astype(np.float64)
        block = block.reshape(-1, *inner) if not fortran else block.reshape(shape, order="F")
        yield from of_array(block, f"{name} from row {done} on".strip())
        done += len(block)


def of_array(array: np.ndarray, name: str) -> Iterator[Stream]:
    """The numbers of an array, with every axis of three turned to the end."""
    for axis in [axis for axis, size in enumerate(array.shape) if size == 3] or [array.ndim - 1]:
        turned = np.ascontiguousarray(np.moveaxis(array, axis, -1), np.float64).ravel()
        yield Stream(turned, (3,), lambda index: f"{name}, number {index}")


def _of_matlab(data: bytes) -> Iterator[Stream]:
    """The elements of a MATLAB file, unpacked; arrays lie column by column there, so that what belongs to one joint is as
    far apart as there are joints."""
    at = 128
    while at + 8 <= len(data):
        kind, size = np.frombuffer(data[at : at + 8], "<u4").tolist()
        body = data[at + 8 : at + 8 + size]
        if kind == 15:
            try:
                body = zlib.decompressobj().decompress(body, MOST)[8:]
            except zlib.error:
                body = b""
        shape = _matlab_shape(body)
        values = np.frombuffer(body[len(body) % 8 :], "<f8")
        count = math.prod(shape)
        if 3 in shape and count <= len(values):
            yield from of_array(values[len(values) - count :].reshape(shape, order="F"), f"byte {at}")
        else:
            yield Stream(values.astype(np.float64), (3,), lambda index, at=at: f"byte {at}, number {index}")  # type: ignore[misc]
        at += 8 + size


def _matlab_shape(body: bytes) -> tuple[int, ...]:
    """The sizes that follow the flags of a matrix."""
    if len(body) < 24 or np.frombuffer(body[:4], "<u4")[0] != 6:
        return ()
    size = int(np.frombuffer(body[20:24], "<u4")[0])
    return tuple(np.frombuffer(body[24 : 24 + size - size % 4], "<i4").tolist()) if 8 <= size <= 64 else ()


def _of_bytes(file: IO[bytes], name: str) -> Iterator[Stream]:
    at, rest = 0, b""
    while piece := file.read(CHUNK):
        data = rest + piece
        for kind in ("<f4", "<f8"):
            size = int(kind[2:])
            for shift in range(size):
                usable = data[shift : len(data) - (len(data) - shift) % size]
                with np.errstate(all="ignore"):
                    values = np.frombuffer(usable, kind).astype(np.float64)
                yield Stream(values, (3, 4), _byte(f"{name} byte".strip(), at + shift, size))
        rest = data[-512:]
        at += len(data) - len(rest)


def _byte(name: str, start: int, size: int) -> Callable[[int], str]:
    return lambda index: f"{name} {start + index * size}"


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_LETTERS = re.compile(rb"[A-DF-Za-df-z]")


def text_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """(place, bytes) of a file in which to look for words: packed members unpacked, names of members among them."""
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    yield member.filename, member.filename.encode() + b" " + member.comment + b" " + member.extra
                    with archive.open(member) as stream:
                        while data := stream.read(CHUNK):
                            yield member.filename, _narrow(data)
                yield "the archive's comment", archive.comment
            return
        file.seek(0)
        while data := file.read(CHUNK):
            if _LETTERS.search(data):
                yield "", _narrow(data)


def _narrow(data: bytes) -> bytes:
    """Text of two or four bytes a sign as text of one, behind the bytes as they are."""
    return data + b"\n" + data.replace(b"\0", b"") if b"\0" in data else data
