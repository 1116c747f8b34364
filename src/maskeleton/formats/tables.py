"""Tables joined to a dataset: people.csv says subject → gender, age …, because motion files never do."""

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.kit.cells import delimiter_of, split_rows
from maskeleton.formats.kit.text import read_text
from maskeleton.labels import UNKNOWN, Label

FOLDER_TABLES = ("labels.csv", "people.csv", "actions.csv")  # joined where they lie in a data folder
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Table:
    """Rows found by a label's value; a column called `name` gives that label its names."""

    file: str
    key: str
    rows: Mapping[str, Mapping[str, Label]]

    def join(self, labels: Mapping[str, Label], id: str) -> dict[str, Label]:
        """The labels of the recording `id` with what the table knows besides."""
        key = id if self.key == "id" else labels.get(self.key)
        if key is None:
            raise UserError(f"{self.file} is joined by {self.key!r}, but recording {id!r} has no such label",
                            f"its labels are {listed(labels) or 'none: give --pattern'}")
        return {**labels, **self.rows.get(_plain(key), {})}


def read_table(path: Path) -> Table:
    """Read a table: its first column is the label to join by, the others are labels of it."""
    rows = _rows(path)
    header = [word.strip() for word in rows[0]] if rows else []
    columns = header[1:]
    if len(header) < 2 or not all(header) or len(set(header)) < len(header):
        raise UserError(f"{path.name} needs a header of two or more different words, got {listed(header) or 'nothing'}",
                        "the first names the label to join by, as in 'subject,gender,age'")
    known: dict[str, dict[str, Label]] = {}
    faults = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            faults.append(f"line {line} has {len(row)} cells, expected {len(header)}")
            continue
        key = _plain(row[0].strip())
        if key in known:
            faults.append(f"line {line} says {header[0]} {row[0].strip()!r} again")
        labels = [header[0] if name == "name" else name for name in columns]
        known[key] = {label: _value(cell) for label, cell in zip(labels, row[1:], strict=True)}
    if faults:
        raise UserError(f"{path.name}: {listed(faults, 4)}", f"one row for each {header[0]}, with {len(header)} cells")
    return Table(path.name, header[0], known)


def folder_tables(folder: Path) -> list[Table]:
    """The tables that lie in a data folder."""
    return [read_table(folder / name) for name in FOLDER_TABLES if (folder / name).is_file()]


def write_tables(dataset: MotionDataset, folder: Path, ids: Sequence[str], numbered: Collection[str]) -> None:
    """Beside files that do not say all labels themselves: what is missing, so that reading the folder gives it back.

    `numbered` are the labels that the files say as numbers; `ids` the recordings' ids as they will be read.
    """
    of_person = _labels_of_person(dataset)
    rest = [label for label in dataset.labels if label not in numbered and label not in of_person]
    odd = [label for label in dataset.labels if label in ("", "id", "name") or label != label.strip() or "\0" in label]
    if odd and (rest or of_person):
        raise UserError(f"a label {odd[0]!r} cannot be told from the other columns of a table",
                        "rename the label, or write to a store")
    if rest:
        rows = [{"id": id, **{label: dataset.text(label, place) for label in rest}} for place, id in enumerate(ids)]
        write_table(folder / "labels.csv", rows)
    for label, name, more in (("subject", "people.csv", of_person), ("action", "actions.csv", [])):
        named = label in numbered and label in dataset.names
        if label in dataset.labels and (more or named):
            write_table(folder / name, _label_rows(dataset, label, label in numbered, named, more))


def numbers(dataset: MotionDataset, label: str) -> np.ndarray:
    """A label as numbers for file names: the number itself, or counted from 1 where it has names."""
    codes = dataset.labels[label]
    return np.where(codes == UNKNOWN, UNKNOWN, codes + 1) if label in dataset.names else codes


def _labels_of_person(dataset: MotionDataset) -> list[str]:
    """The labels that are the same in all recordings of a person, for people who differ in them."""
    if "subject" not in dataset.labels:
        return []
    subjects = dataset.labels["subject"]
    people = np.unique(subjects[subjects != UNKNOWN])
    found = []
    for label, codes in dataset.labels.items():
        kinds = [np.unique(codes[subjects == person]) for person in people]
        constant = all(len(kind) == 1 for kind in kinds) and (codes[subjects == UNKNOWN] == UNKNOWN).all()
        if label not in ("subject", "action", "camera") and constant and len({kind[0] for kind in kinds}) > 1:
            found.append(label)
    return found


def _label_rows(
    dataset: MotionDataset, label: str, numbered: bool, named: bool, more: Sequence[str]
) -> list[dict[str, Label]]:
    codes = dataset.labels[label]
    firsts = np.unique(codes, return_index=True)[1]
    rows: list[dict[str, Label]] = []
    for place in firsts[codes[firsts] != UNKNOWN].tolist():
        key: Label = int(numbers(dataset, label)[place]) if numbered else dataset.text(label, place)
        row: dict[str, Label] = {label: key}
        if named:
            row["name"] = dataset.text(label, place)
        rows.append(row | {other: dataset.text(other, place) for other in more})
    return rows


def write_table(path: Path, rows: Sequence[Mapping[str, Label]]) -> None:
    """Write rows as a table that `read_table` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UserError(f"{path.name} is over {_MOST_BYTES >> 20} MiB", "a table has a row a person, not a frame")
        text = read_text(path)
        return [row for _, row in split_rows(text, delimiter_of(text) or ",")]
    except OSError as fault:
        raise UserError(f"{path.name} cannot be read: {fault.strerror}", "check the path") from None
    except UserError as fault:
        raise UserError(f"{path.name}: {fault.wrong}", fault.remedy) from None


def _plain(value: Label) -> str:
    """One spelling for one person: '007', '7' and 7 are the same."""
    text = str(value)
    return text.lstrip("0") or "0" if text.isascii() and text.isdigit() else text


def _value(cell: str) -> Label:
    text = cell.strip()
    if text.lower() in ("", "unknown", "na", "n/a", "nan", "?"):
        return UNKNOWN
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text else text
