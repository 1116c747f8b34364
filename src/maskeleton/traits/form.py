"""How somebody is built and stands: channels that a single pose could tell."""

import numpy as np

from maskeleton.traits.body import Body, Part, each, log_size, middle_of

MOMENT = 0.1  # seconds: how long a first or last pose lasts
SHARES = (5, 25, 50, 75, 95)  # percent of the time


def bone_lengths(body: Body) -> list[Part]:
    """How long each bone is, and how much its length varies."""
    names = body.plan.bone_names
    return [("length of", names, log_size(body.middle, 1e-2)),
            ("spread of the length of", names, log_size(body.lengths.std(-1), 1e-3))]


def sizes(body: Body) -> list[Part]:
    """Sums of bones, distances from the root, and the room the body takes up."""
    names, middle = body.plan.joint_names, body.middle
    distance = middle_of(np.sqrt((body.joints**2).sum(1)))
    extent = at_shares(body.joints.max(0) - body.joints.min(0))
    return [("bones from the root to", names, body.plan.leads_to @ middle), ("distance to", names, distance),
            ("extent", each(("x", "y", "z"), SHARES, " %"), extent),
            ("all bones together", ("",), middle.sum(keepdims=True))]


def posture(body: Body) -> list[Part]:
    """Where each bone points on the whole."""
    names = body.plan.axis_names
    return [("mean direction of", names, body.mean), ("middle direction of", names, middle_of(body.directions))]


def first_pose(body: Body) -> list[Part]:
    """Where each bone points in the first moment."""
    return [("first direction of", body.plan.axis_names, body.directions[..., : _moment(body)].mean(-1))]


def last_pose(body: Body) -> list[Part]:
    """Where each bone points in the last moment."""
    return [("last direction of", body.plan.axis_names, body.directions[..., -_moment(body) :].mean(-1))]


def joint_angles(body: Body) -> list[Part]:
    """How far each joint is bent, on the whole and at its extremes."""
    upper, lower = body.plan.hinges.T
    angles = np.arccos(np.clip((body.directions[upper] * body.directions[lower]).sum(1), -1, 1))
    names = body.plan.hinge_names
    return [("mean angle at", names, angles.mean(-1)), ("spread of the angle at", names, angles.std(-1)),
            ("angle at", each(names, SHARES, " %"), at_shares(angles))]


def handedness(body: Body) -> list[Part]:
    """In what the left side differs from the right: how it is built, how it is held and how far it moves."""
    left, right = body.plan.pairs.T
    names = body.plan.pair_names
    mirrored = body.mean[right] * np.array([-1, 1, 1], np.float32)
    amplitude = log_size(np.sqrt((body.spread.reshape(-1, 3) ** 2).sum(1)), 1e-3)
    length = log_size(body.middle, 1e-2)
    return [("one-sided direction of", each(names, ("x", "y", "z")), body.mean[left] - mirrored),
            ("one-sided amplitude of", names, amplitude[left] - amplitude[right]),
            ("one-sided length of", names, length[left] - length[right])]


def at_shares(tracks: np.ndarray) -> np.ndarray:
    """(C, shares): what each track stays under for so many percent of the time."""
    ordered = np.sort(tracks, -1)
    last = tracks.shape[-1] - 1
    return np.asarray(ordered[:, [round(last * share / 100) for share in SHARES]])


def _moment(body: Body) -> int:
    return max(1, round(body.fps * MOMENT))
