"""Motion: one recording; MotionDataset: many of one skeleton and one rate. Every reader ends in `MotionDataset.of`."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN, Label, code_labels, doubles
from maskeleton.skeleton import Skeleton

SEEN, GUESSED, MISSING = 2, 1, 0


class Motion(NamedTuple):
    """One recording of T frames with up to P bodies of J joints.

    As a reader yields it a label may still be text and a position NaN; in a MotionDataset labels are codes and
    positions finite. `clock` (seconds) and `fields` (what else the file says of a body in a frame, leading axes T, P)
    are there where the source has them.
    """

    positions: np.ndarray  # (T, P, J, 3) float32, metres, y up
    present: np.ndarray  # (T, P) bool
    tracked: np.ndarray  # (T, P, J) uint8: 2 seen, 1 guessed, 0 missing
    labels: Mapping[str, Label]
    id: str
    source: str = ""
    clock: np.ndarray | None = None
    fields: Mapping[str, np.ndarray] = {}

    @classmethod
    def of(
        cls, positions: np.ndarray, id: str = "", labels: Mapping[str, Label] | None = None, **rest: Any
    ) -> "Motion":
        """A recording from coordinates alone, (T, J, 3) or (T, P, J, 3): what is finite is there and seen."""
        positions = np.asarray(positions, np.float32)
        if positions.ndim == 3:
            positions = positions[:, None]
        seen = np.isfinite(positions).all(-1)
        rest.setdefault("present", seen.any(-1))
        rest.setdefault("tracked", np.where(seen, SEEN, MISSING).astype(np.uint8))
        return cls(positions, labels=dict(labels or {}), id=id, **rest)


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
    ids: list[str]
    labels: dict[str, np.ndarray]  # int32, −1 unknown
    names: dict[str, list[str]]  # label -> name of each code, for the labels that have names
    history: tuple[dict[str, Any], ...]
    frames: np.ndarray  # T of each recording
    slots: np.ndarray  # P of each recording
    rates: np.ndarray  # each recording's own frames per second, as measured or as said
    sources: list[str]
    hashes: list[str]  # of each recording, with labels and id
    motion_hashes: list[str]  # of each recording's motion alone: equal ones are duplicates
    runs: Runs
    shards: Sequence[Shard]

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
        return (self[index] for index in range(len(self)))

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
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(self)):
            raise IndexError(f"there are {len(self)} recordings")
        first = np.asarray(self._first_run)
        counts = first[chosen + 1] - first[chosen]
        rows = np.repeat(first[chosen] - np.concatenate([[0], counts.cumsum()[:-1]]), counts) + np.arange(counts.sum())
        runs = Runs(*(column[rows] for column in self.runs))
        places = chosen.tolist()
        return replace(
            self,
            ids=[self.ids[i] for i in places],
            labels={label: codes[chosen] for label, codes in self.labels.items()},
            frames=self.frames[chosen],
            slots=self.slots[chosen],
            rates=self.rates[chosen],
            sources=[self.sources[i] for i in places],
            hashes=[self.hashes[i] for i in places],
            motion_hashes=[self.motion_hashes[i] for i in places],
            runs=runs._replace(recording=np.repeat(np.arange(len(chosen)), counts)),
        )

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
        self.positions: list[np.ndarray] = []
        self.tracked: list[np.ndarray] = []
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
                self.positions.append(motion.positions[rows, slot])
                self.tracked.append(motion.tracked[rows, slot])
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
        positions = np.concatenate([np.zeros((0, joints, 3), np.float32), *self.positions])
        tracked = np.concatenate([np.zeros((0, joints), np.uint8), *self.tracked])
        everywhere = set.intersection(*map(set, self.fields)) if self.fields else set()
        fields = {name: np.concatenate([part[name] for part in self.fields]) for name in sorted(everywhere)}
        table = np.array(self.runs, np.int64).reshape(-1, 6)
        return MotionDataset(
            self.skeleton, self.fps, self.rows["id"], labels, names, tuple(history),
            np.array(self.rows["frames"], np.int64), np.array(self.rows["slots"], np.int64),
            np.array(self.rows["rate"], np.float64), self.rows["source"], self.rows["hash"], self.rows["motion"],
            Runs(*table.T), (MemoryShard(positions, None if (tracked == SEEN).all() else tracked, fields),),
        )


def storable(motion: Motion, joints: int) -> Motion:
    """A recording as it can be stored: shapes agree, nothing is NaN, a missing joint has a position nevertheless."""
    positions = np.asarray(motion.positions, np.float32)
    frames, slots = positions.shape[:2] if positions.ndim == 4 else (0, 0)
    faults = []
    if positions.ndim != 4 or positions.shape[2:] != (joints, 3):
        faults.append(f"positions have the shape {positions.shape}, expected (frames, bodies, {joints}, 3)")
    if motion.present.shape != (frames, slots):
        faults.append(f"present has the shape {motion.present.shape}, expected {(frames, slots)}")
    if motion.tracked.shape != (frames, slots, joints):
        faults.append(f"tracked has the shape {motion.tracked.shape}, expected {(frames, slots, joints)}")
    if faults:
        raise UserError(f"recording {motion.id!r}: {'; '.join(faults)}", "check the file and its body plan")
    finite: np.ndarray = np.all(np.isfinite(positions), axis=-1)
    if not finite.all() or not motion.present.all():
        present = motion.present & finite.any(-1)
        tracked = np.where(finite & present[..., None], motion.tracked, MISSING).astype(np.uint8)
        positions = filled(np.where(finite[..., None], positions, np.nan), present)
        motion = motion._replace(positions=positions, present=present, tracked=tracked)
    if not motion.present.any():
        raise UserError(f"recording {motion.id!r} has no body in any frame", "set it aside with --clean empty")
    return motion._replace(positions=np.ascontiguousarray(positions, np.float32),
                           tracked=np.minimum(motion.tracked, SEEN).astype(np.uint8))


def filled(positions: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Positions without NaN: between two known frames on the straight line, outside them the nearest known one, and
    for a joint never seen the middle of the joints that are; where a body is absent, zero."""
    positions = positions.copy()
    for slot in range(positions.shape[1]):
        frames = np.flatnonzero(present[:, slot])
        body = positions[frames, slot]
        for joint in np.flatnonzero(np.isnan(body).any((0, 2))):
            known = np.isfinite(body[:, joint, 0])
            if known.any():
                for axis in range(3):
                    body[~known, joint, axis] = np.interp(frames[~known], frames[known], body[known, joint, axis])
        never: np.ndarray = np.isnan(body).any(axis=(0, 2))
        if never.any() and len(frames):
            body[:, never] = body[:, ~never].mean(1, keepdims=True)
        positions[:, slot] = 0
        positions[frames, slot] = body
    return positions


def retimed(motion: Motion, old_fps: float, new_fps: float) -> Motion:
    """The same motion at another rate: on the straight line between frames, body by body, never across an absence."""
    last = len(motion.present) - 1
    times = np.arange(int(last * new_fps / old_fps + 1e-6) + 1) * (old_fps / new_fps)
    near = np.minimum(np.rint(times).astype(int), last)
    before = np.minimum(times.astype(int), last)
    after = np.minimum(before + 1, last)
    share = (times - before).astype(np.float32)[:, None, None, None]
    both = (motion.present[before] & motion.present[after])[..., None, None]
    mixed = motion.positions[before] * (1 - share) + motion.positions[after] * share
    return motion._replace(
        positions=np.where(both, mixed, motion.positions[near]).astype(np.float32),
        present=motion.present[near],
        tracked=motion.tracked[near],
        clock=None,
        fields={name: column[near] for name, column in motion.fields.items()},
    )


def runs_of(there: np.ndarray) -> list[tuple[int, int]]:
    """(first, length) of every stretch of True."""
    if there.all():
        return [(0, len(there))] if len(there) else []
    edges = np.flatnonzero(np.diff(there.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def motion_hash(motion: Motion) -> str:
    """A name for a recording's motion alone."""
    told = hashlib.sha256(f"{motion.positions.shape}".encode())
    for array in (np.packbits(motion.present), motion.positions[motion.present], motion.tracked[motion.present]):
        told.update(np.ascontiguousarray(array).tobytes())
    return told.hexdigest()[:32]


def recording_hash(digest: str, labels: Mapping[str, Label], id: str) -> str:
    """A name for a recording: its motion, its known labels as said, its id."""
    return hashlib.sha256(canonical_json([digest, dict(labels), id])).hexdigest()[:32]


def known_labels(labels: Mapping[str, Label]) -> dict[str, Label]:
    """The labels that say something."""
    return {label: value for label, value in sorted(labels.items()) if value not in (UNKNOWN, "")}


def content_id(
    skeleton: Skeleton, fps: float, labels: Iterable[str], names: Mapping[str, list[str]], hashes: Iterable[str]
) -> str:
    """A name for a dataset: its skeleton, rate, labels with their names, and its recordings in order."""
    plan = {"joints": skeleton.joints, "parents": skeleton.parents}
    told = hashlib.sha256(canonical_json({"skeleton": plan, "fps": fps, "labels": sorted(labels), "names": dict(names)}))
    for digest in hashes:
        told.update(bytes.fromhex(digest))
    return told.hexdigest()[:32]


def take_numbers(labels: Mapping[str, np.ndarray], recordings: int) -> np.ndarray:
    """The take of each recording: its label `take`, or all its labels together but the camera."""
    telling = ["take"] if "take" in labels else [label for label in labels if label != "camera"]
    if not telling:
        return np.arange(recordings)
    table = np.stack([labels[label] for label in telling], 1)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def canonical_json(data: object) -> bytes:
    """One text for one datum, whatever the order its keys were written in."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


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
