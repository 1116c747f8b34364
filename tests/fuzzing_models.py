"""Targets of fuzzing that need torch: checkpoints, states of training and published weights, which may want to run code."""

from collections.abc import Callable
from pathlib import Path

import torch

from maskeleton import checkpoint, mask
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.published import load_published
from maskeleton.skeleton import KINECT20

from both_ways import lively
from fuzzing import SEEDS, TARGETS, UNGUIDED, Files, all_of
from mutations_of import HOSTILE_PICKLES


def _classifiers(folder: Path) -> list[Files]:
    net = CLASSIFIERS["tcn"](KINECT20, 2, widths=(2, 2, 2)).eval()
    checkpoint.save(checkpoint.Model(net, "tcn", "action", ["a", "b"], "sequence", 16, "resample",
                                     {"content_id": "", "hashes": []}, curves=[{"epoch": 1, "loss": 0.5}]), folder)
    return [all_of(folder, "model.json")]


def _masks(folder: Path) -> list[Files]:
    place = mask.usual_place(lively(), "sequence")
    net = ANONYMIZERS["residual"](KINECT20, width=4).eval()
    mask.save(mask.named("noise", KINECT20, {}, lively()), folder / "noise")
    mask.save(mask.Mask(net, "residual", "sequence", 16, "loop", place, ["action"], ["subject"]), folder / "residual")
    return [all_of(folder / name, "model.json") for name in ("noise", "residual")]


def _states(folder: Path) -> list[Files]:
    checkpoint.save_state({"epoch": 3, "net": {"w": torch.arange(3.0)}, "rows": [{"lr": 0.1}]}, folder)
    return [all_of(folder, "state.pt"), {"state.pt": HOSTILE_PICKLES[0]}]


def _publications(folder: Path) -> list[Files]:
    weights = {f"l{n}.gcn1.{part}": torch.zeros(2, 3) for n in (1, 2) for part in ("PA", "conv.weight", "bn.running_var")}
    torch.save(weights, folder / "net.pt")
    torch.save(weights, folder / "old.pt", _use_new_zipfile_serialization=False)
    return [{"net.pt": (folder / name).read_bytes()} for name in ("net.pt", "old.pt")]


LOADERS: dict[str, tuple[Callable[[Path, str], object], Callable[[Path], list[Files]]]] = {
    "classifier": (lambda folder, first: checkpoint.load(folder), _classifiers),
    "mask": (lambda folder, first: mask.load(folder), _masks),
    "state": (lambda folder, first: checkpoint.load_state(folder), _states),
    "published": (lambda folder, first: load_published(folder / first), _publications),
}
TARGETS.update({name: load for name, (load, _) in LOADERS.items()})
UNGUIDED.update(LOADERS)
SEEDS.update({name: seed for name, (_, seed) in LOADERS.items()})
