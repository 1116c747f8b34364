"""The whole ladder: what attackers who know more and more find in a release, beside one who learns from the release alone.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/ladder.py [kindergator utdmhad] [--releases neutral noise]
                           [--threats THREAT …] [--draws N] [--quick] [--work DIR]

Every second person (A) is what `neutral` knows of people; the others (B) are released, twice under different keys, and
attacked. Judges are linear, on measured traits, and are asked on one half of a split that evaluate deals into several.
Rows are threats; beside identity stand 2, 5 and all recordings of a person together, and, of people nobody was trained on,
who is known again (gallery as learned from, probes as looked at); --quick leaves out these, and nulls. With --work
releases and answers are kept, and a run that was stopped goes on.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from maskeleton import MotionDataset, read, store
from maskeleton.battery import Halves, ask
from maskeleton.mask import Mask, built_of
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.seeds import seed_for
from maskeleton.splits import open_set, split
from maskeleton.tally import LINK, OPEN_SET, tally
from maskeleton.threats import THREATS, Known, tables_of
from maskeleton.threats.drawing import drawn
from maskeleton.threats.naming import credit
from maskeleton.threats.ways import by_column, settled
from maskeleton.verbs.asking import asked_cells, tables_mapped, units_asked
from maskeleton.verbs.ladder import beside, costs
from maskeleton.verdict import conclude

SPLITS = {"kindergator": None, "utdmhad": "repetition:1-3"}
RELEASES: dict[str, dict[str, float]] = {"neutral": {}, "noise": {"sigma": 0.02}}
ASKED = tuple(name for name in THREATS if name != "transfer")
HEAD = ("threat", "identity", "null", "2 / 5 / all together", "strangers: rank1", "EER", "linkability", "minutes",
        "learned from")


def released(data: str, release: str, folder: Path, place: Path) -> Known:
    """People B and two releases of them, by an anonymizer that knows of people only what A tells."""
    dataset = read(folder / f"{data}.npz")
    people = np.unique(dataset.labels["subject"])
    known = np.isin(dataset.labels["subject"], people[::2])
    net = built_of(release, dataset.skeleton, RELEASES[release])
    net.prepare(dataset.select(known))
    made, tested = Mask(net.eval(), release), dataset.select(~known)
    first, second = (kept(place / f"release{number}", tested, made, number) for number in (1, 2))
    halves: Halves = {("subject", half.by): (half,) for half in split(tested, "subject", SPLITS[data], 1)}
    return Known(tested, first, made, None, {**halves, ("subject", OPEN_SET): open_set(tested)}, ("subject",), None,
                 (second,))


def kept(place: Path, tested: MotionDataset, made: Mask, number: int) -> MotionDataset:
    """A release as a store, made where it is not there yet, under a key that is for measuring only."""
    if not place.exists():
        store.write(drawn(made, tested, "population", seed_for(number, "to be attacked").to_bytes(8, "little") * 4), place)
    return store.open(place)


def measured(known: Known, place: Path, threats: Sequence[str] = ASKED, quick: bool = False) -> Scorecard:
    """Every threat asked, as evaluate does it, but for what is kept and for planted signatures."""
    if quick:
        known = known._replace(halves={key: own for key, own in known.halves.items() if key[1] != OPEN_SET})
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        return _asked(known, place, Path(own), threats, quick)


def _asked(known: Known, place: Path, own: Path, threats: Sequence[str], quick: bool) -> Scorecard:
    tried = tables_of(known, threats)
    tables = tables_mapped(tried.tables, own)
    cells = list(asked_cells({"subject": "hide"}, tables, ["features"] if quick else ["features", "match"], [],
                             known.halves, {}))
    cells = [cell for cell in cells if cell.judge != "steady"]
    asked = ask(units_asked(cells, 1, not quick), by_column(tables), known.halves, place / "cells", options={"trees": "no"},
                say=lambda words: print(words, file=sys.stderr, flush=True))
    asked, cells = settled(asked, cells, tables)
    card = Scorecard("evaluate", {"people": len(np.unique(known.original.labels["subject"])),
                                  "recordings": len(known.original)})
    tally(card, known.original, credit(asked, known), cells, known.halves)
    costs(card, asked, cells, tables, known.halves, tried.minutes)
    beside(card, known, tables, "action")
    card.not_tried += tried.missing
    return conclude(card)


def lines(card: Scorecard) -> list[tuple[str, ...]]:
    """A row for each threat."""
    found = []
    for cost in card.costs:
        mine = [cell for cell in card.cells if cell.threat == cost["threat"]]
        one = of(mine, "features", "", "top1")
        pools = [of(mine, "pool", f"features, {size}", "top1") for size in ("2", "5", "all")]
        strangers = [of(mine, "match", "features", metric) for metric in ("rank1", "eer", "linkability")]
        found.append((cost["threat"], said(one), two(one.null if one else None),
                      " / ".join(two(cell.rate if cell else None) for cell in pools), *map(said, strangers),
                      f"{cost['minutes']:.1f}", f"{cost['recordings']:,}"))
    return found


def of(cells: Sequence[CellScore], attack: str, judge: str, metric: str) -> CellScore | None:
    """The cell, where it was asked; of comparisons, that of strangers."""
    return next((cell for cell in cells if (cell.attack, cell.judge, cell.metric) == (attack, judge, metric)
                 and (cell.split == OPEN_SET) == (attack == "match")), None)


def said(cell: CellScore | None) -> str:
    return f"{two(cell.rate)} [{two(cell.low)}, {two(cell.high)}]" if cell else "–"


def two(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2f}".removeprefix("0")


def markdown(told: Sequence[str]) -> str:
    return f"| {' | '.join(told)} |"


def tell(data: str, release: str, draws: int, card: Scorecard) -> None:
    """The table of one release, and what stands beside it."""
    print(f"\n### {data}, {release}: {card.data['people']} people, {card.data['recordings']:,} recordings, {draws} draws\n")
    print(markdown(HEAD) + "\n" + "| --- " * len(HEAD) + "|")
    for line in lines(card):
        print(markdown(line))
    undone = [row["value"] for row in card.motion if row["metric"] == "mpjpe_root_undone"]
    print(f"\nundone by pairs to {undone[0]:.0f} mm from the original" if undone else "")
    for metric in ("rank1", "eer"):
        for cell in card.cells:
            if (cell.attack, cell.metric) == (LINK, metric):
                print(f"a recording of one release found in the other, {metric}: {said(cell)}, chance {two(cell.chance)}, "
                      f"null {two(cell.null)}")
    for row in card.headline:
        print(f"headline: {two(row['rate'])} [{two(row['low'])}, {two(row['high'])}], chance {two(row['chance'])}, by "
              + " ".join(row["by"].values()))
    for what in card.not_tried:
        print(f"not tried: {what}", flush=True)


def main(words: Sequence[str] | None = None) -> int:
    wish = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wish.add_argument("data", nargs="*", metavar="DATA", help=f"of: {', '.join(SPLITS)}")
    wish.add_argument("--releases", nargs="*", default=[*RELEASES], choices=[*RELEASES], help="what is attacked")
    wish.add_argument("--draws", type=int, default=20, help="of the threat informed")
    wish.add_argument("--threats", nargs="*", default=ASKED, choices=ASKED, help="who asks")
    wish.add_argument("--quick", action="store_true", help="without nulls, and without people nobody was trained on")
    wish.add_argument("--work", type=Path, help="folder that keeps releases and answers")
    asked = wish.parse_args(words)
    unknown = [name for name in asked.data if name not in SPLITS]
    if unknown:
        wish.error(f"there is no data {', '.join(unknown)}; there are: {', '.join(SPLITS)}")
    folder = os.environ.get("MASKELETON_DATA")
    if not folder:
        print("skipped: MASKELETON_DATA names no folder of real data")
        return 0
    for data in asked.data or SPLITS:
        for release in asked.releases:
            with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
                place = (asked.work or Path(own)) / f"{data}-{release}"
                known = released(data, release, Path(folder), place)._replace(draws=asked.draws)
                tell(data, release, asked.draws, measured(known, place, asked.threats, asked.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main())
