from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.plan import check_caps
from optimizer.policy import Policy
from optimizer.propose import propose
from optimizer.solve import solve

AMOUNTS = ("spend", "clicks", "orders", "revenue", "contribution")


def poorer(market, factor=0.4):
    return market.but(value_per_click=market.value_per_click * factor)


def test_lines_are_the_outlooks_expectations_at_both_bids(make_market):
    market = make_market(100)
    plan = propose(market, Policy(daily_budget=300))
    lines = plan.lines
    assert lines.index.equals(market.keyword_id.rename("keyword_id"))
    for suffix, bids in (("_before", market.bid), ("", lines["bid"].to_numpy())):
        day = market.expect(bids)
        for name in AMOUNTS:
            assert np.array_equal(lines[f"{name}{suffix}"], getattr(day, name))
    assert (lines["bid_before"] == market.bid).all()
    assert lines["explore"].dtype == bool


def test_the_next_yuans_return_is_the_slope_of_the_curve(make_market):
    market = make_market(50)
    market.bid[0] = np.nan
    lines = propose(market, Policy()).lines
    slope = lines["marginal_return"].to_numpy()
    assert np.isnan(slope[0])
    moved = lines["reason"].str.startswith(("raise", "lower")).to_numpy() & (lines.bid > 0.06)
    assert moved.sum() > 20
    assert np.median(np.abs(slope[moved] - 1)) < 0.05
    steep = lines["reason"].eq("lower_unprofitable").to_numpy()
    assert (slope[steep & (lines.bid <= 0.05).to_numpy()] < 1.2).all()


def test_totals_are_sums_with_intervals_of_the_drawn_day(make_market):
    market = poorer(make_market(300)).but(drawn_orders=True)
    plan = propose(market, Policy(objective="slight_loss", max_loss=80, daily_budget=2_000))
    totals, lines = plan.totals, plan.lines
    for name in AMOUNTS:
        for suffix in ("", "_before"):
            row = totals.loc[f"{name}{suffix}"]
            assert row["value"] == pytest.approx(lines[f"{name}{suffix}"].sum(), rel=1e-12)
            assert row["p05"] < row["value"] < row["p95"]
    profit = totals.loc["profit"]
    assert profit["value"] == pytest.approx(
        totals.loc["contribution", "value"] - totals.loc["spend", "value"]
    )
    loss = totals.loc["loss"]
    assert (loss["value"], loss["p05"], loss["p95"]) == pytest.approx(
        (-profit["value"], -profit["p95"], -profit["p05"])
    )
    draws = market.sampler(0, 400)(lines["bid"].to_numpy())
    within = ((draws.spend - draws.contribution) <= 80).mean()
    p_loss, p_budget = totals.loc["p_within_loss"], totals.loc["p_within_budget"]
    assert p_loss["value"] == within
    assert p_loss["p05"] < within < p_loss["p95"]
    assert p_budget["value"] == (draws.spend <= 2_000).mean()
    assert plan.loss_at_risk <= 80


def test_what_is_not_drawn_or_not_limited_has_no_interval(make_market):
    plan = propose(make_market(20), Policy())
    assert plan.totals.loc["clicks", ["p05", "p95"]].isna().all()
    assert plan.totals.loc["p_within_loss"].isna().all()
    assert plan.totals.loc["p_within_budget", "value"] == 1
    assert np.isnan(plan.loss_at_risk)


def test_the_sentence_has_its_numbers(make_market):
    """The last yuan returns 0.xx; the loss at risk is what is allowed."""
    plan = propose(poorer(make_market(500)), Policy(objective="slight_loss", max_loss=100), seed=3)
    assert plan.binding == "allowance"
    assert 0 < plan.marginal_return < 1
    assert plan.mu == pytest.approx(plan.marginal_return / (1 - plan.marginal_return), rel=0.02)
    assert plan.lambda_account == 0
    assert 97 < plan.loss_at_risk <= 100


def test_prices_of_the_budgets(make_market):
    market = make_market(400)
    plan = propose(market, Policy(daily_budget=200, campaign_budgets={"c2": 30}))
    assert plan.binding == "budget"
    assert plan.marginal_return == pytest.approx(1 + plan.lambda_account, rel=0.02)
    assert plan.mu == 0
    assert plan.lambda_campaign["c2"] > 0
    assert plan.lambda_campaign["c0"] == plan.lambda_campaign["c1"] == 0
    campaigns = plan.campaigns
    assert campaigns.loc["c2", "next_return"] == pytest.approx(
        1 + plan.lambda_account + plan.lambda_campaign["c2"]
    )
    assert campaigns.loc["c0"].isna().tolist() == [True, False, False, True, False]
    assert campaigns["spend"].sum() == pytest.approx(plan.lines["spend"].sum())
    assert campaigns["contribution"].sum() == pytest.approx(plan.lines["contribution"].sum())
    one_more = propose(market, Policy(daily_budget=201, campaign_budgets={"c2": 30}))
    gained = one_more.lines["contribution"].sum() - plan.lines["contribution"].sum()
    assert gained == pytest.approx(1 + plan.lambda_account, rel=0.1)


def test_prices_in_clicks(make_market):
    market = poorer(make_market(300))
    plan = propose(market, Policy(objective="clicks", max_loss=60, daily_budget=100))
    assert plan.binding == "budget"
    assert plan.lambda_account > 0
    assert plan.objective == "clicks"
    assert plan.value == pytest.approx(plan.lines["clicks"].sum())
    assert 0 <= plan.marginal_return < 5
    tight = propose(market, Policy(objective="clicks", max_loss=20))
    assert tight.mu > 0
    assert np.isfinite(tight.marginal_return)


def test_a_retreats_price_is_the_price_of_risk(make_market):
    plan = propose(poorer(make_market(80), 0.6), Policy(objective="slight_loss", max_loss=3))
    assert plan.binding == "allowance"
    assert plan.mu == 0
    assert plan.lambda_account > 1


def test_a_floor_has_no_price(make_market):
    policy = Policy(objective="slight_loss", max_loss=1e6, min_marginal_return=0.8)
    plan = propose(make_market(100), policy)
    assert plan.binding == "min_marginal_return"
    assert (plan.lambda_account, plan.mu) == (0, 0)
    assert plan.marginal_return == pytest.approx(0.8, rel=0.02)


def test_the_value_counts_fixed_words_and_the_bound_is_above(make_market):
    market = make_market(300)
    locked = tuple(market.keyword_id[:50])
    policy = Policy(daily_budget=400, locked=locked)
    plan = propose(market, policy)
    assert plan.value == pytest.approx((plan.lines.contribution - plan.lines.spend).sum())
    assert plan.bound >= plan.value
    assert plan.gap == pytest.approx((plan.bound - plan.value) / plan.bound)
    loss = propose(market, replace(policy, objective="slight_loss", max_loss=50))
    assert loss.value == pytest.approx(loss.lines.contribution.sum())
    clicks = propose(market, replace(policy, objective="clicks", max_loss=50))
    assert clicks.value == pytest.approx(clicks.lines.clicks.sum())


def test_the_frontier_starts_at_the_lowest_bids_and_passes_the_plan(make_market):
    market = poorer(make_market(300), 0.7)
    plan = propose(market, Policy(daily_budget=100, locked=tuple(market.keyword_id[:20])))
    curve = plan.frontier
    assert list(curve.columns) == ["spend", "contribution", "marginal_return"]
    assert (np.diff(curve["spend"]) > 0).all()
    assert (np.diff(curve["contribution"]) > 0).all()
    assert (np.diff(curve["marginal_return"].to_numpy()[1:]) <= 0).all()
    spend, contribution = plan.lines["spend"].sum(), plan.lines["contribution"].sum()
    on_curve = np.interp(spend, curve["spend"], curve["contribution"])
    assert contribution == pytest.approx(on_curve, rel=0.02)
    clicks = propose(market, Policy(objective="clicks", max_loss=30)).frontier
    assert (np.diff(clicks["marginal_return"].to_numpy()[1:]) <= 0).all()


def test_a_broken_budget_is_a_fault_unless_bids_are_at_their_lowest(make_market, table):
    laid = table(make_market(30), Policy(daily_budget=10.0))
    good = solve(laid.problem, laid.nobody)
    check_caps(laid.problem, good)
    with pytest.raises(AssertionError, match="broke a budget"):
        check_caps(laid.problem, replace(good, columns=good.columns + 3))
    hopeless = table(make_market(30), Policy(daily_budget=0.0))
    check_caps(hopeless.problem, solve(hopeless.problem, hopeless.nobody))
