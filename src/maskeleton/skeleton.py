"""Body plans: joints, parents, roles and mirror; roles are found from joint names by one synonym table."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from maskeleton.errors import UserError, listed

# Role -> words for it, the surest first. A joint takes the first role that asks for one of its words, so "hand" is the
# wrist where nothing is called wrist, "foot" the ankle where nothing is called ankle, and "shoulder" the collar where
# an "arm" begins at the shoulder.
CENTRAL: dict[str, tuple[str, ...]] = {
    "pelvis": ("pelvis", "spinebase", "basespine", "hipcenter", "centerhip", "midhip", "hips", "waist", "hip", "root"),
    "chest": ("spineshoulder", "shouldercenter", "centershoulder", "chest", "thorax", "upperspine", "spine3", "spine2"),
    "spine": ("spinemid", "midspine", "torso", "spine", "spine1", "abdomen", "lowerback"),
    "neck": ("neck", "neckbase", "neck1", "neck/nose"),
    "head": ("head", "forehead", "headcenter"),
    "head_top": ("headtop", "headtip", "headend", "headtopend", "topofhead"),
    "nose": ("nose",),
}
SIDED: dict[str, tuple[str, ...]] = {
    "shoulder": ("upperarm", "uparm", "arm", "shoulder", "sho"),
    "collar": ("collar", "clavicle", "collarbone", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "elb"),
    "wrist": ("wrist", "hand", "wri"),
    "hand": ("hand", "palm", "handcenter", "fingers"),
    "hand_tip": ("handtip", "fingertip", "handend", "fingersend"),
    "thumb": ("thumb", "thumbend"),
    "hip": ("hip", "upperleg", "upleg", "thigh"),
    "knee": ("knee", "lowerleg", "lowleg", "leg", "shin", "calf"),
    "ankle": ("ankle", "foot", "ank"),
    "foot": ("foot", "toebase", "toes", "toe", "bigtoe", "footindex"),
    "toe_tip": ("toeend", "toetip"),
    "heel": ("heel",),
    "eye": ("eye",),
    "ear": ("ear",),
}
# A role nobody has is played by its neighbour.
STAND_INS = {"neck": "chest", "chest": "neck", **{f"{s}_{a}": f"{s}_{b}" for s in ("left", "right")
                                                   for a, b in (("hand", "wrist"), ("foot", "ankle"))}}
SIDES = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIDED_WORDS = frozenset(word for words in SIDED.values() for word in words)


@dataclass(frozen=True)
class Skeleton:
    """A body plan: `parents` has −1 for the root, `mirror[j]` is the joint on the other side, `roles` names joints."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    mirror: tuple[int, ...] = field(repr=False)
    roles: Mapping[str, int] = field(repr=False, hash=False)

    @classmethod
    def of(
        cls,
        name: str,
        joints: Sequence[str],
        parents: Sequence[int],
        roles: Mapping[str, int | str] | None = None,
    ) -> "Skeleton":
        """Build and check a plan; roles and mirror come from the joints' names unless `roles` says otherwise."""
        joints = tuple(str(joint) for joint in joints)
        parents = tuple(int(parent) for parent in parents)
        _check_tree(name, joints, parents)
        found = find_roles(joints)
        for role, joint in (roles or {}).items():
            if isinstance(joint, str) and joint not in joints:
                raise UserError(f"body plan {name!r}: role {role!r} names the joint {joint!r}, which is not there",
                                f"joints: {listed(joints, 40)}")
            index = joints.index(joint) if isinstance(joint, str) else int(joint)
            if not 0 <= index < len(joints):
                raise UserError(f"body plan {name!r}: role {role!r} names joint number {index} of {len(joints)}",
                                "give the joint's name or its number, counted from 0")
            found[role] = index
        return cls(name, joints, parents, find_mirror(joints), found)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) pairs, in joint order."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    @property
    def order(self) -> tuple[int, ...]:
        """Joints sorted so that every parent stands before its children."""
        return _parents_first(self.parents)

    def need(self, *roles: str) -> tuple[int, ...]:
        """The joints that play these roles, or a UserError naming all that nobody plays."""
        missing = [role for role in roles if role not in self.roles]
        if missing:
            raise UserError(
                f"body plan {self.name!r} has no joint known as {listed(missing)}",
                f'say which joints they are, in a plan file: {{"roles": {{"{missing[0]}": "<joint>"}}}};'
                f" its joints are: {listed(self.joints, 40)}",
            )
        return tuple(self.roles[role] for role in roles)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data; `from_dict` reads it back."""
        return {"name": self.name, "joints": list(self.joints), "parents": list(self.parents),
                "roles": dict(self.roles)}

    @classmethod
    def from_dict(cls, data: object) -> "Skeleton":
        """A plan given as data: `joints`, then `parents` (numbers or names) or `edges` (parent, child); `roles`."""
        if not isinstance(data, Mapping) or not isinstance(data.get("joints"), Sequence):
            raise UserError("a body plan needs a list of joints",
                            'it looks like {"name": "mine", "joints": ["hips", "head"], "parents": [-1, 0]}')
        joints = [str(joint) for joint in data["joints"]]
        roles = data.get("roles") or {}
        name = str(data.get("name") or f"custom{len(joints)}")
        try:
            if data.get("parents") is not None:
                parents = [joints.index(p) if isinstance(p, str) else int(p) for p in data["parents"]]
            else:
                parents = parents_of([(int(a), int(b)) for a, b in data["edges"]], len(joints))
        except (KeyError, TypeError, ValueError, OverflowError) as fault:
            raise UserError(f"body plan {name!r}: parents or edges cannot be read ({fault})",
                            "parents: one joint (name or number) for each joint, −1 for the root") from None
        if not isinstance(roles, Mapping) or not all(isinstance(v, int | str) for v in roles.values()):
            raise UserError(f"body plan {name!r}: roles must be a mapping of role to joint", '"roles": {"pelvis": 0}')
        return cls.of(name, joints, parents, dict(roles))


def find_roles(joints: Sequence[str]) -> dict[str, int]:
    """Role -> joint, by the synonym table."""
    words = [sided_word(joint) for joint in joints]
    free = dict(enumerate(words))
    roles: dict[str, int] = {}
    wanted = [("", role, synonyms) for role, synonyms in CENTRAL.items()]
    wanted += [(side, role, synonyms) for role, synonyms in SIDED.items() for side in ("left", "right")]
    for side, role, synonyms in wanted:
        for synonym in synonyms:
            match = next((joint for joint, word in free.items() if word == (side, synonym)), None)
            if match is not None:
                roles[f"{side}_{role}" if side else role] = match
                del free[match]
                break
    for role, neighbour in STAND_INS.items():
        if role not in roles and neighbour in roles:
            roles[role] = roles[neighbour]
    return roles


def find_mirror(joints: Sequence[str]) -> tuple[int, ...]:
    """For each joint the one with the same word on the other side; itself where there is none. Where a word stands
    several times on a side (LHipJoint, LeftHip) the first goes with the first."""
    other = {"left": "right", "right": "left", "": ""}
    words: list[tuple[str, str, int]] = []
    for joint in joints:
        side, word = sided_word(joint)
        words.append((side, word, sum(before[:2] == (side, word) for before in words)))
    place = {word: index for index, word in enumerate(words)}
    return tuple(place.get((other[side], word, turn), index) for index, (side, word, turn) in enumerate(words))


def sided_word(joint: str) -> tuple[str, str]:
    """('left', 'hip') for LeftHip, hip_left, LHip, lhip, HipL or mixamorig:LeftHip; ('', 'head') for Head."""
    name = joint.rsplit(":", 1)[-1]
    words = [word.lower() for word in _WORD.findall(name)]
    side = next((SIDES[word] for word in words if word in SIDES), "")
    rest = "".join(word for word in words if word not in SIDES and word != "joint")
    if not side and rest[:1] in ("l", "r") and rest[1:] in _SIDED_WORDS:
        side, rest = SIDES[rest[0]], rest[1:]
    return side, rest or name.lower()


def parents_of(edges: Iterable[tuple[int, int]], joints: int) -> list[int]:
    """Parents from (parent, child) edges."""
    parents = [-1] * joints
    for parent, child in edges:
        if not (0 <= parent < joints and 0 <= child < joints):
            raise UserError(f"edge {parent}-{child} names a joint that is not among the {joints}",
                            "edges are (parent, child), counted from 0")
        if parents[child] >= 0:
            raise UserError(f"joint {child} has two parents, {parents[child]} and {parent}", "edges must form a tree")
        parents[child] = parent
    return parents


def _check_tree(name: str, joints: tuple[str, ...], parents: tuple[int, ...]) -> None:
    faults = []
    if not joints:
        faults.append("it has no joints")
    if len(parents) != len(joints):
        faults.append(f"{len(joints)} joints but {len(parents)} parents")
    if len(set(joints)) != len(joints):
        faults.append(f"joint names stand twice: {listed(sorted({j for j in joints if joints.count(j) > 1}))}")
    if any(not -1 <= parent < len(joints) for parent in parents):
        faults.append("a parent is not among the joints")
    elif parents.count(-1) != 1:
        faults.append(f"it has {parents.count(-1)} roots")
    elif len(_parents_first(parents)) != len(parents):
        faults.append("its parents go in a circle")
    if faults:
        raise UserError(f"body plan {name!r} is no tree: {'; '.join(faults)}",
                        "one joint has the parent −1; every other has a joint that leads to it")


def _parents_first(parents: tuple[int, ...]) -> tuple[int, ...]:
    children: dict[int, list[int]] = {}
    for child, parent in enumerate(parents):
        children.setdefault(parent, []).append(child)
    order: list[int] = []
    waiting = list(children.get(-1, []))
    while waiting:
        joint = waiting.pop(0)
        order.append(joint)
        waiting += children.get(joint, [])
    return tuple(order)


# ── plan → plan ──────────────────────────────────────────────────────────────────────────────────────────────────────


class PlanMap(NamedTuple):
    """How one plan's joints become another's: row j of `weights` mixes source joints into target joint j."""

    source: Skeleton
    target: Skeleton
    weights: np.ndarray
    lost: tuple[str, ...]
    made: tuple[str, ...]

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """(..., source joints, 3) -> (..., target joints, 3)."""
        mixed: np.ndarray = np.einsum("ij,...jk->...ik", self.weights, positions)
        return mixed.astype(positions.dtype, copy=False)

    def tracking(self, tracked: np.ndarray) -> np.ndarray:
        """(..., source joints) -> (..., target joints): a mixed joint is as well seen as its worst part."""
        out = np.full((*tracked.shape[:-1], len(self.target.joints)), 2, tracked.dtype)
        for joint, row in enumerate(self.weights):
            out[..., joint] = tracked[..., np.flatnonzero(row)].min(-1)
        return out


# A joint the source lacks is the middle of two it has.
MIDDLES = {"pelvis": ("left_hip", "right_hip"), "chest": ("left_shoulder", "right_shoulder"),
           "neck": ("left_shoulder", "right_shoulder"), "spine": ("pelvis", "chest"), "head": ("left_ear", "right_ear")}


def plan_to_plan(source: Skeleton, target: Skeleton) -> PlanMap:
    """The mapping between two plans by the roles of their joints; it says what is lost and what had to be made."""
    weights = np.zeros((len(target.joints), len(source.joints)))
    role_of = {joint: role for role, joint in reversed(list(target.roles.items()))}
    own_words = {sided_word(joint): index for index, joint in enumerate(source.joints)}
    made, impossible = [], []
    for joint, name in enumerate(target.joints):
        role = role_of.get(joint, "")
        blend = _blend(role, source.roles)
        if not blend and sided_word(name) in own_words:
            blend = {own_words[sided_word(name)]: 1.0}
        if not blend:
            impossible.append(name)
        if len(blend) > 1:
            made.append(name)
        for index, weight in blend.items():
            weights[joint, index] = weight
    if impossible:
        raise UserError(f"body plan {source.name!r} has nothing for {listed(impossible)} of {target.name!r}",
                        "choose a plan all of whose joints are there, or name roles in a plan file")
    used = set(np.flatnonzero(weights.any(0)))
    lost = tuple(name for joint, name in enumerate(source.joints) if joint not in used)
    return PlanMap(source, target, weights, lost, tuple(made))


def _blend(role: str, roles: Mapping[str, int]) -> dict[int, float]:
    if role in roles:
        return {roles[role]: 1.0}
    blend: dict[int, float] = {}
    for half in MIDDLES.get(role, ()):
        part = _blend(half, roles)
        if not part:
            return {}
        for joint, weight in part.items():
            blend[joint] = blend.get(joint, 0.0) + weight / 2
    return blend


# ── named plans ──────────────────────────────────────────────────────────────────────────────────────────────────────

KINECT25 = Skeleton.of(
    "kinect25",
    ("SpineBase", "SpineMid", "Neck", "Head", "ShoulderLeft", "ElbowLeft", "WristLeft", "HandLeft", "ShoulderRight",
     "ElbowRight", "WristRight", "HandRight", "HipLeft", "KneeLeft", "AnkleLeft", "FootLeft", "HipRight", "KneeRight",
     "AnkleRight", "FootRight", "SpineShoulder", "HandTipLeft", "ThumbLeft", "HandTipRight", "ThumbRight"),
    (-1, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 7, 7, 11, 11),
)
KINECT20 = Skeleton.of(
    "kinect20",
    ("HipCenter", "Spine", "ShoulderCenter", "Head", "ShoulderLeft", "ElbowLeft", "WristLeft", "HandLeft",
     "ShoulderRight", "ElbowRight", "WristRight", "HandRight", "HipLeft", "KneeLeft", "AnkleLeft", "FootLeft",
     "HipRight", "KneeRight", "AnkleRight", "FootRight"),
    (-1, 0, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18),
)
KINECT15 = Skeleton.of(
    "kinect15",
    ("Head", "Neck", "Torso", "ShoulderLeft", "ElbowLeft", "HandLeft", "ShoulderRight", "ElbowRight", "HandRight",
     "HipLeft", "KneeLeft", "FootLeft", "HipRight", "KneeRight", "FootRight"),
    (1, 2, -1, 1, 3, 4, 1, 6, 7, 2, 9, 10, 2, 12, 13),
)
UIPRMD22 = Skeleton.of(
    "uiprmd22",
    ("Waist", "Spine", "Chest", "Neck", "Head", "HeadTip", "LeftCollar", "LeftUpperArm", "LeftForearm", "LeftHand",
     "RightCollar", "RightUpperArm", "RightForearm", "RightHand", "LeftUpperLeg", "LeftLowerLeg", "LeftFoot",
     "LeftToes", "RightUpperLeg", "RightLowerLeg", "RightFoot", "RightToes"),
    (-1, 0, 1, 2, 3, 4, 2, 6, 7, 8, 2, 10, 11, 12, 0, 14, 15, 16, 0, 18, 19, 20),
)
H36M17 = Skeleton.of(
    "h36m17",
    ("Hip", "RightHip", "RightKnee", "RightFoot", "LeftHip", "LeftKnee", "LeftFoot", "Spine", "Thorax", "Neck", "Head",
     "LeftShoulder", "LeftElbow", "LeftWrist", "RightShoulder", "RightElbow", "RightWrist"),
    (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
)
MEDIAPIPE37 = Skeleton.of(  # MediaPipe's 33 landmarks in their order, and the middles that its bodies hang on
    "mediapipe37",
    ("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
     "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
     "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb",
     "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
     "right_heel", "left_foot_index", "right_foot_index", "middle_hip", "middle_spine", "middle_shoulder", "middle_ear"),
    (36, 2, 0, 2, 5, 0, 5, 3, 6, 0, 0, 35, 35, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16, 33, 33, 23, 24, 25, 26, 27, 28,
     27, 28, -1, 33, 34, 35),
    {"pelvis": "middle_hip", "spine": "middle_spine", "chest": "middle_shoulder", "neck": "middle_shoulder",
     "head": "middle_ear"},
)
PLANS = {plan.name: plan for plan in (KINECT25, KINECT20, KINECT15, UIPRMD22, H36M17, MEDIAPIPE37)}


def recognize_plan(joints: Sequence[str], parents: Sequence[int] | None = None) -> Skeleton | None:
    """The named plan with these joints (by word) in this order, if there is one."""
    words = [sided_word(joint) for joint in joints]
    for plan in PLANS.values():
        same = [sided_word(joint) for joint in plan.joints] == words
        if same and (parents is None or tuple(parents) == plan.parents):
            return plan
    return None
