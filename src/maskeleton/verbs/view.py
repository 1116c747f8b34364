"""view: a few recordings of any dataset, alone or beside what a release made of them: strips of frames, and on a page the
same in motion."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.opening import open_source, plan, read
from maskeleton.formats.source import Fault, Part, Source
from maskeleton.jobs import alone, atomic
from maskeleton.motion import Motion, storable
from maskeleton.page.beside import WHOLE, Shown, Sides, album, page, pairs
from maskeleton.page.clips import clips
from maskeleton.page.strip import sheet, strip
from maskeleton.skeleton import Skeleton
from maskeleton.store import is_store
from maskeleton.verbs.convert import refuse_overwriting

MOST = 6  # recordings drawn where none is asked for
FEW = 3  # of them where original and release are drawn in one picture
LOOKED_AT = 120  # parts of a source that are read to choose them from
Thing = TypeVar("Thing")


def view(
    data: str | Path,
    out: str | Path,
    *,
    released: str | Path | None = None,
    recording: str | int | None = None,
    frames: int = 8,
    turn: float = 0.0,
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    skeleton: Skeleton | str | None = None,
    fps: float | None = None,
    force: bool = False,
) -> Path:
    """Draw one recording of `data` (its id or its number), or a few spread over the actions, into an .svg file, or an
    .html file where they move, too; with a release of it each stands above what became of it."""
    _check(Path(out), force)
    wanted = plan(skeleton) if isinstance(skeleton, str) else skeleton
    source = _opened(data, format, pattern, people, wanted, fps)
    if released is not None:
        release = _opened(released, None if is_store(Path(released)) else format, pattern, people, wanted, fps)
        before, after, notes = in_both(source, release, recording)
        return view_pair(before, after, out, names=(Path(data).name, Path(released).name), notes=notes, frames=frames,
                         turn=turn, force=force, together=recording is None)
    if isinstance(source, MotionDataset):
        dataset = source
    else:
        dataset = some(source) if recording is None else only(source, recording)
        recording = None if recording is None else 0
    return view_dataset(dataset, out, recording=recording, frames=frames, turn=turn, force=force)


def view_dataset(
    dataset: MotionDataset,
    out: Path | str,
    *,
    recording: str | int | None = None,
    frames: int = 8,
    turn: float = 0.0,
    force: bool = False,
) -> Path:
    """The same of a dataset that is open already."""
    out = Path(out)
    _check(out, force)
    picture = picture_of(dataset, recording=recording, frames=frames, turn=turn)
    if out.suffix.lower() == ".html":
        rows = spread(dataset) if recording is None else [place(dataset, recording)]
        moving = clips(dataset, {row: heading(dataset, row) for row in rows}, together=recording is None)
        picture = album("What they do", "As the camera saw them, from the first frame to the last.", [picture],
                        last=WHOLE, footer=f"content {dataset.content_id}", clips=moving)
    return _written(out, picture)


def view_pair(
    original: MotionDataset,
    released: MotionDataset,
    out: Path | str,
    *,
    names: tuple[str, str] = ("before", "after"),
    notes: Sequence[str] = (),
    frames: int = 8,
    turn: float = 0.0,
    force: bool = False,
    together: bool = True,
) -> Path:
    """Original and release as two strips, one above the other, of recordings that both have in the same order; a page has
    them in motion, too, and unless `together` is off first of all several people who do the same."""
    out = Path(out)
    _check(out, force)
    as_page = out.suffix.lower() == ".html"
    rows = spread(original, MOST if as_page else FEW)
    shown = [Shown(heading(original, row), original[row], released[row]) for row in rows]
    sides = Sides(names, (original.fps, released.fps))
    if not as_page:
        return _written(out, pairs(shown, original.skeleton, sides, frames=frames, turn=turn))
    lead = f"{len(rows)} of {len(original)} recordings, before and after they were anonymized."
    moving = clips(original, dict(zip(rows, (one.title for one in shown), strict=True)), released, together=together)
    return _written(out, page(shown, original.skeleton, sides, lead=lead, notes=[*notes, *_lengths(original, released)],
                              footer=f"{original.fps:g} and {released.fps:g} frames a second", frames=frames, turn=turn,
                              clips=moving))


def _lengths(original: MotionDataset, released: MotionDataset) -> list[str]:
    others = int((original.frames / original.fps != released.frames / released.fps).sum())
    return [f"{others} of {len(original)} recordings last longer or shorter in the release: what stands above each other "
            "is the same share of the time of each, and not the same second"] if others else []


def picture_of(
    dataset: MotionDataset,
    *,
    recording: str | int | None = None,
    frames: int = 8,
    turn: float = 0.0,
    most: int = MOST,
) -> str:
    """The picture as SVG text: of one recording, or of up to `most` of them."""
    if recording is not None:
        index = place(dataset, recording)
        return strip(dataset[index], dataset.skeleton, frames=frames, turn=turn, title=heading(dataset, index),
                     fps=dataset.fps)
    rows = [(heading(dataset, index), dataset[index]) for index in spread(dataset, most)]
    return sheet(rows, dataset.skeleton, frames=frames, columns=1, turn=turn, fps=dataset.fps)


def _check(out: Path, force: bool) -> None:
    if out.suffix.lower() not in (".svg", ".html"):
        raise UserError(f"{out}: view writes a picture or a page, and its name ends in .svg or .html",
                        f"give {out.with_suffix('.svg')} or {out.with_suffix('.html')}")
    refuse_overwriting(out, force)


def _opened(data: str | Path, format: str | None, pattern: str | None, people: Sequence[str | Path],
            wanted: Skeleton | None, fps: float | None) -> MotionDataset | Source:
    """A store is there at once; of anything else only what is to be drawn will be read."""
    if is_store(Path(data)) and format in (None, "store") and not (pattern or people or wanted or fps):
        return read(data)
    return open_source(data, format, pattern, people, None, wanted, fps)


def _written(out: Path, text: str) -> Path:
    with alone(out.with_name(f".{out.name}.lock"), out), atomic(out) as partial:
        partial.write_text(text, encoding="utf-8")
    return out


# ── what is in both ──────────────────────────────────────────────────────────────────────────────────────────────────


def in_both(original: MotionDataset | Source, released: MotionDataset | Source,
            recording: str | int | None = None) -> tuple[MotionDataset, MotionDataset, list[str]]:
    """Recordings matched by their ids, in the original's order, and what must be said of those left out."""
    refuse_other_plan(original.skeleton, released.skeleton)
    ids = released.ids if isinstance(released, MotionDataset) and recording is None else None
    before = _some_of(original, ids, recording)
    after = released if isinstance(released, MotionDataset) else named(released, before.ids)
    there = set(after.ids) if after is not None else set()
    common = [row for row, id in enumerate(before.ids) if id in there]
    if after is None or not common:
        who = f"{before.ids[0]} is not" if recording is not None else "no recording of the original is"
        raise UserError(f"{who} in the release by its id", "give a release with the ids of its original: what "
                        "anonymize wrote, before release gave it new names")
    place_of = {id: row for row, id in enumerate(after.ids)}
    lost = len(before) - len(common)
    notes = [f"{lost} of {len(before)} recordings are not in the release and not drawn"] if lost else []
    before = before.select(common)
    return before, after.select([place_of[id] for id in before.ids]), notes


def _some_of(original: MotionDataset | Source, ids: Sequence[str] | None, recording: str | int | None) -> MotionDataset:
    """The recording asked for; else all of a store; else those of a source that the release has, or enough of it."""
    if isinstance(original, MotionDataset):
        return original if recording is None else original.select([place(original, recording)])
    if recording is not None:
        return only(original, recording)
    found = named(original, ids) if ids is not None else None
    return found if found is not None else some(original)


def named(source: Source, ids: Sequence[str]) -> MotionDataset | None:
    """Recordings of a source with these ids, enough to choose from: files of their names are looked into first."""
    wanted = set(evenly(ids, LOOKED_AT))
    stems = {id.rpartition("/")[2] for id in wanted}
    own = [part for part in source.parts if part.path.stem in stems]
    for parts in (own, source.parts):
        found: dict[str, Motion] = {}
        for item in _readable(source, parts):
            if not isinstance(item, Fault) and item.id in wanted:
                found[item.id] = item
            if len(found) == len(wanted):
                break
        if found:
            return MotionDataset.of(source.skeleton, source.fps, found.values())
    return None


def refuse_other_plan(original: Skeleton, released: Skeleton) -> None:
    """Two body plans have no joints in common that could be compared."""
    if original.joints != released.joints:
        theirs, ours = (f"{one.name!r} with {len(one.joints)} joints" for one in (released, original))
        raise UserError(f"the release has the body plan {theirs}, the original {ours}",
                        "draw both on one plan with --skeleton")


# ── which recordings ─────────────────────────────────────────────────────────────────────────────────────────────────


def some(source: Source) -> MotionDataset:
    """Enough of a source to choose from, of parts spread over all of it; what cannot be read is passed over."""
    steps = evenly(range(len(source.parts)), LOOKED_AT)
    found = list(_readable(source, [source.parts[step] for step in steps]))
    motions = [item for item in found if not isinstance(item, Fault)]
    if not motions:
        told = [f"{fault.file}: {fault.reason}" for fault in found if isinstance(fault, Fault)]
        raise UserError(f"no recording can be drawn: {listed(told, 3) or 'there is none'}",
                        "maskeleton describe says more")
    return MotionDataset.of(source.skeleton, source.fps, {motion.id: motion for motion in motions}.values())


def only(source: Source, recording: str | int) -> MotionDataset:
    """One recording of a source, by its id (a file of that name is looked into first) or its number from 0."""
    own = [part for part in source.parts if part.path.stem == str(recording).rpartition("/")[2]]
    ids: list[str] = []
    for item in _readable(source, own):
        if not isinstance(item, Fault) and item.id == recording:
            return MotionDataset.of(source.skeleton, source.fps, [item])
    for item in _readable(source, source.parts):
        if isinstance(item, Fault):
            continue
        if recording in (item.id, len(ids), str(len(ids))):
            return MotionDataset.of(source.skeleton, source.fps, [item])
        ids.append(item.id)
    raise _nobody(recording, ids)


def _readable(source: Source, parts: Sequence[Part]) -> Iterator[Motion | Fault]:
    for item in chain.from_iterable(map(source.read, parts)):
        try:
            yield item if isinstance(item, Fault) else storable(item, len(source.skeleton.joints))
        except UserError as error:
            yield Fault(getattr(item, "source", ""), "", error.wrong)


def place(dataset: MotionDataset, recording: str | int) -> int:
    """Where a recording stands: by its id, or by its number counted from 0."""
    if recording in dataset.ids:
        return dataset.ids.index(str(recording))
    number = int(recording) if isinstance(recording, int) or recording.isdecimal() else -1
    if 0 <= number < len(dataset):
        return number
    raise _nobody(recording, dataset.ids)


def _nobody(recording: str | int, ids: Sequence[str]) -> UserError:
    near = get_close_matches(str(recording), ids, 3, 0.4) or ids[:3]
    return UserError(f"there is no recording {recording!r} among the {len(ids)}",
                     f"give an id, such as {listed(near)}, or a number from 0 to {len(ids) - 1}")


def spread(dataset: MotionDataset, most: int = MOST) -> list[int]:
    """Up to `most` recordings: of actions evenly, each from another place among its own, which shows several people."""
    if "action" not in dataset.labels:
        return evenly(range(len(dataset)), most)
    codes = dataset.labels["action"]
    actions = evenly(np.unique(codes).tolist(), most)
    chosen: list[int] = []
    for rank, action in enumerate(actions):
        own = np.flatnonzero(codes == action)
        share = most // len(actions) + (rank < most % len(actions))
        places = (np.arange(share) + rank / len(actions)) / share * len(own)
        chosen += own[np.unique(places.astype(int))].tolist()
    return chosen


def evenly(things: Sequence[Thing], most: int) -> list[Thing]:
    """At most `most` of the things, from the first to the last at equal steps."""
    count = min(most, len(things))
    return [things[int(step)] for step in np.linspace(0, len(things) - 1, count)] if count else []


def heading(dataset: MotionDataset, index: int) -> str:
    """What stands over a strip: the recording's action and person where they are known, and its id."""
    told = [dataset.text("action", index) if "action" in dataset.labels else ""]
    person = dataset.text("subject", index) if "subject" in dataset.labels else ""
    told += [f"person {person}" if person else "", dataset.ids[index]]
    return " · ".join(part for part in told if part)
