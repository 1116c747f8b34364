"""The commands that learn or release, each a thin layer over the function of its name."""

from pathlib import Path
from typing import Annotated

import typer

from maskeleton.options import (
    Attacks,
    Data,
    Device,
    Force,
    Fps,
    From,
    Hide,
    Jobs,
    Judges,
    Keep,
    Minutes,
    NumShards,
    On,
    Out,
    Pattern,
    People,
    Plan,
    Precision,
    Run,
    Seed,
    Seeds,
    Settings,
    ShardIndex,
    Target,
    Threats,
    To,
    bounds_of,
    machine,
    pairs,
    words_of,
)


def audit(
    data: Data,
    hide: Hide,
    keep: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="A label that must stay; action, where there "
                                                   "is one.")] = None,
    judge: Judges = None,
    attack: Attacks = None,
    split: Annotated[str | None, typer.Option(help="How hidden labels are split: person, take, camera:1,2 …")] = None,
    seeds: Seeds = 3,
    open_set: Annotated[bool, typer.Option("--open-set", help="Also compare people nobody was trained on.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Also say where it lives: each channel of the motion "
                                          "alone.")] = False,
    minutes: Minutes = None,
    out: Run = None,
    set: Settings = None,
    device: Device = "auto",
    precision: Precision = "auto",
    format: From = None,
    pattern: Pattern = None,
    people: People = None,
    skeleton: Plan = None,
    fps: Fps = None,
    seed: Seed = 0,
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    on: On = "local",
    force: Force = False,
) -> None:
    """Say who and what can be read off a dataset.

    With intervals over people, beside chance and a measured null.
    """
    from maskeleton.page.terminal import shown
    from maskeleton.progress import progress
    from maskeleton.verbs import audit as verb

    with progress("audit") as report:
        card = verb.audit(data, hide=hide, keep=keep, judges=judge or ("tcn",), attacks=attack or verb.ATTACKS_ASKED,
                          by=split, seeds=seeds, open_set=open_set, explain=explain, minutes=minutes, out=out,
                          set=machine(set, device, precision), format=format, pattern=pattern, people=people or (),
                          skeleton=skeleton, fps=fps, seed=seed, jobs=jobs,
                          share=(shard_index, num_shards), on=on, force=force, report=report)
    print(shown(card))


def train(
    data: Data,
    out: Annotated[Path, typer.Argument(metavar="MODEL/", help="The folder to write.")],
    keep: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="A label that must stay recognizable.")] = None,
    hide: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="A label that must not be recognizable.")] = None,
    anonymizer: Annotated[str | None, typer.Option(metavar="NAME", help="residual, autoencoder, unet or temporal; bones, "
                                                "neutral and typical only learn what people have in common.")] = None,
    algorithm: Annotated[str | None, typer.Option(metavar="NAME", help="adversarial or ensemble.")] = None,
    preset: Annotated[str, typer.Option(help="default, or a row of the paper's tables: etri-res-adv …")] = "default",
    split: Annotated[str | None, typer.Option(help="How what is learned from is parted from the rest: person, take, "
                                              "camera …; all holds nothing back.")] = None,
    minutes: Minutes = None,
    target_risk: Target = None,
    set: Settings = None,
    device: Device = "auto",
    precision: Precision = "auto",
    format: From = None,
    pattern: Pattern = None,
    people: People = None,
    skeleton: Plan = None,
    fps: Fps = None,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Train an anonymizer: actions stay, people go."""
    from maskeleton.progress import progress
    from maskeleton.verbs import train as verb

    with progress("train") as report:
        mask = verb.train(data, out, keep=keep or (), hide=hide or (), anonymizer=anonymizer, algorithm=algorithm,
                          preset=preset, by=split, minutes=minutes, target_risk=target_risk, set=pairs(set or []),
                          device=device, precision=precision, format=format, pattern=pattern, people=people or (),
                          skeleton=skeleton, fps=fps, seed=seed, force=force, report=report,
                          say=lambda words: print(words, flush=True))
    print(verb.told(mask, out))


def anonymize(
    data: Data,
    out: Out,
    mask: Annotated[str, typer.Option("--with", metavar="MODEL/|NAME", help="A trained model, or an anonymizer that "
                                      "needs no training: noise.")],
    strength: Annotated[float | None, typer.Option(min=0, help="0 changes nothing, 1 is what was trained; without, what the "
                                                   "model says.")] = None,
    target_risk: Target = None,
    hide: Annotated[list[str] | None, typer.Option("--hide", metavar="LABEL", help="The label that --target-risk is "
                                                   "about.")] = None,
    keep: Annotated[list[str] | None, typer.Option("--keep", metavar="LABEL", help="What --target-risk is to say the cost of; "
                                                   "action, where there is one.")] = None,
    set: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option, such as sigma=0.02, or "
                                                  "path=own to keep where people walked.")] = None,
    to: To = "store",
    key: Annotated[Path | None, typer.Option(metavar="KEYFILE", help="The secret key of an earlier run: recordings that are "
                                             "the same come out the same. Without, OUT.key.")] = None,
    seed: Annotated[int | None, typer.Option(help="For tests only: what is random comes from it, so that anybody can "
                                             "undo it.")] = None,
    format: From = None,
    pattern: Pattern = None,
    people: People = None,
    skeleton: Plan = None,
    fps: Fps = None,
    device: Device = "cpu",
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    on: On = "local",
    force: Force = False,
) -> None:
    """Change the motion so that it gives less away.

    What it writes keeps ids and history: it is not for publishing yet.
    """
    from maskeleton.progress import progress
    from maskeleton.verbs import anonymize as verb

    with progress("anonymize") as report:
        taken = verb.anonymize(data, out, mask=mask, strength=strength, target_risk=target_risk, hide=hide or (),
                               keep=keep or (), set=pairs(set or []), to=to, key=key, seed=seed,
                               format=format, pattern=pattern, people=people or (), skeleton=skeleton, fps=fps,
                               device=device, jobs=jobs, share=(shard_index, num_shards), on=on, force=force, report=report)
    print(verb.told(taken, out, seed, key))


def evaluate(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL", help="What was anonymized.")],
    released: Annotated[str, typer.Argument(metavar="RELEASED", help="What anonymize wrote.")],
    keep: Keep,
    hide: Hide,
    mask: Annotated[Path | None, typer.Option("--with", metavar="MODEL/|NAME", help="What made the release: "
                                              "what it learned from is left out, and its inverse is tried.")] = None,
    threat: Threats = None,
    others: Annotated[str | None, typer.Option(metavar="DATA", help="Originals that the attacker has: other people, or "
                                               "others of the same people; for the threat informed.")] = None,
    twice: Annotated[list[str] | None, typer.Option(metavar="RELEASED2", help="Another release of the same recordings, "
                                                    "attacked together with the first.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="How often the attacker of the threat informed releases old recordings "
                                       "anew.")] = 20,
    attack: Attacks = None,
    judge: Judges = None,
    split: Annotated[str | None, typer.Option(help="How hidden labels are split: person, take, camera:1,2 …")] = None,
    seeds: Seeds = 3,
    open_set: Annotated[bool, typer.Option("--open-set", help="Also compare people nobody was trained on.")] = False,
    minutes: Minutes = None,
    out: Run = None,
    set: Settings = None,
    device: Device = "auto",
    precision: Precision = "auto",
    format: From = None,
    seed: Seed = 0,
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    on: On = "local",
    force: Force = False,
) -> None:
    """Say what a release gives away to attackers who learn from it.

    And what it is still good for.
    """
    from maskeleton.page.terminal import shown
    from maskeleton.progress import progress
    from maskeleton.threats import THREATS
    from maskeleton.verbs import evaluate as verb

    with progress("evaluate") as report:
        card = verb.evaluate(original, released, keep=keep, hide=hide, mask=mask, threats=threat or tuple(THREATS),
                             attacks=attack or verb.ATTACKS_ASKED, judges=judge or verb.JUDGES_ASKED, by=split, seeds=seeds,
                             open_set=open_set, others=others, twice=twice or (), draws=draws,
                             minutes=minutes, out=out, set=machine(set, device, precision), format=format, seed=seed,
                             jobs=jobs, share=(shard_index, num_shards), on=on, force=force, report=report)
    print(shown(card))


def release(
    data: Annotated[str, typer.Argument(metavar="RELEASED", help="What anonymize wrote.")],
    out: Out,
    like: Annotated[str, typer.Option(metavar="FORMAT", help="The format the lab started from: ntu, etri, pyskl …")],
    original: Annotated[str | None, typer.Option(metavar="DATA", help="What was anonymized: attacks on the files look for "
                                                 "it in them.")] = None,
    pseudonyms: Annotated[Path | None, typer.Option(metavar="KEYFILE", help="The key of the pseudonyms: people keep their "
                                                    "numbers from release to release. It is drawn where there is none; "
                                                    "without, each release has a key of its own.")] = None,
    drop_labels: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="A label that must not go out.")] = None,
    keep_labels: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="A label that goes out as it is, besides "
                                                          "action, camera, setup and the new numbers.")] = None,
    bands: Annotated[list[str] | None, typer.Option(metavar="LABEL=BOUNDS", help="A label of numbers that goes out in "
                                                    "bands: age=0,18,65.")] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="SUBJECT", help="A person who is left out.")] = None,
    lengths: Annotated[int, typer.Option(metavar="FRAMES", help="Recordings, and bodies in them, begin and end at "
                                         "multiples of this: their lengths say less.")] = 1,
    previous: Annotated[list[Path] | None, typer.Option(metavar="OUT", help="An earlier release of the same people: both are "
                                                        "attacked together. Those made with KEYFILE are found by "
                                                        "themselves.")] = None,
    mask: Annotated[Path | None, typer.Option("--with", metavar="MODEL/", help="What made the release: it gets a card, and "
                                              "it is said whether it learned from people who are left out.")] = None,
    evaluation: Annotated[Path | None, typer.Option(metavar="RUN/", help="What evaluate found of this release: its "
                                                    "headline goes along.")] = None,
    title: Annotated[str, typer.Option(help="What the release is called.")] = "",
    licence: Annotated[str, typer.Option(metavar="TEXT|FILE", help="Under what terms it may be used.")] = "",
    citation: Annotated[str, typer.Option(metavar="TEXT|FILE", help="How its source wants to be cited.")] = "",
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not attack the files before they appear.")] = False,
    format: From = None,
    jobs: Jobs = 1,
    shard_index: ShardIndex = 0,
    num_shards: NumShards = 1,
    on: On = "local",
    force: Force = False,
) -> None:
    """Make of a release files that may leave the house.

    In the format the lab started from, with nothing else in them.
    """
    from maskeleton.progress import progress
    from maskeleton.verbs import release as verb

    with progress("release") as report:
        made = verb.release(data, out, like=like, original=original, pseudonyms=pseudonyms,
                            drop_labels=words_of(drop_labels), keep_labels=words_of(keep_labels),
                            bands=bounds_of(bands), without=without or (), lengths=lengths, previous=previous or (), mask=mask,
                            evaluation=evaluation, title=title, licence=licence, citation=citation, verify=not no_verify,
                            format=format, jobs=jobs, share=(shard_index, num_shards), on=on, force=force, report=report)
    print(verb.told(made, like))


def verify(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="What release wrote.")],
    original: Annotated[str | None, typer.Option(metavar="DATA", help="What was anonymized: it is looked for in the "
                                                 "files.")] = None,
    jobs: Jobs = 1,
) -> None:
    """Attack the files of a release.

    With exit code 2 where something is found that should not be in them.
    """
    from maskeleton.progress import progress
    from maskeleton.verbs import verify as verb

    with progress("verify") as report:
        found = verb.verify(out, original=original, jobs=jobs, report=report)
    print(verb.told(found, out), flush=True)
    verb.refuse_leaks(found, out)


def compare(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL", help="What was anonymized.")],
    released: Annotated[list[str], typer.Argument(metavar="RELEASED …", help="What anonymize made of it, two or more.")],
    keep: Keep,
    hide: Hide,
    out: Annotated[Path, typer.Option("--out", metavar="RUN/", help="Keep what was found in this folder.")],
    masks: Annotated[list[str] | None, typer.Option("--with", metavar="RELEASED=MODEL/", help="The model that made a release, by "
                                                    "the release's name: what it learned from is left out for all.")] = None,
    threat: Threats = None,
    attack: Attacks = None,
    judge: Judges = None,
    split: Annotated[str | None, typer.Option(help="How hidden labels are split: person, take, camera:1,2 …")] = None,
    seeds: Seeds = 3,
    minutes: Minutes = None,
    set: Settings = None,
    device: Device = "auto",
    precision: Precision = "auto",
    format: From = None,
    seed: Seed = 0,
    jobs: Jobs = 1,
    force: Force = False,
) -> None:
    """Put several releases of one dataset side by side.

    Privacy against what is kept, read at equal risk, as a table and a picture.
    """
    from maskeleton.progress import progress
    from maskeleton.standing import standings
    from maskeleton.threats import THREATS
    from maskeleton.verbs import compare as verb
    from maskeleton.verbs.evaluate import ATTACKS_ASKED, JUDGES_ASKED

    with progress("compare") as report:
        card = verb.compare(original, released, keep=keep, hide=hide, out=out, masks=pairs(masks or []),
                            threats=threat or tuple(THREATS), attacks=attack or ATTACKS_ASKED, judges=judge or JUDGES_ASKED,
                            by=split, seeds=seeds, minutes=minutes, set=machine(set, device, precision), format=format, seed=seed,
                            jobs=jobs, force=force, report=report)
    print(standings(card))


def again(
    run: Annotated[Path, typer.Argument(metavar="RUN/run.json", help="The record of a run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Where to write this time; it must not be there yet.")],
    key: Annotated[Path | None, typer.Option(metavar="KEYFILE", help="The secret key of an anonymization: without it the "
                                             "same cannot come out.")] = None,
    jobs: Jobs = 1,
    force: Force = False,
) -> None:
    """Run a verb again, as its record says.

    With exit code 2 where something else comes out.
    """
    from maskeleton.progress import progress
    from maskeleton.verbs import again as verb

    with progress("again") as report:
        found = verb.again(run, new, key=key, jobs=jobs, force=force, report=report)
    print(verb.told(found, new))
