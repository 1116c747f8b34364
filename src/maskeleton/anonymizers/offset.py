"""offset: each bone's mean direction goes to the population's by adding one vector to all frames. It hides nothing.

The posture of a person seems to be gone, and a network is deceived; whoever knows the population gets it back, because
each direction had length 1 before.
"""

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.base import Anonymizer
from maskeleton.anonymizers.population import looked_at
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

REACH = 0.95  # the longest offset: one of length 1 would fold directions over each other
ROUNDS = 60  # of looking for an offset
STEP = 0.2  # the longest of a round
SOLVED = 1e-4  # how far off a mean direction may be
FLOOR = 1e-15  # keeps a bone that never moves from dividing by nothing
TINY = 1e-9


class Offset(Anonymizer):
    """directions + (the population's mean − their own mean), made unit vectors again; bone lengths stay.

    Directions are told in a frame that is turned as the body usually faces. The bones between the hips, which say how
    it faces, stay as they are.
    """

    graded = True
    mean: Tensor  # (J, 3) the population's mean direction of every bone; shorter than 1 where bones move
    _parents: Tensor
    _moves: Tensor  # (J,) whether a joint's bone is changed

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.hips = skeleton.need("left_hip", "right_hip")
        self.register_buffer("mean", torch.zeros(len(skeleton.joints), 3, dtype=torch.float64))
        parents = [joint if parent < 0 else parent for joint, parent in enumerate(skeleton.parents)]
        self.register_buffer("_parents", torch.tensor(parents), persistent=False)
        stays = between(skeleton, *self.hips) | {skeleton.order[0]}
        moves = torch.tensor([joint not in stays for joint in range(len(parents))])
        self.register_buffer("_moves", moves, persistent=False)

    def prepare(self, dataset: MotionDataset) -> None:
        """The mean over all bodies of what each one's directions are on average."""
        total, bodies = torch.zeros_like(self.mean), 0
        for motion in looked_at(dataset, "offset"):
            positions = torch.from_numpy(np.array(motion.positions, np.float64))[None].to(self.mean.device)
            present = torch.from_numpy(motion.present.copy())[None].to(self.mean.device)
            directions, _ = self._directions(positions, present)
            there = present.any(1).flatten()
            total += mean_of(directions, present).flatten(0, 1)[there].sum(0)
            bodies += int(there.sum())
        self.mean.copy_(total / bodies)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        self._refuse_unprepared()
        clean = torch.where(present[..., None, None], positions, 0).double()
        directions, lengths = self._directions(clean, present)
        offsets = shortened(self.strength * (self.mean - mean_of(directions, present)))
        return self._drawn(unit(directions + offsets[:, None]), lengths, clean, present).to(positions)

    def invert(self, positions: Tensor, present: Tensor) -> Tensor:
        """The offset is found that gives unit vectors whose mean, with it, is the population's: for each bone three
        equations for three unknowns."""
        self._refuse_unprepared()
        if self.strength == 0:
            return positions
        clean = torch.where(present[..., None, None], positions, 0).double()
        directions, lengths = self._directions(clean, present)
        offsets = shortened(self.strength * self._found(directions, present))
        drawn = self._drawn(before(directions, offsets[:, None])[0], lengths, clean, present).to(positions)
        return torch.where(present[..., None, None], drawn, positions)

    def _refuse_unprepared(self) -> None:
        if not bool(self.mean.any()):
            raise UserError("offset does not know how people usually stand", "call prepare(dataset) first")

    # ── bones ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _directions(self, positions: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, P, J, 3) unit directions of the bones, the body facing +z, and (B, T, P, J, 1) their lengths."""
        bones = positions - positions[..., self._parents, :]
        lengths = bones.norm(dim=-1, keepdim=True)
        return unit(bones) @ self._turn(positions, present)[:, None], lengths

    def _drawn(self, directions: Tensor, lengths: Tensor, positions: Tensor, present: Tensor) -> Tensor:
        """Positions again, from where the root is; bones that stay are those of the positions."""
        turned = (directions @ self._turn(positions, present)[:, None].mT) * lengths
        bones = torch.where(self._moves[:, None], turned, positions - positions[..., self._parents, :])
        drawn = list(positions.unbind(-2))
        for joint in self.skeleton.order[1:]:
            drawn[joint] = drawn[self.skeleton.parents[joint]] + bones[..., joint, :]
        return torch.stack(drawn, -2)

    def _turn(self, positions: Tensor, present: Tensor) -> Tensor:
        """(B, P, 3, 3): row vectors times it are turned about the vertical so that the body usually faces +z."""
        left, right = self.hips
        across = mean_of(positions[..., [left], :] - positions[..., [right], :], present)[..., 0, :]
        x, z = -across[..., 2], across[..., 0]
        length = (x * x + z * z).sqrt()
        known = length > TINY
        x, z = torch.where(known, x / length, 0), torch.where(known, z / length, 1)
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        rows = torch.stack([z, zero, x, zero, one, zero, -x, zero, z], -1)
        return rows.reshape(*rows.shape[:-1], 3, 3)

    # ── undoing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _found(self, released: Tensor, present: Tensor) -> Tensor:
        """(B, P, J, 3): by how far each bone's mean was from the population's; where a bone never moves, what cannot be
        known stays 0. Other beginnings are tried where the first leads nowhere, as far from the usual posture it may."""
        away, wrong = self._followed(torch.zeros_like(released[:, 0]), released, present)
        for start in torch.cat([torch.eye(3), -torch.eye(3)]).to(released):
            if bool((wrong < SOLVED).all()):
                break
            other, missed = self._followed(start.expand_as(away), released, present)
            better = missed < 0.1 * wrong
            away, wrong = torch.where(better, other, away), torch.where(better, missed, wrong)
        return away

    def _followed(self, away: Tensor, released: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Newton's steps from a guess, none long, and shorter where they lead away; and how far off they end."""
        eye = torch.eye(3, dtype=released.dtype, device=released.device)
        share = torch.ones_like(away[..., :1])
        wrong, slope = self._wrong(away, released, present)
        for _ in range(ROUNDS):
            floor = FLOOR * (1 + slope.square().sum((-1, -2))[..., None, None]) * eye
            solved, _ = torch.linalg.solve_ex(slope.mT @ slope + floor, slope.mT @ wrong[..., None])
            step = solved[..., 0]
            step = step * (STEP / step.norm(dim=-1, keepdim=True).clamp(min=STEP))
            tried = away - share * step
            found, bent = self._wrong(tried, released, present)
            better = found.norm(dim=-1, keepdim=True) < wrong.norm(dim=-1, keepdim=True)
            away, wrong = torch.where(better, tried, away), torch.where(better, found, wrong)
            slope = torch.where(better[..., None], bent, slope)
            share = torch.where(better, (share * 2).clamp(max=1), share / 3)
        return away, wrong.norm(dim=-1, keepdim=True)

    def _wrong(self, away: Tensor, released: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """By how much a guess misses: the mean of the directions before should be the population's less the guess; and
        how that changes with the guess, (B, P, J, 3, 3)."""
        eye = torch.eye(3, dtype=away.dtype, device=away.device)
        whole = self.strength * away
        offsets = shortened(whole)
        directions, along = before(released, offsets[:, None])
        bends = mean_of((released / along)[..., :, None] * directions[..., None, :], present)
        length = whole.norm(dim=-1)[..., None, None]
        heading = unit(whole)
        flat = (eye - heading[..., :, None] * heading[..., None, :]) * (REACH / length.clamp(min=REACH))
        per_guess = self.strength * torch.where(length > REACH, flat, eye)
        return mean_of(directions, present) + away - self.mean, (bends - eye) @ per_guess + eye


def between(skeleton: Skeleton, one: int, other: int) -> set[int]:
    """The joints whose bones lie between two joints."""
    ways = []
    for joint in (one, other):
        way = []
        while joint >= 0:
            way.append(joint)
            joint = skeleton.parents[joint]
        ways.append(set(way))
    return ways[0] ^ ways[1]


def unit(vectors: Tensor) -> Tensor:
    """Of length 1; nothing stays nothing."""
    made: Tensor = vectors / vectors.norm(dim=-1, keepdim=True).clamp(min=TINY)
    return made


def shortened(offsets: Tensor) -> Tensor:
    """None longer than the reach."""
    made: Tensor = offsets * (REACH / offsets.norm(dim=-1, keepdim=True).clamp(min=REACH))
    return made


def mean_of(values: Tensor, present: Tensor) -> Tensor:
    """(B, T, P, …) -> (B, P, …): the mean over the frames in which the body is there; 0 where it never is."""
    while present.dim() < values.dim():
        present = present[..., None]
    there = present.to(values.dtype)
    return (values * there).sum(1) / there.sum(1).clamp(min=1)


def before(released: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """The unit vectors that, with the offsets added and made unit vectors again, are what was released; and how much
    of each lies along it."""
    along = (released * offsets).sum(-1, keepdim=True)
    beside = (along.square() + 1 - offsets.square().sum(-1, keepdim=True)).clamp(min=TINY).sqrt()
    return released * (along + beside) - offsets, beside
