"""pickle_steps: the operations of a pickle, protocols 0 to 5, as far as data needs them; all others are refused.

Refused are those that make objects (i, o, 0x81, 0x92) or sets, and references to things outside (P, Q, 0x82 to 0x84,
0x97).
"""

import re
import struct

from maskeleton.formats.kit.pickle_machine import Machine, Steps

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b"'": b"'", b'"': b'"'}


def _quoted(line: bytes) -> str:
    """The str of Python 2 as protocol 0 writes it."""
    line = line.strip()
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
        raise ValueError("no quotes")
    return _ESCAPE.sub(lambda m: bytes([int(m[1][1:], 16)]) if len(m[1]) == 3 else _ESCAPES[m[1]],
                       line[1:-1]).decode("latin-1")


def _int(line: bytes) -> int | bool:
    return {b"00": False, b"01": True}[line] if line in (b"00", b"01") else int(line.removesuffix(b"L"))


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _sized(value: str) -> tuple[int, str]:
    return 50 + 4 * len(value), value


STEPS: Steps = {
    0x80: lambda m: m.some(1), 0x95: lambda m: m.some(8),  # protocol, frame
    ord("("): Machine.mark, ord("0"): lambda m: m.stack.pop(), ord("1"): Machine.marked,
    ord("2"): lambda m: m.push(8, m.stack[-1]),
    ord("N"): lambda m: m.push(8, None), 0x88: lambda m: m.push(8, True), 0x89: lambda m: m.push(8, False),
    ord("I"): lambda m: m.push(40, _int(m.line())), ord("L"): lambda m: m.push(40, _int(m.line())),
    ord("J"): lambda m: m.push(40, _signed(m.some(4))), ord("K"): lambda m: m.push(8, m.number(1)),
    ord("M"): lambda m: m.push(40, m.number(2)),
    0x8A: lambda m: m.push(40, _signed(m.some(m.number(1)))), 0x8B: lambda m: m.push(40, _signed(m.some(m.number(4)))),
    ord("F"): lambda m: m.push(40, float(m.line())), ord("G"): lambda m: m.push(40, struct.unpack(">d", m.some(8))[0]),
    ord("S"): lambda m: m.push(*_sized(_quoted(m.line()))),
    ord("V"): lambda m: m.push(*_sized(m.line().decode("raw_unicode_escape"))),
    ord("T"): lambda m: m.latin(m.number(4)), ord("U"): lambda m: m.latin(m.number(1)),
    ord("X"): lambda m: m.text(m.number(4)), 0x8C: lambda m: m.text(m.number(1)), 0x8D: lambda m: m.text(m.number(8)),
    ord("B"): lambda m: m.block(m.number(4)), ord("C"): lambda m: m.push(100, m.some(m.number(1))),
    0x8E: lambda m: m.block(m.number(8)), 0x96: lambda m: m.block(m.number(8)), 0x98: lambda m: None,
    ord("]"): lambda m: m.push(64, []), ord("}"): lambda m: m.push(72, {}), ord(")"): lambda m: m.push(8, ()),
    ord("l"): lambda m: m.push(64, m.marked()), ord("t"): lambda m: m.push(48, tuple(m.marked())),
    ord("d"): lambda m: _marked_dict(m),
    0x85: lambda m: m.a_tuple(1), 0x86: lambda m: m.a_tuple(2), 0x87: lambda m: m.a_tuple(3),
    ord("a"): lambda m: m.append([m.stack.pop()]), ord("e"): lambda m: m.append(m.marked()),
    ord("s"): lambda m: m.set_items([*reversed((m.stack.pop(), m.stack.pop()))]),
    ord("u"): lambda m: m.set_items(m.marked()),
    ord("p"): lambda m: m.put(int(m.line())), ord("q"): lambda m: m.put(m.number(1)),
    ord("r"): lambda m: m.put(m.number(4)), 0x94: lambda m: m.put(len(m.memo)),
    ord("g"): lambda m: m.push(8, m.memo[int(m.line())]), ord("h"): lambda m: m.push(8, m.memo[m.number(1)]),
    ord("j"): lambda m: m.push(8, m.memo[m.number(4)]),
    ord("c"): lambda m: m.named(m.line().decode(), m.line().decode()), 0x93: Machine.global_by_stack,
    ord("R"): Machine.call, ord("b"): Machine.build,
}


def _marked_dict(machine: Machine) -> None:
    items = machine.marked()
    machine.push(72, {})
    machine.set_items(items)
