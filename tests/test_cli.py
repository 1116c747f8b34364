"""The command line: exit codes, two lines of error, and the way from synthetic people to a picture."""

import errno
import json
import os
import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from maskeleton import cli
from maskeleton.battery import units_of
from maskeleton.verbs.demo import Sizes, demo

RUN = (sys.executable, "-c", "from maskeleton.cli import main; main()")


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_from_people_to_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people, out = tmp_path / "people", tmp_path / "out"
    assert said(capsys, "synthesize", people, "--preset", "tiny", "--to", "ntu")[0] == 0
    assert said(capsys, "convert", people, out, "--from", "ntu")[0] == 0
    described = [json.loads(said(capsys, "describe", data, "--json")[1]) for data in (people, out)]
    for key in ("content_id", "recordings", "people", "takes", "frames", "labels", "problems", "length", "bodies"):
        assert described[0][key] == described[1][key]
    assert described[0]["labels"]["gender"]["names"] == ["female", "male"]
    assert said(capsys, "view", out, tmp_path / "a.svg")[0] == 0
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(("arguments", "wrong", "remedy"), [
    (("describe", "/nowhere/at/all"), "is not there", "give a file"),
    (("describ",), "No such command", "--help"),
    (("convert", "x"), "Missing argument", "--help"),
    (("convert", "x", "y", "--jobs", "0"), "Invalid value", "--help"),
    (("synthesize", "OUT", "--preset", "huge"), "no preset 'huge'", "there are: etri, ntu, tiny"),
    (("synthesize", "OUT", "--set", "anatomy"), "no pair", "key=value"),
    (("synthesize", "OUT", "--set", "charm=1"), "no setting 'charm'", "there are"),
    (("synthesize", "OUT", "--to", "trc"), "can be read but not written", "these can be written"),
    (("synthesize", "OUT", "--shard-index", "2", "--num-shards", "2"), "shard 2 of 2", "count from 0"),
    (("convert", "IN", "OUT", "--clean", "soap"), "no step of cleaning 'soap'", "there are"),
    (("convert", "IN", "OUT", "--fields", "some"), "--fields some", "--fields all"),
])
def test_two_lines_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], wrong: str, remedy: str
) -> None:
    here = {"OUT": tmp_path / "out", "IN": tmp_path}
    status, out, err = said(capsys, *(here.get(word, word) for word in arguments))
    assert status == 2
    assert out == ""
    lines = err.splitlines()
    assert lines[0].startswith("error: ")
    assert wrong in lines[0]
    assert lines[-1].startswith("  try: ")
    assert remedy in lines[-1]
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "shard-00000.npy")

    monkeypatch.setattr("maskeleton.store.write", full)
    status, _, err = said(capsys, "synthesize", tmp_path / "out", "--preset", "tiny")
    assert status == 2
    assert "No space left on device" in err
    assert "free some room" in err
    assert not (tmp_path / "out").exists()


def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("maskeleton.verbs.describe.describe", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["describe", str(tmp_path)])


def test_help_and_version_without_a_verb() -> None:
    helped = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True).stdout
    for verb in ("describe", "convert", "synthesize", "view", "demo"):
        assert f"  {verb} " in helped
    version = subprocess.run([*RUN, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("maskeleton 0")
    bare = subprocess.run(RUN, capture_output=True, text=True)
    assert bare.returncode == 2
    assert "Usage" in bare.stdout + bare.stderr


def test_describe_convert_and_synthesize_never_load_torch(tmp_path: Path) -> None:
    code = ("import sys\nfrom maskeleton.verbs.synthesize import synthesize\n"
            "from maskeleton.verbs.convert import convert\nfrom maskeleton.verbs.describe import describe\n"
            f"synthesize({str(tmp_path / 'a')!r}, people=1, actions=1, takes=1, cameras=1)\n"
            f"convert({str(tmp_path / 'a')!r}, {str(tmp_path / 'b')!r})\ndescribe({str(tmp_path / 'b')!r})\n"
            "sys.exit('torch' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_demo_ends_with_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In little: few people, whose seeker need not have learned a thing, no nulls and no planted signatures."""
    monkeypatch.setattr("maskeleton.casting.LEARNED", -1.0)
    for verb, asking in (("audit", "audit"), ("evaluate", "asking")):
        monkeypatch.setattr(f"maskeleton.verbs.{verb}.calibrated", lambda *words: None)
        monkeypatch.setattr(f"maskeleton.verbs.{asking}.units_of",
                            lambda cells, seeds: [unit for unit in units_of(cells, seeds) if not unit.null])
    written = demo(tmp_path / "demo", jobs=1, sizes=Sizes(people=4, actions=2, takes=2, frames=8, epochs=1, lessons=1))
    page = written.read_text()
    for name in ("people", "store", "audit/table.html", "model/model.json", "released", "released.key",
                 "evaluated/table.html", "neutral", "neutral.key", "neutral-evaluated/table.html", "report.html"):
        assert (tmp_path / "demo" / name).exists(), name
    captions = ["For whoever answers for the data", "The people, moving", "For the engineer", "Where the people came from",
                "What they gave away before", "How they were changed", "Without training: neutral",
                "What neutral still gives away"]
    assert re.findall(r'<h2 id="[\w-]+-head">(.*?)</h2>', page) == captions
    assert "What they do, as a camera sees it" in page
    assert page.index("learned from the release, looks at the release") < page.index('<h2 id="chapter-1-head">')
    out = capsys.readouterr().out
    for verb in ("synthesize", "describe", "convert", "audit", "train", "anonymize", "evaluate", "report"):
        assert f"\n$ maskeleton {verb} " in out
    told = [line.partition(": ")[2] for line in out.splitlines() if line.startswith(("trained: ", "neutral: "))]
    assert len(told) == 4
    assert all(line in unescape(page) for line in told)
    assert out.endswith(f"open {tmp_path / 'demo' / 'report.html'}\n")


def test_people_are_the_same_in_files_and_in_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--preset", "tiny", "--people", "2")
    ids = []
    for name, more in (("store", ()), ("files", ("--to", "ntu"))):
        said(capsys, "synthesize", tmp_path / name, *options, *more)
        ids.append(json.loads(said(capsys, "describe", tmp_path / name, "--json")[1])["content_id"])
    assert ids[0] == ids[1]


def test_what_a_file_is_called_cannot_break_the_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, "describe", tmp_path / "two\nlines\x1b]2J")
    assert status == 2
    assert len(err.splitlines()) == 2
    assert r"two\nlines\x1b]2J is not there" in err


def test_names_that_would_steer_a_terminal_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "synthesize", tmp_path / "d", "--people", "1", "--actions", "1", "--to", "ntu")
    (tmp_path / "d" / "S001C001P009R001A001\n\x1b[2J.skeleton").write_text("")
    for verb, more in (("describe", ()), ("convert", (tmp_path / "out",))):
        out = said(capsys, verb, tmp_path / "d", *more)[1]
        assert r"A001\n\x1b[2J.skeleton" in out
        assert "\x1b" not in out


@pytest.mark.parametrize("way", ["| head -c 1", "> /dev/full", ">&-", "| cat"])
def test_any_end_of_the_output_is_borne(tmp_path: Path, way: str) -> None:
    command = f"{shlex.join(RUN)} synthesize {tmp_path / 'out'} --people 1 --actions 1 {way}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True,
                          env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert (tmp_path / "out" / "run.json").is_file()


def test_the_demo_takes_no_folder_that_is_not_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "thesis.txt").write_text("years of work")
    status, _, err = said(capsys, "demo", "--out", tmp_path)
    assert status == 2
    assert "the demo has not written" in err
    assert (tmp_path / "people" / "thesis.txt").is_file()


def test_places_where_nothing_can_be_written_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    for out in ("/proc/x", tmp_path / "file" / "x", tmp_path / ("x" * 300)):
        status, _, err = said(capsys, "synthesize", out, "--people", "1", "--actions", "1")
        assert (status, len(err.splitlines())) == (2, 2)
