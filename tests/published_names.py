"""What the published networks call their weights and which shapes these have: facts, to fill made-up files with."""

import numpy as np
import torch
from torch import Tensor

from maskeleton.seeds import generator

Shapes = dict[str, tuple[int, ...]]
JOINTS = 25
TEN = ((3, 64), (64, 64), (64, 64), (64, 64), (64, 128), (128, 128), (128, 128), (128, 256), (256, 256), (256, 256))
# Where three parts are added up, and at the end, numbers would grow; where a softmax is taken they would be too small.
GAINS = {"conv_d": 0.2, "conv3": 0.08, "conv_a": 0.7, "conv_b": 0.7, "fc": 0.05}


def shapes_of(kind: str, classes: int = 60, slots: int = 2) -> Shapes:
    """Every name in a published file of this kind, with its shape."""
    if kind in ("msg3d", "msg3d without windows"):
        body = _msg3d(windows=kind == "msg3d")
    else:
        body = _ten_layers({"shiftgcn": _shift_layer, "agcn": _agcn_layer, "ctrgcn": _ctr_layer}[kind])
    width = body.pop("width")[0]
    return {**_norm("data_bn", slots * JOINTS * 3), **body, "fc.weight": (classes, width), "fc.bias": (classes,)}


def filled(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Random weights of a size that lets the signal through; the same numbers for a name whatever else is there."""
    return {name: torch.from_numpy(_fill(name, shape, seed)) for name, shape in shapes.items()}


def _fill(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    last, owner = name.rsplit(".", 1)[-1], name.rsplit(".", 1)[0]
    draw = generator(seed, "published", name).random(shape)
    if last == "num_batches_tracked":
        return np.array(7)
    if last in ("shift_in", "shift_out"):
        return _table(last, int(np.prod(shape)) // JOINTS)
    if last == "xpos":
        return np.zeros(shape, np.float32)
    if last == "running_var" or (last == "weight" and len(shape) == 1):
        return np.asarray(draw + 0.5, np.float32)
    width = {"Feature_Mask": 2.0, "ypos": 12.0, "A_res": 0.1, "PA": 0.2, "alpha": 0.4, "Linear_weight": 0.5}.get(last)
    if width is None:
        width = 4.5 / float(np.sqrt(np.prod(shape[1:]))) if len(shape) > 1 else 0.5
    width *= next((gain for part, gain in GAINS.items() if part in owner), 1.0)
    return np.asarray((draw - 0.5) * width, np.float32)


def _table(which: str, channels: int) -> np.ndarray:
    """The joint that each channel is taken from, as a number joint * channels + channel."""
    joint, channel = np.divmod(np.arange(JOINTS * channels), channels)
    turn = channel if which == "shift_in" else -channel
    return np.asarray((joint + turn) % JOINTS * channels + channel, np.int64)


def _norm(name: str, width: int) -> Shapes:
    per = {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**per, f"{name}.num_batches_tracked": ()}


def _conv(name: str, out: int, *rest: int) -> Shapes:
    return {f"{name}.weight": (out, *rest), f"{name}.bias": (out,)}


def _ten_layers(layer) -> Shapes:
    shapes: Shapes = {"width": (256,)}
    for place, (before, after) in enumerate(TEN, 1):
        shapes |= {f"l{place}.{name}": shape for name, shape in layer(before, after).items()}
        if place > 1 and before != after:
            shapes |= _conv(f"l{place}.residual.conv", after, before, 1, 1) | _norm(f"l{place}.residual.bn", after)
    return shapes


def _down(before: int, after: int) -> Shapes:
    same = before == after
    return {} if same else _conv("gcn1.down.0", after, before, 1, 1) | _norm("gcn1.down.1", after)


def _shift_layer(before: int, after: int) -> Shapes:
    graph = {"gcn1.Linear_weight": (before, after), "gcn1.Linear_bias": (1, 1, after),
             "gcn1.Feature_Mask": (1, JOINTS, before), "gcn1.shift_in": (JOINTS * before,),
             "gcn1.shift_out": (JOINTS * after,), **_norm("gcn1.bn", JOINTS * after), **_down(before, after)}
    offsets = {f"tcn1.{shift}.{axis}": (after,) for shift in ("shift_in", "shift_out") for axis in ("xpos", "ypos")}
    return {**graph, **_norm("tcn1.bn", after), **_norm("tcn1.bn2", after), **offsets,
            **_conv("tcn1.temporal_linear", after, after, 1, 1)}


def _agcn_layer(before: int, after: int) -> Shapes:
    shapes: Shapes = {"gcn1.PA": (3, JOINTS, JOINTS)}
    for part in range(3):
        shapes |= _conv(f"gcn1.conv_a.{part}", after // 4, before, 1, 1)
        shapes |= _conv(f"gcn1.conv_b.{part}", after // 4, before, 1, 1)
        shapes |= _conv(f"gcn1.conv_d.{part}", after, before, 1, 1)
    return {**shapes, **_down(before, after), **_norm("gcn1.bn", after),
            **_conv("tcn1.conv", after, after, 9, 1), **_norm("tcn1.bn", after)}


def _ctr_layer(before: int, after: int) -> Shapes:
    shapes: Shapes = {"gcn1.PA": (3, JOINTS, JOINTS), "gcn1.alpha": (1,)}
    small = 8 if before == 3 else before // 8
    for part in range(3):
        shapes |= _conv(f"gcn1.convs.{part}.conv1", small, before, 1, 1)
        shapes |= _conv(f"gcn1.convs.{part}.conv2", small, before, 1, 1)
        shapes |= _conv(f"gcn1.convs.{part}.conv3", after, before, 1, 1)
        shapes |= _conv(f"gcn1.convs.{part}.conv4", after, small, 1, 1)
    return {**shapes, **_down(before, after), **_norm("gcn1.bn", after), **_branches("tcn1", after, after, 2, 5)}


def _branches(name: str, before: int, after: int, dilated: int, kernel: int) -> Shapes:
    """Dilated branches, then one with a maximum, then one with nothing."""
    width = after // (dilated + 2)
    shapes: Shapes = {}
    for branch in range(dilated + 2):
        shapes |= _conv(f"{name}.branches.{branch}.0", width, before, 1, 1)
        shapes |= _norm(f"{name}.branches.{branch}.1", width)
    for branch in range(dilated):
        shapes |= _conv(f"{name}.branches.{branch}.3.conv", width, width, kernel, 1)
        shapes |= _norm(f"{name}.branches.{branch}.3.bn", width)
    return shapes | _norm(f"{name}.branches.{dilated}.4", width)


def _msg3d(windows: bool) -> Shapes:
    shapes: Shapes = {"width": (384,)}
    for block, (before, middle, after) in enumerate(((3, 96, 96), (96, 96, 192), (192, 192, 384)), 1):
        shapes |= {f"sgcn{block}.0.A_res": (13 * JOINTS, JOINTS)}
        shapes |= _conv(f"sgcn{block}.0.mlp.layers.0", middle, 13 * before, 1, 1)
        shapes |= _norm(f"sgcn{block}.0.mlp.layers.1", middle)
        shapes |= _branches(f"sgcn{block}.1", middle, after, 4, 3) | _branches(f"sgcn{block}.2", after, after, 4, 3)
        if middle != after:
            shapes |= _conv(f"sgcn{block}.1.residual.conv", after, middle, 1, 1)
            shapes |= _norm(f"sgcn{block}.1.residual.bn", after)
        shapes |= _branches(f"tcn{block}", after, after, 4, 3)
        for place, window in enumerate((3, 5) if windows else ()):
            shapes |= _window(f"gcn3d{block}.gcn3d.{place}", before, after, window)
    return shapes


def _window(name: str, before: int, after: int, window: int) -> Shapes:
    middle = after if before == 3 else before
    return {f"{name}.gcn3d.1.A_res": (6 * window * JOINTS, window * JOINTS),
            **_conv(f"{name}.gcn3d.1.mlp.layers.0", middle, 6 * before, 1, 1),
            **_norm(f"{name}.gcn3d.1.mlp.layers.1", middle),
            **_conv(f"{name}.out_conv", after, middle, 1, window, 1), **_norm(f"{name}.out_bn", after)}


def moving(frames: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two recordings: one of two bodies, one whose second body is absent; (2, frames, 2, 25, 3) and (2, frames, 2)."""
    rng = generator(seed, "published", "moving")
    steps = rng.random((frames, 2, 2, JOINTS, 3)) - 0.5
    positions = np.swapaxes(np.cumsum(steps, 0) * 0.2 + steps + rng.random((2, 2, JOINTS, 3)), 0, 1)
    present = np.ones((2, frames, 2), bool)
    present[1, :, 1] = False
    return torch.from_numpy(np.asarray(positions * present[..., None, None], np.float32)), torch.from_numpy(present)
