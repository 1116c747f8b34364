"""json: any nesting of frames, bodies, joints and coordinates comes to the same motion."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.formats import jsons
from maskeleton.formats.kit.nested import nest
from maskeleton.formats.source import Fault, Options
from maskeleton.motion import Motion
from maskeleton.seeds import generator
from maskeleton.skeleton import H36M17, KINECT20, KINECT25, Skeleton

from both_ways import assert_same, lively, read, survive

THREE = Skeleton.of("three", ("Hips", "Spine", "Head"), (-1, 0, 1))
ODD = Skeleton.of("odd", ("b", "a", "c"), (1, -1, 1), {"spine": "c"})
OPTIONS = Options(skeleton=THREE)
BODY = [[0, 0, 3], [0, 0.5, 3], [0, 1.5, 3]]
RIGHT = [[1, 0, 3], [1, 0.5, 3], [1, 1.5, 3]]


def one(path: Path, data: Any, options: Options = OPTIONS) -> Motion:
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    source = jsons.open([path], options)
    motion, = source.read(source.parts[0])
    assert isinstance(motion, Motion), motion
    return motion


def refused(path: Path, data: Any, options: Options = OPTIONS) -> str:
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    try:
        source = jsons.open([path], options)
    except UserError as error:
        return str(error)
    fault, = source.read(source.parts[0])
    assert isinstance(fault, Fault)
    return f"{fault.place}: {fault.reason}"


def named(body: list[list[float]]) -> dict[str, list[float]]:
    return dict(zip(THREE.joints, body, strict=True))


def test_nwucla_manner(tmp_path: Path) -> None:
    body = [[joint / 20, joint / 10, 3] for joint in range(20)]
    motion = one(tmp_path / "x.json", {"file_name": "a08_s07", "skeletons": [body, body], "label": 7}, Options())
    assert (motion.id, motion.labels) == ("a08_s07", {"action": 7})
    assert motion.positions.shape == (2, 1, 20, 3)
    assert motion.positions[1, 0, 5].tolist() == [0.25, 0.5, 3]


@pytest.mark.parametrize("data", [
    [BODY, RIGHT],
    [[BODY], [RIGHT]],
    {"frames": [BODY, RIGHT]},
    {"joint_names": ["Hips", "Spine", "Head"], "data": [BODY, RIGHT]},
    {"joint_names": ["Head", "Hips", "Spine"], "frames": [[BODY[2], *BODY[:2]], [RIGHT[2], *RIGHT[:2]]]},
    {"frames": [{"joints": BODY}, {"joints": RIGHT}]},
    {"frames": [named(BODY), named(RIGHT)]},
    {"frames": [{"joints": named(BODY)}, {"joints": dict(reversed(named(RIGHT).items()))}]},
    {"frames": [{"bodies": [{"id": 4, "joints": named(BODY)}]}, {"bodies": [{"id": 4, "joints": named(RIGHT)}]}]},
    {"frames": [{"joints": [{"name": n, "position": p} for n, p in named(b).items()]} for b in (BODY, RIGHT)]},
    {"frames": [{"joints": {n: dict(zip("xyz", p, strict=True)) for n, p in named(b).items()}} for b in (BODY, RIGHT)]},
])
def test_one_motion_in_many_shapes(tmp_path: Path, data: Any) -> None:
    motion = one(tmp_path / "a.json", data)
    assert motion.positions.tolist() == [[BODY], [RIGHT]]
    assert motion.present.all()
    assert (motion.tracked == 2).all()


def test_what_is_missing(tmp_path: Path) -> None:
    motion = one(tmp_path / "a.json", [[BODY, None], [], [[None, *BODY[1:]], RIGHT], None])
    assert motion.present.tolist() == [[True, False], [False, False], [True, True], [False, False]]
    assert motion.tracked[2].tolist() == [[0, 2, 2], [2, 2, 2]]


def test_labels_rate_and_clock(tmp_path: Path) -> None:
    frames = [{"timestamp": 40 * n, "joints": BODY} for n in range(5)]
    data = {"labels": {"subject": "Ann", "age": 9, "ratio": 0.5, "left": None, "right": True}, "frames": frames}
    motion = one(tmp_path / "a.json", data)
    assert motion.labels == {"subject": "Ann", "age": 9}
    assert motion.clock is not None
    assert motion.clock.tolist() == pytest.approx([0, .04, .08, .12, .16])
    assert jsons.open([tmp_path / "a.json"], OPTIONS).fps == 25
    one(tmp_path / "a.json", {**data, "fps": 24})
    assert jsons.open([tmp_path / "a.json"], OPTIONS).fps == 24


@pytest.mark.parametrize("told", [{"parents": [-1, 0, 1]}, {"edges": [[0, 1], [1, 2]]},
                                  {"parents": [-1, "Hips", "Spine"]}])
def test_a_file_may_bring_its_own_plan(tmp_path: Path, told: dict[str, Any]) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**told, "joint_names": THREE.joints, "frames": [BODY]}))
    plan = jsons.open([tmp_path / "a.json"], Options()).skeleton
    assert (plan.name, plan.joints, plan.parents) == ("json3", THREE.joints, THREE.parents)


@pytest.mark.parametrize(("count", "plan"), [(20, KINECT20), (25, KINECT25)])
def test_joints_without_names_are_kinects(tmp_path: Path, count: int, plan: Skeleton) -> None:
    one(tmp_path / "a.json", [[[0, joint / 20, 0] for joint in range(count)]], Options())
    assert jsons.open([tmp_path / "a.json"], Options()).skeleton == plan


def test_centimetres(tmp_path: Path) -> None:
    assert one(tmp_path / "a.json", (np.array([BODY]) * 100).tolist()).positions[0, 0].tolist() == BODY


@pytest.mark.parametrize("fps", [30.0, 12.5])
@pytest.mark.parametrize("skeleton", [KINECT20, H36M17, ODD])
def test_written_is_read_again(tmp_path: Path, skeleton: Skeleton, fps: float) -> None:
    dataset = lively(skeleton, fps) if len(skeleton.joints) > 3 else lively(H36M17, fps)
    if len(skeleton.joints) == 3:
        dataset = type(dataset).of(skeleton, fps, [motion._replace(
            positions=motion.positions[:, :, :3], tracked=motion.tracked[:, :, :3], labels=dataset.told(index))
            for index, motion in enumerate(dataset)])
    jsons.write(dataset, tmp_path / "out")
    assert_same(dataset, read(jsons, tmp_path / "out"))


def test_quick_and_plain_nesting_agree() -> None:
    array = generator(0, "test", "nest").normal(size=(6, 2, 4, 3))
    regular = nest(array.tolist()).positions
    uneven = nest([*array.tolist(), None]).positions
    assert np.array_equal(regular, array)
    assert np.array_equal(uneven[:-1], array)
    assert np.isnan(uneven[-1]).all()


@pytest.mark.parametrize(("data", "said"), [
    ("", "line 1: this is no JSON"),
    ('{"frames": [[[0, 0', "line 1: this is no JSON"),
    ("{}", "there is no list of frames"),
    ("[]", "there is no list of frames"),
    ("[" * 100_000, "lists are nested too deeply"),
    ("[[[[[[[[1]]]]]]]]", "lists are nested too deeply"),
    (f"[[[1,2,{'9' * 5000}]]]", "a number cannot be read"),
    ([[[0, 1], [0, 2], [0, 3]]], "frame 0: joint 0 is list of 2"),
    ([[[0, 0, 0], "x", [0, 0, 1]]], "frame 0: joint 1 is 'x'"),
    ([[[0, 0, 0]] * 4], "4 joints, but the body plan 'three' has 3"),
    ({"frames": [named(BODY), BODY]}, "some joints have names and some have none"),
    ({"frames": [{"Hips": BODY[0], "Head": BODY[2]}]}, "there is no Spine of the body plan 'three'"),
    ({"fps": "fast", "frames": [BODY]}, "'fast' frames a second cannot be"),
    ({"tracked": [[9]], "frames": [BODY]}, '"tracked" does not fit'),
    ({"joint_names": ["a"], "frames": [BODY]}, "1 joint names for 3 joints"),
])
def test_what_is_wrong_is_told(tmp_path: Path, data: Any, said: str) -> None:
    assert said in refused(tmp_path / "a.json", data)


def test_17_joints_without_names_are_asked_for(tmp_path: Path) -> None:
    assert "--skeleton h36m17" in refused(tmp_path / "a.json", [[[0, n, 0] for n in range(17)]], Options())


def test_a_sparse_file_cannot_ask_for_much_memory(tmp_path: Path) -> None:
    data = [[[0, 0, 0]] * 3000, *[None] * 30_000]
    assert "nearly all are missing" in refused(tmp_path / "a.json", data)


def test_halves_of_characters_are_no_label(tmp_path: Path) -> None:
    assert one(tmp_path / "a.json", '{"file_name": "\\ud800", "labels": {"a": "\\udfff", "b": 1}, "frames": '
               + json.dumps([BODY]) + "}").labels == {"b": 1}


def test_detect(tmp_path: Path) -> None:
    def detect(data: Any, name: str = "a.json") -> bool:
        return jsons.detect(tmp_path / name, json.dumps(data).encode()[:4096])

    assert detect({"file_name": "a", "skeletons": [BODY]})
    assert detect([None, BODY])
    assert detect([[None, BODY]])
    assert detect({"frames": [{"joints": {"Head": {"x": 1}}}]})
    assert not detect([BODY], "a.txt")
    assert not detect(THREE.to_dict())
    assert not detect({"joints": ["a", "b"], "edges": [[0, 1], [1, 2]]})
    assert not detect({"skeleton": {"name": "kinect25", "joints": 25}})


def test_damaged_files(tmp_path: Path) -> None:
    data = {"file_name": "a", "fps": 30, "joint_names": THREE.joints, "parents": [-1, 0, 1], "labels": {"age": 3},
            "tracked": [[[2, 1, 2]] * 2] * 4, "skeletons": [[BODY, RIGHT], [None, RIGHT]] * 2}
    said = survive(jsons, tmp_path / "a.json", json.dumps(data).encode(), 500)
    assert "read" in said
    assert len(set(said)) > 10
    data = {"frames": [{"joints": named(BODY)}] * 4}
    said = survive(jsons, tmp_path / "b.json", json.dumps(data).encode(), 300, OPTIONS)
    assert "read" in said
