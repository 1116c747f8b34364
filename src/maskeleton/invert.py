"""Invert: a release with its anonymizer undone, as well as its author can do it without the secret key."""

import numpy as np
import torch

from maskeleton.apply import PATHS, at_usual_place, device_of, given_to, shifted
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask, refuse_other_plans
from maskeleton.motion import Motion
from maskeleton.normalize import Undo, restore


def inverted(mask: Mask, dataset: MotionDataset) -> MotionDataset:
    """The released recordings as they may have been; the release itself where nothing beats it."""
    refuse_other_plans(mask, dataset)
    if not len(dataset) or mask.net.strength == 0:
        return dataset
    at_place = _path_of(dataset) != PATHS["own"]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = []
        for row, motion in enumerate(dataset):
            guess = _before(mask, motion._replace(labels=dataset.told(row), fields={}), at_place)
            if guess is None:
                return dataset
            found.append(guess)
    finally:
        torch.set_num_threads(threads)
    history = (*dataset.history, {"verb": "invert", "with": mask.name})
    return MotionDataset.of(dataset.skeleton, dataset.fps, found, history)


def _path_of(released: MotionDataset) -> str:
    """What history says of where people stand."""
    told = [str(entry.get("path", "")) for entry in released.history if entry.get("verb") == "anonymize"]
    return told[-1] if told else ""


def _before(mask: Mask, motion: Motion, at_place: bool) -> Motion | None:
    """A recording before it was anonymized, standing where it was released."""
    given, undo, slip = given_to(mask.chain, motion, mask.net.skeleton)
    if undo.centre is None:
        at_place = False
    if at_place:
        given = _seen_from_place(mask, given, undo, slip)
    guess = _undone(mask, given)
    if guess is None:
        return None
    if at_place:
        return restore(at_usual_place(mask, guess), undo._replace(centre=None, rotation=None))
    return restore(shifted(guess, slip), undo)


def _seen_from_place(mask: Mask, given: Motion, undo: Undo, slip: np.ndarray | None) -> Motion:
    """What the network gave before it was set on the usual place: that is known, and is taken away again exactly,
    where the chain would take away what is not."""
    filmed = restore(shifted(given, slip), Undo(np.arange(given.present.shape[1]), given.present.shape[1], None,
                                                undo.centre, undo.rotation))
    centre, rotation = np.array(mask.place.centre), np.array(mask.place.rotation)
    there = given.present[..., None, None]
    seen = (filmed.positions - centre) @ rotation.T
    return given._replace(positions=np.where(there, seen, 0).astype(np.float32))


@torch.inference_mode()
def _undone(mask: Mask, motion: Motion) -> Motion | None:
    device = device_of(mask)
    positions, present = (torch.from_numpy(part.copy())[None].to(device) for part in (motion.positions, motion.present))
    found = mask.net.eval().invert(positions, present)
    return None if found is None else motion._replace(positions=found[0].float().cpu().numpy())
