from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.compound import FEW, gamma_amounts, lump_sums, poisson_counts


@given(mean=st.floats(0.0, FEW - 0.01), chance=st.floats(1e-4, 1 - 1e-4))
def test_few_counts_are_the_quantiles(mean: float, chance: float) -> None:
    z = stats.norm.ppf(chance)
    found = poisson_counts(np.array([mean]), np.array([z]))[0]
    below, above = (stats.poisson.ppf(stats.norm.cdf(z) + by, mean) for by in (-1e-9, 1e-9))
    assert max(below, 0.0) <= found <= above


@pytest.mark.parametrize("mean", [FEW, 80.0, 5000.0])
def test_many_counts_are_within_a_fraction_of_one(mean: float) -> None:
    chances = np.array([0.001, 0.05, 0.3, 0.5, 0.9, 0.999])
    found = poisson_counts(np.full(6, mean), stats.norm.ppf(chances))
    assert np.abs(found - stats.poisson.ppf(chances, mean)).max() <= 1.0


def test_more_is_never_less() -> None:
    z = np.full(400, -0.7)
    assert (np.diff(poisson_counts(np.linspace(0, 60, 400), z)) > -0.51).all()
    assert not poisson_counts(np.zeros(3), np.array([-9.0, 0.0, 9.0])).any()


def test_gamma_amounts_have_their_moments() -> None:
    z = np.random.default_rng(5).standard_normal(40_000)
    drawn = gamma_amounts(np.full(len(z), 50.0), np.full(len(z), 300.0), z)
    assert drawn.mean() == pytest.approx(50.0, rel=0.01)
    assert drawn.var() == pytest.approx(300.0, rel=0.04)
    expected = stats.gamma.ppf(0.1, 50.0**2 / 300.0, scale=300.0 / 50.0)
    assert np.quantile(drawn, 0.1) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("orders", [0.7, 3.0, 60.0])
def test_lumps_end_days_as_single_orders_would(orders: float) -> None:
    rng, size, sigma, each = np.random.default_rng(5), 40_000, 0.6, 30.0
    counts = rng.poisson(orders, size)
    values = each * np.exp(sigma * rng.standard_normal(counts.sum()) - 0.5 * sigma**2)
    truth = np.bincount(np.repeat(np.arange(size), counts), values, size)
    drawn = lump_sums(
        np.full(size, orders * each),
        each,
        float(np.exp(sigma**2) - 1.0),
        rng.standard_normal(size),
        rng.standard_normal(size),
    )
    assert (drawn == 0).mean() == pytest.approx(np.exp(-orders), abs=0.01)
    assert drawn.mean() == pytest.approx(orders * each, rel=0.02)
    assert drawn.std() == pytest.approx(truth.std(), rel=0.03)
    for most in np.array([0.3, 0.8, 1.5]) * orders * each:
        assert (drawn <= most).mean() == pytest.approx((truth <= most).mean(), abs=0.02)
