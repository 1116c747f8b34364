"""What a person is told when something is wrong that they can mend."""

import errno
from collections.abc import Iterable, Mapping
from typing import TypeVar

Thing = TypeVar("Thing")
# What of the system's faults the user can mend, and how.
MENDABLE = {
    errno.ENOSPC: "free some room and run the same command again: it goes on from here",
    errno.EDQUOT: "free some room and run the same command again: it goes on from here",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f) and run the same command again",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
    errno.EROFS: "choose an OUT that can be written",
    errno.ENOTDIR: "check the path",
    errno.ENOENT: "check the path, and that nothing else moves or deletes files there",
    errno.EEXIST: "check the path, and that nothing else writes there",
    errno.EISDIR: "check the path, and that nothing else writes there",
    errno.ENOTEMPTY: "check the path, and that nothing else writes there",
    errno.EBUSY: "check the path, and that nothing else writes there",
    errno.ELOOP: "check the links on the path",
    errno.EIO: "the disk, or the way to it, fails: check it and run the same command again",
    errno.ESTALE: "the disk, or the way to it, fails: check it and run the same command again",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


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
