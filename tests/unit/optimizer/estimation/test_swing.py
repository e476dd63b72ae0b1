from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.swing import USUAL_COUNTING, USUAL_DAY_SD, Swing

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


def swing(history: pd.DataFrame, keywords: pd.DataFrame, as_of: date) -> Swing:
    return optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).swing


def test_nothing_known_is_the_usual(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=4, days=2)
    found = swing(history.iloc[:0], keywords, as_of)
    assert (found.counting, found.day_sd) == (USUAL_COUNTING, pytest.approx(USUAL_DAY_SD))


def test_orders_that_come_in_threes(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=100, days=40)
    single = swing(history, keywords, as_of)
    rng = np.random.default_rng(1)
    threes = 3 * rng.binomial(history["clicks"], 0.016)
    tripled = history.assign(orders=threes, revenue=80.0 * threes)
    assert single.counting < 1.2
    assert 1.8 < swing(tripled, keywords, as_of).counting <= 3.0


def test_days_that_sell_better_whatever_was_clicked(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=200, days=60, clicks=20.0)
    quiet = swing(history, keywords, as_of)
    days = history["date"].drop_duplicates()
    rng = np.random.default_rng(2)
    mood = pd.Series(np.exp(0.35 * rng.standard_normal(len(days))), index=days)
    sold = rng.poisson(0.05 * history["clicks"] * history["date"].map(mood))
    moody = swing(history.assign(orders=sold, revenue=80.0 * sold), keywords, as_of)
    assert quiet.day_sd < 0.1
    assert 0.2 < moody.day_sd < 0.5


def test_one_wholesale_order_does_not_make_every_day_wild(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, days=28)
    sold = int(np.flatnonzero(history["orders"])[0])
    history.loc[sold, "revenue"] = 400_000.0
    assert swing(history, keywords, as_of).counting <= 3.0
