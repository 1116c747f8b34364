"""Manner: how a body is built and moves, as numbers that a gradient can pass through."""

import torch
from torch import Tensor, nn

from maskeleton.skeleton import Skeleton

OCTAVES = 6  # bands of the spectrum, each twice as wide as the one before; the first is one half swing in all frames
NO_LENGTH = 1e-3  # metres
NO_TURN = 1e-3  # of a unit direction
NO_WAY = 1e-4  # metres
NEARLY = 1 - 1e-4  # the largest cosine whose angle has a gradient worth having


class Manner(nn.Module):
    """Bone lengths, posture, first and last pose, joint angles, amplitude, spectrum, cadence, jitter, concentration and
    coordination of a body seen by itself. Frames in which a body is absent, all zero, do not count."""

    starts: Tensor
    ends: Tensor
    upper: Tensor
    lower: Tensor
    left: Tensor
    right: Tensor
    one: Tensor
    other: Tensor

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        children = [child for _, child in skeleton.bones]
        place = {child: index for index, child in enumerate(children)}
        hinges = [(place[parent], index) for index, (parent, _) in enumerate(skeleton.bones) if parent in place]
        sides = [(skeleton.roles[f"left_{part}"], skeleton.roles[f"right_{part}"]) for part in ("hip", "shoulder")
                 if {f"left_{part}", f"right_{part}"} <= set(skeleton.roles)]
        self.root = skeleton.parents.index(-1)
        tables = {"ends": children, "starts": [parent for parent, _ in skeleton.bones],
                  "upper": [upper for upper, _ in hinges], "lower": [lower for _, lower in hinges],
                  "left": [left for left, _ in sides], "right": [right for _, right in sides]}
        for name, table in tables.items():
            self.register_buffer(name, torch.tensor(table, dtype=torch.long), persistent=False)
        one, other = torch.triu_indices(len(children), len(children), 1)
        self.register_buffer("one", one, persistent=False)
        self.register_buffer("other", other, persistent=False)

    def forward(self, bodies: Tensor) -> list[Tensor]:
        """(R, T, J, 3) -> each channel's numbers, (R, size), in whole precision."""
        with torch.autocast("cuda" if bodies.is_cuda else "cpu", enabled=False):
            bodies = bodies if bodies.dtype == torch.float64 else bodies.float()
            there = (bodies != 0).flatten(2).any(-1).to(bodies.dtype)  # (R, T)
            joints = self._forward_facing(bodies - bodies[:, :, self.root : self.root + 1], there)
            vectors = joints[:, :, self.ends] - joints[:, :, self.starts]
            lengths = _size(vectors, NO_LENGTH / 10)  # (R, T, B)
            directions = vectors / (lengths[..., None] + NO_LENGTH)
            mean = _mean(directions, there)
            swing = (directions - mean[:, None]) * there[:, :, None, None]
            channels = [*_lengths(lengths, there), mean, *_ends(directions, there), *self._angles(directions, there),
                        *_spectra(swing, there), 1 - _size(mean, NO_TURN), *_jitter(joints, there),
                        *self._together(swing)]
            return [channel.flatten(1) for channel in channels if channel.numel()]

    def _forward_facing(self, joints: Tensor, there: Tensor) -> Tensor:
        """One turn about the vertical, so that on the whole the body faces +z."""
        if not len(self.left):
            return joints
        across = _mean((joints[:, :, self.left] - joints[:, :, self.right]).sum(2), there)
        x, z = across[:, 0], across[:, 2]
        long = (x * x + z * z + 1e-8).sqrt()
        cos, sin = (x / long)[:, None, None], (z / long)[:, None, None]
        ahead, aside = cos * joints[..., 2] - sin * joints[..., 0], cos * joints[..., 0] + sin * joints[..., 2]
        return torch.stack([aside, joints[..., 1], ahead], -1) * there[:, :, None, None]

    def _angles(self, directions: Tensor, there: Tensor) -> list[Tensor]:
        """How far each joint is bent on the whole, how far that varies, and the least and the most."""
        cosine = (directions[:, :, self.upper] * directions[:, :, self.lower]).sum(-1)
        angles = torch.acos(cosine.clamp(-NEARLY, NEARLY))
        absent = (1 - there)[..., None] * 10
        return [*_mean_and_spread(angles, there), (angles + absent).amin(1), (angles - absent).amax(1)]

    def _together(self, swing: Tensor) -> list[Tensor]:
        """How far two bones swing the same way: −1 … 1."""
        flat = swing.transpose(1, 2).flatten(2)
        flat = flat / (_size(flat, NO_TURN)[..., None] + NO_TURN)
        return [(flat @ flat.transpose(1, 2))[:, self.one, self.other]]


def _size(vectors: Tensor, floor: float) -> Tensor:
    """Lengths along the last axis, whose gradient stays finite at zero."""
    return (vectors.square().sum(-1) + floor * floor).sqrt() - floor


def _mean(values: Tensor, there: Tensor) -> Tensor:
    """(R, T, …) -> (R, …) over the frames that count."""
    weight = there / there.sum(1, keepdim=True).clamp(min=1)
    return (values * weight.reshape(*there.shape, *[1] * (values.ndim - 2))).sum(1)


def _mean_and_spread(values: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    mean = _mean(values, there)
    return mean, (_mean((values - mean[:, None]).square(), there) + 1e-8).sqrt()


def _lengths(lengths: Tensor, there: Tensor) -> list[Tensor]:
    mean, spread = _mean_and_spread(lengths, there)
    return [(mean + NO_LENGTH).log(), (spread + NO_LENGTH).log()]


def _ends(directions: Tensor, there: Tensor) -> list[Tensor]:
    """Directions in the first and the last frame that count."""
    frames = there.shape[1]
    count = torch.arange(frames, device=there.device)
    first = torch.where(there > 0, count, frames).amin(1).clamp(max=frames - 1)
    last = torch.where(there > 0, count, 0).amax(1)
    rows = torch.arange(len(there), device=there.device)
    return [directions[rows, first], directions[rows, last]]


def _spectra(swing: Tensor, there: Tensor) -> list[Tensor]:
    """How far each bone axis swings, the share of each octave in it, and how fast each bone swings."""
    frames = swing.shape[1]
    there_share = there.mean(1).clamp(min=1 / frames)[:, None]
    waves = torch.fft.rfft(torch.cat([swing, swing.flip(1)], 1).flatten(2), dim=1)
    power = (waves.real.square() + waves.imag.square()) / (2 * frames**2)
    amplitude = ((power.sum(1) / there_share) + NO_TURN**2).log()
    octaves = [power[:, 2**octave : 2 ** (octave + 1)].sum(1) / there_share for octave in range(OCTAVES)]
    shares = [(octave + NO_TURN**2).log() - amplitude for octave in octaves]
    bone = power.unflatten(2, (-1, 3)).sum(-1)
    tempo = torch.arange(bone.shape[1], device=bone.device, dtype=bone.dtype)
    middle = torch.einsum("rkb,k->rb", bone, tempo) / (bone.sum(1) + NO_TURN**2)
    return [amplitude, *shares, (middle + 1).log()]


def _jitter(joints: Tensor, there: Tensor) -> list[Tensor]:
    """How large second differences of each joint are."""
    if joints.shape[1] < 3:
        return [joints.new_zeros(joints.shape[0], joints.shape[2])]
    whole = there[:, 2:] * there[:, 1:-1] * there[:, :-2]
    second = joints[:, 2:] - 2 * joints[:, 1:-1] + joints[:, :-2]
    return [(_mean(second.square().sum(-1), whole) + NO_WAY**2).log()]
