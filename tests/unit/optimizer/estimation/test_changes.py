from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer.changes import (
    UNKNOWN,
    Held,
    along_curve,
    along_power,
    common,
    find_moves,
    own_information,
    price_slope,
)
from optimizer.curve import Curve
from optimizer.history import Panel, read_history, read_roster

AS_OF = date(2026, 6, 1)
CURVE = Curve(1.6)
BOUNDS = (-3.0, 3.5)
ONE_CAMPAIGN = np.zeros(1000, dtype=np.int64)


def panel_of(
    bid: np.ndarray,
    clicks: np.ndarray,
    cpc: np.ndarray | float = 0.5,
    hit: np.ndarray | None = None,
) -> tuple[Panel, np.ndarray, np.ndarray]:
    """Panel, log bid over 1 yuan and exposure of (days, words) bids and clicks, oldest first."""
    days, words = bid.shape
    ids = [f"k{i:04d}" for i in range(words)]
    frame = pd.DataFrame(
        {
            "keyword_id": np.tile(ids, days),
            "date": np.repeat(
                [pd.Timestamp(AS_OF - timedelta(days=days - d)) for d in range(days)], words
            ),
            "bid": bid.ravel(),
            "impressions": clicks.ravel() * 20,
            "clicks": clicks.ravel(),
            "spend": (clicks * cpc).ravel(),
            "orders": 0,
            "revenue": 0.0,
            "budget_hit": False if hit is None else hit.ravel(),
        }
    )
    keywords = pd.DataFrame({"keyword_id": ids, "adgroup_id": "g", "campaign_id": "c", "bid": 1.0})
    panel = read_history(frame, read_roster(keywords, pd.DataFrame(), 1.0), AS_OF)
    return panel, np.log(panel.bid), np.ones(len(panel.keyword))


def reacting_people(
    seed: int, *, words: int = 300, days: int = 40, position: float = 0.4
) -> tuple[np.ndarray, np.ndarray]:
    """People raise a word after two weak days and cut it after two strong ones."""
    rng = np.random.default_rng(seed)
    level = 5.0 * np.exp(rng.normal(0, 0.4, words))
    eta = np.full(words, position)
    bid, bids, clicks = np.ones(words), [], []
    for _ in range(days):
        bids.append(bid.copy())
        volume = CURVE.volume_ratio(eta, np.log(bid))
        clicks.append(rng.poisson(level * volume * rng.gamma(5.0, 0.2, words)))
        if len(clicks) >= 3:
            recent = (clicks[-1] + clicks[-2]) / 2
            usual = np.mean(clicks, axis=0)
            bid = np.where(
                recent < 0.7 * usual, bid * 1.15, np.where(recent > 1.4 * usual, bid / 1.15, bid)
            )
    return np.array(bids), np.array(clicks)


def test_people_who_react_to_volume_do_not_fool_it_much() -> None:
    bid, clicks = reacting_people(1)
    panel, x, exposure = panel_of(bid, clicks)
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    found = common(moves, moves.clicks, along_curve(moves, CURVE), 0.0, BOUNDS, 0.3)
    truth = CURVE.elasticity(np.array([0.4]))[0]
    assert CURVE.elasticity(np.array([found.value]))[0] == pytest.approx(truth, abs=0.25)


def test_bids_that_wander_by_themselves_are_read_right() -> None:
    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.normal(0, 0.1, (40, 300)), axis=0)
    volume = CURVE.volume_ratio(np.full(walk.shape, 0.4), walk)
    clicks = rng.poisson(5.0 * volume * rng.gamma(5.0, 0.2, walk.shape))
    panel, x, exposure = panel_of(np.exp(walk), clicks)
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    found = common(moves, moves.clicks, along_curve(moves, CURVE), 0.0, BOUNDS, 0.3)
    assert found.value == pytest.approx(0.4, abs=max(2.5 * found.sd, 0.15))


def test_what_a_whole_campaign_did_is_left_to_the_day_effects() -> None:
    rng = np.random.default_rng(8)
    together = np.where(np.arange(30) < 15, 0.0, 0.6)[:, None]
    apart = np.where(np.arange(30)[:, None] < 15, 0.0, rng.normal(0, 0.4, 200))
    bid = np.exp(together + apart)
    volume = CURVE.volume_ratio(np.full(bid.shape, 0.1), np.log(bid))
    halved = np.where(np.arange(30) < 15, 1.0, 0.5)[:, None]  # demand fell on the same day
    panel, x, exposure = panel_of(bid, rng.poisson(20.0 * volume * halved))
    by_day = np.where(panel.age > 15, 1.0, 0.5)
    moves = find_moves(panel, x, exposure * by_day, ONE_CAMPAIGN)
    found = common(moves, moves.clicks, along_curve(moves, CURVE), 0.8, BOUNDS, 0.0)
    assert found.value == pytest.approx(0.1, abs=max(3 * found.sd, 0.2))


def test_steps_taken_by_lot_give_the_position_back() -> None:
    rng = np.random.default_rng(3)
    bid = np.where(np.arange(30)[:, None] < 15, 1.0, np.exp(rng.normal(-0.5, 0.6, 200)))
    clicks = rng.poisson(12.0 * CURVE.volume_ratio(np.full(bid.shape, -0.3), np.log(bid)))
    panel, x, exposure = panel_of(bid, clicks)
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    found = common(moves, moves.clicks, along_curve(moves, CURVE), 0.9, BOUNDS, 0.0)
    assert found.known
    assert found.value == pytest.approx(-0.3, abs=max(3 * found.sd, 0.15))
    wrong = Curve(0.8)
    other = common(moves, moves.clicks, along_curve(moves, wrong), 0.0, BOUNDS, 0.0)
    assert found.score > other.score


def test_impressions_may_answer_less_than_clicks() -> None:
    rng = np.random.default_rng(3)
    bid = np.where(np.arange(30)[:, None] < 15, 1.0, np.exp(rng.normal(0, 0.5, 200)))
    volume = CURVE.volume_ratio(np.full(bid.shape, 0.2), np.log(bid))
    panel, x, exposure = panel_of(bid, rng.poisson(20.0 * volume))
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    log_volume = np.log(CURVE.volume_ratio(np.full(len(moves.x), 0.2), moves.x))
    shown = rng.poisson(100.0 * np.exp(0.6 * log_volume)).astype(float)
    found = common(moves, shown, along_power(log_volume), 0.8, (0.0, 1.2), 0.0)
    assert found.value == pytest.approx(0.6, abs=0.08)


def test_days_without_budget_say_nothing() -> None:
    rng = np.random.default_rng(4)
    bid = np.where(np.arange(30)[:, None] < 15, 2.0, 1.0) * np.ones((30, 100))
    volume = CURVE.volume_ratio(np.zeros(bid.shape), np.log(bid))
    closed = bid == 2.0
    panel, x, exposure = panel_of(
        bid, rng.poisson(np.where(closed, 4.0, 10.0 * volume)), hit=closed
    )
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    assert np.all(moves.x == 0.0)
    assert common(moves, moves.clicks, along_curve(moves, CURVE), 0.0, BOUNDS, 0.3) == UNKNOWN


def test_unmoved_bids_are_unknown() -> None:
    panel, x, exposure = panel_of(np.ones((20, 10)), np.full((20, 10), 5))
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    assert not moves.known
    assert not common(moves, moves.clicks, along_curve(moves, CURVE), 0.0, BOUNDS, 0.3).known


def test_own_information_grows_with_clicks_and_movement() -> None:
    rng = np.random.default_rng(5)
    spread = np.array([0.05, 0.5, 0.5])
    bid = np.exp(rng.normal(0, 1, (40, 3)) * spread)
    clicks = rng.poisson(np.array([20.0, 2.0, 20.0]) * np.ones((40, 3)))
    panel, x, exposure = panel_of(bid, clicks)
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    information = own_information(moves, along_curve(moves, CURVE)(0.0), 0.3)
    assert information[2] > information[1] > information[0] > 0


def test_a_sample_keeps_whole_keywords() -> None:
    rng = np.random.default_rng(6)
    panel, x, exposure = panel_of(
        np.exp(rng.normal(0, 0.3, (20, 12))), rng.poisson(np.full((20, 12), 6.0))
    )
    moves = find_moves(panel, x, exposure, ONE_CAMPAIGN)
    part = moves.part(100)
    assert moves.part(10_000) is moves
    assert set(part.keyword) == {0, 3, 6, 9}
    few = np.isin(panel.keyword, [0, 3, 6, 9])
    alone = find_moves(_only(panel, few), x[few], exposure[few], ONE_CAMPAIGN)
    response = along_curve(part, CURVE)(0.0)
    found, expected = (Held.of(m, m.clicks, 0.0).against(response) for m in (part, alone))
    assert found[0] == pytest.approx(expected[0])
    assert found[2] == pytest.approx(expected[2])


def _only(panel: Panel, rows: np.ndarray) -> Panel:
    by_row = (
        "keyword",
        "age",
        "gap",
        "bid",
        "impressions",
        "clicks",
        "spend",
        "orders",
        "revenue",
        "censored",
    )
    return replace(panel, **{name: getattr(panel, name)[rows] for name in by_row})


def test_price_slope() -> None:
    rng = np.random.default_rng(7)
    bid = np.exp(rng.normal(0, 0.3, (30, 40)))
    clicks = rng.poisson(np.full((30, 40), 6.0))
    panel, x, _ = panel_of(bid, clicks, cpc=0.5 * bid**0.8 * np.exp(rng.normal(0, 0.05, (30, 40))))
    found = price_slope(panel, x)
    assert found.value == pytest.approx(0.8, abs=max(3 * found.sd, 0.02))
    assert found.sd < 0.05


def test_price_slope_without_movement_or_clicks_is_unknown() -> None:
    panel, x, _ = panel_of(np.ones((20, 5)), np.full((20, 5), 3))
    assert not price_slope(panel, x).known
    silent, y, _ = panel_of(np.ones((20, 5)), np.zeros((20, 5), dtype=int))
    assert not price_slope(silent, y).known
