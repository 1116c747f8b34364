"""pickles: plain data and numpy arrays, read out of a pickle that is not trusted, and written as a stream.

Reading never runs what a pickle asks for (see pickle_machine) and knows protocols 0 to 5. Arrays stay in the file,
which is mapped into memory, until they are looked at. Writing gives protocol 4 under names that every numpy can read,
and the same bytes for the same data.
"""

import mmap
import struct
from pathlib import Path

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.kit.npy import CUT
from maskeleton.formats.kit.pickle_machine import FAULTS, Buffer, Machine
from maskeleton.formats.kit.pickle_steps import STEPS

START, END = b"\x80\x04", b"."


def load(path: Path) -> object:
    """What a pickle file holds; a UserError where it is broken or asks for anything but data."""
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise UserError("the file is empty", CUT) from None
    return loads(data)


def loads(data: Buffer) -> object:
    """What a pickle holds, from its bytes."""
    machine = Machine(data)
    try:
        return machine.run(STEPS)
    except FAULTS:
        raise UserError(f"byte {machine.at}: this is no whole pickle", CUT) from None


def dumped(value: object) -> bytes:
    """Plain data as a piece of a pickle: START + dumped(value) + END is a whole one."""
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        size = value.bit_length() // 8 + 1
        return b"J" + struct.pack("<i", value) if size <= 4 else b"\x8a" + bytes([size]) + value.to_bytes(
            size, "little", signed=True)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"X" + struct.pack("<I", len(data)) + data
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return _dumped_array(value)
    if isinstance(value, dict):
        return b"}(" + b"".join(dumped(part) for pair in value.items() for part in pair) + b"u"
    if isinstance(value, list | tuple):
        opening, closing = (b"](", b"e") if isinstance(value, list) else (b"(", b"t")
        return opening + b"".join(map(dumped, value)) + closing
    raise TypeError(f"{type(value).__name__} is no plain data")


def _dumped_array(array: np.ndarray) -> bytes:
    """As numpy pickles an array, but under the name that old and new numpy both know."""
    raw = np.ascontiguousarray(array).tobytes()
    order = array.dtype.str[0]
    kind = b"cnumpy\ndtype\n" + dumped((array.dtype.str[1:], False, True)) + b"R" \
        + dumped((3, order, None, None, None, -1, -1, 0)) + b"b"
    return (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + dumped((0,)) + b"C\x01btR"
            + b"(" + dumped(1) + dumped(array.shape) + kind + b"\x89"
            + b"\x8e" + struct.pack("<Q", len(raw)) + raw + b"tb")
