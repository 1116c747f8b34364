"""describe: every count is the one that was put in, whatever the data are kept in."""

import json
from pathlib import Path

import pytest

from maskeleton import store
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.skeleton import KINECT25
from maskeleton.verbs.convert import convert
from maskeleton.verbs.describe import describe, page

from people import crowd, stepping


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    store.write(crowd(), tmp_path / "crowd")
    return tmp_path / "crowd"


def test_counts_by_hand(stored: Path) -> None:
    found = describe(stored)
    assert found["schema"] == 1
    assert found["content_id"] == crowd().content_id
    assert found["recordings"] == found["takes"] == 12
    assert found["people"] == 3
    # 10 + person + 2 action + take frames each, 12 where there are two bodies
    lengths = [12 if action and take else 10 + person + 2 * action + take
               for person in range(3) for action in range(2) for take in range(2)]
    assert found["frames"] == sum(lengths)
    assert found["seconds"] == pytest.approx(sum(lengths) / 30, abs=1e-3)
    assert found["length"] == {"min": min(lengths), "median": 12.0, "max": max(lengths)}
    assert found["bodies"] == {"most": 2, "recordings_with_two": 3}
    assert found["skeleton"]["joints"] == 25
    assert found["labels"]["action"] == {"classes": 2, "known": 12, "unknown": 0, "names": ["01_stand", "02_walk"],
                                         "counts": [6, 6]}
    assert found["labels"]["gender"] == {"classes": 2, "known": 12, "unknown": 0, "names": ["female", "male"],
                                         "counts": [8, 4]}
    assert found["labels"]["subject"]["names"] == ["1", "2", "3"]


def test_all_ways_to_keep_it_agree(stored: Path, tmp_path: Path) -> None:
    convert(stored, tmp_path / "files", to="ntu")
    convert(stored, tmp_path / "one.npz", to="npz")
    places = (stored, tmp_path / "files", tmp_path / "one.npz")
    kinds = [describe(path, jobs=jobs) for path in places for jobs in (1, 2)]
    for found in kinds:
        for key in set(found) - {"path", "format", "history"}:
            assert found[key] == kinds[0][key], key


def test_problems_are_counted_and_placed(tmp_path: Path) -> None:
    lost = stepping(30)
    lost[4:6, 7] = float("nan")
    bodies = {"a": stepping(30), "b": stepping(30), "c": lost, "d": stepping(3)}
    motions = [Motion.of(body, id) for id, body in bodies.items()]
    dataset = MotionDataset.of(KINECT25, 30, motions)
    store.write(dataset, tmp_path / "s")
    found = {problem["what"]: problem for problem in describe(tmp_path / "s")["problems"]}
    assert found["duplicates"] == {"what": "duplicates", "count": 1, "where": ["b: a copy of a"]}
    assert found["short"]["count"] == 1
    assert found["short"]["where"][0].startswith("d: ")


def test_the_page_fits_one_screen_and_says_what_json_says(stored: Path) -> None:
    lines = page(describe(stored)).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 160
    assert any("12 recordings of 3 people in 12 takes" in line for line in lines)


def test_the_history_of_a_store_is_told(stored: Path, tmp_path: Path) -> None:
    convert(stored, tmp_path / "out")
    assert [entry["verb"] for entry in describe(tmp_path / "out")["history"]] == ["convert"]
    assert json.dumps(describe(tmp_path / "out"))


def test_nothing_to_describe_is_said(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "S001C001P001R001A001.skeleton").write_bytes(b"3\n1\nnonsense\n")
    with pytest.raises(UserError, match="no recording of .* can be read: 1 unreadable, as S001C001P001R001A001"):
        describe(tmp_path / "d")
