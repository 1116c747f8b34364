"""The shelf of classifiers: networks that read a label off motion.

Each is a `Classifier`, built as `Net(skeleton, classes, **options)` for any body plan. Its options have defaults, those
that make it smaller too, and `net.options` holds all that is needed to build it again. It takes positions (B, T, P, J, 3)
and who is present (B, T, P), for any T and P. Absent bodies cost nothing and change nothing, and the order of bodies does
not matter; only with `slots=n` are there always n bodies, in order, and absent ones count as zeros, as in the published
networks. A block that can take its norms into the layers before them has a `fold()`; see `fold.folded`.
"""

from maskeleton.classifiers.agcn import AGCN
from maskeleton.classifiers.base import Classifier
from maskeleton.classifiers.ctrgcn import CTRGCN
from maskeleton.classifiers.geometric import Geometric
from maskeleton.classifiers.lean import Lean
from maskeleton.classifiers.msg3d import MSG3D
from maskeleton.classifiers.shiftgcn import ShiftGCN
from maskeleton.classifiers.stgcn import STGCN
from maskeleton.classifiers.tcn import Tcn

CLASSIFIERS: dict[str, type[Classifier]] = {
    "tcn": Tcn,
    "geometric": Geometric,
    "lean": Lean,
    "stgcn": STGCN,
    "agcn": AGCN,
    "ctrgcn": CTRGCN,
    "msg3d": MSG3D,
    "shiftgcn": ShiftGCN,
}
