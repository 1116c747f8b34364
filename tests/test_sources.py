"""Whose motion entered a release is written beside it, for nobody else; undoing a release is as good as its mask."""

import stat
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import torch
from pyarrow import parquet

from maskeleton import store
from maskeleton.anonymizers import ANONYMIZERS
from maskeleton.apply import BLOCK, Anonymized
from maskeleton.cli import main
from maskeleton.crowd import Crowd, release_of
from maskeleton.dataset import MotionDataset
from maskeleton.donors import read_sources, write_sources
from maskeleton.errors import UserError
from maskeleton.invert import inverted
from maskeleton.mask import Mask, Place, named
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT15, KINECT25
from maskeleton.verbs.anonymize import anonymize

from people import crowd, stepping

PLACE = Place((0.5, -0.25, 4.0), ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))


def many(recordings: int = 2 * BLOCK + 5) -> MotionDataset:
    """Five people by turns, two actions; no two recordings alike."""
    return MotionDataset.of(KINECT25, 30, [
        Motion.of(stepping(4 + number % 3, at=number / 50), f"r{number}",
                  {"subject": number % 5 + 1, "action": ("sit", "walk")[number // 5 % 2]})
        for number in range(recordings)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store.write(many(), tmp_path / "data")
    return tmp_path / "data"


# ── the private file ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_entered_which_recording_lies_beside_the_release_and_nowhere_in_it(data, tmp_path):
    out = tmp_path / "out"
    made = anonymize(data, out, mask="swap").dataset
    place = tmp_path / "out.sources.parquet"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert parquet.read_schema(place).names == ["id", "source"]
    sources, original = read_sources(out), many()
    assert list(sources) == made.ids
    for row, id in enumerate(made.ids):
        (donor,) = sources[id]
        assert made.motion_hashes[row] == original.motion_hashes[original.ids.index(donor)]
    assert not [file for file in out.rglob("*") if "sources" in file.name]
    assert "sources" not in (out / "dataset.json").read_text()


def test_who_stands_in_a_release_finds_the_file_beside_it(tmp_path, monkeypatch):
    out = tmp_path / "out"
    (out / "deeper").mkdir(parents=True)
    write_sources(out, ["a", "b"], [("b",), ("a",)])
    for here, called in ((out, "."), (out / "deeper", ".."), (tmp_path, "out")):
        monkeypatch.chdir(here)
        assert read_sources(Path(called)) == {"a": ("b",), "b": ("a",)}


def test_where_nobody_else_entered_there_is_no_such_file_and_an_old_one_goes(data, tmp_path):
    out, place = tmp_path / "out", tmp_path / "out.sources.parquet"
    anonymize(data, out, mask="swap")
    assert place.exists()
    anonymize(data, out, mask="noise", force=True)
    assert not place.exists()
    assert read_sources(out) is None
    anonymize(data, out, mask="swap", strength=0, force=True)
    assert not place.exists()


def test_the_command_line_says_where_it_lies(data, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["anonymize", str(data), str(tmp_path / "out"), "--with", "swap"])
    assert end.value.code == 0
    assert "out.sources.parquet: keep it apart from the release" in capsys.readouterr().out


def test_several_sources_of_one_recording_come_back_in_their_order(tmp_path):
    told = [("a",), ("c", "a"), ("b",)]
    write_sources(tmp_path / "out", ["a", "b", "c"], told)
    assert read_sources(tmp_path / "out") == dict(zip("abc", told, strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["out.sources.parquet"]


def test_a_file_that_says_something_else_is_refused(tmp_path):
    place = tmp_path / "out.sources.parquet"
    place.write_text("nothing")
    with pytest.raises(UserError, match=r"sources\.parquet cannot be read"):
        read_sources(tmp_path / "out")
    parquet.write_table(pyarrow.table({"who": ["a"]}), place)
    with pytest.raises(UserError, match=r"sources\.parquet cannot be read"):
        read_sources(tmp_path / "out")


# ── everybody together ───────────────────────────────────────────────────────────────────────────────────────────────


def test_together_gives_the_same_bytes_whoever_does_the_work(data, tmp_path):
    (tmp_path / "shared.key").write_text("ab" * 32)
    (tmp_path / "alone.key").write_text("ab" * 32)
    alone = anonymize(data, tmp_path / "alone", mask="swap", jobs=2).dataset
    assert anonymize(data, tmp_path / "shared", mask="swap", share=(0, 2)).dataset is None
    shared = anonymize(data, tmp_path / "shared", mask="swap", share=(1, 2)).dataset
    assert alone.ids == many().ids
    assert alone.content_id == shared.content_id != many().content_id
    for name in ("shard-00000.npy", "recordings.parquet", "dataset.json"):
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "shared" / name).read_bytes()
    assert read_sources(tmp_path / "alone") == read_sources(tmp_path / "shared")


def test_what_is_done_together_hides_nothing_in_labels_or_history(data, tmp_path):
    made, original = anonymize(data, tmp_path / "out", mask="swap").dataset, many()
    assert [made.told(row) for row in range(len(made))] == [original.told(row) for row in range(len(original))]
    assert made.history[-1]["with"] == "swap"
    assert made.sources == original.sources


def test_what_is_refused_leaves_nothing_behind(tmp_path, capsys):
    store.write(MotionDataset.of(KINECT25, 30, [Motion.of(stepping(5), "one", {"subject": 1})]), tmp_path / "data")
    with pytest.raises(SystemExit) as end:
        main(["anonymize", str(tmp_path / "data"), str(tmp_path / "out"), "--with", "swap"])
    assert end.value.code == 2
    assert "the label 'action' is missing" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_mask_is_asked_as_its_scope_says():
    dataset = many(3)
    assert type(release_of(named("noise", KINECT25, {}), dataset, b"k" * 32)) is Anonymized
    assert type(release_of(named("swap", KINECT25, {}), dataset, b"k" * 32)) is Crowd


# ── undone ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def trained(chain: str, **options: int) -> Mask:
    with torch.random.fork_rng([]):
        torch.manual_seed(3)
        net = ANONYMIZERS["residual"](KINECT25, **options).eval()
        torch.nn.init.normal_(net.blocks[0].second.weight, std=0.01)
    return Mask(net, "residual", chain, 300, "loop", PLACE)


@pytest.mark.parametrize("chain", ["none", "sequence", "origin", "paper"])
def test_a_residual_release_comes_back_as_it_was_before_the_network(chain):
    """On the population's path the place is lost, not the pose: what comes back is the original, set there."""
    dataset = crowd()
    mask, nothing = trained(chain), trained(chain)
    nothing.net.strength = 1e-9  # so that only the path is changed
    made, placed = (MotionDataset.of(KINECT25, 30, Anonymized(each, dataset, b"k" * 32).read(0), ENTRY)
                    for each in (mask, nothing))
    moved = max(np.abs(one.positions - other.positions).max() for one, other in zip(made, placed, strict=True))
    assert moved > 0.02
    for one, other in zip(inverted(mask, made), placed, strict=True):
        np.testing.assert_array_equal(one.present, other.present)
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-4)


ENTRY = ({"verb": "anonymize", "path": "everybody stands where people usually stand, turned as they usually are"},)


def test_on_its_own_path_it_comes_back_about_where_it_was():
    dataset = many(6)
    mask = trained("sequence")
    told = ({"verb": "anonymize", "path": "everybody keeps the path and the heading they were recorded with"},)
    made = MotionDataset.of(KINECT25, 30, Anonymized(mask, dataset, b"k" * 32, "own").read(0), told)
    before, after = (max(np.abs(a.positions - b.positions).max() for a, b in zip(dataset, each, strict=True))
                     for each in (made, inverted(mask, made)))
    assert after < before


def test_what_cannot_be_undone_is_the_release_itself():
    dataset = many(6)
    for name in ("swap", "noise"):
        mask = named(name, KINECT25, {})
        mask.net.strength = 0
        assert inverted(mask, dataset) is dataset
    assert inverted(named("swap", KINECT25, {}), dataset) is dataset
    assert inverted(named("noise", KINECT25, {}), dataset) is not dataset


def test_another_body_plan_is_refused():
    with pytest.raises(UserError, match="15 joints, the data has .* with 25"):
        inverted(named("noise", KINECT15, {}), many(2))
