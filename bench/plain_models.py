"""ST-GCN, ST-GCN++, 2s-AGCN and CTR-GCN the plain way, for comparison: einsum, separate 1x1 convolutions, separate
branches over time.

Written from what the published networks are known to compute, operation for operation. `build(name, classes, bodies)`
gives a network that takes (N, 3, T, V, M); the names are those of the shelf.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import plain_msg3d
import plain_shiftgcn
import torch
from torch import Tensor, nn

JOINTS, MIDDLE, PARTS = 25, 20, 3
PLAN = ((3, 64, 1), (64, 64, 1), (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 128, 1), (128, 256, 2),
        (256, 256, 1), (256, 256, 1))
Maker = Callable[..., nn.Module]


def build(name: str, classes: int, bodies: int = 2) -> nn.Module:
    """The network called so at its published size."""
    if name == "msg3d":
        return plain_msg3d.build(classes, bodies=bodies)
    if name == "shiftgcn":
        return plain_shiftgcn.build(classes, bodies=bodies)
    graph, temporal = {"stgcn": (Fixed, Nine), "stgcn++": (Learned, partial(Branches, steps=(1, 2, 3, 4), kernel=3)),
                       "agcn": (Alike, Nine), "ctrgcn": (Refined, Parted)}[name]
    return Plain(classes, bodies, graph, temporal, each_body=name.startswith("stgcn"))


def shares() -> np.ndarray:
    """(3, V, V): oneself, one's parent, one's children, each column divided by its sum."""
    inward = np.zeros((JOINTS, JOINTS))
    for child, parent in enumerate(plain_msg3d.PARENTS):
        if parent >= 0:
            inward[parent, child] = 1
    return np.stack([np.eye(JOINTS), divided(inward), divided(inward.T)]).astype(np.float32)


def divided(matrix: np.ndarray) -> np.ndarray:
    return matrix @ np.diag([1 / total if total else 0.0 for total in matrix.sum(0)])


def shares_by_distance() -> np.ndarray:
    """(3, V, V): neighbours equally far from the middle, farther, nearer."""
    joined = plain_msg3d.neighbours() + np.eye(JOINTS)
    apart = sum((np.linalg.matrix_power(joined, k) == 0).astype(int) for k in range(JOINTS))
    parts = np.zeros((PARTS, JOINTS, JOINTS))
    for one, other in np.argwhere(joined):
        difference = apart[one, MIDDLE] - apart[other, MIDDLE]
        parts[{0: 0, 1: 1, -1: 2}[int(difference)], one, other] = divided(joined)[one, other]
    return parts.astype(np.float32)


def convolution(wide: int, out: int, kernel: int = 1, stride: int = 1, step: int = 1) -> nn.Conv2d:
    return nn.Conv2d(wide, out, (kernel, 1), (stride, 1), ((kernel - 1) * step // 2, 0), (step, 1))


def past(wide: int, out: int, stride: int = 1) -> nn.Module:
    if wide == out and stride == 1:
        return nn.Identity()
    return nn.Sequential(convolution(wide, out, stride=stride), nn.BatchNorm2d(out))


class Fixed(nn.Module):
    """ST-GCN's graph: fixed shares of learned importance."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.tensor(shares_by_distance()))
        self.importance = nn.Parameter(torch.ones(PARTS, JOINTS, JOINTS))
        self.conv = convolution(wide, PARTS * out)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        rows, _, frames, joints = x.shape
        told = self.conv(x).view(rows, PARTS, -1, frames, joints)
        return torch.relu(self.norm(torch.einsum("nkctv,kvw->nctw", told, self.shares * self.importance).contiguous()))


class Learned(nn.Module):
    """ST-GCN++'s graph: learned shares, and what came in."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        self.shares = nn.Parameter(torch.tensor(shares()))
        self.conv = convolution(wide, PARTS * out)
        self.norm = nn.BatchNorm2d(out)
        self.past = past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        rows, _, frames, joints = x.shape
        told = self.conv(x).view(rows, PARTS, -1, frames, joints)
        mixed = torch.einsum("nkctv,kvw->nctw", told, self.shares).contiguous()
        return torch.relu(self.norm(mixed) + self.past(x))


class Alike(nn.Module):
    """2s-AGCN's graph: fixed, learned and data-dependent shares."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        small = out // 4
        self.register_buffer("shares", torch.tensor(shares()))
        self.learned = nn.Parameter(torch.full((PARTS, JOINTS, JOINTS), 1e-6))
        self.one = nn.ModuleList(convolution(wide, small) for _ in range(PARTS))
        self.other = nn.ModuleList(convolution(wide, small) for _ in range(PARTS))
        self.convs = nn.ModuleList(convolution(wide, out) for _ in range(PARTS))
        self.norm = nn.BatchNorm2d(out)
        self.past = past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        found = None
        for part, look in enumerate(self.shares + self.learned):
            one = self.one[part](x).permute(0, 3, 1, 2).contiguous().view(rows, joints, -1)
            other = self.other[part](x).view(rows, -1, joints)
            alike = torch.softmax(torch.matmul(one, other) / one.shape[-1], -2)
            mixed = torch.matmul(x.view(rows, wide * frames, joints), alike + look).view(rows, wide, frames, joints)
            told = self.convs[part](mixed)
            found = told if found is None else found + told
        return torch.relu(self.norm(found) + self.past(x))


class Refining(nn.Module):
    """One of the three parts of CTR-GCN's graph: shares of their own for each channel."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        small = 8 if wide == 3 else wide // 8
        self.one, self.other = convolution(wide, small), convolution(wide, small)
        self.conv, self.refine = convolution(wide, out), convolution(small, out)

    def forward(self, x: Tensor, look: Tensor, strength: Tensor) -> Tensor:
        one, other, told = self.one(x).mean(-2), self.other(x).mean(-2), self.conv(x)
        apart = torch.tanh(one.unsqueeze(-1) - other.unsqueeze(-2))
        refined = self.refine(apart) * strength + look[None, None]
        return torch.einsum("ncuv,nctv->nctu", refined, told)


class Refined(nn.Module):
    """CTR-GCN's graph."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        self.shares = nn.Parameter(torch.tensor(shares()))
        self.strength = nn.Parameter(torch.zeros(1))
        self.parts = nn.ModuleList(Refining(wide, out) for _ in range(PARTS))
        self.norm = nn.BatchNorm2d(out)
        self.past = past(wide, out)

    def forward(self, x: Tensor) -> Tensor:
        found = None
        for part, look in zip(self.parts, self.shares, strict=True):
            told = part(x, look, self.strength)
            found = told if found is None else found + told
        return torch.relu(self.norm(found) + self.past(x))


class Nine(nn.Module):
    """One convolution over nine frames."""

    def __init__(self, wide: int, out: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(convolution(wide, out, 9, stride), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Parted(nn.Module):
    """CTR-GCN's looks at time: two dilated, a maximum, a 1x1, each by itself."""

    def __init__(self, wide: int, out: int, stride: int) -> None:
        super().__init__()
        part = out // 4
        dilated = [nn.Sequential(*entering(wide, part), convolution(part, part, 5, stride, step), nn.BatchNorm2d(part))
                   for step in (1, 2)]
        largest = nn.Sequential(*entering(wide, part), nn.MaxPool2d((3, 1), (stride, 1), (1, 0)), nn.BatchNorm2d(part))
        itself = nn.Sequential(convolution(wide, part, stride=stride), nn.BatchNorm2d(part))
        self.branches = nn.ModuleList([*dilated, largest, itself])

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class Branches(nn.Module):
    """ST-GCN++'s looks at time, and the 1x1 that brings them together."""

    def __init__(self, wide: int, out: int, stride: int, steps: tuple[int, ...], kernel: int) -> None:
        super().__init__()
        part = out // (len(steps) + 2)
        first = out - part * (len(steps) + 1)
        branches = [nn.Sequential(*entering(wide, width), convolution(width, width, kernel, stride, step))
                    for step, width in zip(steps, [first, *[part] * (len(steps) - 1)], strict=True)]
        branches.append(nn.Sequential(*entering(wide, part), nn.MaxPool2d((3, 1), (stride, 1), (1, 0))))
        branches.append(convolution(wide, part, stride=stride))
        self.branches = nn.ModuleList(branches)
        self.join = nn.Sequential(nn.BatchNorm2d(out), nn.ReLU(), convolution(out, out), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([branch(x) for branch in self.branches], 1))


def entering(wide: int, out: int) -> list[nn.Module]:
    return [convolution(wide, out), nn.BatchNorm2d(out), nn.ReLU()]


class Layer(nn.Module):
    def __init__(self, wide: int, out: int, stride: int, graph: Maker, temporal: Maker) -> None:
        super().__init__()
        self.graph, self.temporal = graph(wide, out), temporal(out, out, stride)
        self.past = None if wide == 3 else past(wide, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        found = self.temporal(self.graph(x))
        return torch.relu(found if self.past is None else found + self.past(x))


class Plain(nn.Module):
    """Ten layers between a norm of the coordinates and a mean over frames, joints and bodies."""

    def __init__(self, classes: int, bodies: int, graph: Maker, temporal: Maker, each_body: bool) -> None:
        super().__init__()
        self.each_body = each_body
        self.scale = nn.BatchNorm1d((1 if each_body else bodies) * JOINTS * 3)
        self.layers = nn.Sequential(*(Layer(*sizes, graph, temporal) for sizes in PLAN))
        self.head = nn.Linear(PLAN[-1][1], classes)

    def forward(self, x: Tensor) -> Tensor:
        rows, axes, frames, joints, bodies = x.shape
        flat = x.permute(0, 4, 3, 1, 2).reshape(rows * bodies if self.each_body else rows, -1, frames)
        x = self.scale(flat).view(rows * bodies, joints, axes, frames).permute(0, 2, 3, 1).contiguous()
        x = self.layers(x)
        return self.head(x.view(rows, bodies, x.shape[1], -1).mean(3).mean(1))
