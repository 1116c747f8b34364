"""Damage to files, of the kinds that happen and of the kinds that are meant: what every reader must survive."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")
NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
STRANGE_NUMBERS = (
    b"99999999", b"-1", b"0", b"2147483648", b"18446744073709551616", b"1" * 400, b"nan", b"NaN", b"-inf", b"1e999",
    b"1e-999", b"3.4e39", b"", b"x", b"0x10", b"1,5", b'"', b"''", b"1_000", b"--1", b"1.2.3", b"\xd9\xa3", b" ", b"\t",
)
ENDINGS = (b"\n", b"\r\n", b"\r", b"\n\n\n", b"\n \n", b"\x00", b"\x1a", b"\xef\xbb\xbf", b",", b" ")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` with one to three kinds of damage, drawn by `rng`."""
    for _ in range(int(rng.integers(1, 4))):
        data = KINDS[int(rng.integers(len(KINDS)))](data, rng)
    return data


def mutations(data: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Every kind of damage alone, then mixtures, `count` in all."""
    alone = (kind(data, rng) for kind in KINDS)
    for _, damaged in zip(range(count), chain(alone, iter(lambda: mutate(data, rng), None)), strict=False):
        yield damaged


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: _place(data, rng)]


def cut_the_front(data: bytes, rng: np.random.Generator) -> bytes:
    return data[_place(data, rng) :]


def cut_a_piece(data: bytes, rng: np.random.Generator) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place + int(rng.integers(1, 200)) :]


def repeat_a_piece(data: bytes, rng: np.random.Generator) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place : place + int(rng.integers(1, 2000))] * int(rng.integers(2, 4)) + data[place:]


def flip_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), int(rng.integers(1, 9))) if data else ():
        changed[place] = int(rng.integers(256))
    return bytes(changed)


def flip_bits(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), int(rng.integers(1, 9))) if data else ():
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def flip_the_head(data: bytes, rng: np.random.Generator) -> bytes:
    """Headers and counts stand at the beginning and are the most dangerous to get wrong."""
    return flip_bytes(data[:128], rng) + data[128:]


def huge_binary_number(data: bytes, rng: np.random.Generator) -> bytes:
    """Eight bytes that any binary format would read as an enormous count or a NaN."""
    place = _place(data, rng)
    return data[:place] + (b"\xff\xff\xff\x7f\xff\xff\xff\x7f", b"\xff" * 8)[int(rng.integers(2))] + data[place + 8 :]


def strange_number(data: bytes, rng: np.random.Generator) -> bytes:
    """One of the first 20 numbers, or any, becomes one that nobody expects."""
    window = data if rng.random() < 0.5 else data[:200]
    found = list(NUMBER.finditer(window, _place(window, rng) if window is data else 0))[:20]
    if not found:
        return data
    number = found[int(rng.integers(len(found)))]
    return data[: number.start()] + _any(STRANGE_NUMBERS, rng) + data[number.end() :]


def many_strange_numbers(data: bytes, rng: np.random.Generator) -> bytes:
    strange, share = _any(STRANGE_NUMBERS, rng), rng.random() * 0.2
    return NUMBER.sub(lambda number: strange if rng.random() < share else number.group(), data)


def double_a_line(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(line * (2 if place in _some(lines, rng) else 1) for place, line in enumerate(lines))


def drop_lines(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.splitlines(keepends=True)
    dropped = _some(lines, rng)
    return b"".join(line for place, line in enumerate(lines) if place not in dropped)


def swap_lines(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        one, other = rng.integers(0, len(lines), 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def other_endings(data: bytes, rng: np.random.Generator) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", _any(ENDINGS, rng))


def put_in(data: bytes, rng: np.random.Generator) -> bytes:
    place = _place(data, rng)
    return data[:place] + _any(ENDINGS, rng) * int(rng.integers(1, 4)) + data[place:]


def add_at_the_end(data: bytes, rng: np.random.Generator) -> bytes:
    return data + _any((*ENDINGS, b"the end", data[:100], b"\x00" * 4096), rng)


def byte_order_mark(data: bytes, rng: np.random.Generator) -> bytes:
    return b"\xef\xbb\xbf" + data


def other_encoding(data: bytes, rng: np.random.Generator) -> bytes:
    return data.decode("latin-1").encode(_any(("utf-16", "utf-16-be", "utf-8", "utf-32"), rng))


def zeros(data: bytes, rng: np.random.Generator) -> bytes:
    """A hole in a disk: a stretch of NUL."""
    place, length = _place(data, rng), int(rng.integers(1, 600))
    return data[:place] + b"\x00" * min(length, len(data) - place) + data[place + length :]


def noise(data: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(int(rng.integers(1, 3000)))


def emptied(data: bytes, rng: np.random.Generator) -> bytes:
    return b""


KINDS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    cut, cut_the_front, cut_a_piece, repeat_a_piece, flip_bytes, flip_bits, flip_the_head, huge_binary_number,
    strange_number, strange_number, many_strange_numbers, double_a_line, drop_lines, swap_lines, other_endings, put_in,
    add_at_the_end, byte_order_mark, other_encoding, zeros, noise, emptied,
)


def _place(data: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(len(data) + 1))


def _some(lines: list[bytes], rng: np.random.Generator) -> set[int]:
    return set(rng.integers(0, len(lines), int(rng.integers(1, 4))).tolist()) if lines else set()


def _any(choices: tuple[Choice, ...], rng: np.random.Generator) -> Choice:
    return choices[int(rng.integers(len(choices)))]
