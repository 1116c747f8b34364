"""The hierarchy of a BVH file: its joints, and the body plan, unit and upward axis they make."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from maskeleton.errors import UserError
from maskeleton.skeleton import PLANS, Skeleton, find_roles, recognize_plan

HALF_TURN = np.array([-1, 1, -1], np.float32)  # BVH people look along +z; a camera in front of them along −z
CHANNELS = tuple(axis + kind for kind in ("position", "rotation") for axis in "xyz")
# The way from an ankle over the pelvis to the head (1.35 m in an adult of 1.7 m), in some unit, and that unit.
_UNITS = ((0.4, 5, 1.0), (16, 31, 0.0254 / 0.45), (31, 78, 0.0254), (78, 300, 0.01), (400, 3000, 0.001))
_MOST_JOINTS = 500


class Rig(NamedTuple):
    """Joints in the file's order, parents before children; `kept` are those of the body, in the order of their plan."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: tuple[tuple[float, float, float], ...]
    channels: tuple[tuple[str, ...], ...]
    kept: tuple[int, ...]


class _Joints:
    """Joints as they are read, line by line."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[tuple[float, float, float] | None] = []
        self.channels: list[tuple[str, ...]] = []
        self.above: list[int] = []  # the joints whose braces are open
        self.opened = True

    def line(self, words: list[str]) -> None:
        """Take in one line's words; what is wrong is raised without its place."""
        kind = words[0].upper()
        if kind in ("ROOT", "JOINT", "END"):
            self.joint(words[: words.index("{")] if "{" in words else words)
            words = words[words.index("{"):] if "{" in words else []
        elif kind == "OFFSET" and self.names:
            self.offsets[-1] = _offset(words)
            words = []
        elif kind == "CHANNELS" and self.names:
            self.channels[-1] = _channels(words)
            words = []
        for word in words:
            self.brace(word)

    def joint(self, words: list[str]) -> None:
        root = words[0].upper() == "ROOT"
        if len(self.names) >= _MOST_JOINTS or not self.opened or bool(self.above) == root or (root and self.names):
            raise UserError(f"{' '.join(words)[:40]!r} stands where no joint can",
                            "a hierarchy has one ROOT; joints stand between the braces of their parents")
        parent = self.above[-1] if self.above else -1
        name = " ".join(words[1:])
        if words[0].upper() == "END":
            number = self.parents.count(parent)
            name = f"{self.names[parent]}End{number + 1 if number else ''}"
        if not name or name in self.names:
            raise UserError(f"a joint has {'no name' if not name else f'the name {name!r} again'}",
                            "every joint needs a name of its own")
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append(None)
        self.channels.append(())
        self.opened = False

    def brace(self, word: str) -> None:
        if word == "{" and not self.opened:
            self.above.append(len(self.names) - 1)
            self.opened = True
        elif word == "}" and self.opened and self.above:
            self.above.pop()
        else:
            raise UserError(f"{word[:40]!r} is not expected here",
                            "a joint has a name, braces, OFFSET, CHANNELS, joints and End Sites")


def read_rig(lines: Sequence[str]) -> tuple[Rig, int]:
    """The hierarchy, and the place of the line that says MOTION."""
    joints = _Joints()
    for place, line in enumerate(lines):
        words = line.replace("{", " { ").replace("}", " } ").split()
        if not words or (words[0].upper() == "HIERARCHY" and not joints.names):
            continue
        try:
            if words[0].upper() == "MOTION":
                return _rig(joints), place
            joints.line(words)
        except UserError as fault:
            raise UserError(f"line {place + 1}: {fault.wrong}", fault.remedy) from None
    raise UserError(f"line {len(lines)}: the file ends in its hierarchy", "it is cut or damaged; copy it again")


def plan_of_rig(rig: Rig) -> Skeleton:
    """The body plan of the joints that are kept: a known one, or bvh and the number of joints."""
    place = {joint: number for number, joint in enumerate(rig.kept)}
    names = [rig.names[joint] for joint in rig.kept]
    parents = [place.get(rig.parents[joint], -1) for joint in rig.kept]
    lengths = [float(np.linalg.norm(rig.offsets[joint])) for joint in rig.kept]
    known = recognize_plan(names, parents)
    if known is not None and known.joints == tuple(names):
        return known
    return Skeleton.of(f"bvh{len(names)}", names, parents, _roles(names, parents, lengths))


def metres_per_unit(rig: Rig) -> float:
    """The file's unit, by the way from an ankle to the head along the bones."""
    roles = plan_of_rig(rig).roles
    ends = [rig.kept[roles[role]] for role in ("head", "left_ankle") if role in roles]
    way = sum(_way(rig, end) for end in ends) if len(ends) == 2 else max(_way(rig, joint) for joint in rig.kept) * 1.6
    unit = next((unit for least, most, unit in _UNITS if least <= way < most), None)
    if unit is None:
        raise UserError(f"the bones from ankle to head are {way:.4g} long, which is a person's size in no known unit",
                        "scale offsets and positions so that they are metres, centimetres or inches")
    return unit


def stands_along_z(rig: Rig) -> bool:
    """Whether the rest pose stands upright with z as its upward axis; a rest pose that does not stand tells nothing."""
    roles = plan_of_rig(rig).roles
    if "head" not in roles or "left_ankle" not in roles or "right_ankle" not in roles:
        return False
    head, left, right = (_rest(rig, rig.kept[roles[role]]) for role in ("head", "left_ankle", "right_ankle"))
    upward = np.abs(head - (left + right) / 2)
    way = _way(rig, rig.kept[roles["head"]]) + _way(rig, rig.kept[roles["left_ankle"]])
    return bool(upward[2] > 0.7 * way and upward[2] > 2 * upward[:2].max())


def _rig(joints: _Joints) -> Rig:
    offsets = [offset for offset in joints.offsets if offset is not None]
    if joints.above or not joints.names or len(offsets) < len(joints.names):
        raise UserError("MOTION begins before every joint has its OFFSET and every '{' its '}'",
                        "the hierarchy is damaged; copy the file again")
    parents, channels = joints.parents, joints.channels
    leaves = set(range(len(parents))) - set(parents)
    left_out = {joint for joint in leaves if not channels[joint] and not any(offsets[joint])}
    if parents.count(0) == 1 and sum("position" in channel for channel in channels[parents.index(0)]) == 3:
        left_out.add(0)  # it carries a body that moves by itself
    kept = tuple(joint for joint in range(len(parents)) if joint not in left_out)
    if len(kept) < 2:
        raise UserError("the hierarchy has no two joints apart", "a body needs bones")
    return Rig(tuple(joints.names), tuple(parents), tuple(offsets), tuple(channels), _as_known(kept, joints))


def _as_known(kept: tuple[int, ...], joints: _Joints) -> tuple[int, ...]:
    """In the order of a known plan with just these joints: a file needs the children of a joint behind it."""
    names = {joints.names[joint]: joint for joint in kept}
    above = {name: joints.names[joints.parents[joint]] if joints.parents[joint] in kept else "" for name, joint in
             names.items()}
    for plan in PLANS.values():
        if {joint: plan.joints[parent] if parent >= 0 else "" for joint, parent in
                zip(plan.joints, plan.parents, strict=True)} == above:
            return tuple(names[joint] for joint in plan.joints)
    return kept


def _offset(words: Sequence[str]) -> tuple[float, float, float]:
    try:
        x, y, z = (float(word) for word in words[1:])
    except ValueError:
        raise UserError("OFFSET needs three numbers", "as in 'OFFSET 0.0 10.5 0.0'") from None
    if not np.isfinite((x, y, z)).all() or max(abs(x), abs(y), abs(z)) > 1e6:
        raise UserError(f"OFFSET {x:g} {y:g} {z:g} cannot be", "mend the numbers")
    return x, y, z


def _channels(words: Sequence[str]) -> tuple[str, ...]:
    told = tuple(word.lower() for word in words[2:])
    if len(words) < 2 or words[1] != str(len(told)) or len(set(told)) < len(told) or not set(told) <= set(CHANNELS):
        raise UserError(f"CHANNELS needs a number and as many of {', '.join(CHANNELS)}",
                        "as in 'CHANNELS 3 Zrotation Xrotation Yrotation'")
    return told


def _roles(names: Sequence[str], parents: Sequence[int], lengths: Sequence[float]) -> dict[str, int | str]:
    """Roles by names without what all names begin with; joints of no length only where no other can play the role."""
    first, last = min(names), max(names)
    shared = next((place for place, letter in enumerate(first) if letter != last[place]), 0)
    own = [name[shared:] if first[shared - 1 : shared] in (":", "_", " ", ".") else name for name in names]
    long = [name if length > 0 or parent < 0 else ""
            for name, parent, length in zip(own, parents, lengths, strict=True)]
    roles: dict[str, int | str] = {**find_roles(own), **find_roles(long)}
    if _on_pelvis(roles, parents, lengths):
        roles.update(_trunk(roles, parents, lengths))
    return roles


def _on_pelvis(roles: Mapping[str, int | str], parents: Sequence[int], lengths: Sequence[float]) -> bool:
    """Whether there is no spine, or one that lies on the pelvis."""
    spine = roles.get("spine")
    return not isinstance(spine, int) or not any(lengths[j] for j in _above(spine, parents) if parents[j] >= 0)


def _trunk(roles: Mapping[str, int | str], parents: Sequence[int], lengths: Sequence[float]) -> dict[str, int | str]:
    """The chest is where the arms leave the way from pelvis to head; the spine is the joint half way to it."""
    head, arm, pelvis = (roles.get(role) for role in ("head", "left_shoulder", "pelvis"))
    if not isinstance(head, int) or not isinstance(arm, int) or not isinstance(pelvis, int):
        return {}
    arms = set(_above(arm, parents))
    trunk = [joint for joint in _above(head, parents) if joint in arms and pelvis in _above(joint, parents)][::-1]
    heights = np.cumsum([0.0, *(lengths[joint] for joint in trunk[1:])])
    between = [joint for joint, height in zip(trunk, heights, strict=True) if 0 < height < heights[-1]]
    if not between:
        return {}
    half = min(between, key=lambda joint: abs(heights[trunk.index(joint)] - heights[-1] / 2))
    return {"chest": trunk[-1], "spine": half}


def _above(joint: int, parents: Sequence[int]) -> list[int]:
    """The joint and all above it, from below."""
    way = []
    while joint >= 0:
        way.append(joint)
        joint = parents[joint]
    return way


def _body_way(rig: Rig, joint: int) -> list[int]:
    kept = set(rig.kept)
    return [step for step in _above(joint, rig.parents) if step in kept and rig.parents[step] in kept]


def _way(rig: Rig, joint: int) -> float:
    """The length of the bones from the body's root to a joint."""
    return float(sum(np.linalg.norm(rig.offsets[step]) for step in _body_way(rig, joint)))


def _rest(rig: Rig, joint: int) -> np.ndarray:
    """Where a joint is in the rest pose, from the body's root."""
    place: np.ndarray = np.sum([np.zeros(3), *(np.array(rig.offsets[step]) for step in _body_way(rig, joint))], axis=0)
    return place
