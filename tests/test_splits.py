"""Splits: stories with answers one can count, and refusals in words."""

import itertools

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.splits import Half, open_set, split, three_parts

from designs import STORY, evenly, recordings, table, values


def test_identity_goes_by_take_and_is_even():
    (half,) = split(STORY, "subject")
    assert (half.by, half.leaks, half.notes) == ("take", (), ())
    # of four actions two start their round where one of the two takes falls to the tested group
    assert (len(half.train), len(half.test)) == (72, 24)
    assert not set(STORY.takes[half.train]) & set(STORY.takes[half.test])
    assert evenly(STORY, half)
    assert values(STORY, "subject", half.train) == values(STORY, "subject", half.test)


def test_every_take_is_tested_once_over_four_folds():
    halves = split(STORY, "subject", folds=4)
    assert sorted(np.concatenate([half.test for half in halves]).tolist()) == list(range(96))
    assert all(evenly(STORY, half) for half in halves)


def test_what_is_done_once_is_held_out_whole():
    once = recordings(table(people=5, actions=8, takes=1, cameras=1))
    halves = split(once, "subject", folds=4)
    for half in halves:
        assert not values(once, "action", half.train) & values(once, "action", half.test)
        assert (len(half.train), len(half.test)) == (30, 10)  # 6 and 2 actions of 5 people


def test_what_somebody_did_not_do_is_tested_rather_than_trained():
    rows = table(people=5, actions=8, takes=1, cameras=1)
    gappy = recordings([row for row in rows if (row["subject"], row["action"]) != ("P003", "a5")])
    for seed in range(5):
        (half,) = split(gappy, "subject", seed=seed)
        assert (len(half.train), len(half.test), half.notes) == (30, 9, ())
        assert "a5" in values(gappy, "action", half.test)


def test_who_lacks_a_repetition_lacks_it_in_the_tested_half():
    rows = table(takes=4, cameras=1)
    rows.remove({"subject": "P002", "gender": "M", "action": "a1", "repetition": 3, "camera": 1})
    gappy = recordings(rows)
    (half,) = split(gappy, "subject")
    assert (len(half.train), len(half.test), half.notes) == (72, 23, ())
    assert evenly(gappy, half)


def test_attributes_go_by_person_and_every_half_has_both():
    halves = split(STORY, "gender")
    assert [half.by for half in halves] == ["person"] * 3  # three women, three men: no more folds than that
    for half in halves:
        assert not values(STORY, "subject", half.train) & values(STORY, "subject", half.test)
        assert values(STORY, "gender", half.test) == values(STORY, "gender", half.train) == {"F", "M"}
    assert sorted(np.concatenate([half.test for half in halves]).tolist()) == list(range(96))


def test_actions_go_by_person_in_four_folds():
    halves = split(STORY, "action")
    assert sorted(len(values(STORY, "subject", half.test)) for half in halves) == [1, 1, 2, 2]
    assert sorted(np.concatenate([half.test for half in halves]).tolist()) == list(range(96))
    assert len(split(STORY, "action", folds=1)) == 1
    assert len(split(STORY, "action", by="subject", folds=6)) == 6


def test_by_camera_leaks_takes():
    first, second = split(STORY, "subject", "camera", folds=2)
    assert first.leaks == ("take",)
    assert (values(STORY, "camera", first.train), values(STORY, "camera", first.test)) == ({"2"}, {"1"})
    assert values(STORY, "camera", second.test) == {"2"}
    (named,) = split(STORY, "subject", "camera:1")
    assert (named.by, values(STORY, "camera", named.test)) == ("camera:1", {"2"})


def test_by_repetition_tests_the_last_and_by_values_the_rest():
    three = recordings(table(takes=3, cameras=1))
    (half,) = split(three, "subject", "repetition")
    assert (values(three, "repetition", half.test), half.leaks) == ({"3"}, ())
    (half,) = split(three, "subject", "repetition:2-3")
    assert (values(three, "repetition", half.train), values(three, "repetition", half.test)) == ({"2", "3"}, {"1"})


def test_by_action_holds_a_quarter_of_the_actions_out():
    (half,) = split(STORY, "subject", "action")
    assert len(values(STORY, "action", half.test)) == 1
    assert len(values(STORY, "action", half.train)) == 3


def test_an_attribute_tested_on_the_same_people_leaks_them():
    for by in ("take", "camera:1", "repetition", "action"):
        assert "subject" in split(STORY, "gender", by)[0].leaks
    assert split(STORY, "gender")[0].leaks == ()
    assert split(STORY, "action", "take")[0].leaks == ()


def test_people_by_name_or_number():
    for by in ("subject:P001,P003-", "subject:1,3", "subject:1,003"):
        if by.endswith("-"):
            with pytest.raises(UserError, match="no recording has the subject 'P003-'"):
                split(STORY, "action", by)
        else:
            assert values(STORY, "subject", split(STORY, "action", by)[0].train) == {"P001", "P003"}


def test_three_parts_share_no_recording():
    for label, by in itertools.product(("subject", "action", "gender"), (None, "take")):
        for parts in three_parts(recordings(table(people=12)), label, by):
            three = parts.anonymizer, parts.judge, parts.test
            assert all(len(part) for part in three)
            assert len(np.unique(np.concatenate(three))) == sum(map(len, three))


def test_three_parts_keep_people_and_takes_apart():
    many = recordings(table(people=12))
    for parts in three_parts(many, "gender"):
        people = [values(many, "subject", part) for part in (parts.anonymizer, parts.judge, parts.test)]
        assert len(set.union(*people)) == sum(map(len, people)) == 12
        assert all(values(many, "gender", part) == {"F", "M"} for part in (parts.anonymizer, parts.judge, parts.test))
    (parts,) = three_parts(STORY, "subject")
    takes = [set(STORY.takes[part]) for part in (parts.anonymizer, parts.judge, parts.test)]
    assert len(set.union(*takes)) == sum(map(len, takes))
    assert evenly(STORY, Half(parts.judge, parts.test, ""))
    with pytest.raises(UserError, match="only one person each has the gender"):
        three_parts(recordings(table(people=4)), "gender")  # two women cannot be in three parts


def test_open_set_shows_strangers_once():
    many = recordings(table(people=8))
    sets = open_set(many)
    seen = [values(many, "subject", one.probe) for one in sets]
    assert sorted(itertools.chain(*seen)) == sorted(values(many, "subject", range(len(many))))
    for one, strangers in zip(sets, seen, strict=True):
        assert values(many, "subject", one.gallery) == strangers
        assert not values(many, "subject", one.train) & strangers
        assert not set(many.takes[one.gallery]) & set(many.takes[one.probe])
    with pytest.raises(UserError, match="3 people are too few"):
        open_set(recordings(table(people=3)))


def test_neither_the_order_of_files_nor_the_day_matters():
    order = np.random.default_rng(3).permutation(96)
    shuffled = STORY.select(order)
    for label, by in (("subject", None), ("gender", None), ("action", "take"), ("subject", "action")):
        for one, other in zip(split(STORY, label, by), split(shuffled, label, by), strict=True):
            assert {STORY.ids[i] for i in one.train} == {shuffled.ids[i] for i in other.train}
            assert {STORY.ids[i] for i in one.test} == {shuffled.ids[i] for i in other.test}
    assert len({tuple(split(STORY, "action", seed=seed)[0].test) for seed in range(6)}) > 1


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = [
    (("mood", None), "no recording has a label 'mood'\nthere are: action, camera, gender, repetition, subject"),
    (("subject", "person"), "no subject is in both halves, so none could be recognized\nsplit by camera or take"),
    (("subject", "subject:1-3"), "no subject is in both halves"),
    (("action", "action"), "no action is in both halves, so none could be recognized\nsplit by person or take"),
    (("subject", "moon"), "there is no split by 'moon'\nthere are: person, take, action, camera"),
    (("subject", "camera:3"), "no recording has the camera '3'\nthere are: 1, 2"),
    (("subject", "camera:1-2"), "every camera would train and none would be tested"),
    (("gender", "gender:F"), "no gender is in both halves"),
    (("gender", "subject:1,3,5"), "no gender M would be in the training half"),
    (("subject", "ntu120-xset"), "ntu120-xset goes by setup, but the recordings have no such label"),
    (("subject", "ntu60-xsub"), "no subject is in both halves"),
]


@pytest.mark.parametrize(("asked", "answer"), REFUSED, ids=[f"{label} by {by}" for (label, by), _ in REFUSED])
def test_refused_in_words(asked, answer):
    with pytest.raises(UserError) as refusal:
        split(STORY, *asked)
    assert str(refusal.value).startswith(answer)
    assert refusal.value.remedy


@pytest.mark.parametrize(("rows", "label", "answer"), [
    (table(people=1), "subject", "label 'subject' has one value only: P001"),
    (table(people=1), "action", "there is one person only: P001"),
    (table(actions=1), "action", "label 'action' has one value only: a1"),
    (table(people=3), "gender", "only one person each has the gender M"),
    ([{"action": "a"}, {"action": "b"}], "action", "nobody is named: the recordings have no label 'subject'"),
    (table(actions=1, takes=1, cameras=1), "subject", "by take all recordings would stand in one half"),
    ([{"subject": "A", "action": "a"}, {"subject": "B", "action": "b"}], "subject", "no subject is in both halves"),
    ([], "subject", "no recording has a label 'subject'"),
])  # fmt: skip
def test_too_little_is_refused_in_words(rows, label, answer):
    with pytest.raises(UserError) as refusal:
        split(recordings(rows), label)
    assert str(refusal.value).startswith(answer)
    assert refusal.value.remedy


@pytest.mark.parametrize(("label", "by", "folds", "answer"), [
    ("gender", None, 4, "4 folds by person need 4 people of each value, but there are 3"),
    ("action", None, 7, "7 folds by person need 7 people, but there are 6"),
    ("action", None, 0, "there cannot be 0 folds"),
    ("subject", "camera", 3, "by camera there can be no 3 folds"),
    ("subject", "take", 9, "by take there can be no 9 folds"),
    ("subject", "camera:1", 2, "by camera:1 there can be no 2 folds"),
])
def test_too_many_folds_are_refused(label, by, folds, answer):
    with pytest.raises(UserError, match=answer):
        split(STORY, label, by, folds)
