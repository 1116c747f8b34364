"""What a release says of itself: true, whole, and nothing of the original."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from maskeleton import store
from maskeleton.errors import UserError
from maskeleton.scorecard import Scorecard
from maskeleton.verbs.release import release
from tests.people import crowd, moved

HEADLINE = {"label": "subject", "role": "hide", "metric": "top1", "rate": 0.41, "low": 0.3, "high": 0.5, "chance": 0.25,
            "null": 0.27, "by": {"threat": "adaptive", "attack": "features", "judge": "/home/lab/judges/mine"}}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("provenance")
    store.write(crowd(4), room / "original")
    store.write(moved(crowd(4)), room / "anonymized")
    card = Scorecard("evaluate", data={"recordings": 16, "skeleton": "kinect25"}, headline=[HEADLINE])
    card.write(room / "run")
    (room / "cite.txt").write_text("A. Nobody: People who do not exist (2020)\n")
    return room


def made(room: Path, out: Path, like: str = "ntu", **more: Any) -> Path:
    release(room / "anonymized", out, like=like, original=room / "original", **more)
    return out


def test_hashes_are_of_every_file_but_their_own_list_and_what_has_its_hash(room: Path, tmp_path: Path) -> None:
    out = made(room, tmp_path / "out")
    told = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    there = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()} - {"SHA256SUMS", "croissant.json"}
    assert told.keys() == there
    assert all(hashlib.sha256((out / name).read_bytes()).hexdigest() == digest for name, digest in told.items())


def test_the_datasheet_says_what_was_measured_and_whose_it_is(room: Path, tmp_path: Path) -> None:
    out = made(room, tmp_path / "out", evaluation=room / "run", licence="CC-BY-4.0", citation=str(room / "cite.txt"),
               title="Steps")
    sheet = (out / "DATASHEET.md").read_text()
    assert sheet.startswith("# Steps")
    assert "| subject | be hidden | top1 | 0.410 | 0.300–0.500 | 0.250 | 0.270 | adaptive features mine |" in sheet
    assert "/home/lab" not in "".join(file.read_text() for file in out.iterdir() if file.is_file())
    assert "CC-BY-4.0" in sheet
    assert "A. Nobody" in sheet
    assert "NTU RGB+D forbid passing the data on" in sheet
    assert "| `leanX` | blanked |" in sheet
    assert "anonymous" not in sheet


def test_without_an_evaluation_it_says_that_nothing_was_measured(room: Path, tmp_path: Path) -> None:
    out = made(room, tmp_path / "out", like="npz")
    assert "Nothing was measured" in (out / "DATASHEET.md").read_text()
    assert json.loads((out / "release.json").read_text())["warnings"] == [
        "no licence was given: without one nobody may use it (--licence)"]


@pytest.mark.parametrize("like", ["ntu", "npz"])
def test_croissant_has_what_its_readers_need(room: Path, tmp_path: Path, like: str) -> None:
    """As mlcroissant asks for it: its own validation passed on files that were made so."""
    out = made(room, tmp_path / "out", like=like, evaluation=room / "run", licence="CC-BY-4.0", citation="Nobody 2020")
    page = json.loads((out / "croissant.json").read_text())
    assert page["@type"] == "sc:Dataset"
    assert page["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for key in ("name", "description", "license", "citeAs", "url", "version", "datePublished"):
        assert page[key]
    assert page["@context"]["cr"] == "http://mlcommons.org/croissant/"
    ids = [one["@id"] for one in page["distribution"]]
    assert len(set(ids)) == len(ids)
    for one in page["distribution"]:
        assert {"@type", "name", "encodingFormat"} <= one.keys()
        if one["@type"] == "cr:FileSet":
            assert one["containedIn"]["@id"] in ids
            assert len(list(out.glob(one["includes"]))) == 16
        elif one["contentUrl"] != ".":
            assert hashlib.sha256((out / one["contentUrl"]).read_bytes()).hexdigest() == one["sha256"]
    assert "top1 0.410" in page["description"]


def test_an_evaluation_of_something_else_is_refused(room: Path, tmp_path: Path) -> None:
    Scorecard("audit").write(tmp_path / "audit")
    with pytest.raises(UserError, match="was written by audit"):
        made(room, tmp_path / "out", evaluation=tmp_path / "audit")
    Scorecard("evaluate", data={"recordings": 99, "skeleton": "kinect25"}).write(tmp_path / "larger")
    with pytest.raises(UserError, match="is not of this release"):
        made(room, tmp_path / "out", evaluation=tmp_path / "larger")
    data = {"recordings": 16, "skeleton": "kinect25", "released": "0" * 32}
    Scorecard("evaluate", data=data, headline=[HEADLINE]).write(tmp_path / "other")
    with pytest.raises(UserError, match="is of another release"):
        made(room, tmp_path / "out", evaluation=tmp_path / "other")
    known = Scorecard("evaluate", data=data | {"released": store.open(room / "anonymized").content_id}, headline=[HEADLINE])
    known.write(tmp_path / "this")
    assert "0.410" in (made(room, tmp_path / "out", evaluation=tmp_path / "this") / "DATASHEET.md").read_text()
