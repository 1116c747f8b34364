"""A release is the same bytes however the work is done; nothing of a path is left; the key stays outside; ids stay."""

import json
import math
import stat
from pathlib import Path

import numpy as np
import pytest
import torch

import maskeleton.apply
from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.apply import BLOCK, Anonymized, anonymized, said_of_path
from maskeleton.cli import main
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats.opening import read
from maskeleton.mask import Mask, Place, named, save
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, KINECT25
from maskeleton.verbs.anonymize import NOT_YET, UNSAFE, anonymize, key_for, told

from kill import count, run_until
from people import crowd, stepping, two_bodies

KEY, OTHER = b"k" * 32, b"o" * 32
PLACE = Place((0.5, -0.25, 4.0), ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))


def moving(name: str = "residual", chain: str = "paper", **options: int) -> Mask:
    """An anonymizer that moves joints by some centimetres, as if it had been trained."""
    with torch.random.fork_rng([]):
        torch.manual_seed(3)
        net = ANONYMIZERS[name](KINECT25, **options).eval()
        if name == "residual":
            torch.nn.init.normal_(net.blocks[0].second.weight, std=0.01)
    return Mask(net, name, chain, 300, "loop", PLACE, ["action"], ["subject"])


def few() -> MotionDataset:
    """Recordings of several lengths, one and two bodies, in an order that is not that of their ids."""
    return crowd().select([11, 3, 0, 7, 5, 1, 9])


def many(recordings: int = 2 * BLOCK + 5) -> MotionDataset:
    motions = [Motion.of(stepping(4 + number % 3, at=number / 50), f"r{number}", {"subject": number % 4, "action": "walk"})
               for number in range(recordings)]
    return MotionDataset.of(KINECT25, 30, motions)


def released(mask: Mask, motions: list[Motion], path: str = "population", key: bytes = KEY) -> list[Motion]:
    return list(anonymized(mask, motions, KINECT25, key, path))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store.write(few(), tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save(moving(), tmp_path / "model")
    return tmp_path / "model"


# ── what is left alone ───────────────────────────────────────────────────────────────────────────────────────────────


def test_strength_0_is_the_original_whatever_its_order(data, model, tmp_path):
    for name, mask in (("a", model), ("b", "noise")):
        taken = anonymize(data, tmp_path / name, mask=mask, strength=0)
        assert taken.dataset.content_id == few().content_id
        assert taken.dataset.history[-1]["path"] == "nothing was changed"


def test_noise_of_nothing_is_the_original(data, tmp_path):
    assert anonymize(data, tmp_path / "out", mask="noise", set={"sigma": "0"}).dataset.content_id == few().content_id


@pytest.mark.parametrize("mask", [moving(), moving(chain="sequence"), moving("unet", "sequence", width=2, depth=1),
                                  moving("autoencoder", width=4, latent=2), moving(blocks=2),
                                  named("noise", KINECT25, {})], ids=lambda mask: f"{mask.name}-{mask.chain}")
@pytest.mark.parametrize("path", ["population", "own"])
def test_ids_labels_lengths_and_bodies_stay_and_everything_there_is_moved(mask, path):
    dataset = few()
    made = MotionDataset.of(KINECT25, 30, Anonymized(mask, dataset, KEY, path).read(0))
    assert made.ids == dataset.ids
    assert [made.told(row) for row in range(len(made))] == [dataset.told(row) for row in range(len(made))]
    for before, after in zip(dataset, made, strict=True):
        np.testing.assert_array_equal(before.present, after.present)
        np.testing.assert_array_equal(before.tracked, after.tracked)
        assert not after.positions[~after.present].any()
        assert (after.positions != before.positions)[before.present].any((1, 2)).all()


def test_each_recording_is_released_as_it_would_be_alone(monkeypatch):
    mask, motions = moving(), list(few())
    together = released(mask, motions)
    alone = [released(mask, [motion])[0] for motion in motions]
    monkeypatch.setattr(maskeleton.apply, "MOST_FRAMES", 1)
    with_little_memory = released(mask, motions)
    for one, other, third in zip(together, alone, with_little_memory, strict=True):
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-6)
        np.testing.assert_array_equal(other.positions, third.positions)


def test_threads_are_given_back():
    before = torch.get_num_threads()
    released(moving(), list(few()))
    assert torch.get_num_threads() == before


# ── where people walked ──────────────────────────────────────────────────────────────────────────────────────────────


def turn_about(degrees: float) -> np.ndarray:
    a = math.radians(degrees)
    return np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]], np.float32)


def elsewhere(motion: Motion, turn: np.ndarray, path: np.ndarray) -> Motion:
    """The same motion, turned and carried along another path."""
    moved = motion.positions @ turn.T + path.astype(np.float32)[:, None, None]
    return motion._replace(positions=np.where(motion.present[..., None, None], moved, np.float32(0)))


def a_walk(frames: int, seed: int) -> np.ndarray:
    return np.array((1, 0, 2)) + np.random.default_rng(seed).normal(0, 0.1, (frames, 3)).cumsum(0)


@pytest.mark.parametrize("motion", [Motion.of(stepping(12), "one"), Motion.of(two_bodies(), "two")],
                         ids=["one body", "two bodies"])
@pytest.mark.parametrize("degrees", [0, 75])
def test_nothing_of_the_path_is_left(motion, degrees):
    """Whoever moves alike and walks elsewhere, turned otherwise, is released alike."""
    mask = moving()
    other = elsewhere(motion, turn_about(degrees), a_walk(12, seed=4))
    (one,), (two,) = released(mask, [motion]), released(mask, [other])
    np.testing.assert_allclose(one.positions, two.positions, atol=2e-5)
    (one,), (two,) = released(mask, [motion], "own"), released(mask, [other], "own")
    assert np.abs(one.positions - two.positions).max() > 0.5


def test_of_a_sequence_the_beginning_is_gone_and_the_steps_stay():
    mask, motion = moving(chain="sequence"), Motion.of(two_bodies(), "two")
    other = elsewhere(motion, turn_about(75), np.repeat([[2.0, 0.3, 1.0]], 12, 0))
    (one,), (two,) = released(mask, [motion]), released(mask, [other])
    np.testing.assert_allclose(one.positions, two.positions, atol=2e-5)
    walking = elsewhere(motion, turn_about(0), np.linspace((0, 0, 0), (0, 0, 2), 12))
    (three,) = released(mask, [walking])
    assert np.abs(one.positions[-1, 0] - three.positions[-1, 0]).max() > 1


def test_people_stand_where_people_usually_stand():
    mask = moving()
    mask.net.strength = 1e-9
    (one,) = released(mask, [Motion.of(stepping(12), "one")])
    spine = one.positions[:, 0, KINECT25.roles["spine"]]
    np.testing.assert_allclose(spine, np.repeat([PLACE.centre], 12, 0), atol=1e-5)
    for motion in few():
        (own,) = released(mask, [motion], "own")
        np.testing.assert_allclose(own.positions, motion.positions, atol=1e-5)


def test_two_people_stay_as_far_from_each_other_as_they_were():
    mask = moving()
    mask.net.strength = 1e-9
    motion = Motion.of(two_bodies(), "two")  # the second comes in frame 3: the chain moves it to the front
    (one,) = released(mask, [motion])
    both = motion.present.all(1)
    before, after = (np.linalg.norm(each.positions[both, 1] - each.positions[both, 0], axis=-1) for each in (motion, one))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_where_the_first_body_is_away_the_other_stays_about_where_it_was():
    """The chain subtracts nothing in those frames: what is released must not be in the room's coordinates."""
    positions = np.stack([stepping(12, speed=0.05), stepping(12, speed=0, at=0.9)], 1)
    positions[5:8, 0] = np.nan
    motion = Motion.of(positions, "gap")
    other = elsewhere(motion, turn_about(75), np.repeat([[5.0, 0.5, 4.0]], 12, 0))
    (one,), (two,) = released(moving(), [motion]), released(moving(), [other])
    np.testing.assert_allclose(one.positions, two.positions, atol=2e-5)
    there = one.present.any(1)
    away = one.present.sum(1) == 1
    assert there.all()
    assert away.sum() == 3
    steps = np.abs(np.diff(one.positions[:, 1], axis=0)).max((1, 2))
    assert steps.max() < 1.5  # nobody jumps by the three metres to the camera


def test_history_says_what_was_done_and_what_stayed(data, model, tmp_path):
    entry = anonymize(data, tmp_path / "out", mask=model).dataset.history[-1]
    assert (entry["verb"], entry["with"], entry["strength"], entry["chain"]) == ("anonymize", "residual", 1.0, "paper")
    assert entry["path"] == "everybody stands where people usually stand, turned as they usually are"
    assert "path and heading are gone" in entry["stayed"]
    assert entry["warning"] == NOT_YET
    own = anonymize(data, tmp_path / "own", mask=model, set={"path": "own"}).dataset.history[-1]
    assert own["path"].endswith("the path and the heading they were recorded with")
    assert "stayed" not in own
    noise = anonymize(data, tmp_path / "noise", mask="noise", set={"sigma": "0.02"}).dataset.history[-1]
    assert (noise["options"], noise["path"][:22]) == ({"sigma": 0.02}, "nothing was normalized")
    assert "every step" in said_of_path(moving(chain="sequence"), "population")["stayed"]
    assert "heading" in said_of_path(moving(chain="origin"), "population")["stayed"]


# ── the key ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_key_lies_beside_the_release_and_nowhere_in_it(data, tmp_path):
    out = tmp_path / "out"
    first = anonymize(data, out, mask="noise").dataset.content_id
    place = tmp_path / "out.key"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    key = place.read_text().strip()
    assert len(bytes.fromhex(key)) == 32
    for file in out.rglob("*"):
        assert not any(secret in file.read_bytes() for secret in (key.encode(), bytes.fromhex(key), key[:16].encode()))
    place.unlink()
    assert anonymize(data, out, mask="noise", force=True).dataset.content_id != first
    assert place.read_text().strip() != key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out", "out.key"]


def test_a_key_is_drawn_once_whoever_comes_first(tmp_path):
    key = key_for(tmp_path / "deep" / "out", None)
    assert key_for(tmp_path / "deep" / "out", None) == key
    assert key_for(tmp_path / "deep" / "other", None) != key
    (tmp_path / "deep" / "out.key").write_text("secret")
    with pytest.raises(UserError, match="holds no key"):
        key_for(tmp_path / "deep" / "out", None)


def test_two_strengths_of_noise_under_one_key_do_not_give_it_away():
    """With the same draws, twice the one less the other would be the original."""
    dataset = many(3)
    moves = []
    for sigma in (0.01, 0.02):
        made = list(Anonymized(named("noise", KINECT25, {"sigma": sigma}), dataset, KEY).read(0))
        moves.append(np.concatenate([(after.positions - before.positions).ravel() / sigma
                                     for before, after in zip(dataset, made, strict=True)]))
    assert abs(np.corrcoef(moves)[0, 1]) < 0.1
    again, other = (np.concatenate([motion.positions.ravel() for motion in
                                    Anonymized(named("noise", KINECT25, {"sigma": 0.01}), dataset, key).read(0)])
                    for key in (KEY, OTHER))
    original = np.concatenate([motion.positions.ravel() for motion in dataset])
    np.testing.assert_allclose((again - original) / 0.01, moves[0], atol=1e-3)
    assert abs(np.corrcoef(again - original, other - original)[0, 1]) < 0.1


def test_a_seed_is_for_tests_only_and_says_so(data, tmp_path):
    one, two = (anonymize(data, tmp_path / name, mask="noise", seed=7) for name in "ab")
    assert one.dataset.content_id == two.dataset.content_id
    assert not (tmp_path / "a.key").exists()
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert (record["seed"], record["tests_only"]) == (7, True)
    assert one.dataset.history[-1]["warning"] == UNSAFE
    assert told(one, tmp_path / "a", 7).endswith(UNSAFE)
    assert "a.key" in told(one, tmp_path / "a", None)


# ── the same bytes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_jobs_a_kill_and_shards_give_the_same_bytes(model, tmp_path):
    store.write(many(), tmp_path / "data")
    out, shared = tmp_path / "out", tmp_path / "shared"
    arguments = ["anonymize", tmp_path / "data", out, "--with", model, "--jobs", "2"]
    work = tmp_path / ".out.work"
    run_until(arguments, lambda: count(work, "block-*") >= 1)
    assert not out.exists()
    whole = anonymize(tmp_path / "data", out, mask=model).dataset
    assert not work.exists()
    (tmp_path / "shared.key").write_bytes((tmp_path / "out.key").read_bytes())
    first = anonymize(tmp_path / "data", shared, mask=model, share=(0, 2))
    assert first.dataset is None
    assert "still missing" in told(first, shared, None)
    both = anonymize(tmp_path / "data", shared, mask=model, share=(1, 2)).dataset
    assert anonymize(tmp_path / "data", shared, mask=model, share=(0, 2)).dataset is None
    assert whole.ids == many().ids
    assert whole.content_id == both.content_id != many().content_id
    files = sorted(path.name for path in out.iterdir() if path.name != "run.json")
    assert "shard-00002.npy" in files
    for name in files:
        assert (out / name).read_bytes() == (shared / name).read_bytes(), name


@pytest.mark.parametrize("to", ["npz", "ntu"])
def test_foreign_formats_come_out(data, model, tmp_path, to):
    plain = anonymize(data, tmp_path / "plain", mask=model, seed=1).dataset
    out = tmp_path / ("out.npz" if to == "npz" else "out")
    anonymize(data, out, mask=model, seed=1, to=to)
    back = read(out)
    places = [plain.ids.index(id) for id in back.ids]
    assert sorted(places) == list(range(len(plain)))
    for after, place in zip(back, places, strict=True):
        np.testing.assert_allclose(after.positions[after.present],
                                   plain[place].positions[plain[place].present], atol=1e-6)


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

FAULTS = {
    "a name that needs training": (["--with", "residual"], "residual must be trained first"),
    "an unknown name": (["--with", "magic"], "no anonymizer 'magic'"),
    "a folder without a model": (["--with", "data"], "without model.json"),
    "an unknown option": (["--with", "noise", "--set", "power=3"], "no option 'power' for noise"),
    "an option that is no number": (["--with", "noise", "--set", "sigma=much"], "'sigma' cannot be 'much'"),
    "an option below nothing": (["--with", "noise", "--set", "sigma=-1"], "'sigma' cannot be -1"),
    "an option of a trained model": (["--with", "model", "--set", "width=9"], "trained with its own options: width"),
    "an unknown path": (["--with", "model", "--set", "path=home"], "no path 'home'"),
    "no strength": (["--with", "model", "--strength", "nan"], "greater than or equal to 0"),
    "all strength": (["--with", "model", "--strength", "inf"], "strength cannot be inf"),
    "an unknown format": (["--with", "model", "--to", "tape"], "tape"),
    "a shard that cannot be": (["--with", "model", "--shard-index", "2", "--num-shards", "2"], "shard 2 of 2"),
    "no pair": (["--with", "model", "--set", "path"], "is no pair"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_done_is_said_and_nothing_is_left(data, model, tmp_path, monkeypatch, capsys, fault):
    monkeypatch.chdir(tmp_path)
    words, wrong = FAULTS[fault]
    with pytest.raises(SystemExit) as end:
        main(["anonymize", "data", "out", *words])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert wrong in said
    assert "  try: " in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "model"]


def test_neither_the_data_nor_the_model_is_overwritten(data, model, tmp_path):
    for out in (data, model, data / "out", model / "out"):
        with pytest.raises(UserError, match="is there already|which is read|that is read|no verb of"):
            anonymize(data, out, mask=model, force=out != model / "out")
    assert store.open(data).content_id == few().content_id
    assert (model / "model.json").exists()


def test_a_name_is_a_name_though_a_folder_is_called_so(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noise").mkdir()
    assert len(anonymize(data, tmp_path / "out", mask="noise").dataset) == 7


def test_another_body_plan_is_refused(model, tmp_path):
    store.write(crowd(skeleton=KINECT20), tmp_path / "other")
    with pytest.raises(UserError, match="25 joints, the data has .* with 20"):
        anonymize(tmp_path / "other", tmp_path / "out", mask=model)


def test_what_became_too_large_is_set_aside_and_said(data, tmp_path):
    with pytest.raises(UserError, match="nothing is left of 7 recordings"):
        anonymize(data, tmp_path / "out", mask="noise", strength=1e38, set={"sigma": "1e38"})


def test_the_command_line_says_what_it_did(data, model, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["anonymize", str(data), str(tmp_path / "out"), "--with", str(model), "--strength", "0.5"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "7 recordings anonymized" in said
    assert f"! {NOT_YET}" in said
    assert store.open(tmp_path / "out").history[-1]["strength"] == 0.5


def test_a_device_that_is_not_here_is_refused_before_anything_is_written(data, tmp_path):
    with pytest.raises(UserError, match="there is no device 'abacus'"):
        anonymize(data, tmp_path / "out", mask="noise", device="abacus")
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="device 'cuda' is not here"):
            anonymize(data, tmp_path / "out", mask="noise", device="cuda", jobs=2)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.key").exists()
