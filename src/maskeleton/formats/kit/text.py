"""Text files as people have them: with or without a byte order mark, UTF-8 or UTF-16, any line ends."""

import codecs
import json
import os
from pathlib import Path
from typing import Any

from maskeleton.errors import UserError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes) -> str:
    """The text of a whole file; a byte that is none is named by its place."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise UserError(f"byte {fault.start}: this is no text in {encoding.removesuffix('-sig')}",
                        "save the file as text in UTF-8") from None
    hole = text.find("\0")
    if hole >= 0:
        raise UserError(f"line {text.count(chr(10), 0, hole) + 1}: there is a NUL character",
                        "the file is damaged or no text; copy it again, or save it as text in UTF-8")
    return text


def decode_head(head: bytes) -> str:
    """The text of a file's first bytes; never raises, since the last character may be cut."""
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, "replace")


def read_text(path: Path) -> str:
    """A file's whole text."""
    return decode(path.read_bytes())


def read_json(path: Path) -> Any:
    """What a JSON file holds."""
    text = read_text(path)
    try:
        return json.loads(text)
    except RecursionError:
        raise UserError("lists are nested too deeply", "frames hold bodies, bodies joints, joints x, y and z") from None
    except json.JSONDecodeError as fault:
        raise UserError(f"line {fault.lineno}: this is no JSON ({fault.msg}, column {fault.colno})",
                        "the file is cut or damaged; copy it again") from None
    except ValueError as fault:
        raise UserError(f"a number cannot be read: {fault}", "the file is damaged; copy it again") from None


def file_name(name: str) -> str:
    """A file's name as text that can be written anywhere: bytes that are no UTF-8 become, say, \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
