"""ask: what a trained classifier says of recordings: answers (probabilities) and embeddings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maskeleton.checkpoint import Model, refuse_strangers
from maskeleton.classifiers.base import Classifier
from maskeleton.dataset import MotionDataset
from maskeleton.engine import Engine, Prepared, batches, prepared

AT_ONCE = 256  # recordings read at a time
VIEW = 0.75  # share of a recording that each of several views shows

Last = Callable[[Tensor], Tensor]


def answers(model: Model, dataset: MotionDataset, indices: Sequence[int] | np.ndarray | None = None, views: int = 1,
            engine: Engine | None = None) -> np.ndarray:
    """(n, classes) probabilities; of several views of a recording (overlapping parts) the mean."""
    return _asked(model, dataset, indices, views, engine, model.net, lambda logits: logits.softmax(1))


def embeddings(model: Model, dataset: MotionDataset, indices: Sequence[int] | np.ndarray | None = None,
               views: int = 1, engine: Engine | None = None) -> np.ndarray:
    """(n, D): what the network has before its last layer."""
    return _asked(model, dataset, indices, views, engine, model.net.embed, lambda found: found)


def _asked(model: Model, dataset: MotionDataset, indices: Sequence[int] | np.ndarray | None, views: int,
           engine: Engine | None, part: Callable[..., Tensor], last: Last) -> np.ndarray:
    refuse_strangers(model, dataset)
    rows = np.arange(len(dataset)) if indices is None else np.asarray(indices, np.int64)
    if not len(rows):
        return np.zeros((0, model.net.classes if part is model.net else model.net.width), np.float32)
    data = prepared(dataset.select(rows), model.chain, model.slots, model.device)
    look = {"frames": model.frames, "fill": model.fill}
    model.net.eval()
    return np.asarray(read(part, data, np.arange(len(rows)), look, engine or Engine(str(model.device)), last,
                           views).numpy())


@torch.inference_mode()
def read(part: Classifier | Callable[..., Tensor], data: Prepared, rows: np.ndarray, look: Mapping[str, Any],
         engine: Engine, last: Last, views: int = 1) -> Tensor:
    """What a network (or a part of it) makes of prepared recordings, the mean of the views, float32 on the CPU."""
    width = VIEW if views > 1 else 1.0
    seen = []
    for start in np.linspace(0, 1 - width, views).tolist():
        found = []
        for batch in batches(data, rows, AT_ONCE, look["frames"], fill=look["fill"], window=(start, start + width)):
            with engine.autocast():
                made = part(batch.positions, batch.present)
            found.append(last(made.float()).cpu())
        seen.append(torch.cat(found))
    return torch.stack(seen).mean(0)
