"""The frontier: identity, donors and kept action of every anonymizer there is, beside each other.

    MASKELETON_DATA=FOLDER .venv/bin/python recipes/frontier.py [kindergator utdmhad nwucla ntu] [--rows WORD …] [--trees]
                           [--masks NAME=MODEL/ …] [--work DIR]

Statistics come from every second person. Attackers are the judges of `features` (--trees: with trees), who have learned
from the release: as it is (identity), from the release with its anonymizer undone, where it has an inverse (undone), and
from originals and releases, where others enter (donor: any of them counts). The action is told for people that nobody
learned from, in two halves; an anonymizer that mixes people releases each half by itself, so that nobody is in both.
Under transfer the same judges look at originals. Shares compare the same people, above and below; intervals are over
people. `lengths back` is a control: the release on the bones of those who are in it, where judges must recognize again.
Trained models (--masks) are looked at whole: what they learned from is said by `evaluate`, not here. Answers are kept in
DIR, and are not asked again.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from asking import printed
from neutral_frontier import IDENTITY, KEY, NO_TREES, Asker, Row, known_part, recorded, share

from maskeleton import UserError, score
from maskeleton.anonymizers.base import Anonymizer
from maskeleton.answers import Answers
from maskeleton.battery import Asked
from maskeleton.body import bone_lengths, bones, joints
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.invert import inverted
from maskeleton.mask import Mask, built_of, load, must_know
from maskeleton.recognize import Cell
from maskeleton.splits import Half, split
from maskeleton.threats.donor import donor
from maskeleton.threats.known import Known, with_labels
from maskeleton.threats.naming import credit

LEVELS = (1.0, 0.97, 0.93, 0.90, 0.80)
ORIGINAL = "original"
SHORTEST = 1e-6  # metres
HEAD = ("release", "identity", "undone", "donor", "lengths back", "action, of the original's", "transfer, of the original's")


def rows() -> dict[str, Row]:
    """Every release of the table, under the words it is told by."""
    found = {ORIGINAL: Row(), "bones": Row("bones"), "neutral": Row("neutral"), "swap": Row("swap"),
             "ksame, k = 5": Row("ksame"), "ksame, k = 5, and neutral": Row("ksame", {"neutral": 1.0}),
             "blend, k = 3": Row("blend"), "blend, k = 3, plain": Row("blend", {"neutral": 0.0}),
             "blend, k = 5": Row("blend", {"k": 5}), "blend, k = 5, plain": Row("blend", {"k": 5, "neutral": 0.0}),
             "retarget": Row("retarget"), "eraser": Row("eraser"),
             "appearance": Row("appearance"), "lowpass 3 Hz": Row("lowpass"), "lowpass 1 Hz": Row("lowpass", {"rate": 1.0})}
    found |= {f"typical{name}": Row("typical", options) for name, options in _typical().items()}
    found |= {f"noise {sigma:g}": Row("noise", {"sigma": sigma}) for sigma in (0.03, 0.1, 0.01)}
    found |= {"blend, half its own": Row("blend", {"own": 0.5}), "blend, statistics only": Row("blend", {"own": 1.0}),
              "blend, without labels": Row("blend", {"action": 0})}
    found |= {f"ksame, k = {k}": Row("ksame", {"k": k}) for k in (4, 2)}
    more = {"spectrum .5": {"spectrum": 0.5}, "handedness": {"handedness": 1.0}, "mixing .2": {"mixing": 0.2}}
    found |= {f"neutral, {name}": Row("neutral", options) for name, options in more.items()}
    return found | {"neutral, strength .75": Row("neutral", {}, 0.75)}


def _typical() -> dict[str, dict[str, float]]:
    """Of several strengths, told and not told what recordings show; and without each of its steps."""
    shares = {"": 1.0, " .85": 0.85, " .7": 0.7, " .5": 0.5}
    found = {name: {"typical": share} for name, share in shares.items()}
    found |= {f"{name}, not told": {"typical": share, "told": 0} for name, share in shares.items()}
    steps = {"draws": "after", "liveliness": "lively", "strangers": "stranger"}
    return found | {f" without {step}": {option: 0.0} for step, option in steps.items()}


class Told(NamedTuple):
    """A line of the table, as numbers."""

    name: str
    text: str
    risk: float  # the largest of identity, undone, donor
    kept: float | None  # shares of the original's; None: the halves are too small to be mixed each by itself
    transfer: float | None


class Looked(NamedTuple):
    """What one table is about."""

    data: str
    original: MotionDataset
    known: MotionDataset
    who: Sequence[Half]  # halves for identity
    what: Sequence[Half]  # people apart
    asker: Asker


def looked(data: str, asker: Asker) -> Looked:
    """The dataset of that name."""
    original = recorded(data)
    who, what = split(original, "subject", *IDENTITY[data]), split(original, "action", "person", folds=2)
    return Looked(data, original, original.select(known_part(original)[0]), who, what, asker)


def net_of(row: Row, at: Looked) -> Mask:
    """The anonymizer of a row, which knows of people what `known` tells."""
    if row.model:
        mask = load(row.model)
    else:
        net: Anonymizer = built_of(row.name, at.original.skeleton, row.options)
        if must_know(net):
            net.prepare(at.known)
        mask = Mask(net.eval(), row.name)
    mask.net.strength = row.strength
    return mask


def released(mask: Mask, dataset: MotionDataset) -> tuple[MotionDataset, dict[str, tuple[str, ...]]]:
    """The release of a dataset, and whose recordings entered it."""
    source = release_of(mask, dataset, KEY)
    made = MotionDataset.of(dataset.skeleton, dataset.fps, (motion for part in source.parts for motion in source.read(part)))
    return with_labels(made, dataset), dict(zip(dataset.ids, source.sources, strict=True))


def apart(mask: Mask, whole: MotionDataset, at: Looked) -> MotionDataset | None:
    """The release in which no half of the people is in the other's recordings; None where a half is too small."""
    if mask.net.scope != "dataset":
        return whole
    motions = {}
    for half in at.what:
        try:
            made, _ = released(mask, at.original.select(half.test))
        except UserError:
            return None
        motions.update({motion.id: motion._replace(labels=made.told(row)) for row, motion in enumerate(made)})
    ordered = (motions[id] for id in at.original.ids)
    return with_labels(MotionDataset.of(whole.skeleton, whole.fps, ordered), at.original)


def told(name: str, row: Row, at: Looked, before: Answers) -> Told:
    """One line; `before` is the action on the original."""
    if not (row.name or row.model):
        identity = at.asker.ask("subject", at.original, at.original, at.who)
        return line(name, [identity, None, None], [before, before], before)
    mask = net_of(row, at)
    made, sources = released(mask, at.original)
    identity = at.asker.ask("subject", made, made, at.who)
    undone = inverted(mask, made)
    back = with_labels(undone, at.original) if undone is not made else None
    opened = None if back is None else at.asker.ask("subject", back, back, at.who, "analytic")
    people = apart(mask, made, at)
    kept: list[Answers | None] = [None, None]
    if people is not None:
        kept = [at.asker.ask("action", people, people, at.what),
                at.asker.ask("action", people, at.original, at.what, "transfer")]
    again = given_back(made, at.original)
    control = at.asker.ask("subject", again, again, at.who)
    return line(name, [identity, opened, named(made, sources, mask, at)], kept, before, control)


def given_back(made: MotionDataset, original: MotionDataset) -> MotionDataset:
    """The release on the bones of those who are in it: judges who are any good recognize them again."""
    plan, motions = made.skeleton, []
    root = plan.parents.index(-1)
    for motion, own in zip(made, original, strict=True):
        lengths = np.median(bone_lengths(own.positions[own.present], plan), 0)
        vectors = bones(motion.positions, plan)
        longer = lengths[:, None] / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(SHORTEST)
        found = joints(vectors * longer, motion.positions[..., root, :], plan)
        motions.append(motion._replace(positions=np.where(motion.present[..., None, None], found, 0).astype(np.float32)))
    return with_labels(MotionDataset.of(plan, made.fps, motions), original)


def named(made: MotionDataset, sources: Mapping[str, tuple[str, ...]], mask: Mask, at: Looked) -> Answers | None:
    """Is anyone named whose motion entered? None where nobody's did but its own."""
    if mask.net.scope != "dataset":
        return None
    known = Known(at.original, made, mask, sources, {("subject", at.who[0].by): at.who})
    try:
        table = donor(known)[""]
    except UserError:
        return None
    halves = [half for half in table.of(at.who) if isinstance(half, Half)]
    answers = at.asker.ask("subject", table.learned, table.looked_at, halves, "donor")
    cell = Cell("subject", "hide", "donor", "features", "", at.who[0].by)
    return credit(Asked({cell: answers}, {}, {}, [], []), known).answers[cell]


def line(name: str, risks: Sequence[Answers | None], kept: Sequence[Answers | None], before: Answers,
         control: Answers | None = None) -> Told:
    """The line as text and numbers; the control is told, and is no risk."""
    *rates, again = [None if answers is None else score(answers, "top1") for answers in (*risks, control)]
    shares = [None if answers is None else share(answers, before) for answers in kept]
    cells = [_three(None if one is None else (one.rate, one.low, one.high)) for one in (*rates, again)]
    cells += [_three(one) for one in shares]
    most = max(one.rate for one in rates if one is not None)
    return Told(name, f"| {name} | {' | '.join(cells)} |", most, *(None if one is None else one[0] for one in shares))


def _three(numbers: Sequence[float] | None) -> str:
    return "–" if numbers is None else "{:.3f} [{:.2f}, {:.2f}]".format(*map(float, numbers))


# ── what comes of it ─────────────────────────────────────────────────────────────────────────────────────────────────


def dominated(lines: Sequence[Told]) -> dict[str, str]:
    """Of each release that another equals or betters in risk, kept action and transfer, and betters in one: that other's
    name."""
    found = {}
    for one in lines:
        better = (other.name for other in lines if other is not one and _no_worse(other, one))
        if name := next(better, ""):
            found[one.name] = name
    return found


def _no_worse(one: Told, other: Told) -> bool:
    """In nothing, as printed, and better in something."""
    if None in (one.kept, other.kept, one.transfer, other.transfer):
        return False
    gains = [round(other.risk - one.risk, 3), *(round(min(mine or 0, 1) - min(theirs or 0, 1), 3) for mine, theirs in
                                                 ((one.kept, other.kept), (one.transfer, other.transfer)))]
    return min(gains) >= 0 < max(gains)


def frontier(lines: Sequence[Told]) -> Iterator[str]:
    """The least risk at each level of kept action: by people apart, and by the smaller of that and transfer."""
    yield "| kept action at least | largest risk | by | the same, `transfer` kept as well | by |"
    yield "| --- | --- | --- | --- | --- |"
    for level in LEVELS:
        cells = []
        for both in (False, True):
            enough = [line for line in lines if line.kept is not None and line.transfer is not None
                      and round(min(line.kept, line.transfer) if both else line.kept, 3) >= level]
            best = min(enough, key=lambda line: line.risk, default=None)
            cells += [f"{best.risk:.3f}", best.name] if best else ["–", "–"]
        yield f"| {level:.2f} | {' | '.join(cells)} |"


def table(at: Looked, wanted: Mapping[str, Row]) -> Iterator[str]:
    """The lines of one table, and its frontier."""
    people = len(np.unique(at.original.labels["subject"]))
    yield f"### {at.data}: {people} people, {len(at.original):,} recordings, chance {1 / people:.3f}\n"
    yield f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}"
    before = at.asker.ask("action", at.original, at.original, at.what)
    lines = []
    for name, row in wanted.items():
        lines.append(told(name, row, at, before))
        yield lines[-1].text
    yield ""
    worse = dominated(lines)
    yield "Dominated: " + ("; ".join(f"{one} by {other}" for one, other in worse.items()) or "none") + ".\n"
    yield from frontier(lines)
    yield ""


def asked_for(given: argparse.Namespace) -> Iterator[str]:
    """Every line of every table, as it comes."""
    wanted = {name: row for name, row in rows().items() if not given.rows or name == ORIGINAL
              or any(name == word[1:] if word.startswith("=") else word in name for word in given.rows)}
    if wrong := [name for name in given.datasets if name not in IDENTITY]:
        raise UserError(f"there is no table of {', '.join(wrong)}", f"there are: {', '.join(IDENTITY)}")
    for pair in given.masks:
        name, _, model = pair.partition("=")
        wanted[name] = Row(model=model)
    with tempfile.TemporaryDirectory(prefix="maskeleton-") as own:
        cells = given.work or Path(own)
        cells.mkdir(parents=True, exist_ok=True)
        asker = Asker(cells, minutes=None if given.trees else NO_TREES)
        for data in given.datasets:
            yield from table(looked(data, asker), wanted)


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables; a sentence and 2 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=["kindergator", "utdmhad"], help=", ".join(IDENTITY))
    parser.add_argument("--rows", nargs="+", default=[], metavar="WORD", help="parts of names, or =NAME")
    parser.add_argument("--masks", nargs="+", default=[], metavar="NAME=MODEL/", help="trained models, in the same table")
    parser.add_argument("--trees", action="store_true", help="judges of features with trees")
    parser.add_argument("--work", type=Path, help="where answers are kept")
    given = parser.parse_args(words)
    return printed(asked_for(given))


if __name__ == "__main__":
    sys.exit(main())
