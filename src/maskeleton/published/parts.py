"""What several of the published networks share: ten layers and their widths, ways past, branches over time."""

from torch import Tensor

from maskeleton.published.sheet import Sheet

JOINTS = 25
# Channels before and after each layer. Where they change, but for the first, the frames are halved.
LAYERS = ((3, 64), (64, 64), (64, 64), (64, 64), (64, 128), (128, 128), (128, 128), (128, 256), (256, 256), (256, 256))


def ways_past(sheet: Sheet, theirs: str, ours: str, before: int, after: int) -> dict[str, Tensor]:
    """Past the mixing of joints and past the whole layer: a 1x1 and its norm, where channels change. The first layer
    has no way past the whole of it."""
    if before == after:
        return {}
    found = {**sheet.layer(f"{theirs}.gcn1.down.0", f"{ours}.graph.past.conv", after, before, 1, 1),
             **sheet.norm(f"{theirs}.gcn1.down.1", f"{ours}.graph.past.norm", after)}
    if before != 3:
        found |= sheet.layer(f"{theirs}.residual.conv", f"{ours}.past.conv", after, before, 1, 1)
        found |= sheet.norm(f"{theirs}.residual.bn", f"{ours}.past.norm", after)
    return found


def branches(sheet: Sheet, theirs: str, ours: str, before: int, after: int, *, dilated: int,
             frames: int) -> dict[str, Tensor]:
    """Branches with a name each, brought side by side: so many dilated ones, the largest, and the frame itself."""
    part = after // (dilated + 2)
    branch = [f"{theirs}.branches.{place}" for place in range(dilated + 2)]
    found = sheet.layers([f"{name}.0" for name in branch[:-1]], f"{ours}.enter", part, before, 1, 1)
    found |= sheet.norms([f"{name}.1" for name in branch[:-1]], f"{ours}.enter_norm", part)
    for place in range(dilated):
        found |= frames_last(sheet.layer(f"{branch[place]}.3.conv", f"{ours}.steps.{place}", part, part, frames, 1))
    found |= sheet.layer(f"{branch[-1]}.0", f"{ours}.past", part, before, 1, 1)
    ends = [*(f"{name}.3.bn" for name in branch[:dilated]), f"{branch[dilated]}.4", f"{branch[-1]}.1"]
    return found | sheet.norms(ends, f"{ours}.norm", part)


def frames_last(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convolutions over time: theirs have joints last, ours have frames."""
    return {name: tensor.transpose(2, 3) if tensor.ndim == 4 else tensor for name, tensor in found.items()}
