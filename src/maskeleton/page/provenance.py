"""Provenance: how a run came about: versions, options, what was compared, and the command that does it again."""

import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from maskeleton.page.discreet import Run
from maskeleton.page.text import said, told

POSITIONS = {"audit": ("data",), "evaluate": ("original", "released")}
FLAGS = {"keep": "--keep", "hide": "--hide", "mask": "--with", "threats": "--threat", "attacks": "--attack",
         "judges": "--judge", "by": "--split", "seeds": "--seeds", "open_set": "--open-set", "explain": "--explain",
         "minutes": "--minutes", "out": "--out", "set": "--set", "format": "--from", "pattern": "--pattern",
         "people": "--people", "skeleton": "--skeleton", "fps": "--fps", "jobs": "--jobs"}
MADE = {"with": "anonymizer", "strength": "strength", "options": "options", "model": "model"}


def provenance(run: Run, secret: bool) -> str:
    """The section, as HTML; what a public copy leaves out is said."""
    parts = [f"<pre><code>{escape(command)}</code></pre>" if (command := command_of(run, secret)) else
             "<p>The folder of the run has no record of how it was made (run.json): the command is not known.</p>"]
    rows = list(_facts(run, secret))
    lines = "".join(f'<tr><th scope="row">{told(name)}</th><td>{said(value)}</td></tr>' for name, value in rows)
    table = f'<div class="wide" tabindex="0" role="region" aria-label="Provenance"><table>{lines}</table></div>' if rows else ""
    note = "" if secret else ('<p class="soft">Left out of this copy, because it may be passed on: seeds, ids of recordings, '
                              "who is who, places on a disk, the original motion and its content id. "
                              "<code>--show-originals</code> keeps them in.</p>")
    return f"{''.join(parts)}{table}{note}"


def command_of(run: Run, secret: bool) -> str:
    """The command line that repeats the run; names stand for places in a public copy."""
    options, verb = run.record.get("options"), run.card.verb
    if not isinstance(options, Mapping) or verb not in POSITIONS:
        return ""
    words = ["maskeleton", verb, *(str(options.get(name, name.upper())) for name in POSITIONS[verb])]
    for name, flag in FLAGS.items():
        value = options.get(name)
        if value is None or value is False or value == [] or value == {} or (name, value) == ("jobs", 1):
            continue
        if value is True:
            words.append(flag)
        elif isinstance(value, Mapping):
            words += [word for key, one in value.items() for word in (flag, f"{key}={one}")]
        else:
            words += [word for one in (value if isinstance(value, list) else [value]) for word in (flag, str(one))]
    if secret and run.record.get("seed"):
        words += ["--seed", str(run.record["seed"])]
    return " ".join(word if word.removesuffix("/").isupper() else shlex.quote(word) for word in words)


def _facts(run: Run, secret: bool) -> Iterator[tuple[str, str]]:
    data, record = run.card.data, run.record
    if "content_id" in data:
        yield ("content of the release" if run.card.verb == "evaluate" else "content of the data"), str(data["content_id"])
    if secret and "original" in data:
        yield "content of the original", str(data["original"])
    if secret:
        yield "seed", str(record.get("seed", run.card.seed))
    made = data.get("made_by")
    for one in made if isinstance(made, list) else []:
        if isinstance(one, Mapping):
            yield "made by", ", ".join(f"{word} {_plain(one[key])}" for key, word in MADE.items()
                                       if one.get(key) not in (None, {}))
    for row in run.split:
        yield (f"{row['label']} by {row['split']}", f"{row['folds']} folds; {row['learned']:,} recordings learned from and "
               f"{row['tested']:,} tested, over all folds")
    versions = record.get("versions")
    if isinstance(versions, Mapping):
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items())
    return str(value)
