"""Actions done standing, mostly with the arms."""

from maskeleton.synthetic.poses import REST, pose
from maskeleton.synthetic.steps import Action, Step, action, again


def wave(name: str, left: bool, right: bool, sided: bool) -> Action:
    """Waving with one arm or both, high above the head."""
    def swung(elbow: float) -> Step:
        arm = (0, 112, -70, elbow)
        return 0.27, pose(left=arm if left else "hang", right=arm if right else "hang", lean=0)
    return action(name, (0.6, swung(45)[1]), *again(3, swung(95), swung(15)), (0.25, swung(45)[1]), (0.6, REST),
                  sided=sided)


WAVE = wave("wave", False, True, False)
WAVE_BOTH = wave("wave_both_arms", True, True, False)

CLAP = action("clap", (0.6, pose("open")), *again(5, (0.17, pose("clap")), (0.2, pose((22, 45, -5, 95)))),
              (0.17, pose("clap")), (0.6, REST))

DRINK = action(
    "drink",
    (0.6, pose(right="bowl", nod=15)), (0.5, pose(right="mouth", nod=0)),
    (0.4, pose(right=(100, 40, 35, 125), nod=-35, bend=-10)), (0.9, pose(right=(108, 45, 35, 125), nod=-42, bend=-14)),
    (0.4, pose(right="mouth")), (0.8, REST),
)

STRETCH_UP = action(
    "stretch_up",
    (0.9, pose("up", "stand", bend=-5)), (0.5, pose((186, -2, 0, 2), "tiptoe", bend=-14, nod=-25)),
    (0.9, pose((190, -2, 0, 2), "tiptoe", bend=-18, nod=-30)), (0.6, pose((0, 110, 0, 8))), (0.6, REST),
)

PHONE_CALL = action(
    "phone_call",
    (0.8, pose(right="ear", cock=-14, look=15)), (0.8, pose(right="ear", cock=-18, nod=8, twist=12, lean=-4)),
    (0.7, pose(right="ear", cock=-14, nod=-4, twist=-10)), (0.7, pose(right="ear", cock=-18, nod=8, twist=8)),
    (0.8, REST),
)

_GUARD = pose("guard", left_leg=(22, 6, 5, 18), right_leg=(-12, 8, 25, 16), bend=10)
_JAB = pose(left=(92, -8, 10, 4), right="guard", twist=-35, bend=10, left_leg=(26, 6, 5, 24),
            right_leg=(-14, 8, 25, 14))
_CROSS = pose(right=(92, -8, 10, 4), left="guard", twist=40, bend=14, left_leg=(28, 6, 5, 28),
              right_leg=(-14, 8, 25, 14))
PUNCH = action("punch", (0.45, _GUARD), *again(2, (0.17, _JAB), (0.14, _JAB), (0.22, _GUARD), (0.17, _CROSS),
                                               (0.14, _CROSS), (0.22, _GUARD)), (0.5, REST))

_STIR = (
    pose((46, -18, 25, 30), bend=30, nod=20), pose((40, -16, 25, 45), bend=24, nod=20, twist=-32, lean=-10),
    pose((24, -14, 25, 85), bend=12, nod=15), pose((40, -16, 25, 45), bend=24, nod=20, twist=32, lean=10),
)
STIR = action("stir", (0.6, _STIR[0]), *again(2, *((0.33, each) for each in (*_STIR[1:], _STIR[0]))), (0.6, REST))

THROW = action(
    "throw",
    (0.6, pose(right=(20, 95, -75, 95), left=(80, 20, 10, 15), twist=-45, bend=-12, left_leg=(60, 5, 5, 70),
               look=25)),
    (0.28, pose(right=(70, 80, -60, 80), left=(50, 30, 10, 30), twist=-15, bend=0, left_leg=(35, 4, 5, 12),
                right_leg=(-12, 6, 20, 14, -10))),
    (0.16, pose(right=(110, 10, 10, 12), left="back_low", twist=35, bend=25, left_leg=(32, 4, 5, 30),
                right_leg=(-22, 6, 15, 18, -15))),
    (0.3, pose(right=(20, -25, 10, 12), left="back_low", twist=45, bend=45, left_leg=(36, 4, 5, 38),
               right_leg=(-22, 6, 15, 22, -20))),
    (0.7, REST),
)

SALUTE = action("salute", (0.4, pose(right="temple", legs=(0, 0, 5, 0), bend=-4, nod=-6)),
                (1.3, pose(right="temple", legs=(0, 0, 5, 0), bend=-4, nod=-6)), (0.35, REST), (0.3, REST))

HAMMER = action(
    "hammer",
    (0.6, pose(right=(150, 20, 0, 80), left="bowl", bend=0)),
    *again(3, (0.16, pose(right=(48, 0, 20, 55), left="bowl", bend=28, nod=15)),
           (0.12, pose(right=(48, 0, 20, 55), left="bowl", bend=28, nod=15)),
           (0.38, pose(right=(150, 20, 0, 80), left="bowl", bend=-4))),
    (0.16, pose(right=(48, 0, 20, 55), left="bowl", bend=28, nod=15)), (0.7, REST),
)

SIDE_BEND = action(
    "side_bend",
    (0.9, pose(left=(0, 186, 0, 14), right="akimbo", legs="wide", lean=-48, cock=-12)),
    (0.4, pose(left=(0, 186, 0, 14), right="akimbo", legs="wide", lean=-50, cock=-12)),
    (1.1, pose(right=(0, 186, 0, 14), left="akimbo", legs="wide", lean=48, cock=12)),
    (0.4, pose(right=(0, 186, 0, 14), left="akimbo", legs="wide", lean=50, cock=12)), (0.9, REST),
)

POINT_ASIDE = action("point_aside", (0.45, pose(right=(0, 98, 0, 2), look=-45, twist=-12)),
                     (1.2, pose(right=(0, 100, 0, 2), look=-50, twist=-14, lean=-6)), (0.6, REST))

SWIM = action(
    "swim",
    (0.7, pose((95, 2, 20, 30), bend=55, nod=-20, legs=(12, 6, 8, 20))),
    *again(2, (0.25, pose((165, 4, 10, 4), bend=58, nod=-10, legs=(14, 6, 8, 22))),
           (0.45, pose((95, 75, 10, 10), bend=48, nod=-35, legs=(10, 6, 8, 16))),
           (0.3, pose("chest", bend=52, nod=-25, legs=(12, 6, 8, 20)))),
    (0.8, REST),
)

HULA = action(
    "circle_hips",
    (0.5, pose("akimbo")),
    *again(2, (0.29, pose("akimbo", left_leg=(0, -12, 7, 2), right_leg=(0, 20, 7, 2), lean=-24)),
           (0.29, pose("akimbo", (-18, 4, 7, 4), bend=-14)),
           (0.29, pose("akimbo", left_leg=(0, 20, 7, 2), right_leg=(0, -12, 7, 2), lean=24)),
           (0.29, pose("akimbo", (24, 4, 7, 8), tilt=6, bend=22))),
    (0.5, REST),
)

CROSS_ARMS = action("cross_arms", (0.7, pose("elbow", bend=-4)), (0.9, pose("elbow", bend=-8, nod=-8, twist=10)),
                    (0.9, pose("elbow", bend=-8, nod=8, twist=-10)), (0.7, REST))

WASH_HAIR = action(
    "wash_hair", (0.8, pose("crown", nod=30, bend=15)),
    *again(5, (0.17, pose(left=(150, 20, 36, 104), right=(118, 0, 36, 100), nod=30, bend=16)),
           (0.17, pose(left=(118, 0, 36, 100), right=(150, 20, 36, 104), nod=30, bend=16))),
    (0.8, REST),
)

SWEEP = action(
    "sweep",
    (0.6, pose(left=(60, 0, 40, 50), right=(35, -5, 30, 10), bend=28, nod=20, twist=-40)),
    *again(2, (0.55, pose(left=(45, 10, 30, 40), right=(60, -25, 30, 5), bend=32, nod=20, twist=40)),
           (0.55, pose(left=(60, 0, 40, 50), right=(35, 10, 20, 10), bend=28, nod=20, twist=-40))),
    (0.6, REST),
)

CHEER = action(
    "cheer", (0.4, pose((110, 40, 0, 110), "crouch", bend=20)),
    *again(3, (0.22, pose((165, 18, 0, 10), (0, 10, 10, 2, -20), bend=-14, nod=-28, lift=0.06)),
           (0.22, pose((120, 40, -20, 95), (22, 10, 10, 30), bend=0, nod=-10))),
    (0.6, REST),
)

DRAW_BOW = action(
    "draw_bow",
    (0.6, pose(left=(75, 60, 0, 5), right=(75, -35, 30, 35), look=60, twist=10, legs="wide")),
    (0.9, pose(left=(10, 95, 0, 2), right=(20, 88, 5, 140), look=70, twist=-14, legs="wide", bend=-6)),
    (0.7, pose(left=(10, 95, 0, 2), right=(20, 90, 5, 142), look=70, twist=-16, legs="wide", bend=-6)),
    (0.12, pose(left=(10, 95, 0, 2), right=(10, 105, 0, 60), look=70, twist=-18, legs="wide", bend=-6)),
    (0.8, REST),
)

HOLD_HEAD = action(
    "hold_head", (0.7, pose("temple", bend=25, nod=30)),
    *again(2, (0.4, pose("temple", bend=35, nod=35, lean=14)), (0.4, pose("temple", bend=35, nod=35, lean=-14))),
    (0.8, REST),
)

COUGH = action(
    "cough", (0.6, pose(right="mouth", left="heart", bend=12, nod=10)),
    *again(3, (0.13, pose(right=(72, 9, 40, 130), left="heart", bend=48, nod=30, legs=(14, 3, 7, 20))),
           (0.3, pose(right="mouth", left="heart", bend=18, nod=10))),
    (0.7, REST),
)

FLAP_WINGS = action("flap_wings", (0.5, pose((0, 105, 0, 8))),
                    *again(3, (0.3, pose((0, 35, 0, 25), (14, 3, 7, 24))), (0.32, pose((0, 135, 0, 5), "tiptoe"))),
                    (0.7, REST))

GOLF = action(
    "golf_swing",
    (0.6, pose((40, -18, 10, 6), (18, 14, 8, 22), bend=38, nod=15)),
    (0.7, pose(left=(110, -45, 10, 8), right=(95, 25, -30, 75), legs=(16, 14, 8, 22), bend=28, twist=-70, nod=10)),
    (0.22, pose((40, -18, 10, 6), (18, 14, 8, 22), bend=38, nod=15)),
    (0.25, pose(right=(120, -45, 10, 8), left=(105, 25, -30, 75), legs=(6, 14, 8, 10), bend=0, twist=75)),
    (0.5, pose(right=(135, -45, 10, 30), left=(120, 25, -30, 95), legs=(2, 14, 8, 4), bend=-8, twist=80)),
    (0.8, REST),
)

SHRUG = action(
    "shrug", *again(2, (0.35, pose((15, 22, -45, 100, 0, 24), cock=12, nod=6)),
                    (0.5, pose((15, 24, -50, 102, 0, 26), cock=14, nod=6)), (0.4, pose((5, 8, -10, 35)))), (0.5, REST))

DIG = action(
    "dig",
    (0.6, pose(left=(70, -5, 20, 5), right=(30, 10, 20, 60), bend=60, nod=0, left_leg=(48, 6, 5, 52),
               right_leg=(4, 6, 12, 34, -10))),
    *again(2, (0.35, pose(left=(50, -5, 20, 5), right=(5, 10, 20, 80), bend=70, left_leg=(54, 6, 5, 60),
                          right_leg=(6, 6, 12, 40, -10))),
           (0.45, pose(left=(85, -25, 20, 15), right=(75, 40, 10, 90), bend=10, twist=-65, left_leg=(24, 6, 5, 24),
                       right_leg=(0, 6, 12, 14))),
           (0.5, pose(left=(70, -5, 20, 5), right=(30, 10, 20, 60), bend=60, left_leg=(48, 6, 5, 52),
                      right_leg=(4, 6, 12, 34, -10)))),
    (0.7, REST),
)

PLAY_GUITAR = action(
    "play_guitar",
    (0.6, pose(left=(15, 70, -30, 95), right=(5, 30, 70, 95), nod=18, lean=8, legs="wide")),
    *again(5, (0.15, pose(left=(15, 70, -30, 95), right=(22, 22, 60, 70), nod=28, bend=8, lean=8, legs="wide")),
           (0.15, pose(left=(15, 66, -30, 90), right=(-4, 35, 75, 112), nod=12, lean=8, legs="wide"))),
    (0.7, REST),
)

PULL_ROPE = action(
    "pull_rope",
    (0.5, pose((85, -6, 20, 8), bend=25, left_leg=(38, 8, 5, 35), right_leg=(-14, 8, 20, 20, -5))),
    *again(2, (0.65, pose((15, 25, 20, 118), tilt=-14, bend=-6, left_leg=(16, 8, 5, 10),
                          right_leg=(14, 8, 20, 58))),
           (0.5, pose((85, -6, 20, 8), bend=25, left_leg=(38, 8, 5, 35), right_leg=(-14, 8, 20, 20, -5)))),
    (0.7, REST),
)

THINK = action("scratch_head", (0.7, pose(right="crown", cock=-14, nod=12)),
               *again(4, (0.16, pose(right=(142, 0, 36, 92), cock=-16, nod=14)),
                      (0.16, pose(right=(124, 24, 36, 100), cock=-14, nod=12))),
               (0.7, REST))

CLIMB = action(
    "climb_ladder",
    (0.5, pose(left=(165, 4, 0, 15), right=(80, 10, 20, 80), left_leg="knee_up")),
    *again(2, (0.5, pose(right=(165, 4, 0, 15), left=(80, 10, 20, 80), right_leg="knee_up")),
           (0.5, pose(left=(165, 4, 0, 15), right=(80, 10, 20, 80), left_leg="knee_up"))),
    (0.6, REST),
)

PLAY_VIOLIN = action(
    "play_violin",
    (0.7, pose(left=(60, 45, -70, 95), right=(60, 5, 30, 100), cock=22, look=30)),
    *again(2, (0.55, pose(left=(60, 45, -70, 95), right=(45, 62, 10, 40), cock=22, look=30)),
           (0.5, pose(left=(60, 45, -70, 95), right=(62, 2, 30, 108), cock=22, look=30))),
    (0.7, REST),
)
