"""Folding: for inference a norm is only a scale and a shift, so the layer before it can do them."""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)
Norm = nn.BatchNorm1d | nn.BatchNorm2d


def folded(net: Net) -> Net:
    """A copy for inference, in which every block that has a `fold()` has done so. The answers stay the same."""
    copy = deepcopy(net).eval().requires_grad_(False)
    for block in list(copy.modules()):
        fold = getattr(block, "fold", None)
        if callable(fold):
            fold()
    return copy


def scale_and_shift(norm: Norm) -> tuple[torch.Tensor, torch.Tensor]:
    """What a norm does to each of its channels, once it has learned."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - norm.running_mean * scale


def absorb(layer: nn.Conv2d | nn.Linear, norm: Norm, first: int = 0) -> None:
    """Let a layer do what the norm behind it does to the channels from `first` on."""
    scale, shift = (part[first : first + len(layer.weight)] for part in scale_and_shift(norm))
    bias = shift if layer.bias is None else layer.bias * scale + shift
    layer.weight = _fixed(layer.weight * scale.view(-1, *[1] * (layer.weight.ndim - 1)))
    layer.bias = _fixed(bias)


def scale_parts(layer: nn.Conv2d, norm: Norm) -> None:
    """Let a layer scale as the norm behind the sum of its parts does; the shift is left to the caller."""
    scale = scale_and_shift(norm)[0]
    scale = scale.repeat(len(layer.weight) // len(scale))
    layer.weight = _fixed(layer.weight * scale.view(-1, 1, 1, 1))
    if layer.bias is not None:
        layer.bias = _fixed(layer.bias * scale)


def _fixed(values: torch.Tensor) -> nn.Parameter:
    return nn.Parameter(values.detach(), requires_grad=False)
