"""Field: what a release puts into one field of the files that a format writes, and why.

A format with a `write` has `FIELDS: tuple[Field, ...]`, an entry for every field of its files: a column, a key, an array,
a part of a file's name. In `name` a `*` stands for what differs from file to file: a joint, a label, a number.
"""

from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

Treatment = Literal["recomputed", "blanked", "generalized", "kept"]
TREATMENTS: dict[Treatment, str] = {
    "recomputed": "computed anew from the released motion, and from nothing else",
    "blanked": "the same in every file, whatever the original said",
    "generalized": "made coarser, or replaced by a new number that says less",
    "kept": "as the anonymizer released it",
}


class Field(NamedTuple):
    """One field of a format's files as it stands in a release."""

    name: str
    treatment: Treatment
    why: str


def entry_of(name: str, fields: tuple[Field, ...]) -> Field | None:
    """The first entry for a field that was found in a file."""
    return next((field for field in fields if fnmatchcase(name, field.name)), None)


SPELLED = Field("file name", "generalized", "a new id of the recording, from its old one under the secret key")
MOTION_WHY = "this is what is released"
