"""MS-G3D's published weights, brought into our `msg3d`."""

from torch import Tensor

from maskeleton.published.parts import JOINTS, branches
from maskeleton.published.sheet import Sheet

MARK = "sgcn1.0.A_res"
SCALES, WINDOW_SCALES, WINDOWS = 13, 6, (3, 5)
BLOCKS = ((3, 96, 96), (96, 96, 192), (192, 192, 384))  # channels before, in the middle, after
DILATED, FRAMES = 4, 3


def options(sheet: Sheet) -> dict[str, object]:
    """Files of networks without the windows hold no `gcn3d`."""
    return {"g3d": any(name.startswith("gcn3d") for name in sheet.tensors)}


def weights(sheet: Sheet) -> dict[str, Tensor]:
    """Everything between the first norm and the head."""
    windows = WINDOWS if options(sheet)["g3d"] else ()
    found: dict[str, Tensor] = {}
    for block, (before, middle, after) in enumerate(BLOCKS):
        theirs, ours = f"sgcn{block + 1}", f"blocks.{block}"
        found |= {f"{ours}.mix.residual": sheet.take(f"{theirs}.0.A_res", SCALES * JOINTS, JOINTS)}
        found |= _joined(sheet, f"{theirs}.0", f"{ours}.mix", middle, SCALES * before)
        found |= _temporal(sheet, f"{theirs}.1", f"{ours}.first", middle, after)
        found |= _temporal(sheet, f"{theirs}.2", f"{ours}.second", after, after)
        found |= _temporal(sheet, f"tcn{block + 1}", f"{ours}.end", after, after)
        for place, window in enumerate(windows):
            found |= _window(sheet, f"gcn3d{block + 1}.gcn3d.{place}", f"{ours}.windows.{place}", before, after, window)
    return found


def _joined(sheet: Sheet, theirs: str, ours: str, out: int, wide: int) -> dict[str, Tensor]:
    return {**sheet.layer(f"{theirs}.mlp.layers.0", f"{ours}.join", out, wide, 1, 1),
            **sheet.norm(f"{theirs}.mlp.layers.1", f"{ours}.norm", out)}


def _window(sheet: Sheet, theirs: str, ours: str, before: int, after: int, window: int) -> dict[str, Tensor]:
    middle = after if before == 3 else before
    mixed = {f"{ours}.mix.residual": sheet.take(f"{theirs}.gcn3d.1.A_res", WINDOW_SCALES * window * JOINTS,
                                                window * JOINTS),
             **_joined(sheet, f"{theirs}.gcn3d.1", f"{ours}.mix", middle, WINDOW_SCALES * before)}
    collapse = sheet.layer(f"{theirs}.out_conv", f"{ours}.collapse", after, middle, 1, window, 1)
    collapse[f"{ours}.collapse.weight"] = collapse[f"{ours}.collapse.weight"].squeeze(-1)
    return mixed | collapse | sheet.norm(f"{theirs}.out_bn", f"{ours}.norm", after)


def _temporal(sheet: Sheet, theirs: str, ours: str, before: int, after: int) -> dict[str, Tensor]:
    found = branches(sheet, theirs, ours, before, after, dilated=DILATED, frames=FRAMES)
    if before != after:
        found |= sheet.layer(f"{theirs}.residual.conv", f"{ours}.residual.conv", after, before, 1, 1)
        found |= sheet.norm(f"{theirs}.residual.bn", f"{ours}.residual.norm", after)
    return found
