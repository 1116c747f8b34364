"""Training: from recordings and labels to an anonymizer: keepers and seekers are taught, then the game is played."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from maskeleton.algorithms import ALGORITHMS, SEEKERS_LEARN, Algorithm
from maskeleton.algorithms.epoch import epoch
from maskeleton.algorithms.game import Game, Role
from maskeleton.algorithms.reconstruct import reconstruct
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.augment import Augment
from maskeleton.batch import Batch
from maskeleton.casting import Cast, cast_of, looks_of
from maskeleton.checkpoint import (
    STATE,
    lineage_of,
    load_state,
    save_curves,
    save_state,
    trained_on,
    truth_of,
    weights_hash,
)
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine, Prepared, batches, prepared
from maskeleton.errors import UserError, pick
from maskeleton.games import WEIGHTS, arranged
from maskeleton.jobs import Report
from maskeleton.lesson import Lesson, lesson
from maskeleton.mask import RAW, Mask, built_of, learns, must_know, save, usual_place
from maskeleton.motion import canonical_json
from maskeleton.presets import Options
from maskeleton.seeds import seed_for

BODIES = 2  # that networks and anonymizer see together
FOR_RECONSTRUCTING = 0.3  # of those of the game


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
    if "within" in net.options and "within" not in own and keep:
        net.options["within"] = keep[0]
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
    net.cpu().prepare(part.select(task.learn))
    net.to(engine.device)
    data = prepared(part, game["chain"], BODIES, engine.device)
    data = data._replace(labels={name: truth_of(model, part) for name, model in cast.named})
    left = None if minutes is None else max(minutes - (time.monotonic() - began) / 60, 0.0)
    course = Course(net, cast, game, task, data, seed, engine)
    if folder is not None:
        course.resume(folder, _key(part, cast, game, own, seed))
    timed, net.retimes = net.retimes, False  # all recordings are as long here
    course.play(left, folder, report, say)
    net.retimes = timed
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
                report(number + 1, expected(number + 1, total, time.monotonic() - began, minutes))

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


def expected(done: int, total: int, seconds: float, minutes: float | None) -> int:
    """How many epochs there will have been when the minutes are over, if there are so few."""
    fit = total if minutes is None else round(done * 60 * minutes / max(seconds, 1e-9))
    return max(done, min(total, fit))


def pace(game: Options, number: int, gone: float) -> float:
    """The share of their learning rates by which networks learn in epoch `number` of the game."""
    if game["schedule"] == "cosine":
        return 0.5 * (1 + math.cos(math.pi * min(gone, 1.0)))
    return float(0.1 ** sum(number >= step for step in game["steps"] if game["schedule"] == "steps"))


def _key(part: MotionDataset, cast: Cast, game: Options, own: Options, seed: int) -> str:
    """A name for all that decides the weights."""
    going_on = () if game["schedule"] == "cosine" else ("epochs",)  # more of them may be asked for later
    told = [part.content_id, {key: str(value) for key, value in (game | own).items() if key not in going_on}, seed,
            [model.hash for model in (*cast.keepers, *cast.seekers)]]
    return hashlib.sha256(canonical_json(told)).hexdigest()
