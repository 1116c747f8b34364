"""Private files beside an output: for their owner alone, whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskeleton.jobs import remove


def beside(out: Path, what: str) -> Path:
    """Where something private of an output lies: never in it, even where it is called . or .. by who stands in it."""
    if out.name in ("", ".."):
        out = Path(os.path.abspath(out))  # links are not followed: what was written lies beside the link
    return out.with_name(f"{out.name}.{what}")


@contextmanager
def private(place: Path, once: bool = False) -> Iterator[Path]:
    """A temporary file, readable by its owner, that becomes `place` when the block ends well; where it shall be written
    only `once`, one that another process has put there meanwhile stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    drawn = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    try:
        drawn.touch(0o600)
        yield drawn
        if once:
            _settle(drawn, place)
        else:
            drawn.replace(place)
    finally:
        remove(drawn)


def _settle(drawn: Path, place: Path) -> None:
    """Put a file in its place, unless another process was quicker: then that one's is everybody's."""
    try:
        os.link(drawn, place)
    except FileExistsError:
        return
    except OSError:  # a disk without links
        drawn.replace(place)
