"""Every run of the tests asks the same questions, and one browser serves all that open pages."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from browser import Browser, started

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores it, and so would what tests start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; where there is none, the test is skipped and says why."""
    with started() as ours:
        yield ours
