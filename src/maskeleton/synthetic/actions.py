"""All actions in their order: the number of an action is its place here, and those that come first differ most."""

from maskeleton.synthetic import actions_arms as arms
from maskeleton.synthetic import actions_body as whole
from maskeleton.synthetic import actions_pairs as pairs
from maskeleton.synthetic.steps import Action

ACTIONS: tuple[Action, ...] = (
    arms.WAVE, whole.SIT_DOWN, whole.KICK, pairs.SHAKE_HANDS, whole.WALK, arms.CLAP, whole.FALL, arms.DRINK,
    whole.JUMP, whole.BOW, arms.STRETCH_UP, whole.LIFT, arms.PHONE_CALL, arms.PUNCH, whole.TURN_ROUND,
    whole.STAR_JUMP, pairs.HUG, whole.CRAWL, arms.STIR, arms.THROW, whole.STAND_UP, whole.LUNGE, whole.MARCH,
    arms.SALUTE, arms.HAMMER, pairs.PUSH, whole.SQUAT, arms.SIDE_BEND, arms.POINT_ASIDE, arms.SWIM, whole.KNEEL,
    pairs.HIGH_FIVE, arms.HULA, arms.CROSS_ARMS, arms.WASH_HAIR, pairs.KICK_OTHER, whole.TIE_SHOE, arms.SWEEP,
    whole.HOP, arms.CHEER, pairs.GIVE, pairs.MEET, whole.PUSH_UP, arms.DRAW_BOW, arms.HOLD_HEAD, arms.COUGH,
    arms.FLAP_WINGS, arms.CLIMB, whole.ROW, arms.GOLF, whole.LIE_DOWN, whole.AEROPLANE, arms.SHRUG, arms.DIG,
    whole.SKI, arms.PLAY_GUITAR, arms.WAVE_BOTH, whole.BOW_LOW, whole.TREE, pairs.PUNCH_OTHER, arms.PLAY_VIOLIN,
    whole.ZOMBIE, arms.PULL_ROPE, whole.SIDE_KICK, arms.THINK, whole.KICK_LEFT,
)
NAMES = tuple(f"{number:02d}_{each.name}" for number, each in enumerate(ACTIONS, 1))
