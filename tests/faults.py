"""Every verb that writes, on tiny inputs, in a process to which anything can be done at a chosen moment.

A moment is one at which the verb changes something on the disk, counted from 1: it opens a file to write, renames,
removes, links or makes a folder. Processes are forked off one that has loaded everything, so that each costs little.
"""

import errno
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine
from maskeleton.fit import fit
from maskeleton.motion import Motion
from maskeleton.pseudonyms import Pseudonyms
from maskeleton.reading import linear_reading
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.convert import convert
from maskeleton.verbs.evaluate import evaluate

from people import stepping

TAUGHT = {"widths": "8,8,8", "least_steps": 0, "epochs": 12, "frames": 8, "batch": 6, "lr": 0.01, "warmup": 0, "turn": 0,
          "crop": 1}
GAME = ["keeper=keeper", "seeker=seeker", "frames=8", "batch=12", "optimizer=sgd", "lr_min=0.01", "lr_max=0.003",
        "privacy=0.3", "fidelity=1.0", "epochs=3"]
ASKED = ["--keep", "action", "--hide", "gender", "--attack", "side", "--seeds", "1"]
VERBS: dict[str, list[str]] = {  # each writes to `out`, from inside a room
    "convert": ["convert", "files", "out"],
    "convert to a file": ["convert", "data", "out", "--to", "npz"],
    "synthesize": ["synthesize", "out", "--people", "3", "--actions", "2", "--takes", "1", "--cameras", "1"],
    "anonymize": ["anonymize", "data", "out", "--with", "noise", "--key", "key"],
    "train": ["train", "data", "out", "--keep", "action", "--hide", "gender", "--split", "all", "--device", "cpu",
              *(word for pair in GAME for word in ("--set", pair))],
    "audit": ["audit", "data", *ASKED, "--out", "out"],
    "evaluate": ["evaluate", "data", "anonymized", *ASKED, "--threat", "adaptive", "--out", "out"],
    "release": ["release", "anonymized", "out", "--like", "ntu", "--original", "data", "--pseudonyms", "names"],
    "view": ["view", "data", "out.svg"],
    "report": ["report", "run", "out.html"],
}
INPUTS = ("data", "files", "anonymized", "keeper", "seeker", "key", "names", "run")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
MINUTES = re.compile(rb'"minutes": [0-9.e-]+|<td[^<>]*>[0-9.<> ]*</td></tr>')  # in results.json, in table.html


class Ended(NamedTuple):
    """How a process ended, what it said on stderr, and how many moments it had; those of one that was killed are not
    known."""

    status: int
    said: str
    moments: int


# ── what is done to a process ────────────────────────────────────────────────────────────────────────────────────────


def kill(after: float = 0.0) -> None:
    """End this process as kill -9 does, at once or so many seconds later, in the middle of whatever it does then."""
    if after <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    signal.setitimer(signal.ITIMER_REAL, after)  # nothing handles it: the process is gone, wherever it is


def fail(number: int, where: str) -> None:
    """The system says that what was to be done cannot be."""
    raise OSError(number, os.strerror(number), where)


def take_away(names: tuple[str, ...]) -> None:
    """The inputs are gone, as when a disk is unmounted."""
    for name in names:
        if os.path.lexists(name):
            os.rename(name, f"{name} gone")


class Fault(NamedTuple):
    """What happens, from which moment on, and whether at every later one too."""

    what: str  # kill, full, read-only, gone
    moment: int = 1
    after: float = 0.0


def happen(fault: Fault, event: str, where: str, count: int) -> None:
    """Do it to this process."""
    if fault.what == "kill" and count == fault.moment:
        kill(fault.after)
    if fault.what == "full" and event in ("open", "os.mkdir", "os.link"):
        fail(errno.ENOSPC, where)
    if fault.what == "read-only":
        fail(errno.EROFS, where)
    if fault.what == "gone" and count == fault.moment:
        take_away(("data", "files", "anonymized", "run"))


def _within(room: str, path: Any, folder: int) -> bool:
    """Whether a path that the system is asked about lies in the room."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    base = os.getcwd() if folder in (-1, -100) else os.readlink(f"/proc/self/fd/{folder}")
    return os.path.abspath(os.path.join(base, os.fsdecode(path))).startswith(room + os.sep)


def _watch(room: str, fault: Fault | None) -> Callable[[], int]:
    """Count this process's moments from here on, and let the fault happen at its own."""
    count, busy = 0, False

    def hook(event: str, words: tuple[Any, ...]) -> None:
        nonlocal count, busy
        if busy or not (event in CHANGES or (event == "open" and isinstance(words[2], int) and words[2] & WRITES)):
            return
        folder = words[-1] if event in CHANGES and isinstance(words[-1], int) and event != "os.truncate" else -1
        busy = True
        try:
            if _within(room, words[0], folder):
                count += 1
                if fault is not None and count >= fault.moment:
                    happen(fault, event, str(words[0]), count)
        finally:
            busy = False

    sys.addaudithook(hook)
    return lambda: count


def _serve(room: str, words: list[str], fault: Fault | None, limit: int | None, spoken: str, answer: Any) -> None:
    """In the forked process: run the command in the room."""
    os.chdir(room)
    small_blocks()
    with open(spoken, "w") as said:
        os.dup2(said.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from maskeleton.cli import main

    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    counted = _watch(os.path.realpath(room), fault)
    try:
        main(words)
    except SystemExit as end:
        status = end.code
    except BaseException as bug:
        status = 1
        if limit is None:
            import traceback
            traceback.print_exception(bug)
        else:
            print(f"Traceback: {bug!r}"[:500], file=sys.stderr)
    sys.stderr.flush()
    answer.send((status, counted()))


def small_blocks() -> None:
    """Blocks of few recordings, so that tiny inputs make several; and no trees and no planted signatures, which take long
    and write nothing."""
    import maskeleton.apply
    import maskeleton.attacks.side
    import maskeleton.intake
    import maskeleton.outgoing
    import maskeleton.verbs.audit
    import maskeleton.verbs.evaluate

    maskeleton.attacks.side.tree_reading = lambda question, pairs, lens, seed: linear_reading(question, pairs, lens)
    for verb in (maskeleton.verbs.audit, maskeleton.verbs.evaluate):
        verb.calibrated = lambda *words: None

    maskeleton.intake._FILES_IN_A_BLOCK = 6
    maskeleton.apply.BLOCK = maskeleton.outgoing.BLOCK = 6


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def few(people: int = 6, actions: int = 2, takes: int = 3) -> MotionDataset:
    """Two actions by six people, in all of whom gender and action are plain to see."""
    motions = []
    for number, (person, action, take) in enumerate(np.ndindex(people, actions, takes)):
        positions = stepping(10 + take, at=0.01 * number)
        positions[:, 7, 1] += 0.5 * (person % 2)
        positions[:, 11, 1] += 0.5 * action
        labels = {"setup": 1, "camera": 1, "subject": person + 1, "repetition": take + 1, "action": action + 1,
                  "gender": ("female", "male")[person % 2]}
        motions.append(Motion.of(positions, f"S001C001P{person + 1:03d}R{take + 1:03d}A{action + 1:03d}", labels))
    return MotionDataset.of(KINECT25, 30, motions)


def furnish(inputs: Path) -> Path:
    """What all verbs read."""
    inputs.mkdir(parents=True)
    store.write(few(), inputs / "data")
    convert(inputs / "data", inputs / "files", to="ntu")
    anonymize(inputs / "data", inputs / "anonymized", mask="noise")
    (inputs / "anonymized.key").rename(inputs / "key")
    for name, label in (("keeper", "action"), ("seeker", "gender")):
        fit("tcn", few(), label, set=TAUGHT, out=inputs / name, engine=Engine("cpu"))
    Pseudonyms(bytes(range(32))).save(inputs / "names")
    evaluate(inputs / "data", inputs / "anonymized", keep=["action"], hide=["gender"], attacks=["side"], threats=["adaptive"],
             seeds=1, nulls=False, limits=False, out=inputs / "run")
    return inputs


class Rooms:
    """Rooms with the same inputs, in which verbs are run by a process that has loaded everything."""

    def __init__(self, inputs: Path, folder: Path) -> None:
        self.inputs, self.folder, self.number = inputs, folder, 0
        self.context: ForkServerContext = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["faults", "maskeleton.cli", "maskeleton.verbs.train", "maskeleton.verbs.evaluate",
                                             "maskeleton.verbs.release", "maskeleton.verbs.view", "maskeleton.verbs.report",
                                             "sklearn.ensemble", "maskeleton.progress"])

    def new(self) -> Path:
        """A room with everything in it but what the verb makes."""
        self.number += 1
        room = self.folder / f"room-{self.number}"
        room.mkdir(parents=True)
        for name in INPUTS:
            if (self.inputs / name).is_dir():
                shutil.copytree(self.inputs / name, room / name)
            elif (self.inputs / name).exists():
                shutil.copy2(self.inputs / name, room / name)
        return room

    def start(self, room: Path, words: list[str], fault: Fault | None = None, limit: int | None = None
              ) -> Callable[[], Ended]:
        """Begin a command; what is given back waits for its end."""
        mine, theirs = self.context.Pipe(False)
        self.number += 1
        spoken = self.folder / f"said-{self.number}"
        process = self.context.Process(target=_serve, args=(str(room), words, fault, limit, str(spoken), theirs))
        process.start()
        theirs.close()

        def end() -> Ended:
            try:
                status, moments = mine.recv()
            except EOFError:
                status, moments = None, 0
            process.join(60)
            said = spoken.read_text("utf-8", "replace") if spoken.exists() else ""
            return Ended(process.exitcode if status is None else status, said, moments)

        return end

    def run(self, room: Path, words: list[str], fault: Fault | None = None, limit: int | None = None) -> Ended:
        """Run a command to its end, whatever that is."""
        return self.start(room, words, fault, limit)()


def made(room: Path) -> Mapping[str, bytes]:
    """All that a verb has made: every file beside the inputs, by its path, without where the room is and how long it
    took."""
    told = {}
    for path in sorted(room.rglob("*")):
        name = path.relative_to(room).as_posix()
        if path.is_file() and (name.split("/")[0] not in INPUTS or name == "names"):
            said = path.read_bytes().replace(os.fsencode(str(room)), b"ROOM")
            told[name] = unpacked(path) if path.name == "state.pt" else MINUTES.sub(b"", said)
    return told


def unpacked(path: Path) -> bytes:
    """The numbers and words in a training's state: read and written again they are packed in another way."""
    def flat(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {flat(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(flat, value))}]"
        return repr(value.tolist()) if isinstance(value, torch.Tensor) else repr(value)

    return flat(torch.load(path, weights_only=True)).encode()


def differences(want: Mapping[str, bytes], got: Mapping[str, bytes]) -> list[str]:
    """What is not the same in two rooms, in words."""
    return [f"{name} is {'missing' if name not in got else 'too much' if name not in want else 'another'}"
            for name in sorted(want.keys() | got.keys()) if want.get(name) != got.get(name)]


def outputs(room: Path) -> list[str]:
    """What stands there under the name of the output, whole or half."""
    return sorted(path.name for path in room.glob("out*"))
