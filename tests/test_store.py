"""The store: written and read back the same, opened lazily, and damage to it comes out as nothing but a sentence."""

import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import arrays
from maskeleton.formats.source import Fault
from maskeleton.formats.store import StoreSource
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

from mutations import mutate
from people import crowd, stepping, two_bodies


def same(one: MotionDataset, other: MotionDataset) -> bool:
    return one.content_id == other.content_id and all(
        np.array_equal(a.positions, b.positions) and np.array_equal(a.tracked, b.tracked)
        and np.array_equal(a.present, b.present) and a.labels == b.labels and a.id == b.id
        for a, b in zip(one, other, strict=True))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    dataset = crowd()
    store.write(dataset, tmp_path / "s")
    assert same(store.open(tmp_path / "s"), dataset)


def test_frames_are_mapped_not_read(tmp_path: Path) -> None:
    store.write(crowd(), tmp_path / "s")
    dataset = store.open(tmp_path / "s")
    assert "positions" not in vars(dataset.shards[0])
    assert dataset[0].positions.base is not None
    assert "positions" not in vars(pickle.loads(pickle.dumps(dataset)).shards[0])


def test_tracking_and_fields_are_kept(tmp_path: Path) -> None:
    body = two_bodies()
    body[4, 0, 7] = np.nan
    lean = np.arange(48, dtype=np.float32).reshape(12, 2, 2)
    dataset = MotionDataset.of(KINECT25, 30, [Motion.of(body, "x", fields={"lean": lean})])
    store.write(dataset, tmp_path / "s")
    motion = store.open(tmp_path / "s")[0]
    assert motion.tracked[4, 0, 7] == 0
    assert np.array_equal(motion.fields["lean"][motion.present], lean[motion.present])


def test_many_shards_are_one_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = crowd()
    monkeypatch.setattr(store, "SHARD_BYTES", 40 * 300)
    store.write(dataset, tmp_path / "s")
    assert len(list((tmp_path / "s").glob("shard-*.npy"))) > 2
    assert same(store.open(tmp_path / "s"), dataset)


def test_joined_pieces_are_the_whole(tmp_path: Path) -> None:
    dataset = crowd()
    pieces = []
    for number, places in enumerate(([0, 1, 2], [3], [], [4, 5, 6, 7, 8, 9, 10, 11])):
        part = MotionDataset.of(KINECT25, 30, [dataset[i]._replace(labels=dataset.told(i)) for i in places])
        store.write(part, tmp_path / f"piece{number}")
        pieces.append(tmp_path / f"piece{number}")
    joined = store.join(pieces, tmp_path / "s", [])
    assert same(joined.dataset, dataset)
    assert joined.same_id == []


def test_where_columns_lie_and_how_many_are_read_at_once_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels with names in some pieces, numbers in others, and in some none."""
    told: list[dict[str, int | str]] = [{"who": 7}, {"who": "zoë", "what": 1}, {}, {"who": "anna", "what": 2}, {"who": 7}, {}]
    pieces = []
    for number, labels in enumerate(told):
        motions = [Motion.of(stepping(4 + number + 6 * k), f"p{number}-{k}", labels if k else {}) for k in range(3)]
        store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / f"piece{number}")
        pieces.append(tmp_path / f"piece{number}")
    here = store.join(pieces, tmp_path / "here", [], by_id=True).dataset
    monkeypatch.setattr("maskeleton.columns.MOST_BYTES", 1)
    monkeypatch.setattr("maskeleton.columns.ROWS", 2)
    monkeypatch.setattr("maskeleton.parquet.ROWS", 2)
    away = store.join(pieces, tmp_path / "away", [], by_id=True).dataset
    assert here.names == {"who": ["7", "anna", "zoë"]}
    assert [here.told(row) for row in range(6)] == [{}, {"who": "7"}, {"who": "7"}, {}, *[{"who": "zoë", "what": 1}] * 2]
    for file in (tmp_path / "here").iterdir():
        assert file.read_bytes() == (tmp_path / "away" / file.name).read_bytes()
    assert same(here, away)
    assert [motion.id for motion in away] == here.ids


def test_joining_leaves_out_a_second_of_the_same_id_and_copies_if_asked(tmp_path: Path) -> None:
    for number, ids in enumerate((("a", "b"), ("b", "c"))):
        motions = [Motion.of(stepping(4 if id != "b" else 6 + number), id) for id in ids]
        store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / f"piece{number}")
    pieces = [tmp_path / "piece0", tmp_path / "piece1"]
    kept = store.join(pieces, tmp_path / "s", [])
    assert kept.dataset.ids == ["a", "b", "c"]
    assert kept.same_id == ["b"]
    assert kept.same_motion == [("a", "c")]
    assert store.join(pieces, tmp_path / "t", [], drop_copies=True).dataset.ids == ["a", "b"]


def test_pieces_of_two_kinds_are_refused(tmp_path: Path) -> None:
    for fps in (25, 30):
        store.write(MotionDataset.of(KINECT25, fps, [Motion.of(stepping(4), f"a{fps}")]), tmp_path / f"{fps}")
    with pytest.raises(UserError, match="not of one kind: 25 joints .* at 25 a second, .* at 30 a second"):
        store.join([tmp_path / "25", tmp_path / "30"], tmp_path / "s", [])


def _damaged_page(folder: Path, **changes: object) -> None:
    page = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**page, **changes}))


@pytest.mark.parametrize(("changes", "said"), [
    ({"schema": 99}, "schema 1"),
    ({"fps": 0}, "fps is 0"),
    ({"shards": [5]}, "outside its shard"),
    ({"shards": []}, "shard that is not there"),
    ({"shards": [10**400]}, "a shard cannot have 10000000000000000000 frames"),
    ({"shards": [-1]}, "a shard cannot have -1 frames"),
    ({"labels": {"nobody": None}}, "no whole store"),
    ({"labels": {"action": ["only"]}}, "codes without a name"),
    ({"skeleton": {"joints": ["a", "b"], "parents": [-1, 0]}}, "expected"),
    ({"fields": ["../../etc/passwd"]}, "field names are plain words"),
])
def test_a_damaged_page_is_said(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    store.write(crowd(), tmp_path / "s")
    _damaged_page(tmp_path / "s", **changes)
    with pytest.raises(UserError, match=said):
        store.open(tmp_path / "s")[0]


def test_a_run_beyond_its_recording_is_said(tmp_path: Path) -> None:
    store.write(crowd(), tmp_path / "s")
    runs = pq.read_table(tmp_path / "s" / "runs.parquet")
    lengths = runs.column("length").to_numpy().copy()
    lengths[0] = 10**12
    pq.write_table(runs.set_column(3, "length", [lengths]), tmp_path / "s" / "runs.parquet")
    with pytest.raises(UserError, match="outside its recording"):
        store.open(tmp_path / "s")


def test_a_cut_shard_is_said(tmp_path: Path) -> None:
    store.write(crowd(), tmp_path / "s")
    shard = tmp_path / "s" / "shard-00000.npy"
    shard.write_bytes(shard.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"shard-00000\.npy cannot be read"):
        store.open(tmp_path / "s")[0]


@pytest.mark.parametrize("name", ["dataset.json", "recordings.parquet", "runs.parquet", "shard-00000.npy"])
def test_no_mutation_comes_out_as_anything_but_a_sentence(tmp_path: Path, name: str) -> None:
    store.write(crowd(people=2), tmp_path / "s")
    whole = (tmp_path / "s" / name).read_bytes()
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(150):
        (tmp_path / "s" / name).write_bytes(mutate(whole, rng))
        try:
            source = StoreSource(tmp_path / "s")
            found += any(isinstance(item, Fault) for part in source.parts for item in source.read(part))
        except UserError:
            found += 1
    assert found > 100 if name.startswith("shard") else found > 20


def test_nothing_is_written_through_a_mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk that ends the process with a bus error, where a plain write is refused in words."""
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("mapped")

    monkeypatch.setattr(np, "memmap", refuse)
    store.write(crowd(), tmp_path / "out")
    arrays.write(crowd(), tmp_path / "arrays")
    monkeypatch.undo()
    assert same(store.open(tmp_path / "out"), crowd())
