"""Reliability: every verb that writes is killed at many moments and goes on; what comes out is compared with what an
uninterrupted run makes.

Half of the kills fall on a moment at which it changes something on the disk, half some milliseconds later, wherever it
is then. The goal is no difference.
"""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

KILLS = int(os.environ.get("MASKELETON_MOST", "30"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def measure(device: str = "cpu") -> list[dict[str, object]]:
    from faults import VERBS, Rooms, furnish

    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        rooms = Rooms(furnish(Path(folder) / "inputs"), Path(folder))
        return [row(verb, killed(rooms, verb, KILLS)) for verb in VERBS]


def killed(rooms, verb: str, kills: int) -> list[str]:
    """What was another after any of so many kills, in words."""
    from faults import VERBS, Fault, differences, made, outputs

    room = rooms.new()
    ended = rooms.run(room, VERBS[verb])
    if ended.status:
        raise RuntimeError(f"{verb}: {ended.said}")
    want, found, dice = made(room), [], random.Random()
    for number in range(kills):
        fault = Fault("kill", dice.randint(1, ended.moments), dice.uniform(0.0002, 0.02) if number % 2 else 0.0)
        room = rooms.new()
        rooms.run(room, VERBS[verb], fault)
        stood = bool({"out", "out.svg", "out.html"} & {*outputs(room)})
        again = rooms.run(room, VERBS[verb])
        got = made(room)
        if again.status == 2 and stood:  # it had appeared before the kill; what is hidden beside it is not part of it
            got = {name: told for name, told in got.items() if not name.startswith(".")}
        elif again.status:
            found.append(f"{fault}: it does not go on: {again.said[-300:]}")
        found += [f"{fault}: {one}" for one in differences(want, got)]
        shutil.rmtree(room)
    for one in found:
        print(f"  {verb}: {one}", file=sys.stderr, flush=True)
    print(f"  {verb}: {kills} kills, {len(found)} differences", file=sys.stderr, flush=True)
    return found


def row(verb: str, found: list[str]) -> dict[str, object]:
    return {"what": f"{verb}: differences after {KILLS} kills", "ours": float(len(found)), "theirs": 0.0, "unit": "differences",
            "ratio": float(len(found)), "goal": "0"}
