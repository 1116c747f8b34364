"""view: a few recordings of any dataset drawn as strips of frames, to see what is in it."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

import numpy as np

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError, listed
from maskeleton.formats.opening import open_source, plan, read
from maskeleton.formats.source import Fault, Part, Source
from maskeleton.jobs import atomic
from maskeleton.motion import Motion, storable
from maskeleton.page.strip import sheet, strip
from maskeleton.skeleton import Skeleton
from maskeleton.store import is_store
from maskeleton.verbs.convert import refuse_overwriting

MOST = 6  # recordings drawn where none is asked for
LOOKED_AT = 120  # parts of a source that are read to choose them from


def view(
    data: str | Path,
    out: str | Path,
    *,
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
    """Draw one recording of `data` (its id or its number), or up to six spread over the actions, into an .svg file."""
    _check(Path(out), force)
    wanted = plan(skeleton) if isinstance(skeleton, str) else skeleton
    if is_store(Path(data)) and format in (None, "store") and not (pattern or people or wanted or fps):
        dataset = read(data)
    else:
        source = open_source(data, format, pattern, people, None, wanted, fps)
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
    with atomic(out) as partial:
        partial.write_text(picture, encoding="utf-8")
    return out


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
    if out.suffix.lower() != ".svg":
        raise UserError(f"{out}: view writes a picture, and its name ends in .svg", f"give {out.with_suffix('.svg')}")
    refuse_overwriting(out, force)


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


def evenly(things: Sequence[int], most: int) -> list[int]:
    """At most `most` of the things, from the first to the last at equal steps."""
    count = min(most, len(things))
    return [things[int(step)] for step in np.linspace(0, len(things) - 1, count)] if count else []


def heading(dataset: MotionDataset, index: int) -> str:
    """What stands over a strip: the recording's action and person where they are known, and its id."""
    told = [dataset.text("action", index) if "action" in dataset.labels else ""]
    person = dataset.text("subject", index) if "subject" in dataset.labels else ""
    told += [f"person {person}" if person else "", dataset.ids[index]]
    return " · ".join(part for part in told if part)
