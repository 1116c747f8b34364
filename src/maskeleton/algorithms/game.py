"""Game: all that takes part in training an anonymizer: who learns, who is frozen, and by what each is moved."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn, optim

from maskeleton.algorithms.losses import DISTANCES, OBJECTIVES, recognized
from maskeleton.algorithms.tally import Tally
from maskeleton.algorithms.terms import TERMS, Looks
from maskeleton.batch import Batch
from maskeleton.engine import Engine
from maskeleton.errors import UserError, pick

MOMENTUM = 0.9
Optimizer = Callable[[Iterable[nn.Parameter], float, float], optim.Optimizer]
OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": lambda weights, lr, decay: optim.SGD(weights, lr, MOMENTUM, weight_decay=decay),  # the paper
    "nesterov": lambda weights, lr, decay: optim.SGD(weights, lr, MOMENTUM, weight_decay=decay, nesterov=True),
    "adamw": lambda weights, lr, decay: optim.AdamW(weights, lr, weight_decay=decay),
}


class Role(NamedTuple):
    """A classifier that takes part, and under which name a batch's labels hold the truth in its own classes."""

    net: nn.Module  # (positions, present) -> logits
    label: str


class Game:
    """An anonymizer, its keepers and seekers, and what weighs how much.

    Keepers are frozen for good: weights, norms, mode. Seekers learn only where `lr_max` is given. `privacy` and
    `fidelity` are the paper's alpha and beta. `objective` is what the anonymizer wants of the seekers: `entropy`, that
    they be undecided, or `cross_entropy`, that they be wrong. `distance` is how moving counts: the `mean` square, as
    in the published code, or the `sum` over a recording, as the equation is written. `weights` are those of further
    TERMS, which look at what `looks` says. Networks are asked about the first `shown` rows of a batch: 0, about all.
    """

    def __init__(self, anonymizer: nn.Module, keepers: Sequence[Role] = (), seekers: Sequence[Role] = (), *,
                 lr_min: float, lr_max: float | None = None, privacy: float = 0.0, fidelity: float = 0.0,
                 min_steps: int = 1, objective: str = "entropy", distance: str = "mean", optimizer: str = "sgd",
                 decay: float = 0.0, engine: Engine | None = None, weights: Mapping[str, float] | None = None,
                 looks: Looks | None = None, shown: int = 0) -> None:
        self.anonymizer, self.keepers, self.seekers = anonymizer, tuple(keepers), tuple(seekers)
        for name, value, least in (("lr_min", lr_min, 0), ("lr_max", lr_max or 0, 0), ("privacy", privacy, 0),
                                   ("fidelity", fidelity, 0), ("min_steps", min_steps, 1), ("decay", decay, 0)):
            if not (math.isfinite(value) and value >= least):
                raise UserError(f"option {name!r} cannot be {value}", f"it goes from {least} up")
        self.privacy, self.fidelity, self.min_steps = privacy, fidelity, min_steps
        self.confusion = pick(objective, OBJECTIVES, "objective")
        self.distance = pick(distance, DISTANCES, "distance")
        self.engine = engine or Engine()
        self.shown = shown or None
        self.looks, self.weights = looks, {name: weight for name, weight in (weights or {}).items() if weight and looks}
        self.turn = 0  # minimization steps done in this round
        made = pick(optimizer, OPTIMIZERS, "optimizer")
        self.minimizer = self._optimizer(made, [anonymizer], lr_min, decay)
        self.maximizer = self._optimizer(made, [seeker.net for seeker in seekers], lr_max, decay) \
            if lr_max is not None and seekers else None
        frozen = keepers if self.maximizer else [*keepers, *seekers]
        for role in frozen:
            role.net.requires_grad_(False)
        for net in self._nets():
            net.eval()
        self._level()

    def _optimizer(self, made: Optimizer, nets: Sequence[nn.Module], lr: float, decay: float) -> optim.Optimizer:
        weights = [weight for net in nets for weight in net.parameters() if weight.requires_grad]
        if not weights:
            raise UserError(f"{type(nets[0]).__name__.lower()} has nothing that could learn",
                            "use it as it is, or take another")
        return made(weights, lr, decay)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def anonymized(self, batch: Batch) -> Batch:
        """The batch as the anonymizer makes it; always in float32, where a millimetre is not lost."""
        positions, present = self.anonymizer(batch.positions, batch.present, batch.seeds)
        return batch._replace(positions=positions, present=present)

    def released(self, batch: Batch) -> Batch:
        """The same as it would be released: nothing learns from it."""
        with torch.no_grad():
            return self.anonymized(batch)

    def asked(self, role: Role, batch: Batch) -> Tensor:
        """What a classifier says of the rows of a batch that it is shown."""
        with self.engine.autocast():
            logits: Tensor = role.net(batch.positions[: self.shown], batch.present[: self.shown])
        return logits.float()

    def truth(self, role: Role, batch: Batch) -> Tensor:
        return pick(role.label, batch.labels, "label")[: self.shown]

    def objective(self, released: Batch, batch: Batch, seen: Tally) -> Tensor:
        """What the anonymizer is to make small: equation 2, summed over keepers and seekers as in equation 3."""
        loss = self.fidelity * self.distance(batch, released)
        for keeper in self.keepers:
            said, truth = self.asked(keeper, released), self.truth(keeper, batch)
            loss = loss + recognized(said, truth)
            seen.answers("keep", keeper.label, said, truth)
        for seeker in self.seekers:
            said, truth = self.asked(seeker, released), self.truth(seeker, batch)
            loss = loss - self.privacy * self.confusion(said, truth)
            seen.answers("hide", seeker.label, said, truth)
        for name, weight in self.weights.items():
            assert self.looks is not None
            term = pick(name, TERMS, "term")(self.looks, released, batch)
            loss = loss + weight * term
            seen.loss(name, term, batch)
        seen.loss("loss", loss, batch)
        seen.distance(batch, released)
        return loss

    # ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def learning(self, *nets: nn.Module) -> Iterator[None]:
        """Inside, these networks learn, and no gradient is worked out for the weights of any other."""
        others = [weight for net in self._learners() if net not in nets for weight in net.parameters()
                  if weight.requires_grad]
        for weight in others:
            weight.requires_grad_(False)
        for net in nets:
            net.train()
        try:
            yield
        finally:
            for net in nets:
                net.eval()
            for weight in others:
                weight.requires_grad_(True)

    def step(self, optimizer: optim.Optimizer, loss: Tensor, nets: Sequence[nn.Module]) -> None:
        """Down the gradient of a loss, averaged over the ranks."""
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        for net in nets:
            self.engine.average_gradients(net)
        optimizer.step()

    def ended(self, seen: Tally) -> dict[str, float]:
        """What an epoch showed; all ranks are level then. Numbers that are none are refused."""
        self._level()
        row = seen.means(self.engine)
        if not row:
            raise UserError("there is nothing to learn from", "give more recordings, or a smaller batch")
        wrong = [name for name, value in row.items() if not math.isfinite(value)]
        if wrong:
            raise UserError(f"training fell apart: {wrong[0].replace('_', ' ')} became {row[wrong[0]]}",
                            "take smaller learning rates, or less privacy")
        return row

    def renew(self, number: int) -> None:
        """One seeker that learns, counted round and round, forgets all it knew, and so does its optimizer of it."""
        if self.maximizer is None:
            raise UserError("seekers that do not learn cannot begin anew", "give lr_max, or no resets")
        net = self.seekers[number % len(self.seekers)].net
        for part in net.modules():
            if callable(anew := getattr(part, "reset_parameters", None)):
                anew()
        for weight in net.parameters():
            self.maximizer.state.pop(weight, None)

    def pace(self, share: float) -> None:
        """From now on both learning rates are this share of what they were given as."""
        for optimizer in filter(None, (self.minimizer, self.maximizer)):
            for group in optimizer.param_groups:
                group["lr"] = optimizer.defaults["lr"] * share

    # ── stopping and going on ────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> dict[str, Any]:
        """All that changes in the course of a game."""
        return {"turn": self.turn, "nets": [net.state_dict() for net in self._learners()],
                "optimizers": [optimizer.state_dict() for optimizer in (self.minimizer, self.maximizer) if optimizer]}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, in a game of the same making."""
        self.turn = state["turn"]
        for net, weights in zip(self._learners(), state["nets"], strict=True):
            net.load_state_dict(weights)
        optimizers = (one for one in (self.minimizer, self.maximizer) if one)
        for optimizer, moments in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(moments)

    def _learners(self) -> list[nn.Module]:
        return [self.anonymizer, *(seeker.net for seeker in self.seekers)] if self.maximizer else [self.anonymizer]

    def _nets(self) -> list[nn.Module]:
        return [self.anonymizer, *(role.net for role in (*self.keepers, *self.seekers))]

    def _level(self) -> None:
        for net in self._learners():
            self.engine.average_buffers(net)
