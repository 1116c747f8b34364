"""never seen: an anonymizer that is told what recordings show says of which it knows nothing, when it is applied."""

import pytest

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.dataset import MotionDataset
from maskeleton.mask import Mask, save
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.anonymize import anonymize, told

from crowds import wavers

KNOWN = wavers()


def knowing(**options):
    net = ANONYMIZERS["typical"](KINECT25, **options).eval()
    net.prepare(KNOWN)
    return net


def showing(*shown):
    """A recording for each of these values; None has no label."""
    motions = [KNOWN[0]._replace(id=f"R{number}", labels={"subject": 1} | ({} if value is None else {"action": value}))
               for number, value in enumerate(shown)]
    return MotionDataset.of(KINECT25, 30, motions)


@pytest.mark.parametrize(("shown", "words"), [
    ((1, 2, 4), ""),
    ((1, 9, 9, 7), "3 of 4 recordings show what nothing was learned of (action: 7, 9): each is released as what it looks most "
                   "like of what is known"),
    ((1, None), "1 of 2 recordings say nothing of action: what they show is read off them"),
    ((None, 8), "1 of 2 recordings say nothing of action: what they show is read off them; 1 of 2 recordings show what nothing "
                "was learned of (action: 8): each is released as what it looks most like of what is known"),
])
def test_it_is_said_in_words(shown, words):
    assert knowing().never_seen(showing(*shown)) == words


def test_who_has_no_such_label_at_all_is_told():
    bare = MotionDataset.of(KINECT25, 30, [KNOWN[0]._replace(labels={})])
    assert knowing().never_seen(bare).startswith("1 of 1 recordings say nothing of action")


def test_one_that_looks_at_no_label_has_nothing_to_say():
    assert knowing(told=0).never_seen(showing(9)) == ANONYMIZERS["noise"](KINECT25).never_seen(showing(9)) == ""


def test_history_and_the_command_say_it(tmp_path):
    save(Mask(knowing(), "typical"), tmp_path / "model")
    store.write(showing(1, 9), tmp_path / "data")
    taken = anonymize(tmp_path / "data", tmp_path / "out", mask=tmp_path / "model")
    assert "action: 9" in taken.dataset.history[-1]["unknown"]
    assert "! 1 of 2 recordings show what nothing was learned of (action: 9)" in told(taken, tmp_path / "out", None)
