"""Natural orders follow paid ones, and only them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from connectors.sandbox.market import DayResult, Market
from connectors.sandbox.organic import ECHO, ECHO_DAYS, expected_natural_orders, natural_orders
from connectors.sandbox.scenario import DENSE

DAY = 738_000
LIFT = 0.4


def shop(lift: float) -> tuple[Market, dict[int, DayResult]]:
    """A market that sold on one day only."""
    market = Market(replace(DENSE, organic_lift=lift), 1)
    return market, {DAY: market.day(DAY, market.typical_bids() * 2)}


def test_the_echo_is_front_loaded_and_complete() -> None:
    assert ECHO.sum() == pytest.approx(1.0)
    assert np.all(np.diff(ECHO) < 0)
    assert len(ECHO) == ECHO_DAYS


def test_every_paid_order_is_followed_by_the_lift_in_all() -> None:
    market, past = shop(LIFT)
    plain, _ = shop(0.0)
    after = range(DAY + 1, DAY + 1 + ECHO_DAYS + 15)
    extra = sum(
        expected_natural_orders(market, day, past) - expected_natural_orders(plain, day, past)
        for day in after
    )
    paid = np.bincount(market.ground.adgroup, past[DAY].final().orders, market.scenario.adgroups)
    assert paid.sum() > 50
    assert extra == pytest.approx(LIFT * paid)


def test_nothing_follows_before_the_order_was_placed() -> None:
    market, past = shop(LIFT)
    first = expected_natural_orders(market, DAY + 1, past) - expected_natural_orders(
        market, DAY + 1, {}
    )
    assert np.all(first >= 0)
    assert first.sum() == pytest.approx(
        LIFT * ECHO[0] * past[DAY].clicks.orders[past[DAY].clicks.order_age == 1].sum()
    )


def test_natural_orders_are_reproducible_counts_around_their_mean() -> None:
    market, past = shop(LIFT)
    orders, revenue = natural_orders(market, DAY + 1, past)
    again, _ = natural_orders(market, DAY + 1, past)
    assert np.array_equal(orders, again)
    assert orders.dtype == np.int64
    assert np.array_equal(revenue > 0, orders > 0)
    total = sum(natural_orders(market, DAY + i, {})[0].sum() for i in range(1, 141))
    assert total == pytest.approx(140 * market.ground.natural_orders.sum(), rel=0.05)
