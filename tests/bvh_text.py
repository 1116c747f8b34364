"""BVH files as text, put together by hand: a tree of joints, and frames."""

ROTATIONS = "CHANNELS 3 Zrotation Xrotation Yrotation"
Tree = tuple[str, tuple[float, float, float], str, list["Tree"]]


def hierarchy(tree: Tree, depth: int = 0) -> str:
    """A tree of (name, offset, channels, children) as BVH says it; a name of '' is an End Site."""
    name, (x, y, z), channels, children = tree
    kind = "ROOT" if depth == 0 else "JOINT"
    lines = [f"{kind} {name}" if name else "End Site", "{", f"OFFSET {x} {y} {z}", channels]
    body = "\n".join(lines) + "\n" + "".join(hierarchy(child, depth + 1) for child in children) + "}\n"
    return body if depth else f"HIERARCHY\n{body}"


def motion(frames: list[list[float]], seconds: float = 1 / 30) -> str:
    rows = "\n".join(" ".join(map(str, frame)) for frame in frames)
    return f"MOTION\nFrames: {len(frames)}\nFrame Time: {seconds:.7f}\n{rows}\n"


def person(scale: float = 1.0, up: str = "y", style: str = "Left{}") -> Tree:
    """1.5 m of bones from ankle to head; a T-pose facing +z (or −y, where z is up), left hand at +x."""
    def at(x: float, y: float, z: float) -> tuple[float, float, float]:
        return (x * scale, y * scale, z * scale) if up == "y" else (x * scale, -z * scale, y * scale)

    def side(word: str, sign: int) -> tuple[Tree, Tree]:
        def name(joint: str) -> str:
            return style.replace("Left", word).format(joint)
        toe: Tree = (name("Toe"), at(0, -.05, .12), ROTATIONS, [("", at(0, 0, .05), "", [])])
        foot: Tree = (name("Foot"), at(0, -.4, 0), ROTATIONS, [toe])
        leg: Tree = (name("UpLeg"), at(sign * .1, 0, 0), ROTATIONS, [(name("Leg"), at(0, -.4, 0), ROTATIONS, [foot])])
        hand: Tree = (name("Hand"), at(sign * .25, 0, 0), ROTATIONS, [("", at(0, 0, 0), "", [])])
        forearm: Tree = (name("ForeArm"), at(sign * .3, 0, 0), ROTATIONS, [hand])
        arm: Tree = (name("Arm"), at(sign * .2, 0, 0), ROTATIONS, [forearm])
        return leg, arm

    (left_leg, left_arm), (right_leg, right_arm) = side("Left", 1), side("Right", -1)
    head: Tree = ("Head", at(0, .2, 0), ROTATIONS, [])
    spine: Tree = ("Spine", at(0, .2, 0), ROTATIONS, [("Chest", at(0, .2, 0), ROTATIONS, [head, left_arm, right_arm])])
    channels = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    return ("Hips", at(0, 0, 0), channels, [left_leg, right_leg, spine])


NUMBERS = 6 + 3 * 17  # the root's six, and three for each other joint
