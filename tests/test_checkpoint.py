"""A checkpoint comes back as it was, and nothing that somebody may have done to one does any harm."""

import json
import pickle
import resource
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from maskeleton.checkpoint import (
    MOST_BYTES,
    Model,
    lineage_of,
    load,
    load_state,
    refuse_strangers,
    save,
    save_state,
    trained_on,
    truth_of,
    weights_hash,
)
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.classifiers.tcn import Tcn
from maskeleton.errors import UserError
from maskeleton.seeds import generator
from maskeleton.skeleton import KINECT20, KINECT25, Skeleton

from mutations import mutations
from people import crowd

CLASSES = ["01_stand", "02_walk"]


def model(seed: int = 0, classes: list[str] = CLASSES, skeleton: Skeleton = KINECT25, **changed: object) -> Model:
    torch.manual_seed(seed)
    net = Tcn(skeleton, len(classes), widths=(4, 4, 4)).eval()
    told = {"label": "action", "chain": "sequence", "frames": 16, "fill": "resample",
            "trained_on": trained_on(crowd(), [0, 3]), "curves": [{"epoch": 1, "train_loss": 0.5}]}
    return Model(net, "tcn", classes=list(classes), **(told | changed))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(model(), tmp_path / "model")
    return tmp_path / "model"


def page(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "model.json").read_text("utf-8")))


def test_a_model_comes_back_as_it_was(saved):
    before, after = model(), load(saved)
    positions = torch.randn(2, 16, 1, 25, 3, generator=torch.Generator().manual_seed(1))
    present = torch.ones(2, 16, 1, dtype=torch.bool)
    assert torch.equal(after.net(positions, present), before.net(positions, present))
    assert not after.net.training
    same = ("name", "label", "classes", "chain", "frames", "fill", "trained_on", "lineage", "curves", "hash", "slots")
    assert {key: getattr(after, key) for key in same} == {key: getattr(before, key) for key in same}
    assert (after.net.skeleton, after.net.options) == (before.net.skeleton, before.net.options)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_comes_back(tmp_path, name):
    before = Model(CLASSIFIERS[name](KINECT20, 2).eval(), name, "action", CLASSES, "sequence", 16, "resample",
                   {"content_id": "", "hashes": []})
    save(before, tmp_path)
    after = load(tmp_path)
    positions = torch.randn(1, 16, 1, 20, 3, generator=torch.Generator().manual_seed(1))
    present = torch.ones(1, 16, 1, dtype=torch.bool)
    with torch.no_grad():
        assert torch.equal(after.net(positions, present), before.net(positions, present))


def test_saving_again_gives_the_same_files(saved, tmp_path):
    save(load(saved), tmp_path / "again")
    for name in ("model.json", "model.safetensors", "curves.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_what_it_was_trained_on_is_remembered(saved):
    dataset = crowd()
    told = {"content_id": dataset.content_id, "hashes": [dataset.hashes[0], dataset.hashes[3]], "checked": []}
    assert load(saved).trained_on == told


def test_a_hash_is_of_names_kinds_shapes_and_numbers():
    one = {"a": torch.zeros(4), "b": torch.ones(2)}
    assert weights_hash(one) == weights_hash({"b": torch.ones(2), "a": torch.zeros(4)})
    others = [one | {"a": torch.zeros(2, 2)}, {"a": torch.zeros(4), "c": torch.ones(2)},
              one | {"b": torch.ones(2, dtype=torch.float64)}, one | {"b": torch.zeros(2)}]
    assert len({weights_hash(weights) for weights in [one, *others]}) == 5


def test_lineage_is_everybody_who_took_part():
    first, second = model(1), model(2)
    third = model(3, lineage=lineage_of([first, second]))
    assert set(lineage_of([third])) == {first.hash, second.hash, third.hash}


def test_classes_are_matched_by_name_not_by_code():
    dataset = crowd(actions=3)
    turned_round = model(classes=["03_run", "01_stand"])
    named = {"01_stand": 1, "02_walk": -1, "03_run": 0}
    assert truth_of(turned_round, dataset).tolist() == [named[dataset.text("action", i)] for i in range(len(dataset))]


def test_numbers_are_matched_as_text():
    dataset = crowd(people=3)
    told = truth_of(model(classes=["3", "1"], label="subject"), dataset)
    assert told.tolist() == [{1: 1, 2: -1, 3: 0}[int(code)] for code in dataset.labels["subject"]]


@pytest.mark.parametrize(("changed", "wrong"), [
    ({"classes": ["sit", "lie"]}, "none of the data's values"), ({"label": "mood"}, "which no recording has"),
])
def test_another_label_set_is_refused(changed, wrong):
    with pytest.raises(UserError, match=wrong) as refused:
        truth_of(model(**changed), crowd())
    assert refused.value.remedy


def test_another_skeleton_is_refused():
    with pytest.raises(UserError, match="'kinect20' with 20 joints, the data has 'kinect25'"):
        refuse_strangers(model(skeleton=KINECT20), crowd())
    refuse_strangers(model(), crowd())


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(UserError, match=name):
        load(saved)


def test_no_folder_is_no_model(tmp_path):
    with pytest.raises(UserError, match="no model"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize(("key", "value"), [
    ("schema", 2), ("name", "gpt"), ("name", ["tcn"]), ("options", []), ("options", {"widths": [10**9]}),
    ("options", {"widths": [[4, 4]]}), ("options", {"speed": 1}), ("options", {"widths": []}),
    ("options", {"stream": 3}), ("options", {"widths": [4] * 65}), ("options", {"skeleton": 1}), ("label", None),
    ("classes", ["a"]), ("classes", ["a", "a"]), ("classes", [1, 2]), ("classes", 10**12), ("skeleton", {"joints": []}),
    ("skeleton", {"joints": ["a"] * 5000}), ("skeleton", {"joints": ["a", "b"], "parents": [1, 0]}),
    ("skeleton", {"joints": ["a", "b"], "parents": [-1, float("inf")]}), ("skeleton", None),
    ("chain", "gold"), ("chain", {}), ("frames", "many"), ("frames", 10**12), ("frames", 0), ("fill", 1),
    ("hash", None), ("hash", "0" * 32), ("trained_on", {}), ("lineage", [1]),
])
def test_a_page_that_makes_no_sense_is_refused(saved, key, value):
    (saved / "model.json").write_text(json.dumps(page(saved) | {key: value}))
    with pytest.raises(UserError) as refused:
        load(saved)
    assert refused.value.remedy


def test_a_huge_network_is_never_built(saved):
    """4096 is allowed as an option, but the file does not hold the 16 GB that would be."""
    (saved / "model.json").write_text(json.dumps(page(saved) | {"options": {"widths": [4096] * 64}}))
    with pytest.raises(UserError, match="are not those of a tcn"):
        load(saved)


def test_a_huge_page_is_not_read(saved):
    with (saved / "model.json").open("r+b") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UserError, match="larger than"):
        load(saved)


def test_deep_json_is_refused(saved):
    (saved / "model.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match="cannot be read"):
        load(saved)


def test_other_weights_than_those_saved_are_refused(saved):
    weights = load_file(saved / "model.safetensors")
    weights["head.bias"] = weights["head.bias"] + 1
    save_file(weights, saved / "model.safetensors")
    with pytest.raises(UserError, match="not the weights that were saved"):
        load(saved)


@pytest.mark.parametrize("change", [
    lambda weights: weights.pop("head.bias"),
    lambda weights: weights.update(extra=torch.zeros(1)),
    lambda weights: weights.update({"head.bias": torch.zeros(3)}),
    lambda weights: weights.update({"head.bias": torch.zeros(2, dtype=torch.float16)}),
])
def test_weights_of_another_network_are_refused(saved, change):
    weights = load_file(saved / "model.safetensors")
    change(weights)
    save_file(weights, saved / "model.safetensors")
    with pytest.raises(UserError, match="are not those of a tcn"):
        load(saved)


def test_weights_that_declare_more_than_they_hold_are_refused(saved):
    for header in (b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}',
                   b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', b"[]"):
        (saved / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 8)
        with pytest.raises(UserError, match="cannot be read"):
            load(saved)
    (saved / "model.safetensors").write_bytes(b"\xff" * 8 + b"{}")
    with pytest.raises(UserError, match="cannot be read"):
        load(saved)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors", "curves.jsonl"])
def test_damage_of_any_kind_is_told_in_a_sentence_or_does_no_harm(saved, name):
    whole = (saved / name).read_bytes()
    expected = load(saved)
    refused = 0
    for damaged in mutations(whole, 120, generator(0, "checkpoint", name)):
        (saved / name).write_bytes(damaged)
        try:
            assert load(saved).hash == expected.hash
        except UserError:
            refused += 1
    assert refused >= 60


class Evil:
    """What a pickle would run when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def test_a_state_comes_back_as_it_was(tmp_path):
    assert load_state(tmp_path) is None
    told = {"epoch": 3, "net": {"w": torch.arange(3.0)}, "rows": [{"lr": 0.1}]}
    save_state(told, tmp_path)
    again = load_state(tmp_path)
    assert again is not None
    assert torch.equal(again["net"]["w"], told["net"]["w"])
    assert (again["epoch"], again["rows"]) == (3, [{"lr": 0.1}])


@pytest.mark.parametrize("write", [
    lambda folder: save(model(), folder),
    lambda folder: save_state({"weights": torch.zeros(10_000)}, folder),
], ids=["model", "state"])
def test_a_file_that_finds_no_room_is_the_systems_fault_and_leaves_nothing(tmp_path, write):
    """The command line tells it in two lines because it is an OSError; the writers of torch and safetensors say less."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_hostile_state_is_not_run(tmp_path):
    mark = tmp_path / "ran"
    torch.save({"net": Evil(mark)}, tmp_path / "state.pt")
    with pytest.raises(UserError, match="cannot be read"):
        load_state(tmp_path)
    (tmp_path / "state.pt").write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(UserError, match="cannot be read"):
        load_state(tmp_path)
    assert not mark.exists()


def test_a_state_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    save_state({"net": {"w": torch.zeros(1_000_000)}}, tmp_path)
    with zipfile.ZipFile(tmp_path / "state.pt") as whole, \
            zipfile.ZipFile(tmp_path / "small", "w", zipfile.ZIP_DEFLATED) as small:
        for entry in whole.infolist():
            small.writestr(entry.filename, whole.read(entry))
    shutil.move(tmp_path / "small", tmp_path / "state.pt")
    with pytest.raises(UserError, match="declares more than it holds"):
        load_state(tmp_path)


def test_a_damaged_state_is_told_in_a_sentence(tmp_path):
    save_state({"epoch": 3, "net": {"w": torch.arange(30.0)}}, tmp_path)
    whole = (tmp_path / "state.pt").read_bytes()
    refused = 0
    for damaged in mutations(whole, 120, generator(0, "state")):
        (tmp_path / "state.pt").write_bytes(damaged)
        try:
            assert isinstance(load_state(tmp_path), dict)
        except UserError:
            refused += 1
    assert refused >= 60


def test_the_number_of_bodies_it_looks_at():
    assert model().slots == 2
    assert np.prod(model().net.head.weight.shape) == 2 * model().net.width
