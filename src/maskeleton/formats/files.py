"""Which files of a folder or a glob hold motion, in natural order, and of which format they are."""

import glob
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from maskeleton import store
from maskeleton.errors import UserError, listed, pick
from maskeleton.formats import FORMATS
from maskeleton.formats.source import Paths
from maskeleton.formats.tables import FOLDER_TABLES
from maskeleton.labels import natural

RECORDS = (*FOLDER_TABLES, "run.json", "quarantine.csv")  # files of a data folder that hold no motion
_LOOKED_AT = 256  # files whose head is read to find a folder's format


def find_files(data: str | Path) -> tuple[Path, Paths]:
    """The folder that names are told from, and all candidate files, naturally sorted."""
    path = Path(data)
    if not os.fspath(data):
        raise UserError("no data is named: DATA is empty", "give a file, a folder or a glob in quotes")
    if path.is_dir():
        root, names = path, [str(path)] if store.is_store(path) else list(_walk(path))
    elif path.is_file():
        return path.parent, Paths([str(path)])
    elif glob.has_magic(str(data)):
        root = Path(*_before_magic(path))
        names = [name for name in glob.glob(str(data), recursive=True) if _holds_motion(name) and os.path.isfile(name)]
    else:
        raise UserError(f"{data} is not there", "give a file, a folder or a glob in quotes")
    if not names:
        raise UserError(f"there are no data files in {data}", "check the path")
    names.sort(key=natural)
    return root, Paths(names)


def detect(data: str | Path, files: Paths, format: str | None) -> tuple[str, Paths, int]:
    """The format of these files, those that are of it, and how many are not."""
    if len(files) == 1 and files[0].is_dir():
        return "store", files, 0
    heads = {file: _head(file) for file in files[:: max(1, len(files) // _LOOKED_AT)]}
    if format:
        found = [file for file, head in heads.items() if pick(format, FORMATS, "format").detect(file, head)]
    else:
        format, found = _claimed(data, heads)
    mine = _with_suffixes(files, {_suffix(file.name) for file in found}) if found else files
    return format, mine, len(files) - len(mine)


def _claimed(data: str | Path, heads: dict[Path, bytes]) -> tuple[str, list[Path]]:
    """The one format that claims files among these, and those files."""
    claims: dict[str, list[Path]] = {}
    for file, head in heads.items():
        for name, one in FORMATS.items():
            if one.detect(file, head):
                claims.setdefault(name, []).append(file)
                break
    if not claims:
        endings = listed(sorted({file.suffix or file.name for file in heads}), 5)
        raise UserError(f"{data} is of no format known here ({endings})", f"name it with --from: {listed(FORMATS, 20)}")
    if len(claims) > 1:
        told = [f"{len(found)} {name}, as {found[0].name}" for name, found in claims.items()]
        raise UserError(f"{data} holds files of several formats: {listed(told)}", "choose one with --from")
    return claims.popitem()


def _with_suffixes(files: Paths, suffixes: set[str]) -> Paths:
    return Paths(name for name in files.names if _suffix(name) in suffixes)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _walk(folder: Path) -> Iterator[str]:
    """All files that may hold motion, of every folder once, however many links lead there."""
    seen: set[str] = set()
    waiting = [os.fspath(folder)]
    while waiting:
        for place, folders, names in os.walk(waiting.pop(0)):
            real = os.path.realpath(place)
            folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
            if real not in seen:
                seen.add(real)
                waiting += [link for name in folders if os.path.islink(link := os.path.join(place, name))]
                yield from (os.path.join(place, name) for name in names if _holds_motion(name)
                            and not _is_special(os.path.join(place, name)))


def _is_special(path: str) -> bool:
    """A pipe or a device, at which reading may wait for ever; what is not there will be said when it is read."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _holds_motion(name: str) -> bool:
    base = os.path.basename(name)
    return not (base in RECORDS or base.startswith(".") or base.endswith((".run.json", ".quarantine.csv", ".md")))


def _before_magic(path: Path) -> Iterator[str]:
    for part in path.parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(4096)
    except OSError:
        return b""
