"""geometric: how a body is built and moves, and then a small net. A judge of another kind, and a seeker."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.classifiers.base import Classifier
from maskeleton.manner import Manner
from maskeleton.skeleton import Skeleton

FARTHEST = 6.0  # standard deviations


class Geometric(Classifier):
    """Every channel of a body's manner, brought to one scale over the recordings, is given the same room, so that a small
    one is not lost beside a large one; all pass gradients on to the positions."""

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: tuple[int, ...] = (192, 128), each: int = 24,
                 blur: float = 0.3) -> None:
        super().__init__(skeleton, classes, widths[-1], widths=list(widths), each=each, blur=blur)
        del self.options["slots"], self.options["stream"]  # absent bodies never count, and traits need joints
        del self.scale  # nor are positions scaled: traits need true distances
        self.manner = Manner(skeleton)
        sample = torch.randn(2, 4, len(skeleton.joints), 3, generator=torch.Generator().manual_seed(0))
        self.sizes = [channel.shape[1] for channel in self.manner(sample)]
        self.even = nn.BatchNorm1d(sum(self.sizes), affine=False)
        self.channels = nn.ModuleList([nn.Linear(size, each) for size in self.sizes])
        steps: list[nn.Module] = [nn.Dropout(blur)]
        for before, after in pairwise((each * len(self.sizes), *widths)):
            steps += [nn.Linear(before, after), nn.LayerNorm(after), nn.GELU(), nn.Dropout(blur)]
        self.steps = nn.Sequential(*steps)

    def features(self, bodies: Tensor) -> Tensor:
        """(R, T, J, 3) as they are, zero where a body is absent -> (R, D)."""
        found = torch.cat(self.manner(bodies), 1)
        alone = self.training and len(bodies) < 2  # one recording has no spread of its own
        even = F.batch_norm(found, self.even.running_mean, self.even.running_var) if alone else self.even(found)
        parts = even.clamp(-FARTHEST, FARTHEST).split(self.sizes, 1)
        seen: Tensor = self.steps(torch.cat([one(part) for one, part in zip(self.channels, parts, strict=True)], 1))
        return seen

    def _scaled(self, bodies: Tensor) -> Tensor:
        """As they are."""
        return bodies
