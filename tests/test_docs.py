"""The pages tell the truth: their example works as it stands, their lists come from the code, their links lead on."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from maskeleton import cli
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS
from maskeleton.formats.files import Paths, detect
from maskeleton.formats.opening import read
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
sys.path.insert(0, str(DOCS / "_ext"))
import shelf  # noqa: E402


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def steps(monkeypatch):
    """The module that the page on adding a format prints, on the shelf."""
    module = ModuleType("maskeleton.formats.steps")
    exec(compile(blocks("adding-a-format.md", "python")[0], "steps.py", "exec"), module.__dict__)
    monkeypatch.setitem(FORMATS, "steps", module)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def walkers() -> MotionDataset:
    rng = np.random.default_rng(1)
    motions = []
    for number in range(3):
        positions = (rng.normal(size=(5 + number, 20, 3)) * 0.3 + (0, 0, 3)).astype(np.float32)
        positions[2, 7] = np.nan
        motions.append(Motion.of(positions, f"p{number}_walk", {"subject": number, "action": "walk"}))
    return MotionDataset.of(KINECT20, 25, motions)


def test_the_format_on_the_page_gives_back_what_it_was_given(steps, tmp_path):
    dataset = walkers()
    steps.write(dataset, tmp_path / "lab", False)
    files = Paths(str(path) for path in sorted((tmp_path / "lab").iterdir()))
    assert detect(tmp_path / "lab", files, None)[0] == "steps"
    again = read(tmp_path / "lab", pattern="p{subject:d}_{action}")
    assert again.content_id == dataset.content_id
    assert [motion.tracked.min() for motion in again] == [0, 0, 0]


def test_the_format_on_the_page_names_the_place_of_a_fault(steps, tmp_path):
    steps.write(walkers(), tmp_path / "lab", False)
    file = tmp_path / "lab" / "p1_walk.steps"
    text = file.read_text("utf-8")
    for damaged, says in ((text.replace("STEPS 25", "STEPS often"), "line 1"), (text[:-20], "line 8"),
                          ("\n".join(text.splitlines()[:2]), "line 2"), (text.replace("nan", "none", 1), "line 5"),
                          (text.replace("Spine", "Spline"), "Spline")):
        file.write_text(damaged, "utf-8")
        with pytest.raises(UserError, match=says):
            read(file)


def test_the_format_on_the_page_refuses_what_it_cannot_hold(steps, tmp_path):
    two = MotionDataset.of(KINECT20, 25, [Motion.of(np.zeros((3, 2, 20, 3)), "two")])
    with pytest.raises(UserError, match="one body"):
        steps.write(two, tmp_path / "lab", False)


def test_every_verb_has_a_page_and_every_page_a_verb():
    assert {page.stem for page in (DOCS / "verbs").glob("*.md")} == set(shelf.get_command(cli.app).commands)


@pytest.mark.parametrize("verb", sorted(page.stem for page in (DOCS / "verbs").glob("*.md")))
def test_a_verb_is_shown_with_all_its_options(verb, capsys):
    assert blocks(f"verbs/{verb}.md", rf"\{{verb\}} {verb}") == [""]
    with pytest.raises(SystemExit):
        cli.main([verb, "--help"])
    told = re.findall(r"^ +(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    assert sorted({spelling.split()[0] for spelling, _ in shelf.parameters(verb) if spelling[0] == "-"} | {"--help"}) \
        == sorted(told)


def test_the_shelves_on_the_pages_are_there():
    named = [place for page in PAGES
             for place in re.findall(r"^```\{shelf\} (\S+)$", page.read_text("utf-8"), re.MULTILINE)]
    assert {"maskeleton.formats.FORMATS", "maskeleton.clean.STEPS", "maskeleton.skeleton.PLANS"} <= set(named)
    for place in named:
        assert all(line.strip() for _, line in shelf.members(place))


def test_a_shelf_lists_the_first_line_of_docstrings(monkeypatch):
    def waltz() -> None:
        """Three steps.

        And more that is not listed.
        """

    monkeypatch.setattr(cli, "DANCES", {"waltz": waltz, "tango": {"steps": 8, "partner": object()}}, raising=False)
    assert shelf.members("maskeleton.cli.DANCES") == [("waltz", "Three steps."), ("tango", "steps 8")]
    monkeypatch.setattr(cli, "DANCES", {name: {"beats": 3, "steps": steps} for name, steps in (("a", 1), ("b", 2))})
    assert shelf.members("maskeleton.cli.DANCES") == [("a", "steps 1"), ("b", "steps 2")]
    for silent in ({"polka": lambda: None}, {"jig": object()}, {}, ["reel"]):
        monkeypatch.setattr(cli, "DANCES", silent)
        with pytest.raises((shelf.ExtensionError, TypeError)):
            shelf.members("maskeleton.cli.DANCES")
    with pytest.raises(shelf.ExtensionError, match="there is no verb 'dance'"):
        shelf.parameters("dance")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_page_is_in_the_contents():
    listed = set(re.findall(r"^([a-z/-]+)$", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE))
    assert {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"} == listed
