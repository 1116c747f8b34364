"""Who is who in a release, and what is chosen for it: pseudonyms, labels and lengths."""

import stat
from pathlib import Path

import numpy as np
import pytest

from maskeleton.dataset import MotionDataset
from maskeleton.errors import UserError
from maskeleton.motion import Motion
from maskeleton.pseudonyms import Pseudonyms, keys_in
from maskeleton.publish import Choices, as_published, banded, coarser, published, worth_keeping
from maskeleton.skeleton import KINECT25
from maskeleton.verbs import release as verb
from tests.people import crowd, stepping, two_bodies

KEYS = Pseudonyms(b"k" * 32)


@pytest.fixture(scope="module")
def original() -> MotionDataset:
    return crowd(4)


# ── pseudonyms ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_keep_their_numbers_and_new_ones_get_the_next() -> None:
    keys = Pseudonyms(b"k" * 32)
    first = keys.numbers(["ann", "bob", "cem"])
    assert sorted(first.values()) == [1, 2, 3]
    later = keys.numbers(["bob", "dora", "cem"])
    assert later["bob"] == first["bob"]
    assert later["dora"] == 4


def test_another_key_gives_other_numbers_and_no_name_is_in_the_file(tmp_path: Path) -> None:
    people = [f"person {number}" for number in range(30)]
    keys = Pseudonyms(b"k" * 32)
    assert keys.numbers(people) != Pseudonyms(b"j" * 32).numbers(people)
    keys.save(tmp_path / "key")
    assert "person" not in (tmp_path / "key").read_text().replace('"people"', "")
    assert keys_in(tmp_path / "key").numbers(people[::-1]) == keys.numbers(people)


def test_a_key_is_drawn_for_its_owner_alone_and_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys = keys_in(tmp_path / "key")
    assert len(keys.key) == 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert keys_in(tmp_path / "key").key == keys.key
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UserError, match="read by others"):
        keys_in(tmp_path / "key")


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 1, "key": "xyz", "people": {}, "releases": []}',
                                  f'{{"schema": 1, "key": "{"ab" * 32}", "people": {{"t": 1, "u": 1}}, "releases": []}}'])
def test_what_is_no_key_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(UserError, match="holds no key"):
        keys_in(tmp_path / "key")


def test_order_ids_and_numbers_come_from_the_key_alone(original: MotionDataset) -> None:
    once, twice = (published(original, Pseudonyms(b"k" * 32), Choices()) for _ in range(2))
    other = published(original, Pseudonyms(b"o" * 32), Choices())
    assert once.old_ids == twice.old_ids
    assert once.dataset.ids == twice.dataset.ids
    assert once.old_ids != other.old_ids
    assert once.old_ids != original.ids


def test_two_cameras_of_a_take_keep_one_number_and_takes_are_shuffled() -> None:
    motions = [Motion.of(stepping(5 + take) + camera, f"{take}-{camera}", {"subject": 1, "action": 1, "camera": camera,
                                                                          "repetition": take})
               for take in range(1, 9) for camera in (1, 2)]
    plan = published(MotionDataset.of(KINECT25, 30, motions), KEYS, Choices())
    number = {}
    for old, new in zip(plan.old_ids, plan.dataset.labels["repetition"].tolist(), strict=True):
        assert number.setdefault(old[0], new) == new
    assert sorted(number.values()) == list(range(1, 9))
    assert [number[str(take)] for take in range(1, 9)] != list(range(1, 9))


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_asked_for_stays_at_home(original: MotionDataset) -> None:
    plan = published(original, KEYS, Choices())
    assert set(plan.dataset.labels) == {"action", "camera", "setup", "subject", "repetition"}
    assert plan.treated["gender"] == "dropped"
    assert "subject" not in published(original, KEYS, Choices(drop=("subject",))).dataset.labels
    assert "gender" in published(original, KEYS, Choices(keep=("gender",))).dataset.labels


def aged(*ages: int) -> MotionDataset:
    return MotionDataset.of(KINECT25, 30, [Motion.of(stepping(4) + row, str(row), {"subject": row, "age": age})
                                           for row, age in enumerate(ages)])


def test_ages_become_bands() -> None:
    codes, names = banded(aged(3, 17, 18, 64, 65, 90, -1), "age", (0, 18, 65))
    assert names == ["0–17", "18–64", "65+"]
    assert codes.tolist() == [0, 0, 1, 1, 2, 2, -1]
    assert banded(aged(20, 30), "age", (0, 18, 65))[1] == ["18–64"]  # no band that nobody is in


@pytest.mark.parametrize(("choices", "says"), [
    (Choices(drop=("height",)), "--drop-labels height: there is no such label"),
    (Choices(keep=("hair",)), "--keep-labels hair"),
    (Choices(bands={"weight": (0,)}), "--bands weight"),
    (Choices(bands={"gender": (0, 1)}), "'female' is no number"),
    (Choices(drop=("gender",), keep=("gender",)), "two ways"),
    (Choices(bands={"subject": (0, 5)}), "people and takes get new numbers"),
    (Choices(bands={"camera": (2, 3)}), "does not cover 1"),
    (Choices(bands={"camera": (3, 2)}), "does not rise"),
    (Choices(without=("nobody",)), "nobody is called so"),
    (Choices(without=("1", "2", "3", "4")), "nothing is left"),
    (Choices(lengths=0), "--lengths 0"),
])
def test_what_cannot_be_chosen_is_refused_in_words(choices: Choices, says: str, original: MotionDataset) -> None:
    def choose() -> None:
        verb.refuse_labels(original, choices)
        published(original, KEYS, choices)

    with pytest.raises(UserError, match=says):
        choose()


# ── lengths ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_recordings_and_bodies_begin_and_end_at_multiples() -> None:
    whole = coarser(Motion.of(stepping(27)), 10)
    assert whole.present.shape == (20, 1)
    assert np.array_equal(whole.positions[:, 0], stepping(27)[:20])
    both = coarser(Motion.of(two_bodies(12)), 4)
    assert both.present[:, 1].tolist() == [False] * 4 + [True] * 4 + [False] * 4
    short = coarser(Motion.of(stepping(3)), 10)
    assert short.present.all()
    assert len(short.present) == 10
    assert np.isfinite(short.positions).all()


def test_nobody_at_the_ends_and_no_long_gap() -> None:
    there = np.zeros(100, bool)
    there[[5, 6, 60, 61]] = True
    assert worth_keeping(there, 29).tolist() == [5, 6, *range(7, 36), 60, 61]
    positions = stepping(100)[:, None]
    positions[~there] = np.nan
    made = as_published(Motion.of(positions), 1)
    assert len(made.present) == 33
    assert made.present[[0, 1, -2, -1]].all()


def test_which_joints_were_lost_is_not_said() -> None:
    motion = Motion.of(stepping(5))
    lost = motion._replace(tracked=np.ones_like(motion.tracked))
    assert (as_published(lost, 1).tracked == 2).all()
