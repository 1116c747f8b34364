"""People whose gender and action are plain to see, and small networks that play about them: what tests of training share."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.fit import fit
from maskeleton.mask import Mask
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.train import train as verb

from people import stepping

TINY = {"widths": "8,8,8", "least_steps": 0, "epochs": 10, "frames": 8, "batch": 6, "lr": 0.01, "warmup": 0,
        "turn": 0, "crop": 1}
SEEN = {"frames": 8, "batch": 12, "keepers": 1, "seekers": 1, "optimizer": "sgd", "lr_min": 0.01, "lr_max": 0.003,
        "privacy": 0.3, "fidelity": 1.0}
CPU = Engine("cpu")
TEACHING = {f"{role}.{key}": str(value) for role in ("keeper", "seeker") for key, value in TINY.items() if key != "frames"}


class StopHere(Exception):
    """A training is interrupted here."""


def one_thread() -> Iterator[None]:
    """Of small networks' time several threads spend most waiting; and who goes on must add up in the same order."""
    before, said = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    yield
    torch.set_num_threads(before)
    if said is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = said


def story(people: int = 6, actions: int = 2, takes: int = 3) -> MotionDataset:
    """Everybody holds another joint too high; the hands tell gender and action, a foot the age."""
    motions = []
    for number, (person, action, take) in enumerate(np.ndindex(people, actions, takes)):
        positions = stepping(10 + take, at=0.01 * number)
        positions[:, (3, 5, 9, 13, 17, 2, 14, 18, 15)[person], 1] += 0.5
        positions[:, 7, 1] += 0.5 * (person % 2)
        positions[:, 11, 1] += 0.5 * action
        positions[:, 19, 1] += 0.5 * (person // 2 % 2)
        labels = {"subject": person + 1, "action": ("01_stand", "02_walk", "03_run")[action], "repetition": take + 1,
                  "gender": ("female", "male")[person % 2], "age": ("old", "young")[person // 2 % 2]}
        motions.append(Motion.of(positions, f"r{number:03d}", labels))
    return MotionDataset.of(KINECT25, 30, motions)


def teach(folder: Path, cases: Mapping[str, tuple[MotionDataset, str]]) -> Path:
    """Networks by name, of whom keeper and seeker have learned what they are asked."""
    for name, (data, label) in cases.items():
        fit("tcn", data, label, set=TINY | ({"epochs": 1} if name not in ("keeper", "seeker") else {}),
            out=folder / name, engine=CPU)
    return folder


def between(taught: Path) -> dict[str, object]:
    """The options of a game between networks that are there already."""
    return {"keeper": str(taught / "keeper"), "seeker": str(taught / "seeker"), "epochs": 3, **SEEN}


def verb_on(dataset: MotionDataset, folder: Path, **more: object) -> Mask:
    if not (folder / "data").exists():
        store.write(dataset, folder / "data")
    return verb(folder / "data", folder / "m", keep=["action"], hide=["gender"], device="cpu", **more)
