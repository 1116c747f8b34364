"""Planted: legs turned at the hip, so that a foot that stands stays where it stands."""

import numpy as np
import torch
from scipy.linalg import solveh_banded
from torch import Tensor
from torch.nn import functional as F

from maskeleton.anonymizers.ground import floor_of, standing
from maskeleton.anonymizers.limbs import Tree, smallest_rotation

HELD = 0.3  # Hz: a foot that stands for longer than such a swing takes does not give way at all


@torch.no_grad()  # what learns through it learns of legs as they would go
def planting(limbs: Tensor, way: Tensor, weight: Tensor, tree: Tree, fps: float, share: float) -> Tensor:
    """(N, 2, T, 3, 3) that share of what turns the left and the right leg of bodies whose joints are (N, J, 3, T) from a
    root that goes a way (N, 3, T)."""
    feet = limbs[:, list(tree.feet)] + way[:, None]
    reach = limbs[:, list(tree.feet)] - limbs[:, list(tree.hips)]
    aside = share * given_way(feet[:, :, 0::2], standing(feet, floor_of(feet, weight), fps)[1], fps)
    wanted = reach + torch.stack([aside[:, :, 0], torch.zeros_like(aside[:, :, 0]), aside[:, :, 1]], 2)
    return smallest_rotation(reach.transpose(2, 3), wanted.transpose(2, 3))


def legs_turned(bones: Tensor, turns: Tensor, tree: Tree) -> Tensor:
    """Bones (N, J, 3, T) whose legs, and what hangs on the feet, are turned so."""
    found = bones.clone()
    for side, (hip, foot) in enumerate(zip(tree.hips, tree.feet, strict=True)):
        leg = (tree.leads[foot] > tree.leads[hip]) | (tree.leads[:, foot] > 0)
        own = leg.nonzero()[:, 0].to(bones.device)
        found[:, own] = torch.matmul(turns[:, side, None], bones[:, own].transpose(2, 3)[..., None])[..., 0].transpose(2, 3)
    return found


def given_way(feet: Tensor, stands: Tensor, fps: float) -> Tensor:
    """(N, 2, 2, T) how far aside feet (N, 2, 2, T) are to go so that they hardly move while they stand (N, 2, T), 0 to 1.

    The least squares of steps while standing and, far less, of how far they are put aside: an equation a frame, that holds
    its two neighbours.
    """
    if feet.shape[-1] < 2:
        return torch.zeros_like(feet)
    both = torch.minimum(stands[..., 1:], stands[..., :-1])
    slid = both[:, :, None] * torch.diff(feet, dim=-1)
    wanted = (F.pad(slid, (0, 1)) - F.pad(slid, (1, 0))).transpose(2, 3)
    own = F.pad(both, (0, 1)) + F.pad(both, (1, 0)) + (HELD / fps) ** 2
    bands = torch.stack([own, -F.pad(both, (0, 1))], 2)
    rows = [part.flatten(0, 1).double().nan_to_num().cpu().numpy() for part in (bands, wanted)]  # a game gone wrong says so
    solved = np.array([solveh_banded(*each, lower=True) for each in zip(*rows, strict=True)])
    found: Tensor = torch.from_numpy(solved).to(feet).unflatten(0, both.shape[:2]).transpose(2, 3)
    return found
