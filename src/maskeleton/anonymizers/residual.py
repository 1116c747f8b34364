"""residual: a small network says by how much each joint is to be moved. The paper's better anonymizer."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.anonymizers.base import Anonymizer, grouped, put_back, those_present, ungrouped, whole
from maskeleton.anonymizers.undoing import Step, undone
from maskeleton.skeleton import Skeleton

START = 2e-5  # spread of the last layer's weights at first: people three metres away move by less than a millimetre
PUBLISHED_SLOTS = 2  # the published code has two bodies in one vector


class Residual(Anonymizer):
    """x + MLP(x), two layers, frame by frame and body by body.

    With `blocks` it is the published code's form instead: so many blocks relu(fc2(relu(fc1(x)))) + x one after the
    other, on one vector of two bodies. Its last ReLU lets a block only add, and it does not start near zero.
    """

    def __init__(self, skeleton: Skeleton, *, width: int = 0, blocks: int = 0) -> None:
        width, blocks = whole("width", width, 0), whole("blocks", blocks, 0)
        super().__init__(skeleton, width=width, blocks=blocks)
        size = len(skeleton.joints) * 3 * (PUBLISHED_SLOTS if blocks else 1)
        self.published = blocks > 0
        self.blocks = nn.Sequential(*(Block(size, width or size, self.published) for _ in range(max(blocks, 1))))

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        return self._through(self.blocks, positions, present)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """What is released is x + g(x); x is looked for by taking g of the last guess away, again and again."""
        with torch.no_grad():
            return self._through(lambda vectors: undone(self._moved, vectors, self.strength), positions, present)

    def _moved(self, vectors: Tensor) -> Tensor:
        """The blocks; where they had nobody they were given zeros."""
        found: Tensor = self.blocks(vectors)
        return torch.where(vectors == 0, vectors, found) if self.published else found

    def _through(self, step: Step, positions: Tensor, present: Tensor) -> Tensor:
        """The step on each frame's vector: of one body, or of two in the published form."""
        if not self.published:
            return put_back(step(those_present(positions, present)), positions, present)
        bodies, anybody = grouped(positions, present, PUBLISHED_SLOTS)
        found = ungrouped(step(bodies.flatten(2)).reshape(bodies.shape), anybody, positions)
        return torch.where(present[..., None, None], found, positions)


class Block(nn.Module):
    """x + two fully connected layers of x."""

    def __init__(self, size: int, width: int, published: bool) -> None:
        super().__init__()
        self.published = published
        self.first, self.second = nn.Linear(size, width), nn.Linear(width, size)
        if not published:
            nn.init.normal_(self.second.weight, std=START)
            nn.init.zeros_(self.second.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        moves: Tensor = self.second(F.relu(self.first(vectors)))
        return vectors + (F.relu(moves) if self.published else moves)
