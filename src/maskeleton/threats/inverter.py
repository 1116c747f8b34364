"""Inverter: learns from pairs of originals and releases how to go back, frame by frame.

A ridge looks at a frame, at its neighbours and at the recording's mean and spread; a small network over time learns
what the ridge leaves over. Who goes back best, and how bodies are best looked at, is chosen on pairs held back.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.alignment import Seen
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.seeds import generator, seed_for
from maskeleton.threads import few_threads
from maskeleton.threats.views import VIEWS, Body, bodies, distance, flat

NEIGHBOURS = (-4, -2, -1, 0, 1, 2, 4)  # frames that are looked at with each
PENALTIES = (1e-6, 1e-3, 1e-2, 1e-1)  # of the inputs' mean variance
MOST_FRAMES = 20_000  # that a ridge learns from
WIDTH, WINDOW, TOGETHER = 96, 48, 32  # of the network, its frames, and how many stretches a step shows
STEPS, EVERY, ROUNDS = (20, 200), 20, 15  # at least and at most; between two looks at what is held back; times each is seen
BETTER = 0.99  # of the ridge's distance: less is worth a network


class Ridge(NamedTuple):
    """A straight map from a frame's inputs to the bones of the original."""

    mean: np.ndarray  # (inputs,)
    weights: np.ndarray  # (inputs, J * 3)
    usual: np.ndarray  # (J * 3,)

    def back(self, released: Seen) -> np.ndarray:
        """(T, J * 3) bones as they may have been."""
        return np.asarray((inputs(released) - self.mean) @ self.weights + self.usual)


class Inverter(NamedTuple):
    """What goes back, how bodies are looked at for that, and how near it came on pairs held back."""

    view: str
    ridge: Ridge
    network: nn.Module | None
    shift: np.ndarray  # (3,) from where the released bodies stand to where the originals do
    apart: float  # millimetres

    def back(self, released: Seen) -> Seen:
        """A body as it may have been."""
        vectors = self.ridge.back(released)
        if self.network is not None:
            with torch.inference_mode():
                vectors = vectors + self.network(_shown(released, vectors)[None])[0].T.numpy()
        return released._replace(vectors=vectors.reshape(released.vectors.shape), place=released.place + self.shift)


def learned(original: MotionDataset, released: MotionDataset, held: np.ndarray, seed: int,
            network: bool = True) -> Inverter:
    """An inverter of these pairs; `held` are the rows by which it is chosen."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with few_threads(len(original)):
            found = [_by_ridge(name, list(bodies(original, released, view)), set(held.tolist()), original, seed)
                     for name, view in VIEWS.items()]
            best = min(found, key=lambda one: one.inverter.apart)
            return _by_network(best, original, seed) if network else best.inverter
    finally:
        torch.set_num_threads(threads)


def inputs(seen: Seen) -> np.ndarray:
    """(T, inputs): the bones of each frame and of its neighbours, their mean and their spread in the recording."""
    own = flat(seen)
    frames = np.arange(len(own))
    near = [own[np.clip(frames + step, 0, len(own) - 1)] for step in NEIGHBOURS]
    whole = np.concatenate([own.mean(0), own.std(0)])
    return np.concatenate([*near, np.broadcast_to(whole, (len(own), len(whole)))], 1)


# ── straight ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Tried(NamedTuple):
    """An inverter by a ridge, and what it was chosen with: its ridge of the taught pairs alone, these, and the others."""

    inverter: Inverter
    ridge: Ridge
    taught: list[Body]
    kept: list[Body]


def _by_ridge(view: str, pairs: list[Body], held: set[int], original: MotionDataset, seed: int) -> Tried:
    """The ridge of a view whose penalty is best on what is held back, learned again from everything."""
    taught, kept = ([body for body in pairs if (body.recording in held) is there] for there in (False, True))
    if not (kept and taught):
        raise UserError(f"{len(pairs)} bodies are there before and after: too few to learn a way back from",
                        "compare a release with what it was made of")
    tried = ridges(taught, seed, PENALTIES)
    apart = [_apart(ridge, kept, original) for ridge in tried]
    best = int(np.argmin(apart))
    shift = np.mean([body.original.place - body.released.place for body in pairs], 0)
    ridge = ridges(pairs, seed, PENALTIES[best : best + 1])[0]
    return Tried(Inverter(view, ridge, None, shift, apart[best]), tried[best], taught, kept)


def ridges(pairs: Sequence[Body], seed: int, penalties: Sequence[float]) -> list[Ridge]:
    """One ridge for each penalty."""
    rows, wanted = (np.concatenate(some) for some in zip(*_frames(pairs, seed), strict=True))
    mean, usual = rows.mean(0), wanted.mean(0)
    rows, wanted = rows - mean, wanted - usual
    square, across = rows.T @ rows, rows.T @ wanted
    level = max(float(np.trace(square)) / len(square), 1e-12)
    sizes, axes = np.linalg.eigh(square)
    along = axes.T @ across
    return [Ridge(mean, axes @ (along / (np.maximum(sizes, 0) + penalty * level)[:, None]), usual) for penalty in penalties]


def _frames(pairs: Sequence[Body], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inputs and originals of some frames of every body, if there are too many."""
    share = min(1.0, MOST_FRAMES / sum(len(body.released.vectors) for body in pairs))
    found = []
    for place, body in enumerate(pairs):
        frames = np.arange(len(body.released.vectors))
        some = frames if share == 1 else frames[generator(seed, "frames", place).random(len(frames)) < share]
        found.append((inputs(body.released)[some], flat(body.original)[some]))
    return found


def _apart(ridge: Ridge, kept: Sequence[Body], original: MotionDataset) -> float:
    return float(np.mean([distance(ridge.back(body.released), flat(body.original), original.skeleton) for body in kept]))


# ── over time ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_network(tried: Tried, original: MotionDataset, seed: int) -> Inverter:
    """The same with a network that adds what the ridge leaves over, if that is nearer on what is held back."""
    inverter, ridge, taught, kept = tried
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "inverter"))
        net = _Network(flat(taught[0].released).shape[1])
    learner = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    shown = [(_shown(body.released, found), torch.from_numpy((flat(body.original) - found).T.astype(np.float32)))
             for body in taught for found in (ridge.back(body.released),)]
    lots = generator(seed, "stretches")
    frames = sum(len(body.released.vectors) for body in taught)
    steps = int(np.clip(ROUNDS * frames / (WINDOW * TOGETHER), *STEPS))
    best, nearest = None, BETTER * inverter.apart
    for step in range(1, steps + 1):
        chosen = [shown[int(place)] for place in lots.integers(len(shown), size=min(TOGETHER, 2 * len(shown)))]
        given, wanted = _stretches(chosen, lots)
        learner.zero_grad()
        F.smooth_l1_loss(net(given), wanted, beta=0.02).backward()
        learner.step()
        if step % EVERY == 0 or step == steps:
            apart = _network_apart(net.eval(), ridge, kept, original)
            net.train()
            if apart < nearest:
                nearest, best = apart, {name: value.clone() for name, value in net.state_dict().items()}
    if best is None:
        return inverter
    net.load_state_dict(best)
    return inverter._replace(ridge=ridge, network=net.eval(), apart=nearest)


class _Network(nn.Module):
    """Convolutions over time that begin as nothing at all."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(3 * width, WIDTH, 5, padding=2)
        self.second = nn.Conv1d(WIDTH, WIDTH, 5, padding=4, dilation=2)
        self.third = nn.Conv1d(WIDTH, WIDTH, 5, padding=8, dilation=4)
        self.last = nn.Conv1d(WIDTH, width, 1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, shown: Tensor) -> Tensor:
        """(B, 3 * J * 3, T) -> (B, J * 3, T) to be added."""
        found = F.gelu(self.first(shown))
        found = found + F.gelu(self.second(found))
        found = found + F.gelu(self.third(found))
        added: Tensor = self.last(found)
        return added


def _shown(released: Seen, found: np.ndarray) -> Tensor:
    """(3 * J * 3, T): the released bones, what the ridge makes of them, and their mean in the recording; decimetres."""
    own = flat(released)
    rows = np.concatenate([own, found, np.broadcast_to(own.mean(0), own.shape)], 1)
    return torch.from_numpy((10 * rows.T).astype(np.float32))


def _stretches(chosen: Sequence[tuple[Tensor, Tensor]], lots: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A stretch of each, so long as the shortest has frames."""
    length = min(WINDOW, *(given.shape[1] for given, _ in chosen))
    given, wanted = [], []
    for one, other in chosen:
        first = int(lots.integers(one.shape[1] - length + 1))
        given.append(one[:, first : first + length])
        wanted.append(other[:, first : first + length])
    return torch.stack(given), torch.stack(wanted)


@torch.inference_mode()
def _network_apart(net: nn.Module, ridge: Ridge, kept: Sequence[Body], original: MotionDataset) -> float:
    each = []
    for body in kept:
        found = ridge.back(body.released)
        added = net(_shown(body.released, found)[None])[0].T.numpy()
        each.append(distance(found + added, flat(body.original), original.skeleton))
    return float(np.mean(each))
