"""Moving skeletons: recordings as a fragment of HTML that plays them, and the script that does; see web/ for its source.
Draws, computes nothing: the colours of moved bones are found where they are drawn."""

import base64
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from maskeleton.page.figure import anatomy, head_size
from maskeleton.skeleton import Skeleton

ABSENT = -32768  # stands for a coordinate that is not there
STEPS = 32767  # a track's coordinates lie at −STEPS … STEPS of its unit: with 3 m of room, a tenth of a millimetre
QUICK = 60.0  # frames a second; more are thinned out
LONGEST = 1800  # frames; what comes later is left out, and the page says so
LONG_NAME = 160  # signs of a name that are kept
TRAILED = ("left_wrist", "right_wrist", "left_ankle", "right_ankle")


class Track(NamedTuple):
    """One figure or more that move together. Tracks of the same `who` in a clip show the same motion: they share a cell
    when overlaid, and how far a bone has moved is measured from the first of them, which is called "original"."""

    name: str  # "original", "release", or what else it is
    positions: np.ndarray  # (T, P, J, 3) metres, y up
    present: np.ndarray  # (T, P) bool
    skeleton: Skeleton
    who: str = ""  # a person, where a clip shows several


class Clip(NamedTuple):
    """What plays together."""

    title: str
    note: str
    fps: float | Sequence[float]  # of every track, or of each
    tracks: tuple[Track, ...]


def viewer(clips: Sequence[Clip], *, height: int = 480) -> str:
    """An HTML fragment with everything in it, which `script()` brings to life; several may be on a page."""
    pool, plans = _Pool(), _Pool()
    told = [{"title": plain(clip.title), "note": plain(clip.note, 600),
             "tracks": [_shown(track, fps, pool, plans) for track, fps in zip(clip.tracks, _rates(clip), strict=True)]}
            for clip in clips]
    data = {"clips": told, "motions": pool.things, "plans": plans.things}
    return ('<section class="mk-viewer" aria-label="Moving skeletons" data-height="'
            f'{int(height)}"><p>Here the skeletons move, where a page may run its own scripts.</p>'
            f'<script type="application/json">{_inline(data)}</script></section>')


@cache
def script() -> str:
    """What plays all fragments of a page, as one element for the end of its body."""
    code = (files("maskeleton.page") / "viewer.min.js").read_text("utf-8")
    return f"<script>{code}</script>"


def plain(text: str, most: int = LONG_NAME) -> str:
    """Text from anywhere as a line that can be shown: what cannot be printed (or turns the writing round) replaced."""
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[: most + 1])
    return line if len(line) <= most else line[: most - 1] + "…"


class _Pool:
    """Things that are told once and named by their number."""

    def __init__(self) -> None:
        self.things: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}

    def place(self, thing: dict[str, Any]) -> int:
        key = json.dumps(thing)
        if key not in self._places:
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]


def _rates(clip: Clip) -> Sequence[float]:
    return clip.fps if isinstance(clip.fps, Sequence) else [float(clip.fps)] * len(clip.tracks)


def _shown(track: Track, fps: float, pool: _Pool, plans: _Pool) -> dict[str, Any]:
    every = max(int(np.ceil(fps / QUICK)), 1)
    length = len(track.present)
    chosen = slice(0, LONGEST * every, every)
    positions, present = np.asarray(track.positions[chosen], np.float64), track.present[chosen]
    left_out = max(length - LONGEST * every, 0) / fps
    return {"name": plain(track.name), "who": plain(track.who), "plan": plans.place(_plan(track.skeleton)),
            "fps": round(fps / every, 6), "motion": pool.place(_motion(positions, present, track.skeleton)),
            "left_out": round(left_out, 2)}


def _motion(positions: np.ndarray, present: np.ndarray, skeleton: Skeleton) -> dict[str, Any]:
    """Positions in whole steps from the middle of their room, absent ones marked."""
    there = np.isfinite(positions).all(-1) & present[..., None]
    known = positions[there]
    low, high = (known.min(0), known.max(0)) if len(known) else (np.zeros(3), np.zeros(3))
    middle = (low + high) / 2
    unit = max(float((high - low).max()) / 2 / STEPS, 1e-9)
    steps = np.where(there[..., None], np.rint((np.nan_to_num(positions) - middle) / unit), ABSENT).astype("<i2")
    frames, bodies, joints, _ = positions.shape
    plan = anatomy(skeleton)
    seen = np.where(there[..., None], positions, np.nan)
    tracked = np.where(there, 2, 0)
    heads = [round(head_size(seen[:, body], tracked[:, body], plan), 4) for body in range(bodies)]
    return {"frames": frames, "bodies": bodies, "joints": joints, "unit": unit, "middle": middle.round(6).tolist(),
            "heads": heads, "steps": base64.b64encode(steps.tobytes()).decode("ascii")}


def _plan(skeleton: Skeleton) -> dict[str, Any]:
    """What drawing asks of a body plan."""
    plan = anatomy(skeleton)
    roles = skeleton.roles
    ends = set(range(len(skeleton.joints))) - set(skeleton.parents)
    trailed = [roles[role] for role in TRAILED if role in roles] or sorted(ends)[:4]
    root = roles.get("pelvis", skeleton.parents.index(-1))
    return {"bones": [list(bone) for bone in plan.bones], "sides": [side[0] for side in plan.sides],
            "fine": sorted(plan.fine), "head": list(plan.head) if plan.head else None, "trunk": list(plan.trunk),
            "trailed": trailed, "root": root, "joints": len(skeleton.joints)}


def _inline(data: object) -> str:
    """JSON that no name in it can get out of."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
