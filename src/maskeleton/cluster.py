"""Cluster: calls that are made by the actors of a Ray cluster: the one that RAY_ADDRESS names, else one begun here.

Nothing travels but the function and its arguments: what they read and write lies on a disk that every machine sees.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from maskeleton.errors import UserError

TRIES = 3  # a call that ends this many of its workers is lost


def over_cluster(call: Callable[..., None], every: Sequence[tuple[Any, ...]], workers: int) -> Iterator[int]:
    """Make a call with each of these arguments; how many are done, after each. A call whose worker dies is made again."""
    ray = _ray()
    waiting, tries = list(enumerate(every))[::-1], [0] * len(every)
    done = 0
    with _cluster(ray, workers):
        worker = ray.remote(num_cpus=1)(Worker)
        idle = [worker.remote() for _ in range(min(workers, len(every)))]
        running: dict[Any, tuple[Any, int, tuple[Any, ...]]] = {}
        while waiting or running:
            while idle and waiting:
                actor, (number, words) = idle.pop(), waiting.pop()
                tries[number] += 1
                running[actor.make.remote(call, words)] = actor, number, words
            ready, _ = ray.wait(list(running), num_returns=1)
            actor, number, words = running.pop(ready[0])
            try:
                ray.get(ready[0])
            except ray.exceptions.RayTaskError as fault:  # what it raised there is raised here
                raise (fault.cause if isinstance(fault.cause, Exception) else fault) from None
            except ray.exceptions.RayActorError:
                if tries[number] == TRIES:
                    raise UserError(f"{TRIES} workers of the cluster died with one job; {done} of {len(every)} are done",
                                    "give workers more memory, or use fewer --jobs; the same command goes on from here"
                                    ) from None
                waiting.append((number, words))
                idle.append(worker.remote())
                continue
            idle.append(actor)
            done += 1
            yield done


class Worker:
    """What stands on the cluster and makes one call after another, with one thread as everywhere."""

    def make(self, call: Callable[..., None], words: tuple[Any, ...]) -> None:
        """One call."""
        call(*words)


def _ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise UserError("--on ray needs the package ray, which is not installed",
                        "pip install 'maskeleton[ray]'; without it --jobs N works on this machine, and --shard-index on "
                        "several") from None
    return ray


@contextmanager
def _cluster(ray: Any, workers: int) -> Iterator[None]:
    """Be connected to a cluster while the block runs; it is left when that ends, and one begun here is gone then."""
    words: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    address = os.environ.get("RAY_ADDRESS")
    with tempfile.TemporaryDirectory(prefix="r", dir=_short(), ignore_cleanup_errors=True) as room:
        if not address:  # sockets lie in there, and their paths may have 107 letters
            words |= {"address": "local", "num_cpus": workers, "include_dashboard": False, "_temp_dir": room}
        try:
            ray.init(**words)
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as fault:
            where = f"the Ray cluster at {address}" if address else "a Ray cluster on this machine"
            raise UserError(f"{where} cannot be used: {str(fault).splitlines()[0] if str(fault) else type(fault).__name__}",
                            "check RAY_ADDRESS, or leave --on ray away") from None
        try:
            yield
        finally:
            ray.shutdown()


def _short() -> str | None:
    return "/tmp" if os.path.isdir("/tmp") and os.access("/tmp", os.W_OK) else None
