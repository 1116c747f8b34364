"""Find out what skeleton motion gives away about people, change it so that it no longer does, and prove it."""

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

# Arrow's own allocator keeps what it was given: 40 MB more at 20,000 recordings. Read when pyarrow is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

if TYPE_CHECKING:
    from maskeleton.answers import Answers as Answers
    from maskeleton.ask import answers as answers
    from maskeleton.ask import embeddings as embeddings
    from maskeleton.checkpoint import Model as Model
    from maskeleton.checkpoint import load as load
    from maskeleton.checkpoint import save as save
    from maskeleton.dataset import MotionDataset as MotionDataset
    from maskeleton.errors import UserError as UserError
    from maskeleton.explain import explain as explain
    from maskeleton.fit import fit as fit
    from maskeleton.formats.opening import open_source as open_source
    from maskeleton.formats.opening import read as read
    from maskeleton.motion import Motion as Motion
    from maskeleton.normalize import normalize as normalize
    from maskeleton.normalize import restore as restore
    from maskeleton.published import load_published as load_published
    from maskeleton.score import score as score
    from maskeleton.scorecard import Scorecard as Scorecard
    from maskeleton.skeleton import Skeleton as Skeleton
    from maskeleton.splits import split as split
    from maskeleton.traits import trait_table as trait_table
    from maskeleton.verbs.again import again as again
    from maskeleton.verbs.anonymize import anonymize as anonymize
    from maskeleton.verbs.audit import audit as audit
    from maskeleton.verbs.compare import compare as compare
    from maskeleton.verbs.convert import convert as convert
    from maskeleton.verbs.describe import describe as describe
    from maskeleton.verbs.evaluate import evaluate as evaluate
    from maskeleton.verbs.release import release as release
    from maskeleton.verbs.report import report as report
    from maskeleton.verbs.synthesize import synthesize as synthesize
    from maskeleton.verbs.train import train as train
    from maskeleton.verbs.verify import verify as verify
    from maskeleton.verbs.view import view as view
    from maskeleton.verdict import table as table

# Public name -> the module it lives in; loaded when first asked for.
_PUBLIC = {
    "Answers": "answers",
    "Model": "checkpoint",
    "Motion": "motion",
    "MotionDataset": "dataset",
    "Scorecard": "scorecard",
    "Skeleton": "skeleton",
    "UserError": "errors",
    "again": "verbs.again",
    "anonymize": "verbs.anonymize",
    "answers": "ask",
    "audit": "verbs.audit",
    "compare": "verbs.compare",
    "convert": "verbs.convert",
    "describe": "verbs.describe",
    "embeddings": "ask",
    "evaluate": "verbs.evaluate",
    "explain": "explain",
    "fit": "fit",
    "load": "checkpoint",
    "load_published": "published",
    "normalize": "normalize",
    "open_source": "formats.opening",
    "read": "formats.opening",
    "release": "verbs.release",
    "report": "verbs.report",
    "restore": "normalize",
    "save": "checkpoint",
    "score": "score",
    "split": "splits",
    "synthesize": "verbs.synthesize",
    "table": "verdict",
    "train": "verbs.train",
    "trait_table": "traits",
    "verify": "verbs.verify",
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


class _House(ModuleType):
    """Some functions are called as the module they live in, and Python puts every module it loads into its package: the
    function stays there instead (`from maskeleton.fit import learning_rate` reaches the module all the same)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _House
