"""What maskeleton makes of real datasets, as their makers wrote them: counts as a table, and a drawing of each.

    MASKELETON_DATA=folder .venv/bin/python recipes/real_data.py [DRAWINGS/]

The folder holds the npz files and raw/ of docs/results.md; nothing of it is part of the project.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskeleton import UserError, describe, view

RAW = ("kindergator/*.csv", "precog/*.csv", "nwucla/*.json", "utdmhad/*.mat", "bvh/131_*.bvh", "bvh/dataset-1_*.bvh")
PATTERNS = {"bvh/dataset-1_*.bvh": "dataset-1_{action}_{style}_{repetition:d}", "bvh/131_*.bvh": "{subject:d}_{take:d}",
            "precog/*.csv": "Seq{}_{repetition:d}"}


def sources(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(folder.glob("*.npz")):
        yield str(file), {}
    for glob in RAW:
        yield str(folder / "raw" / glob), {"pattern": PATTERNS.get(glob)}


def main() -> int:
    folder = os.environ.get("MASKELETON_DATA")
    if not folder:
        print("skipped: MASKELETON_DATA names no folder of real data")
        return 0
    drawings = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print("| data | format | recordings | people | actions | joints, fps | frames | found |\n" + "| --- " * 8 + "|")
    for data, options in sources(Path(folder)):
        found = describe(data, **options)
        actions = found["labels"].get("action", {}).get("classes", 0)
        problems = ", ".join(f"{problem['count']:,} {problem['what']}" for problem in found["problems"]) or "nothing"
        name, plan = data.removeprefix(folder).lstrip("/"), found["skeleton"]["name"]
        print(f"| {name} | {found['format']} | {found['recordings']:,} | {found['people']} | {actions} "
              f"| {plan}, {found['fps']:g} | {found['frames']:,} | {problems} |", flush=True)
        if drawings:
            drawings.mkdir(parents=True, exist_ok=True)
            name = "".join(c if c.isalnum() else "-" for c in data.removeprefix(folder)).strip("-")
            view(data, drawings / f"{name}.svg", force=True, **options)
    try:
        describe(Path(folder) / "raw" / "bvh")
    except UserError as refused:
        print(f"\nraw/bvh, all at once: {refused}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
