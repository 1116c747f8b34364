"""The private record of a run, run.json: verb, every option as used, seed, versions and what was read and written."""

import json
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from maskeleton.jobs import atomic

SCHEMA = 1
RECORD = "run.json"
ALWAYS = ("maskeleton", "numpy", "pyarrow")
WHERE_LOADED = {"torch": "torch", "sklearn": "scikit-learn", "scipy": "scipy"}  # module -> package


def record_of(verb: str, options: Mapping[str, Any], seed: int, **found: Any) -> dict[str, Any]:
    """What stands in run.json."""
    return {"schema": SCHEMA, "verb": verb, "options": {key: plain(value) for key, value in options.items()},
            "seed": seed, "versions": versions(), **found}


def write_record(out: Path, record: Mapping[str, Any], folder: bool | None = None) -> None:
    """Put the record into a folder output, or beside a file output as OUT.run.json; `folder` says which, where OUT
    does not stand yet."""
    folder = out.is_dir() if folder is None else folder
    place = out / RECORD if folder else out.with_name(f"{out.name}.{RECORD}")
    with atomic(place) as drawn:
        drawn.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


def recorded(place: Path) -> dict[str, Any]:
    """What stands in a run.json; nothing where there is none that can be read."""
    try:
        told = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def versions() -> dict[str, str]:
    """The versions that have a say in a result; nothing is loaded to find them out."""
    found = {"python": platform.python_version()}
    for package in (*ALWAYS, *(package for module, package in WHERE_LOADED.items() if module in sys.modules)):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def plain(value: Any) -> Any:
    """An option as JSON can hold it."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)
