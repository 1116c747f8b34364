"""temporal: typical, and on top of it what is learned: a network turns bones in time, among ways to move drawn by lot.

What `typical` makes of a recording is read at MOMENTS moments. Of how people differ in doing the same (`variety`) a fresh
draw is added, `before` times as far as they differ; a network, told other lots, turns every bone; another draw is added,
`after` times as far, each direction as loudly as was learned. On the whole the network leaves each bone where it pointed,
and nothing but directions is touched: the own lengths and posture cannot come back.

`causal` 1: no frame depends on a later one (see streaming); `typical` and what of `neutral` needs the whole recording are off.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskeleton.anonymizers.base import at_least, whole
from maskeleton.anonymizers.crew import Crew
from maskeleton.anonymizers.ground import TURNING, path
from maskeleton.anonymizers.limbs import bones_of, joints_of, rotated, size, turned, unit
from maskeleton.anonymizers.lively import trembling
from maskeleton.anonymizers.rest import faded
from maskeleton.anonymizers.spectrum import SLOW
from maskeleton.anonymizers.streaming import facing_so_far, one_after_another, smoothed, so_far, stretches, turned_each
from maskeleton.anonymizers.turner import Turner, spun
from maskeleton.anonymizers.typical import Typical
from maskeleton.anonymizers.usual import MOMENTS
from maskeleton.anonymizers.waves import tracks_of, waves_of
from maskeleton.errors import UserError
from maskeleton.skeleton import Skeleton

POLES = 2  # of the running low-pass
LOUDEST = 1.0  # how far a learned loudness goes, as a logarithm


class Temporal(Typical):
    """A network in the space of bone rotations, on fresh lots for each recording, on top of `typical`."""

    def __init__(
        self, skeleton: Skeleton, *, width: int = 64, depth: int = 4, lots: int = 16, before: float = 1.0, after: float = 0.7,
        causal: int = 0, typical: float = 1.0, **options: Any,
    ) -> None:
        if causal not in (0, 1):
            raise UserError(f"option 'causal' cannot be {causal}", "it is 0, or 1: no frame depends on a later one")
        super().__init__(skeleton, typical=0.0 if causal else typical, after=after, **options)
        self.options |= {"width": whole("width", width, 1), "depth": whole("depth", depth, 1),
                         "lots": whole("lots", lots, 1), "before": at_least("before", before, 0), "causal": int(causal)}
        self.retimes = not causal
        self.turner = Turner(len(skeleton.joints), width=self.options["width"], depth=self.options["depth"],
                             lots=self.options["lots"], causal=bool(causal))
        self.loudness = nn.Parameter(torch.zeros(self.options["ways"]))

    # ── one batch ────────────────────────────────────────────────────────────────────────────────────────────────────

    def changed_as(self, positions: Tensor, present: Tensor, seeds: Tensor, shows: Tensor | None) -> Tensor:
        return self._streamed(positions, present, seeds) if self.options["causal"] else super().changed_as(
            positions, present, seeds, shows)

    def _shifted(self, slow: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        far, lots = min(self.strength, 1.0), crew.drawn(seeds, "lots", self.options["lots"])
        room = (0, slow.shape[-1] - self.options["waves"])
        slow = slow + far * self.options["before"] * F.pad(self._drawn("before", crew, seeds)[:, :-1], room)
        moments = unit(tracks_of(slow * math.sqrt(MOMENTS), MOMENTS))
        moved = waves_of(spun(moments, far * self.turner(moments, lots)), MOMENTS) / math.sqrt(MOMENTS)
        held = rotated(moved, moved[..., 0], slow[..., 0])
        drawn: Tensor = held + far * self.options["after"] * F.pad(self._drawn("after", crew, seeds, self.loud)[:, :-1], room)
        return drawn

    def _streamed(self, positions: Tensor, present: Tensor, seeds: Tensor) -> Tensor:
        """The same without looking ahead: `tempo`, `amplitude`, `spectrum`, `mixing`, `handedness`, `pin` and the rest at
        the end are off; means are those so far, the low-pass and the sensor's drift are running ones."""
        self.refuse_unprepared()
        crew, fps, far = Crew.of(positions, present), float(self.fps), min(self.strength, 1.0)
        if not len(crew.bodies):
            return positions
        bones = bones_of(crew.bodies, self.tree)
        cosine, sine = facing_so_far(crew.bodies, self.tree, TURNING, fps)
        directions = turned(self.directions(bones), cosine[:, None], sine[:, None])
        directions = self._moved_on(directions, crew, seeds)
        c, s = (torch.lerp(torch.full_like(part[:, :1], still), part[:, :1], far)[crew.leaders]
                for part, still in ((cosine, 1.0), (sine, 0.0)))
        long = torch.hypot(c, s).clamp(min=1e-6)
        c, s = c / long, s / long
        lengths = torch.lerp(so_far(size(bones), torch.zeros_like(bones[..., :1, 0]), 0.0),
                             self.lengths[:, None, None].expand_as(bones[..., :1, :]), far)
        before = turned(crew.bodies[:, [*self.tree.feet, self.tree.root]], c[:, None], s[:, None])
        back = cosine * c + sine * s, cosine * s - sine * c
        limbs = joints_of(turned(directions, back[0][:, None], -back[1][:, None]) * lengths, self.tree)
        floor = before[:, :2, 1].amin(1).cummin(-1).values
        way = path(before[:, :2], limbs[:, list(self.tree.feet)], before[:, 2], floor, self._longer_so_far(bones, far), fps)
        where = torch.cat([before[:, 2, :1, 0], floor[:, :1], before[:, 2, 2:, 0]], 1)
        where = where + far * (self.place - where[crew.leaders])
        return crew.back(limbs + (way + where[..., None])[:, None], positions)

    def _moved_on(self, directions: Tensor, crew: Crew, seeds: Tensor) -> Tensor:
        """Directions (N, J, 3, T) as they are to be, frame after frame."""
        frames, fps, far = directions.shape[-1], float(self.fps), min(self.strength, 1.0)
        slow = directions
        for _ in range(POLES):
            slow = torch.lerp(slow, smoothed(slow, self.options["rate"], fps), self.share("lowpass"))
        if self.options["posture"]:
            slow = turned_each(slow, so_far(slow, self.posture, fps), self.posture, self.share("posture"))
        if share := self.share("coordination"):
            axes, away = self.components[: self.options["components"]], (slow - self.posture[..., None]).flatten(1, 2)
            inside = torch.matmul(axes.T, torch.matmul(axes, away)).view_as(slow)
            slow = torch.lerp(slow, self.posture[..., None] + inside, share)
        slow = unit(slow + far * self.options["before"] * self._drawn_on("before", crew, seeds, slow, 1.0))
        slow = spun(slow, far * self.turner(slow, crew.drawn(seeds, "lots", self.options["lots"])))
        slow = slow + far * self.options["after"] * self._drawn_on("after", crew, seeds, slow, self.loud)
        if share := self.share("noise"):
            lots = crew.drawn(seeds, "drift", frames, *slow.shape[1:3]).permute(0, 2, 3, 1)
            wander = smoothed(lots, SLOW, fps) * math.sqrt(fps / (math.pi * SLOW))  # as far as lots are, again
            slow = slow + wander * (share * math.radians(self.options["drift"]) / math.sqrt(3))
            lots = crew.drawn(seeds, "noise", frames, *slow.shape[1:3]).permute(0, 2, 3, 1)
            slow = slow + trembling(share * self.tremor * lots, self.lengths, self.tree.parents.to(lots.device))
        if not self.options["rest"]:
            return unit(slow)
        here = torch.arange(frames, device=slow.device) / max(self.options["fade"] * fps, 1e-6)
        return faded(unit(slow), self.pose, self.share("rest") * (0.5 + 0.5 * torch.cos(math.pi * here.clamp(max=1))))

    def _drawn_on(self, word: str, crew: Crew, seeds: Tensor, like: Tensor, loud: Tensor | float) -> Tensor:
        """Fresh draws of how people differ, one after another, in the shape of these directions."""
        half, count = stretches(like.shape[-1], float(self.fps))
        lots = crew.drawn(seeds, word, count, self.options["ways"]) * loud
        waves = torch.matmul(lots, self.varied[0]).unflatten(-1, (-1, 3, self.options["waves"]))[:, :, :-1].flatten(2, 3)
        return one_after_another(waves[..., : 2 * half], like.shape[-1], half).view_as(like)

    def _longer_so_far(self, bones: Tensor, far: float) -> Tensor:
        """(N, T) how much longer the legs get than they were so far."""
        legs = self.tree.leads[list(self.tree.feet)].to(bones).sum(0)
        own = so_far(torch.einsum("njt,j->nt", size(bones)[:, :, 0], legs), bones.new_zeros(len(bones)), 0.0)
        return torch.lerp(own, (self.lengths @ legs).expand_as(own), far) / own.clamp(min=1e-3)

    @property
    def loud(self) -> Tensor:
        """(ways,) what each way is multiplied with."""
        return (LOUDEST * self.loudness.tanh()).exp()
