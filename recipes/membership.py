"""Who taught it: can those whom `typical` learned from be told from others?

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/membership.py [kindergator utdmhad nwucla] [--halves N] [--set key=value …]

Half of the people, drawn by lot, are learned from, and everybody is released. Who is asked has the originals with their
labels. *By the release*: they look how usual what a person did is among releases that show the same, for what was learned of
somebody is drawn again. *By the model*: they hold it, and look how sure its reader is of what the person did. An AUC of .5 is
chance; 1, everybody is told. Several halves; intervals are over people.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from asking import numbers, printed
from neutral_frontier import IDENTITY, Row, recorded, released
from scipy.fft import dct
from torch import Tensor

from maskeleton import UserError
from maskeleton.anonymizers.population import each_body, people_of
from maskeleton.anonymizers.reader import Reader
from maskeleton.anonymizers.tempo import rows_of
from maskeleton.dataset import MotionDataset
from maskeleton.manner import Manner
from maskeleton.mask import built_of
from maskeleton.seeds import generator
from maskeleton.traits.body import body_of

FRAMES = 64
MOMENTS, WAVES = 32, 16
SMALL = 0.05  # of the usual variance is added along every axis, and lies beside them all
DRAWS = 1000
LABEL = "action"


def traits_of(dataset: MotionDataset) -> Tensor:
    """(N, F) of each recording's first body."""
    manner = Manner(dataset.skeleton)
    first = (next(each_body(motion)) for motion in dataset)
    with torch.no_grad():
        return torch.cat([torch.cat(manner(torch.from_numpy(body[rows_of(len(body), FRAMES)])[None]), 1) for body in first])


def ways_of(dataset: MotionDataset) -> np.ndarray:
    """(N, F) of each recording's most moving body, seen by itself: the slow waves of where its bones point."""
    bodies = (body_of(motion, dataset.skeleton, dataset.fps) for motion in dataset)
    return np.array([dct(body.directions[..., rows_of(body.frames, MOMENTS)], norm="ortho")[..., :WAVES].ravel() / MOMENTS**0.5
                     for body in bodies])


def by_release(original: MotionDataset, made: MotionDataset) -> np.ndarray:
    """(people,) how usual what each did is among releases that show the same: draws of how people differ lie where those
    lie whom they were learned from."""
    people, kinds = people_of(original), original.labels[LABEL]
    own, theirs = ways_of(original), ways_of(made)
    usual = np.full(len(own), np.nan)
    for kind, times in zip(*np.unique(kinds, return_counts=True), strict=True):
        if times < 2:
            continue
        mine = kinds == kind
        middle = theirs[mine].mean(0)
        sizes, axes = np.linalg.svd(theirs[mine] - middle, full_matrices=False)[1:]
        far = own[mine] - middle
        along = np.square(far @ axes.T) @ (1 / (np.square(sizes) + SMALL * np.square(sizes).mean()))
        beside = (np.square(far).sum(1) - np.square(far @ axes.T).sum(1)) / (SMALL * np.square(sizes).mean())
        usual[mine] = -np.log(along + beside)
    return np.array([np.nanmean(usual[people == person]) for person in np.unique(people)])


def by_model(original: MotionDataset, known: MotionDataset, row: Row) -> np.ndarray:
    """(people,) how sure the model's reader is of what each did, where it is of a kind that it knows."""
    net = built_of(row.name, original.skeleton, row.options)
    net.prepare(known)
    reader = Reader(net.middle, net.spread_of_traits, net.weights)
    kinds = np.unique(known.labels[LABEL])
    if len(kinds) != net.kinds:
        raise UserError(f"{len(kinds) - net.kinds} values of {LABEL} are done by too few people", "take a larger dataset")
    known_kind = np.isin(original.labels[LABEL], kinds)
    part = original.select(known_kind)
    sure = reader.says(traits_of(part)).numpy()
    own = sure[np.arange(len(part)), np.searchsorted(kinds, part.labels[LABEL])]
    people = people_of(part)
    return np.array([own[people == person].mean() for person in np.unique(people)])


def auc(scores: np.ndarray, member: np.ndarray) -> float:
    """How often one of the members scores higher than one of the others."""
    away = scores[member][:, None] - scores[~member][None]
    return float((away > 0).mean() + (away == 0).mean() / 2)


def interval(scores: np.ndarray, member: np.ndarray) -> str:
    """The mean AUC of several halves (H, people), with its 95 % over people."""
    def mean(chosen: np.ndarray) -> float:
        told = [auc(some[chosen], who[chosen]) for some, who in zip(scores, member, strict=True)
                if 0 < who[chosen].sum() < len(chosen)]
        return float(np.mean(told)) if told else math.nan  # members alone, or nobody of them, were drawn

    rng, count = generator(0, "membership", "people"), scores.shape[1]
    drawn = [mean(rng.integers(0, count, count)) for _ in range(DRAWS)]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return f"{mean(np.arange(count)):.2f} [{low:.2f}, {high:.2f}]"


def asked_for(given: argparse.Namespace) -> Iterator[str]:
    """A line for each dataset."""
    if wrong := [name for name in given.datasets if name not in IDENTITY]:
        raise UserError(f"there is no table of {', '.join(wrong)}", f"there are: {', '.join(IDENTITY)}")
    row = Row("typical", numbers(given.set))
    yield "| data | people | AUC by the release | AUC by the model |\n| --- | --- | --- | --- |"
    for data in given.datasets:
        original = recorded(data)
        people = np.unique(people_of(original))
        member, release, model = [], [], []
        for half in range(given.halves):
            taught = generator(0, "membership", data, half).permutation(people)[: len(people) // 2]
            known = original.select(np.isin(people_of(original), taught))
            member.append(np.isin(people, taught))
            release.append(by_release(original, released(row, original, known)))
            model.append(by_model(original, known, row))
        told = [interval(np.array(scores), np.array(member)) for scores in (release, model)]
        yield f"| {data} | {len(people)} | {' | '.join(told)} |"


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; a sentence and 2 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=["kindergator", "utdmhad", "nwucla"], help=", ".join(IDENTITY))
    parser.add_argument("--halves", type=int, default=4, help="how often people are drawn to be learned from")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="options of typical")
    return printed(asked_for(parser.parse_args(words)))


if __name__ == "__main__":
    sys.exit(main())
