"""What every classifier is made of: bodies that are there go through the network; others cost and change nothing."""

from typing import Any

import torch
from torch import Tensor, nn

from maskeleton.classifiers.streams import stream_of
from maskeleton.skeleton import Skeleton


class Classifier(nn.Module):
    """A network that reads a label off motion: `embed` gives (B, D), `forward` is `head(embed)`.

    A subclass gives `features(bodies)`: (R, T, J, C) of R bodies -> (R, D). Here bodies are chosen, the stream is made,
    numbers are brought to one scale and bodies are averaged. With `slots` the network counts absent bodies as the
    published ones do: as zeros, normalized by slot and averaged in.
    """

    width: int  # D, what `features` gives

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
