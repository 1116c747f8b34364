"""The terms beyond the paper's: each a number that the anonymizer is to make small, from a batch and its release.

`straight`: a closed-form linear seeker of each hidden label knows something, as traits are and within the kept label ·
`guard`: a closed-form keeper of each kept label, taught on other people, errs · `linkage`: releases of one person are more
alike than those of two · `peers`: a release is unlike what others do who do the same · `smooth`: joints shake more than
they did.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from maskeleton.algorithms.losses import UNKNOWN, entropy, recognized
from maskeleton.algorithms.straight import halves, linked, straight, within
from maskeleton.batch import Batch

ACROSS = 1e-4  # metres from hip to hip: less faces nowhere


class Looks(NamedTuple):
    """What the terms look at: traits of bodies, the skeleton's parents and hips, and the names of labels in a batch."""

    traits: Callable[[Tensor], Sequence[Tensor]]  # (R, T, J, 3) -> channels (R, size)
    parents: Sequence[int]
    hips: tuple[int, int]
    keep: Sequence[str]
    hide: Sequence[str]
    classes: Mapping[str, int]  # how many values a label has

    def of(self, batch: Batch) -> Tensor:
        """(B, F) of the first body of each recording."""
        return torch.cat([channel.flatten(1) for channel in self.traits(batch.positions[:, :, 0])], 1)


def of_straight(looks: Looks, released: Batch, batch: Batch) -> Tensor:
    """How much less than everything is open to linear seekers, in shares of it: summed over hidden labels, both lenses."""
    traits, kinds, found = looks.of(released), batch.labels[looks.keep[0]], []
    for label, rows, truth in known(batch, looks.hide):
        learn = halves(kinds[rows])
        for seen in (traits, within(traits, kinds)):
            if both(truth, learn):
                said = straight(seen[rows], truth, looks.classes[label], learn)
                most = math.log(looks.classes[label])
                found.append((most - entropy(said, truth[~learn])) / most)
    return torch.stack(found).sum() if found else traits.new_zeros(())


def of_guard(looks: Looks, released: Batch, batch: Batch) -> Tensor:
    """Cross-entropy of linear keepers that learned from one half of the people, about the other."""
    traits, people, found = looks.of(released), batch.labels[looks.hide[0]], []
    for label, rows, truth in known(batch, looks.keep):
        learn = halves(people[rows])
        for half in (learn, ~learn):
            if both(truth, half):
                said = straight(traits[rows], truth, looks.classes[label], half)
                found.append(recognized(said, truth[~half]))
    return torch.stack(found).mean() if found else traits.new_zeros(())


def of_linkage(looks: Looks, released: Batch, batch: Batch) -> Tensor:
    """By how much releases of one person are more alike than those of two, within the kept label."""
    seen = within(looks.of(released), batch.labels[looks.keep[0]])
    return torch.stack([linked(seen, batch.labels[label]) for label in looks.hide]).sum()


def of_peers(looks: Looks, released: Batch, batch: Batch) -> Tensor:
    """Mean square between bones of a release and the mean of what others show in the batch who do the same."""
    kinds, people = batch.labels[looks.keep[0]], batch.labels[looks.hide[0]]
    peer = ((kinds[:, None] == kinds) & (people[:, None] != people)).to(released.positions)
    some = peer.any(1)
    if not bool(some.any()):
        return released.positions.new_zeros(())
    wanted = torch.einsum("ij,j...->i...", peer[some] / peer[some].sum(1, keepdim=True), bones(looks, batch))
    return (bones(looks, released)[some] - wanted).square().sum(-1).mean()


def of_smooth(looks: Looks, released: Batch, batch: Batch) -> Tensor:
    """By how much second differences of joints are larger than they were, as a share of what they were."""
    if released.positions.shape[1] < 3:
        return released.positions.new_zeros(())
    now, before = (some.positions[:, :, 0].diff(n=2, dim=1).square().mean() for some in (released, batch))
    return (now / before.clamp(min=1e-9) - 1).clamp(min=0)


def bones(looks: Looks, batch: Batch) -> Tensor:
    """(B, T, bones, 3) directions in the first body, which on the whole faces one way."""
    body = batch.positions[:, :, 0]
    across = (body[:, :, looks.hips[0]] - body[:, :, looks.hips[1]]).mean(1)
    long = torch.hypot(across[:, 0], across[:, 2]).clamp(min=ACROSS)
    cos, sin = (across[:, 0] / long)[:, None, None], (across[:, 2] / long)[:, None, None]
    body = torch.stack([cos * body[..., 0] + sin * body[..., 2], body[..., 1], cos * body[..., 2] - sin * body[..., 0]], -1)
    children = [joint for joint, parent in enumerate(looks.parents) if parent >= 0]
    vectors = body[:, :, children] - body[:, :, [looks.parents[joint] for joint in children]]
    return nn.functional.normalize(vectors, dim=-1, eps=1e-4)


def known(batch: Batch, labels: Sequence[str]) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Of each label the rows in which it is known, and what it is there."""
    for label in labels:
        rows = batch.labels[label] != UNKNOWN
        yield label, rows, batch.labels[label][rows]


def both(truth: Tensor, learn: Tensor) -> bool:
    """Is there something to learn from, two classes at least, and somebody to ask about?"""
    return len(truth[learn].unique()) > 1 and bool((~learn).any())


Term = Callable[[Looks, Batch, Batch], Tensor]
TERMS: dict[str, Term] = {"straight": of_straight, "guard": of_guard, "linkage": of_linkage, "peers": of_peers,
                          "smooth": of_smooth}
