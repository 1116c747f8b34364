"""Words: what a scorecard says, as one would tell it to somebody who looks after data and never wrote a program."""

import re
from collections.abc import Mapping
from typing import Any

from maskeleton.page.bars import bare, percent
from maskeleton.verdict import found

THREATS = {
    "before": "learned from the original, looks at the original",
    "naive": "learned from the original, looks at the release",
    "renormalized": "learned from the original, looks at the release brought to the original's usual build and place",
    "adaptive": "learned from the release, looks at the release",
    "analytic": "the author's own way back is gone first; learned from the original or from that, whichever finds more",
    "donor": "learned from originals and releases; right with anybody whose motion is in it",
    "transfer": "learned from the release, looks at the original",
    "paired": "a way back learned from originals and their releases is gone first; learned from the original",
    "twice": "looks at the mean of several releases of the same, or at what they differ in",
    "informed": "learned from old recordings released anew with the same anonymizer, looks at the release",
}
NOUNS = {"subject": "Who it is", "action": "What is done"}
WHAT = {"top1": "right in so many of 100", "rank1": "right in so many of 100",
        "auc": "of two recordings, one of each kind, put the right way round in so many of 100"}
TRAITS = {  # of motion, in the order in which they are told
    "rmse": "Distance of joints, root of the mean square", "rmse_paper": "The same, counted as the paper does",
    "mpjpe": "Mean distance of joints", "mpjpe_root": "Mean distance of joints, hips on hips",
    "mpjpe_root_undone": "Mean distance of joints once undone by learning from pairs, hips on hips",
    "mpjpe_pose": "Mean distance of joints, bodies laid on each other", "acceleration_error": "Error of acceleration",
    "jerk": "Jerk", "bones_over_time": "How much a bone's length changes within a recording",
    "bones_between_people": "How much bones differ between people",
    "foot_slide": "Speed of feet that stand", "foot_sink": "Depth of feet below the floor",
}


PLAINLY = (  # what warnings say in the words of the house, and in everybody's
    (r"^(.+): file names and their order alone tell it .*$",
     "{0}: file names and their order alone give it away. They must be replaced before anything is passed on."),
    (r"^(.+): no label parts a person from the day .*$",
     "{0}: nothing in the data tells a person from the day of their recording. Read it as “the person, or the day”."),
    (r"^(.+): the score still rises with more (.+) to learn from.*$",
     "{0}: with more {1} to learn from, attackers would find more. Read the figure as “at least”."),
    (r"^(.+): not found in the release: .*$",
     "{0}: nobody found it in the release. That is no proof: see how small a trace would have been found."),
    (r"^(.+): not found: that is no proof.*$",
     "{0}: nobody found it. That is no proof: see how small a trace would have been found."),
    (r"^(\w+), (\w+), (.+): cannot be trusted: on labels that say nothing it scores (\S+) where chance is (\S+)$",
     "{0}: the test cannot be trusted. Taught with answers dealt out at random, one attacker ({2}, {1}) got {3}; guessing "
     "gets {4}."),
    (r"^(.+): no headline: nobody was asked who learned from the release .*$",
     "{0}: there is no result. Nobody was asked who learned from the release itself, which is what anybody does who gets it."),
    (r"^(\w+), (.+): does not recognize the original: .*$",
     "{0}: one of the attackers ({1}) does not recognize the original. That they fail on a release proves nothing."),
    (r"^(.+): cannot be trusted: no judge recognizes it on the original$",
     "{0}: the test cannot be trusted. Nobody recognized it on the original, so that nobody does on the release says nothing."),
)


def plainly(warning: str) -> str:
    """A warning in words that need not be learned, where there are such; else as it stands."""
    for pattern, words in PLAINLY:
        if match := re.match(pattern, warning):
            label, *rest = match.groups()
            return words.format(noun(label), *rest)
    return warning


def noun(label: str) -> str:
    """What a label is about, at the beginning of a sentence."""
    return NOUNS.get(label, label[:1].upper() + label[1:])


def attacker(attack: str, judge: str) -> str:
    """Who asked, as a noun with its article."""
    if attack == "pool":
        name, _, size = judge.rpartition(", ")
        many = "all recordings" if size == "all" else f"{size} recordings"
        return f"{many} of a person together, {attacker(*_parted(name))}"
    if attack == "assign":
        return f"one recording of everybody, each name given once, {attacker(*_parted(judge))}"
    own = f" ({judge})" if judge else ""
    if attack == "side":
        return {"recording": "what needs no motion: length, bodies, lost joints",
                "file": "file names and their order alone"}.get(judge, f"what needs no motion{own}")
    if attack == "link":
        return "comparison with recordings of another release"
    if (attack, judge) == ("features", "steady"):
        return "statistics of the movement, without what trembles fast"
    return {"classify": f"a neural network{own}", "features": f"statistics of the movement{own}",
            "match": f"comparison with known recordings{own}", "near": f"distance to the nearest original{own}"}.get(
                attack, f"{attack}{own}")


def _parted(name: str) -> tuple[str, str]:
    attack, _, judge = name.partition(" ")
    return attack, judge


def of_hundred(row: Mapping[str, Any]) -> str:
    """A rate as a count of a hundred."""
    count = f"{bare(row['rate'])} of 100"
    if row["metric"] == "auc":
        return f"of two recordings, one of each kind, the strongest attacker tells which is which in {count} cases"
    return f"the strongest attacker is right about {count} recordings"


def sentence(row: Mapping[str, Any], verb: str) -> str:
    """The headline of a label in words."""
    guess = f"somebody who guesses, {'in' if row['metric'] == 'auc' else 'about'} {bare(row['chance'])}"
    if row["role"] == "keep":
        return _kept(row, verb)
    where = "from these recordings" if verb == "audit" else "from the release"
    if found(row):
        return f"{noun(row['label'])} can be told {where}: {of_hundred(row)}; {guess}."
    return f"{noun(row['label'])} was not found by these attackers: {of_hundred(row)}; {guess}. That is no proof."


def _kept(row: Mapping[str, Any], verb: str) -> str:
    told = of_hundred(row).replace("the strongest attacker is", "who learns it is").replace(
        "the strongest attacker tells", "who learns it tells")
    if verb == "audit" or "of_original" not in row:
        return f"{noun(row['label'])} can be learned: {told}." if found(row) else \
            f"{noun(row['label'])} could not be learned: {told}."
    more = " It is more than the original gave, and counts as all of it." if row.get("flagged") else ""
    return (f"{noun(row['label'])}: {percent(row['of_original'])} of the original's usefulness is left: {told}.{more}")


def beside(row: Mapping[str, Any], verb: str) -> str:
    """What stands beside a headline: by whom, how sure, and what it was before."""
    by = row["by"]
    told = [f"Asked: {attacker(by['attack'], by['judge'])}; {THREATS.get(by['threat'], by['threat'])}.",
            f"With other people of the same kind it would lie between {percent(row['low'])} and {percent(row['high'])}."]
    if row["null"] is not None:
        told.append(f"Taught with labels that say nothing, the best of them gets {percent(row['null'])} (null).")
    if verb != "audit":
        told += [f"On the original, before anything was changed, it was {percent(row['before'])}."] \
            if "before" in row else []
        told += [f"One who learned from the original and looks at the release, as yesterday's models do, gets "
                 f"{percent(row['naive'])}."] if "naive" in row else []
    return " ".join(told)


def limit(row: Mapping[str, Any]) -> str:
    """The smallest planted signature that was found."""
    unit = {"°": "degrees"}.get(row["unit"], row["unit"])
    if row["size"] is None:
        return (f"signs that we planted ({row['kind']}) were not found even at {max(row['tried']):g} {unit}: "
                "of such signs this test can say nothing.")
    return f"signs that we planted ({row['kind']}) are found from {row['size']:g} {unit} on."


def learning(rows: list[dict[str, Any]]) -> str:
    """How the score grows with what is learned from."""
    of = rows[0].get("of", "recordings")
    told = ", ".join(f"{percent(row['rate'])} from {percent(row['share'])}" for row in rows)
    return f"learned from a share of the {of}: {told}."
