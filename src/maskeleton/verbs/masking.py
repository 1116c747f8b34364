"""Masking: what `--with` names, with the options that were set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.checkpoint import PAGE
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import Mask, load, named, usual_options


def mask_of(mask: str | Path, dataset: MotionDataset, options: Mapping[str, Any]) -> Mask:
    """What `--with` names: a folder that holds a model, else an anonymizer that needs no training."""
    if (Path(mask) / PAGE).is_file():
        if options:
            raise UserError(f"{mask} was trained with its own options: {', '.join(options)} cannot be set",
                            "--set path=own is all that can be said of a trained model")
        return load(mask)
    if str(mask) not in ANONYMIZERS and Path(mask).is_dir():
        raise UserError(f"{mask} is a folder without {PAGE}, so no model", "give the folder that train wrote")
    return named(str(mask), dataset.skeleton, valued(str(mask), options), dataset)


def valued(name: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Options of an anonymizer as what they are: numbers, but those that are words without being told."""
    found: dict[str, Any] = {}
    usual = usual_options(name)
    for key, text in options.items():
        try:
            if isinstance(usual.get(key), str):
                found[key] = text
            else:
                found[key] = int(text) if text.strip().lstrip("-").isdigit() else float(text)
        except ValueError:
            raise UserError(f"option {key!r} cannot be {text!r}", "it is a number, such as sigma=0.02") from None
    return found
