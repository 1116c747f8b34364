"""fields: pixels, orientations and what else the sensor said are functions of the released motion and of nothing else.

What a nominal sensor would have said of the released motion is taken away from each field; what is left must be nothing.
Where something is left, it is regressed on the original pose, which says how much of that it carries.
"""

from collections.abc import Iterator

import numpy as np

from maskeleton.formats.source import Fault
from maskeleton.leaks.given import Given, Leak
from maskeleton.motion import Motion
from maskeleton.nominal import with_nominal_fields
from maskeleton.outgoing import LABELLED

MOST = 256  # files that are looked at, evenly spread
SAME = 1e-3  # pixels and parts of a rotation: more is a difference


def find(given: Given) -> Iterator[Leak]:
    """Compare every field of every sampled file with what it should be."""
    if given.format not in LABELLED:
        return
    files = given.data_files[:: -(-len(given.data_files) // MOST)]
    source = given.source(files, fields=True)
    where = {id: row for row, id in enumerate(given.released.ids)}
    rows, olds = given.pairs
    partner = dict(zip(rows.tolist(), olds.tolist(), strict=True))
    rests: dict[str, list[tuple[str, np.ndarray, Motion, Motion | None]]] = {}
    for part in source.parts:
        for item in source.read(part):
            if isinstance(item, Fault):
                continue
            old = partner.get(where.get(item.id, -1))
            original = given.original[old] if given.original is not None and old is not None else None
            for name, rest in left_over(item, given).items():
                rests.setdefault(name, []).append((item.id, rest, item, original))
    for name, found in rests.items():
        carried = carries(found)
        told = "" if carried is None else f"; the original pose explains {carried:.0%} of that"
        yield Leak(f"data/{found[0][0]}", name, f"in {len(found)} of {len(files)} files it is not what the released motion "
                                                f"makes it{told}")


def left_over(motion: Motion, given: Given) -> dict[str, np.ndarray]:
    """Of each field that is not as it should be what is left without that: (frames, bodies, numbers)."""
    should = with_nominal_fields(motion._replace(positions=np.nan_to_num(motion.positions)), given.released.skeleton).fields
    found = {}
    for name, column in motion.fields.items():
        expected = should[name] if name in should else np.zeros_like(column)
        if name == "frame_number":  # counted from the first frame that has a body
            continue
        rest = np.where(_wide(motion.present, column), column.astype(np.float64) - expected.astype(np.float64), 0)
        if not np.isfinite(rest).all() or np.abs(rest).max(initial=0) > SAME:
            found[name] = np.nan_to_num(rest.reshape(*motion.present.shape, -1), posinf=0, neginf=0)
    return found


def _wide(present: np.ndarray, column: np.ndarray) -> np.ndarray:
    return present.reshape(*present.shape, *(1 for _ in column.shape[2:]))


def carries(found: list[tuple[str, np.ndarray, Motion, Motion | None]]) -> float | None:
    """The share of what is left that a linear function of the original pose, beyond one of the released pose, explains in
    recordings that it was not fitted to; None where the originals are not known."""
    rows = [(rest[:size, 0], released.positions[:size, 0], original.positions[:size, 0])
            for _, rest, released, original in found if original is not None
            and (size := min(len(rest), len(original.positions)))]
    if len(rows) < 2:
        return None
    halves = []
    for half in (rows[::2], rows[1::2]):
        rest, released, original = (np.concatenate([row[place].reshape(len(row[place]), -1) for row in half])
                                    for place in range(3))
        halves.append((rest.astype(np.float64), _from_root(released), _from_root(original)))
    explained = []
    for (y, a, b), (y2, a2, b2) in (halves, halves[::-1]):
        base, more = _left(y, a, y2, a2), _left(y, np.hstack([a, b]), y2, np.hstack([a2, b2]))
        explained.append(1 - more / base if base > 0 else 0.0)
    return float(np.clip(np.mean(explained), 0, 1))


def _from_root(poses: np.ndarray) -> np.ndarray:
    poses = np.nan_to_num(poses.astype(np.float64)).reshape(len(poses), -1, 3)
    flat: np.ndarray = np.concatenate([poses[:, 0], (poses - poses[:, :1])[:, 1:].reshape(len(poses), -1)], 1)
    return flat


def _left(y: np.ndarray, x: np.ndarray, y2: np.ndarray, x2: np.ndarray) -> float:
    """The variance left in y2 by the ridge of y on x."""
    middle, mean = x.mean(0), y.mean(0)
    a = x - middle
    weights = np.linalg.solve(a.T @ a + 1e-3 * len(a) * np.eye(a.shape[1]), a.T @ (y - mean))
    return float(((y2 - mean - (x2 - middle) @ weights) ** 2).mean())
