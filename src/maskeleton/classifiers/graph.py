"""Graphs: who is whose neighbour on a body plan, in the shares in which the graph networks look at each other's joints.

Every function gives (3, J, J) float32. In `shares[k, a, b]` the first joint is looked at by the second; what joint b
sees of each part k sums to 1, or to 0 where that part has nobody.
"""

import numpy as np

from maskeleton.skeleton import Skeleton


def spatial(skeleton: Skeleton) -> np.ndarray:
    """Oneself, one's parent, one's children."""
    inward = np.zeros((len(skeleton.joints),) * 2)
    for parent, child in skeleton.bones:
        inward[parent, child] = 1
    return np.stack([np.eye(len(inward)), by_column(inward), by_column(inward.T)]).astype(np.float32)


def stgcn_spatial(skeleton: Skeleton) -> np.ndarray:
    """Neighbours as far from the middle of the body as oneself (oneself, that is), farther out, and nearer to it.

    Distances are the true ones. Published code counts only to 1 and so takes most joints for equally far.
    """
    steps = bones_apart(skeleton)
    close = by_column((steps <= 1).astype(np.float64))
    from_middle = steps[middle(skeleton)]
    farther = from_middle[:, None] - from_middle
    return np.stack([close * (farther == 0), close * (farther > 0), close * (farther < 0)]).astype(np.float32)


def middle(skeleton: Skeleton) -> int:
    """The joint the body is ordered around: its chest, or the joint from which none is far."""
    if "chest" in skeleton.roles:
        return skeleton.roles["chest"]
    return int(bones_apart(skeleton).max(1).argmin())


def bones_apart(skeleton: Skeleton) -> np.ndarray:
    """(J, J) int: how many bones lie between two joints."""
    apart = np.zeros((len(skeleton.joints),) * 2, int)
    seen: list[int] = []
    for joint in skeleton.order:
        if seen:
            apart[joint, seen] = apart[seen, joint] = apart[skeleton.parents[joint], seen] + 1
        seen.append(joint)
    return apart


def by_column(weights: np.ndarray) -> np.ndarray:
    """Each column divided by its sum; empty columns stay empty."""
    sums = weights.sum(0)
    return weights / np.where(sums > 0, sums, 1)
