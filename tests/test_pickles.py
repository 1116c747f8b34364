"""A pickle is read as data and nothing else: what it holds, what it may not ask for, and what it may not cost."""

import builtins
import codecs
import copyreg
import os
import pickle
import pickletools
import time
import tracemalloc
from collections import OrderedDict
from contextlib import suppress

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.formats.kit import pickle_machine
from maskeleton.formats.kit.pickles import END, START, dumped, load, loads
from maskeleton.seeds import generator

from mutations import mutations

PLAIN = {
    "text": ["", "é\u4e2d\U0001f600", "a'b\"c\\n\n\t", "x" * 300],
    "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**63, -(2**200), 1.5, -0.0, float("inf")],
    "others": (None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, b"", b"\x00\xff\n'", b"y" * 300),
    1: {"a": {"b": [{}]}},
}
ARRAYS = [
    np.arange(24, dtype=np.float16).reshape(2, 3, 4),
    np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    np.arange(5, dtype=">f8"), np.arange(500, dtype=np.int64)[::-1], np.array([True, False]), np.array(7, np.uint8),
    np.array(["Ann", "Ü"]), np.array([b"raw", b""]), np.zeros((0, 3), np.float32), np.zeros((2, 0), np.int32),
]


class Runs:
    """An object that, when it is unpickled, calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_of_every_protocol(protocol):
    assert loads(pickle.dumps(PLAIN, protocol)) == PLAIN
    assert repr(loads(pickle.dumps(PLAIN["numbers"], protocol))) == repr(PLAIN["numbers"])
    assert loads(pickletools.optimize(pickle.dumps(PLAIN, protocol))) == PLAIN


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_every_protocol(protocol):
    found = loads(pickle.dumps([ARRAYS, ARRAYS[0]], protocol))
    assert len(found[0]) == len(ARRAYS)
    for one, array in zip(found[0], ARRAYS, strict=True):
        assert (one.dtype, one.shape) == (array.dtype, array.shape)
        assert np.array_equal(one, array)
    assert found[1] is found[0][0]  # the memo knows the array, not what stood for it while it was made


@pytest.mark.parametrize("protocol", range(6))
def test_numpy_scalars_become_numbers_and_ordered_dicts_dicts(protocol):
    found = loads(pickle.dumps([np.int64(-3), np.float32(0.5), np.bool_(True), OrderedDict(b=1, a=2)], protocol))
    assert found == [-3, 0.5, True, {"b": 1, "a": 2}]
    assert [type(one) for one in found] == [int, float, bool, dict]


def test_what_python_2_wrote():
    assert loads(b"(lp0\nS'S001.skeleton'\np1\naS'\\xff\\'\\\\'\naI01\naI7\naL8L\na.") == [
        "S001.skeleton", "ÿ'\\", True, 7, 8]
    assert loads(b"\x80\x02]q\x00(U\x03abcT\x02\x00\x00\x00\xe9!e.") == ["abc", "é!"]
    array = (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nt"
             b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x05\\xff'\ntb.")
    assert loads(array).tolist() == [5, 255]


def test_arrays_stay_in_the_file_until_they_are_looked_at(tmp_path):
    path = tmp_path / "large.pkl"
    path.write_bytes(pickle.dumps([np.zeros(20_000_000, np.uint8)], 4))
    tracemalloc.start()
    (array,) = load(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert array.shape == (20_000_000,)
    assert most < 100_000


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("bomb", [
    lambda trace: Runs(os.system, f"touch {trace}"), lambda trace: Runs(os.mkdir, str(trace)),
    lambda trace: Runs(builtins.eval, f"open({str(trace)!r}, 'w')"),
    lambda trace: Runs(np.save, str(trace), 1),
    lambda trace: np.array([Runs(os.mkdir, str(trace))], object), lambda trace: Runs(codecs.lookup, "utf-8"),
    lambda trace: Runs(copyreg._reconstructor, dict, dict, {}),
], ids=["system", "mkdir", "eval", "numpy.save", "object array", "codecs", "copyreg"])
def test_no_code_is_run(tmp_path, protocol, bomb):
    trace = tmp_path / "trace"
    data = pickle.dumps({"annotations": [bomb(trace)]}, protocol)
    with pytest.raises(UserError, match=r"asks for|calls|objects"):
        loads(data)
    assert not trace.exists()


@pytest.mark.parametrize("data", [
    b"cnumpy.core.multiarray\nload\n.", b"cnumpy\nload\n.", b"cnumpy.core.multiarray._reconstruct\nx\n.",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93.", b"(S'true'\nios\nsystem\n.", b"\x80\x02c__builtin__\nset\n]\x85R.",
    b"\x82\x01.", b"Pid\n.", b"\x8f.", b"}]K\x01s.", b"}K\x01\x85K\x01s.", b"K\x01K\x02\x85R.", b"]K\x01b.",
    b"cnumpy\nndarray\n(I99999999999\nttR.",
])
def test_other_names_and_operations_are_refused(data):
    with pytest.raises(UserError, match="byte "):
        loads(data)


def test_an_array_of_objects_or_records_or_dates_is_refused():
    for array in (np.array([[1], "a", None], object), np.zeros(2, [("x", "f4"), ("y", "f4")]), np.zeros(2, "M8[s]")):
        for protocol in (2, 5):
            with pytest.raises(UserError):
                loads(pickle.dumps(array, protocol))


@pytest.mark.parametrize("data", [
    b"", b".", b"]", b"0.", b"e.", b"]e.", b"\x85.", b"h\x05.", b"X\xff\xff\xff\x7fabc.", b"X\x02\x00\x00\x00\xff\xfe.",
    b"\x8e" + b"\xff" * 7 + b"\x0fabc.", b"\x8b\xff\xff\xff\x7f.", b"I12x\n.", b"L" + b"9" * 5000 + b"\n.", b"Fabc\n.",
    b"S'open\n.", b"S'\\q'\n.", b"(K\x01d.", b"}K\x01a.", b"a", b"(((((", b"\x80", b"cno newline", b"V\\u12\n.",
])
def test_broken_pickles_are_named_as_such(data):
    with pytest.raises(UserError, match="no whole pickle"):
        loads(data)


def test_an_empty_file_is_named_as_such(tmp_path):
    (tmp_path / "empty.pkl").write_bytes(b"")
    with pytest.raises(UserError, match="empty"):
        load(tmp_path / "empty.pkl")


# ── what it may cost ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data", [
    b"]r\xff\xff\xff\x7f.", b"]p4294967295\n.", b"\x95" + b"\xff" * 7 + b"\x7f].", b"]\x8d" + b"\xff" * 7 + b"\x00.",
    pickle.dumps(np.zeros(3, np.uint8), 2).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85"),
    b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7ftU\x01btR.",
], ids=["memo", "memo in text", "frame", "text", "shape", "array never filled"])
def test_a_huge_number_is_not_believed(data):
    tracemalloc.start()
    with suppress(UserError):
        loads(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000


@pytest.mark.parametrize("data", [
    b"]" * 30_000 + b".", b"}" * 30_000 + b".", b"(" * 60_000 + b"N.", b")" + b"\x85" * 30_000 + b".",
    b"c_codecs\nencode\nq\0X\x10\x27\0\0" + b"a" * 10_000 + b"q\1" + b"h\0h\1U\6latin1\x86R0" * 1000 + b".",
], ids=["lists", "dicts", "marks", "tuples", "copies"])
def test_a_small_file_does_not_become_large(data, monkeypatch):
    monkeypatch.setattr(pickle_machine, "ROOM", 1 << 16)
    with pytest.raises(UserError, match="more memory"):
        loads(data)


def test_depth_does_no_harm():
    deep = loads(b"]" * 50_000 + b"a" * 49_999 + b".")
    for _ in range(49_998):
        deep = deep[0]
    assert deep == [[]]


def test_a_key_whose_hash_would_take_for_ever_is_refused():
    data = b"}K\x01" + b"2\x86" * 60 + b"K\x01s."  # a pair of pairs of pairs …, 2^60 leaves
    began = time.perf_counter()
    with pytest.raises(UserError, match="key"):
        loads(data)
    assert time.perf_counter() - began < 1


def test_damage_is_reported_and_nothing_else(tmp_path):
    rng = generator(0, "test", "pickles")
    said = []
    for protocol in (0, 2, 4, 5):
        data = pickle.dumps({"plain": PLAIN["text"], "array": ARRAYS[:3], "numbers": PLAIN["numbers"]}, protocol)
        for damaged in mutations(data, 250, rng):
            try:
                loads(damaged)
                said.append("read")
            except UserError as error:
                said.append(error.wrong)
    assert said.count("read") > 100
    assert len(said) - said.count("read") > 300


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_python_itself_reads_what_is_written():
    numbers = [0, -1, 255, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), 1.5, None, True, False]
    value = {"a": numbers, "é": ("x", (), ["y"]), "arrays": [array for array in ARRAYS if array.dtype.kind in "fiub"]}
    data = START + dumped(value) + END
    for read in (pickle.loads(data), loads(data)):
        assert read["a"] == numbers
        assert [type(one) for one in read["a"]] == [type(one) for one in numbers]
        assert read["é"] == value["é"]
        for one, array in zip(read["arrays"], value["arrays"], strict=True):
            assert (one.dtype, one.shape) == (array.dtype.newbyteorder(one.dtype.byteorder), array.shape)
            assert np.array_equal(one, array)
    assert b"numpy._core" not in data  # which numpy 1 does not know


@pytest.mark.parametrize("value", [{"a": {1, 2}}, np.array(["text"]), np.array([None]), object()])
def test_what_is_no_plain_data_is_not_written(value):
    with pytest.raises(TypeError):
        dumped(value)
