"""adversarial: an iteration of algorithm 1 with Shift-GCN as keeper and seeker, against the published formulation.

A minimization and a maximization step, each with eight recordings of 300 frames and two body slots of which one is
empty. The published way computes both slots always and shifts by gathering. Both sides have as many weights, freeze the
same ones, and take turns; the best time counts.
"""

from collections.abc import Callable, Mapping
from typing import Any

import plain_shiftgcn
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from train import counted, race, row

from maskeleton.algorithms.adversarial import adversarial
from maskeleton.algorithms.game import Game, Role
from maskeleton.anonymizers.residual import Residual
from maskeleton.batch import Batch
from maskeleton.classifiers.shiftgcn import ShiftGCN
from maskeleton.engine import Engine
from maskeleton.skeleton import KINECT25

ACTIONS, GENDERS, RECORDINGS, FRAMES, JOINTS = 55, 2, 8, 300, 25
LR_MIN, LR_MAX, PRIVACY, FIDELITY = 0.0018, 0.003, 0.1, 0.0067  # etri-res-adv


def measure(device: str = "cpu") -> list[dict[str, object]]:
    if device == "cpu":
        torch.set_num_threads(1)
    torch.manual_seed(0)
    positions = torch.randn(RECORDINGS, FRAMES, 2, JOINTS, 3, device=device)
    positions[:, :, 1] = 0
    truths = {"action": torch.arange(RECORDINGS, device=device), "gender": torch.arange(RECORDINGS, device=device) % 2}
    spent = race(device, ours=our_iteration(positions, truths, device), theirs=plain_iteration(positions, truths, device))
    return [row("an iteration, one of two slots empty", spent["ours"], spent["theirs"], ">= 2.5")]


def our_iteration(positions: Tensor, truths: dict[str, Tensor], device: str) -> Callable[[], object]:
    """As `train` does it."""
    present = torch.ones(positions.shape[:3], dtype=torch.bool, device=device)
    present[:, :, 1] = False
    keeper, seeker = (ShiftGCN(KINECT25, classes).to(device) for classes in (ACTIONS, GENDERS))
    plain = plain_shiftgcn.build(ACTIONS, 1)
    if counted(keeper) != counted(plain):
        raise AssertionError(f"{counted(keeper):,} weights here, {counted(plain):,} there")
    game = Game(Residual(KINECT25).to(device), [Role(keeper, "action")], [Role(seeker, "gender")], lr_min=LR_MIN,
                lr_max=LR_MAX, privacy=PRIVACY, fidelity=FIDELITY, engine=Engine(device, "float32"))
    batch = Batch(positions, present, truths, torch.zeros(RECORDINGS, dtype=torch.int64, device=device))
    return lambda: adversarial(game, [batch, batch])


def plain_iteration(positions: Tensor, truths: dict[str, Tensor], device: str) -> Callable[[], object]:
    """The same two steps on both slots of everybody."""
    keeper, seeker = (plain_shiftgcn.build(classes).to(device) for classes in (ACTIONS, GENDERS))
    return plain_steps(positions, truths, keeper, seeker, {"lr_min": LR_MIN, "lr_max": LR_MAX, "privacy": PRIVACY,
                                                           "fidelity": FIDELITY})


def plain_steps(positions: Tensor, truths: Mapping[str, Tensor], keeper: nn.Module, seeker: nn.Module,
                game: Mapping[str, Any]) -> Callable[[], object]:
    """A minimization and a maximization step of the residual anonymizer, against networks that take (N, 3, T, V, M)."""
    keeper.eval().requires_grad_(False)
    size = JOINTS * 3
    anonymizer = nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, size)).to(positions.device)
    low = torch.optim.SGD(anonymizer.parameters(), game["lr_min"], 0.9)
    high = torch.optim.SGD(seeker.parameters(), game["lr_max"], 0.9)

    def released() -> Tensor:
        flat = positions.flatten(3)
        return (flat + anonymizer(flat)).view(positions.shape)

    def asked(net: nn.Module, motion: Tensor) -> Tensor:
        return net(motion.permute(0, 4, 1, 3, 2).contiguous())

    def work() -> None:
        seeker.eval().requires_grad_(False)
        motion = released()
        said = asked(seeker, motion).log_softmax(1)
        loss = F.cross_entropy(asked(keeper, motion), truths["action"]) \
            + game["privacy"] * (said.exp() * said).sum(1).mean() + game["fidelity"] * (motion - positions).square().mean()
        low.zero_grad()
        loss.backward()
        low.step()
        seeker.train().requires_grad_(True)
        with torch.no_grad():
            motion = released()
        high.zero_grad()
        (game["privacy"] * F.cross_entropy(asked(seeker, motion), truths["gender"])).backward()
        high.step()

    return work
