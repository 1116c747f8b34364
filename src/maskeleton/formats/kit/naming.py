"""File names from ids, when a dataset is written: none leaves its folder, no two are the same."""

import re
from collections.abc import Iterable

from maskeleton.errors import UserError

LONGEST = 150
_NOT_KEPT = re.compile(r"[^A-Za-z0-9._-]")


def safe_name(id: str) -> str:
    """An id as a file name: letters, digits, '_', '-' and '.' (but not at the beginning) stay, all else becomes '_'."""
    name = _NOT_KEPT.sub("_", id)[:LONGEST]
    visible = name.lstrip(".")
    return "_" * (len(name) - len(visible)) + visible or "_"


def safe_names(ids: Iterable[str]) -> list[str]:
    """A file name for each id, in their order; a UserError where two ids have one name."""
    names: list[str] = []
    first: dict[str, str] = {}
    for id in ids:
        name = safe_name(id)
        key = name.lower()  # many disks take A and a for the same file
        if key in first:
            raise UserError(f"the ids {first[key]!r} and {id!r} would have the same file name {name!r}",
                            "give the recordings ids that differ in letters, digits, '.', '_' or '-', or write to npz")
        first[key] = id
        names.append(name)
    return names
