"""2s-AGCN's weights in their published layout, brought into our `agcn`."""

from torch import Tensor

from maskeleton.published.parts import JOINTS, LAYERS, frames_last, ways_past
from maskeleton.published.sheet import Sheet

MARK = "l1.gcn1.conv_a.0.weight"
PARTS, FRAMES = 3, 9


def options(sheet: Sheet) -> dict[str, object]:
    """None are needed."""
    return {}


def weights(sheet: Sheet) -> dict[str, Tensor]:
    """Everything between the first norm and the head."""
    found: dict[str, Tensor] = {}
    for place, (before, after) in enumerate(LAYERS):
        theirs, ours = f"l{place + 1}", f"layers.{place}"
        found |= _graph(sheet, f"{theirs}.gcn1", f"{ours}.graph", before, after)
        found |= frames_last(sheet.layer(f"{theirs}.tcn1.conv", f"{ours}.temporal.conv", after, after, FRAMES, 1))
        found |= sheet.norm(f"{theirs}.tcn1.bn", f"{ours}.temporal.norm", after)
        found |= ways_past(sheet, theirs, ours, before, after)
    return found


def _graph(sheet: Sheet, theirs: str, ours: str, before: int, after: int) -> dict[str, Tensor]:
    looks = [f"{theirs}.{conv}.{part}" for conv in ("conv_a", "conv_b") for part in range(PARTS)]
    return {f"{ours}.learned": sheet.take(f"{theirs}.PA", PARTS, JOINTS, JOINTS),
            **sheet.layers(looks, f"{ours}.look", after // 4, before, 1, 1),
            **sheet.layers([f"{theirs}.conv_d.{part}" for part in range(PARTS)], f"{ours}.conv", after, before, 1, 1),
            **sheet.norm(f"{theirs}.bn", f"{ours}.norm", after)}
