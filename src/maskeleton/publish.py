"""Publish: recordings as they leave the house: under new names, in a new order, with the labels that were chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats import etri, ntu
from maskeleton.formats.kit.kinect import names_from_labels, numbers_in_name
from maskeleton.labels import UNKNOWN, natural
from maskeleton.motion import SEEN, Motion, filled, runs_of
from maskeleton.pseudonyms import Pseudonyms

PERSON, TAKE = "subject", "repetition"
USUAL = ("action", "camera", "setup", PERSON, TAKE)  # labels that go out unless they are dropped, and published splits
MOST_EMPTY = 29  # frames: an etri file cannot say more
SCHEMES = {"ntu": (ntu.LETTERS, ""), "etri": (etri.LETTERS, "_")}  # names that are made of labels


class Choices(NamedTuple):
    """What the user chose for labels and lengths."""

    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    bands: Mapping[str, Sequence[int]] = {}
    without: tuple[str, ...] = ()
    lengths: int = 1  # recordings, and bodies within them, begin and end at multiples of this number of frames


@dataclass(frozen=True)
class Published:
    """A release to be: the recordings under new names, with published labels, in the order they go out."""

    dataset: MotionDataset  # frames are still as the anonymizer released them
    rows: np.ndarray  # which recording of RELEASED each is
    old_ids: Sequence[str]
    old_people: list[str]  # of each recording
    people: dict[str, int]  # the person's name -> number
    treated: dict[str, str]  # label -> what became of it
    lengths: int


def published(dataset: MotionDataset, keys: Pseudonyms, choices: Choices, format: str = "") -> Published:
    """Everything that is decided before a frame is read."""
    rows = np.flatnonzero(~withdrawn(dataset, choices.without))
    if not len(rows):
        raise UserError(f"nothing is left without {listed(choices.without)}", "leave somebody in")
    rows = rows[np.argsort([keys.tag("order", dataset.ids[row]) for row in rows.tolist()])]
    some = dataset.select(rows)
    people = keys.numbers(_people(some))
    labels, names, treated = _labels(some, choices, people)
    said = SCHEMES[format][0] if format in SCHEMES else labels
    labels |= _takes(some, {label: labels[label] for label in labels if label in said}, keys, choices)
    if TAKE in labels:
        treated[TAKE] = "generalized: takes are numbered anew"
    ids = [f"r{keys.tag('id', id)[:16]}" for id in some.ids]
    out = replace(some, ids=ids, labels=dict(sorted(labels.items())), names=names, history=(), sources=[""] * len(ids),
                  rates=np.full(len(ids), dataset.fps))
    old_people = [some.text(PERSON, row) if PERSON in some.labels else "" for row in range(len(some))]
    return Published(_named_by_scheme(out, some.ids), rows, some.ids, old_people, people, treated, choices.lengths)


def refuse_labels(dataset: MotionDataset, choices: Choices) -> None:
    """A UserError where a label is named that is not there, or is named twice."""
    asked = {"drop-labels": choices.drop, "keep-labels": choices.keep, "bands": tuple(choices.bands)}
    for option, labels in asked.items():
        for label in labels:
            if label not in dataset.labels:
                raise UserError(f"--{option} {label}: there is no such label", f"there are {listed(dataset.labels)}")
    twice = (set(choices.drop) & {*choices.keep, *choices.bands}) | (set(choices.keep) & set(choices.bands))
    if twice:
        raise UserError(f"{listed(sorted(twice))} cannot be treated in two ways", "name it in one of --drop-labels, "
                        "--keep-labels and --bands")
    own = {PERSON, TAKE} & set(choices.bands)
    if own:
        raise UserError(f"--bands {listed(sorted(own))} cannot be", "people and takes get new numbers")
    if choices.lengths < 1:
        raise UserError(f"--lengths {choices.lengths} cannot be", "give frames, such as --lengths 10; 1 keeps lengths")


def withdrawn(dataset: MotionDataset, without: Sequence[str]) -> np.ndarray:
    """Which recordings are of these people; a UserError where somebody is not there."""
    found = np.zeros(len(dataset), bool)
    if without and PERSON not in dataset.labels:
        raise UserError(f"--without {without[0]}: it is not known who is who", "the release has no label subject")
    for name in without:
        mine = np.array([_same(dataset.text(PERSON, row), name) for row in range(len(dataset))], bool)
        if not mine.any():
            raise UserError(f"--without {name}: nobody is called so", f"there are {listed(_people(dataset), 20)}")
        found |= mine
    return found


def _same(text: str, name: str) -> bool:
    digits = name.upper().removeprefix("P")
    return text == name or (text.isdigit() and digits.isdigit() and int(text) == int(digits))


def _people(dataset: MotionDataset) -> list[str]:
    if PERSON not in dataset.labels:
        return []
    _, firsts = np.unique(dataset.labels[PERSON], return_index=True)
    return sorted(({dataset.text(PERSON, row) for row in firsts.tolist()}) - {""}, key=natural)


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _labels(
    dataset: MotionDataset, choices: Choices, people: Mapping[str, int]
) -> tuple[dict[str, np.ndarray], dict[str, list[str]], dict[str, str]]:
    labels: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    treated: dict[str, str] = {}
    for label, codes in dataset.labels.items():
        if label in choices.bands:
            labels[label], names[label] = banded(dataset, label, choices.bands[label])
            treated[label] = "generalized: in bands " + ", ".join(names[label])
        elif label in choices.drop or not (label in choices.keep or label in USUAL or label.startswith("split")):
            treated[label] = "dropped"
        elif label == PERSON:
            number = {UNKNOWN: UNKNOWN}
            for code, row in zip(*np.unique(codes, return_index=True), strict=True):
                number[int(code)] = people.get(dataset.text(PERSON, int(row)), UNKNOWN)
            labels[label] = np.array([number[code] for code in codes.tolist()], np.int32)
            treated[label] = "generalized: a new number under the secret key"
        elif label != TAKE:
            labels[label] = codes
            treated[label] = "kept"
            if label in dataset.names:
                labels[label], names[label] = (codes, dataset.names[label]) if label == "action" else \
                    _only_used(codes, dataset.names[label])
    return labels, names, treated


def _only_used(codes: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """A label without the names that nobody has: they may be those of who was left out."""
    used = [code for code in np.unique(codes).tolist() if code != UNKNOWN]
    place = {code: number for number, code in enumerate(used)} | {UNKNOWN: UNKNOWN}
    return np.array([place[code] for code in codes.tolist()], np.int32), [names[code] for code in used]


def banded(dataset: MotionDataset, label: str, bounds: Sequence[int]) -> tuple[np.ndarray, list[str]]:
    """A label of numbers in bands: 0, 18 and 65 make 0–17, 18–64 and 65+."""
    if not bounds or any(a >= b for a, b in pairwise(bounds)):
        raise UserError(f"--bands {label}={','.join(map(str, bounds))} does not rise", "as in age=0,18,65")
    values = []
    for row in range(len(dataset)):
        text = dataset.text(label, row)
        try:
            values.append(float(text) if text else np.nan)
        except ValueError:
            raise UserError(f"--bands {label}: {text!r} is no number", "bands are of numbers; drop the label, or keep "
                            "it with --keep-labels") from None
    below = [value for value in values if value < bounds[0]]
    if below:
        raise UserError(f"--bands {label}={','.join(map(str, bounds))} does not cover {min(below):g}",
                        f"begin at {int(np.floor(min(below)))} or lower")
    names = [f"{low}–{high - 1}" if high - low > 1 else str(low) for low, high in pairwise(bounds)]
    place = np.searchsorted(bounds, np.nan_to_num(values, nan=bounds[0]), "right") - 1
    codes = np.where(np.isnan(values), UNKNOWN, place).astype(np.int32)
    return _only_used(codes, [*names, f"{bounds[-1]}+"])


def _takes(
    dataset: MotionDataset, labels: Mapping[str, np.ndarray], keys: Pseudonyms, choices: Choices
) -> dict[str, np.ndarray]:
    """Takes counted anew among those with the same published labels, in an order that says nothing; all cameras of a take
    say the same number. Nothing where nobody needs one."""
    if TAKE in choices.drop:
        return {}
    cameras = [label for label in labels if label.startswith("camera")]
    whole = np.stack([labels[label] for label in labels if label not in cameras] or [np.zeros(len(dataset), np.int32)], 1)
    group = np.unique(whole, axis=0, return_inverse=True)[1].reshape(-1)
    views_told = not any(label.startswith("camera") for label in dataset.labels if label not in labels)
    each = dataset.takes if views_told else np.arange(len(dataset))
    first: dict[int, str] = {}
    for row, one in enumerate(each.tolist()):
        tag = keys.tag("take", dataset.ids[row])
        first[one] = min(tag, first.get(one, tag))
    members: dict[int, set[int]] = {}
    for place, one in zip(group.tolist(), each.tolist(), strict=True):
        members.setdefault(place, set()).add(one)
    if TAKE not in dataset.labels and all(len(takes) == 1 for takes in members.values()):
        return {}
    number: dict[int, int] = {}
    for takes in members.values():
        number |= {one: count for count, one in enumerate(sorted(takes, key=first.__getitem__), 1)}
    return {TAKE: np.array([number[one] for one in each.tolist()], np.int32)}


def _named_by_scheme(dataset: MotionDataset, old_ids: Sequence[str]) -> MotionDataset:
    """With ids in the manner of the old ones, where these are made of labels."""
    for letters, between in SCHEMES.values():
        if all(numbers_in_name(id.rsplit("/", 1)[-1], letters, between, strict=True) for id in old_ids):
            return replace(dataset, ids=names_from_labels(needed(dataset), letters, between))
    return dataset


def needed(dataset: MotionDataset) -> MotionDataset:
    """With a person for files that are named by one, where the label was dropped: everybody is nobody, P000."""
    nobody = np.zeros(len(dataset), np.int32)
    missing = {label: nobody for label in (PERSON, "action") if label not in dataset.labels}
    return replace(dataset, labels={**dataset.labels, **missing}) if missing else dataset


# ── one recording ────────────────────────────────────────────────────────────────────────────────────────────────────


def as_published(motion: Motion, lengths: int) -> Motion:
    """Without what the sensor said of a joint, as long as lengths may be, and from the first frame in which somebody is to
    the last; a stretch in which nobody is there is made no longer than MOST_EMPTY frames."""
    motion = coarser(motion, lengths) if lengths > 1 else motion
    motion = _frames(motion, worth_keeping(np.asarray(motion.present.any(1)), MOST_EMPTY // lengths * lengths))
    tracked = np.where(motion.present[..., None], SEEN, 0).astype(np.uint8)
    return motion._replace(tracked=np.broadcast_to(tracked, motion.tracked.shape).copy(), clock=None, source="")


def worth_keeping(somebody: np.ndarray, most: int) -> np.ndarray:
    """Frames with somebody in them, and between these at most so many without."""
    keep = somebody.copy()
    for first, length in runs_of(~somebody):
        if first > 0 and first + length < len(somebody):
            keep[first : first + min(length, most)] = True
    return np.flatnonzero(keep)


def coarser(motion: Motion, step: int) -> Motion:
    """A recording that begins and ends, as do bodies within it, at multiples of `step` frames: longer ones are cut, those
    under one step are stretched to it."""
    there = np.flatnonzero(motion.present.any(1))
    motion = _frames(motion, np.arange(there[0], there[-1] + 1))
    size = len(motion.present)
    motion = _frames(motion, np.arange(size - size % step)) if size >= step else _stretched(motion, step)
    present = np.zeros_like(motion.present)
    for slot in range(present.shape[1]):
        for first, length in runs_of(motion.present[:, slot]):
            present[-(-first // step) * step : (first + length) // step * step, slot] = True
    if not present.any():
        present[:, int(motion.present.sum(0).argmax())] = True
    slots = present.any(0)
    known = np.where(motion.present[..., None, None], motion.positions, np.float32(np.nan))
    positions = filled(known[:, slots], present[:, slots])
    return motion._replace(positions=positions, present=present[:, slots], tracked=motion.tracked[:, slots])


def _frames(motion: Motion, rows: np.ndarray) -> Motion:
    return motion._replace(positions=motion.positions[rows], present=motion.present[rows], tracked=motion.tracked[rows])


def _stretched(motion: Motion, size: int) -> Motion:
    place = np.linspace(0, len(motion.present) - 1, size)
    before, share = np.floor(place).astype(int), (place % 1)[:, None, None, None]
    after = np.minimum(before + 1, len(motion.present) - 1)
    both = (motion.present[before] & motion.present[after])[..., None, None]
    mixed = motion.positions[before] * (1 - share) + motion.positions[after] * share
    near = _frames(motion, np.rint(place).astype(int))
    return near._replace(positions=np.where(both, mixed, near.positions).astype(np.float32))
