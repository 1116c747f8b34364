"""report: what stands on the page is what stands in results.json; a public copy tells no secrets; nothing from the data
runs; and a run that is no run is refused in two lines."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from test_cli import said as at_the_command_line

from maskeleton.errors import UserError
from maskeleton.page.discreet import pseudonyms
from maskeleton.page.steward import sentence
from maskeleton.page.text import named
from maskeleton.page.words import plainly
from maskeleton.scorecard import Scorecard
from maskeleton.verbs.report import report
from maskeleton.verdict import conclude

from runs import SECRETS, WHO, cell, evaluation, write

EVIL = "<script>alert(1)</script>&\"'\u202e"


def page_of(folder: Path, card: Scorecard, shown: bool = False, **more: Any) -> str:
    out = folder / "page.html"
    return report(write(folder / "run", card, shown), out, force=True, **more).read_text("utf-8")


def text_of(html: str) -> str:
    """As it is read: without what is run or styled."""
    bare = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    plain = unescape(re.sub(r"<[^>]*>", " ", bare)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", plain)


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_sentence_a_label_with_the_figures_of_the_run(tmp_path: Path) -> None:
    card = evaluation(cell("gender", "hide", "before", 0.9), cell("gender", "hide", "adaptive", 0.55))
    told = text_of(page_of(tmp_path, card))
    assert ("Of 20 people, an attacker who learned from this release names the right one in 31 of 100 recordings, between 21 "
            "and 41; guessing names 5.") in told
    assert ("Of two recordings that differ in gender, an attacker who learned from this release tells which is which in 55 of "
            "100 cases, between 45 and 65; guessing does in 50.") in told
    assert "can tell what is done in 60 of 100 cases, between 50 and 70; guessing, in 5. On the original it was 80." in told
    assert "must not be told Reduced, still recognizable" in told
    assert "must not be told At chance, within the interval" in told
    assert "must stay 75 % of the original's is left" in told
    assert "The most exposed person is named in 7 of 10 recordings." in told
    assert "Nobody compared recordings with known ones, person by person." in told
    assert told.rindex("For whoever answers") < told.index("Singling out") < told.index("What nobody tried") \
        < told.rindex("For the engineer")


def test_the_three_questions_of_data_protection_get_the_figures_that_answer_them(tmp_path: Path) -> None:
    card = evaluation(cell("subject", "hide", "analytic", 0.25),
                      cell("subject", "hide", "adaptive", 0.5, attack="pool", judge="features, all"))
    told = text_of(page_of(tmp_path, card))
    assert "The right person is named for a single recording: 31 % of cases" in told
    assert "traced to its person by somebody who learned from originals: 25 % of cases" in told
    assert "given the right name: 50 % of cases" in told
    assert "No label but the person was asked about" in told


def test_every_figure_of_the_run_is_on_the_page(tmp_path: Path) -> None:
    card = evaluation()
    html = page_of(tmp_path, card)
    for one in card.cells:
        row = [f"{value:.3f}" for value in (one.rate, one.low, one.high, one.chance, one.null)]
        assert "".join(f'<td class="n">{value}</td>' for value in row) in html


def test_curves_and_the_trade_are_drawn_where_there_are_some(tmp_path: Path) -> None:
    html = page_of(tmp_path, evaluation())
    assert html.count('class="chart"') == 2
    assert "keeper of action, held back" in html
    assert "Who it is by chance: 0.05" in html
    assert page_of(tmp_path, evaluation(curves=[])).count('class="chart"') == 1
    audit = conclude(Scorecard("audit", cells=[cell("subject", "hide", "before", 0.9)]))
    assert 'class="chart"' not in page_of(tmp_path, audit)


def test_an_audit_says_what_can_be_told(tmp_path: Path) -> None:
    card = conclude(Scorecard("audit", data={"name": "store", "recordings": 9, "people": 3, "content_id": SECRETS[1]}, cells=[
        cell("subject", "hide", "before", 0.9), cell("gender", "hide", "before", 0.5)]))
    html = page_of(tmp_path, card)
    assert "Can be told" in html
    assert "Not found; no proof" in html
    assert "who learned from recordings of other people" in text_of(html)
    assert SECRETS[1] not in html  # of an audit the content is that of the original
    assert SECRETS[1] in page_of(tmp_path, card, show_originals=True)


def test_an_empty_run_has_a_page_that_says_so(tmp_path: Path) -> None:
    told = text_of(page_of(tmp_path, Scorecard("evaluate")))
    assert "There is no result." in told
    assert "says nothing about how well anybody is protected" in told


def test_what_cannot_be_trusted_says_so_before_anything_else(tmp_path: Path) -> None:
    card = conclude(replace(evaluation(cells=False), cells=[
        cell("subject", "hide", "before", 0.9), cell("subject", "hide", "adaptive", 0.05, null=0.5, null_away=True)]))
    told = text_of(page_of(tmp_path, card))
    assert told.index("Read this first") < told.index("the test cannot be trusted") < told.index("Protection not shown")


def test_warnings_are_told_in_plain_words() -> None:
    assert plainly("subject: file names and their order alone tell it (top1 1.00): a release must replace them").startswith(
        "Who it is: file names and their order alone give it away.")
    assert plainly("subject, adaptive, classify tcn: cannot be trusted: on labels that say nothing it scores .50 where chance "
                   "is .17").startswith("Who it is: the test cannot be trusted. Taught with answers dealt out at random")
    assert plainly("something else") == "something else"


# ── what a public copy must not tell ─────────────────────────────────────────────────────────────────────────────────


def test_a_public_copy_tells_no_secrets_and_the_other_all(tmp_path: Path) -> None:
    card = evaluation(cell("subject", "hide", "naive", 0.07, attack="classify", judge="/home/somebody/originals/judge"))
    html = page_of(tmp_path, card, shown=True)
    assert not [secret for secret in SECRETS if secret in html]
    told = text_of(html)
    assert "person 1 7 of 10" in told
    assert "a neural network (model 1)" in told
    assert "maskeleton evaluate ORIGINAL RELEASED --keep action --hide subject --with neutral" in told
    secret = page_of(tmp_path, evaluation(), shown=True, show_originals=True)
    assert [word for word in SECRETS if word not in secret] == []
    assert "maskeleton evaluate /home/somebody/originals released" in text_of(secret)
    assert "--seed 20261128" in text_of(secret)


@pytest.mark.parametrize(("said", "told"), [
    ("left out, for want of recordings: P007, 12", "left out, for want of recordings"),
    ("3 recordings are not tested, because nobody trains their subject: 12, P007", "because nobody trains their subject"),
    ("subject in the recordings that the anonymizer learned from: 12, P007 would be in one half only", "… would be in one half"),
    ("P007 stands out; 12 do not", "… stands out; 12 do not"),
    ("see ~/secret/place and ../private/x.npz, 3 m/s", "see … and …, 3 m/s"),
])
def test_sentences_that_name_people_or_places_are_told_without(tmp_path: Path, said: str, told: str) -> None:
    told_of = text_of(page_of(tmp_path, evaluation(warnings=[said], not_tried=[said])))
    assert "P007" not in told_of
    assert "12, " not in told_of
    assert told_of.count(told) == 2


def test_people_are_numbered_by_how_exposed_they_are() -> None:
    names = pseudonyms(evaluation())
    assert (names["P007"], names["P001"]) == ("person 1", "person 7")


def test_original_motion_is_in_a_copy_that_may_show_it_and_in_no_other(tmp_path: Path) -> None:
    public, secret = (page_of(tmp_path / name, evaluation(), shown=True, show_originals=name == "secret")
                      for name in ("public", "secret"))
    data = {name: json.loads(unescape(re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[0]))
            for name, html in (("public", public), ("secret", secret))}
    assert {track["name"] for clip in data["public"]["clips"] for track in clip["tracks"]} == {"release"}
    assert {track["name"] for clip in data["secret"]["clips"] for track in clip["tracks"]} == {"original", "release"}
    assert data["public"]["clips"][-1]["title"].startswith("2 people, wave")
    for folder in ("motions", "private"):
        (tmp_path / "public" / "run" / folder / "worst-1.npz").write_bytes(b"no archive")
    assert "mk-viewer" in report(tmp_path / "public" / "run", tmp_path / "x.html").read_text("utf-8")  # without that one


def test_a_name_in_results_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "run", evaluation(), shown=True)
    card = Scorecard.read(tmp_path / "run")
    card.shown = [{**row, "file": f"../private/{row['file']}"} for row in card.shown]
    card.write(tmp_path / "run")
    assert "mk-viewer" not in report(tmp_path / "run", tmp_path / "page.html").read_text("utf-8")


# ── hostile names ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_from_the_data_runs(tmp_path: Path) -> None:
    card = evaluation(
        cell(EVIL, "hide", "before", 0.9, attack=EVIL, judge=EVIL, split=EVIL, leaks=(EVIL,)),
        cell(EVIL, "hide", "adaptive", 0.9, attack=EVIL, judge=EVIL, split=EVIL, metric="auc"),
        people=[{**WHO, "person": f"{EVIL}{number}", "hits": 1, "trials": 2} for number in range(3)],
        by_action=[{**WHO, "action": f"{EVIL}{number}", "hits": 1, "trials": 2} for number in range(3)],
        curves=[{"epoch": 1, "what": f"training: check_keep_{EVIL}", "value": 0.5}],
        motion=[{"metric": EVIL, "unit": EVIL, "value": 1.0}], warnings=[EVIL], not_tried=[EVIL, f"attack {EVIL}: {EVIL}"])
    card.data |= {"name": EVIL, "content_id": EVIL, "made_by": [{"with": EVIL, "options": {EVIL: EVIL}}]}
    for secret in (False, True):
        html = page_of(tmp_path, card, shown=True, show_originals=secret)
        rest = re.sub(r"<script( type=\"application/json\")?>.*?</script>", "", html, flags=re.DOTALL)
        assert "<script" not in rest
        assert html.count("<script>") == 1  # the viewer's own, and the policy allows that one alone
        assert re.search(r"script-src 'sha256-[\w+/=]+'\"", html)
        assert "\u202e" not in html
        assert rest.count("&lt;script&gt;") > 15


def test_ten_thousand_actions_and_endless_names_leave_a_page_that_can_be_used(tmp_path: Path) -> None:
    names = [f"{'x' * 5000}{number}" for number in range(10_000)]
    card = evaluation(by_action=[{**WHO, "action": name, "hits": 1, "trials": 2} for name in names],
                      people=[{**WHO, "person": name, "hits": 1, "trials": 2} for name in names], not_tried=names)
    html = page_of(tmp_path, card)
    assert len(html) < 400_000
    assert "9,800 more, in results.json" in html
    assert "x" * 1001 not in html


def test_writing_from_right_to_left_turns_nothing_around() -> None:
    assert named("שלום") == "\N{FIRST STRONG ISOLATE}שלום\N{POP DIRECTIONAL ISOLATE}"
    assert named("wave") == "wave"
    assert named("a\u202eb\x1b") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert len(named("y" * 200)) == 80
    card = evaluation()
    row = {**card.headline[0], "label": "שם", "metric": "auc"}
    assert "\N{FIRST STRONG ISOLATE}שם\N{POP DIRECTIONAL ISOLATE}" in sentence(row, "evaluate")


# ── what is refused, and what is borne ───────────────────────────────────────────────────────────────────────────────


def test_a_folder_without_a_result_is_refused_in_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run" / "cells").mkdir(parents=True)
    (tmp_path / "run" / "cells" / "one.npz").write_bytes(b"")
    status, _, err = at_the_command_line(capsys, "report", tmp_path / "run", tmp_path / "page.html")
    assert status == 2
    assert len(err.splitlines()) == 2
    assert "is not finished: 1 answers are there" in err
    assert not (tmp_path / "page.html").exists()
    for run, words in ((tmp_path / "gone", "is not there"), (tmp_path, "there is no")):
        with pytest.raises(UserError, match=words):
            report(run, tmp_path / "page.html")


def test_what_is_there_is_not_overwritten_and_a_page_is_named_like_one(tmp_path: Path) -> None:
    run = write(tmp_path / "run", evaluation())
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        report(run, tmp_path / "page.html")
    with pytest.raises(UserError, match="has no such name"):
        report(run, tmp_path / "page.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="figures are many"):
        report(run, tmp_path / "new.html", figures=tmp_path / "file")
    assert not (tmp_path / "new.html").exists()


def few_bytes(figure: Any, stem: Path) -> list[Path]:
    """As press, but quick: what is drawn does not matter here."""
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in ("svg", "pdf")]
    for path in paths:
        path.write_bytes(f"{type(figure).__name__} {path.name}".encode())
    return paths


def killed_before(name: str, work: Callable[[], object]) -> None:
    """Do it in another process, which is killed outright when a file of that name is about to appear."""
    child = os.fork()
    if child == 0:
        sys.addaudithook(lambda event, words: os.kill(os.getpid(), signal.SIGKILL) if event == "os.rename"
                         and Path(words[1]).name == name else None)
        work()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("there", [False, True], ids=["new folder", "folder that is there"])
def test_killed_between_figures_and_page_it_goes_on_to_the_same_bytes(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskeleton.page.press.press", few_bytes)
    run = write(tmp_path / "run", evaluation())
    places = [tmp_path / "whole", tmp_path / "killed"]
    for place in places:
        place.mkdir()
        if there:
            (place / "figures").mkdir()
            (place / "figures" / "mine.txt").write_text("stays")

    def work(place: Path) -> None:
        report(run, place / "page.html", figures=place / "figures")

    work(places[0])
    drawn = sorted(file.name for file in (places[0] / "figures").glob("*.svg"))
    for moment in [drawn[-1], "page.html"] if there else ["page.html"]:
        killed_before(moment, lambda: work(places[1]))
        assert (places[1] / "figures" / drawn[0]).exists()
        assert not (places[1] / "page.html").exists()
    work(places[1])
    whole, killed = ({file.relative_to(place).as_posix(): file.read_bytes() for file in place.rglob("*") if file.is_file()}
                     for place in places)
    assert len(whole) > 3
    assert killed == whole
    (tmp_path / "killed" / "figures" / drawn[0]).write_text("of another run")
    with pytest.raises(UserError, match=f"{drawn[0]} is there already, and is another"):
        report(run, tmp_path / "new.html", figures=tmp_path / "killed" / "figures")
    assert (tmp_path / "killed" / "figures" / drawn[0]).read_text() == "of another run"
    report(run, tmp_path / "new.html", figures=tmp_path / "killed" / "figures", force=True)
    assert (tmp_path / "killed" / "figures" / drawn[0]).read_bytes() == whole[f"figures/{drawn[0]}"]


@pytest.mark.parametrize("file", ["run.json", "split.parquet"])
@pytest.mark.parametrize("what", [None, b"", b"[1]", b'{"options": 3, "versions": []}'])
def test_a_record_that_is_lost_or_broken_is_said_to_be_unknown(tmp_path: Path, file: str, what: bytes | None) -> None:
    run = write(tmp_path / "run", evaluation())
    (run / file).unlink()
    if what is not None:
        (run / file).write_bytes(what)
    told = text_of(report(run, tmp_path / "page.html").read_text("utf-8"))
    assert ("the command is not known" in told) == (file == "run.json")
    assert "31 of 100" in told


def test_a_file_of_an_earlier_version_can_be_drawn(tmp_path: Path) -> None:
    run = write(tmp_path / "run", evaluation())
    told = json.loads((run / "results.json").read_text())
    del told["shown"]
    (run / "results.json").write_text(json.dumps(told))
    assert "31 of 100" in report(run, tmp_path / "page.html").read_text("utf-8")


def test_a_report_never_loads_torch_nor_matplotlib(tmp_path: Path) -> None:
    run = write(tmp_path / "run", evaluation(), shown=True)
    code = ("import sys\nfrom maskeleton.verbs.report import report\n"
            f"report({str(run)!r}, {str(tmp_path / 'page.html')!r}, show_originals=True)\n"
            "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True)
