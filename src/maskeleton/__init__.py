"""Find out what skeleton motion gives away about people, change it so that it no longer does, and prove it."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Arrow's own allocator keeps what it was given: 40 MB more at 20,000 recordings. Read when pyarrow is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

if TYPE_CHECKING:
    from maskeleton.dataset import MotionDataset as MotionDataset
    from maskeleton.errors import UserError as UserError
    from maskeleton.formats.opening import open_source as open_source
    from maskeleton.formats.opening import read as read
    from maskeleton.motion import Motion as Motion
    from maskeleton.normalize import restore as restore
    from maskeleton.scorecard import Scorecard as Scorecard
    from maskeleton.skeleton import Skeleton as Skeleton
    from maskeleton.splits import split as split
    from maskeleton.verbs.audit import audit as audit
    from maskeleton.verbs.convert import convert as convert
    from maskeleton.verbs.describe import describe as describe
    from maskeleton.verbs.synthesize import synthesize as synthesize
    from maskeleton.verbs.view import view as view

# Public name -> the module it lives in; loaded when first asked for.
_PUBLIC = {
    "Motion": "motion",
    "MotionDataset": "dataset",
    "Scorecard": "scorecard",
    "Skeleton": "skeleton",
    "UserError": "errors",
    "audit": "verbs.audit",
    "convert": "verbs.convert",
    "describe": "verbs.describe",
    "open_source": "formats.opening",
    "read": "formats.opening",
    "restore": "normalize",
    "split": "splits",
    "synthesize": "verbs.synthesize",
    "view": "verbs.view",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'maskeleton' has no attribute {name!r}")
    found = getattr(import_module(f"maskeleton.{_PUBLIC[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
