from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.explore import Exploration, find_exploration, is_new, learning_budget, promising
from optimizer.frontier import Caps
from optimizer.policy import Policy
from optimizer.propose import propose
from optimizer.solve import solve


def shop(make_market, n=300, **changes):
    """An account with values near what clicks cost, hardly known."""
    market = make_market(n)
    evidence = {
        "clicks": np.full(n, 10.0),
        "orders": np.full(n, 1.0),
        "log_value_sd": np.full(n, 1.0),
        **{name: np.broadcast_to(value, n).copy() for name, value in changes.items()},
    }
    return market.but(
        value_per_click=market.value_per_click * 0.4,
        evidence=replace(market.evidence, **evidence),
    )


POLICY = Policy(objective="slight_loss", max_loss=50, explore=0.3, daily_budget=2_000)


def room_of(laid):
    return laid.problem.room(laid.problem.stairs.columns(laid.nobody + 1))


def wishes_of(laid):
    solution = solve(laid.problem, laid.nobody)
    return solution, find_exploration(laid.situation, laid.problem, solution)


def budget_of(laid):
    return learning_budget(laid.situation, laid.problem, solve(laid.problem, laid.nobody))


def test_learning_costs_a_share_of_the_allowance(make_market, table):
    assert budget_of(table(make_market(3), POLICY)) == 15


def test_without_an_allowance_learning_costs_a_share_of_the_profit(make_market, table):
    market = make_market(30)
    laid = table(market, Policy(explore=0.5, locked=list(market.keyword_id[:4])))
    best = solve(laid.problem, laid.nobody)
    plan = laid.situation.full(laid.problem.menu.at(laid.problem.menu.bids, best.columns))
    expected = market.expect(plan)
    profit = float((expected.contribution - expected.spend).sum())
    assert profit > 1
    assert np.isclose(budget_of(laid), 0.5 * profit)
    assert budget_of(table(market, Policy(explore=0))) == 0
    losing = market.but(value_per_click=market.value_per_click * 0.0)
    assert budget_of(table(losing, Policy(explore=0.5))) == 0


def test_a_profitable_night_learns_within_its_share(make_market):
    market = shop(make_market)
    policy = Policy(explore=0.2)
    plan, taught = propose(market, Policy(explore=0)), propose(market, policy)
    assert taught.lines["explore"].sum() >= 1
    given_up = plan.totals.value["profit"] - taught.totals.value["profit"]
    assert 0 < given_up <= 0.2 * plan.totals.value["profit"] * 1.01


def test_raises_that_teach_are_found_priced_and_kept_within_the_budget(make_market, table):
    laid = table(shop(make_market), POLICY, width=80)
    solution, wishes = wishes_of(laid)
    asked = wishes.columns >= 0
    assert asked.sum() > 5
    assert (wishes.columns[asked] > solution.columns[asked]).all()
    assert (wishes.cost[asked] > 0).all()
    chosen = wishes.within(laid.situation, room_of(laid), 1.0)
    taken = chosen >= 0
    assert taken.any()
    assert wishes.cost[taken].sum() <= 15
    half = wishes.within(laid.situation, room_of(laid), 0.5) >= 0
    assert wishes.cost[half].sum() <= 7.5
    assert half.sum() <= taken.sum()
    assert (wishes.within(laid.situation, room_of(laid), 0.0) == -1).all()


def test_the_cost_is_the_expected_extra_loss(make_market, table):
    laid = table(shop(make_market), POLICY, width=80)
    solution, wishes = wishes_of(laid)
    problem, menu = laid.problem, laid.problem.menu
    at = np.flatnonzero(wishes.columns >= 0)
    more_spend = problem.spend(wishes.columns)[at] - problem.spend(solution.columns)[at]
    more_back = (
        menu.at(menu.contribution, wishes.columns) - menu.at(menu.contribution, solution.columns)
    )[at]
    price = max(solution.account_price, 1.0)
    lowest = laid.problem.stairs.columns(laid.nobody + 1)
    claim = problem.spend(wishes.columns)[at] - problem.spend(lowest)[at]
    assert np.allclose(wishes.claim[at], claim)
    assert np.allclose(wishes.cost[at], np.maximum(price * more_spend - more_back, 1e-6))
    assert np.allclose(wishes.spend[at], more_spend)


def test_what_is_known_well_is_not_explored(make_market, table):
    _, unsure = wishes_of(table(shop(make_market), POLICY, width=80))
    _, known = wishes_of(table(shop(make_market, log_value_sd=0.02), POLICY, width=80))
    assert len(known.order) < 0.2 * len(unsure.order)


def test_words_tried_in_vain_or_worth_nothing_are_not_explored(make_market, table):
    market = shop(make_market)
    market.evidence.clicks[:60] = 40.0
    market.evidence.orders[:60] = 0.0
    market.value_per_click[60:80] = 0.0
    market.value_per_click[80:90] = np.nan
    laid = table(market, POLICY)
    _, wishes = wishes_of(laid)
    place = np.argsort(laid.situation.rows)
    assert (wishes.columns[place[:90]] == -1).all()
    assert not promising(laid.situation)[place[:90]].any()
    assert promising(laid.situation)[place[90:]].all()


def test_an_account_that_sells_often_gives_up_sooner(make_market, table):
    market = shop(make_market, clicks=12.0, orders=6.0)
    market.evidence.orders[0] = 0.0
    laid = table(market, POLICY)
    assert not promising(laid.situation)[np.argsort(laid.situation.rows)[0]]


def test_learning_takes_its_share_of_a_cap_and_no_more(make_market, table):
    policy = Policy(
        objective="slight_loss",
        max_loss=1000,
        explore=0.5,
        daily_budget=40,
        campaign_budgets={"c0": 10.0},
    )
    situation = table(make_market(30), policy).situation
    wishes = Exploration(
        columns=np.full(30, 7),
        order=np.arange(30),
        cost=np.full(30, 1.0),
        spend=np.full(30, 2.0),
        claim=np.full(30, 5.0),
        budget=500.0,
    )
    mine = situation.campaign == 0

    def taken(room):
        return (wishes.within(situation, room, 1.0) >= 0).nonzero()[0].tolist()

    free = Caps(np.inf, np.full(3, np.inf))
    both = sorted([*np.flatnonzero(mine)[:2], *np.flatnonzero(~mine)[:8]])
    assert taken(free) == both
    tight = Caps(20.0, np.array([5.0, np.inf, np.inf]))
    fits = [*np.flatnonzero(mine)[:1], *np.flatnonzero(~mine)[:8]]
    assert taken(tight) == sorted(fits)[:4]


def test_clicks_price_learning_by_its_loss(make_market, table):
    laid = table(shop(make_market), replace(POLICY, objective="clicks"), width=80)
    assert laid.problem.loss_price > 0
    _, wishes = wishes_of(laid)
    assert len(wishes.order) > 0


def test_chunks_do_not_change_the_wishes(make_market, table, monkeypatch):
    laid = table(shop(make_market), POLICY, width=80)
    _, whole = wishes_of(laid)
    monkeypatch.setattr("optimizer.explore.ROWS_A_CHUNK", 7)
    _, parts = wishes_of(laid)
    assert (whole.columns == parts.columns).all()


def test_a_new_word_has_hardly_a_click(make_market, table):
    market = shop(make_market)
    market.evidence.clicks[:4] = 1.0
    laid = table(market, POLICY)
    assert is_new(laid.situation).sum() == 4
