"""lean: a graph network that two cores can afford, the everyday second opinion beside tcn."""

from collections.abc import Sequence
from typing import Any

from maskeleton.classifiers.stgcn import STGCN
from maskeleton.skeleton import Skeleton


class Lean(STGCN):
    """ST-GCN++ with three narrow layers: it sees by neighbours what `tcn` sees by frames, and errs otherwise."""

    def __init__(self, skeleton: Skeleton, classes: int, *, widths: Sequence[int] = (24, 48, 96), plus: bool = True,
                 **options: Any) -> None:
        super().__init__(skeleton, classes, widths=widths, plus=plus, **options)
