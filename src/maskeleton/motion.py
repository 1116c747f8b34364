"""Motion: one recording, as it is read, as it can be stored, and under the name of its content."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN, Label

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
    faults += [f"field {name!r} has the shape {column.shape}, expected {(frames, slots)} and more"
               for name, column in motion.fields.items() if column.shape[:2] != (frames, slots)]
    if not is_text(motion.id):
        faults.append("its id is no text that can be written")
    if faults:
        raise UserError(f"recording {motion.id!r}: {'; '.join(faults)}", "check the file and its body plan")
    finite: np.ndarray = np.all(np.isfinite(positions), axis=-1)
    if not finite.all() or not motion.present.all():
        present = motion.present & finite.any(-1)
        tracked = np.where(finite & present[..., None], motion.tracked, MISSING).astype(np.uint8)
        positions = filled(np.where(finite[..., None], positions, np.nan), present)
        motion = motion._replace(positions=positions, present=present, tracked=tracked)
    if not motion.present.any():
        raise UserError(f"recording {motion.id!r} has no body in any frame", "set it aside with convert --clean empty")
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
    """A name for a recording: its motion, its known labels (5 and '5' are one: other recordings decide which), its id.
    """
    told = {label: str(value) for label, value in labels.items()}
    return hashlib.sha256(canonical_json([digest, told, id])).hexdigest()[:32]


def known_labels(labels: Mapping[str, Label]) -> dict[str, Label]:
    """The labels that say something."""
    for label, value in labels.items():
        if not is_text(label) or not (is_text(value) or isinstance(value, int | np.integer)):
            raise UserError(f"label {label!r} cannot be {value!r}", "a label is text or a whole number, −1 for unknown")
        if not isinstance(value, str) and not UNKNOWN <= value < 2**31:
            raise UserError(f"label {label!r} has the number {value}", "labels are 0 … 2147483647, or −1 for unknown")
    plain = {label: value if isinstance(value, str) else int(value) for label, value in labels.items()}
    return {label: value for label, value in sorted(plain.items()) if value not in (UNKNOWN, "")}


def is_text(thing: object) -> TypeGuard[str]:
    """Is this text that can be written? Some readers can give halves of characters."""
    return isinstance(thing, str) and thing.encode("utf-8", "replace").decode() == thing


def canonical_json(data: object) -> bytes:
    """One text for one datum, whatever the order its keys were written in."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
