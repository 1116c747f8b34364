"""Every anonymizer of the shelf, small, and people who walk about: what its tests share."""

from functools import lru_cache

import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.dataset import MotionDataset
from maskeleton.mask import learns, must_know
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT15, Skeleton

# Everything on the shelf, small: (name, options).
SMALL = {
    "noise": ("noise", {"sigma": 0.05}),
    "residual": ("residual", {}),
    "residual, published": ("residual", {"blocks": 2}),
    "autoencoder": ("autoencoder", {"width": 16, "latent": 4}),
    "unet": ("unet", {"width": 4}),
    "unet, a body a picture": ("unet", {"width": 4, "depth": 2, "slots": 1}),
    "offset": ("offset", {}),
    "rescale": ("rescale", {}),
    "bones": ("bones", {}),
    "neutral": ("neutral", {}),
    "lowpass": ("lowpass", {"rate": 1.0}),
    "appearance": ("appearance", {}),
    "appearance, first pose": ("appearance", {"first": 1}),
    "eraser": ("eraser", {}),
    "typical": ("typical", {"duration": 0.0}),
    "typical, half": ("typical", {"duration": 0.0, "typical": 0.5, "ways": 4}),
    "temporal": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "typical": 0.5, "duration": 0.0}),
    "temporal, on neutral": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "typical": 0.0, "duration": 0.0}),
    "temporal, causal": ("temporal", {"width": 8, "depth": 2, "lots": 4, "ways": 8, "causal": 1}),
    "neutral, everything": ("neutral", {"amplitude": 0.5, "spectrum": 0.5, "handedness": 1.0, "pin": 1.0}),
}
TOGETHER = {name for name, kind in ANONYMIZERS.items() if kind.scope == "dataset"}  # tests/test_sources.py tries them
NEVER_UNDONE = {"bones", "eraser"}  # nothing beats the release as it is: their authors say why
LEARNING = [kind for kind, (name, options) in SMALL.items() if learns(ANONYMIZERS[name](KINECT15, **options))]
CHAIN = Skeleton.of("chain", ("hand", "elbow", "chest"), (1, 2, -1))


def small(kind, skeleton=KINECT15, shaken=0.02):
    """A small anonymizer that does something: no weight is where it began."""
    name, options = SMALL[kind]
    torch.manual_seed(3)
    anonymizer = ANONYMIZERS[name](skeleton, **options).eval()
    with torch.no_grad():
        for weight in anonymizer.parameters():
            weight += shaken * torch.randn_like(weight)
    if must_know(anonymizer):
        anonymizer.prepare(population(skeleton))
    return anonymizer


@lru_cache
def population(skeleton):
    """Four people, four recordings each."""
    positions, _, _ = moving(16, 8, 1, skeleton)
    return MotionDataset.of(skeleton, 30, [Motion.of(motion.numpy(), f"r{number}", {"subject": number % 4 + 1,
                                                                                      "action": number // 4 % 2})
                                           for number, motion in enumerate(positions)])


def moving(rows=4, frames=9, bodies=2, skeleton=KINECT15):
    """People who walk about, who are all there, each with a seed."""
    torch.manual_seed(5)
    steps = torch.randn(rows, frames, bodies, len(skeleton.joints), 3)
    positions = steps.cumsum(1) * 0.02 + torch.randn(rows, 1, bodies, len(skeleton.joints), 3)
    return positions, torch.ones(rows, frames, bodies, dtype=torch.bool), torch.arange(rows) * 7 + 2**40


def released(anonymizer, *batch):
    with torch.inference_mode():
        return anonymizer(*batch)[0]


def same_bytes(one, other):
    return one.shape == other.shape and one.dtype == other.dtype and one.numpy().tobytes() == other.numpy().tobytes()
