"""Apply: an anonymizer over a whole dataset, block by block, so that its bytes depend on nothing but what went in.

What it makes is a source like any other: `intake` turns it into a store or files, in jobs, shards, and where it was
interrupted.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from maskeleton.anonymizers.tempo import rows_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import pick
from maskeleton.labels import UNKNOWN
from maskeleton.mask import RAW, Mask
from maskeleton.motion import SEEN, Motion
from maskeleton.normalize import Undo, displaced, normalize, restore
from maskeleton.skeleton import Skeleton

BLOCK = 64  # recordings: always the same ones together, whoever does the work
MOST_FRAMES = 20_000  # of all bodies that go through a network at once
PATHS = {
    "population": "everybody stands where people usually stand, turned as they usually are",
    "own": "everybody keeps the path and the heading they were recorded with",
}
STAYED = {  # what the population's path cannot take away: it was in the coordinates that the network changed
    "paper": "how bodies move and stand about the middle of the first body; its own path and heading are gone",
    "sequence": "every step from where the first body begins; where that was and how it was turned is gone",
    "origin": "every step from where the first body begins, and its heading; where that was is gone",
}


@dataclass(frozen=True)
class Anonymized:
    """The recordings of a dataset as an anonymizer releases them, made as they are read."""

    mask: Mask
    dataset: MotionDataset
    key: bytes  # secret: who knows it can undo what was random
    path: str = "population"
    first: int = 0  # the number of the dataset's first recording, where it is a part of one
    format = "anonymized"
    ordered = True  # recordings stay in the order of the original

    @property
    def skeleton(self) -> Skeleton:
        """As it was."""
        return self.dataset.skeleton

    @property
    def fps(self) -> float:
        """As it was."""
        return self.dataset.fps

    @property
    def parts(self) -> range:
        """The first recording of every block."""
        return range(0, len(self.dataset), BLOCK)

    @cached_property
    def told(self) -> str:
        """All that decides the bytes; of the key only what does not give it away."""
        done = f"{self._done} {self.dataset.content_id} {device_of(self.mask).type}"
        return hmac.new(self.key, done.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _done(self) -> str:
        """What is done to a recording."""
        net = self.mask.net
        return repr([self.mask.hash, self.mask.name, self.mask.chain, self.mask.place, sorted(net.options.items()),
                     net.strength, self.path, pick(self.path, PATHS, "path")])

    @cached_property
    def own_key(self) -> bytes:
        """Another for everything else that is done: who has two releases under one key must not be able to compute
        what was random in both."""
        return hmac.new(self.key, f"rows {self._done}".encode(), hashlib.sha256).digest()

    def __repr__(self) -> str:
        return self.told

    @property
    def sources(self) -> Iterator[tuple[str, ...]]:
        """For each recording the ids of those whose motion enters its release."""
        for part in self.parts:
            ids = self.dataset.ids[part : part + BLOCK]
            yield from self.mask.net.sources(ids, [seed_of(self.own_key, id) for id in ids])

    def sent(self, parts: Sequence[int]) -> "Anonymized":
        """What another process needs to read these parts: of a dataset of millions, a few rows."""
        first, last = parts[0], min(parts[-1] + BLOCK, self.first + len(self.dataset))
        rows = range(first - self.first, last - self.first)
        return replace(self, dataset=self.dataset.select(rows).by_itself(), first=first)

    def read(self, part: int) -> Iterator[Motion]:
        """The block that begins there."""
        some = self.sent([part]).dataset
        motions = [some[row]._replace(labels=some.told(row), fields={}) for row in range(len(some))]
        yield from anonymized(self.mask, motions, self.skeleton, self.own_key, self.path)


def said_of_path(mask: Mask, path: str) -> dict[str, str]:
    """What history says of where people stand, and of what stayed as it was recorded."""
    if mask.net.strength == 0:
        return {"path": "nothing was changed"}
    if mask.chain == RAW:
        return {"path": "nothing was normalized: path and heading are what the anonymizer left of them"}
    return {"path": PATHS[path]} | ({"stayed": STAYED[mask.chain]} if path == "population" else {})


def anonymized(mask: Mask, motions: Sequence[Motion], skeleton: Skeleton, key: bytes,
               path: str = "population") -> Iterator[Motion]:
    """These recordings as they are released, in their order; each as it would be alone."""
    if mask.net.strength == 0:
        yield from motions
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums of several threads differ in the last bit
    try:
        given, undoing, slips = zip(*(given_to(mask.chain, motion, skeleton) for motion in motions), strict=True)
        made: dict[int, Motion] = {}
        for places in of_one_shape(given):
            together = [given[place] for place in places]
            moved, present = _through(mask, together, [seed_of(key, motion.id) for motion in together])
            for place, motion, positions, there in zip(places, together, moved, present, strict=True):
                changed, undo = replaced(motion, positions, there, mask.net.evenly_seen), undoing[place]
                if path == "own" or undo.centre is None:
                    changed = shifted(changed, slips[place])
                else:
                    changed = at_usual_place(mask, changed)
                    undo = undo._replace(centre=None, rotation=None)
                made[place] = restore(changed, undo)
    finally:
        torch.set_num_threads(threads)
    yield from (made[place] for place in range(len(motions)))


def replaced(motion: Motion, positions: np.ndarray, present: np.ndarray, evenly_seen: bool = False) -> Motion:
    """A recording with other positions; where these are more or fewer frames, each is as well seen as the nearest one."""
    before, after = len(motion.present), len(present)
    if present.any() and not np.array_equal(present, motion.present):  # others may have come to take longer
        after = int(np.flatnonzero(present.any(1))[-1]) + 1
        positions, present = positions[:after], present[:after]
    tracked = motion.tracked if after == before else motion.tracked[rows_of(before, after)]
    if evenly_seen:
        tracked = np.full_like(tracked, SEEN)
    return motion._replace(positions=positions, present=present, tracked=tracked)


def given_to(chain: str, motion: Motion, skeleton: Skeleton) -> tuple[Motion, Undo, np.ndarray | None]:
    """A recording as a network is given it: normalized, and nowhere the leading body's path; what undoes both."""
    normal, undo = normalize(chain, motion, skeleton)
    slip = _slip(undo, normal.present[:, 0])
    return shifted(normal, None if slip is None else -slip), undo, slip


@torch.inference_mode()
def _through(mask: Mask, motions: Sequence[Motion], seeds: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    device, net = device_of(mask), mask.net.eval()
    positions = torch.from_numpy(np.stack([motion.positions for motion in motions])).to(device)
    present = torch.from_numpy(np.stack([motion.present for motion in motions])).to(device)
    numbers = torch.tensor(seeds, dtype=torch.int64, device=device)
    if not net.told:
        moved, there = net(positions, present, numbers)
    else:
        moved, there = net(positions, present, numbers, torch.tensor(shown_by(mask, motions), device=device))
    return moved.float().cpu().numpy(), there.cpu().numpy()


def shown_by(mask: Mask, motions: Sequence[Motion]) -> list[int]:
    """What an anonymizer is told of each recording: the place of its label's name among those it knows, −1 where it has none
    of these."""
    place = {value: number for number, value in enumerate(mask.net.values)}
    return [place.get(str(motion.labels.get(mask.net.told, "")), UNKNOWN) for motion in motions]


def of_one_shape(motions: Sequence[Motion]) -> Iterator[list[int]]:
    """Places of recordings with as many frames and bodies, few enough for the memory: nothing is padded, so nobody
    changes a neighbour."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, motion in enumerate(motions):
        groups.setdefault(motion.present.shape, []).append(place)
    for (frames, bodies), places in groups.items():
        size = max(1, MOST_FRAMES // (frames * bodies))
        yield from (places[first : first + size] for first in range(0, len(places), size))


def at_usual_place(mask: Mask, motion: Motion) -> Motion:
    """Everybody where people usually stand, turned as they usually are, whatever path they took."""
    rotation = np.array(mask.place.rotation, np.float32)
    positions = displaced((motion.positions.reshape(-1, 3) @ rotation).reshape(motion.positions.shape),
                          np.array(mask.place.centre))
    if not motion.present.all():
        positions[~motion.present] = 0
    return motion._replace(positions=positions)


def shifted(motion: Motion, by: np.ndarray | None) -> Motion:
    if by is None:
        return motion
    there = motion.present[..., None, None]
    return motion._replace(positions=np.where(there, motion.positions + by[:, :, None], np.float32(0)))


def _slip(undo: Undo, leading: np.ndarray) -> np.ndarray | None:
    """(T, K, 3) how much of the leading body's path is still in what the chain made of each body; None for nothing.

    A body whose frames were moved to the front had the leader's place of another moment taken away; where the leader
    is not there nothing was, and the others are to stay about where it was last.
    """
    if undo.centre is None or undo.rotation is None:
        return None
    if undo.frames is None and leading.all():
        return None
    known = leading | undo.centre.any(1)
    if undo.frames is None and known.all():
        return None
    rows = np.arange(len(known))
    frames = np.repeat(rows[:, None], len(undo.slots), 1) if undo.frames is None else undo.frames
    known &= frames[:, 0] >= 0
    at = np.zeros(len(known), np.int64)  # the row in which the leader is as it was in each of the source's frames
    at[frames[known, 0]] = rows[known]
    there = np.zeros(len(known), bool)
    there[frames[known, 0]] = True
    last = np.maximum.accumulate(np.where(there, rows, there.argmax()))
    slip = undo.centre[at[last]][np.maximum(frames, 0)] - undo.centre[:, None]
    return np.asarray(slip @ undo.rotation.T, np.float32)


def device_of(mask: Mask) -> torch.device:
    """Where an anonymizer is."""
    return next((tensor.device for tensor in mask.net.state_dict().values()), torch.device("cpu"))


def seed_of(key: bytes, id: str) -> int:
    """The seed of everything random about a recording: nobody without the key can tell it from the id."""
    return int.from_bytes(hmac.digest(key, id.encode(), "sha256")[:8], "little") >> 1
