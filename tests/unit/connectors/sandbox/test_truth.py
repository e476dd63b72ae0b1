"""Expectations against long simulation, and the clairvoyant against everything one could try."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from connectors.sandbox.market import Market
from connectors.sandbox.scenario import DENSE, DRIFT, TIGHT_BUDGETS
from connectors.sandbox.truth import Limits, Truth

DAY = 738_000
MARKET = Market(DENSE, 1)
TRUTH = Truth(MARKET)
QUIET = replace(
    DENSE, day_log_sd=0.0, campaign_day_log_sd=0.0, cvr_day_log_sd=0.0, word_wave_log_sd=0.0
)


def test_expectations_are_the_long_run_mean() -> None:
    """300 like days; account-wide noise is switched off so that the mean settles."""
    market = Market(QUIET, 2)
    truth, bids = Truth(market), market.typical_bids()
    expected = truth.expected(DAY, bids)
    days = [market.day(DAY + 7 * i, bids) for i in range(300)]
    totals = [day.final() for day in days]

    def ratio(name: str, wanted: np.ndarray) -> float:
        return float(np.mean([getattr(t, name).sum() for t in totals]) / wanted.sum())

    assert ratio("impressions", expected.impressions) == pytest.approx(1.0, abs=0.02)
    assert ratio("clicks", expected.clicks) == pytest.approx(1.0, abs=0.02)
    assert ratio("spend_fen", expected.spend_fen) == pytest.approx(1.0, abs=0.025)
    assert ratio("orders", expected.orders) == pytest.approx(1.0, abs=0.03)
    assert ratio("revenue_fen", expected.revenue_fen) == pytest.approx(1.0, abs=0.04)
    clicks = np.mean([t.clicks for t in totals], axis=0)
    busy = expected.clicks > 3
    assert np.corrcoef(clicks[busy], expected.clicks[busy])[0, 1] > 0.995
    assert np.median(np.abs(clicks[busy] / expected.clicks[busy] - 1)) < 0.04


def test_every_part_of_the_day_has_its_own_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """With rivals asleep at night and wide awake later, days still average to the expectation."""
    market = Market(QUIET, 2)
    bids = market.typical_bids()
    usual = Truth(market).expected(DAY, bids).clicks.sum()
    level = np.array([0.2, 1.0, 1.0, 2.5])
    monkeypatch.setattr("connectors.sandbox.market.RIVAL_LEVEL_OF_PART", level)
    monkeypatch.setattr("connectors.sandbox.truth.RIVAL_LEVEL_OF_PART", level)
    expected = Truth(market).expected(DAY, bids)
    assert expected.clicks.sum() < 0.95 * usual
    days = [market.day(DAY + 7 * i, bids).final() for i in range(40)]
    clicks, spend = (sum(getattr(d, n).sum() for d in days) for n in ("clicks", "spend_fen"))
    assert clicks / 40 == pytest.approx(expected.clicks.sum(), rel=0.02)
    assert spend / 40 == pytest.approx(expected.spend_fen.sum(), rel=0.02)
    views = sum(d.impressions.sum() for d in days)
    assert views / 40 == pytest.approx(expected.impressions.sum(), rel=0.02)


def test_expectations_rise_smoothly_with_the_bid() -> None:
    bids = MARKET.typical_bids()[:, None] * np.geomspace(0.05, 10, 80)
    curve = TRUTH.expected(DAY, bids)
    for column in (curve.impressions, curve.clicks, curve.spend_fen):
        assert column.shape == bids.shape
        assert np.all(np.diff(column, axis=1) >= -1e-9)
    step = np.diff(curve.clicks, axis=1) / np.maximum(curve.clicks[:, -1:], 1e-12)
    assert step.max() < 0.08
    assert TRUTH.expected(DAY, np.zeros(300)).spend_fen.sum() == 0


def test_contribution_counts_margin_and_natural_orders() -> None:
    market = Market(replace(DENSE, organic_lift=0.5), 1)
    bids = market.typical_bids()
    plain, lifted = TRUTH.expected(DAY, bids), Truth(market).expected(DAY, bids)
    assert np.array_equal(plain.revenue_fen, lifted.revenue_fen)
    positive = MARKET.ground.margin_rate[MARKET.ground.adgroup] > 0
    ratio = lifted.contribution_fen[positive] / np.maximum(plain.contribution_fen[positive], 1e-9)
    assert ratio[plain.contribution_fen[positive] > 1] == pytest.approx(1.5, rel=0.01)
    value = Truth(market).value_per_click_fen(DAY)
    assert lifted.clicks * value == pytest.approx(lifted.contribution_fen)


def test_capped_days_are_close_to_simulated_ones() -> None:
    market = Market(replace(TIGHT_BUDGETS, keywords=300), 2)
    bids = market.typical_bids()
    expected = Truth(market).capped(DAY, bids)
    spend = np.bincount(market.ground.campaign, expected.spend_fen)
    assert np.all(spend <= market.campaign_budget_fen * (1 + 1e-9))
    assert spend.sum() <= market.account_budget_fen * (1 + 1e-9)
    days = [market.day(DAY + 7 * i, bids).final() for i in range(60)]
    assert np.mean([d.spend_fen.sum() for d in days]) == pytest.approx(spend.sum(), rel=0.03)
    assert np.mean([d.clicks.sum() for d in days]) == pytest.approx(expected.clicks.sum(), rel=0.04)


def test_no_perturbation_beats_the_clairvoyants_profit() -> None:
    best = TRUTH.optimum(DAY)
    found = TRUTH.expected(DAY, best.bids_fen)
    assert found.profit_fen.sum() == pytest.approx(best.objective_fen)
    assert best.objective_fen <= best.bound_fen * (1 + 1e-9)
    assert best.gap < 1e-6
    assert best.marginal_return == pytest.approx(1.0, abs=0.02)
    rng = np.random.default_rng(1)
    for spread in (0.02, 0.1, 0.5):
        for _ in range(20):
            tried = np.round(best.bids_fen * np.exp(spread * rng.standard_normal(300)))
            tried = np.maximum(tried, 5)
            # A grid 3 % apart leaves a whisker.
            assert TRUTH.expected(DAY, tried).profit_fen.sum() <= best.bound_fen * (1 + 2e-4)
    assert TRUTH.expected(DAY, MARKET.typical_bids()).profit_fen.sum() < 0.9 * best.objective_fen


def test_budgets_hold_and_no_other_split_is_better() -> None:
    free = TRUTH.optimum(DAY)
    caps = np.array([4_000.0, 60_000.0, np.inf, 10_000.0, 30_000.0])
    limits = Limits(account_budget_fen=0.5 * free.spend_fen, campaign_budget_fen=caps)
    best = TRUTH.optimum(DAY, limits=limits)
    campaign = MARKET.ground.campaign
    spend = TRUTH.expected(DAY, best.bids_fen).spend_fen
    assert np.all(np.bincount(campaign, spend, 5) <= caps * (1 + 1e-9))
    assert spend.sum() <= limits.account_budget_fen * (1 + 1e-9)
    assert spend.sum() > 0.98 * limits.account_budget_fen
    assert 0 <= best.gap < 2e-3
    assert best.marginal_return > 1.05
    rng = np.random.default_rng(3)
    for _ in range(40):
        tried = np.maximum(np.round(best.bids_fen * np.exp(0.3 * rng.standard_normal(300))), 5)
        day = TRUTH.expected(DAY, tried)
        fits = np.all(np.bincount(campaign, day.spend_fen, 5) <= caps)
        scale = min(1.0, limits.account_budget_fen / day.spend_fen.sum())
        if fits:
            assert day.profit_fen.sum() * scale <= best.bound_fen


def test_the_slight_loss_is_spent_to_the_last_fen_it_allows() -> None:
    most = TRUTH.optimum(DAY, "slight_loss")
    loss_of_all = most.spend_fen - most.contribution_fen
    profit = TRUTH.optimum(DAY)
    for allowed in (0.0, 20_000.0):
        best = TRUTH.optimum(DAY, "slight_loss", Limits(max_loss_fen=allowed))
        loss = best.spend_fen - best.contribution_fen
        assert loss_of_all > allowed
        assert allowed - 500 <= loss <= allowed + 1e-6
        assert profit.contribution_fen < best.objective_fen <= best.bound_fen * (1 + 1e-12)
        assert best.gap < 1e-3
        assert 0 < best.marginal_return < 1
    floored = TRUTH.optimum(
        DAY, "slight_loss", Limits(max_loss_fen=20_000.0, min_marginal_return=0.6)
    )
    assert floored.marginal_return == pytest.approx(0.6, abs=0.02)
    assert floored.spend_fen < best.spend_fen


def test_a_loss_limit_below_the_best_profit_cannot_be_met_but_is_approached() -> None:
    best = TRUTH.optimum(DAY, "slight_loss", Limits(max_loss_fen=-1e9))
    profit = TRUTH.optimum(DAY)
    assert best.spend_fen == pytest.approx(profit.spend_fen, rel=1e-3)


def test_locked_words_keep_their_bids_and_their_share_of_the_budget() -> None:
    bids = MARKET.typical_bids()
    locked = np.arange(300) % 3 == 0
    limits = Limits(locked=locked, locked_bids_fen=bids, max_bid_fen=300, min_bid_fen=10)
    best = TRUTH.optimum(DAY, limits=limits)
    assert np.array_equal(best.bids_fen[locked], bids[locked])
    assert best.bids_fen[~locked].max() <= 300
    assert best.bids_fen[~locked].min() >= 10
    with pytest.raises(ValueError, match="account's budget is 100"):
        TRUTH.optimum(DAY, limits=replace(limits, account_budget_fen=100.0))
    poor = replace(limits, campaign_budget_fen=np.full(5, 2_000.0))
    assert TRUTH.optimum(DAY, limits=poor).spend_fen <= 10_000 * (1 + 1e-9)


def test_a_finer_grid_hardly_changes_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = TRUTH.optimum(DAY).bound_fen
    monkeypatch.setattr("connectors.sandbox.truth._GRID", np.geomspace(0.04, 12.0, 800))
    assert Truth(MARKET).optimum(DAY).bound_fen == pytest.approx(coarse, rel=3e-4)


def test_days_that_differ_have_different_optima() -> None:
    market = Market(DRIFT, 2)
    truth = Truth(market)
    first, later = truth.optimum(DAY), truth.optimum(DAY + 35)
    assert np.median(np.abs(np.log(first.bids_fen / later.bids_fen))) > 0.02
    assert truth.optimum(DAY).bound_fen == first.bound_fen
