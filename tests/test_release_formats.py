"""Every format that can be written can be released: its files hold the fields that its table names, and pass."""

import csv
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import loadmat, savemat

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.formats import FORMATS
from maskeleton.formats.fields import TREATMENTS, entry_of
from maskeleton.formats.opening import read
from maskeleton.leaks import LEAKS
from maskeleton.leaks.coordinates import LEVELS, hit, known_places
from maskeleton.leaks.given import Given
from maskeleton.leaks.raw import streams_of
from maskeleton.ledger import read_ledger
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.release import release
from tests.people import crowd, stepping

WRITERS = [name for name, format in FORMATS.items() if hasattr(format, "write")]
NAMES = ("alice", "bernhard", "chiara", "dmitri")


def lab(room: Path) -> None:
    """People with names, before and after: every joint moved by some centimetres."""
    before = crowd(4, takes=2)
    before = replace(before, names={**before.names, "subject": list(NAMES)},
                     labels={**before.labels, "subject": before.labels["subject"] - 1,
                             "age": (before.labels["subject"] * 20).astype(np.int32)},
                     ids=[f"session/{NAMES[code - 1]}-{row}" for row, code in enumerate(before.labels["subject"])],
                     sources=[""] * len(before))
    motions = [motion._replace(labels=before.told(row)) for row, motion in enumerate(before)]
    rng = np.random.default_rng(5)
    moved = [motion._replace(positions=motion.positions + rng.normal(0, 0.05, motion.positions.shape).astype(np.float32)
                             * motion.present[..., None, None]) for motion in motions]
    store.write(MotionDataset.of(before.skeleton, 30, motions), room / "original")
    store.write(MotionDataset.of(before.skeleton, 30, moved, [{"verb": "anonymize", "with": "noise", "strength": 1.0}]),
                room / "anonymized")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("formats")
    lab(room)
    return room


def made(room: Path, like: str, where: Path) -> Path:
    source = room / "anonymized"
    if like == "bvh":
        alone = read(source)
        source = where / "alone"
        store.write(replace(alone.select(alone.slots == 1), history=alone.history), source)
    release(source, where / "out", like=like, original=room / "original", keep_labels=["gender"], bands={"age": [0, 50]})
    return where / "out"


@pytest.mark.parametrize("like", WRITERS)
def test_a_release_in_every_format_passes_and_says_what_was_chosen(room: Path, tmp_path: Path, like: str) -> None:
    out = made(room, like, tmp_path)
    again, ledger = read(out / "data"), read_ledger(out)
    assert ledger is not None
    assert {again.text("gender", row) for row in range(len(again))} == {"female", "male"}
    assert {again.text("age", row) for row in range(len(again))} == {"0–49", "50+"}
    assert {again.text("subject", row).lstrip("0") for row in range(len(again))} == {"1", "2", "3", "4"}
    old = read(room / "anonymized")
    before = dict(zip(old.ids, old, strict=True))
    for motion in again:
        source = before[ledger.old_id[ledger.place[motion.id.rsplit("/", 1)[-1]]]]
        assert np.abs(motion.positions[motion.present] - source.positions[source.present]).max() < (
            1e-6 if like != "bvh" else 0.5)
    everything = b" ".join(file.read_bytes() for file in out.rglob("*") if file.is_file()).lower()
    assert [name for name in NAMES if name.encode() in everything] == []


def columns_of_table(file: Path) -> list[str]:
    with file.open(newline="") as rows:
        return next(csv.reader(rows))


def of_ntu(data: Path) -> Iterator[str]:
    body = ["bodyID", "clipedEdges", "handLeftConfidence", "handLeftState", "handRightConfidence", "handRightState",
            "isResticted", "leanX", "leanY", "trackingState of the body"]
    joint = ["x", "y", "z", "depthX", "depthY", "colorX", "colorY", "orientationW", "orientationX", "orientationY",
             "orientationZ", "trackingState"]
    for file in data.glob("*.skeleton"):
        lines = [line.split() for line in file.read_text().splitlines()]
        yield from ("frame count", "body count", "joint count", *(f"file name {letter}" for letter in file.stem[::4]))
        assert {len(line) for line in lines} == {1, len(body), len(joint)}
    yield from (*body, *joint)


def of_etri(data: Path) -> Iterator[str]:
    for file in data.glob("A*.csv"):
        yield from (f"file name {part[0]}" for part in file.stem.split("_"))
        yield from columns_of_table(file)


def of_table(data: Path) -> Iterator[str]:
    for file in data.glob("r*.csv"):
        yield from ("file name", *columns_of_table(file))


def of_json(data: Path) -> Iterator[str]:
    for file in data.glob("*.json"):
        told = json.loads(file.read_text())
        yield from ("file name", *(key for key in told if key != "labels"), *(f"labels.{key}" for key in told["labels"]))


def of_matlab(data: Path) -> Iterator[str]:
    for file in data.glob("*.mat"):
        told = loadmat(file)
        yield from ("file name", *(key for key in told if key[0] != "_" and key != "labels"))
        yield from (f"labels.{row.partition('=')[0]}" for row in told["labels"])


def of_npz(data: Path) -> Iterator[str]:
    with zipfile.ZipFile(data / "data.npz") as archive:
        yield from (name.removesuffix(".npy") for name in archive.namelist())


def of_pyskl(data: Path) -> Iterator[str]:
    told = pickle.loads((data / "data.pkl").read_bytes())
    yield from (key for key in told if key not in ("split", "annotations"))
    yield from (f"split.{key}" for key in told["split"])
    for one in told["annotations"]:
        yield from (f"annotations.{key}" for key in one if key != "labels")
        yield from (f"annotations.labels.{key}" for key in one["labels"])


def of_arrays(data: Path) -> Iterator[str]:
    for file in data.glob("*.npy"):
        yield from ("file name", "data")
        assert np.load(file).ndim == 5
    names, numbers = pickle.loads(next(data.glob("*.pkl")).read_bytes())
    assert len(names) == len(numbers)
    yield from ("names", "numbers")


def of_store(data: Path) -> Iterator[str]:
    yield from json.loads((data / "dataset.json").read_text())
    for name in ("recordings", "runs"):
        yield from (f"{name}.{column}" for column in pq.read_schema(data / f"{name}.parquet").names)
    yield from (file.stem for file in data.glob("*.npy"))


PARSERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "ntu": of_ntu, "etri": of_etri, "table": of_table, "json": of_json, "matlab": of_matlab, "npz": of_npz,
    "pyskl": of_pyskl, "arrays": of_arrays, "store": of_store,
}


@pytest.mark.parametrize("like", PARSERS)
def test_every_field_of_a_written_file_is_in_the_table(room: Path, tmp_path: Path, like: str) -> None:
    found = set(PARSERS[like](made(room, like, tmp_path) / "data"))
    assert len(found) >= 4
    assert [name for name in found if entry_of(name, FORMATS[like].FIELDS) is None] == []


@pytest.mark.parametrize("like", WRITERS)
def test_every_writer_says_what_becomes_of_its_fields(like: str) -> None:
    fields = FORMATS[like].FIELDS
    assert len(fields) > 2
    assert {field.treatment for field in fields} <= set(TREATMENTS)
    assert len({field.name for field in fields}) == len(fields)
    assert all(field.why and not field.why.endswith(".") for field in fields)


@pytest.mark.parametrize("like", [name for name in WRITERS if name != "bvh"])  # rotations
def test_the_original_is_found_in_files_of_every_format(room: Path, tmp_path: Path, like: str) -> None:
    """Somebody releases the original under new names: every way in which a format packs numbers is seen through."""
    original = read(room / "original")
    store.write(replace(original, history=({"verb": "anonymize", "with": "noise", "strength": 1.0},)), tmp_path / "said")
    release(tmp_path / "said", tmp_path / "out", like=like, verify=False)
    files = [file for file in (tmp_path / "out" / "data").iterdir() if file.suffix not in (".parquet",)]
    tables = [known_places(original, rounded, joints) for rounded, joints in LEVELS]
    found = {file.name: found for file in files for stream in streams_of(file) if (found := hit(stream, tables))}
    holding = {file.name for file in files if not file.name.startswith(("labels", "people", "actions", "tracked", "dataset"))
               and not file.name.endswith("label.pkl")}
    assert set(found) == holding
    assert {frame for frame, _, _ in found.values()} == {"as filmed"}


def more_in_npz(data: Path) -> None:
    arrays = dict(np.load(data / "data.npz"))
    np.savez(data / "data.npz", **arrays, lean=np.zeros((len(arrays["name"]), 2)))


def more_in_pyskl(data: Path) -> None:
    told = pickle.loads((data / "data.pkl").read_bytes())
    told["annotations"][3]["img_shape"] = (1080, 1920)
    (data / "data.pkl").write_bytes(pickle.dumps(told))


def more_in_arrays(data: Path) -> None:
    np.save(data / "all_data_bone.npy", np.zeros((2, 3, 5, 25, 1), np.float32))


def more_in_json(data: Path) -> None:
    file = next(data.glob("*.json"))
    file.write_text(json.dumps({**json.loads(file.read_text()), "lean": [0.17, 0.02]}))


def more_in_table(data: Path) -> None:
    file = next(data.glob("r*.csv"))
    file.write_text("\n".join(f"{line},{'HeartRate' if line[:1] == 'T' else 71}" for line in file.read_text().splitlines()))


def more_in_store(data: Path) -> None:
    table = pq.read_table(data / "recordings.parquet")
    place = table.column_names.index("source")
    pq.write_table(table.set_column(place, "source", [[f"tape {row}" for row in range(len(table))]]),
                   data / "recordings.parquet")


def more_in_matlab(data: Path) -> None:
    file = next(data.glob("*.mat"))
    savemat(file, {key: value for key, value in loadmat(file).items() if key[0] != "_"} | {"lean": [[0.17, 0.02]]})


@pytest.mark.parametrize("more", [more_in_npz, more_in_pyskl, more_in_arrays, more_in_json, more_in_table, more_in_store,
                                  more_in_matlab])
def test_another_field_in_a_file_is_found(room: Path, tmp_path: Path, more: Callable[[Path], None]) -> None:
    like = more.__name__.rpartition("_")[2]
    out = made(room, like, tmp_path)
    before = {file: file.read_bytes() for file in (out / "data").iterdir()}
    more(out / "data")
    (tmp_path / "room").mkdir()
    changed = {file.name for file in (out / "data").iterdir() if before.get(file) != file.read_bytes()}
    assert {leak.file.rpartition("/")[2] for leak in LEAKS["derived"].find(Given(out, like, tmp_path / "room"))} == changed


def test_a_field_that_is_not_in_the_table_is_missed() -> None:
    assert entry_of("joint7_depthX", FORMATS["etri"].FIELDS) is not None
    assert entry_of("heartRate", FORMATS["etri"].FIELDS) is None


@pytest.mark.parametrize("like", ["bvh", "matlab"])
def test_names_that_are_made_of_labels_are_in_their_order_and_no_leak(tmp_path: Path, like: str) -> None:
    """The files say nothing of labels themselves; that cameras and actions come in order is no order of recordings."""
    motions = [Motion.of(stepping(4, at=row / 100), f"S001C{camera:03d}P001R{take:03d}A{action:03d}",
                         {"setup": 1, "camera": camera, "subject": 1, "repetition": take, "action": action})
               for row, (camera, take, action) in enumerate(np.ndindex(3, 2, 6))]
    original = MotionDataset.of(KINECT25, 30, motions)
    rng = np.random.default_rng(5)
    moved = [motion._replace(labels=original.told(row), positions=motion.positions + rng.normal(
        0, 0.05, motion.positions.shape).astype(np.float32)) for row, motion in enumerate(original)]
    store.write(original, tmp_path / "original")
    store.write(MotionDataset.of(KINECT25, 30, moved, [{"verb": "anonymize", "with": "noise", "strength": 1.0}]),
                tmp_path / "anonymized")
    release(tmp_path / "anonymized", tmp_path / "out", like=like, original=tmp_path / "original")
    names = sorted(path.stem for path in (tmp_path / "out/data").iterdir() if path.suffix in (".bvh", ".mat"))
    assert [name[4:8] for name in names] == ["C000"] * 12 + ["C001"] * 12 + ["C002"] * 12
