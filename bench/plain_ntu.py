"""The plain way to prepare NTU files, for comparison: line by line into dicts, then joint by joint into an array.

Written from what the published preparation code of 2s-AGCN, Shift-GCN and MS-G3D is known to do, step for step, with
the same loops over lines, frames and joints. Its time was checked against theirs; see docs/results.md.
"""

from pathlib import Path

import numpy as np

FRAMES, JOINTS, BODIES, KEPT = 300, 25, 4, 2
SPINE_BASE, SPINE_MID, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 1, 4, 8
BODY_KEYS = ("id", "clipped", "left_confidence", "left_state", "right_confidence", "right_state", "restricted",
             "lean_x", "lean_y", "tracking")
JOINT_KEYS = ("x", "y", "z", "depth_x", "depth_y", "color_x", "color_y", "w", "i", "j", "k", "tracking")


def read_file(path: Path) -> list[list[dict]]:
    """Frames of bodies of joints, each number under its name."""
    frames = []
    with path.open() as file:
        for _ in range(int(file.readline())):
            bodies = []
            for _ in range(int(file.readline())):
                body = {key: float(word) for key, word in zip(BODY_KEYS, file.readline().split(), strict=False)}
                body["joints"] = []
                for _ in range(int(file.readline())):
                    words = file.readline().split()
                    body["joints"].append({key: float(word) for key, word in zip(JOINT_KEYS, words, strict=False)})
                bodies.append(body)
            frames.append(bodies)
    return frames


def read_positions(path: Path) -> np.ndarray:
    """(3, T, 25, 2): the two bodies of most spread, bodies told apart by their place in each frame's list."""
    frames = read_file(path)
    positions = np.zeros((BODIES, len(frames), JOINTS, 3))
    for time, bodies in enumerate(frames):
        for place, body in enumerate(bodies):
            for number, joint in enumerate(body["joints"]):
                if place < BODIES and number < JOINTS:
                    positions[place, time, number, :] = [joint["x"], joint["y"], joint["z"]]
    spread = np.array([_spread(body) for body in positions])
    return positions[spread.argsort()[::-1][:KEPT]].transpose(3, 1, 2, 0)


def _spread(body: np.ndarray) -> float:
    there = body[body.sum(-1).sum(-1) != 0]
    return sum(there[:, :, axis].std() for axis in range(3)) if len(there) else 0.0


def normalize(array: np.ndarray) -> np.ndarray:
    """(N, 3, 300, 25, 2) padded by loops, centred in every frame and turned by the first, in place."""
    recordings = array.transpose(0, 4, 2, 3, 1)
    for bodies in recordings:
        for body in bodies:
            _loop(body)
    for bodies in recordings:
        _centre(bodies)
    for low, high, target in ((SPINE_BASE, SPINE_MID, [0, 0, 1]), (LEFT_SHOULDER, RIGHT_SHOULDER, [1, 0, 0])):
        for bodies in recordings:
            _turn(bodies, low, high, target)
    return array


def _loop(body: np.ndarray) -> None:
    if body.sum() == 0:
        return
    if body[0].sum() == 0:
        there = body[body.sum(-1).sum(-1) != 0].copy()
        body *= 0
        body[: len(there)] = there
    for time, frame in enumerate(body):
        if frame.sum() == 0 and body[time:].sum() == 0:
            rest = len(body) - time
            body[time:] = np.concatenate([body[:time]] * -(-rest // time))[:rest]
            return


def _centre(bodies: np.ndarray) -> None:
    if bodies.sum() == 0:
        return
    centre = bodies[0][:, SPINE_MID : SPINE_MID + 1].copy()
    for place, body in enumerate(bodies):
        if body.sum() != 0:
            there = (body.sum(-1) != 0)[..., None]
            bodies[place] = (body - centre) * there


def _turn(bodies: np.ndarray, low: int, high: int, target: list[int]) -> None:
    """Turn every joint so that the line from `low` to `high` in the first frame points to `target`."""
    if bodies.sum() == 0:
        return
    first = bodies[0, 0]
    matrix = _rotation(first[high] - first[low], target)
    for place, body in enumerate(bodies):
        if body.sum() == 0:
            continue
        for time, frame in enumerate(body):
            if frame.sum() == 0:
                continue
            for number, joint in enumerate(frame):
                bodies[place, time, number] = np.dot(matrix, joint)


def _rotation(vector: np.ndarray, target: list[int]) -> np.ndarray:
    axis = np.cross(vector, target)
    if np.abs(vector).sum() < 1e-6 or np.abs(axis).sum() < 1e-6:
        return np.eye(3)
    cosine = np.clip(np.dot(vector / np.linalg.norm(vector), target), -1.0, 1.0)
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sqrt(1 - cosine**2) * cross + (1 - cosine) * (cross @ cross)


def in_array(positions: list[np.ndarray]) -> np.ndarray:
    """(N, 3, 300, 25, 2) float32, zero where a recording has ended."""
    array = np.zeros((len(positions), 3, FRAMES, JOINTS, KEPT), np.float32)
    for place, one in enumerate(positions):
        array[place, :, : one.shape[1]] = one
    return array


def prepare(paths: list[Path]) -> np.ndarray:
    """Files to the array that the published code stores."""
    return normalize(in_array([read_positions(path) for path in paths]))
