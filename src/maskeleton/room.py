"""Room: a folder of a process's own in the system's temporary one; what a killed process has left, the next one sweeps.

Beside every room lies a file that its owner holds for as long as it lives. Original data lies in rooms: nothing of it may
outlast the work. Rooms are named by their machine, and each sweeps its own: on a disk that several share, one cannot always
see what another holds.
"""

import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from maskeleton.jobs import remove

try:
    import fcntl
except ImportError:  # there is none on Windows, where rooms of the killed stay
    fcntl = None  # type: ignore[assignment]

PREFIX, HELD = "maskeleton-", ".held"


class Room:
    """A new room, and who holds it."""

    def __init__(self) -> None:
        place = Path(tempfile.gettempdir())
        sweep(place)
        while True:
            self.folder = place / f"{of_this_machine()}{secrets.token_hex(6)}"
            self.lock = self.folder.with_name(self.folder.name + HELD)
            self.held: IO[bytes] = os.fdopen(os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b")
            if _holds(self.held) is not False:  # or another is just sweeping it away
                break
            self.held.close()
        self.folder.mkdir(0o700)

    def leave(self) -> None:
        """Nothing of it stays; what cannot be deleted now, the next one sweeps."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.held.close()
        if not self.folder.exists():
            self.lock.unlink(missing_ok=True)


@contextmanager
def own_room() -> Iterator[Path]:
    """A room while the block runs."""
    room = Room()
    try:
        yield room.folder
    finally:
        room.leave()


def of_this_machine() -> str:
    """How the names of its rooms begin."""
    return f"{PREFIX}{sha256(platform.node().encode()).hexdigest()[:8]}-"


def sweep(place: Path) -> None:
    """Delete the rooms whose owner is gone, this machine's and this user's only."""
    if fcntl is None:
        return
    for lock in place.glob(f"{of_this_machine()}*{HELD}"):
        with suppress(OSError):
            if lock.lstat().st_uid != os.getuid():
                continue
            with os.fdopen(os.open(lock, os.O_RDWR | os.O_NOFOLLOW), "r+b") as file:
                if _holds(file):
                    folder = lock.with_name(lock.name.removesuffix(HELD))
                    if os.path.lexists(folder) and folder.lstat().st_uid == os.getuid():
                        remove(folder)
                    lock.unlink()


def _holds(file: IO[bytes]) -> bool | None:
    """Is this process the one that holds a file? None where a disk knows no locks, and nobody can tell."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return os.fstat(file.fileno()).st_nlink > 0
