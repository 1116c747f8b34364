"""Training: from recordings and labels to an anonymizer: keepers and seekers are taught, then the game is played."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.algorithms import ALGORITHMS, Algorithm
from maskeleton.algorithms.epoch import epoch
from maskeleton.algorithms.game import Game, Role
from maskeleton.algorithms.reconstruct import reconstruct
from maskeleton.augment import Augment
from maskeleton.batch import Batch
from maskeleton.checkpoint import (
    PAGE,
    Model,
    lineage_of,
    load,
    load_state,
    refuse_strangers,
    save_curves,
    save_state,
    trained_on,
    truth_of,
)
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine, Prepared, batches, prepared
from maskeleton.errors import UserError, pick
from maskeleton.fit import fit
from maskeleton.games import arranged, teaching_of
from maskeleton.jobs import Report
from maskeleton.lesson import Lesson, lesson
from maskeleton.mask import Mask, built_of, save, usual_place
from maskeleton.motion import canonical_json
from maskeleton.presets import Options
from maskeleton.seeds import seed_for

BODIES = 2  # that networks and anonymizer see together
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


def train(dataset: MotionDataset, keep: Sequence[str], hide: Sequence[str], *, preset: str = "default",
          set: Mapping[str, Any] | None = None, rows: np.ndarray | None = None, out: Path | str | None = None,
          seed: int = 0, engine: Engine | None = None, minutes: float | None = None, report: Report | None = None,
          say: Callable[[str], None] = lambda words: None) -> Mask:
    """Train an anonymizer on the recordings `rows` alone. With `out`, the same call goes on where it was."""
    engine = engine or Engine()
    game, own = arranged(preset, set)
    folder = Path(out) if out is not None else None
    rows = np.arange(len(dataset)) if rows is None else np.asarray(rows, np.int64)
    part = dataset.select(rows)
    task = lesson(part, hide[0], None, game["check"], seed_for(seed, "train", hide[0]))
    began = time.monotonic()
    cast = cast_of(part, keep, hide, game, folder, seed, engine, minutes, say)
    place = usual_place(part, game["chain"])
    with engine.seeded(seed_for(seed, "anonymizer", game["anonymizer"], "weights")):
        net = built_of(game["anonymizer"], dataset.skeleton, own).to(engine.device)
    net.prepare(part.select(task.learn))
    data = prepared(part, game["chain"], BODIES, engine.device)
    data = data._replace(labels={name: truth_of(model, part) for name, model in cast.named})
    left = None if minutes is None else minutes - (time.monotonic() - began) / 60
    course = Course(net, cast, game, task, data, seed, engine)
    if folder is not None:
        course.resume(folder, _key(part, cast, game, own, seed))
    course.play(left, folder, report, say)
    mask = Mask(net.eval(), game["anonymizer"], game["chain"], game["frames"], game["fill"], place, list(keep),
                list(hide), trained_on(part, task.rows, task.check), lineage_of((*cast.keepers, *cast.seekers)),
                course.rows)
    if folder is not None and engine.first:
        save(mask, folder)
    return mask


# ── who takes part ───────────────────────────────────────────────────────────────────────────────────────────────────


def cast_of(part: MotionDataset, keep: Sequence[str], hide: Sequence[str], game: Options, folder: Path | None,
            seed: int, engine: Engine, minutes: float | None, say: Callable[[str], None]) -> Cast:
    """Keepers and seekers, taught here or loaded."""
    each = None if minutes is None else minutes * FOR_TEACHING / (len(keep) * game["keepers"]
                                                                  + len(hide) * game["seekers"])
    found = Cast([], [])
    for role, labels, made in (("keeper", keep, found.keepers), ("seeker", hide, found.seekers)):
        given = [Path(name) for name in game[role].split(",") if (Path(name) / PAGE).is_file()]
        if given:
            made += [_given(path, role, labels, part, game) for path in given]
            continue
        for label in labels:
            for number in range(game[f"{role}s"]):
                say(f"teaching {role} {number + 1} of {label}")
                out = folder / MADE / f"{role}-{label}-{number}" if folder is not None else None
                model = fit(game[role], part, label, preset=game["teaching"], seed=seed, set=teaching_of(role, game),
                            out=out, engine=engine, minutes=each, words=(role, number))
                _refuse_ignorance(model, part, role)
                made.append(model)
    return found


def _given(path: Path, role: str, labels: Sequence[str], part: MotionDataset, game: Options) -> Model:
    """A trained network that suits the game."""
    model = load(path)
    refuse_strangers(model, part)
    truth_of(model, part)
    if model.label not in labels:
        raise UserError(f"{path} tells {model.label}, which no {role} is needed for", f"a {role} tells "
                        + " or ".join(labels))
    other = [f"{key} {getattr(model, key)}" for key in ("chain", "frames", "fill") if getattr(model, key) != game[key]]
    if other:
        raise UserError(f"{path} sees motion otherwise than this game: {', '.join(other)}",
                        "all networks of a game see the same: " + ", ".join(
                            f"--set {key}={getattr(model, key)}" for key in ("chain", "frames", "fill")))
    return model


def _refuse_ignorance(model: Model, part: MotionDataset, role: str) -> None:
    """A UserError where a network has not learned its label: there would be nothing to keep, or to hide."""
    seen = [row["check_accuracy"] for row in model.curves if "check_accuracy" in row]
    if not seen:
        return
    truth = truth_of(model, part)
    share = np.bincount(truth[truth >= 0]).max() / (truth >= 0).sum()
    if max(seen) < share + LEARNED:
        raise UserError(f"the {role} of {model.label} never learned it: it is right in {max(seen):.2f} of the recordings "
                        f"that it did not learn from, where always saying the most frequent is right in {share:.2f}",
                        f"give it more recordings, or teach it longer: --set {role}.epochs=100")


# ── the game ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Course:
    """A training under way: the game, and how far it is."""

    def __init__(self, net: Any, cast: Cast, game: Options, task: Lesson, data: Prepared, seed: int,
                 engine: Engine) -> None:
        self.net, self.options, self.task, self.data, self.seed, self.engine = net, game, task, data, seed, engine
        roles = [Role(deepcopy(model.net).to(engine.device), name) for name, model in cast.named]
        self.first = self._game([], []) if net.reconstructs and game["reconstruct"] else None
        self.roles = roles[: len(cast.keepers)], roles[len(cast.keepers) :]
        self.game: Game | None = None
        self.rows: list[dict[str, float]] = []
        self.key = ""

    def _game(self, keepers: Sequence[Role], seekers: Sequence[Role]) -> Game:
        options = self.options
        learning = options["algorithm"] == "adversarial" and bool(seekers)
        return Game(self.net, keepers, seekers, lr_min=options["lr_min"] if keepers else options["lr_reconstruct"],
                    lr_max=options["lr_max"] if learning else None, privacy=options["privacy"],
                    fidelity=options["fidelity"], min_steps=options["min_steps"], objective=options["objective"],
                    distance=options["distance"], optimizer=options["optimizer"], engine=self.engine)

    def play(self, minutes: float | None, folder: Path | None, report: Report | None,
             say: Callable[[str], None]) -> None:
        """Every epoch in its turn: first those in which the anonymizer learns to give back what it gets."""
        end = math.inf if minutes is None else time.monotonic() + 60 * max(minutes, 0)
        before = self.options["reconstruct"] if self.first is not None else 0
        total = before + self.options["epochs"]
        while len(self.rows) < total and not (self.rows and self._late(end)):
            number = len(self.rows)
            game, algorithm = self._turn(number, before)
            if self.options["schedule"] == "cosine" and algorithm is not reconstruct:
                game.pace(0.5 * (1 + math.cos(math.pi * (number - before) / self.options["epochs"])))
            row = epoch(algorithm, game, self._batches(self.task.learn, number, game), self._looks())
            self.rows.append({"epoch": float(number + 1), **row})
            if folder is not None and self.engine.first:
                self.keep(folder)
            say(f"epoch {number + 1}: " + ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in row.items()
                                                    if name.startswith("check_")))
            if report and self.engine.first:
                report(number + 1, total)

    def _late(self, end: float) -> bool:
        return bool(self.engine.told(float(time.monotonic() > end)))

    def _turn(self, number: int, before: int) -> tuple[Game, Algorithm]:
        """The game that is played in an epoch: to give back what it gets, or against keepers and seekers."""
        if number < before and self.first is not None:
            return self.first, reconstruct
        if self.game is None:
            if before:
                self.net.settle()
            self.game = self._game(*self.roles)
        return self.game, pick(self.options["algorithm"], ALGORITHMS, "algorithm")

    def _batches(self, rows: np.ndarray, number: int, game: Game) -> Iterator[Batch]:
        options = self.options
        return batches(self.data, rows, options["batch"], options["frames"], seed_for(self.seed, "game"), number,
                       Augment(), fill=options["fill"], engine=self.engine)

    def _looks(self) -> Iterator[Batch]:
        rows = self.task.check if len(self.task.check) else self.task.learn
        return batches(self.data, rows, self.options["batch"], self.options["frames"], seed_for(self.seed, "look"),
                       fill=self.options["fill"], engine=self.engine)

    # ── stopping and going on ────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, folder: Path) -> None:
        """Write everything that is needed to go on."""
        folder.mkdir(parents=True, exist_ok=True)
        game = self.game or self.first
        assert game is not None
        save_state({"key": self.key, "rows": self.rows, "game": game.state()}, folder)
        save_curves(self.rows, folder)

    def resume(self, folder: Path, key: str) -> None:
        """Go on from what `keep` wrote, if it is the same training."""
        self.key = key
        state = load_state(folder)
        if state is None:
            return
        if state.get("key") != key:
            raise UserError(f"{folder} holds another training: other data, labels, options, networks or seed",
                            "name another folder, or delete this one")
        try:
            self.rows = [dict(row) for row in state["rows"]]
            before = self.options["reconstruct"] if self.first is not None else 0
            game, _ = self._turn(max(len(self.rows) - 1, 0), before)
            game.resume(state["game"])
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as fault:
            raise UserError(f"the state in {folder} cannot be used: {fault}", "delete the folder, train anew") from None


def _key(part: MotionDataset, cast: Cast, game: Options, own: Options, seed: int) -> str:
    """A name for all that decides the weights."""
    going_on = () if game["schedule"] == "cosine" else ("epochs",)  # more of them may be asked for later
    told = [part.content_id, {key: str(value) for key, value in (game | own).items() if key not in going_on}, seed,
            [model.hash for model in (*cast.keepers, *cast.seekers)]]
    return hashlib.sha256(canonical_json(told)).hexdigest()
