"""Mixture: several people's recordings become one motion of nobody: what `blend` and `ksame` share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.align import in_step, sampled
from maskeleton.anonymizers.base import Anonymizer, at_least, whole
from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import floor_of
from maskeleton.anonymizers.limbs import bones_of, rotated, size, unit
from maskeleton.anonymizers.neutral import Neutral
from maskeleton.anonymizers.spectrum import FAINT, bands_of, swings, towards
from maskeleton.anonymizers.waves import frequencies, tracks_of, waves_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.motion import SEEN, Motion
from maskeleton.skeleton import Skeleton

PERSON, ACTION = "subject", "action"  # labels
HELD = 256  # recordings
OPPOSED = 0.05  # a mean of directions that is shorter says nothing
ONLY_BONES: dict[str, Any] = dict.fromkeys(  # options of neutral that are left out
    ("posture", "tempo", "lowpass", "noise", "drift", "coordination", "amplitude", "spectrum", "mixing", "rest", "handedness",
     "duration", "pin"), 0.0)


class Mixing(Anonymizer):
    """Everybody is put on the bones that people have in common and set facing the camera; then directions of bones are
    averaged in step, which keeps bones as long as they are; and what comes out is treated as `neutral` does.

    k: how many people enter · swing: how far the mixture's bones swing as theirs did (a mean swings less) · neutral: how
    strongly it is treated then.
    """

    scope = "dataset"

    def __init__(self, skeleton: Skeleton, *, k: int, swing: float, neutral: float, **options: float) -> None:
        shares = {"swing": swing, "neutral": neutral, **options}
        for name, value in shares.items():
            if at_least(name, value, 0) > 1:
                raise UserError(f"option {name!r} cannot be {value}", "it goes from 0, nothing, to 1")
        super().__init__(skeleton, k=whole("k", k, 2), **{name: float(value) for name, value in shares.items()})
        self.k = self.options["k"]
        self.plain, self.after = Neutral(skeleton, **ONLY_BONES), Neutral(skeleton)
        self.plain.called = self.after.called = self.name
        self._held: dict[str, Tensor] = {}  # bodies on common bones by the hash of their motion

    @property
    def name(self) -> str:
        """As it stands on the shelf."""
        return type(self).__name__.lower()

    @property
    def fps(self) -> float:
        """Frames a second of what it was prepared on; 0 before."""
        return float(self.after.fps)

    def prepare(self, dataset: MotionDataset) -> None:
        self._held.clear()
        self.after.prepare(dataset)
        self.plain.load_state_dict(self.after.state_dict())

    def refuse_unready(self, dataset: MotionDataset) -> None:
        """A UserError where it cannot begin."""
        if self.strength not in (0, 1):
            raise UserError(f"{self.name} cannot be done with a strength of {self.strength:g}",
                            "it is 0 or 1; --set k=… says of how many people, --set neutral=… what is done then")
        if not self.fps:
            raise UserError(f"{self.name} does not know the population yet",
                            f"maskeleton anonymize DATA OUT --with {self.name} prepares it; in Python, prepare(dataset)")

    def motion_of(self, dataset: MotionDataset, rows: Sequence[int], shares: Sequence[float], seed: int,
                  own: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """(T, P, J, 3) and (T, P): these recordings by their shares as one, which nobody showed. Where `own` is given
        the last row is that of who is to be hidden, and so much of the mixture's directions stays that one's, with how
        the others hold themselves and swing."""
        self.cpu()  # wherever it was put: recordings are many and short, and what aligns them is no network
        with torch.inference_mode():
            bodies = [self._plain(dataset, row) for row in rows]
            count = min(len(one) for one in bodies)
            made = mixture(self.plain, [one[:count] for one in bodies], shares, self.options["swing"], own)
            positions = made.permute(3, 0, 1, 2)[None]
            present = torch.ones(positions.shape[:3], dtype=torch.bool)
            if self.options["neutral"]:
                self.after.strength = self.options["neutral"]
                positions, present = self.after(positions, present, torch.tensor([seed]))
            return positions[0].numpy(), present[0].numpy()

    def _plain(self, dataset: MotionDataset, row: int) -> Tensor:
        """(N, J, 3, T) the bodies of a recording on common bones; where one is absent it stands as it did. Some are held in
        memory: whoever enters one mixture enters others."""
        key = dataset.motion_hashes[row]
        if key not in self._held:
            if len(self._held) >= HELD:
                self._held.pop(next(iter(self._held)))
            motion = dataset[row]
            positions, present = (torch.from_numpy(np.array(part))[None] for part in (motion.positions, motion.present))
            bodies = Crew.of(positions, present).bodies.permute(3, 0, 1, 2)[None]
            everywhere = torch.ones(bodies.shape[:3], dtype=torch.bool)
            found = self.plain.changed_as(bodies, everywhere, torch.zeros(1, dtype=torch.int64), None)
            self._held[key] = found[0].permute(1, 2, 3, 0)
        return self._held[key]


def mixture(net: Canonical, bodies: Sequence[Tensor], shares: Sequence[float], swing: float = 1.0,
            own: float = 0.0) -> Tensor:
    """(N, J, 3, T) of bodies (N, J, 3, T of its own) by their shares, which sum to 1. With `own` the last is somebody who
    enters besides, by so much."""
    directions = [net.directions(bones_of(one, net.tree)) for one in bodies]
    weights = [*((1 - own) * share for share in shares), *([own] if own else [])]
    moments = in_step(directions, weights)
    shown = [sampled(one, when) for one, when in zip(directions, moments, strict=True)]
    ends = [sampled(one[:, [*net.tree.feet, net.tree.root]], when) for one, when in zip(bodies, moments, strict=True)]
    frames, fps = len(moments[0]), float(net.fps)
    bands = bands_of(frequencies(frames, frames, fps)).to(shown[0])
    usual = [swings(waves_of(one, frames), bands, frames) for one in shown[: len(shares)]]
    wanted = of_all([(each + FAINT).log() for each in usual], shares).exp()
    mean = as_lively(mean_direction(shown[: len(shares)], shares), wanted, bands, swing)
    if own:
        mine = shown[-1]
        posture = mean.mean(-1)
        mine = as_lively(rotated(mine, mine.mean(-1), posture), wanted, bands, swing)
        mean = mean_direction([mean, mine], [1 - own, own])
    before = of_all(ends, weights)
    there = before.new_ones(len(before), frames)
    limbs, way = net.standing(mean * net.lengths[:, None, None], before, before.new_ones(len(before)), there)
    shift = before[:, 2].mean(-1) - way.mean(-1)
    shift[:, 1] = floor_of(before[:, :2], there)[:, 0]
    return limbs + (way + shift[..., None])[:, None]


def mean_direction(directions: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """(N, J, 3, T) the rotation nearest to all of them: the mean on the sphere, so that bones stay as long as they are.
    Where they are opposed the first counts."""
    mean = of_all(directions, shares)
    return torch.where(size(mean) > OPPOSED, unit(mean), directions[0])


def of_all(parts: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The sum of parts by their shares."""
    return torch.stack([share * part for part, share in zip(parts, shares, strict=True)]).sum(0)


def as_lively(directions: Tensor, wanted: Tensor, bands: Tensor, share: float) -> Tensor:
    """Directions (N, J, 3, T) that swing as far in each band as is wanted (N, J, bands)."""
    frames = directions.shape[-1]
    waves = waves_of(directions, frames)
    gain = towards(swings(waves, bands, frames), wanted, share)
    return unit(tracks_of(waves * torch.matmul(gain.log(), bands).exp()[:, :, None], frames))


def released_as(own: Motion, positions: np.ndarray, present: np.ndarray) -> Motion:
    """A recording with a motion that is nobody's: which joints were seen, and for how long, is gone, too."""
    tracked = np.full(positions.shape[:3], SEEN, np.uint8)
    return own._replace(positions=positions, present=present, tracked=tracked, clock=None, fields={})


def refuse_unknown(dataset: MotionDataset, name: str, labels: Sequence[str]) -> None:
    """A UserError where it is not known who does what."""
    faults = []
    for label in labels:
        if label not in dataset.labels:
            faults.append(f"the label {label!r} is missing")
        elif unknown := int((dataset.labels[label] == UNKNOWN).sum()):
            faults.append(f"the {label} of {unknown} recordings is not known")
    if faults:
        raise UserError(f"{name} cannot tell who does what: {'; '.join(faults)}",
                        f"it needs the labels {' and '.join(labels)}: --people TABLE.csv or --pattern gives them")


