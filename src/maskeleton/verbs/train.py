"""train: an anonymizer for a dataset: what must stay is guarded, what must go is sought, and the two play a game."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from maskeleton.anonymizers.population import FEWEST_PEOPLE, people_of
from maskeleton.casting import MADE
from maskeleton.checkpoint import CURVES, PAGE, STATE, WEIGHTS
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.errors import UserError
from maskeleton.formats.opening import read, said_of_source
from maskeleton.games import arranged
from maskeleton.jobs import Report, alone, remove
from maskeleton.mask import Mask, learns, only_prepares, save, usual_options
from maskeleton.record import RECORD, record_of, write_record
from maskeleton.room import own_room
from maskeleton.splits import half_of_the_people, three_parts
from maskeleton.training import train as trained
from maskeleton.verbs.audit import refuse_labels, roles_of
from maskeleton.verbs.convert import keep_apart, refuse_overwriting
from maskeleton.verbs.targeting import reach, refuse_targets
from maskeleton.verbs.working import mapped

EVERYTHING = "all"  # the split that holds nothing back


def train(
    data: str | Path,
    out: str | Path,
    *,
    keep: Sequence[str] = (),
    hide: Sequence[str] = (),
    anonymizer: str | None = None,
    algorithm: str | None = None,
    preset: str = "default",
    by: str | None = None,
    minutes: float | None = None,
    target_risk: float | None = None,
    set: Mapping[str, str] | None = None,
    device: str = "auto",
    precision: str = "auto",
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    skeleton: str | None = None,
    fps: float | None = None,
    seed: int = 0,
    force: bool = False,
    report: Report | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> Mask:
    """Train an anonymizer on a part of `data`, and write it to the folder `out`. With `target_risk` it is to be used as
    weakly as brings what is to be hidden below that on the people it learned from; where nothing does, nothing is kept."""
    used = {key: value for key, value in locals().items() if key not in ("report", "say", "seed")}
    out = Path(out)
    engine = Engine(device, precision)
    keep_apart(out, Path(data), Path(data))
    begun = is_begun(out)
    if not begun:
        refuse_overwriting(out, force)
    engine.told(0.0)  # every rank has looked before the first one writes
    named = {"anonymizer": anonymizer, "algorithm": algorithm}
    changes = {**(set or {}), **{key: value for key, value in named.items() if value is not None}}
    prepares = only_prepares(arranged(preset, changes)[0]["anonymizer"])
    if prepares and by != EVERYTHING:
        keep, hide = keep or ["action"], hide or ["subject"]
    elif not prepares and not (keep and hide):
        raise UserError(f"nothing is to be {'hidden' if keep else 'kept'}", "name a label with --keep, and one with --hide")
    roles = roles_of(keep, hide)
    if target_risk is not None:
        refuse_targets(target_risk, None, hide)
    with _alone(out, engine), own_room() as own:
        dataset = mapped(read(data, format, **said_of_source(pattern, people, skeleton, fps)), own)
        refuse_labels(dataset, roles)
        rows = rows_for(dataset, keep, hide, by, seed)
        told_by_one = say if engine.first else lambda words: None
        rest = "the others are for evaluate" if len(rows) < len(dataset) else "nothing is held back for evaluate"
        told_by_one(f"{len(rows)} of {len(dataset)} recordings are learned from{_of_whom(dataset, rows)}; {rest}")
        if "within" in usual_options(arranged(preset, changes)[0]["anonymizer"]):
            for missing in unknown_values(dataset, rows, keep or []):
                told_by_one(missing if by in (None, "person") else f"{missing}; --split person keeps people apart instead")
        if engine.first and not begun:
            remove(out)
            out.mkdir(parents=True)
        try:
            if engine.first:  # before the model: when that is there, everything is
                write_record(out, record_of("train", used, seed, content_read=dataset.content_id), True)
            if target_risk is not None and prepares:
                game, options = arranged(preset, changes)
                words = {key: str(value) for key, value in options.items()}
                found = reach(dataset, game["anonymizer"], words, target_risk, hide, keep, own, rows=rows)
                changes |= found.setting.options
                told_by_one(found.said)
            mask = trained(dataset, keep, hide, preset=preset, set=changes, rows=rows, out=out, seed=seed,
                           engine=engine, minutes=minutes, report=report, say=told_by_one)
            if target_risk is not None and not prepares and engine.first:
                try:
                    found = reach(dataset, out, {}, target_risk, hide, keep, own, rows=rows)
                except UserError:
                    remove(out)
                    raise
                mask.net.cpu().strength = found.setting.strength or 1.0
                save(mask, out)
                told_by_one(found.said)
            return mask
        except (UserError, OSError):
            if engine.first and out.is_dir() and {path.name for path in out.iterdir()} <= {RECORD}:
                remove(out)
            raise


def _of_whom(dataset: MotionDataset, rows: np.ndarray) -> str:
    """Which share of the people they are of, where that is not everybody."""
    if "subject" not in dataset.labels:
        return ""
    some, everybody = (len(np.unique(people_of(part))) for part in (dataset.select(rows), dataset))
    return f", of {some} of {everybody} people" if some < everybody else ""


def unknown_values(dataset: MotionDataset, rows: np.ndarray, keep: Sequence[str]) -> Iterator[str]:
    """A sentence for each kept label of which there are values that nothing is learned of."""
    for label in keep:
        values = dataset.labels[label]
        every = np.unique(values[values >= 0])
        if missing := len(np.setdiff1d(every, values[rows])):
            yield f"{missing} of {len(every)} values of {label} are not among what is learned from: they will be shown as others"


def is_begun(out: Path) -> bool:
    """Whether a training was interrupted here: everything in the folder is a training's, and there is no model yet."""
    if not out.is_dir() or (out / PAGE).exists():
        return False
    names = {path.name for path in out.iterdir()}
    ours = (WEIGHTS, PAGE, CURVES, STATE, MADE, RECORD)
    return names <= {*ours, *(f".{name}.partial" for name in ours)}


@contextmanager
def _alone(out: Path, engine: Engine) -> Iterator[None]:
    """Nobody else trains into this folder while the block runs; a training that is killed lets go of it."""
    if not engine.first:
        yield
        return
    with alone(out.with_name(f".{out.name}.lock"), out):
        yield


def rows_for(dataset: MotionDataset, keep: Sequence[str], hide: Sequence[str], by: str | None, seed: int) -> np.ndarray:
    """The recordings that an anonymizer may see: neither the judges' nor the tested ones. Where an attribute is to be
    hidden they are those of other people; where it is the person, too, if of a kept label it would else miss values."""
    if by == EVERYTHING:
        return np.arange(len(dataset))
    attributes = [label for label in hide if label != "subject"]
    if not attributes and by == "person":
        return half_of_the_people(dataset, seed, keep[0])
    parts = three_parts(dataset, (attributes or list(hide))[0], by, folds=1, seed=seed, keep=keep[0])
    rows = np.asarray(parts[0].anonymizer)
    if by is None and not attributes and any(unknown_values(dataset, rows, keep)):
        apart = half_of_the_people(dataset, seed, keep[0])
        return apart if len(np.unique(people_of(dataset.select(apart)))) >= FEWEST_PEOPLE else rows
    return rows


def told(mask: Mask, out: Path) -> str:
    """What came of it, as a person reads it."""
    if not learns(mask.net):
        return f"{out}: {mask.name}, which knows the population from {len(mask.trained_on['hashes'])} recordings"
    last = mask.curves[-1] if mask.curves else {}
    seen = ", ".join(f"{name.removeprefix('check_').replace('_', ' ')} {value:.3f}" for name, value in last.items()
                     if name.startswith("check_"))
    return (f"{out}: {mask.name}, {len(mask.curves)} epochs; as it stands at the end: {seen}\n"
            "! these are the networks it was trained against: what strangers find is for maskeleton evaluate to say")
