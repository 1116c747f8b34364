"""Apply: an anonymizer over a whole dataset, block by block, so that its bytes depend on nothing but what went in.

What it makes is a source like any other: `intake` turns it into a store or files, in jobs, shards, and where it was
interrupted.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from maskeleton.dataset import MotionDataset
from maskeleton.errors import pick
from maskeleton.mask import RAW, Mask
from maskeleton.motion import Motion
from maskeleton.normalize import Undo, normalize, restore
from maskeleton.skeleton import Skeleton

BLOCK = 64  # recordings: always the same ones together, whoever does the work
PATHS = {
    "population": "everybody stands where people usually stand, turned as they usually are",
    "own": "everybody keeps the path and the heading they were recorded with",
}


@dataclass(frozen=True)
class Anonymized:
    """The recordings of a dataset as an anonymizer releases them, made as they are read."""

    mask: Mask
    dataset: MotionDataset
    key: bytes  # secret: who knows it can undo what was random
    path: str = "population"
    format = "anonymized"

    @property
    def skeleton(self) -> Skeleton:
        """As it was."""
        return self.dataset.skeleton

    @property
    def fps(self) -> float:
        """As it was."""
        return self.dataset.fps

    @property
    def parts(self) -> list[int]:
        """The first recording of every block."""
        return list(range(0, len(self.dataset), BLOCK))

    @cached_property
    def told(self) -> str:
        """All that decides the bytes; of the key only what does not give it away."""
        told = [self.mask.hash, self.mask.name, self.mask.chain, self.mask.place, sorted(self.mask.net.options.items()),
                self.mask.net.strength, self.dataset.content_id, pick(self.path, PATHS, "path"), self.path]
        return hmac.new(self.key, repr(told).encode(), hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return self.told

    def read(self, part: int) -> Iterator[Motion]:
        """The block that begins there."""
        rows = range(part, min(part + BLOCK, len(self.dataset)))
        motions = [self.dataset[row]._replace(labels=self.dataset.told(row), fields={}) for row in rows]
        yield from anonymized(self.mask, motions, self.skeleton, self.key, self.path)


def anonymized(mask: Mask, motions: Sequence[Motion], skeleton: Skeleton, key: bytes,
               path: str = "population") -> Iterator[Motion]:
    """These recordings as they are released; each as it would be alone."""
    if mask.net.strength == 0:
        yield from motions
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums of several threads differ in the last bit
    try:
        normal = [normalize(mask.chain, motion, skeleton) for motion in motions]
        for places in _of_one_shape([motion for motion, _ in normal]):
            together = [normal[place][0] for place in places]
            moved, present = _through(mask, together, [seed_of(key, motion.id) for motion in together])
            for row, place in enumerate(places):
                motion, undo = normal[place]
                there = present[row]
                made = motion._replace(positions=np.where(there[..., None, None], moved[row], np.float32(0)),
                                       present=there, clock=motion.clock)
                yield restore(made, undo if path == "own" or mask.chain == RAW else _at_usual_place(mask, undo))
    finally:
        torch.set_num_threads(threads)


@torch.inference_mode()
def _through(mask: Mask, motions: Sequence[Motion], seeds: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    device = next((tensor.device for tensor in mask.net.state_dict().values()), torch.device("cpu"))
    positions = torch.from_numpy(np.stack([motion.positions for motion in motions])).to(device)
    present = torch.from_numpy(np.stack([motion.present for motion in motions])).to(device)
    moved, there = mask.net.eval()(positions, present, torch.tensor(seeds, dtype=torch.int64, device=device))
    return moved.float().cpu().numpy(), there.cpu().numpy()


def _of_one_shape(motions: Sequence[Motion]) -> Iterator[list[int]]:
    """Places of recordings with as many frames and bodies: nothing is padded, so nobody changes a neighbour."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, motion in enumerate(motions):
        groups.setdefault(motion.positions.shape, []).append(place)
    yield from groups.values()


def _at_usual_place(mask: Mask, undo: Undo) -> Undo:
    """What puts everybody where people usually stand, whatever path they took."""
    if undo.centre is None:
        return undo
    centre = np.broadcast_to(np.array(mask.place.centre, np.float32), undo.centre.shape)
    return undo._replace(centre=np.ascontiguousarray(centre), rotation=np.array(mask.place.rotation))


def seed_of(key: bytes, id: str) -> int:
    """The seed of everything random about a recording: nobody without the key can tell it from the id."""
    return int.from_bytes(hmac.new(key, id.encode(), hashlib.sha256).digest()[:8], "little") >> 1
