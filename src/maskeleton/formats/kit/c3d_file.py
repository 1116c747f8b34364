"""C3D files read with nothing but numpy: header, parameters, points. Nothing that a file announces is believed unseen."""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError

_BLOCK = 512
_HEADER_FRAMES = 65_535  # the most that a header can count
_BYTE_ORDER = {84: "<", 85: "<", 86: ">"}  # Intel, DEC, SGI
_DEC = 85
_DAMAGED = "the file is cut or damaged; copy it again"

Value = list[str] | np.ndarray


class Head(NamedTuple):
    """What stands before the points."""

    points: int
    frames: int
    rate: float
    scale: float  # of whole numbers; negative: the file holds floats
    analog: int  # other numbers between the points of a frame and the next
    start: int  # the byte at which frames begin
    order: str
    dec: bool
    parameters: Mapping[str, Value]  # by 'GROUP:NAME'

    def texts(self, name: str) -> list[str]:
        """A parameter of texts, with its continuations (LABELS, LABELS2 …)."""
        found: list[str] = []
        for key in (name, *(f"{name}{number}" for number in range(2, 300))):
            value = self.parameters.get(key)
            if not isinstance(value, list):
                break
            found += value
        return found


def is_c3d(head: bytes) -> bool:
    """A parameter block is named and the key is 80."""
    return len(head) >= _BLOCK and head[1] == 0x50 and head[0] >= 2


def head_size(head: bytes) -> int:
    """How many bytes stand before the points, by the first bytes of a file."""
    if not is_c3d(head):
        raise UserError("byte 1: this is no C3D file", _DAMAGED)
    at = (head[0] - 1) * _BLOCK
    order = _BYTE_ORDER.get(head[at + 3] if at + 3 < len(head) else 84, "<")
    return int((struct.unpack_from(order + "H", head, 16)[0] - 1) * _BLOCK)


def read_head(data: bytes, size: int) -> Head:
    """Header and parameters of a file of `size` bytes that begins with `data`."""
    if not is_c3d(data):
        raise UserError("byte 1: this is no C3D file", _DAMAGED)
    at = (data[0] - 1) * _BLOCK
    if at + 4 > len(data):
        raise UserError(f"byte {at}: the parameters are not there", _DAMAGED)
    processor = data[at + 3]
    if processor not in _BYTE_ORDER:
        raise UserError(f"byte {at + 3}: {processor} is no processor known here", "84 is Intel, 85 DEC, 86 SGI")
    order, dec = _BYTE_ORDER[processor], processor == _DEC
    points, analog, first, last = struct.unpack_from(order + "4H", data, 2)
    start = (struct.unpack_from(order + "H", data, 16)[0] - 1) * _BLOCK
    scale, rate = _floats(data[12:16] + data[20:24], order, dec)
    if not at < start <= size:
        raise UserError(f"byte 16: points are announced at byte {start} of {size}", _DAMAGED)
    parameters = dict(_parameters(data, at + 4, min(start, len(data)), order, dec))
    frames = _long_count(parameters) if last == _HEADER_FRAMES else None
    head = Head(points, frames or last - first + 1, float(rate), float(scale), analog, start, order, dec, parameters)
    _check(head, size, last == _HEADER_FRAMES and frames is None)
    return head


def read_points(data: bytes, head: Head) -> tuple[np.ndarray, np.ndarray]:
    """Places (frames, points, 3) float64 in the file's unit, NaN where invalid; of each the word that holds residual and
    cameras (programs do not agree which is in which half), −1 where invalid and 0 where neither is told."""
    floats = head.scale < 0
    per = 4 * head.points + head.analog
    kind = np.dtype(f"{head.order}f4" if floats else f"{head.order}i2")
    raw = data[head.start : head.start + head.frames * per * kind.itemsize]
    flat = _floats(raw, head.order, head.dec) if floats else np.frombuffer(raw, kind)
    table = flat.reshape(head.frames, per)[:, : 4 * head.points].reshape(head.frames, head.points, 4)
    with np.errstate(all="ignore"):
        places = table[..., :3].astype(np.float64) * (1.0 if floats else head.scale)
        invalid = ~np.isfinite(table[..., 3]) | (table[..., 3] < 0) | ~np.isfinite(places).all(-1)
        words = np.where(invalid, -1, np.clip(table[..., 3], 0, 32767)).astype(np.int32)
    return np.where(invalid[..., None], np.nan, places), words


def _check(head: Head, size: int, counted_out: bool) -> None:
    if not head.points or head.frames < 1:
        raise UserError(f"byte 2: there are {head.points} points in {max(head.frames, 0)} frames",
                        "motion needs points; the file may hold analog channels only")
    used = head.parameters.get("POINT:USED")
    if isinstance(used, np.ndarray) and used.size == 1 and int(used.flat[0]) & 0xFFFF != head.points:
        raise UserError(f"byte 2: the header says {head.points} points, POINT:USED {int(used.flat[0])}", _DAMAGED)
    if not np.isfinite(head.scale) or head.scale == 0:
        raise UserError(f"byte 12: a scale of {head.scale:g} cannot be", _DAMAGED)
    if not 0 < head.rate <= 10_000:
        raise UserError(f"byte 20: {head.rate:g} frames a second cannot be", "mend the file's rate")
    per = (4 * head.points + head.analog) * (4 if head.scale < 0 else 2)
    there = (size - head.start) // per
    if there < head.frames:
        raise UserError(f"byte {head.start}: {head.frames} frames are announced, but there is room for {there}", _DAMAGED)
    if counted_out and (there - head.frames) * per > 2 * _BLOCK:
        raise UserError(f"there are more frames ({there}) than a C3D header can count ({_HEADER_FRAMES})",
                        "cut the file into shorter ones with the program that made it")


def _long_count(parameters: Mapping[str, Value]) -> int | None:
    """The number of frames where the header cannot count them, as some programs say it beside."""
    ends = [parameters.get(f"TRIAL:ACTUAL_{which}_FIELD") for which in ("START", "END")]
    numbers = [int(end.flat[0]) % 65536 + int(end.flat[1]) % 65536 * 65536
               for end in ends if isinstance(end, np.ndarray) and end.size == 2 and np.isfinite(end).all()]
    return numbers[1] - numbers[0] + 1 if len(numbers) == 2 else None


def _parameters(data: bytes, at: int, end: int, order: str, dec: bool) -> Iterator[tuple[str, Value]]:
    """Every parameter as ('GROUP:NAME', value); what reaches beyond the end is refused."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Value]] = []
    while at + 2 <= end:
        length, number = struct.unpack_from("2b", data, at)
        behind = at + 2 + abs(length)
        if not length or not number:
            break
        if behind + 2 > end:
            raise UserError(f"byte {at}: a parameter's name reaches beyond the parameters", _DAMAGED)
        name = data[at + 2 : behind].decode("ascii", "replace").strip().upper()
        step, = struct.unpack_from(order + "H", data, behind)
        if number < 0:
            groups[-number] = name
        else:
            found.append((number, name, _value(data, behind + 2, end, order, dec)))
        if not step:
            break
        at = behind + step
    for number, name, value in found:
        yield f"{groups.get(number, '')}:{name}", value


def _value(data: bytes, at: int, end: int, order: str, dec: bool) -> Value:
    kind, dimensions = struct.unpack_from("bB", data, at) if at + 2 <= end else (0, 0)
    sizes = list(data[at + 2 : at + 2 + dimensions])
    count = int(np.prod(sizes, dtype=np.int64)) if dimensions <= 7 else -1
    begin = at + 2 + dimensions
    if kind not in (-1, 1, 2, 4) or count < 0 or begin + count * abs(kind) > end:
        raise UserError(f"byte {at}: a parameter's value reaches beyond the parameters", _DAMAGED)
    raw = data[begin : begin + count * abs(kind)]
    if kind == -1:
        each = sizes[0] if len(sizes) > 1 else count
        return [_text(raw[start : start + each]) for start in range(0, count, each)] if each else []
    if kind == 4:
        return _floats(raw, order, dec)
    return np.frombuffer(raw, np.dtype(order + ("i2" if kind == 2 else "i1")))


def _floats(raw: bytes, order: str, dec: bool) -> np.ndarray:
    if not dec:
        return np.frombuffer(raw, np.dtype(order + "f4"))
    swapped = np.ascontiguousarray(np.frombuffer(raw, "<u2").reshape(-1, 2)[:, ::-1])
    with np.errstate(all="ignore"):
        floats: np.ndarray = swapped.view("<f4").reshape(-1) / np.float32(4)
    return floats


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip(" \0")
