"""Any size: a corpus whose index is real and whose recordings share few frames goes through anonymize, by the command
line in a process of its own; what a recording costs and the most memory, at 1,000 recordings, 10,000 and more.

The process has anonymized a few before: what it takes to load everything is no part of the cost.

    scripts/bench scale                                1,000 and 10,000
    scripts/bench scale --most 1000000                 and on, to a million (over night)
"""

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25

LEAST, DISTINCT, FRAMES = 64, 64, 8
EACH = 128  # bytes of memory for a recording, at most, where there are many
SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOST = int(os.environ.get("MASKELETON_MOST", "10000"))


class Cost(NamedTuple):
    """What one run took."""

    cpu: float  # seconds
    wall: float
    peak: float  # MB resident, with what was mapped of files
    heap: float  # MB, without: these the system can take back, as the frames and the index lie in files


def measure(device: str = "cpu") -> list[dict[str, object]]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="scale-") as room:
        found = {size: anonymized(Path(room), size) for size in (LEAST, *(size for size in SIZES if size <= MOST))}
    start = found.pop(LEAST)
    each = {size: cost.cpu / size * 1e6 for size, cost in found.items()}
    first = min(found)
    for size, cost in found.items():
        rows.append({"what": f"{size:,} recordings: a recording costs, against {first:,} (CPU)", "ours": each[size],
                     "theirs": each[first], "unit": "us", "ratio": each[size] / each[first], "goal": "0.85 - 1.15"})
        rows.append({"what": f"{size:,} recordings: memory against that of {LEAST}", "ours": cost.heap,
                     "theirs": start.heap, "unit": "MB", "ratio": cost.heap / start.heap, "goal": "flat"})
        rows.append({"what": f"{size:,} recordings: bytes in memory for each beyond those of {LEAST}",
                     "ours": (cost.heap - start.heap) * 1e6 / size, "theirs": float(EACH), "unit": "B",
                     "ratio": (cost.heap - start.heap) * 1e6 / size / EACH,
                     "goal": "<= 1" if size >= 100_000 else "what a group of rows takes"})
        print(f"  {size:,}: {cost.cpu:.1f} s of CPU, {cost.wall:.1f} s, {cost.peak:.0f} MB resident, {cost.heap:.0f} MB of "
              "them its own", file=sys.stderr, flush=True)
    return rows


def anonymized(room: Path, size: int) -> Cost:
    """Anonymize a corpus of so many in a process of its own."""
    data, out = room / f"data-{size}", room / f"out-{size}"
    pid = os.fork()
    if not pid:
        corpus(data, size)
        if not (room / "data").exists():
            corpus(room / "data", LEAST)
        os._exit(0)
    os.waitpid(pid, 0)
    pid = os.fork()
    if not pid:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        few = [str(room / "data"), str(room / "out")]
        os.execv(sys.executable, [sys.executable, __file__, str(data), str(out), *few, str(room / "cost.json")])
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"anonymize of {size} recordings ended with {status}")
    told = json.loads((room / "cost.json").read_text("utf-8"))
    for path in (data, out):
        shutil.rmtree(path)
    return Cost(told["cpu"], told["wall"], used.ru_maxrss / 1e3, told["heap"])


def corpus(out: Path, size: int) -> None:
    """A store of so many recordings, each with its own id, labels and hashes, and frames of one of a few."""
    rng = np.random.default_rng(0)
    few = MotionDataset.of(KINECT25, 30, (Motion.of(rng.normal(0, 0.3, (FRAMES, 25, 3)).astype(np.float32), f"d{n}", {})
                                          for n in range(DISTINCT)))
    store.write(few, out)
    rows = np.arange(size)
    runs = few.runs._replace(recording=rows, slot=np.zeros(size, np.int64), first=np.zeros(size, np.int64),
                             length=np.full(size, FRAMES), shard=np.zeros(size, np.int64),
                             offset=rows % DISTINCT * FRAMES)
    labels = {"action": rows % 60, "subject": rows // 600, "repetition": rows // 60 % 10}
    index = MotionDataset(
        few.skeleton, few.fps, [f"P{n // 600:05d}R{n // 60 % 10:03d}A{n % 60:03d}" for n in range(size)],
        {label: codes.astype(np.int32) for label, codes in labels.items()}, {}, (), np.full(size, FRAMES),
        np.ones(size, np.int64), np.full(size, 30.0), [""] * size, [f"{n:064x}" for n in range(size)],
        [f"{n:064x}" for n in range(size)], runs, few.shards)
    store._write_tables(out, index, runs, [DISTINCT * FRAMES], ())


def _watched(data: str, out: str, few: str, few_out: str, told: str) -> None:
    """In the process that is measured: the command, and the most memory of its own that it had meanwhile."""
    import threading

    most, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            status = Path("/proc/self/status").read_text("ascii")
            most[0] = max(most[0], float(status.split("RssAnon:")[1].split()[0]) / 1e3)

    from maskeleton.cli import main

    with suppress(SystemExit):
        main(["anonymize", few, few_out, "--with", "noise", "--set", "path=own", "--force"])
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    used, began = time.process_time(), time.perf_counter()
    try:
        main(["anonymize", data, out, "--with", "noise", "--set", "path=own"])
    except SystemExit as end:
        cost = {"cpu": time.process_time() - used, "wall": time.perf_counter() - began}
        done.set()
        watcher.join()
        Path(told).write_text(json.dumps({"heap": most[0], **cost}))
        raise end


if __name__ == "__main__":
    _watched(*sys.argv[1:])
