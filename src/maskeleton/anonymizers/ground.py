"""Ground: where bodies stand and face, and a path on which the feet that stood still stand still."""

import torch
from torch import Tensor

from maskeleton.anonymizers.limbs import Tree
from maskeleton.anonymizers.waves import how_many, tracks_of, waves_of

TURNING = 0.5  # Hz: faster turns are how somebody walks, not where to
LOW, SLOW = 0.08, 0.3  # metres above the floor and metres a second: above both a foot does not stand
NOWHERE = 1e-6  # metres from hip to hip: facing nowhere
ITSELF = 0.05  # weight of the path as it was, beside feet that stand


def facing(bodies: Tensor, tree: Tree, fps: float) -> tuple[Tensor, Tensor]:
    """Cosine and sine (N, T) of how each body is turned away from −z, slowly."""
    left, right = tree.hips
    across = (bodies[:, right] - bodies[:, left])[:, 0::2]  # (N, 2, T) the x and z of right − left
    frames = bodies.shape[-1]
    smooth = tracks_of(waves_of(across, how_many(frames, fps, TURNING)), frames)
    long = smooth.norm(dim=1)
    return torch.where(long > NOWHERE, smooth[:, 0] / long, 1.0), torch.where(long > NOWHERE, smooth[:, 1] / long, 0.0)


def usual_turn(cosine: Tensor, sine: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 1) twice: the mean of the turns (N, T) in the frames that count."""
    x, y = (cosine * weight).sum(-1, keepdim=True), (sine * weight).sum(-1, keepdim=True)
    long = torch.hypot(x, y)
    return torch.where(long > NOWHERE, x / long, 1.0), torch.where(long > NOWHERE, y / long, 0.0)


def floor_of(feet: Tensor, weight: Tensor) -> Tensor:
    """(N, 1) the height on which feet (N, 2, 3, T) stand: under it they are in one of twenty frames."""
    heights = torch.where(weight[:, None] > 0, feet[:, :, 1], torch.inf).flatten(1)
    count = 2 * (weight > 0).sum(1, keepdim=True)
    place = ((count - 1).clamp(min=0) * 0.05).round().long()
    return heights.sort(1).values.gather(1, place)


def standing(feet: Tensor, floor: Tensor, fps: float) -> tuple[Tensor, Tensor]:
    """(N, 2, T) twice, 0 to 1: how near a foot (N, 2, 3, T) is to the floor (N, 1 or T), and how still it stands there."""
    height = feet[:, :, 1] - floor[:, None]
    low = (2 - height / LOW).clamp(0, 1)
    steps = torch.diff(feet[:, :, 0::2], dim=-1).norm(dim=2) * fps
    speed = torch.nn.functional.pad(steps, (1, 0)) if feet.shape[-1] > 1 else torch.zeros_like(low)
    return low, low * (2 - speed / SLOW).clamp(0, 1)


def path(feet: Tensor, reach: Tensor, root: Tensor, floor: Tensor, scale: Tensor, fps: float) -> Tensor:
    """(N, 3, T) a way of the root for a body of another size.

    `feet` (N, 2, 3, T) and `root` (N, 3, T) as they were, on a `floor` (N, 1 or T); `reach` (N, 2, 3, T) is how far the
    feet are from the root now, `scale` (N,) or (N, T) how much longer the legs are. Feet that stood stand still, and on
    the floor at height 0; else the root goes as it went, in the measure of the legs. It begins at 0.
    """
    low, still = standing(feet, floor, fps)
    scale = scale.reshape(len(feet), -1).expand(-1, feet.shape[-1])
    own = scale * (root[:, 1] - floor)
    height = (ITSELF * own - (low * reach[:, :, 1]).sum(1)) / (ITSELF + low.sum(1))
    steps = scale[:, None, 1:] * torch.diff(root[:, 0::2], dim=-1)
    stay = torch.minimum(still[..., 1:], still[..., :-1])[:, :, None]
    steps = (ITSELF * steps - (stay * torch.diff(reach[:, :, 0::2], dim=-1)).sum(1)) / (ITSELF + stay.sum(1))
    way = torch.nn.functional.pad(steps.cumsum(-1), (1, 0))
    return torch.stack([way[:, 0], height, way[:, 1]], 1)
