"""Data reaches networks as it should: normalized once, cut and filled as asked, each recording once an epoch."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from maskeleton.augment import Augment
from maskeleton.dataset import MotionDataset
from maskeleton.engine import FILLS, Engine, batches, clips, prepared
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.normalize import normalize, turn_toward
from maskeleton.skeleton import KINECT25, Skeleton

from people import crowd, two_bodies

DOT = Skeleton.of("dot", ("pelvis",), (-1,))


def ruler(*lengths: int) -> MotionDataset:
    """Recordings of a single joint whose x is the number of the frame."""
    motions = []
    for number, length in enumerate(lengths):
        positions = np.zeros((length, 1, 1, 3), np.float32)
        positions[:, 0, 0, 0] = np.arange(length)
        motions.append(Motion.of(positions, f"r{number}", {"number": number}))
    return MotionDataset.of(DOT, 30, motions)


def frames_shown(dataset: MotionDataset, frames: int, fill: str, **more: object) -> list[list[float]]:
    """The x of the joint, frame by frame, for every recording."""
    rows = np.arange(len(dataset))
    made = [batch.positions for batch in batches(prepared(dataset, "none"), rows, 8, frames, fill=fill, **more)]
    return torch.cat(made)[:, :, 0, 0, 0].tolist()


def test_a_recording_is_resampled_on_the_line_between_its_frames():
    assert frames_shown(ruler(11), 6, "resample") == [[0, 2, 4, 6, 8, 10]]
    assert frames_shown(ruler(3), 5, "resample") == [[0, 0.5, 1, 1.5, 2]]
    assert frames_shown(ruler(1), 3, "resample") == [[0, 0, 0]]


def test_native_frames_are_cut_around_the_middle_or_repeated():
    assert frames_shown(ruler(10, 3), 4, "native") == [[3, 4, 5, 6], [0, 1, 2, 0]]
    assert frames_shown(ruler(10), 4, "native", window=(0.0, 0.5)) == [[0, 1, 2, 3]]
    assert frames_shown(ruler(10), 4, "native", window=(0.5, 1.0)) == [[6, 7, 8, 9]]


def test_native_crops_begin_anywhere_while_training():
    data = prepared(ruler(*[10] * 200), "none")
    (batch,) = batches(data, np.arange(200), 200, 4, augment=Augment())
    assert set(batch.positions[:, 0, 0, 0, 0].tolist()) == {0}  # resampling shows the whole
    (batch,) = batches(data, np.arange(200), 200, 4, augment=Augment(), fill="native")
    shown = batch.positions[:, :, 0, 0, 0]
    assert set(shown[:, 0].tolist()) == {0, 1, 2, 3, 4, 5, 6}
    assert (shown.diff(dim=1) == 1).all()


def test_a_loop_shows_the_first_frames_or_repeats_them():
    assert frames_shown(ruler(10, 3), 5, "loop") == [[0, 1, 2, 3, 4], [0, 1, 2, 0, 1]]


def test_windows_show_parts():
    assert frames_shown(ruler(11), 3, "resample", window=(0.0, 0.5)) == [[0, 2.5, 5]]
    assert frames_shown(ruler(11), 3, "resample", window=(0.5, 1.0)) == [[5, 7.5, 10]]


def looped_first(motion: Motion, frames: int) -> np.ndarray:
    """The `paper` chain in the order of the published code: bodies to the front and repeated, then centred, turned."""
    bodies = []
    for slot in range(motion.positions.shape[1]):
        own = motion.positions[motion.present[:, slot], slot]
        bodies.append(np.stack([own[frame % len(own)] for frame in range(frames)]))
    room = np.stack(bodies, 1).astype(np.float64)
    pelvis, spine, left, right = KINECT25.need("pelvis", "spine", "left_shoulder", "right_shoulder")
    room = room - room[:, :1, spine : spine + 1]
    upright = turn_toward(room[0, 0, spine] - room[0, 0, pelvis], (0.0, 0.0, 1.0))
    rotation = turn_toward(upright @ (room[0, 0, right] - room[0, 0, left]), (1.0, 0.0, 0.0)) @ upright
    return room @ rotation.T


@pytest.mark.parametrize("bodies", [1, 2])
def test_a_loop_is_the_published_one_which_repeats_before_it_centres(bodies):
    motion = Motion.of(two_bodies(12)[:, :bodies], "a")
    dataset = MotionDataset.of(KINECT25, 30, [motion])
    positions, present = clips(prepared(dataset, "paper"), np.array([0]), (np.zeros(1), np.ones(1)), 40, "loop")
    np.testing.assert_allclose(positions[0].numpy(), looped_first(motion, 40), atol=1e-5)
    assert present.all()


@pytest.mark.parametrize("chain", ["none", "sequence", "paper"])
def test_preparing_is_normalizing(chain):
    dataset = crowd()
    data = prepared(dataset, chain)
    for place, source in enumerate(dataset):
        motion, _ = normalize(chain, source, dataset.skeleton)
        whole = np.array([0.0]), np.array([len(motion.present) - 1.0])
        positions, present = clips(data, np.array([place]), whole, len(motion.present), "resample")
        np.testing.assert_array_equal(present[0].numpy(), motion.present)
        np.testing.assert_allclose(positions[0].numpy(), motion.positions, atol=1e-6)
    assert len(data.positions) == sum(motion.present.any(0).sum() * len(motion.present) for motion in dataset)


def test_no_more_bodies_than_slots():
    assert prepared(crowd(), "sequence", slots=1).start.shape[1] == 1
    data = prepared(crowd(), "sequence", slots=2)
    (batch,) = batches(data, [0], 4, 8)
    assert batch.positions.shape == (1, 8, 1, 25, 3)  # one body in the batch, one slot


def test_nobody_is_shown_between_two_frames_of_whom_one_is_empty():
    positions = np.zeros((3, 1, 1, 3), np.float32)
    positions[:, 0, 0, 0] = [1, np.nan, 3]
    dataset = MotionDataset.of(DOT, 30, [Motion.of(positions, "a")])
    (batch,) = batches(prepared(dataset, "none"), [0], 1, 9)
    assert batch.present[0, :, 0].tolist() == [True, True, False, False, False, False, True, True, True]
    assert batch.positions[0, :, 0, 0, 0].tolist() == [1, 1, 0, 0, 0, 0, 3, 3, 3]


def test_a_part_in_which_nobody_is_gives_way_to_the_whole():
    positions = np.zeros((20, 1, 1, 3), np.float32)
    positions[2:] = np.nan
    dataset = MotionDataset.of(DOT, 30, [Motion.of(positions, "a")])
    (batch,) = batches(prepared(dataset, "none"), [0], 1, 10, window=(0.5, 1.0))
    assert batch.present[0, 0, 0]


def test_every_recording_once_an_epoch_in_an_order_of_its_own():
    data = prepared(ruler(*range(1, 24)), "none")
    orders = []
    for epoch in (0, 1, 0):
        made = list(batches(data, np.arange(23), 5, 4, seed=1, epoch=epoch, augment=Augment()))
        assert [len(batch.positions) for batch in made] == [5, 5, 5, 4, 4]
        orders.append(torch.cat([batch.labels["number"] for batch in made]).tolist())
    assert sorted(orders[0]) == list(range(23))
    assert orders[0] == orders[2] != orders[1]


def test_without_augmentation_the_order_is_kept():
    data = prepared(ruler(5, 6, 7, 8), "none")
    (batch,) = batches(data, [3, 1, 1], 8, 4, epoch=5)
    assert batch.labels["number"].tolist() == [3, 1, 1]


def test_crops_are_the_same_again_and_others_in_another_epoch():
    data = prepared(ruler(50, 60), "none")
    shown = [next(iter(batches(data, [0], 8, 6, seed=3, epoch=epoch, augment=Augment(crop=0.5)))).positions
             for epoch in (0, 0, 1)]
    assert torch.equal(shown[0], shown[1])
    assert not torch.equal(shown[0], shown[2])


def test_ranks_share_every_batch():
    data = prepared(ruler(*range(1, 14)), "none")
    seen = []
    for rank in range(3):
        engine = Engine("cpu")
        engine.rank, engine.world = rank, 3
        made = list(batches(data, np.arange(13), 5, 4, augment=Augment(), engine=engine))
        assert [len(batch.positions) for batch in made] == [2 - (rank > 1), 2 - (rank > 0), 2 - (rank > 0)]
        seen += [number for batch in made for number in batch.labels["number"].tolist()]
    assert sorted(seen) == list(range(13))


def test_no_rank_is_left_without_work():
    data = prepared(ruler(*range(1, 8)), "none")
    for rank in range(4):
        engine = Engine("cpu")
        engine.rank, engine.world = rank, 4
        assert len(list(batches(data, np.arange(7), 3, 4, augment=Augment(), engine=engine))) == 1


def test_words_for_every_way_to_fill():
    assert all(frames_shown(ruler(5), 4, fill) for fill in FILLS)
    with pytest.raises(UserError, match="no way to fill 'stretch'"):
        frames_shown(ruler(5), 4, "stretch")


def test_an_empty_dataset_is_refused():
    with pytest.raises(UserError, match="no recordings"):
        prepared(crowd().select([]))


@pytest.mark.parametrize(("options", "wrong"), [
    ({"device": "abacus"}, "no device 'abacus'"),
    ({"device": "meta"}, "no device 'meta'"),
    ({"device": "cuda:99"}, "'cuda:99' is not here"),
    ({"device": "cpu", "precision": "bfloat16"}, "slower"),
    ({"precision": "half"}, "no precision 'half'"),
])
def test_what_cannot_be_run_on_is_refused(options, wrong):
    with pytest.raises(UserError, match=wrong):
        Engine(**options)


def test_a_seeded_block_leaves_no_trace():
    engine = Engine("cpu")
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    with engine.seeded(1):
        first = torch.rand(3)
    assert torch.equal(torch.rand(2), expected)
    with engine.seeded(1):
        assert torch.equal(torch.rand(3), first)


def test_one_rank_sums_and_tells_what_it_has():
    engine = Engine("cpu")
    assert (engine.rank, engine.world, engine.first) == (0, 1, True)
    assert engine.sum([1.5, 2]) == [1.5, 2]
    assert engine.told(0.1) == 0.1


RANKS = """
import sys
import torch
from maskeleton.engine import Engine
from maskeleton.fit import fit
sys.path.insert(0, {tests!r})
from people import crowd
engine = Engine("cpu")
net = torch.nn.Linear(1, 1)
net(torch.tensor([[float(engine.rank)]])).sum().backward()
engine.average_gradients(net)
model = fit("tcn", crowd(4, 2, 3), "subject", engine=engine, out={out!r},
            set={{"widths": "8,8,8", "epochs": 2, "frames": 8, "batch": 6}})
row = model.curves[-1]
with open({out!r} + f"-rank{{engine.rank}}", "w") as told:
    print(net.weight.grad.item(), engine.told(engine.rank + 3.0), engine.sum([engine.rank + 1.0])[0], model.hash,
          row["train_loss"], row["check_accuracy"], file=told)
"""


def test_two_ranks_end_with_equal_weights(tmp_path):
    out = tmp_path / "model"
    (tmp_path / "ranks.py").write_text(RANKS.format(tests=os.path.dirname(__file__), out=str(out)))
    done = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
                           str(tmp_path / "ranks.py")], capture_output=True, text=True, timeout=120, check=False,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    told = [(tmp_path / f"model-rank{rank}").read_text().split() for rank in range(2)]
    assert told[0] == told[1]
    assert [float(value) for value in told[0][:3]] == [0.5, 3.0, 3.0]  # mean of 0 and 1, the first's word, 1 + 2
    assert (out / "model.json").exists()
