"""What every classifier is made of: bodies that are there go through the network; others cost and change nothing."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from maskeleton.classifiers.streams import stream_of
from maskeleton.errors import UserError, listed
from maskeleton.skeleton import Skeleton

NAMELESS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Classifier(nn.Module):
    """A network that reads a label off motion: `embed` gives (B, D), `forward` is `head(embed)`.

    A subclass gives `features(bodies)`: (R, T, J, C) of R bodies -> (R, D). Here bodies are chosen, the stream is made,
    numbers are brought to one scale and bodies are averaged. With `slots` the network counts absent bodies as the
    published ones do: as zeros, normalized by slot and averaged in.
    """

    width: int  # D, what `features` gives
    # How a network's publication taught some of its weights otherwise; `fit` does so with sgd. A key is how their names
    # end: how many times the usual weight decay they get, and from which epoch on (counted from 0) they are taught.
    decays: ClassVar[Mapping[str, float]] = {}
    late: ClassVar[Mapping[str, int]] = {}

    def __new__(cls, *told: Any, **options: Any) -> Self:
        unknown = options.keys() - parameters(cls).keys()
        if unknown:
            raise UserError(f"there is no option {listed(map(repr, sorted(unknown)))} for {cls.__name__}",
                            f"there are: {listed(network_options(cls))}")
        return super().__new__(cls)

    def __init__(self, skeleton: Skeleton, classes: int, width: int, *, stream: str = "joint",
                 slots: int | None = None, **options: Any) -> None:
        super().__init__()
        self.skeleton = skeleton
        self.classes = classes
        self.width = width
        self.stream = stream
        self.slots = slots
        self.options: dict[str, Any] = {"stream": stream, "slots": slots, **options}  # what the checkpoint remembers
        self.scale = nn.BatchNorm1d((slots or 1) * len(skeleton.joints) * 3)
        self.head = nn.Linear(width, classes)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) of bodies that are there -> (R, D)."""
        raise NotImplementedError

    def embed(self, positions: Tensor, present: Tensor) -> Tensor:
        """(B, T, P, J, 3), (B, T, P) -> (B, D)."""
        moving = stream_of(self.stream, positions, present, self.skeleton)
        if self.slots is not None:
            return self._with_absent(moving, self.slots)
        there = present.any(1)  # (B, P)
        rows, _ = there.nonzero(as_tuple=True)
        bodies = moving.transpose(1, 2)[there]  # (R, T, J, 3)
        found = self.features(self._scaled(bodies)) if len(bodies) else bodies.new_zeros(0, self.width)
        total = found.new_zeros(len(positions), found.shape[1]).index_add(0, rows, found)
        return total / there.sum(1, keepdim=True).clamp(min=1)

    def forward(self, positions: Tensor, present: Tensor) -> Tensor:
        """(B, T, P, J, 3), (B, T, P) -> (B, classes)."""
        logits: Tensor = self.head(self.embed(positions, present))
        return logits

    def _scaled(self, bodies: Tensor) -> Tensor:
        rows, frames, joints, axes = bodies.shape
        flat: Tensor = self.scale(bodies.reshape(rows, frames, joints * axes).transpose(1, 2))
        return flat.transpose(1, 2).reshape(bodies.shape)

    def _with_absent(self, moving: Tensor, slots: int) -> Tensor:
        batch, frames, there, joints, axes = moving.shape
        if there < slots:
            moving = torch.cat([moving, moving.new_zeros(batch, frames, slots - there, joints, axes)], 2)
        moving = moving[:, :, :slots]
        flat = moving.permute(0, 2, 3, 4, 1).reshape(batch, slots * joints * axes, frames)
        scaled = self.scale(flat).reshape(batch * slots, joints, axes, frames).permute(0, 3, 1, 2)
        return self.features(scaled).reshape(batch, slots, -1).mean(1)


def network_options(network: type[Classifier]) -> dict[str, Any]:
    """What a network can be built with besides skeleton and classes, and what it takes without being told."""
    return {name: usual.default for name, usual in parameters(network).items()
            if usual.default is not inspect.Parameter.empty}


def parameters(network: type[Classifier]) -> dict[str, inspect.Parameter]:
    """What a network's own builder takes, and the options of the builders that it hands the rest on to."""
    found: dict[str, inspect.Parameter] = {}
    for builder in (vars(kind)["__init__"] for kind in network.__mro__ if "__init__" in vars(kind)):
        named = inspect.signature(builder).parameters
        found = {name: one for name, one in named.items() if name != "self" and one.kind not in NAMELESS
                 and (not found or one.default is not inspect.Parameter.empty)} | found
        if builder is Classifier.__init__ or inspect.Parameter.VAR_KEYWORD not in [one.kind for one in named.values()]:
            break
    return found
