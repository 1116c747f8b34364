"""Tally: what a battery was answered, as rows of a scorecard: scores, exposed people, actions, agreement of seeds."""

from collections.abc import Sequence

import numpy as np

from maskeleton.answers import Answers
from maskeleton.attacks.features import STEADY
from maskeleton.attacks.pool import assigned, pooled
from maskeleton.battery import Asked, Halves, left_out
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.nearness import Nearness
from maskeleton.recognize import Cell
from maskeleton.score import agreement, by_action, per_person, primary, score
from maskeleton.scorecard import CellScore, Scorecard
from maskeleton.splits import Half
from maskeleton.threats.twice import Linked

POOLS = (2, 5, None)  # recordings of one person together; None: all of them
FEWEST = 8  # people, below which an audit says little
BESIDE = {"top1": ("top5",), "auc": ("balanced_accuracy", "accuracy")}
NEAR, OF_OTHERS = "near", "of others"  # no attack of the shelf: nothing is learned
OPEN_SET = "open set"  # the split on whose tested people nobody was trained
OF_STRANGERS = ("rank1", "rank5", "map", "eer", "tar_far01", "linkability")
OF_PAIRS = ("map", "eer", "tar_far01", "linkability")  # of who is known again among those who taught
LINK = "link"  # recordings of one release are sought in another; nothing is learned
SESSIONS = ("session", "day", "date", "visit")  # labels that part a person from the day of recording


def tally(card: Scorecard, dataset: MotionDataset, asked: Asked, cells: Sequence[Cell], halves: Halves) -> None:
    """Put what the cells were answered into the card."""
    for cell in cells:
        if cell not in asked.answers:
            continue
        answers, null = asked.answers[cell], asked.nulls.get(cell)
        leaks = tuple(dict.fromkeys(leak for half in halves[cell.label, cell.by] if isinstance(half, Half)
                                    for leak in half.leaks))
        add(card, cell, answers, null, metrics_of(cell), leaks, asked.minutes[cell])
        who = f"{cell.label} by {cell.attack} {cell.judge}".strip()
        for (one, other), share in agreement(answers).items():
            card.curves.append({"epoch": other, "what": f"agreement of seeds {one} and {other}: {who}", "value": share})
        if cell.by == OPEN_SET:
            continue
        if cell.role == "hide":
            _expose(card, dataset, cell, answers)
        if cell.role == "hide" and cell.attack != "side" and cell.judge != STEADY and cell.threat != "donor":
            _together(card, cell, answers, null, leaks)
    card.not_tried += left_out(asked)
    card.warnings += _named_by_files(card.cells)
    card.warnings += dict.fromkeys(note for own in halves.values() for half in own for note in half.notes)
    card.warnings += _unsure(dataset, {cell.label for cell in cells if cell.role == "hide"})


def metrics_of(cell: Cell) -> tuple[str, ...]:
    """A label's own metric first."""
    main = primary(cell.label)
    if cell.by == OPEN_SET:
        return OF_STRANGERS
    return (main, *BESIDE[main], *(OF_PAIRS if cell.attack == "match" and cell.label == "subject" else ()))


def add(card: Scorecard, cell: Cell, answers: Answers, null: Answers | None, metrics: Sequence[str],
        leaks: tuple[str, ...], minutes: float = 0.0) -> None:
    """The scores of one cell; what the answers cannot give is listed as not tried."""
    for metric in metrics:
        try:
            found = score(answers, metric, null=null)
        except UserError as fault:
            card.not_tried.append(f"{cell.label} by {cell.attack} {cell.judge}, {metric}: {fault.wrong}")
            continue
        validation = answers.validation if metric == primary(cell.label) else None
        card.cells.append(CellScore.of(found, label=cell.label, role=cell.role, threat=cell.threat, attack=cell.attack,
                                       judge=cell.judge, split=cell.by, leaks=leaks, minutes=minutes,
                                       validation=validation, validation_error=answers.validation_error))


def tally_near(card: Scorecard, found: Nearness) -> None:
    """Put into the card how many recordings are too near to an original."""
    if found.anybody is None:
        card.not_tried.append("how near the release is to single originals: nobody was recorded twice doing the same")
    for who, one in (("", found.anybody), (OF_OTHERS, found.others)):
        if one is None:
            continue
        cell = CellScore.of(one, label="subject", role="hide", threat="donor", attack=NEAR, judge=who, split="all")
        card.cells.append(cell)
        if who and cell.learned:
            card.warnings.append(f"subject: {round(100 * one.rate)} of 100 released recordings lie nearer to a recording "
                                 "of somebody else than two takes of that person do to each other: another one's motion "
                                 "is published")


def tally_link(card: Scorecard, found: Linked) -> None:
    """Put into the card how many recordings of one release are found in another."""
    cell = Cell("subject", "hide", "twice", LINK, "", "all")
    add(card, cell, found.answers, found.null, OF_STRANGERS, ())


def _expose(card: Scorecard, dataset: MotionDataset, cell: Cell, answers: Answers) -> None:
    who = {"label": cell.label, "threat": cell.threat, "attack": cell.attack, "judge": cell.judge}
    card.people += [{**who, "person": said(dataset, "subject", count.code), "hits": count.hits,
                     "trials": count.trials} for count in per_person(answers)]
    card.by_action += [{**who, "action": said(dataset, "action", count.code), "hits": count.hits,
                        "trials": count.trials} for count in by_action(answers)]


def _together(card: Scorecard, cell: Cell, answers: Answers, null: Answers | None, leaks: tuple[str, ...]) -> None:
    """What several recordings of one person give away, and one recording of everybody."""
    judge, main = f"{cell.attack} {cell.judge}".strip(), (primary(cell.label),)
    for size in POOLS:
        some = pooled(answers, size)
        if len(some.person):
            none = pooled(null, size) if null is not None else None
            more = cell._replace(attack="pool", judge=f"{judge}, {size or 'all'}")
            add(card, more, some, none if none is not None and len(none.person) else None, main, leaks)
    one = assigned(answers) if cell.label == "subject" else None
    if one is not None:
        add(card, cell._replace(attack="assign", judge=judge), one, assigned(null) if null else None, main, leaks)


def _named_by_files(cells: Sequence[CellScore]) -> list[str]:
    return [f"{cell.label}: file names and their order alone tell it ({cell.metric} {cell.rate:.2f}): a release must "
            "replace them" for cell in cells
            if (cell.attack, cell.judge) == ("side", "file") and cell.metric == primary(cell.label) and cell.learned]


def _unsure(dataset: MotionDataset, hidden: set[str]) -> list[str]:
    """What the design of the dataset cannot tell apart."""
    found = []
    people = dataset.labels.get("subject", np.zeros(0, np.int32))
    if len(np.unique(people[people != UNKNOWN])) < FEWEST:
        found.append(f"fewer than {FEWEST} people: intervals over people are wide, and say little of others")
    if "subject" in hidden and not any(name in dataset.labels for name in SESSIONS):
        found.append("subject: no label parts a person from the day they were recorded on: read it as identity or "
                     "session")
    return found


def said(dataset: MotionDataset, label: str, code: int) -> str:
    """A code as its name, where there are names."""
    names = dataset.names.get(label)
    return names[code] if names and 0 <= code < len(names) else str(code)


def told_of(dataset: MotionDataset, name: str) -> dict[str, object]:
    """What results.json says of the data."""
    people = dataset.labels.get("subject", np.zeros(0, np.int32))
    return {"name": name, "content_id": dataset.content_id, "recordings": len(dataset),
            "people": len(np.unique(people[people != UNKNOWN])), "skeleton": dataset.skeleton.name,
            "fps": dataset.fps}


def split_rows(halves: Halves, ids: Sequence[str]) -> dict[str, list[object]]:
    """split.parquet: which recording stood where, for each label and split."""
    columns: dict[str, list[object]] = {name: [] for name in ("label", "split", "fold", "part", "recording")}
    for (label, by), own in halves.items():
        for fold, half in enumerate(own):
            parts = half._asdict()
            for part in ("train", "test", "gallery", "probe"):
                for row in parts.get(part, ()):
                    for name, value in zip(columns, (label, by, fold, part, ids[int(row)]), strict=True):
                        columns[name].append(value)
    return columns
