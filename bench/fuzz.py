"""fuzz: damaged files for every reader and loader, guided by the lines they make run: what is no sentence is counted.

Each reader has a process of its own that may use a gigabyte more than it has after its imports. Inputs that do harm are
kept in the folder that is printed. MASKELETON_FUZZ sets the inputs of each reader.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType

sys.path.insert(0, os.fspath(Path(__file__).parent.parent / "tests"))

import maskeleton.formats

from fuzzing import SLOW, TARGETS, campaign, seeds

LOADERS = ("classifier", "mask", "state", "published")  # of fuzzing_models, which loads torch

EACH = int(os.environ.get("MASKELETON_FUZZ", "1700"))
ROOM = 1 << 30
HERE = Path(maskeleton.formats.__file__).parent


def measure(device: str = "cpu") -> list[dict[str, object]]:
    """A row a reader: inputs that did harm, beside all inputs; the last row is of them all, with the lines that ran."""
    kept = Path(tempfile.mkdtemp(prefix="maskeleton-fuzz-"))
    rows, ran = [], set[tuple[str, int]]()
    total = harm = 0
    for target in (*TARGETS, *LOADERS):
        out = kept / f"{target}.json"
        strict = [] if target in LOADERS else ["-W", "error"]  # a warning does harm, too, but for those of torch
        done = subprocess.run([sys.executable, *strict, __file__, target, out], check=False)
        told = json.loads(out.read_text("utf-8")) if out.exists() else {"inputs": 0, "failures": [], "lines": []}
        if done.returncode:
            told["failures"].append(f"the process ended with {done.returncode}")
        for what in told["failures"]:
            print(f"fuzz: {target}: {what} (inputs in {kept})", file=sys.stderr)
        ran |= {(file, line) for file, line in told["lines"]}
        total, harm = total + told["inputs"], harm + len(told["failures"])
        said = f"{target}: {told.get('read', 0)} read, {told.get('sentences', 0)} sentences, {len(told['lines'])} lines, " \
               f"{told.get('slowest', 0):.1f} s, {told.get('megabytes', 0):.0f} MB"
        rows.append(row(said, len(told["failures"]), told["inputs"]))
    whole = lines_of(HERE)
    return [*rows, row(f"all readers: {len(ran & whole):,} of {len(whole):,} lines", harm, total)]


def row(what: str, harm: int, inputs: int) -> dict[str, object]:
    """A line of the bench's table."""
    return {"what": what, "ours": harm, "theirs": inputs, "unit": "inputs", "ratio": harm / max(inputs, 1), "goal": "0"}


def lines_of(folder: Path) -> set[tuple[str, int]]:
    """Every line of code in a folder of modules."""
    found: set[tuple[str, int]] = set()
    for path in folder.rglob("*.py"):
        waiting = [compile(path.read_text("utf-8"), path, "exec")]
        while waiting:
            code = waiting.pop()
            waiting += [part for part in code.co_consts if isinstance(part, CodeType)]
            if code.co_flags & CO_OPTIMIZED:  # a function: what stands in a module or a class runs when it is loaded
                found |= {(path.relative_to(folder).as_posix(), line) for *_, line in code.co_lines()
                          if line and line != code.co_firstlineno}
    return found


def one(target: str, out: Path) -> None:
    """In a process of its own: one reader."""
    if target in LOADERS:
        import_module("fuzzing_models")
    with tempfile.TemporaryDirectory() as folder:
        made, place = Path(folder) / "seeds", Path(folder) / "input"
        made.mkdir()
        place.mkdir()
        found_seeds = seeds(target, made)
        size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        found = campaign(target, found_seeds, EACH, place)
    for number, failure in enumerate(found.failures):
        for name, data in failure.files.items():
            path = out.with_name(f"{target}-{number}") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    lines = sorted({(Path(code.co_filename).relative_to(HERE).as_posix(), line) for code, line in found.lines
                    if line != code.co_firstlineno and code.co_filename.startswith(os.fspath(HERE))})
    out.write_text(json.dumps({
        "inputs": found.inputs, "read": found.read, "sentences": found.sentences, "slowest": found.slowest, "lines": lines,
        "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "failures": [failure.what for failure in found.failures] + (
            [f"took {found.slowest:.1f} s"] if found.slowest > SLOW and not found.failures else [])}), "utf-8")


if __name__ == "__main__":
    one(sys.argv[1], Path(sys.argv[2]))
