"""The picture of docs/anonymizers.md: what `neutral` makes of people who do not exist.

    .venv/bin/python recipes/neutral_strip.py docs/neutral.svg
"""

import argparse
from pathlib import Path

import numpy as np
from neutral_frontier import population, released, rows

from maskeleton.page.beside import Shown, Sides, pairs
from maskeleton.verbs.view import heading

DRAWN = ("05_walk", "02_sit_down", "10_bow", "01_wave", "08_drink")


def draw(out: Path) -> None:
    """Five actions of somebody who does not exist, above what `neutral` made of them that knows other people."""
    known, shown = population(1, 12), population(0, 3)
    names = np.array([shown.text("action", row) for row in range(len(shown))])
    picked = shown.select(np.array([np.flatnonzero(names == name)[-1] for name in DRAWN]))
    made = released(rows()["neutral"], picked, known)
    both = [Shown(heading(picked, row), picked[row], made[row]) for row in range(len(picked))]
    out.write_text(pairs(both, picked.skeleton, Sides(("original", "neutral"), (picked.fps, made.fps)), turn=35), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the picture, an SVG")
    draw(parser.parse_args().out)
