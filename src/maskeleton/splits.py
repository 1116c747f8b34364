"""Halves and folds: which recordings a judge learns from and which it is tested on; what has no answer is refused."""

from typing import NamedTuple

import numpy as np

from maskeleton.balance import Pair, balanced, tells
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, NOBODY_IN_BOTH, USUAL, Design, Groups, deal, design_of
from maskeleton.errors import UserError
from maskeleton.protocols import PROTOCOLS

ROUNDING = 1e-9


class Half(NamedTuple):
    """One way to learn and to test, as indices into the dataset.

    `leaks` names what stands on both sides or tells the answer otherwise: take (the same performance, filmed by another
    camera), subject (the same people, when the label is an attribute of theirs), counts (how often somebody was
    recorded doing what). `notes` are sentences on what was left out.
    """

    train: np.ndarray
    test: np.ndarray
    by: str
    leaks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Parts(NamedTuple):
    """A half whose training recordings are parted again: no recording is in two, for attributes no person either."""

    anonymizer: np.ndarray
    judge: np.ndarray
    test: np.ndarray
    by: str
    leaks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class OpenSet(NamedTuple):
    """Some people train; of the others, whom nobody trained on, some takes are the gallery and the rest are probes."""

    train: np.ndarray
    gallery: np.ndarray
    probe: np.ndarray
    notes: tuple[str, ...] = ()


def split(dataset: MotionDataset, label: str, by: str | None = None, folds: int | None = None, seed: int = 0,
          keep: str = "action") -> tuple[Half, ...]:
    """Halves that can answer whether `label` is recognized.

    `by` is person (the default, in 4 folds, so that every person is tested once), take (the default for the label
    subject), the name of a label (camera, repetition, action …), a label and the values of it that train
    ("camera:1,2"), or an official list ("ntu60-xview"). Where people are to be recognized everybody has the same number
    of training recordings in every action (the label `keep`) and camera; what is too much is left out, and noted.
    """
    design = design_of(dataset, label, keep)
    groups = deal(design, by, folds, seed)
    pairs = [((groups.of >= 0) & (groups.of != fold), groups.of == fold) for fold in range(groups.tested)]
    return tuple(_halves(design, groups, pairs, seed, keep))


def three_parts(dataset: MotionDataset, label: str, by: str | None = None, folds: int | None = None, seed: int = 0,
                keep: str = "action") -> tuple[Parts, ...]:
    """The same in three parts: what an anonymizer may see, what the judge learns from, what is tested."""
    design = design_of(dataset, label, keep)
    groups = deal(design, by, folds, seed)
    if groups.by in PROTOCOLS:
        inner_by = "take" if design.identity else "person"
    else:
        inner_by = groups.by.partition(":")[0]
    pairs, spares = [], []
    for fold in range(groups.tested):
        rest = (groups.of >= 0) & (groups.of != fold)
        inner = np.full(len(rest), -1)
        inner[rest] = deal(design.where(rest), inner_by, 1, seed, parts=2).of
        pairs.append((inner == 1, groups.of == fold))
        spares.append(inner == 0)
    parts = []
    for half, spare in zip(_halves(design, groups._replace(fixed=False), pairs, seed, keep), spares, strict=True):
        judged = np.isin(design.rows, np.concatenate([half.train, half.test]))
        anonymizer = spare & ~_copies(design, judged)
        _refuse_nobody(design, anonymizer, judged)
        if design.attribute:
            _refuse_missing(design, anonymizer, "the anonymizer's part")
        parts.append(Parts(np.sort(design.rows[anonymizer]), *half))
    return tuple(parts)


def half_of_the_people(dataset: MotionDataset, seed: int = 0, keep: str = "action") -> np.ndarray:
    """All recordings of every second person, by lot: what an anonymizer may see where takes cannot be parted."""
    design = design_of(dataset, IDENTITY, keep)
    groups = deal(design._replace(label="", attribute=False), "person", 1, seed, parts=2)
    return np.sort(design.rows[groups.of == 0])


def open_set(dataset: MotionDataset, folds: int | None = None, seed: int = 0,
             keep: str = "action") -> tuple[OpenSet, ...]:
    """Training people, and gallery and probe of people nobody trained on: every person is unseen once."""
    design = design_of(dataset, IDENTITY, keep)
    people = int(design.person.max()) + 1
    if people < 2 * max(folds or 2, 2):
        raise UserError(f"{people} people are too few for {max(folds or 2, 2)} groups of strangers of whom one is "
                        "unseen at a time", "every group needs two people at least")
    nameless = design._replace(label="", attribute=False)
    strangers = deal(nameless, "person", folds, seed, None if folds and folds > 1 else min(USUAL, people // 2))
    sets = []
    for fold in range(strangers.tested):
        unseen = design.where(strangers.of == fold)
        groups = deal(unseen, "take", 1, seed)
        half = _halves(unseen, groups, [(groups.of > 0, groups.of == 0)], seed, keep)[0]
        train = (strangers.of != fold) & ~_copies(design, np.isin(design.rows, np.concatenate([half.train, half.test])))
        sets.append(OpenSet(np.sort(design.rows[train]), half.train, half.test, half.notes))
    return tuple(sets)


def refuse_telling(dataset: MotionDataset, half: Half, hide: str = IDENTITY, keep: str = "action") -> None:
    """A UserError where the hidden label can be guessed from the kept one: no figure on such a half means a thing."""
    score, chance = tells(dataset, half.train, half.test, hide, keep)
    if abs(score - chance) > ROUNDING:
        raise UserError(f"split by {half.by}, {hide} can be guessed from {keep} and camera alone: {score:.4f} of the "
                        f"tested recordings where chance is {chance:.4f}",
                        f"give every {hide} the same number of training recordings in every {keep} and camera")


# ── from groups to halves ────────────────────────────────────────────────────────────────────────────────────────────


def _halves(design: Design, groups: Groups, pairs: list[Pair], seed: int, keep: str) -> list[Half]:
    notes = [*design.notes, *groups.notes]
    copies = [test & _copies(design, train) for train, test in pairs]
    apart = [(train, test & ~copy) for (train, test), copy in zip(pairs, copies, strict=True)]
    if design.identity:
        _refuse_strangers(design, apart, groups.fixed)
    even, gone = apart, np.zeros(len(design.rows), bool)
    if design.identity and not groups.fixed:
        even, stay = balanced(design, groups.by, apart, seed)
        gone = ~stay[design.person]
        if gone.any():
            notes.append(f"left out, for want of recordings: {design.said(IDENTITY, gone, 40)}")
    halves = []
    for (train, test), (before, _), copy in zip(even, apart, copies, strict=True):
        more = [f"{copy.sum()} copies of training recordings are not tested"] if copy.any() else []
        spared = (before & ~gone & ~train).sum()
        if spared:
            more.append(f"{spared} training recordings are left out so that everybody has equally many in every {keep} "
                        "and camera")
        halves.append(_half(design, train, test, groups, [*notes, *more], keep))
    return halves


def _half(design: Design, train: np.ndarray, test: np.ndarray, groups: Groups, notes: list[str], keep: str) -> Half:
    foreign = test & ~np.isin(design.target, design.target[train])
    if design.attribute:
        _refuse_missing(design, train, "the training half")
        _refuse_missing(design, test, "the tested half")
    elif foreign.any():
        test = test & ~foreign
        notes.append(f"{foreign.sum()} recordings are not tested, because nobody trains their {design.label}: "
                     f"{design.said(design.label, foreign)}")
    if not test.any() or len(np.unique(design.target[train])) < 2:
        raise UserError(f"split by {groups.by}, "
                        + ("nothing is left to test" if not test.any() else f"one {design.label} only is trained on"),
                        "name another split")
    half = Half(np.sort(design.rows[train]), np.sort(design.rows[test]), groups.by, notes=tuple(notes))
    leaks = [] if not np.isin(design.take[test], design.take[train]).any() else ["take"]
    if design.attribute and np.isin(design.person[test], design.person[train]).any():
        leaks.append("subject")
    if design.identity and groups.fixed:
        score, chance = tells(design.dataset, half.train, half.test, design.label, keep)
        leaks += ["counts"] if abs(score - chance) > ROUNDING else []
    elif design.identity:
        refuse_telling(design.dataset, half, design.label, keep)
    return half._replace(leaks=tuple(leaks))


def _copies(design: Design, mask: np.ndarray) -> np.ndarray:
    """Which rows show exactly the motion of one of these."""
    there = np.zeros(int(design.motion.max(initial=0)) + 1, bool)
    there[design.motion[mask]] = True
    return np.asarray(there[design.motion])


def _refuse_missing(design: Design, mask: np.ndarray, where: str) -> None:
    missing = ~np.isin(design.target, design.target[mask])
    if missing.any():
        raise UserError(f"no {design.label} {design.said(design.label, missing)} would be in {where}",
                        "split by person, or into fewer folds")


def _refuse_nobody(design: Design, anonymizer: np.ndarray, judged: np.ndarray) -> None:
    """The anonymizer needs recordings, and where people are to be recognized some of the same people."""
    if not anonymizer.any():
        raise UserError("no recording is left for the anonymizer's part", "record more, or ask for fewer folds")
    if design.identity and not np.isin(design.person[anonymizer], design.person[judged]).any():
        raise UserError("nobody in the anonymizer's part is in the others", "record more takes of each person")


def _refuse_strangers(design: Design, pairs: list[Pair], fixed: bool) -> None:
    """Nobody can be recognized who is in one half alone; an official list is not mended."""
    for train, test in pairs:
        trained, tested = (np.isin(design.person, design.person[mask]) for mask in (train, test))
        if not (trained & tested).any():
            raise UserError(*NOBODY_IN_BOTH)
        once = (train | test) & ~(trained & tested)
        if fixed and once.any():
            raise UserError(f"{design.said(IDENTITY, once)} would be in one half only", "split by take instead")
