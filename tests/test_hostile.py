"""Files that want to run code: every kind that could carry it is refused in words, and nothing has run."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.lib import format as npy

from maskeleton import checkpoint, mask, store
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS
from maskeleton.formats.opening import read
from maskeleton.published import load_published

from people import crowd


class Evil:
    """Who unpickles it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def _array(evil: Evil) -> bytes:
    """An .npy of Python objects, which numpy keeps as a pickle."""
    out = io.BytesIO()
    npy.write_array(out, np.array([[[evil]]], object), allow_pickle=True)
    return out.getvalue()


def _zipped(path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(name, data)
    return path


def _pyskl(folder: Path, evil: Evil) -> Path:
    (folder / "a.pkl").write_bytes(pickle.dumps({"split": {}, "annotations": [{"frame_dir": "a", "label": evil}]}))
    return folder / "a.pkl"


def _in_an_archive(folder: Path, evil: Evil) -> Path:
    return _zipped(folder / "a.zip", "x/a.pkl", _pyskl(folder, evil).read_bytes())


def _labels(folder: Path, evil: Evil) -> Path:
    FORMATS["arrays"].write(crowd(), folder / "arrays", False)  # type: ignore[attr-defined]
    (folder / "arrays" / "all_label.pkl").write_bytes(pickle.dumps((["a"], evil)))
    return folder / "arrays"


def _objects(folder: Path, evil: Evil) -> Path:
    FORMATS["arrays"].write(crowd(), folder / "arrays", False)  # type: ignore[attr-defined]
    (folder / "arrays" / "all_data_joint.npy").write_bytes(_array(evil))
    return folder / "arrays"


def _member(folder: Path, evil: Evil) -> Path:
    return _zipped(folder / "a.npz", "coords.npy", _array(evil))


def _shard(folder: Path, evil: Evil) -> Path:
    store.write(crowd(), folder / "store")
    (folder / "store" / "shard-00000.npy").write_bytes(_array(evil))
    return folder / "store"


@pytest.mark.parametrize("plant", [_pyskl, _in_an_archive, _labels, _objects, _member, _shard])
def test_data_that_wants_to_run_code_is_refused(tmp_path: Path, plant: Callable[[Path, Evil], Path]) -> None:
    place = plant(tmp_path, Evil(tmp_path / "ran"))
    with pytest.raises(UserError) as said:
        read(place)[0]
    assert said.value.remedy
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("load", [checkpoint.load, mask.load, checkpoint.load_state, load_published])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_models_that_want_to_run_code_are_refused(tmp_path: Path, load: Callable[[Path], object], protocol: int) -> None:
    evil = Evil(tmp_path / "ran")
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.json").write_bytes(pickle.dumps(evil, protocol))
    (model / "model.safetensors").write_bytes(pickle.dumps(evil, protocol))
    (model / "curves.jsonl").write_bytes(pickle.dumps(evil, protocol))
    for state in (pickle.dumps(evil, protocol), _torch(evil, protocol)):
        (model / "state.pt").write_bytes(state)
        with pytest.raises(UserError) as said:
            load(model / "state.pt" if load is load_published else model)
        assert said.value.remedy
    assert not (tmp_path / "ran").exists()


def _torch(evil: Evil, protocol: int) -> bytes:
    out = io.BytesIO()
    torch.save({"net": evil}, out, pickle_protocol=max(protocol, 2))
    return out.getvalue()


def test_the_trap_works(tmp_path: Path) -> None:
    """Whoever unpickles one of these by Python's own machine does run it: the tests above could fail."""
    pickle.loads(pickle.dumps(Evil(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()
