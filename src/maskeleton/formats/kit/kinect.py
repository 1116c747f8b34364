"""What the two Kinect formats share: bodies found row by row become slots, and columns of numbers become text."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.motion import MISSING, Motion
from maskeleton.skeleton import KINECT25, recognize_plan

JOINTS = len(KINECT25.joints)
CUT = "the file is damaged or of another kind: get it again, or leave it out"
SPARSE = 20  # empty places for each body found, beyond which a recording is refused: they would fill the memory
LEAST_ROOM = 10_000
_WORDS_FOR_NONE = (b"nan", b"inf", b"1.#", b"\xe2\x88\x9e")  # as C, Java and .NET write what is no number


class Rows(NamedTuple):
    """One row for each body in each frame, as a file lists them."""

    frame: Sequence[int]
    body: Sequence[int]
    positions: np.ndarray  # (rows, J, 3) float32
    tracked: np.ndarray  # (rows, J) uint8
    fields: dict[str, np.ndarray]  # each (rows, ...)


def in_slots(rows: Rows, frames: int) -> Motion:
    """The recording these rows make: a slot for each body, in order of first appearance; NaN where nobody is."""
    slot, slots = slots_of(rows.frame, rows.body)
    if frames * slots > LEAST_ROOM + SPARSE * len(slot):
        raise UserError(f"{slots} bodies share {frames} frames, but only {len(slot)} of these places are filled",
                        "cut the recording into shorter ones")
    finite = np.isfinite(rows.positions).all(-1)
    if not finite.all():
        rows.positions[~finite] = np.nan
        rows.tracked[~finite] = MISSING
    if slots == 1 and len(slot) == frames:
        everything = {name: column[:, None] for name, column in rows.fields.items()}
        return Motion(rows.positions[:, None], np.ones((frames, 1), bool), rows.tracked[:, None], {}, "",
                      fields=everything)
    places = (np.asarray(rows.frame, np.intp), np.asarray(slot, np.intp))
    present = np.zeros((frames, slots), bool)
    present[places] = True
    spread = {name: _spread(column, places, frames, slots, 0) for name, column in rows.fields.items()}
    return Motion(_spread(rows.positions, places, frames, slots, np.nan), present,
                  _spread(rows.tracked, places, frames, slots, MISSING), {}, "", fields=spread)


def slots_of(frames: Iterable[int], bodies: Iterable[int]) -> tuple[list[int], int]:
    """Each row's slot, and how many there are; a second body of the same id in one frame is another body."""
    slots: dict[tuple[int, int], int] = {}
    twins: dict[int, int] = {}
    current = -1
    found = []
    for frame, body in zip(frames, bodies, strict=True):
        if frame != current:
            twins.clear()
            current = frame
        twin = twins[body] = twins.get(body, -1) + 1
        found.append(slots.setdefault((body, twin), len(slots)))
    return found, len(slots)


def _spread(column: np.ndarray, places: tuple[np.ndarray, np.ndarray], frames: int, slots: int,
            empty: float) -> np.ndarray:
    whole = np.full((frames, slots, *column.shape[1:]), empty, column.dtype)
    whole[places] = column
    return whole


def float32(column: np.ndarray) -> np.ndarray:
    """As float32; what is too large becomes infinite without a word (and is then no position)."""
    with np.errstate(over="ignore"):
        return column.astype(np.float32)


def tracking_states(numbers: np.ndarray) -> np.ndarray:
    """Tracking states, which are 0, 1 or 2; what is no number is 0. ValueError where one is something else."""
    known = (numbers == 0) | (numbers == 1) | (numbers == 2)
    if not known.all():
        wrong = numbers[~known & ~np.isnan(numbers)]
        if len(wrong):
            raise ValueError(f"a tracking state is {wrong[0]:g}, expected 0, 1 or 2")
        numbers = np.where(known, numbers, 0)
    return numbers.astype(np.uint8)


def number(word: bytes) -> float:
    """A number as files write it; NaN for every spelling of 'none'. ValueError where it is none of these."""
    try:
        if b"_" in word:  # Python alone takes 1_000 for a number
            raise ValueError
        return float(word)
    except ValueError:
        if word.lower().lstrip(b"+-").startswith(_WORDS_FOR_NONE):
            return float("nan")
        raise ValueError(f"{shown(word)} is no number") from None


def whole_number(word: bytes, bits: int = 64) -> int:
    """A whole number of so many bits, signed. ValueError where it is none."""
    digits = word[1:] if word[:1] in (b"-", b"+") else word
    if not digits.isdigit() or len(digits) > 20 or not -(2 ** (bits - 1)) <= int(word) < 2 ** (bits - 1):
        raise ValueError(f"{shown(word)} is no whole number of {bits} bits")
    return int(word)


def shown(word: bytes) -> str:
    """A word of a damaged file, fit to be printed."""
    text = word[:24].decode("ascii", "backslashreplace")
    return repr(text + ("…" if len(word) > 24 else "")).replace("\\\\x", "\\x")


def require_text(data: bytes) -> bytes:
    """The bytes of a text file without the mark some programs begin it with; a UserError if it is another encoding."""
    if not data.strip():
        raise UserError("line 1: the file is empty", CUT)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:64]:
        raise UserError("line 1: this is no plain text (UTF-16 or binary)", "save it as plain text (UTF-8)")
    return data.removeprefix(b"\xef\xbb\xbf")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def told_fields(motion: Motion, places: tuple[np.ndarray, ...],
                shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """A motion's fields of these shapes where its bodies are: one row a body."""
    return {name: motion.fields[name][places] for name, shape in shapes.items()
            if name in motion.fields and motion.fields[name].shape[2:] == shape}


def number_lines(columns: Sequence[np.ndarray], delimiter: str) -> list[bytes]:
    """Rows of numbers as lines of text, each number in the fewest digits that give back the same float32."""
    import pyarrow
    from pyarrow import csv

    if not len(columns[0]):
        return []
    table = pyarrow.Table.from_arrays([pyarrow.array(column) for column in columns],
                                      names=[str(place) for place in range(len(columns))])
    text = io.BytesIO()
    csv.write_csv(table, text, csv.WriteOptions(include_header=False, delimiter=delimiter))
    return text.getvalue().splitlines()


def require_kinect25(dataset: MotionDataset, format: str) -> None:
    """A UserError unless the dataset's joints are the 25 of a Kinect v2."""
    if recognize_plan(dataset.skeleton.joints) != KINECT25:
        plan = dataset.skeleton
        raise UserError(f"{format} files hold the 25 joints of kinect25; here are {len(plan.joints)} ({plan.name})",
                        "choose --skeleton kinect25, or write to another format, such as npz")


def names_from_labels(dataset: MotionDataset, letters: dict[str, str], between: str) -> list[str]:
    """A file name for each recording, such as S001C002P003R002A013, from the labels that `letters` gives letters to.

    A label with names is written as its code + 1, a number as it is. What the labels do not say is taken from the
    recording's id, if that is such a name already; else a subject or an action is missed, anything else is 1.
    """
    names = []
    for place, id in enumerate(dataset.ids):
        old = numbers_in_name(id.rsplit("/", 1)[-1], letters, between, strict=True)
        parts = [f"{letter}{_number(dataset, place, label, old):03d}" for label, letter in letters.items()]
        names.append(between.join(parts))
    taken: dict[str, str] = {}
    for name, id in zip(names, dataset.ids, strict=True):
        if name in taken:
            raise UserError(f"recordings {taken[name]!r} and {id!r} would both be named {name}",
                            f"give them labels that differ ({listed(letters)}), or write to npz")
        taken[name] = id
    return names


def numbers_in_name(name: str, letters: dict[str, str], between: str, strict: bool = False) -> dict[str, int]:
    """{'setup': 1, …} from a name that begins as S001…, or (strict) is no longer than that; else nothing."""
    pattern = re.escape(between).join(f"{letter}([0-9]{{3}})" for letter in letters.values())
    found = re.match(pattern + ("$" if strict else "(?![0-9])"), name, re.ASCII if strict else re.IGNORECASE)
    return dict(zip(letters, map(int, found.groups()), strict=True)) if found else {}


def _number(dataset: MotionDataset, place: int, label: str, old: dict[str, int]) -> int:
    code = int(dataset.labels[label][place]) if label in dataset.labels else -1
    if code < 0:
        code = old.get(label, -1 if label in ("subject", "action") else 1)
    elif label in dataset.names:
        code += 1
    if not 0 <= code <= 999:
        fault = f"has no {label}" if code < 0 else f"has the {label} {code}"
        raise UserError(f"recording {dataset.ids[place]!r} {fault}, and its file is to be named by that",
                        f"give every recording a {label} from 0 to 999, or write to another format, such as npz")
    return code
