"""2s-AGCN: each joint looks at its neighbours, and at whichever joints move like it in this recording."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.blocks import TEN_LAYERS, Nine, Point, check_widths, layers, mixed, past
from maskeleton.classifiers.fold import scale_and_shift, scale_parts
from maskeleton.classifiers.graph import spatial
from maskeleton.skeleton import Skeleton


class AGCN(Classifier):
    """One stream of the two: `stream="joint"` or `stream="bone"`; their answers are added up outside.

    Published weights go here by name: `l{i+1}` is `layers.{i}`, in it `gcn1` is `graph` (`PA` is `learned`; `conv_a.0-2`
    and `conv_b.0-2` one behind the other are `look`, `conv_d.0-2` are `conv`, `bn` is `norm`, `down` is `past`), `tcn1`
    is `temporal` (`bn` is `norm`) and `residual` is `past` (`bn` is `norm`).
    """

    late: ClassVar[Mapping[str, int]] = {"graph.learned": 6}

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = TEN_LAYERS, **options: Any) -> None:
        check_widths(widths, LOOKS)
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), **options)
        shares = spatial(skeleton)
        self.layers = layers(widths, lambda wide, out: Graph(shares, wide, out), Nine)
        nn.init.normal_(self.head.weight, 0, math.sqrt(2 / classes))
        self.layers.apply(_begin)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) -> (R, D)."""
        image = bodies.transpose(1, 2).contiguous().permute(0, 3, 1, 2)  # (R, C, J, T), channels side by side
        found: Tensor = self.layers(image).mean((2, 3))
        return found


LOOKS = 4  # likeness is told in a quarter of the channels


class Graph(nn.Module):
    """Three parts: fixed shares, learned ones and those that likeness gives, added up."""

    fixed: Tensor

    def __init__(self, shares: np.ndarray, wide: int, out: int) -> None:
        super().__init__()
        parts = len(shares)
        self.register_buffer("fixed", torch.from_numpy(shares), persistent=False)
        self.learned = nn.Parameter(torch.full(shares.shape, 1e-6))
        self.look = Point(wide, 2 * parts * (out // LOOKS))
        self.conv = Point(wide, parts * out)
        self.norm: nn.Module = nn.BatchNorm2d(out)
        self.past = past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        shares = self._likeness(x) + (self.fixed + self.learned)
        parts, joints, _ = self.fixed.shape
        assert self.conv.bias is not None
        found = mixed(x, self.conv.weight.view(parts, -1, x.shape[1]), shares)
        found = self.norm(found + self.conv.bias.view(parts, -1).sum(0)[:, None, None])
        return F.relu(found + self.past(x), inplace=True)

    def _likeness(self, x: Tensor) -> Tensor:
        """(R, K, J, J): how like each other joints move; for each second joint the shares of the first sum to 1."""
        rows, _, joints, frames = x.shape
        looks = self.look(x).permute(0, 2, 3, 1).reshape(rows, joints, frames, 2, len(self.fixed), -1)
        one, other = looks.permute(3, 0, 4, 1, 2, 5).flatten(-2).flatten(1, 2)  # each (R K, J, T C)
        alike = torch.bmm(one, other.transpose(1, 2)) / one.shape[-1]
        shares: Tensor = alike.softmax(1)
        return shares.view(rows, -1, joints, joints)

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        assert self.conv.bias is not None
        scale_parts(self.conv, self.norm)
        self.conv.bias[: self.norm.num_features] += scale_and_shift(self.norm)[1]
        self.norm = nn.Identity()


@torch.no_grad()
def _begin(block: nn.Module) -> None:
    """How the published network begins: at first a layer does little more than its past."""
    if isinstance(block, nn.Conv2d):
        nn.init.kaiming_normal_(block.weight, mode="fan_out")
        if block.bias is not None:
            nn.init.zeros_(block.bias)
    if isinstance(block, Graph):
        assert isinstance(block.norm, nn.BatchNorm2d)
        nn.init.constant_(block.norm.weight, 1e-6)
        nn.init.normal_(block.conv.weight, 0, math.sqrt(2 / block.conv.weight.numel()))
