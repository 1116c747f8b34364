"""Converting: peak memory at 2,000 and 20,000 recordings, and two processes against one. Takes a few minutes."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from maskeleton.verbs.synthesize import synthesize

FEW, MANY = 2_000, 20_000
COMMAND = (sys.executable, "-c", "from maskeleton.cli import main; main()", "convert")


def measure(device: str = "cpu") -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthesize(folder / "seen", people=10, actions=10, takes=2, cameras=1, to="ntu", jobs=2)
        few, many = links(folder, FEW), links(folder, MANY)
        peak_few, _ = convert(few, folder / "a")
        peak_many, _ = convert(many, folder / "b")
        one = min(convert(few, folder / f"one{k}")[1] for k in range(2))
        two = min(convert(few, folder / f"two{k}", "--jobs", "2")[1] for k in range(2))
    return [
        {"what": f"peak memory, {MANY:,} recordings against {FEW:,}", "ours": peak_many, "theirs": peak_few,
         "unit": "MB", "ratio": peak_many / peak_few, "goal": "<= 1.1"},
        {"what": f"peak memory, {MANY:,} recordings against 700 MB", "ours": peak_many, "theirs": 700, "unit": "MB",
         "ratio": peak_many / 700, "goal": "<= 1"},
        {"what": f"convert of {FEW:,} recordings, --jobs 2 against 1", "ours": FEW / two, "theirs": FEW / one,
         "unit": "recordings/s", "ratio": one / two, "goal": "stated"},
    ]


def links(folder: Path, count: int) -> Path:
    """`count` recordings as hard links to the same files, under names of their own."""
    files = sorted((folder / "seen").glob("*.skeleton"))
    out = folder / f"{count}"
    out.mkdir()
    for number in range(count):
        person, action = divmod(number, 200)
        os.link(files[number % len(files)], out / f"S001C001P{person + 1:03d}R001A{action + 1:03d}.skeleton")
    return out


def convert(data: Path, out: Path, *options: str) -> tuple[float, float]:
    """Peak memory in MB, all processes' largest, and seconds."""
    began = time.perf_counter()
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run([sys.executable, "-c", code, *COMMAND, str(data), str(out), *options], check=True,
                          capture_output=True, text=True)
    seconds = time.perf_counter() - began
    shutil.rmtree(out)
    return int(done.stdout) / 1024, seconds
