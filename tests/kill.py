"""Kills a running command at a chosen moment: what every verb that promises to resume is tested with."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

MASKELETON = (sys.executable, "-c", "from maskeleton.cli import main; main()")


def run_until(
    arguments: Sequence[str | Path], until: Callable[[], bool], sign: int = signal.SIGKILL, seconds: float = 60
) -> int:
    """Run `maskeleton ARGUMENTS`, send it `sign` as soon as `until()` is true, and give its exit status.

    Fails if the command ends by itself before that: the kill would have proven nothing.
    """
    process = subprocess.Popen([*MASKELETON, *map(str, arguments)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    ends = time.monotonic() + seconds
    try:
        while not until():
            assert process.poll() is None, f"ended by itself with {process.returncode} before it could be killed"
            assert time.monotonic() < ends, "the moment to kill never came"
            time.sleep(0.002)
        process.send_signal(sign)
        return process.wait(30)
    finally:
        kill_group(process.pid)
        process.wait(30)


def kill_group(pid: int) -> None:
    """End what a killed command may have left behind."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def count(folder: Path, glob: str) -> int:
    """Files there that match."""
    return sum(1 for _ in folder.glob(glob)) if folder.is_dir() else 0


def die_once(out: Path, mark: str) -> None:
    """A job whose process ends as one does that the system has no memory for; the second time it works."""
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(137)
    out.write_text("done")
