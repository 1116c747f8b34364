"""taught: what was learned from one part is learned once, and shown to whoever is looked at next."""

from pathlib import Path

import pytest
from test_audit import people

from maskeleton.attacks import taught as module
from maskeleton.attacks.taught import taught
from maskeleton.fit import fit
from maskeleton.recognize import NETWORKS, Cell, cell_jobs, relabelled
from maskeleton.splits import split
from maskeleton.store import write
from maskeleton.verbs.evaluate import evaluate

TINY = {"epochs": "1", "frames": "8", "widths": "4,4"}


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The label of every network that is taught from now on."""
    found: list[str] = []

    def counted(name: str, dataset: object, label: str, **options: object) -> object:
        found.append(label)
        return fit(name, dataset, label, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit", counted)
    return found


def test_a_network_is_taught_once_for_all_who_ask_it(tmp_path: Path, lessons: list[str]) -> None:
    dataset = people(0.03, count=4, actions=2, takes=3)
    (first,) = taught(dataset, "subject", "tcn", 0, "action", TINY, networks=tmp_path)
    (again,) = taught(dataset, "subject", "tcn", 0, "action", TINY, networks=tmp_path)
    assert lessons == ["subject"]
    assert first.model.hash == again.model.hash
    (other,) = taught(dataset, "subject", "tcn", 1, "action", TINY, networks=tmp_path)
    list(taught(dataset, "action", "tcn", 0, "action", TINY, networks=tmp_path))
    assert lessons == ["subject", "subject", "action"]
    assert other.model.hash != first.model.hash


def test_before_and_naive_ask_the_same_networks(tmp_path: Path, lessons: list[str],
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeleton.verbs.evaluate.calibrated", lambda *words: None)
    write(people(0.03, 4, 2, 4), tmp_path / "s")
    card = evaluate(tmp_path / "s", tmp_path / "s", keep=["action"], hide=["subject"], attacks=["classify"],
                    judges=["tcn"], threats=["before", "naive"], seeds=1, set=TINY, out=tmp_path / "run")
    before, naive = ([cell for cell in card.cells if cell.threat == threat and cell.label == "subject"]
                     for threat in ("before", "naive"))
    assert [cell.rate for cell in before] == [cell.rate for cell in naive]  # nothing was released
    subjects = lessons.count("subject")
    assert subjects == len(set(list_of_folds(tmp_path / "run")))
    assert not (tmp_path / "run" / "cells" / NETWORKS).exists()


def test_answers_are_kept_under_the_labels_that_count() -> None:
    """A label that was corrected in the original is another question, though every recording is the same."""
    dataset = people(0.03, count=4, actions=2, takes=3)
    halves = split(dataset, "subject")
    cell = Cell("subject", "hide", "adaptive", "features", "", halves[0].by)
    turned = relabelled(dataset, "subject", dataset.labels["subject"][::-1])
    assert turned.content_id == dataset.content_id
    asked = [cell_jobs(cell, some, some, halves, 0)[0].file for some in (dataset, dataset, turned)]
    assert asked[0] == asked[1] != asked[2]


def list_of_folds(run: Path) -> list[str]:
    """The folds of which answers on people are kept."""
    return [path.name.rsplit("-", 2)[1] for path in (run / "cells").glob("subject-before-classify-tcn-0-*")
            if "null" not in path.name]
