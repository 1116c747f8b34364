"""A MotionDataset on disk: flat memory-mapped frames, two parquet tables, one page of JSON; opened lazily.

    dataset.json        skeleton, fps, labels and their names, shards, content id, history
    recordings.parquet  id, labels, frames, slots, fps, source, hash, motion: a row a recording
    runs.parquet        recording, slot, first frame, length, shard, offset: a row for every stretch a body is there
    shard-00000.npy     (frames, joints, 3) float32; tracked-00000.npy (frames, joints) where not everything was seen;
                        field-00000-NAME.npy for what else was read
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.columns import Texts, repeats, stretches
from maskeleton.dataset import MotionDataset, Runs
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN, natural
from maskeleton.parquet import read_columns, write_columns
from maskeleton.skeleton import Skeleton
from maskeleton.union import concatenated

SCHEMA = 1
SHARD_BYTES = 256 << 20
_NUMBERS = {"frames": np.int64, "slots": np.int64, "fps": np.float64}
_TEXTS = ("id", "source", "hash", "motion")
_REMEDY = "copy the store again, or convert its source again"


class StoredShard:
    """A shard's files, mapped into memory when first asked for; it travels to other processes as its path alone."""

    def __init__(self, folder: Path, number: int, frames: int, joints: int, fields: Sequence[str]) -> None:
        self.folder, self.number, self.frames, self.joints, self.names = folder, number, frames, joints, tuple(fields)

    def __getstate__(self) -> dict[str, Any]:
        return {key: self.__dict__[key] for key in ("folder", "number", "frames", "joints", "names")}

    @cached_property
    def positions(self) -> np.ndarray:
        return self._mapped(f"shard-{self.number:05d}.npy", np.float32, (self.joints, 3))

    @cached_property
    def tracked(self) -> np.ndarray | None:
        name = f"tracked-{self.number:05d}.npy"
        return self._mapped(name, np.uint8, (self.joints,)) if (self.folder / name).exists() else None

    @cached_property
    def fields(self) -> Mapping[str, np.ndarray]:
        return {name: self._mapped(f"field-{self.number:05d}-{name}.npy", None, None) for name in self.names}

    def _mapped(self, name: str, dtype: type | None, shape: tuple[int, ...] | None) -> np.ndarray:
        path = self.folder / name
        try:
            array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        except Exception as fault:  # a damaged header is evaluated by numpy and may raise almost anything
            raise _again(f"{path} cannot be read: {fault}".replace("\n", " ")) from None
        plain = array.dtype.kind in "iufb" and array.ndim >= 1 and array.flags.c_contiguous
        fits = shape is None or (array.dtype == dtype and array.shape[1:] == shape)
        if not plain or not fits or len(array) != self.frames:
            expected = (self.frames, *(shape or ("…",)))
            raise _again(f"{path} holds {array.dtype} of shape {array.shape}, expected {expected}")
        return array.view(np.ndarray)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(dataset: MotionDataset, out: Path) -> None:
    """Write a dataset as a store in the new folder `out`: shards of at most 256 MiB, each recording in one shard."""
    out.mkdir(parents=True)
    frame_bytes = len(dataset.skeleton.joints) * 12
    ends = np.cumsum(np.bincount(dataset.runs.recording, dataset.runs.length, len(dataset)).astype(np.int64))
    shard_of = (np.maximum(ends - 1, 0) * frame_bytes) // SHARD_BYTES if len(dataset) else ends
    numbers = np.unique(shard_of, return_inverse=True)[1].reshape(-1)
    shard, offset, sizes = numbers[dataset.runs.recording], np.zeros(len(dataset.runs.length), np.int64), []
    for number in range(int(numbers.max()) + 1 if len(numbers) else 0):
        rows = np.flatnonzero(shard == number)
        lengths = dataset.runs.length[rows]
        offset[rows] = np.concatenate([[0], lengths.cumsum()[:-1]])
        sizes.append(int(lengths.sum()))
        _write_shard(dataset, out, number, rows, sizes[-1])
    fields = sorted(dataset.shards[0].fields) if dataset.shards else []
    _write_tables(out, dataset, dataset.runs._replace(shard=shard, offset=offset), sizes, fields)


def _write_shard(dataset: MotionDataset, out: Path, number: int, rows: np.ndarray, frames: int) -> None:
    joints = len(dataset.skeleton.joints)
    runs = dataset.runs
    parts = [(dataset.shards[runs.shard[k]], slice(runs.offset[k], runs.offset[k] + runs.length[k]))
             for k in rows.tolist()]
    _write_array(out / f"shard-{number:05d}.npy", np.dtype(np.float32), (frames, joints, 3),
                 [shard.positions[part] for shard, part in parts])
    seen = [None if shard.tracked is None else shard.tracked[part] for shard, part in parts]
    if any(tracked is not None and not (tracked == 2).all() for tracked in seen):
        _write_array(out / f"tracked-{number:05d}.npy", np.dtype(np.uint8), (frames, joints),
                     [np.full((part.stop - part.start, joints), 2, np.uint8) if one is None else one
                      for one, (_, part) in zip(seen, parts, strict=True)])
    for name, column in dataset.shards[0].fields.items():
        _write_array(out / f"field-{number:05d}-{name}.npy", column.dtype, (frames, *column.shape[1:]),
                     [shard.fields[name][part] for shard, part in parts])


def _write_array(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], parts: Sequence[np.ndarray]) -> None:
    """Written, not mapped: on a full disk a mapping ends the process, without a word."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype).data)


def _write_tables(
    out: Path, dataset: MotionDataset, runs: Runs, sizes: Sequence[int], fields: Sequence[str]
) -> None:
    columns: dict[str, np.ndarray | Texts] = {
        "id": Texts.of(dataset.ids), "frames": dataset.frames, "slots": dataset.slots, "fps": dataset.rates,
        "source": Texts.of(dataset.sources), "hash": Texts.of(dataset.hashes), "motion": Texts.of(dataset.motion_hashes)}
    labels = {f"label:{label}": codes for label, codes in dataset.labels.items()}
    write_columns(out / "recordings.parquet", {**columns, **labels})
    write_columns(out / "runs.parquet", {name: np.asarray(column, np.int64) for name, column in runs._asdict().items()})
    page = {"schema": SCHEMA, "skeleton": dataset.skeleton.to_dict(), "fps": dataset.fps, "recordings": len(dataset),
            "labels": {label: dataset.names.get(label) for label in dataset.labels}, "shards": list(sizes),
            "fields": list(fields), "content_id": dataset.content_id, "history": list(dataset.history)}
    (out / "dataset.json").write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", "utf-8")


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_store(path: Path) -> bool:
    """Is this folder a store?"""
    return (path / "dataset.json").is_file() and (path / "recordings.parquet").is_file()


def open(path: Path) -> MotionDataset:
    """A store as a dataset; frames are read only when asked for."""
    page = _page(path)
    try:
        skeleton = Skeleton.from_dict(page["skeleton"])
        sizes = [int(size) for size in page["shards"]]
        fields = [str(name) for name in page.get("fields", [])]
        names = {str(label): [str(name) for name in known] for label, known in page["labels"].items() if known}
        coded = {f"label:{label}": np.int32 for label in page["labels"]}
        numbers, text = read_columns(path / "recordings.parquet", {**_NUMBERS, **coded}, _TEXTS, _REMEDY)
        labels = {label: numbers[f"label:{label}"] for label in page["labels"]}
        placed = Runs(**read_columns(path / "runs.parquet", dict.fromkeys(Runs._fields, np.int64), (), _REMEDY)[0])
        fps = float(page["fps"])
        history = tuple(dict(entry) for entry in page.get("history", []))
        for digest in text["hash"]:
            bytes.fromhex(digest)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as fault:
        raise _again(f"{path} is no whole store: {type(fault).__name__} {fault}") from None
    if any(not 0 <= size < 1 << 48 for size in sizes):
        raise _again(f"{path} is damaged: a shard cannot have {str(max(sizes, key=abs))[:20]} frames")
    if any(not name.isidentifier() for name in fields):
        raise UserError(f"{path}/dataset.json names a field {listed(fields)}", "field names are plain words")
    _check(path, numbers["frames"], numbers["slots"], placed, sizes, labels, names, fps)
    shards = [StoredShard(path, number, size, len(skeleton.joints), fields) for number, size in enumerate(sizes)]
    return MotionDataset(skeleton, fps, text["id"], labels, names, history, numbers["frames"], numbers["slots"],
                         numbers["fps"], text["source"], text["hash"], text["motion"], placed, shards)


def _page(path: Path) -> dict[str, Any]:
    try:
        page = json.loads((path / "dataset.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise _again(f"{path}/dataset.json cannot be read: {fault}") from None
    if not isinstance(page, dict) or page.get("schema") != SCHEMA or not isinstance(page.get("labels"), dict):
        raise _again(f"{path}/dataset.json is not the page of a store of schema {SCHEMA}")
    return page


def _check(
    path: Path, frames: np.ndarray, slots: np.ndarray, runs: Runs, sizes: Sequence[int],
    labels: Mapping[str, np.ndarray], names: Mapping[str, list[str]], fps: float,
) -> None:
    faults: dict[str, None] = {}
    if not (np.isfinite(fps) and fps > 0):
        faults[f"fps is {fps}"] = None
    if len(frames) and not len(runs.recording):
        faults["no recording has a body"] = None
    elif not _fit_together(runs.recording, len(frames)):
        faults["runs and recordings do not fit together"] = None
    else:
        for rows in stretches(len(frames)):
            first, last = np.searchsorted(runs.recording, (rows.start, rows.stop))
            some = Runs(*(column[first:last] for column in runs))
            faults |= dict.fromkeys(_outside(some._replace(recording=some.recording - rows.start), frames[rows], slots[rows]))
    for rows in stretches(len(runs.recording)):
        faults |= dict.fromkeys(_misplaced(Runs(*(column[rows] for column in runs)), np.array(sizes, np.int64)))
    for label, codes in labels.items():
        if len(codes) and (codes.min() < UNKNOWN or (label in names and codes.max() >= len(names[label]))):
            faults[f"label {label!r} has codes without a name"] = None
    if faults:
        raise _again(f"{path} is damaged: {'; '.join(faults)}")


def _fit_together(recording: np.ndarray, recordings: int) -> bool:
    """Has every recording a run, and no run another recording, one after another?"""
    steps = (np.diff(recording[rows.start : rows.stop + 1]) for rows in stretches(len(recording)))
    whole = not len(recording) or (recording[0] == 0 and recording[-1] == recordings - 1)
    return bool(whole) and all(((step == 0) | (step == 1)).all() for step in steps)


def _outside(runs: Runs, frames: np.ndarray, slots: np.ndarray) -> Iterator[str]:
    here = runs.recording
    if (runs.first < 0).any() or (runs.length <= 0).any() or (runs.slot < 0).any() or \
            (runs.first + runs.length > frames[here]).any() or (runs.slot >= slots[here]).any():
        yield "a run lies outside its recording"
    elif (frames > 1000 * np.bincount(here, runs.length, len(frames)) + 10_000).any() or (slots > 1000).any():
        yield "a recording claims more frames or bodies than its runs bear out"


def _misplaced(runs: Runs, sizes: np.ndarray) -> Iterator[str]:
    if (runs.shard < 0).any() or (runs.shard >= len(sizes)).any():
        yield "a run names a shard that is not there"
    elif (runs.offset < 0).any() or (runs.offset + runs.length > sizes[runs.shard]).any():
        yield "a run lies outside its shard"


def _again(wrong: str) -> UserError:
    return UserError(wrong, _REMEDY)


# ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Joined(NamedTuple):
    """What `join` made: the dataset, and the recordings left out because another has their id or their motion."""

    dataset: MotionDataset
    same_id: list[str]
    same_motion: list[tuple[str, str]]  # (kept, left out)


def join(
    pieces: Sequence[Path], out: Path, history: Sequence[dict[str, Any]], drop_copies: bool = False, by_id: bool = False
) -> Joined:
    """Many stores as one, in their order or by id: tables are joined, shards are linked, frames are not read."""
    whole = concatenated((open(piece) for piece in pieces), history)
    if not len(whole):
        raise UserError("nothing is left: no recording could be stored", "quarantine.csv says why, file by file")
    keep, same_id, same_motion = _firsts(whole, drop_copies)
    whole = whole if keep.all() else whole.select(keep)
    if by_id:
        ids = whole.ids
        whole = whole.select(sorted(range(len(ids)), key=lambda place: natural(ids[place])))
    out.mkdir(parents=True)
    sizes = []
    for number, shard in enumerate(whole.shards):
        assert isinstance(shard, StoredShard)
        sizes.append(shard.frames)
        for file in shard.folder.glob(f"*-{shard.number:05d}*.npy"):
            _link(file, out / file.name.replace(f"-{shard.number:05d}", f"-{number:05d}", 1))
    fields = sorted({name for shard in whole.shards for name in getattr(shard, "names", ())})
    _write_tables(out, whole, whole.runs, sizes, fields)
    del whole
    return Joined(open(out), same_id, same_motion)


def _firsts(whole: MotionDataset, drop_copies: bool) -> tuple[np.ndarray, list[str], list[tuple[str, str]]]:
    """Which recordings stay: the first of each id and, if asked, the first of each motion; and the others."""
    keep = np.ones(len(whole), bool)
    again = [later for _, later in repeats(whole.ids)]
    keep[again] = False
    unique = whole.select(keep) if again else whole
    twins = repeats(unique.motion_hashes)
    if drop_copies:
        keep[np.flatnonzero(keep)[[copy for _, copy in twins]]] = False
    return keep, [whole.ids[later] for later in again], [(unique.ids[first], unique.ids[copy]) for first, copy in twins]


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
