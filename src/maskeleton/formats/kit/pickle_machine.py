"""pickle_machine: the small stack machine that a pickle is a program for, with data as the only thing it knows.

The usual machine calls any function the program names. This one knows the operations that make numbers, text, lists,
tuples and dicts, and the few names under which numpy writes arrays (by exact name, no prefix; none of numpy's own
functions is called for them). What is built is counted, so that a small file cannot become large.
"""

import mmap
import struct
from collections.abc import Callable, Mapping

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.kit.npy import plain_dtype

Buffer = bytes | mmap.mmap
Steps = Mapping[int, Callable[["Machine"], object]]
ROOM, TIMES = 64 << 20, 16  # what the data may take in memory: so many bytes, and so many times the file
SAFE = "get this file from whom you trust, or ask for it as npz"
FAULTS = (IndexError, KeyError, ValueError, TypeError, OverflowError, struct.error, MemoryError)

_FUNCTIONS = {f"{module} {name}": name for names, modules in (
    (("_reconstruct", "scalar"), ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.multiarray")),
    (("_frombuffer",), ("numpy.core.numeric", "numpy._core.numeric")),
    (("ndarray", "dtype"), ("numpy",)),
    (("OrderedDict",), ("collections",)),
    (("encode",), ("_codecs",)),
    (("bytes",), ("builtins", "__builtin__")),  # called with nothing: how old protocols write b""
) for module in modules for name in names}


class _Function(str):
    """One of the names above, as data."""

    __slots__ = ()


class _Kind:
    """A dtype on its way: its code, then its byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    @property
    def dtype(self) -> np.dtype:
        return plain_dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


class _Empty:
    """An array on its way: the places of the memo where it is awaited."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        self.places: list[int] = []


class Machine:
    """One run over one pickle; `at` is the byte it has come to."""

    def __init__(self, data: Buffer) -> None:
        self.data, self.view, self.size = data, memoryview(data), len(data)
        self.at = 0
        self.left = ROOM + TIMES * self.size
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def run(self, steps: Steps) -> object:
        data, size = self.data, self.size
        while self.at < size:
            code = data[self.at]
            self.at += 1
            if code == 0x2E:  # '.'
                return self.stack.pop()
            step = steps.get(code)
            if step is None:
                self.refuse(f"it asks for the operation {code:#04x}, which data does not need")
            else:
                step(self)
        raise IndexError("no end")

    def refuse(self, why: str) -> None:
        raise UserError(f"byte {self.at}: {why}", SAFE)

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            self.refuse(f"it would take more memory than {TIMES} times the file")

    # ── what stands in the file ──

    def some(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > self.size:
            raise IndexError("cut")
        return self.data[start : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.some(size), "little")

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise IndexError("cut")
        return self.some(end + 1 - self.at)[:-1]

    def text(self, size: int) -> None:
        self.stack.append(self.some(size).decode())
        self.spend(size)

    def latin(self, size: int) -> None:  # the str of Python 2
        self.stack.append(self.some(size).decode("latin-1"))
        self.spend(size)

    def block(self, size: int) -> None:  # bytes stay in the file
        start, self.at = self.at, self.at + size
        if self.at > self.size:
            raise IndexError("cut")
        self.stack.append(self.view[start : self.at])
        self.spend(200)

    # ── building ──

    def marked(self) -> list[object]:
        place = self.marks.pop()
        items = self.stack[place:]
        del self.stack[place:]
        return items

    def push(self, size: int, value: object) -> None:
        self.spend(size)
        self.stack.append(value)

    def mark(self) -> None:
        self.spend(40)
        self.marks.append(len(self.stack))

    def a_tuple(self, count: int) -> None:
        if len(self.stack) < count:
            raise IndexError("nothing there")
        items = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(48 + 8 * count, items)

    def append(self, items: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise TypeError("no list")
        self.spend(16 * len(items))
        target.extend(items)

    def set_items(self, items: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError("no dict")
        self.spend(100 * len(items))
        for key, value in zip(items[::2], items[1::2], strict=True):
            # The hash of a tuple of tuples of tuples … can take for ever, and a huge number's is slow each time.
            if not isinstance(key, str) and not (isinstance(key, int) and key.bit_length() < 64):
                self.refuse("a dict has a key that is neither text nor a number")
            target[key] = value

    def put(self, place: int) -> None:
        value = self.stack[-1]
        if isinstance(value, _Empty):
            value.places.append(place)
        self.spend(40)
        self.memo[place] = value

    # ── the few functions data needs ──

    def named(self, module: str, name: str) -> None:
        function = _FUNCTIONS.get(f"{module} {name}")
        if function is None:
            self.refuse(f"it asks for {module[:60]!r}, {name[:60]!r}: a pickle can run any code, so only plain data "
                        "and numpy arrays are read")
        self.push(60, _Function(function))

    def global_by_stack(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError("no name")
        self.named(module, name)

    def call(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Function) or not isinstance(arguments, tuple):
            self.refuse("it calls what is no function of plain data")
        else:
            self.push(200, _CALLS[function](self, *arguments))

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, _Kind) and isinstance(state, tuple):
            order = state[1]
            if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
                self.refuse("an array holds records of several fields")
            target.order = str(order)
        elif isinstance(target, _Empty) and isinstance(state, tuple):
            _, shape, kind, fortran, raw = state
            array = self.array(raw, kind, shape, "F" if fortran else "C")
            self.stack[-1] = array
            for place in target.places:
                if self.memo.get(place) is target:
                    self.memo[place] = array
        else:
            self.refuse("it builds an object")

    def array(self, raw: object, kind: object, shape: object, order: object) -> np.ndarray:
        if not isinstance(kind, _Kind) or not isinstance(shape, tuple) or len(shape) > 8:
            raise TypeError("no array")
        dtype = kind.dtype
        if isinstance(raw, str):
            self.spend(len(raw))
            raw = raw.encode("latin-1")
        if not isinstance(raw, bytes | memoryview):
            raise TypeError("no bytes")
        count = 1
        for side in shape:
            if type(side) is not int or not 0 <= side < 2**60:
                raise TypeError("no shape")
            count *= side
        if count * dtype.itemsize != len(raw):
            self.refuse(f"an array has the shape {shape}"[:120] + f", but {len(raw)} bytes are there")
        if not count:
            return np.zeros(shape, dtype)
        return np.frombuffer(raw, dtype).reshape(shape, order="F" if order == "F" else "C")


def _scalar(machine: Machine, kind: object, raw: object) -> object:
    entry = machine.array(raw, kind, (1,), "C")[0]
    return entry.item()


def _kind(machine: Machine, code: object, *rest: object) -> object:
    if not isinstance(code, str):
        raise TypeError("no dtype")
    try:
        plain_dtype(code)
    except UserError as error:
        machine.refuse(error.wrong)
    return _Kind(code)


def _bytes(machine: Machine, letters: object, encoding: object) -> object:
    if not isinstance(letters, str) or encoding != "latin1":
        raise TypeError("no bytes")
    machine.spend(len(letters))
    return letters.encode("latin-1")


def _dict(machine: Machine, pairs: object = ()) -> object:
    if not isinstance(pairs, list | tuple):
        raise TypeError("no pairs")
    machine.stack.append({})
    machine.set_items([part for pair in pairs for part in _pair(pair)])
    return machine.stack.pop()


def _pair(pair: object) -> tuple[object, object]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise TypeError("no pair")
    return pair[0], pair[1]


def _refuse_call(machine: Machine, *rest: object) -> object:
    raise TypeError("no function")


_CALLS: dict[str, Callable[..., object]] = {
    "_reconstruct": lambda machine, *rest: _Empty(),
    "_frombuffer": lambda machine, raw, kind, shape, order: machine.array(raw, kind, shape, order),
    "scalar": _scalar, "dtype": _kind, "encode": _bytes, "bytes": lambda machine: b"", "OrderedDict": _dict,
    "ndarray": _refuse_call,
}
