"""The attacks shelf: how the guess is made. An attack learns a label from some recordings and answers for others.

    attack(train, test, label, *, judge, seed, keep, set, minutes, networks) -> Answers

`train` and `test` are datasets; the classes are the label's known codes in `train`; `judge` names the network where the
attack has one; `keep` is the kept label, which everybody may read off the release; `set` overrides the judge's options;
`minutes` bounds one fit; `networks` is a folder where what was taught stays for whoever asks it next: what learned from
the original is shown the original, and then the release. What comes back is a score for every class of every recording
of `test`: rates are made of them later, people first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from maskeleton.answers import Answers
from maskeleton.attacks.classify import classify
from maskeleton.attacks.features import features
from maskeleton.attacks.match import match
from maskeleton.attacks.side import side
from maskeleton.dataset import MotionDataset


class Attack(Protocol):
    """What a function on this shelf is asked for."""

    def __call__(
        self, train: MotionDataset, test: MotionDataset, label: str, *, judge: str, seed: int, keep: str = "action",
        set: Mapping[str, str] | None = None, minutes: float | None = None, networks: Path | None = None,
    ) -> Answers: ...


ATTACKS: dict[str, Attack] = {"classify": classify, "features": features, "match": match, "side": side}
