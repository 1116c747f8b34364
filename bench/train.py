"""train: a training step of each classifier against the published formulation in plain torch, and answering with it.

Eight recordings of 64 frames. Both sides have the same sizes and as many weights; they take turns, the best time counts.
"""

import time
from collections.abc import Callable
from typing import Any

import plain_models
import torch
from torch import nn

from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.fold import folded
from maskeleton.skeleton import KINECT25

CLASSES, BATCH, FRAMES, TURNS = 60, 8, 64, 4
# Multiply-adds in 10^9 of one body's 64 frames through the published network, forward; a step takes three times as many.
MULTIPLY_ADDS = {"stgcn": 1.82, "stgcn++": 0.94, "agcn": 2.07, "ctrgcn": 0.97, "msg3d": 3.50, "shiftgcn": 0.39}
GOALS = {"msg3d": 1.3, "shiftgcn": 1.5}
OPTIONS: dict[str, dict[str, Any]] = {"stgcn++": {"plus": True}}


def measure(device: str = "cpu") -> list[dict[str, object]]:
    if device == "cpu":
        torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for name in MULTIPLY_ADDS:
        rows += of_one(name, device)
    return rows


def of_one(name: str, device: str) -> list[dict[str, object]]:
    """The rows of one classifier."""
    torch.manual_seed(0)
    plain = plain_models.build(name, CLASSES, bodies=1).to(device)
    network = CLASSIFIERS[name.removesuffix("++")]
    ours = network(KINECT25, CLASSES, **OPTIONS.get(name, {})).to(device)
    published = network(KINECT25, CLASSES, slots=1, **OPTIONS.get(name, {}))
    if counted(published) != counted(plain):
        raise AssertionError(f"{name}: {counted(published):,} weights here, {counted(plain):,} there")
    answers = torch.arange(BATCH, device=device)
    two = torch.randn(BATCH, FRAMES, 2, len(KINECT25.joints), 3, device=device)
    both = torch.ones(BATCH, FRAMES, 2, dtype=torch.bool, device=device)
    first = both.clone()
    first[:, :, 1] = False
    image = two[:, :, :1].permute(0, 4, 1, 3, 2).contiguous()
    square = torch.randn(2048 if device != "cpu" else 768, 2048 if device != "cpu" else 768, device=device)
    sure = folded(ours)

    def step(net: nn.Module, *given: torch.Tensor) -> Callable[[], object]:
        def work() -> None:
            net.train().zero_grad()
            nn.functional.cross_entropy(net(*given), answers).backward()

        return work

    def look(net: nn.Module, *given: torch.Tensor) -> Callable[[], object]:
        def work() -> None:
            with torch.inference_mode():
                net.eval()(*given)

        return work

    spent = race(device, ours=step(ours, two[:, :, :1], both[:, :, :1]), plain=step(plain, image),
                 both=step(ours, two, both), one=step(ours, two, first), product=lambda: square @ square)
    seen = race(device, ours=look(ours, two[:, :, :1], both[:, :, :1]), plain=look(plain, image),
                folded=look(sure, two[:, :, :1], both[:, :, :1]))
    bare = square.shape[0] ** 3 / spent["product"] / 1e9
    rate = 3 * MULTIPLY_ADDS[name] * BATCH / spent["ours"]
    return [
        row(f"{name}: a training step", spent["ours"], spent["plain"], f">= {GOALS.get(name, 1.0)}"),
        row(f"{name}: one of two bodies absent, against both", spent["one"], spent["both"], ">= 1.7"),
        row(f"{name}: answering, against the published way", seen["ours"], seen["plain"], "stated"),
        row(f"{name}: answering with norms folded, against without", seen["folded"], seen["ours"], ">= 1.3"),
        row(f"{name}: answering with norms folded, against published", seen["folded"], seen["plain"], "stated"),
        {"what": f"{name}: multiply-adds against a bare product", "ours": rate, "theirs": bare, "unit": "10^9/s",
         "ratio": rate / bare, "goal": "stated"},
    ]


def counted(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())


def race(device: str, **sides: Callable[[], object]) -> dict[str, float]:
    """Seconds of each side, the best of some turns after one to get warm."""
    best = dict.fromkeys(sides, float("inf"))
    for turn in range(TURNS + 1):
        for side, work in sides.items():
            began = time.perf_counter()
            work()
            if device != "cpu":
                torch.cuda.synchronize(device)
            if turn:
                best[side] = min(best[side], time.perf_counter() - began)
    return best


def row(what: str, ours: float, theirs: float, goal: str) -> dict[str, object]:
    """A line of the bench's table, in milliseconds."""
    return {"what": what, "ours": ours * 1e3, "theirs": theirs * 1e3, "unit": "ms", "ratio": theirs / ours,
            "goal": goal}
