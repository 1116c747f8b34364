"""Pseudonyms: new names and numbers from a secret key that the user keeps; nobody without it can tell which is whose."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskeleton.errors import UserError
from maskeleton.private import private

SCHEMA = 1
KEY_BYTES = 32
OTHERS = 0o077  # may read or write it


@dataclass
class Pseudonyms:
    """A key, and what was given out under it: people keep their numbers from release to release."""

    key: bytes
    people: dict[str, int] = field(default_factory=dict)  # a person's tag -> number; no name stands in here
    releases: list[str] = field(default_factory=list)  # where the releases made with it lie

    def tag(self, *words: str | int) -> str:
        """A name for something: 32 hexadecimal digits that only who has the key can compute."""
        told = "\x1f".join(str(word) for word in words)
        return hmac.new(self.key, told.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]

    def numbers(self, people: Iterable[str]) -> dict[str, int]:
        """A number for each person; those who have none get the next ones, in an order that says nothing."""
        tags = {name: self.tag("person", name) for name in people}
        last = max(self.people.values(), default=0)
        fresh = sorted(tag for tag in tags.values() if tag not in self.people)
        self.people |= {tag: last + place for place, tag in enumerate(fresh, 1)}
        return {name: self.people[tag] for name, tag in tags.items()}

    def save(self, place: Path, once: bool = False) -> None:
        """Write the file, for its owner alone; it is there whole or as it was."""
        told = {"schema": SCHEMA, "what": "secret: who has it can tell which pseudonym is whose",
                "key": self.key.hex(), "people": self.people, "releases": self.releases}
        with private(place, once) as drawn:
            drawn.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def keys_in(place: Path) -> Pseudonyms:
    """The key in a file; where there is none yet, one is drawn by the system and written."""
    if not place.exists():
        Pseudonyms(secrets.token_bytes(KEY_BYTES)).save(place, once=True)
    if os.name == "posix" and place.stat().st_mode & OTHERS:
        raise UserError(f"{place} can be read by others than its owner", f"chmod 600 {place}; if others may have read it, "
                        "take a new file: who has the key can tell which pseudonym is whose")
    try:
        told = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        told = None
    return _checked(told, place)


def _checked(told: Any, place: Path) -> Pseudonyms:
    fits = (isinstance(told, dict) and told.get("schema") == SCHEMA and isinstance(told.get("key"), str)
            and isinstance(told.get("people"), dict) and isinstance(told.get("releases"), list)
            and all(isinstance(name, str) for name in told["releases"])
            and all(type(number) is int and number > 0 for number in told["people"].values())
            and len(set(told["people"].values())) == len(told["people"]))
    try:
        key = bytes.fromhex(told["key"]) if fits else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UserError(f"{place} holds no key for pseudonyms", "give the file that an earlier release wrote, or a name "
                        "that is not there yet: then a key is drawn")
    return Pseudonyms(key, dict(told["people"]), list(told["releases"]))
