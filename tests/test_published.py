"""Published weights: made-up files with the published names load, every number in one place, and answer as theirs."""

import os
import pickle
import zipfile
from functools import cache

import numpy as np
import pytest
import torch
from published_names import filled, moving, shapes_of

from maskeleton.checkpoint import load, refuse_strangers, save
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.published import NTU25, PUBLISHED, load_published
from maskeleton.published.sheet import MOST_BYTES
from maskeleton.skeleton import KINECT20, KINECT25

KINDS = ("msg3d", "msg3d without windows", "shiftgcn", "agcn", "ctrgcn")
SIZES = {"msg3d": 3_194_595, "msg3d without windows": 1_438_335, "shiftgcn": 690_291, "agcn": 3_469_510,
         "ctrgcn": 1_446_672}  # as counted of the published networks (Shift-GCN without offsets it never uses)
# The first four of sixty answers of the published code itself, in double precision, to `filled(...)` and `moving(16)`:
# two recordings each, of which the second has one body.
ANSWERS = {
    "msg3d": [[1.71994, -7.11212, -6.21732, -4.06568], [1.21206, -5.18396, -4.71943, -2.84042]],
    "msg3d without windows": [[1.13287, -2.9393, -1.67456, -1.94663], [0.86218, -2.28896, -1.27591, -1.52426]],
    "shiftgcn": [[-0.79521, 4.56341, -1.54735, -0.85349], [-0.58291, 3.71117, -1.2796, -0.67971]],
    "agcn": [[3.80194, 2.0677, -1.68913, 0.42565], [2.3029, 1.41471, -1.15533, 0.27319]],
    "ctrgcn": [[-12.34559, 5.01413, -10.32878, -7.3731], [-8.15333, 2.94791, -7.69715, -4.037]],
}


@cache
def tensors(kind):
    return filled(shapes_of(kind))


@pytest.fixture
def loaded(tmp_path):
    """Loads such tensors from a file; more options go to `load_published`."""

    def of(weights, **options):
        torch.save(weights, tmp_path / "weights.pt")
        return load_published(tmp_path / "weights.pt", **options)

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_published_code(kind, loaded):
    model = loaded(tensors(kind))
    assert model.name == kind.split()[0]
    assert (model.label, model.classes[0], model.classes[-1]) == ("action", "1", "60")
    assert sum(weight.numel() for weight in model.net.parameters()) == SIZES[kind]
    with torch.no_grad():
        answers = model.net(*moving(16))
    np.testing.assert_allclose(answers[:, :4].numpy(), ANSWERS[kind], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_lands_in_exactly_one_place(kind, loaded):
    """Each number of the file is another one, so that none can be lost, doubled or exchanged unseen."""
    weights, count = {}, 0
    for name, tensor in tensors(kind).items():
        if tensor.is_floating_point() and not name.endswith("xpos"):
            numbers = torch.arange(count + 1, count + 1 + tensor.numel(), dtype=torch.float32)
            weights[name], count = (numbers / 2**19).view(tensor.shape), count + tensor.numel()
        else:
            weights[name] = tensor
    found = [part.flatten() for name, part in loaded(weights).net.state_dict().items()
             if not name.endswith("num_batches_tracked")]
    assert torch.equal(torch.cat(found).sort().values * 2**19, torch.arange(1, count + 1, dtype=torch.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_every_tensor_has_a_say(kind, loaded):
    net = loaded(tensors(kind)).net
    positions, present = moving(6)
    answers = net(positions, present)
    answers.square().sum().backward()
    silent = [name for name, weight in net.named_parameters() if not weight.grad.any()]
    # What is the same for every joint that is looked at cancels in the softmax over these joints.
    assert not [name for name in silent if not (kind == "agcn" and name.endswith("bias"))]
    known = [name for name, _ in net.named_buffers() if "running" in name]
    for name in known[:: len(known) // 8]:
        held = net.get_buffer(name)
        kept = held.clone()
        held.copy_(kept.flip(0))
        with torch.no_grad():
            assert (net(positions, present) - answers).abs().max() > 1e-6, name
        held.copy_(kept)


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_body_counts_as_zeros(kind, loaded):
    net = loaded(tensors(kind)).net
    positions, present = moving(6)
    dirty = torch.where(present[..., None, None], positions, torch.full_like(positions, 5.0))
    with torch.no_grad():
        expected = net(positions, torch.ones_like(present))
        torch.testing.assert_close(net(dirty, present), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(net(positions[1:, :, :1], present[1:, :, :1]), expected[1:], atol=1e-4, rtol=0)


def test_the_papers_people_and_the_prefix_of_many_cards(loaded):
    shapes = shapes_of("shiftgcn", classes=40)
    model = loaded({f"module.{name}": tensor for name, tensor in filled(shapes).items()})
    assert (model.label, model.classes[-1], model.chain, model.frames, model.fill) == ("subject", "40", "paper", 300,
                                                                                      "loop")
    assert model.net.skeleton == NTU25


def test_one_body_and_a_label_one_has_to_name(loaded):
    weights = filled(shapes_of("shiftgcn", classes=2, slots=1))
    with pytest.raises(UserError, match=r"tells 2 classes; nothing says of which label\nname it"):
        loaded(weights)
    model = loaded(weights, label="gender")
    assert (model.label, model.classes, model.net.slots) == ("gender", ["1", "2"], 1)


def test_files_older_than_counted_batches(loaded):
    weights = {name: tensor for name, tensor in tensors("ctrgcn").items() if not name.endswith("num_batches_tracked")}
    assert loaded(weights).name == "ctrgcn"


def test_the_bones_are_the_published_ones(loaded):
    inward = {(child + 1, parent + 1) for parent, child in NTU25.bones}
    assert inward == {(1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9), (11, 10),
                      (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18), (20, 19), (22, 23),
                      (23, 8), (24, 25), (25, 12)}
    net = loaded(tensors("agcn"), stream="bone").net
    joints = loaded(tensors("agcn")).net
    positions, present = moving(6)
    bones = positions.clone()
    for child, parent in inward:
        bones[..., child - 1, :] -= positions[..., parent - 1, :]
    bones[..., 20, :] = 0
    with torch.no_grad():
        torch.testing.assert_close(net(positions, present), joints(bones, present), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_of_it_is_the_same(kind, loaded, tmp_path):
    model = loaded(tensors(kind))
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.hash == model.hash
    with torch.no_grad():
        assert torch.equal(again.net(*moving(6)), model.net(*moving(6)))


def test_data_of_the_common_plan_can_be_asked_and_no_other(loaded):
    positions = moving(6)[0][0].numpy()
    model = loaded(tensors("shiftgcn"))
    refuse_strangers(model, MotionDataset.of(KINECT25, 30, [Motion.of(positions, "one")]))
    with pytest.raises(UserError, match="with 20\nconvert the data with --skeleton kinect25"):
        refuse_strangers(model, MotionDataset.of(KINECT20, 30, [Motion.of(positions[:, :, :20], "one")]))


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def changed(kind, **tensors_by_name):
    """The file with some tensors put in; None leaves one out. In a name, `__` stands for a dot."""
    weights = tensors(kind) | {name.replace("__", "."): value for name, value in tensors_by_name.items()}
    return {name: value for name, value in weights.items() if value is not None}


REFUSED = {
    r"missing: fc.bias": ("msg3d", {"fc__bias": None}),
    r"2s-AGCN, but .* 1 are not part of it: l1.gcn1.alpha": ("agcn", {"l1__gcn1__alpha": torch.zeros(1)}),
    r"l2.gcn1.PA has the shape \(3, 20, 20\), expected": ("ctrgcn", {"l2__gcn1__PA": torch.zeros(3, 20, 20)}),
    r"fc.bias holds int64, expected float32": ("shiftgcn", {"fc__bias": torch.zeros(60, dtype=torch.int64)}),
    r"fc.bias holds complex64": ("shiftgcn", {"fc__bias": torch.zeros(60, dtype=torch.complex64)}),
    r"fc.bias holds numbers that are not finite": ("agcn", {"fc__bias": torch.full((60,), torch.nan)}),
    r"running_var holds variances below zero": ("agcn", {"data_bn__running_var": torch.full((150,), -1.0)}),
    r"another body plan: its first norm has 108 numbers": ("msg3d", {"data_bn__weight": torch.zeros(108)}),
    r"has no first norm": ("msg3d", {"data_bn__weight": None}),
    r"tells 1 classes": ("msg3d", {"fc__weight": torch.zeros(1, 384)}),
    r"l1.tcn1.shift_in.xpos moves joints": ("shiftgcn", {"l1__tcn1__shift_in__xpos": torch.ones(64)}),
    r"l3.tcn1.shift_out.ypos moves frames by 1e\+09":
    ("shiftgcn", {"l3__tcn1__shift_out__ypos": torch.full((64,), 1e9)}),
    r"l1.gcn1.shift_in names other joints": ("shiftgcn", {"l1__gcn1__shift_in": torch.zeros(75, dtype=torch.int64)}),
    r"larger than itself": ("agcn", {"fc__bias": torch.zeros(1).expand(10**12)}),
    r"is none of the networks known here": ("agcn", {"l1__gcn1__conv_a__0__weight": None}),
    r"more than plain tensors: fc.bias": ("agcn", {"fc__bias": 3}),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_changed_network_is_refused_in_words(fault, loaded):
    kind, change = REFUSED[fault]
    with pytest.raises(UserError, match=fault):
        loaded(changed(kind, **change))


def test_all_faults_are_told_at_once(loaded):
    with pytest.raises(UserError) as told:
        loaded(changed("agcn", fc__bias=None, extra=torch.zeros(1), l2__gcn1__PA=torch.zeros(1)))
    assert all(word in told.value.wrong for word in ("fc.bias", "extra", "l2.gcn1.PA"))


class Hostile:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_hostile_file_runs_nothing(loaded, tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(UserError, match="cannot be read safely|does not hold weights"):
        loaded({"l1.gcn1.PA": Hostile(trace)})
    (tmp_path / "old.pt").write_bytes(pickle.dumps(Hostile(trace)))
    with pytest.raises(UserError, match="does not hold weights"):
        load_published(tmp_path / "old.pt")
    assert not trace.exists()


@pytest.mark.parametrize("held", [[1], {}, {"state_dict": {"a": torch.zeros(1)}}, torch.zeros(3), {1: torch.zeros(1)},
                                  {"a": torch.zeros(2, device="meta")}, {"a": torch.eye(2).to_sparse()},
                                  {"fc.bias": torch.zeros(1), "module.fc.bias": torch.zeros(1)}], ids=repr)
def test_other_things_in_a_file_are_refused(held, loaded):
    with pytest.raises(UserError):
        loaded(held)


def test_files_that_are_no_weights(tmp_path):
    path = tmp_path / "weights.pt"
    for content in (b"", b"PK\x03\x04", b"hello", b"\x80\x02", bytes(range(256)) * 40):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"does not hold weights"):
            load_published(path)
    for nothing in (tmp_path, tmp_path / "nowhere.pt"):
        with pytest.raises(UserError, match="is not a file"):
            load_published(nothing)


def test_a_broken_file_is_refused_wherever_it_ends(tmp_path, loaded):
    loaded(tensors("shiftgcn"))
    whole = (tmp_path / "weights.pt").read_bytes()
    for share in (0.01, 0.5, 0.999):
        (tmp_path / "part.pt").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UserError, match="does not hold weights"):
            load_published(tmp_path / "part.pt")


def test_large_files_are_not_opened(tmp_path):
    with (tmp_path / "large.pt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(MOST_BYTES + 1))
    assert (tmp_path / "bomb.pt").stat().st_size < 2**20
    for name in ("large", "bomb"):
        with pytest.raises(UserError, match=r"holds 64 MB; published classifiers have at most 14"):
            load_published(tmp_path / f"{name}.pt")


def test_another_body_plan_is_refused_before_the_file_is_opened(tmp_path):
    with pytest.raises(UserError, match="25 joints of Kinect 2, not those of 'kinect20'"):
        load_published(tmp_path / "nowhere.pt", KINECT20)


def test_every_publication_is_tried_here():
    assert {kind.split()[0] for kind in KINDS} == set(PUBLISHED)
