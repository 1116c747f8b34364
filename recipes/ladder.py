"""The whole ladder: what attackers who know more and more find in a release, beside one who learns from the release alone.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/ladder.py [kindergator utdmhad] [--releases neutral noise]
                           [--draws N] [--work DIR]

Every second person (A) is what `neutral` knows of people; the others (B) are released, twice under different keys, and
attacked. Judges are linear, on measured traits. With --work releases and answers are kept, and a run that was stopped
goes on. Rows are threats; `match` compares recordings of people nobody was trained on.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from maskeleton import read, store
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask, built_of, save
from maskeleton.checkpoint import trained_on
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.tally import LINK, OPEN_SET
from maskeleton.threats import THREATS
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.evaluate import evaluate

SPLITS = {"kindergator": None, "utdmhad": "repetition:1-3"}
RELEASES = {"neutral": {}, "noise": {"sigma": 0.02}}
HEAD = ("threat", "identity", "null", "2 / 5 / all together", "strangers: rank1", "EER", "linkability", "minutes",
        "learned from")


def parts(dataset: MotionDataset) -> tuple[np.ndarray, np.ndarray]:
    """Rows of every second person (A), and of the others (B)."""
    people = np.unique(dataset.labels["subject"])
    known = np.isin(dataset.labels["subject"], people[::2])
    return np.flatnonzero(known), np.flatnonzero(~known)


def measured(data: str, release: str, folder: Path, work: Path, draws: int) -> Scorecard:
    """Both releases are made, and attacked."""
    place = work / f"{data}-{release}"
    dataset = read(folder / f"{data}.npz")
    known, tested = parts(dataset)
    if not (place / "B").exists():
        net = built_of(release, dataset.skeleton, RELEASES[release])
        net.prepare(dataset.select(known))
        save(Mask(net.eval(), release, trained_on=trained_on(dataset, known)), place / "model")
        store.write(dataset.select(tested), place / "B")
    for number in (1, 2):
        if not (place / f"release{number}").exists():
            anonymize(place / "B", place / f"release{number}", mask=place / "model", seed=number)
    if (place / "run" / "results.json").exists():
        return Scorecard.read(place / "run")
    return evaluate(place / "B", place / "release1", keep=["action"], hide=["subject"], mask=place / "model",
                    attacks=["features", "match"], judges=[], by=SPLITS[data], seeds=1, open_set=True,
                    twice=[place / "release2"], draws=draws, set={"trees": "no"}, out=place / "run")


def lines(card: Scorecard) -> list[tuple[str, ...]]:
    """A row for each threat."""
    cost = {row["threat"]: row for row in card.costs}
    found = []
    for threat in [name for name in THREATS if name in cost and name != "transfer"]:
        mine = [cell for cell in card.cells if cell.threat == threat and cell.label == "subject"]
        one = of(mine, "features", "", "top1")
        pools = [of(mine, "pool", f"features, {size}", "top1") for size in ("2", "5", "all")]
        strangers = [of(mine, "match", "features", metric, OPEN_SET) for metric in ("rank1", "eer", "linkability")]
        found.append((threat, said(one), two(one.null) if one else "–", " / ".join(two(cell.rate) if cell else "–"
                      for cell in pools), *(said(cell) for cell in strangers), f"{cost[threat]['minutes']:.1f}",
                      f"{cost[threat]['recordings']:,}"))
    return found


def of(cells: Sequence[CellScore], attack: str, judge: str, metric: str, by: str | None = None) -> CellScore | None:
    """The cell, where it was asked."""
    return next((cell for cell in cells if (cell.attack, cell.judge, cell.metric) == (attack, judge, metric)
                 and (cell.split == OPEN_SET) == (by == OPEN_SET)), None)


def said(cell: CellScore | None) -> str:
    return f"{two(cell.rate)} [{two(cell.low)}, {two(cell.high)}]" if cell else "–"


def two(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2f}".removeprefix("0")


def markdown(told: Sequence[str]) -> str:
    return f"| {' | '.join(told)} |"


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("data", nargs="*", metavar="DATA", help=f"of: {', '.join(SPLITS)}")
    wish.add_argument("--releases", nargs="*", default=[*RELEASES], choices=[*RELEASES], help="what is attacked")
    wish.add_argument("--draws", type=int, default=20, help="of the threat informed")
    wish.add_argument("--work", type=Path, help="folder that keeps releases and answers")
    asked = wish.parse_args(words)
    unknown = [name for name in asked.data if name not in SPLITS]
    if unknown:
        wish.error(f"there is no data {', '.join(unknown)}; there are: {', '.join(SPLITS)}")
    folder = os.environ.get("MASKELETON_DATA")
    if not folder:
        print("skipped: MASKELETON_DATA names no folder of real data")
        return 0
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        work = asked.work or Path(own)
        work.mkdir(parents=True, exist_ok=True)
        for data in asked.data or SPLITS:
            for release in asked.releases:
                tell(data, release, measured(data, release, Path(folder), work, asked.draws))
    return 0


def tell(data: str, release: str, card: Scorecard) -> None:
    """The table of one release, and what stands beside it."""
    print(f"\n### {data}, {release}: {card.data['people']} people, {card.data['recordings']:,} recordings\n")
    print(markdown(HEAD) + "\n" + "| --- " * len(HEAD) + "|")
    for line in lines(card):
        print(markdown(line))
    value = {row["metric"]: row["value"] for row in card.motion}
    print(f"\nreleased {value['mpjpe_root']:.0f} mm from the original, undone by pairs "
          f"{value.get('mpjpe_root_undone') or float('nan'):.0f} mm")
    for metric in ("rank1", "eer"):
        cell = next((cell for cell in card.cells if cell.attack == LINK and cell.metric == metric), None)
        if cell:
            print(f"a recording of one release found in the other, {metric}: {said(cell)}, chance {two(cell.chance)}, "
                  f"null {two(cell.null)}")
    for row in card.headline:
        print(f"headline: {row['label']} {two(row['rate'])} [{two(row['low'])}, {two(row['high'])}] by {row['by']}")
    for what in card.not_tried:
        print(f"not tried: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
