"""Canonical: what anonymizers share that put every body on the bone lengths most people have."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import floor_of, path
from maskeleton.anonymizers.limbs import SHORTEST, Tree, bones_of, joints_of, size
from maskeleton.anonymizers.population import common, common_lengths, each_body, looked_at, people_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton


class Canonical(Anonymizer):
    """It must know the population; a part of the strength is a part of the way for the lengths too, so bones are rigid
    at any strength."""

    graded = True
    called = ""  # what works inside another says what is wrong in that one's name
    lengths: Tensor  # (J,) metres
    posture: Tensor  # (J, 3) where each bone usually points
    fps: Tensor  # frames a second of what it was prepared on; 0 before

    def __init__(self, skeleton: Skeleton, **options: Any) -> None:
        super().__init__(skeleton, **options)
        self.tree = Tree.of(skeleton)
        self.remember(lengths=(len(skeleton.joints),), posture=(len(skeleton.joints), 3), fps=())

    @property
    def name(self) -> str:
        """As it stands on the shelf."""
        return self.called or type(self).__name__.lower()

    def remember(self, **shapes: tuple[int, ...]) -> None:
        """Room for statistics, which travel with the weights."""
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape))

    def prepare(self, dataset: MotionDataset) -> None:
        """Learn what people have in common: their bodies, and in a subclass `statistics` of how they move."""
        part = looked_at(dataset, self.name)
        with torch.inference_mode():
            self.fps.fill_(part.fps)
            self.lengths.copy_(torch.from_numpy(common_lengths(part)))
            people, found = [], []
            for person, motion in zip(people_of(part).tolist(), part, strict=True):
                for body in each_body(motion):
                    people.append(person)
                    found.append(self.statistics(torch.from_numpy(np.array(body))))
            self.settle_on({name: np.array([one[name].numpy() for one in found]) for name in found[0]}, np.array(people))

    def statistics(self, body: Tensor) -> dict[str, Tensor]:
        """What is to be known of one body (T, J, 3), under the names of the buffers that hold what is common."""
        return {"posture": self.directions(bones_of(body.permute(1, 2, 0)[None], self.tree))[0].mean(-1)}

    def settle_on(self, found: dict[str, np.ndarray], people: np.ndarray) -> None:
        """Keep what the statistics of all bodies have in common."""
        for name, rows in found.items():
            self.get_buffer(name).copy_(torch.from_numpy(common(rows, people)))

    def refuse_unprepared(self) -> None:
        """A UserError before it knows the population."""
        if not self.fps > 0:
            raise UserError(f"{self.name} does not know the population yet",
                            f"maskeleton anonymize DATA OUT --with {self.name} prepares it; in Python, prepare(dataset)")

    def directions(self, bones: Tensor) -> Tensor:
        """(N, J, 3, T) of length 1; a bone that points nowhere points where it usually does."""
        itself = torch.arange(bones.shape[1], device=bones.device) == self.tree.root
        long = torch.where(itself[:, None, None], 1.0, size(bones))  # the root has no bone, its direction stays zero
        if bool((long > SHORTEST).all()):
            return bones / long
        return torch.where(long > SHORTEST, bones / long.clamp(min=SHORTEST), self.posture[..., None])

    def longer(self, bones: Tensor, crew: Crew, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """(N, J, 1, 1) the lengths that bones (N, J, 3, T) are to have, and (N,) how much longer the legs get."""
        own = crew.mean(size(bones).flatten(1, 2))
        lengths = torch.lerp(own, self.built(crew, seeds).expand_as(own), min(self.strength, 1.0))
        legs = self.tree.leads[list(self.tree.feet)].to(own).sum(0)
        return lengths[..., None, None], (lengths @ legs) / (own @ legs).clamp(min=1e-3)

    def built(self, crew: Crew, seeds: Tensor) -> Tensor:
        """(J,) or (N, J) metres: the bones that bodies come to have."""
        return self.lengths

    def standing(self, bones: Tensor, before: Tensor, scale: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Joints (N, J, 3, T) seen from the root, and a way of the root (N, 3, T) on which feet do not slide.

        `before` (N, 3, 3, T) are left foot, right foot and root as they were.
        """
        limbs = joints_of(bones, self.tree)
        floor = floor_of(before[:, :2], weight)
        return limbs, path(before[:, :2], limbs[:, list(self.tree.feet)], before[:, 2], floor, scale, float(self.fps))
