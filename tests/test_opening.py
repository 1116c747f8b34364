"""Opening data: patterns, joined tables, detection, missing lists, wanted plans and rates."""

import os
from pathlib import Path

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.formats import npz, ntu, table
from maskeleton.formats.files import find_files
from maskeleton.formats.opening import open_source, plan, read
from maskeleton.formats.patterns import check_pattern, known_pattern, labels_of
from maskeleton.formats.tables import read_table
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT20, KINECT25, plan_to_plan

from people import crowd, stepping


@pytest.mark.parametrize(("name", "pattern", "labels"), [
    ("POSE-p103_01-Raise-your-hand-1455370152780.csv", "POSE-p{subject}_{repetition:d}-{action}-{}.csv",
     {"subject": "103", "repetition": 1, "action": "Raise"}),
    ("POSE-p103_01-Raise-your-hand-1455370152780.csv", "POSE-p{subject:d}_{repetition:d}-{action}-{:d}.csv",
     {"subject": 103, "repetition": 1, "action": "Raise-your-hand"}),
    ("a01_s02_e03_v01.json", "a{action:d}_s{subject:d}_e{repetition:d}_v{camera:d}",
     {"action": 1, "subject": 2, "repetition": 3, "camera": 1}),
    ("anna/walk_2.csv", "{subject}/{action}_{repetition:d}", {"subject": "anna", "action": "walk", "repetition": 2}),
    ("2024/anna/walk_2.csv", "{action}_{}", {"action": "walk"}),
    ("walk.csv", "{action}_{repetition:d}", None),
    ("a.b+c.csv", "a.b+{action}", {"action": "c"}),
])
def test_patterns_by_hand(name: str, pattern: str, labels: dict[str, object] | None) -> None:
    assert labels_of(name, pattern) == labels


@pytest.mark.parametrize(("pattern", "said"), [
    ("{subject", "a brace that is no hole"), ("{}_x", "names no label"), ("{a}_{a}", "names a label twice"),
    ("{sub ject}", "a brace that is no hole"),
])
def test_patterns_that_cannot_be(pattern: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        labels_of("x", pattern)


def test_a_pattern_that_does_not_fit_all_is_refused() -> None:
    with pytest.raises(UserError, match="does not fit 1 of 2 names, as 'notes.csv'"):
        check_pattern("p{subject:d}", ["p1.csv", "notes.csv"])


def test_known_names_need_no_pattern() -> None:
    assert known_pattern(["a01_s02_e03_v01.json", "a11_s02_e03_v03.json"]) is not None
    assert known_pattern(["a01_s02_e03_v01.json", "else.json"]) is None


def test_people_are_joined_however_their_number_is_spelled(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("subject;gender;age\n007;female;30\n8;male;\n")
    people = read_table(tmp_path / "t.csv")
    assert people.join({"subject": 7}, "x") == {"subject": 7, "gender": "female", "age": 30}
    assert people.join({"subject": "08"}, "x") == {"subject": "08", "gender": "male", "age": -1}
    assert people.join({"subject": 9}, "x") == {"subject": 9}
    with pytest.raises(UserError, match=r"joined by 'subject', but recording 'x' has no such label"):
        people.join({"action": 1}, "x")


def test_a_column_called_name_names_the_label(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("action,name\n1,wave\n")
    assert read_table(tmp_path / "t.csv").join({"action": 1}, "x") == {"action": "wave"}


@pytest.mark.parametrize(("text", "said"), [
    ("", "needs a header"), ("subject\n1\n", "needs a header"),
    ("subject,gender\n1,f\n1,m\n", "line 3 says subject '1' again"),
    ("subject,gender\n1\n", "line 2 has 1 cells, expected 2"),
])
def test_a_table_that_cannot_be_joined_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        read_table(tmp_path / "t.csv")


def test_a_folder_is_one_dataset_with_its_people(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    (tmp_path / "d" / "people.csv").write_text("subject,age\n1,20\n2,30\n3,40\n")
    (tmp_path / "d" / "README.md").write_text("not motion")
    (tmp_path / "d" / ".hidden.skeleton").write_text("not motion")
    dataset = read(tmp_path / "d")
    assert len(dataset) == 12
    assert dataset.labels["age"].tolist() == [20] * 4 + [30] * 4 + [40] * 4
    assert dataset.sources[0] == "S001C001P001R001A001.skeleton"


def test_a_glob_and_a_file_are_datasets_too(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    assert len(read(str(tmp_path / "d" / "*P002*"))) == 4
    assert read(tmp_path / "d" / "S001C001P001R001A001.skeleton").ids == ["S001C001P001R001A001"]


def test_files_of_sub_folders_have_their_folder_in_their_id(tmp_path: Path) -> None:
    one = MotionDataset.of(KINECT20, 30, [Motion.of(plan_to_plan(KINECT25, KINECT20)(stepping(4)), "walk")])
    (tmp_path / "d").mkdir()
    for person in ("anna", "bert"):
        table.write(one, tmp_path / "d" / person)
    dataset = read(tmp_path / "d", pattern="{subject}/{action}")
    assert dataset.ids == ["anna/walk", "bert/walk"]
    assert dataset.names == {"action": ["walk"], "subject": ["anna", "bert"]}


def test_formats_side_by_side_are_refused(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    npz.write(crowd(), tmp_path / "d" / "x.npz")
    with pytest.raises(UserError, match=r"several formats: 12 ntu, .* 1 npz"):
        open_source(tmp_path / "d")
    assert len(open_source(tmp_path / "d", "npz").parts) == 1


@pytest.mark.parametrize(("name", "content", "said"), [
    ("x.skeleton", b"", "no format known|cannot be read|empty"), ("x.xyz", b"what", "no format known"),
])
def test_what_is_of_no_format_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        read(tmp_path / name)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        find_files(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no data files"):
        find_files(tmp_path)
    with pytest.raises(UserError, match="no data files"):
        find_files(str(tmp_path / "*.skeleton"))


def test_missing_recordings_are_left_out(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    listed = "The following are missing:\n\nS001C001P001R001A001\nS001C001P002R001A001.skeleton\n"
    (tmp_path / "missing.txt").write_text(listed)
    dataset = read(tmp_path / "d", missing=tmp_path / "missing.txt")
    assert len(dataset) == 10
    assert "S001C001P001R001A001" not in dataset.ids


def test_a_wanted_plan_and_rate_are_made(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    whole = read(tmp_path / "d")
    dataset = read(tmp_path / "d", skeleton=KINECT20, fps=15.0)
    assert dataset.skeleton == KINECT20
    assert dataset.fps == 15
    assert np.allclose(dataset[0].positions[:, :, 3], whole[0].positions[::2, :, 3], atol=1e-6)
    with pytest.raises(UserError, match="--fps -3"):
        read(tmp_path / "d", fps=-3)


def test_faulty_files_are_said_by_read(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    whole = (tmp_path / "d" / "S001C001P001R001A001.skeleton").read_text().splitlines()
    (tmp_path / "d" / "S001C001P001R001A001.skeleton").write_text("\n".join(whole[:20]))
    with pytest.raises(UserError, match="1 files of .* cannot be read: S001C001P001R001A001.skeleton, line"):
        read(tmp_path / "d")


def test_plans_by_name_and_by_file(tmp_path: Path) -> None:
    assert plan("kinect20") is KINECT20
    (tmp_path / "p.json").write_text('{"joints": ["hips", "head"], "parents": [-1, 0]}')
    assert plan(str(tmp_path / "p.json")).joints == ("hips", "head")
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(UserError, match="no readable body plan"):
        plan(str(tmp_path / "p.json"))
    with pytest.raises(UserError, match="no body plan 'kinect99'"):
        plan("kinect99")


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    os.mkfifo(tmp_path / "d" / "pipe.skeleton")
    assert len(read(tmp_path / "d")) == 12


def test_linked_folders_are_read_once_each(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "away")
    (tmp_path / "d" / "sub").mkdir(parents=True)
    for link, target in (("d/one", "away"), ("d/two", "away"), ("d/sub/up", "d"), ("d/sub/all", ".")):
        (tmp_path / link).symlink_to(tmp_path / target)
    ids = read(tmp_path / "d").ids
    assert len(ids) == 12
    assert ids[0] == "one/S001C001P001R001A001"


def test_a_name_that_is_no_text_is_read_nevertheless(tmp_path: Path) -> None:
    ntu.write(crowd(people=1, actions=1, takes=1), tmp_path / "d")
    file = next((tmp_path / "d").iterdir())
    try:
        os.rename(os.fsencode(file), os.fsencode(tmp_path / "d") + b"/gr\xfc\xdfe.skeleton")
    except OSError:
        pytest.skip("this disk takes no such name")
    dataset = read(tmp_path / "d")
    assert (dataset.ids, dataset.sources) == ([r"gr\xfc\xdfe"], [r"gr\xfc\xdfe.skeleton"])


def test_no_name_is_not_this_folder() -> None:
    with pytest.raises(UserError, match="DATA is empty"):
        find_files("")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (";", "\r\n"), ("\t", "\r")])
def test_tables_as_spreadsheets_save_them(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    told = end.join(delimiter.join(row) for row in (("subject", "gender"), ("1", "männlich"), ("2", "")))
    (tmp_path / "people.csv").write_bytes(told.encode(encoding))
    table = read_table(tmp_path / "people.csv")
    assert table.rows == {"1": {"gender": "männlich"}, "2": {"gender": -1}}


def test_a_cell_of_a_million_digits_is_text(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"subject,code\n{'9' * 10**5},{'8' * 10**5}\n")
    assert read_table(tmp_path / "people.csv").rows == {"9" * 10**5: {"code": "8" * 10**5}}


def test_one_table_needs_no_list(tmp_path: Path) -> None:
    ntu.write(crowd(), tmp_path / "d")
    (tmp_path / "ages.csv").write_text("subject,age\n1,20\n2,30\n3,40\n")
    for people in (tmp_path / "ages.csv", str(tmp_path / "ages.csv"), [tmp_path / "ages.csv"]):
        assert set(read(tmp_path / "d", people=people).labels["age"]) == {20, 30, 40}


def test_a_rate_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    slow = MotionDataset.of(KINECT25, 0.001, [Motion.of(stepping(4), "a")])
    npz.write(slow, tmp_path / "slow.npz")
    with pytest.raises(UserError, match="more than 1000 of each"):
        open_source(tmp_path / "slow.npz", fps=30)
