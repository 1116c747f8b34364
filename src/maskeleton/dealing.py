"""Dealing recordings into groups to be tested in turn: by person, by take, by a label's values, by an official list."""

from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.labels import UNKNOWN
from maskeleton.protocols import PROTOCOLS, number_in, official
from maskeleton.seeds import generator

IDENTITY = "subject"
USUAL = 4  # groups where nothing else decides: three quarters train, one quarter is tested
EACH_ITS_OWN = ("camera", "repetition")  # labels of which every value is a group
NOBODY_IN_BOTH = ("no subject is in both halves, so none could be recognized", "split by camera or take instead")
LAST_FIRST = ("repetition",)  # labels of which the last value is tested first


class Design(NamedTuple):
    """What a split must know of the recordings, one row each, in the order of their ids: file order does not matter."""

    dataset: MotionDataset
    label: str
    rows: np.ndarray  # the recording's index
    target: np.ndarray  # code of the label
    person: np.ndarray  # 0 … people − 1; all 0 where nobody is named
    action: np.ndarray  # the kept label, 0 … ; all 0 where there is none
    camera: np.ndarray
    take: np.ndarray
    motion: np.ndarray  # equal numbers are equal motion
    people: bool  # whether people are named
    attribute: bool  # whether each person has one value only
    notes: tuple[str, ...]

    @property
    def identity(self) -> bool:
        return self.label == IDENTITY

    def where(self, mask: np.ndarray) -> "Design":
        columns = ("rows", "target", "person", "action", "camera", "take", "motion")
        return self._replace(**{column: getattr(self, column)[mask] for column in columns})

    def said(self, label: str, mask: np.ndarray, most: int = 5) -> str:
        """The values of a label on some rows, in words."""
        rows = self.rows[mask]
        first = np.unique(self.dataset.labels[label][rows], return_index=True)[1]
        return listed((self.dataset.text(label, int(rows[row])) for row in first), most)


class Groups(NamedTuple):
    """The group of each row of a design, −1 for none; groups 0 … tested − 1 are to be tested in turn."""

    of: np.ndarray
    tested: int
    by: str
    fixed: bool = False  # an official list: taken as it is
    notes: tuple[str, ...] = ()


def design_of(dataset: MotionDataset, label: str, keep: str = "action") -> Design:
    """The design of a dataset's recordings as far as a split for `label` needs it; refuses what has no answer."""
    if label not in dataset.labels:
        raise UserError(f"no recording has a label {label!r}", f"there are: {listed(dataset.labels) or 'none'}")
    people = IDENTITY in dataset.labels
    needed = [label, IDENTITY] if people and label != IDENTITY else [label]
    known = np.all([dataset.labels[name] != UNKNOWN for name in needed], 0)
    rows = np.argsort(np.array(dataset.ids, dtype=str), kind="stable")
    rows = rows[known[rows]]

    def codes(name: str) -> np.ndarray:
        return numbered(dataset.labels[name][rows] if name in dataset.labels else np.zeros(len(rows), np.int64))

    person, target, action = codes(IDENTITY), codes(label), codes(keep if keep != label else "")
    attribute = people and label != IDENTITY and len(np.unique(numbered(person, target))) == len(np.unique(person))
    lost = len(dataset) - len(rows)
    notes = (f"{lost} recordings without a known {' or '.join(needed)} are left out",) if lost else ()
    design = Design(dataset, label, rows, target, person, action, codes("camera"),
                    numbered(dataset.takes[rows], person, action),
                    numbered(np.array(dataset.motion_hashes, dtype=str)[rows]), people, attribute, notes)
    if people and label != IDENTITY and len(rows) and person.max() < 1:
        raise UserError(f"there is one person only: {design.said(IDENTITY, person == 0)}", "a split needs at least two")
    if not len(rows) or target.max() < 1:
        there = f"one value only: {design.said(label, target == 0)}" if len(rows) else "no known value"
        raise UserError(f"label {label!r} has {there}", "a split needs at least two to tell apart")
    return design


def deal(design: Design, by: str | None, folds: int | None, seed: int, parts: int | None = None) -> Groups:
    """Groups of a design by what `by` names; `parts` is how many there should be, where nothing else decides."""
    if folds is not None and folds < 1:
        raise UserError(f"there cannot be {folds} folds", "ask for 1 or more")
    by = by or ("take" if design.identity else "person")
    wanted = parts or (folds if folds and folds > 1 else USUAL)
    if by in PROTOCOLS:
        of, notes = official(design.dataset, by)
        groups = Groups(of[design.rows], 1, by, True, tuple(notes))
    elif by in ("person", IDENTITY):
        groups = _by_person(design, wanted, folds, seed)
    elif by == "take":
        groups = Groups(_by_take(design, wanted, seed), folds or 1, by)
    elif by.partition(":")[0] in design.dataset.labels:
        groups = _by_label(design, by, parts, folds, seed)
    else:
        ways = dict.fromkeys(["person", "take", *design.dataset.labels, *PROTOCOLS])
        ways.pop(design.label, None)
        raise UserError(f"there is no split by {by!r}", f"there are: {listed(ways, 40)}")
    return _checked(groups, folds)


def _by_person(design: Design, wanted: int, folds: int | None, seed: int) -> Groups:
    """People in random order, class after class, dealt like cards: every group gets its share of every class."""
    if design.identity:
        raise UserError(*NOBODY_IN_BOTH)
    if not design.people:
        raise UserError("nobody is named: the recordings have no label 'subject'",
                        "split by take, or say how labels are read from file names with --pattern")
    people, first = np.unique(design.person, return_index=True)
    value = design.target[first] if design.attribute else np.zeros(len(people), np.int64)
    sizes = np.bincount(value)
    most = int(sizes[sizes > 0].min())
    if design.attribute and most < 2:
        alone = np.isin(design.target, np.flatnonzero(sizes == 1))
        raise UserError(f"only one person each has the {design.label} {design.said(design.label, alone)}, "
                        "so it would be missing in one half", "put the values into bands of several people each")
    if folds and folds > 1 and folds > most:
        raise UserError(f"{folds} folds by person need {folds} people" + (" of each value" if design.attribute else "")
                        + f", but there are {most}", f"ask for at most {most} folds")
    groups = min(wanted, most)
    order = np.lexsort((generator(seed, "split", "person", design.label).permutation(len(people)), value))
    of = np.empty(people.max() + 1, np.int64)
    of[people[order]] = np.arange(len(people)) % groups
    return Groups(of[design.person], folds or groups, "person")


def _by_take(design: Design, wanted: int, seed: int) -> np.ndarray:
    """A person's takes of an action go round the groups, beginning at the action's own one: with one take of each
    action whole actions are held out. For identity that place is the same for everybody, and what is incomplete goes
    to group 0 first, which is tested first: so the others lose little when training is balanced.
    """
    takes, first, sizes = np.unique(design.take, return_index=True, return_counts=True)
    action = numbered(design.action[first])
    turn = numbered(design.person[first], action)  # a person's takes of one action
    order = np.lexsort((takes, sizes, turn))
    place = np.empty(len(takes), np.int64)
    place[order] = places(turn[order])
    lengths = np.bincount(turn)
    random = generator(seed, "split", "take", design.label)
    if design.identity:
        action_of = np.empty(len(lengths), np.int64)
        action_of[turn] = action
        usual = _middles(lengths, action_of)
        start = _starts(np.bincount(action_of), wanted, random)[action]
        whole = np.maximum(usual[action], lengths[turn])
        place = _after_first_group(place + whole - lengths[turn], whole, start, wanted)
    else:
        start = random.permutation(len(lengths))[turn]
    of = np.zeros(takes.max() + 1, np.int64)
    of[takes] = (place + start) % wanted
    return np.asarray(of[design.take])


def _middles(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The middle value of each of 0, 1, 2 …"""
    order = np.lexsort((values, of))
    counts = np.bincount(of)
    return np.asarray(values[order][counts.cumsum() - counts + (counts - 1) // 2])


def _starts(people: np.ndarray, wanted: int, random: np.random.Generator) -> np.ndarray:
    """Where each action's round begins: evenly spread and by lot, but what not everybody does begins at group 0."""
    actions = np.lexsort((random.permutation(len(people)), people == people.max()))
    slots = np.arange(len(people)) % wanted
    start = np.empty(len(people), np.int64)
    start[actions] = slots[np.argsort(slots != 0, kind="stable")]
    return start


def _after_first_group(nth: np.ndarray, whole: np.ndarray, start: np.ndarray, wanted: int) -> np.ndarray:
    """The place of the nth take of a round of so many, if the places that fall to group 0 are filled first."""
    first = -start % wanted
    inside = np.maximum(-(-(whole - first) // wanted), 0)
    rest = nth - inside
    beyond = np.maximum(rest - first, 0)
    outside = np.where(rest < first, rest, first + 1 + beyond + beyond // max(wanted - 1, 1))
    return np.asarray(np.where(nth < inside, first + nth * wanted, outside))


def _by_label(design: Design, by: str, parts: int | None, folds: int | None, seed: int) -> Groups:
    """The values of a label: those named after a colon train and the others are tested, or they go round the groups."""
    label, _, values = by.partition(":")
    if label == design.label:
        raise UserError(f"no {label} is in both halves, so none could be recognized",
                        NOBODY_IN_BOTH[1] if design.identity else "split by person or take instead")
    codes = design.dataset.labels[label][design.rows].astype(np.int64)
    there = np.unique(codes[codes != UNKNOWN])
    if values:
        trains = _named(design, label, there, values)
        return Groups(np.where(codes == UNKNOWN, -1, np.isin(codes, trains).astype(np.int64)), 1, by)
    if len(there) < 2:
        raise UserError(f"label {label!r} has one value only", f"a split by {label} needs at least two")
    most = len(there) if label in EACH_ITS_OWN and not parts else min(len(there), parts or max(folds or 1, USUAL))
    if label in LAST_FIRST:
        there = there[::-1]
    elif label not in EACH_ITS_OWN:
        there = generator(seed, "split", label).permutation(there)
    group = dict(zip(there.tolist(), (np.arange(len(there)) % most).tolist(), strict=True)) | {UNKNOWN: -1}
    values_there, inverse = np.unique(codes, return_inverse=True)
    return Groups(np.array([group[value] for value in values_there.tolist()])[inverse], folds or 1, by)


def _named(design: Design, label: str, there: np.ndarray, values: str) -> list[int]:
    """The codes meant by '1,2', '1-3' or 'P001,P002': by name, else by the number in it."""
    names = design.dataset.names.get(label)
    text = {names[code] if names else str(code): code for code in there.tolist()}
    number = {number_in(word): code for word, code in text.items()}
    meant: list[int] = []
    for word in values.split(","):
        low, _, high = word.strip().partition("-")
        if word.strip() in text:
            found = [text[word.strip()]]
        elif low.isdecimal() and (high.isdecimal() or not high):
            found = [code for value, code in number.items() if int(low) <= value <= int(high or low)]
        else:
            found = []
        if not found:
            raise UserError(f"no recording has the {label} {word.strip()!r}", f"there are: {listed(text, 40)}")
        meant += found
    if len(set(meant)) == len(there):
        raise UserError(f"every {label} would train and none would be tested", f"name some of: {listed(text, 40)}")
    return meant


def _checked(groups: Groups, folds: int | None) -> Groups:
    sizes = np.bincount(groups.of[groups.of >= 0], minlength=max(groups.tested, 1))
    filled = int((sizes > 0).sum())
    if filled < 2:
        raise UserError(f"by {groups.by} all recordings would stand in one half", "name another split")
    most = 1 if groups.fixed or ":" in groups.by else filled
    if (folds or groups.tested) > most:
        raise UserError(f"by {groups.by} there can be no {folds} folds", f"ask for at most {most}")
    return groups


def numbered(*columns: np.ndarray) -> np.ndarray:
    """0, 1, 2 … for each different combination, in their order."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        inverse = np.unique(column, return_inverse=True)[1].reshape(-1).astype(np.int64)
        code = np.unique(code * (inverse.max(initial=0) + 1) + inverse, return_inverse=True)[1].reshape(-1)
    return code


def places(sorted_keys: np.ndarray) -> np.ndarray:
    """0, 1, 2 … within each stretch of equal keys."""
    starts = np.flatnonzero(np.diff(sorted_keys, prepend=sorted_keys[:1] - 1))
    lengths = np.diff(starts, append=len(sorted_keys))
    return np.arange(len(sorted_keys)) - np.repeat(starts, lengths)
