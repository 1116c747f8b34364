"""Fuzzing of the readers: damaged files, those kept to damage further that made lines run which none had before.

A target is one reader; its seeds are files that the house writes itself. `fuzzing_models` adds what loads networks.
"""

import io
import json
import os
import signal
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

import maskeleton.formats
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS
from maskeleton.formats.opening import open_source, read
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton

import c3d_bytes
from both_ways import lively
from mutations_of import knowing
from people import stepping

HERE = os.fspath(Path(maskeleton.formats.__file__).parent)
SLOW = 5.0  # seconds of computing
THREE = Skeleton.of("three", ("hip", "knee", "ankle"), (-1, 0, 1))
Files = Mapping[str, bytes]
Line = tuple[CodeType, int]


class Failure(NamedTuple):
    """An input that did harm: what came instead of a UserError."""

    target: str
    files: Files
    what: str


class Found(NamedTuple):
    """What a campaign found."""

    inputs: int
    read: int  # inputs that were read, whole or in part
    lines: set[Line]
    failures: list[Failure]
    slowest: float
    sentences: int  # different ones that were said


class TooSlow(BaseException):
    """An input that took too long; no reader can catch it."""


def campaign(target: str, seeds: list[Files], count: int, folder: Path, seed: int = 0) -> Found:
    """`count` damaged inputs of one target, guided by the lines that ran."""
    rng = generator(seed, "test", "fuzz", target)
    corpus, lines, failures, said = list(seeds), set[Line](), list[Failure](), set[str]()
    inputs, whole, slowest = 0, 0, 0.0
    _laid_down(seeds[0], folder)
    with suppress(Exception):
        TARGETS[target](folder, next(iter(seeds[0])))  # once unwatched: libraries are loaded when first used
    for files in _inputs(corpus, count, rng):
        inputs += 1
        before, began = len(lines), time.process_time()
        what = _tried(target, files, folder, lines)
        slowest = max(slowest, time.process_time() - began)
        if what.startswith("! "):
            failures.append(Failure(target, dict(files), what[2:]))
        whole += what == ""
        said.add("".join(sign for sign in what if not sign.isdigit()))
        if len(lines) > before and inputs > len(seeds):
            corpus.append(files)
    return Found(inputs, whole, lines, failures, slowest, len(said))


def _inputs(corpus: list[Files], count: int, rng: np.random.Generator) -> Iterator[Files]:
    first = len(corpus)
    yield from list(corpus)
    for _ in range(count - len(corpus)):
        kind = rng.random()  # as written, one of the latest that ran new lines, or any
        near = int(len(corpus) * rng.random() ** 2)
        place = int(rng.integers(first)) if kind < 0.4 else len(corpus) - 1 - near if kind < 0.7 else int(
            rng.integers(len(corpus)))
        files = dict(corpus[max(0, place)])
        for _ in range(int(rng.integers(1, 3))):
            name = list(files)[int(rng.integers(len(files)))]
            files[name] = knowing(name, files[name], rng)[: 1 << 20]
        yield files


def _tried(target: str, files: Files, folder: Path, lines: set[Line]) -> str:
    """'' where something was read, else the sentence; with '! ' before it what is no sentence."""
    _laid_down(files, folder)
    old = signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, SLOW)
    sys.settrace(None if target in UNGUIDED else _tracer(lines))
    try:
        TARGETS[target](folder, next(iter(files)))
    except UserError as error:
        return error.wrong or "! a sentence without words"
    except TooSlow:
        return f"! longer than {SLOW:g} s"
    except Exception as fault:
        return f"! {type(fault).__name__}: {str(fault)[:200]} at {_where(fault)}"
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)
    return ""


def _laid_down(files: Files, folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _tracer(lines: set[Line]) -> Callable[[FrameType, str, Any], Any]:
    """Notes lines of the readers; what is not theirs runs untraced."""
    def line(frame: FrameType, event: str, argument: Any) -> Any:
        lines.add((frame.f_code, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(HERE) else None

    return call


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _where(fault: BaseException) -> str:
    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"


# ── targets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _reader(format: str, skeleton: Skeleton | None = None) -> Callable[[Path, str], None]:
    """Opens and reads a folder as this format, as convert does."""
    def read_all(folder: Path, first: str) -> None:
        place = folder if first in ("dataset.json", "people.csv") else folder / first
        data = (folder / first).read_bytes()
        for name, one in FORMATS.items():
            if name != "store":
                one.detect(folder / first, data[:4096])
        everything = format in ("ntu", "etri") and len(data) % 2 == 0
        source = open_source(place, format, skeleton=skeleton, fields=everything)
        faults = []
        for part in source.parts[:20]:
            for item in source.read(part):
                if isinstance(item, Motion):
                    MotionDataset.of(source.skeleton, source.fps, [item._replace(id="x")])
                else:
                    faults.append(item)
        if faults:
            raise UserError(faults[0].reason, "")

    return read_all


def _archive(folder: Path, first: str) -> None:
    read(folder / first, missing=None)


TARGETS: dict[str, Callable[[Path, str], object]] = {
    **{name: _reader(name, THREE if name == "trc" else None) for name in FORMATS}, "archive": _archive,
    "tables": _reader("json"),
}
UNGUIDED: set[str] = set()  # whose libraries take too long when they are watched


# ── seeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def seeds(target: str, folder: Path) -> list[Files]:
    """Small files of this target as the house writes them, of bodies that come and go and joints that are missing."""
    if target in SEEDS:
        return SEEDS[target](folder)
    return [files for number, dataset in enumerate(_datasets(target))
            for files in _written(target, dataset, folder / str(number))]


def _datasets(target: str) -> list[MotionDataset]:
    if target in ("ntu", "etri"):
        return [MotionDataset.of(KINECT25, 30, [Motion.of(stepping(3), "S001C001P001R001A001", {"subject": 1, "action": 1})])]
    if target == "bvh":
        return [MotionDataset.of(KINECT20, 30, [Motion.of(stepping(3)[:, :20], "a")])]
    return [lively(), MotionDataset.of(KINECT25, 25, [Motion.of(stepping(3), "a", {"mood": "glad"})])]


def _written(target: str, dataset: MotionDataset, out: Path) -> list[Files]:
    FORMATS[target].write(dataset, out, target in ("ntu", "etri"))  # type: ignore[attr-defined]
    if out.is_file():
        return [{f"a.{ENDINGS[target]}": out.read_bytes()}]
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    if target in ("store", "arrays"):
        return [files]
    return [{name: data} for name, data in files.items()]


ENDINGS = {"npz": "npz", "pyskl": "pkl"}


def _trc(folder: Path) -> list[Files]:
    text = ("PathFileType\t4\t(X/Y/Z)\tw.trc\nDataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\n60.00\t60.00\t2\t3\tmm\n"
            "Frame#\tTime\thip\t\t\tknee\t\t\tankle\t\t\n\t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\n\n"
            "1\t0.000\t0\t900\t10\t0\t500\t20\t0\t100\t30\n2\t0.017\t5\t905\t15\t\t\t\t5\t105\t35\n")
    return [{"a.trc": text.encode()}, {"a.trc": text.replace("\t\t\t\t5", "\tnan\tnan\tnan\t5").replace("\t", "  ").encode()},
            {"a.trc": text.replace("60.00\t60.00", "0\t0").encode()}]


def _c3d(folder: Path) -> list[Files]:
    points = np.zeros((2, 20, 4))
    points[..., :3] = stepping(2)[:, :20] * 1000
    told = {"POINT": {"USED": [20], "LABELS": list(KINECT20.joints), "UNITS": ["mm"], "X_SCREEN": "+X", "Y_SCREEN": "+Y"},
            "SUBJECTS": {"NAMES": ["Ann"]}, "TRIAL": {"ACTUAL_START_FIELD": [1, 0], "ACTUAL_END_FIELD": [2, 0]}}
    found = [{"a.c3d": c3d_bytes.c3d_bytes(points, told, 100, processor, scale)}
             for processor in (c3d_bytes.INTEL, c3d_bytes.DEC, c3d_bytes.SGI) for scale in (-1.0, 1.0)]
    return [*found, {"a.c3d": c3d_bytes.c3d_bytes(points, told, last=65535)}]


def _mediapipe(folder: Path) -> list[Files]:
    body = np.random.default_rng(0).normal(0, 0.2, (2, 33, 3))
    body[:, 24] = -body[:, 23]
    frames = [[{"x": x, "y": y, "z": z, "visibility": .7} for x, y, z in frame] for frame in body.tolist()]
    wide = ["timestamp," + ",".join(f"{axis}{place}" for place in range(33) for axis in "xyzv")]
    wide += [f"{40 * number}," + ",".join(f"{value:.3f}" for point in frame for value in point.values())
             for number, frame in enumerate(frames)]
    long = ["frame,person,landmark,x,y,z,visibility"]
    long += [f"{number},{who},{place}," + ",".join(f"{value:.3f}" for value in point.values())
             for number, frame in enumerate(frames) for who in "ab" for place, point in enumerate(frame)]
    return [{"a.json": json.dumps(data).encode()} for data in (
                frames, {"fps": 30, "frames": [{"pose_world_landmarks": {"landmark": frame}} for frame in frames]},
                [{"worldLandmarks": [frame, frame], "timestamp_ms": 40 * number} for number, frame in enumerate(frames)])
            ] + [{"a.csv": "\n".join(lines).encode() + b"\n"} for lines in (wide, long)]


def _archives(folder: Path) -> list[Files]:
    one, = _written("ntu", _datasets("ntu")[0], folder / "ntu")
    (name, data), = one.items()
    found: list[Files] = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as packed:
            packed.writestr(f"x/{name}", data)
            packed.writestr("x/people.csv", b"subject,gender\n1,female\n")
        found.append({"a.zip": out.getvalue()})
    for ending, mode, kind in (("tar", "w", tarfile.PAX_FORMAT), ("tar.gz", "w:gz", tarfile.GNU_FORMAT)):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode, format=kind) as tar:  # type: ignore[call-overload]
            for member in (name, "ü" * 60 + name):
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        found.append({f"a.{ending}": out.getvalue()})
    return found


def _bvh(folder: Path) -> list[Files]:
    arm = ("HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
           "JOINT Chest\n{\nOFFSET 0 60 0\nCHANNELS 2 Yrotation Zposition\nEnd Site\n{\nOFFSET 0 60 0\n}\n}\n}\n"
           "MOTION\nFrames: 2\nFrame Time: .0333\n0 90 0 0 0 0 1 0\n0 90 0 0 0 0 2 0\n")
    return [*_written("bvh", _datasets("bvh")[0], folder / "bvh"), {"a.bvh": arm.encode()}]


def _stores(folder: Path) -> list[Files]:
    return [all_of(folder / "store", "dataset.json") for _ in _written("store", lively(), folder / "store")]


def _arrays(folder: Path) -> list[Files]:
    rows, labels = stepping(2).reshape(1, 2, 75).astype(np.float32), np.eye(3)[:1]
    out = io.BytesIO()
    np.savez(out, x_train=rows, y_train=labels, x_test=rows, y_test=labels)
    return [*_written("arrays", lively(), folder / "one"), *_written("arrays", _datasets("")[1], folder / "two"),
            {"a.npz": out.getvalue()}]


def _pyskl(folder: Path) -> list[Files]:
    labels = [{"action": 1, "split_xsub": "train"}, {"action": 2, "split_xsub": "val"}]
    split = MotionDataset.of(KINECT25, 30, [Motion.of(stepping(2), f"S001C001P001R001A00{told['action']}", told)
                                            for told in labels])
    return [*_written("pyskl", lively(), folder / "one.pkl"), *_written("pyskl", split, folder / "two.pkl")]


def _tables(folder: Path) -> list[Files]:
    data = _written("json", _datasets("")[1], folder / "json")[0]
    tables = {"people.csv": b"subject,gender,age\n1,female,30\n2,male,41\n", "labels.csv": b"id,subject,action\na,1,2\n",
              "actions.csv": b"action;name\n1;walk\n2;run\n"}
    return [{**tables, **data}]


def all_of(folder: Path, first: str) -> Files:
    names = [first, *sorted(path.name for path in folder.iterdir() if path.name != first)]
    return {name: (folder / name).read_bytes() for name in names}


SEEDS: dict[str, Callable[[Path], list[Files]]] = {
    "trc": _trc, "c3d": _c3d, "mediapipe": _mediapipe, "archive": _archives, "bvh": _bvh, "store": _stores,
    "arrays": _arrays, "pyskl": _pyskl, "tables": _tables,
}
