from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.explain import BINDINGS, REASONS, Decision, bindings, reasons
from optimizer.policy import Policy
from optimizer.solve import solve


def decide(laid, **marks):
    none = laid.nobody >= 0
    marks = dict.fromkeys(("immature", "noise", "minor", "explored"), none) | marks
    solution = solve(laid.problem, laid.nobody)
    return Decision(problem=laid.problem, solution=solution, keep=laid.keep, **marks)


def codes_of(laid, **marks):
    decision = decide(laid, **marks)
    return (
        decision,
        reasons(laid.situation, decision)[laid.situation.rows],
        bindings(laid.situation, decision)[laid.situation.rows],
    )


def poorer(market, factor=0.4):
    return market.but(value_per_click=market.value_per_click * factor)


def test_every_word_gets_codes_that_are_on_the_list(make_market, table):
    market = make_market(80)
    market.bid[:5] = np.nan
    market.biddable[3:8] = False
    policy = Policy(locked=tuple(market.keyword_id[7:10]), daily_budget=200)
    laid = table(market, policy)
    decision = decide(laid)
    codes, bound = reasons(laid.situation, decision), bindings(laid.situation, decision)
    assert set(codes) <= set(REASONS)
    assert set(bound) <= set(BINDINGS)
    assert codes[:10].tolist() == ["unknown_bid"] * 3 + ["not_biddable"] * 5 + ["locked"] * 2
    assert set(bound[:10]) == {"lock"}


def test_profit_raises_for_return_and_lowers_what_loses(make_market, table):
    laid = table(make_market(300), Policy())
    decision, why, _ = codes_of(laid)
    today, bids = laid.situation.limits.today, decision.bids
    assert set(why[bids > today]) == {"raise_marginal_return"}
    assert set(why[bids == today]) <= {"hold_optimal"}
    assert set(why[bids < today]) == {"lower_unprofitable", "lower_marginal_return"}
    menu = laid.problem.menu
    loses = menu.at(menu.contribution, laid.keep) <= laid.problem.spend(laid.keep)
    assert (loses == (why == "lower_unprofitable"))[bids < today].all()


def test_a_budget_is_blamed_only_for_what_profit_would_have_kept(make_market, table):
    market = make_market(300)
    free = decide(table(market, Policy()))
    laid = table(market, Policy(daily_budget=150))
    decision, why, bound = codes_of(laid)
    blamed = why == "lower_budget"
    assert blamed.any()
    assert (free.bids[blamed] >= laid.situation.limits.today[blamed]).all()
    lowered = (decision.bids < laid.situation.limits.today) & ~blamed
    assert (free.bids[lowered] < laid.situation.limits.today[lowered]).all()
    inside = (decision.bids > 0.05) & (decision.bids < 99)
    assert set(bound[inside]) == {"budget"}


def test_a_campaigns_cap_is_named_in_that_campaign(make_market, table):
    laid = table(make_market(300), Policy(campaign_budgets={"c1": 20.0}))
    _, why, bound = codes_of(laid)
    mine = laid.situation.campaign == 1
    assert set(bound[mine]) <= {"campaign_budget", "floor"}
    assert set(bound[~mine]) <= {"none", "floor"}
    assert "lower_budget" in why[mine]
    assert "lower_budget" not in why[~mine]


def test_the_allowance_pays_for_raises_that_cost_profit(make_market, table):
    laid = table(poorer(make_market(300)), Policy(objective="slight_loss", max_loss=100))
    decision, why, bound = codes_of(laid)
    assert decision.solution.binding == "allowance"
    raised = decision.bids > laid.situation.limits.today
    assert set(why[raised]) <= {"raise_allowance", "raise_marginal_return"}
    assert "raise_allowance" in why
    assert "lower_allowance" not in why
    assert "allowance" in bound


def test_a_retreat_from_risk_is_called_so(make_market, table):
    laid = table(poorer(make_market(60), 0.8), Policy(max_loss=1.0))
    decision, why, _ = codes_of(laid)
    assert decision.solution.account_price > 1
    assert "lower_allowance" in why
    assert "lower_budget" not in why


def test_clicks_have_reasons_too(make_market, table):
    laid = table(poorer(make_market(300)), Policy(objective="clicks", max_loss=60))
    _, why, _ = codes_of(laid)
    assert {"raise_allowance", "lower_unprofitable"} <= set(why)


def test_limits_of_the_bids_are_named(make_market, table):
    market = make_market(300)
    stepped = table(market, Policy(max_step_up=0.1, max_step_down=0.1))
    assert {"step_up", "step_down"} <= set(codes_of(stepped)[2])
    bounded = table(market, Policy(min_bid=0.6, max_bid=0.9))
    _, why, bound = codes_of(bounded)
    assert {"floor", "cap"} <= set(bound)
    assert "lower_cap" in why
    over = bounded.situation.limits.today > 0.9
    assert (why[over] == "lower_cap").all()


def test_the_cap_is_the_policys_though_the_menu_ends_below(make_market, table):
    laid = table(make_market(50), Policy())
    shorter = replace(laid.problem, menu=laid.problem.menu.only(np.tile(np.arange(9), (50, 1))))
    solution = replace(decide(laid).solution, columns=np.full(50, 8))
    none = laid.nobody >= 0
    decision = Decision(shorter, solution, laid.keep, none, none, none, none)
    assert "cap" not in bindings(laid.situation, decision)


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("immature", "hold_immature"),
        ("noise", "hold_noise"),
        ("minor", "hold_minor"),
        ("explored", "explore_uncertain"),
    ],
)
def test_words_not_left_to_the_solver_say_why_and_nothing_binds_them(
    make_market, table, mark, code
):
    laid = table(make_market(30), Policy(daily_budget=20))
    marked = np.arange(30) % 3 == 0
    _, why, bound = codes_of(laid, **{mark: marked})
    assert (why[marked] == code).all()
    assert code not in why[~marked]
    assert (bound[marked] == "none").all()


def test_a_new_word_is_explored_as_new(make_market, table):
    market = make_market(30)
    market.evidence.clicks[:] = 1.0
    laid = table(market, Policy())
    _, why, _ = codes_of(laid, explored=np.arange(30) < 4)
    assert (why[:4] == "explore_new").all()


def test_the_least_return_asked_for_binds_by_name(make_market, table):
    laid = table(poorer(make_market(200), 0.8), Policy(min_marginal_return=1.4))
    _, why, what = codes_of(laid)
    assert "min_marginal_return" in set(what)
    assert set(what[why == "raise_marginal_return"]) <= {"min_marginal_return", "cap"}
