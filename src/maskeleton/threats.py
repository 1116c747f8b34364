"""Threats: what is learned from, and what is then looked at. A column of the table each."""

from collections.abc import Callable

from maskeleton.dataset import MotionDataset

Pair = tuple[MotionDataset, MotionDataset]  # learned from, looked at: the same recordings in the same order


def _before(original: MotionDataset, released: MotionDataset) -> Pair:
    """What leaks today: learned from the original, looks at the original."""
    return original, original


def _naive(original: MotionDataset, released: MotionDataset) -> Pair:
    """Yesterday's attacker, and the action model that is in use: learned from the original, looks at the release."""
    return original, released


def _adaptive(original: MotionDataset, released: MotionDataset) -> Pair:
    """What an attacker learns from the release itself: learned from the release, looks at the release."""
    return released, released


def _transfer(original: MotionDataset, released: MotionDataset) -> Pair:
    """Is what is learned from the release of use: learned from the release, looks at the original."""
    return released, original


THREATS: dict[str, Callable[[MotionDataset, MotionDataset], Pair]] = {
    "before": _before,
    "naive": _naive,
    "adaptive": _adaptive,
    "transfer": _transfer,
}
