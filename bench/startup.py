"""How long `maskeleton --help` takes against the bare import of what it prints with."""

import subprocess
import sys
import time


def measure(device: str = "cpu") -> list[dict[str, object]]:
    sides = {"ours": "import sys; sys.argv = ['maskeleton', '--help']; from maskeleton.cli import main; main()",
             "theirs": "import typer, rich.console"}
    best = dict.fromkeys(sides, 1e9)
    for _ in range(12):
        for side, code in sides.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
            best[side] = min(best[side], time.perf_counter() - began)
    return [{"what": "maskeleton --help against import typer, rich.console", "ours": best["ours"],
             "theirs": best["theirs"], "unit": "s", "ratio": best["ours"] / best["theirs"], "goal": "<= 2.5"}]
