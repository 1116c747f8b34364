"""Taught judges: what a network is shown of the motion, and one network for each way that its name asks for.

    tcn                          one network that sees the joints
    tcn:bone                     another stream of them (see maskeleton.classifiers.streams)
    tcn:joint+bone+residual      several networks, one for each, who answer together
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeleton.checkpoint import PAGE, Model, load
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.base import network_options
from maskeleton.classifiers.streams import STREAMS
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.errors import UserError, listed, pick
from maskeleton.fit import fit
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion, canonical_json
from maskeleton.normalize import normalize
from maskeleton.presets import DEFAULT, chosen

MOST_FRAMES = 300  # at the recordings' own rate
FEATURES_ONLY = ("without", "trees")  # options that are the attack features' own
MACHINE = ("device", "precision")  # and those that say on what networks are taught
OURS = (*FEATURES_ONLY, *MACHINE)
MOMENTS = 64  # at which the mean motion of an action is known

Options = dict[str, Any]


class Input(NamedTuple):
    """What a network is shown of recordings, given the kept label, and how it has to be taught for that."""

    options: Callable[[MotionDataset], Options]
    shown: Callable[[MotionDataset, str], MotionDataset]


class Taught(NamedTuple):
    """A network, the recordings that taught it, and how others must be shown to it."""

    model: Model
    train: MotionDataset
    show: Callable[[MotionDataset], MotionDataset]

    @property
    def checked(self) -> np.ndarray:
        """Of its recordings those that were not taught, but said when it was learnt."""
        return np.flatnonzero(np.isin(np.array(self.train.hashes, str), self.model.trained_on["checked"]))


def taught(train: MotionDataset, label: str, judge: str, seed: int, keep: str, set: Mapping[str, str] | None = None,
           minutes: float | None = None, networks: Path | None = None) -> Iterator[Taught]:
    """The networks that `judge` names, one after another, each taught the label anew, or found where it was kept."""
    name, words = parsed(judge)
    for word in words:
        if word == "residual" and label == keep:
            raise UserError(f"what is left of a motion without what is usual for its {keep} does not tell {keep}",
                            f"ask {name} about {keep} without :residual")
        way = INPUTS[word]
        shown = way.shown(train, keep)
        options = {**way.options(train), **{key: value for key, value in (set or {}).items() if key not in OURS}}
        engine = Engine(*((set or {}).get(key, "auto") for key in MACHINE))
        share = None if minutes is None else minutes / len(words)
        out = networks / _place(name, shown, label, seed, options, minutes) if networks is not None else None
        if out is not None and (out / PAGE).is_file():
            model = load(out, engine.device)
        else:
            model = fit(name, shown, label, seed=seed, set=options, minutes=share, engine=engine, out=out)
        yield Taught(model, shown, partial(_shown_by, way, keep))


def _place(name: str, shown: MotionDataset, label: str, seed: int, options: Options, minutes: float | None) -> str:
    """The name of a folder, by all that decides the weights."""
    codes = shown.labels[label].tolist()  # a null has others, and the same recordings
    told = [name, label, shown.content_id, codes, seed, options, minutes is not None]
    return f"{label}-{name}-{hashlib.sha256(canonical_json(told)).hexdigest()[:16]}"


def _shown_by(way: Input, keep: str, dataset: MotionDataset) -> MotionDataset:
    return way.shown(dataset, keep)


def parsed(judge: str) -> tuple[str, tuple[str, ...]]:
    """The classifier, and what it is shown."""
    name, _, words = judge.partition(":")
    network = pick(name, CLASSIFIERS, "judge")
    shown = tuple(word.strip() for word in words.split("+") if word.strip()) or ("joint",)
    for word in shown:
        pick(word, INPUTS, "input of a judge")
        if word in STREAMS and word != "joint" and "stream" not in network_options(network):
            raise UserError(f"{name} measures the joints itself and has no stream {word!r}",
                            f"ask it with: {listed(other for other in INPUTS if other not in STREAMS)}")
    return name, tuple(dict.fromkeys(shown))


def refuse_options(set: Mapping[str, str], judges: Sequence[str], features: bool) -> None:
    """A UserError where a judge is none, or an option is for none of those who are asked."""
    own = {key: value for key, value in set.items() if key not in OURS}
    for judge in judges:
        name, _ = parsed(judge)
        chosen(name, CLASSIFIERS[name], set=own)
    for key in set:
        asked = features if key in FEATURES_ONLY else bool(judges)
        if not asked:
            raise UserError(f"--set {key}: nobody is asked who has that option",
                            "ask by --attack " + ("features" if key in FEATURES_ONLY else "classify"))


def _stream(name: str, train: MotionDataset) -> Options:
    return {} if name == "joint" else {"stream": name}


def _residual(train: MotionDataset) -> Options:
    """It is normalized already."""
    return {"chain": "none"}


def _native(train: MotionDataset) -> Options:
    """Frames as they were recorded: what trembles too fast for the usual number of frames is seen."""
    usual = int(np.percentile(train.frames, 75))
    return {"fill": "native", "frames": int(np.clip(-(-usual // 8) * 8, 16, MOST_FRAMES)), "crop": 1.0}


def _as_it_is(dataset: MotionDataset, keep: str) -> MotionDataset:
    return dataset


def without_action(dataset: MotionDataset, keep: str) -> MotionDataset:
    """Every recording, normalized, less the mean motion of those with its kept label, which everybody may read, at the
    same share of the time."""
    chain = DEFAULT["chain"]
    codes = dataset.labels.get(keep, np.full(len(dataset), UNKNOWN))
    shape = (MOMENTS, len(dataset.skeleton.joints), 3)
    sums = {int(code): np.zeros(shape) for code in np.unique(codes)}
    for index, motion in enumerate(dataset):
        sums[int(codes[index])] += _even(_alone(normalize(chain, motion, dataset.skeleton)[0]), MOMENTS)
    means = {code: total / (codes == code).sum() for code, total in sums.items()}

    def motions() -> Iterator[Motion]:
        for index, motion in enumerate(dataset):
            seen = normalize(chain, motion, dataset.skeleton)[0]
            usual = _even(means[int(codes[index])], len(seen.positions)).astype(np.float32)
            left = np.where(seen.present[..., None, None], seen.positions - usual[:, None], 0)
            yield seen._replace(positions=left, labels=dataset.told(index), fields={})

    return MotionDataset.of(dataset.skeleton, dataset.fps, motions())


def _alone(motion: Motion) -> np.ndarray:
    """(T, J, 3): the body that is there longest, where it is there."""
    slot = int(motion.present.sum(0).argmax())
    return np.asarray(motion.positions[motion.present[:, slot], slot])


def _even(positions: np.ndarray, moments: int) -> np.ndarray:
    """The same at so many evenly spaced moments."""
    place = np.linspace(0, len(positions) - 1, moments)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(positions) - 1)
    share = (place - before)[:, None, None]
    return np.asarray(positions[before] * (1 - share) + positions[after] * share)


INPUTS: dict[str, Input] = {
    **{name: Input(partial(_stream, name), _as_it_is) for name in STREAMS},
    "native": Input(_native, _as_it_is),
    "residual": Input(_residual, without_action),
}
