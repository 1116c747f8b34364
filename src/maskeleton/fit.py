"""fit: teach one classifier one label, in one plain loop; `answers` and `embeddings` then ask it."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from maskeleton.ask import answers, embeddings, read
from maskeleton.augment import Augment
from maskeleton.batch import Batch
from maskeleton.checkpoint import (
    PAGE,
    Model,
    load_state,
    save,
    save_curves,
    save_state,
    trained_on,
)
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.base import Classifier
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine, Prepared, batches, prepared
from maskeleton.errors import UserError, pick
from maskeleton.jobs import Report
from maskeleton.lesson import Lesson, lesson
from maskeleton.motion import canonical_json
from maskeleton.presets import PRESETS, Options, batch_size, chosen
from maskeleton.record import record_of, write_record
from maskeleton.seeds import Word, seed_for

__all__ = ["PRESETS", "Course", "answers", "embeddings", "fit", "learning_rate"]


def fit(name: str, dataset: MotionDataset, label: str, *, preset: str = "default", seed: int = 0,
        indices: Sequence[int] | np.ndarray | None = None, set: Mapping[str, Any] | None = None,
        out: Path | str | None = None, engine: Engine | None = None, minutes: float | None = None,
        report: Report | None = None, words: Sequence[Word] = ("judge",)) -> Model:
    """Teach the classifier `name` the label, from the recordings at `indices` alone; the epoch is kept that answers
    best on the part of them that is not taught.

    With `out`, every epoch is written there: the same call goes on where it was, to the same weights bit for bit.
    `words` say whose randomness it is (role, fold …). `minutes` are kept: the learning rate has fallen by then.
    """
    began = time.monotonic()
    engine = engine or Engine()
    network = pick(name, CLASSIFIERS, "classifier")
    teaching, own = chosen(name, network, preset, set)
    task = lesson(dataset, label, indices, teaching["check"], seed_for(seed, *words, label, "check"))
    if len(task.learn) < engine.world:
        raise UserError(f"{len(task.learn)} recordings are too few for {engine.world} ranks", "use fewer")
    place = (*words, label, name)
    with engine.seeded(seed_for(seed, *place, "weights")):
        net = network(dataset.skeleton, len(task.classes), **own).to(engine.device)
    data = prepared(dataset.select(task.rows), teaching["chain"], net.slots or 2, engine.device)
    data = data._replace(labels={"class": task.truth[task.rows]})
    course = Course(net, task, teaching, seed, place, engine)
    folder = Path(out) if out is not None else None
    key = _key(dataset, task, name, teaching, own, (seed, *place))
    if folder is not None:
        course.resume(folder, key)
    course.teach(data, began, minutes, report, (lambda: course.keep(folder, key)) if folder is not None else None)
    net.load_state_dict(course.best)
    model = Model(net.eval(), name, label, task.classes, teaching["chain"], teaching["frames"], teaching["fill"],
                  trained_on(dataset, task.rows, task.check), [], course.rows)
    if folder is not None and engine.first:
        save(model, folder)
        options = {"name": name, "label": label, "preset": preset, "set": dict(set or {}), "minutes": minutes}
        write_record(folder, record_of("fit", options, seed, model=model.hash, data=model.trained_on["content_id"],
                                       teaching=teaching))
    return model


class Course:
    """A training under way: the network, what optimizes it, and the best that was seen."""

    def __init__(self, net: Classifier, task: Lesson, teaching: Options, seed: int, place: tuple[Word, ...],
                 engine: Engine) -> None:
        self.net, self.task, self.teaching, self.engine = net, task, teaching, engine
        self.seed, self.place = seed, place
        self.optimizer = _optimizer(net, teaching)
        self.late = [(weight, _named(net.late, name, 0)) for name, weight in net.named_parameters()
                     if teaching["optimizer"] == "sgd"]  # weights, and the epoch from which on they are taught
        self.weight = class_weights(task, teaching["balance"]).to(engine.device)
        self.augment = Augment(*(teaching[key] for key in Augment._fields))
        self.epoch = 0
        self.spent = 0.0  # seconds
        self.rows: list[dict[str, float]] = []
        self.mark = (-1.0, -math.inf)  # best accuracy and, where equal, loss on the part that checks
        self.best = deepcopy(net.state_dict())
        self.best_epoch = 0
        engine.average_buffers(net)

    def teach(self, data: Prepared, began: float, minutes: float | None, report: Report | None,
              keep: Callable[[], None] | None) -> None:
        """The loop: epochs of batches, each followed by a look at the part that checks."""
        teaching, engine, task = self.teaching, self.engine, self.task
        learn, check = (np.searchsorted(task.rows, part) for part in (task.learn, task.check))
        before, seconds = self.spent, math.inf if minutes is None else max(minutes * 60, 1e-9)
        size = batch_size(teaching, len(learn))
        steps = max(1, min(-(-len(learn) // size), len(learn) // engine.world))
        while self.epoch < teaching["epochs"] and not self.flat and self.spent < seconds:
            started = time.monotonic()
            seen = torch.zeros(3, device=engine.device)  # loss, right answers, recordings
            lr = 0.0
            self.net.train()
            with engine.seeded(seed_for(self.seed, *self.place, "epoch", self.epoch, engine.rank)):
                for step, batch in enumerate(self._batches(data, learn, size)):
                    if minutes is not None:
                        self.spent = engine.told(before + time.monotonic() - began)
                    late = self.spent / seconds * teaching["epochs"]  # the epoch the clock is in
                    if late >= teaching["epochs"] and step:
                        break
                    lr = learning_rate(teaching, late if late > self.epoch + 1 else self.epoch + step / steps)
                    seen += self._step(batch, lr)
            engine.average_buffers(self.net)
            loss, right, count = engine.sum(seen.tolist())
            row = {"epoch": self.epoch + 1, "train_loss": loss / max(count, 1), "train_accuracy": right / max(count, 1),
                   **self._checked(data, check), "lr": lr}
            self._refuse_nonsense(row)
            self.epoch += 1
            self.spent = engine.told(before + time.monotonic() - began)
            self.rows.append(row | {"seconds": round(time.monotonic() - started, 3)})
            self._remember(row)
            if keep and engine.first:
                keep()
            if report and engine.first:
                report(self.epoch, teaching["epochs"])

    def _step(self, batch: Batch, lr: float) -> Tensor:
        """Learn from one batch; the loss, the right answers and the recordings, summed."""
        truth = batch.labels["class"]
        with self.engine.autocast():
            logits = self.net(batch.positions, batch.present)
        losses = self.weight[truth] * F.cross_entropy(logits.float(), truth, reduction="none",
                                                      label_smoothing=self.teaching["smoothing"])
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(losses.mean())
        self.engine.average_gradients(self.net)
        for weight, epoch in self.late:
            if self.epoch < epoch:
                weight.grad = None  # then the optimizer leaves it alone
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        return torch.stack([losses.detach().sum(), (logits.argmax(1) == truth).sum(),
                            torch.ones_like(truth).sum()])

    @property
    def flat(self) -> bool:
        """Whether it has long not become better."""
        patience = self.teaching["patience"]
        return bool(patience and len(self.task.check) and self.epoch - self.best_epoch >= patience)

    def _batches(self, data: Prepared, learn: np.ndarray, size: int) -> Iterator[Batch]:
        teaching = self.teaching
        return batches(data, learn, size, teaching["frames"], seed_for(self.seed, *self.place, "clips"),
                       self.epoch, self.augment, fill=teaching["fill"], engine=self.engine)

    def _checked(self, data: Prepared, check: np.ndarray) -> dict[str, float]:
        """Loss and accuracy on the part that checks; every rank looks at its share."""
        if not len(check):
            return {}
        mine = self.engine.mine(check)
        found = [0.0, 0.0]
        if len(mine):
            scores = read(self.net.eval(), data, mine, self.teaching, self.engine, lambda logits: logits.log_softmax(1))
            truth = torch.from_numpy(data.labels["class"][mine])
            found = [float(F.nll_loss(scores, truth, reduction="sum")), float((scores.argmax(1) == truth).sum())]
        loss, right = self.engine.sum(found)
        return {"check_loss": loss / len(check), "check_accuracy": right / len(check)}

    def _remember(self, row: Mapping[str, float]) -> None:
        """Keep the weights if they are the best so far; the last ones, where nothing checks."""
        mark = (row.get("check_accuracy", 0.0), -row.get("check_loss", 0.0))
        if mark > self.mark or not len(self.task.check):
            self.mark, self.best_epoch = mark, self.epoch
            self.best = deepcopy(self.net.state_dict())

    def _refuse_nonsense(self, row: Mapping[str, float]) -> None:
        for what, value in row.items():
            if math.isfinite(value):
                continue
            raise UserError(f"training fell apart in epoch {row['epoch']}: {what.replace('_', ' ')} became {value} at "
                            f"the learning rate {row['lr']:g}", f"take a smaller one, for example --set "
                            f"lr={self.teaching['lr'] / 10:g}; if that does not help, look for absurd positions with "
                            "maskeleton describe")

    def keep(self, folder: Path, key: str) -> None:
        """Write everything that is needed to go on."""
        folder.mkdir(parents=True, exist_ok=True)
        save_state({"key": key, "epoch": self.epoch, "spent": self.spent, "rows": self.rows, "mark": list(self.mark),
                    "best_epoch": self.best_epoch, "best": self.best, "net": self.net.state_dict(),
                    "optimizer": self.optimizer.state_dict()}, folder)
        save_curves(self.rows, folder)

    def resume(self, folder: Path, key: str) -> None:
        """Go on from what `keep` wrote, if it is the same training."""
        state = load_state(folder)
        if state is None:
            if (folder / PAGE).exists():
                raise UserError(f"{folder} holds a model already", "name another folder")
            return
        if state.get("key") != key:
            raise UserError(f"{folder} holds another training: other data, label, options or seed",
                            "name another folder, or delete this one")
        try:
            self.net.load_state_dict(state["net"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.epoch, self.best_epoch = int(state["epoch"]), int(state["best_epoch"])
            self.spent, self.rows = float(state["spent"]), [dict(row) for row in state["rows"]]
            self.mark, self.best = (float(state["mark"][0]), float(state["mark"][1])), dict(state["best"])
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as fault:
            raise UserError(f"the state in {folder} cannot be used: {fault}", "delete the folder, train anew") from None


def learning_rate(teaching: Options, epoch: float) -> float:
    """The learning rate at a moment, in epochs and parts of one."""
    top, warmup = teaching["lr"], teaching["warmup"]
    if epoch < warmup:
        return float(top * (epoch + 0.1) / (warmup + 0.1))
    if teaching["schedule"] == "steps":
        return float(top * 0.1 ** sum(epoch >= step for step in teaching["steps"]))
    share = (epoch - warmup) / max(teaching["epochs"] - warmup, 1e-9)
    return float(top * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


def _optimizer(net: Classifier, teaching: Options) -> torch.optim.Optimizer:
    groups: dict[float, list[Tensor]] = {}  # times the usual weight decay -> weights
    for name, weight in net.named_parameters():
        times = _named(net.decays, name, 1.0) if teaching["optimizer"] == "sgd" else float(weight.ndim > 1)
        groups.setdefault(times, []).append(weight)  # adamw spares biases and scales
    told = [{"params": some, "weight_decay": teaching["decay"] * times} for times, some in groups.items()]
    if teaching["optimizer"] == "sgd":
        return torch.optim.SGD(told, teaching["lr"], 0.9, nesterov=True)
    return torch.optim.AdamW(told, teaching["lr"])


def _named(ends: Mapping[str, float], name: str, usual: float) -> float:
    """What is said of a weight by how its name ends."""
    return next((said for end, said in ends.items() if name.endswith(end)), usual)


def class_weights(task: Lesson, balance: bool) -> Tensor:
    """What an error in each class costs: 1, or as much more as it is rarer; 1 on average over the recordings."""
    sizes = np.bincount(task.truth[task.learn], minlength=len(task.classes))
    even = len(task.learn) / len(task.classes) / sizes
    return torch.from_numpy(np.where(balance, even, 1.0).astype(np.float32))


def _key(dataset: MotionDataset, task: Lesson, name: str, teaching: Options, own: Options,
         place: tuple[Word, ...]) -> str:
    """A name for all that decides the weights."""
    hashes = [[dataset.hashes[row] for row in part.tolist()] for part in (task.learn, task.check)]
    told = [name, dataset.skeleton.to_dict(), teaching, own, list(place), task.classes, hashes]
    return hashlib.sha256(canonical_json(told)).hexdigest()
