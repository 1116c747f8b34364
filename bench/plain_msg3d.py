"""MS-G3D the plain way, for comparison: einsum, unfolded windows, a 3-D convolution, six separate temporal branches.

Written from what the published network is known to compute (96, 192, 384 channels, 13 and 6 scales, windows of 3 and 5
frames), operation for operation; `build(classes)` gives a network that takes (N, 3, T, V, M).
"""

import numpy as np
import torch
from torch import Tensor, nn

PARENTS = (-1, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 7, 7, 11, 11)
WIDTHS, SCALES, WINDOW_SCALES, WINDOWS = (96, 192, 384), 13, 6, (3, 5)


def build(classes: int, g3d: bool = True, bodies: int = 2) -> nn.Module:
    """The network at its published size."""
    return PlainMSG3D(classes, g3d, bodies)


def scales_of(adjacency: np.ndarray, scales: int) -> np.ndarray:
    """(scales * V, V): who is exactly k steps away, and oneself; each scale divided by the roots of its sums."""
    itself = np.eye(len(adjacency))
    reached = [np.minimum(np.linalg.matrix_power(adjacency + itself, k), 1) for k in range(scales)]
    stacked = []
    for k in range(scales):
        exact = reached[k] - reached[k - 1] + itself if k else itself
        root = exact.sum(-1) ** -0.5
        stacked.append(root[:, None] * exact * root[None, :])
    return np.concatenate(stacked)


def neighbours() -> np.ndarray:
    joined = np.zeros((len(PARENTS), len(PARENTS)))
    for child, parent in enumerate(PARENTS):
        if parent >= 0:
            joined[child, parent] = joined[parent, child] = 1
    return joined


class Mixing(nn.Module):
    """Joints mixed over every scale, then one 1x1 convolution over scales and channels."""

    def __init__(self, adjacency: np.ndarray, scales: int, wide: int, out: int) -> None:
        super().__init__()
        self.scales = scales
        self.adjacency = torch.tensor(scales_of(adjacency, scales), dtype=torch.float32)
        self.residual = nn.Parameter(torch.empty_like(self.adjacency).uniform_(-1e-6, 1e-6))
        self.layers = nn.Sequential(nn.Conv2d(wide * scales, out, 1), nn.BatchNorm2d(out), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        mixing = self.adjacency.to(x.device) + self.residual
        mixed = torch.einsum("vu,nctu->nctv", mixing, x).view(rows, wide, frames, self.scales, joints)
        mixed = mixed.permute(0, 3, 1, 2, 4).contiguous().view(rows, self.scales * wide, frames, joints)
        return self.layers(mixed)


class Branches(nn.Module):
    """Six branches over time: four dilated convolutions, a maximum, a 1x1; side by side, plus the residual."""

    def __init__(self, wide: int, out: int, stride: int = 1, relu: bool = True) -> None:
        super().__init__()
        part = out // 6
        enter = lambda: [nn.Conv2d(wide, part, 1), nn.BatchNorm2d(part), nn.ReLU()]  # noqa: E731
        branches = [nn.Sequential(*enter(),
                                  nn.Conv2d(part, part, (3, 1), (stride, 1), (step, 0), (step, 1)),
                                  nn.BatchNorm2d(part)) for step in (1, 2, 3, 4)]
        branches.append(nn.Sequential(*enter(), nn.MaxPool2d((3, 1), (stride, 1), (1, 0)), nn.BatchNorm2d(part)))
        branches.append(nn.Sequential(nn.Conv2d(wide, part, 1, (stride, 1)), nn.BatchNorm2d(part)))
        self.branches = nn.ModuleList(branches)
        same = wide == out and stride == 1
        self.residual = nn.Identity() if same else nn.Sequential(nn.Conv2d(wide, out, 1, (stride, 1)),
                                                                 nn.BatchNorm2d(out))
        self.end = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.end(torch.cat([branch(x) for branch in self.branches], 1) + self.residual(x))


class Window(nn.Module):
    """Joints of neighbouring frames mixed as one large graph; the window then collapsed by a 3-D convolution."""

    def __init__(self, wide: int, out: int, window: int, stride: int) -> None:
        super().__init__()
        self.window, self.stride = window, stride
        inner = out if wide == 3 else wide
        joined = neighbours()
        large = np.tile(joined + np.eye(len(joined)), (window, window))
        self.unfold = nn.Unfold((window, 1), padding=((window - 1) // 2, 0), stride=(stride, 1))
        self.mixing = Mixing(large, WINDOW_SCALES, wide, inner)
        self.collapse = nn.Conv3d(inner, out, (1, window, 1))
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        rows, wide, _, joints = x.shape
        cut = self.unfold(x).view(rows, wide, self.window, -1, joints).transpose(2, 3).contiguous()
        frames = cut.shape[2]
        mixed = self.mixing(cut.view(rows, wide, frames, self.window * joints))
        return self.norm(self.collapse(mixed.view(rows, -1, frames, self.window, joints)).squeeze(3))


class PlainMSG3D(nn.Module):
    def __init__(self, classes: int, g3d: bool, bodies: int) -> None:
        super().__init__()
        joined = neighbours()
        first, second, third = WIDTHS
        self.scale = nn.BatchNorm1d(bodies * 3 * len(joined))
        plan = ((3, first, first, 1), (first, first, second, 2), (second, second, third, 2))
        self.paths = nn.ModuleList(
            nn.Sequential(Mixing(joined, SCALES, wide, inner), Branches(inner, out, stride),
                          Branches(out, out, relu=False)) for wide, inner, out, stride in plan)
        self.windows = nn.ModuleList(
            nn.ModuleList(Window(wide, out, window, stride) for window in WINDOWS) if g3d else nn.ModuleList()
            for wide, _, out, stride in plan)
        self.ends = nn.ModuleList(Branches(out, out) for _, _, out, _ in plan)
        self.head = nn.Linear(third, classes)

    def forward(self, x: Tensor) -> Tensor:
        rows, axes, frames, joints, bodies = x.shape
        x = self.scale(x.permute(0, 4, 3, 1, 2).reshape(rows, bodies * joints * axes, frames))
        x = x.view(rows * bodies, joints, axes, frames).permute(0, 2, 3, 1).contiguous()
        for path, windows, end in zip(self.paths, self.windows, self.ends, strict=True):
            found = path(x)
            for window in windows:
                found = found + window(x)
            x = end(torch.relu(found))
        return self.head(x.view(rows, bodies, x.shape[1], -1).mean(3).mean(1))
