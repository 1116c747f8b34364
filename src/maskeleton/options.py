"""The options that verbs share, with the words of their help."""

from pathlib import Path
from typing import Annotated

import typer

from maskeleton.errors import UserError

Data = Annotated[str, typer.Argument(metavar="DATA", help="A store, a file, a folder, an archive or a glob of any format.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="What is written; it must not be there yet.")]
From = Annotated[str | None, typer.Option("--from", help="The format of DATA, where it cannot be told.")]
To = Annotated[str, typer.Option("--to", help="The format of OUT.")]
Pattern = Annotated[str | None, typer.Option(help="Labels in file names: 'p{subject}_{repetition:d}-{action}-{}.csv'; "
                                             "{label:d} takes digits, {} skips.")]
People = Annotated[list[Path] | None, typer.Option(help="A table whose first column is a label to join by, such as "
                                                   "subject,gender,age. Without it people.csv in DATA is joined.")]
Missing = Annotated[Path | None, typer.Option(help="A list of recordings to leave out, one name a line.")]
Plan = Annotated[str | None, typer.Option("--skeleton", help="The body plan wanted: a name, or a JSON file with joints "
                                          "and parents.")]
Fps = Annotated[float | None, typer.Option(help="Frames a second: what a source does not say, or the rate wanted.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes to work in.")]
Seed = Annotated[int, typer.Option(help="The seed of everything random.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite OUT.")]
ShardIndex = Annotated[int, typer.Option(help="Which of --num-shards machines this is, counted from 0.")]
NumShards = Annotated[int, typer.Option(help="Machines that share the work; the last to finish puts it together.")]
On = Annotated[str, typer.Option("--on", metavar="local|ray", help="What does the work: processes here, or the actors of a "
                                 "Ray cluster; --jobs says how many.")]
Keep = Annotated[list[str], typer.Option("--keep", metavar="LABEL", help="A label that must stay recognizable.")]
Hide = Annotated[list[str], typer.Option("--hide", metavar="LABEL", help="A label that must not be recognizable.")]
Device = Annotated[str, typer.Option(help="Where networks run: auto, cpu, cuda, cuda:1 …")]
Precision = Annotated[str, typer.Option(help="auto, float32 or bfloat16.")]
Judges = Annotated[list[str] | None, typer.Option("--judge", metavar="NAME", help="A classifier that judges, with what it "
                                                  "is shown behind a colon (tcn:joint+bone).")]
Attacks = Annotated[list[str] | None, typer.Option("--attack", metavar="NAME", help="classify, features, match or "
                                                   "side.")]
Threats = Annotated[list[str] | None, typer.Option("--threat", metavar="NAME", help="before, naive, renormalized, adaptive, "
                                                   "analytic, donor, transfer, paired, twice or informed.")]
Seeds = Annotated[int, typer.Option(min=1, help="How often each judge is taught anew.")]
Minutes = Annotated[float | None, typer.Option(min=0, help="Be done by then.")]
Target = Annotated[float | None, typer.Option("--target-risk", metavar="R", help="Find the weakest setting in which what is to "
                                              "be hidden is told in R of the cases at most, such as 0.3.")]
Run = Annotated[Path | None, typer.Option("--out", metavar="RUN/", help="Keep what was found in this folder.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another value of an option; the "
                                                    "verb's page lists them.")]


def pairs(words: list[str]) -> dict[str, str]:
    """key=value, as often as it was given."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise UserError(f"--set {word} is no pair", "write it as key=value, such as --set anatomy=0")
        found[key.strip()] = value.strip()
    return found


def machine(words: list[str] | None, device: str, precision: str) -> dict[str, str]:
    """The pairs, and on what networks run, where that is said."""
    said = {"device": device, "precision": precision}
    return {**pairs(words or []), **{key: value for key, value in said.items() if value != "auto"}}


def words_of(given: list[str] | None) -> list[str]:
    """Words that were given one by one, or several with commas between."""
    return [word.strip() for one in given or [] for word in one.split(",") if word.strip()]


def bounds_of(given: list[str] | None) -> dict[str, list[int]]:
    """{'age': [0, 18, 65]} of age=0,18,65."""
    found = {}
    for one in given or []:
        label, equals, bounds = one.partition("=")
        numbers = [bound.strip() for bound in bounds.split(",")]
        if not equals or not label.strip() or not all(bound.lstrip("-").isdigit() for bound in numbers):
            raise UserError(f"--bands {one} are no bands", "write where each begins, such as --bands age=0,18,65")
        found[label.strip()] = [int(bound) for bound in numbers]
    return found
