"""Cleaning: what is wrong with a recording, step by step, and mending it. See `docs/clean.md` for the limits.

A step is a function `(motion, context) -> (motion or SetAside, clauses)`: the recording mended, or the same object
where the step finds nothing wrong, or why it cannot be used; and a clause for each fault. The steps of `STEPS` stand
in the order in which they are applied, each on what the ones before it have mended.
"""

from collections.abc import Sequence

import numpy as np

from maskeleton.clean.clock import clock
from maskeleton.clean.ghosts import ghosts
from maskeleton.clean.joints import joints, spikes
from maskeleton.clean.presence import empty, gaps, short
from maskeleton.clean.step import Context, Finding, SetAside, Step
from maskeleton.clean.swaps import swaps
from maskeleton.errors import UserError, listed, pick
from maskeleton.motion import Motion
from maskeleton.skeleton import Skeleton

STEPS: dict[str, Step] = {"empty": empty, "joints": joints, "clock": clock, "swaps": swaps, "gaps": gaps,
                          "spikes": spikes, "ghosts": ghosts, "short": short}
DUPLICATES = "duplicates"  # between recordings, so no step of one
WORDS = (*STEPS, DUPLICATES)

__all__ = ["DUPLICATES", "STEPS", "WORDS", "Context", "Finding", "SetAside", "choose", "find", "mend"]


def find(motion: Motion, skeleton: Skeleton, fps: float) -> list[Finding]:
    """Everything that is wrong with a recording: what mending with all steps would do."""
    return mend(motion, skeleton, fps, tuple(STEPS))[1]


def mend(
    motion: Motion, skeleton: Skeleton, fps: float, steps: Sequence[str]
) -> tuple[Motion | SetAside, list[Finding]]:
    """The recording mended by these steps, in the order of STEPS, or set aside; and what was found on the way."""
    context = Context(skeleton, fps)
    findings: list[Finding] = []
    with np.errstate(all="ignore"):  # what is not a number is compared all the time, and fails every comparison
        for name, step in STEPS.items():
            if name in steps:
                mended, clauses = step(motion, context)
                findings += [Finding(name, motion.id, clause) for clause in clauses]
                if isinstance(mended, SetAside):
                    return mended, findings
                motion = mended
    return motion, findings


def choose(words: Sequence[str]) -> tuple[str, ...]:
    """The steps that `--clean` asks for, in their order: names of steps, or 'all', or 'none'."""
    shelf = dict.fromkeys((*WORDS, "all", "none"))
    words = [words] if isinstance(words, str) else words
    for word in words:
        pick(word, shelf, "step of cleaning")
    if "none" in words and set(words) != {"none"}:
        others = listed(dict.fromkeys(word for word in words if word != "none"))
        raise UserError(f"--clean says none and {others} at once", "leave out one of them")
    return tuple(word for word in WORDS if word in words or "all" in words)
