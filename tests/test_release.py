"""From a lab's files to a release in the same format: a stranger can read it, and nothing of the original stands in it."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from maskeleton import cli
from maskeleton.dataset import MotionDataset
from maskeleton.formats.opening import read
from maskeleton.leaks import LEAKS
from maskeleton.leaks.given import Given
from maskeleton.ledger import read_ledger, write_ledger
from maskeleton.verbs.anonymize import anonymize
from maskeleton.verbs.convert import convert
from maskeleton.verbs.release import release
from maskeleton.verbs.synthesize import synthesize
from maskeleton.verbs.verify import files_of, secrets_beside, verify


class Lab(NamedTuple):
    """A lab's original files, what anonymize made of them, and the release."""

    files: Path
    anonymized: Path
    out: Path

    def file(self, number: int = 0) -> Path:
        return sorted((self.out / "data").glob("*.skeleton"))[number]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Eight people, two actions, as NTU files with everything a sensor says."""
    room = tmp_path_factory.mktemp("lab")
    synthesize(room / "people", people=8, actions=2, takes=1, cameras=1, to="ntu")
    convert(room / "people", room / "store")
    anonymize(room / "store", room / "anonymized", mask="neutral")
    release(room / "anonymized", room / "out", like="ntu", original=room / "people")
    return Lab(room / "people", room / "anonymized", room / "out")


@pytest.fixture
def copy(lab: Lab, tmp_path: Path) -> Lab:
    """The release with its ledger, to plant something in."""
    for name in ("out", "out.ledger.parquet", "out.pseudonyms"):
        whole = lab.out.parent / name
        (shutil.copytree if whole.is_dir() else shutil.copy2)(whole, tmp_path / name)
    return lab._replace(out=tmp_path / "out")


@pytest.fixture(scope="module")
def original(lab: Lab) -> MotionDataset:
    return read(lab.files)


def stranger_reads(file: Path) -> list[list[list[list[float]]]]:
    """Frames, bodies, joints, twelve numbers: as a person writes it who has read the dataset's page once."""
    lines = iter(file.read_text().splitlines())
    frames = []
    for _ in range(int(next(lines))):
        bodies = []
        for _ in range(int(next(lines))):
            assert len(next(lines).split()) == 10
            bodies.append([[float(word) for word in next(lines).split()] for _ in range(int(next(lines)))])
        frames.append(bodies)
    assert next(lines, None) is None
    return frames


def test_a_stranger_reads_what_the_lab_gives_away(lab: Lab) -> None:
    files = sorted((lab.out / "data").glob("*.skeleton"))
    assert len(files) == 16
    for file in files[:2]:
        assert len(file.stem) == len("S001C001P003R002A013")
        assert file.stem[::4] == "SCPRA"
        frames = stranger_reads(file)
        joints = np.array([body for frame in frames for body in frame])
        assert joints.shape[1:] == (25, 12)
        assert np.isin(joints[..., 11], (0, 1, 2)).all()
        seen = joints[..., 2] > 0.5
        assert (np.abs(joints[..., 3][seen] - 256) < 256).mean() > 0.9  # most of it is in the picture
        lengths = np.linalg.norm(joints[..., 7:11], axis=-1)
        assert np.allclose(lengths[lengths > 0], 1, atol=1e-4)


def test_the_motion_is_the_released_one_to_the_last_digit(lab: Lab) -> None:
    ledger, made = read_ledger(lab.out), read(lab.out / "data")
    assert ledger is not None
    anonymized = read(lab.anonymized)
    before = dict(zip(anonymized.ids, anonymized, strict=True))
    for motion in made:
        old = before[ledger.old_id[ledger.place[motion.id]]]
        assert np.array_equal(motion.positions[motion.present], old.positions[old.present])


def test_a_clean_release_passes(lab: Lab) -> None:
    found = verify(lab.out, original=lab.files)
    assert found.clean
    assert found.not_tried == []
    assert found.notes != []


def test_without_the_original_it_says_what_it_could_not_try(lab: Lab) -> None:
    found = verify(lab.out)
    assert found.clean
    assert "coordinates" in " ".join(found.not_tried)


# ── what is planted, and who finds it ────────────────────────────────────────────────────────────────────────────────


def original_of(lab: Lab, file: Path) -> np.ndarray:
    """(frames, 25, 12): the original file of a released one."""
    ledger = read_ledger(lab.out)
    assert ledger is not None
    old = ledger.old_id[ledger.place[file.stem]]
    return np.array([frame[0] for frame in stranger_reads(lab.files / f"{old}.skeleton") if frame])


def put_words(file: Path, line: int, column: int, words: list[str]) -> None:
    lines = file.read_text().splitlines()
    told = lines[line].split()
    told[column : column + len(words)] = words
    lines[line] = " ".join(told)
    file.write_text("\n".join(lines) + "\n")


FIRST_BODY, FIRST_JOINT = 2, 4  # lines


def plant_place(lab: Lab) -> None:
    file = lab.file()
    put_words(file, FIRST_JOINT + 6, 0, [f"{number:.7g}" for number in original_of(lab, file)[0, 6, :3]])


def plant_other_axes(lab: Lab) -> None:
    file = lab.file()
    x, y, z = original_of(lab, file)[0, 6, :3]
    put_words(file, FIRST_JOINT + 6, 0, [f"{number:.7g}" for number in (x, -z, y)])


def plant_mirrored_millimetres(lab: Lab) -> None:
    pose = original_of(lab, lab.file())[0, :, :3] * [-1000, 1000, 1000]
    (lab.out / "data" / "labels.csv").write_text("id,pose\n" + f"x,{' '.join(f'{n:.0f}' for n in pose.ravel())}\n")


def plant_pose_from_root(lab: Lab) -> None:
    file = lab.file()
    pose = original_of(lab, file)[0, :, :3]
    for joint, place in enumerate(pose - pose[0]):
        put_words(file, FIRST_JOINT + joint, 0, [f"{number:.3f}" for number in place])


def plant_millimetres(lab: Lab) -> None:
    pose = original_of(lab, lab.file())[0, :, :3] * 1000
    (lab.out / "data" / "labels.csv").write_text("id,pose\n" + f"x,{' '.join(f'{n:.0f}' for n in pose.ravel())}\n")


def plant_binary(lab: Lab) -> None:
    with lab.file().open("ab") as file:
        file.write(b"\0" + original_of(lab, lab.file())[0, :, :3].astype("<f4").tobytes())


def plant_pixels(lab: Lab) -> None:
    for file in sorted((lab.out / "data").glob("*.skeleton")):
        pose = original_of(lab, file)
        lines = file.read_text().splitlines()
        line = 1
        for frame in range(int(lines[0])):
            bodies, line = int(lines[line]), line + 1
            for body in range(bodies):
                for joint in range(25):
                    if body == 0 and frame < len(pose):
                        words = lines[line + 2 + joint].split()
                        x, y, z = pose[frame, joint, :3]
                        words[3:5] = [f"{256 + 366 * x / z:.3f}", f"{212 - 366 * y / z:.3f}"]
                        lines[line + 2 + joint] = " ".join(words)
                line += 27
        file.write_text("\n".join(lines) + "\n")


def plant_lean(lab: Lab) -> None:
    put_words(lab.file(3), FIRST_BODY, 7, ["0.173", "-0.02"])


def plant_body_id(lab: Lab) -> None:
    put_words(lab.file(3), FIRST_BODY, 0, ["72057594037931101"])


def plant_lost_joint(lab: Lab) -> None:
    put_words(lab.file(), FIRST_JOINT + 3, 11, ["1"])


def plant_comment(lab: Lab) -> None:
    with lab.file(2).open("a") as file:
        file.write("# recorded on Tuesday\n")


def plant_hash(lab: Lab) -> None:
    first = next(lab.files.glob("*.skeleton"))
    told = hashlib.md5(first.read_bytes()).hexdigest()[:16]
    (lab.out / "SHA256SUMS").write_text((lab.out / "SHA256SUMS").read_text() + f"{told}  old\n")


def plant_content_id(lab: Lab) -> None:
    page = json.loads((lab.out / "release.json").read_text())
    (lab.out / "release.json").write_text(json.dumps({**page, "content_read": read(lab.files).content_id}))


def plant_key(lab: Lab) -> None:
    key = json.loads((lab.out.parent / "out.pseudonyms").read_text())["key"]
    (lab.out / "DATASHEET.md").write_text(f"the seed is {key}")


def plant_record(lab: Lab) -> None:
    (lab.out / "data" / "run.json").write_text("{}")


def plant_history(lab: Lab) -> None:
    page = json.loads((lab.out / "release.json").read_text())
    (lab.out / "release.json").write_text(json.dumps({**page, "history": [{"verb": "anonymize"}]}))


def plant_link(lab: Lab) -> None:
    (lab.out / "original").symlink_to(lab.files)


def plant_times(lab: Lab) -> None:
    ledger = read_ledger(lab.out)
    assert ledger is not None
    old = read(lab.files).ids
    for file in (lab.out / "data").glob("*.skeleton"):
        os.utime(file, (1e9, 1e9 + old.index(ledger.old_id[ledger.place[file.stem]])))


def plant_old_numbers(lab: Lab) -> None:
    """Everybody has the number that they had: no file is touched inside."""
    ledger = read_ledger(lab.out)
    assert ledger is not None
    old = [ledger.old_id[ledger.place[file.stem]] for file in sorted((lab.out / "data").glob("*.skeleton"))]
    moved = {file: lab.out / "data" / f"{name}.new" for file, name in
             zip(sorted((lab.out / "data").glob("*.skeleton")), old, strict=True)}
    for file, target in moved.items():
        file.rename(target)
    for target in moved.values():
        target.rename(target.with_suffix(".skeleton"))
    numbers = [int(name[9:12]) for name in old]
    write_ledger(lab.out, ledger._replace(id=old, old_id=old, person=numbers))


PLANTED: list[tuple[Callable[[Lab], None], str, str]] = [
    (plant_place, "coordinates", "as filmed"),
    (plant_other_axes, "coordinates", "as filmed"),
    (plant_mirrored_millimetres, "coordinates", "as filmed"),
    (plant_pose_from_root, "coordinates", "seen from the root"),
    (plant_millimetres, "coordinates", "as filmed"),
    (plant_binary, "coordinates", "as filmed"),
    (plant_pixels, "fields", "depth"),
    (plant_pixels, "derived", "depthX"),
    (plant_lean, "fields", "lean"),
    (plant_lean, "derived", "leanX"),
    (plant_body_id, "derived", "bodyID"),
    (plant_lost_joint, "derived", "trackingState"),
    (plant_comment, "derived", "cannot be read"),
    (plant_hash, "identities", "plain hash (md5)"),
    (plant_content_id, "identities", "content id of the original"),
    (plant_key, "identities", "secret key"),
    (plant_record, "records", "private record"),
    (plant_history, "records", "history"),
    (plant_link, "records", "link"),
    (plant_times, "order", "times of files"),
    (plant_old_numbers, "order", "numbers of people"),
]


@pytest.mark.parametrize(("plant", "attack", "says"), PLANTED, ids=lambda thing: getattr(thing, "__name__", None))
def test_what_is_planted_is_found_and_named(
    plant: Callable[[Lab], None], attack: str, says: str, copy: Lab, original: MotionDataset, tmp_path: Path
) -> None:
    plant(copy)
    (tmp_path / "room").mkdir()
    page = json.loads((copy.out / "release.json").read_text())
    given = Given(copy.out, page["format"], tmp_path / "room", page["lengths"], tuple(page["labels"]), original,
                  files_of(copy.files), read_ledger(copy.out), secrets_beside(copy.out))
    told = [str(leak) for leak in LEAKS[attack].find(given)]
    assert any(says in line for line in told), told


def test_two_processes_find_the_same_in_the_same_order(
    copy: Lab, original: MotionDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("given", "coordinates"):
        monkeypatch.setattr(f"maskeleton.leaks.{module}.BLOCK", 3)
    for plant in (plant_place, plant_comment, plant_mirrored_millimetres, plant_hash, plant_lean):
        plant(copy)
    put_words(copy.file(9), FIRST_JOINT + 6, 0, [f"{number:.7g}" for number in original_of(copy, copy.file(9))[0, 6, :3]])
    steps: list[tuple[int, int]] = []
    found = verify(copy.out, original=copy.files, jobs=2, report=lambda done, todo: steps.append((done, todo)))
    assert found == verify(copy.out, original=copy.files)
    assert [len(leaks) for leaks in found.leaks.values()][1:5] == [5, 4, 3, 1]
    assert (6, 6) in steps


def test_a_leak_ends_with_exit_code_2_and_two_lines(copy: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    plant_lean(copy)
    with pytest.raises(SystemExit) as ended:
        cli.main(["verify", str(copy.out)])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert "leanX is '0.173'" in told.out
    assert len(told.err.splitlines()) == 2
