"""mediapipe: one recording a file as MediaPipe's 33 pose world landmarks, dumped as JSON or csv (read only).

Read: JSON of frames (a list, alone or under "frames", "data", "results" …, or an object by frame number); a frame is 33
landmarks, or several bodies of them, alone or under "pose_world_landmarks", "world_landmarks" or "landmarks"; a
landmark is {"x", "y", "z", "visibility"} or [x, y, z, visibility], in order or by name. csv with a row a frame (x0, y0,
z0, v0 … x32, from 0 or 1, or left_hip_x …) or a row a landmark (frame, landmark, x, y, z, visibility).
The plan is mediapipe37: the 33 landmarks in their order, and the middles of hips, trunk, shoulders and ears, which are
as well seen as their worse half. Visibility below 0.5 is a guessed joint; an empty cell, null or NaN a missing one.
World landmarks are metres about the middle of the hips, y down, seen from the camera; they are turned by half about
the line of sight. Where a body walks they do not say. Landmarks of the picture (pose_landmarks) are refused.
The rate is "fps", else the clock's (timestamp, in any usual unit), else --fps, else 30.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.kit.cells import delimiter_of, split_rows
from maskeleton.formats.kit.guess import FALLBACK_RATE, rate_of, seconds_per_tick
from maskeleton.formats.kit.landmarks import COUNT, IMAGE, WORLD, Landmarks, is_header, read_landmarks
from maskeleton.formats.kit.text import decode_head
from maskeleton.formats.source import Look, Options, Source, file_source
from maskeleton.motion import GUESSED, MISSING, SEEN, Motion
from maskeleton.skeleton import MEDIAPIPE37, MIDDLES

_SURE = 0.5
_FAR = 0.1  # metres from the origin to the middle of the hips that no world landmarks have
_TURNED = np.array([-1, -1, 1], np.float32)


def detect(path: Path, head: bytes) -> bool:
    """JSON that speaks of landmarks or of visibility; a table with columns for all landmarks."""
    text, name = decode_head(head), path.name.lower()
    if name.endswith(".json"):
        return any(f'"{word}"' in text for word in (*WORLD, *IMAGE)) or ('"visibility"' in text and '"x"' in text)
    if not name.endswith((".csv", ".tsv", ".txt")):
        return False
    try:
        first = text.partition("\n")[0] + "\n"
        return is_header(next(split_rows(first, delimiter_of(first)), (1, [""]))[1])
    except UserError:
        return False


def open(files: Sequence[Path], options: Options) -> Source:
    """A source of one recording a file."""
    return file_source("mediapipe", files, lambda path: look(path, options), read_file, options)


def look(path: Path, options: Options) -> Look:
    """Plan and rate of a file."""
    found = read_landmarks(path)
    clock = _clock(found)
    return Look(MEDIAPIPE37, found.rate or (None if clock is None else rate_of(clock)) or options.fps or FALLBACK_RATE)


def read_file(path: Path, look: Look, options: Options) -> Iterator[Motion]:
    """The recording of a file."""
    found = read_landmarks(path)
    with np.errstate(over="ignore"):
        places = found.places.astype(np.float32)
    there: np.ndarray = np.all(np.isfinite(places), axis=-1)
    places = np.where(there[..., None], places, np.float32(np.nan)) * _TURNED
    states = np.where(there, np.where(found.visible < _SURE, GUESSED, SEEN), MISSING).astype(np.uint8)
    positions = np.concatenate([places, np.zeros((*places.shape[:2], len(MEDIAPIPE37.joints) - COUNT, 3), np.float32)], 2)
    tracked = np.concatenate([states, np.zeros((*states.shape[:2], positions.shape[2] - COUNT), np.uint8)], 2)
    for role in ("pelvis", "chest", "spine", "head"):
        middle, *halves = MEDIAPIPE37.need(role, *MIDDLES[role])
        positions[:, :, middle] = positions[:, :, halves].mean(2, dtype=np.float64)
        tracked[:, :, middle] = tracked[:, :, halves].min(2)
    hips = np.linalg.norm(positions[:, :, MEDIAPIPE37.roles["pelvis"]].astype(np.float64), axis=-1)
    if np.isfinite(hips).any() and np.nanmedian(hips) > _FAR:
        raise UserError(f"the middle of the hips is {np.nanmedian(hips):.2g} from the origin, where world landmarks have it",
                        "dump pose_world_landmarks; those of the picture are no metres")
    yield Motion(positions, np.any(there, axis=-1), tracked, {}, "", clock=_clock(found))


def _clock(found: Landmarks) -> np.ndarray | None:
    unit = None if found.ticks is None else seconds_per_tick(found.ticks)
    return None if found.ticks is None or unit is None else found.ticks * unit
