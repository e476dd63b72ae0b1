from __future__ import annotations

import numpy as np
import pytest

from optimizer.predictive import (
    amount_quantile,
    count_quantile,
    no_count_probability,
    signed_quantiles,
)


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.5), (6.0, 0.2), (200.0, 0.05)])
def test_count_intervals_hold_their_share_of_draws(mean: float, spread: float) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.poisson(mean * rng.gamma(1 / spread, spread, 40_000))
    low, high = (count_quantile(q, np.array([mean]), np.array([spread]))[0] for q in (0.05, 0.95))
    inside = np.mean((drawn >= low) & (drawn <= high))
    assert inside >= 0.89
    assert np.mean(drawn > high) <= 0.051
    assert np.mean(drawn < low) <= 0.051


def test_zero_mean_is_zero() -> None:
    zero = np.zeros(1)
    assert count_quantile(0.95, zero, np.ones(1))[0] == 0.0
    assert no_count_probability(zero, np.ones(1))[0] == 1.0


def test_no_count_probability_is_that_of_the_draws() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.poisson(1.5 * rng.gamma(2.0, 0.5, 40_000))
    assert no_count_probability(np.array([1.5]), np.array([0.5]))[0] == pytest.approx(
        np.mean(drawn == 0), abs=0.01
    )


def test_amounts_are_zero_when_nothing_was_counted() -> None:
    rng = np.random.default_rng(2)
    clicks = rng.poisson(2.0, 60_000)
    spend = rng.gamma(np.maximum(clicks, 1) * 6.0, 1 / 6.0) * (clicks > 0)
    zero, variance = np.exp(-2.0), spend.var() / spend.mean() ** 2
    for q in (0.05, 0.5, 0.9, 0.95):
        found = amount_quantile(
            q, np.array([spend.mean()]), np.array([zero]), np.array([variance])
        )[0]
        assert found == pytest.approx(np.quantile(spend, q), abs=0.25)


def test_a_negative_factor_turns_the_interval_round() -> None:
    low, high = signed_quantiles(np.array([1.0, 1.0]), np.array([3.0, 3.0]), np.array([2.0, -1.0]))
    assert low.tolist() == [2.0, -3.0]
    assert high.tolist() == [6.0, -1.0]
