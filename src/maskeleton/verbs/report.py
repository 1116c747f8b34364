"""report: one page of a run, for whoever answers for the data and for the engineer, and its figures for a paper."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyarrow import ArrowException, parquet

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.opening import read
from maskeleton.jobs import alone, atomic, remove
from maskeleton.page.discreet import Run, public
from maskeleton.page.figures import figures as figures_of
from maskeleton.page.overview import Step
from maskeleton.page.plot import Figure, Frames, before_after
from maskeleton.page.report import Shown
from maskeleton.page.report import report as page_of
from maskeleton.page.versus import page as page_of_several
from maskeleton.page.versus import pictures
from maskeleton.record import RECORD, recorded
from maskeleton.scorecard import FILE, Rows, Scorecard
from maskeleton.verbs.convert import refuse_overwriting

RELEASED, ORIGINAL = "motions", "private"  # folders of a run
NAME = re.compile(r"[a-z]+-\d+")  # of a file in them: never a way out of the folder
MOST = 24  # recordings that one page shows


def report(
    run: str | Path,
    out: str | Path,
    *,
    figures: str | Path | None = None,
    show_originals: bool = False,
    force: bool = False,
    chapters: Iterable[Step] = (),
) -> Path:
    """Draw what the folder `run` holds into the page `out`, and, if wanted, into figures for a paper."""
    run, out = Path(run), Path(out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"a report is a page, and {out} has no such name", "name it OUT.html")
    refuse_overwriting(out, force)
    if out.is_dir():
        raise UserError(f"{out} is a folder", "name a file, such as report.html")
    told = opened(run)
    shown = list(recordings(run, told.card, show_originals))  # all is read before anything is written
    with alone(out.with_name(f".{out.name}.lock"), out), atomic(out) as file:  # the page appears last, when all is drawn
        if told.card.verb == "compare":
            page = beside_each_other(told if show_originals else public(told), figures, force)
            file.write_text(page, "utf-8")
        else:
            file.write_text(page_of(told, shown, secret=show_originals, chapters=chapters), "utf-8")
            if figures is not None:
                press_all(told, shown, Path(figures), show_originals, force)
    return out


def beside_each_other(run: Run, folder: str | Path | None, force: bool) -> str:
    """The page of several releases; their pictures lie in the folder, too, if there is to be one."""
    if folder is not None:
        with _folder_of(Path(folder), force) as made:
            for name, picture in pictures(run.card).items():
                (made / name).write_text(picture, "utf-8")
    return page_of_several(run.card)


def press_all(run: Run, shown: Iterable[Shown], folder: Path, secret: bool, force: bool) -> list[Path]:
    """Every figure of a run, as SVG, PNG and PDF, one and two columns wide."""
    from maskeleton.page.press import press

    drawn: dict[str, Figure] = {**figures_of((run if secret else public(run)).card)}
    for one in shown:
        if one.row["why"] != "together" and (frames := _moments(one, secret)):
            drawn[f"frames-{one.row['file']}"] = frames
    with _folder_of(folder, force) as made:
        paths = [path for name, figure in drawn.items() for path in press(figure, made / name)]
    return [folder / path.name for path in paths]


@contextmanager
def _folder_of(folder: Path, force: bool) -> Iterator[Path]:
    """Where figures are to be drawn: a new folder appears with all of them, in one that is there they are put. One that
    is there already is no hindrance: a run that was killed before its page appeared goes on."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file, and figures are many", "name a folder with --figures")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic(folder) as made:
            made.mkdir()
            yield made
        return
    made = folder / ".figures.partial"
    with alone(folder / ".figures.lock", folder):
        remove(made)
        made.mkdir()
        try:
            yield made
            there = [folder / drawn.name for drawn in sorted(made.iterdir()) if (folder / drawn.name).exists()]
            others = [path for path in there if not path.is_file() or path.read_bytes() != (made / path.name).read_bytes()]
            if others and not force:
                raise UserError(f"{others[0]} is there already, and is another",
                                "choose another folder, or overwrite its figures with --force")
            for drawn in sorted(made.iterdir()):
                drawn.replace(folder / drawn.name)
        finally:
            remove(made)


def _moments(one: Shown, secret: bool) -> Frames | None:
    title = f"{one.row['why']}: {one.row['action'] or one.row['label']}"
    if secret and one.original is not None and one.released is not None:
        return before_after(title, one.original, one.released, one.skeleton, one.rates[0])
    if one.released is not None:
        return Frames(title, [("release", one.released)], one.skeleton, one.rates[1])
    return Frames(title, [("original", one.original)], one.skeleton, one.rates[0]) if secret and one.original is not None \
        else None


# ── what the folder of a run holds ───────────────────────────────────────────────────────────────────────────────────


def opened(folder: Path) -> Run:
    """The run in a folder, or a UserError that says why there is none to be drawn."""
    if not folder.is_dir():
        raise UserError(f"{folder} is {'a file' if folder.exists() else 'not there'}, and a run is a folder",
                        "give the folder that audit or evaluate wrote with --out")
    if not (folder / FILE).exists() and (folder / "cells").is_dir():
        count = sum(1 for path in (folder / "cells").iterdir() if path.is_file() and not path.name.startswith("."))
        raise UserError(f"the run in {folder} is not finished: {count} answers are there, and no {FILE}",
                        "run the same command again: it goes on from there and then writes its result")
    card = Scorecard.read(folder)
    split, ids = _parts(folder / "split.parquet")
    return Run(card, recorded(folder / RECORD), split, ids)


def _parts(path: Path) -> tuple[Rows, frozenset[str]]:
    """How many recordings were learned from and tested, and their ids."""
    try:
        table = parquet.read_table(path, columns=["label", "split", "fold", "part", "recording"])
        columns = [table.column(name).to_pylist() for name in table.column_names]
    except (OSError, ArrowException, ValueError, KeyError):
        return [], frozenset()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for label, split, fold, part, _ in zip(*columns, strict=True):
        row = found.setdefault((str(label), str(split)), {"label": str(label), "split": str(split), "folds": set(),
                                                          "learned": 0, "tested": 0})
        row["folds"].add(fold)
        row["learned" if part in ("train", "gallery") else "tested"] += 1
    return [{**row, "folds": len(row["folds"])} for row in found.values()], frozenset(map(str, columns[-1]))


def recordings(folder: Path, card: Scorecard, secret: bool) -> Iterable[Shown]:
    """What is kept to be looked at; originals only where they may be seen. What is not there is not shown."""
    for row in card.shown[:MOST]:
        if not NAME.fullmatch(row["file"]):
            continue
        released = _motion(folder / RELEASED / f"{row['file']}.npz")
        original = _motion(folder / ORIGINAL / f"{row['file']}.npz") if secret else None
        known = [one for one in (original, released) if one is not None]
        if known:
            yield Shown(row, known[0].skeleton, (known[0].fps, known[-1].fps), original[0] if original else None,
                        released[0] if released else None)


def _motion(path: Path) -> MotionDataset | None:
    try:
        found = read(path) if path.is_file() else None
    except UserError:
        return None
    return found if found is not None and len(found) else None
