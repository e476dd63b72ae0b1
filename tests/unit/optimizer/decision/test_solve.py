from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.fill import fill
from optimizer.frontier import Caps
from optimizer.policy import Policy
from optimizer.problem import Problem
from optimizer.risk import Verdict
from optimizer.solve import LADDER, dual, furthest, solve


def poorer(market, factor=0.4):
    return market.but(value_per_click=market.value_per_click * factor)


def reduced_best(problem: Problem, price: float):
    """Column by column: the best of gain - price * spend for every word by itself."""
    return (problem.gain - price * problem.menu.spend).max(axis=1)


def test_profit_stops_where_the_next_yuan_returns_one(make_market, table):
    laid = table(make_market(200), Policy())
    solution = solve(laid.problem, laid.nobody)
    problem = laid.problem
    chosen = problem.menu.at(problem.gain, solution.columns) - problem.spend(solution.columns)
    assert np.allclose(chosen, reduced_best(problem, 1.0))
    assert solution.binding == "none"
    assert solution.account_price == pytest.approx(1)
    assert solution.last_slope > 1


def test_a_budget_raises_the_price_of_every_yuan_alike(make_market, table):
    market = make_market(400)
    slack = table(market, Policy())
    budget = 0.4 * slack.problem.spend(solve(slack.problem, slack.nobody).columns).sum()
    laid = table(market, Policy(daily_budget=budget))
    solution = solve(laid.problem, laid.nobody)
    spent = laid.problem.spend(solution.columns).sum()
    assert solution.binding == "budget"
    assert 0.999 * budget < spent <= budget
    assert solution.account_price > 1
    chosen = laid.problem.menu.at(laid.problem.gain, solution.columns)
    reduced = chosen - solution.account_price * laid.problem.spend(solution.columns)
    assert reduced.sum() == pytest.approx(
        reduced_best(laid.problem, solution.account_price).sum(), rel=1e-3
    )


def test_a_campaigns_cap_binds_in_that_campaign_only(make_market, table):
    market = make_market(300)
    free = table(market, Policy())
    before = solve(free.problem, free.nobody)
    spent = free.problem.spend_by_campaign(before.columns)
    laid = table(market, Policy(campaign_budgets={"c1": 0.5 * spent[1]}))
    solution = solve(laid.problem, laid.nobody)
    after = laid.problem.spend_by_campaign(solution.columns)
    assert after[1] <= 0.5 * spent[1]
    assert after[1] > 0.49 * spent[1]
    assert after[[0, 2]] == pytest.approx(spent[[0, 2]])
    assert solution.campaign_price[1] > 1
    assert solution.campaign_price[[0, 2]].tolist() == [0, 0]


def test_a_slight_loss_goes_past_one_until_the_loss_at_risk_meets_the_allowance(make_market, table):
    market = poorer(make_market(500))
    profit = solve(table(market, Policy()).problem, np.full(500, -1))
    laid = table(market, Policy(objective="slight_loss", max_loss=100))
    solution = solve(laid.problem, laid.nobody)
    assert solution.binding == "allowance"
    assert solution.account_price < 1
    assert solution.verdict.holds
    assert 98 < solution.verdict.at_risk <= 100
    assert laid.problem.value(solution.columns) > laid.problem.value(profit.columns)


def test_a_rich_allowance_stops_at_the_least_return(make_market, table):
    market = poorer(make_market(300))
    policy = Policy(objective="slight_loss", max_loss=1e6, min_marginal_return=0.7)
    laid = table(market, policy)
    solution = solve(laid.problem, laid.nobody)
    assert solution.binding == "min_marginal_return"
    assert solution.last_slope >= 0.7
    assert solution.account_price == 0.7
    strict = table(market, Policy(min_marginal_return=1.6))
    assert solve(strict.problem, strict.nobody).last_slope >= 1.6


def test_a_risky_account_retreats_to_fewer_better_clicks(make_market, table):
    market = poorer(make_market(60), 0.6)
    free = table(market, Policy())
    safe = table(market, Policy(max_loss=5.0))
    loose, tight = (solve(t.problem, t.nobody) for t in (free, safe))
    assert tight.binding == "allowance"
    assert tight.account_price > 1
    assert tight.verdict.holds
    assert safe.problem.spend(tight.columns).sum() < free.problem.spend(loose.columns).sum()


def test_tighter_allowances_never_spend_more(make_market, table):
    market = poorer(make_market(80), 0.6)
    spent = []
    for max_loss in (0.5, 2.0, 8.0, 30.0, 120.0):
        laid = table(market, Policy(objective="slight_loss", max_loss=max_loss))
        solution = solve(laid.problem, laid.nobody)
        assert solution.verdict.holds
        spent.append(laid.problem.spend(solution.columns).sum())
    assert spent == sorted(spent)
    assert spent[0] < 0.5 * spent[-1]


def test_where_no_plan_is_safe_the_least_risky_is_taken(make_market, table):
    market = poorer(make_market(200), 0.3)
    policy = Policy(objective="slight_loss", max_loss=1.0, max_step_up=0.3, max_step_down=0.3)
    laid = table(market, policy)
    solution = solve(laid.problem, laid.nobody)
    assert not solution.verdict.holds
    lowest = laid.problem.stairs.vertices[:, 0].astype(int)
    at_lowest = laid.situation.judge(laid.problem.menu.at(laid.problem.menu.bids, lowest))
    assert solution.verdict.at_risk <= at_lowest.at_risk


def test_held_words_keep_their_column_and_the_rest_makes_room(make_market, table):
    laid = table(make_market(100), Policy(daily_budget=60))
    held = laid.nobody
    held[:10] = 12
    solution = solve(laid.problem, held)
    assert (solution.columns[:10] == 12).all()
    spent = laid.problem.spend(solution.columns).sum()
    if laid.problem.spend(np.full(100, 12))[:10].sum() < 50:
        assert spent <= 60


def ladder_of(risk, limit):
    calls = []

    def at(prefix):
        calls.append(prefix)
        return Verdict(risk(prefix) <= limit, float(risk(prefix)), 0.0)

    return at, calls


SPENT = np.cumsum(np.ones(10_000))


@pytest.mark.parametrize("edge", [0, 1, 17, 500, 9_998, 9_999, 10_000])
@pytest.mark.parametrize("power", [1, 3])
def test_the_longest_safe_prefix_is_found_with_few_looks(edge, power):
    at, calls = ladder_of(lambda prefix: prefix**power, edge**power)
    taken, verdict = furthest(at, SPENT, 300, float(edge**power))
    assert verdict.holds
    assert edge - 2 <= taken <= edge
    assert len(calls) <= LADDER + 18


def test_a_smooth_edge_is_met_with_very_few_looks():
    at, calls = ladder_of(lambda prefix: -100 + 0.03 * prefix + 1e-6 * prefix**2, 50.0)
    taken, verdict = furthest(at, SPENT, 300, 50.0)
    assert 50.0 - verdict.at_risk < 0.05
    assert taken > 4_000
    assert len(calls) <= 11


def test_a_safe_stretch_in_the_middle_is_found():
    at, _ = ladder_of(lambda prefix: abs(prefix - 300), 10)
    taken, verdict = furthest(at, SPENT, 300, 10.0)
    assert verdict.holds
    assert 308 <= taken <= 310


def test_a_safe_stretch_below_the_likely_prefix_is_found():
    at, _ = ladder_of(lambda prefix: abs(prefix - 2_500), 100)
    taken, verdict = furthest(at, SPENT, 6_000, 100.0)
    assert verdict.holds
    assert 2_590 <= taken <= 2_600


def test_a_cliff_in_the_risk_is_met_by_halving():
    at, calls = ladder_of(lambda prefix: 0.0 if prefix <= 700 else -5.0 + 1e6 * (prefix > 700), 1)
    taken, _ = furthest(at, SPENT, 300, 1.0)
    assert 698 <= taken <= 700
    assert len(calls) < 40


def test_a_risk_that_falls_again_is_met_by_halving():
    def at(prefix):
        return Verdict(prefix <= 700, 5.0 if prefix <= 700 else 2.0, 0.0)

    taken, verdict = furthest(at, SPENT, 300, 6.0)
    assert verdict.holds
    assert 698 <= taken <= 700


def test_without_any_safe_prefix_the_least_risky_is_named():
    at, _ = ladder_of(lambda prefix: abs(prefix - 5) + 4, 0)
    assert furthest(at, np.cumsum(np.ones(10)), 5, 0.0)[0] == 5
    assert furthest(at, np.empty(0), 0, 0.0)[0] == 0


def test_the_remainder_is_filled_with_what_fits(make_market, table):
    laid = table(make_market(300), Policy(daily_budget=50))
    problem = laid.problem
    levels = np.zeros(300, dtype=int)
    base = problem.stairs.columns(levels)
    room = problem.room(base)
    filled = fill(problem, levels, laid.nobody < 0, room, np.inf)
    assert (levels == 0).all()
    after = problem.room(problem.stairs.columns(filled))
    assert 0 <= after.account < 0.2
    tight = Caps(np.inf, np.array([3.0, np.inf, 0.0]))
    filled = fill(problem, levels, laid.nobody < 0, tight, 2.0)
    more = problem.spend_by_campaign(problem.stairs.columns(filled))
    more -= problem.spend_by_campaign(base)
    assert 0 < more[0] <= 3.0
    assert more[1] > 0
    assert more[2] == 0


def test_the_fill_respects_the_room_for_loss(make_market, table):
    policy = Policy(objective="slight_loss", max_loss=100)
    laid = table(poorer(make_market(300), 0.3), policy)
    problem, levels = laid.problem, np.zeros(300, dtype=int)
    filled = fill(problem, levels, laid.nobody < 0, problem.room(levels * 0), 3.0)
    lost = problem.expected_loss(problem.stairs.columns(filled))
    assert lost - problem.expected_loss(problem.stairs.columns(levels)) <= 3.0


def test_a_fill_that_breaks_the_allowance_is_not_taken(make_market, table):
    laid = table(poorer(make_market(100)), Policy(objective="slight_loss", max_loss=40))
    plain = solve(laid.problem, laid.nobody)
    seen = []

    def touchy(bids):
        """Refuses everything but the plans of the search."""
        seen.append(bids)
        verdict = laid.problem.judge(bids)
        return replace(verdict, holds=verdict.holds and len(seen) < 14)

    solution = solve(replace(laid.problem, judge=touchy), laid.nobody)
    assert solution.verdict.holds
    assert laid.problem.value(solution.columns) <= laid.problem.value(plain.columns)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(daily_budget=400),
        Policy(daily_budget=600, campaign_budgets={"c0": 60, "c2": 80}),
        Policy(objective="slight_loss", max_loss=60),
        Policy(objective="slight_loss", max_loss=60, campaign_budgets={"c0": 60}),
        Policy(objective="slight_loss", max_loss=1e5, min_marginal_return=0.6),
        Policy(objective="clicks", max_loss=60),
        Policy(objective="clicks", max_loss=60, daily_budget=500),
    ],
)
def test_the_bound_is_above_and_near(make_market, table, policy):
    laid = table(poorer(make_market(2_000, campaigns=4), 0.5), policy, width=40)
    solution = solve(laid.problem, laid.nobody)
    value = laid.problem.value(solution.columns)
    bound = dual(laid.problem, solution, laid.nobody).bound
    assert value <= bound * (1 + 1e-12)
    assert (bound - value) / bound < 1e-3
