"""twice: what do two releases of one corpus give away together?"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.answers import Answers
from maskeleton.battery import Table
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.metrics.pair import both_there, stretched
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.threats.known import Known, knows, with_labels
from maskeleton.traits import trait_table

MOST = 1500  # recordings that are compared with each other
FAR_OUT = 6.0  # standard deviations: a trait further out counts as so far


@knows("two releases of the same recordings, matched with each other, and either who is in some of them or old recordings of "
       "the same people with their names")
def twice(known: Known) -> dict[str, Table]:
    """What two releases of one corpus give away together: learned from their mean, from the original, or from what they
    differ in; looks at their mean, or at what they differ in."""
    if not known.twice:
        raise UserError("there is one release alone", "--twice RELEASED names another of the same recordings")
    if all(one.motion_hashes == known.released.motion_hashes for one in known.twice):
        raise UserError("both releases are the same, byte for byte", "anonymize again under another key: nothing that is "
                        "random differs in these")
    mean, rest = mean_of([known.released, *known.twice]), difference(known.released, known.twice[0])
    return {"": Table(mean, mean), "undone": Table(known.original, mean), "difference": Table(rest, rest)}


def mean_of(releases: Sequence[MotionDataset]) -> MotionDataset:
    """Every recording as the mean of its releases, in the frames and bodies of the first."""

    def mean(first: Motion, others: Sequence[Motion]) -> np.ndarray:
        total, count = first.positions.astype(np.float64), np.ones(first.present.shape)
        for other in others:
            there = _there(first, other)
            total[:, : there.shape[1]] += np.where(there[..., None, None], _beside(first, other), 0)
            count[:, : there.shape[1]] += there
        return total / count[..., None, None]

    return _made(releases, mean)


def difference(first: MotionDataset, second: MotionDataset) -> MotionDataset:
    """What two releases of a recording differ in, as the movement of a figure that is the same for all."""
    figure = np.mean([_standing(motion, first.skeleton.parents.index(-1)) for motion in first], 0)

    def differ(one: Motion, others: Sequence[Motion]) -> np.ndarray:
        there = _there(one, others[0])
        found = np.repeat(np.repeat(figure[None, None], len(one.present), 0), one.present.shape[1], 1)
        apart = one.positions[:, : there.shape[1]] - _beside(one, others[0])
        found[:, : there.shape[1]] += np.where(there[..., None, None], apart, 0)
        return np.where(one.present[..., None, None], found, 0)

    return _made([first, second], differ)


def _made(releases: Sequence[MotionDataset], change: Callable[[Motion, Sequence[Motion]], np.ndarray]) -> MotionDataset:
    first = releases[0]

    def motions() -> Iterator[Motion]:
        for row in range(len(first)):
            motion, *others = (release[row] for release in releases)
            yield motion._replace(positions=change(motion, others).astype(np.float32), labels=first.told(row), fields={})

    return with_labels(MotionDataset.of(first.skeleton, first.fps, motions()), first)


def _there(first: Motion, other: Motion) -> np.ndarray:
    return both_there(first, other)


def _beside(first: Motion, other: Motion) -> np.ndarray:
    """The other's positions in the frames of the first, as far as both have bodies."""
    slots = min(first.present.shape[1], other.present.shape[1])
    return np.asarray(stretched(other, len(first.present)).positions[:, :slots], np.float64)


def _standing(motion: Motion, root: int) -> np.ndarray:
    """(J, 3) the mean pose about the root."""
    positions = motion.positions[motion.present].astype(np.float64)
    return np.asarray((positions - positions[:, root : root + 1]).mean(0))


# ── linking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Linked(NamedTuple):
    """For each recording of one release how alike those of another are, of all or of those that do the same; and the
    same of an innocent pairing."""

    answers: Answers
    null: Answers


def linked(one: MotionDataset, other: MotionDataset, keep: str = "action", seed: int = 0) -> Linked:
    """Is a recording of one release found in another? Traits are compared, each release in its own units; nothing is
    learned. The null is the same with the other release's recordings dealt out anew among those that do the same."""
    rows = np.arange(len(one))
    if len(rows) > MOST:
        rows = np.sort(generator(seed, "linked").choice(rows, MOST, replace=False))
    one, other = one.select(rows), other.select(rows)
    here, there = (_units(trait_table(release).values) for release in (one, other))
    alike = _unit(here) @ _unit(there).T
    doing = one.labels.get(keep, np.zeros(len(one), np.int32))
    alike = np.where(doing[:, None] == doing, alike, np.nan).astype(np.float32)
    nobody = np.full(len(one), UNKNOWN, np.int64)
    own = np.arange(len(one), dtype=np.int64)
    answers = Answers(one.labels.get(IDENTITY, nobody).astype(np.int64), own, alike, nobody, np.zeros(len(one), np.int64),
                      tuple(one.ids))
    lots, dealt = generator(seed, "linked", "null"), own.copy()
    for code in np.unique(doing):
        dealt[doing == code] = lots.permutation(own[doing == code])
    return Linked(answers, answers._replace(truth=dealt))


def _units(values: np.ndarray) -> np.ndarray:
    spread = values.std(0)
    return np.asarray(np.clip((values - values.mean(0)) / np.where(spread > 1e-5, spread, np.inf), -FAR_OUT, FAR_OUT))


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
