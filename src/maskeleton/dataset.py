"""MotionDataset: many recordings of one skeleton and one rate. Every reader ends in `MotionDataset.of`."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from maskeleton.columns import Growing, Texts, stretches
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN, Label, code_labels, doubles
from maskeleton.motion import SEEN, Motion, canonical_json, known_labels, motion_hash, recording_hash, runs_of, storable
from maskeleton.skeleton import Skeleton

MOST_HELD = 1 << 28  # bytes of motion that is read into memory; what is more lies in a temporary file


class Shard(Protocol):
    """A block of frames: what MotionDataset asks of memory and of a store's files alike."""

    @property
    def positions(self) -> np.ndarray: ...  # (frames, J, 3) float32
    @property
    def tracked(self) -> np.ndarray | None: ...  # (frames, J) uint8; None: everything seen
    @property
    def fields(self) -> Mapping[str, np.ndarray]: ...  # each (frames, ...)


@dataclass(frozen=True)
class MemoryShard:
    """A block of frames in memory."""

    positions: np.ndarray
    tracked: np.ndarray | None = None
    fields: Mapping[str, np.ndarray] = field(default_factory=dict)


class Runs(NamedTuple):
    """Where bodies are: run k is body `slot[k]` of a recording from frame `first[k]` on, `length[k]` frames long."""

    recording: np.ndarray
    slot: np.ndarray
    first: np.ndarray
    length: np.ndarray
    shard: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True, eq=False)
class MotionDataset:
    """Recordings of one skeleton at one rate; only bodies that are there are held. Build it with `of`."""

    skeleton: Skeleton
    fps: float
    ids: Sequence[str]
    labels: dict[str, np.ndarray]  # int32, −1 unknown
    names: dict[str, list[str]]  # label -> name of each code, for the labels that have names
    history: tuple[dict[str, Any], ...]
    frames: np.ndarray  # T of each recording
    slots: np.ndarray  # P of each recording
    rates: np.ndarray  # each recording's own frames per second, as measured or as said
    sources: Sequence[str]
    hashes: Sequence[str]  # of each recording, with labels and id
    motion_hashes: Sequence[str]  # of each recording's motion alone: equal ones are duplicates
    runs: Runs
    shards: Sequence[Shard]

    def __post_init__(self) -> None:
        for name in ("ids", "sources", "hashes", "motion_hashes"):
            object.__setattr__(self, name, Texts.of(getattr(self, name)))

    @classmethod
    def of(
        cls,
        skeleton: Skeleton,
        fps: float,
        motions: Iterable[Motion],
        history: Sequence[dict[str, Any]] = (),
    ) -> "MotionDataset":
        """The one door: checks every recording, fills what is missing, codes the labels."""
        builder = Builder(skeleton, float(fps))
        for motion in motions:
            builder.add(motion)
        return builder.dataset(history)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Motion:
        size = len(self.ids)
        if not -size <= index < size:
            raise IndexError(f"recording {index} of {size}")
        index %= size
        frames, slots = self._shape[index]
        labels: dict[str, Label] = {label: codes[index] for label, codes in self._codes}
        lines = self._lines[self._first_run[index] : self._first_run[index + 1]]
        if len(lines) == 1 and lines[0][2] == frames and slots == 1:  # one body all the time: nothing to copy
            _, _, _, number, offset = lines[0]
            shard = self.shards[number]
            rows = slice(offset, offset + frames)
            tracked = shard.tracked
            seen = _all_seen(frames, len(self.skeleton.joints)) if tracked is None else tracked[rows, None]
            fields = {name: column[rows, None] for name, column in shard.fields.items()} if shard.fields else {}
            return Motion(shard.positions[rows, None], _all_present(frames), seen, labels, self.ids[index],
                          self.sources[index], None, fields)
        return self._gathered(index, frames, slots, lines, labels)

    def _gathered(self, index: int, frames: int, slots: int, lines: list[tuple[int, ...]],
                  labels: dict[str, Label]) -> Motion:
        joints = len(self.skeleton.joints)
        positions = np.zeros((frames, slots, joints, 3), np.float32)
        present = np.zeros((frames, slots), bool)
        tracked = np.zeros((frames, slots, joints), np.uint8)
        fields: dict[str, np.ndarray] = {}
        for slot, first, length, number, offset in lines:
            shard = self.shards[number]
            here, there = slice(first, first + length), slice(offset, offset + length)
            positions[here, slot] = shard.positions[there]
            present[here, slot] = True
            tracked[here, slot] = SEEN if shard.tracked is None else shard.tracked[there]
            for name, column in shard.fields.items():
                if name not in fields:
                    fields[name] = np.zeros((frames, slots, *column.shape[1:]), column.dtype)
                fields[name][here, slot] = column[there]
        return Motion(positions, present, tracked, labels, self.ids[index], self.sources[index], None, fields)

    def __iter__(self) -> Iterator[Motion]:
        for rows in stretches(len(self)):
            some = self.select(np.arange(rows.start, rows.stop))
            yield from (some[index] for index in range(len(some)))

    def copy_into(self, index: int, start: int, positions: np.ndarray, present: np.ndarray) -> None:
        """Copy a recording's frames from `start` on into zeroed arrays (n, slots, J, 3) and (n, slots), as far as they
        reach; bodies beyond the arrays' slots are left out."""
        size, slots = present.shape
        for slot, first, length, number, offset in self._lines[self._first_run[index] : self._first_run[index + 1]]:
            a, b = max(first - start, 0), min(first + length - start, size)
            if a < b and slot < slots:
                there = offset + start - first
                positions[a:b, slot] = self.shards[number].positions[there + a : there + b]
                present[a:b, slot] = True

    def select(self, indices: Sequence[int] | np.ndarray) -> "MotionDataset":
        """The recordings at these places (or where a mask is true), in this order; codes keep their meaning."""
        chosen = np.asarray(indices)
        if chosen.dtype == bool and len(chosen) != len(self):
            raise IndexError(f"a mask of {len(chosen)} for {len(self)} recordings")
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(self)):
            raise IndexError(f"there are {len(self)} recordings")
        first, last = (np.searchsorted(self.runs.recording, chosen, side) for side in ("left", "right"))
        counts = last - first
        rows = np.repeat(first - counts.cumsum() + counts, counts) + np.arange(counts.sum())
        runs = Runs(*(column[rows] for column in self.runs))
        return replace(
            self,
            ids=Texts.of(self.ids)[chosen],
            labels={label: codes[chosen] for label, codes in self.labels.items()},
            frames=self.frames[chosen],
            slots=self.slots[chosen],
            rates=self.rates[chosen],
            sources=Texts.of(self.sources)[chosen],
            hashes=Texts.of(self.hashes)[chosen],
            motion_hashes=Texts.of(self.motion_hashes)[chosen],
            runs=runs._replace(recording=np.repeat(np.arange(len(chosen)), counts)),
        )

    def by_itself(self) -> "MotionDataset":
        """The same with no shard but those its recordings lie in, to be sent to another process."""
        used, shard = np.unique(self.runs.shard, return_inverse=True)
        return replace(self, runs=self.runs._replace(shard=shard.reshape(-1)), shards=[self.shards[k] for k in used.tolist()])

    def text(self, label: str, index: int) -> str:
        """What a recording's label says: its name, its number, or '' where it is unknown."""
        code = int(self.labels[label][index])
        if code == UNKNOWN:
            return ""
        return self.names[label][code] if label in self.names else str(code)

    def told(self, index: int) -> dict[str, Label]:
        """A recording's known labels as a source would say them: names where there are names."""
        return {label: self.names[label][codes[index]] if label in self.names else int(codes[index])
                for label, codes in self.labels.items() if codes[index] != UNKNOWN}

    @cached_property
    def takes(self) -> np.ndarray:
        """The performance each recording shows, as a number; recordings by several cameras share one."""
        return take_numbers(self.labels, len(self))

    @cached_property
    def content_id(self) -> str:
        """A name for what is in here: skeleton, rate, label names and every recording, whatever files hold it."""
        return content_id(self.skeleton, self.fps, self.labels, self.names, self.hashes)

    @cached_property
    def _first_run(self) -> list[int]:
        counts = np.bincount(self.runs.recording, minlength=len(self))
        return [0, *counts.cumsum().tolist()]

    @cached_property
    def _codes(self) -> list[tuple[str, list[int]]]:
        return [(label, codes.tolist()) for label, codes in self.labels.items()]

    @cached_property
    def _shape(self) -> list[tuple[int, int]]:
        return list(zip(self.frames.tolist(), self.slots.tolist(), strict=True))

    @cached_property
    def _lines(self) -> list[tuple[int, ...]]:
        return list(zip(*(column.tolist() for column in self.runs[1:]), strict=True))


class Builder:
    """Collects recordings one by one; `dataset` gives them as a MotionDataset."""

    def __init__(self, skeleton: Skeleton, fps: float) -> None:
        if not (np.isfinite(fps) and 0 < fps <= 10_000):
            raise UserError(f"{fps} frames a second cannot be", "give the rate with --fps, for example --fps 30")
        self.skeleton = skeleton
        self.fps = fps
        self.told: list[dict[str, Label]] = []
        self.rows: dict[str, list[Any]] = {k: [] for k in ("id", "frames", "slots", "rate", "source", "hash", "motion")}
        self.runs: list[tuple[int, int, int, int, int, int]] = []
        self.positions = Growing(np.float32, MOST_HELD)
        self.tracked = Growing(np.uint8, MOST_HELD)
        self.fields: list[dict[str, np.ndarray]] = []
        self.offset = 0

    def add(self, motion: Motion) -> None:
        motion = storable(motion, len(self.skeleton.joints))
        labels = known_labels(motion.labels)
        digest = motion_hash(motion)
        recording = len(self.told)
        for slot in range(motion.present.shape[1]):
            for first, length in runs_of(motion.present[:, slot]):
                rows = slice(first, first + length)
                self.runs.append((recording, slot, first, length, 0, self.offset))
                self.positions.add(motion.positions[rows, slot].ravel())
                self.tracked.add(motion.tracked[rows, slot].ravel())
                self.fields.append({name: column[rows, slot] for name, column in motion.fields.items()})
                self.offset += length
        self.told.append(labels)
        for key, value in zip(self.rows, (motion.id, *motion.present.shape, _rate(motion.clock, self.fps),
                                          motion.source, recording_hash(digest, labels, motion.id), digest),
                              strict=True):
            self.rows[key].append(value)

    def dataset(self, history: Sequence[dict[str, Any]]) -> MotionDataset:
        twice = doubles(self.rows["id"])
        if twice:
            raise UserError(f"ids stand twice: {listed(twice, 5)}", "every recording needs an id of its own")
        joints = len(self.skeleton.joints)
        labels, names = code_labels(self.told)
        positions = self.positions.array().reshape(-1, joints, 3)
        tracked = self.tracked.array().reshape(-1, joints)
        everywhere = set.intersection(*map(set, self.fields)) if self.fields else set()
        fields = {name: np.concatenate([part[name] for part in self.fields]) for name in sorted(everywhere)}
        table = np.array(self.runs, np.int64).reshape(-1, 6)
        return MotionDataset(
            self.skeleton, self.fps, self.rows["id"], labels, names, tuple(history),
            np.array(self.rows["frames"], np.int64), np.array(self.rows["slots"], np.int64),
            np.array(self.rows["rate"], np.float64), self.rows["source"], self.rows["hash"], self.rows["motion"],
            Runs(*table.T), (MemoryShard(positions, None if (tracked == SEEN).all() else tracked, fields),),
        )


def content_id(
    skeleton: Skeleton, fps: float, labels: Iterable[str], names: Mapping[str, list[str]], hashes: Iterable[str]
) -> str:
    """A name for a dataset: its skeleton, rate, labels with their names, and its recordings in order."""
    plan = {"joints": skeleton.joints, "parents": skeleton.parents}
    page = {"skeleton": plan, "fps": fps, "labels": sorted(labels), "names": dict(names)}
    told = hashlib.sha256(canonical_json(page))
    for digest in hashes:
        told.update(bytes.fromhex(digest))
    return told.hexdigest()[:32]


def take_numbers(labels: Mapping[str, np.ndarray], recordings: int) -> np.ndarray:
    """The take of each recording: its label `take`, or all its labels together but the camera and published splits."""
    telling = ["take"] if "take" in labels else [label for label in labels if not label.startswith(("camera", "split"))]
    if not telling:
        return np.arange(recordings)
    table = np.stack([labels[label] for label in telling], 1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def _rate(clock: np.ndarray | None, fps: float) -> float:
    if clock is None or len(clock) < 2:
        return fps
    step = float(np.median(np.diff(clock)))
    return 1 / step if step > 0 else fps


_PRESENT = np.ones((4096, 1), bool)
_PRESENT.setflags(write=False)
_SEEN: dict[int, np.ndarray] = {}


def _all_present(frames: int) -> np.ndarray:
    return _PRESENT[:frames] if frames <= len(_PRESENT) else np.ones((frames, 1), bool)


def _all_seen(frames: int, joints: int) -> np.ndarray:
    if frames > 4096:
        return np.full((frames, 1, joints), SEEN, np.uint8)
    if joints not in _SEEN:
        _SEEN[joints] = np.full((4096, 1, joints), SEEN, np.uint8)
        _SEEN[joints].setflags(write=False)
    return _SEEN[joints][:frames]
