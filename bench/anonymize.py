"""anonymize: a dataset through the residual anonymizer on one core, against the bare matrix products it needs.

In both forms, the paper's (two small layers a body) and the published code's (ten blocks for two bodies at once): the
anonymizer alone, whole blocks with normalizing and turning back, and the verb from store to store with a hash of
everything. And `neutral`, which nobody trains: alone against a wished rate, and the verb against it alone.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from maskeleton import store
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.residual import Residual
from maskeleton.apply import BLOCK, Anonymized
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask, Place, save
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.anonymize import anonymize

RECORDINGS, FRAMES, JOINTS, TURNS = 512, 300, 25, 5
PEOPLE, WISHED = 8, 200_000  # and frames a second
PLACE = Place((0.0, 0.0, 3.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
FORMS: dict[str, dict[str, int]] = {"the paper's form": {}, "the published form": {"blocks": 10}}


def measure(device: str = "cpu") -> list[dict[str, object]]:
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    standing = rng.normal(0, 0.3, (JOINTS, 3)) + np.array((0, 0, 3))
    dataset = MotionDataset.of(KINECT25, 30, [
        Motion.of(standing + rng.normal(0, 0.05, (FRAMES, JOINTS, 3)).cumsum(0) / 10, f"r{number:04d}")
        for number in range(RECORDINGS)])
    rows: list[dict[str, object]] = []
    for form, options in FORMS.items():
        rows += of_one(form, Mask(Residual(KINECT25, **options).eval(), "residual", "sequence", 300, "resample", PLACE),
                       dataset)
    return rows + of_neutral(dataset)


def of_one(form: str, mask: Mask, dataset: MotionDataset) -> list[dict[str, object]]:
    """The rows of one form."""
    source = Anonymized(mask, dataset, b"k" * 32)
    positions = torch.from_numpy(np.stack([motion.positions for motion in dataset]))
    present = torch.ones(positions.shape[:3], dtype=torch.bool)
    seeds = torch.zeros(len(positions), dtype=torch.int64)

    def alone() -> None:
        with torch.inference_mode():
            for first in range(0, RECORDINGS, 64):
                block = slice(first, first + 64)
                mask.net(positions[block], present[block], seeds[block])

    def blocks() -> None:
        for part in source.parts:
            for _ in source.read(part):
                pass

    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        store.write(dataset, folder / "data")
        save(mask, folder / "model")

        def verb() -> None:
            anonymize(folder / "data", folder / "out", mask=folder / "model", force=True)

        spent = race(bare=bare(mask, positions), alone=alone, blocks=blocks, verb=verb)
    return [row(f"{form}: {what}", spent[side], spent["bare"], goal)
            for side, what, goal in (("alone", "the anonymizer alone", "stated"),
                                     ("blocks", "blocks, normalized and turned back", ">= 0.6"),
                                     ("verb", "the verb, from store to store", "stated"))]


def of_neutral(dataset: MotionDataset) -> list[dict[str, object]]:
    """The rows of neutral, by its defaults, in frames a second."""
    dataset = replace(dataset, labels={"subject": np.arange(len(dataset), dtype=np.int32) % PEOPLE})
    net = Neutral(KINECT25).eval()
    net.prepare(dataset)
    positions = torch.from_numpy(np.stack([motion.positions for motion in dataset]))
    present, seeds = torch.ones(positions.shape[:3], dtype=torch.bool), torch.arange(len(positions))

    def alone() -> None:
        with torch.inference_mode():
            for first in range(0, RECORDINGS, BLOCK):
                block = slice(first, first + BLOCK)
                net(positions[block], present[block], seeds[block])

    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        store.write(dataset, folder / "data")
        save(Mask(net, "neutral"), folder / "model")

        def verb() -> None:
            anonymize(folder / "data", folder / "out", mask=folder / "model", force=True)

        spent = race(alone=alone, verb=verb)
    swift = {side: RECORDINGS * FRAMES / seconds for side, seconds in spent.items()}
    return [{"what": f"neutral: {what}", "ours": swift[side], "theirs": theirs, "unit": "frames/s",
             "ratio": swift[side] / theirs, "goal": goal}
            for side, what, theirs, goal in (("alone", "the anonymizer alone, theirs is the goal", WISHED, ">= 1"),
                                             ("verb", "the verb, theirs is the anonymizer alone", swift["alone"], ">= 0.5"))]


def bare(mask: Mask, positions: Tensor) -> Callable[[], object]:
    """Nothing but the products, each of all frames at once into memory that is there."""
    weights = [layer.weight.detach().T.contiguous() for block in mask.net.blocks for layer in (block.first, block.second)]
    vectors = torch.zeros(RECORDINGS * FRAMES, len(weights[0]))
    vectors[:, : JOINTS * 3] = positions.reshape(-1, JOINTS * 3)
    made = {weight.shape[1]: torch.empty(len(vectors), weight.shape[1]) for weight in weights}

    def work() -> None:
        with torch.inference_mode():
            for weight in weights:
                torch.mm(vectors[:, : len(weight)], weight, out=made[weight.shape[1]])

    return work


def race(**sides: Callable[[], object]) -> dict[str, float]:
    """Seconds of each side, the best of some turns after one to get warm; one core, so its own time counts."""
    best = dict.fromkeys(sides, float("inf"))
    for turn in range(TURNS + 1):
        for side, work in sides.items():
            began = time.process_time()
            work()
            if turn:
                best[side] = min(best[side], time.process_time() - began)
    return best


def row(what: str, ours: float, theirs: float, goal: str) -> dict[str, object]:
    """A line of the bench's table, in milliseconds."""
    return {"what": what, "ours": ours * 1e3, "theirs": theirs * 1e3, "unit": "ms", "ratio": theirs / ours, "goal": goal}
