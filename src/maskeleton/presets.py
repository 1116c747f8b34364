"""Presets: named sets of options for teaching a classifier, and how `set` changes them and the network's own."""

import math
from collections.abc import Mapping
from typing import Any

from maskeleton.classifiers.base import Classifier, network_options
from maskeleton.engine import FILLS
from maskeleton.errors import UserError, listed, pick
from maskeleton.normalize import CHAINS

Options = dict[str, Any]

DEFAULT: Options = {
    "chain": "sequence",  # normalization: see maskeleton.normalize
    "fill": "resample",  # how a recording comes to its frames: see maskeleton.engine
    "frames": 64,  # frames a network sees
    "batch": 64,  # recordings in a step, at most
    "least_steps": 24,  # steps in an epoch, if need be with fewer recordings each (down to 16)
    "epochs": 45,  # times everything is shown, at most
    "patience": 20,  # epochs without anything better on the part that checks, until it ends; 0 never ends early
    "check": 0.2,  # share of the people (for identity: takes) that is not taught and says which epoch was best
    "optimizer": "adamw",  # adamw, or sgd with momentum .9 (nesterov)
    "lr": 0.001,  # learning rate at its highest
    "decay": 0.05,  # weight decay
    "schedule": "cosine",  # how the learning rate falls: cosine, or steps (a tenth at each of `steps`)
    "steps": (),  # epochs at which it falls
    "warmup": 2,  # epochs in which it rises
    "smoothing": 0.1,  # share of the answer that is spread over all classes
    "balance": False,  # rare classes count as much as common ones
    "crop": 0.6,  # least share of a recording that is cut out
    "turn": 0.2,  # most radians it is turned about the vertical
    "mirror": 0.0,  # share shown mirrored, with left and right exchanged
    "noise": 0.01,  # metres joints are moved at random
    "tilt": 0.0,  # most radians it is tilted to the front, the back and the sides
    "size": 0.0,  # share by which people are made larger or smaller
}
PAPER: Options = DEFAULT | {
    "chain": "paper", "fill": "loop", "frames": 300, "batch": 32, "epochs": 50, "patience": 0, "optimizer": "sgd",
    "lr": 0.05, "decay": 5e-4, "schedule": "steps", "steps": (30, 40), "warmup": 0, "smoothing": 0.0,
    "least_steps": 0, "crop": 1.0, "turn": 0.0, "noise": 0.0,
}
PRESETS: dict[str, Options] = {"default": DEFAULT, "paper": PAPER}
# Where a network's own publication trained it otherwise.
PUBLISHED: dict[str, Options] = {
    "shiftgcn": {"batch": 64, "lr": 0.1, "decay": 1e-4, "epochs": 140, "steps": (60, 80, 100)},
    "agcn": {"batch": 64, "lr": 0.1, "decay": 1e-4},
    "stgcn": {"batch": 64, "lr": 0.1, "decay": 1e-4},
    "ctrgcn": {"batch": 64, "lr": 0.1, "decay": 4e-4, "epochs": 65, "steps": (35, 55), "warmup": 5},
}
OWN: dict[str, Options] = {
    "geometric": {"noise": 0.0},  # who trembles has other traits than who does not
    "lean": {"frames": 32, "epochs": 30, "patience": 12, "lr": 0.004},
}
PUBLISHED_SLOTS = 2  # the published networks count a second body that is not there

FEWEST = 16  # recordings in a step, where there are that many: BatchNorm needs some
WORDS = {"chain": tuple(CHAINS), "fill": tuple(FILLS), "optimizer": ("adamw", "sgd"), "schedule": ("cosine", "steps")}
LIMITS: dict[str, tuple[float, float]] = {
    "frames": (4, 10_000), "batch": (1, 100_000), "least_steps": (0, 10_000), "epochs": (1, 100_000),
    "patience": (0, 100_000), "check": (0, 0.5), "lr": (0, 100), "decay": (0, 100), "warmup": (0, 100_000),
    "smoothing": (0, 0.9), "crop": (0.05, 1), "turn": (0, math.pi), "mirror": (0, 1), "noise": (0, 1),
    "tilt": (0, math.pi), "size": (0, 0.9),
}


def chosen(name: str, network: type[Classifier], preset: str = "default",
           set: Mapping[str, Any] | None = None) -> tuple[Options, Options]:
    """(how it is taught, the network's own options) of a preset with some changed; values may be text."""
    teaching = pick(preset, PRESETS, "preset") | (OWN.get(name, {}) if preset == "default" else {})
    defaults = network_options(network)
    own: Options = {}
    if preset == "paper":
        teaching |= PUBLISHED.get(name, {})
        own |= {"slots": PUBLISHED_SLOTS} if "slots" in defaults else {}
    for key, value in (set or {}).items():
        if key in teaching:
            teaching[key] = _checked(key, like(key, value, DEFAULT[key]))
        elif key in defaults:
            own[key] = like(key, value, defaults[key])
        else:
            raise UserError(f"there is no option {key!r} for {name}",
                            f"there are: {listed([*teaching, *defaults], 60)}")
    return teaching, own


def batch_size(teaching: Options, recordings: int) -> int:
    """How many recordings a step has."""
    few = -(-recordings // max(teaching["least_steps"], 1))
    return int(min(teaching["batch"], max(few, FEWEST)))


def like(key: str, value: Any, usual: Any) -> Any:
    """The value as what is usually there: a number, a word, yes or no, or several numbers."""
    text = str(value).strip()
    try:
        if isinstance(usual, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        if isinstance(usual, tuple | list):
            parts = value if isinstance(value, tuple | list) else [part for part in text.split(",") if part]
            return tuple(_number(part) for part in parts)
        if isinstance(usual, str):
            return text
        if usual is None:
            return None if text.lower() == "none" else _number(text)
        number = float(text)
        if isinstance(usual, int) and number != int(number):
            raise ValueError(text)
        return type(usual)(number)
    except (KeyError, ValueError, OverflowError):
        example = ",".join(map(str, usual)) if isinstance(usual, tuple | list) else usual
        raise UserError(f"option {key!r} cannot be {value!r}", f"for example {key}={example}") from None


def _number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number == int(number) else number


def _checked(key: str, value: Any) -> Any:
    if key in WORDS and value not in WORDS[key]:
        raise UserError(f"option {key!r} cannot be {value!r}", f"it can be: {listed(WORDS[key])}")
    low, high = LIMITS.get(key, (-math.inf, math.inf))
    if isinstance(value, int | float) and not low <= value <= high:
        raise UserError(f"option {key!r} cannot be {value}", f"it goes from {low:g} to {high:g}")
    return value
