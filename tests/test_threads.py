"""One thread where there is little to do, and as many as before afterwards."""

import numpy as np
from threadpoolctl import threadpool_info

from maskeleton.threads import WORTH_THREADS, few_threads, one_thread


def threads():
    assert np.eye(2).sum() == 2  # numpy's library is loaded
    return [pool["num_threads"] for pool in threadpool_info()]


def test_inside_there_is_one_and_outside_as_many_as_before():
    before = threads()
    with one_thread():
        assert set(threads()) == {1}
        with few_threads(3):
            assert set(threads()) == {1}
    assert threads() == before


def test_very_many_recordings_are_worth_all_threads():
    before = threads()
    with few_threads(WORTH_THREADS):
        assert threads() == before
    with few_threads(WORTH_THREADS - 1):
        assert set(threads()) == {1}
