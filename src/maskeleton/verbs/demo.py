"""demo: everything there is so far, one verb after another, on people who do not exist; ends with a page to open."""

from pathlib import Path

from maskeleton.errors import UserError
from maskeleton.jobs import atomic, remove
from maskeleton.page.overview import overview
from maskeleton.progress import progress
from maskeleton.verbs.audit import audit
from maskeleton.verbs.convert import convert, told
from maskeleton.verbs.describe import describe
from maskeleton.verbs.describe import page as description
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.view import picture_of
from maskeleton.verdict import table

_OURS = ("people", "store", "audit", "report.html")
READ = ("Attackers learned from some recordings and answered for others. Each line is one of them: how often it is "
        "right, between which limits that would lie with other people (in brackets), a stroke where chance is, and what "
        "the same attacker makes of labels that say nothing (null).")


def demo(out: str | Path = "demo", *, seed: int = 0, jobs: int = 2) -> Path:
    """Run the whole line into the folder `out` and give its page, report.html."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if not (out / _OURS[0] / "run.json").is_file() and any(not file.name.startswith(".") for file in out.iterdir()):
        raise UserError(f"{out} is a folder that the demo has not written", "choose another folder with --out")
    for name in reversed(_OURS):
        remove(out / name)
    files, stored = out / "people", out / "store"
    _say(f"maskeleton synthesize {files} --preset tiny --people 8 --actions 16 --to ntu")
    with progress("synthesize") as report:
        made = synthesize(files, preset="tiny", people=8, actions=16, to="ntu", seed=seed, jobs=jobs, report=report)
    print(told(made, files))
    _say(f"maskeleton describe {files}")
    found = describe(files, jobs=jobs)
    print(description(found))
    _say(f"maskeleton convert {files} {stored} --clean all")
    taken = convert(files, stored, clean_steps=["all"], seed=seed, jobs=jobs)
    print(told(taken, stored))
    assert taken.dataset is not None
    _say(f"maskeleton view {stored} people.svg")
    pictures = [("What they do, as a camera sees it", picture_of(taken.dataset, frames=8, most=16))]
    lead = ("People who do not exist, made by maskeleton: each has a body, a posture and a way of moving of their own. "
            "This is what a lab sees first of its own data.")
    _say(f"maskeleton audit {stored} --hide subject --attack features --attack side --seeds 1 "
         f"--out {out / _OURS[2]}")
    with progress("audit") as report:
        card = audit(stored, hide=["subject"], attacks=["features", "side"], seeds=1, out=out / _OURS[2], seed=seed,
                     jobs=jobs, report=report)
    print(table(card))
    tables = [("What can be read off them", READ, table(card))]
    with atomic(out / "report.html") as page:
        page.write_text(overview("A dataset of synthetic people", lead, found, pictures, tables), "utf-8")
    print(f"\nopen {out / 'report.html'}")
    return out / "report.html"


def _say(command: str) -> None:
    print(f"\n$ {command}", flush=True)
