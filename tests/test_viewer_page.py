"""Moving skeletons: what a page carries, and what a real browser makes of it."""

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeleton import store
from maskeleton.cli import main
from maskeleton.page.clips import clips, same_action
from maskeleton.page.clips import crowd as several
from maskeleton.page.style import document
from maskeleton.page.viewer import LONGEST, Clip, Track, plain, script, viewer
from maskeleton.skeleton import KINECT25, PLANS, Skeleton

from browser import Browser, Opened
from people import STANDING, crowd, stepping, two_bodies

WEB = Path(__file__).parent.parent / "web"
PLAYER = "document.querySelector('.mk-viewer').viewer"
HOSTILE = ["</script><script>window.ran = true</script>", "<img src=x onerror='window.ran = true'>", "\u202eabc\u2028",
           "]]>\x00\ud800", "&lt;&amp;\"'" * 9, "x" * 10_000]


def track(positions: np.ndarray, name: str = "original", who: str = "", skeleton: Skeleton = KINECT25) -> Track:
    """Of (T, J, 3) or (T, P, J, 3); what is not finite is not there."""
    positions = positions if positions.ndim == 4 else positions[:, None]
    return Track(name, positions, np.isfinite(positions).all(-1).any(-1), skeleton, who)


def raised(frames: int = 31, by: float = 0.2, shift: float = 0.0) -> np.ndarray:
    """The stepping person with one hand higher, elsewhere in the room."""
    positions = stepping(frames)
    positions[:, 7, 1] += by
    return positions + np.float32((shift, 0, 0))


def pair(title: str = "wave", **how: float) -> Clip:
    return Clip(title, "", 30, (track(stepping(31)), track(raised(**how), "release")))


def grid(people: int = 3) -> Clip:
    tracks = [track(stepping(31) * np.float32(1 + person / 20), side, f"person {person}")
              for person in range(people) for side in ("original", "release")]
    return Clip("the same action", "Look who is who.", 30, tuple(tracks))


class Tags(HTMLParser):
    """Elements of a page, and what its scripts hold."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.inside.setdefault(self.tags[-1] if self.tags else "", []).append(data)


def data_of(fragment: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json">(.*?)</script>', fragment, re.DOTALL)
    return json.loads(text)


# ── what a page carries ──────────────────────────────────────────────────────────────────────────────────────────────


def positions_of(data: dict[str, Any], number: int = 0) -> np.ndarray:
    motion = data["motions"][number]
    steps = np.frombuffer(b64decode(motion["steps"]), "<i2").astype(float)
    steps[steps == -32768] = np.nan
    return steps.reshape(motion["frames"], motion["bodies"], motion["joints"], 3) * motion["unit"] + motion["middle"]


def test_positions_travel_to_a_tenth_of_a_millimetre_and_absence_with_them():
    positions = two_bodies()
    found = positions_of(data_of(viewer([Clip("", "", 30, (track(positions),))])))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(positions))
    np.testing.assert_allclose(found, positions, atol=1e-4)


def test_what_is_shown_twice_travels_once():
    data = data_of(viewer([pair(), pair("again"), Clip("", "", 30, (track(stepping(31)),))]))
    assert (len(data["clips"]), len(data["motions"]), len(data["plans"])) == (3, 2, 1)
    assert [one["motion"] for clip in data["clips"] for one in clip["tracks"]] == [0, 1, 0, 1, 0]


def test_long_and_quick_recordings_are_cut_and_thinned_and_it_is_said():
    slow, quick = data_of(viewer([Clip("", "", (10, 240), (track(stepping(LONGEST + 50)), track(stepping(241))))]))[
        "clips"][0]["tracks"]
    assert (slow["fps"], slow["left_out"]) == (10, 5)
    assert (quick["fps"], quick["left_out"]) == (60, 0)


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_names_from_anywhere_stay_names(bad):
    clip = Clip(bad, bad, 30, (track(stepping(3), bad, bad),))
    fragment = viewer([clip])
    assert Tags(fragment).tags == ["section", "p", "script"]
    told = data_of(fragment)["clips"][0]
    assert told["title"] == told["tracks"][0]["who"] == plain(bad)
    assert len(told["title"]) <= 160
    assert told["title"].isprintable()
    assert fragment.isascii()


def test_people_who_do_the_same_are_found():
    data = crowd(people=4, actions=2, takes=2)
    rows = same_action(data)
    assert [data.text("subject", row) for row in rows] == ["1", "2", "3", "4"]
    assert {data.text("action", row) for row in rows} == {"01_stand"}  # the other has a second body once
    clip = several(data, data, most=3)
    assert clip is not None
    assert [(one.who, one.name) for one in clip.tracks][:3] == [
        ("person 1", "original"), ("person 1", "release"), ("person 2", "original")]
    assert len(clip.tracks) == 6
    assert clip.title == "3 people, the same action: 01_stand"
    assert several(crowd(people=1)) is None
    assert [one.title for one in clips(data, {0: "first"}, together=False)] == ["first"]


def test_the_script_is_what_the_sources_say():
    names = ["build.mjs", *sorted(f"src/{path.name}" for path in (WEB / "src").iterdir())]
    told = hashlib.sha256(b"".join(name.encode() + b"\0" + (WEB / name).read_bytes() + b"\0" for name in names))
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name in ("esbuild", "three"):
        told.update(f"{name} {locked[f'node_modules/{name}']['integrity']}\0".encode())
    assert told.hexdigest() in script()[:300], "web/ has changed: run web/build"
    assert "three.js authors" in script()
    assert script().count("</script") == 1


# ── what a browser makes of it ───────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def shown(browser: Browser, folder: Path, clips: Sequence[Clip], more: str = "", **how: Any) -> Iterator[Opened]:
    """A page of nothing but a viewer that has drawn, and that had nothing wrong with it in the end."""
    file = folder / "page.html"
    file.write_text(document("Moving", f"{more}<h1>Moving</h1>{viewer(clips)}{script()}"), "utf-8")
    with browser.open(file, **how) as opened:
        opened.page.wait_for_function(f"{PLAYER}?.drawn")
        yield opened
        assert (opened.wrong, opened.asked) == ([], [])


def ask(opened: Opened, what: str) -> Any:
    return opened.page.evaluate(f"() => {{ const v = {PLAYER}; return {what}; }}")


def pixels(opened: Opened) -> list[int]:
    """The picture as it is now, small: red, green, blue of 80 × 60 places."""
    return opened.page.evaluate(f"""() => {{
        const v = {PLAYER}; v.draw();
        const small = Object.assign(document.createElement("canvas"), {{ width: 80, height: 60 }});
        const pen = small.getContext("2d");
        pen.drawImage(v.stage.querySelector("canvas"), 0, 0, 80, 60);
        return [...pen.getImageData(0, 0, 80, 60).data].filter((_, i) => i % 4 < 3);
    }}""")


def differ(one: list[int], other: list[int]) -> int:
    return int((np.abs(np.array(one) - other).reshape(-1, 3).max(1) > 12).sum())


def blank(picture: list[int]) -> bool:
    return len(np.unique(np.array(picture).reshape(-1, 3), axis=0)) < 12


def test_it_plays_and_joints_move(browser, tmp_path):
    with shown(browser, tmp_path, [Clip("", "", 30, (track(stepping(301)),))]) as opened:
        assert not blank(pixels(opened))
        assert ask(opened, "v.playing")
        across = "v.clip.tracks[0].at(v.seconds)[18] - 0.3 * v.seconds"  # a hand, and how far the body has walked since
        start = ask(opened, "v.seconds")
        opened.page.wait_for_function(f"{PLAYER}.seconds > {start + 0.3}")
        assert ask(opened, "v.clip.tracks[0].pose[18]") > -0.24 + 0.3 * (start + 0.29)
        assert ask(opened, across) == pytest.approx(-0.24, abs=2e-3)
        opened.page.get_by_role("button", name="Pause").click()
        stopped = ask(opened, "v.seconds")
        opened.page.wait_for_timeout(150)
        assert ask(opened, "v.seconds") == stopped


def test_who_wants_no_motion_gets_none_before_asking(browser, tmp_path):
    with shown(browser, tmp_path, [pair()], still=True) as opened:
        opened.page.wait_for_timeout(150)
        assert (ask(opened, "v.playing"), ask(opened, "v.seconds")) == (False, 0)
        opened.page.get_by_role("button", name="Play").click()
        opened.page.wait_for_function(f"{PLAYER}.seconds > 0.1")


def test_a_mouse_walks_round_the_people_and_a_wheel_is_the_pages_until_asked(browser, tmp_path):
    with shown(browser, tmp_path, [pair()], "<p style='height:200px'>", still=True) as opened:
        before = pixels(opened)
        page, box = opened.page, opened.page.locator(".mk-stage").bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 200)
        page.mouse.wheel(0, 50)
        page.wait_for_function("scrollY > 0")
        assert ask(opened, "v.camera.zoom") == 1
        page.mouse.down()
        page.mouse.move(box["x"] + 400, box["y"] + 210, steps=3)
        page.mouse.up()
        assert differ(before, pixels(opened)) > 40
        page.locator(".mk-stage").focus()
        page.mouse.wheel(0, -200)
        page.wait_for_function(f"{PLAYER}.camera.zoom > 1.1")


def test_fingers_turn_and_bring_nearer_and_the_page_still_scrolls(browser, tmp_path):
    with shown(browser, tmp_path, [pair()], width=390, touch=True, still=True) as opened:
        session = opened.page.context.new_cdp_session(opened.page)
        box = opened.page.locator(".mk-stage").bounding_box()

        def touched(kind: str, *places: tuple[int, int]) -> None:
            points = [{"x": box["x"] + x, "y": box["y"] + y, "id": finger} for finger, (x, y) in enumerate(places)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        for step in range(6):
            touched("touchMove" if step else "touchStart", (100 + 20 * step, 200))
        touched("touchEnd")
        assert ask(opened, "[v.camera.turn < -0.3, v.camera.rise, v.camera.zoom]") == [True, 0.16, 1]
        for step in range(6):
            touched("touchMove" if step else "touchStart", (150 - 10 * step, 200), (200 + 10 * step, 200))
        touched("touchEnd")
        assert ask(opened, "v.camera.zoom") > 1.5
        assert opened.page.evaluate("getComputedStyle(document.querySelector('.mk-stage')).touchAction") == "pan-y"


def test_the_slider_sets_the_time_and_between_frames_is_between(browser, tmp_path):
    with shown(browser, tmp_path, [pair()], still=True) as opened:
        page = opened.page
        slider = page.get_by_role("slider", name="Time")
        slider.evaluate("(one) => { one.value = 0.5; one.dispatchEvent(new Event('input')); }")
        page.wait_for_function("document.querySelector('.mk-time').textContent === '0.50 s / 1.00 s'")
        assert ask(opened, "v.seconds") == 0.5
        assert slider.get_attribute("aria-valuetext") == "0.50 s of 1.00 s"
        expected = stepping(31)[14:16, 7]
        np.testing.assert_allclose(ask(opened, "v.clip.tracks[0].pointAt(14.25 / 30, 21)"),
                                   0.75 * expected[0] + 0.25 * expected[1], atol=2e-4)


def test_everything_goes_by_keys_alone(browser, tmp_path):
    with shown(browser, tmp_path, [grid(), pair()], still=True) as opened:
        page = opened.page
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "mk-stage":
                break
        else:
            pytest.fail("the stage is not reached")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        said = {".": "v.seconds * 30", ",": "v.seconds * 30", "End": "v.seconds", "Home": "v.seconds", "]": "v.speed",
                "[": "v.speed", "ArrowLeft": "v.camera.turn", "ArrowUp": "v.camera.rise", "+": "v.camera.zoom",
                "-": "v.camera.zoom", "t": "v.show.trails", "h": "v.show.hips", "g": "v.show.floor", "f": "v.show.follow",
                "c": "v.colour", "o": "v.layout", "n": "v.clip.title", "p": "v.clip.title", "0": "v.camera.turn"}
        for key, what in said.items():
            before = ask(opened, what)
            if key in (",", "Home"):
                page.keyboard.press("End")
                before = ask(opened, what)
            page.keyboard.press(key)
            assert ask(opened, what) != before, key
        page.keyboard.press(" ")
        page.wait_for_function(f"{PLAYER}.seconds > 0.05")
        told = page.locator(".mk-help kbd").all_text_contents()
        assert {"space", "n", "o", "t"} <= set(told)


def test_colours_tell_how_far_from_the_original(browser, tmp_path):
    far = "[...v.moved.get(v.clip.tracks[1]).at(v.seconds, v.clip.tracks[1].at(v.seconds), {})]"
    with shown(browser, tmp_path, [pair(by=0.2, shift=1.0)], still=True) as opened:
        laid, apart = (np.array(ask(opened, far.format(hips))) for hips in ("true", "false"))
        assert laid[7] == pytest.approx(0.2, abs=1e-3)
        assert np.delete(laid, 7).max() < 1e-3
        np.testing.assert_allclose(np.delete(apart, 7), 1, atol=1e-3)
        assert "hips laid on hips" in opened.page.locator(".mk-legend").inner_text()
        opened.page.get_by_role("button", name="Hips on hips").click()
        opened.page.wait_for_function("document.querySelector('.mk-legend').textContent.includes('1 m and more')")
        opened.page.get_by_label("Colours").select_option("Colour: left and right")
        opened.page.wait_for_function("document.querySelector('.mk-legend').textContent === 'leftrightmiddle'")


def test_a_release_of_another_tempo_plays_in_seconds_of_its_own(browser, tmp_path):
    positions = stepping(61)
    clip = Clip("", "", (30, 60), (track(positions), track(positions, "release")))
    with shown(browser, tmp_path, [clip], still=True) as opened:
        assert ask(opened, "[v.clip.seconds, v.clip.tracks[1].seconds]") == [2, 1]
        for seconds, frames in ((0.5, (15, 30)), (1.5, (45, 60))):
            for number, frame in enumerate(frames):
                np.testing.assert_allclose(ask(opened, f"v.clip.tracks[{number}].pointAt({seconds}, 0)"),
                                           positions[frame, 0], atol=1e-3)
        same = ask(opened, "[...v.moved.get(v.clip.tracks[1]).at(0.5, v.clip.tracks[1].at(0.5), false)]")
        assert max(same) < 1e-3  # the same share of the time is the same pose


def test_layouts_lay_everybody_where_they_belong(browser, tmp_path):
    with shown(browser, tmp_path, [grid(4), pair(shift=1.0)], still=True) as opened:
        count = "v.cells.map((cell) => [cell.who, cell.name, cell.tracks.length].join())"
        assert ask(opened, count)[:3] == ["person 0,original,1", "person 0,release,1", "person 1,original,1"]
        shapes = []
        for name, first in (("Overlaid", "person 0,,2"), ("All in one", ",original,4"), ("Side by side", None)):
            opened.page.get_by_role("button", name=name).click()
            shapes.append(pixels(opened))
            assert first in (None, ask(opened, count)[0])
        assert differ(shapes[0], shapes[1]) > 40
        opened.page.get_by_label("Recording", exact=True).select_option("wave")
        opened.page.get_by_role("button", name="Overlaid").click()
        hips = "v.figuresOf(v.cells[0]).map((one) => one.pose[0] + one.x)"
        assert np.ptp(ask(opened, hips)) == pytest.approx(0, abs=1e-3)
        opened.page.get_by_role("button", name="Hips on hips").click()
        assert np.ptp(ask(opened, hips)) == pytest.approx(1, abs=1e-3)


def test_wide_people_stand_in_two_rows_and_pairs_above_each_other(browser, tmp_path):
    wide = [one._replace(positions=one.positions * np.float32((3, 1, 1))) for one in grid(8).tracks]
    alone = Clip("alone", "", 30, tuple(one for one in wide if one.name == "original"))
    rows = "[...new Set(v.cells.map((cell) => cell.y))].length + ' × ' + [...new Set(v.cells.map((cell) => cell.x))].length"
    with shown(browser, tmp_path, [alone, grid(8)], still=True) as opened:
        assert ask(opened, rows) == "2 × 4"
        ask(opened, "v.choose(1)")
        assert ask(opened, rows) == "2 × 8"
        assert ask(opened, "[v.stage.clientHeight, v.tall]") == [480, 480]


def test_any_body_plan_and_any_number_of_bodies(browser, tmp_path):
    plain_plan = Skeleton.of("plain", [f"p{joint}" for joint in range(9)], (-1, 0, 1, 2, 3, 4, 5, 6, 7))
    shown_plans = [*PLANS.values(), plain_plan]
    clips = [Clip(plan.name, "", 30, (track(stepping(9)[:, np.arange(len(plan.joints)) % 25], skeleton=plan),))
             for plan in shown_plans]
    clips.append(Clip("two", "", 30, (track(two_bodies()),)))
    with shown(browser, tmp_path, clips, still=True) as opened:
        for number in range(len(clips)):
            ask(opened, f"v.choose({number})")
            assert not blank(pixels(opened)), clips[number].title
        ask(opened, "v.seek(5 / 30)")
        assert ask(opened, "[...v.clip.tracks[0].at(v.seconds)].some(Number.isNaN)") is False
        ask(opened, "v.seek(1 / 30)")
        assert ask(opened, "[...v.clip.tracks[0].at(v.seconds)].filter(Number.isNaN).length") == 75


def test_nobody_and_nothing_are_said(browser, tmp_path):
    nobody = np.full((5, 1, 25, 3), np.nan)
    clips = [Clip("empty", "", 30, (track(np.zeros((0, 1, 25, 3))), track(nobody, "release")))]
    with shown(browser, tmp_path, clips) as opened:
        assert opened.page.get_by_text("nobody is there").count() == 2
        opened.page.locator(".mk-stage").focus()
        for key in (" ", ".", "End", "o", "t", "h", "f"):
            opened.page.keyboard.press(key)
    file = tmp_path / "none.html"
    for none in ([], [Clip("none", "", 30, ())]):
        file.write_text(document("", viewer(none) + script()))
        with browser.open(file) as opened:
            opened.page.get_by_text("There is no motion to show.").wait_for()
            assert opened.wrong == []


def test_hostile_names_are_shown_and_do_not_run(browser, tmp_path):
    clips = [Clip(bad, bad, 30, (track(stepping(3), "original", bad), track(stepping(3), bad, bad))) for bad in HOSTILE]
    clips.append(Clip("all", "", 30, tuple(track(stepping(3), bad, bad) for bad in HOSTILE)))
    with shown(browser, tmp_path, clips, width=390, still=True) as opened:
        for number in range(len(clips)):
            ask(opened, f"v.choose({number})")
            opened.page.wait_for_timeout(30)
        assert opened.page.evaluate("window.ran") is None
        assert opened.page.locator(".mk-viewer img, .mk-viewer script").count() == 1  # the data
        assert opened.page.locator(".mk-label b").first.inner_text().startswith("</script>")
        assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "touch"), [(1280, False), (360, True)])
def test_names_stand_apart_and_nothing_leaves_the_window(browser, tmp_path, width, touch):
    with shown(browser, tmp_path, [grid(8)], width=width, touch=touch, still=True) as opened:
        opened.page.wait_for_function("[...document.querySelectorAll('.mk-label')].every(one => one.offsetWidth > 0)")
        boxes = [label.bounding_box() for label in opened.page.locator(".mk-label").all()]
        assert len(boxes) == 16
        for i, one in enumerate(boxes):
            for other in boxes[:i]:
                assert (one["x"] + one["width"] <= other["x"] + 0.5 or other["x"] + other["width"] <= one["x"] + 0.5
                        or one["y"] + one["height"] <= other["y"] + 0.5 or other["y"] + other["height"] <= one["y"] + 0.5)
        assert min(box["width"] for box in boxes) > 95
        assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not blank(pixels(opened))


CONTRAST = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => { const own = getComputedStyle(one).backgroundColor;
    return own.startsWith("rgba(0, 0, 0, 0") && one.parentElement ? ground(one.parentElement) : own; };
  return [...document.querySelectorAll(".mk-viewer *")]
    .filter((one) => one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => [one.className + " " + one.textContent.slice(0, 20), light(getComputedStyle(one).color), light(ground(one))])
    .map(([name, a, b]) => [name, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_as_light_or_dark_as_its_page_and_can_be_read(browser, tmp_path, dark):
    style = f"<style>body {{ background: {'#14181d' if dark else '#fff'} !important; }}</style>"
    with shown(browser, tmp_path, [grid(), pair()], style, dark=dark, still=True) as opened:
        assert opened.page.locator(".mk-viewer").get_attribute("data-theme") == ("dark" if dark else "light")
        bright = float(np.mean(pixels(opened)))
        assert bright < 90 if dark else bright > 180
        opened.page.locator(".mk-help summary").click()
        found = opened.page.evaluate(CONTRAST)
        assert len(found) > 30
        assert [(name, round(ratio, 1)) for name, ratio in found if ratio < 4.5] == []


def test_every_control_has_a_name_and_no_id_is_needed(browser, tmp_path):
    with shown(browser, tmp_path, [grid(), pair()], still=True) as opened:
        controls = opened.page.locator(".mk-viewer button, .mk-viewer select, .mk-viewer input, .mk-stage")
        assert controls.count() > 12
        for control in controls.all():
            assert control.get_attribute("aria-label") or control.inner_text().strip()
        assert opened.page.get_by_role("region", name="Moving skeletons").count() == 1


def test_without_webgl_it_is_drawn_flat_and_says_so(browser, tmp_path):
    with browser.another("--disable-3d-apis") as other, shown(other, tmp_path, [grid(), pair()]) as opened:
        assert "Drawn flat" in opened.page.locator(".mk-note").inner_text()
        before = pixels(opened)
        assert not blank(before)
        ask(opened, "(v.camera.orbit(0.8, 0), v.toggle('trails'), v.seek(0.6))")
        assert differ(before, pixels(opened)) > 40


def test_paper_shows_the_strips_and_so_does_a_page_without_scripts(browser, tmp_path):
    data = crowd(people=3)
    store.write(data, tmp_path / "data")
    with pytest.raises(SystemExit) as stopped:
        main(["view", str(tmp_path / "data"), str(tmp_path / "data"), str(tmp_path / "both.html"), "--frames", "3"])
    assert stopped.value.code == 0
    with browser.open(tmp_path / "both.html", still=True) as opened:
        opened.page.wait_for_function(f"{PLAYER}?.drawn")
        titles = opened.page.get_by_label("Recording", exact=True).locator("option").all_text_contents()
        assert titles[0] == "3 people, the same action: 01_stand"
        assert len(titles) == 7
        assert opened.page.locator("figure svg").first.is_visible()
        assert opened.page.get_by_text("Not for publishing").is_visible()
        opened.page.emulate_media(media="print")
        assert not opened.page.locator(".mk-viewer").is_visible()
        assert opened.page.locator("figure svg").first.is_visible()
        assert (opened.wrong, opened.asked) == ([], [])
    with browser.open(tmp_path / "both.html", flags={"java_script_enabled": False}) as opened:
        assert opened.page.get_by_text("where a page may run its own scripts").is_visible()
        assert opened.page.locator("figure svg").first.is_visible()


def test_two_viewers_on_a_page_do_not_know_each_other(browser, tmp_path):
    with shown(browser, tmp_path, [pair()], viewer([grid()], height=200), still=True) as opened:
        opened.page.evaluate("document.querySelectorAll('.mk-viewer')[1].scrollIntoView()")
        opened.page.wait_for_function("document.querySelectorAll('.mk-viewer')[1].viewer?.drawn")
        opened.page.locator(".mk-stage").nth(1).focus()
        opened.page.keyboard.press("t")
        trails = "[...document.querySelectorAll('.mk-viewer')].map((one) => one.viewer.show.trails)"
        assert opened.page.evaluate(trails) == [False, True]


def test_a_standing_person_faces_us_with_the_left_on_our_right(browser, tmp_path):
    with shown(browser, tmp_path, [Clip("", "", 30, (track(np.repeat(STANDING[None], 2, 0)),))], still=True) as opened:
        across = ask(opened, """(() => {
            const [figure] = v.figuresOf(v.cells[0]);
            const view = v.camera.view(v.room, v.cells[0]);
            return [4, 8].map((joint) => [0, 1, 2].reduce((sum, axis) => sum + view.right[axis]
                * (figure.pose[joint * 3 + axis] + [figure.x, figure.y, figure.z][axis]), 0));
        })()""")
        assert across[0] > 0 > across[1]
