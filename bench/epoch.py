"""epoch: what an epoch of algorithm 1 over a dataset of ETRI's size takes, worked out from some iterations of it.

`etri-res-adv` as the paper prints it: MS-G3D as keeper, MS-G3D without its windows as seeker, 300 frames, two body slots
of which one is empty, 24 recordings a step; a minimization and a maximization step in turn. The other side is the
published formulation of the same steps. On a CPU two recordings a step stand for 24. The second row is of the engine's own
precision against float32 where there is a GPU, the third of the small network that two cores can afford.
"""

from collections.abc import Callable

import plain_msg3d
import torch
from adversarial import plain_steps
from torch import nn
from train import counted, race

from maskeleton.algorithms.adversarial import adversarial
from maskeleton.algorithms.game import Game, Role
from maskeleton.anonymizers.residual import Residual
from maskeleton.batch import Batch
from maskeleton.classifiers.msg3d import MSG3D
from maskeleton.classifiers.tcn import Tcn
from maskeleton.engine import Engine
from maskeleton.games import GAMES
from maskeleton.skeleton import KINECT25

RECORDINGS = 68_788  # that ETRI's training part has
FRAMES, ACTIONS, GENDERS = 300, 50, 2
GAME = GAMES["etri-res-adv"]


def measure(device: str = "cpu") -> list[dict[str, object]]:
    on_cpu = device == "cpu"
    if on_cpu:
        torch.set_num_threads(1)
    size = 2 if on_cpu else int(GAME["batch"])
    torch.manual_seed(0)
    batch = batch_of(size, FRAMES, device)
    own = Engine(device)
    ours, keeper, seeker = game_of(batch, own)
    networks = ((ACTIONS, True), (GENDERS, False))  # classes, and whether there are windows
    if [counted(keeper), counted(seeker)] != [counted(plain_msg3d.build(*one, bodies=1)) for one in networks]:
        raise AssertionError("the two sides have not as many weights")
    plain = [plain_msg3d.build(*one).to(device) for one in networks]
    sides = {"ours": ours, "plain": plain_steps(batch.positions, batch.labels, *plain, GAME)}
    if not on_cpu:
        sides["exact"], _, _ = game_of(batch, Engine(device, "float32"))
    spent = race(device, **sides)
    rows = [row("etri-res-adv, MS-G3D, T = 300", spent["ours"], spent["plain"], size, "stated")]
    if not on_cpu:
        rows.append(row(f"the same, {own.precision} against float32", spent["ours"], spent["exact"], size, "stated"))
        rows.append(row("the same, both sides float32", spent["exact"], spent["plain"], size, "stated"))
    return [*rows, row("default, tcn, T = 64, against the first row", *small(device, size, spent["ours"]), size, "stated")]


def batch_of(size: int, frames: int, device: str) -> Batch:
    """Recordings of noise; nobody is in the second slot."""
    positions = torch.randn(size, frames, 2, len(KINECT25.joints), 3, device=device)
    present = torch.ones(positions.shape[:3], dtype=torch.bool, device=device)
    positions[:, :, 1], present[:, :, 1] = 0, False
    rows = torch.arange(size, device=device)
    return Batch(positions, present, {"action": rows, "gender": rows % 2}, torch.zeros_like(rows))


def game_of(batch: Batch, engine: Engine) -> tuple[Callable[[], object], nn.Module, nn.Module]:
    """A round as `train` does it, and who plays."""
    keeper, seeker = MSG3D(KINECT25, ACTIONS).to(engine.device), MSG3D(KINECT25, GENDERS, g3d=False).to(engine.device)
    return round_of(batch, keeper, seeker, engine), keeper, seeker


def round_of(batch: Batch, keeper: nn.Module, seeker: nn.Module, engine: Engine) -> Callable[[], object]:
    game = Game(Residual(KINECT25).to(engine.device), [Role(keeper, "action")], [Role(seeker, "gender")],
                lr_min=GAME["lr_min"], lr_max=GAME["lr_max"], privacy=GAME["privacy"], fidelity=GAME["fidelity"],
                engine=engine)
    return lambda: adversarial(game, [batch, batch])


def small(device: str, size: int, other: float) -> tuple[float, float]:
    """Seconds of a round of the small network, and of the other side."""
    engine = Engine(device)
    keeper, seeker = (Tcn(KINECT25, classes).to(engine.device) for classes in (ACTIONS, GENDERS))
    return race(device, ours=round_of(batch_of(size, 64, device), keeper, seeker, engine))["ours"], other


def row(what: str, ours: float, theirs: float, size: int, goal: str) -> dict[str, object]:
    """A line of the bench's table, in minutes of an epoch: every recording once, in a step of either kind."""
    rounds = RECORDINGS / (2 * size) / 60
    return {"what": what, "ours": ours * rounds, "theirs": theirs * rounds, "unit": "min an epoch",
            "ratio": theirs / ours, "goal": goal}
