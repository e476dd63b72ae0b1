from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.estimates import Estimates

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


@pytest.fixture(scope="module")
def known(shop: Shop, as_of: date) -> Estimates:
    history, keywords = shop(words=120, days=30)
    economics = pd.DataFrame({"adgroup_id": ["g0"], "margin_rate": [-0.5]})
    return optimizer.estimate(history, keywords, economics, as_of=as_of, attribution_days=0)


def test_draws_have_the_forecasts_means(known: Estimates) -> None:
    drawn, mean = known.sampler(0, 4000)(known.bid), known.expect(known.bid)
    for name in ("spend", "clicks", "orders", "revenue", "contribution"):
        assert getattr(drawn, name).mean() == pytest.approx(getattr(mean, name).sum(), rel=0.04), (
            name
        )


def test_draws_are_as_wide_as_realised_days(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=200, days=60, seed=21)
    history = history.assign(bid=history["bid"])
    by_day = history.groupby("date")[["spend", "orders"]].sum()
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    drawn = known.sampler(0, 2000)(keywords["bid"].to_numpy())
    assert drawn.orders is not None
    assert drawn.orders.std() == pytest.approx(by_day["orders"].std(), rel=0.45)
    assert drawn.spend.std() > 0.8 * by_day["spend"].std()


def test_two_plans_share_their_luck(known: Estimates) -> None:
    sampler = known.sampler(0)
    low, high = sampler(known.bid * 0.9), sampler(known.bid)
    assert np.corrcoef(low.contribution, high.contribution)[0, 1] > 0.98
    assert np.array_equal(sampler(known.bid).spend, high.spend)


def test_shared_errors_do_not_average_out(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=3000, days=2, clicks=0.4)
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    orders = known.sampler(0, 4000)(known.bid).orders
    assert orders is not None
    counting = 1.0 / orders.mean()
    shared = known.conversion.account_sd**2 + known.traffic.account_day_sd**2
    assert shared > counting
    assert orders.var() / orders.mean() ** 2 > counting + 0.3 * shared


def test_nothing_bid_is_nothing_drawn(known: Estimates) -> None:
    drawn = known.sampler(0)(np.zeros(len(known.bid)))
    assert not drawn.spend.any()
    assert not drawn.contribution.any()


def test_seeds_differ(known: Estimates) -> None:
    assert not np.array_equal(known.sampler(0)(known.bid).spend, known.sampler(1)(known.bid).spend)


def test_a_shop_with_few_orders_often_sells_nothing(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=40, days=30, clicks=0.6, cvr=0.03)
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    drawn, expected = known.sampler(0, 4000)(known.bid), known.expect(known.bid)
    assert 0.2 < expected.orders.sum() < 2.0
    assert drawn.orders is not None
    assert drawn.revenue is not None
    assert np.corrcoef(drawn.orders, drawn.revenue)[0, 1] > 0.8
    assert (drawn.contribution == 0).mean() > 0.9 * np.exp(-expected.orders.sum())


def test_beyond_the_bids_tried_all_words_may_be_wrong_together(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=600, days=30, bid_sd=0.05)
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    sampler = known.sampler(0, 4000)

    def spread(bids: np.ndarray) -> float:
        spend = sampler(bids).spend
        return float(spend.std() / spend.mean())

    assert spread(3 * known.bid) > spread(known.bid) + 0.1
