from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer import InputError
from optimizer.leaning import followed
from optimizer.pooled import Prior, Tree

Shop = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]

WORDS = 240
LIKED = np.arange(WORDS) // 6 % 2 == 0  # in every adgroup
PRIOR = Prior(rate=0.03, weight=1.0, spread=(0.2, 0.15, 0.1))


@pytest.fixture
def sold(shop: Shop) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Liked words sell 6 %, the others 2 %, and are put into carts as often in proportion."""
    history, keywords = shop(words=WORDS, clicks=3.0)
    rng = np.random.default_rng(4)
    liked = LIKED[history["keyword_id"].str[1:].astype(int)]
    history["orders"] = rng.poisson(np.where(liked, 0.06, 0.02) * history["clicks"])
    history["revenue"] = 80.0 * history["orders"]
    history["carts"] = rng.poisson(np.where(liked, 0.3, 0.1) * history["clicks"])
    return history, keywords


def cvr(history: pd.DataFrame, keywords: pd.DataFrame, as_of: date) -> np.ndarray:
    rates = optimizer.estimate(history, keywords, as_of=as_of, attribution_days=0).rates
    return rates["cvr"].to_numpy()


def test_carts_tell_words_apart_that_have_sold_little(
    sold: tuple[pd.DataFrame, pd.DataFrame], as_of: date
) -> None:
    history, keywords = sold
    truth = np.where(LIKED, 0.06, 0.02)
    blind, told = (
        np.mean(np.log(cvr(frame, keywords, as_of) / truth) ** 2)
        for frame in (history.drop(columns="carts"), history)
    )
    assert told < 0.5 * blind


def test_carts_that_tell_nothing_count_for_little(
    sold: tuple[pd.DataFrame, pd.DataFrame], as_of: date
) -> None:
    history, keywords = sold
    rng = np.random.default_rng(6)
    odd = (np.arange(WORDS) % 2)[history["keyword_id"].str[1:].astype(int)]
    misled = history.assign(carts=rng.poisson(np.where(odd == 1, 0.3, 0.1) * history["clicks"]))
    blind = cvr(history.drop(columns="carts"), keywords, as_of)
    assert np.abs(np.log(cvr(misled, keywords, as_of) / blind)).mean() < 0.1


@pytest.mark.parametrize("carts", [np.nan, 0.0])
def test_unknown_carts_and_none_change_nothing(
    sold: tuple[pd.DataFrame, pd.DataFrame], as_of: date, carts: float
) -> None:
    history, keywords = sold
    blind = cvr(history.drop(columns="carts"), keywords, as_of)
    assert np.array_equal(cvr(history.assign(carts=carts), keywords, as_of), blind)


def test_favourites_count_only_where_every_row_with_carts_has_them(
    sold: tuple[pd.DataFrame, pd.DataFrame], as_of: date
) -> None:
    history, keywords = sold
    partly = np.where(np.arange(len(history)) % 2, 50.0, np.nan)
    alone = cvr(history, keywords, as_of)
    assert np.array_equal(cvr(history.assign(favourites=partly), keywords, as_of), alone)
    both = history.assign(favourites=history["carts"] * 2)
    assert not np.array_equal(cvr(both, keywords, as_of), alone)


def test_negative_carts_are_refused(sold: tuple[pd.DataFrame, pd.DataFrame], as_of: date) -> None:
    history, keywords = sold
    broken = history.assign(carts=np.where(np.arange(len(history)) == 7, -1.0, 2.0))
    with pytest.raises(InputError, match="carts is negative in row 7"):
        cvr(broken, keywords, as_of)


def test_without_orders_the_prior_elasticity_speaks() -> None:
    tree = Tree(np.zeros(3, dtype=np.int64), np.zeros(1, dtype=np.int64), 1)
    interest = np.log(np.array([0.5, 1.0, 2.0]))
    factor = followed(interest, np.zeros(3), np.full(3, 1.0), tree, PRIOR)
    assert factor[1] == pytest.approx(1.0)
    assert 0.6 < factor[0] < 0.85
    assert 1.3 < factor[2] < 1.7


def test_the_elasticity_is_learned() -> None:
    rng = np.random.default_rng(3)
    tree = Tree(np.arange(400) % 8, np.zeros(8, dtype=np.int64), 1)
    interest = rng.normal(0.0, 0.6, 400)
    clicks = np.full(400, 100.0)
    orders = rng.poisson(0.03 * np.exp(interest) * clicks).astype(float)
    factor = followed(interest, orders, clicks, tree, PRIOR)
    slope = np.polyfit(interest, np.log(factor), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.15)
