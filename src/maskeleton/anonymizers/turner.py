"""Turner: a small temporal network that says by how much each bone is to be turned in each frame."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL = 3
STARTS_AT = 0.002  # how far a weight of the last layer is from zero: at first hardly anything is turned


class Turner(nn.Module):
    """(N, J, 3, T) directions and (N, R) lots -> (N, J, 3, T) rotation vectors; with `causal` no frame sees a later one."""

    def __init__(self, joints: int, *, width: int, depth: int, lots: int, causal: bool) -> None:
        super().__init__()
        self.first = nn.Conv1d(3 * joints, width, 1)
        self.layers = nn.ModuleList([Layer(width, 2**place, lots, causal) for place in range(depth)])
        self.last = nn.Conv1d(width, 3 * joints, 1, bias=False)
        nn.init.normal_(self.last.weight, std=STARTS_AT)

    def forward(self, directions: Tensor, lots: Tensor) -> Tensor:
        found = self.first(directions.flatten(1, 2))
        for layer in self.layers:
            found = layer(found, lots)
        turns: Tensor = self.last(found)
        return turns.view_as(directions)


class Layer(nn.Module):
    """A dilated convolution beside what it is given; lots say how strongly each channel speaks."""

    def __init__(self, width: int, reach: int, lots: int, causal: bool) -> None:
        super().__init__()
        self.around = (2 * reach, 0) if causal else (reach, reach)
        self.even = nn.LayerNorm(width)
        self.near = nn.Conv1d(width, width, KERNEL, dilation=reach)
        self.mix = nn.Conv1d(width, width, 1)
        self.lots = nn.Linear(lots, 2 * width)

    def forward(self, given: Tensor, lots: Tensor) -> Tensor:
        even = self.even(given.transpose(1, 2)).transpose(1, 2)
        louder, shift = self.lots(lots)[..., None].chunk(2, 1)
        added: Tensor = self.mix(F.gelu(self.near(F.pad(even, self.around))) * (1 + louder) + shift)
        return given + added


def spun(directions: Tensor, turns: Tensor) -> Tensor:
    """Directions (N, J, 3, T) turned by rotation vectors; one that points nowhere stays zero."""
    angle = (turns.square().sum(2, keepdim=True) + 1e-12).sqrt()
    axis = turns / angle
    along = (axis * directions).sum(2, keepdim=True)
    across = torch.linalg.cross(axis, directions, dim=2)
    found: Tensor = directions * angle.cos() + across * angle.sin() + axis * along * (1 - angle.cos())
    return found
