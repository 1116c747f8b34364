"""A job is a function and its arguments that make one output: in this process, in a local pool, on a Ray cluster, or
shard by shard.

Outputs appear by rename, so one that is there is whole; what is there already is not made again. That is all
there is to resuming: run the same jobs into the same folder.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, NamedTuple

from maskeleton.cluster import over_cluster
from maskeleton.errors import UserError

try:
    import fcntl
except ImportError:  # there is none on Windows, where nobody is kept apart
    fcntl = None  # type: ignore[assignment]

RUNNERS = ("local", "ray")
RESULT_VERSION = 2  # part of every job's name: raise it where a job would make other bytes than before


class Job(NamedTuple):
    """`work(out, *arguments)` makes the file or folder `out`; `key` (plain data) says all its content depends on."""

    name: str
    key: Any
    work: Callable[..., None]
    arguments: tuple[Any, ...]

    @property
    def file(self) -> str:
        """The output's name: the job's own and a hash of function, key and result version."""
        told = json.dumps([f"{self.work.__module__}.{self.work.__qualname__}", self.key, RESULT_VERSION],
                          sort_keys=True, default=str)
        return f"{self.name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


class Share(NamedTuple):
    """Which of n equal machines this is: it does every n-th job, beginning with its own number; and what does them."""

    number: int = 0
    among: int = 1
    on: str = "local"  # or ray

    @classmethod
    def checked(cls, number: int, among: int, on: str = "local") -> "Share":
        if on not in RUNNERS:
            raise UserError(f"--on {on} cannot be", f"there are: {', '.join(RUNNERS)}")
        if among < 1 or not 0 <= number < among:
            raise UserError(f"shard {number} of {among} cannot be", "shards count from 0: --shard-index 0 "
                            "--num-shards 2, then --shard-index 1 --num-shards 2")
        return cls(number, among, on)


Report = Callable[[int, int], None]  # jobs done, jobs to do


def run(
    jobs: Sequence[Job], folder: Path, workers: int = 1, share: Share = Share(), report: Report | None = None
) -> list[Path]:
    """Make what is not there yet of this share's jobs; the outputs of all jobs that are there now, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    mine = jobs[share.number :: share.among]
    missing = [job for job in mine if not (folder / job.file).exists()]
    done = len(mine) - len(missing)
    runner = _on_ray if share.on == "ray" else _in_pool if workers > 1 and len(missing) > 1 else _here
    for count in runner(missing, folder, workers):
        if report:
            report(done + count, len(mine))
    return [folder / job.file for job in jobs if (folder / job.file).exists()]


def make(job: Job, folder: Path) -> None:
    """Do one job here."""
    with atomic(folder / job.file) as out:
        job.work(out, *job.arguments)


@contextmanager
def atomic(out: Path) -> Iterator[Path]:
    """A temporary path beside `out` that becomes `out` when the block ends well, and nothing when it does not."""
    partial = out.with_name(f".{out.name}.partial")
    remove(partial)
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        if partial.is_file():
            with partial.open("rb") as written:
                os.fsync(written.fileno())
        _swap(partial, out)
    except BaseException:
        remove(partial)
        raise


def _swap(new: Path, out: Path) -> None:
    """Rename `new` to `out`; what stood there is deleted only when the new one stands."""
    if not (new.is_dir() or out.is_dir()):
        new.replace(out)
        return
    old = out.with_name(f".{out.name}.old")
    remove(old)
    try:
        if os.path.lexists(out):
            out.rename(old)
        new.rename(out)
    except BaseException:  # a Ctrl-C between the two must not leave nothing
        if os.path.lexists(old) and not os.path.lexists(out):
            old.rename(out)
        raise
    remove(old)


@contextmanager
def held(lock: Path) -> Iterator[bool]:
    """Hold a file while the block runs; False where another process holds it, or has deleted it meanwhile.

    A process that is killed lets go of it.
    """
    try:
        file = lock.open("r+")
    except FileNotFoundError:
        yield False
        return
    with file:
        yield fcntl is None or (_locked(file.fileno()) and os.fstat(file.fileno()).st_nlink > 0)


@contextmanager
def alone(lock: Path, writing: object) -> Iterator[None]:
    """Hold a file, which is gone afterwards, while the block runs; a UserError where another process holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    with held(lock) as mine:
        if not mine:
            raise UserError(f"another process writes {writing} at this moment", "wait for it to end, or name another OUT")
        try:
            yield
        finally:
            remove(lock)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        return fault.errno not in (errno.EAGAIN, errno.EACCES)  # else a disk that knows no locks: go on without
    return True


def give_memory_back() -> None:
    """Hand what finished jobs have freed back to the system, where the C library can: it keeps tens of MB otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _here(jobs: Sequence[Job], folder: Path, workers: int) -> Iterator[int]:
    for count, job in enumerate(jobs, 1):
        make(job, folder)
        yield count


def _on_ray(jobs: Sequence[Job], folder: Path, workers: int) -> Iterator[int]:
    if jobs:
        yield from over_cluster(make, [(job, folder.absolute()) for job in jobs], workers)


def _in_pool(jobs: Sequence[Job], folder: Path, workers: int) -> Iterator[int]:
    """In processes; where one is killed, most often for its memory, half as many go on with what is not done."""
    while True:
        left = [job for job in jobs if not (folder / job.file).exists()]
        done = len(jobs) - len(left)
        try:
            yield from (done + count for count in _pooled(left, folder, workers))
            return
        except BrokenProcessPool:
            if workers == 1:
                raise UserError(f"a worker process was killed or could not start; {done} of {len(jobs)} jobs are done",
                                "give it more memory; in a script of your own, call maskeleton under if __name__ == "
                                "'__main__':; the same command goes on from here") from None
        workers = max(1, workers // 2)


def _pooled(jobs: Sequence[Job], folder: Path, workers: int) -> Iterator[int]:
    pool = ProcessPoolExecutor(max(1, min(workers, len(jobs))), get_context("spawn"), initializer=_serve)
    try:
        waiting = iter(jobs)
        running: set[Future[None]] = set()
        finished = 0
        while True:
            for job in waiting:
                with _interrupts_held(), _one_thread():  # as a process begun now inherits them
                    running.add(pool.submit(make, job, folder))
                if len(running) >= 2 * workers:
                    break
            if not running:
                break
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                future.result()
                finished += 1
                yield finished
    except BaseException:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes begun in here compute with one thread: two with two each are slower on two cores than one with one."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A Ctrl-C in here comes when the block has ended: none hits a process while it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve() -> None:
    """In a worker: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
