"""What every anonymizer is made of: who is there is changed, as much as is asked; who is not there stays untouched."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton


class Anonymizer(nn.Module):
    """Motion in, motion out. A subclass gives `changed`; what it does with absent bodies is put right here.

    One that must look at everybody says scope = "dataset" and gives `together` and `donors` instead.
    """

    scope = "recording"  # what it looks at for one recording: that one, or the whole "dataset"
    retimes = False  # whether T may change
    evenly_seen = False  # whether all joints are released as seen: which ones a sensor lost is gone, too
    graded = False  # whether `changed` itself goes as far as the strength says; else joints go that share of the way
    reconstructs = False  # whether it must be taught by `reconstruct` first: it starts as nothing like its input
    settled: tuple[str, ...] = ()  # its parts that stay as they are from then on
    ladder: tuple[Mapping[str, float], ...] = ()  # options from the weakest to the strongest: its dial, where it has one
    found_out: tuple[str, ...] = ()  # options that `prepare` finds out, and nobody sets
    protects = ""  # what history is told that it protects, and how far, where more than its name is to be said
    carries: tuple[str, ...] = ()  # labels that its releases show because it looked at them
    told = ""  # a label that it is told of every recording that has it, as a place among these
    values: tuple[str, ...] = ()

    def __init__(self, skeleton: Skeleton, **options: Any) -> None:
        super().__init__()
        self.skeleton = skeleton
        self.options: dict[str, Any] = options  # what the checkpoint remembers
        self._strength = 1.0

    @property
    def strength(self) -> float:
        """How far it goes from the input (0) towards what it was made to give (1), and beyond."""
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        if not (math.isfinite(value) and value >= 0):
            raise UserError(f"the strength cannot be {value}", "0 changes nothing, 1 is what was trained")
        self._strength = float(value)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        """(B, T, P, J, 3) as it is to be at full strength; what it gives for absent bodies is not looked at."""
        raise NotImplementedError

    def changed_as(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None) -> Tensor:
        """The same of one that is `told` what recordings show."""
        return self.changed(positions, present, seeds)

    def forward(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, T, P, J, 3), (B, T, P), (B,) -> the same two, anonymized; `shows` (B,) is what it is `told`, −1 unknown."""
        if self.strength == 0:
            return positions, present
        moved = self.changed_as(positions, present, seeds, shows)
        if self.strength != 1 and not self.graded:
            moved = positions + self.strength * (moved - positions)
        return (moved if bool(present.all()) else torch.where(present[..., None, None], moved, positions)), present

    def together(self, dataset: MotionDataset, seed: int, rows: Sequence[int]) -> Iterator[Motion]:
        """The recordings in these rows as they are released when everybody is looked at: ids and order stay."""
        raise NotImplementedError

    def donors(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        """For each recording the rows whose motion `together` puts into it."""
        raise NotImplementedError

    def said(self, dataset: MotionDataset, seed: int) -> dict[str, str]:
        """What history is told of a release of this dataset, beside name and options."""
        told = {"protects": self.protects, "carries": ", ".join(self.carries), "unknown": self.never_seen(dataset)}
        return {word: words for word, words in told.items() if words and self.strength}

    def never_seen(self, dataset: MotionDataset) -> str:
        """What of the values of the label that it is `told` it does not know, in words; nothing where it knows them all."""
        if not (self.told and self.values):
            return ""
        count, names = len(dataset), dataset.names.get(self.told)
        codes, times = np.unique(dataset.labels.get(self.told, np.full(count, UNKNOWN)), return_counts=True)
        told = {"" if code == UNKNOWN else names[code] if names else str(code): number
                for code, number in zip(codes.tolist(), times.tolist(), strict=True)}
        strange = {text: number for text, number in told.items() if text not in self.values}
        words = []
        if bare := strange.pop("", 0):
            words.append(f"{bare:,} of {count:,} recordings say nothing of {self.told}: what they show is read off them")
        if strange:
            words.append(f"{sum(strange.values()):,} of {count:,} recordings show what nothing was learned of "
                         f"({self.told}: {listed(strange, 5)}): each is released as what it looks most like of what is known")
        return "; ".join(words)

    def sources(self, ids: Sequence[str], seeds: Sequence[int]) -> list[tuple[str, ...]]:
        """For each recording the ids of those whose motion enters its release. Most look at nothing but itself."""
        return [(id,) for id in ids]

    def prepare(self, dataset: MotionDataset) -> None:
        """Look at the population and keep, as buffers, what must be known of it. Most need to know nothing."""

    def settle(self) -> None:
        """What it learned from reconstructing stays: its `settled` parts learn no more."""
        for part in self.settled:
            self.get_submodule(part).requires_grad_(False)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor | None:
        """Its author's best attempt to undo it, without the seeds; None where nothing beats taking it as it is."""
        return None


def at_least(name: str, value: float, least: float) -> float:
    """The value of an option, or a UserError."""
    if not (math.isfinite(value) and value >= least):
        raise UserError(f"option {name!r} cannot be {value}", f"it goes from {least:g} up")
    return value


def whole(name: str, value: float, least: int) -> int:
    """The same for options that count something."""
    if value != int(at_least(name, value, least)):
        raise UserError(f"option {name!r} cannot be {value}", "it is a whole number")
    return int(value)


def those_present(positions: Tensor, present: Tensor) -> Tensor:
    """(N, J·3) of every body in every frame in which it is there."""
    if bool(present.all()):
        return positions.flatten(0, 2).flatten(1)
    return positions[present].flatten(1)


def put_back(found: Tensor, positions: Tensor, present: Tensor) -> Tensor:
    """The inverse of `those_present`; where nobody is, the positions stay."""
    if bool(present.all()):
        return found.reshape(positions.shape)
    return torch.index_put(positions, (present,), found.reshape(-1, *positions.shape[-2:]))


def grouped(positions: Tensor, present: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """(R, T, slots, J, 3) and (B, G): bodies in groups of so many slots, and in which groups anybody is.

    Absent bodies are zeros; only the R groups in which anybody is are given.
    """
    batch, frames, bodies, joints, axes = positions.shape
    zeroed = torch.where(present[..., None, None], positions, positions.new_zeros(()))
    missing = -bodies % slots
    groups = (bodies + missing) // slots
    shape = (batch, frames, groups, slots)
    filled = F.pad(zeroed, (0, 0, 0, 0, 0, missing)).reshape(*shape, joints, axes).transpose(1, 2)
    anybody = F.pad(present, (0, missing)).reshape(shape).any(3).any(1)
    return filled[anybody], anybody


def ungrouped(found: Tensor, anybody: Tensor, positions: Tensor) -> Tensor:
    """The inverse of `grouped`: (R, T, slots, J, 3) back in the shape of the positions, zero where nobody is."""
    batch, frames, bodies, joints, axes = positions.shape
    everything = found.new_zeros(*anybody.shape, *found.shape[1:])
    filled = torch.index_put(everything, (anybody,), found).transpose(1, 2)
    return filled.reshape(batch, frames, -1, joints, axes)[:, :, :bodies]
