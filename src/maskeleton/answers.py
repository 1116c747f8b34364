"""Answers: what an attack says of every recording it was asked about, beside the truth. Every score comes from them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN

NONE = np.zeros(0, np.int64)
NO_MERIT = np.zeros(0, np.float32)


class Answers(NamedTuple):
    """One row a question: a recording, as one attacker saw it.

    A column of `scores` is a choice, and `classes` says which code of the label it stands for. A classifier has one
    column a class; a match may have one column a recording of the gallery, and then codes repeat. NaN in `scores`
    means that this choice was not open for this row. `part` numbers the trained attackers (one a fold and seed):
    scores of different attackers are never compared with each other.
    """

    person: np.ndarray  # (n,) int64: whose recording it is
    truth: np.ndarray  # (n,) int64: the column that is right, -1 where none is (unknown to training)
    scores: np.ndarray  # (n, K) float32: higher is likelier
    keep: np.ndarray  # (n,) int64: code of the kept label, -1 unknown
    seed: np.ndarray  # (n,) int64: which seed or draw the row belongs to
    ids: tuple[str, ...] = ()  # the recordings' ids, where they are told
    classes: np.ndarray = NONE  # (K,) int64: the label's code of each column; empty: 0 .. K-1
    part: np.ndarray = NONE  # (n,) int64: which trained attacker answered; empty: one for each seed
    merit: np.ndarray = NO_MERIT  # (n,) float32: its own rate on what it held back of its training, NaN: held nothing

    @property
    def codes(self) -> np.ndarray:
        """The label's code of each column."""
        return self.classes if len(self.classes) else np.arange(self.scores.shape[1], dtype=np.int64)

    @property
    def parts(self) -> np.ndarray:
        """Which attacker answered each row."""
        return self.part if len(self.part) else self.seed

    @property
    def validation(self) -> float | None:
        """The attackers' own rate, the mean over them; None where none of them held anything back."""
        each = self._merits
        return float(each.mean()) if len(each) else None

    @property
    def validation_error(self) -> float:
        """The standard error of that mean; 0 of one attacker."""
        each = self._merits
        return float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else 0.0

    @property
    def _merits(self) -> np.ndarray:
        each = self.merit[np.unique(self.parts, return_index=True)[1]] if len(self.merit) else self.merit
        known: np.ndarray = each[~np.isnan(each)]
        return known

    @property
    def guess(self) -> np.ndarray:
        """(n,) the column with the highest score; among equals the first."""
        guess: np.ndarray = np.where(np.isnan(self.scores), -np.inf, self.scores).argmax(1)
        return guess

    @property
    def right(self) -> np.ndarray:
        """(n, K) bool: the columns that would be a right answer."""
        codes = self.codes
        right: np.ndarray = (codes == codes[np.maximum(self.truth, 0)][:, None]) & (self.truth >= 0)[:, None]
        return right

    def take(self, rows: np.ndarray) -> "Answers":
        """Some rows: indices or a mask."""
        ids = tuple(np.array(self.ids, object)[rows].tolist()) if self.ids else ()
        return self._replace(
            **{name: getattr(self, name)[rows] for name in ("person", "truth", "scores", "keep", "seed")},
            ids=ids, part=self.part[rows] if len(self.part) else self.part,
            merit=self.merit[rows] if len(self.merit) else self.merit)

    def save(self, path: Path) -> None:
        """Write them as npz, without pickle."""
        arrays = {name: value for name, value in self._asdict().items() if name != "ids"}
        with path.open("wb") as out:
            np.savez_compressed(out, **arrays, ids=np.array(self.ids, str))

    @classmethod
    def load(cls, path: Path) -> "Answers":
        """Read them again."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in cls._fields}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(f"{path} does not hold answers: {error}", "delete it and run again") from None
        return checked(cls(**{**found, "ids": tuple(found["ids"].astype(str).tolist())}), str(path))


def checked(answers: Answers, where: str = "the answers") -> Answers:
    """The same answers with the promised types, or a UserError that says all that is wrong with them."""
    faults = list(_faults(answers))
    if faults:
        raise UserError(f"{where}: {'; '.join(faults)}",
                        "an attack gives one row a recording and one column a choice")
    person, truth, keep, seed, classes, part = (
        np.asarray(getattr(answers, name), np.int64) for name in ("person", "truth", "keep", "seed", "classes", "part"))
    return Answers(person, truth, np.asarray(answers.scores, np.float32), keep, seed, answers.ids, classes, part,
                   np.asarray(answers.merit, np.float32))


def _faults(answers: Answers) -> Iterator[str]:
    scores = np.asarray(answers.scores)
    if scores.ndim != 2 or scores.dtype.kind not in "fiu" or not scores.shape[1]:
        yield f"scores are {scores.dtype} of shape {scores.shape}, expected numbers of shape (rows, choices)"
        return
    rows, choices = scores.shape
    expected = {"person": rows, "truth": rows, "keep": rows, "seed": rows, "classes": choices, "part": rows}
    broken = False
    for name, length in expected.items():
        value = np.asarray(getattr(answers, name))
        empty = name in ("classes", "part") and value.shape == (0,)
        if not empty and (value.shape != (length,) or value.dtype.kind not in "iu"):
            broken = True
            yield f"{name} is {value.dtype} of shape {value.shape}, expected whole numbers of shape {(length,)}"
    if np.shape(answers.merit) not in ((0,), (rows,)):
        yield f"merit has shape {np.shape(answers.merit)}, expected {(rows,)}"
    if answers.ids and len(answers.ids) != rows:
        yield f"there are {len(answers.ids)} ids for {rows} rows"
    if not broken and rows and not (answers.truth.min() >= UNKNOWN and answers.truth.max() < choices):
        yield f"truth runs from {answers.truth.min()} to {answers.truth.max()}, expected -1 to {choices - 1}"
    lost = np.isnan(scores).all(1)
    if lost.any():
        yield f"{lost.sum()} of {rows} rows have no number among their scores (the attacker did not converge)"


def joined(answers: Sequence[Answers]) -> Answers:
    """Folds and seeds put together; every element counts as an attacker of its own.

    Columns meet by their code; a choice that an element did not have is not open in its rows. Where an element has
    several columns of one code (a gallery of recordings), all must have the same columns.
    """
    if not answers:
        raise UserError("there are no answers to join", "run at least one attack")
    answers = [checked(some, f"answers {number}") for number, some in enumerate(answers)]
    codes = _common([some.codes for some in answers])
    part, told = [], all(len(some.ids) == len(some.person) for some in answers)
    first = 0
    for some in answers:
        numbers = np.unique(some.parts, return_inverse=True)[1].reshape(-1) + first
        first = int(numbers.max(initial=first - 1)) + 1
        part.append(numbers)
    moved = [_moved(some, codes) for some in answers]
    person, truth, scores, keep, seed = (
        np.concatenate([getattr(some, name) for some in moved]) for name in Answers._fields[:5])
    ids = tuple(id for some in answers for id in some.ids) if told else ()
    merit = [some.merit if len(some.merit) else np.full(len(some.person), np.nan, np.float32) for some in answers]
    return Answers(person, truth, scores, keep, seed, ids, codes, np.concatenate(part), np.concatenate(merit))


def _common(each: Sequence[np.ndarray]) -> np.ndarray:
    """The codes that all elements together have."""
    if all(np.array_equal(codes, each[0]) for codes in each):
        return each[0]
    for codes in each:
        values, counts = np.unique(codes, return_counts=True)
        if len(values) < len(codes):
            raise UserError(f"answers over different galleries cannot be joined: {listed(values[counts > 1])} stand "
                            "for several columns", "give one column a person, or the same gallery everywhere")
    return np.unique(np.concatenate(each))


def _moved(answers: Answers, codes: np.ndarray) -> Answers:
    if np.array_equal(answers.codes, codes):
        return answers
    place = np.searchsorted(codes, answers.codes)
    scores = np.full((len(answers.scores), len(codes)), np.nan, np.float32)
    scores[:, place] = answers.scores
    truth = np.where(answers.truth >= 0, place[np.maximum(answers.truth, 0)], UNKNOWN)
    return answers._replace(scores=scores, truth=truth, classes=codes)
