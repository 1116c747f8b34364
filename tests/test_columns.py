"""Columns read and compare as lists do, travel, and take room on the disk where there are many."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from maskeleton.columns import ROWS, Growing, GrowingTexts, Texts, repeats, stretches
from maskeleton.errors import UserError
from maskeleton.parquet import read_columns, write_columns

WORDS = ["", "a", "zwölf", "", "日本", "a b\n", "x" * 300]


def test_texts_are_read_and_compared_as_a_list():
    texts = Texts.of(WORDS)
    assert texts == WORDS == texts
    assert list(texts) == WORDS
    assert len(texts) == 7
    assert texts[-1] == "x" * 300
    assert texts[np.int64(2)] == "zwölf"
    assert texts[1:6:2] == WORDS[1:6:2]
    assert texts[::-1] == WORDS[::-1]
    assert texts[np.array([4, 4, 1])] == ["日本", "日本", "a"]
    assert "日本" in texts
    assert texts.index("日本") == 4
    assert {*texts} == {*WORDS}
    assert texts != WORDS[:-1]
    assert texts != [*WORDS[:-1], "y"]
    assert texts != "a"
    assert np.array(texts, str).tolist() == WORDS
    assert np.isin(["a", "b"], texts).tolist() == [True, False]
    assert Texts.of(texts) is texts
    assert Texts.of([]) == []
    assert repr(texts) == repr(WORDS)
    with pytest.raises(IndexError):
        texts[7]


def test_texts_travel_without_their_neighbours():
    texts = Texts.of(f"{number:064x}" for number in range(10_000))
    few = pickle.dumps(texts[np.array([7, 7000, 8])])
    assert pickle.loads(few) == [texts[7], texts[7000], texts[8]]
    assert len(few) < 1000
    assert len(pickle.dumps(texts[100:103])) < 1000


def test_what_grows_large_lies_in_a_file_that_nobody_sees(monkeypatch, tmp_path):
    monkeypatch.setattr("maskeleton.columns.MOST_BYTES", 256)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    numbers, texts = Growing(np.int32), GrowingTexts()
    for start in range(0, 1000, 10):
        numbers.add(np.arange(start, start + 10))
        texts.add(Texts.of(str(number) for number in range(start, start + 10)))
        assert sum(part.nbytes for part in numbers._here) <= 256
    array, words = numbers.array(), texts.texts()
    assert array.tolist() == list(range(1000))
    assert array.dtype == np.int32
    assert len(texts) == 1000
    assert words == [str(number) for number in range(1000)]
    array[0] = 5  # as any other
    assert array[:2].tolist() == [5, 1]
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_said_with_its_place(monkeypatch):
    monkeypatch.setattr("maskeleton.columns.MOST_BYTES", 8)
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: full)
        with pytest.raises(OSError, match="No space left") as fault:
            Growing(np.int64).add(np.arange(2))
    assert fault.value.filename == tempfile.gettempdir()


def test_what_stands_more_than_once_is_found():
    assert repeats(["a", "b", "a", "c", "b", "a"]) == [(0, 2), (1, 4), (0, 5)]
    assert repeats([]) == repeats(["a"]) == repeats(Texts.of(["a", "b"])) == []


def test_stretches_are_everything_once():
    for rows in (0, 1, ROWS, ROWS + 1, 3 * ROWS):
        assert [row for some in stretches(rows) for row in range(some.start, some.stop)] == list(range(rows))
    assert [*stretches(0)] == [slice(0, 0)]


def test_a_table_is_written_and_read_by_groups(monkeypatch, tmp_path):
    monkeypatch.setattr("maskeleton.parquet.GROUP", 100)
    words = Texts.of(WORDS * 50)
    write_columns(tmp_path / "t", {"word": words, "number": np.arange(350)})
    numbers, texts = read_columns(tmp_path / "t", {"number": np.int32}, ("word",), "")
    assert numbers["number"].tolist() == list(range(350))
    assert texts["word"] == words
    with pytest.raises(KeyError, match="other"):
        read_columns(tmp_path / "t", {"other": np.int64}, (), "")
    with pytest.raises(ValueError, match="number holds no text"):
        read_columns(tmp_path / "t", {}, ("number",), "")
    with pytest.raises(ValueError, match="word holds no numbers"):
        read_columns(tmp_path / "t", {"word": np.int64}, (), "")
    (tmp_path / "t").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="cannot be read"):
        read_columns(tmp_path / "t", {}, ("word",), "copy it again")


def test_text_is_read_however_another_program_keeps_it(tmp_path):
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        pq.write_table(pa.table({"word": pa.array(WORDS, pa.string()).cast(kind)}), tmp_path / "t")
        assert read_columns(tmp_path / "t", {}, ("word",), "")[1]["word"] == WORDS
    for strange in (pa.array(["a", None]), pa.array(["a", None]).dictionary_encode(), pa.array([1, 2]).dictionary_encode(),
                    pa.array([b"\xff", b""])):
        pq.write_table(pa.table({"word": strange}), tmp_path / "t")
        with pytest.raises(ValueError, match="word holds no text"):
            read_columns(tmp_path / "t", {}, ("word",), "")
