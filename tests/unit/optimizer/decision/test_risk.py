from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, norm

from optimizer.outlook import TotalDraws
from optimizer.risk import Allowance, draws_needed, safe_quantile, share_interval


@pytest.mark.parametrize(("confidence", "size"), [(0.9, 400), (0.8, 200), (0.95, 800)])
def test_the_quantile_is_safe_three_times_in_four_and_not_wasteful(confidence, size):
    rng = np.random.default_rng(1)
    true = norm.ppf(confidence)
    found = np.array([safe_quantile(rng.standard_normal(size), confidence) for _ in range(2000)])
    assert 0.72 < (found >= true).mean() < 0.82
    plain = np.quantile(rng.standard_normal((2000, size)), confidence, axis=1)
    assert found.mean() - plain.mean() < 1.0 * plain.std()


def test_too_few_draws_give_the_largest():
    assert safe_quantile(np.array([3.0, 1.0, 2.0]), 0.99) == 3.0


def test_rarer_losses_need_more_draws():
    assert [draws_needed(c) for c in (0.5, 0.9, 0.95, 0.999)] == [400, 400, 800, 2000]


def test_the_verdict_weighs_the_loss_of_the_same_day():
    spend = np.linspace(100, 120, 400)
    allowance = Allowance(lambda bids: TotalDraws(spend * bids.sum(), spend * 0.9), 25.0, 0.9)
    calm = allowance.judge(np.array([1.0]))
    assert calm.holds
    assert calm.at_risk == pytest.approx(0.1 * safe_quantile(spend, 0.9))
    assert calm.margin == pytest.approx(calm.at_risk - 11.0)
    assert not allowance.judge(np.array([1.2])).holds


def test_a_share_has_its_jeffreys_interval():
    value, low, high = share_interval(380, 400)
    assert value == 0.95
    assert low == pytest.approx(beta.ppf(0.05, 380.5, 20.5))
    assert high == pytest.approx(beta.ppf(0.95, 380.5, 20.5))
    assert share_interval(0, 10)[1] < 0.01
