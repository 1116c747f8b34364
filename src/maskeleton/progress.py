"""Progress with time left: a bar on a terminal, a plain line now and then elsewhere; always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from maskeleton.jobs import Report

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress(what: str, stream: TextIO | None = None) -> Iterator[Report]:
    """A function (done, total) that tells how far `what` is."""
    stream = stream or sys.stderr
    with (_bar(what) if stream.isatty() else _lines(what, stream)) as report:
        yield report


@contextmanager
def _bar(what: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _lines(what: str, stream: TextIO) -> Iterator[Report]:
    began = last = time.monotonic()

    stage = before = 0

    def report(done: int, total: int) -> None:
        nonlocal began, last, stage, before
        now = time.monotonic()
        if stage and total != stage:  # other work begins, which goes at a pace of its own
            began, before = now, done
        stage = total
        if now - last >= _SECONDS_BETWEEN_LINES and before < done < total:
            last = now
            left = (now - began) / (done - before) * (total - done)
            print(f"{what}: {done} of {total}, about {clock(left)} left", file=stream, flush=True)

    yield report


def clock(seconds: float) -> str:
    """'1:02:03' or '2:03'."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
