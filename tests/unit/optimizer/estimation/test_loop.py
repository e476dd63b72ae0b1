from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer.history import Panel, Roster, read_history, read_roster
from optimizer.loop import level_correction

AS_OF = date(2026, 6, 1)


def two_campaigns(
    factor: np.ndarray, *, level: float = 30.0, hit: bool = False
) -> tuple[Panel, Roster]:
    """Twenty days of two campaigns of ten words; the newest five days are ``factor`` times the rest."""
    rng = np.random.default_rng(0)
    ids = [f"k{i}" for i in range(20)]
    frames = []
    for back in range(20, 0, -1):
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
                    "budget_hit": hit and back <= 5,
                }
            )
        )
    campaigns = np.repeat(["c0", "c1"], 10)
    keywords = pd.DataFrame(
        {"keyword_id": ids, "adgroup_id": campaigns, "campaign_id": campaigns, "bid": 1.0}
    )
    roster = read_roster(keywords, pd.DataFrame(), 1.0)
    return read_history(pd.concat(frames), roster, AS_OF), roster


def correct(
    panel: Panel, roster: Roster, expected: float = 30.0, day_sd: float = 0.05
) -> np.ndarray:
    rows = np.full(len(panel.keyword), expected)
    return level_correction(panel, roster, rows, panel.clicks, day_sd)[[0, -1]]


def test_a_level_that_is_right_is_left_alone() -> None:
    assert correct(*two_campaigns(np.array([1.0, 1.0]))) == pytest.approx([1.0, 1.0], abs=0.03)


def test_the_newest_days_count_most() -> None:
    low, high = correct(*two_campaigns(np.array([1.5, 1.5])))
    assert 1.2 < low < 1.5
    assert 1.2 < high < 1.5


def test_campaigns_differ() -> None:
    low, high = correct(*two_campaigns(np.array([0.6, 1.4])))
    assert low < 0.85
    assert high > 1.1


def test_a_few_clicks_prove_nothing() -> None:
    panel, roster = two_campaigns(np.array([2.0, 2.0]), level=0.02)
    assert correct(panel, roster, expected=0.02) == pytest.approx([1.0, 1.0], abs=0.15)


def test_restless_days_are_trusted_less() -> None:
    shop = two_campaigns(np.array([1.5, 1.5]))
    assert correct(*shop, day_sd=0.8)[0] < correct(*shop, day_sd=0.05)[0]


def test_days_whose_budget_ran_out_are_no_evidence() -> None:
    assert correct(*two_campaigns(np.array([0.3, 0.3]), hit=True)) == pytest.approx(
        [1.0, 1.0], abs=0.05
    )


def test_no_history() -> None:
    panel, roster = two_campaigns(np.array([1.0, 1.0]))
    empty = read_history(pd.DataFrame(), roster, AS_OF)
    none = np.zeros(0)
    assert level_correction(empty, roster, none, none, 0.1).tolist() == [1.0] * 20
    del panel
