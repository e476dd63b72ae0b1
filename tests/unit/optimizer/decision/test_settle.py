"""Campaigns at their caps, whose spend a few head words hold."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from optimizer import settle
from optimizer.policy import Policy
from optimizer.solve import dual, solve


def heavy(make_market, size, seed):
    """A market in which demand is so uneven that one word may be half of a campaign."""
    market = make_market(size, seed=seed)
    rng = np.random.default_rng([seed, 1])
    return market.but(demand=np.exp(rng.normal(0.0, 2.2, size)))


def posed(make_market, table, size, seed, **policy):
    """A problem in which every campaign may spend 40 % of what it would, or as ``policy`` says."""
    market = heavy(make_market, size, seed)
    free = table(market, Policy())
    wanted = free.problem.spend_by_campaign(solve(free.problem, free.nobody).columns)
    caps = {f"c{i}": 0.4 * spend for i, spend in enumerate(wanted)}
    limits = policy or {"campaign_budgets": caps}
    return table(market, Policy(**limits))


def gap(laid):
    solution = solve(laid.problem, laid.nobody)
    room = laid.problem.room(solution.columns)
    assert room.account >= 0
    assert (room.campaign >= 0).all()
    bound = dual(laid.problem, solution, laid.nobody).bound
    return (bound - laid.problem.value(solution.columns)) / bound


def test_capped_campaigns_come_nearer_to_the_bound_where_heads_are_large(
    make_market, table, monkeypatch
):
    shops = [posed(make_market, table, 600, seed) for seed in range(4)]
    settled = [gap(laid) for laid in shops]
    monkeypatch.setattr(settle, "STAGES", 0)
    plain = [gap(laid) for laid in shops]
    assert all(0 <= ours <= before for ours, before in zip(settled, plain, strict=True))
    assert sum(settled) < 0.5 * sum(plain)


def test_an_account_budget_alone_is_spent_as_well(make_market, table, monkeypatch):
    shops = [posed(make_market, table, 120, seed, daily_budget=60.0) for seed in range(6)]
    pooled = sum(gap(laid) for laid in shops)
    monkeypatch.setattr(settle, "MOST_POOLED", 100)
    assert 0 <= pooled < sum(gap(laid) for laid in shops)


def test_a_campaign_that_cannot_keep_its_cap_stays_at_its_lowest(make_market, table):
    laid = posed(make_market, table, 60, 1, campaign_budgets={"c0": 0.0}, daily_budget=0.0)
    solution = solve(laid.problem, laid.nobody)
    assert (solution.columns == laid.problem.stairs.vertices[:, 0]).all()


def test_with_few_words_it_is_the_best_of_all_combinations(make_market, table):
    laid = posed(make_market, table, 3, 5, campaign_budgets={"c0": 1.5, "c1": 1.5, "c2": 1.5})
    solution = solve(laid.problem, laid.nobody)
    columns = range(laid.problem.menu.bids.shape[1])
    best = max(
        laid.problem.value(np.array(choice))
        for choice in product(columns, repeat=3)
        if (laid.problem.room(np.array(choice)).campaign >= 0).all()
    )
    assert laid.problem.value(solution.columns) == pytest.approx(best, rel=1e-9)


def test_held_words_keep_their_column_and_count(make_market, table):
    laid = posed(make_market, table, 300, 1)
    held = np.where(np.arange(300) % 3 == 0, 4, -1)
    solution = solve(laid.problem, held)
    assert (solution.columns[held >= 0] == 4).all()
    assert (laid.problem.room(solution.columns).campaign >= 0).all()


@pytest.mark.parametrize("share", [0.8, 0.9, 0.97])
@pytest.mark.parametrize("max_loss", [None, 40.0])
def test_settled_campaigns_leave_the_accounts_budget_whole(make_market, table, share, max_loss):
    goal = {} if max_loss is None else {"objective": "slight_loss", "max_loss": max_loss}
    for seed in range(25):
        market = heavy(make_market, 60, seed)
        wanted = table(market, Policy()).problem
        free = solve(wanted, np.full(60, -1)).columns
        caps = {f"c{i}": 0.5 * spend for i, spend in enumerate(wanted.spend_by_campaign(free))}
        policy = Policy(campaign_budgets=caps, daily_budget=share * sum(caps.values()), **goal)
        laid = table(market, policy)
        room = laid.problem.room(solve(laid.problem, laid.nobody).columns)
        assert room.account >= 0, seed
        assert (room.campaign >= 0).all(), seed
