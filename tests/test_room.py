"""Rooms in the system's temporary folder go with their owner; those of the killed are swept, those of the living are not."""

import os
import platform
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from maskeleton import store
from maskeleton.room import HELD, Room, of_this_machine, own_room, sweep
from maskeleton.verbs.convert import convert
from tests.kill import MASKELETON, run_until
from tests.people import crowd


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_room_goes_with_the_block_and_nobody_else_can_read_it(temporary: Path) -> None:
    with own_room() as room:
        (room / "file").write_text("of an original")
        assert room.stat().st_mode & 0o777 == 0o700
        assert sorted(path.name for path in temporary.iterdir()) == [room.name, room.name + HELD]
    with pytest.raises(ZeroDivisionError), own_room() as room:
        (room / "file").write_text(f"{1 / 0}")
    assert list(temporary.iterdir()) == []


def test_an_unpacked_archive_of_who_was_killed_is_swept_by_the_next(temporary: Path, tmp_path: Path) -> None:
    store.write(crowd(), tmp_path / "crowd")
    convert(tmp_path / "crowd", tmp_path / "files", to="ntu")
    archive = tmp_path / "data.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in (tmp_path / "files").glob("*.skeleton"):
            packed.write(file, file.name)
        packed.writestr("zz.bin", np.random.default_rng(0).bytes(40_000_000))
    with own_room() as living:
        (living / "file").write_text("of a command that still runs")
        run_until(["describe", archive], lambda: any(temporary.glob("*/*.skeleton")))
        assert any(temporary.glob("*/*.skeleton"))
        subprocess.run([*MASKELETON, "describe", str(archive)], check=True, capture_output=True)
        assert sorted(path.name for path in temporary.iterdir()) == [living.name, living.name + HELD]
    assert list(temporary.iterdir()) == []


def test_what_is_nobodys_room_stays(temporary: Path, tmp_path: Path) -> None:
    ours = of_this_machine()
    for name in (f"{ours}notes", "other.held"):
        (temporary / name).write_text("somebody's")
    (tmp_path / "dear").mkdir()
    (temporary / f"{ours}0").symlink_to(tmp_path / "dear")
    (temporary / f"{ours}0{HELD}").touch()
    (tmp_path / "lock").touch()
    (temporary / f"{ours}1{HELD}").symlink_to(tmp_path / "lock")
    sweep(temporary)
    assert sorted(path.name for path in temporary.iterdir()) == [f"{ours}1.held", f"{ours}notes", "other.held"]
    assert (tmp_path / "dear").is_dir()


def test_rooms_of_another_machine_on_a_disk_that_both_see_stay(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(platform, "node", lambda: "elsewhere")
        room = Room()
        room.held.close()  # a disk that does not tell others what is held looks so from here
    sweep(temporary)
    assert room.folder.is_dir()
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    sweep(temporary)
    assert os.listdir(temporary) == []


def test_what_could_not_be_deleted_is_swept_by_the_next(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    with monkeypatch.context() as busy:
        busy.setattr(shutil, "rmtree", lambda folder, ignore_errors: None)  # as where somebody still writes into it
        room.leave()
    assert room.folder.is_dir()
    sweep(temporary)
    assert os.listdir(temporary) == []


def test_two_that_begin_at_once_have_a_room_each(temporary: Path) -> None:
    rooms = [Room() for _ in range(4)]
    assert len({room.folder for room in rooms}) == len([room for room in rooms if room.folder.is_dir()]) == 4
    for room in rooms:
        room.leave()
    assert os.listdir(temporary) == []
