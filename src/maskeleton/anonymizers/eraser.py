"""eraser: what a straight line through bone statistics tells of people is taken out: a linear eraser, fitted in closed form.

It is fitted on training people with their labels and needs none afterwards. A baseline: no linear judge of these numbers
can tell the training people apart any more; what else tells people, or is told otherwise, it has never seen.
"""

import numpy as np
import torch
from torch import Tensor

from maskeleton.anonymizers.base import at_least
from maskeleton.anonymizers.canonical import Canonical
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import facing, floor_of
from maskeleton.anonymizers.limbs import bones_of, rotated, turned, unit
from maskeleton.anonymizers.spectrum import BANDS, FAINT, MOST_GAIN, bands_of, swings
from maskeleton.anonymizers.waves import frequencies, tracks_of, waves_of
from maskeleton.skeleton import Skeleton

FLAT = 1e-6  # of the largest spread: less is rounding


class Eraser(Canonical):
    """The numbers of a recording: where each bone points on the whole, and how far it swings in each band. They are moved
    as little as can be, measured by their spread, so that their covariance with who it is becomes nothing; then bones are
    turned and swings made larger or smaller until the recording has the numbers it is to have. Lengths become common.

    There is no `invert`: what was taken out is one number for each direction that was erased, and none of it is left.
    """

    middle: Tensor  # (D,) what these numbers are on the whole
    erasing: Tensor  # (D, D) what of them is taken away

    def __init__(self, skeleton: Skeleton, *, ridge: float = 0.01) -> None:
        super().__init__(skeleton, ridge=at_least("ridge", ridge, 0))
        joints, size = len(skeleton.joints), len(skeleton.joints) * (3 + len(BANDS))
        self.shape = (joints, 3 + len(BANDS))
        self.remember(middle=(size,), erasing=(size, size))

    def statistics(self, body: Tensor) -> dict[str, Tensor]:
        crew = Crew.of(body[None, :, None], torch.ones(1, len(body), 1, dtype=torch.bool))
        directions, _, _ = self._inside(crew, bones_of(crew.bodies, self.tree))
        return {**super().statistics(body), "middle": self._numbers(directions, crew)[0]}

    def settle_on(self, found: dict[str, np.ndarray], people: np.ndarray) -> None:
        numbers = found["middle"].astype(np.float64)
        self.middle.copy_(torch.from_numpy(numbers.mean(0)))
        self.erasing.copy_(torch.from_numpy(erasing(numbers, people, float(self.options["ridge"]))))
        super().settle_on({"posture": found["posture"]}, people)

    def changed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        self.refuse_unprepared()
        crew = Crew.of(positions, present)
        if not len(crew.bodies):
            return positions
        bones = bones_of(crew.bodies, self.tree)
        lengths, scale = self.longer(bones, crew, seeds)
        directions, cosine, sine = self._inside(crew, bones)
        directions = turned(self._erased(directions, crew), cosine[:, None], -sine[:, None])
        before = crew.bodies[:, [*self.tree.feet, self.tree.root]]
        limbs, way = self.standing(directions * lengths, before, scale, crew.weight)
        shift = crew.mean(before[:, 2]) - crew.mean(way)
        shift[:, 1] = floor_of(before[:, :2], crew.weight)[:, 0]
        return crew.back(limbs + (way + shift[..., None])[:, None], positions)

    def _inside(self, crew: Crew, bones: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Directions (N, J, 3, T) as seen by the body itself, and how it is turned, (N, T) twice."""
        cosine, sine = facing(crew.bodies, self.tree, float(self.fps))
        return turned(self.directions(bones), cosine[:, None], sine[:, None]), cosine, sine

    def _numbers(self, directions: Tensor, crew: Crew) -> Tensor:
        """(N, D): the mean direction of each bone, and how far it swings in each band, as logarithms."""
        frames = directions.shape[-1]
        mean = crew.mean(directions.flatten(1, 2)).view(directions.shape[:3])
        far = swings(waves_of(directions, frames), self._bands(directions), frames)
        return torch.cat([mean, (far + FAINT).log()], 2).flatten(1)

    def _erased(self, directions: Tensor, crew: Crew) -> Tensor:
        own = self._numbers(directions, crew)
        wanted = own - min(self.strength, 1.0) * torch.matmul(own - self.middle, self.erasing.T)
        one, other = (numbers.view(-1, *self.shape) for numbers in (own, wanted))
        found = rotated(directions, one[..., :3], other[..., :3])
        gain = (other - one)[..., 3:].exp().clamp(1 / MOST_GAIN, MOST_GAIN)
        frames = directions.shape[-1]
        waves = waves_of(found, frames) * torch.matmul(gain.log(), self._bands(directions)).exp()[:, :, None]
        return unit(tracks_of(waves, frames))

    def _bands(self, directions: Tensor) -> Tensor:
        frames = directions.shape[-1]
        return bands_of(frequencies(frames, frames, float(self.fps))).to(directions)


def erasing(numbers: np.ndarray, people: np.ndarray, ridge: float = 0.01) -> np.ndarray:
    """(D, D) what to take away from rows (n, D), less their mean, so that nothing linear in them tells people: with
    whitened numbers the span of all means of people, and nothing else (least squares concept erasure).

    `ridge` is a share of the mean spread that is added to every direction, so that few recordings do not decide.
    """
    size = numbers.std(0)
    scaled = (numbers - numbers.mean(0)) / np.where(size > FLAT, size, 1)
    spread = scaled.T @ scaled / len(scaled)
    spread += ridge * np.trace(spread) / len(spread) * np.eye(len(spread))
    values, axes = np.linalg.eigh(spread)
    some = values > FLAT * values.max()
    white = (axes[:, some] / np.sqrt(values[some])) @ axes[:, some].T
    back = (axes[:, some] * np.sqrt(values[some])) @ axes[:, some].T
    means = np.stack([scaled[people == person].sum(0) / len(scaled) for person in np.unique(people)], 1)
    left, sizes, _ = np.linalg.svd(white @ means, full_matrices=False)
    telling = left[:, sizes > FLAT * sizes.max()]
    away = back @ telling @ telling.T @ white
    return np.asarray(np.where(size > FLAT, size, 1)[:, None] * away / np.where(size > FLAT, size, 1))
