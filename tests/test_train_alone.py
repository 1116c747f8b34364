"""train: two do not write into one folder at once."""

import fcntl
from pathlib import Path

import pytest
from test_audit import people

from maskeleton import store
from maskeleton.errors import UserError
from maskeleton.verbs.train import train

PREPARED = {"keep": [], "hide": [], "anonymizer": "bones", "by": "all"}


def test_who_comes_second_is_told_and_takes_nothing_from_the_first(tmp_path: Path) -> None:
    store.write(people(0.03, 4, 2, 3), tmp_path / "s")
    lock = tmp_path / ".model.lock"
    lock.touch()
    with lock.open("r+") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another process writes"):
            train(tmp_path / "s", tmp_path / "model", **PREPARED)
        assert lock.exists()
        assert not (tmp_path / "model").exists()
    train(tmp_path / "s", tmp_path / "model", **PREPARED)
    assert (tmp_path / "model" / "model.json").is_file()
    assert not lock.exists()
