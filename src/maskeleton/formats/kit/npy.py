"""npy: numpy's arrays in .npy files and .npz archives, read without trusting a word of what they say of themselves."""

import atexit
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from maskeleton.errors import UserError, listed

MAGIC = b"\x93NUMPY"
CUT = "the file is damaged or cut: get it again"
FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, RuntimeError, MemoryError)
ROOM = 64 << 20  # what an archive's arrays may take besides a multiple of its size
SMALL_TIMES, LARGE_TIMES = 8, 200  # that multiple: for what is held in memory, and for what is only passed through
_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|[US][1-9]\d{0,8})")
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes on any day


class Header(NamedTuple):
    """What an array says of itself: `offset` is where its numbers begin."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    offset: int

    @property
    def size(self) -> int:
        """The bytes of its numbers."""
        return self.entries * self.dtype.itemsize

    @property
    def entries(self) -> int:
        """How many entries it has."""
        count = 1
        for side in self.shape:
            count *= side
        return count


def plain_dtype(word: str) -> np.dtype:
    """The dtype of plain numbers or text; a UserError for objects, records and dates."""
    if not _DTYPE.fullmatch(word):
        kind = "Python objects, which only a pickle can hold" if "O" in word else f"the kind {word[:40]!r}"
        raise UserError(f"an array holds {kind}", "only arrays of numbers and of text are read")
    return np.dtype(word)


def read_header(stream: IO[bytes]) -> Header:
    """The header of an array; the stream then stands at its numbers."""
    start = stream.read(8)
    wide = start[6:7] == b"\x02"
    size = stream.read(4 if wide else 2)
    if start[:6] != MAGIC or start[6:7] not in (b"\x01", b"\x02") or len(size) != (4 if wide else 2):
        raise UserError("this is no array of numpy (.npy, version 1 or 2)", CUT)
    length = int.from_bytes(size, "little")
    text = stream.read(min(length, 1 << 16)).decode("latin-1")
    dtype = re.search(r"['\"]descr['\"]\s*:\s*(?:['\"]([^'\"]*)['\"]|\[)", text)
    order = re.search(r"['\"]fortran_order['\"]\s*:\s*(True|False)", text)
    shape = re.search(r"['\"]shape['\"]\s*:\s*\(([\d,L\s]*)\)", text)
    if len(text) != length or not (dtype and order and shape):
        raise UserError("an array's header cannot be read", CUT)
    if dtype[1] is None:
        raise UserError("an array holds records of several fields", "only arrays of numbers and of text are read")
    sides = re.findall(r"\d+", shape[1])
    if len(sides) > 8 or any(len(side) > 15 for side in sides):
        raise UserError(f"an array has the shape ({shape[1][:60]}), which cannot be", CUT)
    return Header(plain_dtype(dtype[1]), tuple(int(side) for side in sides), order[1] == "True",
                  8 + len(size) + length)


def mapped(path: Path) -> np.ndarray:
    """The array of an .npy file, on disk until it is looked at."""
    with path.open("rb") as stream:
        header = read_header(stream)
        there = os.fstat(stream.fileno()).st_size - header.offset
    if there != header.size:
        raise UserError(f"the array is {header.size} bytes by its header, but {there} are there", CUT)
    if not header.size:
        return np.zeros(header.shape, header.dtype)
    return np.memmap(path, header.dtype, "r", header.offset, header.shape, "F" if header.fortran else "C")


# ── archives ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def names_in(path: Path, head: bytes) -> set[str]:
    """The arrays of an archive, for `detect`: by its directory, or where that is damaged by its first bytes."""
    if not head.startswith(b"PK\x03\x04"):
        return set()
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (*FAULTS, OSError):
        return {name.decode() for name in re.findall(rb"(\w{1,40})\.npy", head)}


def headers_in(path: Path) -> dict[str, Header]:
    """Every array's header, after checking that the archive keeps to what it says and is no bomb."""
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            return {info.filename[:-4]: _checked(archive, info, size) for info in archive.infolist()
                    if info.filename.endswith(".npy")}
    except (*FAULTS, OSError) as fault:
        raise UserError(f"this is no whole archive of arrays ({_told(fault)})", CUT) from None


def _checked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> Header:
    name = info.filename[:-4]
    if not name.isprintable() or len(name) > 100:
        raise UserError(f"an array has the name {name[:40]!r}", "rename it")
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{name} is encrypted or packed in a way that numpy does not use", "save it by numpy.savez")
    packed = min(info.compress_size, size)
    if info.file_size > ROOM + LARGE_TIMES * packed:
        raise UserError(f"{name} would unpack {packed} bytes to {info.file_size}",
                        "honest data does not shrink that much: do not trust this file, or save it by numpy.savez")
    try:
        with archive.open(info) as stream:
            header = read_header(stream)
    except UserError as error:
        raise UserError(f"{name}: {error.wrong}", error.remedy) from None
    if header.size + header.offset != info.file_size:
        raise UserError(f"{name} has the shape {header.shape}, but {info.file_size - header.offset} bytes are there",
                        CUT)
    return header


def small_arrays(path: Path, headers: dict[str, Header], names: Sequence[str]) -> dict[str, np.ndarray]:
    """Whole arrays of an archive, if together they may be held in memory; text is checked."""
    size = sum(headers[name].size for name in names)
    if size > ROOM + SMALL_TIMES * path.stat().st_size:
        raise UserError(f"{listed(names, 3)} would take {size} bytes of memory", "do not trust this file")
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                found[name] = _whole(archive, name, headers[name])
    except (*FAULTS, KeyError) as fault:
        raise UserError(f"an array cannot be unpacked ({_told(fault)})", CUT) from None
    return found


def _whole(archive: zipfile.ZipFile, name: str, header: Header) -> np.ndarray:
    with archive.open(f"{name}.npy") as stream:
        stream.read(header.offset)
        data = stream.read(header.size)
        if len(data) != header.size or stream.read(1):
            raise EOFError(f"{name} does not end where it should")
    array = np.frombuffer(bytearray(data), header.dtype) if data else np.zeros(0, header.dtype)
    array = array.reshape(header.shape, order="F" if header.fortran else "C")
    return text(array, name) if array.dtype.kind in "SU" else array


def text(array: np.ndarray, name: str) -> np.ndarray:
    """An array of text as Unicode that can be looked at and written; a UserError where it is none."""
    if array.dtype.kind == "S":
        try:
            return np.char.decode(array, "utf-8")
        except UnicodeDecodeError:
            raise UserError(f"{name} holds text that is not UTF-8", "save text as Unicode (numpy's U)") from None
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    codes = array.reshape(-1).view(np.uint32)
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
        raise UserError(f"{name} holds characters that do not exist", CUT)
    return array


def _told(fault: BaseException) -> str:
    return str(fault)[:80] or type(fault).__name__


# ── rows of an array too large to hold ───────────────────────────────────────────────────────────────────────────────


class _Stream:
    """An array of an archive, unpacked from its first row on."""

    def __init__(self, path: Path, name: str, header: Header) -> None:
        self.header, self.row = header, 0
        self.width = header.size // header.shape[0] if header.shape[0] else 0
        self.archive = zipfile.ZipFile(path)
        try:
            self.file = self.archive.open(f"{name}.npy")
            self._some(header.offset)
        except BaseException:
            self.archive.close()
            raise

    def skip_to(self, row: int) -> None:
        left = (row - self.row) * self.width
        while left:
            left -= len(self._some(min(left, 1 << 20)))
        self.row = row

    def take(self, rows: int) -> np.ndarray:
        data = bytearray(self._some(rows * self.width))
        self.row += rows
        if self.row == self.header.shape[0] and self.file.read(1):  # reading on to the end also checks the sum
            raise EOFError("it is longer than it says")
        return np.frombuffer(data, self.header.dtype).reshape(rows, *self.header.shape[1:])

    def _some(self, size: int) -> bytes:
        data = self.file.read(size)
        if len(data) != size:
            raise EOFError("it ends early")
        return data

    def close(self) -> None:
        self.file.close()
        self.archive.close()


# What stands open between two calls: one stream for each array, so that reading on does not unpack from the start.
_open: dict[tuple[object, ...], _Stream] = {}


@atexit.register
def _close() -> None:
    while _open:
        _open.popitem()[1].close()


def rows(path: Path, name: str, header: Header, start: int, stop: int) -> np.ndarray:
    """Rows of an array of an archive. Cheap in ascending order; going back unpacks from the beginning again."""
    if header.fortran and len(header.shape) > 1 and header.entries:
        raise UserError(f"{name} is stored column by column", "save it by numpy.ascontiguousarray")
    if stop <= start or not header.size:
        return np.zeros((max(0, stop - start), *header.shape[1:]), header.dtype)
    found = path.stat()
    if header.size // header.shape[0] * (stop - start) > ROOM + SMALL_TIMES * found.st_size:
        raise UserError(f"a recording of {name} would take more memory than {SMALL_TIMES} times the file", CUT)
    key = (os.getpid(), os.fspath(path), found.st_size, found.st_mtime_ns, name)  # a fork must not share a place
    stream = _open.pop(key, None)
    try:
        if stream and stream.row > start:
            stream.close()
            stream = None
        stream = stream or _Stream(path, name, header)
        stream.skip_to(start)
        taken = stream.take(stop - start)
    except (*FAULTS, KeyError) as fault:
        if stream:
            stream.close()
        raise UserError(f"{name} cannot be unpacked ({_told(fault)})", CUT) from None
    if stream.row == header.shape[0]:
        stream.close()
    else:
        _open[key] = stream
        while len(_open) > 4:
            _open.pop(next(iter(_open))).close()
    return taken


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def header_bytes(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """A header of version 1, its numbers beginning at a multiple of 64."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode("ascii")
    return MAGIC + b"\x01\x00" + struct.pack("<H", len(text) + -(len(text) + 11) % 64 + 1) \
        + text + b" " * (-(len(text) + 11) % 64) + b"\n"


def member(archive: zipfile.ZipFile, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> IO[bytes]:
    """An open, empty array of an archive: write its rows into it, then close it."""
    stream = archive.open(zipfile.ZipInfo(f"{name}.npy", _OLDEST), "w", force_zip64=True)
    stream.write(header_bytes(dtype, shape))
    return stream


def put(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    """A whole array into an archive."""
    with member(archive, name, array.dtype, array.shape) as stream:
        stream.write(np.ascontiguousarray(array).tobytes())


def check_shape(name: str, header: Header, sides: int, kinds: str, expected: str) -> None:
    """A UserError unless an array has this number of axes and one of these kinds."""
    if len(header.shape) != sides or header.dtype.kind not in kinds:
        raise UserError(f"{name} has the shape {header.shape} of {header.dtype}, expected {expected}",
                        f"see what the file holds: numpy.load(…)[{name!r}]")


def need(headers: dict[str, Header], *names: str) -> None:
    """A UserError naming the arrays that are missing."""
    missing = [name for name in names if name not in headers]
    if missing:
        raise UserError(f"it has no {listed(missing)}", f"it holds {listed(headers, 20) or 'nothing'}")
