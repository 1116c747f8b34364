"""synthesize: a dataset of people who do not exist, with as much identity in it as was asked for."""

from collections.abc import Mapping
from pathlib import Path

from maskeleton.intake import Taken, take_in
from maskeleton.jobs import Report, Share
from maskeleton.record import record_of
from maskeleton.synthetic import SyntheticSource, settings
from maskeleton.verbs.convert import refuse_overwriting


def synthesize(
    out: str | Path,
    *,
    preset: str = "tiny",
    people: int | None = None,
    actions: int | None = None,
    takes: int | None = None,
    cameras: int | None = None,
    set: Mapping[str, str] | None = None,
    to: str = "store",
    seed: int = 0,
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    force: bool = False,
    report: Report | None = None,
) -> Taken:
    """Make synthetic people and write them to `out` as a store, or in the format `to`."""
    out = Path(out)
    refuse_overwriting(out, force)
    chosen = settings(preset, people, actions, takes, cameras, dict(set or {}))
    record = record_of("synthesize", {"preset": preset, "to": to, "settings": vars(chosen)}, seed)
    source = SyntheticSource(chosen, seed)
    return take_in(source, out, to, record, jobs=jobs, share=Share.checked(*share), report=report)
