"""Provenance: what a release says of itself, for people and for programs; nothing of it says what the original was.

    release.json    format, labels, lengths, what became of every field: what verify goes by
    DATASHEET.md    the same for people, with source, licence, citation and what attackers made of it
    croissant.json  for programs that look for data (MLCommons Croissant 1.0)
    MODEL_CARD.md   of the anonymizer, where it is known
    SHA256SUMS      of all files but these two, as sha256sum -c reads them; croissant.json has its hash
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from maskeleton.formats.fields import TREATMENTS, Field
from maskeleton.outgoing import DATA, ONE_FILE, files_in
from maskeleton.publish import Published
from maskeleton.scorecard import Scorecard
from maskeleton.verdict import distrust

SCHEMA = 1
PAGE, SHEET, CROISSANT, SUMS, CARD = "release.json", "DATASHEET.md", "croissant.json", "SHA256SUMS", "MODEL_CARD.md"
ENDINGS = {"ntu": "*.skeleton", "etri": "*.csv", "table": "*.csv", "json": "*.json", "matlab": "*.mat", "bvh": "*.bvh",
           "c3d": "*.c3d", "arrays": "*", "store": "*"}
KINDS = {".json": "application/json", ".csv": "text/csv", ".md": "text/markdown"}
RESTRICTED = {
    "ntu": (r"\bntu\b|rgb\+?d", "the terms of NTU RGB+D forbid passing the data on; ask its makers before passing on what "
                                "was made of it"),
    "etri": (r"\betri\b", "the terms of ETRI-Activity3D forbid passing the data on; ask its makers before passing on what "
                          "was made of it"),
}
NO_LICENCE = "no licence was given: without one nobody may use it (--licence)"


class About(NamedTuple):
    """What the user says of a release, and what was measured of it."""

    title: str = "Anonymized skeleton motion"
    licence: str = ""
    citation: str = ""
    evaluation: Scorecard | None = None
    model: Mapping[str, Any] | None = None  # model.json of the anonymizer, or as much as history says
    notes: Sequence[str] = ()


def warnings_of(about: About, like: str) -> list[str]:
    """What a steward has to know before this goes anywhere."""
    told = f"{about.title} {about.citation} {about.licence}".lower()
    found = [warning for format, (words, warning) in RESTRICTED.items() if like == format or re.search(words, told)]
    return found + ([] if about.licence else [NO_LICENCE])


def write_pages(out: Path, plan: Published, like: str, fields: Sequence[Field], about: About) -> None:
    """All pages; each says the hash of what came before it."""
    page = page_of(plan, like, fields, about)
    (out / PAGE).write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (out / SHEET).write_text(sheet(page, about), "utf-8")
    if about.model is not None:
        (out / CARD).write_text(model_card(about.model, about.evaluation), "utf-8")
    others = [file for file in files_in(out) if file not in (out / SUMS, out / CROISSANT)]
    (out / SUMS).write_text("".join(f"{sha256(file)}  {file.relative_to(out).as_posix()}\n" for file in others), "utf-8")
    (out / CROISSANT).write_text(json.dumps(croissant(out, page, about), indent=1, ensure_ascii=False) + "\n", "utf-8")


def page_of(plan: Published, like: str, fields: Sequence[Field], about: About) -> dict[str, Any]:
    """release.json."""
    labels = {label: treated for label, treated in plan.treated.items() if label in plan.dataset.labels}
    return {"schema": SCHEMA, "made_with": f"maskeleton {version('maskeleton')}", "format": like,
            "recordings": len(plan.dataset), "people": len(plan.people), "skeleton": plan.dataset.skeleton.name,
            "fps": plan.dataset.fps, "lengths": plan.lengths, "labels": labels,
            "dropped": sorted(label for label in plan.treated if label not in labels),
            "fields": {field.name: [field.treatment, field.why] for field in fields},
            "headline": headline(about.evaluation), "warnings": warnings_of(about, like)}


def headline(card: Scorecard | None) -> list[dict[str, Any]]:
    """The rows of an evaluation that count, without anything that names a recording or a path."""
    if card is None:
        return []
    return [{**{key: row[key] for key in ("label", "role", "metric", "rate", "low", "high", "chance", "null")},
             "by": {key: Path(str(who)).name for key, who in row["by"].items()}} for row in card.headline]


def sha256(file: Path) -> str:
    """A file's hash."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet(page: Mapping[str, Any], about: About) -> str:
    """DATASHEET.md."""
    lines = [f"# {about.title}", "",
             f"{page['recordings']:,} recordings of the skeleton motion of {page['people']:,} people, {page['skeleton']} at "
             f"{page['fps']:g} frames a second, as {page['format']} files in `{DATA}/`. The motion was changed so that it "
             "says less about who moves; this page says what was done and what was measured. It does not say that nobody "
             "can be recognized.", ""]
    lines += [f"> **Before you pass this on:** {warning}." for warning in page["warnings"]] + [""] * bool(page["warnings"])
    lines += ["## What attackers made of it", "", *_measured(about), ""]
    lines += ["## Labels", "", *(f"- `{label}`: {treated}" for label, treated in page["labels"].items())]
    lines += [f"- dropped: {', '.join(page['dropped'])}"] if page["dropped"] else []
    lines += ["", "People have numbers that were drawn under a secret key; recordings stand in an order drawn under it.",
              "", "## Lengths", "", _lengths(page), *(f"- {note}" for note in about.notes), ""]
    lines += ["## Fields", "", "Every field of the files is one of: "
              + "; ".join(f"*{word}*, {what}" for word, what in TREATMENTS.items()) + ".", "", "| field | is | why |",
              "| --- | --- | --- |"]
    lines += [f"| `{name}` | {treatment} | {why} |" for name, (treatment, why) in page["fields"].items()]
    lines += ["", "## Licence", "", about.licence or "None was given.", "", "## Citation", "",
              about.citation or "None was given.", "", "## Files", "",
              f"`{SUMS}` holds the hashes of the files (`sha256sum -c {SUMS}`); `{CROISSANT}` and `{PAGE}` say the same as "
              f"this page to programs. Made with {page['made_with']}.", ""]
    return "\n".join(lines)


def _measured(about: About) -> list[str]:
    if about.evaluation is None:
        return ["Nothing was measured, or it was not said (`release --evaluation RUN/`)."]
    lines = ["| label | should | measured as | rate | interval | chance | null | strongest attacker |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for row in headline(about.evaluation):
        who = " ".join(word for word in row["by"].values() if word)
        null = "" if row["null"] is None else f"{row['null']:.3f}"
        should = "be hidden" if row["role"] == "hide" else "stay"
        lines.append(f"| {row['label']} | {should} | {row['metric']} | {row['rate']:.3f} | {row['low']:.3f}–{row['high']:.3f} "
                     f"| {row['chance']:.3f} | {null} | {who} |")
    doubts = distrust(about.evaluation.cells, about.evaluation.verb)
    return [*lines, *([""] if doubts else []), *(f"- {doubt}" for doubt in doubts)]


def _lengths(page: Mapping[str, Any]) -> str:
    step = page["lengths"]
    if step > 1:
        return (f"Recordings, and bodies within them, begin and end at multiples of {step} frames; shorter recordings were "
                "stretched to that.\n")
    return ("Recordings are as long as they were, and bodies come and go when they did: to somebody who has an original, its "
            "length may name its release.\n")


def model_card(model: Mapping[str, Any], evaluation: Scorecard | None) -> str:
    """MODEL_CARD.md: no hash of what it learned from, which would confirm to everybody who has it that it was there."""
    trained = model.get("trained_on") or {}
    counts = [len(trained.get(key) or []) for key in ("hashes", "checked")]
    learned = f"{counts[0]:,} recordings, and looked at {counts[1]:,} more to choose by" if any(counts) else "nothing"
    lines = [f"# The anonymizer: {model['name']}", "",
             f"- options: {', '.join(f'{key} {value}' for key, value in dict(model.get('options') or {}).items()) or 'none'}",
             f"- normalization: {model.get('chain', 'none')}",
             f"- meant to keep: {', '.join(model.get('keep') or []) or 'not said'}",
             f"- meant to hide: {', '.join(model.get('hide') or []) or 'not said'}",
             f"- learned from: {learned}" if "trained_on" in model else "- learned from: not known here",
             f"- weights: {model.get('hash') or model.get('model') or 'not known'}",
             "- networks that took part: " + (", ".join(model.get("lineage") or []) or "none that is known"), "",
             "## Measured leakage", "", *_measured(About(evaluation=evaluation)), "", "## Limits", "",
             "The measurements are of the attackers that were tried, on these people. Whoever knows the secret keys of the "
             "anonymization can undo what was random in it.", ""]
    return "\n".join(lines)


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────────────

_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/", "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs", "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn", "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet", "includes": "cr:includes", "md5": "cr:md5", "recordSet": "cr:recordSet", "field": "cr:field",
    "source": "cr:source", "extract": "cr:extract", "column": "cr:column", "key": "cr:key", "data": {"@id": "cr:data",
    "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "fileProperty": "cr:fileProperty",
    "format": "cr:format", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "parentField": "cr:parentField",
    "path": "cr:path", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace":
    "cr:replace", "separator": "cr:separator", "subField": "cr:subField", "transform": "cr:transform", "examples":
    {"@id": "cr:examples", "@type": "@json"}, "samplingRate": "cr:samplingRate", "equivalentProperty":
    "cr:equivalentProperty",
}


def croissant(out: Path, page: Mapping[str, Any], about: About) -> dict[str, Any]:
    """croissant.json: the pages, each with its hash, and the data: one file with its hash, or a set of files whose hashes
    are in SHA256SUMS."""
    pages = [name for name in (PAGE, SHEET, CARD, SUMS) if (out / name).is_file()]
    objects: list[dict[str, Any]] = [_file_object(out, name) for name in pages if name != SUMS]
    objects.append({**_file_object(out, SUMS), "description": "hashes of all files"})
    one = ONE_FILE.get(page["format"])
    if one:
        objects.append(_file_object(out, f"{DATA}/{one}"))
    else:
        folder: dict[str, Any] = {
            "@type": "cr:FileObject", "@id": "folder", "name": "folder", "description": "the folder this page is in",
            "contentUrl": ".", "encodingFormat": "git+https", "sha256": sha256(out / SUMS)}
        objects += [folder, {"@type": "cr:FileSet", "@id": "recordings", "name": "recordings",
                             "description": f"recordings as {page['format']}", "containedIn": {"@id": "folder"},
                             "encodingFormat": KINDS.get(Path(ENDINGS[page["format"]]).suffix, "text/plain"),
                             "includes": f"{DATA}/{ENDINGS[page['format']]}"}]
    measured = [f"{row['label']}, to {'be hidden' if row['role'] == 'hide' else 'stay'}: {row['metric']} {row['rate']:.3f} "
                f"({row['low']:.3f} to {row['high']:.3f}), chance {row['chance']:.3f}" for row in page["headline"]]
    description = (f"{page['recordings']} recordings of {page['people']} people, anonymized. "
                   + ("What attackers made of it: " + "; ".join(measured) + ". " if measured else "")
                   + " ".join(f"{warning[0].upper()}{warning[1:]}." for warning in page["warnings"]))
    return {"@context": _CONTEXT, "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": re.sub(r"[^A-Za-z0-9_-]+", "-", about.title).strip("-") or "release", "description": description.strip(),
            "url": ".", "version": "1.0.0", "datePublished": "2000-01-01", "license": about.licence or "none was given",
            "citeAs": about.citation or "none was given", "distribution": objects}


def _file_object(out: Path, name: str) -> dict[str, Any]:
    return {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "sha256": sha256(out / name),
            "encodingFormat": KINDS.get(Path(name).suffix, "application/octet-stream" if name.startswith(DATA) else "text/plain")}
