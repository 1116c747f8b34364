"""ST-GCN and ST-GCN++: each joint looks at its neighbours in three fixed parts, then nine frames at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.blocks import (
    TEN_LAYERS,
    Branches,
    Nine,
    NormedPoint,
    Point,
    check_widths,
    layers,
    mixed,
    past,
)
from maskeleton.classifiers.fold import scale_and_shift, scale_parts
from maskeleton.classifiers.graph import spatial, stgcn_spatial
from maskeleton.skeleton import Skeleton


class STGCN(Classifier):
    """`plus=True` is ST-GCN++: shares that are learned, several looks at time instead of one, half the weights.

    As in the code these sizes come from, every body is normalized alike, also where absent ones count (`slots`).
    """

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = TEN_LAYERS, plus: bool = False,
                 **options: Any) -> None:
        check_widths(widths)
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), plus=plus, **options)
        self.scale = nn.BatchNorm1d(len(skeleton.joints) * 3)
        shares = spatial(skeleton) if plus else stgcn_spatial(skeleton)
        self.layers = layers(widths, lambda wide, out: Graph(shares, wide, out, plus), Several if plus else Nine)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) -> (R, D)."""
        image = bodies.transpose(1, 2).contiguous().permute(0, 3, 1, 2)  # (R, C, J, T), channels side by side
        found: Tensor = self.layers(image).mean((2, 3))
        return found

    def _with_absent(self, moving: Tensor, slots: int) -> Tensor:
        batch, frames, there, joints, axes = moving.shape
        padded = F.pad(moving, (0, 0, 0, 0, 0, max(0, slots - there)))[:, :, :slots]
        bodies = padded.transpose(1, 2).reshape(batch * slots, frames, joints, axes)
        return self.features(self._scaled(bodies)).view(batch, slots, -1).mean(1)


class Several(nn.Module):
    """Several looks at time, brought together by a 1x1 convolution."""

    def __init__(self, wide: int, out: int, stride: int) -> None:
        super().__init__()
        self.branches = Branches(wide, out, stride)
        self.join = NormedPoint(out, out)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.join(F.relu(self.branches(x), inplace=True))
        return found


class Graph(nn.Module):
    """A 1x1 convolution for each part of the neighbours, and each part mixed by its shares.

    Plain: the shares are fixed and every one has a learned weight. Plus: the shares themselves are learned, and what
    came in is added.
    """

    fixed: Tensor
    shift: Tensor

    def __init__(self, shares: np.ndarray, wide: int, out: int, plus: bool) -> None:
        super().__init__()
        start = torch.from_numpy(shares)
        self.plus = plus
        if not plus:
            self.register_buffer("fixed", start, persistent=False)
        self.shares = nn.Parameter(start.clone() if plus else torch.ones_like(start))
        self.conv = Point(wide, len(shares) * out)
        self.norm: nn.Module = nn.BatchNorm2d(out)
        self.past = past(wide, out) if plus else None
        self.register_buffer("shift", torch.zeros(out, 1), persistent=False)  # what is left of a folded norm

    def forward(self, x: Tensor) -> Tensor:
        shares = self.shares if self.plus else self.shares * self.fixed
        parts = len(shares)
        assert self.conv.bias is not None
        shift = self.shift + self.conv.bias.view(parts, -1).t() @ shares.sum(1)  # (out, J): biases are mixed, too
        found = mixed(x, self.conv.weight.view(parts, -1, x.shape[1]), shares[None]) + shift[..., None]
        found = self.norm(found)
        return F.relu(found if self.past is None else found + self.past(x), inplace=True)

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        scale_parts(self.conv, self.norm)
        self.shift = scale_and_shift(self.norm)[1].detach()[:, None]
        self.norm = nn.Identity()
