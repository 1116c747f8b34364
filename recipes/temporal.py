"""What training adds: temporal taught on half of the people, beside neutral, typical and its own fresh draws alone.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/temporal.py [kindergator utdmhad nwucla ntu] [--minutes M] [--part all|B]
                           [--set key=value …] [--draws 0 0.5 1 …] [--quick] [--work DIR]

Every second person (A) is what all of them learn from; a table is of everybody or, with --part B, of those nobody learned
from. Rows called `draws` are temporal before training, on neutral: of how people differ a fresh draw is added, so many
times as far. Models and answers are kept in DIR: a training that was stopped goes on there.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from asking import printed
from neutral_frontier import IDENTITY, NETWORKS_TOO, NO_TREES, ORIGINAL, Asker, Row, known_part, recorded, rows, table

from maskeleton import UserError
from maskeleton.checkpoint import PAGE
from maskeleton.dataset import MotionDataset
from maskeleton.options import pairs
from maskeleton.training import train

KEEP, HIDE = "action", "subject"
NEUTRAL = {"typical": 0.0, "duration": 0.0}  # what temporal stands on then


def model_of(data: str, known: MotionDataset, given: argparse.Namespace, work: Path) -> Path:
    """The folder of the model that was taught on these people; it is taught now where there is none."""
    out = work / f"temporal-{data}"
    if not (out / PAGE).is_file():
        train(known, [KEEP], [HIDE], preset="temporal", set=pairs(given.set), out=out, minutes=given.minutes,
              say=lambda words: print(words, file=sys.stderr, flush=True))
    return out


def wanted(model: Path | None, draws: Sequence[float]) -> dict[str, Row]:
    """The releases of a table, under the words they are told by."""
    found = {name: rows()[name] for name in (ORIGINAL, "neutral", "typical")}
    found |= {f"draws {far:g}": Row("temporal", NEUTRAL | {"before": 0.0, "after": far}) for far in draws}
    return found | ({"temporal": Row(model=str(model))} if model else {})


def tables(given: argparse.Namespace, asker: Asker, work: Path) -> Iterator[str]:
    """A table for each dataset."""
    for data in given.datasets:
        original = recorded(data)
        known, strange = known_part(original)
        model = model_of(data, original.select(known), given, work) if given.minutes else None
        shown = original.select(strange if given.part == "B" else np.arange(len(original)))
        who = "people B" if given.part == "B" else "everybody"
        yield from table(f"{data}, {who}, learned from A", data, shown, original.select(known), wanted(model, given.draws),
                         asker)


def asked_for(given: argparse.Namespace) -> Iterator[str]:
    """Every line of every table, as it comes."""
    if wrong := [name for name in given.datasets if name not in IDENTITY]:
        raise UserError(f"there is no table of {', '.join(wrong)}", f"there are: {', '.join(IDENTITY)}")
    pairs(given.set)  # what is wrong is said before the work
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        work = given.work or Path(own)
        work.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)  # of networks that are not taught: they turn next to nothing
        yield from tables(given, Asker(work, NETWORKS_TOO[:1], NO_TREES if given.quick else None), work)


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables; a sentence and 2 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=["kindergator", "utdmhad", "nwucla"], help=", ".join(IDENTITY))
    parser.add_argument("--minutes", type=float, default=30.0, help="of training, a dataset; 0: draws alone")
    parser.add_argument("--part", choices=("all", "B"), default="all", help="who is looked at")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="options of the training")
    parser.add_argument("--draws", nargs="*", type=float, default=[], metavar="FAR", help="fresh draws alone, as rows")
    parser.add_argument("--quick", action="store_true", help="linear judges only")
    parser.add_argument("--work", type=Path, help="where models and answers are kept")
    given = parser.parse_args(words)
    return printed(asked_for(given))


if __name__ == "__main__":
    sys.exit(main())
