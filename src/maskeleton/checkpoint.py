"""Checkpoint: a trained classifier as a folder that says what it is, and loading one that may be hostile.

`model.safetensors` (weights), `model.json` (what they are), `curves.jsonl` (how it went) and, while it is being
trained, `state.pt`. Nothing of it is ever run: weights are numbers, the rest is JSON.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as written_tensors
from torch import Tensor, nn

from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.base import Classifier
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.jobs import atomic
from maskeleton.normalize import CHAINS
from maskeleton.skeleton import Skeleton, recognize_plan

SCHEMA = 1
Net = TypeVar("Net", bound=nn.Module)
MOST_BYTES = 256 * 2**20  # of model.json; its longest part is a hash for each recording
MOST_JOINTS, MOST_CLASSES, MOST_OPTION = 1024, 100_000, 4096
WEIGHTS, PAGE, CURVES, STATE = "model.safetensors", "model.json", "curves.jsonl", "state.pt"
AGAIN = "give the folder that training wrote, whole and unchanged"


@dataclass(frozen=True)
class Model:
    """A trained classifier, what it reads, and what it was made from."""

    net: Classifier
    name: str  # on the shelf of classifiers
    label: str
    classes: list[str]  # names in the order of its answers; numbers as text
    chain: str  # how recordings are normalized
    frames: int  # how many it sees
    fill: str  # how a recording comes to that many
    trained_on: dict[str, Any]  # content_id of the dataset, hashes of the recordings
    lineage: list[str] = field(default_factory=list)  # hashes of every network that took part in making it
    curves: list[dict[str, float]] = field(default_factory=list)

    @cached_property
    def hash(self) -> str:
        """A name for the weights."""
        return weights_hash(self.net.state_dict())

    @property
    def slots(self) -> int:
        """How many bodies of a recording it looks at."""
        return self.net.slots or 2

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.net.head.weight.device


def weights_hash(weights: Mapping[str, Tensor]) -> str:
    """A name for some weights, whatever device they are on."""
    told = hashlib.sha256()
    for key, tensor in sorted(weights.items()):
        told.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        told.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return told.hexdigest()[:32]


def lineage_of(models: Iterable[Model]) -> list[str]:
    """The hashes of these networks and of all that took part in making them."""
    return sorted({digest for model in models for digest in (model.hash, *model.lineage)})


def trained_on(dataset: MotionDataset, rows: Sequence[int] | np.ndarray,
               checked: Sequence[int] | np.ndarray = ()) -> dict[str, Any]:
    """What a checkpoint remembers of the recordings that were looked at; those `checked` were looked at only."""
    hashes, only = ([dataset.hashes[row] for row in np.asarray(some, np.int64).tolist()] for some in (rows, checked))
    return {"content_id": dataset.content_id, "hashes": hashes, "checked": only}


def save(model: Model, folder: Path | str) -> None:
    """Write a checkpoint."""
    page = {"kind": "classifier", "name": model.name, "options": model.net.options, "label": model.label,
            "classes": model.classes, "skeleton": model.net.skeleton.to_dict(), "chain": model.chain,
            "frames": model.frames, "fill": model.fill, "hash": model.hash, "trained_on": model.trained_on,
            "lineage": model.lineage}
    write(Path(folder), model.net, page, model.curves)


def write(folder: Path, net: nn.Module, page: Mapping[str, Any], curves: Iterable[Mapping[str, float]]) -> None:
    """Weights, curves and the page, without which there is no checkpoint: it comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: tensor.detach().cpu().contiguous() for key, tensor in net.state_dict().items()}
    with atomic(folder / WEIGHTS) as out:
        out.write_bytes(written_tensors(weights))  # save_file calls a full disk by a name of its own
    save_curves(curves, folder)
    with atomic(folder / PAGE) as out:
        out.write_text(json.dumps({"schema": SCHEMA, **page}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def save_curves(rows: Iterable[Mapping[str, float]], folder: Path) -> None:
    """One line an epoch."""
    with atomic(folder / CURVES) as out:
        out.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(folder: Path | str, device: torch.device | str = "cpu") -> Model:
    """The classifier in a checkpoint, ready to answer. Whatever is wrong with the files, it says so in a sentence."""
    folder = Path(folder)
    page = read_page(folder, _FITS)
    skeleton = Skeleton.from_dict(page["skeleton"])
    net = with_weights(folder, page, lambda: CLASSIFIERS[page["name"]](skeleton, len(page["classes"]), **page["options"]))
    return Model(net.to(device).eval(), page["name"], page["label"], page["classes"], page["chain"], page["frames"],
                 page["fill"], page["trained_on"], page["lineage"], read_curves(folder))


def with_weights(folder: Path, page: Mapping[str, Any], build: Callable[[], Net]) -> Net:
    """A network as its page says, with the weights that were saved with it."""
    weights = read_weights(folder)
    refuse_other_shapes(folder, page["name"], build, weights)
    if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise UserError(f"{folder}: some of its weights are no numbers", "train it again, with smaller learning rates")
    net = build()
    net.load_state_dict(weights)
    if weights_hash(net.state_dict()) != page["hash"]:
        raise UserError(f"{folder / WEIGHTS}: these are not the weights that were saved", AGAIN)
    return net


def read_page(folder: Path, fits: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """model.json, in which every one of these keys must make sense."""
    path = folder / PAGE
    if not path.is_file():
        raise UserError(f"{folder} holds no {PAGE}, so no model", AGAIN)
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path} is larger than {MOST_BYTES // 2**20} MB", AGAIN)
    try:
        page = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise UserError(f"{path} cannot be read: {fault}", AGAIN) from None
    wrong = [key for key, good in fits.items() if not (isinstance(page, dict) and key in page and good(page[key]))]
    if isinstance(page, dict) and "kind" in wrong and "name" in page:
        kind = "an anonymizer" if page.get("kind") == "anonymizer" else "a classifier"
        raise UserError(f"{folder} holds {kind}", "give the folder of another model")
    if wrong:
        raise UserError(f"{path}: {listed(wrong)} {'is' if len(wrong) == 1 else 'are'} missing or make no sense", AGAIN)
    return dict(page)


def words(value: object) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _options(value: object) -> bool:
    """Plain words and numbers of a sensible size, short lists of them, and the names of classes."""
    if isinstance(value, dict):
        return len(value) <= 64 and all(isinstance(key, str) and _options(v) for key, v in value.items())
    if isinstance(value, list):
        few = len(value) <= 64 and all(isinstance(v, int | float | str) and _options(v) for v in value)
        return few or (words(value) and len(value) <= MOST_CLASSES)
    return isinstance(value, str | bool | None) or (isinstance(value, int | float) and abs(value) <= MOST_OPTION)


def _plan(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("joints"), list) and len(value["joints"]) <= MOST_JOINTS


def _origin(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("content_id"), str) and words(value.get("hashes"))


# What the pages of all checkpoints have.
FITS: dict[str, Callable[[Any], bool]] = {
    "schema": lambda value: value == SCHEMA,
    "options": lambda value: isinstance(value, dict) and _options(value),
    "skeleton": _plan,
    "chain": lambda value: isinstance(value, str) and value in CHAINS,
    "frames": lambda value: isinstance(value, int) and 1 <= value <= 100_000,
    "fill": lambda value: isinstance(value, str),
    "hash": lambda value: isinstance(value, str),
    "trained_on": _origin,
    "lineage": words,
}
_FITS = FITS | {
    "kind": lambda value: value == "classifier",
    "name": lambda value: isinstance(value, str) and value in CLASSIFIERS,
    "label": lambda value: isinstance(value, str),
    "classes": lambda value: words(value) and 2 <= len(value) <= MOST_CLASSES and len(set(value)) == len(value),
}


def read_weights(folder: Path) -> dict[str, Tensor]:
    """model.safetensors: numbers and nothing else."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise UserError(f"{folder} holds no {WEIGHTS}", AGAIN)
    try:
        return read_tensors(path.read_bytes())
    except (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError) as fault:
        raise UserError(f"{path} cannot be read: {str(fault)[:200]}", AGAIN) from None


def refuse_other_shapes(folder: Path, name: str, build: Callable[[], nn.Module], weights: Mapping[str, Tensor]) -> None:
    """Build the network without memory for its weights first: only sizes that are in the file are then made."""
    try:
        with torch.device("meta"):
            wanted = build().state_dict()
    except UserError:
        raise
    except Exception as fault:
        raise UserError(f"{folder / PAGE}: no {name} can be built with these options: {str(fault)[:200]}",
                        AGAIN) from None
    strange = sorted(wanted.keys() ^ weights.keys())
    strange = strange or [key for key in wanted if (wanted[key].shape, wanted[key].dtype)
                          != (weights[key].shape, weights[key].dtype)]
    if strange:
        raise UserError(f"{folder / WEIGHTS}: {len(strange)} weights are not those of a {name} with the "
                        f"options in {PAGE}: {listed(strange, 3)}", AGAIN)


def read_curves(folder: Path) -> list[dict[str, float]]:
    """curves.jsonl, as far as it is there."""
    path = folder / CURVES
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return []
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except (ValueError, RecursionError):
        raise UserError(f"{path} cannot be read", "delete it: the model works without") from None
    return [row for row in rows if isinstance(row, dict)]


# ── what a model can be asked ────────────────────────────────────────────────────────────────────────────────────────


def refuse_strangers(model: Model, dataset: MotionDataset) -> None:
    """A UserError where a dataset's joints are not those the model learned. Its bones are the network's own affair."""
    theirs, ours = model.net.skeleton, dataset.skeleton
    if theirs.joints != ours.joints:
        raise UserError(f"the model reads the body plan {theirs.name!r} with {len(theirs.joints)} joints, the data has "
                        f"{ours.name!r} with {len(ours.joints)}",
                        f"convert the data with --skeleton {(recognize_plan(theirs.joints) or theirs).name}, or train "
                        "a model on it")


def truth_of(model: Model, dataset: MotionDataset) -> np.ndarray:
    """The model's class of each recording, matched by name; −1 where it is unknown, or a class it does not know."""
    if model.label not in dataset.labels:
        raise UserError(f"the model tells {model.label!r}, which no recording has as a label",
                        f"there are: {listed(dataset.labels) or 'none'}")
    place = {name: number for number, name in enumerate(model.classes)}
    codes, where = np.unique(dataset.labels[model.label], return_inverse=True)
    names = dataset.names.get(model.label)
    said = [str(code) if names is None or code < 0 else names[code] for code in codes.tolist()]
    if not any(name in place for name in said):
        raise UserError(f"none of the data's values of {model.label!r} is known to the model: {listed(said, 5)}",
                        f"it knows: {listed(model.classes, 5)}")
    known = np.array([place.get(name, -1) if code >= 0 else -1 for name, code in zip(said, codes, strict=True)])
    return np.asarray(known[where.reshape(-1)])


# ── the state of a training ──────────────────────────────────────────────────────────────────────────────────────────


def save_state(state: Mapping[str, Any], folder: Path) -> None:
    """Write what training needs to go on exactly where it was."""
    packed = io.BytesIO()  # torch's own writer hides why it could not write
    torch.save(dict(state), packed)
    with atomic(folder / STATE) as out:
        out.write_bytes(packed.getbuffer())


def load_state(folder: Path) -> dict[str, Any] | None:
    """What `save_state` wrote, if it is there: tensors, numbers and words only."""
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
                raise ValueError("it declares more than it holds")
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise ValueError("it holds no state")
        return state
    except Exception as fault:
        raise UserError(f"{path} cannot be read: {str(fault).splitlines()[0][:200] if str(fault) else 'damaged'}",
                        "delete the folder and train anew") from None
