from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, sparse

from optimizer.exact import Front, improve, join, within_caps
from optimizer.goal import without_loss_price
from optimizer.policy import Policy
from optimizer.solve import solve


def brute_force(problem, situation):
    """The best objective over every combination of candidates that keeps all limits."""
    best, spend = -np.inf, problem.menu.spend
    caps = problem.caps
    for columns in itertools.product(range(spend.shape[1]), repeat=len(spend)):
        chosen = np.array(columns)
        if problem.spend(chosen).sum() > caps.account:
            continue
        if (problem.spend_by_campaign(chosen) > caps.campaign).any():
            continue
        value = problem.value(chosen)
        if value <= best:
            continue
        verdict = situation.judge(problem.menu.at(problem.menu.bids, chosen))
        if verdict is None or verdict.holds:
            best = value
    return best


def poorer(market, factor=0.6):
    return market.but(value_per_click=market.value_per_click * factor)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_budgets_on_tiny_accounts_are_solved_like_brute_force(make_market, table, seed, share):
    market = make_market(4, seed=seed, campaigns=2)
    free = table(market, Policy(), width=7)
    wanted = free.problem.spend(solve(free.problem, free.nobody).columns)
    by_campaign = np.bincount(free.problem.campaign, wanted, 2)
    policy = Policy(
        daily_budget=share * wanted.sum(), campaign_budgets={"c0": 0.8 * by_campaign[0]}
    )
    laid = table(market, policy, width=7)
    proof = improve(laid.problem, solve(laid.problem, laid.nobody), laid.nobody)
    assert laid.problem.value(proof.solution.columns) == pytest.approx(
        brute_force(laid.problem, laid.situation), rel=1e-9, abs=1e-9
    )
    assert proof.bound == pytest.approx(laid.problem.value(proof.solution.columns), rel=1e-6)


@pytest.mark.parametrize("objective", ["slight_loss", "clicks"])
@pytest.mark.parametrize("seed", range(6))
def test_the_allowance_on_tiny_accounts_comes_near_brute_force(make_market, table, objective, seed):
    market = poorer(make_market(4, seed=seed, campaigns=1).but(order_noise=0.02))
    spend = market.expect(market.bid).spend.sum()
    laid = table(market, Policy(objective=objective, max_loss=0.3 * spend), width=7)
    problems = [laid.problem]
    if laid.problem.loss_price:
        problems.append(without_loss_price(laid.situation, laid.problem))
    start = solve(laid.problem, laid.nobody)
    best = brute_force(laid.problem, laid.situation)
    found = []
    for problem in problems:
        proof = improve(problem, solve(problem, laid.nobody), laid.nobody)
        assert proof.solution.verdict.holds
        found.append(problem.value(proof.solution.columns))
    assert max(found) >= laid.problem.value(start.columns)
    assert max(found) <= best + 1e-9
    assert max(found) >= (0.98 if objective == "slight_loss" else 0.93) * best


def test_held_words_stay_put(make_market, table):
    market = make_market(6)
    policy = Policy(daily_budget=0.5 * market.expect(market.bid).spend.sum())
    laid = table(market, policy, width=12)
    held = laid.nobody
    held[2] = 3
    proof = improve(laid.problem, solve(laid.problem, held), held)
    assert proof.solution.columns[2] == 3
    assert laid.problem.spend(proof.solution.columns).sum() <= policy.daily_budget


def test_a_broken_cap_is_broken_no_further(make_market, table):
    laid = table(make_market(6), Policy(daily_budget=0.0), width=12)
    start = solve(laid.problem, laid.nobody)
    proof = improve(laid.problem, start, laid.nobody)
    assert (proof.solution.columns == start.columns).all()


def test_a_risky_start_can_be_rescued(make_market, table):
    market = poorer(make_market(6).but(order_noise=0.02))
    policy = Policy(objective="slight_loss", max_loss=3.0)
    laid = table(market, policy, width=12)
    safe = solve(laid.problem, laid.nobody)
    risky_columns = safe.columns + 3
    risky = replace(
        safe,
        columns=risky_columns,
        verdict=laid.situation.judge(laid.problem.menu.at(laid.problem.menu.bids, risky_columns)),
    )
    assert not risky.verdict.holds
    proof = improve(laid.problem, risky, laid.nobody)
    assert not proof.solution.verdict.holds or laid.problem.value(proof.solution.columns) > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("caps", [{}, {"campaign_budgets": {"c0": 4.0, "c1": 3.0}}])
def test_a_small_account_is_solved_like_highs_does(make_market, table, seed, caps):
    market = make_market(15, seed=seed, campaigns=3)
    laid = table(market, Policy(daily_budget=12.0, **caps), width=10)
    problem = laid.problem
    proof = within_caps(problem, laid.nobody, problem.caps.account)
    assert problem.value(proof.solution.columns) == pytest.approx(_highs(problem), rel=1e-6)


def _highs(problem):
    spend, m = problem.menu.spend, len(problem.campaign)
    words = np.repeat(np.arange(m), spend.shape[1])
    one_each = sparse.csr_array((np.ones(spend.size), (words, np.arange(spend.size))))
    rows = [optimize.LinearConstraint(one_each, 1, 1)]
    limits = [(problem.caps.account, np.ones(m, bool))]
    limits += [(cap, problem.campaign == code) for code, cap in enumerate(problem.caps.campaign)]
    rows += [
        optimize.LinearConstraint((spend * mine[:, None]).ravel()[None, :], -np.inf, cap)
        for cap, mine in limits
        if np.isfinite(cap)
    ]
    profit = (problem.gain - problem.own_price * spend).ravel()
    options = {"mip_rel_gap": 1e-9}
    found = optimize.milp(
        -profit,
        integrality=np.ones(spend.size),
        bounds=optimize.Bounds(0, 1),
        constraints=rows,
        options=options,
    )
    return -found.fun


def test_long_lists_are_thinned_and_own_up_to_it(make_market, table):
    market = make_market(12, seed=3)
    laid = table(market, Policy(daily_budget=6.0), width=40)
    full = within_caps(laid.problem, laid.nobody, 6.0)
    thin = within_caps(laid.problem, laid.nobody, 6.0, longest=3)
    start = solve(laid.problem, laid.nobody)
    assert thin.bound >= full.bound - 1e-9
    assert laid.problem.value(thin.solution.columns) >= laid.problem.value(start.columns)
    assert laid.problem.value(thin.solution.columns) <= thin.bound


def test_joined_lists_drop_what_is_dominated_dear_or_hopeless():
    def front(spend, value, deficit):
        columns = np.zeros((len(spend), 2), dtype=int)
        return Front(np.array(spend), np.array(value), np.array(deficit), columns)

    one = front([0.0, 1.0, 2.0], [0.0, 5.0, 5.0], [0.0, 0.0, 0.0])
    other = front([0.0, 3.0, 9.0], [0.0, 4.0, 90.0], [0.0, 2.0, 0.0])
    assert join(one, other, 8.0, 1.0, 9).spend.tolist() == [0, 1]
    assert join(one, other, 8.0, 2.0, 9).spend.tolist() == [0, 1, 4]
    assert join(one, other, 80.0, 2.0, 9).value.tolist() == [0, 5, 9, 90, 95]
    thinned = join(one, other, 80.0, 2.0, 3)
    assert thinned.value.tolist() == [0, 9, 95]
    assert not thinned.complete
