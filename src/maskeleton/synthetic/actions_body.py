"""Actions of the whole body: going, jumping, bending, sitting, kneeling, falling, lying."""

from functools import partial

import numpy as np

from maskeleton.synthetic.poses import ARMS, REST, Limb, Pose, mirrored, pose
from maskeleton.synthetic.steps import Action, Step, action, again

SITTING = pose("lap", "sit", tilt=-6, bend=6)
SIT_DOWN = action(
    "sit_down",
    (0.4, pose((25, 5, 20, 25), (48, 6, 6, 52), bend=40, nod=-10)),
    (0.55, pose("lap", "sit", tilt=4, bend=36, nod=-10)), (0.55, SITTING), (1.0, SITTING),
)
STAND_UP = action(
    "stand_up", (0.6, SITTING), (0.5, pose("lap", (84, 7, 5, 92), tilt=6, bend=42, nod=-15)),
    (0.45, pose((30, 5, 20, 20), (45, 6, 6, 50), bend=38, nod=-10)), (0.55, REST), (0.4, REST), start=SITTING,
)


def kick(name: str, right: bool) -> Action:
    """A high kick straight ahead."""
    poses = [
        pose(left=(45, 15, 10, 30), right="back_low", bend=12, right_leg=(-32, 3, 5, 65, -10), left_leg=(12, 3, 7, 18)),
        pose(right=(60, 25, 10, 20), left=(-35, 25, 0, 15), tilt=-14, bend=14, right_leg=(105, 3, 0, 8, -25),
             left_leg=(-12, 3, 7, 6)),
        pose(right=(30, 20, 10, 25), bend=6, right_leg=(55, 3, 5, 75), left_leg=(2, 3, 7, 12)),
    ]
    back, high, bent = poses if right else map(mirrored, poses)
    return action(name, (0.45, back), (0.26, high), (0.22, high), (0.4, bent), (0.45, REST), sided=True)


KICK = kick("kick", True)
KICK_LEFT = kick("kick_left", False)
SIDE_KICK = action(
    "side_kick",
    (0.45, pose("guard", right_leg=(70, 10, 0, 100), left_leg=(5, 4, 12, 12))),
    (0.25, pose(left=(60, 40, 20, 60), right=(10, 50, 0, 30), roll=22, lean=24, right_leg=(25, 78, -10, 4),
                left_leg=(4, -14, 20, 8))),
    (0.2, pose(left=(60, 40, 20, 60), right=(10, 50, 0, 30), roll=22, lean=24, right_leg=(25, 80, -10, 4),
               left_leg=(4, -14, 20, 8))),
    (0.35, pose("guard", right_leg=(60, 10, 0, 90), left_leg=(5, 4, 12, 12))), (0.5, REST),
)


def gait(swinging: bool = True, high: float = 0.0, trunk: float = 0.0) -> tuple[Pose, Pose, Pose, Pose]:
    """One stride in four poses: right foot in front, left passing, left in front, right passing."""
    front, rear = (30.0, 3, 5, 6), (-20.0, 3, 7, 12, -22)
    stance, passing = (2.0, 3, 6, 6), (22.0 + high, 3, 4, 62 + high)
    left, right = ((24, 6, 10, 25), (-26, 6, 10, 10)) if swinging else (ARMS["forward"], ARMS["forward"])
    contact = pose(right_leg=front, left_leg=rear, left=left, right=right, twist=7, bend=trunk + 4)
    pass_by = pose("hang" if swinging else "forward", right_leg=stance, left_leg=passing, bend=trunk + 4)
    other = mirrored(np.stack([contact, pass_by]))
    return contact, pass_by, other[0], other[1]


def walking(seconds: float, strides: int, poses: tuple[Pose, Pose, Pose, Pose]) -> list[Step]:
    """So many strides, begun and ended standing."""
    right, left_by, left, right_by = poses
    quarter = seconds / 4
    stride: list[Step] = [(quarter, right), (quarter, left_by), (quarter, left), (quarter, right_by)]
    return [(quarter, right_by), *stride * strides, (quarter, right), (quarter, left_by), (quarter * 1.2, REST)]


WALK = action("walk", *walking(1.12, 2, gait()))
ZOMBIE = action("walk_arms_forward", *walking(1.5, 1, gait(False, 30, -6)))
MARCH = action(
    "march",
    *again(2, (0.36, pose(left=(62, 5, 10, 85), right=(-34, 8, 10, 60), right_leg="knee_up", bend=-3)),
           (0.24, pose((10, 6, 10, 72))),
           (0.36, pose(right=(62, 5, 10, 85), left=(-34, 8, 10, 60), left_leg="knee_up", bend=-3)),
           (0.24, pose((10, 6, 10, 72)))),
    (0.3, REST),
)


def turned(step: int) -> Pose:
    """An eighth of a turn further, on the other foot."""
    lifted: Limb = (38, 6, 8, 62)
    left, right = (lifted, "stand") if step % 2 == 0 else ("stand", lifted)
    return pose("low", left_leg=left, right_leg=right, turn=45 * step, twist=10, look=14)


TURN_ROUND = action("turn_round", *((0.26, turned(step)) for step in range(1, 8)), (0.4, pose(turn=360)))
JUMP = action(
    "jump",
    (0.6, pose((-36, 8, 0, 10), (66, 6, 8, 84), tilt=14, bend=24, nod=-20)),
    (0.25, pose((-42, 8, 0, 10), (70, 6, 8, 88), tilt=14, bend=26, nod=-20)),
    (0.15, pose((10, 8, 0, 20), (45, 6, 8, 55), tilt=8, bend=14)), (0.17, pose((120, 10, 0, 18), "tiptoe")),
    (0.22, pose("up", (22, 5, 8, 45, -20), lift=0.42)), (0.22, pose((120, 20, 0, 20), (14, 5, 8, 16, -15))),
    (0.25, pose((40, 20, 0, 20), (58, 6, 8, 72), tilt=8, bend=20)), (0.45, REST),
)
STAR_JUMP = action(
    "star_jump",
    *again(3, (0.26, pose((0, 95, 0, 5), (2, 16, 8, 4), lift=0.16)), (0.18, pose((0, 158, 0, 6), (4, 30, 12, 10))),
           (0.26, pose((0, 90, 0, 5), (2, 14, 8, 4), lift=0.16)), (0.18, pose("straight", (8, 1, 7, 14)))), (0.4, REST))
HOP = action(
    "hop",
    (0.45, pose((10, 40, 0, 40), right_leg=(40, 3, 5, 105), left_leg=(28, 2, 5, 40))),
    *again(3, (0.2, pose((10, 65, 0, 30), right_leg=(40, 3, 5, 108), left_leg=(2, 2, 5, 4, -35), lift=0.2)),
           (0.2, pose((10, 40, 0, 40), right_leg=(40, 3, 5, 105), left_leg=(26, 2, 5, 40)))),
    (0.5, REST),
)
BOW = action("bow", (0.9, pose((28, 4, 10, 4), (2, 1, 6, 0), tilt=28, bend=62, nod=18)),
             (0.7, pose((28, 4, 10, 4), (2, 1, 6, 0), tilt=30, bend=64, nod=20)), (0.9, REST), (0.2, REST))
LIFT = action(
    "lift_from_floor",
    (0.8, pose((92, 2, 10, 2), "squat", tilt=24, bend=40, nod=-10)),
    (0.35, pose((88, 0, 15, 4), "squat", tilt=24, bend=40, nod=-10)),
    (0.7, pose((30, 4, 25, 85), (14, 6, 8, 18), bend=4)), (0.6, pose((140, -4, 10, 20), nod=-20, bend=-10)),
    (0.6, pose((140, -4, 10, 20), nod=-20, bend=-10)), (0.7, REST),
)
SQUAT = action("squat", *again(2, (0.7, pose("forward", "squat", tilt=24, bend=6, nod=-8)),
                               (0.25, pose("forward", "squat", tilt=24, bend=6, nod=-8)), (0.6, pose((25, 4, 8, 10)))),
               (0.4, REST))
LUNGE = action(
    "lunge",
    (0.4, pose("akimbo", left_leg=(80, 3, 3, 85))),
    (0.5, pose("akimbo", left_leg="front_lunge", right_leg="back_lunge", bend=-4)),
    (0.7, pose("akimbo", left_leg="front_lunge", right_leg="back_lunge", bend=-6)),
    (0.5, pose("akimbo", left_leg=(70, 3, 3, 80))), (0.5, REST),
)
KNEEL = action(
    "kneel_down",
    (0.5, pose(left_leg=(70, 4, 5, 75), right_leg=(20, 4, 5, 60, -30), bend=12)),
    (0.6, pose("elbow", left_leg=(90, 5, 5, 90), right_leg="on_knee", nod=25)),
    (1.2, pose(left="bowl", right="heart", left_leg=(90, 5, 5, 90), right_leg="on_knee", nod=30, bend=8)),
    (0.5, pose(left_leg=(70, 4, 5, 75), right_leg=(20, 4, 5, 60, -30), bend=12)), (0.6, REST),
)
_at_shoe = partial(pose, left_leg=(118, 4, 5, 108), right_leg=(22, 6, 5, 110, -40), tilt=10, nod=25)
TIE_SHOE = action(
    "tie_shoe", (0.8, _at_shoe((95, -12, 20, 8), bend=70)),
    *again(4, (0.22, _at_shoe((98, 4, 10, 24), bend=72)), (0.22, _at_shoe((95, -14, 20, 6), bend=70))), (0.8, REST),
)
_KNEELING = pose((20, 0, 20, 40), (6, 6, 0, 96, -45), bend=4)
_DEEP = pose((130, 8, 10, 30, 20), (100, 8, 0, 140, -45), tilt=62, bend=58, nod=10)
_HANDS_UP = pose((150, 10, 0, 20), (6, 6, 0, 96, -45), bend=-6, nod=-10)
BOW_LOW = action("kneel_and_bow", (0.3, _KNEELING), (0.35, _HANDS_UP), (0.8, _DEEP), (0.7, _DEEP), (0.8, _KNEELING),
                 (0.3, _KNEELING), start=_KNEELING)
_LYING = pose((0, 65, 0, 15), "lie", tilt=-90, nod=10)
FALL = action(
    "fall_down",
    (0.5, pose((60, 60, 0, 30), (10, 6, 7, 22), tilt=-4, bend=14, lean=10)),
    (0.3, pose((120, 60, 0, 20), (45, 8, 7, 60), tilt=-28, bend=-6, nod=10)),
    (0.32, pose((95, 65, 0, 20), (85, 10, 7, 75), tilt=-58, bend=20, nod=25)),
    (0.26, pose((70, 70, 0, 20), (50, 10, 7, 50), tilt=-88, bend=4, nod=15)), (0.35, _LYING), (0.9, _LYING),
)
_ON_FLOOR = pose((-32, 18, 0, 8, -60), (90, 8, 10, 10), tilt=-12, bend=12)
LIE_DOWN = action(
    "lie_down", (0.3, _ON_FLOOR), (0.6, pose((-20, 14, 0, 50, -40), (72, 8, 10, 44), tilt=-42, bend=30, nod=15)),
    (0.6, pose("straight", (30, 8, 12, 40), tilt=-80, bend=8, nod=10)),
    (0.5, pose("straight", "lie", tilt=-90, nod=5)), (0.8, pose("belly", "lie", tilt=-90, nod=5)),
    (0.4, pose("belly", "lie", tilt=-90, nod=5)), start=_ON_FLOOR,
)
_on_fours = partial(pose, tilt=78, nod=-35)
_CRAWL = (
    _on_fours(left=(108, 4, 0, 4, 75), right=(62, 4, 0, 4, 75), twist=8,
              left_leg=(60, 5, 0, 74, -45), right_leg=(98, 5, 0, 108, -45)),
    _on_fours(left=(82, 4, 0, 4, 75), right=(90, 4, 0, 30, 75),
              left_leg=(84, 5, 0, 100, -45), right_leg=(78, 5, 0, 90, -45)),
)
CRAWL = action(
    "crawl", *again(2, *((0.4, each) for each in (*_CRAWL, *mirrored(np.stack(_CRAWL))))), (0.4, _CRAWL[0]),
    start=_on_fours((78, 4, 0, 4, 75), "all_fours"),
)
_PLANK = pose((74, 10, 10, 3, 75), (0, 2, 0, 0, -5), tilt=70, nod=-20)
_DOWN = pose((20, 38, 20, 112, 75), (0, 2, 0, 0, -5), tilt=84, nod=-30)
PUSH_UP = action("push_up", *again(3, (0.5, _DOWN), (0.15, _DOWN), (0.5, _PLANK)), (0.2, _PLANK), start=_PLANK)
_CATCH = pose((84, 2, 10, 4), (132, 8, 8, 100), tilt=4, bend=34, nod=-20)
_FINISH = pose((8, 22, 30, 118), (72, 8, 8, 8), tilt=-22, bend=-4)
ROW = action("row", *again(3, (0.55, _FINISH), (0.6, _CATCH)), start=_CATCH)
AEROPLANE = action(
    "aeroplane",
    (0.9, pose((0, 92, 0, 4), right_leg=(4, 2, 0, 6, -30), left_leg=(66, 2, 5, 6), tilt=66, nod=-35)),
    (0.5, pose((0, 92, 0, 4), right_leg=(2, 2, 0, 4, -30), left_leg=(72, 2, 5, 6), tilt=72, lean=8, nod=-35)),
    (0.5, pose((0, 92, 0, 4), right_leg=(2, 2, 0, 4, -30), left_leg=(72, 2, 5, 6), tilt=72, lean=-8, nod=-35)),
    (0.9, REST),
)
_tucked = partial(pose, legs=(80, 6, 5, 92), tilt=14, bend=42, nod=-30)
SKI = action("ski", (0.6, _tucked((55, 12, 10, 60))),
             *again(2, (0.5, _tucked((-55, 12, 0, 10))), (0.6, _tucked((60, 12, 10, 70)))), (0.6, REST))
TREE = action("stand_on_one_leg", (0.9, pose((178, -6, 0, 8), right_leg=(55, 62, 30, 120), left_leg=(0, -3, 5, 0))),
              *again(2, (0.5, pose((178, -6, 0, 8), right_leg=(55, 62, 30, 120), left_leg=(0, -3, 5, 0), roll=4)),
                     (0.5, pose((178, -6, 0, 8), right_leg=(55, 62, 30, 120), left_leg=(0, -3, 5, 0), roll=-3))),
              (0.8, REST))
