"""Jobs: whole outputs or none, nothing made twice, the same bytes however the work is shared."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maskeleton.errors import UserError
from maskeleton.jobs import Job, Share, atomic, held, run

from kill import die_once


def square(out: Path, number: int) -> None:
    out.write_text(str(number * number))


def note_and_square(out: Path, number: int, notes: str) -> None:
    with open(notes, "a") as file:
        file.write(f"{number}\n")
    square(out, number)


def refuse_three(out: Path, number: int) -> None:
    out.write_text("half")
    if number == 3:
        raise UserError("three is not wanted", "give four")
    out.write_text(str(number))


def squares(count: int = 6) -> list[Job]:
    return [Job(f"square-{n}", n, square, (n,)) for n in range(count)]


def read(paths: list[Path]) -> list[str]:
    return [path.read_text() for path in paths]


@pytest.mark.parametrize("workers", [1, 2])
def test_all_outputs_in_order(tmp_path: Path, workers: int) -> None:
    assert read(run(squares(), tmp_path, workers)) == ["0", "1", "4", "9", "16", "25"]


def test_shards_make_the_whole_together(tmp_path: Path) -> None:
    assert read(run(squares(5), tmp_path, share=Share(0, 2))) == ["0", "4", "16"]
    assert read(run(squares(5), tmp_path, share=Share(1, 2))) == ["0", "1", "4", "9", "16"]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    notes = str(tmp_path / "notes")
    jobs = [Job("n", n, note_and_square, (n, notes)) for n in range(3)]
    run(jobs[:2], tmp_path / "out")
    run(jobs, tmp_path / "out")
    assert Path(notes).read_text().split() == ["0", "1", "2"]


def test_another_key_is_another_output() -> None:
    assert Job("n", 1, square, (1,)).file != Job("n", 2, square, (1,)).file
    assert Job("n", 1, square, (1,)).file != Job("n", 1, refuse_three, (1,)).file


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refusal_comes_through_and_leaves_nothing_half(tmp_path: Path, workers: int) -> None:
    jobs = [Job(f"r{n}", n, refuse_three, (n,)) for n in range(5)]
    with pytest.raises(UserError, match="three is not wanted") as caught:
        run(jobs, tmp_path, workers)
    assert caught.value.remedy == "give four"
    assert all(path.read_text() != "half" for path in tmp_path.glob("r*"))
    assert workers == 2 or not list(tmp_path.glob(".*"))


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run(squares(3), tmp_path, report=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_atomic_replaces_only_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic(out) as partial:
        partial.write_text(f"new instead of {out.read_text()}: {1 / 0}")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert out.read_text() == "old"
    with atomic(out) as partial:
        partial.mkdir()
        (partial / "file").write_text("in a folder")
    assert (out / "file").read_text() == "in a folder"


@pytest.mark.parametrize(("number", "among"), [(2, 2), (-1, 2), (0, 0)])
def test_a_shard_that_cannot_be_is_refused(number: int, among: int) -> None:
    with pytest.raises(UserError, match="cannot be"):
        Share.checked(number, among)


def die(out: Path, number: int) -> None:
    os._exit(9)


def test_a_dead_worker_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a worker process was killed"):
        run([Job(f"d{n}", n, die, (n,)) for n in range(3)], tmp_path, workers=2)


def test_a_worker_that_dies_is_replaced_and_its_job_done_again(tmp_path: Path) -> None:
    jobs = [Job("dies", 0, die_once, (str(tmp_path / "mark"),)), *squares(3)]
    told: list[tuple[int, int]] = []
    made = run(jobs, tmp_path / "out", 2, report=lambda done, total: told.append((done, total)))
    assert read(made) == ["done", "0", "1", "4"]
    assert told[-1] == (4, 4)


SLEEPERS = """
import sys, time
from pathlib import Path
from maskeleton.jobs import Job, run
sys.path.insert(0, {tests!r})
from test_jobs import sleep_long
if __name__ == "__main__":
    run([Job(f"s{{n}}", n, sleep_long, (n,)) for n in range(4)], Path({out!r}), workers=2)
"""


def sleep_long(out: Path, number: int) -> None:
    (out.parent / f"pid-{number}").write_text(str(os.getpid()))
    time.sleep(60)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_workers_do_not_outlive_their_parent(tmp_path: Path, sign: int) -> None:
    out = tmp_path / "out"
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS.format(tests=str(Path(__file__).parent), out=str(out)))
    parent = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL)
    until(lambda: out.is_dir() and len([p for p in out.glob("pid-*") if p.read_text()]) == 2)
    workers = [int(path.read_text()) for path in out.glob("pid-*")]
    parent.send_signal(sign)
    assert parent.wait(20) != 0
    until(lambda: not any(alive(pid) for pid in workers))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def until(true: object, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)


def test_a_lock_is_held_by_one_and_let_go(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held(lock) as mine:
        assert not mine  # there is none: whoever made it has deleted it
    lock.touch()
    with held(lock) as mine, held(lock) as second:
        assert (mine, second) == (True, False)
    with held(lock) as mine:
        assert mine


def test_a_ctrl_c_between_two_renames_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, rename = tmp_path / "out", Path.rename
    out.mkdir()
    (out / "old").touch()

    def interrupted(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic(out) as partial:
        partial.mkdir()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old"]


def test_a_link_to_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with atomic(tmp_path / "out") as partial:
        partial.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").is_dir()


def note_blocked_signals(out: Path) -> None:
    out.write_text(str(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())))


def test_no_ctrl_c_hits_a_worker_even_while_it_starts(tmp_path: Path) -> None:
    jobs = [Job(f"job-{number}", number, note_blocked_signals, ()) for number in range(2)]
    assert read(run(jobs, tmp_path, 2)) == ["True", "True"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
