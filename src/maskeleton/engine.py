"""Engine: on what device and in which precision networks run, as one of how many ranks, and how data reaches them."""

import atexit
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, distributed, nn

from maskeleton.augment import Augment, changed, windows
from maskeleton.batch import Batch
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, pick
from maskeleton.motion import Motion
from maskeleton.normalize import Undo, normalize
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
FILLS = {
    "resample": "the part shown is read at evenly spaced moments, on the straight line between two frames",
    "native": "frames stay as they are; a longer recording is cut, a shorter one repeated",
    "loop": "the first frames; where a body is gone for good its own frames are repeated, as the published code does",
}


class Engine:
    """A device, a precision, and this process's place among the ranks that `torchrun` started."""

    def __init__(self, device: str = "auto", precision: str = "auto") -> None:
        self.rank, self.world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self.device = _device(device)
        if precision == "auto":
            precision = "bfloat16" if self.device.type == "cuda" else "float32"
        self.precision = precision
        if pick(precision, PRECISIONS, "precision") != torch.float32 and self.device.type == "cpu":
            raise UserError("bfloat16 on a CPU is three times slower than float32", "leave --precision auto")
        if self.world > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            atexit.register(_leave)

    @property
    def first(self) -> bool:
        """Whether this is the rank that writes files and reports."""
        return self.rank == 0

    def autocast(self) -> Any:
        """The context in which networks are run."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, PRECISIONS[self.precision])

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Inside, torch's own random numbers (weights, dropout) begin at this seed; outside, nothing has happened."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed % 2**63)
            yield

    def sum(self, values: Sequence[float]) -> list[float]:
        """Each number summed over the ranks."""
        if self.world == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return [float(value) for value in total]

    def told(self, value: float) -> float:
        """What the first rank says."""
        return self.sum([value if self.first else 0.0])[0]

    def average_gradients(self, net: nn.Module) -> None:
        """Every rank's gradients become their mean."""
        if self.world > 1:
            wanted = [weight for weight in net.parameters() if weight.requires_grad]
            flat = torch.cat([torch.zeros_like(w).flatten() if w.grad is None else w.grad.flatten() for w in wanted])
            distributed.all_reduce(flat)
            flat /= self.world
            begin = 0
            for weight in wanted:
                weight.grad = flat[begin : begin + weight.numel()].view_as(weight)
                begin += weight.numel()

    def average_buffers(self, net: nn.Module) -> None:
        """What BatchNorm has seen on every rank becomes the mean; weights are the first rank's."""
        if self.world > 1:
            for buffer in net.buffers():
                if buffer.is_floating_point():
                    distributed.all_reduce(buffer)
                    buffer /= self.world
            for tensor in net.state_dict().values():
                distributed.broadcast(tensor, 0)

    def mine(self, rows: np.ndarray) -> np.ndarray:
        """This rank's share of some rows."""
        return rows[self.rank :: self.world]


def _leave() -> None:
    """Part from the other ranks; a process that ends while the group's threads run is aborted."""
    distributed.destroy_process_group()
    gc.collect()


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"there is no device {name!r}", "there are: auto, cpu, cuda, cuda:0, cuda:1 …")
    if device.type == "cuda":
        number = int(os.environ.get("LOCAL_RANK", "0")) if device.index is None else device.index
        if number >= torch.cuda.device_count():
            raise UserError(f"device {name!r} is not here: {torch.cuda.device_count()} GPUs are seen",
                            "leave --device auto")
        device = torch.device("cuda", number)
        torch.cuda.set_device(device)
    return device


# ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Prepared(NamedTuple):
    """A normalized dataset, compactly: body after body, each with all frames of its recording, absent ones zero."""

    skeleton: Skeleton
    chain: str
    positions: Tensor  # (rows, J, 3) float32
    present: Tensor  # (rows,) bool
    centre: Tensor  # (rows, 3): what the chain subtracted in each frame, turned as the frame was
    start: np.ndarray  # (N, P) the row where a body begins, −1 where there is none
    own: np.ndarray  # (N, P) frames until a body is gone for good
    frames: np.ndarray  # (N,)
    labels: dict[str, np.ndarray]


def prepared(dataset: MotionDataset, chain: str = "sequence", slots: int = 2,
             device: torch.device | str = "cpu") -> Prepared:
    """The dataset as the chain makes it, at most so many bodies a recording: the first ones, as the chain orders them.

    Each recording is normalized once, here; batches are then cut from it quickly.
    """
    most = int((dataset.frames * np.minimum(dataset.slots, slots)).sum())
    if not most:
        raise UserError("the dataset has no recordings", "give it some")
    positions = np.empty((most, len(dataset.skeleton.joints), 3), np.float32)
    present, centres = np.empty(most, bool), np.empty((most, 3), np.float32)
    start, own = np.full((len(dataset), slots), -1), np.zeros((len(dataset), slots), np.int64)
    row = 0
    for place, source in enumerate(dataset):
        motion, undo = normalize(chain, source, dataset.skeleton)
        for slot, body in enumerate(np.flatnonzero(motion.present.any(0))[:slots]):
            there = motion.present[:, body]
            span = slice(row, row + len(there))
            positions[span], present[span], centres[span] = motion.positions[:, body], there, _centre(motion, undo)
            start[place, slot], own[place, slot] = row, len(there) - there[::-1].argmax()
            row = span.stop
    tables = [torch.from_numpy(table[:row]).to(device) for table in (positions, present, centres)]
    return Prepared(dataset.skeleton, chain, tables[0], tables[1], tables[2], start, own, dataset.frames.copy(),
                    dict(dataset.labels))


def _centre(motion: Motion, undo: Undo) -> np.ndarray:
    if undo.centre is None or undo.rotation is None:
        return np.zeros((len(motion.present), 3), np.float32)
    turned: np.ndarray = undo.centre.astype(np.float32) @ undo.rotation.T.astype(np.float32)
    return turned


def batches(data: Prepared, indices: Sequence[int] | np.ndarray, size: int, frames: int, seed: int = 0,
            epoch: int = 0, augment: Augment | None = None, *, fill: str = "resample",
            window: tuple[float, float] = (0.0, 1.0), engine: Engine | None = None) -> Iterator[Batch]:
    """These recordings in batches of about equal size, `frames` frames each, in one of the ways in FILLS.

    With `augment` they come in the order of that epoch, randomly changed; without, in their own order, and the part
    `window` of each is shown. Of every batch a rank gets its share.
    """
    pick(fill, FILLS, "way to fill")
    chosen = np.asarray(indices, np.int64)
    if augment is not None:
        chosen = chosen[generator(seed, "order", epoch).permutation(len(chosen))]
    count = max(1, min(-(-len(chosen) // size), len(chosen) // (engine.world if engine else 1)))
    for number, rows in enumerate(np.array_split(chosen, count)):
        rng = generator(seed, "clips", epoch, number, engine.rank if engine else 0)
        mine = engine.mine(rows) if engine else rows
        if len(mine):
            yield _batch(data, mine, frames, fill, window, augment, rng)


def _batch(data: Prepared, rows: np.ndarray, frames: int, fill: str, window: tuple[float, float],
           augment: Augment | None, rng: np.random.Generator) -> Batch:
    last = data.frames[rows] - 1.0
    if augment is None:
        parts = window[0] * last, window[1] * last
    else:  # where frames stay as they are the length of a part is given, and only its place is drawn
        least = min(augment.crop, 0.5) if fill == "native" else augment.crop
        parts = windows(augment._replace(crop=least), data.frames[rows], rng)
    positions, present = clips(data, rows, parts, frames, fill)
    gone = ~present.flatten(1).any(1).cpu().numpy()
    if gone.any():  # the part fell into a gap
        whole = clips(data, rows[gone], (np.zeros(gone.sum()), last[gone]), frames, fill)
        positions[gone], present[gone] = whole
    if augment is not None:
        positions = changed(augment, positions, present, data.skeleton, data.chain, rng)
    labels = {label: torch.from_numpy(codes[rows]).long().to(positions.device) for label, codes in data.labels.items()}
    seeds = torch.from_numpy(rng.integers(2**63, size=len(rows), dtype=np.int64))
    return Batch(positions, present, labels, seeds.to(positions.device))


def clips(data: Prepared, rows: np.ndarray, part: tuple[np.ndarray, np.ndarray], frames: int,
          fill: str) -> tuple[Tensor, Tensor]:
    """(B, T, P, J, 3) and (B, T, P): the part from frame `part[0]` to `part[1]` of each recording."""
    start = data.start[rows]
    start = start[:, : max(1, int((start >= 0).sum(1).max()))]
    times = _times(data, rows, part, frames, fill, start.shape[1])  # (B, T, P)
    before = times.astype(np.int64)
    share = (times - before).astype(np.float32)
    there = torch.from_numpy(np.broadcast_to((start >= 0)[:, None], before.shape).copy()).to(data.present.device)
    base = np.maximum(start, 0)[:, None]
    positions, present = _rows_at(data, base + before)
    if share.any():
        after = np.minimum(before + 1, data.frames[rows][:, None, None] - 1)
        positions, present = _between(positions, present, *_rows_at(data, base + after), share)
    if fill == "loop" and start.shape[1] > 1:
        leader = base[..., :1] + before[..., :1]
        positions = positions + (_at(data.centre, base + before) - _at(data.centre, leader))[..., None, :]
    present = present & there
    return positions * present[..., None, None], present


def _times(data: Prepared, rows: np.ndarray, part: tuple[np.ndarray, np.ndarray], frames: int, fill: str,
           slots: int) -> np.ndarray:
    length = data.frames[rows][:, None, None]
    if fill == "resample":
        step = np.linspace(0, 1, frames)
        times = part[0][:, None] + (part[1] - part[0])[:, None] * step
        return np.asarray(np.repeat(np.minimum(times[..., None], length - 1), slots, 2))
    count = np.arange(frames)[None, :, None]
    if fill == "loop":
        return np.asarray(count % np.maximum(data.own[rows, None, :slots], 1), np.float64)
    room = (length[:, 0, 0] - 1.0) - (part[1] - part[0])
    where = np.divide(part[0], room, out=np.full(len(rows), 0.5), where=room > 0)[:, None, None]
    first = np.rint(where * np.maximum(length - frames, 0))
    return np.asarray(np.repeat((first + count) % length, slots, 2))


def _rows_at(data: Prepared, places: np.ndarray) -> tuple[Tensor, Tensor]:
    return _at(data.positions, places), _at(data.present, places)


def _at(table: Tensor, places: np.ndarray) -> Tensor:
    index = torch.from_numpy(places.reshape(-1)).to(table.device)
    return table.index_select(0, index).reshape(*places.shape, *table.shape[1:])


def _between(before: Tensor, before_there: Tensor, after: Tensor, after_there: Tensor,
             share: np.ndarray) -> tuple[Tensor, Tensor]:
    """On the line between two frames; where a body is in one of them only, it is as there if that one is nearer."""
    weight = torch.from_numpy(share).to(before.device)
    both, nearer = before_there & after_there, weight >= 0.5
    weight = torch.where(both, weight, nearer.to(weight.dtype))
    present = torch.where(nearer, after_there, before_there)
    return torch.lerp(before, after, weight[..., None, None]), present

