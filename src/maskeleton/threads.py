"""threads: one where there is so little to do that several would mostly wait, on busy cores at a hundredfold cost."""

import sys
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

from threadpoolctl import ThreadpoolController

WORTH_THREADS = 20_000  # recordings


def one_thread() -> AbstractContextManager[object]:
    """Inside, numpy and the trees use one thread."""
    libraries = _controller("sklearn" in sys.modules, "torch" in sys.modules)
    limits: AbstractContextManager[object] = libraries.limit(limits=1)
    return limits


def few_threads(recordings: int) -> AbstractContextManager[object]:
    """The same where there are not very many recordings."""
    return one_thread() if recordings < WORTH_THREADS else nullcontext()


@lru_cache(maxsize=4)
def _controller(trees: bool, networks: bool) -> ThreadpoolController:
    """Looking for the libraries that have threads takes milliseconds; sklearn and torch bring more of them."""
    return ThreadpoolController()
