"""Parquet: columns as a table on disk, written and read a group of rows after another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from maskeleton.columns import ROWS, Growing, GrowingTexts, Texts, stretches
from maskeleton.errors import UserError

GROUP = 1 << 16  # rows that are written together


def write_columns(path: Path, columns: Mapping[str, np.ndarray | Texts]) -> None:
    """Columns of one length as a table; no more than a group of rows is held as Arrow's."""
    with ExitStack() as opened:
        writer = None
        for rows in stretches(len(next(iter(columns.values()))), GROUP):
            table = pa.table({name: _arrow(column[rows]) for name, column in columns.items()})
            writer = writer or opened.enter_context(pq.ParquetWriter(path, table.schema))
            writer.write_table(table, GROUP)
            del table
            _let_go(rows.stop - rows.start)


def read_columns(
    path: Path, numbers: Mapping[str, type], texts: Sequence[str], remedy: str
) -> tuple[dict[str, np.ndarray], dict[str, Texts]]:
    """These columns of a table, as numbers and as texts. A file that is none is refused with the remedy, a column that
    is not there is a KeyError, and one of another kind a ValueError."""
    found = {name: Growing(dtype) for name, dtype in numbers.items()}
    said = {name: GrowingTexts() for name in texts}
    for rows in _batches(path, [*numbers, *texts], remedy):
        for name, column in found.items():
            column.add(_numbers(rows.column(name), name))
        for name, words in said.items():
            words.add(_texts(rows.column(name), name))
    return {name: column.array() for name, column in found.items()}, {name: words.texts() for name, words in said.items()}


def _batches(path: Path, names: Sequence[str], remedy: str) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path, buffer_size=1 << 16) as file:
            if missing := [name for name in names if name not in file.schema_arrow.names]:
                raise KeyError(missing[0])
            for group in range(file.num_row_groups):
                yield from file.iter_batches(ROWS, row_groups=[group], columns=names, use_threads=False)
                _let_go(file.metadata.row_group(group).num_rows)
    except (OSError, pa.ArrowException, MemoryError) as fault:
        raise UserError(f"{path} cannot be read: {str(fault).splitlines()[0]}", remedy) from None


def _let_go(rows: int) -> None:
    """Arrow keeps the memory that a long table took, and takes more for the next."""
    if rows > ROWS:
        pa.default_memory_pool().release_unused()


def _arrow(column: np.ndarray | Texts) -> pa.Array:
    if isinstance(column, Texts):
        letters, ends = column.together()
        return pa.StringArray.from_buffers(len(column), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(letters))
    return pa.array(column)


def _numbers(column: pa.Array, name: str) -> np.ndarray:
    values: np.ndarray = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind not in "iuf":
        raise ValueError(f"column {name} holds no numbers")
    return values


def _texts(column: pa.Array, name: str) -> Texts:
    column.validate(full=True)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type  # other programs write these, too
    column = column.cast(pa.string()) if pa.types.is_string(kind) or pa.types.is_large_string(kind) else column
    if not pa.types.is_string(column.type) or column.null_count:
        raise ValueError(f"column {name} holds no text")
    _, ends, letters = column.buffers()
    ends = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    return Texts.ending(np.frombuffer(letters or b"", np.uint8), ends.astype(np.int64))
