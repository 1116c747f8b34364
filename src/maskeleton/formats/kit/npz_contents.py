"""npz_contents: what an npz holds beside its coordinates (plan, rate, runs, labels), checked once and kept small."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError, listed
from maskeleton.formats.kit import npy
from maskeleton.formats.source import Options
from maskeleton.labels import UNKNOWN
from maskeleton.skeleton import PLANS, Skeleton, parents_of, recognize_plan

RUN_ARRAYS = ("recording", "slot", "start")
PLAN_ARRAYS = ("joint_names", "edges", "skeleton", "roles")
KNOWN = ("coords", "lengths", "fps", "name", "frames", "slots", "tracked", *RUN_ARRAYS, *PLAN_ARRAYS)
MOST_JOINTS = 1000


class Contents(NamedTuple):
    """Everything of an archive but its coordinates: where each recording's rows are, and its labels."""

    headers: dict[str, npy.Header]
    ids: np.ndarray
    first_run: np.ndarray  # (recordings + 1)
    slot: np.ndarray  # of each run, as `start` and `row`
    start: np.ndarray
    row: np.ndarray  # (runs + 1)
    frames: np.ndarray  # of each recording, as `slots`
    slots: np.ndarray
    labels: dict[str, np.ndarray]
    names: dict[str, np.ndarray]


def contents_of(path: Path) -> Contents:
    found = path.stat()
    return _contents(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=2)
def _contents(path: Path, size: int, changed: int) -> Contents:
    headers = npy.headers_in(path)
    npy.need(headers, "coords", "lengths")
    coords = headers["coords"]
    npy.check_shape("coords", coords, 3, "f", "(sum of lengths, joints, 3) of float32")
    if coords.shape[2] != 3 or not 0 < coords.shape[1] <= MOST_JOINTS:
        raise UserError(f"coords has the shape {coords.shape}, expected (sum of lengths, joints, 3)",
                        f"joints are points in space, at most {MOST_JOINTS} of them; 2-D joints are not read")
    if "tracked" in headers:
        npy.check_shape("tracked", headers["tracked"], 2, "iub", "(sum of lengths, joints) of uint8")
        if headers["tracked"].shape != coords.shape[:2]:
            raise UserError(f"tracked has the shape {headers['tracked'].shape}, but coords {coords.shape}", npy.CUT)
    many = _recordings(headers)
    wanted = [name for name in headers if _is_label(name, headers, many)]
    counted = ("lengths", "name", "frames", "slots", *RUN_ARRAYS)
    arrays = npy.small_arrays(path, headers, [*wanted, *(name for name in counted if name in headers)])
    return _checked(headers, arrays, many)


def _recordings(headers: dict[str, npy.Header]) -> int:
    """How many recordings there are: as many as ids or frames; without runs, as many as lengths."""
    for name in ("name", "frames", "slots") if "recording" in headers else ("lengths",):
        if name in headers:
            return headers[name].entries
    raise UserError("it has runs (recording), but neither name nor frames says how many recordings there are",
                    "add name: the recordings' ids")


def _is_label(name: str, headers: dict[str, npy.Header], many: int) -> bool:
    shape = headers[name].shape
    if name in KNOWN or len(shape) != 1:
        return False
    if name.endswith("_names"):
        label = name.removesuffix("_names")
        return label not in KNOWN and (label in headers or shape[0] == many)
    if shape[0] != many:
        raise UserError(f"{name} has {shape[0]} entries for {many} recordings",
                        "a label has one entry a recording; leave out what is none")
    return True


def _checked(headers: dict[str, npy.Header], arrays: dict[str, np.ndarray], many: int) -> Contents:
    lengths = _whole_numbers(arrays, "lengths", headers["lengths"].entries)
    if sum(lengths.tolist()) != headers["coords"].shape[0]:
        raise UserError(f"lengths add up to {sum(lengths.tolist())}, but coords has {headers['coords'].shape[0]} rows",
                        "one length a recording (a run, where there are runs), in the order of coords")
    runs = {name: _whole_numbers(arrays, name, len(lengths)) for name in RUN_ARRAYS if name in arrays}
    if runs and len(runs) < len(RUN_ARRAYS):
        raise UserError(f"it has {listed(runs)}, but not all of {listed(RUN_ARRAYS)}", "runs need all three")
    recording = runs.get("recording", np.arange(many))
    slot, start = (runs.get(name, np.zeros(many, np.int64)) for name in ("slot", "start"))
    if len(recording) and ((np.diff(recording) < 0).any() or recording[-1] >= many):
        raise UserError(f"recording is not sorted, or names one beyond the {many} there are",
                        "sort the runs and their coords by recording; recordings are counted from 0")
    frames, slots = np.zeros(many, np.int64), np.ones(many, np.int64)
    np.maximum.at(frames, recording, start + lengths)
    np.maximum.at(slots, recording, slot + 1)
    if "frames" in arrays:
        frames = np.maximum(frames, _whole_numbers(arrays, "frames", many))
    if "slots" in arrays:
        slots = np.maximum(slots, _whole_numbers(arrays, "slots", many))
    labels = {name: array for name, array in arrays.items() if name not in KNOWN}
    names = {name.removesuffix("_names"): labels.pop(name) for name in list(labels)
             if name.endswith("_names") and name.removesuffix("_names") in labels}
    ids = arrays.get("name", np.zeros(0, "U1"))
    if ids.dtype.kind != "U" or ids.shape not in ((many,), (0,)):
        raise UserError(f"name has the shape {ids.shape} of {ids.dtype}, expected {many} texts", "one id a recording")
    return Contents(headers, ids, np.searchsorted(recording, np.arange(many + 1)), slot, start,
                    np.concatenate([[0], lengths.cumsum()]), frames, slots,
                    {label: _codes(label, codes, names) for label, codes in labels.items()}, names)


def _whole_numbers(arrays: dict[str, np.ndarray], name: str, count: int) -> np.ndarray:
    array = arrays[name]
    if array.shape != (count,) or array.dtype.kind not in "iu":
        raise UserError(f"{name} has the shape {array.shape} of {array.dtype}, expected {count} whole numbers", npy.CUT)
    if len(array) and not 0 <= int(array.min()) <= int(array.max()) < 2**40:
        wrong = int(array.min()) if int(array.min()) < 0 else int(array.max())
        raise UserError(f"{name} has the number {wrong}", "counts begin at 0")
    return array.astype(np.int64)


def _codes(label: str, codes: np.ndarray, names: dict[str, np.ndarray]) -> np.ndarray:
    """A label's entries as text, or as whole numbers that are within their names."""
    if codes.dtype.kind == "U":
        return codes
    if codes.dtype.kind == "f":
        codes = np.where(np.isnan(codes), UNKNOWN, codes)
        odd = codes[~np.isfinite(codes) | (codes != np.floor(codes))]
        if len(odd):
            raise UserError(f"label {label} has numbers that are not whole, such as {odd[0]:g}",
                            "labels are classes: sort it into bands (0, 1, 2 …) and name them, or leave it out")
    if label in names and names[label].dtype.kind != "U":
        raise UserError(f"{label}_names holds {names[label].dtype}, expected text", "numpy.array([…]) of str")
    most = len(names[label]) if label in names else 2**31
    if len(codes) and not -1 <= codes.min() <= codes.max() < most:
        wrong = int(codes.min() if codes.min() < -1 else codes.max())
        raise UserError(f"label {label} has the number {wrong}, expected −1 (unknown) to {most - 1}",
                        f"{label}_names has {most} entries" if label in names else "number classes from 0")
    return codes.astype(np.int64)


# ── plan and rate ────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_of(arrays: dict[str, np.ndarray], joints: int, options: Options) -> Skeleton:
    if "joint_names" not in arrays:
        if options.skeleton and len(options.skeleton.joints) == joints:
            return options.skeleton
        raise UserError(f"it has no joint_names for its {joints} joints", f"give a plan of {joints} with --skeleton")
    words = _texts(arrays, "joint_names")
    if len(words) != joints:
        raise UserError(f"it has {len(words)} joint_names for {joints} joints", "one name a joint")
    parents = None
    if "edges" in arrays:
        edges = arrays["edges"]
        if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "iu":
            raise UserError(f"edges have the shape {edges.shape} of {edges.dtype}", "edges are (parent, child) pairs")
        parents = parents_of(edges.tolist(), joints)
    said = "".join(_texts(arrays, "skeleton")[:1]) if "skeleton" in arrays else ""
    found = recognize_plan(words, parents)
    if found and (said in PLANS or not said):
        return found
    if parents is None:
        raise UserError("it has no edges, and its joints are of no plan known here",
                        "give the plan with --skeleton, or add edges: (parent, child) pairs")
    return Skeleton.of(said or f"custom{joints}", words, parents, _roles(arrays))


def _roles(arrays: dict[str, np.ndarray]) -> dict[str, int | str]:
    pairs = _texts(arrays, "roles") if "roles" in arrays else []
    return dict(zip(pairs[::2], pairs[1::2], strict=False))


def _texts(arrays: dict[str, np.ndarray], name: str) -> list[str]:
    if arrays[name].dtype.kind != "U":
        raise UserError(f"{name} holds {arrays[name].dtype}, expected text", "numpy.array([…]) of str")
    return [str(word) for word in arrays[name].ravel().tolist()]


def rate_of(arrays: dict[str, np.ndarray], options: Options) -> float:
    rates = np.unique(arrays["fps"]) if "fps" in arrays and arrays["fps"].dtype.kind in "fiu" else np.zeros(0)
    if len(rates) > 1:
        raise UserError(f"its recordings are of several rates: {listed(rates.tolist(), 4)}", "save each rate by itself")
    rate = float(rates[0]) if len(rates) else options.fps or 0.0
    if not 0 < rate <= 10_000:
        raise UserError(f"it says {rate:g} frames a second" if len(rates) else "it does not say its frames a second",
                        "write it as fps, or give it with --fps")
    return rate
