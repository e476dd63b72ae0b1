from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer.calendar import Calendar
from optimizer.history import Panel, Roster, read_history, read_roster
from optimizer.loop import ACCOUNT_SD, CAMPAIGN_SD, Correction, level_correction

AS_OF = date(2026, 6, 1)
DAYS = 20


def two_campaigns(
    factor: np.ndarray, *, level: float = 30.0, hit: np.ndarray | None = None
) -> tuple[Panel, Roster]:
    """Twenty days of two campaigns of ten words; the newest five days are ``factor`` times the rest.

    ``hit`` (DAYS, 2) says which campaign days, the oldest first, their budget ended.
    """
    rng = np.random.default_rng(0)
    ids = [f"k{i}" for i in range(20)]
    frames = []
    for back in range(DAYS, 0, -1):
        by_campaign = np.where(back <= 5, factor, 1.0)
        clicks = rng.poisson(level * np.repeat(by_campaign, 10))
        frames.append(
            pd.DataFrame(
                {
                    "keyword_id": ids,
                    "date": pd.Timestamp(AS_OF - timedelta(days=back)),
                    "bid": 1.0,
                    "impressions": clicks * 20,
                    "clicks": clicks,
                    "spend": clicks * 0.5,
                    "orders": 0,
                    "revenue": 0.0,
                    "budget_hit": False if hit is None else np.repeat(hit[DAYS - back], 10),
                }
            )
        )
    campaigns = np.repeat(["c0", "c1"], 10)
    keywords = pd.DataFrame(
        {"keyword_id": ids, "adgroup_id": campaigns, "campaign_id": campaigns, "bid": 1.0}
    )
    roster = read_roster(keywords, pd.DataFrame(), 1.0)
    return read_history(pd.concat(frames), roster, AS_OF), roster


def closed(newest: int, campaigns: tuple[bool, bool] = (True, True)) -> np.ndarray:
    """The newest days ended by a budget."""
    hit = np.zeros((DAYS, 2), dtype=bool)
    hit[DAYS - newest :] = campaigns
    return hit


def correct(
    panel: Panel, roster: Roster, expected: float = 30.0, day_sd: float = 0.05
) -> Correction:
    return level_correction(panel, roster, np.full(len(panel.keyword), expected), day_sd)


def test_a_level_that_is_right_is_left_alone() -> None:
    found = correct(*two_campaigns(np.array([1.0, 1.0])))
    assert found.factor == pytest.approx([1.0, 1.0], abs=0.03)
    assert found.own_sd.max() < 0.05


def test_the_newest_days_count_most() -> None:
    found = correct(*two_campaigns(np.array([1.5, 1.5])))
    assert (found.factor > 1.2).all()
    assert (found.factor < 1.5).all()


def test_campaigns_differ() -> None:
    low, high = correct(*two_campaigns(np.array([0.6, 1.4]))).factor
    assert low < 0.85
    assert high > 1.1


def test_a_few_clicks_prove_nothing() -> None:
    panel, roster = two_campaigns(np.array([2.0, 2.0]), level=0.02)
    found = correct(panel, roster, expected=0.02)
    assert (found.factor < 1.3).all()
    assert (found.own_sd > 0.9 * CAMPAIGN_SD).all()
    assert (found.shared_sd > 0.6 * ACCOUNT_SD).all()


def test_restless_days_are_trusted_less() -> None:
    shop = two_campaigns(np.array([1.5, 1.5]))
    restless, calm = correct(*shop, day_sd=0.8), correct(*shop, day_sd=0.05)
    assert restless.factor[0] < calm.factor[0]
    assert (restless.own_sd > calm.own_sd).all()


def test_a_day_that_its_budget_ended_is_a_floor() -> None:
    low = correct(*two_campaigns(np.array([0.3, 0.3]), hit=closed(5)))
    assert low.factor == pytest.approx([1.0, 1.0], abs=0.05)
    high = correct(*two_campaigns(np.array([1.5, 1.5]), hit=closed(5)))
    assert (high.factor > 1.2).all()


def test_quiet_days_that_stayed_open_are_not_taken_for_usual_ones() -> None:
    rng = np.random.default_rng(4)
    demand = np.exp(rng.normal(0.0, 0.2, DAYS))
    busy = demand > 1.0
    panel, roster = two_campaigns(np.array([1.0, 1.0]), hit=np.repeat(busy[:, None], 2, axis=1))
    shown = np.minimum(demand, 1.0)[DAYS - panel.age]
    panel.clicks[:] = rng.poisson(30.0 * shown)
    open_days = ~panel.censored & (panel.age <= 12)
    assert panel.clicks[open_days].mean() < 27.0
    assert (correct(panel, roster, day_sd=0.2).factor > 0.95).all()


def test_one_closed_campaign_leaves_the_account_to_the_others() -> None:
    found = correct(*two_campaigns(np.array([0.3, 1.0]), hit=closed(DAYS, (True, False))))
    assert found.factor[1] == pytest.approx(1.0, abs=0.03)
    assert 1.0 < found.factor[0] < 1.25
    assert found.own_sd[0] > 2 * found.own_sd[1]


def test_named_days_say_nothing_of_the_usual_level_not_even_if_a_budget_ended_them() -> None:
    newest_five = Calendar(np.arange(DAYS) < 5, tonight=False)
    found = []
    for hit in (None, closed(5)):
        panel, roster = two_campaigns(np.array([2.5, 2.5]), hit=hit)
        found.append(correct(replace(panel, calendar=newest_five), roster).factor)
    assert found[0] == pytest.approx([1.0, 1.0], abs=0.05)
    assert found[1] == pytest.approx(found[0], rel=1e-9)


def test_no_history() -> None:
    _, roster = two_campaigns(np.array([1.0, 1.0]))
    empty = read_history(pd.DataFrame(), roster, AS_OF)
    found = level_correction(empty, roster, np.zeros(0), 0.1)
    assert found.factor.tolist() == [1.0, 1.0]
    assert found.own_sd == pytest.approx([CAMPAIGN_SD, CAMPAIGN_SD])
