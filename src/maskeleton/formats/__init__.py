"""The formats shelf: one module a format, in a plain dict. A format has three functions and no state.

    detect(path, head) -> bool        could this file be one of mine? `head` is its first 4096 bytes
    open(files, options) -> Source    an opened dataset: skeleton, fps, parts, and read(part) -> recordings and faults
    write(dataset, out, fields)       the whole dataset as new files at `out` (absent where a format is only read)
    FIELDS                            what a release puts into each field of the files it writes (where it has `write`)

One whose recordings are read from more files than the one that is named has `beside(path)`, which gives the others.

A format in which a file is a recording writes two functions, `look` (a file's body plan and rate, from its head) and
`read_file` (its recordings), and gives them to `source.file_source`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from maskeleton.dataset import MotionDataset
from maskeleton.formats import arrays, bvh, etri, jsons, matlab, npz, ntu, pyskl, store, table
from maskeleton.formats.fields import Field
from maskeleton.formats.source import Options, Source

pa.enable_signal_handlers(False)  # or arrow would take a Ctrl-C for a fault in the file it reads


class Format(Protocol):
    """What a module on this shelf is asked for."""

    @property
    def detect(self) -> Callable[[Path, bytes], bool]: ...
    @property
    def open(self) -> Callable[[Sequence[Path], Options], Source]: ...


class Writer(Protocol):
    """What a format that can be written has besides."""

    @property
    def write(self) -> Callable[[MotionDataset, Path, bool], None]: ...
    @property
    def FIELDS(self) -> tuple[Field, ...]: ...


FORMATS: dict[str, Format] = {
    "store": store,
    "npz": npz,
    "ntu": ntu,
    "etri": etri,
    "pyskl": pyskl,
    "arrays": arrays,
    "table": table,
    "json": jsons,
    "matlab": matlab,
    "bvh": bvh,
}
