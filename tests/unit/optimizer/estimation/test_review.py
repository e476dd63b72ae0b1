from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.lag import Growth
from optimizer.review import Check, Review, _lag

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


def checks(history: pd.DataFrame, keywords: pd.DataFrame, as_of: date) -> dict[str, Check]:
    review = optimizer.estimate(history, keywords, as_of=as_of).review
    return {check.name: check for check in review.checks}


def test_a_healthy_shop_passes(shop: Shop, as_of: date) -> None:
    history, keywords = shop()
    review = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).review
    assert review.verdict == "PASS"
    assert str(review) == "PASS"


def test_too_little_data_is_said(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=4, days=5, clicks=1.0)
    check = checks(history, keywords, as_of)["data_sufficiency"]
    assert check.verdict == "REVIEW"
    assert "in 5 days" in check.detail


def test_rows_that_could_not_be_used_are_counted(shop: Shop, as_of: date) -> None:
    history, keywords = shop()
    check = checks(history, keywords.iloc[:30], as_of)["rows_ignored"]
    assert check.verdict == "REVIEW"
    assert check.value == pytest.approx(0.5)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (0.45, "REVIEW"), (0.05, "FAIL")])
def test_newest_days_that_break_with_the_past(
    shop: Shop, as_of: date, factor: float, verdict: str
) -> None:
    history, keywords = shop(words=100, clicks=15.0, days=30)
    recent = history["date"] >= pd.Timestamp(as_of - timedelta(days=1))
    history["clicks"] = np.where(recent, np.floor(history["clicks"] * factor), history["clicks"])
    check = checks(history, keywords, as_of)["recent_level"]
    if factor == 1.0:
        assert check.verdict == verdict
    else:
        assert check.verdict in ("PASS", verdict)  # the day's own effect may explain it


def test_few_clicks_are_not_judged(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=3, days=20, clicks=0.3)
    found = checks(history, keywords, as_of)
    assert found["recent_level"].detail == "too few clicks expected to judge"
    assert found["recent_orders"].detail == "too few orders expected to judge"


def test_orders_that_stopped_arriving_are_noticed(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100, clicks=20.0, cvr=0.08, days=40)
    recent = history["date"] >= pd.Timestamp(as_of - timedelta(days=7))
    history.loc[recent, ["orders", "revenue"]] = 0
    check = checks(history, keywords, as_of)["recent_orders"]
    assert check.verdict == "REVIEW"
    assert check.detail.startswith("0 orders reported")


def test_more_zeros_than_any_spread_explains(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100, clicks=30.0, days=40)
    odd = np.random.default_rng(0).random(len(history)) < 0.3
    history["clicks"] = np.where(odd, 0, history["clicks"])
    history["impressions"] = np.where(odd, 0, history["impressions"])
    check = checks(history, keywords, as_of)["zeros"]
    assert check.verdict == "REVIEW"


def test_the_worst_check_is_the_verdict() -> None:
    review = Review(
        (
            Check("a", "PASS", 1, 1, "fine"),
            Check("b", "FAIL", 1, 1, "broken"),
            Check("c", "REVIEW", 1, 1, "odd"),
        )
    )
    assert review.verdict == "FAIL"
    assert str(review) == "FAIL; b: broken; c: odd"
    assert Review(()).verdict == "PASS"


def test_clicks_counted_twice_are_seen(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100, clicks=3.0)
    assert checks(history, keywords, as_of)["counted_once"].verdict == "PASS"
    history["clicks"] *= 2
    assert checks(history, keywords, as_of)["counted_once"].verdict == "REVIEW"


@pytest.mark.parametrize(
    ("column", "factor", "verdict"),
    [("bid", 100.0, "FAIL"), ("spend", 100.0, "FAIL"), ("spend", 3.0, "REVIEW")],
)
def test_money_in_another_unit_is_seen(
    shop: Shop, as_of: date, column: str, factor: float, verdict: str
) -> None:
    history, keywords = shop(words=100, clicks=3.0)
    assert checks(history, keywords, as_of)["price_of_bid"].verdict == "PASS"
    history[column] *= factor
    assert checks(history, keywords, as_of)["price_of_bid"].verdict == verdict


def test_days_that_scatter_wildly_are_seen(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100, clicks=3.0)
    rng = np.random.default_rng(5)
    wild = np.where(rng.random(len(history)) < 0.06, 16, 0)
    history["clicks"] = np.minimum(history["clicks"] * wild, history["impressions"])
    check = checks(history, keywords, as_of)["spread"]
    assert (check.verdict, check.limit) == ("REVIEW", 3.0)


def test_healthy_shops_raise_no_alarm(shop: Shop, as_of: date) -> None:
    for seed in range(6):
        history, keywords = shop(seed=seed, words=40, clicks=4.0, cvr=0.04)
        known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
        assert str(known.review) == "PASS"


@pytest.mark.parametrize(
    ("seen", "verdict"), [(100.0, "PASS"), (40.0, "REVIEW"), (190.0, "REVIEW")]
)
def test_late_orders_that_break_with_the_curve(seen: float, verdict: str) -> None:
    check = _lag(Growth(seen, 100.0, 11.0))
    assert check.verdict == verdict
    assert "late orders came in the newest week, 100.0 expected" in check.detail
    assert _lag(Growth(1.0, 4.0, 2.0)).detail == "too few late orders expected to judge"
