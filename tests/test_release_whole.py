"""A whole release: the same bytes however it is made, people who leave, a second one, and refusals."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.donors import write_sources
from maskeleton.errors import UserError
from maskeleton.formats.opening import read
from maskeleton.ledger import read_ledger
from maskeleton.outgoing import THEN, files_in
from maskeleton.pseudonyms import Pseudonyms
from maskeleton.verbs import release as verb
from maskeleton.verbs.release import release
from maskeleton.verbs.verify import verify
from tests.people import DONE, crowd, moved

KEYS = Pseudonyms(b"k" * 32)


@pytest.fixture(scope="module")
def original() -> MotionDataset:
    return crowd(4)


@pytest.fixture
def lab(original: MotionDataset, tmp_path: Path) -> Path:
    store.write(original, tmp_path / "original")
    store.write(moved(original), tmp_path / "anonymized")
    return tmp_path


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files_in(folder)}


def test_jobs_shards_and_an_interruption_give_the_same_bytes(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.outgoing.BLOCK", 3)
    options: dict[str, Any] = {"like": "ntu", "pseudonyms": lab / "key", "original": lab / "original"}
    release(lab / "anonymized", lab / "one", **options, verify=False)
    assert release(lab / "anonymized", lab / "two", **options, share=(0, 2), verify=False).shares_missing > 0
    assert release(lab / "anonymized", lab / "two", **options, share=(1, 2), verify=False).recordings == 16
    release(lab / "anonymized", lab / "three", **options, share=(0, 3), verify=False)  # then the others were killed
    release(lab / "anonymized", lab / "three", **options, verify=False)
    assert bytes_of(lab / "one") == bytes_of(lab / "two") == bytes_of(lab / "three")
    assert {file.stat().st_mtime for file in files_in(lab / "one")} == {THEN}
    assert not (lab / ".three.work").exists()


def test_a_label_that_is_dropped_and_shown_all_the_same_is_told(original: MotionDataset, lab: Path) -> None:
    made = [*moved(original).history, {"verb": "anonymize", "with": "typical", "carries": "action"}]
    store.write(replace(moved(original), history=tuple(made)), lab / "shown")
    options: dict[str, Any] = {"like": "npz", "verify": False}
    said = "action is not among the labels that go out, and the motion shows it: the anonymizer looked at it"
    assert said in release(lab / "shown", lab / "out", drop_labels=["action"], **options).notes
    assert said not in release(lab / "shown", lab / "other", **options).notes
    assert said not in release(lab / "anonymized", lab / "third", drop_labels=["action"], **options).notes


def test_the_private_record_lies_beside_for_the_owner_alone(lab: Path) -> None:
    release(lab / "anonymized", lab / "out", like="ntu", original=lab / "original")
    for name in ("out.run.json", "out.ledger.parquet", "out.pseudonyms"):
        assert stat.S_IMODE((lab / name).stat().st_mode) == 0o600
    ledger = read_ledger(lab / "out")
    assert ledger is not None
    assert sorted(ledger.old_id) == sorted(read(lab / "original").ids)
    assert sorted(path.name for path in (lab / "out").iterdir()) == [
        "DATASHEET.md", "MODEL_CARD.md", "SHA256SUMS", "croissant.json", "data", "release.json"]


def test_who_leaves_is_gone_and_the_others_are_the_same_bytes(lab: Path) -> None:
    anonymized = read(lab / "anonymized")
    third = [row for row in range(len(anonymized)) if anonymized.text("subject", row) == "3"]
    other = next(row for row in range(len(anonymized)) if row not in third)
    write_sources(lab / "anonymized", anonymized.ids, [(anonymized.ids[third[0]],) if row == other else (id,)
                                                       for row, id in enumerate(anonymized.ids)])
    options: dict[str, Any] = {"like": "ntu", "pseudonyms": lab / "key", "original": lab / "original"}
    release(lab / "anonymized", lab / "all", **options)
    made = release(lab / "anonymized", lab / "less", **options, without=["P003"])
    assert made.recordings == 12
    said = " ".join(made.notes)
    assert "4 recordings of P003 were left out" in said
    assert "1 recordings of others carry motion of P003" in said
    assert "not known here" in said
    assert "12 recordings are in all too, 12 of them with the same motion, under the same names" in said
    before, after = bytes_of(lab / "all" / "data"), bytes_of(lab / "less" / "data")
    skeletons = {name for name in after if name.endswith(".skeleton")}
    assert len(skeletons) == 12
    assert all(after[name] == before[name] for name in skeletons)


def test_it_is_said_whether_the_anonymizer_learned_from_who_leaves(lab: Path) -> None:
    original, anonymized = read(lab / "original"), read(lab / "anonymized")
    store.write(replace(anonymized, history=({**DONE, "model": "f" * 32},)), lab / "by-model")
    (lab / "model").mkdir()
    mine = [digest for row, digest in enumerate(original.hashes) if original.text("subject", row) == "2"]
    page = {"name": "residual", "hash": "f" * 32, "trained_on": {"content_id": original.content_id, "hashes": mine[:3],
                                                                 "checked": []}, "lineage": ["e" * 32]}
    (lab / "model" / "model.json").write_text(json.dumps(page))
    options: dict[str, Any] = {"like": "json", "original": lab / "original", "mask": lab / "model"}
    made = release(lab / "by-model", lab / "out", **options, without=["2"])
    assert any("learned from 3 recordings of 2" in note for note in made.notes)
    made = release(lab / "by-model", lab / "other", **options, without=["1"])
    assert any("did not learn from 1" in note for note in made.notes)
    card = (lab / "out" / "MODEL_CARD.md").read_text()
    assert "3 recordings" in card
    assert "e" * 32 in card
    assert mine[0] not in card


def test_a_second_release_with_other_random_numbers_is_caught(lab: Path, original: MotionDataset) -> None:
    options: dict[str, Any] = {"like": "npz", "pseudonyms": lab / "key", "original": lab / "original"}
    release(lab / "anonymized", lab / "first", **options)
    store.write(moved(original, seed=2), lab / "again")
    with pytest.raises(UserError, match="a mixture of both is nearer to the original"):
        release(lab / "again", lab / "second", **options)
    assert not (lab / "second").exists()
    made = release(lab / "anonymized", lab / "second", **options)
    assert any("16 of them with the same motion" in note for note in made.notes)


def test_fresh_names_for_the_same_motion_are_caught(lab: Path) -> None:
    people = [str(number) for number in range(1, 5)]
    keys = [Pseudonyms(letter * 32) for letter in (b"a", b"b")]  # drawn ones might by chance give all four the same numbers
    assert Pseudonyms(keys[0].key).numbers(people) != Pseudonyms(keys[1].key).numbers(people)
    for name, key in zip(("first", "second"), keys, strict=True):
        key.save(lab / f"{name}.key")
    release(lab / "anonymized", lab / "first", like="npz", original=lab / "original", pseudonyms=lab / "first.key")
    with pytest.raises(UserError, match="found again in it by their"):
        release(lab / "anonymized", lab / "second", like="npz", original=lab / "original", previous=[lab / "first"],
                pseudonyms=lab / "second.key")


def test_an_earlier_release_that_is_lost_is_asked_for(lab: Path) -> None:
    release(lab / "anonymized", lab / "first", like="npz", pseudonyms=lab / "key", original=lab / "original")
    for name in ("first", "first.ledger.parquet"):
        (lab / name).rename(lab / name.replace("first", "moved"))
    with pytest.raises(UserError, match="is not at .*first any more"):
        release(lab / "anonymized", lab / "second", like="npz", pseudonyms=lab / "key", original=lab / "original")
    made = release(lab / "anonymized", lab / "second", like="npz", pseudonyms=lab / "key", original=lab / "original",
                   previous=[lab / "moved"])
    assert made.recordings == 16


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_made_with_a_seed_is_refused(lab: Path, original: MotionDataset) -> None:
    store.write(moved(original, history={**DONE, "warning": verb.UNSAFE}), lab / "seeded")
    (lab / "anonymized" / "run.json").write_text('{"tests_only": true}')
    for data in ("seeded", "anonymized"):
        with pytest.raises(UserError, match="was made with --seed"):
            release(lab / data, lab / "out", like="npz", original=lab / "original")
    assert not any(path.name.startswith(("out", ".out")) for path in lab.iterdir())


def test_what_was_not_changed_is_refused(lab: Path, original: MotionDataset) -> None:
    with pytest.raises(UserError, match="nothing says that .* was anonymized"):
        release(lab / "original", lab / "out", like="npz")
    with pytest.raises(UserError, match="16 of 16 recordings .* are the original's"):
        release(lab / "original", lab / "out", like="npz", original=lab / "original")
    store.write(moved(original, history={**DONE, "strength": 0}), lab / "nothing")
    with pytest.raises(UserError, match="strength 0"):
        release(lab / "nothing", lab / "out", like="npz")
    store.write(crowd(2).select([0]), lab / "strangers")
    store.write(replace(read(lab / "strangers"), ids=["x"]), lab / "others")
    with pytest.raises(UserError, match="no recording of the release is in the original"):
        release(lab / "anonymized", lab / "out", like="npz", original=lab / "others")


def test_paths_that_cannot_be_are_refused(lab: Path) -> None:
    with pytest.raises(UserError, match="lies in"):
        release(lab / "anonymized", lab / "anonymized" / "out", like="npz")
    (lab / "mine").mkdir()
    (lab / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="is no release"):
        release(lab / "anonymized", lab / "mine", like="npz", force=True)
    with pytest.raises(UserError, match="can be read but not written|there is no format"):
        release(lab / "anonymized", lab / "out", like="fax")
    with pytest.raises(UserError, match="is no release"):
        verify(lab / "anonymized")


def test_a_leak_in_what_the_user_says_stops_it_and_leaves_nothing(lab: Path) -> None:
    named = read(lab / "original")
    store.write(replace(named, names={**named.names, "subject": ["zenobia", "annabel", "berthold", "cornelia", "dagobert"]}),
                lab / "named")
    with pytest.raises(UserError, match="'berthold' is the name of a person"):
        release(lab / "anonymized", lab / "out", like="npz", original=lab / "named", citation="Berthold et al.")
    assert not (lab / "out").exists()
    assert not (lab / ".out.work").exists()


def test_ntu_without_people_is_nobody(lab: Path) -> None:
    made = release(lab / "anonymized", lab / "out", like="ntu", original=lab / "original", drop_labels=["subject"])
    assert {file.stem[8:12] for file in (lab / "out" / "data").glob("*.skeleton")} == {"P000"}
    assert made.recordings == 16


def test_a_full_disk_leaves_no_release(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as broken:
        broken.setattr(verb, "write_pages", full)
        with pytest.raises(OSError, match="No space left"):
            release(lab / "anonymized", lab / "out", like="ntu", original=lab / "original")
    assert not (lab / "out").exists()
    assert release(lab / "anonymized", lab / "out", like="ntu", original=lab / "original").recordings == 16
