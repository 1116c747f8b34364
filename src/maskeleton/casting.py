"""Casting: the keepers and seekers of a game, taught here or loaded, and what its further terms look at."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton.algorithms.terms import Looks
from maskeleton.ask import answers
from maskeleton.checkpoint import (
    PAGE,
    Model,
    load,
    refuse_strangers,
    truth_of,
)
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.errors import UserError, listed, pick
from maskeleton.fit import fit
from maskeleton.formats.kit.naming import safe_name
from maskeleton.games import teaching_of
from maskeleton.manner import Manner
from maskeleton.presets import Options, chosen
from maskeleton.skeleton import Skeleton

FOR_TEACHING = 0.5  # of the minutes: the rest is for the game
LEARNED = 0.02  # above always saying the most frequent: less is nothing to hide from
MADE = "training"  # the folder in MODEL/ with the networks of the game


class Cast(NamedTuple):
    """The networks that take part, each with the label it tells."""

    keepers: list[Model]
    seekers: list[Model]

    @property
    def named(self) -> list[tuple[str, Model]]:
        """Each with the name under which its own classes stand: two of a label may have them in another order."""
        every = (*self.keepers, *self.seekers)
        first = {model.label: model.classes for model in reversed(every)}
        return [(model.label if model.classes == first[model.label] else f"{model.label} {number}", model)
                for number, model in enumerate(every)]


def cast_of(part: MotionDataset, keep: Sequence[str], hide: Sequence[str], game: Options, folder: Path | None,
            seed: int, engine: Engine, minutes: float | None, say: Callable[[str], None]) -> Cast:
    """Keepers and seekers, taught here or loaded."""
    loaded = {role: _loaded(role, labels, part, game) for role, labels in (("keeper", keep), ("seeker", hide))}
    taught = sum(len(labels) * game[f"{role}s"] for role, labels in (("keeper", keep), ("seeker", hide))
                 if not loaded[role])
    each = None if minutes is None else minutes * FOR_TEACHING / max(taught, 1)
    found = Cast([], [])
    for role, labels, made in (("keeper", keep, found.keepers), ("seeker", hide, found.seekers)):
        made += loaded[role]
        for label in labels if not made else ():
            for number in range(game[f"{role}s"]):
                say(f"teaching {role} {number + 1} of {label}")
                out = folder / MADE / safe_name(f"{role}-{label}-{number}") if folder is not None else None
                kind, stream = kinds_of(game[role])[number % len(kinds_of(game[role]))]
                model = fit(kind, part, label, preset=game["teaching"], seed=seed,
                            set=stream | teaching_of(role, game), out=out, engine=engine, minutes=each, words=(role, number))
                _refuse_ignorance(model, part, role, engine)
                made.append(model)
    return found


def _loaded(role: str, labels: Sequence[str], part: MotionDataset, game: Options) -> list[Model]:
    """The networks that are given; none where they are to be taught, with options that are looked at now."""
    names = [name.strip() for name in game[role].split(",")]
    given = [name for name in names if (Path(name) / PAGE).is_file()]
    if not given:
        for kind, stream in kinds_of(game[role]):
            chosen(kind, pick(kind, CLASSIFIERS, "classifier"), game["teaching"], stream | teaching_of(role, game))
        return []
    if strange := [name for name in names if name not in given]:
        raise UserError(f"{listed(strange)} holds no {PAGE}, so no model",
                        f"give the folders of all {role}s, or the name of one classifier")
    if useless := [key for key in game if key.startswith(f"{role}.")]:
        raise UserError(f"the {role}s are given: {listed(useless)} cannot be set", "leave it away")
    models = [_given(Path(name), role, labels, part, game) for name in names]
    if missing := [label for label in labels if label not in {model.label for model in models}]:
        raise UserError(f"no {role} is given for {listed(missing)}", "give one for each label")
    return models


def kinds_of(names: str) -> list[tuple[str, Options]]:
    """The classifiers that keepers or seekers are, one after the other: NAME or NAME:STREAM, with commas."""
    parts = [name.strip().partition(":") for name in names.split(",")]
    return [(name, {"stream": stream} if stream else {}) for name, _, stream in parts]


def _given(path: Path, role: str, labels: Sequence[str], part: MotionDataset, game: Options) -> Model:
    """A trained network that suits the game."""
    model = load(path)
    refuse_strangers(model, part)
    if model.label not in labels:
        raise UserError(f"{path} tells {model.label}, which no {role} is needed for", f"a {role} tells "
                        + (" or ".join(labels) or "nothing here"))
    truth = truth_of(model, part)
    if strange := sorted({part.text(model.label, row) for row in np.flatnonzero(truth < 0).tolist()} - {""}):
        raise UserError(f"{path} does not know these values of {model.label}: {listed(strange, 5)}",
                        f"it knows: {listed(model.classes, 5)}; take a {role} that learned all of them")
    other = [f"{key} {getattr(model, key)}" for key in ("chain", "frames", "fill") if getattr(model, key) != game[key]]
    if other:
        raise UserError(f"{path} sees motion otherwise than this game: {', '.join(other)}",
                        "all networks of a game see the same: " + ", ".join(
                            f"--set {key}={getattr(model, key)}" for key in ("chain", "frames", "fill")))
    return model


def _refuse_ignorance(model: Model, part: MotionDataset, role: str, engine: Engine) -> None:
    """A UserError where a network has not learned its label: there would be nothing to keep, or to hide."""
    truth = truth_of(model, part)
    known = np.flatnonzero(truth >= 0)
    checked = [row["check_accuracy"] for row in model.curves if "check_accuracy" in row]
    right = max(checked) if checked else (answers(model, part, known, engine=engine).argmax(1) == truth[known]).mean()
    share = np.bincount(truth[known]).max() / len(known)
    if right < share + LEARNED:
        which = "it did not learn from" if checked else "it learned from"
        raise UserError(f"the {role} of {model.label} never learned it: it is right in {right:.2f} of the recordings "
                        f"that {which}, where always saying the most frequent is right in {share:.2f}",
                        f"give it more recordings, or teach it longer: --set {role}.epochs=100")


def looks_of(skeleton: Skeleton, cast: Cast, engine: Engine) -> Looks:
    """What the terms beyond the paper's look at: the first keeper and seeker of each label say which classes there are."""
    names = {name: len(model.classes) for name, model in cast.named}
    keep, hide = ([name for name in names if name in {model.label for model in models}]
                  for models in (cast.keepers, cast.seekers))
    left, right = skeleton.need("left_hip", "right_hip")
    return Looks(Manner(skeleton).to(engine.device), skeleton.parents, (left, right), keep, hide, names)
