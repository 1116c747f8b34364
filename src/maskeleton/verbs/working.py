"""Working copies: what the verbs that learn do with data before they begin."""

from pathlib import Path

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.store import StoredShard


def mapped(dataset: MotionDataset, folder: Path) -> MotionDataset:
    """The dataset as a store, so that processes share its frames."""
    if all(isinstance(shard, StoredShard) for shard in dataset.shards):
        return dataset
    store.write(dataset, folder / "data")
    return store.open(folder / "data")
