from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer.history import Panel, Roster, read_history, read_roster
from optimizer.volume import common_move, day_effects, dispersion, flat_days, keyword_rate

AS_OF = date(2026, 6, 1)


def campaign(
    clicks: np.ndarray, hit: np.ndarray | None = None, *, two: bool = False
) -> tuple[Panel, Roster]:
    """A campaign (or two) of words with ``clicks`` (days, words), the newest day last."""
    days, words = clicks.shape
    ids = [f"k{i}" for i in range(words)]
    dates = [pd.Timestamp(AS_OF - timedelta(days=days - d)) for d in range(days)]
    frame = pd.DataFrame(
        {
            "keyword_id": np.tile(ids, days),
            "date": np.repeat(dates, words),
            "bid": 1.0,
            "impressions": clicks.ravel() * 20,
            "clicks": clicks.ravel(),
            "spend": clicks.ravel() * 0.5,
            "orders": 0,
            "revenue": 0.0,
            "budget_hit": False if hit is None else np.repeat(hit, words),
        }
    )
    of_campaign = [f"c{i % 2}" if two else "c" for i in range(words)]
    keywords = pd.DataFrame(
        {"keyword_id": ids, "adgroup_id": of_campaign, "campaign_id": of_campaign, "bid": 1.0}
    )
    roster = read_roster(keywords, pd.DataFrame(), 1.0)
    return read_history(frame, roster, AS_OF), roster


def test_day_effects_follow_demand() -> None:
    demand = np.tile([1.0, 1.0, 2.0, 1.0], 6)
    clicks = np.random.default_rng(0).poisson(demand[:, None] * np.full(12, 30.0))
    panel, roster = campaign(clicks)
    effects = day_effects(panel, roster, flat_days(panel, roster), np.ones(len(panel.keyword)))
    newest_first = demand[::-1] / demand.mean()
    assert effects.demand[0] == pytest.approx(newest_first, rel=0.12)
    assert np.hypot(effects.spread.account, effects.spread.campaign) > 0.25


def test_quiet_days_mean_little_spread() -> None:
    clicks = np.random.default_rng(0).poisson(np.full((28, 40), 30.0))
    panel, roster = campaign(clicks, two=True)
    effects = day_effects(panel, roster, flat_days(panel, roster), np.ones(len(panel.keyword)))
    assert effects.spread.account < 0.10
    assert effects.spread.campaign < 0.15


def test_a_day_the_budget_ended_early_does_not_lower_the_level() -> None:
    rng = np.random.default_rng(1)
    clicks = rng.poisson(np.full((20, 10), 40.0))
    hit = np.arange(20) % 2 == 0
    throttled = np.where(hit[:, None], clicks // 3, clicks)
    panel, roster = campaign(throttled, hit)
    ones = np.ones(len(panel.keyword))
    days = flat_days(panel, roster)
    for _ in range(2):
        days = day_effects(panel, roster, days, ones)
    assert keyword_rate(panel, roster, days, ones) == pytest.approx(np.full(10, 40.0), rel=0.12)
    blind, _ = campaign(throttled)
    flat = flat_days(blind, roster)
    assert keyword_rate(blind, roster, flat, ones).mean() < 30.0


def test_a_campaign_that_was_never_open_is_believed_larger_than_it_showed() -> None:
    clicks = np.full((20, 10), 30)
    panel, roster = campaign(clicks, np.ones(20, dtype=bool))
    ones = np.ones(len(panel.keyword))
    days = day_effects(panel, roster, flat_days(panel, roster), ones)
    assert keyword_rate(panel, roster, days, ones).mean() > 40.0


def test_recency_centres_the_days_on_now() -> None:
    demand = np.concatenate([np.full(20, 1.0), np.full(8, 3.0)])
    clicks = np.random.default_rng(0).poisson(demand[:, None] * np.full(12, 30.0))
    panel, roster = campaign(clicks)
    ones = np.ones(len(panel.keyword))
    days = day_effects(panel, roster, flat_days(panel, roster), ones).centred(3.0)
    assert days.demand[0][:4] == pytest.approx(np.ones(4), rel=0.2)


def test_silent_days_carry_exposure() -> None:
    panel, roster = campaign(np.full((6, 2), 5))
    rows = panel.age % 3 == 0
    thin = pd.DataFrame(
        {
            "keyword_id": [f"k{k}" for k in panel.keyword[rows]],
            "date": [pd.Timestamp(AS_OF - timedelta(days=int(a))) for a in panel.age[rows]],
            **dict.fromkeys(("bid", "impressions", "clicks", "spend", "orders", "revenue"), 1.0),
        }
    )
    sparse = read_history(thin, roster, AS_OF)
    summed = flat_days(sparse, roster).summed(sparse, roster.campaign, np.inf)
    assert summed.tolist() == [3.0, 1.0, 3.0, 1.0]
    halved = flat_days(sparse, roster).summed(sparse, roster.campaign, 1.0)
    assert halved[:2] == pytest.approx([2.0**-3 + 2.0**-2 + 2.0**-1, 1.0])


def test_dispersion_is_found_and_bounded() -> None:
    rng = np.random.default_rng(0)
    panel, _ = campaign(np.zeros((200, 20), dtype=int))
    expected = np.full(len(panel.keyword), 12.0)
    mixed = rng.poisson(expected * rng.gamma(2.0, 0.5, len(expected)))
    assert dispersion(panel, expected, mixed.astype(float)) == pytest.approx(0.5, rel=0.15)
    calm = rng.poisson(expected)
    assert dispersion(panel, expected, calm.astype(float)) < 0.05
    assert dispersion(panel, np.zeros(len(expected)), np.zeros(len(expected))) == pytest.approx(0.3)


def test_no_history_at_all() -> None:
    _, roster = campaign(np.ones((2, 3), dtype=int))
    empty = read_history(pd.DataFrame(), roster, AS_OF)
    days = day_effects(empty, roster, flat_days(empty, roster), np.zeros(0))
    assert np.isfinite(days.spread.account)
    assert keyword_rate(empty, roster, days, np.zeros(0)).tolist() == [0.0, 0.0, 0.0]


def test_day_effects_that_go_along_with_the_bids_are_a_missed_response() -> None:
    rng = np.random.default_rng(3)
    moved = np.where(np.arange(30) < 15, 0.0, 0.5)  # log bid of all words together
    clicks = rng.poisson(40.0 * np.exp(0.7 * moved)[:, None] * np.ones(10))
    panel, roster = campaign(clicks)
    x = moved[30 - panel.age]
    believed = np.exp(0.4 * x)  # the curve has 0.3 too little elasticity; slope by elasticity is x
    days = day_effects(panel, roster, flat_days(panel, roster), believed)
    correction, sd = common_move(panel, roster, days, believed, x)
    assert correction == pytest.approx(0.3, abs=0.08)
    assert 0.3 < sd < 0.8  # one step could be a change of demand


def test_bids_that_never_moved_together_say_nothing() -> None:
    clicks = np.full((30, 10), 40)
    panel, roster = campaign(clicks)
    ones = np.ones(len(panel.keyword))
    days = day_effects(panel, roster, flat_days(panel, roster), ones)
    assert common_move(panel, roster, days, ones, 0.0 * ones) == (0.0, np.inf)
