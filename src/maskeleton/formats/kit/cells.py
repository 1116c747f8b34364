"""The cells of a wide table as numbers: quickly where every row is regular, else row by row with the fault's line."""

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError
from maskeleton.formats.kit.columns import Columns
from maskeleton.motion import SEEN

NOTHING = {"", "nan", "na", "n/a", "null", "none", "-"}
_DELIMITERS = (",", ";", "\t")
_LARGE = 1 << 14  # below that, starting the quick way costs more than it saves


class Cells(NamedTuple):
    """What a table's rows hold, NaN where a cell is empty. `numbers` and `texts` are found by their column."""

    positions: np.ndarray  # (rows, J, 3) float64
    states: np.ndarray  # (rows, J) uint8
    numbers: dict[int | None, np.ndarray]
    texts: dict[int, list[str]]


def delimiter_of(text: str) -> str | None:
    """What parts the cells: the commonest of comma, semicolon and tab in the first line; None for white space."""
    header = text[: text.find("\n") + 1] or text
    most = max(_DELIMITERS, key=header.count)
    return most if most in header else None


def split_rows(text: str, delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row that is not blank."""
    if delimiter is None:
        yield from ((line, row.split()) for line, row in enumerate(io.StringIO(text), 1) if row.strip())
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as fault:
            raise UserError(f"line {reader.line_num}: {fault}", "mend that line, or save the table as csv") from None
        if row is None:
            return
        if any(cell and not cell.isspace() for cell in row):
            yield reader.line_num, row


def read_cells(text: str, delimiter: str | None, columns: Columns) -> Cells:
    """All rows below the header."""
    numbers, texts = _wanted(columns)
    found = None
    if len(text) >= _LARGE and delimiter is not None and not columns.triples:
        found = quickly(text, delimiter, numbers, texts)
    if found is None:
        found = row_by_row(text, delimiter, columns, numbers, texts)
    table, words = found
    if not len(table):
        raise UserError("line 2: there are no rows", "the file holds a header and nothing else")
    return _sorted_out(table, words, columns)


def quickly(text: str, delimiter: str, numbers: Sequence[int], texts: Sequence[int]
            ) -> tuple[np.ndarray, list[list[str]]] | None:
    """Rows by pyarrow's reader; None where anything is unusual, so that `row_by_row` says what."""
    import pyarrow as pa  # here, because most tables are too small to need it
    import pyarrow.csv

    width = len(next(split_rows(text[text.find("\n") + 1 :][:_LARGE], delimiter), (2, []))[1])
    names = [str(place) for place in range(width)]
    types = {str(place): pa.float64() for place in numbers} | {str(place): pa.string() for place in texts}
    if not types.keys() <= set(names):
        return None
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            pa.csv.ParseOptions(delimiter=delimiter),
            pa.csv.ConvertOptions(column_types=types, include_columns=list(types),
                                  null_values=["", "NaN", "nan", "NA"]),
        )
    except (pa.ArrowException, UnicodeError):
        return None
    found = [table.column(str(place)).to_numpy() for place in numbers]
    words = [[word.strip() for word in table.column(str(place)).to_pylist()] for place in texts]
    return np.stack(found, 1), words


def row_by_row(text: str, delimiter: str | None, columns: Columns, numbers: Sequence[int], texts: Sequence[int]
               ) -> tuple[np.ndarray, list[list[str]]]:
    """The plain way: any number of blanks, decimal commas, cells of three, and faults by their line."""
    rows = split_rows(text, delimiter)
    next(rows, None)
    found, width = array("d"), 0
    words: list[list[str]] = [[] for _ in texts]
    joints = {place for places in columns.places for place in places} if columns.triples else set()
    for line, row in rows:
        width = width or max(len(row), columns.width)
        if not columns.width <= len(row) <= width:
            raise UserError(f"line {line}: there are {len(row)} cells, expected {columns.width}",
                            "every row needs a cell for every column of the header")
        for place in numbers:
            if place in joints:
                found.extend(_three(row[place], line, place, delimiter))
            else:
                found.append(_number(row[place], line, place, delimiter))
        for place, told in zip(texts, words, strict=True):
            told.append(row[place].strip())
    size = len(numbers) + 2 * len(joints)
    return np.frombuffer(found, np.float64).reshape(-1, size) if found else np.zeros((0, size)), words


def _wanted(columns: Columns) -> tuple[list[int], list[int]]:
    """Columns of numbers (joints first), columns of text."""
    numbers = [place for places in columns.places for place in places] + list(columns.states.values())
    numbers += [place for place in (columns.clock, columns.frame) if place is not None]
    texts = [place for place in (columns.body, *columns.labels.values()) if place is not None]
    return numbers, list(dict.fromkeys(texts))


def _sorted_out(table: np.ndarray, words: list[list[str]], columns: Columns) -> Cells:
    joints, rows = len(columns.joints), len(table)
    states = np.full((rows, joints), SEEN, np.uint8)
    for joint, column in zip(columns.states, table.T[3 * joints :], strict=False):
        wrong = np.flatnonzero(~np.isin(column, (0, 1, 2)) & ~np.isnan(column))
        if len(wrong):
            raise UserError(f"row {wrong[0] + 1}: the tracking state of {joint} is {column[wrong[0]]:g}",
                            "0 is missing, 1 guessed, 2 seen")
        states[:, columns.joints.index(joint)] = np.where(np.isnan(column), 0, column)
    keys = [place for place in (columns.clock, columns.frame) if place is not None]
    numbers: dict[int | None, np.ndarray] = dict(zip(keys, table.T[3 * joints + len(columns.states) :], strict=True))
    for place, column in numbers.items():
        wrong = np.flatnonzero(~np.isfinite(column))
        if len(wrong):
            raise UserError(f"row {wrong[0] + 1}: column {(place or 0) + 1} is no time and no frame number",
                            "the clock and the frame number need a value in every row")
    return Cells(table[:, : 3 * joints].reshape(rows, joints, 3), states, numbers, dict(zip(_wanted(columns)[1], words,
                                                                                            strict=True)))


def _number(cell: str, line: int, place: int, delimiter: str | None) -> float:
    text = cell.strip()
    if delimiter != "," and "," in text:
        text = text.replace(",", ".")
    try:
        if "_" in text:
            raise ValueError
        return float(text)
    except ValueError:
        if text.lower() in NOTHING:
            return float("nan")
        raise UserError(f"line {line}: column {place + 1} says {text[:40]!r}, which is no number",
                        "mend the cell, or empty it where the joint is missing") from None


def _three(cell: str, line: int, place: int, delimiter: str | None) -> list[float]:
    words = cell.split()
    if len(words) not in (0, 3):
        raise UserError(f"line {line}: column {place + 1} holds {len(words)} numbers, expected 3",
                        "a joint's cell holds x y z")
    return [_number(word, line, place, delimiter) for word in words or ("", "", "")]
