"""unet: the motion as a picture, time down and joints across, drawn anew by convolutions. From the published code."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.anonymizers.base import Anonymizer, grouped, ungrouped, whole
from maskeleton.anonymizers.undoing import undone
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton


class UNet(Anonymizer):
    """A convolutional U-Net over (time, joints) with x, y and z as colours: halved `depth` times, doubled as often.

    The published code puts two bodies into one picture, joint beside joint (`slots=2`); with `slots=1` each body has
    one of its own. Pictures too small to be halved that often are padded with zeros inside. What it gives is not
    added to the input, so it is first taught to reconstruct.
    """

    reconstructs = True

    def __init__(self, skeleton: Skeleton, *, width: int = 64, depth: int = 4, slots: int = 2) -> None:
        width, depth, slots = whole("width", width, 1), whole("depth", depth, 1), whole("slots", slots, 1)
        super().__init__(skeleton, width=width, depth=depth, slots=slots)
        if depth > 8:
            raise UserError(f"option 'depth' cannot be {depth}", "it goes from 1 to 8")
        self.slots, self.least = slots, 2**depth
        widths = [width * 2**level for level in range(depth + 1)]
        steps = list(pairwise(widths))
        self.first = twice(3, width)
        self.down = nn.ModuleList(nn.Sequential(nn.MaxPool2d(2), twice(few, many)) for few, many in steps)
        self.grow = nn.ModuleList(nn.ConvTranspose2d(many, few, 2, 2) for few, many in steps[::-1])
        self.merge = nn.ModuleList(twice(many, few) for few, many in steps[::-1])
        self.last = nn.Conv2d(width, 3, 1)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        bodies, anybody = grouped(positions, present, self.slots)
        if not len(bodies):
            return positions
        picture = bodies.permute(0, 4, 1, 3, 2).flatten(3)  # (R, 3, T, J·slots)
        drawn = self._drawn(picture).unflatten(3, (-1, self.slots)).permute(0, 2, 4, 3, 1)
        return ungrouped(drawn, anybody, positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """It draws what it sees, moved a little: its moves are taken away, for each recording as a whole."""
        there = present[..., None, None]
        clean = torch.where(there, positions, 0)

        def drawn(flat: Tensor) -> Tensor:
            seen = flat.reshape(positions.shape)
            return torch.where(there, self.changed(seen, present, present), seen).flatten(1)

        with torch.no_grad():
            found = undone(drawn, clean.flatten(1), self.strength)
        return torch.where(there, found.reshape(positions.shape), positions)

    def _drawn(self, picture: Tensor) -> Tensor:
        tall, wide = picture.shape[2:]
        seen = [self.first(F.pad(picture, (0, max(self.least - wide, 0), 0, max(self.least - tall, 0))))]
        for step in self.down:
            seen.append(step(seen[-1]))
        found = seen.pop()
        for grow, merge in zip(self.grow, self.merge, strict=True):
            found = merge(torch.cat([seen[-1], fitted(grow(found), seen.pop())], 1))
        drawn: Tensor = self.last(found)[:, :, :tall, :wide]
        return drawn


def twice(before: int, after: int) -> nn.Sequential:
    """Two convolutions of 3 × 3, each with its norm."""
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv2d(width, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def fitted(found: Tensor, like: Tensor) -> Tensor:
    """Zeros around it until it is as large as the other: halving an odd size lost a line."""
    tall, wide = (wanted - size for wanted, size in zip(like.shape[2:], found.shape[2:], strict=True))
    return F.pad(found, (wide // 2, wide - wide // 2, tall // 2, tall - tall // 2))
