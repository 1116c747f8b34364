"""records: no record of how the release was made is in it: no file that a release does not have, no key, no history."""

import json
from collections.abc import Iterator

from maskeleton.leaks.given import Given, Leak
from maskeleton.outgoing import DATA, ONE_FILE

PAGES = ("release.json", "DATASHEET.md", "MODEL_CARD.md", "croissant.json", "SHA256SUMS")  # what stands in OUT itself
PRIVATE = ("run.json", "quarantine.csv", "sources.parquet", "ledger.parquet", "pseudonyms", "key", "state.pt", "model.json")


def find(given: Given) -> Iterator[Leak]:
    """Look at the names of files, and into those that hold settings."""
    for file in given.files:
        name = given.name_of(file)
        if file.is_symlink():
            yield Leak(name, "", "it is a link: what it leads to is not in the release, or should not be")
        elif file.name in PRIVATE or file.name.endswith(tuple(f".{word}" for word in PRIVATE)):
            yield Leak(name, "", "it is a private record")
        elif not file.is_relative_to(given.out / DATA) and name not in PAGES:
            yield Leak(name, "", f"a release has no such file: there are {', '.join(PAGES)} and the folder {DATA}")
        elif file.suffix == ".json" and file.stat().st_size < 1 << 26:
            yield from _history(name, file.read_bytes())
    if given.format in ONE_FILE:
        for file in given.data_files:
            if file.name != ONE_FILE[given.format]:
                yield Leak(given.name_of(file), "", f"a release as {given.format} has one file, {ONE_FILE[given.format]}")


def _history(name: str, data: bytes) -> Iterator[Leak]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict) and told.get("history"):
        yield Leak(name, "history", "it says what was read, and how it can be made again")
