"""Variety: how those who do the same differ in it, as a few directions along which everybody may be moved by lot."""

import numpy as np

UNIFORM = 1e-6  # of a mean square: what differs less does not differ


def variety(rows: np.ndarray, kinds: np.ndarray, count: int) -> np.ndarray:
    """(count, F) directions, as long as (n, F) rows of one kind spread along them; zero where there are no more.

    What is a kind's own is taken out; a row that is the only one of its kind says nothing of how its kind varies.
    """
    away = np.zeros_like(rows, np.float64)
    spoken = np.zeros(len(rows), bool)
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        if len(mine) > 1:
            away[mine] = (rows[mine] - rows[mine].mean(0)) * np.sqrt(len(mine) / (len(mine) - 1))
            spoken[mine] = True
    found = np.zeros((count, rows.shape[1]), np.float32)
    away = away[spoken]
    if len(away) and np.square(away).mean() > UNIFORM**2:
        sizes, axes = np.linalg.svd(away, full_matrices=False)[1:]
        most = min(count, len(sizes))
        found[:most] = sizes[:most, None] * axes[:most] / np.sqrt(len(away))
    return found

