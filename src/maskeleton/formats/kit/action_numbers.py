"""action_numbers: what pyskl and arrays say of a recording: a name, and the number of its action counted from 0."""

from collections.abc import Sequence
from typing import NamedTuple

from maskeleton.dataset import MotionDataset
from maskeleton.formats.kit.kinect import numbers_in_name
from maskeleton.formats.ntu import LETTERS
from maskeleton.labels import UNKNOWN, Label


class Named(NamedTuple):
    """A recording's name as the file says it, and its action's number from 0 (−1 where it does not say)."""

    name: str
    action: int


def labels_of(recordings: Sequence[Named]) -> list[dict[str, Label]]:
    """Labels of a file's recordings: from names in the manner of NTU, S001C002P003R002A013, all that they say.

    NTU counts actions from 1. If the numbers of the file say the same everywhere (13 in the name, 12 as number), the
    name's is taken; if not, the file has its own classes, and their number is the action.
    """
    told = [numbers_in_name(recording.name, LETTERS, "") for recording in recordings]
    same = all(not name or number.action in (UNKNOWN, name["action"] - 1)
               for name, number in zip(told, recordings, strict=True))
    labels: list[dict[str, Label]] = []
    for name, recording in zip(told, recordings, strict=True):
        found: dict[str, Label] = {label: number for label, number in name.items() if same or label != "action"}
        if recording.action != UNKNOWN:
            found.setdefault("action", recording.action)
        labels.append(found)
    return labels


def action_numbers(dataset: MotionDataset) -> list[int]:
    """The number to write for each recording's action: one less than NTU's where the names are NTU's, else its code."""
    codes = dataset.labels["action"].tolist() if "action" in dataset.labels else [UNKNOWN] * len(dataset)
    told = [numbers_in_name(id, LETTERS, "").get("action", UNKNOWN) for id in dataset.ids]
    if "action" not in dataset.names and codes and codes == told:
        return [code - 1 if code > UNKNOWN else UNKNOWN for code in codes]
    return codes
