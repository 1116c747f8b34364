"""Batch: recordings side by side as tensors, cut or looped to one length. Here torch begins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from maskeleton.dataset import MotionDataset
from maskeleton.seeds import generator


class Batch(NamedTuple):
    """B recordings of T frames and P slots, their labels, and a seed for everything random about each row."""

    positions: Tensor  # (B, T, P, J, 3) float32, zero where nobody is
    present: Tensor  # (B, T, P) bool
    labels: dict[str, Tensor]
    seeds: Tensor  # (B,) int64


def crops(
    dataset: MotionDataset, indices: Sequence[int] | np.ndarray, frames: int, slots: int = 2, seed: int = 0
) -> Batch:
    """`frames` frames of each recording: from a random start where it is longer, looped where it is shorter."""
    places = np.asarray(indices, np.int64)
    lengths = dataset.frames[places]
    rng = generator(seed, "crops")
    starts = (rng.random(len(places)) * (np.maximum(lengths - frames, 0) + 1)).astype(np.int64)
    positions = np.zeros((len(places), frames, slots, len(dataset.skeleton.joints), 3), np.float32)
    present = np.zeros((len(places), frames, slots), bool)
    for row, (place, length, start) in enumerate(zip(places.tolist(), lengths.tolist(), starts.tolist(), strict=True)):
        dataset.copy_into(place, start, positions[row], present[row])
        if length < frames:
            _loop(positions[row], present[row], length)
    return Batch(
        torch.from_numpy(positions),
        torch.from_numpy(present),
        {label: torch.from_numpy(codes[places]).long() for label, codes in dataset.labels.items()},
        torch.from_numpy(rng.integers(2**63, size=len(places), dtype=np.int64)),
    )


def _loop(positions: np.ndarray, present: np.ndarray, length: int) -> None:
    """Fill what lies behind the recording's end with the recording again, as often as it takes."""
    filled = length
    while 0 < filled < len(positions):
        more = min(filled, len(positions) - filled)
        positions[filled : filled + more] = positions[:more]
        present[filled : filled + more] = present[:more]
        filled += more
