"""MS-G3D: joints mixed over many distances and over windows of frames at once; without the windows, the paper's gender
classifier."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.blocks import Branches, past, pointwise
from maskeleton.classifiers.fold import absorb
from maskeleton.classifiers.graph import bones_apart
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

PARTS = 6  # branches a temporal layer is split over
AT_ONCE = 256  # frames of bodies that a core's cache has room for; more at a time take it a third longer

# Where joints are mixed a tensor is (R, C, T, J), over time it is (R, C, J, T). Either way its channels lie side by side
# in memory: so 1x1 convolutions and norms are fastest, and little has to be turned around.


class MSG3D(Classifier):
    """A block for every width, all but the first halve the frames; `g3d=False` leaves the windows out.

    Published weights go here by name: block i is `sgcn{i+1}` (`mix`, `first`, `second`), `gcn3d{i+1}` (`windows`) and
    `tcn{i+1}` (`end`). A mixing layer has the published `A_res` as `residual`, its 1x1 as `join`. In a temporal layer
    the published branches lie side by side as `Branches` says; its own `residual` is `residual` (`bn` is `norm`).
    """

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = (96, 192, 384), scales: int = 13,
                 g3d: bool = True, windows: Sequence[int] = (3, 5), window_scales: int = 6, **options: Any) -> None:
        _check(widths, scales, windows, window_scales)
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), scales=scales, g3d=g3d,
                         windows=list(windows), window_scales=window_scales, **options)
        apart = bones_apart(skeleton)
        self.blocks = nn.ModuleList(
            Block(apart, before, width, stride=1 if before == 3 else 2, scales=scales, windows=windows if g3d else (),
                  window_scales=window_scales)
            for before, width in pairwise((3, *widths))
        )

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) -> (R, D)."""
        if self.training or torch.is_grad_enabled() or bodies.device.type != "cpu":
            return self._features(bodies)
        few = max(1, AT_ONCE // max(1, bodies.shape[1]))
        parts = [self._features(bodies[first : first + few]) for first in range(0, max(1, len(bodies)), few)]
        return torch.cat(parts)

    def _features(self, bodies: Tensor) -> Tensor:
        found = bodies.permute(0, 3, 2, 1)
        for block in self.blocks:
            found = block(found)
        return found.mean((2, 3))


class Block(nn.Module):
    """Joints mixed within a frame and then over time, beside joints mixed over windows of frames."""

    def __init__(self, apart: np.ndarray, wide: int, out: int, *, stride: int, scales: int, windows: Sequence[int],
                 window_scales: int) -> None:
        super().__init__()
        inner = out if wide == 3 else wide
        self.mix = Mix(apart, wide, inner, scales=scales)
        self.first = Temporal(inner, out, stride)
        self.second = Temporal(out, out, relu=False)
        self.windows = nn.ModuleList(Window(apart, wide, inner, out, window, stride, window_scales)
                                     for window in windows)
        self.end = Temporal(out, out)

    def forward(self, x: Tensor) -> Tensor:
        x = turned(x)
        found = self.second(self.first(turned(self.mix(x))))
        for window in self.windows:
            found = found + turned(window(x))
        ended: Tensor = self.end(F.relu(found))
        return ended


class Temporal(Branches):
    """Six looks at time side by side, and what came in."""

    def __init__(self, wide: int, out: int, stride: int = 1, relu: bool = True) -> None:
        super().__init__(wide, out, stride)
        self.residual = past(wide, out, stride)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        found = super().forward(x) + self.residual(x)
        return F.relu(found, inplace=True) if self.relu else found


class Mix(nn.Module):
    """Every joint sees the joints exactly k bones away, for each k; one 1x1 convolution joins the channels of all k.

    With a window of w frames the joints of all its frames are one large graph, in which a joint also neighbours itself
    and its neighbours in the other frames: (R, C, T, J) -> (R, out, T', J * w), the window's frames innermost. Mixing
    joints and joining channels are both linear, so joints are mixed on the side with fewer channels; where that is
    behind the 1x1, this sees every frame once and not once for each window it is in.
    """

    mixing: Tensor

    def __init__(self, apart: np.ndarray, wide: int, out: int, *, scales: int, window: int = 1,
                 stride: int = 1) -> None:
        super().__init__()
        self.scales, self.window, self.stride, self.joints = scales, window, stride, len(apart)
        mixing = torch.from_numpy(exactly(apart if window == 1 else windowed(apart, window), scales))
        self.register_buffer("mixing", mixing, persistent=False)
        self.residual = nn.Parameter(torch.empty_like(mixing).uniform_(-1e-6, 1e-6))
        self.join = nn.Conv2d(wide * scales, out, 1)
        self.norm: nn.Module = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] < self.join.out_channels:
            mixed = self._joints_first(x)
        else:
            mixed = self._in_frames(x) if self.window == 1 else self._in_windows(x)
        return F.relu(self.norm(mixed), inplace=True)

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        absorb(self.join, self.norm)
        self.norm = nn.Identity()

    def _weights(self) -> Tensor:
        """(scales, by frame, by joint, of frame, of joint)."""
        window, joints = self.window, self.joints
        return (self.mixing + self.residual).view(self.scales, window, joints, window, joints)

    def _joints_first(self, x: Tensor) -> Tensor:
        joints = self.joints
        looks = self._weights().permute(0, 2, 1, 4, 3).reshape(-1, joints, 1, self.window)
        mixed = self._over_windows(x.contiguous().permute(0, 3, 1, 2), looks)  # (R, scales * J * w, C, T')
        apart = mixed.view(len(x), self.scales, joints * self.window, *mixed.shape[2:])
        image = apart.permute(0, 4, 2, 1, 3).flatten(3).permute(0, 3, 1, 2)
        return pointwise(image, self.join.weight, self.join.bias)

    def _in_frames(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        out, scales = self.join.out_channels, self.scales
        weight = self.join.weight.view(out, scales, wide).transpose(0, 1).reshape(scales * out, wide, 1, 1)
        told = pointwise(x, weight).permute(0, 2, 3, 1).reshape(rows * frames, joints * scales, out)
        looks = self._weights().permute(1, 2, 3, 4, 0).reshape(1, joints, joints * scales)
        mixed = torch.bmm(looks.expand(rows * frames, -1, -1), told).view(rows, frames, joints, out)
        assert self.join.bias is not None
        return (mixed + self.join.bias).permute(0, 3, 1, 2)

    def _in_windows(self, x: Tensor) -> Tensor:
        rows, wide, frames, joints = x.shape
        out, scales = self.join.out_channels, self.scales
        told = pointwise(x, self.join.weight.view(out * scales, wide, 1, 1))
        looks = self._weights().permute(2, 1, 4, 0, 3).flatten(0, 1)  # (J * w, J, scales, w)
        image = told.reshape(rows * out, scales, frames, joints).permute(0, 3, 1, 2)
        mixed = self._over_windows(image, looks)  # (R * out, J * w, 1, T')
        image = mixed.permute(0, 2, 3, 1).reshape(rows, out, -1, joints * self.window)
        assert self.join.bias is not None
        return image.contiguous(memory_format=torch.channels_last) + self.join.bias[:, None, None]

    def _over_windows(self, image: Tensor, looks: Tensor) -> Tensor:
        """A convolution over time in which joints stand where channels do."""
        return F.conv2d(image, looks, stride=(1, self.stride), padding=(0, self.window // 2))


class Window(nn.Module):
    """Joints mixed over windows of frames, and each window brought back to one frame."""

    def __init__(self, apart: np.ndarray, wide: int, inner: int, out: int, window: int, stride: int,
                 scales: int) -> None:
        super().__init__()
        self.mix = Mix(apart, wide, inner, scales=scales, window=window, stride=stride)
        self.collapse = nn.Conv2d(inner, out, (1, window), (1, window))
        self.norm: nn.Module = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm(self.collapse(self.mix(x)))
        return found

    def fold(self) -> None:
        """For inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        absorb(self.collapse, self.norm)
        self.norm = nn.Identity()


def turned(x: Tensor) -> Tensor:
    """Frames and joints exchanged, channels side by side again."""
    return x.transpose(2, 3).contiguous(memory_format=torch.channels_last)


def windowed(apart: np.ndarray, window: int) -> np.ndarray:
    """How many steps lie between the joints of a window's frames: oneself in another frame is a neighbour, too."""
    large: np.ndarray = np.maximum(np.tile(apart, (window, window)), 1)
    np.fill_diagonal(large, 0)
    return large


def exactly(apart: np.ndarray, scales: int) -> np.ndarray:
    """(scales * J, J) float32: for each k who is k steps away, and oneself, divided by the roots of both's numbers."""
    stacked = []
    for k in range(scales):
        near = (apart == k) | (apart == 0)
        root = near.sum(1) ** -0.5
        stacked.append(root[:, None] * near * root)
    return np.concatenate(stacked).astype(np.float32)


def _check(widths: Sequence[int], scales: int, windows: Sequence[int], window_scales: int) -> None:
    if not widths or any(not isinstance(width, int) or width < PARTS or width % PARTS for width in widths):
        raise UserError(f"msg3d cannot have the widths {list(widths)}",
                        f"each is split over {PARTS} branches: give multiples of {PARTS}, as 96,192,384")
    if min(scales, window_scales) < 1:
        raise UserError(f"msg3d cannot have {min(scales, window_scales)} scales", "1 is each joint alone; 13 is usual")
    if any(window < 1 or window % 2 == 0 for window in windows):
        raise UserError(f"msg3d cannot have windows of {list(windows)} frames", "a window has a middle: 3, 5, 7")
