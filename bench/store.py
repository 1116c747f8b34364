"""The store against a bare memory map of the same frames: whole recordings at random, batches of crops as tensors."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from maskeleton import store
from maskeleton.batch import crops
from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

RECORDINGS, JOINTS, CROP, BATCH = 4000, 25, 64, 64


def measure(device: str = "cpu") -> list[dict[str, object]]:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        lengths = rng.integers(40, 140, RECORDINGS)
        motions = (Motion.of(rng.standard_normal((n, JOINTS, 3), np.float32), f"r{i}",
                             {"action": i % 60, "subject": i % 40}) for i, n in enumerate(lengths))
        store.write(MotionDataset.of(KINECT25, 30, motions), Path(folder) / "store")
        dataset = store.open(Path(folder) / "store")
        bare = np.load(Path(folder) / "store" / "shard-00000.npy", mmap_mode="r").view(np.ndarray)
        ends = lengths.cumsum()
        spans = list(zip((ends - lengths).tolist(), ends.tolist(), strict=True))
        order = rng.permutation(RECORDINGS).tolist()
        return [whole(dataset, bare, spans, order), batches(dataset, bare, spans, order, device)]


def whole(
    dataset: MotionDataset, bare: np.ndarray, spans: list[tuple[int, int]], order: list[int]
) -> dict[str, object]:
    def ours() -> None:
        for index in order:
            dataset[index].positions.sum()

    def theirs() -> None:
        for index in order:
            start, stop = spans[index]
            bare[start:stop].sum()

    return row("random whole recordings, every byte touched", ours, theirs, RECORDINGS, "recordings/s", ">= 0.6")


def batches(
    dataset: MotionDataset, bare: np.ndarray, spans: list[tuple[int, int]], order: list[int], device: str
) -> dict[str, object]:
    def ours() -> None:
        for start in range(0, RECORDINGS - BATCH + 1, BATCH):
            crops(dataset, order[start : start + BATCH], CROP, slots=1, seed=start).positions.to(device)

    def theirs() -> None:
        rng = np.random.default_rng(0)
        for start in range(0, RECORDINGS - BATCH + 1, BATCH):
            cut = np.zeros((BATCH, CROP, 1, JOINTS, 3), np.float32)
            for place, index in enumerate(order[start : start + BATCH]):
                first, stop = spans[index]
                begin = first + int(rng.random() * (max(stop - first - CROP, 0) + 1))
                part = bare[begin : min(begin + CROP, stop)]
                cut[place, : len(part), 0] = part
            torch.from_numpy(cut).to(device)

    what = f"batches of {BATCH} crops of {CROP} frames to tensors ({device})"
    return row(what, ours, theirs, RECORDINGS // BATCH, "batches/s", ">= 0.5")


def row(
    what: str, ours: Callable[[], None], theirs: Callable[[], None], count: int, unit: str, goal: str
) -> dict[str, object]:
    """Both sides in turn, several times; the best of each."""
    best = {ours: 1e9, theirs: 1e9}
    for _ in range(7):
        for side in (ours, theirs):
            began = time.perf_counter()
            side()
            best[side] = min(best[side], time.perf_counter() - began)
    rates = count / best[ours], count / best[theirs]
    return {"what": what, "ours": rates[0], "theirs": rates[1], "unit": unit, "ratio": rates[0] / rates[1],
            "goal": goal}
