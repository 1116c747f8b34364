"""The formats shelf: one module a format, in a plain dict. A format has three functions and no state.

    detect(path, head) -> bool        could this file be one of mine? `head` is its first 4096 bytes
    open(files, options) -> Source    an opened dataset: skeleton, fps, parts, and read(part) -> recordings and faults
    write(dataset, out, fields)       the whole dataset as new files at `out` (absent where a format is only read);
                                      returned are sentences on what the files cannot say of this motion, if any
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
from maskeleton.formats import arrays, bvh, c3d, etri, jsons, matlab, mediapipe, npz, ntu, pyskl, store, table, trc
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
    def write(self) -> Callable[[MotionDataset, Path, bool], Sequence[str] | None]: ...
    @property
    def FIELDS(self) -> tuple[Field, ...]: ...


FORMATS: dict[str, Format] = {
    "store": store,
    "npz": npz,
    "ntu": ntu,
    "etri": etri,
    "pyskl": pyskl,
    "arrays": arrays,
    "mediapipe": mediapipe,
    "table": table,
    "json": jsons,
    "matlab": matlab,
    "bvh": bvh,
    "c3d": c3d,
    "trc": trc,
}
