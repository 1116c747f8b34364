"""Labels: what is known of a recording. Text becomes codes in natural order, numbers stay what they are."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from maskeleton.errors import UserError

Label = int | str
UNKNOWN = -1


def code_labels(told: Sequence[Mapping[str, Label]]) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Codes and names from what sources say: text is coded in natural order, numbers stay what they are."""
    labels: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for label in sorted({label for row in told for label in row}):
        values = [row.get(label, UNKNOWN) for row in told]
        if any(isinstance(value, str) and value for value in values):
            words = ["" if value in (UNKNOWN, "") else str(value) for value in values]
            names[label] = sorted(set(words) - {""}, key=natural)
            place = {word: code for code, word in enumerate(names[label])}
            values = [place.get(word, UNKNOWN) for word in words]
        numbers = [UNKNOWN if value == "" else int(value) for value in values]
        if any(not -1 <= number < 2**31 for number in numbers):
            wrong = next(number for number in numbers if not -1 <= number < 2**31)
            raise UserError(f"label {label!r} has the number {wrong}", "labels are 0 … 2147483647, or −1 for unknown")
        labels[label] = np.array(numbers, np.int32)
    return labels, names


def natural(word: str) -> tuple[str, str]:
    """A sort key under which P002 < P010 < P100 and a9 < a10."""
    return re.sub(r"[0-9]+", lambda digits: digits[0].lstrip("0").zfill(20), word.lower()), word


def doubles(words: Sequence[str]) -> list[str]:
    """The words that stand more than once."""
    seen: set[str] = set()
    return sorted({word for word in words if word in seen or seen.add(word)})  # type: ignore[func-returns-value]
