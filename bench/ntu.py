"""An NTU-like folder goes the whole way, convert, anonymize --with neutral, release --like ntu: what a recording costs, and
how much of it is spent in numpy, torch, hashing and the disk, not in Python.

    scripts/bench ntu                   600 recordings
    scripts/bench ntu --most 5688       a tenth of NTU60

There are few distinct recordings; the others are hard links to them under other names. Files are not attacked
(--no-verify). Python's share is of a profile, which makes it larger than it is.
"""

import contextlib
import cProfile
import io
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.convert import convert
from maskeleton.verbs.release import release
from maskeleton.verbs.synthesize import synthesize

RECORDINGS = int(os.environ.get("MASKELETON_MOST", "600"))
PEOPLE, ACTIONS = 6, 8
NTU60 = 56_880


def measure(device: str = "cpu") -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="ntu-") as folder:
        room = Path(folder)
        with contextlib.redirect_stdout(io.StringIO()):
            synthesize(room / "distinct", preset="ntu", people=PEOPLE, actions=ACTIONS, takes=1, cameras=1, to="ntu")
        lab(room / "distinct", room / "lab", RECORDINGS)
        steps: dict[str, Callable[[], object]] = {
            "convert": lambda: convert(room / "lab", room / "store"),
            "anonymize --with neutral": lambda: anonymize(room / "store", room / "anonymized", mask="neutral"),
            "release --like ntu --no-verify": lambda: release(room / "anonymized", room / "out", like="ntu", verify=False),
        }
        return [row for name, step in steps.items() for row in rows(name, step)]


def rows(name: str, step: Callable[[], object]) -> list[dict[str, object]]:
    """The cost of a recording, and the share that is not Python's."""
    profile, began, used = cProfile.Profile(), time.perf_counter(), time.process_time()
    profile.enable()
    step()
    profile.disable()
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    native = sum(entry[2] for (file, _, _), entry in stats.items() if file == "~")
    total = sum(entry[2] for entry in stats.values())
    print(f"  {name}: {wall:.1f} s for {RECORDINGS:,} recordings under the profile, {cpu:.1f} of CPU; NTU60 at this rate "
          f"{cpu / RECORDINGS * NTU60 / 3600:.1f} h", file=sys.stderr, flush=True)
    return [{"what": f"{name}: CPU for each of {RECORDINGS:,}, under a profile", "ours": 1000 * cpu / RECORDINGS,
             "theirs": 1.0, "unit": "ms", "ratio": 1000 * cpu / RECORDINGS, "goal": "linear"},
            {"what": f"{name}: share of time in compiled code and the disk", "ours": native / total, "theirs": 0.7,
             "unit": "of the time", "ratio": native / total / 0.7, "goal": ">= 1"}]


def lab(distinct: Path, out: Path, count: int) -> None:
    """A folder of so many recordings in the manner of NTU, linked to few."""
    files = sorted(distinct.glob("*.skeleton"))
    out.mkdir()
    for number in range(count):
        take, place = divmod(number, len(files))
        name = files[place].name
        setup, repetition = 1 + take // 20, 1 + take % 20
        os.link(files[place], out / f"S{setup:03d}{name[4:12]}R{repetition:03d}{name[16:]}")


