"""appearance: everybody's mean pose is taken away, and the population's put in its place: as appearance is removed from
poses of sign language, and transferred to another signer. A baseline: joints are moved, so bones stretch and bend.
"""

import torch
from torch import Tensor

from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import facing
from maskeleton.anonymizers.limbs import bones_of, joints_of, turned
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

RIDGE = 3e-3  # of how far a bone's end spreads: what a sphere does not tell is left where it is


class Appearance(Canonical):
    """Poses are seen from the root and by the body itself; root and heading stay. `first` 1 takes a recording's first
    pose for its appearance, as the tools of sign language do, where 0 takes the mean."""

    graded = False
    usual: Tensor  # (J, 3) the population's mean pose, seen from the root

    def __init__(self, skeleton: Skeleton, *, first: int = 0) -> None:
        if first not in (0, 1):
            raise UserError(f"option 'first' cannot be {first}", "it is 1, the first pose, or 0, the mean")
        super().__init__(skeleton, first=int(first))
        self.remember(usual=(len(skeleton.joints), 3))

    def statistics(self, body: Tensor) -> dict[str, Tensor]:
        crew = Crew.of(body[None, :, None], torch.ones(1, len(body), 1, dtype=torch.bool))
        return {**super().statistics(body), "usual": self._inside(crew)[0][0].mean(-1)}

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        self.refuse_unprepared()
        crew = Crew.of(positions, present)
        if not len(crew.bodies):
            return positions
        poses, cosine, sine = self._inside(crew)
        own = poses[..., :1] if self.options["first"] else crew.mean(poses.flatten(1, 2)).view(poses.shape[:3])[..., None]
        return self._outside(poses - own + self.usual[..., None], cosine, sine, crew, positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """What was added to a bone is the same in every frame, and before it was as long in every frame: its end went
        about on a sphere. Where the middle of that lies now is what was added."""
        crew = Crew.of(torch.where(present[..., None, None], positions, 0), present)
        if not len(crew.bodies) or not self.strength or not self.fps > 0:
            return positions
        poses, cosine, sine = self._inside(crew)
        bones = bones_of(poses, self.tree)
        found = joints_of(bones - middle_of_sphere(bones, crew.weight)[..., None], self.tree)
        return torch.where(present[..., None, None], self._outside(found, cosine, sine, crew, positions), positions)

    def _inside(self, crew: Crew) -> tuple[Tensor, Tensor, Tensor]:
        """Poses (N, J, 3, T) as seen from the root by the body itself, and how it is turned, (N, T) twice."""
        cosine, sine = facing(crew.bodies, self.tree, float(self.fps))
        away = crew.bodies - crew.bodies[:, [self.tree.root]]
        return turned(away, cosine[:, None], sine[:, None]), cosine, sine

    def _outside(self, poses: Tensor, cosine: Tensor, sine: Tensor, crew: Crew, positions: Tensor) -> Tensor:
        """The inverse."""
        return crew.back(turned(poses, cosine[:, None], -sine[:, None]) + crew.bodies[:, [self.tree.root]], positions)


def middle_of_sphere(ends: Tensor, weight: Tensor) -> Tensor:
    """(N, J, 3) the middle of the sphere on which points (N, J, 3, T) lie best, in the frames that count (N, T)."""
    share = (weight / weight.sum(-1, keepdim=True))[:, None, None]
    mean = (ends * share).sum(-1, keepdim=True)
    away = (ends - mean).double()
    far = away.square().sum(2, keepdim=True)
    far = far - (far * share).sum(-1, keepdim=True)
    spread = torch.matmul(away * share, away.mT)
    pull = 0.5 * (away * far * share).sum(-1, keepdim=True)
    eye = torch.eye(3).to(spread)
    drawn = RIDGE * spread.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None] * eye  # towards 0: what was released
    found = torch.linalg.solve(spread + drawn + 1e-12 * eye, pull - torch.matmul(drawn, mean.double()))
    middle: Tensor = (mean.double() + found)[..., 0].to(ends)
    return middle
