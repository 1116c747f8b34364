"""convert: the same content however work is shared or interrupted; everything wrong is counted, mended or refused."""

import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

import maskeleton.intake
from maskeleton import jobs, store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import FORMATS, ntu
from maskeleton.formats.opening import open_source, read
from maskeleton.intake import block_jobs, take_block
from maskeleton.jobs import held
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.convert import convert, told
from maskeleton.verbs.describe import describe

from kill import MASKELETON, count, run_until
from people import crowd, stepping

# but bvh, which has one body and one length of each bone, and a test of its own
WRITTEN = sorted(name for name, format in FORMATS.items() if hasattr(format, "write") and name != "bvh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """crowd() as NTU files with its people.csv and actions.csv."""
    store.write(crowd(), tmp_path / "crowd")
    convert(tmp_path / "crowd", tmp_path / "files", to="ntu")
    return tmp_path / "files"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maskeleton.intake, "_FILES_IN_A_BLOCK", 3)


def test_there_and_back_is_the_same(folder: Path, tmp_path: Path) -> None:
    taken = convert(folder, tmp_path / "out")
    assert taken.dataset is not None
    assert taken.dataset.content_id == crowd().content_id
    assert not taken.asides
    assert store.open(tmp_path / "out").names["gender"] == ["female", "male"]


@pytest.mark.parametrize("to", WRITTEN)
def test_every_format_gives_back_what_it_was_given(tmp_path: Path, to: str) -> None:
    """Positions, bodies and labels come back from every format that is written; ids where a format keeps them."""
    if to == "c3d":
        pytest.importorskip("ezc3d")
    store.write(crowd(), tmp_path / "crowd")
    convert(tmp_path / "crowd", tmp_path / "files", to=to)
    back = read(tmp_path / "files", format=to)
    by_labels = {tuple(sorted(back.told(i).items())): back[i] for i in range(len(back))}
    whole = crowd()
    assert len(back) == len(whole) == len(by_labels)
    for index, motion in enumerate(whole):
        labels = whole.told(index)
        match = next((found for key, found in by_labels.items() if labels.items() <= dict(key).items()), None)
        assert match is not None, (labels, next(iter(by_labels)))
        assert np.array_equal(match.present.any(1), motion.present.any(1))
        assert np.allclose(match.positions[match.present], motion.positions[motion.present], atol=1e-6)


@pytest.mark.usefixtures("small_blocks")
def test_jobs_and_shards_make_no_difference(folder: Path, tmp_path: Path) -> None:
    one = convert(folder, tmp_path / "one").dataset
    two = convert(folder, tmp_path / "two", jobs=2).dataset
    first = convert(folder, tmp_path / "shared", share=(0, 2))
    assert first.dataset is None
    assert first.shares_missing == 2
    assert "still missing" in told(first, tmp_path / "shared")
    both = convert(folder, tmp_path / "shared", share=(1, 2)).dataset
    assert one is not None
    assert two is not None
    assert both is not None
    assert one.content_id == two.content_id == both.content_id == crowd().content_id
    for name in ("recordings.parquet", "runs.parquet", "shard-00000.npy", "shard-00003.npy"):
        assert len({(tmp_path / out / name).read_bytes() for out in ("one", "two", "shared")}) == 1


def test_nothing_is_overwritten_unasked(folder: Path, tmp_path: Path) -> None:
    convert(folder, tmp_path / "out")
    with pytest.raises(UserError, match="is there already"):
        convert(folder, tmp_path / "out")
    convert(folder, tmp_path / "out", force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="no verb of maskeleton has written"):
        convert(folder, tmp_path / "mine", force=True)
    with pytest.raises(UserError, match="the folder that is read"):
        convert(folder, folder / "out")


def _spoil(folder: Path) -> None:
    """A cut file, an empty one, a zero joint in frame 2 of another, and a copy."""
    files = sorted(folder.glob("*.skeleton"))
    files[0].write_bytes(files[0].read_bytes()[:3000])
    files[1].write_bytes(b"")
    lines = files[2].read_text().split("\n")
    joint = 1 + 2 * 28 + 3 + 4  # two whole frames of 28 lines, then count, body, joints, and four joints
    lines[joint] = " ".join(["0", "0", "0", *lines[joint].split(" ")[3:]])
    files[2].write_text("\n".join(lines))
    files[4].write_bytes(files[5].read_bytes())


def test_everything_wrong_is_counted_and_only_the_unreadable_set_aside(folder: Path, tmp_path: Path) -> None:
    _spoil(folder)
    taken = convert(folder, tmp_path / "out")
    assert taken.dataset is not None
    assert len(taken.dataset) == 10
    assert taken.findings["duplicates"] == 1
    assert taken.findings["joints"] == 1
    listed = (tmp_path / "out" / "quarantine.csv").read_text().splitlines()
    assert listed[0] == "file,place,reason"
    assert len(listed) == 3
    assert listed[1].startswith("S001C001P001R001A001.skeleton,line ")
    said = told(taken, tmp_path / "out")
    assert "set aside 2" in said
    assert "found 1 duplicates" in said


def test_cleaning_mends_and_sets_aside(folder: Path, tmp_path: Path) -> None:
    _spoil(folder)
    taken = convert(folder, tmp_path / "out", clean_steps=["all"])
    assert taken.dataset is not None
    assert len(taken.dataset) == 9
    assert any("its motion is that of" in fault.reason for fault in taken.asides)
    mended = taken.dataset[taken.dataset.ids.index("S001C001P001R002A001")]
    assert mended.tracked[2, 0, 4] == 0
    assert np.abs(mended.positions[2, 0, 4] - mended.positions[1, 0, 4]).max() < 0.05


def test_strict_refuses_and_writes_nothing(folder: Path, tmp_path: Path) -> None:
    _spoil(folder)
    with pytest.raises(UserError, match=r"--strict: 2 cannot be used .* 1 joints"):
        convert(folder, tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


def test_strict_refuses_copies_too(tmp_path: Path) -> None:
    motions = [Motion.of(stepping(20), name) for name in ("a", "b")]
    store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / "s")
    with pytest.raises(UserError, match="b is a copy of a"):
        convert(tmp_path / "s", tmp_path / "out", strict=True)


def test_nothing_left_is_an_error(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("*.skeleton"):
        file.write_bytes(b"5\n1\n")
    with pytest.raises(UserError, match="nothing is left of 12 recordings"):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(tmp_path: Path, sign: int, jobs: str) -> None:
    motions = [Motion.of(stepping(20, speed=0.0001 * n), f"S001C001P{n // 40 + 1:03d}R001A{n % 40 + 1:03d}",
                         {"setup": 1, "camera": 1, "subject": n // 40 + 1, "repetition": 1, "action": n % 40 + 1})
               for n in range(1100)]
    ntu.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / "files")
    out, work = tmp_path / "out", tmp_path / ".out.work"
    command = ("convert", tmp_path / "files", out, "--jobs", jobs)
    status = run_until(command, lambda: count(work, "block-*") >= 1, sign)
    assert status == (130 if sign == signal.SIGINT else -signal.SIGKILL)
    assert not out.exists()
    convert(tmp_path / "files", out)
    whole = convert(tmp_path / "files", tmp_path / "whole").dataset
    assert whole is not None
    assert not work.exists()
    names = sorted(path.name for path in (tmp_path / "whole").iterdir() if path.name != "run.json")
    assert sorted(path.name for path in out.iterdir() if path.name != "run.json") == names
    for name in names:
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_the_record_is_private_and_says_what_was_done(folder: Path, tmp_path: Path) -> None:
    taken = convert(folder, tmp_path / "out", clean_steps=["short"])
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["verb"] == "convert"
    assert record["options"]["clean_steps"] == ["short"]
    assert taken.dataset is not None
    assert record["content_id"] == taken.dataset.content_id
    assert str(tmp_path) not in json.dumps(taken.dataset.history)
    convert(folder, tmp_path / "x.npz", to="npz")
    assert (tmp_path / "x.npz.run.json").is_file()


def test_all_fields_are_kept_only_when_asked(folder: Path, tmp_path: Path) -> None:
    file = folder / "S001C001P001R001A001.skeleton"
    lines = file.read_text().split("\n")
    lines[4] = " ".join([*lines[4].split(" ")[:3], "123.5", *lines[4].split(" ")[4:]])
    file.write_text("\n".join(lines))
    for name, fields in (("plain", False), ("whole", True)):
        convert(folder, tmp_path / name, fields=fields)
        convert(tmp_path / name, tmp_path / f"{name}-ntu", to="ntu", fields=fields)
        again = (tmp_path / f"{name}-ntu" / file.name).read_text()
        assert ("123.5" in again) == fields


def test_an_out_that_cannot_be_is_refused_at_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    for out, force, said in ((Path("."), True, "no name"), (tmp_path / "new" / "..", True, "no name"),
                             (tmp_path / "dangling", False, "is there already"),
                             (tmp_path / "loop", False, "is there already"),
                             (tmp_path / "pipe", True, "neither a file nor a folder")):
        with pytest.raises(UserError, match=said):
            convert(folder, out, force=force)
    assert sorted(tmp_path.iterdir()) == before


def test_out_never_takes_the_place_of_what_is_read(folder: Path, tmp_path: Path) -> None:
    convert(folder, tmp_path / "one.npz", to="npz")
    whole = (tmp_path / "one.npz").read_bytes()
    with pytest.raises(UserError, match="would take the place"):
        convert(tmp_path / "one.npz", tmp_path / "one.npz", to="npz", clean_steps="all", force=True)
    assert (tmp_path / "one.npz").read_bytes() == whole
    for data in (folder / "S001C001P001R001A001.skeleton", f"{folder}/S*"):
        with pytest.raises(UserError, match="would take the place"):
            convert(data, folder, force=True)
    assert len(list(folder.glob("*.skeleton"))) == 12


@pytest.mark.usefixtures("small_blocks")
def test_two_shards_at_the_same_time(folder: Path, tmp_path: Path) -> None:
    want = convert(folder, tmp_path / "one").dataset
    shards = [subprocess.Popen([*MASKELETON, "convert", folder, tmp_path / "both", "--shard-index", str(number),
                                "--num-shards", "2"], stderr=subprocess.PIPE) for number in range(2)]
    assert [(shard.communicate()[1], shard.returncode) for shard in shards] == [(b"", 0)] * 2
    assert want is not None
    assert read(tmp_path / "both").content_id == want.content_id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both", "crowd", "files", "one"]


def test_the_same_command_twice_at_once_is_refused(folder: Path, tmp_path: Path) -> None:
    work = tmp_path / ".out.work"
    work.mkdir()
    (work / "0.lock").touch()
    with held(work / "0.lock"), pytest.raises(UserError, match="another process is writing"):
        convert(folder, tmp_path / "out")
    convert(folder, tmp_path / "out")


def test_the_shard_that_comes_too_late_says_so(folder: Path, tmp_path: Path) -> None:
    work = tmp_path / ".out.work"
    work.mkdir()
    (work / "whole.lock").touch()
    with held(work / "whole.lock"):  # as another shard does while it puts all blocks together
        late = convert(folder, tmp_path / "out")
    assert (late.dataset, late.shares_missing) == (None, 0)
    assert "another process puts it together" in told(late, tmp_path / "out")


def test_what_stands_beside_a_file_stands_there_before_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "S001C001P009R001A001.skeleton").write_text("")
    swap = jobs._swap

    def killed(new: Path, out: Path) -> None:
        if out.name == "out.npz":
            raise KeyboardInterrupt
        swap(new, out)

    monkeypatch.setattr(jobs, "_swap", killed)
    with pytest.raises(KeyboardInterrupt):
        convert(folder, tmp_path / "out.npz", to="npz")
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.npz.quarantine.csv", "out.npz.run.json"]


def test_a_block_is_made_again_when_what_it_was_read_from_is_another(tmp_path: Path) -> None:
    def files(data: Path) -> list[str]:
        return [job.file for job in block_jobs(open_source(data), take_block, ())]

    ntu.write(crowd(), tmp_path / "ntu" / "a")
    before = files(tmp_path / "ntu")
    assert files(tmp_path / "ntu") == before
    (tmp_path / "ntu" / "a").rename(tmp_path / "ntu" / "b")  # every id begins with b/ now
    assert files(tmp_path / "ntu") != before
    FORMATS["arrays"].write(crowd(), tmp_path / "arrays", False)  # type: ignore[attr-defined]
    before = files(tmp_path / "arrays")
    labels = tmp_path / "arrays" / "all_label.pkl"
    labels.write_bytes(labels.read_bytes())
    os.utime(labels, ns=(1, 1))
    assert files(tmp_path / "arrays") != before


@pytest.mark.parametrize("label", ["", "id", "name", " gender", "a\0b"])
def test_a_label_that_no_table_can_hold_is_refused(tmp_path: Path, label: str) -> None:
    motions = [Motion.of(stepping(9 + k), f"r{k}", {"subject": k, label: f"word {k}"}) for k in range(2)]
    store.write(MotionDataset.of(KINECT25, 30, motions), tmp_path / "in")
    with pytest.raises(UserError, match="cannot be told"):
        convert(tmp_path / "in", tmp_path / "out", to="json")
    assert not (tmp_path / "out").exists()


def test_labels_of_numbers_and_words_have_one_content_in_every_format(tmp_path: Path) -> None:
    motions = [Motion.of(stepping(9 + k), f"r{k}", {"age": age}) for k, age in enumerate((24, "60+", 30))]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    store.write(dataset, tmp_path / "in")
    for to in ("store", "npz", "pyskl", "json"):
        convert(tmp_path / "in", tmp_path / to, to=to)
        assert describe(tmp_path / to)["content_id"] == dataset.content_id


def test_a_label_that_cannot_be_is_set_aside_with_its_recording(folder: Path, tmp_path: Path) -> None:
    (folder / "people.csv").write_text("subject,code\n1,1\n2,99999999999\n3,3\n")
    taken = convert(folder, tmp_path / "out")
    assert taken.dataset is not None
    assert len(taken.dataset) == 8
    assert {fault.reason for fault in taken.asides} == {"label 'code' has the number 99999999999"}
