"""Strips of frames: where left and right are, what is drawn of joints not seen, and that any motion makes clean XML."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from maskeleton import store
from maskeleton.body import heading
from maskeleton.cli import main
from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.page.beside import Shown, Sides, page, pairs
from maskeleton.page.figure import INKS, anatomy, number
from maskeleton.page.strip import as_seen, safe, sheet, strip
from maskeleton.skeleton import H36M17, KINECT15, KINECT20, KINECT25, UIPRMD22, Skeleton
from maskeleton.verbs.view import picture_of, place, spread, view, view_dataset, view_pair

SVG = "{http://www.w3.org/2000/svg}"
LEFT, RIGHT = INKS[0].left, INKS[0].right
PLAIN = Skeleton.of("plain", [f"p{joint}" for joint in range(20)], KINECT20.parents)
# A person who stands three metres before the camera and faces it: the left is at negative x.
STANDING = np.array(
    [[0, 0, 0], [0, 0.2, 0], [0, 0.5, 0], [0, 0.72, 0], [-0.2, 0.45, 0], [-0.25, 0.2, 0], [-0.27, -0.05, 0],
     [-0.27, -0.13, 0], [0.2, 0.45, 0], [0.25, 0.2, 0], [0.27, -0.05, 0], [0.27, -0.13, 0], [-0.1, -0.05, 0],
     [-0.1, -0.45, 0], [-0.1, -0.85, 0], [-0.1, -0.9, -0.12], [0.1, -0.05, 0], [0.1, -0.45, 0], [0.1, -0.85, 0],
     [0.1, -0.9, -0.12]], np.float32) + np.array([0, 0, 3], np.float32)


def standing(frames: int = 1, bodies: int = 1, id: str = "one", **rest) -> Motion:
    """Bodies side by side, a metre apart, that do not move."""
    places = np.arange(bodies)[:, None, None] * np.array([1.0, 0, 0])
    return Motion.of(np.broadcast_to(STANDING + places, (frames, bodies, 20, 3)).copy(), id, **rest)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg).iter(f"{SVG}text")]


def across(svg: str, colour: str) -> float:
    """The mean picture x of the bones of a colour."""
    paths = [path.get("d", "") for path in drawn(svg).iter(f"{SVG}path") if path.get("stroke") == colour]
    return float(np.mean([float(x) for path in paths for x in re.findall(r"[ML](-?[\d.]+) ", path)]))


def test_who_faces_us_has_the_left_on_our_right():
    assert heading(STANDING, KINECT20) @ (0, 0, -1) == pytest.approx(1)  # towards the camera
    picture = strip(standing(), KINECT20)
    assert across(picture, LEFT) > across(picture, RIGHT)
    behind = strip(standing(), KINECT20, turn=180)
    assert across(behind, LEFT) < across(behind, RIGHT)


def test_turning_by_90_makes_who_faced_us_look_to_our_right():
    x, y, depth = as_seen(np.array([0.0, 0.3, -1.0]), 90)  # where the nose points
    assert (x, y, depth) == pytest.approx((1, 0.3, 0), abs=1e-9)
    assert as_seen(np.array([1.0, 2.0, 3.0]), 0) == pytest.approx((-1, 2, 3))


def test_frames_are_evenly_spaced_and_timed():
    assert texts(strip(standing(31), KINECT20, frames=4, fps=10)) == ["0.00 s", "1.00 s", "2.00 s", "3.00 s"]
    assert texts(strip(standing(31), KINECT20, frames=3)) == ["frame 0", "frame 15", "frame 30"]
    clocked = standing(3, clock=np.array([5.0, 5.5, 7.0]))
    assert texts(strip(clocked, KINECT20, fps=1)) == ["0.00 s", "0.50 s", "2.00 s"]
    assert texts(strip(standing(2), KINECT20, frames=8)) == ["frame 0", "frame 1"]


def test_every_frame_has_its_bodies_and_an_empty_one_nobody():
    motion = standing(3, bodies=2)
    motion.present[1] = False
    motion.present[2, 1] = False
    picture = strip(motion, KINECT20)
    assert texts(picture) == ["frame 0", "nobody", "frame 1", "frame 2"]
    heads = [circle.get("stroke") for circle in drawn(picture).iter(f"{SVG}circle")]
    assert sorted(heads) == sorted([INKS[0].middle, INKS[1].middle, INKS[0].middle])


def test_guessed_joints_are_hollow_and_lost_ones_hang_on_dashes():
    motion = standing()
    whole = strip(motion, KINECT20)
    assert "dasharray" not in whole
    assert whole.count("<circle") == 1  # the head
    motion.tracked[0, 0, KINECT20.roles["left_wrist"]] = 1
    motion.tracked[0, 0, KINECT20.roles["right_knee"]] = 0
    picture = strip(motion, KINECT20)
    hollow = [circle for circle in drawn(picture).iter(f"{SVG}circle") if circle.get("fill") == "#fff"]
    assert [circle.get("stroke") for circle in hollow] == [LEFT]
    dashed = [path for path in drawn(picture).iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert {path.get("stroke") for path in dashed} == {RIGHT}
    assert sum(path.get("d", "").count("M") for path in dashed) == 2  # thigh and shin


def test_without_roles_everything_is_grey_and_headless():
    picture = strip(standing(bodies=2), PLAIN)
    assert "<circle" not in picture
    strokes = {path.get("stroke") for path in drawn(picture).iter(f"{SVG}path")}
    assert not strokes & {LEFT, RIGHT, INKS[1].left, INKS[1].right}
    assert picture.count("L") >= 2 * len(PLAIN.bones)


@pytest.mark.parametrize("plan", [KINECT25, KINECT20, KINECT15, UIPRMD22, H36M17], ids=lambda plan: plan.name)
def test_every_named_plan_has_two_sides_a_trunk_and_a_head(plan):
    parts = anatomy(plan)
    for joint, side in enumerate(parts.sides):
        other = {"left": "right", "right": "left", "middle": "middle"}[side]
        assert parts.sides[plan.mirror[joint]] == other
    assert {"left", "right", "middle"} == set(parts.sides)
    assert parts.trunk
    assert parts.head


def test_the_head_is_as_large_as_its_distance_from_the_neck_says():
    radii = []
    for stretch in (1.0, 2.0):
        motion = standing()
        motion.positions[0, 0, 3, 1] = 0.5 + 0.22 * stretch
        motion.positions[0, 0, 7, 1] = -4  # something that keeps the scale
        motion.positions[0, 0, 11, 1] = 4
        circle = next(drawn(strip(motion, KINECT20)).iter(f"{SVG}circle"))
        radii.append(float(circle.get("r", "0")))
    assert radii[1] == pytest.approx(2 * radii[0], rel=0.05)


def test_walking_stays_in_its_cell_and_jumping_leaves_the_floor():
    motion = standing(2)
    motion.positions[1] += (5, 0.5, 0)
    picture = strip(motion, KINECT20, frames=2)
    heads = list(drawn(picture).iter(f"{SVG}circle"))
    x = [float(head.get("cx", "")) for head in heads]
    y = [float(head.get("cy", "")) for head in heads]
    times = [float(text.get("x", "")) for text in drawn(picture).iter(f"{SVG}text")]
    assert x == pytest.approx(times, abs=0.2)
    assert y[1] < y[0] - 10


def test_below_stands_under_the_other_at_the_same_size():
    small = standing()
    small.positions[..., :2] *= 0.5
    heads = [float(head.get("r", "0")) for head in drawn(strip(standing(), KINECT20, below=small)).iter(f"{SVG}circle")]
    assert heads[0] == pytest.approx(2 * heads[1], rel=0.1)


HOSTILE = ["<script>alert(1)</script>", 'a"&\'<', "\x00\x0b\ud800\ufffe", "]]>", "\u202eabc", "\u53e5" * 300]


@pytest.mark.parametrize("bad", HOSTILE, ids=range(6))
def test_labels_from_anywhere_are_text(bad):
    for picture in (strip(standing(id=bad), KINECT20, title=bad), sheet([(bad, standing())], KINECT20, title=bad)):
        root = drawn(picture.encode("utf-8").decode())
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            "svg", "title", "desc", "rect", "g", "path", "text", "circle", "polygon"}
    assert safe("a<b & c") == "a&lt;b &amp; c"


def test_a_picture_says_what_it_is():
    root = drawn(strip(standing(3), KINECT20, title="wave", fps=30))
    assert root.get("role") == "img"
    assert root.get("viewBox", "").startswith("0 0 ")
    assert root.findtext(f"{SVG}title") == "wave"
    assert "bodies: 1" in (root.findtext(f"{SVG}desc") or "")


def test_hostile_numbers_make_a_picture_all_the_same():
    motion = standing(4, bodies=2)
    motion.positions[0, 0, 5] = np.nan
    motion.positions[1] = np.inf
    motion.positions[2, 0, 3] = 1e30
    motion.present[3] = False
    assert "nan" not in strip(motion, KINECT20).lower()
    nothing = standing(2)
    nothing.present[:] = False
    assert texts(strip(nothing, KINECT20)) == ["nobody", "frame 0", "nobody", "frame 1"]
    point = Motion.of(np.zeros((1, 1, 1, 3)), "point")
    drawn(strip(point, Skeleton.of("dot", ["a"], [-1])))
    drawn(strip(standing(1, bodies=5), KINECT20))


def test_what_cannot_be_drawn_is_said():
    for frames, turn in ((0, 0.0), (8, np.nan)):
        with pytest.raises(UserError, match="cannot be drawn"):
            strip(standing(), KINECT20, frames=frames, turn=turn)
    with pytest.raises(UserError, match="its own body plan"):
        strip(standing(), KINECT25)
    with pytest.raises(UserError, match="no motion"):
        sheet([], KINECT20)
    with pytest.raises(UserError, match="columns"):
        sheet([("a", standing())], KINECT20, columns=0)


def test_a_sheet_has_a_labelled_strip_for_each():
    picture = sheet([(f"action {i}", standing(20)) for i in range(5)], KINECT20, frames=3, columns=2)
    assert [text for text in texts(picture) if text.startswith("action")] == [f"action {i}" for i in range(5)]
    places = [group.get("transform") for group in drawn(picture).iter(f"{SVG}g")][1:]
    assert len(set(places)) == 5
    assert len({place.split()[0] for place in places if place}) == 2  # two columns


def test_files_are_small():
    picture = strip(standing(100), KINECT20, frames=8)
    assert len(picture) < 16_000
    assert not re.search(r"\d\.\d\d", picture)  # a tenth of a pixel is enough
    assert [number(value) for value in (1.0, -0.04, 2.25, 10.0)] == ["1", "0", "2.2", "10"]


# ── view ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def people(actions: list[str]) -> MotionDataset:
    motions = [standing(5, id=f"r{i:02}", labels={"action": action, "subject": f"P{i % 3}"})
               for i, action in enumerate(actions)]
    return MotionDataset.of(KINECT20, 30, motions)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [(list("aaaabbbb"), [0, 1, 2, 4, 6, 7]), (list("abcdefghijk"), [0, 2, 4, 6, 8, 10]), (list("ab"), [0, 1])],
)
def test_view_spreads_over_actions(actions, expected):
    assert spread(people(actions)) == expected


def test_view_spreads_without_actions():
    unlabelled = MotionDataset.of(KINECT20, 30, [standing(5, id=f"r{i}") for i in range(11)])
    assert spread(unlabelled) == [0, 2, 4, 6, 8, 10]


def test_view_draws_what_is_asked_for(tmp_path):
    data = people(list("abab"))
    out = view_dataset(data, tmp_path / "all.svg")
    assert [text for text in texts(out.read_text(encoding="utf-8")) if "·" in text] == [
        f"{action} · person P{i % 3} · r{i:02}" for i, action in ((0, "a"), (2, "a"), (1, "b"), (3, "b"))]
    one = view_dataset(data, tmp_path / "one.svg", recording="r02", frames=2).read_text(encoding="utf-8")
    assert texts(one) == ["a · person P2 · r02", "0.00 s", "0.13 s"]
    assert view_dataset(data, tmp_path / "same.svg", recording=2, frames=2).read_text(encoding="utf-8") == one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.svg", "one.svg", "same.svg"]


@pytest.fixture
def files(tmp_path) -> Path:
    """Recordings as json files, one of them damaged and one without anybody."""
    for i, action in enumerate("abab"):
        told = {"skeletons": [STANDING.tolist()] * 5, "joint_names": KINECT20.joints,
                "labels": {"action": action}}
        (tmp_path / f"r{i}.json").write_text(json.dumps(told))
    (tmp_path / "r2.json").write_text('{"skeletons": [[[1, 2')
    (tmp_path / "r3.json").write_text((tmp_path / "r1.json").read_text().replace("[[[", "[[], [[", 1))
    return tmp_path


def test_view_reads_any_data_and_passes_over_what_is_damaged(files):
    out = view(files, files / "all.svg", frames=2)
    told = texts(out.read_text(encoding="utf-8"))
    assert [text for text in told if "·" in text] == ["a · r0", "b · r1", "b · r3"]
    assert told.count("nobody") == 1
    one = view(f"{files}/r[01]*.json", files / "one.svg", recording="r1", frames=2, fps=20)
    assert texts(one.read_text(encoding="utf-8")) == ["b · r1", "0.00 s", "0.20 s"]
    same = view(files, files / "number.svg", recording="1", frames=2, fps=20)
    assert same.read_bytes() == one.read_bytes()
    with pytest.raises(UserError, match="such as r1"):
        view(files, files / "none.svg", recording="r11")
    (files / "sub").mkdir()
    (files / "sub" / "bad.json").write_text('{"skeletons": [[[1, 2')
    with pytest.raises(UserError, match="no JSON"):
        view(files / "sub", files / "none.svg")


def test_view_opens_a_store(tmp_path):
    store.write(people(list("ab")), tmp_path / "store")
    out = view(tmp_path / "store", tmp_path / "s.svg", recording="r01")
    assert texts(out.read_text(encoding="utf-8"))[0] == "b · person P1 · r01"


def test_a_picture_of_a_dataset_can_be_larger():
    told = texts(picture_of(people(list("abcdefgh")), frames=2, most=8))
    assert [text[0] for text in told if "·" in text] == list("abcdefgh")


def test_view_refuses_in_words(tmp_path):
    data = people(list("ab"))
    for name in ("all.png", "folder"):
        with pytest.raises(UserError, match=r"\.svg or \.html"):
            view_dataset(data, tmp_path / name)
    with pytest.raises(UserError, match="such as r0"):
        place(data, "r0")
    with pytest.raises(UserError, match="from 0 to 1"):
        place(data, 2)
    (tmp_path / "there.svg").write_text("mine")
    with pytest.raises(UserError, match="--force"):
        view_dataset(data, tmp_path / "there.svg")
    assert (tmp_path / "there.svg").read_text() == "mine"
    assert view_dataset(data, tmp_path / "there.svg", force=True).read_text(encoding="utf-8").startswith("<svg")


# ── original and release ─────────────────────────────────────────────────────────────────────────────────────────────


SIDES = Sides(("before", "after"), (30.0, 30.0))


def jumping(frames: int, id: str = "one", height: float = 0.5) -> Motion:
    """A body that jumps once, in so many frames."""
    motion = standing(frames, id=id)
    motion.positions[..., 1] += height * np.sin(np.linspace(0, np.pi, frames))[:, None, None]
    return motion


def heads(svg: str) -> list[tuple[float, float, float]]:
    return [tuple(float(head.get(key, "")) for key in ("cx", "cy", "r")) for head in drawn(svg).iter(f"{SVG}circle")]


def test_original_and_release_stand_above_each_other_at_the_same_shares_of_their_time():
    picture = pairs([Shown("jump", jumping(61), jumping(31))], KINECT20, SIDES, frames=5)
    told = texts(picture)
    assert told[:5] == ["jump", "original", "2.03 s", "61 frames", "0.00 s"]
    assert told[4:9] == ["0.00 s", "0.50 s", "1.00 s", "1.50 s", "2.00 s"]
    assert told[9:17] == ["release", "1.03 s", "31 frames", "0.00 s", "0.27 s", "0.50 s", "0.73 s", "1.00 s"]
    above, below = np.array(heads(picture)).reshape(2, 5, 3)
    np.testing.assert_array_equal(above[:, 0], below[:, 0])
    np.testing.assert_array_equal(above[:, 2], below[:, 2])
    lift = [side[0, 1] - side[:, 1] for side in (above, below)]
    assert lift[0] == pytest.approx(lift[1], abs=1.5)  # a frame next to it at most
    assert lift[0].argmax() == 2


def test_a_smaller_release_is_drawn_smaller_and_a_short_one_in_as_many_moments():
    small = jumping(3)
    small.positions[..., :2] *= 0.5
    above, below = np.array(heads(pairs([Shown("", jumping(61), small)], KINECT20, SIDES))).reshape(2, 3, 3)
    assert below[0, 2] == pytest.approx(above[0, 2] / 2, rel=0.1)


def test_a_picture_of_both_says_what_is_what_and_whose_it_is():
    shown = [Shown("a", standing(9), standing(9)), Shown("b", standing(9, bodies=2), standing(9))]
    picture = pairs(shown, KINECT20, SIDES, frames=3)
    told = " ".join(texts(picture))
    assert "Above is the original (before), below it the release (after)" in told
    assert "keep it where the originals are kept" in told
    assert told.count("original ") == 1 + 2  # the caption's, and one at each strip
    with pytest.raises(UserError, match="no motion"):
        pairs([], KINECT20, SIDES)
    with pytest.raises(UserError, match="its own body plan"):
        pairs([Shown("a", standing(), Motion.of(np.zeros((2, 3, 3)), "one"))], KINECT20, SIDES)


@pytest.mark.parametrize("bad", HOSTILE[:4], ids=range(4))
def test_names_from_anywhere_are_text_on_the_page(bad):
    sides = Sides((bad, bad), (30.0, 30.0))
    written = page([Shown(bad, standing(3), standing(2))], KINECT20, sides, lead=bad, notes=[bad], footer=bad)
    assert "<script" not in written
    assert written.count("<figure") == 1
    assert "Before you compare" in written
    written.encode("utf-8")


def released_of(data: MotionDataset, rows: list[int], frames: int = 5) -> MotionDataset:
    """A release of some recordings, in that order."""
    return MotionDataset.of(data.skeleton, data.fps, [jumping(frames, data.ids[row], 0.2) for row in rows])


def test_view_matches_both_by_id(tmp_path):
    data = people(list("abab"))
    store.write(data, tmp_path / "data")
    store.write(released_of(data, [3, 1, 0], 9), tmp_path / "release")
    out = view(tmp_path / "data", tmp_path / "both.html", released=tmp_path / "release", frames=2)
    written = out.read_text(encoding="utf-8")
    assert re.findall(r">([^<>]* · [^<>]*)</text>", written) == [
        "a · person P0 · r00", "b · person P1 · r01", "b · person P0 · r03"]
    assert "1 of 4 recordings are not in the release" in written
    assert "3 of 3 recordings last longer or shorter" in written
    assert "the original (data), below it the release (release)" in written
    one = view(tmp_path / "data", tmp_path / "one.svg", released=tmp_path / "release", recording=3, frames=2)
    assert texts(one.read_text(encoding="utf-8"))[0] == "b · person P0 · r03"
    assert len(heads(one.read_text(encoding="utf-8"))) == 4
    with pytest.raises(UserError, match="r02 is not in the release"):
        view(tmp_path / "data", tmp_path / "none.svg", released=tmp_path / "release", recording="r02")
    assert not (tmp_path / "none.svg").exists()


def test_a_picture_shows_few_and_a_page_more(tmp_path):
    data = people(list("abcdefgh"))
    same = released_of(data, list(range(8)))
    few = view_pair(data, same, tmp_path / "few.svg", frames=2).read_text(encoding="utf-8")
    more = view_pair(data, same, tmp_path / "more.html", frames=2).read_text(encoding="utf-8")
    assert (few.count(">release<"), more.count(">release<")) == (3, 6)
    assert "6 of 8 recordings" in more
    assert "Before you compare" not in more


def test_view_finds_the_same_recordings_in_files(files, tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    (release / "r1.json").write_text((files / "r1.json").read_text())
    for data, beside in ((files, release), (release, files)):
        out = view(data, tmp_path / "both.svg", released=beside, frames=2, fps=20, force=True)
        assert [text for text in texts(out.read_text(encoding="utf-8")) if "·" in text] == ["b · r1"]
    store.write(MotionDataset.of(KINECT20, 20, [standing(7, id="r1")]), tmp_path / "store")
    for data, beside in ((files, tmp_path / "store"), (tmp_path / "store", files)):
        told = texts(view(data, tmp_path / "both.svg", released=beside, frames=2, fps=20, force=True).read_text())
        assert {"5 frames", "7 frames"} <= set(told)


def test_a_release_that_is_none_is_refused_in_words(tmp_path):
    data = people(list("ab"))
    store.write(data, tmp_path / "data")
    store.write(MotionDataset.of(KINECT20, 30, [standing(5, id="x")]), tmp_path / "strangers")
    store.write(MotionDataset.of(PLAIN, 30, [standing(5, id="r00")]), tmp_path / "plain")
    for release, said in (("strangers", "no recording of the original is in the release by its id"),
                          ("plain", "body plan 'plain' with 20 joints, the original 'kinect20'"),
                          ("nowhere", "is not there")):
        with pytest.raises(UserError, match=said):
            view(tmp_path / "data", tmp_path / "out.html", released=tmp_path / release)
    with pytest.raises(UserError, match=r"\.svg or \.html"):
        view(tmp_path / "data", tmp_path / "release", released=tmp_path / "data")
    assert not list(tmp_path.glob("*.html"))


def test_a_page_of_one_dataset_holds_its_picture(tmp_path):
    written = view_dataset(people(list("ab")), tmp_path / "all.html", frames=2).read_text(encoding="utf-8")
    assert written.startswith("<!doctype html>")
    assert written.count("<svg") == 1
    assert "person P1 · r01" in written


def test_the_command_takes_a_release_between_data_and_output(tmp_path, capsys):
    data = people(list("ab"))
    store.write(data, tmp_path / "data")
    store.write(released_of(data, [0, 1]), tmp_path / "release")
    for paths, code in (("data release out.html", 0), ("data out.svg", 0), ("data release data out.svg", 2),
                        ("data release", 2), ("data", 2)):
        with pytest.raises(SystemExit) as stopped:
            main(["view", *(str(tmp_path / name) for name in paths.split()), "--frames", "2"])
        assert stopped.value.code == code, paths
    assert "one release of it" in capsys.readouterr().err
    assert (tmp_path / "out.html").read_text(encoding="utf-8").count(">release<") == 2
    assert (tmp_path / "out.svg").read_text(encoding="utf-8").count(">release<") == 0
