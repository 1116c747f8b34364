"""The private record: what had a say in a result is named, and naming it loads nothing."""

import subprocess
import sys

import torch

from maskeleton.record import plain, record_of, versions


def versions_elsewhere(before: str) -> str:
    """Versions as a fresh interpreter tells them that did something before, and whether torch is loaded after."""
    code = f"import sys\n{before}\nfrom maskeleton.record import versions\nprint(*versions(), 'torch' in sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout


def test_torch_is_named_where_it_is_loaded():
    assert versions()["torch"] == torch.__version__
    assert versions()["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_torch_is_not_loaded_to_be_named():
    assert versions_elsewhere("").split() == ["python", "maskeleton", "numpy", "pyarrow", "False"]


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr("maskeleton.record.ALWAYS", ("no-such-package",))
    assert versions()["no-such-package"] == "not installed"


def test_options_are_written_as_json_has_them():
    record = record_of("fit", {"widths": (4, 8), "set": {1: {"a"}}}, 3, model="m")
    assert (record["options"], record["seed"], record["model"]) == ({"widths": [4, 8], "set": {"1": "{'a'}"}}, 3, "m")
    assert plain([None, True, 1.5, "x"]) == [None, True, 1.5, "x"]
