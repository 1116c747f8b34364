"""Training: from recordings and labels to an anonymizer: keepers and seekers are taught, then the game is played."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.algorithms import ALGORITHMS, SEEKERS_LEARN, Algorithm
from maskeleton.algorithms.epoch import epoch
from maskeleton.algorithms.game import Game, Role
from maskeleton.algorithms.reconstruct import reconstruct
from maskeleton.algorithms.terms import Looks
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.ask import answers
from maskeleton.augment import Augment
from maskeleton.batch import Batch
from maskeleton.checkpoint import (
    PAGE,
    STATE,
    Model,
    lineage_of,
    load,
    load_state,
    refuse_strangers,
    save_curves,
    save_state,
    trained_on,
    truth_of,
    weights_hash,
)
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.geometric import Geometric
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine, Prepared, batches, prepared
from maskeleton.errors import UserError, listed, pick
from maskeleton.fit import fit
from maskeleton.formats.kit.naming import safe_name
from maskeleton.games import WEIGHTS, arranged, teaching_of
from maskeleton.jobs import Report
from maskeleton.lesson import Lesson, lesson
from maskeleton.mask import RAW, Mask, built_of, learns, must_know, save, usual_place
from maskeleton.motion import canonical_json
from maskeleton.presets import Options, chosen
from maskeleton.seeds import seed_for
from maskeleton.skeleton import Skeleton

BODIES = 2  # that networks and anonymizer see together
FOR_TEACHING = 0.5  # of the minutes: the rest is for the game
FOR_RECONSTRUCTING = 0.3  # of those of the game
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
    began = time.monotonic()
    engine = engine or Engine()
    game, own = arranged(preset, set)
    keep, hide = list(dict.fromkeys(keep)), list(dict.fromkeys(hide))
    folder = Path(out) if out is not None else None
    part = dataset if rows is None else dataset.select(np.asarray(rows, np.int64))
    with engine.seeded(seed_for(seed, "anonymizer", game["anonymizer"], "weights")):
        net = built_of(game["anonymizer"], dataset.skeleton, own).to(engine.device)
    if not learns(net):
        return only_prepared(net, part, keep, hide, game, folder, engine)
    if must_know(net) and game["chain"] != RAW:
        raise UserError(f"{game['anonymizer']} learns of people as they were recorded, not after {game['chain']!r}",
                        f"--set chain={RAW}")
    if not hide:
        raise UserError("no label is to be hidden", "name one, such as hide=['subject']")
    task = everything_learned(part, lesson(part, hide[0], None, game["check"], seed_for(seed, "train", hide[0])), keep)
    cast = cast_of(part, keep, hide, game, folder, seed, engine, minutes, say)
    place = usual_place(part, game["chain"])
    if "within" in net.options and "within" not in own:
        net.options["within"] = keep[0]
    net.prepare(part.select(task.learn))
    data = prepared(part, game["chain"], BODIES, engine.device)
    data = data._replace(labels={name: truth_of(model, part) for name, model in cast.named})
    left = None if minutes is None else max(minutes - (time.monotonic() - began) / 60, 0.0)
    course = Course(net, cast, game, task, data, seed, engine)
    if folder is not None:
        course.resume(folder, _key(part, cast, game, own, seed))
    course.play(left, folder, report, say)
    mask = Mask(net.eval(), game["anonymizer"], game["chain"], game["frames"], game["fill"], place, keep, hide,
                origin(part, task, cast), course.lineage(cast), course.rows)
    if folder is not None and engine.first:
        save(mask, folder)
    return mask


def only_prepared(net: Anonymizer, part: MotionDataset, keep: list[str], hide: list[str], game: Options,
                  folder: Path | None, engine: Engine) -> Mask:
    """What has nothing to learn but the population is ready when it knows that: there is no game."""
    if not must_know(net):
        raise UserError(f"{game['anonymizer']} has nothing that could learn",
                        f"maskeleton anonymize DATA OUT --with {game['anonymizer']}")
    net.cpu().prepare(part)
    mask = Mask(net.eval(), game["anonymizer"], keep=keep, hide=hide, trained_on=trained_on(part, range(len(part))))
    if folder is not None and engine.first:
        save(mask, folder)
    return mask


def everything_learned(part: MotionDataset, task: Lesson, keep: Sequence[str]) -> Lesson:
    """The lesson, but that no value of a kept label is in the part that checks alone: by take whole actions may be."""
    alone = np.zeros(len(task.check), bool)
    for label in keep:
        values = part.labels[label]
        alone |= ~np.isin(values[task.check], values[task.learn])
    return task._replace(learn=np.sort(np.concatenate([task.learn, task.check[alone]])), check=task.check[~alone])


def origin(part: MotionDataset, task: Lesson, cast: Cast) -> dict[str, Any]:
    """What a checkpoint remembers of the recordings that were looked at, by the anonymizer or by any network of the
    game, wherever that was taught; `checked` are those that nobody learned from."""
    looked, learned = {*part.hashes}, {part.hashes[row] for row in task.learn.tolist()}
    for model in (*cast.keepers, *cast.seekers):
        looked |= {*model.trained_on["hashes"]}
        learned |= {*model.trained_on["hashes"]} - {*model.trained_on.get("checked", ())}
    return {"content_id": part.content_id, "hashes": sorted(looked), "checked": sorted(looked - learned)}


# ── who takes part ───────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── the game ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Course:
    """A training under way: the game, and how far it is."""

    def __init__(self, net: Any, cast: Cast, game: Options, task: Lesson, data: Prepared, seed: int,
                 engine: Engine) -> None:
        self.net, self.options, self.task, self.data, self.seed, self.engine = net, game, task, data, seed, engine
        roles = [Role(deepcopy(model.net).to(engine.device), name) for name, model in cast.named]
        self.looks = looks_of(net.skeleton, cast, engine) if any(game[name] for name in WEIGHTS) else None
        self.first = self._game([], []) if net.reconstructs and game["reconstruct"] else None
        self.before = game["reconstruct"] if self.first is not None else 0  # epochs of giving back what it gets
        self.roles = roles[: len(cast.keepers)], roles[len(cast.keepers) :]
        self.game: Game | None = None
        self.rows: list[dict[str, float]] = []
        self.key = ""

    def _game(self, keepers: Sequence[Role], seekers: Sequence[Role]) -> Game:
        options = self.options
        learning = options["algorithm"] in SEEKERS_LEARN and bool(seekers)
        return Game(self.net, keepers, seekers, lr_min=options["lr_min"] if seekers else options["lr_reconstruct"],
                    lr_max=options["lr_max"] if learning else None, privacy=options["privacy"],
                    fidelity=options["fidelity"], min_steps=options["min_steps"], objective=options["objective"],
                    distance=options["distance"], optimizer=options["optimizer"],
                    decay=options["decay"], engine=self.engine,
                    weights={name: options[name] for name in WEIGHTS if seekers}, looks=self.looks,
                    shown=options["shown"])

    def play(self, minutes: float | None, folder: Path | None, report: Report | None,
             say: Callable[[str], None]) -> None:
        """Every epoch in its turn: first those in which the anonymizer learns to give back what it gets. With minutes
        no epoch is begun that would end too late, and learning rates have fallen by then."""
        began, took = time.monotonic(), 0.0
        total = self.before + self.options["epochs"]
        while len(self.rows) < total:
            number = len(self.rows)
            spent = self._spent(began - took, minutes)  # once another epoch will have taken as long as the last
            if number < self.before and spent > FOR_RECONSTRUCTING and number:
                self.before, total = number, number + self.options["epochs"]
            if number > self.before and spent > 1:
                break
            started = time.monotonic()
            gone = max((number - self.before) / self.options["epochs"], self._spent(began, minutes))
            row = self._epoch(number, gone if number > self.before else 0.0)
            took = time.monotonic() - started
            self.rows.append({"epoch": float(number + 1), **row})
            if folder is not None and self.engine.first:
                self.keep(folder)
            say(f"epoch {number + 1}: " + ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in row.items()
                                                    if name.startswith("check_")))
            if report and self.engine.first:
                report(number + 1, total)

    def _epoch(self, number: int, gone: float) -> dict[str, float]:
        """One epoch, when so much of the way is gone; its row of curves.jsonl."""
        game, algorithm = self._turn(number)
        if algorithm is not reconstruct:
            game.pace(pace(self.options, number - self.before, gone))
        try:
            with self.engine.seeded(seed_for(self.seed, "game", number, self.engine.rank)):
                self._anew(number - self.before, game)
                return epoch(algorithm, game, self._batches(number), self._looks())
        except UserError as fault:
            if not self.rows:
                raise
            seen = ", ".join(f"{name} {value:.3g}" for name, value in self.rows[-1].items())
            raise UserError(f"{fault.wrong}, in epoch {number + 1}; before it: {seen}", f"{fault.remedy}; what was "
                            f"learned until then is kept in {STATE}") from None

    def _anew(self, number: int, game: Game) -> None:
        """Every so many epochs one seeker begins anew."""
        if number > 0 and self.options["resets"] and game.maximizer and number % self.options["resets"] == 0:
            with self.engine.seeded(seed_for(self.seed, "anew", number)):  # alike on all ranks
                game.renew(number // self.options["resets"] - 1)

    def _spent(self, began: float, minutes: float | None) -> float:
        """The share of the minutes that is gone since then; 0 without minutes."""
        if minutes is None:
            return 0.0
        return self.engine.told((time.monotonic() - began) / max(60 * minutes, 1e-9))

    def _turn(self, number: int) -> tuple[Game, Algorithm]:
        """The game that is played in an epoch: to give back what it gets, or against keepers and seekers."""
        if number < self.before and self.first is not None:
            return self.first, reconstruct
        if self.game is None:
            if self.first is not None:
                self.net.settle()
            self.game = self._game(*self.roles)
        return self.game, pick(self.options["algorithm"], ALGORITHMS, "algorithm")

    def _batches(self, number: int) -> Iterator[Batch]:
        options = self.options
        return batches(self.data, self.task.learn, options["batch"], options["frames"], seed_for(self.seed, "game"),
                       number, Augment(), fill=options["fill"], engine=self.engine)

    def _looks(self) -> Iterator[Batch]:
        rows = self.task.check if len(self.task.check) else self.task.learn
        return batches(self.data, rows, self.options["batch"], self.options["frames"], seed_for(self.seed, "look"),
                       fill=self.options["fill"], engine=self.engine)

    def lineage(self, cast: Cast) -> list[str]:
        """The networks that took part, as they came and as they went."""
        seekers = [weights_hash(role.net.state_dict()) for role in self.roles[1]]
        return sorted({*lineage_of((*cast.keepers, *cast.seekers)), *seekers})

    # ── stopping and going on ────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, folder: Path) -> None:
        """Write everything that is needed to go on."""
        folder.mkdir(parents=True, exist_ok=True)
        game = self.game or self.first
        assert game is not None
        save_state({"key": self.key, "rows": self.rows, "before": self.before, "game": game.state()}, folder)
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
            self.before = int(state["before"])
            game, _ = self._turn(max(len(self.rows) - 1, 0))
            game.resume(state["game"])
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError, AttributeError) as fault:
            raise UserError(f"the state in {folder} cannot be used: {fault}", "delete the folder, train anew") from None


def pace(game: Options, number: int, gone: float) -> float:
    """The share of their learning rates by which networks learn in epoch `number` of the game."""
    if game["schedule"] == "cosine":
        return 0.5 * (1 + math.cos(math.pi * min(gone, 1.0)))
    return float(0.1 ** sum(number >= step for step in game["steps"] if game["schedule"] == "steps"))


def looks_of(skeleton: Skeleton, cast: Cast, engine: Engine) -> Looks:
    """What the terms beyond the paper's look at: the first keeper and seeker of each label say which classes there are."""
    traits = Geometric(skeleton, 2).to(engine.device).traits
    names = {name: len(model.classes) for name, model in cast.named}
    keep, hide = ([name for name in names if name in {model.label for model in models}]
                  for models in (cast.keepers, cast.seekers))
    left, right = skeleton.need("left_hip", "right_hip")
    return Looks(traits, skeleton.parents, (left, right), keep, hide, names)


def _key(part: MotionDataset, cast: Cast, game: Options, own: Options, seed: int) -> str:
    """A name for all that decides the weights."""
    going_on = () if game["schedule"] == "cosine" else ("epochs",)  # more of them may be asked for later
    told = [part.content_id, {key: str(value) for key, value in (game | own).items() if key not in going_on}, seed,
            [model.hash for model in (*cast.keepers, *cast.seekers)]]
    return hashlib.sha256(canonical_json(told)).hexdigest()
