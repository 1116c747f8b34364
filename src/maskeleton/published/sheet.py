"""Sheet: the tensors of a published file by name. Each is taken once, in its shape; all faults are told together."""

import math
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from maskeleton.errors import UserError, listed

MOST_BYTES = 64 * 2**20  # the largest published classifier has 14 MB
COUNTED = "num_batches_tracked"
NORM = ("weight", "bias", "running_mean", "running_var", COUNTED)


class Sheet:
    """What a file holds, and what of it was taken."""

    def __init__(self, tensors: Mapping[str, Tensor], source: str) -> None:
        self.tensors = dict(tensors)
        self.source = source
        self.taken: set[str] = set()
        self.missing: list[str] = []
        self.faults: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def take(self, name: str, *shape: int) -> Tensor:
        """The tensor called so as float32; where it is not there, or not so shaped, zeros and a fault."""
        self.taken.add(name)
        found = self.tensors.get(name)
        if found is None:
            self.missing.append(name)
        elif tuple(found.shape) != shape:
            self.faults.append(f"{name} has the shape {tuple(found.shape)}, expected {shape}")
        elif not found.is_floating_point():
            self.faults.append(f"{name} holds {str(found.dtype).removeprefix('torch.')}, expected float32")
        elif not found.isfinite().all():
            self.faults.append(f"{name} holds numbers that are not finite")
        elif name.endswith("running_var") and (found < 0).any():
            self.faults.append(f"{name} holds variances below zero")
        else:
            return found.float()
        return torch.zeros(shape)

    def numbers(self, name: str, *shape: int) -> Tensor:
        """Whole numbers, as int64."""
        self.taken.add(name)
        found = self.tensors.get(name)
        if found is None:
            self.missing.append(name)
        elif tuple(found.shape) != shape or found.dtype not in (torch.int32, torch.int64):
            self.faults.append(f"{name} is {str(found.dtype).removeprefix('torch.')} {tuple(found.shape)}, "
                               f"expected int64 {shape}")
        else:
            return found.long()
        return torch.zeros(shape, dtype=torch.int64)

    def layer(self, theirs: str, ours: str, *shape: int) -> dict[str, Tensor]:
        """Weight and bias of a convolution or a linear map, under our name."""
        return {f"{ours}.weight": self.take(f"{theirs}.weight", *shape),
                f"{ours}.bias": self.take(f"{theirs}.bias", shape[0])}

    def layers(self, theirs: Sequence[str], ours: str, *shape: int) -> dict[str, Tensor]:
        """Several layers of one shape one behind the other as one of ours."""
        found = [self.layer(name, "one", *shape) for name in theirs]
        return {f"{ours}.{part}": torch.cat([one[f"one.{part}"] for one in found]) for part in ("weight", "bias")}

    def norm(self, theirs: str, ours: str, width: int) -> dict[str, Tensor]:
        """A batch normalization, under our name."""
        return {f"{ours}.{part}": self.part(f"{theirs}.{part}", width) for part in NORM}

    def part(self, name: str, width: int) -> Tensor:
        """One of the five parts of a batch normalization. Files from before torch 0.4.1 do not count batches."""
        if not name.endswith(COUNTED):
            return self.take(name, width)
        return self.numbers(name) if name in self else torch.zeros((), dtype=torch.int64)

    def norms(self, theirs: Sequence[str], ours: str, width: int) -> dict[str, Tensor]:
        """Several batch normalizations side by side as one of ours."""
        parts = {part: [self.part(f"{name}.{part}", width) for name in theirs] for part in NORM}
        counted = torch.stack(parts.pop(COUNTED)).max()
        return {**{f"{ours}.{part}": torch.cat(found) for part, found in parts.items()}, f"{ours}.{COUNTED}": counted}

    def check(self, kind: str) -> None:
        """Refuse a file of which something was missing, wrong or left over."""
        faults = list(self.faults)
        extra = sorted(self.tensors.keys() - self.taken)
        if self.missing:
            faults.append(f"{len(self.missing)} are missing: {listed(self.missing, 3)}")
        if extra:
            faults.append(f"{len(extra)} are not part of it: {listed(extra, 3)}")
        if faults:
            raise UserError(f"{self.source} looks like {kind}, but its tensors do not fit: {listed(faults, 4)}",
                            "it was saved from a changed network; load the file its authors published")


def read_sheet(path: str | Path) -> Sheet:
    """The state dict in a .pt or .pth file. Only tensors are read: nothing in the file is run."""
    file = Path(path)
    try:
        size = file.stat().st_size if file.is_file() else -1
        opened = _unpacked(file) if size >= 0 else 0
    except OSError as fault:
        raise UserError(f"{file} cannot be read: {fault.strerror or fault}", "check the path") from None
    if size < 0:
        raise UserError(f"{file} is not a file", "give a .pt or .pth file of published weights")
    if max(size, opened) > MOST_BYTES:
        raise UserError(f"{file} holds {max(size, opened) / 2**20:.0f} MB; published classifiers have at most 14",
                        "give the weights alone, without optimizer or data")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the oldest files are of a layout that torch would like to forget
            held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as fault:  # a broken or hostile file can make the reader fail in any way
        raise UserError(f"{file} does not hold weights that can be read safely: {_first_line(fault)}",
                        "give a state dict saved with torch.save: a mapping of names to tensors") from None
    return Sheet(_tensors(held, file), str(file))


def _unpacked(file: Path) -> int:
    """How large a zipped file becomes: a small one may claim to hold very much."""
    if not zipfile.is_zipfile(file):
        return 0
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0  # torch will say what is wrong with it


def _tensors(held: object, file: Path) -> dict[str, Tensor]:
    if not isinstance(held, Mapping) or not held:
        raise UserError(f"{file} holds {type(held).__name__}, not a mapping of names to tensors",
                        "give a state dict: what the published code saves as weights")
    strange = [name for name, value in held.items()
               if not (isinstance(name, str) and isinstance(value, Tensor) and value.layout == torch.strided
                       and not value.is_quantized and value.device.type == "cpu")]
    if strange:
        raise UserError(f"{file} holds more than plain tensors: {listed(strange, 3)}",
                        "give the state dict alone, without optimizer, epoch or options")
    tensors = {_bare(name): value.detach() for name, value in held.items()}
    claimed = sum(math.prod(value.shape) * value.element_size() for value in tensors.values())
    if len(tensors) < len(held) or claimed > MOST_BYTES:
        raise UserError(f"{file} holds names that stand twice, or tensors larger than itself",
                        "load the file its authors published")
    return tensors


def _bare(name: str) -> str:
    """Without what DataParallel puts before a name."""
    while name.startswith("module."):
        name = name.removeprefix("module.")
    return name


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:160]
