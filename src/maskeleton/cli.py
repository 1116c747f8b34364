"""The command line: one command a verb, each a thin layer over the function of the same name."""

import errno
import json
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from maskeleton.commands import again, anonymize, audit, compare, evaluate, release, train, verify
from maskeleton.errors import MENDABLE, UserError, printable
from maskeleton.options import (
    Data,
    Force,
    Fps,
    From,
    Jobs,
    Missing,
    NumShards,
    On,
    Out,
    Pattern,
    People,
    Plan,
    Seed,
    ShardIndex,
    To,
    pairs,
)

app = typer.Typer(
    name="maskeleton",
    help="Find out what skeleton motion gives away about people, change it so that it no longer does, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(f"maskeleton {version_of('maskeleton')}")
        raise typer.Exit


@app.command()
def describe(
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    format: From = None,
    pattern: Pattern = None,
    people: People = None,
    missing: Missing = None,
    skeleton: Plan = None,
    fps: Fps = None,
    jobs: Jobs = 1,
) -> None:
    """Say what is in a dataset and what is wrong with it."""
    from maskeleton.page.terminal import described
    from maskeleton.progress import progress
    from maskeleton.verbs import describe as verb

    with progress("describe") as report:
        found = verb.describe(data, format=format, pattern=pattern, people=people or (), missing=missing,
                              skeleton=skeleton, fps=fps, jobs=jobs, report=report)
    print(json.dumps(found) if as_json else described(found, verb.page))


@app.command()
def convert(
    data: Annotated[str, typer.Argument(metavar="SRC", help="A file, a folder, an archive or a glob of any known format.")],
    out: Out,
    format: From = None,
    to: To = "store",
    pattern: Pattern = None,
    people: People = None,
    missing: Missing = None,
    skeleton: Plan = None,
    fps: Fps = None,
    clean: Annotated[list[str] | None, typer.Option(metavar="STEP|all|none", help="Mend what this step finds, or set "
                                                    "it aside; without, faults are counted and stay.")] = None,
    fields: Annotated[str | None, typer.Option(metavar="all", help="Keep also what is neither position nor tracking "
                                               "state; it carries the original pose.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse where anything is wrong.")] = False,
    seed: Seed = 0,
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    on: On = "local",
    force: Force = False,
) -> None:
    """Bring any skeleton data into a store or another format.

    Everything that is wrong with it is counted; what cannot be stored is set aside.
    """
    from maskeleton.progress import progress
    from maskeleton.verbs import convert as verb

    if fields not in (None, "all"):
        raise UserError(f"--fields {fields} cannot be", "--fields all keeps everything the files say")
    with progress("convert") as report:
        taken = verb.convert(data, out, format=format, to=to, pattern=pattern, people=people or (), missing=missing,
                             skeleton=skeleton, fps=fps, clean_steps=clean or (), fields=fields == "all",
                             strict=strict, seed=seed, jobs=jobs, share=(shard_index, num_shards), on=on, force=force,
                             report=report)
    print(verb.told(taken, out))


@app.command()
def synthesize(
    out: Out,
    preset: Annotated[str, typer.Option(help="How many of what: etri, ntu or tiny.")] = "tiny",
    people: Annotated[int | None, typer.Option(min=1, help="People, instead of the preset's.")] = None,
    actions: Annotated[int | None, typer.Option(min=1, help="Actions, instead of the preset's.")] = None,
    takes: Annotated[int | None, typer.Option(min=1, help="Takes of each action by each person.")] = None,
    cameras: Annotated[int | None, typer.Option(min=1, help="Cameras that film each take.")] = None,
    set: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A strength or a rate, such as "
                                                  "anatomy=0; docs/synthetic.md lists them.")] = None,
    to: To = "store",
    seed: Seed = 0,
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    force: Force = False,
) -> None:
    """Make a dataset of people who do not exist."""
    from maskeleton.progress import progress
    from maskeleton.verbs import convert
    from maskeleton.verbs import synthesize as verb

    with progress("synthesize") as report:
        taken = verb.synthesize(out, preset=preset, people=people, actions=actions, takes=takes, cameras=cameras,
                                set=pairs(set or []), to=to, seed=seed, jobs=jobs,
                                share=(shard_index, num_shards), force=force, report=report)
    print(convert.told(taken, out))


@app.command()
def view(
    data: Data,
    paths: Annotated[list[str], typer.Argument(metavar="[RELEASED] OUT.html|OUT.svg", help="A release of DATA, to be "
                                               "drawn below it, if one is given; and the page or picture to write.")],
    recording: Annotated[str | None, typer.Option(help="Draw this one: its id, or its number from 0.")] = None,
    frames: Annotated[int, typer.Option(min=1, max=60, help="Frames in a strip.")] = 8,
    turn: Annotated[float, typer.Option(help="Degrees to walk round the people before drawing.")] = 0.0,
    format: From = None,
    pattern: Pattern = None,
    people: People = None,
    skeleton: Plan = None,
    fps: Fps = None,
    force: Force = False,
) -> None:
    """Show a few recordings as strips of frames and, on a page, in motion: alone or beside what a release made of them."""
    from maskeleton.verbs import view as verb

    *released, out = paths
    if len(released) > 1:
        raise UserError(f"view draws DATA and one release of it: {', '.join(released)} are {len(released)}",
                        "maskeleton view DATA RELEASED OUT.html")
    print(verb.view(data, out, released=released[0] if released else None, recording=recording, frames=frames,
                    turn=turn, format=format, pattern=pattern, people=people or (), skeleton=skeleton, fps=fps,
                    force=force))


for _verb in (audit, train, anonymize, evaluate, compare, release, verify, again):
    app.command()(_verb)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN/", help="The folder that audit or evaluate wrote with --out.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.html", help="The page to write.")],
    figures: Annotated[Path | None, typer.Option(metavar="DIR", help="Also draw figures for a paper, as SVG, PNG and PDF, "
                                                 "into this folder.")] = None,
    show_originals: Annotated[bool, typer.Option("--show-originals", help="With original motion, people's codes, seeds and "
                                                 "places: not for passing on.")] = False,
    force: Force = False,
) -> None:
    """Draw what a run found: one page that needs nothing else.

    First in plain words what to decide by, then everything else.
    """
    from maskeleton.verbs import report as verb

    print(verb.report(run, out, figures=figures, show_originals=show_originals, force=force))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")] = Path("demo"),
    seed: Seed = 0,
    jobs: Jobs = 2,
) -> None:
    """Run everything on people who do not exist.

    It ends with a page to open.
    """
    from maskeleton.verbs import demo as verb

    verb.demo(out, seed=seed, jobs=jobs)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: 0 done, 2 the user can mend it, 130 interrupted, anything else is a bug."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status: Any = app(arguments, standalone_mode=False)
        print(end="", flush=True)
        if status == 130:  # typer makes an exit of a Ctrl-C
            raise KeyboardInterrupt
        sys.exit(status if isinstance(status, int) else 0)
    except UserError as error:
        _fail(error.wrong, error.remedy)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; run the same command again to go on from here", file=sys.stderr)
        sys.exit(130)
    except OSError as fault:
        _give_up_printing()
        if fault.errno == errno.EPIPE:  # who read the output has gone, as `head` does
            sys.exit(0)
        if fault.errno not in MENDABLE:
            raise
        place = f": {fault.filename}" if fault.filename else ""
        _fail(f"{fault.strerror or fault}{place}", MENDABLE[fault.errno])
    except _UsageError as fault:
        if not sys.argv[1:] and arguments is None:
            print(fault.format_message())
            sys.exit(2)
        _fail(fault.format_message(), "maskeleton VERB --help lists what there is")


_UsageError: Any = typer.BadParameter.__mro__[2]  # click's ClickException, which typer carries under changing names


def _give_up_printing() -> None:
    """Where the output takes nothing any more, what is still to be printed goes nowhere: Python would try again at its end."""
    try:
        print(end="", flush=True)  # where there is no output at all, this is nothing
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(wrong: str, remedy: str) -> None:
    print(f"error: {printable(wrong)}", file=sys.stderr)
    if remedy:
        print(f"  try: {printable(remedy)}", file=sys.stderr)
    sys.exit(2)
