"""again: the same comes out of the same record; a key that is missing and data that changed are said."""

import json
from pathlib import Path

import pytest

from maskeleton import store
from maskeleton.cli import main
from maskeleton.errors import UserError
from maskeleton.verbs.again import again, told
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.convert import convert
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.train import train

from people import crowd


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store.write(crowd(5), tmp_path / "data")
    return tmp_path / "data"


def test_synthetic_people_come_out_again(tmp_path: Path) -> None:
    synthesize(tmp_path / "one", people=2, actions=2, takes=1, cameras=1, set={"noise": "0.5"}, seed=3)
    found = again(tmp_path / "one" / "run.json", tmp_path / "two")
    assert found.same
    assert store.open(tmp_path / "two").content_id == store.open(tmp_path / "one").content_id == found.now


def test_a_file_comes_out_again_and_other_data_is_said(data: Path, tmp_path: Path) -> None:
    convert(data, tmp_path / "one.npz", to="npz")
    record = tmp_path / "one.npz.run.json"
    assert again(record, tmp_path / "two.npz").same
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    (data / "dataset.json").rename(tmp_path / "gone")
    store.write(crowd(4), tmp_path / "other")
    for path in (tmp_path / "other").iterdir():
        path.replace(data / path.name)
    found = again(record, tmp_path / "three.npz")
    assert not found.same
    with pytest.raises(UserError, match="is not what it was: convert made"):
        told(found, tmp_path / "three.npz")


def test_an_anonymization_needs_its_key(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    anonymize(data, tmp_path / "one", mask="noise")
    record = tmp_path / "one" / "run.json"
    with pytest.raises(UserError, match="without it the same cannot come out"):
        again(record, tmp_path / "two")
    assert not (tmp_path / "two").exists()
    assert again(record, tmp_path / "two", key=tmp_path / "one.key").same
    anonymize(data, tmp_path / "other", mask="noise")
    with pytest.raises(SystemExit) as end:
        main(["again", str(record), str(tmp_path / "three"), "--key", str(tmp_path / "other.key")])
    assert end.value.code == 2
    assert "is not what it was: anonymize made" in capsys.readouterr().err


def test_a_training_comes_out_again(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(data, tmp_path / "one", anonymizer="neutral", by="all", device="cpu")
    with pytest.raises(SystemExit) as end:
        main(["again", str(tmp_path / "one" / "run.json"), str(tmp_path / "two")])
    assert end.value.code == 0
    assert "the same came out" in capsys.readouterr().out


@pytest.mark.parametrize(("record", "says"), [
    ("no JSON", "is no record of a run"),
    (json.dumps({"verb": "release", "options": {}, "seed": 0}), "release cannot be done again"),
    (json.dumps({"verb": "convert", "options": {"magic": 1}, "seed": 0}), "does not know: magic"),
])
def test_what_is_no_record_is_refused(record: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(record)
    with pytest.raises(UserError, match=says):
        again(tmp_path / "run.json", tmp_path / "new")
    assert not (tmp_path / "new").exists()
