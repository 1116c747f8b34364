"""What MODEL/ of an anonymizer holds comes back as it was, and a folder that lies is refused in a sentence."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from maskeleton import checkpoint
from maskeleton.anonymizers.residual import Residual
from maskeleton.checkpoint import Model
from maskeleton.classifiers import CLASSIFIERS
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.mask import HERE, Mask, Place, load, named, refuse_other_plans, save, usual_place
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, KINECT25

from people import STANDING, crowd, stepping

PLACE = Place((0.5, -0.25, 3.0), ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))  # a quarter turn
DIAGONAL = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def made(**more: object) -> Mask:
    torch.manual_seed(1)
    return Mask(Residual(KINECT25, width=8).eval(), "residual", "paper", 300, "loop", PLACE, ["action"], ["subject"],
                {"content_id": "c", "hashes": ["h1", "h2"], "checked": ["h2"]}, ["n1"], [{"epoch": 1.0}], **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(made(), tmp_path / "model")
    return tmp_path / "model"


def test_a_mask_comes_back_as_it_was(folder):
    before, after = made(), load(folder)
    for key in ("name", "chain", "frames", "fill", "place", "keep", "hide", "trained_on", "lineage", "curves", "hash"):
        assert getattr(after, key) == getattr(before, key), key
    assert not after.net.training
    assert after.net.options == {"width": 8, "blocks": 0}
    assert load(folder, "cpu").net.skeleton.joints == KINECT25.joints


def rotation(*diagonal: float) -> list[list[float]]:
    return np.diag(diagonal).tolist()


def at(centre: object = (0, 0, 3), turn: object = None) -> dict[str, object]:
    return {"centre": list(centre) if isinstance(centre, tuple) else centre, "rotation": turn or rotation(1, 1, 1)}


LIES = {
    "no number for a place": ({"place": at((math.nan, 0, 3))}, "place"),
    "a place beyond the world": ({"place": at((0, 1e300, 3))}, "place"),
    "a place no computer can hold": ({"place": at((0, 10**400, 3))}, "place"),
    "words for a place": ({"place": at(("0", "0", "3"))}, "place"),
    "half a place": ({"place": at((0, 0))}, "place"),
    "a place without rotation": ({"place": {"centre": [0, 0, 3]}}, "place"),
    "a rotation that stretches": ({"place": at(turn=rotation(9, 9, 9))}, "place"),
    "a rotation that mirrors": ({"place": at(turn=rotation(-1, 1, 1))}, "place"),
    "a rotation to nothing": ({"place": at(turn=DIAGONAL)}, "place"),
    "a rotation with holes": ({"place": at(turn=[[1, 0, 0], [0, 1], [0, 0, 1]])}, "place"),
    "an unknown anonymizer": ({"name": "magic"}, "name"),
    "an unknown chain": ({"chain": "gold"}, "chain"),
    "labels that are none": ({"keep": [1], "hide": "subject"}, "keep, hide"),
    "no frames": ({"frames": 0}, "frames"),
    "a huge option": ({"options": {"width": 10**12}}, "options"),
    "an option too large for the file": ({"options": {"width": 4096}}, "weights are not those"),
    "an option there is not": ({"options": {"power": 3}}, "no residual can be built"),
    "an option of another kind": ({"options": {"width": "wide"}}, "no residual can be built"),
    "an option below nothing": ({"options": {"width": -1}}, "width"),
    "hundreds of blocks": ({"options": {"width": 8, "blocks": 400}}, "weights are not those"),
    "another body": ({"skeleton": KINECT20.to_dict()}, "weights are not those"),
    "another network": ({"name": "autoencoder", "options": {}}, "weights are not those"),
    "another hash": ({"hash": "0" * 32}, "not the weights that were saved"),
    "another kind": ({"kind": "classifier"}, "holds a classifier"),
    "no lineage": ({"lineage": None}, "lineage"),
    "hashes that are none": ({"trained_on": {"content_id": "c", "hashes": [1]}}, "trained_on"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_page_that_lies_is_refused_in_a_sentence(folder, lie):
    changes, wrong = LIES[lie]
    page = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(page | changes))
    with pytest.raises(UserError, match=wrong) as fault:
        load(folder)
    assert fault.value.remedy


def test_weights_that_are_no_numbers_are_refused(folder):
    weights = load_file(folder / "model.safetensors")
    weights["blocks.0.second.weight"][3, 3] = math.nan
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(UserError, match="some of its weights are no numbers"):
        load(folder)


@pytest.mark.parametrize("file", ["model.safetensors", "model.json"])
def test_damaged_files_are_refused(folder, file):
    whole = (folder / file).read_bytes()
    for damaged in (b"", whole[:-9], b"[" * 100_000, whole[:50] + b"\xff" + whole[51:]):
        (folder / file).write_bytes(damaged)
        with pytest.raises(UserError):
            load(folder)
    (folder / file).unlink()
    with pytest.raises(UserError, match=f"holds no {file}"):
        load(folder)


def test_a_classifier_is_no_anonymizer_nor_the_other_way_round(folder, tmp_path):
    net = CLASSIFIERS["tcn"](KINECT25, 2, widths=(8, 8, 8)).eval()
    checkpoint.save(Model(net, "tcn", "action", ["a", "b"], "sequence", 16, "resample",
                          {"content_id": "", "hashes": []}), tmp_path / "keeper")
    with pytest.raises(UserError, match="holds a classifier"):
        load(tmp_path / "keeper")
    with pytest.raises(UserError, match="holds an anonymizer"):
        checkpoint.load(folder)


def test_an_anonymizer_is_for_its_body_plan():
    refuse_other_plans(made(), crowd(1))
    with pytest.raises(UserError, match=r"25 joints, the data has .* with 20") as fault:
        refuse_other_plans(made(), crowd(1, skeleton=KINECT20))
    assert "--skeleton" in fault.value.remedy


@pytest.mark.parametrize(("name", "options", "wrong"), [
    ("residual", {}, "residual must be trained first"),
    ("unet", {}, "unet must be trained first"),
    ("magic", {}, "no anonymizer 'magic'"),
    ("noise", {"power": 3}, "no option 'power' for noise"),
    ("noise", {"sigma": -1.0}, "'sigma' cannot be -1.0"),
    ("noise", {"sigma": math.nan}, "'sigma' cannot be nan"),
    ("noise", {"sigma": math.inf}, "'sigma' cannot be inf"),
])
def test_a_name_that_cannot_be_used_is_refused(name, options, wrong):
    with pytest.raises(UserError, match=wrong) as fault:
        named(name, KINECT25, options)
    assert fault.value.remedy


def test_noise_needs_no_training():
    mask = named("noise", KINECT25, {"sigma": 0.5})
    assert (mask.net.sigma, mask.chain, mask.place, mask.lineage) == (0.5, "none", HERE, [])


def turned(positions: np.ndarray, degrees: float) -> np.ndarray:
    """Round the vertical through the camera."""
    a = math.radians(degrees)
    turn = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]], np.float32)
    return positions @ turn.T


def test_the_usual_place_is_the_middle_of_many():
    standing = np.repeat(STANDING[None], 5, 0)  # the pelvis at (0, 0, 3)
    shifts = ((-1, 0, 0), (0, 0.5, 0), (1, 0, 0), (0, -0.5, 9), (0, 0, 0.25))
    motions = [Motion.of(standing + np.float32(shift), f"r{place}") for place, shift in enumerate(shifts)]
    place = usual_place(MotionDataset.of(KINECT25, 30, motions), "sequence")
    np.testing.assert_allclose(place.centre, (0, 0, 3), atol=1e-6)
    left, right = (usual_place(MotionDataset.of(KINECT25, 30, [Motion.of(turned(standing, a), "r")]), "sequence")
                   for a in (20, -20))
    both = [Motion.of(turned(standing, a), f"r{a}") for a in (20, -20)]
    middle = usual_place(MotionDataset.of(KINECT25, 30, both), "sequence")
    np.testing.assert_allclose(middle.rotation, place.rotation, atol=1e-6)
    assert np.abs(np.array(left.rotation) - right.rotation).max() > 0.5
    np.testing.assert_allclose(np.array(left.rotation) @ np.array(left.rotation).T, np.eye(3), atol=1e-6)


def test_what_is_not_normalized_has_no_usual_place():
    assert usual_place(MotionDataset.of(KINECT25, 30, [Motion.of(stepping(5), "r")]), "none") == HERE
