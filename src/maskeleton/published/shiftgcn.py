"""Shift-GCN's published weights, brought into our `shiftgcn`."""

import math

import torch
from torch import Tensor

from maskeleton.published.parts import JOINTS, LAYERS, ways_past
from maskeleton.published.sheet import Sheet

MARK = "l1.gcn1.Feature_Mask"
SHIFTS = ("shift_in", "shift_out")
STILL = 1e-4  # joints are never moved in a trained network: what is there is its first random number, below 1e-8
HALF = 0.5  # what is added to an offset where frames are halved
FURTHEST = 32  # frames; in the files offered it is 9.6


def options(sheet: Sheet) -> dict[str, object]:
    """How far the learned offsets reach."""
    offsets = [tensor for name, tensor in sheet.tensors.items() if name.endswith("ypos") and tensor.is_floating_point()]
    furthest = max((float(offset.abs().max()) for offset in offsets if offset.numel()), default=1.0)
    return {"reach": math.ceil(min(furthest + HALF, FURTHEST)) if math.isfinite(furthest) else FURTHEST}


def weights(sheet: Sheet) -> dict[str, Tensor]:
    """Everything between the first norm and the head."""
    found: dict[str, Tensor] = {}
    for place, (before, after) in enumerate(LAYERS):
        theirs, ours = f"l{place + 1}", f"layers.{place}"
        found |= _graph(sheet, f"{theirs}.gcn1", f"{ours}.graph", before, after)
        found |= _temporal(sheet, f"{theirs}.tcn1", f"{ours}.temporal", after)
        found |= ways_past(sheet, theirs, ours, before, after)
    return found


def _graph(sheet: Sheet, theirs: str, ours: str, before: int, after: int) -> dict[str, Tensor]:
    for shift, channels in zip(SHIFTS, (before, after), strict=True):
        name = f"{theirs}.{shift}"
        faults = len(sheet.faults)
        table = sheet.numbers(name, JOINTS * channels)
        if name in sheet and faults == len(sheet.faults) and not torch.equal(table, _table(shift, channels)):
            sheet.faults.append(f"{name} names other joints than the published code")
    return {f"{ours}.mask": sheet.take(f"{theirs}.Feature_Mask", 1, JOINTS, before)[0],
            f"{ours}.weight": sheet.take(f"{theirs}.Linear_weight", before, after),
            f"{ours}.bias": sheet.take(f"{theirs}.Linear_bias", 1, 1, after).flatten(),
            **sheet.norm(f"{theirs}.bn", f"{ours}.norm", JOINTS * after)}


def _table(shift: str, channels: int) -> Tensor:
    """Channel c of joint j is taken from joint j + c, and what came of it goes back as far."""
    joint, channel = torch.arange(JOINTS)[:, None], torch.arange(channels)
    turned = (joint + (channel if shift == "shift_in" else -channel)) % JOINTS
    return (turned * channels + channel).flatten()


def _temporal(sheet: Sheet, theirs: str, ours: str, width: int) -> dict[str, Tensor]:
    return {**sheet.norm(f"{theirs}.bn", f"{ours}.norm_in", width),
            **{f"{ours}.{shift}.offset": _offset(sheet, f"{theirs}.{shift}", width) for shift in SHIFTS},
            **sheet.layer(f"{theirs}.temporal_linear", f"{ours}.join", width, width, 1, 1),
            **sheet.norm(f"{theirs}.bn2", f"{ours}.norm_out", width)}


def _offset(sheet: Sheet, theirs: str, width: int) -> Tensor:
    across, along = sheet.take(f"{theirs}.xpos", width), sheet.take(f"{theirs}.ypos", width)
    if (far := float(across.abs().max())) > STILL:
        sheet.faults.append(f"{theirs}.xpos moves joints by {far:.2g}, which the published networks never do")
    if (far := float(along.abs().max())) > FURTHEST - HALF:
        sheet.faults.append(f"{theirs}.ypos moves frames by {far:.2g}, at most {FURTHEST - HALF} can be")
    return along
