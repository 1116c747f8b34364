"""Linear discrimination: the answers of a slow, obvious version, classes known to be apart, and z-scores by hand."""

import numpy as np
import pytest

from maskeleton.errors import UserError
from maskeleton.linear import (
    FARTHEST,
    comparer,
    discriminants,
    log_probabilities,
    principal,
    standardized,
    zscored_within,
)


def slowly(values, codes, shrinkage, asked):
    """Gaussian classes of one shrunk covariance, written as in a textbook."""
    mean, spread = values.mean(0), values.std(0)
    values, asked = (values - mean) / spread, (asked - mean) / spread
    centres = np.stack([values[codes == code].mean(0) for code in range(codes.max() + 1)])
    less = values - centres[codes]
    covariance = less.T @ less / len(values)
    width = values.shape[1]
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / width * np.eye(width)
    inverse = np.linalg.inv(shrunk)
    far = [[(row - centre) @ inverse @ (row - centre) for centre in centres] for row in asked]
    return -np.array(far) / 2 + np.log(np.bincount(codes) / len(codes))


@pytest.mark.parametrize(("count", "width"), [(40, 7), (12, 30)])
def test_it_answers_as_the_obvious_version_with_few_traits_and_with_many(count, width):
    rng = np.random.default_rng(0)
    codes = np.arange(count) % 3
    values = rng.normal(size=(count, width)) + codes[:, None] * rng.normal(size=width)
    asked = rng.normal(size=(5, width))
    for shrinkage, model in zip((0.1, 0.6), discriminants(values, codes, (0.1, 0.6)), strict=True):
        expected = log_probabilities(slowly(values, codes, shrinkage, asked))
        np.testing.assert_allclose(log_probabilities(model.scores(asked)), expected, atol=2e-3)


def test_what_twenty_traits_tell_is_found_among_a_thousand_that_tell_nothing():
    rng = np.random.default_rng(1)
    truth = np.arange(400) % 2
    values = rng.normal(size=(400, 1000))
    values[:, :20] += 1.0 * truth[:, None]
    values[:, 20:] += 3 * rng.normal(size=(400, 1))  # and what they all share hides it
    model = discriminants(values[:200], truth[:200], (0.2,))[0]
    assert (model.scores(values[200:]).argmax(1) == truth[200:]).mean() > 0.85
    assert (model.scores(rng.normal(size=(400, 1000))).argmax(1) == truth).mean() == pytest.approx(0.5, abs=0.1)


def test_what_never_varies_and_what_is_wildly_far_out_does_no_harm():
    values = np.array([[0, 5, 1], [0, 5, 2], [10, 5, 1], [10, 5, 2]], np.float32)
    model = discriminants(values, np.array([0, 0, 1, 1]), (0.5,))[0]
    scores = model.scores(np.array([[0, 7, 1e30], [10, -7, 1e30]], np.float32))
    assert scores.argmax(1).tolist() == [0, 1]
    assert standardized(np.array([[1e30]]), np.zeros(1), np.ones(1)).item() == FARTHEST


def test_one_class_or_a_class_without_recordings_is_refused():
    for codes in ([0, 0, 0], [0, 2, 2], [1, 1, 1]):
        with pytest.raises(UserError, match="cannot be told apart"):
            discriminants(np.zeros((3, 2), np.float32), np.array(codes))


def test_z_scores_by_hand():
    values = np.array([[1], [3], [10], [30], [7]], np.float32)
    groups = np.array([4, 4, 9, 9, -1])
    found = zscored_within(values, groups)[:, 0]
    usual = (1 + 1 + 100 + 100) / 2  # over all groups: squares by what they are free to be
    small, large = np.sqrt((2 + usual) / 2), np.sqrt((200 + usual) / 2)
    np.testing.assert_allclose(found, [-1 / small, 1 / small, -10 / large, 10 / large, 0], rtol=1e-5)


def test_z_scores_take_away_what_the_group_adds_and_nothing_else():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(6), 50)
    own = rng.normal(size=(300, 4))
    found = zscored_within(own * (1 + groups[:, None]) + 100 * groups[:, None], groups)
    assert np.corrcoef(found[:, 0], own[:, 0])[0, 1] > 0.95
    for group in range(6):
        np.testing.assert_allclose(found[groups == group].mean(0), 0, atol=1e-5)


def test_log_probabilities_sum_to_one_however_large():
    scores = np.array([[1e4, 0, -1e4], [0, 0, 0]])
    np.testing.assert_allclose(np.exp(log_probabilities(scores)).sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 20), (20, 8)])
def test_principal_directions_are_those_of_the_covariance(shape):
    rows = np.random.default_rng(3).normal(size=shape)
    rows -= rows.mean(0)
    directions, variances = principal(rows)
    covariance = rows.T @ rows / len(rows)
    np.testing.assert_allclose(directions.T @ directions, np.eye(len(variances)), atol=1e-3)
    np.testing.assert_allclose((directions * variances) @ directions.T, covariance, atol=1e-3)


def test_what_varies_within_a_person_counts_little_when_recordings_are_compared():
    """One trait is steady within people, the other as noisy as it is wide: by cosine the first decides."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(20), 10)
    steady = rng.normal(size=20)[codes] + rng.normal(0, 0.05, 200)
    values = np.stack([steady, rng.normal(size=200)], 1)
    seen = comparer(values, codes, shrinkage=0.01).compared(values)
    plain = (values - values.mean(0)) / values.std(0)
    assert seen[:, 0].std() / seen[:, 1].std() > 3 * plain[:, 0].std() / plain[:, 1].std()
    assert np.corrcoef(seen[:, 0], steady)[0, 1] > 0.99
