"""What a person is told when something is wrong that they can mend."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

Thing = TypeVar("Thing")


class UserError(Exception):
    """Something the user can mend: `wrong` says what and where, `remedy` says what would work."""

    def __init__(self, wrong: str, remedy: str = "") -> None:
        super().__init__(wrong, remedy)
        self.wrong = wrong
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.wrong}\n{self.remedy}" if self.remedy else self.wrong


class StrictRefusal(UserError):
    """A fault that could have been set aside, but `--strict` asked to refuse."""


def pick(name: str, shelf: Mapping[str, Thing], what: str = "name") -> Thing:
    """The thing called `name` on a shelf, or a UserError that lists what there is."""
    if name in shelf:
        return shelf[name]
    raise UserError(f"there is no {what} {name!r}", f"there are: {listed(shelf)}")


def printable(text: str) -> str:
    """Text from anywhere as one line that does nothing to a terminal."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def listed(words: Iterable[object], most: int = 12) -> str:
    """'a, b, c and 4 more': a list short enough for one line."""
    everything = [str(word) for word in words]
    rest = len(everything) - most
    return ", ".join(everything[:most]) + (f" and {rest} more" if rest > 0 else "")
