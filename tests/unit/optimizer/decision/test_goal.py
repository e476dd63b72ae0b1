from __future__ import annotations

import numpy as np
import pytest

from optimizer.goal import pose, without_loss_price
from optimizer.policy import Policy
from optimizer.solve import solve


def poorer(market, factor=0.35):
    return market.but(value_per_click=market.value_per_click * factor)


def test_profit_pays_one_for_a_yuan_and_the_floor_is_just_above(make_market, table):
    problem = table(make_market(5), Policy()).problem
    assert problem.own_price == 1
    assert 1 < problem.floor < 1 + 1e-12
    assert problem.floor_binding == "none"
    assert table(make_market(5), Policy(min_marginal_return=1.4)).problem.floor == 1.4


def test_a_slight_loss_counts_contribution_down_to_the_least_return(make_market, table):
    policy = Policy(objective="slight_loss", max_loss=1, min_marginal_return=0.6)
    problem = table(make_market(5), policy).problem
    assert (problem.own_price, problem.floor) == (0, 0.6)
    assert problem.floor_binding == "min_marginal_return"
    assert problem.max_loss == 1


def test_clicks_under_a_rich_allowance_are_bought_at_any_price(make_market, table):
    laid = table(make_market(80), Policy(objective="clicks", max_loss=1e7))
    assert laid.problem.loss_price == 0
    solution = solve(laid.problem, laid.nobody)
    most = laid.problem.menu.clicks.max(axis=1)
    assert laid.problem.menu.at(laid.problem.menu.clicks, solution.columns) == pytest.approx(most)


def test_clicks_under_a_tight_allowance_get_the_least_price_of_loss(make_market, table):
    laid = table(poorer(make_market(300)), Policy(objective="clicks", max_loss=50))
    solution = solve(laid.problem, laid.nobody)
    assert laid.problem.loss_price > 0
    assert solution.verdict.holds
    assert solution.verdict.at_risk > 0.97 * 50
    for_contribution = table(poorer(make_market(300)), Policy(objective="slight_loss", max_loss=50))
    rival = solve(for_contribution.problem, for_contribution.nobody)
    clicks = laid.problem.menu.clicks
    menu = laid.problem.menu
    assert menu.at(clicks, solution.columns).sum() > 1.02 * menu.at(clicks, rival.columns).sum()


def test_a_known_price_narrows_the_search_and_a_wrong_one_does_not_mislead(make_market, table):
    market = poorer(make_market(300))
    laid = table(market, Policy(objective="clicks", max_loss=50))
    price, menu = laid.problem.loss_price, laid.problem.menu
    market.calls.clear()
    near = pose(laid.situation, menu, laid.nobody, price)
    assert near.loss_price == pytest.approx(price, rel=0.02)
    assert len(market.calls) < 8
    lost = pose(laid.situation, menu, laid.nobody, price / 50)
    assert lost.loss_price == pytest.approx(price, rel=0.02)


def test_where_even_profit_is_too_risky_clicks_retreat_along_profit(make_market, table):
    laid = table(poorer(make_market(60), 0.5), Policy(objective="clicks", max_loss=0.5))
    assert laid.problem.loss_price == 0
    assert laid.problem.own_price == 1
    assert solve(laid.problem, laid.nobody).verdict.holds


def test_no_click_is_bought_whose_yuan_returns_too_little(make_market, table):
    market = make_market(40)
    market.value_per_click[:5] = -1.0
    market.value_per_click[5:8] = 0.0
    anything = table(market, Policy(objective="clicks", max_loss=1e7))
    columns = solve(anything.problem, anything.nobody).columns
    place = np.argsort(anything.situation.rows)
    assert (columns[place[:5]] == 0).all()
    assert (columns[place[5:]] > 8).all()
    strict = table(market, Policy(objective="clicks", max_loss=1e7, min_marginal_return=0.8))
    chosen = solve(strict.problem, strict.nobody).columns
    menu, rows = strict.problem.menu, np.arange(40)
    moved = np.flatnonzero(chosen > 0)
    last = (
        menu.contribution[rows, chosen] - menu.contribution[rows, np.maximum(chosen - 1, 0)]
    ) / np.maximum(menu.spend[rows, chosen] - menu.spend[rows, np.maximum(chosen - 1, 0)], 1e-12)
    assert (last[moved] > 0.8).all()
    assert (chosen[place[:8]] == 0).all()


def test_a_goal_without_a_price_of_loss_counts_plain_clicks(make_market, table):
    laid = table(poorer(make_market(20)), Policy(objective="clicks", max_loss=5))
    plain = without_loss_price(laid.situation, laid.problem)
    assert plain.loss_price == 0
    finite = np.isfinite(plain.gain)
    assert (plain.gain[finite] == laid.problem.menu.clicks[finite]).all()
