from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from optimizer.history import read_history, read_roster
from optimizer.pooled import Tree
from optimizer.value import PRIOR_VALUE, OrderValue, order_value

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


def fit(history: pd.DataFrame, keywords: pd.DataFrame, as_of: date) -> OrderValue:
    roster = read_roster(keywords, pd.DataFrame(), 1.0)
    panel = read_history(history, roster, as_of)
    tree = Tree(roster.adgroup, roster.campaign_of_adgroup, len(roster.campaign_ids))
    return order_value(panel, tree)


def test_order_values_differ_by_adgroup(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, clicks=20.0)
    rng = np.random.default_rng(0)
    dear = history["keyword_id"].isin(keywords["keyword_id"][keywords["adgroup_id"] == "g2"])
    history["revenue"] = np.where(dear, 240.0, 80.0) * rng.gamma(
        2.0 * history["orders"] + 1e-9, 0.5
    )
    found = fit(history, keywords, as_of)
    of_dear = (keywords["adgroup_id"] == "g2").to_numpy()
    assert found.mean[of_dear].mean() == pytest.approx(240.0, rel=0.15)
    assert found.mean[~of_dear].mean() == pytest.approx(80.0, rel=0.1)
    assert found.cv2 == pytest.approx(0.5, rel=0.4)


def test_one_wholesale_order_does_not_make_a_word_rich(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, clicks=20.0)
    sold = history.index[history["orders"] > 0][0]
    before = fit(history, keywords, as_of).mean
    history.loc[sold, "revenue"] = 60_000.0
    word = int(history.loc[sold, "keyword_id"][1:])
    after = fit(history, keywords, as_of).mean
    assert after[word] < 1.5 * before[word]
    assert after.mean() > before.mean()  # it raises all words alike


def test_a_dear_adgroup_of_single_orders_is_not_taken_for_luck(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, clicks=1.0)
    dear = history["keyword_id"].isin(keywords["keyword_id"][keywords["adgroup_id"] == "g2"])
    history["revenue"] = np.where(dear, 900.0, 80.0) * history["orders"]
    of_dear = (keywords["adgroup_id"] == "g2").to_numpy()
    assert fit(history, keywords, as_of).mean[of_dear].mean() == pytest.approx(900.0, rel=0.25)


def test_heavy_tails_are_seen_in_the_spread_of_one_order(shop: Shop, as_of: date) -> None:
    history, keywords = shop(words=60, clicks=20.0)
    even = fit(history, keywords, as_of).cv2
    rng = np.random.default_rng(1)
    history["revenue"] *= np.where(rng.random(len(history)) < 0.02, 9.0, 1.0)
    assert fit(history, keywords, as_of).cv2 > even + 0.5


def test_without_orders_the_prior_stands_unsure(shop: Shop, as_of: date) -> None:
    history, keywords = shop(cvr=0.0)
    found = fit(history, keywords, as_of)
    assert found.mean == pytest.approx(np.full(len(keywords), PRIOR_VALUE))
    assert found.pooled.log_variance().min() > 0.5
