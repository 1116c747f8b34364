"""Archives as DATA: a zip or tar is unpacked into a folder of its own, which goes when nobody needs it any more.

Nothing in an archive is trusted: no member leaves the folder, none is anything but a file or a folder, and what they
announce and what they turn out to be is bounded. What breaks a rule is refused by its name, and nothing of it stays.
"""

import bz2
import calendar
import gzip
import lzma
import os
import stat
import struct
import tarfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from maskeleton.errors import UserError, printable
from maskeleton.room import Room

ZIP, TAR = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
MOST_MEMBERS = 1_000_000
MOST_BYTES = 1 << 40  # of all members together
MOST_DIRECTORY = 32 << 20  # bytes of a zip's list of members, which is read as a whole
RATIO, FREE = 200, 100 << 20  # beyond so many bytes an archive may unpack to so many times its size
_CHUNK = 1 << 20
_JUNK = "__MACOSX"
_DAMAGED = "it is cut or damaged; copy it again, or unpack it yourself"
_FAULTS = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, NotImplementedError,
           RuntimeError, RecursionError, struct.error, OverflowError, IndexError, KeyError, TypeError, AttributeError)


class Unpacked:
    """A room, left with this object."""

    def __init__(self) -> None:
        room = Room()
        self.folder = room.folder
        self.gone = weakref.finalize(self, room.leave)

    @property
    def root(self) -> Path:
        """Where the data begins: below folders that hold nothing but one other."""
        place = self.folder
        while True:
            inside = [path for path in place.iterdir() if not path.name.startswith(".")]
            if len(inside) != 1 or not inside[0].is_dir():
                return place
            place = inside[0]


class _Member(NamedTuple):
    """A file of an archive, before it is looked at."""

    name: str
    size: int
    time: int
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """A file with the name of an archive."""
    return path.name.lower().endswith(ZIP + TAR) and path.is_file()


def unpack(path: Path) -> Unpacked:
    """Unpack an archive, or say in words why not."""
    unpacked = Unpacked()
    try:
        members = _of_zip(path) if path.name.lower().endswith(ZIP) else _of_tar(path)
        _write(path, members, unpacked.folder)
    except UserError:
        unpacked.gone()
        raise
    except _FAULTS as fault:
        unpacked.gone()
        kind = "zip" if path.name.lower().endswith(ZIP) else "tar"
        raise UserError(f"{path.name} cannot be unpacked as a {kind}: {_told(fault)}", _DAMAGED) from None
    except OSError as fault:
        unpacked.gone()
        raise UserError(f"{path.name} cannot be unpacked in {unpacked.folder.parent}: {fault.strerror or _told(fault)}",
                        "make room there, name another place by the variable TMPDIR, or unpack it yourself") from None
    except BaseException:
        unpacked.gone()
        raise
    return unpacked


def _write(path: Path, members: Iterator[_Member], folder: Path) -> None:
    """Every member to its place, in pieces, counted as it comes out."""
    packed, written, count = path.stat().st_size, 0, 0
    for member in members:
        count += 1
        if count > MOST_MEMBERS:
            raise UserError(f"{path.name} holds more than {MOST_MEMBERS:,} files", "unpack it yourself")
        place = _place(path, member.name, folder)
        if place is None:
            continue
        _check_size(path, packed, written + member.size)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with member.open() as packed_file, place.open("xb") as file:
                while piece := packed_file.read(_CHUNK):
                    written += len(piece)
                    _check_size(path, packed, written)
                    file.write(piece)
        except FileExistsError:
            raise UserError(f"{path.name} holds {printable(member.name)} twice", "unpack it yourself") from None
        os.utime(place, (member.time, member.time))  # so that work which was interrupted knows the file again
    if not count:
        raise UserError(f"{path.name} holds no files", "check the archive")


def _place(path: Path, name: str, folder: Path) -> Path | None:
    """Where a member goes; None for what is left out. A name that leads elsewhere is refused."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        raise UserError(f"{path.name} holds {printable(name[:200])!r}, which would leave the folder it is unpacked in",
                        "it may be meant to do harm: do not unpack it")
    return None if parts[0] == _JUNK else folder.joinpath(*parts)


def _check_size(path: Path, packed: int, unpacked: int) -> None:
    if unpacked > MOST_BYTES or unpacked > FREE + RATIO * packed:
        raise UserError(f"{path.name} would unpack to over {unpacked:,} bytes, from {packed:,}",
                        "it looks like a bomb; if it is none, unpack it yourself")


def _refuse_kind(path: Path, name: str, kind: str) -> None:
    raise UserError(f"{path.name} holds {printable(name[:200])!r}, which is {kind}",
                    "only files and folders are unpacked; unpack it yourself if you trust it")


def _told(fault: BaseException) -> str:
    return printable(str(fault)[:120] or type(fault).__name__)


# ── zip ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_zip(path: Path) -> Iterator[_Member]:
    _check_directory(path)
    with zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        _check_size(path, path.stat().st_size, sum(info.file_size for info in files))
        for info in files:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                _refuse_kind(path, info.filename, "a link" if kind == stat.S_IFLNK else "no plain file")
            if info.flag_bits & 1:
                _refuse_kind(path, info.filename, "encrypted")
            yield _Member(info.filename, info.file_size, _seconds(info.date_time), lambda info=info: archive.open(info))  # type: ignore[misc]


def _check_directory(path: Path) -> None:
    """A zip's list of members is read as a whole: it must be of a size that memory bears."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 17)))
        tail = file.read()
    end, long_end = tail.rfind(b"PK\5\6"), tail.rfind(b"PK\6\6")
    sizes = [struct.unpack_from("<I", tail, end + 12)[0]] if 0 <= end <= len(tail) - 22 else []
    if sizes == [0xFFFFFFFF]:
        sizes = [struct.unpack_from("<Q", tail, long_end + 40)[0]] if 0 <= long_end <= len(tail) - 56 else []
    if sizes and sizes[0] > MOST_DIRECTORY:
        raise UserError(f"{path.name} has a list of members of {sizes[0]:,} bytes", "unpack it yourself, or make it a tar")


def _seconds(date: tuple[int, ...]) -> int:
    try:
        return calendar.timegm((*date, 0, 0, 0))
    except (ValueError, OverflowError):
        return 0


# ── tar ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Forward:
    """A tar's bytes, unpacked, read forwards only and in small pieces: what a header announces is never believed."""

    def __init__(self, path: Path, raw: IO[bytes], unpacked: IO[bytes]) -> None:
        self.path, self.raw, self.unpacked, self.at, self.ends = path, raw, unpacked, 0, 0

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        piece = self.unpacked.read(size)
        self.at += len(piece)
        self.ends += size > 0 and not piece
        if self.ends > 8:
            raise tarfile.ReadError("it ends in a header")
        if self.at > FREE:
            _check_size(self.path, max(self.raw.tell(), 1), self.at)
        return piece

    def seek(self, place: int, whence: int = 0) -> int:
        if whence or place < self.at:
            raise tarfile.ReadError("a header leads backwards")
        while self.at < place:
            if not self.read(min(_CHUNK, place - self.at)):
                raise tarfile.ReadError("it ends early")
        return self.at

    def tell(self) -> int:
        return self.at


def _of_tar(path: Path) -> Iterator[_Member]:
    with path.open("rb") as raw:
        forward = _Forward(path, raw, _opened(raw))
        with tarfile.open(fileobj=forward, mode="r:") as archive:  # type: ignore[call-overload]
            while (member := archive.next()) is not None:
                archive.members.clear()  # or a million of them would be kept
                if member.isdir() or member.name.split("/")[0] == _JUNK:
                    continue
                if not member.isreg() or member.issparse():
                    _refuse_kind(path, member.name, "a link" if member.islnk() or member.issym() else "no plain file")
                time = int(member.mtime) if 0 <= member.mtime < 1 << 40 else 0
                yield _Member(member.name, member.size, time, lambda member=member: archive.extractfile(member))  # type: ignore[misc]


def _opened(raw: IO[bytes]) -> IO[bytes]:
    """The bytes of a tar, whatever it is packed with: told by its first bytes."""
    head = raw.read(6)
    raw.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]
    if head.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if head == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(raw)
    return raw
