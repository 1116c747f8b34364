"""From angles to joints: forward kinematics of one body, set on the floor by what it touches."""

import numpy as np

from maskeleton import body
from maskeleton.skeleton import KINECT25
from maskeleton.synthetic.poses import PLACE

# The body plan of KINECT25 and three joints nobody sees: the waist, so that the trunk can bend above the hips, and two
# collars, so that a shoulder can be shrugged. (name, parent), parents first.
CHAIN: tuple[tuple[str, str], ...] = (
    ("SpineBase", ""), ("waist", "SpineBase"), ("SpineMid", "waist"), ("SpineShoulder", "SpineMid"),
    ("Neck", "SpineShoulder"), ("Head", "Neck"),
    *(pair for side in ("Left", "Right") for pair in (
        (f"collar{side}", "SpineShoulder"), (f"Shoulder{side}", f"collar{side}"), (f"Elbow{side}", f"Shoulder{side}"),
        (f"Wrist{side}", f"Elbow{side}"), (f"Hand{side}", f"Wrist{side}"), (f"HandTip{side}", f"Hand{side}"),
        (f"Thumb{side}", f"Hand{side}"), (f"Hip{side}", "SpineBase"), (f"Knee{side}", f"Hip{side}"),
        (f"Ankle{side}", f"Knee{side}"), (f"Foot{side}", f"Ankle{side}"))),
)
NODES = tuple(name for name, _ in CHAIN)
PARENTS = tuple(NODES.index(parent) if parent else -1 for _, parent in CHAIN)
KINECT = np.array([NODES.index(name) for name in KINECT25.joints])

# How far flesh reaches beyond a joint (metres for 1.7 m of stature): the lowest of these points lies on the floor.
FLESH = {"Ankle": 0.065, "Foot": 0.02, "Knee": 0.055, "HandTip": 0.01, "Thumb": 0.01, "Hand": 0.03,
         "Wrist": 0.03, "Elbow": 0.04, "Shoulder": 0.07,
         "Hip": 0.10, "SpineBase": 0.11, "SpineMid": 0.11, "SpineShoulder": 0.09, "Head": 0.10}
TOUCHING = np.array([i for i, name in enumerate(NODES) if name.removesuffix("Left").removesuffix("Right") in FLESH])
REACH = np.array([FLESH[NODES[i].removesuffix("Left").removesuffix("Right")] for i in TOUCHING])
SOFT = 0.012  # metres above the lowest point within which a point still carries weight
FLAT = (-55.0, 40.0)  # how far an ankle goes to keep the foot flat


def _turns() -> tuple[np.ndarray, np.ndarray]:
    """Which angle (row) turns which joint about x, z or y, and how strongly: (angles, joints x 3)."""
    table = np.zeros((len(PLACE), len(NODES), 3))
    for part, joints in (("bend", ("waist", "SpineMid")), ("nod", ("Neck",))):
        table[PLACE[part], [NODES.index(j) for j in joints], 0] = 1 / len(joints)
    for part, joints in (("lean", ("waist", "SpineMid")), ("cock", ("Neck",))):
        table[PLACE[part], [NODES.index(j) for j in joints], 1] = -1 / len(joints)
    for part, joints in (("twist", ("waist", "SpineMid")), ("look", ("Neck",))):
        table[PLACE[part], [NODES.index(j) for j in joints], 2] = 1 / len(joints)
    limbs = {"arm_raise": ("Shoulder", 0, -1), "arm_spread": ("Shoulder", 1, 1), "arm_roll": ("Shoulder", 2, -1),
             "arm_elbow": ("Elbow", 0, -1), "arm_wrist": ("Wrist", 0, -1), "arm_shrug": ("collar", 1, 1),
             "leg_hip": ("Hip", 0, -1), "leg_out": ("Hip", 1, 1), "leg_toes": ("Hip", 2, 1),
             "leg_knee": ("Knee", 0, 1), "leg_ankle": ("Ankle", 0, -1)}
    for side, outward in (("Left", 1), ("Right", -1)):
        for part, (joint, axis, sign) in limbs.items():
            table[PLACE[f"{side.lower()}_{part}"], NODES.index(joint + side), axis] = sign * (outward if axis else 1)
    return table.reshape(len(PLACE), -1), np.flatnonzero(table.any((0, 2)))


_TABLE, _TURNING = _turns()


def figure(angles: np.ndarray, offsets: np.ndarray, stature: float) -> np.ndarray:
    """(T, angles) in degrees, (joints, 3) offsets -> (T, joints, 3), feet on the floor, starting above the origin.

    The root's height comes from the lowest point; its way over the floor from the points that carry weight, which stay
    where they are, so a step length follows from the legs.
    """
    posed = _posed(angles, offsets)
    lift = angles[:, PLACE["lift"]] * stature / 1.7
    points = posed[:, TOUCHING]
    heights = points[..., 1] - REACH * stature / 1.7
    lowest = heights.min(1)
    weights = np.exp(-np.minimum((heights - lowest[:, None]) / SOFT, 50))
    weights *= (np.clip(1 - lift / 0.03, 0, 1) / weights.sum(1))[:, None]
    carried = (weights[1:] + weights[:-1]) / 2
    steps = -((points[1:, :, [0, 2]] - points[:-1, :, [0, 2]]) * carried[..., None]).sum(1)
    way = np.zeros((len(angles), 3))
    way[1:, [0, 2]] = steps.cumsum(0)
    way[:, 0] += angles[:, PLACE["aside"]] * stature / 1.7
    way[:, 2] += angles[:, PLACE["forward"]] * stature / 1.7
    way[:, 1] = lift - lowest
    placed: np.ndarray = posed + way[:, None]
    return placed


def _posed(angles: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    angles = _flat_feet(angles)
    local = np.radians(angles @ _TABLE).reshape(len(angles), len(NODES), 3)
    rotations = np.broadcast_to(np.eye(3), (len(angles), len(NODES), 3, 3)).copy()
    rotations[:, _TURNING] = body.turns("xzy", local[:, _TURNING])
    root = angles[:, [PLACE["turn"], PLACE["tilt"], PLACE["roll"]]] * np.array([1.0, 1.0, -1.0])
    rotations[:, 0] = body.turns("yxz", np.radians(root))
    return body.pose(rotations, offsets, np.zeros(3), PARENTS)


def _flat_feet(angles: np.ndarray) -> np.ndarray:
    """Ankles turned so that the soles are level, as far as ankles go; what a pose says of the ankle comes on top."""
    angles = angles.copy()
    for side in ("left", "right"):
        hip, knee, ankle = (PLACE[f"{side}_leg_{part}"] for part in ("hip", "knee", "ankle"))
        level = angles[:, PLACE["tilt"]] - angles[:, hip] + angles[:, knee]
        angles[:, ankle] += np.clip(level, *FLAT)
    return angles
