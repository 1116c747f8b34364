"""Actions of two people who face each other; the first is the one the recording is named after."""

from maskeleton.synthetic.actions_body import gait
from maskeleton.synthetic.poses import REST, mirrored, pose
from maskeleton.synthetic.steps import PairStep, pair

_GIVE_HAND = pose(right=(42, -6, 22, 42), bend=10, nod=4)
_HAND_UP = pose(right=(52, -6, 22, 46), bend=10, nod=4)
_HAND_DOWN = pose(right=(32, -6, 22, 42), bend=10, nod=4)
SHAKE_HANDS = pair(
    "shake_hands", 0.98, (0.7, _GIVE_HAND, _GIVE_HAND),
    *((0.17, _HAND_UP, _HAND_UP), (0.17, _HAND_DOWN, _HAND_DOWN)) * 4, (0.2, _GIVE_HAND, _GIVE_HAND), (0.7, REST, REST),
)

_RIGHT, _LEFT_BY, _LEFT, _RIGHT_BY = gait()
_ONE_STEP: tuple[PairStep, ...] = ((0.3, _RIGHT_BY, _RIGHT_BY), (0.3, _RIGHT, _RIGHT), (0.3, _LEFT_BY, _LEFT_BY))
_EMBRACE = pose(left=(82, 12, 60, 50), right=(58, 18, 70, 62), bend=16, cock=12, nod=14)
_OPEN_ARMS = pose((70, 55, -10, 20))
HUG = pair(
    "hug", 1.60, *_ONE_STEP, (0.3, _OPEN_ARMS, _OPEN_ARMS), (0.4, _EMBRACE, _EMBRACE), (1.1, _EMBRACE, _EMBRACE),
    (0.6, _OPEN_ARMS, _OPEN_ARMS), (0.5, REST, REST),
)

_STAGGER = pose((65, 30, 0, 30), tilt=-18, bend=18, nod=-15, right_leg=(-18, 4, 7, 30, -10), left_leg=(38, 4, 7, 20))
_PUSHED_BACK = pose((40, 40, 0, 40), tilt=-8, bend=16, right_leg=(-26, 4, 7, 26, -15), left_leg=(34, 4, 7, 12))
PUSH = pair(
    "push_other", 1.15, (0.5, pose((25, 25, 30, 130), bend=-6), REST),
    (0.22, pose((84, 2, 10, 10, -50), bend=22, left_leg=(34, 3, 5, 30), right_leg=(-16, 3, 10, 12, -15)), _STAGGER),
    (0.35, pose((80, 2, 10, 14, -50), bend=20, left_leg=(34, 3, 5, 30), right_leg=(-16, 3, 10, 12, -15)),
     _PUSHED_BACK),
    (0.7, REST, REST), (0.3, REST, REST),
)

_WIND_UP = pose(left=(50, 20, 10, 40), right="back_low", bend=8,
                right_leg=(-30, 3, 5, 70, -10), left_leg=(12, 3, 7, 18))
_KICKING = pose(left=(-30, 30, 0, 15), right=(60, 30, 0, 20), tilt=-16, bend=10, right_leg=(88, 2, 0, 6, -10),
                left_leg=(-14, 3, 7, 8))
_HIT = pose("belly", (40, 5, 6, 45), bend=58, nod=10, tilt=6)
KICK_OTHER = pair(
    "kick_other", 1.06, (0.5, _WIND_UP, REST), (0.25, _KICKING, pose((30, 30, 0, 60), bend=5)),
    (0.3, pose(right_leg=(50, 3, 5, 70), bend=4), _HIT), (0.6, REST, _HIT), (0.7, REST, REST),
)

_JAB = pose(right=(98, -8, 10, 4), left="guard", twist=40, bend=14, left_leg=(28, 6, 5, 28),
            right_leg=(-16, 8, 25, 14, -10))
_GUARDED = pose("guard", bend=6, left_leg=(20, 6, 5, 16), right_leg=(-12, 8, 25, 14))
_HEAD_BACK = pose((40, 50, 0, 40), tilt=-14, bend=-22, nod=-35, right_leg=(-12, 4, 7, 14), left_leg=(20, 4, 7, 10))
PUNCH_OTHER = pair(
    "punch_other", 0.78, (0.5, _GUARDED, REST), (0.18, _JAB, REST), (0.2, _JAB, _HEAD_BACK),
    (0.4, _GUARDED, pose(right="forehead", left="low", bend=-8, nod=-10)),
    (0.6, REST, pose(right="forehead", bend=22, nod=25)), (0.7, REST, REST),
)

_PALM_UP = pose(right=(118, -16, 10, 30), bend=2, nod=-8)
HIGH_FIVE = pair(
    "high_five", 0.84, (0.45, pose(right=(150, 25, -10, 60), twist=-20), pose(right=(150, 25, -10, 60), twist=-20)),
    (0.2, _PALM_UP, _PALM_UP), (0.25, _PALM_UP, _PALM_UP), (0.6, REST, REST), (0.3, REST, REST),
)

_HOLDING = pose((42, -5, 25, 78))
_HANDING = pose((64, -6, 25, 22), bend=14)
GIVE = pair(
    "give_object", 1.16, (0.6, _HOLDING, REST), (0.6, _HANDING, _HANDING), (0.4, _HANDING, _HANDING),
    (0.6, REST, _HOLDING), (0.5, REST, _HOLDING), (0.6, REST, REST),
)


MEET = pair(
    "walk_to_each_other", 3.4, *((0.32, one, mirrored(one)) for one in (_RIGHT_BY, _RIGHT, _LEFT_BY, _LEFT, _RIGHT_BY)),
    (0.4, REST, REST), (0.6, REST, REST),
)
