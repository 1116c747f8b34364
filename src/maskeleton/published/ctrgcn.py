"""CTR-GCN's published weights, brought into our `ctrgcn`."""

from torch import Tensor

from maskeleton.published.parts import JOINTS, LAYERS, branches, ways_past
from maskeleton.published.sheet import Sheet

MARK = "l1.gcn1.convs.0.conv1.weight"
PARTS, DILATED, FRAMES = 3, 2, 5


def options(sheet: Sheet) -> dict[str, object]:
    """None are needed."""
    return {}


def weights(sheet: Sheet) -> dict[str, Tensor]:
    """Everything between the first norm and the head."""
    found: dict[str, Tensor] = {}
    for place, (before, after) in enumerate(LAYERS):
        theirs, ours = f"l{place + 1}", f"layers.{place}"
        found |= _graph(sheet, f"{theirs}.gcn1", f"{ours}.graph", before, after)
        found |= branches(sheet, f"{theirs}.tcn1", f"{ours}.temporal", after, after, dilated=DILATED, frames=FRAMES)
        found |= ways_past(sheet, theirs, ours, before, after)
    return found


def _graph(sheet: Sheet, theirs: str, ours: str, before: int, after: int) -> dict[str, Tensor]:
    small = 8 if before == 3 else before // 8

    def parts(*convs: str) -> list[str]:
        return [f"{theirs}.convs.{part}.{conv}" for conv in convs for part in range(PARTS)]

    return {f"{ours}.shares": sheet.take(f"{theirs}.PA", PARTS, JOINTS, JOINTS),
            f"{ours}.strength": sheet.take(f"{theirs}.alpha", 1),
            **sheet.layers(parts("conv1", "conv2"), f"{ours}.apart", small, before, 1, 1),
            **sheet.layers(parts("conv3"), f"{ours}.conv", after, before, 1, 1),
            **sheet.layers(parts("conv4"), f"{ours}.refine", after, small, 1, 1),
            **sheet.norm(f"{theirs}.bn", f"{ours}.norm", after)}
