"""CTR-GCN: each channel has its own shares in which joints look at each other, refined by how far apart joints are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.blocks import TEN_LAYERS, Branches, Point, check_widths, layers, past, pointwise
from maskeleton.classifiers.fold import scale_and_shift, scale_parts
from maskeleton.classifiers.graph import spatial
from maskeleton.skeleton import Skeleton

SMALLEST, REFINED = 8, 8  # refinements are told in an eighth of the channels; of the three that come in, in 8


class CTRGCN(Classifier):
    """Published weights go here by name: `l{i+1}` is `layers.{i}`, `residual` is `past` (`bn` is `norm`).

    In a layer `gcn1` is `graph`: `PA` is `shares`; `convs.0-2.conv1`, then `convs.0-2.conv2`, one behind the other are
    `apart`, `convs.0-2.conv3` are `conv`, `convs.0-2.conv4` are `refine`, `bn` is `norm`, `down` is `past`.
    `tcn1` is `temporal`, whose branches lie side by side as `Branches` says.
    """

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = TEN_LAYERS, **options: Any) -> None:
        check_widths(widths, REFINED)
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), **options)
        shares = spatial(skeleton)
        self.layers = layers(widths, lambda wide, out: Graph(shares, wide, out),
                             lambda wide, out, stride: Branches(wide, out, stride, kernel=5, steps=(1, 2)))
        nn.init.normal_(self.head.weight, 0, math.sqrt(2 / classes))
        self.layers.apply(_begin)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) -> (R, D)."""
        image = bodies.permute(0, 3, 2, 1).contiguous()  # (R, C, J, T), frames side by side
        found: Tensor = self.layers(image).mean((2, 3))
        return found


class Graph(nn.Module):
    """Three parts of shares, each channel with its own: learned ones, and `strength` of what this recording says.

    It says that by the mean over time: what the 1x1 convolutions make of a mean is the mean of what they make.
    """

    def __init__(self, shares: np.ndarray, wide: int, out: int) -> None:
        super().__init__()
        parts, small = len(shares), SMALLEST if wide == 3 else wide // REFINED
        self.shares = nn.Parameter(torch.from_numpy(shares).clone())
        self.strength = nn.Parameter(torch.zeros(1))
        self.apart = Point(wide, 2 * parts * small)
        self.conv = Point(wide, parts * out)
        self.refine = Point(parts * small, parts * out, groups=parts)
        self.norm: nn.Module = nn.BatchNorm2d(out)
        self.past = past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        rows, _, joints, frames = x.shape
        told = self.conv(x).reshape(-1, joints, frames)  # (R K out, J, T)
        found = torch.bmm(self._looks(x).view(-1, joints, joints), told)
        found = found.view(rows, len(self.shares), -1, joints, frames).sum(1)
        return F.relu(self.norm(found) + self.past(x), inplace=True)

    def _looks(self, x: Tensor) -> Tensor:
        """(R, K, out, J, J): by whom, of whom."""
        parts, joints, _ = self.shares.shape
        one, other = self.apart(x.mean(3, keepdim=True)).chunk(2, 1)  # (R, K small, J, 1)
        apart = torch.tanh(one - other.transpose(2, 3))
        assert self.refine.bias is not None
        base = self.shares[:, None] + (self.strength * self.refine.bias).view(parts, -1, 1, 1)
        told = pointwise(apart, self.strength * self.refine.weight, groups=parts)
        return told.view(len(x), parts, -1, joints, joints) + base

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        scale_parts(self.conv, self.norm)
        self.norm = Shift(scale_and_shift(self.norm)[1])


class Shift(nn.Module):
    """What is left of a folded norm where shares differ from recording to recording."""

    shift: Tensor

    def __init__(self, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("shift", shift.detach()[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.shift


@torch.no_grad()
def _begin(block: nn.Module) -> None:
    """How the published network begins: at first a layer does little more than its past."""
    if isinstance(block, nn.Conv2d):
        nn.init.kaiming_normal_(block.weight, mode="fan_out")
        if block.bias is not None:
            nn.init.zeros_(block.bias)
    if isinstance(block, Branches):
        for norm in (block.enter_norm, block.norm):
            assert isinstance(norm, nn.BatchNorm2d)
            nn.init.normal_(norm.weight, 1, 0.02)
    if isinstance(block, Graph):
        assert isinstance(block.norm, nn.BatchNorm2d)
        nn.init.constant_(block.norm.weight, 1e-6)
