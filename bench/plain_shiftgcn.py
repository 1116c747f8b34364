"""Shift-GCN the plain way, for comparison: joints moved by a table, einsum, moments gathered and mixed by hand.

Written from what the published network is known to compute, operation for operation, with its CUDA kernel as the two
gathers it stands for; `build(classes)` gives a network that takes (N, 3, T, V, M).
"""

import math

import torch
from torch import Tensor, nn

JOINTS = 25
PLAN = ((3, 64, 1), (64, 64, 1), (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 128, 1), (128, 256, 2),
        (256, 256, 1), (256, 256, 1))


def build(classes: int, bodies: int = 2) -> nn.Module:
    """The network at its published size."""
    return PlainShiftGCN(classes, bodies)


def moved(x: Tensor, offset: Tensor, stride: int) -> Tensor:
    """(N, C, T, V): each channel `offset` frames ahead, on the straight line between two frames, zero outside."""
    frames = x.shape[2]
    if stride > 1:
        offset = offset + 0.5
    moment = torch.arange(0, frames - frames % stride, stride, device=x.device) + offset[:, None]  # (C, T')
    first = moment.floor()
    share = (moment - first)[None, :, :, None]
    return gathered(x, first.long()) * (1 - share) + gathered(x, first.long() + 1) * share


def gathered(x: Tensor, moments: Tensor) -> Tensor:
    inside = (moments >= 0) & (moments < x.shape[2])
    places = moments.clamp(0, x.shape[2] - 1)[None, :, :, None].expand(x.shape[0], -1, -1, x.shape[3])
    return x.gather(2, places) * inside[None, :, :, None]


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, offset: Tensor) -> Tensor:
        return offset.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return torch.where(gradient != 0, gradient.sign() * 0.01, 0.0001)


class Shift(nn.Module):
    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.offset = nn.Parameter(torch.empty(channels).uniform_(-1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return moved(x, Sign.apply(self.offset), self.stride)


class Joints(nn.Module):
    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide, out) * math.sqrt(1 / out))
        self.bias = nn.Parameter(torch.zeros(1, 1, out))
        self.mask = nn.Parameter(torch.zeros(1, JOINTS, wide))
        self.norm = nn.BatchNorm1d(JOINTS * out)
        self.down = nn.Identity() if wide == out else nn.Sequential(nn.Conv2d(wide, out, 1), nn.BatchNorm2d(out))
        self.register_buffer("there", torch.tensor([(i + j) % JOINTS * wide + j for i in range(JOINTS)
                                                    for j in range(wide)]))
        self.register_buffer("back", torch.tensor([(i - j) % JOINTS * out + j for i in range(JOINTS)
                                                   for j in range(out)]))

    def forward(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        flat = x.permute(0, 2, 3, 1).contiguous().view(rows * frames, joints * wide)
        taken = torch.index_select(flat, 1, self.there).view(rows * frames, joints, wide)
        mixed = torch.einsum("nwc,cd->nwd", taken * (torch.tanh(self.mask) + 1), self.weight).contiguous() + self.bias
        back = self.norm(torch.index_select(mixed.view(rows * frames, -1), 1, self.back))
        turned = back.view(rows, frames, joints, -1).permute(0, 3, 1, 2)
        return torch.relu(turned + self.down(x))


class Block(nn.Module):
    def __init__(self, wide: int, out: int, stride: int, residual: bool) -> None:
        super().__init__()
        self.joints = Joints(wide, out)
        self.moments = nn.Sequential(nn.BatchNorm2d(out), Shift(out, 1), nn.Conv2d(out, out, 1), nn.ReLU(),
                                     Shift(out, stride), nn.BatchNorm2d(out))
        self.residual: nn.Module | None = None
        if residual:
            same = wide == out and stride == 1
            self.residual = nn.Identity() if same else nn.Sequential(nn.Conv2d(wide, out, 1, (stride, 1)),
                                                                     nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        found = self.moments(self.joints(x))
        return torch.relu(found if self.residual is None else found + self.residual(x))


class PlainShiftGCN(nn.Module):
    def __init__(self, classes: int, bodies: int) -> None:
        super().__init__()
        self.scale = nn.BatchNorm1d(bodies * JOINTS * 3)
        self.blocks = nn.Sequential(*(Block(*plan, residual=place > 0) for place, plan in enumerate(PLAN)))
        self.head = nn.Linear(PLAN[-1][1], classes)

    def forward(self, x: Tensor) -> Tensor:
        rows, axes, frames, joints, bodies = x.shape
        x = self.scale(x.permute(0, 4, 3, 1, 2).reshape(rows, bodies * joints * axes, frames))
        x = self.blocks(x.view(rows * bodies, joints, axes, frames).permute(0, 2, 3, 1).contiguous())
        return self.head(x.view(rows, bodies, x.shape[1], -1).mean(3).mean(1))
