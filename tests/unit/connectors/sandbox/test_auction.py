"""The integrated auction against auctions that are really played."""

from __future__ import annotations

import numpy as np
import pytest

from connectors.sandbox import auction
from connectors.sandbox.auction import CLICK, SLOTS, VIEW, AuctionTables, RivalClasses

CLASSES = RivalClasses(rivals=np.array([3, 6, 8]), log_sd=np.array([0.8, 1.3, 1.0]))
PLAYED = 400_000


def play(n: int, sd: float, score: float, seed: int = 1) -> tuple[float, float, float, float]:
    """Views, clicks, spend and rank of a search, averaged over auctions played one by one."""
    rng = np.random.default_rng(seed)
    rivals = -np.sort(-np.exp(sd * rng.standard_normal((PLAYED, n))), axis=1)
    floor = auction._FLOOR_LEVEL * np.exp(auction._FLOOR_LOG_SD * rng.standard_normal(PLAYED))
    position = (rivals > score).sum(axis=1)
    following = np.concatenate([rivals, np.zeros((PLAYED, 1))], axis=1)
    price = np.maximum(following[np.arange(PLAYED), position], floor)
    shown = (floor < score) & (position < SLOTS)
    slot = np.minimum(position, SLOTS - 1)
    views, clicks = VIEW[slot] * shown, CLICK[slot] * shown
    return views.mean(), clicks.mean(), (clicks * price).mean(), (views * (slot + 1)).mean()


@pytest.mark.parametrize("rival_class", [0, 1, 2])
@pytest.mark.parametrize("score", [0.4, 1.0, 2.5])
def test_tables_agree_with_played_auctions(rival_class: int, score: float) -> None:
    n, sd = int(CLASSES.rivals[rival_class]), float(CLASSES.log_sd[rival_class])
    z = np.array([np.log(score) / sd])
    shares = AuctionTables(CLASSES).shares(np.array([rival_class]), z)
    computed = (shares.views[0], shares.clicks[0], shares.spend[0], shares.rank[0])
    assert computed == pytest.approx(play(n, sd, score), rel=0.02, abs=2e-4)


def test_single_prices_have_the_tables_mean_and_stay_below_the_own_score() -> None:
    rng = np.random.default_rng(5)
    tables = AuctionTables(CLASSES)
    for rival_class in range(3):
        sd = CLASSES.log_sd[rival_class]
        for score in (0.5, 1.0, 3.0):
            z = np.full(60_000, np.log(score) / sd)
            which = np.full(60_000, rival_class)
            price = tables.prices(which, z, tuple(rng.random((3, 60_000))))
            one = tables.shares(which[:1], z[:1])
            assert price.max() <= score * (1 + 1e-9)
            assert price.mean() == pytest.approx(one.spend[0] / one.clicks[0], rel=0.02)


def test_a_higher_score_never_lowers_volume_or_spend() -> None:
    tables = AuctionTables(CLASSES)
    z = np.linspace(-6, 6, 2_001)
    for rival_class in range(3):
        shares = tables.shares(np.full(z.shape, rival_class), z)
        for column in (shares.views, shares.clicks, shares.spend):
            assert np.all(np.diff(column) >= -1e-12)
        assert 0 <= shares.clicks.min() < 1e-3
        assert 0.9 < shares.clicks.max() <= 1
        assert np.all(shares.clicks <= shares.views + 1e-12)
        assert np.array_equal(shares.clicks, tables.clicks(np.full(z.shape, rival_class), z))


def test_better_quality_buys_the_same_place_cheaper() -> None:
    """Four times the quality at a quarter of the bid: same volume, a quarter of the price."""
    tables = AuctionTables(CLASSES)
    score, sd = 1.2, CLASSES.log_sd[1]
    shares = tables.shares(np.array([1]), np.array([np.log(score) / sd]))
    price = shares.spend[0] / shares.clicks[0]
    assert price / 4.0 < score / 4.0
    assert 0.3 < price / score < 0.95


def test_the_shocked_tables_are_the_mean_over_shocks() -> None:
    shock, rng = 0.3, np.random.default_rng(2)
    plain, smooth = AuctionTables(CLASSES), AuctionTables(CLASSES, shock)
    shift = shock * rng.standard_normal(200_000)
    sd = float(CLASSES.log_sd[0])
    z = np.full(shift.shape, 0.2 / sd)
    which = np.zeros(shift.shape, dtype=np.int64)
    drawn = plain.shares(which, z - shift / sd)
    mean = smooth.shares(which[:1], z[:1])
    assert mean.clicks[0] == pytest.approx(drawn.clicks.mean(), rel=5e-3)
    assert mean.spend[0] == pytest.approx((drawn.spend * np.exp(shift)).mean(), rel=5e-3)
    assert mean.clicks[0] != pytest.approx(plain.shares(which[:1], z[:1]).clicks[0], rel=1e-6)


def test_elasticities_are_those_of_clean_auctions() -> None:
    """Measured landscapes show 0.2-0.9 near the usual bid, a little more under hard competition."""
    tables = AuctionTables(RivalClasses(np.array([3, 4, 6]), np.array([0.75, 1.0, 1.35])))
    which = np.arange(3)
    sd = tables.classes.log_sd
    low, high = (tables.clicks(which, np.log(score) / sd) for score in (0.97, 1.03))
    elasticity = np.log(high / low) / np.log(1.03 / 0.97)
    assert np.all((elasticity > 0.2) & (elasticity < 1.2))
