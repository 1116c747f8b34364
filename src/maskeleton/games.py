"""Games: named sets of options for training an anonymizer: all rows of the paper's tables 4 and 5, its published code's."""

import math
from collections.abc import Mapping
from typing import Any

from maskeleton.algorithms import ALGORITHMS
from maskeleton.errors import UserError, listed, pick
from maskeleton.mask import usual_options
from maskeleton.presets import LIMITS as TEACHING_LIMITS
from maskeleton.presets import WORDS as TEACHING_WORDS
from maskeleton.presets import Options, like

DEFAULT: Options = {
    "anonymizer": "residual",
    "algorithm": "adversarial",
    "keeper": "tcn",  # classifiers that guard what must stay, NAME or NAME:STREAM, or folders of trained ones, with commas
    "seeker": "tcn",  # and the one that seeks what must go
    "keepers": 3,  # how many are taught, each with a seed of its own: one alone is all that it saves
    "seekers": 3,
    "teaching": "default",  # the preset that keepers and seekers are taught by
    "privacy": 1.0,  # the paper's alpha: what confusing a seeker is worth
    "fidelity": 50.0,  # the paper's beta: what moving joints costs
    "lr_min": 0.002,  # learning rate of the anonymizer
    "lr_max": 0.001,  # and of the seekers, where they learn
    "batch": 24,
    "min_steps": 1,  # the paper's k: steps of the anonymizer before the seekers take one
    "objective": "entropy",  # what the anonymizer wants of the seekers: equation 2; cross_entropy: equation 1
    "distance": "mean",  # how moving counts: the mean square, as published; sum, as equation 2 is written
    "optimizer": "adamw",
    "decay": 0.0,  # of weights
    "epochs": 16,
    "schedule": "cosine",  # how the learning rates fall: cosine, constant, or steps (a tenth at each of `steps`)
    "steps": (60, 80, 100),
    "reconstruct": 30,  # epochs in which an anonymizer that starts as nothing first learns to give back what it gets
    "lr_reconstruct": 0.003,
    "chain": "sequence",
    "fill": "resample",
    "frames": 64,
    "check": 0.2,  # share of the people (or takes) that curves are also drawn for
    "shown": 0,  # rows of a batch that networks are asked about: 0, all; closed forms see all
    "resets": 0,  # epochs until a seeker begins anew, one after the other; 0: none does
    "straight": 0.0,  # what confusing closed-form linear seekers is worth: see maskeleton.algorithms.terms
    "guard": 0.0,  # what closed-form linear keepers are worth
    "linkage": 0.0,  # what it is worth that releases of one person are no more alike than those of two
    "peers": 0.0,  # what it is worth to move as others do who do the same
    "smooth": 0.0,  # what it is worth that joints shake no more than they did
}
WEIGHTS = ("straight", "guard", "linkage", "peers", "smooth")  # of the terms beyond the paper's
PAPER = DEFAULT | {"teaching": "paper", "keeper": "msg3d", "seeker": "msg3d", "chain": "paper", "fill": "loop",
                   "frames": 300, "schedule": "constant", "keepers": 1, "seekers": 1, "optimizer": "sgd",
                   "epochs": 40, "lr_reconstruct": 0.05}
ETRI = PAPER | {"seeker.g3d": "false"}  # the paper's gender classifier is MS-G3D without its windows
RES = {"anonymizer": "residual"}
AE = {"anonymizer": "autoencoder"}
ADV = {"algorithm": "adversarial"}


def _ensemble(size: int, lr: float, batch: int, privacy: float, fidelity: float) -> Options:
    return {"algorithm": "ensemble", "keepers": size, "seekers": size, "lr_min": lr, "batch": batch,
            "privacy": privacy, "fidelity": fidelity}


def _adversarial(low: float, high: float, batch: int, privacy: float, fidelity: float) -> Options:
    return {**ADV, "lr_min": low, "lr_max": high, "batch": batch, "privacy": privacy, "fidelity": fidelity}


TABLE_4: dict[str, Options] = {
    "etri-ae-1a1p": ETRI | AE | _ensemble(1, 0.00044, 8, 0.0045, 0.0182),
    "etri-ae-2a2p": ETRI | AE | _ensemble(2, 0.00033, 6, 0.0045, 0.0182),
    "etri-ae-3a3p": ETRI | AE | _ensemble(3, 0.00066, 12, 0.0045, 0.0182),
    "etri-ae-adv": ETRI | AE | _adversarial(0.0018, 0.003, 24, 0.1, 0.0067),
    "etri-res-1a1p": ETRI | RES | _ensemble(1, 0.00075, 10, 0.0333, 0.0067),
    "etri-res-2a2p": ETRI | RES | _ensemble(2, 0.0006, 8, 0.0333, 0.0067),
    "etri-res-3a3p": ETRI | RES | _ensemble(3, 0.0006, 12, 0.0333, 0.0067),
    "etri-res-adv": ETRI | RES | _adversarial(0.0018, 0.003, 24, 0.1, 0.0067),
    "ntu-ae-adv": PAPER | AE | _adversarial(0.05, 0.01, 30, 0.04, 0.1),
    "ntu-res-adv": PAPER | RES | _adversarial(0.0018, 0.003, 24, 0.1, 0.0067),
}
WEIGHTS_OF_TABLE_5 = ((0.0067, 0.0067), (0.0333, 0.0333), (0.1, 0.0067), (0.1667, 0.0067), (0.2333, 0.0067),
                      (0.3, 0.0067))
TABLE_5: dict[str, Options] = {
    f"etri-sweep-{number}": ETRI | RES | _adversarial(0.0018, 0.003, 24, *weights) | {"min_steps": 2}
    for number, weights in enumerate(WEIGHTS_OF_TABLE_5, 1)
}
# The published code's two games; it has one learning rate, and no alpha in its maximization step: lr_max is lr / alpha.
CODE = PAPER | {"keeper": "shiftgcn", "seeker": "shiftgcn", "optimizer": "nesterov", "batch": 64, "epochs": 140,
                "decay": 0.0001, "schedule": "steps"}
PUBLISHED: dict[str, Options] = {
    "ntu-published-res": CODE | RES | _adversarial(0.01, 0.01, 64, 1.0, 10.0) | {"blocks": 10},
    "ntu-published-unet": CODE | {"anonymizer": "unet", "reconstruct": 0} | _adversarial(0.01, 0.0333, 64, 0.3, 2.0),
}
TEMPORAL = DEFAULT | {
    "anonymizer": "temporal", "chain": "none", "keeper": "tcn:bone,lean:bone", "seeker": "tcn:bone,lean:bone,geometric",
    "keepers": 2, "seekers": 3, "keeper.epochs": 20, "seeker.epochs": 12, "privacy": 0.3, "fidelity": 0.0,
    "lr_min": 0.004, "batch": 150, "shown": 32, "min_steps": 3, "epochs": 200, "resets": 20, "straight": 3.0,
    "guard": 2.0, "linkage": 1.0, "peers": 10.0, "smooth": 0.1, "typical": 0.7, "before": 0.5, "after": 0.5,
}
GAMES: dict[str, Options] = {"default": DEFAULT, "temporal": TEMPORAL, **TABLE_4, **TABLE_5, **PUBLISHED}

USUAL = {"temporal": "temporal"}  # by which preset an anonymizer is trained where none is named

ROLES = ("keeper.", "seeker.")  # before an option of how keepers or seekers are made and taught
LIMITS: dict[str, tuple[float, float]] = {
    "keepers": (1, 64), "seekers": (1, 64), "privacy": (0, 1e6), "fidelity": (0, 1e6), "lr_min": (0, 100),
    "lr_max": (0, 100), "lr_reconstruct": (0, 100), "batch": (1, 100_000), "min_steps": (1, 1000), "decay": (0, 1),
    "epochs": (1, 100_000), "reconstruct": (0, 100_000), "frames": TEACHING_LIMITS["frames"], "check": (0, 0.5),
    "resets": (0, 100_000), "shown": (0, 100_000), **dict.fromkeys(WEIGHTS, (0, 1e6)),
}
WORDS = {"chain": TEACHING_WORDS["chain"], "fill": TEACHING_WORDS["fill"], "optimizer": ("sgd", "nesterov", "adamw"),
         "objective": ("entropy", "cross_entropy"), "distance": ("mean", "sum"),
         "algorithm": tuple(name for name in ALGORITHMS if name != "reconstruct"), "schedule": ("cosine", "constant", "steps")}


def arranged(preset: str = "default", set: Mapping[str, Any] | None = None) -> tuple[Options, Options]:
    """(the game's options, the anonymizer's own) of a preset with some changed; values may be text."""
    changes = dict(set or {})
    if preset == "default":
        preset = USUAL.get(changes.get("anonymizer", ""), preset)
    game = dict(pick(preset, GAMES, "preset"))
    for role in (role for role in ROLES if role.removesuffix(".") in changes):  # another network has other options
        game = {key: value for key, value in game.items() if not key.startswith(role)}
    game["anonymizer"] = changes.pop("anonymizer", game["anonymizer"])
    usual = usual_options(game["anonymizer"])
    own = {key: value for key, value in game.items() if key in usual and key not in DEFAULT}
    game = {key: value for key, value in game.items() if key in DEFAULT or key.startswith(ROLES)}
    for key, value in changes.items():
        if key.startswith(ROLES):
            game[key] = value
        elif key in DEFAULT:
            game[key] = _checked(key, like(key, value, DEFAULT[key]))
        elif key in usual:
            own[key] = like(key, value, usual[key])
        else:
            raise UserError(f"there is no option {key!r} for training a {game['anonymizer']}",
                            f"there are: {listed([*DEFAULT, *usual], 60)}, and keeper.OPTION, seeker.OPTION")
    return game, own


def teaching_of(role: str, game: Mapping[str, Any]) -> Options:
    """How the keepers, or the seekers, are to be taught: all networks of a game see the same of a motion."""
    own = {key.removeprefix(f"{role}."): value for key, value in game.items() if key.startswith(f"{role}.")}
    return {**own, **{key: game[key] for key in ("chain", "fill", "frames")}}


def _checked(key: str, value: Any) -> Any:
    if key in WORDS and value not in WORDS[key]:
        raise UserError(f"option {key!r} cannot be {value!r}", f"it can be: {listed(WORDS[key])}")
    low, high = LIMITS.get(key, (-math.inf, math.inf))
    if isinstance(value, int | float) and not low <= value <= high:
        raise UserError(f"option {key!r} cannot be {value}", f"it goes from {low:g} to {high:g}")
    return value
