"""A Ray cluster makes the same bytes as processes do; a worker that dies there is replaced; without ray it is said."""

import importlib.util
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import maskeleton.apply
from maskeleton import store
from maskeleton.cli import main
from maskeleton.crowd import release_of
from maskeleton.dataset import MotionDataset
from maskeleton.intake import block_jobs, take_block
from maskeleton.jobs import Job, Share, run
from maskeleton.mask import named
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.anonymize import anonymize

import kill
from kill import die_once
from people import crowd

THERE = importlib.util.find_spec("ray") is not None


@pytest.mark.ray
@pytest.mark.skipif(not THERE, reason="ray is not installed: pip install 'maskeleton[ray]' to try a cluster")
@pytest.mark.filterwarnings("default")
def test_a_cluster_makes_the_same_bytes_and_replaces_who_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray import cloudpickle

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(maskeleton.apply, "BLOCK", 64)
    store.write(crowd(12, 3, 4), tmp_path / "data")
    data = store.open(tmp_path / "data")
    source = release_of(named("noise", data.skeleton, {}, data), data, b"k" * 32)
    jobs = [*block_jobs(source, take_block, ()), Job("dies", 0, die_once, (str(tmp_path / "mark"),))]
    cloudpickle.register_pickle_by_value(kill)
    told: list[tuple[int, int]] = []
    made = run(jobs, tmp_path / "ray", 2, Share(on="ray"), lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)
    assert (tmp_path / "mark").exists()
    here = run(jobs, tmp_path / "here")
    assert [path.name for path in made] == [path.name for path in here]
    for there, own in zip(made[:-1], here[:-1], strict=True):
        names = sorted(path.name for path in own.iterdir())
        assert sorted(path.name for path in there.iterdir()) == names
        assert all((there / name).read_bytes() == (own / name).read_bytes() for name in names)


def test_without_ray_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store.write(crowd(), tmp_path / "data")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemExit) as end:
        main(["anonymize", str(tmp_path / "data"), str(tmp_path / "out"), "--with", "noise", "--on", "ray"])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert "--on ray needs the package ray" in said
    assert "pip install 'maskeleton[ray]'" in said
    assert not (tmp_path / "out").exists()


def test_nothing_else_does_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["convert", str(tmp_path), str(tmp_path / "out"), "--on", "moon"])
    assert end.value.code == 2
    assert "--on moon cannot be" in capsys.readouterr().err


def test_another_process_is_sent_its_own_rows_alone(tmp_path: Path) -> None:
    """What travels does not grow with the dataset, and reads the same."""
    import pickle

    source = {}
    for people in (12, 60):
        store.write(crowd(people, 3, 4), tmp_path / f"data-{people}")
        data = store.open(tmp_path / f"data-{people}")
        source[people] = release_of(named("noise", data.skeleton, {}, data), data, b"k" * 32)
    sizes = []
    for one in source.values():
        job = block_jobs(one, take_block, ())[1]
        sent = pickle.loads(pickle.dumps(job.arguments[0]))
        sizes.append(len(pickle.dumps(job.arguments[0])))
        assert len(sent.source.dataset) == 64
        for there, here in zip(sent.source.read(64), one.read(64), strict=True):
            assert there.id == here.id
            assert there.labels == here.labels
            assert (there.positions == here.positions).all()
    assert sizes[1] < 1.1 * sizes[0]


def test_memory_hardly_grows_with_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids, labels and hashes of what is read and written lie in files. What stays is a few objects for each block."""
    for name, small in {"columns.MOST_BYTES": 1 << 12, "columns.ROWS": 64, "donors.ROWS": 64, "parquet.GROUP": 128}.items():
        monkeypatch.setattr(f"maskeleton.{name}", small)
    most = {}
    for size in (64, 1024, 3072):
        rng = np.random.default_rng(size)
        motions = (Motion.of(rng.normal(0, 1, (1, 25, 3)), f"recording-{n:06d}", {"subject": n // 9, "action": f"a{n % 9}"})
                   for n in range(size))
        store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / f"data-{size}")
        tracemalloc.start()
        try:
            made = anonymize(tmp_path / f"data-{size}", tmp_path / f"out-{size}", mask="noise", set={"path": "own"}).dataset
            most[size] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert made is not None
        assert len(made) == size
    assert (most[3072] - most[1024]) / 2048 < 100


def test_jobs_make_no_difference_to_what_is_written(tmp_path: Path) -> None:
    store.write(crowd(12, 3, 4), tmp_path / "data")
    one = anonymize(tmp_path / "data", tmp_path / "one", mask="noise", seed=1).dataset
    two = anonymize(tmp_path / "data", tmp_path / "two", mask="noise", seed=1, jobs=2).dataset
    assert one is not None
    assert two is not None
    assert one.content_id == two.content_id
