"""Writing recordings as wide csv files in the Kinder-Gator manner."""

import csv
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.formats.kit.columns import LABELS, OWN_LABEL
from maskeleton.formats.kit.naming import safe_names
from maskeleton.motion import GUESSED, MISSING, Motion

_TITLES = {"subject": "User-ID", "action": "Action"}


def write(dataset: MotionDataset, out: Path, fields: bool = False) -> None:
    """One csv a recording."""
    out.mkdir()
    for index, name in enumerate(safe_names(dataset.ids)):
        with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(_rows(dataset, index))


def _rows(dataset: MotionDataset, index: int) -> list[list[str]]:
    motion, told = dataset[index], dataset.told(index)
    frames, slots = motion.present.shape
    states = bool((motion.tracked[motion.present] == GUESSED).any())
    header = ["Timestamp", *(["Body"] if slots > 1 else [])]
    header += [joint + axis for joint in dataset.skeleton.joints for axis in "XYZ"]
    header += [joint + "TrackingState" for joint in dataset.skeleton.joints if states]
    header += [_TITLES.get(label, label if label in LABELS else OWN_LABEL + label) for label in told]
    cells = _cells(motion, states)
    tail = [str(value) for value in told.values()]
    rows = [header]
    for frame in range(frames):
        time = repr(round(frame * 1000 / dataset.fps, 9))
        for slot in range(slots):
            rows.append([time, *([str(slot)] if slots > 1 else []), *cells[frame, slot], *tail])
    return rows


def _cells(motion: Motion, states: bool) -> np.ndarray:
    """(T, P, cells) text: x, y, z of each joint, then the tracking states; empty where nothing was there."""
    there = motion.present[..., None] & (motion.tracked != MISSING)
    text = np.where(there[..., None], motion.positions.astype(str), "").reshape(*motion.present.shape, -1)
    if not states:
        return text
    return np.concatenate([text, np.where(motion.present[..., None], motion.tracked.astype(str), "")], -1)
