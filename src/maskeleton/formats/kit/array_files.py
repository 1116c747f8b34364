"""array_files: which files of a training set belong together, and what each of its recordings is called."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.kit import npy
from maskeleton.formats.kit.action_numbers import Named, labels_of
from maskeleton.formats.kit.pickles import load
from maskeleton.labels import UNKNOWN, Label

WHOLE = "all"  # the word in a file's name where there is no label `split`
SPLITS = ("train", "val", "test")
_NAME = re.compile(r"(?:(?P<split>.+)_)?data(?:_(?P<stream>\w+))?\.npy")
ENDING = ".skeleton"


class Batch(NamedTuple):
    """One array: an .npy file, or `member` of an .npz archive. Its recordings are numbered from `first`."""

    member: str
    header: npy.Header
    first: int
    names: list[str]
    labels: list[dict[str, Label]]


def stream_of(path: Path) -> str:
    """'joint', 'bone', 'joint_motion', …: what an .npy file holds, by its name."""
    match = _NAME.fullmatch(path.name)
    return (match and match["stream"]) or "joint"


def split_of(path: Path) -> str:
    """'train' of train_data_joint.npy."""
    match = _NAME.fullmatch(path.name)
    return (match["split"] or WHOLE) if match else path.stem


def label_file(path: Path) -> Path:
    """The label pickle that stands beside an .npy file."""
    match = _NAME.fullmatch(path.name)
    return path.with_name(f"{split_of(path)}_label.pkl" if not match or match["split"] else "label.pkl")


def data_files(label: Path) -> list[Path]:
    """The .npy files that a label pickle may belong to."""
    before = label.name.removesuffix("label.pkl")
    return [label.with_name(f"{before}{ending}") for ending in ("data_joint.npy", "data.npy")]


def batches_of(path: Path) -> list[Batch]:
    """The arrays of a file."""
    beside = path if path.suffix.lower() == ".npz" else label_file(path)
    try:
        stamps = [(found.st_size, found.st_mtime_ns) for found in (path.stat(), beside.stat())]
    except FileNotFoundError:
        raise UserError(f"{beside.name} is not beside it",
                        "the labels of X_data_joint.npy are in X_label.pkl: (names, action numbers)") from None
    return _batches(path, beside, tuple(stamps))


@lru_cache(maxsize=4)
def _batches(path: Path, beside: Path, stamps: tuple[tuple[int, int], ...]) -> list[Batch]:
    return _npz_batches(path) if path == beside else [_npy_batch(path, beside)]


def _npy_batch(path: Path, beside: Path) -> Batch:
    with path.open("rb") as stream:
        header = npy.read_header(stream)
    npy.check_shape("the array", header, 5, "f", "(recordings, 3, frames, joints, bodies) of float32")
    _check_sides("the array", header)
    if header.shape[1] != 3:
        raise UserError(f"its points have {header.shape[1]} numbers each: this is no 3-D data", "get the 3-D arrays")
    try:
        names, actions = _names_and_actions(load(beside))
    except UserError as error:
        raise UserError(f"{beside.name}: {error.wrong}", error.remedy) from None
    if not len(names) == len(actions) == header.shape[0]:
        raise UserError(f"{beside.name} has {len(names)} names and {len(actions)} numbers, but the array "
                        f"{header.shape[0]} recordings", "the two files do not belong together")
    return _batch("", header, 0, [name.removesuffix(ENDING) for name in names], actions, split_of(path))


def _names_and_actions(data: object) -> tuple[list[str], list[int]]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise UserError("it is no pair (names, action numbers)", "get the label pickle of the same array")
    names, actions = data
    if isinstance(actions, np.ndarray) and actions.ndim == 1 and actions.dtype.kind in "iu":
        actions = actions.tolist()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UserError("its names are no list of text", "it should hold the pair (names, action numbers)")
    if not isinstance(actions, list | tuple) or not all(
            isinstance(action, int) and UNKNOWN <= action < 2**31 for action in actions):
        raise UserError("its action numbers are no list of numbers from 0", "it should hold (names, action numbers)")
    return list(names), list(actions)


def _npz_batches(path: Path) -> list[Batch]:
    headers = npy.headers_in(path)
    batches: list[Batch] = []
    first = 0
    for split in (split for split in SPLITS if f"x_{split}" in headers):
        header = headers[f"x_{split}"]
        npy.check_shape(f"x_{split}", header, 3, "f", "(recordings, frames, bodies x joints x 3) of float32")
        _check_sides(f"x_{split}", header)
        actions = _actions(path, headers, f"y_{split}", header.shape[0])
        digits = len(str(len(actions)))
        names = [f"{split}-{number:0{digits}d}" for number in range(len(actions))]
        batches.append(_batch(f"x_{split}", header, first, names, actions, split))
        first += len(names)
    if not batches:
        npy.need(headers, "x_train")
    return batches


def _check_sides(name: str, header: npy.Header) -> None:
    if 0 in header.shape[1:]:
        raise UserError(f"{name} has the shape {header.shape}: its recordings hold nothing", npy.CUT)


def _actions(path: Path, headers: dict[str, npy.Header], name: str, recordings: int) -> list[int]:
    """Numbers of actions, from a number or a one in the row of each recording."""
    npy.need(headers, name)
    array = npy.small_arrays(path, headers, [name])[name]
    if array.dtype.kind not in "iufb" or array.ndim not in (1, 2) or array.shape[0] != recordings:
        raise UserError(f"{name} has the shape {array.shape} of {array.dtype} for {recordings} recordings",
                        "expected a number, or a row with one 1, for each recording")
    if array.ndim == 1:
        whole = array.dtype.kind in "iu" and (array >= UNKNOWN).all() and (array < 2**31).all()
        found = array
    else:
        whole = bool(array.size) and ((array == 0) | (array == 1)).all() and (array.sum(1) == 1).all()
        found = array.argmax(1) if array.shape[1] else array
    if not whole and recordings:
        raise UserError(f"{name} holds what is no number of an action", "expected rows with one 1, or numbers from 0")
    numbers: list[int] = found.tolist()
    return numbers


def _batch(member: str, header: npy.Header, first: int, names: list[str], actions: Sequence[int],
           split: str) -> Batch:
    told = labels_of([Named(name, action) for name, action in zip(names, actions, strict=True)])
    extra: dict[str, Label] = {} if split == WHOLE else {"split": split}
    return Batch(member, header, first, names, [labels | extra for labels in told])
