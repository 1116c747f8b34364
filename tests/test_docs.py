"""The pages tell the truth: their example works as it stands, their lists come from the code, their links lead on."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import maskeleton
from maskeleton import cli
from maskeleton.algorithms.game import Game, Role
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.batch import Batch
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.base import network_options
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS
from maskeleton.formats.files import Paths, detect
from maskeleton.formats.opening import read
from maskeleton.games import DEFAULT, GAMES, ROLES, TABLE_5
from maskeleton.mask import usual_options
from maskeleton.motion import Motion
from maskeleton.protocols import PROTOCOLS
from maskeleton.skeleton import KINECT20, KINECT25
from maskeleton.threats import THREATS
from maskeleton.traits import trait_table

from people import crowd

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
sys.path.insert(0, str(DOCS / "_ext"))
import shelf  # noqa: E402


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def table(page: str, before: str) -> list[list[str]]:
    """The cells of the table whose head begins so; code without its ticks."""
    _, _, rest = (DOCS / page).read_text("utf-8").partition(f"\n| {before} |")
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            for line in rest.split("\n\n")[0].splitlines()[2:]]


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


@pytest.fixture
def gru(monkeypatch):
    """The module that the page on adding a classifier prints, on the shelf."""
    module = ModuleType("maskeleton.classifiers.gru")
    exec(compile(blocks("adding-a-classifier.md", "python")[0], "gru.py", "exec"), module.__dict__)
    monkeypatch.setitem(CLASSIFIERS, "gru", module.Gru)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.Gru


def test_the_classifier_on_the_page_keeps_the_contract(gru):
    net = gru(KINECT20, 3, memory=8).eval()
    positions, present = torch.randn(4, 9, 2, 20, 3), torch.ones(4, 9, 2, dtype=torch.bool)
    assert net.embed(positions, present).shape == (4, 8)
    present[:, :, 1] = False
    torch.testing.assert_close(net(positions, present), net(positions[:, :, :1], present[:, :, :1]))
    assert gru(KINECT20, 3, **net.options).options == net.options
    assert len(blocks("adding-a-classifier.md", "python")[0].splitlines()) <= 30


def test_the_classifier_on_the_page_is_taught_kept_and_loaded(gru, tmp_path):
    here = {"maskeleton": maskeleton, "dataset": crowd()}
    exec(blocks("adding-a-classifier.md", "python")[1].replace('"epochs": 20', '"epochs": 1'), here)
    maskeleton.save(here["model"], tmp_path / "m")
    assert maskeleton.load(tmp_path / "m").net.options["memory"] == 64


def test_the_anonymizer_and_the_algorithm_on_their_pages_play_together():
    """The pages print whole modules: who copies them has something that trains, and can be undone as it says."""
    shown: dict[str, Any] = {}
    for page in ("anonymizers.md", "algorithms.md"):
        exec(compile(blocks(page, "python")[-1], page, "exec"), shown)
    anonymizer = shown["Shift"](KINECT20, reach=0.5)
    seeker = CLASSIFIERS["tcn"](KINECT20, 2, widths=(8, 8))
    game = Game(anonymizer, [], [Role(seeker, "gender")], lr_min=0.1, lr_max=0.1, privacy=1.0)
    positions, present = torch.randn(4, 9, 2, 20, 3), torch.ones(4, 9, 2, dtype=torch.bool)
    present[:, :, 1] = False
    row = shown["patient"](game, [Batch(positions, present, {"gender": torch.tensor([0, 1, 0, 1])}, torch.arange(4))] * 2)
    assert row["rmse"] > 0
    released, _ = anonymizer(positions, present, torch.arange(4))
    assert not torch.equal(released[:, :, 0], positions[:, :, 0])
    torch.testing.assert_close(anonymizer.invert(released, present), positions)


def test_what_the_page_on_the_paper_names_is_there():
    page = (DOCS / "paper.md").read_text("utf-8")
    presets = re.findall(r"--preset ([a-z0-9-]+)", page)
    assert {*presets} <= {*GAMES}
    assert {name.rsplit("-", 1)[0] for name in TABLE_5} == {"etri-sweep"}
    known = {*DEFAULT, *(key for name in ANONYMIZERS for key in usual_options(name))}
    settings = {key for key in re.findall(r"--set ([a-z_.0-9]+)=", page) if not key.startswith(ROLES)}
    assert len(settings) > 8
    assert settings <= known
    assert {*re.findall(r"--split ([a-z0-9-]+)", page)} <= {*PROTOCOLS, "take"}
    assert {*re.findall(r"--anonymizer ([a-z]+)", page)} <= {*ANONYMIZERS}
    recipes = (DOCS.parent / "recipes" / "paper_tables.py").read_text("utf-8")
    assert all(f'"{name}"' in recipes for name in re.findall(r"paper_tables.py ([a-z]+[0-9]?)`", page))


def test_the_sizes_of_classifiers_on_the_page_are_theirs():
    rows = table("classifiers.md", "name")
    assert {row[0].partition(",")[0] for row in rows} == CLASSIFIERS.keys()
    for name, _, weights, *_ in rows:
        word, _, option = name.partition(", ")
        options = {key: value == "True" for key, value in [option.split("=")] if key} if option else {}
        slots = {} if word in ("tcn", "geometric") else {"slots": 2}
        net = CLASSIFIERS[word](KINECT25, 60, **options, **slots)
        assert f"{sum(weight.numel() for weight in net.parameters()):,}" == weights, name


def test_the_options_of_classifiers_on_the_page_are_all_there_are():
    told = [word for row in table("classifiers.md", "option") for word in row[0].split(", ")]
    assert sorted(told) == sorted({option for network in CLASSIFIERS.values() for option in network_options(network)})


def test_the_channels_on_the_page_are_those_there_are():
    wide, narrow = (trait_table(crowd(1, skeleton=skeleton)) for skeleton in (KINECT25, KINECT20))
    assert [[row[0], *row[2:]] for row in table("traits.md", "channel")] == [
        [name, f"{wide.only(name).shape[1]:,}", f"{narrow.only(name).shape[1]:,}"] for name in wide.channels]


def test_the_page_on_audits_quotes_what_it_printed():
    """What `audit` printed and lines of it; at the end what `evaluate` printed."""
    command, printed, *quotes, again, evaluated = blocks("reading-an-audit.md", "text")
    assert command.startswith("maskeleton audit ")
    assert again.startswith("maskeleton evaluate ")
    assert len(quotes) >= 4
    assert [line for quote in quotes for line in quote.splitlines() if line not in printed.splitlines()] == []
    shown = {line.split()[0] for line in evaluated.splitlines() if line.startswith("  ")}
    told = {row[0]: row[-1] for row in table("reading-an-audit.md", "it says | who that is")}
    assert {*told} == {*THREATS}
    assert shown == {name for name, read_as in told.items() if "Not asked in this run" not in read_as}


def test_the_page_on_audits_explains_warnings_as_they_are_worded():
    house = Path(maskeleton.__file__).parent
    said = "".join(" ".join(path.read_text("utf-8").split()) for path in house.rglob("*.py")).replace('" "', "")
    words = re.findall(r"^\| \*([^*]+)\*", (DOCS / "reading-an-audit.md").read_text("utf-8"), re.MULTILINE)
    assert len(words) >= 6
    assert [word for word in words if word not in said] == []


def test_every_public_name_is_explained():
    told = [name for row in table("python.md", "name") for name in row[0].split(", ")]
    assert sorted(told) == maskeleton.__all__


def test_a_function_called_as_its_module_stays_a_function():
    """In a fresh interpreter, in which nothing has been loaded yet."""
    code = ("import maskeleton.fit as f, maskeleton.normalize, maskeleton.answers\n"
            "from maskeleton.fit import fit, learning_rate\nassert f is fit is maskeleton.fit\n"
            "assert maskeleton.normalize.__module__ == 'maskeleton.normalize'\n"
            "assert maskeleton.answers.__module__ == 'maskeleton.ask'")
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


def test_the_examples_in_python_run(tmp_path, monkeypatch):
    """All but the audit and the release, which have tests of their own and take longer."""
    monkeypatch.chdir(tmp_path)
    here: dict[str, Any] = {}
    first, second, _, third, last = blocks("python.md", "python")
    for block in (first, second.partition("\n\n")[2], third, last):
        exec(block, here)
    found, shares = here["found"], here["shares"]
    assert shares.shape[1] == 6
    assert found.low <= found.rate <= found.high
    assert found.trials == len(shares)


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
    assert {"maskeleton.formats.FORMATS", "maskeleton.clean.STEPS", "maskeleton.skeleton.PLANS",
            "maskeleton.classifiers.streams.STREAMS"} <= set(named)
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
