"""derived: every file is, byte for byte, what its own motion, labels and names make it; nothing else has room in it.

The files are read, written again from what was read, with every other field computed anew, and compared. A comment, a
field of the sensor's, a second body's id, an extra array, a clock that is not regular: all of it makes a difference. Of
bvh, in which rotations stand for positions, the words are compared and the numbers only counted; in c3d, which has
millimetres, numbers may differ in their last digits.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from maskeleton.dataset import Builder
from maskeleton.formats import etri, ntu
from maskeleton.formats.opening import writer
from maskeleton.formats.source import Fault
from maskeleton.leaks.given import Given, Leak, in_blocks
from maskeleton.leaks.raw import LARGEST, NUMBER
from maskeleton.outgoing import DATA, ONE_FILE, as_files, files_in

RECKONED = ("bvh", "c3d")  # formats in which numbers are solved for, and are not the same again to the last digit
LAST_DIGITS = 1e-6
_NTU_BODY = [field.name for field in ntu.FIELDS if field.name not in ("body count", "frame count")][5:15]
_NTU_JOINT = [field.name for field in ntu.FIELDS][-ntu.IN_A_JOINT :]
_WORD = re.compile(rb"\S+")


def find(given: Given) -> Iterator[Leak]:
    """Write everything again and compare."""
    yield from given.read[1]
    if given.separate:
        yield from given.over((separate, files) for files in in_blocks(given.data_files))
        return
    again = given.room / "again"
    target = again / ONE_FILE[given.format] if given.format in ONE_FILE else again
    target.parent.mkdir(parents=True, exist_ok=True)
    writer(given.format).write(given.released, target, True)
    theirs = {given.name_of(file): file for file in given.files if file.is_relative_to(given.out / DATA)
              and file not in given.tables}
    ours = {f"{DATA}/{file.relative_to(again).as_posix()}": file for file in files_in(again)}
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in ours:
            yield Leak(name, "", "the motion of the release makes no such file")
        elif name in theirs:
            yield from compared(name, theirs[name], ours[name], given.format)


def separate(given: Given, files: Sequence[Path]) -> Iterator[Leak]:
    """Each of these files, beside what the recording in it makes."""
    source = given.source(files)
    builder = Builder(source.skeleton, source.fps)
    for part in source.parts:
        for item in source.read(part):
            if not isinstance(item, Fault):
                builder.add(item)
    if not builder.told:
        return
    with TemporaryDirectory(dir=given.room) as room:
        again = Path(room) / "again"
        writer(given.format).write(as_files(builder.dataset(()), given.format, 1), again, True)
        for file in files:
            if (again / file.name).is_file():
                yield from compared(given.name_of(file), file, again / file.name, given.format)
            else:
                yield Leak(given.name_of(file), "", "its name is not that of the recording in it")


def compared(name: str, theirs: Path, ours: Path, format: str) -> Iterator[Leak]:
    """The first difference between a file and what it should be."""
    a, b = theirs.read_bytes(), ours.read_bytes()
    if a == b:
        return
    if format in RECKONED and (_same_numbers(a, b) if b"\0" in a[:4096] else _same_words(a, b)):
        return
    place, what = difference(a, b, format)
    yield Leak(name, place, what)


def _same_words(a: bytes, b: bytes) -> bool:
    words = [[word for word in _WORD.findall(data) if not NUMBER.fullmatch(word)] for data in (a, b)]
    counts = [len(NUMBER.findall(data)) for data in (a, b)]
    return words[0] == words[1] and counts[0] == counts[1]


def _same_numbers(a: bytes, b: bytes) -> bool:
    """Are all bytes the same, but for the last digits of floats?"""
    if len(a) != len(b) or len(a) % 4:
        return False
    with np.errstate(all="ignore"):
        ours, theirs = (np.frombuffer(data, "<f4").astype(np.float64) for data in (a, b))
        near = np.abs(ours - theirs) <= LAST_DIGITS * np.maximum(np.abs(ours), 1)
    bits = np.frombuffer(a, "<u4") == np.frombuffer(b, "<u4")
    plausible = (np.abs(ours) < LARGEST) & (np.abs(ours) > 1 / LARGEST) | (ours == 0)
    return bool((bits | (near & plausible)).all())


def difference(a: bytes, b: bytes, format: str) -> tuple[str, str]:
    """Where two files first differ, and by what."""
    if b"\0" in a[:4096]:
        at = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        return f"byte {at}", "its own motion makes another file of it"
    lines, others = a.splitlines(), b.splitlines()
    for number, (line, other) in enumerate(zip(lines, others, strict=False), 1):
        if line != other:
            return f"line {number}", _by_what(line, other, lines[0], format)
    extra = lines[len(others)] if len(lines) > len(others) else b""
    return f"line {min(len(lines), len(others)) + 1}", f"there should be nothing: {_shown(extra)}" if extra else \
        "the file ends early"


def _by_what(line: bytes, other: bytes, header: bytes, format: str) -> str:
    parts = line.split(b",") if b"," in line else line.split()
    should = other.split(b",") if b"," in other else other.split()
    column = next((at for at, (x, y) in enumerate(zip(parts, should, strict=False)) if x != y), len(should))
    named = _columns(header, len(parts), format)
    field = named[column] if column < len(named) else f"word {column + 1}"
    told = _shown(parts[column]) if column < len(parts) else "missing"
    return f"{field} is {told}; its own motion makes it {_shown(should[column]) if column < len(should) else 'nothing'}"


def _columns(header: bytes, size: int, format: str) -> list[str]:
    if format == "ntu":
        return {ntu.IN_A_BODY: _NTU_BODY, ntu.IN_A_JOINT: _NTU_JOINT}.get(size, [])
    if format == "etri":
        return list(etri.HEADER)
    return header.decode("utf-8", "replace").split(",") if format == "table" else []


def _shown(word: bytes) -> str:
    text = word[:60].decode("utf-8", "backslashreplace")
    return repr(text + ("…" if len(word) > 60 else ""))
