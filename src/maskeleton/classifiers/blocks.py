"""Blocks: what the graph networks are put together from. A layer mixes joints, then time, and adds what it was given.

Inside, a tensor is (R, C, J, T): bodies, channels, joints, frames. Blocks do not care in which order these lie in
memory; each network chooses what its way of mixing joints likes best.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.fold import absorb, scale_and_shift
from maskeleton.errors import UserError

TEN_LAYERS = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
FOUR_STEPS = (1, 2, 3, 4)


class Layer(nn.Module):
    """Joints mixed, then time, then what came in added by way of `past`, where there is one."""

    def __init__(self, graph: nn.Module, temporal: nn.Module, past: nn.Module | None) -> None:
        super().__init__()
        self.graph = graph
        self.temporal = temporal
        self.past = past

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.temporal(self.graph(x))
        if self.past is not None:
            found = found + self.past(x)
        return F.relu(found, inplace=True)


def layers(widths: Sequence[int], graph: Callable[[int, int], nn.Module],
           temporal: Callable[[int, int, int], nn.Module]) -> nn.Sequential:
    """A layer for each width: frames are halved wherever the width changes, and the first adds nothing past itself.

    `graph(wide, out)` and `temporal(out, out, stride)` make the two halves of a layer.
    """
    check_widths(widths)
    built = [Layer(graph(3, widths[0]), temporal(widths[0], widths[0], 1), None)]
    for before, width in pairwise(widths):
        stride = 1 if before == width else 2
        built.append(Layer(graph(before, width), temporal(width, width, stride), past(before, width, stride)))
    return nn.Sequential(*built)


def check_widths(widths: Sequence[int], parts: int = 1) -> None:
    """Widths that layers can be made with: whole numbers, enough for all parts side by side."""
    if not widths or any(not isinstance(width, int) or width < parts for width in widths):
        raise UserError(f"layers cannot have the widths {list(widths)}",
                        f"give one whole number of at least {parts} for each layer, like 64,64,128")


def past(wide: int, out: int, stride: int = 1) -> nn.Module:
    """What goes past a block unchanged, or as little changed as its shape allows."""
    return nn.Identity() if wide == out and stride == 1 else NormedPoint(wide, out, stride)


class Point(nn.Conv2d):
    """A 1x1 convolution: every joint of every frame by itself."""

    def __init__(self, wide: int, out: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(wide, out, 1, (1, stride), groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return pointwise(x, self.weight, self.bias, self.stride, self.groups)


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sequence[int] = (1, 1),
              groups: int = 1) -> Tensor:
    """A 1x1 convolution. On one core torch takes a slow path for small batches unless steps lie apart; with a kernel
    of one there is nothing they could be apart from, so on CPUs we say they are."""
    return F.conv2d(x, weight, bias, tuple(stride), dilation=2 if x.device.type == "cpu" else 1, groups=groups)


class NormedPoint(nn.Module):
    """A 1x1 convolution and its norm."""

    def __init__(self, wide: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = Point(wide, out, stride)
        self.norm: nn.Module = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm(self.conv(x))
        return found

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        absorb(self.conv, self.norm)
        self.norm = nn.Identity()


class Nine(NormedPoint):
    """One convolution over nine frames, and its norm."""

    def __init__(self, wide: int, out: int, stride: int = 1) -> None:
        super().__init__(wide, out)
        self.conv = nn.Conv2d(wide, out, (1, 9), (1, stride), (0, 4))  # type: ignore[assignment]


class Branches(nn.Module):
    """Several looks at time side by side: convolutions over frames further and further apart (`steps`), the largest of
    three frames, and the frame itself.

    What the branches share is computed at once: `enter` is the 1x1 of all branches but the last, `past` that of the
    last, `norm` the norms behind all of them. So the weights of a branch-by-branch network, concatenated in the
    branches' order, are ours. Where the width is no multiple, the first branch takes what is left over.
    """

    def __init__(self, wide: int, out: int, stride: int = 1, *, kernel: int = 3,
                 steps: Sequence[int] = FOUR_STEPS) -> None:
        super().__init__()
        check_widths([out], len(steps) + 2)
        part = out // (len(steps) + 2)
        self.parts = [out - part * (len(steps) + 1), *[part] * len(steps)]
        self.stride = stride
        self.enter = Point(wide, out - part)
        self.enter_norm: nn.Module = nn.BatchNorm2d(out - part)
        self.steps = nn.ModuleList(
            nn.Conv2d(width, width, (1, kernel), (1, stride), (0, (kernel - 1) * step // 2), (1, step))
            for width, step in zip(self.parts, steps, strict=False)
        )
        self.past = Point(wide, part, stride)
        self.norm: nn.Module = nn.BatchNorm2d(out)
        self.after_largest: nn.Module = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        *dilated, largest = F.relu(self.enter_norm(self.enter(x)), inplace=True).split(self.parts, 1)
        found = [step(branch) for step, branch in zip(self.steps, dilated, strict=True)]
        found.append(self.after_largest(F.max_pool2d(largest, (1, 3), (1, self.stride), (0, 1))))
        together: Tensor = self.norm(torch.cat([*found, self.past(x)], 1))
        return together

    def fold(self) -> None:
        """For inference. Before the largest of three frames stands no layer that its norm could go into."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        assert isinstance(self.enter_norm, nn.BatchNorm2d)
        absorb(self.enter, self.enter_norm)
        self.enter_norm = nn.Identity()
        first = 0
        for step in self.steps:
            assert isinstance(step, nn.Conv2d)
            absorb(step, self.norm, first)
            first += step.out_channels
        behind = first + self.parts[-1]
        self.after_largest = Affine(*(part[first:behind] for part in scale_and_shift(self.norm)))
        absorb(self.past, self.norm, behind)
        self.norm = nn.Identity()


class Affine(nn.Module):
    """A scale and a shift for each channel."""

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale.detach()[:, None, None])
        self.register_buffer("shift", shift.detach()[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.shift, x, self.scale)


def mixed(x: Tensor, weight: Tensor, shares: Tensor) -> Tensor:
    """Joints mixed and channels too: for every part k, `weight[k]` (out, C) of what each joint sees by `shares[:, k]`.

    x is (R, C, J, T), weight (K, out, C), shares (R or 1, K, J, J): of whom, by whom. Both mixings are linear, so the
    joints are mixed on the side with fewer channels. Channels lie side by side in memory here.
    """
    rows, wide, joints, frames = x.shape
    parts, out, _ = weight.shape
    if wide < out:
        looks = shares.transpose(2, 3).reshape(-1, parts * joints, joints).expand(rows, -1, -1)
        seen = torch.bmm(looks, x.permute(0, 2, 3, 1).reshape(rows, joints, frames * wide))
        image = seen.view(rows, parts, joints * frames, wide).permute(0, 3, 1, 2)
        found = F.conv2d(image, weight.permute(1, 2, 0)[..., None])  # the parts are what this convolution sums over
        return found.view(rows, out, joints, frames)
    told = pointwise(x, weight.reshape(parts * out, wide, 1, 1)).permute(0, 2, 3, 1)
    told = told.reshape(rows, joints, frames, parts, out).permute(0, 3, 1, 2, 4)
    looks = shares.permute(0, 3, 1, 2).reshape(-1, joints, parts * joints).expand(rows, -1, -1)
    found = torch.bmm(looks, told.reshape(rows, parts * joints, frames * out))
    return found.view(rows, joints, frames, out).permute(0, 3, 1, 2)
