"""Pictures of the moving skeletons for docs/verbs/view.md, and how fast they are drawn without a graphics card.

    .venv/bin/python recipes/moving.py --pictures docs
    .venv/bin/python recipes/moving.py --speed [--people 10]

People are synthetic, their release is made by `neutral`, the browser is that of the tests. Speed is measured three times, in
a window of 1280 × 720: pictures a second while it plays, the processor time that a picture costs the whole browser (where
/proc tells), the milliseconds that drawing one takes by itself, and how long after opening the file something is seen.
What else the machine has to do is said beside it.
"""

import argparse
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from maskeleton.page.clips import crowd
from maskeleton.page.style import document
from maskeleton.page.viewer import script, viewer
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.view import view

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import browser as browsing

PLAYER = "document.querySelector('.mk-viewer').viewer"
SHOTS = {  # a file's name: what is done before it is taken
    "view.png": "v.seek(1.3)",
    "view-together.png": "(v.lay('together'), v.camera.orbit(0.45, 0.05), v.seek(1.3))",
}
WIDE, TALL = 1280, 720


def made(work: Path, people: int) -> tuple[Path, Path]:
    """People who do not exist, and their release."""
    synthesize(work / "people", preset="tiny", people=people, actions=8, takes=1, cameras=1, seed=2)
    anonymize(work / "people", work / "released", mask="neutral", seed=0)
    return work / "people", work / "released"


def _page(people: Path, released: Path, work: Path) -> Path:
    return view(people, work / "page.html", released=released)


def pictures(folder: Path, work: Path) -> None:
    """The first clip of the page that `view` writes."""
    page = _page(*made(work, 7), work)
    with browsing.started() as ours, ours.open(page, width=1060, height=900, still=True) as opened:
        opened.page.wait_for_function(f"{PLAYER}?.drawn")
        for name, first in SHOTS.items():
            opened.page.evaluate(f"() => {{ const v = {PLAYER}; {first}; }}")
            opened.page.wait_for_timeout(500)
            opened.page.locator(".mk-viewer").screenshot(path=folder / name)
            print(folder / name, f"{(folder / name).stat().st_size / 1000:.0f} kB")


def spent() -> float:
    """Milliseconds of processor time of everything that this process has started; 0 where /proc does not tell."""
    lines = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parts = file.read_text().rpartition(")")[2].split()
            lines[int(file.parent.name)] = (int(parts[1]), int(parts[11]) + int(parts[12]))
    ours = {os.getpid()}
    while more := {one for one, (parent, _) in lines.items() if parent in ours} - ours:
        ours |= more
    return 1000 / os.sysconf("SC_CLK_TCK") * sum(lines[one][1] for one in ours - {os.getpid()} if one in lines)


def speed(work: Path, people: int) -> None:
    """Pictures a second, milliseconds a picture, milliseconds to the first sight."""
    from maskeleton import read

    clip = crowd(*map(read, made(work, people)), most=people)
    assert clip is not None
    small, whole = work / "people.html", _page(work / "people", work / "released", work)
    small.write_text(document("Speed", viewer([clip], height=600) + script()), "utf-8")
    print(f"{len(clip.tracks)} skeletons; page of view: {whole.stat().st_size / 1e6:.2f} MB")
    with browsing.started() as ours:
        for _ in range(3):
            with ours.open(small, width=WIDE, height=TALL) as opened:
                opened.page.wait_for_function(f"{PLAYER}?.drawn")
                opened.page.wait_for_timeout(1000)
                drawn, begun, busy = opened.page.evaluate(f"{PLAYER}.drawn"), time.perf_counter(), spent()
                opened.page.wait_for_timeout(4000)
                drawn = opened.page.evaluate(f"{PLAYER}.drawn") - drawn
                rate, cost = drawn / (time.perf_counter() - begun), (spent() - busy) / max(drawn, 1)
                alone = opened.page.evaluate(f"{PLAYER}.measure(60)")
            with ours.open(whole, width=WIDE, height=TALL) as opened:
                opened.page.wait_for_function(f"{PLAYER}?.drawn")
                seen = opened.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                moves = opened.page.evaluate(f"{PLAYER}.begun")
            print(f"{rate:.0f} pictures a second for {cost:.0f} ms of processor time each, {alone:.1f} ms to draw one; "
                  f"first sight after {seen:.0f} ms, skeletons after {moves:.0f} ms; load {os.getloadavg()[0]:.1f} on "
                  f"{os.cpu_count()} processors")


def main() -> None:
    """Read the command line and do it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pictures", type=Path, metavar="DIR")
    options.add_argument("--speed", action="store_true")
    options.add_argument("--people", type=int, default=10)
    asked = options.parse_args()
    if browsing.found() is None:
        sys.exit("no Chromium here: install one, or say where it is in CHROMIUM_PATH")
    with tempfile.TemporaryDirectory() as work:
        if asked.pictures:
            pictures(asked.pictures, Path(work))
        if asked.speed:
            speed(Path(work), asked.people)


if __name__ == "__main__":
    main()
