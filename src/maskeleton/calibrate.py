"""What the instrument can see: signatures planted into people who have none of their own, and scores on less data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from maskeleton.body import bones, joints
from maskeleton.dataset import MotionDataset
from maskeleton.dealing import IDENTITY, numbered
from maskeleton.errors import pick
from maskeleton.exam import exams, marked, used
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.recognize import relabelled
from maskeleton.score import Score, permuted
from maskeleton.seeds import generator, seed_for
from maskeleton.shares import at_most, share_of_people, share_of_takes, sides
from maskeleton.skeleton import Skeleton
from maskeleton.splits import Half
from maskeleton.threads import one_thread
from maskeleton.traits import trait_row, trait_table

PLANTED = 1200  # recordings at most that signatures are planted into
CURVE = 4000  # recordings at most that a learning curve is made of
SHARES = (0.25, 0.5, 1.0)
STILL_RISES = 0.02  # in rate, from the last share but one to all


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
    told = [{**dataset.told(index), IDENTITY: int(person)} for index, person in enumerate(people)]
    return MotionDataset.of(dataset.skeleton, dataset.fps, (
        motion._replace(labels=labels, fields={}) for motion, labels in
        zip(signed(dataset, np.arange(len(dataset)), people, kind, size, seed), told, strict=True)))


def signed(dataset: MotionDataset, rows: np.ndarray, who: np.ndarray, kind: str, size: float,
           seed: int) -> Iterator[Motion]:
    """These recordings, each with the signature of the one who is said to have made it; of nobody (−1), with none."""
    signature = pick(kind, SIGNATURES, "signature")
    for row in rows.tolist():
        motion, person = dataset[row], int(who[row])
        if person == UNKNOWN or size <= 0:
            yield motion
            continue
        positions = motion.positions.copy()
        for slot in range(positions.shape[1]):
            there = motion.present[:, slot]
            if there.any():
                body = Body(positions[there, slot], dataset.skeleton, dataset.fps,
                            generator(seed, "signature", kind, person), generator(seed, "recording", kind, row))
                positions[there, slot] = signature.plant(body, size)
        yield motion._replace(positions=positions)


def strangers(dataset: MotionDataset, seed: int = 0, halves: Sequence[Half] = (), label: str = IDENTITY,
              keep: str = "action") -> np.ndarray:
    """The label dealt out anew so that it says nothing any more; how often it stands on which side stays as it was.

    `subject` is dealt out among the recordings of one action (the kept label) and camera, any other among people.
    """
    codes = dataset.labels[label].copy()
    same = [dataset.labels[name] for name in (keep, "camera") if name in dataset.labels and label == IDENTITY]
    nobody = np.full(len(codes), UNKNOWN, np.int32)
    groups = numbered(sides(halves, len(dataset)), *same) if halves else numbered(nobody, *same)
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        if label == IDENTITY:
            codes[places] = codes[generator(seed, "strangers", int(group)).permutation(places)]
        else:
            person, kept = (dataset.labels.get(name, nobody)[places] for name in (IDENTITY, keep))
            codes[places] = permuted(codes[places], label, person=person, keep=kept,
                                     seed=seed_for(seed, "strangers", int(group)))
    return codes


def smallest_found(found: Callable[[float], bool], sizes: Sequence[float]) -> float | None:
    """The smallest size that is found, where all larger ones are found too: the half in which it must be is halved.

    The next smaller one was tried, and not found. None where not even the largest is.
    """
    low, high = 0, len(sizes)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if found(sizes[middle]) else (middle + 1, high)
    return sizes[low] if low < len(sizes) else None


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
    dataset: MotionDataset, halves: Sequence[Half], keep: str = "action", seed: int = 0, label: str = IDENTITY,
    most: int = PLANTED,
) -> list[dict[str, Any]]:
    """For each kind of signature the smallest size at which the linear trait judges tell as many people apart (of an
    attribute: as many people of its classes), with about `most` recordings at most.

    It counts as found where the whole interval lies beyond chance and beyond what is read where nothing was planted.
    """
    halves = at_most(dataset, halves, label, most, keep, seed)
    rows, who = used(halves), strangers(dataset, seed, halves, label, keep)
    asked = exams(relabelled(dataset, label, who), halves, rows, label, keep, seed, most=1)
    table = trait_table(dataset.select(rows))
    nothing = marked(table, asked, label, keep)

    def rate_of(kind: str, size: float) -> Score:
        with one_thread():
            values = [trait_row(motion, dataset.skeleton, dataset.fps)
                      for motion in signed(dataset, rows, who, kind, size, seed)]
        return marked(table._replace(values=np.stack(values)), asked, label, keep)

    return [_limit(kind, rate_of, nothing) | {"recordings": len(rows)} for kind in SIGNATURES]


def _limit(kind: str, rate_of: Callable[[str, float], Score], nothing: Score) -> dict[str, Any]:
    signature, rates = SIGNATURES[kind], {}

    def found(size: float) -> bool:
        rates[size] = rate_of(kind, size)
        return rates[size].low > max(rates[size].chance, nothing.rate)

    least = smallest_found(found, signature.sizes)
    last = rates[least if least is not None else signature.sizes[-1]]
    return {"kind": kind, "unit": signature.unit, "size": least, "tried": sorted(rates), "rate": last.rate,
            "low": last.low, "high": last.high, "chance": last.chance, "null": nothing.rate}


def learning_curve(
    dataset: MotionDataset, halves: Sequence[Half], label: str, keep: str = "action", seed: int = 0,
    shares: Sequence[float] = SHARES, most: int = CURVE,
) -> list[dict[str, Any]]:
    """The linear trait judges' rate when they learn from a share of everybody's takes, and then of the people.

    People who are to be told apart are never fewer, for chance would be another then: their curve is of takes alone.
    """
    halves = at_most(dataset, halves, label, most, keep, seed)
    rows = used(halves)
    table = trait_table(dataset.select(rows))
    told: dict[bytes, Score] = {}  # two shares of few people may be the same people
    found = []
    for of in ("takes", "people") if label != IDENTITY and IDENTITY in dataset.labels else ("takes",):
        for share in shares:
            fewer = [half._replace(train=_fewer(dataset, half.train, label, keep, of, share, seed)) for half in halves]
            key = b"".join(half.train.tobytes() for half in fewer)
            if key not in told:
                told[key] = marked(table, exams(dataset, fewer, rows, label, keep, seed), label, keep)
            found.append({"share": share, "of": of, "rate": told[key].rate, "low": told[key].low,
                          "high": told[key].high, "recordings": _mean(len(half.train) for half in fewer),
                          "people": _mean(_people(dataset, half.train) for half in fewer)})
    return found


def still_rises(rows: Sequence[dict[str, Any]]) -> list[str]:
    """With more of what (takes, people) the score of these rows still rises: it is a lower bound then."""
    ways = {of: [row["rate"] for row in rows if row["of"] == of] for of in dict.fromkeys(row["of"] for row in rows)}
    return [of for of, rates in ways.items()
            if rates == sorted(rates) and len(rates) > 1 and rates[-1] - rates[-2] > STILL_RISES]


def _fewer(dataset: MotionDataset, rows: np.ndarray, label: str, keep: str, of: str, share: float,
           seed: int) -> np.ndarray:
    if of == "people":
        return share_of_people(dataset, rows, label, share, seed)
    return share_of_takes(dataset, rows, label, share, keep, seed)


def _people(dataset: MotionDataset, rows: np.ndarray) -> int:
    return len(np.unique(dataset.labels[IDENTITY][rows])) if IDENTITY in dataset.labels else 0


def _mean(numbers: Iterable[int]) -> int:
    return round(float(np.mean(list(numbers))))
