"""Balance: the judge that is given the action alone, copies and gaps, and random incomplete designs."""

import itertools
from collections import Counter
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskeleton.balance import tells
from maskeleton.errors import UserError
from maskeleton.splits import Half, open_set, refuse_telling, split, three_parts

from designs import STORY, check_apart, evenly, recordings, table, values


def slow_tells(dataset, train, test):
    """The judge that is given action and camera, by dictionaries."""
    hits = []
    subject, action, camera = (dataset.labels[label].tolist() for label in ("subject", "action", "camera"))
    for row in test:
        for alike in (lambda a, b: (action[a], camera[a]) == (action[b], camera[b]),
                      lambda a, b: action[a] == action[b], lambda a, b: True):
            met = Counter(subject[other] for other in train if alike(row, other))
            if met:
                break
        best = [who for who, times in met.items() if times == max(met.values())]
        hits.append((subject[row] in best) / len(best))
    return np.mean(hits)


@pytest.mark.parametrize("seed", range(5))
def test_tells_equals_the_slow_version(seed):
    order = np.random.default_rng(seed).permutation(96)
    score, chance = tells(STORY, order[:40], order[40:80])
    assert score == pytest.approx(slow_tells(STORY, order[:40], order[40:80]))
    assert chance == pytest.approx(1 / 6)


def test_held_out_pairs_tell_and_are_refused():
    """Who is missing for this action in training is a clue: the judge falls below chance."""
    pairs = [(f"P00{p}", f"a{(p - 1) % 4 + 1}") for p in range(1, 7)]
    out = np.array([(STORY.text("subject", i), STORY.text("action", i)) in pairs for i in range(96)])
    half = Half(np.flatnonzero(~out), np.flatnonzero(out), "pairs")
    assert tells(STORY, half.train, half.test)[0] == 0
    with pytest.raises(UserError, match=r"subject can be guessed from action .* 0\.0000 .* chance is 0\.1667"):
        refuse_telling(STORY, half)
    refuse_telling(STORY, split(STORY, "subject")[0])


# ── copies, gaps and what is too little ──────────────────────────────────────────────────────────────────────────────


def test_copies_never_stand_on_both_sides():
    rows = table()
    copies = {i: i - 1 for i, row in enumerate(rows) if row["camera"] == 2 and row["action"] == "a1"}
    copied = recordings(rows, copies)
    (half,) = split(copied, "subject", "camera")
    assert "12 copies of training recordings are not tested" in half.notes
    assert (len(half.train), len(half.test)) == (48, 36)
    hashes = [{copied.motion_hashes[i] for i in side} for side in (half.train, half.test)]
    assert not hashes[0] & hashes[1]


def test_whose_tested_recordings_are_all_copies_is_left_out():
    rows = table()
    copies = {i: i - 1 for i, row in enumerate(rows) if row["camera"] == 2 and row["subject"] == "P001"}
    copied = recordings(rows, copies)
    (half,) = split(copied, "subject", "camera")
    assert "left out, for want of recordings: P001" in half.notes
    assert values(copied, "subject", half.train) == values(copied, "subject", half.test)
    assert len(half.test) == 40


def test_one_with_next_to_nothing_does_not_spoil_it_for_all():
    rows = [row for row in table() if row["subject"] != "P004" or (row["action"], row["camera"]) == ("a1", 1)]
    (half,) = split(recordings(rows), "subject")
    assert "left out, for want of recordings: P004" in half.notes
    assert (len(half.train), len(half.test)) == (60, 20)


def test_what_is_too_much_is_left_out_and_counted():
    rows = table(takes=4, cameras=1)
    rows = [row for row in rows if row["action"] != "a1" or row["subject"] == "P001" or row["repetition"] < 3]
    uneven = recordings(rows)
    (half,) = split(uneven, "subject")
    assert evenly(uneven, half)
    (note,) = half.notes
    lost = len(uneven) - len(half.train) - len(half.test)
    assert lost > 0
    assert note == (f"{lost} training recordings are left out so that everybody has equally many in every action and "
                    "camera")


def test_unknown_labels_are_left_out_and_counted():
    rows = table()
    del rows[0]["subject"], rows[7]["gender"]
    gappy = recordings(rows)
    halves = split(gappy, "gender")
    assert halves[0].notes == ("2 recordings without a known gender or subject are left out",)
    assert not {0, 7} & {int(i) for half in halves for i in (*half.train, *half.test)}


def test_actions_nobody_trains_are_not_tested():
    rows = table()
    rows = [row for row in rows if row["action"] != "a4" or row["subject"] == "P001"]
    notes = [note for half in split(recordings(rows), "action") for note in half.notes]
    assert notes == ["4 recordings are not tested, because nobody trains their action: a4"]


# ── anything at all ──────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def incomplete(draw):
    people, actions, takes, cameras = (draw(st.integers(low, most)) for low, most in ((2, 6), (1, 5), (1, 4), (1, 2)))
    rows = [row for row in table(people, actions, takes, cameras) if draw(st.integers(0, 9)) > 0]
    copies = {i: draw(st.integers(0, i)) for i in range(len(rows)) if draw(st.integers(0, 19)) == 0}
    return recordings(rows, copies)


def asked(function, *wanted):
    """What is answered, or nothing where the answer is a refusal with a remedy."""
    try:
        return function(*wanted)
    except UserError as refusal:
        if not refusal.wrong or not refusal.remedy:
            raise AssertionError("a refusal says what is wrong and what would work") from refusal
        return ()


@settings(max_examples=150, deadline=None)
@given(incomplete(), st.sampled_from([None, "camera", "action", "repetition"]), st.sampled_from([None, 2]),
       st.integers(0, 3))
def test_identity_halves_are_apart_and_even_or_refused(dataset, by, folds, seed):
    for half in asked(split, dataset, "subject", by, folds, seed):
        check_apart(dataset, half.train, half.test)
        assert evenly(dataset, half)
        people = values(dataset, "subject", half.train)
        assert values(dataset, "subject", half.test) == people
        assert slow_tells(dataset, half.train, half.test) == pytest.approx(1 / len(people))
        assert half.leaks == () or by == "camera"


@settings(max_examples=80, deadline=None)
@given(incomplete(), st.sampled_from(["gender", "action"]), st.sampled_from([None, 1, 2]), st.integers(0, 3))
def test_halves_by_person_share_nobody_or_are_refused(dataset, label, folds, seed):
    for half in asked(split, dataset, label, None, folds, seed):
        check_apart(dataset, half.train, half.test)
        assert not values(dataset, "subject", half.train) & values(dataset, "subject", half.test)
        assert values(dataset, label, half.test) <= values(dataset, label, half.train)
        assert label == "action" or values(dataset, label, half.test) == {"F", "M"}


@settings(max_examples=80, deadline=None)
@given(incomplete(), st.sampled_from(["subject", "gender", "action"]), st.integers(0, 3))
def test_three_parts_are_apart_or_refused(dataset, label, seed):
    for parts in asked(three_parts, dataset, label, None, None, seed):
        for one, other in itertools.combinations((parts.anonymizer, parts.judge, parts.test), 2):
            check_apart(dataset, one, other)
            shared = values(dataset, "subject", one) & values(dataset, "subject", other)
            assert bool(shared) == (label == "subject")


@settings(max_examples=60, deadline=None)
@given(incomplete(), st.integers(0, 3))
def test_open_sets_are_apart_or_refused(dataset, seed):
    for one in asked(open_set, dataset, None, seed):
        check_apart(dataset, one.gallery, one.probe)
        check_apart(dataset, one.train, np.union1d(one.gallery, one.probe))


def test_most_random_designs_have_an_answer():
    answers = 0
    for seed in range(40):
        there = np.random.default_rng(seed).random(6 * 4 * 2 * 2) > 0.1
        answers += bool(asked(split, STORY.select(there), "subject"))
    assert answers == 40


def test_a_hundred_thousand_recordings_take_seconds():
    grid = np.array(list(itertools.product(range(100), range(56), range(6), range(3))), np.int32)
    large = replace(STORY, ids=[f"r{i:06d}" for i in range(len(grid))], names={},
                    motion_hashes=[f"{i:032x}" for i in range(len(grid))],
                    labels=dict(zip(("subject", "action", "repetition", "camera"), grid.T, strict=True)))
    start = perf_counter()
    (half,) = split(large, "subject")
    assert perf_counter() - start < 4
    assert len(half.train) + len(half.test) == len(grid)
