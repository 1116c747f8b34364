"""straight: a linear seeker in closed form, learned anew in every step from one half of a batch and asked about the other.

It has no weights of its own, so nothing is to be reset, and a gradient passes through what it learns: the anonymizer sees
not how an old seeker fails but how a new one would.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.anonymizers.reader import Reader

SURE = 10.0  # how sure of itself it is: answers lie between 0 and 1 before


def straight(traits: Tensor, truth: Tensor, classes: int, learn: Tensor) -> Tensor:
    """(asked, classes) logits for the rows that are not in `learn` (B,), from those that are."""
    return SURE * Reader.taught(traits[learn], truth[learn], classes).says(traits[~learn])


def within(traits: Tensor, kinds: Tensor) -> Tensor:
    """Traits less their mean among rows of one kind, in units of their spread there; of few rows the usual spread counts."""
    member = F.one_hot(kinds - kinds.min()).to(traits)
    member = member[:, member.any(0)]
    count = member.sum(0)[:, None]
    less = traits - member @ ((member.T @ traits) / count)
    squares = member.T @ less.square()
    usual = squares.sum(0) / max(len(traits) - len(count), 1)
    return less / (member @ ((squares + usual) / count) + 1e-8).sqrt()


def halves(groups: Tensor) -> Tensor:
    """(B,) which rows are learned from: those of half of the groups, drawn; where groups are few, half of the rows."""
    there = groups.unique()
    if len(there) < 4:
        return torch.rand(len(groups)).to(groups.device) < 0.5
    chosen = there[torch.randperm(len(there)).to(there.device)[: len(there) // 2]]
    return torch.isin(groups, chosen)


def linked(traits: Tensor, truth: Tensor) -> Tensor:
    """By how much two rows of one class are more alike than two of different ones, as cosines: 0 where they are not."""
    even = F.normalize((traits - traits.mean(0)) / (traits.std(0) + 1e-4), dim=1)
    alike = even @ even.T
    other = ~torch.eye(len(truth), dtype=torch.bool, device=truth.device)
    same = (truth[:, None] == truth) & other
    apart = (truth[:, None] != truth)
    if not (bool(same.any()) and bool(apart.any())):
        return traits.new_zeros(())
    return (alike[same].mean() - alike[apart].mean()).clamp(min=0)
