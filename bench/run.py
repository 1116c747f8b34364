"""Runs benchmarks by name: bench/NAME.py has `measure(device)`: rows of what, ours, theirs, unit, ratio, goal."""

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core on both sides, unless the caller says otherwise
HERE = Path(__file__).parent
NAMES = sorted(file.stem for file in HERE.glob("*.py") if "\ndef measure(" in file.read_text("utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure both sides of every ratio in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(NAMES)}; all without any")
    parser.add_argument("--device", default="cpu", help="where tensors go, for the benchmarks that make tensors")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--most", type=int, help="recordings, or kills a verb, for the benchmarks that go up to any number")
    options = parser.parse_args()
    if options.most:
        os.environ["MASKELETON_MOST"] = str(options.most)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        print(f"error: there is no benchmark {unknown[0]!r}\n  try: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(HERE))
    results = {}
    for name in options.names or NAMES:
        results[name] = import_module(name).measure(options.device)
        for row in results[name]:
            print(line(name, row), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return 0


def line(name: str, row: dict[str, object]) -> str:
    return (f"{name:<8} {row['what']:<58} ours {row['ours']:>10.4g}  theirs {row['theirs']:>10.4g} {row['unit']:<14} "
            f"ratio {row['ratio']:>6.3g}  goal {row['goal']}")


if __name__ == "__main__":
    sys.exit(main())
