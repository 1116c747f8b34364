"""C3D files put together by hand, byte by byte, as machines of three kinds wrote them."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

Told = str | Sequence[str] | Sequence[int] | Sequence[float]
INTEL, DEC, SGI = 84, 85, 86


def c3d_bytes(points: np.ndarray, parameters: Mapping[str, Mapping[str, Told]], rate: float = 100.0, processor: int = INTEL,
              scale: float = -1.0, last: int | None = None) -> bytes:
    """A file of `points` (frames, points, 4), the fourth being the residual's word, as they are to be stored."""
    order = ">" if processor == SGI else "<"
    section = b"".join(_group(number, name, group, order, processor)
                       for number, (name, group) in enumerate(parameters.items(), 1)) + bytes(2)
    blocks = -(-(len(section) + 4) // 512)
    section = (bytes([1, 0x50, blocks, processor]) + section).ljust(512 * blocks, b"\0")
    frames, count = points.shape[:2]
    header = bytearray(512)
    header[:2] = bytes([2, 0x50])
    struct.pack_into(order + "4H", header, 2, count, 0, 1, frames if last is None else last)
    header[12:16], header[20:24] = floats([scale], processor), floats([rate], processor)
    struct.pack_into(order + "H", header, 16, 2 + blocks)
    stored = floats(points.ravel(), processor) if scale < 0 else points.astype(order + "i2").tobytes()
    return bytes(header) + section + stored


def floats(values: Sequence[float] | np.ndarray, processor: int) -> bytes:
    """Floats as the machine keeps them; DEC's have the halves swapped and an exponent two greater."""
    if processor == SGI:
        return np.asarray(values, ">f4").tobytes()
    if processor == DEC:
        return (np.asarray(values, "<f4") * np.float32(4)).view("<u2").reshape(-1, 2)[:, ::-1].tobytes()
    return np.asarray(values, "<f4").tobytes()


def _group(number: int, name: str, group: Mapping[str, Told], order: str, processor: int) -> bytes:
    found = struct.pack("bb", len(name), -number) + name.encode() + struct.pack(order + "H", 3) + b"\0"
    for key, value in group.items():
        told = _value(value, order, processor) + b"\0"
        found += struct.pack("bb", len(key), number) + key.encode() + struct.pack(order + "H", 2 + len(told)) + told
    return found


def _value(value: Told, order: str, processor: int) -> bytes:
    if isinstance(value, str):
        return struct.pack("bBB", -1, 1, len(value)) + value.encode()
    if isinstance(value[0], str):
        texts = [str(text).encode() for text in value]
        longest = max(map(len, texts))
        return struct.pack("bBBB", -1, 2, longest, len(texts)) + b"".join(text.ljust(longest) for text in texts)
    if isinstance(value[0], int):
        return struct.pack("bBB", 2, 1, len(value)) + np.array(value, np.int64).astype(order + "i2").tobytes()
    return struct.pack("bBB", 4, 1, len(value)) + floats([float(number) for number in value], processor)
