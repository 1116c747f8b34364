"""Usual: how people usually move who do the same, and a way of going that follows from the limbs alone."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.anonymizers.ground import usual_turn

MOMENTS = 32  # at which a recording is read, however long it is
LEVEL = 0.02  # metres: feet at about the same height both carry
HARDLY = 0.01  # what swings less, of directions, is not blown up
MOST = 2.5  # times as far as their mean
GIVEN_BACK = 0.5  # of what swings lose in a mean; draws of how people differ bring the rest


def at_moments(waves: Tensor, frames: int) -> Tensor:
    """(N, J, 3, MOMENTS) the slowest waves of so many frames, as if all recordings were equally long."""
    slow = waves[..., :MOMENTS] / math.sqrt(frames)
    return F.pad(slow, (0, MOMENTS - slow.shape[-1]))


def turns_of(cosine: Tensor, sine: Tensor, weight: Tensor) -> Tensor:
    """(N, 1, 3, T) how bodies turn away from where they face on the whole, as one direction more."""
    c, s = usual_turn(cosine, sine, weight)
    ahead, aside = cosine * c + sine * s, sine * c - cosine * s
    return torch.stack([aside, torch.zeros_like(ahead), ahead], 1)[:, None]


def usual_ways(ways: np.ndarray, people: np.ndarray) -> np.ndarray:
    """(R, 3, W) of those (n, R, 3, W) who do the same: the mean of people, swinging nearly as far as theirs."""
    own = np.array([ways[people == one].mean(0) for one in np.unique(people)])
    mean = own.mean(0)
    wanted = np.exp(np.mean([np.log(_swings(ways[people == one]) + 1e-6).mean(0) for one in np.unique(people)], 0))
    longer = np.clip((wanted + HARDLY) / (_swings(mean) + HARDLY), 1, MOST)
    mean[..., 1:] *= (1 + GIVEN_BACK * (longer - 1))[..., None, None]
    return np.asarray(mean, np.float32)


def _swings(ways: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.square(ways[..., 1:]).sum((-1, -2))))


def walked(feet: Tensor) -> Tensor:
    """(N, 3, 3, T) both feet and the root of somebody whose feet are so far (N, 2, 3, T) from the root: the lower foot is
    on the floor, and stays where it is."""
    height = feet[:, :, 1]
    carries = torch.softmax(-height / LEVEL, 1)
    carries = (carries[..., 1:] + carries[..., :-1]) / 2
    steps = -(carries[:, :, None] * torch.diff(feet[:, :, 0::2], dim=-1)).sum(1)
    way = F.pad(steps.cumsum(-1), (1, 0))
    root = torch.stack([way[:, 0], -height.amin(1), way[:, 1]], 1)[:, None]
    return torch.cat([feet + root, root], 1)
