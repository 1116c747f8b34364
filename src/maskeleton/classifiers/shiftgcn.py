"""Shift-GCN: instead of mixing joints by a graph, every channel looks at another joint, and at another moment."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.blocks import TEN_LAYERS, NormedPoint, Point, check_widths, pointwise
from maskeleton.classifiers.fold import scale_and_shift
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

PACE, STANDSTILL = 0.01, 0.0001  # the gradient a published offset gets by its sign alone; and where there is none
EDGE = 1e-3  # at a whole frame a line has a corner, and no gradient

# A tensor is (R, C, T, J) with channels side by side in memory: a frame is one row of J * C numbers.


class ShiftGCN(Classifier):
    """A layer for every width; where the width changes, all but the first halve the frames.

    `reach` is how many frames a channel can look ahead or back at most (published offsets end below 9.6). With `paced`
    an offset moves as in the published network, by the sign of its gradient; without, by the gradient itself.

    Published weights go here by name: `l{i+1}` is `layers.{i}`, `residual` is `past` (`bn` is `norm`). In a layer
    `gcn1` is `graph`: `Feature_Mask` is `mask`, `Linear_weight` and `Linear_bias` are `weight` and `bias`, `bn` is
    `norm`, `down` is `past`; `tcn1` is `temporal`: `bn` is `norm_in`, `shift_in.ypos` is `shift_in.offset`,
    `temporal_linear` is `join`, `shift_out.ypos` is `shift_out.offset`, `bn2` is `norm_out`.
    """

    decays: ClassVar[Mapping[str, float]] = {"graph.weight": 10.0, "graph.mask": 0.0}

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = TEN_LAYERS, reach: int = 10,
                 paced: bool = True, **options: Any) -> None:
        check_widths(widths)
        if reach < 1:
            raise UserError(f"shiftgcn cannot look {reach} frames away", "give a reach of 1 or more; 10 is usual")
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), reach=reach, paced=paced, **options)
        joints = len(skeleton.joints)
        self.layers = nn.Sequential(*(
            Layer(joints, wide, out, reach=reach, paced=paced, stride=1 if wide in (3, out) else 2, first=place == 0)
            for place, (wide, out) in enumerate(pairwise((3, *widths)))
        ))
        nn.init.normal_(self.head.weight, 0, math.sqrt(2 / classes))

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) -> (R, D)."""
        found: Tensor = self.layers(bodies.permute(0, 3, 1, 2))
        return found.mean((2, 3))


class Layer(nn.Module):
    """Channels exchanged between joints, then between moments; what came in is added, but in the first layer."""

    def __init__(self, joints: int, wide: int, out: int, *, reach: int, paced: bool, stride: int, first: bool) -> None:
        super().__init__()
        self.graph = Joints(joints, wide, out)
        self.temporal = Moments(out, reach=reach, paced=paced, stride=stride)
        self.stride = stride
        self.past: nn.Module | None = None if first else _past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.temporal(self.graph(x))
        if self.past is not None:
            found = found + self.past(x[:, :, :: self.stride])
        return F.relu(found, inplace=True)


class Joints(nn.Module):
    """Channel c of joint j is taken from joint j + c, channels are joined, and what came of it goes back as far."""

    ahead: Tensor
    back: Tensor

    def __init__(self, joints: int, wide: int, out: int) -> None:
        super().__init__()
        self.register_buffer("ahead", taken_from(joints, wide, 1), persistent=False)
        self.register_buffer("back", taken_from(joints, out, -1), persistent=False)
        self.mask = nn.Parameter(torch.zeros(joints, wide))
        self.weight = nn.Parameter(torch.empty(wide, out).normal_(0, math.sqrt(1 / out)))
        self.bias = nn.Parameter(torch.zeros(out))
        self.norm = nn.BatchNorm1d(joints * out)
        self.past = _past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        taken = x.permute(0, 2, 3, 1).reshape(rows * frames, -1).index_select(1, self.ahead)
        heard = (taken.view(rows, frames, joints, wide) * (torch.tanh(self.mask) + 1)).permute(0, 3, 1, 2)
        joined = pointwise(heard, self.weight.t()[:, :, None, None], self.bias)
        put = joined.permute(0, 2, 3, 1).reshape(rows * frames, -1).index_select(1, self.back)
        normed = self.norm(put).view(rows, frames, joints, -1).permute(0, 3, 1, 2)
        return F.relu(normed + self.past(x), inplace=True)


class Moments(nn.Module):
    """Every channel looks at another moment, channels are joined, and every channel looks at another moment again."""

    def __init__(self, width: int, *, reach: int, paced: bool, stride: int) -> None:
        super().__init__()
        self.norm_in = nn.BatchNorm2d(width)
        self.shift_in: nn.Module = Shift(width, reach=reach, paced=paced)
        self.join = Point(width, width)
        _begin(self.join)
        self.shift_out: nn.Module = Shift(width, reach=reach, paced=paced, stride=stride)
        self.norm_out: nn.Module = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        joined = F.relu(self.join(self.shift_in(self.norm_in(x))), inplace=True)
        found: Tensor = self.norm_out(self.shift_out(joined))
        return found

    def fold(self) -> None:
        """For inference. The norm before the first shift stays: behind it, what lies outside the recording is zero."""
        assert isinstance(self.shift_in, Shift)
        assert isinstance(self.shift_out, Shift)
        assert isinstance(self.norm_out, nn.BatchNorm2d)
        scale, shift = scale_and_shift(self.norm_out)
        self.shift_in = FixedShift(self.shift_in, torch.ones_like(scale), torch.zeros_like(shift))
        self.shift_out = FixedShift(self.shift_out, scale, shift)
        self.norm_out = nn.Identity()


class Shift(nn.Module):
    """Channels look `offset` frames ahead, between two frames on the straight line; outside the recording all is zero.

    It is a depthwise convolution with a triangle around the offset: it has gradients in both and needs no code of its
    own on any device. With a stride of 2 every moment that is kept lies in the middle of two, as published.
    """

    places: Tensor

    def __init__(self, width: int, *, reach: int, paced: bool, stride: int = 1) -> None:
        super().__init__()
        self.reach, self.paced, self.stride = reach, paced, stride
        self.offset = nn.Parameter(torch.empty(width).uniform_(-1, 1))
        self.register_buffer("places", torch.arange(-reach, reach + 1, dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.triangles(), stride=(self.stride, 1), padding=(self.reach, 0), groups=len(self.offset))

    def triangles(self) -> Tensor:
        """(C, 1, 2 * reach + 1, 1): how much of each frame around a moment goes into it."""
        offset: Tensor = Paced.apply(self.offset) if self.paced else self.offset  # type: ignore[no-untyped-call]
        if self.stride > 1:
            offset = offset + 0.5
        furthest = self.reach - EDGE
        offset = offset.detach().clamp(-furthest, furthest) + (offset - offset.detach())  # so that it can come back
        return F.relu(1 - (self.places - offset[:, None]).abs())[:, None, :, None]


class FixedShift(nn.Module):
    """A shift whose offsets no longer change, and a scale and a shift for each channel with it."""

    triangles: Tensor
    bias: Tensor

    def __init__(self, shift: Shift, scale: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.stride, self.reach = shift.stride, shift.reach
        self.register_buffer("triangles", (shift.triangles() * scale.view(-1, 1, 1, 1)).detach())
        self.register_buffer("bias", bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.triangles, self.bias, (self.stride, 1), (self.reach, 0), groups=len(self.bias))


class Paced(torch.autograd.Function):
    """Changes nothing but the gradient: of it the sign is left."""

    @staticmethod
    def forward(ctx: Any, offset: Tensor) -> Tensor:
        return offset.view_as(offset)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return torch.where(gradient != 0, gradient.sign() * PACE, STANDSTILL)


def taken_from(joints: int, width: int, way: int) -> Tensor:
    """(J * C,): of a frame's J * C numbers, the one that channel c of joint j takes: channel c of joint j + way * c."""
    channel = torch.arange(width)
    joint = torch.arange(joints)[:, None] + way * channel
    return (joint % joints * width + channel).flatten()


def _past(wide: int, out: int) -> nn.Module:
    if wide == out:
        return nn.Identity()
    made = NormedPoint(wide, out)
    _begin(made.conv)
    return made


def _begin(point: nn.Conv2d) -> None:
    nn.init.kaiming_normal_(point.weight, mode="fan_out")
    assert point.bias is not None
    nn.init.zeros_(point.bias)
