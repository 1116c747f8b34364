"""Labels from file names: a pattern such as 'POSE-p{subject}_{repetition:d}-{action}-{}.csv'."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from maskeleton.errors import UserError
from maskeleton.labels import Label

# Names in the manner of datasets that many people have; used where no pattern is given and every file fits.
KNOWN = (
    "S{setup:d}C{camera:d}P{subject:d}R{repetition:d}A{action:d}",
    "a{action:d}_s{subject:d}_e{repetition:d}_v{camera:d}",
    "a{action:d}_s{subject:d}_t{repetition:d}_skeleton",
    "POSE-p{subject:d}_{:d}-{action}-{:d}",
)
_HOLE = re.compile(r"\{([A-Za-z_]\w*)?(:d)?\}")


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression: `{label}` is any text, `{label:d}` digits, `{}` skipped."""
    if re.search(r"[{}]", _HOLE.sub("", pattern)):
        raise UserError(f"--pattern {pattern!r} has a brace that is no hole",
                        "holes are {label}, {label:d} for digits and {} for what is skipped")
    labels = [hole[1] for hole in _HOLE.finditer(pattern) if hole[1]]
    if not labels:
        raise UserError(f"--pattern {pattern!r} names no label", "for example 'p{subject}_{action}.csv'")
    if len(set(labels)) < len(labels):
        raise UserError(f"--pattern {pattern!r} names a label twice", "skip the second by {}")
    told, place = "", 0
    for hole in _HOLE.finditer(pattern):
        told += re.escape(pattern[place : hole.start()])
        kind = r"\d+" if hole[2] else r"[^/]+?"
        told += f"(?P<{hole[1]}>{kind})" if hole[1] else f"(?:{kind})"
        place = hole.end()
    return re.compile(told + re.escape(pattern[place:]))


def labels_of(name: str, pattern: str) -> dict[str, Label] | None:
    """What a file's name (with a slash in the pattern: the end of its path) says; None where it does not fit."""
    regex = compile_pattern(pattern)
    depth = pattern.count("/") + 1
    tail = "/".join(PurePath(name).parts[-depth:])
    match = regex.fullmatch(tail.rsplit(".", 1)[0]) or regex.fullmatch(tail)  # else the last hole takes the ending
    if match is None:
        return None
    digits = {hole[1] for hole in _HOLE.finditer(pattern) if hole[2]}
    return {label: int(text) if label in digits else text for label, text in match.groupdict().items()}


def known_pattern(names: Sequence[str]) -> str | None:
    """The known pattern that every one of these names fits."""
    return next((p for p in KNOWN if names and all(labels_of(name, p) is not None for name in names)), None)


def check_pattern(pattern: str, names: Sequence[str]) -> None:
    """Refuse a pattern that a name does not fit, with the first such name."""
    strangers = [name for name in names if labels_of(name, pattern) is None]
    if strangers:
        raise UserError(f"--pattern {pattern!r} does not fit {len(strangers)} of {len(names)} names, "
                        f"as {strangers[0]!r}",
                        "{label:d} takes digits only, {label} any text, {} skips; the ending may be left out")


