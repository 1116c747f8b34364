"""Mask: an anonymizer as it was trained, or as it comes, with what it needs to treat a recording: what MODEL/ holds."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.checkpoint import FITS, read_curves, read_page, trained_on, weights_hash, with_weights, words, write
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed, pick
from maskeleton.normalize import normalize
from maskeleton.skeleton import KINECT25, Skeleton, recognize_plan

OTHER_RATE = 0.05  # frames a second may differ by so much: 30 and 31 are one
MOST_STRENGTH = 1000.0
RAW = "none"  # the chain of an anonymizer that takes recordings as they are


class Place(NamedTuple):
    """Where the population usually stands, and how it is turned: normalized = rotation · (as filmed − centre)."""

    centre: tuple[float, float, float]
    rotation: tuple[tuple[float, float, float], ...]


HERE = Place((0.0, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


@dataclass(frozen=True)
class Mask:
    """An anonymizer, what it reads, and what it was made from."""

    net: Anonymizer
    name: str  # on the shelf of anonymizers
    chain: str = RAW  # how recordings are normalized before, and put back after
    frames: int = 1  # how many it was shown at a time
    fill: str = "resample"
    place: Place = HERE
    keep: list[str] = field(default_factory=list)  # labels
    hide: list[str] = field(default_factory=list)
    trained_on: dict[str, Any] = field(default_factory=lambda: {"content_id": "", "hashes": [], "checked": []})
    lineage: list[str] = field(default_factory=list)  # hashes of every network that took part in making it
    curves: list[dict[str, float]] = field(default_factory=list)

    @cached_property
    def hash(self) -> str:
        """A name for the weights."""
        return weights_hash(self.net.state_dict())


def named(name: str, skeleton: Skeleton, options: Mapping[str, Any], dataset: MotionDataset | None = None) -> Mask:
    """An anonymizer from the shelf that nobody has to train; one that must know the population learns it from a dataset.
    """
    net = built_of(name, skeleton, options)
    if learns(net):
        raise UserError(f"{name} must be trained first", f"maskeleton train DATA MODEL/ --anonymizer {name}, then "
                        "--with MODEL/")
    if dataset is None or not must_know(net):
        return Mask(net.eval(), name)
    net.prepare(dataset)
    return Mask(net.eval(), name, trained_on=trained_on(dataset, range(len(dataset))))


def learns(net: Anonymizer) -> bool:
    """Has it weights that are to be trained?"""
    return any(True for _ in net.parameters())


def must_know(net: Anonymizer) -> bool:
    """Is there anything that it must know of the population?"""
    return type(net).prepare is not Anonymizer.prepare


def only_prepares(name: str) -> bool:
    """Is there nothing that an anonymizer of this name learns, but of the population?"""
    with torch.device("meta"):
        net = built_of(name, KINECT25, {})
    return must_know(net) and not learns(net)


def built_of(name: str, skeleton: Skeleton, options: Mapping[str, Any]) -> Anonymizer:
    """An anonymizer with these of its options changed."""
    network = pick(name, ANONYMIZERS, "anonymizer")
    known = usual_options(name)
    for key in options:
        if key not in known:
            raise UserError(f"there is no option {key!r} for {name}", f"there are: {listed(known) or 'none'}")
    return network(skeleton, **options)


def usual_options(name: str) -> dict[str, Any]:
    """What an anonymizer can be built with, and what it takes without being told."""
    found: dict[str, Any] = {}
    for part in pick(name, ANONYMIZERS, "anonymizer").__mro__:
        if "__init__" not in vars(part):
            continue
        given = inspect.signature(part).parameters.values()
        found = {each.name: each.default for each in given if each.kind is inspect.Parameter.KEYWORD_ONLY} | found
        if all(each.kind is not inspect.Parameter.VAR_KEYWORD for each in given):
            break  # what those above it can be told, it cannot
    return {key: value for key, value in found.items() if key not in ANONYMIZERS[name].found_out}


def usual_place(dataset: MotionDataset, chain: str) -> Place:
    """Where the people of a dataset usually stand, and how they are turned: the middle one of many."""
    if chain == RAW:
        return HERE
    centres, turns = [], []
    for motion in dataset:
        _, undo = normalize(chain, motion, dataset.skeleton)
        if undo.centre is not None and undo.rotation is not None:
            centres.append(np.median(undo.centre, 0))
            turns.append(undo.rotation)
    middle, mean = np.median(centres, 0), np.mean(turns, 0)
    left, _, right = np.linalg.svd(mean)
    turn = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right  # the rotation nearest to the mean of all
    x, y, z = middle.tolist()
    return Place((x, y, z), tuple((a, b, c) for a, b, c in turn.tolist()))


def save(mask: Mask, folder: Path | str) -> None:
    """Write MODEL/."""
    page = {"kind": "anonymizer", "name": mask.name, "options": mask.net.options, "chain": mask.chain,
            "skeleton": mask.net.skeleton.to_dict(), "frames": mask.frames, "fill": mask.fill,
            "strength": mask.net.strength, "place": mask.place._asdict(), "keep": mask.keep, "hide": mask.hide, "hash": mask.hash,
            "trained_on": mask.trained_on, "lineage": mask.lineage}
    write(Path(folder), mask.net, page, mask.curves)


def load(folder: Path | str, device: torch.device | str = "cpu") -> Mask:
    """The anonymizer in MODEL/. Whatever is wrong with the files, it says so in a sentence."""
    folder = Path(folder)
    page = read_page(folder, _FITS)
    skeleton = Skeleton.from_dict(page["skeleton"])
    net = with_weights(folder, page, lambda: ANONYMIZERS[page["name"]](skeleton, **page["options"]))
    net.strength = _strength(folder, page)
    place = Place(tuple(page["place"]["centre"]), tuple(tuple(row) for row in page["place"]["rotation"]))
    return Mask(net.to(device).eval(), page["name"], page["chain"], page["frames"], page["fill"], place, page["keep"],
                page["hide"], page["trained_on"], page["lineage"], read_curves(folder))


def _strength(folder: Path, page: Mapping[str, Any]) -> float:
    """How strongly it is used unless something else is said; older pages do not say."""
    value = page.get("strength", 1.0)
    if type(value) not in (int, float) or not 0 <= value <= MOST_STRENGTH:
        raise UserError(f"{folder}: a strength of {value!r} makes no sense", "train it again, or take the folder that it wrote")
    return float(value)


def _place(value: Any) -> bool:
    """A point not too far away, and a rotation."""
    if not (isinstance(value, dict) and isinstance(value.get("centre"), list) and _rows(value.get("rotation"))):
        return False
    numbers = [*value["centre"], *(one for row in value["rotation"] for one in row)]
    if len(numbers) != 12 or not all(type(one) in (int, float) and abs(one) < 1e4 for one in numbers):
        return False
    turn = np.array(numbers[3:], np.float64).reshape(3, 3)
    return bool(np.abs(turn @ turn.T - np.eye(3)).max() < 1e-3 and np.linalg.det(turn) > 0)


def _rows(value: Any) -> bool:
    return isinstance(value, list) and [isinstance(row, list) and len(row) for row in value] == [3, 3, 3]


_FITS: dict[str, Callable[[Any], bool]] = FITS | {
    "kind": lambda value: value == "anonymizer",
    "name": lambda value: isinstance(value, str) and value in ANONYMIZERS,
    "place": _place,
    "keep": words,
    "hide": words,
}


def refuse_other_plans(mask: Mask, dataset: MotionDataset) -> None:
    """A UserError where a dataset's joints are not those the anonymizer was made for."""
    theirs, ours = mask.net.skeleton, dataset.skeleton
    if theirs.joints != ours.joints:
        raise UserError(f"{mask.name} was made for the body plan {theirs.name!r} with {len(theirs.joints)} joints, the "
                        f"data has {ours.name!r} with {len(ours.joints)}",
                        f"convert the data with --skeleton {(recognize_plan(theirs.joints) or theirs).name}, or train "
                        "on it")
    fps = float(getattr(mask.net, "fps", 0.0))
    if fps and abs(dataset.fps / fps - 1) > OTHER_RATE:
        raise UserError(f"{mask.name} learned of people at {fps:g} frames a second, the data has {dataset.fps:g}",
                        f"convert the data with --fps {fps:g}, or prepare {mask.name} on it")
