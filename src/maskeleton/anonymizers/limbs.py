"""Limbs: bodies as directions of their bones, joints first and time last, and bodies from directions again."""

from typing import NamedTuple

import torch
from torch import Tensor

from maskeleton.skeleton import Skeleton

SHORTEST = 1e-6  # metres: a shorter bone points nowhere
NOTHING = 1e-24  # a square under it counts as that: at zero the root of it has no slope
STRAIGHT = 1e-5  # sine of an angle: directions that are opposite
NEEDED = ("left_hip", "right_hip", "left_foot", "right_foot")


class Tree(NamedTuple):
    """What a skeleton means for the bodies of an anonymizer."""

    parents: Tensor  # (J,) the root is its own
    leads: Tensor  # (J, J) which bones lie between the root and a joint
    root: int
    hips: tuple[int, int]  # left and right
    feet: tuple[int, int]
    mirror: tuple[int, ...]

    @classmethod
    def of(cls, skeleton: Skeleton) -> "Tree":
        """A UserError names the roles that nobody plays."""
        left_hip, right_hip, left_foot, right_foot = skeleton.need(*NEEDED)
        leads = torch.zeros(len(skeleton.joints), len(skeleton.joints))
        for joint in skeleton.order:
            parent = skeleton.parents[joint]
            if parent >= 0:
                leads[joint] = leads[parent]
                leads[joint, joint] = 1
        parents = [joint if parent < 0 else parent for joint, parent in enumerate(skeleton.parents)]
        return cls(torch.tensor(parents), leads, skeleton.parents.index(-1), (left_hip, right_hip),
                   (left_foot, right_foot), skeleton.mirror)


def bones_of(bodies: Tensor, tree: Tree) -> Tensor:
    """(N, J, 3, T) joint minus parent; the root's is zero."""
    return bodies - bodies[:, tree.parents.to(bodies.device)]


def joints_of(bones: Tensor, tree: Tree) -> Tensor:
    """(N, J, 3, T) from the root, the inverse of `bones_of`."""
    rows, joints, axes, frames = bones.shape
    return torch.matmul(tree.leads.to(bones), bones.reshape(rows, joints, axes * frames)).view_as(bones)


def unit(vectors: Tensor) -> Tensor:
    """Vectors (…, 3, T) of length 1; one that points nowhere stays zero."""
    return vectors / size(vectors).clamp(min=SHORTEST)


def size(vectors: Tensor) -> Tensor:
    """Lengths of (…, 3, T) as (…, 1, T)."""
    return vectors.square().sum(-2, keepdim=True).clamp(min=NOTHING).sqrt()


def turned(vectors: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """(…, 3, T) turned about the vertical, so that what faces +z by an angle faces as far towards +x."""
    x, y, z = vectors.unbind(-2)
    return torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], -2)


def rotated(vectors: Tensor, one: Tensor, other: Tensor, share: float = 1.0) -> Tensor:
    """(…, 3, T) by the smallest rotation that takes direction `one` (…, 3) towards `other`, by that share of its angle.

    Where one of the two is zero nothing turns; opposite directions turn about whatever is at right angles to both.
    """
    return torch.matmul(smallest_rotation(one, other, share), vectors)


def smallest_rotation(one: Tensor, other: Tensor, share: float = 1.0) -> Tensor:
    """(…, 3, 3) for `rotated`."""
    one, other = torch.nn.functional.normalize(one, dim=-1), torch.nn.functional.normalize(other.expand_as(one), dim=-1)
    across = torch.linalg.cross(one, other)
    sine, cosine = across.norm(dim=-1, keepdim=True), (one * other).sum(-1, keepdim=True)
    cosine = torch.where((one == 0).all(-1, keepdim=True), 1.0, cosine)  # at (0, 0) an angle has no slope
    helper = torch.zeros_like(one).scatter(-1, one.abs().argmin(-1, keepdim=True), 1.0)
    opposite = (cosine < 0) & (sine < STRAIGHT)
    axis = torch.nn.functional.normalize(torch.where(opposite, torch.linalg.cross(one, helper), across), dim=-1)
    x, y, z = axis.unbind(-1)
    nought = torch.zeros_like(x)
    cross = torch.stack([nought, -z, y, z, nought, -x, -y, x, nought], -1).unflatten(-1, (3, 3))
    angle = torch.atan2(sine, cosine)[..., None] * share  # where one points nowhere the axis is zero, and nothing turns
    turn: Tensor = torch.eye(3).to(one) + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)
    return turn
