"""retarget: everybody is put on the bones of one real person. A baseline: how somebody moves stays, and that one's
lengths are published.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from maskeleton.anonymizers.base import Anonymizer
from maskeleton.anonymizers.bones import Bones
from maskeleton.anonymizers.population import common_lengths
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.labels import UNKNOWN
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import Skeleton

PERSON = "subject"  # a label


class Retarget(Anonymizer):
    """Whose bones these are is drawn; that person's own recordings get another's. Bones are measured in one recording, and
    feet that stood stand, as in `bones`."""

    scope = "dataset"
    protects = "how everybody but one or two is built; not how they move"

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.bones = Bones(skeleton)

    def together(self, dataset: MotionDataset, seed: int, rows: Sequence[int]) -> Iterator[Motion]:
        donors = self.donors(dataset, seed)
        fitted: dict[int, torch.Tensor] = {}
        for row in rows:
            own = dataset[row]
            if self.strength == 0:
                yield own
                continue
            model = donors[row][1]
            if model not in fitted:
                fitted[model] = torch.from_numpy(common_lengths(dataset.select([model])))
            yield own._replace(positions=self._fitted(own, fitted[model], dataset.fps), fields={})

    def _fitted(self, own: Motion, lengths: torch.Tensor, fps: float) -> np.ndarray:
        self.cpu()  # one recording at a time, wherever it was put
        with torch.inference_mode():
            self.bones.fps.fill_(fps)
            self.bones.lengths.copy_(lengths)
            self.bones.strength = self.strength
            batch = (torch.from_numpy(np.array(part))[None] for part in (own.positions, own.present))
            found: np.ndarray = self.bones(*batch, torch.zeros(1, dtype=torch.int64))[0][0].numpy()
            return found

    def donors(self, dataset: MotionDataset, seed: int) -> list[tuple[int, ...]]:
        if self.strength == 0:
            return [(row,) for row in range(len(dataset))]
        people = dataset.labels.get(PERSON, np.full(len(dataset), UNKNOWN))
        if (people == UNKNOWN).any():
            raise UserError(f"whose {int((people == UNKNOWN).sum())} of {len(dataset)} recordings are is not known: retarget "
                            "cannot tell who is somebody else", "it needs the label subject: --people TABLE.csv or "
                            "--pattern gives it")
        if len(np.unique(people)) < 2:
            raise UserError("there is one person alone: retarget needs another's bones", "give it a dataset of several people")
        lots = generator(seed, "retarget")
        models = [int(lots.choice(np.flatnonzero(people == one))) for one in lots.permutation(np.unique(people))[:2]]
        return [(row, models[int(people[row] == people[models[0]])]) for row in range(len(dataset))]
