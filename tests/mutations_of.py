"""Damage that knows what it damages: members of archives, headers of arrays, steps of pickles, nodes of JSON, tags of mat.

Each takes the bytes of a file and gives other bytes, or the same where it finds nothing to do.
"""

import gzip
import io
import json
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from mutations import mutate

Change = Callable[[bytes, np.random.Generator], bytes]
WEIRD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e308, float("nan"), float("-inf"), "", "x", "\ud800", "9" * 400, [], {}, [[]], [None], {"x": 1},
    {"": []}, [[[]]], [0.5] * 7, [[1, 2, 3]] * 40, "NaN", 2**63, -(2**31) - 1,
)
WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
NAMES = ("../evil", "/evil", "a/../../evil", "C:\\evil", "", ".", "a" * 300, "x.npy", "coords.npy", "a\0b", "ü/ü", "__MACOSX/a")
HOSTILE_PICKLES = (
    b"cos\nsystem\n(S'true'\ntR.", b"c__builtin__\neval\n(S'1'\ntR.", b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    b"(S'x'\nios\nsystem\n.", b"\x80\x02cnumpy\nload\nX\x01\x00\x00\x00aR.",
    b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.", b"\x80\x02(dQ.", b"\x80\x02)\x81b.",
)
CELLS = (b"", b"x", b"Time", b"frame", b"body", b"HeadX", b"subject", b'"', b"y")
VALUES = (b"nan", b"1e308", b"-1", b"", b"x", b"1 2 3", b"99999999999999999999")
HEADERS = (
    ("'descr': '", "'descr': 'O"), ("<f4", "|O"), ("<f4", "<f8"), ("<f4", "<U9"), ("<f4", ">i2"), ("<f4", "<c16"),
    ("<f4", "|V9"), ("(", "(-"), ("(", "(9999999999,"), ("(", "(0,"), ("(", "(("), (")", ",)"), ("False", "True"),
    ("False", "1"), ("'shape'", "'shap'"), ("{", "{'x': [" + "[" * 500), ("'descr'", "__import__('os')"), (", ", ",\0"),
    ("3", "4"), ("2", "1"),
)
SIZES = (b"77777777777\0", b"\x80" + bytes(3) + b"\xff" * 8, b"\xff" * 12, b"00000000000\0", b"-1         \0")


def words(data: bytes, rng: np.random.Generator) -> bytes:
    """A number of 1, 2, 4 or 8 bytes in the first kilobyte, or anywhere, becomes one that stands at an edge."""
    if len(data) < 8:
        return data
    size = (1, 2, 4, 8)[int(rng.integers(4))]
    reach = len(data) if rng.random() < 0.3 else min(len(data), 1024)
    place = int(rng.integers(max(1, reach - size))) // size * size
    value = WORDS[int(rng.integers(len(WORDS)))] & ((1 << 8 * size) - 1)
    order = "little" if rng.random() < 0.8 else "big"
    return data[:place] + value.to_bytes(size, order) + data[place + size :]  # type: ignore[arg-type]


def json_node(data: bytes, rng: np.random.Generator) -> bytes:
    """A node of a JSON text is replaced, dropped, doubled, wrapped or renamed."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data
    for _ in range(int(rng.integers(1, 4))):
        tree = _node(tree, rng, 0)
    if rng.random() < 0.03:
        return b"[" * 3000 + json.dumps(tree).encode() + b"]" * 3000
    try:
        return json.dumps(tree).encode()
    except RecursionError:
        return data


def _node(tree: Any, rng: np.random.Generator, depth: int) -> Any:
    inside = len(tree) if isinstance(tree, list | dict) else 0
    if inside and rng.random() < 0.85 - 0.05 * depth:
        keys = list(tree) if isinstance(tree, dict) else list(range(inside))
        key = keys[int(rng.integers(inside))]
        kind = rng.random()
        if kind < 0.1:
            del tree[key]
        elif kind < 0.15 and isinstance(tree, list):
            tree.insert(key, tree[key])
        elif kind < 0.2 and isinstance(tree, dict):
            tree[str(WEIRD[int(rng.integers(len(WEIRD)))])[:20]] = tree.pop(key)
        else:
            tree[key] = _node(tree[key], rng, depth + 1)
        return tree
    if rng.random() < 0.2:
        return [tree] if rng.random() < 0.5 else {"frames": tree}
    return deepcopy(WEIRD[int(rng.integers(len(WEIRD)))])


def columns(data: bytes, rng: np.random.Generator) -> bytes:
    """A column of a table is dropped, doubled, renamed, moved or filled with one thing."""
    lines = data.split(b"\n")
    sign = max((b",", b"\t", b";", b" "), key=lines[0].count)
    rows = [line.split(sign) for line in lines]
    place, other = (int(rng.integers(max(1, len(rows[0])))) for _ in range(2))
    kind = int(rng.integers(5))
    for number, row in enumerate(rows):
        if place >= len(row):
            continue
        if kind == 0:
            del row[place]
        elif kind == 1:
            row.insert(place, row[place])
        elif kind == 2 and number == 0:
            row[place] = CELLS[other % len(CELLS)]
        elif kind == 3 and other < len(row):
            row[place], row[other] = row[other], row[place]
        elif kind == 4 and number:
            row[place] = VALUES[other % len(VALUES)]
    return b"\n".join(sign.join(row) for row in rows)


def npy_header(data: bytes, rng: np.random.Generator) -> bytes:
    """The words of an array's header: other shapes, kinds and orders, of a length that fits or does not."""
    if not data.startswith(b"\x93NUMPY") or len(data) < 12:
        return data
    size = struct.unpack_from("<H", data, 8)[0]
    head = data[10 : 10 + size].decode("latin-1")
    for place in rng.choice(len(HEADERS), 2, replace=False):
        old, new = HEADERS[int(place)]
        head = head.replace(old, new, 1)
    told = head.encode("latin-1")
    length = len(told) if rng.random() < 0.8 else int(rng.integers(1 << 16))
    return data[:8] + struct.pack("<H", min(length, 65535)) + told + data[10 + size :]


def pickle_steps(data: bytes, rng: np.random.Generator) -> bytes:
    """Steps of a pickle are dropped, doubled, exchanged, or others that want to run code are put in."""
    try:
        places = [place for _, _, place in pickletools.genops(data) if place is not None]
    except (ValueError, IndexError, AttributeError, UnicodeDecodeError, OverflowError, KeyError):
        return data
    ends = [*places[1:], len(data)]
    one, other = (int(rng.integers(len(places))) for _ in range(2))
    step, there = data[places[one] : ends[one]], places[other]
    kind = int(rng.integers(5))
    if kind == 0:
        return data[: places[one]] + data[ends[one] :]
    if kind == 1:
        return data[:there] + step + data[there:]
    if kind == 2:
        return data[:there] + step + data[ends[other] :]
    if kind == 3:
        return data[:there] + HOSTILE_PICKLES[int(rng.integers(len(HOSTILE_PICKLES)))][:-1] + data[there:]
    return data[:there] + bytes([int(rng.integers(256))]) + data[there:]


def mat_tags(data: bytes, rng: np.random.Generator) -> bytes:
    """A tag of a level 5 .mat says another type or length; or what is packed in it is damaged and packed again."""
    if len(data) < 144:
        return data
    kind, size = struct.unpack_from("<II", data, 128)
    if kind == 15 and rng.random() < 0.7:
        try:
            inner = zlib.decompress(data[136 : 136 + size])
        except zlib.error:
            return data
        packed = zlib.compress(words(inner, rng) if rng.random() < 0.7 else mutate(inner, rng))
        return data[:128] + struct.pack("<II", 15, len(packed)) + packed + data[136 + size :]
    place = 128 + 8 * int(rng.integers((len(data) - 136) // 8 + 1))
    tag = struct.pack("<II", int(rng.integers(20)), WORDS[int(rng.integers(len(WORDS)))] if rng.random() < 0.5 else size)
    return data[:place] + tag + data[place + 8 :]


def zip_members(data: bytes, rng: np.random.Generator) -> bytes:
    """A member is damaged inside, renamed, doubled or dropped; or the list of members says otherwise than they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [(info.filename, packed.read(info)) for info in packed.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return data
    if not members:
        return data
    place = int(rng.integers(len(members)))
    name, inner = members[place]
    kind = rng.random()
    if kind < 0.6:
        members[place] = name, (npy_header if rng.random() < 0.5 else mutate)(inner, rng)
    elif kind < 0.7:
        members[place] = NAMES[int(rng.integers(len(NAMES)))], inner
    elif kind < 0.75:
        del members[place]
    elif kind < 0.8:
        members.append((name + ("" if rng.random() < 0.3 else "2"), inner))
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if rng.random() < 0.5 else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, inner in {key: value for key, value in members if key}.items():
            packed.writestr(zipfile.ZipInfo(name), inner, method)
    whole = out.getvalue()
    if kind < 0.9:
        return whole
    at = whole.rfind(b"PK\1\2")
    at += int(rng.integers(6, 46))
    return whole[:at] + bytes([int(rng.integers(256))]) + whole[at + 1 :]


def tar_members(data: bytes, rng: np.random.Generator) -> bytes:
    """A header says another type, size or name, with a checksum that fits; packed again where it was."""
    packed = data.startswith(b"\x1f\x8b")
    try:
        whole = gzip.decompress(data) if packed else data
    except (OSError, EOFError, zlib.error):
        return data
    heads = [place for place in range(0, len(whole) - 511, 512) if whole[place + 257 : place + 262] == b"ustar"]
    if heads:
        at = heads[int(rng.integers(len(heads)))]
        head = bytearray(whole[at : at + 512])
        kind = int(rng.integers(4))
        if kind == 0:
            head[156] = b"0123456789xgLKSDMN\x00"[int(rng.integers(19))]
        elif kind == 1:
            head[124:136] = SIZES[int(rng.integers(len(SIZES)))]
        elif kind == 2:
            head[:100] = NAMES[int(rng.integers(len(NAMES)))].encode()[:99].ljust(100, b"\0")
        else:
            head[int(rng.integers(500))] = int(rng.integers(256))
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        whole = whole[:at] + bytes(head) + whole[at + 512 :]
    if rng.random() < 0.3:
        whole = mutate(whole, rng)
    return gzip.compress(whole, 1) if packed else whole


KNOWING: Mapping[str, tuple[Change, ...]] = {
    ".json": (json_node, json_node), ".csv": (columns,), ".npy": (npy_header, words), ".npz": (zip_members, zip_members),
    ".zip": (zip_members, zip_members), ".tar": (tar_members, tar_members), ".gz": (tar_members, tar_members),
    ".pkl": (pickle_steps, pickle_steps), ".mat": (mat_tags, words), ".c3d": (words, words), ".parquet": (words,),
    ".trc": (columns,), ".pt": (zip_members, words), ".safetensors": (words, words),
}


def knowing(name: str, data: bytes, rng: np.random.Generator) -> bytes:
    """Damage of a file called so: of a kind that knows it, of any kind, or of both."""
    kinds = KNOWING.get("." + name.rpartition(".")[2], ())
    if kinds and rng.random() < 0.6:
        data = kinds[int(rng.integers(len(kinds)))](data, rng)
        if rng.random() < 0.7:
            return data
    return mutate(data, rng)


