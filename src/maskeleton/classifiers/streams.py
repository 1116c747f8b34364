"""Streams: what of a motion a classifier looks at, made on the fly: joints, bones, and the motion of either."""

from collections.abc import Callable

import torch
from torch import Tensor

from maskeleton.errors import pick
from maskeleton.skeleton import Skeleton


def stream_of(name: str, positions: Tensor, present: Tensor, skeleton: Skeleton) -> Tensor:
    """(B, T, P, J, 3) positions as the stream called so; zero where a body is absent."""
    made = pick(name, STREAMS, "stream")(positions, present, skeleton)
    return made * present[..., None, None].to(made.dtype)


def _joint(positions: Tensor, present: Tensor, skeleton: Skeleton) -> Tensor:
    """Where the joints are."""
    return positions


def _bone(positions: Tensor, present: Tensor, skeleton: Skeleton) -> Tensor:
    """Each joint minus its parent; the root's is zero."""
    parents = [joint if parent < 0 else parent for joint, parent in enumerate(skeleton.parents)]
    return positions - positions[..., parents, :]


def _joint_motion(positions: Tensor, present: Tensor, skeleton: Skeleton) -> Tensor:
    """Where the joints go until the next frame; zero at the end, and where the body is about to leave."""
    both = (present[:, 1:] & present[:, :-1])[..., None, None].to(positions.dtype)
    steps = (positions[:, 1:] - positions[:, :-1]) * both
    return torch.cat([steps, torch.zeros_like(positions[:, :1])], 1)


def _bone_motion(positions: Tensor, present: Tensor, skeleton: Skeleton) -> Tensor:
    """How the bones turn until the next frame."""
    return _joint_motion(_bone(positions, present, skeleton), present, skeleton)


STREAMS: dict[str, Callable[[Tensor, Tensor, Skeleton], Tensor]] = {
    "joint": _joint,
    "bone": _bone,
    "joint_motion": _joint_motion,
    "bone_motion": _bone_motion,
}
