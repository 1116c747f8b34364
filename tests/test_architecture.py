"""The house stands on its floors: who may import whom, where torch begins, and that every public name can be used."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import maskeleton

HOUSE = Path(maskeleton.__file__).parent
MOST_LINES = 350

# A module imports only from lines above its own, and from its own shelf. A line's modules do not know each other.
ABOVE_TORCH = [
    ("errors",), ("seeds", "threads", "columns"), ("parquet",), ("labels",), ("skeleton",), ("answers",), ("rates",), ("score",),
    ("cluster",), ("jobs",),
    ("scorecard",), ("verdict",), ("protection", "standing"), ("progress", "record", "private", "room"),
    ("donors", "ledger", "pseudonyms", "meeting"),
    ("body",), ("motion",), ("dataset",), ("union",), ("store", "protocols"), ("dealing",), ("balance",), ("splits",),
    ("alignment", "clean", "normalize", "lesson", "traits", "linear", "heldback", "answering", "shares",
     "nominal"), ("reading",),
    ("explain", "exam", "nearness"),
    ("formats", "synthetic"), ("metrics", "intake", "publish"), ("outgoing",), ("leaks", "provenance"), ("repeated",),
]
BELOW_TORCH = [
    ("batch", "manner"), ("classifiers", "anonymizers"), ("checkpoint", "augment"), ("mask",), ("engine",),
    ("presets", "ask", "published"),
    ("algorithms",), ("games",), ("fit", "apply"), ("crowd", "invert"), ("casting",), ("training",),
    ("attacks",), ("recognize",), ("battery",), ("threats",), ("tally",), ("calibrate",),
    ("page",), ("verbs",),
    ("options",), ("commands",), ("cli",), ("__init__", "__main__"),
]
FLOOR = {word: floor for floor, line in enumerate(ABOVE_TORCH + BELOW_TORCH) for word in line}
TORCHLESS = {word for line in ABOVE_TORCH for word in line} | {"page"}


def files(house: Path) -> Iterator[tuple[str, Path]]:
    """(top-level word, file) of every module."""
    for path in sorted(house.rglob("*.py")):
        yield path.relative_to(house).with_suffix("").parts[0], path


def imported(path: Path, house: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a file imports, wherever in the file; names are followed as far as modules."""
    package = ("maskeleton", *path.relative_to(house).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            base = ".".join(part for part in (above, node.module or "") if part)
            yield from ((node.lineno, f"{base}.{alias.name}" if base == "maskeleton" else base) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((node.lineno, arg.value) for arg in node.args[:1]
                        if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def faults(house: Path) -> list[str]:
    """Every breach of the floors, as 'file:line says what'."""
    modules = {word for word, _ in files(house)}
    found = []
    for word, path in files(house):
        where = path.relative_to(house).as_posix()
        if word not in FLOOR:
            found.append(f"{where} stands on no floor: name it in tests/test_architecture.py and docs/design.md")
            continue
        for line, name in imported(path, house):
            root, _, rest = name.partition(".")
            if root == "torch" and word in TORCHLESS:
                found.append(f"{where}:{line} imports torch")
            if root != "maskeleton":
                continue
            target = rest.split(".")[0]
            target = target if target in modules else "__init__"
            if target != word and FLOOR.get(target, -1) >= FLOOR[word]:
                found.append(f"{where}:{line} imports {target}, which is not above it")
    return found


def dotted(house: Path, path: Path) -> str:
    parts = path.relative_to(house).with_suffix("").parts
    return ".".join(("maskeleton", *(part for part in parts if part != "__init__")))


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_only_from_floors_above_its_own():
    assert faults(HOUSE) == []


@pytest.mark.parametrize(
    ("file", "code", "says"),
    [
        ("body.py", "from maskeleton.formats import npz", "imports formats"),
        ("body.py", "def late():\n    import maskeleton.verbs.view", "imports verbs"),
        ("formats/npz.py", "from maskeleton import verbs", "imports verbs"),
        ("formats/npz.py", "from ..page import strip", "imports page"),
        ("formats/npz.py", "from .. import cli", "imports cli"),
        ("formats/npz.py", "from maskeleton import split", "imports __init__"),
        ("clean/step.py", "from maskeleton.normalize import normalize", "imports normalize"),
        ("store.py", "import importlib\nimportlib.import_module('maskeleton.cli')", "imports cli"),
        ("motion.py", "def late():\n    from torch import nn", "imports torch"),
        ("page/strip.py", "import torch.nn", "imports torch"),
        ("helpers.py", "", "no floor"),
    ],
)
def test_a_breach_is_seen(tmp_path, file, code, says):
    for name in ("__init__", "body", "cli", "verbs/view", "page/strip", "normalize", "formats/npz", "formats/source"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text("import numpy\n")
    (tmp_path / "formats/source.py").write_text("from . import npz\nfrom maskeleton import body\n")
    (tmp_path / "verbs/view.py").write_text("import torch\nfrom ..page.strip import strip\n")
    assert faults(tmp_path) == []
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(code)
    assert len(faults(tmp_path)) == 1
    assert says in faults(tmp_path)[0]


def test_nothing_above_the_line_loads_torch():
    names = [dotted(HOUSE, path) for word, path in files(HOUSE) if word in TORCHLESS]
    assert len(names) > 20
    code = f"import importlib, sys\nfor name in {names!r}:\n    importlib.import_module(name)\n"
    assert python(code + "    if 'torch' in sys.modules: print(name); break") == ""


def test_asking_for_help_loads_no_torch():
    code = ("import sys\nfrom maskeleton.cli import main\nsys.argv = ['maskeleton', '--help']\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\nprint('torch' in sys.modules)")
    told = python(code)
    assert "convert" in told
    assert told.splitlines()[-1] == "False"


ORDERS = {
    "as listed": "names = list(maskeleton.__all__)",
    "backwards": "names = list(maskeleton.__all__)[::-1]",
    "after all modules": "names = list(maskeleton.__all__)\nfor module in MODULES: importlib.import_module(module)",
    "by star": "from maskeleton import *\nnames = list(maskeleton.__all__)",
}


@pytest.mark.parametrize("order", ORDERS)
def test_public_names_are_functions_and_classes_in_any_order_of_use(order):
    modules = [dotted(HOUSE, path) for word, path in files(HOUSE) if word != "__main__"]
    told = python(f"""
import importlib, inspect, maskeleton
MODULES = {modules!r}
{ORDERS[order]}
for name in names + names[::2]:
    thing = getattr(maskeleton, name)
    if not (inspect.isfunction(thing) or inspect.isclass(thing)):
        print(name, "is a", type(thing).__name__)
    elif not (thing.__doc__ or "").strip():
        print(name, "has no docstring")
print(len(names))
missing = [name for name in names if name not in dir(maskeleton)]
assert not missing, missing
""")
    assert told.splitlines()[:-1] == []
    assert int(told.split()[-1]) >= 5


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        getattr(maskeleton, "nonsense")  # noqa: B009


def test_every_file_says_what_it_is_for():
    assert [path.name for _, path in files(HOUSE) if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_every_file_stays_short():
    long = {path.relative_to(HOUSE).as_posix(): len(path.read_text("utf-8").splitlines()) for _, path in files(HOUSE)}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}
