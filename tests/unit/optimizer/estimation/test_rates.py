from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

import optimizer

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


def sell(history: pd.DataFrame, as_of: date, by_age: Callable[[np.ndarray], np.ndarray]) -> None:
    """Orders anew, at a rate of 5 % times a factor by age."""
    age = (pd.Timestamp(as_of) - history["date"]).dt.days.to_numpy()
    rng = np.random.default_rng(8)
    history["orders"] = rng.poisson(0.05 * by_age(age) * history["clicks"])
    history["revenue"] = 80.0 * history["orders"]


def rate(history: pd.DataFrame, keywords: pd.DataFrame, as_of: date) -> float:
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    clicks = history.groupby("keyword_id")["clicks"].sum()
    return float(np.average(known.rates["cvr"].loc[clicks.index], weights=clicks))


def test_a_promotion_does_not_stay_in_the_rates(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=120, days=30)
    sell(history, as_of, lambda age: np.where((age >= 8) & (age <= 11), 2.0, 1.0))
    naive = history["orders"].sum() / history["clicks"].sum()
    assert naive > 0.055
    assert rate(history, keywords, as_of) == pytest.approx(0.05, rel=0.05)


def test_a_season_that_has_fallen_is_in_the_rates(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=120, days=40)
    sell(history, as_of, lambda age: np.where(age < 12, 0.6, 1.0))
    assert rate(history, keywords, as_of) == pytest.approx(0.03, rel=0.12)


def test_days_that_stand_out_widen_the_orders_of_a_day(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=120, days=40)
    rng = np.random.default_rng(2)
    day = np.exp(rng.normal(0, 0.35, 60))
    sell(history, as_of, lambda age: day[age])
    known = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0)
    assert known.swing.day_sd == pytest.approx(0.35, abs=0.15)
    assert known.conversion.common_sd > 0.03


def test_quality_and_match_tell_words_apart_that_have_sold_little(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=200, clicks=1.5, cvr=0.05)
    good = np.arange(200) // 6 % 2 == 0  # in every adgroup
    rng = np.random.default_rng(4)
    chance = np.where(good, 0.08, 0.03)[history["keyword_id"].str[1:].astype(int)]
    history["orders"] = rng.poisson(chance * history["clicks"])
    history["revenue"] = 80.0 * history["orders"]
    plain = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).rates["cvr"]
    keywords["quality_score"] = np.where(good, 9.0, 5.0)
    keywords.loc[:9, "quality_score"] = np.nan
    scored = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).rates["cvr"]
    truth = np.where(good, 0.08, 0.03)
    assert np.mean((scored - truth)[10:] ** 2) < 0.5 * np.mean((plain - truth)[10:] ** 2)
    keywords = keywords.drop(columns="quality_score")
    keywords["match"] = np.where(good, "exact", "broad")
    keywords.loc[:9, "match"] = None
    matched = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).rates["cvr"]
    assert np.mean((matched - truth)[10:] ** 2) < 0.5 * np.mean((plain - truth)[10:] ** 2)


def test_a_column_that_is_missing_or_the_same_for_all_changes_nothing(
    shop: Shop, as_of: date
) -> None:
    history, keywords = shop()
    plain = optimizer.estimate(history, keywords, as_of=as_of).rates
    same = keywords.assign(quality_score=7.0, match="exact")
    pd.testing.assert_frame_equal(optimizer.estimate(history, same, as_of=as_of).rates, plain)
    unknown = keywords.assign(quality_score=np.nan, match=None)
    pd.testing.assert_frame_equal(optimizer.estimate(history, unknown, as_of=as_of).rates, plain)


def test_a_column_without_meaning_moves_little(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100)
    plain = optimizer.estimate(history, keywords, as_of=as_of).rates["cvr"]
    noise = np.random.default_rng(1).normal(7, 1, 100)
    noisy = optimizer.estimate(history, keywords.assign(quality_score=noise), as_of=as_of)
    assert noisy.rates["cvr"].to_numpy() == pytest.approx(plain.to_numpy(), rel=0.25)
