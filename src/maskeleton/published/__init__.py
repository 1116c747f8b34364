"""Published weights: the files that the authors of four networks gave away, loaded as classifiers of ours.

A shelf: each module brings one network's tensors into our layout and says by which name its files are known (`MARK`),
which options of ours they need (`options(sheet)`) and where each tensor goes (`weights(sheet)`).
"""

from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from maskeleton.checkpoint import Model
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.streams import STREAMS
from maskeleton.errors import UserError, listed, pick
from maskeleton.published import agcn, ctrgcn, msg3d, shiftgcn
from maskeleton.published.sheet import Sheet, read_sheet
from maskeleton.skeleton import KINECT25, Skeleton, recognize_plan

JOINTS = len(KINECT25.joints)
# The published networks hang the tip of the hand on the thumb and the thumb on the hand, and begin at the chest.
NTU25 = Skeleton.of("ntu25", KINECT25.joints,
                    (1, 20, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, -1, 22, 7, 24, 11))
MOST_BODIES, MOST_CLASSES = 4, 10_000


class Publication(NamedTuple):
    """A network whose weights can be had: what it is called, what brings it in, and what it was shown."""

    title: str
    module: ModuleType
    width: int
    chain: str
    frames: int
    fill: str


PUBLISHED: dict[str, Publication] = {
    "msg3d": Publication("MS-G3D", msg3d, 384, "paper", 300, "loop"),
    "shiftgcn": Publication("Shift-GCN", shiftgcn, 256, "paper", 300, "loop"),
    "agcn": Publication("2s-AGCN", agcn, 256, "paper", 300, "loop"),
    "ctrgcn": Publication("CTR-GCN", ctrgcn, 256, "origin", 64, "resample"),
}
# What a network with so many answers was made to tell: the actions of NTU RGB+D and its second part, those of ETRI, and
# the people of NTU RGB+D.
TELLS = {60: "action", 120: "action", 55: "action", 40: "subject"}


def load_published(path: str | Path, skeleton: Skeleton = KINECT25, *, label: str | None = None,
                   stream: str = "joint") -> Model:
    """The classifier in a .pt or .pth file of published weights, ready to answer.

    Which network it is and how many classes it tells comes from the file. What it does not say are the stream it was
    taught on, and the label where the number of classes does not give it away. Classes are numbers from 1.
    """
    if recognize_plan(skeleton.joints) != KINECT25:
        raise UserError(f"published weights read the 25 joints of Kinect 2, not those of {skeleton.name!r}",
                        "convert the data with --skeleton kinect25, or train a classifier on it")
    pick(stream, STREAMS, "stream")
    sheet = read_sheet(path)
    name = _recognized(sheet)
    title, module, width, chain, frames, fill = PUBLISHED[name]
    slots, classes = _sizes(sheet, title)
    net = CLASSIFIERS[name](NTU25, classes, stream=stream, slots=slots, **module.options(sheet))
    weights = sheet.norm("data_bn", "scale", slots * JOINTS * 3) | sheet.layer("fc", "head", classes, width)
    weights |= module.weights(sheet)
    sheet.check(title)
    net.load_state_dict(weights)
    return Model(net.eval(), name, label or _label(sheet, classes), [str(number + 1) for number in range(classes)],
                 chain, frames, fill, {"content_id": "", "hashes": []})


def _recognized(sheet: Sheet) -> str:
    for name, publication in PUBLISHED.items():
        if publication.module.MARK in sheet:
            return name
    titles = listed(publication.title for publication in PUBLISHED.values())
    raise UserError(f"{sheet.source} is none of the networks known here; it holds {listed(sorted(sheet.tensors), 3)}",
                    f"known are the weights of {titles} as their authors published them")


def _sizes(sheet: Sheet, title: str) -> tuple[int, int]:
    """Bodies and classes, as the first and the last layer tell them."""
    first, last = sheet.tensors.get("data_bn.weight"), sheet.tensors.get("fc.weight")
    if first is None or last is None or first.ndim != 1 or last.ndim != 2:
        raise UserError(f"{sheet.source} looks like {title}, but has no first norm (data_bn) or no head (fc)",
                        "load the file its authors published, whole")
    slots, rest = divmod(len(first), JOINTS * 3)
    if rest or not 1 <= slots <= MOST_BODIES:
        raise UserError(f"{sheet.source} was made for another body plan: its first norm has {len(first)} numbers, 25 "
                        f"joints give {JOINTS * 3} for each body", "only weights for Kinect 2 (NTU RGB+D) can be used")
    if not 2 <= len(last) <= MOST_CLASSES:
        raise UserError(f"{sheet.source} tells {len(last)} classes", "a classifier tells at least two")
    return slots, len(last)


def _label(sheet: Sheet, classes: int) -> str:
    if classes in TELLS:
        return TELLS[classes]
    raise UserError(f"{sheet.source} tells {classes} classes; nothing says of which label",
                    "name it: load_published(path, label='gender')")
