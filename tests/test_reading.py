"""Linear judges and their lenses: right where they should be, chosen by what was held back, not surer than they were."""

import numpy as np
import pytest

from maskeleton.reading import (
    LENSES,
    Question,
    damped,
    lenses_for,
    linear_reading,
    merit,
    plain,
    reading_by_channel,
    together,
    within_apart,
    within_together,
)

PEOPLE, ACTIONS, TAKES, WIDTH = 5, 30, 4, 10


def question(offset=0.0, people=1.0):
    """Traits in which the action is a hundred times what the person is; the last take is asked about, and all its
    traits are moved by `offset`, in every action otherwise (another camera, say)."""
    rng = np.random.default_rng(0)
    person, action, take = (grid.ravel() for grid in np.meshgrid(
        np.arange(PEOPLE), np.arange(ACTIONS), np.arange(TAKES), indexing="ij"))
    own, done, moved = rng.normal(size=(PEOPLE, WIDTH)), rng.normal(size=(ACTIONS, WIDTH)), rng.normal(size=(ACTIONS, WIDTH))
    values = people * own[person] + 100 * done[action] + 0.3 * rng.normal(size=(len(person), WIDTH))
    order = np.argsort(take == TAKES - 1, kind="stable")
    values[take == TAKES - 1] += offset * moved[action[take == TAKES - 1]]
    learned = int((take < TAKES - 1).sum())
    return Question(values[order], action[order], person[order][:learned]), person[order][learned:], take[order][:learned]


def right(reading, truth):
    return float((reading.scores.argmax(1) == truth).mean())


def pairs_of(take):
    return [(np.flatnonzero(take != last), np.flatnonzero(take == last)) for last in range(TAKES - 1)]


def test_what_the_action_hides_is_found_within_it():
    asked, truth, take = question()
    pairs = pairs_of(take)
    assert right(linear_reading(asked, pairs, plain), truth) < 0.7
    for lens in (within_apart, within_together):
        assert right(linear_reading(asked, pairs, lens), truth) == 1


def test_where_the_asked_ones_are_moved_only_z_scores_apart_find_it():
    asked, truth, take = question(offset=5.0)
    pairs = pairs_of(take)
    assert right(linear_reading(asked, pairs, within_apart), truth) == 1
    assert right(linear_reading(asked, pairs, within_together), truth) < 0.9


def test_nobody_is_found_where_nobody_differs():
    asked, truth, take = question(people=0.0)
    for lens in LENSES.values():
        assert right(linear_reading(asked, pairs_of(take), lens), truth) < 0.45


def test_lenses_that_may_be_used():
    asked, _, _ = question()
    assert list(lenses_for(asked, "subject", "action")) == list(LENSES)
    assert list(lenses_for(asked, "action", "action")) == ["plain"]
    apart = asked._replace(keep=np.arange(len(asked.keep)) // 150)
    assert list(lenses_for(apart, "subject", "action")) == ["plain", "within, apart"]
    assert list(lenses_for(asked._replace(keep=asked.keep * 0), "subject", "action")) == ["plain"]


def test_merit_by_hand():
    two = Question(np.zeros((4, 1)), np.zeros(4), np.array([0, 0, 1, 1]))
    pairs = [(np.arange(0), np.arange(4))]
    held = np.log(np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]]))
    rate, likelihood = merit([held], two, pairs)
    assert rate == 0.75
    assert likelihood == pytest.approx(np.log([0.9, 0.4, 0.4, 0.9]).mean(), abs=1e-5)
    assert merit([held * 0], two, pairs)[0] == 0.5
    three = two._replace(codes=np.array([0, 2, 1, 1]))
    held3 = np.eye(3)[[0, 2, 1, 0]]
    assert merit([held3], three, pairs)[0] == 0.75


def test_who_was_wrong_and_sure_is_sobered_and_still_says_the_same():
    two = Question(np.zeros((8, 1)), np.zeros(8), np.array([0, 0, 0, 1, 1, 1, 0, 1]))
    pairs = [(np.arange(0), np.arange(8))]
    held = 30 * np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 1], [1, 0]], float)
    reading = damped(held, [held], two, pairs)
    assert np.exp(reading.scores.max()) < 0.9
    assert (reading.scores.argmax(1) == held.argmax(1)).all()
    assert reading.merit[1] > merit([held], two, pairs)[1]


def test_two_judges_who_err_on_different_rows_are_better_together():
    truth = np.tile([0, 1], 20)
    two = Question(np.zeros((40, 1)), np.zeros(40), truth)
    pairs = [(np.arange(0), np.arange(40))]
    own = 4.0 * np.eye(2)[truth]
    one, other = own.copy(), own.copy()
    one[:8] = 1.0 * np.eye(2)[1 - truth[:8]]
    other[20:28] = 1.0 * np.eye(2)[1 - truth[20:28]]
    readings = [damped(scores, [scores], two, pairs) for scores in (one, other)]
    both = together(readings, two, pairs)
    assert both.merit[0] == 1
    assert max(reading.merit[0] for reading in readings) < 1


def test_one_who_knows_nothing_is_not_listened_to():
    truth = np.tile([0, 1], 20)
    two = Question(np.zeros((40, 1)), np.zeros(40), truth)
    pairs = [(np.arange(0), np.arange(40))]
    good = 2.0 * np.eye(2)[np.concatenate([truth[:36], 1 - truth[36:]])]
    noise = np.random.default_rng(0).normal(size=(40, 2))
    one, other = (damped(scores, [scores], two, pairs) for scores in (good, noise))
    both = together([other, one], two, pairs)
    np.testing.assert_array_equal(both.scores, one.scores)


def test_what_one_channel_tells_is_not_lost_among_others():
    rng = np.random.default_rng(0)
    truth = np.arange(120) % 4
    values = rng.normal(size=(120, 900))
    values[:, :5] += 1.5 * rng.normal(size=(4, 5))[truth]
    asked = Question(values, np.zeros(120), truth[:80], (np.arange(5), *np.split(np.arange(5, 900), 5)))
    pairs = [(np.arange(60), np.arange(60, 80)), (np.arange(20, 80), np.arange(20))]
    assert right(reading_by_channel(asked, pairs, plain), truth[80:]) >= 0.8
    assert right(linear_reading(asked, pairs, plain), truth[80:]) < 0.7
