"""mediapipe: the manners in which people dump world landmarks are one motion; pictures are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeleton.body import heading
from maskeleton.dataset import MotionDataset
from maskeleton.formats import FORMATS, mediapipe
from maskeleton.formats.opening import read
from maskeleton.formats.source import Options
from maskeleton.skeleton import KINECT20, MEDIAPIPE37, plan_to_plan

from both_ways import only, refused, survive

NAMES = MEDIAPIPE37.joints[:33]
# Who stands upright and faces the camera, as MediaPipe sees it: x to the right of the picture, y down, z away.
BODY = np.zeros((33, 3))
for _names, _place in {"left_hip": (.1, 0, 0), "right_hip": (-.1, 0, 0), "left_shoulder": (.2, -.5, 0),
                       "right_shoulder": (-.2, -.5, 0), "left_ear": (.08, -.7, 0), "right_ear": (-.08, -.7, 0),
                       "nose": (0, -.68, -.1), "left_ankle": (.1, .8, 0), "right_ankle": (-.1, .8, 0),
                       "left_foot_index": (.1, .85, -.15)}.items():
    BODY[NAMES.index(_names)] = _place
FRAMES = np.stack([BODY, BODY + [0, 0, .01] * (np.arange(33) % 2)[:, None]])
SEEN = np.full((2, 33), .9)
SEEN[1, 13] = .2


def points(frame: int) -> list[dict[str, float]]:
    return [{"x": x, "y": y, "z": z, "visibility": v}
            for (x, y, z), v in zip(FRAMES[frame].tolist(), SEEN[frame].tolist(), strict=True)]


def flat(frame: int) -> list[float]:
    return np.concatenate([FRAMES[frame], SEEN[frame][:, None]], 1).ravel().tolist()


MANNERS: dict[str, Any] = {
    "frames of objects": [points(0), points(1)],
    "under a key": {"fps": 25, "frames": [{"pose_world_landmarks": points(0)}, {"pose_world_landmarks": points(1)}]},
    "tasks": [{"worldLandmarks": [points(frame)], "timestamp_ms": 40 * frame} for frame in range(2)],
    "protobuf": {"results": [{"poseWorldLandmarks": {"landmark": points(0)}}, {"poseWorldLandmarks": {"landmark": points(1)}}]},
    "by number": {"0": {"landmarks": points(0)}, "1": {"landmarks": points(1)}},
    "by name": [dict(zip(NAMES, points(frame), strict=True)) for frame in range(2)],
    "upper case": [{name.upper(): point for name, point in zip(NAMES, points(frame), strict=True)} for frame in range(2)],
    "flat": {"data": [flat(0), flat(1)]},
    "pairs": [{"pose_landmarks": points(0), "pose_world_landmarks": points(0)}, {"pose_world_landmarks": points(1)}],
}


def wide(names: list[str]) -> str:
    rows = [",".join(map(str, [frame, *flat(frame)])) for frame in range(2)]
    return "\n".join([",".join(["frame", *names]), *rows]) + "\n"


TABLES = {
    "x0": wide([f"{axis}{place}" for place in range(33) for axis in "xyzv"]),
    "x1": wide([f"{axis}{place}" for place in range(1, 34) for axis in "xyzv"]),
    "landmark_0_x": wide([f"landmark_{place}_{axis}" for place in range(33) for axis in ("x", "y", "z", "visibility")]),
    "names": wide([f"{name}_{axis}" for name in NAMES for axis in ("x", "y", "z", "visibility")]),
    "long": "frame,landmark,x,y,z,visibility\n" + "".join(
        f"{frame},{place}," + ",".join(str(value) for value in point.values()) + "\n"
        for frame in range(2) for place, point in enumerate(points(frame))),
    "long by name": "landmark_name,x,y,z,visibility\n" + "".join(
        f"{NAMES[place].upper()}," + ",".join(str(value) for value in point.values()) + "\n"
        for frame in range(2) for place, point in enumerate(points(frame))),
}
FILES = {**{f"{name}.json": json.dumps(data) for name, data in MANNERS.items()},
         **{f"{name}.csv": text for name, text in TABLES.items()}}


@pytest.mark.parametrize("name", FILES)
def test_all_manners_are_one_motion(tmp_path: Path, name: str) -> None:
    found = only(mediapipe, tmp_path / name, FILES[name])
    assert found.positions.shape == (2, 1, 37, 3)
    assert np.allclose(found.positions[:, 0, :33], FRAMES * [-1, -1, 1], atol=1e-6)
    assert found.tracked[1, 0, 13] == (2 if "visib" not in FILES[name] and "v0" not in FILES[name] and "v1" not in
                                       FILES[name] and "flat" not in name else 1)
    assert (found.tracked[0] == 2).all()
    head = FILES[name].encode()[:4096]
    if "flat" not in name:
        assert mediapipe.detect(tmp_path / name, head)
        assert read(tmp_path / name).skeleton == MEDIAPIPE37


def test_left_is_left_and_up_is_up(tmp_path: Path) -> None:
    found = only(mediapipe, tmp_path / "a.json", FILES["tasks.json"])
    assert heading(found.positions[0, 0], MEDIAPIPE37) == pytest.approx([0, 0, -1])
    nose, hip, foot = (found.positions[0, 0, MEDIAPIPE37.joints.index(name)] for name in
                       ("nose", "left_hip", "left_foot_index"))
    assert hip[0] < 0
    assert nose[1] > 0.6
    assert foot[2] < -0.1  # toes towards the camera
    middles = {name: found.positions[0, 0, MEDIAPIPE37.joints.index(f"middle_{name}")].tolist()
               for name in ("hip", "spine", "shoulder", "ear")}
    assert middles == {"hip": [0, 0, 0], "spine": [0, .25, 0], "shoulder": [0, .5, 0], "ear": [0, pytest.approx(.7), 0]}


def test_rate_and_clock(tmp_path: Path) -> None:
    for name, fps in (("under a key", 25), ("tasks", 25), ("flat", 30)):
        (tmp_path / "a.json").write_text(FILES[f"{name}.json"])
        assert mediapipe.look(tmp_path / "a.json", Options()).fps == fps
    assert mediapipe.look(tmp_path / "a.json", Options(fps=50)).fps == 50


def test_bodies_and_nobody(tmp_path: Path) -> None:
    two = [{"world_landmarks": [points(0), points(1)]}, {"world_landmarks": []}, {"world_landmarks": [points(0)]}, None,
           {"frame": 4}]
    found = only(mediapipe, tmp_path / "a.json", json.dumps(two))
    assert found.present.tolist() == [[True, True], [False, False], [True, False], [False, False], [False, False]]
    text = "frame,person,id,x,y,z,visibility\n" + "".join(
        f"{frame},{who},{place}," + ",".join(map(str, point.values())) + "\n"
        for frame in range(2) for who in "ab" for place, point in enumerate(points(frame)) if (frame, who) != (1, "b"))
    assert only(mediapipe, tmp_path / "a.csv", text).present.tolist() == [[True, True], [True, False]]


def test_what_is_missing_stays_missing_and_its_middle_too(tmp_path: Path) -> None:
    frame: list[Any] = points(0)
    frame[23] = None
    found = only(mediapipe, tmp_path / "a.json", json.dumps([frame, points(1)]))
    gone = [MEDIAPIPE37.joints[joint] for joint in np.flatnonzero(found.tracked[0, 0] == 0)]
    assert gone == ["left_hip", "middle_hip", "middle_spine"]


def test_it_becomes_a_kinects_body(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(FILES["tasks.json"])
    mapped = plan_to_plan(MEDIAPIPE37, KINECT20)
    dataset = MotionDataset.of(MEDIAPIPE37, 30, [read(tmp_path / "a.json")[0]])
    assert mapped(dataset[0].positions)[0, 0, KINECT20.roles["head"], 1] == pytest.approx(.7)


PICTURE = [{"x": .5 + x / 5, "y": .5 + y / 5, "z": z, "visibility": 1} for x, y, z in BODY.tolist()]


@pytest.mark.parametrize(("data", "said"), [
    (json.dumps([{"pose_landmarks": points(0)}]), "these are landmarks in the picture"),
    (json.dumps({"poseLandmarks": [points(0)]}), "these are landmarks in the picture"),
    (json.dumps([PICTURE]), "the middle of the hips is 0.71 from the origin"),
    (json.dumps([[point | {"x": 3e38} for point in points(0)]]), "the middle of the hips is 3e+38 from the origin"),
    (json.dumps([points(0)[:21]]), "frame 0: there are 21 landmarks, expected 33"),
    (json.dumps([[{"x": 1}] * 33]), "frame 0: a landmark has no x, y and z"),
    (json.dumps([{"hands": [[0, 0, 0]]}]), "frame 0: there are no landmarks, but hands"),
    (json.dumps({"fps": -1, "frames": [points(0)]}), "'-1' frames a second cannot be"),
    (json.dumps({"fps": 30}), "there is no list of frames"),
    (json.dumps([None, []]), "there is no body of 33 landmarks"),
    ("[" * 100_000, "lists are nested too deeply"),
])
def test_what_is_wrong_is_told(tmp_path: Path, data: str, said: str) -> None:
    assert said in refused(mediapipe, tmp_path / "a.json", data)


@pytest.mark.parametrize(("text", "said"), [
    (TABLES["x0"].replace("0.9", "high", 1), "line 2: 'high' is no number"),
    (TABLES["x0"].replace("x7", "q7"), "line 1: 32 of 33 landmarks have columns"),
    (TABLES["x0"].rpartition(",")[0] + "\n", "line 3: there are 132 cells, expected 133"),
    (TABLES["x0"].partition("\n")[0] + "\n", "line 2: there are no rows"),
    (TABLES["long"].replace("1,32,", "1,45,"), "line 67: '45' is none of the 33 landmarks"),
])
def test_what_is_wrong_in_a_table_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(mediapipe, tmp_path / "a.csv", text)


def test_others_keep_their_files(tmp_path: Path) -> None:
    for name, head in (("a.json", b'{"skeletons": [[[0.1, 0.2, 0.3]]]}'), ("a.csv", b"Timestamp,HeadX,HeadY,HeadZ\n"),
                       ("a.bvh", b"HIERARCHY")):
        assert not mediapipe.detect(tmp_path / name, head)
    order = list(FORMATS)
    assert order.index("mediapipe") < min(order.index("table"), order.index("json"))


@pytest.mark.parametrize("name", ["tasks.json", "x0.csv", "long.csv"])
def test_damaged_files(tmp_path: Path, name: str) -> None:
    said = survive(mediapipe, tmp_path / name, FILES[name].encode(), 120)
    assert "read" in said
    assert len(set(said)) > 8
