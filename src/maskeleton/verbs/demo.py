"""demo: the whole line, one verb after another, on people who do not exist; ends with a page, which a screen shows."""

import os
import sys
import webbrowser
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.jobs import remove
from maskeleton.mask import Mask
from maskeleton.page.overview import Step, contents
from maskeleton.page.steward import first_screen, sentence
from maskeleton.page.strip import strip
from maskeleton.page.table import figures
from maskeleton.page.terminal import shown
from maskeleton.progress import progress
from maskeleton.scorecard import Scorecard
from maskeleton.threads import one_thread
from maskeleton.verbs import anonymize as anonymizing
from maskeleton.verbs import train as training
from maskeleton.verbs.audit import audit
from maskeleton.verbs.convert import convert, told
from maskeleton.verbs.describe import describe
from maskeleton.verbs.describe import page as description
from maskeleton.verbs.evaluate import evaluate
from maskeleton.verbs.report import report as draw
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.view import heading, picture_of, spread

_OURS = ("people", "store", "audit", "model", "released", "released.key", "evaluated", "neutral", "neutral.key",
         "neutral-evaluated", "report.html")
NEUTRAL = "neutral"
KEEP, HIDE = "action", "subject"
DRAWS = 4  # of who has the anonymizer: more would take longer than all the others together
ATTACKS = ("features", "side")  # which need no network: done sooner than other processes would have begun
GAME = {"algorithm": "ensemble", "keepers": "1", "seekers": "1", "privacy": "0.2", "fidelity": "1", "lr_min": "0.0003"}
PEOPLE = ("The people of this page do not exist. They were made by maskeleton: each has a body, a posture and a way of moving "
          "of their own. So here originals may be shown, and everybody may read who is who.")
AUDITED = ("Attackers learned who is who from some recordings, and answered for others. Nothing was changed yet: this is "
           "what a dataset gives away as it is.")
TAUGHT = ("Two networks learned from a part of the recordings: the keeper to read what is done, the seeker to read who does "
          "it. Then a third learned to move every joint a little, so that the keeper still succeeds and the seeker no "
          "longer does. The other recordings are left for the test.")
RELEASED = ("The same recording before (above) and after (below). Everybody stands where people usually stand, and moves "
            "nearly as before: that is the point, and the difficulty.")
JUDGED = ("That one seeker is deceived does not matter: whoever gets the release can learn from it. So strangers were taught "
          "anew, by the original and by the release itself, and the strongest of them counts: that is what stands on top.")
UNTRAINED = ("The same people once more, by neutral, which nobody trains: everybody gets the same bones, and the posture, the "
             "tempo and the trembling that people have in common. How each of them moves is harder to take away.")
FEW = "A handful of people who do not exist: take the figures for what they show of the way, not of a method."
HONEST = FEW + " The training was short, too."


class Sizes(NamedTuple):
    """How much of everything: enough for something to be seen, and little enough for five minutes on two cores."""

    people: int = 12
    actions: int = 8
    takes: int = 2
    frames: int = 32
    epochs: int = 30  # of the anonymizer and its keeper
    lessons: int = 60  # of its seeker, for whom it is harder


USUAL = Sizes()


def demo(out: str | Path = "demo", *, seed: int = 0, jobs: int = 2, sizes: Sizes = USUAL) -> Path:
    """Run the whole line into the folder `out` and give its page, report.html."""
    out = Path(out)
    _make_room(out)
    taken, first = _people(out, seed, jobs, sizes)
    audited = _audit(out, seed)
    mask = _train(out, seed, sizes)
    changed = _anonymize(out, taken, mask, "released", str(out / "model"), jobs)
    evaluated = _evaluate(out, "released", "evaluated", str(out / "model"), seed)
    evened = _anonymize(out, taken, mask, NEUTRAL, NEUTRAL, jobs)
    untrained = _evaluate(out, NEUTRAL, "neutral-evaluated", NEUTRAL, seed)
    steps = [Step("Where the people came from", PEOPLE, contents(first, [("What they do, as a camera sees it", _drawn(taken))])),
             Step("What they gave away before", AUDITED, first_screen(audited) + figures(audited)),
             Step("How they were changed", f"{TAUGHT} {RELEASED}", _lessons(mask) + changed),
             Step("Without training: neutral", UNTRAINED, evened),
             Step("What neutral still gives away", f"{JUDGED} {HONEST}", first_screen(untrained) + figures(untrained))]
    _say(f"report {out / 'evaluated'} {out / 'report.html'} --show-originals")
    page = draw(out / "evaluated", out / "report.html", show_originals=True, chapters=steps)
    print()
    for name, card in (("trained", evaluated), (NEUTRAL, untrained)):
        for row in sorted(card.headline, key=lambda row: str(row["role"])):
            print(f"{name}: {sentence(row, card.verb)}")
    print(f"\nopen {page}")
    if has_screen():
        webbrowser.open(page.resolve().as_uri())
    return page


def has_screen() -> bool:
    """Whether somebody sits there to whom a page can be shown: not in tests, nor where machines build."""
    if "CI" in os.environ or "PYTEST_CURRENT_TEST" in os.environ or not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _make_room(out: Path) -> None:
    """Nothing is deleted that the demo has not written."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / _OURS[0] / "run.json").is_file() and any(not file.name.startswith(".") for file in out.iterdir()):
        raise UserError(f"{out} is a folder that the demo has not written", "choose another folder with --out")
    for name in reversed(_OURS):
        remove(out / name)


def _people(out: Path, seed: int, jobs: int, sizes: Sizes) -> tuple[MotionDataset, Mapping[str, object]]:
    """Files as a lab has them, what is in them, and a store of them."""
    files, stored = out / "people", out / "store"
    _say(f"synthesize {files} --preset tiny --people {sizes.people} --actions {sizes.actions} --takes {sizes.takes} "
         "--cameras 1 --to ntu")
    with progress("synthesize") as report:
        made = synthesize(files, preset="tiny", people=sizes.people, actions=sizes.actions, takes=sizes.takes, cameras=1,
                          to="ntu", seed=seed, jobs=jobs, report=report)
    print(told(made, files))
    _say(f"describe {files}")
    found = describe(files, jobs=jobs)
    print(description(found))
    _say(f"convert {files} {stored} --clean all")
    taken = convert(files, stored, clean_steps=["all"], seed=seed, jobs=jobs)
    print(told(taken, stored))
    assert taken.dataset is not None
    return taken.dataset, found


def _audit(out: Path, seed: int) -> Scorecard:
    _say(f"audit {out / 'store'} --hide {HIDE} --keep {KEEP} {_options('attack', ATTACKS)} --seeds 1 --out {out / 'audit'}")
    with progress("audit") as report:
        card = audit(out / "store", hide=[HIDE], keep=[KEEP], attacks=ATTACKS, seeds=1, out=out / "audit", seed=seed,
                     report=report)
    print(shown(card))
    return card


def _train(out: Path, seed: int, sizes: Sizes) -> Mask:
    own = {"frames": str(sizes.frames), "epochs": str(sizes.epochs), "keeper.epochs": str(sizes.epochs),
           "seeker.epochs": str(sizes.lessons), **GAME}
    _say(f"train {out / 'store'} {out / 'model'} --keep {KEEP} --hide {HIDE} {_settings(own)}")
    with progress("train") as report, one_thread():
        mask = training.train(out / "store", out / "model", keep=[KEEP], hide=[HIDE], set=own, seed=seed, report=report)
    print(training.told(mask, out / "model"))
    return mask


def _anonymize(out: Path, original: MotionDataset, mask: Mask, name: str, made_by: str, jobs: int) -> str:
    """A release, and one recording of it that the model has not learned from, drawn below what it was."""
    released = out / name
    _say(f"anonymize {out / 'store'} {released} --with {made_by}")
    with progress("anonymize") as report:
        taken = anonymizing.anonymize(out / "store", released, mask=made_by, jobs=jobs, report=report)
    print(anonymizing.told(taken, released, None))
    after = store.open(released)
    strange = np.flatnonzero(~np.isin(np.array(original.hashes, str), mask.trained_on["hashes"]))
    index = int(strange[spread(original.select(strange), 1)[0]])
    return "<figure>" + strip(original[index], original.skeleton, title=heading(original, index),
                              below=after[after.ids.index(original.ids[index])], fps=original.fps) + "</figure>"


def _evaluate(out: Path, name: str, run: str, made_by: str, seed: int) -> Scorecard:
    original, released = out / "store", out / name
    _say(f"evaluate {original} {released} --keep {KEEP} --hide {HIDE} --with {made_by} {_options('attack', ATTACKS)} "
         f"--seeds 1 --draws {DRAWS} --out {out / run}")
    with progress("evaluate") as report:
        card = evaluate(original, released, keep=[KEEP], hide=[HIDE], mask=made_by, attacks=ATTACKS, seeds=1, draws=DRAWS,
                        out=out / run, seed=seed, report=report)
    print(shown(card))
    return card


def _lessons(mask: Mask) -> str:
    """How the game went, in one sentence and a few of its epochs."""
    names = {f"check_keep_{KEEP}": "keeper is right", f"check_hide_{HIDE}": "seeker is right",
             "check_rmse": "joints moved by"}
    names = {key: word for key, word in names.items() if mask.curves and key in mask.curves[-1]}
    some = [mask.curves[int(place)] for place in np.unique(np.linspace(0, len(mask.curves) - 1, 5).round())]
    head = "".join(f'<th class="n">{word}</th>' for word in names.values())
    rows = "".join(f'<tr><td>{row["epoch"]:g}</td>' + "".join(f'<td class="n">{row[key]:.3f}</td>' for key in names)
                   + "</tr>" for row in some)
    return (f'<p class="soft">{escape(mask.name)}, {len(mask.curves)} epochs, on recordings that it did not learn from; '
            f"distances where bodies have their normal size.</p><table><tr><th>epoch</th>{head}</tr>{rows}</table>")


def _drawn(dataset: MotionDataset) -> str:
    return picture_of(dataset, frames=8, most=8)


def _options(name: str, values: tuple[str, ...]) -> str:
    return " ".join(f"--{name} {value}" for value in values)


def _settings(pairs: Mapping[str, str]) -> str:
    return " ".join(f"--set {key}={value}" for key, value in pairs.items())


def _say(command: str) -> None:
    print(f"\n$ maskeleton {command}", flush=True)
