"""The report in a real browser: silent, alone, with the figures of results.json, in light and dark, wide and narrow, on
paper, by keys alone, and for who cannot see it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from maskeleton.page.bars import bare
from maskeleton.verbs.report import report

from browser import Browser, Opened
from runs import WHO, cell, evaluation, write

AXE = Path(__file__).parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
EVIL = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with four recordings to be seen, and its page, which shows originals."""
    home = tmp_path_factory.mktemp("run")
    card = evaluation(cell("gender", "hide", "before", 0.9), cell("gender", "hide", "adaptive", 0.55))
    report(write(home, card, shown=True), home / "page.html", show_originals=True)
    return home


def played(opened: Opened) -> None:
    """Look at the skeletons, which do not move before."""
    opened.page.locator(".mk-viewer").scroll_into_view_if_needed()
    opened.page.wait_for_selector(".mk-viewer canvas")


def sideways(opened: Opened) -> int:
    """By how much the page is wider than its window."""
    return int(opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_silent_asks_for_nothing_and_fits(browser: Browser, folder: Path, width: int, dark: bool) -> None:
    with browser.open(folder / "page.html", width=width, dark=dark) as opened:
        played(opened)
        assert (opened.wrong, opened.asked) == ([], [])
        assert sideways(opened) <= 0
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == dark


def test_the_numbers_on_the_page_are_those_of_the_run(browser: Browser, folder: Path) -> None:
    told = json.loads((folder / "results.json").read_text())
    with browser.open(folder / "page.html") as opened:
        for row in told["headline"]:
            head = {"subject": "Who it is", "gender": "Gender", "action": "What is done"}[row["label"]]
            says = opened.page.locator(f"section.told:has-text('{head} ·') p.says").inner_text()
            if row["role"] == "hide":
                assert f"in {bare(row['rate'])} of 100" in says
                assert f"between {bare(row['low'])} and {bare(row['high'])}" in says
        opened.page.locator("summary", has_text="Every figure").click()
        table = opened.page.locator("details table tbody tr")
        rows = [line.split("\t") for line in table.evaluate_all("rows => rows.map(row => row.innerText)")]
    assert len(rows) == len(told["cells"])
    for seen, one in zip(rows, told["cells"], strict=True):
        assert [float(number) for number in seen[5:10]] == pytest.approx(
            [one[key] for key in ("rate", "low", "high", "chance", "null")], abs=5e-4)
        assert seen[10:] == [f"{one['trials']:,}", str(one["people"]), str(one["seeds"])]


def test_original_and_release_are_both_there_to_be_played(browser: Browser, folder: Path) -> None:
    with browser.open(folder / "page.html", still=True) as opened:
        played(opened)
        assert opened.page.locator(".mk-viewer").count() == 1
        assert "original" in opened.page.locator(".mk-viewer").inner_text()


def test_nothing_from_the_data_runs(browser: Browser, tmp_path: Path) -> None:
    card = evaluation(cell(EVIL, "hide", "before", 0.9, attack=EVIL, judge=EVIL, metric="auc"),
                      cell(EVIL, "hide", "adaptive", 0.9, attack=EVIL, judge=EVIL, metric="auc"),
                      by_action=[{**WHO, "action": f"{EVIL}{number}", "hits": 1, "trials": 2} for number in range(3)],
                      warnings=[EVIL], not_tried=[EVIL])
    card.data |= {"name": EVIL, "made_by": [{"with": EVIL}]}
    write(tmp_path, card, shown=True)
    told = json.loads((tmp_path / "results.json").read_text())
    told["shown"] = [{**row, "action": EVIL, "why": EVIL if row["why"] == "best" else row["why"]} for row in told["shown"]]
    (tmp_path / "results.json").write_text(json.dumps(told))
    report(tmp_path, tmp_path / "page.html", show_originals=True)
    with browser.open(tmp_path / "page.html") as opened:
        opened.page.wait_for_timeout(300)
        assert (opened.wrong, opened.asked) == ([], [])
        assert opened.page.evaluate("window.ran") is None
        assert opened.page.evaluate("document.querySelectorAll('img').length") == 0
        assert EVIL[:50] in opened.page.locator("h1").inner_text()
        opened.page.evaluate("{const own = document.createElement('script'); own.text = 'window.ran = true';"
                             "document.body.append(own)}")  # what the page's own policy forbids
        assert opened.page.evaluate("window.ran") is None


def test_ten_thousand_actions_endless_names_and_writing_from_the_right(browser: Browser, tmp_path: Path) -> None:
    names = ["x" * 3000, "מהלך " * 30, *(f"action {number}" for number in range(10_000))]
    write(tmp_path, evaluation(by_action=[{**WHO, "action": name, "hits": 2 if len(name) > 20 else 1, "trials": 2}
                                          for name in names], not_tried=names))
    report(tmp_path, tmp_path / "page.html")
    with browser.open(tmp_path / "page.html", width=360) as opened:
        assert opened.wrong == []
        assert sideways(opened) <= 0
        row = opened.page.locator("tr", has_text="מהלך").first
        assert row.locator("td").first.bounding_box()["x"] < row.locator("td").nth(1).bounding_box()["x"]
        assert opened.page.locator("td", has_text="action ").count() < 100


def test_everything_can_be_reached_by_keys(browser: Browser, folder: Path) -> None:
    with browser.open(folder / "page.html") as opened:
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.innerText") == "To the result"
        seen: list[Any] = []
        for _ in range(60):
            seen.append(opened.page.evaluate("document.activeElement.tagName + ' ' + (document.activeElement.href "
                                             "|| document.activeElement.getAttribute('aria-label') || "
                                             "document.activeElement.innerText).slice(-40)"))
            opened.page.keyboard.press("Tab")
        reached = " ".join(seen)
        for place in ("#steward", "#motion", "#engineer", "SUMMARY Every figure", "rates by attacker and threat"):
            assert place in reached
        outline = opened.page.locator("nav a").first
        outline.focus()
        opened.page.keyboard.press("Shift+Tab")
        opened.page.keyboard.press("Tab")
        assert outline.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def test_paper_gets_black_on_white_and_no_buttons(browser: Browser, folder: Path) -> None:
    with browser.open(folder / "page.html", dark=True) as opened:
        opened.page.emulate_media(media="print")
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not opened.page.locator(".viewer").is_visible()
        assert not opened.page.locator("nav").is_visible()
        assert opened.page.locator(".strips svg").first.is_visible()
        opened.page.set_viewport_size({"width": 700, "height": 1000})  # a sheet within its margins
        assert sideways(opened) <= 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_contrast_landmarks_and_names_are_as_they_should_be(browser: Browser, folder: Path, dark: bool) -> None:
    if not AXE.is_file():
        pytest.skip("no axe-core here: web/build fetches it")
    with browser.open(folder / "page.html", dark=dark, flags={"bypass_csp": True}) as opened:
        played(opened)
        opened.page.evaluate(AXE.read_text("utf-8"))
        found = opened.page.evaluate("rules => axe.run(document, rules)", RULES)
    assert {fault["id"]: [node["html"][:200] for node in fault["nodes"][:3]] for fault in found["violations"]} == {}
    assert {"color-contrast", "landmark-one-main", "heading-order", "region"} <= {rule["id"] for rule in found["passes"]}
