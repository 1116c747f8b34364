"""Shards that are not of one run are refused, and nothing of the others' is lost."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maskeleton import store
from maskeleton.errors import UserError
from maskeleton.formats.opening import read
from maskeleton.jobs import Share, held
from maskeleton.meeting import agree
from maskeleton.outgoing import files_in
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.audit import audit
from maskeleton.verbs.convert import convert
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.release import release
from maskeleton.verbs.synthesize import synthesize
from tests.people import crowd

ONLY_TRAITS: dict[str, Any] = {"hide": ["subject"], "attacks": ["features"], "seeds": 1}
VERBS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {  # a run, and what is another option of it
    "convert": (lambda room, **options: convert(room / "files", **options), {"fps": 15.0}),
    "synthesize": (lambda room, **options: synthesize(people=40, actions=3, takes=1, cameras=1, **options), {"seed": 5}),
    "anonymize": (lambda room, **options: anonymize(room / "store", mask="neutral", **options), {"strength": 0.5}),
    "release": (lambda room, **options: release(room / "anonymized", like="ntu", verify=False, **options), {"lengths": 8}),
    "audit": (lambda room, **options: audit(room / "store", **ONLY_TRAITS, **options), {"seed": 3}),
    "evaluate": (lambda room, **options: evaluate(room / "store", room / "anonymized", keep=["action"], threats=["naive"],
                                                  nulls=False, limits=False, **ONLY_TRAITS, **options), {"seed": 3}),
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("shards")
    store.write(crowd(4), room / "store")
    convert(room / "store", room / "files", to="ntu")
    anonymize(room / "store", room / "anonymized", mask="neutral")
    return room


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.intake._FILES_IN_A_BLOCK", 4)
    monkeypatch.setattr("maskeleton.outgoing.BLOCK", 4)
    monkeypatch.setattr("maskeleton.apply.BLOCK", 4)


def everything(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files_in(folder) if file.suffix != ".lock"}


@pytest.mark.parametrize("verb", VERBS)
def test_other_numbers_and_other_options_are_refused_and_nothing_is_lost(verb: str, room: Path, tmp_path: Path) -> None:
    run, other = VERBS[verb]
    out = tmp_path / "out"
    run(room, out=out, share=(0, 2))
    before = everything(tmp_path)
    with pytest.raises(UserError, match="begun by 2 shards, and this is one of 4") as caught:
        run(room, out=out, share=(1, 4))
    assert "--num-shards 2" in caught.value.remedy
    with pytest.raises(UserError, match=re.escape("shard 0 of 2 was begun with other options")):
        run(room, out=out, share=(1, 2), **other)
    with pytest.raises(UserError, match=re.escape("shard 0 of 2 was begun with other options")):
        run(room, out=out, **other)
    assert everything(tmp_path) == before
    run(room, out=out, share=(1, 2))
    assert out.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    for options in ({"share": (1, 2), **other}, {"share": (1, 3)}):
        with pytest.raises(UserError, match="is there already"):
            run(room, out=out, **options)


@pytest.mark.parametrize("verb", ["convert", "audit"])
def test_what_shards_have_begun_is_ended_without_shards(verb: str, room: Path, tmp_path: Path) -> None:
    run, _ = VERBS[verb]
    run(room, out=tmp_path / "out", share=(1, 3))
    run(room, out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    if verb == "convert":
        assert len(read(tmp_path / "out")) == len(read(room / "store"))


def test_a_run_by_itself_waits_for_shards_that_are_at_work(tmp_path: Path) -> None:
    def lock(number: int) -> Path:
        return tmp_path / f"{number}.lock"

    agree(tmp_path, Share(1, 2), "told", tmp_path / "out", lock)
    lock(1).touch()
    with held(lock(1)), pytest.raises(UserError, match="at this moment: shard 1 of 2"):
        agree(tmp_path, Share(), "told", tmp_path / "out", lock)
    assert [file.name for file in tmp_path.glob("*.share")] == ["1-of-2.share"]
    agree(tmp_path, Share(), "told", tmp_path / "out", lock)
    assert [file.name for file in tmp_path.glob("*.share")] == ["0-of-1.share"]
    agree(tmp_path, Share(0, 2), "other", tmp_path / "out", lock)  # who is alone may begin anew
    assert [file.name for file in tmp_path.glob("*.share")] == ["0-of-2.share"]


def test_shards_that_begin_at_once_see_no_half_of_what_another_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def slowly(file: Path, text: str, encoding: str) -> int:
        with file.open("w", encoding=encoding) as drawn:
            seen.append([other.name for other in tmp_path.glob("*-of-*.share")])
            return drawn.write(text)

    monkeypatch.setattr(Path, "write_text", slowly)
    (tmp_path / "0-of-1.share").symlink_to(tmp_path / "just removed by another")
    agree(tmp_path, Share(1, 2), "told", tmp_path / "out", lambda number: tmp_path / f"{number}.lock")
    assert seen == [["0-of-1.share"]]
    assert (tmp_path / "1-of-2.share").read_text() == "told"


def test_shards_that_begin_at_once_go_on_with_what_a_run_by_itself_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, left = tmp_path / "0.lock", tmp_path / "0-of-1.share"
    lock.touch()
    left.write_text("other")
    monkeypatch.setattr("time.sleep", lambda seconds: left.unlink())  # as shard 0 of 2, which has just begun, does
    with held(lock):
        agree(tmp_path, Share(1, 2), "told", tmp_path / "out", lambda number: tmp_path / f"{number}.lock")
    assert [file.name for file in tmp_path.glob("*.share")] == ["1-of-2.share"]
