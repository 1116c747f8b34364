"""The pictures of docs/gallery.md: pages of a demo, as the browser of the tests sees them, and its figures.

    maskeleton demo --out demo
    .venv/bin/python recipes/gallery.py demo docs

The people are synthetic. Photographs have at most 96 colours, so that none is larger than 150 kB.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from maskeleton.page.discreet import public
from maskeleton.page.figures import figures
from maskeleton.page.press import press
from maskeleton.verbs.report import opened, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import browser as browsing

PLAYER = "document.querySelector('.mk-viewer').viewer"
SHOTS = {  # file: part of the page, width and height of the window, dark or not
    "report.png": ("header", 1060, 1000, False),
    "report-dark.png": ("#engineer", 1060, 900, True),
    "report-motion.png": ("#motion", 1060, 860, False),
    "report-phone.png": ("header", 390, 844, False),
}
DRAWN = {"neutral-evaluated": ("rates", "privacy-utility"), "evaluated": ("curves",)}  # of each run of the demo
COLOURS, MOST = 96, 150_000  # of a picture, and bytes


def photographs(page: Path, folder: Path) -> None:
    """Parts of a page."""
    with browsing.started() as ours:
        for name, (place, width, height, dark) in SHOTS.items():
            with ours.open(page, width=width, height=height, dark=dark, still=True) as shown:
                if place != "header":
                    shown.page.locator(place).evaluate("part => part.scrollIntoView()")
                if place == "#motion":
                    shown.page.wait_for_selector(".mk-viewer canvas")
                    shown.page.evaluate(f"{PLAYER}.seek(0.9)")
                shown.page.wait_for_timeout(800)
                shown.page.screenshot(path=folder / name)
            smaller(folder / name)


def drawings(run: Path, folder: Path) -> None:
    """Figures for a paper, one column wide."""
    with tempfile.TemporaryDirectory() as work:
        for name, figure in figures(public(opened(run)).card).items():
            if name in DRAWN[run.name]:
                press(figure, Path(work) / name, ["one"])
                (folder / f"figure-{name}.png").write_bytes((Path(work) / f"{name}-one.png").read_bytes())
                smaller(folder / f"figure-{name}.png")


def smaller(path: Path) -> None:
    """The same picture with few colours."""
    with Image.open(path) as whole:
        whole.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    assert size <= MOST, f"{path} is larger than {MOST} bytes"


def main() -> None:
    """Read the command line and do it."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if browsing.found() is None:
        sys.exit("no Chromium here: install one, or say where it is in CHROMIUM_PATH")
    demo, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        photographs(report(demo / "neutral-evaluated", Path(work) / "page.html", show_originals=True), folder)
    for run in DRAWN:
        drawings(demo / run, folder)


if __name__ == "__main__":
    main()
