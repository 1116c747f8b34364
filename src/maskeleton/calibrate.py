"""What the instrument can see: signatures planted into people who have none of their own, and scores on less data."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from maskeleton.answers import joined
from maskeleton.attacks.features import features
from maskeleton.body import bones, joints
from maskeleton.dataset import MotionDataset
from maskeleton.errors import pick
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.score import Score, primary, score
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton
from maskeleton.splits import Half


class Body(NamedTuple):
    """One body of one recording, with the randomness of its person and that of the recording."""

    positions: np.ndarray  # (T, J, 3)
    skeleton: Skeleton
    fps: float
    person: np.random.Generator
    recording: np.random.Generator


class Signature(NamedTuple):
    """One way of telling people apart that can be planted at any size."""

    unit: str
    sizes: tuple[float, ...]  # tried from the smallest on
    plant: Callable[[Body, float], np.ndarray]


def _turned_bone(body: Body, size: float) -> np.ndarray:
    """One bone of the person's own, turned about an axis of its own by `size` degrees in every frame."""
    vectors = bones(body.positions, body.skeleton)
    bone = int(body.person.choice([child for _, child in body.skeleton.bones]))
    axis = body.person.normal(size=3)
    vectors[:, bone] = _rotated(vectors[:, bone], axis / np.linalg.norm(axis), np.radians(size))
    return joints(vectors, body.positions[:, _root(body.skeleton)], body.skeleton)


def _larger_motion(body: Body, size: float) -> np.ndarray:
    """All bones swing about their mean direction by up to `size` percent more or less, a share of the person's own."""
    vectors = bones(body.positions, body.skeleton)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    mean = vectors.mean(0)
    vectors = mean + (vectors - mean) * (1 + size / 100 * body.person.choice([-1.0, 1.0], (vectors.shape[1], 1)))
    now = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors *= np.divide(lengths, now, out=np.ones_like(now), where=now > 1e-9)
    return joints(vectors, body.positions[:, _root(body.skeleton)], body.skeleton)


def _trembling(body: Body, size: float) -> np.ndarray:
    """Every joint trembles by `size` millimetres in a narrow band of the person's own between 5 Hz and 0.45 fps."""
    frames = max(len(body.positions), 2)
    centre = body.person.uniform(5, max(5.5, 0.45 * body.fps))
    band = np.exp(-(((np.fft.rfftfreq(frames, 1 / body.fps) - centre) / 0.75) ** 2))
    white = np.fft.rfft(body.recording.normal(size=(frames, *body.positions.shape[1:])), axis=0)
    noise = np.fft.irfft(white * band[:, None, None], frames, axis=0)[: len(body.positions)]
    spread = max(float(noise.std()), 1e-9)
    return body.positions + (noise * (size / 1000 / spread)).astype(np.float32)


SIGNATURES: dict[str, Signature] = {
    "turned bone": Signature("°", (1, 2, 3, 5, 8, 12), _turned_bone),
    "larger motion": Signature("%", (2, 5, 10, 20, 40), _larger_motion),
    "trembling": Signature("mm", (0.5, 1, 2, 4, 8), _trembling),
}


def planted(dataset: MotionDataset, kind: str, size: float, seed: int = 0) -> MotionDataset:
    """The same recordings, dealt out anew to people who differ by one signature only."""
    people = strangers(dataset, seed)
    signature = pick(kind, SIGNATURES, "signature")
    return MotionDataset.of(dataset.skeleton, dataset.fps, _signed(dataset, people, signature, kind, size, seed))


def _signed(dataset: MotionDataset, people: np.ndarray, signature: Signature, kind: str, size: float,
            seed: int) -> Iterator[Motion]:
    for index, motion in enumerate(dataset):
        person = int(people[index])
        positions = motion.positions.copy()
        if person != UNKNOWN and size > 0:
            for slot in range(positions.shape[1]):
                there = motion.present[:, slot]
                if there.any():
                    body = Body(positions[there, slot], dataset.skeleton, dataset.fps,
                                generator(seed, "signature", kind, person), generator(seed, "recording", kind, index))
                    positions[there, slot] = signature.plant(body, size)
        yield motion._replace(positions=positions, labels={**dataset.told(index), "subject": person}, fields={})


def strangers(dataset: MotionDataset, seed: int = 0) -> np.ndarray:
    """The label subject dealt out anew among the recordings of one action and camera: it says nothing any more."""
    people = dataset.labels["subject"].copy()
    same = [dataset.labels[label] for label in ("action", "camera") if label in dataset.labels]
    table = np.stack(same or [np.zeros_like(people)], 1)
    groups = np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        people[places] = people[generator(seed, "strangers", int(group)).permutation(places)]
    return people


def smallest_found(found: Callable[[float], bool], sizes: Sequence[float]) -> float | None:
    """The first size that is found, trying from the smallest on; None where not even the largest is."""
    return next((size for size in sizes if found(size)), None)


def _root(skeleton: Skeleton) -> int:
    return skeleton.parents.index(-1)


def _rotated(vectors: np.ndarray, axis: np.ndarray, angle: float) -> np.ndarray:
    """Vectors turned about a unit axis."""
    across = np.cross(axis, vectors)
    along = axis * (vectors @ axis)[..., None]
    turned: np.ndarray = vectors * np.cos(angle) + across * np.sin(angle) + along * (1 - np.cos(angle))
    return turned


# ── what the table needs ─────────────────────────────────────────────────────────────────────────────────────────────


def detection_limits(
    dataset: MotionDataset, halves: Sequence[Half], keep: str = "action", seed: int = 0
) -> list[dict[str, Any]]:
    """For each kind of signature the smallest size at which the feature judge tells as many people apart."""
    rows = []
    for kind, signature in SIGNATURES.items():
        rates: dict[float, Score] = {}

        def found(size: float, kind: str = kind, rates: dict[float, Score] = rates) -> bool:
            rates[size] = read_by_traits(planted(dataset, kind, size, seed), halves, "subject", keep, seed)
            return rates[size].low > rates[size].chance

        least = smallest_found(found, signature.sizes)
        last = rates[least if least is not None else signature.sizes[-1]]
        rows.append({"kind": kind, "unit": signature.unit, "size": least, "tried": list(rates), "rate": last.rate,
                     "low": last.low, "high": last.high, "chance": last.chance})
    return rows


def learning_curve(
    dataset: MotionDataset, halves: Sequence[Half], label: str, keep: str = "action", seed: int = 0,
    shares: Sequence[float] = (0.25, 0.5, 1.0),
) -> list[dict[str, Any]]:
    """The feature judge's rate when it learns from a share of the training recordings only."""
    rows = []
    for share in shares:
        fewer = [half._replace(train=_share_of(dataset, half.train, label, share, seed)) for half in halves]
        found = read_by_traits(dataset, fewer, label, keep, seed)
        rows.append({"share": share, "rate": found.rate, "low": found.low, "high": found.high})
    return rows


def read_by_traits(dataset: MotionDataset, halves: Sequence[Half], label: str, keep: str, seed: int) -> Score:
    """The score of the straight feature judge, in seconds."""
    asked = [features(dataset.select(half.train), dataset.select(half.test), label, seed=seed, keep=keep, minutes=0)
             for half in halves]
    return score(joined(asked), primary(label))


def _share_of(dataset: MotionDataset, rows: np.ndarray, label: str, share: float, seed: int) -> np.ndarray:
    """The same share of every class."""
    if share >= 1:
        return rows
    codes = dataset.labels[label][rows]
    kept = [generator(seed, "share", label, int(code)).permutation(np.flatnonzero(codes == code))
            for code in np.unique(codes)]
    chosen: np.ndarray = rows[np.sort(np.concatenate([own[: max(2, round(share * len(own)))] for own in kept]))]
    return chosen
