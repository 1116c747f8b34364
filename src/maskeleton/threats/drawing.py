"""Drawing: releases that an attacker makes, who has the anonymizer and recordings of his own, but not the secret key."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from maskeleton.apply import PATHS
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import natural
from maskeleton.mask import Mask, refuse_other_plans
from maskeleton.motion import Motion
from maskeleton.seeds import seed_for
from maskeleton.threats.known import with_labels
from maskeleton.union import concatenated

MOST_FRAMES = 4_000_000  # in all draws together: a gigabyte
HURRIED = 400  # recordings to be learned from, where there is one minute; as many more as the root of the minutes


def draws_of(mask: Mask, dataset: MotionDataset, path: str, most: int, seed: int, purpose: str) -> list[MotionDataset]:
    """A dataset as this anonymizer may release it, drawn anew so many times; once, where nothing in it is random."""
    found: list[MotionDataset] = []
    for number in range(most):
        key = seed_for(seed, "informed", purpose, number).to_bytes(8, "little") * 4
        found.append(drawn(mask, dataset, path, key, f" drawn {number}"))
        if number == 1 and found[0].motion_hashes == found[1].motion_hashes:
            return found[:1]
    return found


def drawn(mask: Mask, dataset: MotionDataset, path: str, key: bytes, after: str = "") -> MotionDataset:
    """A dataset as this anonymizer releases it under a key, with something behind every id."""
    source = release_of(mask, dataset, key, path)

    def motions() -> Iterator[Motion]:
        for part in source.parts:
            for motion in source.read(part):
                yield motion._replace(id=motion.id + after)

    return with_labels(MotionDataset.of(dataset.skeleton, dataset.fps, motions()), dataset)


def as_one(draws: Sequence[MotionDataset]) -> MotionDataset:
    """All draws one after another; their labels are coded alike."""
    if len(draws) == 1:
        return draws[0]
    first = draws[0]
    labels = {label: np.concatenate([one.labels[label] for one in draws]) for label in first.labels}
    bare = [replace(one, labels={}, names={}) for one in draws]
    return replace(concatenated(bare, ()), labels=labels, names=first.names)


def affordable(dataset: MotionDataset, wanted: int, minutes: float | None) -> int:
    """How many draws there may be, for the memory and the time."""
    most = wanted if minutes is None else int(HURRIED * minutes**0.5) // max(len(dataset), 1)
    return max(1, min(wanted, most, MOST_FRAMES // max(int(dataset.frames.sum()), 1)))


def path_of(original: MotionDataset, released: MotionDataset) -> str:
    """Where people stand in the release, as its history says; refuses what was anonymized more than once."""
    before, after = (sum(entry.get("verb") == "anonymize" for entry in one.history) for one in (original, released))
    if after - before > 1:
        raise UserError(f"the release was anonymized {after - before} times, and --with names one of them",
                        "evaluate the last one against what it was made of")
    said = [str(entry.get("path", "")) for entry in released.history if entry.get("verb") == "anonymize"]
    return next((name for name, words in PATHS.items() if said and said[-1] == words), "population")


def brought(others: MotionDataset, to: MotionDataset, mask: Mask) -> MotionDataset:
    """Somebody's own recordings with labels coded as they are there, by their names; what is there byte for byte is left
    out, for nobody has the original of what he is asked about."""
    refuse_other_plans(mask, others)
    if others.skeleton.joints != to.skeleton.joints:
        raise UserError(f"--others has the body plan {others.skeleton.name!r}, the release {to.skeleton.name!r}",
                        f"convert it with --skeleton {to.skeleton.name}")
    same = np.isin(np.array(others.motion_hashes, str), np.array(to.motion_hashes, str))
    others = others.select(np.flatnonzero(~same))
    if not len(others):
        raise UserError("every recording of --others is one of those that are tested", "give recordings of other people, or "
                        "others of the same people")
    labels, names = {}, {}
    for label in to.labels:
        labels[label], names[label] = _recoded(others, to, label)
    return replace(others, labels=labels, names={label: some for label, some in names.items() if some},
                   skeleton=to.skeleton)


def _recoded(others: MotionDataset, to: MotionDataset, label: str) -> tuple[np.ndarray, list[str]]:
    """A label's codes, and what codes are called; values that are not known there come after all that are."""
    if label not in others.labels:
        return np.full(len(others), -1, np.int32), to.names.get(label, [])
    place = {to.text(label, row): int(code) for row, code in enumerate(to.labels[label].tolist()) if code >= 0}
    words = [others.text(label, row) for row in range(len(others))]
    names = list(to.names.get(label, []))
    free = max([len(names), *(code + 1 for code in place.values())])
    for new in sorted({*words} - {*place, ""}, key=natural):
        place[new] = free
        free += 1
        if names:
            names.append(new)
    return np.array([place.get(word, -1) for word in words], np.int32), names
