"""Scores: every metric against a small example done by hand or a slow obvious version; intervals that keep their
promise; labels that say nothing."""

import time

import numpy as np
import pytest

from maskeleton.answers import Answers, checked
from maskeleton.errors import UserError
from maskeleton.rates import METRICS, average_precision
from maskeleton.score import (
    agreement,
    by_action,
    joined,
    per_person,
    permuted,
    primary,
    score,
    wilson,
)

NAN = float("nan")


def ask(scores, truth, person=None, keep=None, seed=0, ids=(), classes=None):
    """Answers from lists."""
    rows = len(truth)
    return Answers(np.array(truth if person is None else person), np.array(truth), np.array(scores, np.float32),
                   np.zeros(rows, int) if keep is None else np.array(keep), np.full(rows, seed), tuple(ids),
                   np.arange(np.shape(scores)[1]) if classes is None else np.array(classes))


def naming(people, recordings, rates, rng, seed=0, choices=None):
    """Each person is named rightly in a share of their recordings."""
    person = np.repeat(np.arange(people), recordings)
    hit = rng.random(len(person)) < np.broadcast_to(rates, people)[person]
    choices = choices or people
    guess = np.where(hit, person, (person + rng.integers(1, choices, len(person))) % choices)
    return ask(np.eye(choices)[guess], person, seed=seed)


def two_classes(values, truth, person=None, seed=0):
    values = np.asarray(values, np.float32)
    return ask(np.stack([0 * values, values], 1), truth, person, seed=seed)


# Three people, two recordings each. Anna (0) is always first; Ben (1) is first once, then last; Cleo (2) is second.
THREE = ask([[9, 1, 1], [9, 2, 1], [1, 5, 2], [3, 1, 2], [2, 9, 5], [9, 1, 8]], [0, 0, 1, 1, 2, 2],
            keep=[4, 5, 4, 5, 4, 5], ids="abcdef")


@pytest.mark.parametrize(("metric", "rate", "chance"), [
    ("top1", 3 / 6, 1 / 3),
    ("rank1", 3 / 6, 1 / 3),
    ("top5", 1, 1),  # with three to choose from
    ("accuracy", 3 / 6, 1 / 3),
    ("balanced_accuracy", (1 + 0.5 + 0) / 3, 1 / 3),
    ("macro_f1", (2 * 2 / (4 + 2) + 2 * 1 / (2 + 2) + 0) / 3, 1 / 3),  # said: Anna 4 times, Ben twice
    ("map", (1 + 1 + 1 + 1 / 3 + 1 / 2 + 1 / 2) / 6, (1 + 1 / 2 + 1 / 3) / 3),
])
def test_three_people_by_hand(metric, rate, chance):
    found = score(THREE, metric)
    assert found.rate == pytest.approx(rate)
    assert found.chance == pytest.approx(chance)
    assert 0 <= found.low <= found.rate <= found.high <= 1
    assert found[-4:-1] == (6, 3, 1)


def test_counts_come_per_person_and_per_action():
    assert per_person(THREE) == [(0, 2, 2), (1, 1, 2), (2, 0, 2)]
    assert by_action(THREE) == [(4, 2, 3), (5, 1, 3)]


def test_top5_among_seven():
    scores = [[7, 6, 5, 4, 3, 2, 1]] * 7
    assert score(ask(scores, range(7)), "top5").rate == pytest.approx(5 / 7)
    assert score(ask(scores, range(7)), "top5").chance == pytest.approx(5 / 7)


def test_a_leaky_set_gives_one_and_an_innocent_one_chance():
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(20), 50)
    for metric, way in METRICS.items():
        leaky = score(ask(np.eye(20)[person], person), metric, draws=100)
        assert leaky.rate == (1 if way.upward else 0), metric
        innocent = score(ask(rng.random((1000, 20)), person), metric, draws=100)
        assert abs(innocent.rate - innocent.chance) < 0.03, metric
    for metric in ("balanced_accuracy", "auc", "top1"):
        assert score(two_classes(person % 2 - 0.5, person % 2, person), metric).rate == 1


@pytest.mark.parametrize("metric", METRICS)
def test_who_knows_nothing_scores_exactly_chance(metric):
    """All scores equal: no order of columns or rows may give anything away."""
    truth = np.array([0, 0, 0, 1, 1, 2])
    found = score(ask(np.zeros((6, 3)), truth, person=range(6)), metric, draws=50)
    assert found.rate == pytest.approx(1 / 3 if metric == "accuracy" else found.chance)
    assert found.chance == pytest.approx(
        {"top5": 1, "rank5": 1, "accuracy": 1 / 2, "auc": 0.5, "eer": 0.5, "tar_far01": 0.01, "linkability": 0, "map": 11 / 18,
         "macro_f1": np.mean([2 * q / 3 / (q + 1 / 3) for q in (1 / 2, 1 / 3, 1 / 6)])}.get(metric, 1 / 3))


def test_chance_of_balanced_accuracy_does_not_follow_the_majority():
    lazy = ask([[1, 0]] * 10, [0] * 9 + [1], person=range(10))
    assert score(lazy, "accuracy")[1:2] + score(lazy, "accuracy")[4:5] == (0.9, 0.9)
    assert score(lazy, "balanced_accuracy").rate == score(lazy, "balanced_accuracy").chance == 0.5


def slow_auc(values, truth):
    own, other = values[truth == 1], values[truth == 0]
    return np.mean([(a > b) + (a == b) / 2 for a in own for b in other])


def test_auc_is_what_counting_pairs_gives():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 300)
    values = np.round(rng.normal(size=300) + truth, 1)
    assert score(two_classes(values, truth, range(300)), "auc").rate == pytest.approx(slow_auc(values, truth))
    three, scores = rng.integers(0, 3, 300), np.round(rng.normal(size=(300, 3)), 1)
    each = [slow_auc(scores[:, one], three == one) for one in range(3)]
    assert score(ask(scores, three, range(300)), "auc").rate == pytest.approx(np.mean(each))


def test_scores_of_two_attackers_are_not_compared():
    """Each fold tells its own people apart, but the second gives everybody a hundred more."""
    folds = [two_classes([0, 1, 0, 1], [0, 1, 0, 1], range(4)), two_classes([100, 101], [0, 1], [4, 5])]
    assert score(joined(folds), "auc").rate == 1
    crossed = [two_classes([2, 1], [0, 1], [0, 1]), two_classes([1, 2, 2, 3], [0, 0, 1, 1], range(2, 6))]
    assert score(joined(crossed), "auc").rate == pytest.approx((0 + 3.5) / (1 + 4))


def test_where_every_fold_holds_one_person_folds_are_compared():
    folds = [two_classes([value, value + 1], [truth] * 2, [who] * 2)
             for who, (value, truth) in enumerate([(0, 0), (1, 0), (5, 1), (6, 1)])]
    assert score(joined(folds), "auc").rate == 1


def test_open_set_by_hand():
    """Four probes, a gallery of two; own likeness 9, 8, 5, 2; strangers' 1, 4, 3, 6: at a threshold between 4 and 5
    one of four is missed and one of four let in."""
    probes = ask([[9, 1], [8, 4], [3, 5], [6, 2]], [0, 0, 1, 1], range(4))
    assert score(probes, "eer").rate == pytest.approx(0.25)
    clear = ask([[9, 1], [8, 4], [5, 6], [0, 7]], [0, 0, 1, 1], range(4))
    assert score(clear, "eer").rate == 0
    assert score(clear, "tar_far01").rate == 1
    stranger = ask([[9, 1], [8, 4], [10, 10]], [0, 0, -1], range(3))
    assert score(stranger, "rank1").trials == 2
    assert score(stranger, "eer").rate > 0.3


def test_linkability_by_hand():
    """Own likenesses lie evenly between 0 and 2, others' between 0 and 1: over 1 a pair is sure, under it is less likely
    mated than not. Half of the mated pairs are linked."""
    own, other = np.linspace(0.001, 1.999, 2000), np.linspace(0, 1, 2000)
    pairs = ask(np.stack([own, np.random.default_rng(0).permutation(other)], 1), [0] * 2000, np.arange(2000) % 40)
    found = score(pairs, "linkability")
    assert found.rate == pytest.approx(0.5, abs=0.04)
    assert found.low < 0.5 < found.high + 0.04
    few = ask(np.random.default_rng(1).random((30, 20)), np.arange(30) % 20, np.arange(30) % 10)
    assert score(few, "linkability").rate < 0.15  # few pairs that say nothing seem to say little


def test_equal_error_and_far_are_what_trying_all_thresholds_gives():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 30, 400)
    scores = rng.normal(size=(400, 30))
    scores[np.arange(400), truth] += 2
    own = np.eye(30, dtype=bool)[truth]
    genuine, strange = scores[own], np.sort(scores[~own])
    far_threshold = strange[int(0.99 * len(strange))]
    errors = [(np.mean(genuine < limit), np.mean(strange >= limit)) for limit in np.linspace(-3, 5, 2001)]
    equal = min(errors, key=lambda pair: abs(pair[0] - pair[1]))
    answers = ask(scores, truth)
    assert score(answers, "eer", draws=20).rate == pytest.approx(np.mean(equal), abs=0.005)
    assert score(answers, "tar_far01", draws=20).rate == pytest.approx(np.mean(genuine >= far_threshold), abs=0.01)


def test_a_gallery_of_recordings():
    """Columns are recordings; Anna has two. A choice that is not open (the probe itself) does not count."""
    answers = ask([[9, 2, 5], [NAN, 8, 9], [1, 2, 0]], [0, 1, 2], person=[7, 7, 8], classes=[7, 7, 8])
    assert score(answers, "rank1").rate == pytest.approx((1 + 0 + 0) / 3)
    assert score(answers, "map").rate == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2 + 1 / 3) / 3)
    assert score(answers, "rank1").chance == pytest.approx((2 / 3 + 1 / 2 + 1 / 3) / 3)


def test_precision_among_equals_is_the_mean_over_their_orders():
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 3, (1, 6)).astype(np.float32)
    right = np.array([[True, False, True, False, False, True]])
    jittered = scores + rng.random((20000, 6)).astype(np.float32) * 0.5
    slow = average_precision(jittered, np.repeat(right, 20000, 0)).mean()
    assert average_precision(scores, right)[0] == pytest.approx(slow, abs=0.005)


# ── intervals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_wilson_by_the_book():
    assert wilson(16 / 20, 20) == pytest.approx((0.584, 0.919), abs=5e-4)
    assert wilson(0.55, 100) == pytest.approx((0.452, 0.644), abs=5e-4)


def test_where_each_person_has_one_recording_it_is_wilsons():
    one = ask(np.eye(20)[[*range(16), 0, 0, 0, 0]], range(20))
    assert score(one, "top1")[2:4] == pytest.approx(wilson(0.8, 20))


@pytest.mark.parametrize("seed", range(20))
def test_twenty_innocent_people_with_a_thousand_recordings(seed):
    found = score(naming(20, 50, 1 / 20, np.random.default_rng(seed)), "top1", seed=seed)
    low, high = wilson(found.rate, 1000)
    assert found.low < low < high < found.high


def test_people_who_differ_make_the_interval_wide():
    """Ten are always named, ten never: 1,000 recordings say no more than 20."""
    found = score(naming(20, 50, [1, 0] * 10, np.random.default_rng(0)), "top1")
    low, high = wilson(0.5, 20)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.06)


def test_all_hits_of_twenty_people_do_not_prove_a_rate_of_one():
    found = score(naming(20, 50, 1, np.random.default_rng(0)), "top1")
    assert found[1:4] == pytest.approx((1, wilson(1, 20)[0], 1))
    values = np.repeat([0, 1] * 10, 50)
    separated = score(two_classes(values, values, np.repeat(range(20), 50)), "auc")
    assert separated[1:4] == pytest.approx((1, wilson(1, 10)[0], 1))
    never = score(naming(20, 50, 0, np.random.default_rng(0)), "top1")
    assert never[1:4] == pytest.approx((0, 0, wilson(0, 20)[1]))


def test_one_person_says_nearly_nothing():
    found = score(ask(np.eye(2)[[0, 0, 0, 1]], [0, 0, 0, 0]), "top1")
    assert found.rate == 0.75
    assert found.high - found.low > 0.75


@pytest.mark.parametrize(("people", "recordings", "alpha", "beta", "seeds"), [(20, 30, 2, 3, 1), (12, 5, 1, 4, 1),
                                                                            (20, 10, 2, 2, 3)])
def test_the_interval_covers_the_truth(people, recordings, alpha, beta, seeds):
    rng = np.random.default_rng(5)
    covered = 0
    for run in range(200):
        rates = rng.beta(alpha, beta, people)
        answers = joined([naming(people, recordings, rates, rng, seed) for seed in range(seeds)])
        found = score(answers, "top1", draws=300, seed=run)
        covered += found.low <= alpha / (alpha + beta) <= found.high
    assert 180 <= covered <= 198


def test_the_interval_of_an_auc_covers_the_truth():
    rng = np.random.default_rng(6)
    person = np.repeat(np.arange(20), 20)
    covered = 0
    for run in range(200):
        values = rng.normal(size=400) + rng.normal(size=20)[person] + person % 2
        found = score(two_classes(values, person % 2, person), "auc", draws=300, seed=run)
        covered += found.low <= 0.6915 <= found.high  # P(N(0, 2) + 1 > N(0, 2)) = Phi(1/2)
    assert 180 <= covered <= 198


def test_seeds_that_disagree_make_the_interval_wide():
    rng = np.random.default_rng(7)
    same = joined([naming(20, 50, 0.5, rng, seed) for seed in range(3)])
    apart = joined([naming(20, 50, rate, rng, seed) for seed, rate in enumerate((0.2, 0.5, 0.8))])
    a, b = score(same, "top1"), score(apart, "top1")
    assert a.seeds == b.seeds == 3
    assert b.low < 0.3 < 0.4 < a.low < a.high < 0.6 < 0.7 < b.high


def test_the_same_seed_gives_the_same_interval():
    answers = naming(10, 10, np.linspace(0, 1, 10), np.random.default_rng(8))
    assert score(answers, "top1", seed=1) == score(answers, "top1", seed=1) != score(answers, "top1", seed=2)


def test_a_thousand_draws_of_twenty_thousand_recordings_take_no_time():
    rng = np.random.default_rng(9)
    person = np.repeat(np.arange(100), 200)
    answers = two_classes(rng.normal(size=20000) + person % 2, person % 2, person)
    begun = time.perf_counter()
    score(answers, "auc", draws=1000)
    assert time.perf_counter() - begun < 2


# ── nulls, sides, agreement ───────────────────────────────────────────────────────────────────────────────────────


def test_a_null_away_from_chance_is_seen():
    rng = np.random.default_rng(10)
    real = naming(20, 50, 0.9, rng)
    quiet = score(real, "top1", null=naming(20, 50, 0.05, rng))
    loud = score(real, "top1", null=naming(20, 50, 0.3, rng))
    assert (quiet.null_away, loud.null_away) == (False, True)
    assert loud.null == pytest.approx(0.3, abs=0.05)
    assert score(real, "top1", null=0.07).null == 0.07


def test_the_null_of_unbalanced_actions_may_be_the_majority():
    """Who knows nothing but says the most frequent action is not a broken instrument."""
    truth = np.repeat([0, 0, 0, 1, 2], 40)
    lazy = ask([[1, 0, 0]] * 200, truth, person=np.tile(range(20), 10))
    found = score(lazy, "top1", null=lazy)
    assert (found.null, found.chance, found.null_away) == (0.6, pytest.approx(1 / 3), False)


def test_labels_dealt_out_anew():
    rng = np.random.default_rng(11)
    person, keep = np.repeat(np.arange(12), 6), np.tile(np.arange(3), 24)
    both = {"person": person, "keep": keep, "seed": 1}
    gender = np.where(person == 3, -1, person % 2)
    dealt = permuted(gender, "gender", **both)
    assert all(len(set(dealt[person == one])) == 1 for one in range(12))
    assert sorted(dealt) == sorted(gender)
    assert (dealt[person == 3] == -1).all()
    assert (dealt != gender).any()
    within = permuted(person, "subject", **both)
    assert all(sorted(within[keep == one]) == sorted(person[keep == one]) for one in range(3))
    assert 0.02 < np.mean(within == person) < 0.25
    for name in ("action", "mood"):  # people have several moods: they are dealt out over recordings
        action = rng.integers(0, 5, 72)
        dealt = permuted(action, name, **both)
        assert sorted(dealt) == sorted(action)
        assert 0.05 < np.mean(dealt == action) < 0.4
        assert (permuted(action, name, **both) == dealt).all()


def test_agreement_between_seeds():
    first = ask(np.eye(3)[[0, 1, 2, 0]], [0, 1, 2, 2], ids="abcd")
    other = ask(np.eye(3)[[1, 1, 0]], [2, 1, 0], seed=1, ids="cba")
    assert agreement(joined([first, other])) == {(0, 1): pytest.approx(2 / 3)}
    assert agreement(first) == {}


def test_labels_have_a_metric():
    assert [primary(label) for label in ("subject", "gender", "age", "action")] == ["top1", "auc", "auc", "top1"]


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_folds_meet_by_code():
    a = ask([[1, 0], [0, 1]], [0, 1], person=[3, 5], classes=[3, 5])
    b = ask([[1, 0, 2]], [2], person=[9], classes=[4, 5, 9])
    both = joined([a, b])
    assert both.classes.tolist() == [3, 4, 5, 9]
    assert both.truth.tolist() == [0, 2, 3]
    assert both.parts.tolist() == [0, 0, 1]
    assert score(both, "top1").rate == 1
    assert score(both, "top1").chance == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)
    again = joined([both, a])
    assert again.parts.tolist() == [0, 0, 1, 2, 2]
    with pytest.raises(UserError, match="different galleries"):
        joined([ask([[1, 0]], [0], classes=[3, 3]), a])
    with pytest.raises(UserError, match="no answers"):
        joined([])


def test_answers_on_disk(tmp_path):
    joined([THREE, THREE._replace(seed=np.ones(6, int))]).save(tmp_path / "cell.npz")
    again = Answers.load(tmp_path / "cell.npz")
    assert again.ids == tuple("abcdef") * 2
    assert (again.scores[:6] == THREE.scores).all()
    assert score(again, "top1").seeds == 2
    whole = (tmp_path / "cell.npz").read_bytes()
    for damaged in (b"", whole[:200], b"PK" + whole[:50], whole[:-30]):
        (tmp_path / "cell.npz").write_bytes(damaged)
        with pytest.raises(UserError, match="cell.npz"):
            Answers.load(tmp_path / "cell.npz")
    np.savez(tmp_path / "hostile.npz", **{**THREE._asdict(), "ids": np.array([object()], object)}, allow_pickle=True)
    with pytest.raises(UserError, match="hostile"):
        Answers.load(tmp_path / "hostile.npz")


@pytest.mark.parametrize(("change", "says"), [
    ({"scores": np.zeros(6)}, "shape"),
    ({"scores": np.full((6, 3), np.nan)}, "6 of 6 rows have no number"),
    ({"truth": np.full(6, 3)}, "truth runs from 3 to 3"),
    ({"person": np.zeros(5, int)}, "person is int64 of shape .5,."),
    ({"keep": np.zeros(6)}, "keep is float64"),
    ({"classes": np.arange(2)}, "classes"),
    ({"ids": ("a",)}, "1 ids for 6 rows"),
])
def test_answers_that_cannot_be(change, says):
    with pytest.raises(UserError, match=says):
        checked(THREE._replace(**change))


def test_what_cannot_be_computed_is_said():
    with pytest.raises(UserError, match="none of the 6 recordings"):
        score(THREE._replace(truth=np.full(6, -1)), "top1")
    with pytest.raises(UserError, match="1 of the classes"):
        score(two_classes([1, 2], [1, 1]), "auc")
    with pytest.raises(UserError, match="top1, top5"):
        score(THREE, "top3")


def test_validation_is_the_mean_over_attackers_with_its_standard_error():
    one = ask(np.eye(2)[[0, 1]], [0, 1])
    parts = [one._replace(merit=np.full(2, rate, np.float32)) for rate in (0.5, 0.7, 0.9)]
    together = joined(parts)
    assert together.validation == pytest.approx(0.7)
    assert together.validation_error == pytest.approx(0.2 / np.sqrt(3))
    assert (one.validation, one.validation_error) == (None, 0.0)
    assert joined([one, parts[0]]).validation == 0.5  # who held nothing back does not count


@pytest.mark.parametrize(("people", "away"), [(8, False), (200, True)])
def test_a_null_of_few_people_may_miss_chance_by_luck(people, away):
    """One person of each kind a fold, the wrong way round three times of four in every fold: labels dealt out once to
    eight people may bring that by mere luck, to two hundred they do not."""
    person = np.repeat(np.arange(people), 2)
    truth = person % 2
    likely = np.tile([1, 3, 0, 2], people // 2)
    null = ask(np.stack([-likely, likely], 1), truth, person=person)._replace(part=person // 2)
    right = ask(np.eye(2)[truth], truth, person=person)
    found = score(right, "auc", null=null)
    assert found.null == pytest.approx(0.25)
    assert found.null_away is away


@pytest.mark.parametrize(("kinds", "right", "away"), [(6, 3, False), (60, 30, True)])
def test_who_has_one_name_for_each_kind_has_one_try_a_kind(kinds, right, away):
    """Who tells six actions apart, and was taught wrong names, hits three of them now and then; thirty of sixty never."""
    truth = np.tile(np.arange(kinds), 20)
    person = np.repeat(np.arange(20), kinds)
    guess = np.where(truth < right, truth, (truth + 1) % kinds)
    null = ask(np.eye(kinds)[guess], truth, person=person)
    found = score(ask(np.eye(kinds)[truth], truth, person=person), "top1", null=null)
    assert found.null == pytest.approx(0.5, abs=0.02)
    assert found.null_away is away
