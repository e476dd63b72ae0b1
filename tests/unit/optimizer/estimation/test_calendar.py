from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.calendar import PLAIN, RATE_LIFT_SD, Calendar
from optimizer.errors import InputError
from optimizer.tide import tide

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]
Promoted = tuple[pd.DataFrame, pd.DataFrame, list[date]]
DEMAND, CONVERSION = 2.5, 1.6


def test_days_are_named_by_age_whatever_lies_outside(as_of: date) -> None:
    days = [as_of - timedelta(days=age) for age in (-9, 2, 4, 90)]
    named = Calendar.of([*days[:3], str(days[3])], as_of, 1, 5)
    assert named.named.tolist() == [False, True, False, True, False]
    assert not named.tonight
    assert named.usual(5).tolist() == [True, False, True, False, True]
    assert named.newest(7).tolist() == [0, 1, 0, 1, 0, 0, 0]
    assert named.newest(2).tolist() == [0, 1]
    assert Calendar.of([pd.Timestamp(as_of)], as_of, 1, 5).tonight


def test_where_every_day_is_named_every_day_is_usual() -> None:
    assert Calendar(np.ones(3, dtype=bool), tonight=True).usual(3).all()
    assert PLAIN.usual(2).all()


@pytest.mark.parametrize("wrong", ["双11", None, "2026-13-01", pd.NaT])
def test_what_is_no_date_is_refused(shop: Shop, as_of: date, wrong: object) -> None:
    history, keywords = shop(words=4, days=9)
    with pytest.raises(InputError, match="promotions: a date"):
        optimizer.estimate(history, keywords, as_of=as_of, promotions=[wrong])  # type: ignore[list-item]


@pytest.fixture(scope="module")
def promoted(shop: Shop, as_of: date) -> Promoted:
    """Forty days, three of which had more people, who bought more often."""
    history, keywords = shop(words=80, days=40, clicks=12.0)
    rng = np.random.default_rng(4)
    days = [as_of - timedelta(days=back) for back in (12, 11, 10)]
    on = history["date"].isin([pd.Timestamp(day) for day in days]).to_numpy()
    clicks = np.where(on, rng.poisson(history["clicks"] * DEMAND), history["clicks"])
    cost = history["spend"] / np.maximum(history["clicks"], 1)
    orders = np.where(on, rng.binomial(clicks, 0.05 * CONVERSION), history["orders"])
    history = history.assign(
        impressions=np.where(on, history["impressions"] * 2.5 + clicks, history["impressions"]),
        clicks=clicks, spend=cost * clicks, orders=orders, revenue=orders * 80.0,
    )  # fmt: skip
    return history, keywords, days


def totals(promoted: Promoted, as_of: date, named: list[date]) -> pd.Series:
    history, keywords, _ = promoted
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0, promotions=named)
    forecast = known.forecast(pd.Series(keywords["bid"].to_numpy(), index=keywords["keyword_id"]))
    return forecast.sum()


def test_a_named_night_is_expected_to_bring_what_named_days_brought(
    promoted: Promoted, as_of: date
) -> None:
    past = promoted[2]
    usual, tonight = (totals(promoted, as_of, named) for named in (past, [*past, as_of]))
    assert tonight["clicks"] / usual["clicks"] == pytest.approx(DEMAND, rel=0.12)
    rate, before = tonight["orders"] / tonight["clicks"], usual["orders"] / usual["clicks"]
    assert rate / before == pytest.approx(CONVERSION, rel=0.12)


def test_named_days_leave_the_usual_ones_as_they_are(
    promoted: Promoted, shop: Shop, as_of: date
) -> None:
    _, keywords, past = promoted
    never, _ = shop(words=80, days=40, clicks=12.0)
    without = totals((never, keywords, past), as_of, [])
    named, unnamed = (totals(promoted, as_of, days) for days in (past, []))
    assert named["clicks"] == pytest.approx(without["clicks"], rel=0.02)
    assert named["orders"] == pytest.approx(without["orders"], rel=0.03)
    assert abs(unnamed["clicks"] / without["clicks"] - 1.0) > 0.03


def test_a_first_promotion_is_like_any_day_but_less_sure(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=80, days=40, clicks=12.0)
    bids = pd.Series(keywords["bid"].to_numpy(), index=keywords["keyword_id"])
    plans = [
        optimizer.propose(
            optimizer.estimate(
                history, keywords, as_of=as_of, attribution_days=0, promotions=named
            ),
            optimizer.Policy(locked=list(bids.index)),
        ).totals
        for named in ([], [as_of])
    ]
    usual, first = (plan.loc["spend"] for plan in plans)
    assert first.value == pytest.approx(usual.value, rel=0.1)
    assert first.p95 - first.p05 > 2.0 * (usual.p95 - usual.p05)


def test_a_named_night_of_an_account_without_orders_is_less_sure() -> None:

    nothing = np.zeros(20)
    night = tide(nothing, nothing, np.zeros((20, 20)), Calendar(np.zeros(20, dtype=bool), True))
    assert night.level_sd == RATE_LIFT_SD
