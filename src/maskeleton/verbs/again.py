"""again: a verb once more, with the options that its run.json remembers, to a new place; and whether the same came out."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from maskeleton.errors import UserError, listed, pick, printable
from maskeleton.jobs import Report
from maskeleton.motion import canonical_json
from maskeleton.record import RECORD
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.audit import audit
from maskeleton.verbs.convert import convert
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.train import train

VERBS: dict[str, Callable[..., Any]] = {"convert": convert, "synthesize": synthesize, "anonymize": anonymize,
                                        "train": train, "audit": audit, "evaluate": evaluate}
OWN = ("out", "jobs", "share", "on", "force", "report", "say", "seed")  # what is another this time
COUNTS = ("people", "actions", "takes", "cameras")  # of synthetic people


class Repeated(NamedTuple):
    """What came out then and now, and what else is not as it was."""

    verb: str
    before: str
    now: str
    differs: list[str]

    @property
    def same(self) -> bool:
        """Is it the same?"""
        return self.before == self.now


def again(run: str | Path, new: str | Path, *, key: str | Path | None = None, jobs: int = 1, force: bool = False,
          report: Report | None = None) -> Repeated:
    """Run the verb of the record `run` again into `new`; an anonymization needs its secret `key`."""
    run, new = Path(run), Path(new)
    record = read_record(run)
    verb, seed = record["verb"], record["seed"]
    words = options_of(record)
    before = made_by(verb, output_of(run), record)
    if verb == "anonymize":
        words |= {"seed": seed} if record.get("tests_only") else {"seed": None, "key": key_needed(run, key)}
    elif key is not None:
        raise UserError(f"{verb} needs no key", "leave --key away")
    else:
        words["seed"] = seed
    if verb != "train":
        words["jobs"] = jobs
    VERBS[verb](**words, out=new, force=force, report=report)
    place = new / RECORD if new.is_dir() else new.with_name(f"{new.name}.{RECORD}")
    after = read_record(place)
    return Repeated(verb, before, made_by(verb, new, after), differing(record, after))


def read_record(place: Path) -> dict[str, Any]:
    """run.json, as far as it takes to repeat a run."""
    try:
        record = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        record = None
    fits = (isinstance(record, dict) and isinstance(record.get("verb"), str) and isinstance(record.get("options"), dict)
            and type(record.get("seed")) is int)
    if not fits or not isinstance(record, dict):
        raise UserError(f"{place} is no record of a run", f"give the {RECORD} in what a verb wrote, or FILE.{RECORD} beside it")
    if record["verb"] not in VERBS:
        raise UserError(f"{record['verb']} cannot be done again from its record alone", f"these can: {listed(VERBS)}")
    return record


def options_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the verb's function as they were used; a UserError where one is not known."""
    options = dict(record["options"])
    if record["verb"] == "synthesize":
        chosen = {key: str(value) for key, value in dict(options.pop("settings", {})).items()}
        counts = {key: int(chosen.pop(key)) for key in COUNTS if chosen.get(key, "").isdigit()}
        return {**options, **counts, "set": chosen}
    known = inspect.signature(pick(record["verb"], VERBS, "verb")).parameters
    if strange := [key for key in options if key not in known]:
        raise UserError(f"the record has options that {record['verb']} does not know: {listed(strange)}",
                        "it was written by another version of maskeleton")
    return {key: value for key, value in options.items() if key not in OWN}


def key_needed(run: Path, key: str | Path | None) -> Path:
    """The file with the secret key, which no record may hold."""
    if key is None:
        raise UserError("what is random in an anonymization comes from a secret key, which no record holds: without it the "
                        "same cannot come out", f"give it with --key {output_of(run)}.key, if it was kept")
    if not Path(key).is_file():
        raise UserError(f"there is no key at {key}", "give the file that anonymize wrote beside its output")
    return Path(key)


def output_of(run: Path) -> Path:
    """What a record is of."""
    return run.parent if run.name == RECORD else run.with_name(run.name.removesuffix(f".{RECORD}"))


def made_by(verb: str, out: Path, record: Mapping[str, Any]) -> str:
    """A name for what came out: content id, hash of the weights, or hash of all that was found but how long it took."""
    if verb not in ("train", "audit", "evaluate"):
        return str(record.get("content_id"))
    place = out / ("model.json" if verb == "train" else "results.json")
    try:
        told = json.loads(place.read_text("utf-8"))
        if verb == "train":
            return str(told["hash"])
        cells = [{key: value for key, value in cell.items() if key != "minutes"} for cell in told["cells"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(f"{place} cannot be read", f"{RECORD} must lie where {verb} wrote it, with everything else") from None
    return hashlib.sha256(canonical_json(cells)).hexdigest()[:32]


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What may be why it is not the same."""
    found = []
    for key in ("content_read", "content_of_original"):
        if before.get(key) != after.get(key):
            found.append("the data that is read is another")
    if before["verb"] in ("audit", "evaluate") and before.get("content_id") != after.get("content_id"):
        found.append("the data that is read is another")
    then, now = (dict(record.get("versions") or {}) for record in (before, after))
    found += [f"{name} was {then.get(name, 'not there')} and is {now.get(name, 'not there')}"
              for name in sorted(then.keys() & now.keys()) if then[name] != now[name]]
    if before["options"].get("minutes") is not None:
        found.append("it was done in a number of minutes, so that it depends on how fast the machine is")
    return list(dict.fromkeys(found))


def told(found: Repeated, new: Path) -> str:
    """What happened, as a person reads it; a UserError where it is not the same."""
    if not found.same:
        raise UserError(f"{new} is not what it was: {found.verb} made {found.before} then, and {found.now} now",
                        "; ".join(found.differs) or "options, data and versions are the same: the machine may compute "
                        "otherwise in the last digit")
    return printable(f"{new}: {found.verb} once more, and the same came out: {found.now}")
