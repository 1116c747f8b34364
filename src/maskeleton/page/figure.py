"""One body in one frame as SVG: bones by side, a head, hollow joints where the sensor guessed, dashes where it lost."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np

from maskeleton.motion import GUESSED, MISSING
from maskeleton.skeleton import Skeleton, sided_word


class Ink(NamedTuple):
    """The colours of one body: blue left and vermilion right stay apart for every kind of colour vision."""

    left: str
    right: str
    middle: str
    skin: str


INKS = (Ink("#0072b2", "#d55e00", "#39414d", "#e9ecf0"), Ink("#56b4e9", "#e69f00", "#8d95a1", "#f3f4f6"))
FINE = ("hand", "hand_tip", "thumb", "foot", "toe_tip", "heel", "eye", "ear")  # ends of limbs are drawn thinner


class Mark(NamedTuple):
    """Something to draw: far marks come first. `path` is joined with its neighbours of the same `style`."""

    depth: float
    style: str
    path: str = ""
    shape: str = ""


class Anatomy(NamedTuple):
    """What drawing asks of a body plan, found once."""

    bones: tuple[tuple[int, int], ...]
    sides: tuple[str, ...]  # 'left', 'right' or 'middle' of each joint
    fine: frozenset[int]
    trunk: tuple[int, ...]  # the four corners of the trunk, or nothing
    spine: tuple[int, ...]  # what the trunk must not cover
    head: tuple[int, int, int] | None  # (neck, bottom of the circle's line, its top)
    in_head: frozenset[int]  # joints the circle covers


def anatomy(skeleton: Skeleton) -> Anatomy:
    """Sides, trunk and head of a body plan; a plan without roles is all middle and has neither trunk nor head."""
    roles = skeleton.roles
    sides = [""] * len(skeleton.joints)
    for role, joint in roles.items():
        if role.startswith(("left_", "right_")):
            sides[joint] = role.partition("_")[0]
    for joint in skeleton.order:
        above = sides[skeleton.parents[joint]] if skeleton.parents[joint] >= 0 else "middle"
        sides[joint] = sides[joint] or (sided_word(skeleton.joints[joint])[0] if roles else "") or above
    fine = {joint for role, joint in roles.items() if role.partition("_")[2] in FINE}
    fine -= {joint for role, joint in roles.items() if role.partition("_")[2] in ("wrist", "ankle")}
    corners = [role for role in ("left_shoulder", "right_shoulder", "right_hip", "left_hip") if role in roles]
    trunk = tuple(roles[role] for role in corners) if len(corners) == 4 else ()
    spine = tuple(joint for joint, side in enumerate(sides) if side == "middle")
    head = None
    if "head" in roles and "neck" in roles and roles["head"] != roles["neck"]:
        head = (roles["neck"], roles["head"], roles.get("head_top", roles["head"]))
    covered = frozenset(head[1:] if head else ())
    return Anatomy(skeleton.bones, tuple(sides), frozenset(fine), trunk, spine, head, covered)


def head_size(points: np.ndarray, tracked: np.ndarray, plan: Anatomy) -> float:
    """Radius of the head of one body, (F, J, 3) in any unit: 0 where head and neck are never there together."""
    if plan.head is None:
        return 0.0
    neck, low, top = plan.head
    start = low if low != top else neck
    there = (tracked[:, [start, top]] != MISSING).all(1) & np.isfinite(points[:, [start, top]]).all((1, 2))
    if not there.any():
        return 0.0
    length = float(np.median(np.linalg.norm(points[there, start] - points[there, top], axis=-1)))
    return length * (0.5 if low != top else 0.55)


def body(points: np.ndarray, tracked: np.ndarray, plan: Anatomy, ink: Ink, head: float) -> Iterator[Mark]:
    """The marks of one body in one frame: `points` (J, 3) are picture x, picture y (down) and depth."""
    finite = np.isfinite(points).all(-1)
    if plan.trunk and finite[list(plan.trunk)].all():
        corners = points[list(plan.trunk)]
        text = " ".join(f"{number(x)},{number(y)}" for x, y, _ in corners)
        behind = float(points[[*plan.trunk, *plan.spine], 2][finite[[*plan.trunk, *plan.spine]]].max()) + 1e-3
        yield Mark(behind, "", "", f'<polygon points="{text}" fill="{ink.skin}" stroke="none"/>')
    hidden = plan.in_head if head > 0 else frozenset()
    for parent, child in plan.bones:
        if finite[parent] and finite[child] and not {parent, child} <= hidden:
            yield _bone(points, tracked, parent, child, plan, ink)
    if head > 0 and plan.head and (finite & (tracked != MISSING))[list(plan.head[1:])].all():
        yield _head(points, tracked, plan.head, ink, head)
    for joint in np.flatnonzero(finite & (tracked == GUESSED)):
        if joint not in hidden:
            x, y, depth = points[joint]
            colour = getattr(ink, plan.sides[joint])
            yield Mark(depth - 1e-3, "", "", f'<circle cx="{number(x)}" cy="{number(y)}" r="2.6" fill="#fff"'
                                             f' stroke="{colour}" stroke-width="1.3"/>')


def drawn(marks: Iterable[Mark]) -> str:
    """Marks as SVG, the far ones first; neighbours of one style share an element, which keeps files small."""
    parts = []
    for style, group in groupby(sorted(marks, key=lambda mark: -mark.depth), key=lambda mark: mark.style):
        together = list(group)
        if style:
            parts.append(f'<path {style} d="{"".join(mark.path for mark in together)}"/>')
        else:
            parts += [mark.shape for mark in together]
    return "".join(parts)


def line(points: np.ndarray) -> str:
    """A path through picture points (n, 2 or more)."""
    steps = "L".join(f"{number(point[0])} {number(point[1])}" for point in points)
    return f"M{steps}"


def number(value: float) -> str:
    """A coordinate to a tenth of a pixel, without needless characters."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _bone(points: np.ndarray, tracked: np.ndarray, parent: int, child: int, plan: Anatomy, ink: Ink) -> Mark:
    colour = getattr(ink, plan.sides[child])
    lost = MISSING in (tracked[parent], tracked[child])
    width = "1.2" if lost else "2.2" if child in plan.fine else "3.6"
    dashes = ' stroke-dasharray="2 3"' if lost else ""
    ends = points[[parent, child]]
    return Mark(float(ends[:, 2].mean()), f'stroke="{colour}" stroke-width="{width}"{dashes}', line(ends))


def _head(points: np.ndarray, tracked: np.ndarray, head: tuple[int, int, int], ink: Ink, radius: float) -> Mark:
    x, y, _ = points[list(head[1:])].mean(0)
    depth = min(points[[head[1], head[2]], 2].mean(), np.nanmean(points[list(head[:2]), 2]))  # never behind its neck
    guessed = GUESSED in tracked[list(head[1:])]
    fill = "#fff" if guessed else ink.skin
    return Mark(depth - 1e-3, "", "", f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}"'
                                      f' stroke="{ink.middle}" stroke-width="2.4"/>')
