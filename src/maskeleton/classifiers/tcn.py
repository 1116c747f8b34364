"""tcn: the everyday judge. Each frame's joints, speeds and distances in one vector, then convolutions over time."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.classifiers.base import Classifier
from maskeleton.skeleton import Skeleton


class Tcn(Classifier):
    """A fast net of convolutions over time, good for every label on two cores.

    It is strong on identity, because distances between joints, which no turn changes, stand beside the coordinates.
    What it saw is averaged, and its peak taken, over the frames in which the body is there.
    """

    def __init__(self, skeleton: Skeleton, classes: int, *, stream: str = "joint",
                 widths: tuple[int, ...] = (96, 128, 192), blur: float = 0.3) -> None:
        super().__init__(skeleton, classes, 2 * widths[-1], stream=stream, widths=list(widths), blur=blur)
        del self.options["slots"]  # it has not been published: absent bodies never count
        joints = len(skeleton.joints)
        near, far = zip(*_pairs(skeleton), strict=True)
        self.near: Tensor
        self.far: Tensor
        self.register_buffer("near", torch.tensor(near), persistent=False)
        self.register_buffer("far", torch.tensor(far), persistent=False)
        self.spans = nn.BatchNorm1d(len(near))
        self.speeds = nn.BatchNorm1d(joints * 3)
        self.frame = nn.Sequential(nn.Conv1d(3 * joints * 3 + len(near), widths[0], 1, bias=False),
                                   nn.BatchNorm1d(widths[0]), nn.ReLU())
        steps: list[Step] = []
        for before, after in pairwise(widths):
            steps += [Step(before, after, 2, 1), Step(after, after, 1, 2)]
        self.steps = nn.ModuleList(steps)
        self.blur = nn.Dropout(blur)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3), not yet scaled, zero where a body is absent -> (R, D)."""
        there = (bodies != 0).flatten(2).any(-1).to(bodies.dtype)[:, None]  # (R, 1, T)
        seen: Tensor = self.frame(self._told(bodies, there)) * there
        for step in self.steps:
            seen = step(seen)
        there = F.adaptive_max_pool1d(there, seen.shape[-1])
        mean = (seen * there).sum(-1) / there.sum(-1).clamp(min=1)
        peak = (seen * there).amax(-1)  # what comes out of a step is never below zero
        blurred: Tensor = self.blur(torch.cat([mean, peak], 1))
        return blurred

    def _told(self, bodies: Tensor, there: Tensor) -> Tensor:
        """(R, 2·3·J + pairs, T): scaled coordinates, how they change until the next frame, distances."""
        places = super()._scaled(bodies).flatten(2).transpose(1, 2)
        flat = bodies.flatten(2).transpose(1, 2)
        moved = F.pad((flat[..., 1:] - flat[..., :-1]) * there[..., 1:] * there[..., :-1], (0, 1))
        apart = (bodies.index_select(2, self.near) - bodies.index_select(2, self.far)).square().sum(-1).add(1e-8).sqrt()
        rest = (places * there).sum(-1, keepdim=True) / there.sum(-1, keepdim=True).clamp(min=1)
        return torch.cat([places, places - rest, self.speeds(moved), self.spans(apart.transpose(1, 2))], 1)

    def _scaled(self, bodies: Tensor) -> Tensor:
        """As they are: `features` needs true distances, and to see who is there."""
        return bodies


class Step(nn.Module):
    """Two convolutions over time and a way past them."""

    def __init__(self, before: int, after: int, stride: int, reach: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = nn.Conv1d(before, after, 3, stride, padding=1, bias=False)
        self.first_scale = nn.BatchNorm1d(after)
        self.second = nn.Conv1d(after, after, 3, padding=reach, dilation=reach, bias=False)
        self.second_scale = nn.BatchNorm1d(after)
        self.past = nn.Identity() if before == after else nn.Conv1d(before, after, 1, bias=False)

    def forward(self, seen: Tensor) -> Tensor:
        """(R, C, T) -> (R, C', ⌈T / stride⌉)."""
        inner = self.second_scale(self.second(F.relu(self.first_scale(self.first(seen)))))
        past = F.avg_pool1d(seen, self.stride, self.stride, ceil_mode=True) if self.stride > 1 else seen
        return F.relu(inner + self.past(past))


def _pairs(skeleton: Skeleton) -> list[tuple[int, int]]:
    """(joint, parent) and (joint, grandparent): their distances are bone lengths and what joint angles open."""
    pairs = [(child, parent) for parent, child in skeleton.bones]
    over = [(child, skeleton.parents[parent]) for child, parent in pairs if skeleton.parents[parent] >= 0]
    return pairs + over
