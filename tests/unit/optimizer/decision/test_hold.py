from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.hold import IMPROVEMENT_SHARE, Holds, find_holds, gain_a_yuan, worth_least
from optimizer.outlook import Evidence
from optimizer.policy import Policy
from optimizer.solve import solve


def with_evidence(market, **changes):
    n = len(market.bid)
    full = {name: np.broadcast_to(value, n).copy() for name, value in changes.items()}
    return market.but(evidence=replace(market.evidence, **full))


def at_optimum(market, shift=1.0):
    """The same market with bids near tonight's best: profit is largest at bid = value."""
    return market.but(bid=np.round(np.maximum(market.value_per_click * shift, 0.06), 2))


def holds_of(laid, tied=None):
    solution = solve(laid.problem, laid.nobody)
    tied = laid.nobody >= 0 if tied is None else tied
    return solution, find_holds(laid.situation, laid.problem, solution, laid.keep, tied)


def test_evidence_is_complete():
    assert set(Evidence.__dataclass_fields__) >= {"log_value_sd", "immature_rate", "orders"}


def test_a_bid_near_the_best_stays_and_one_far_off_moves(make_market, table):
    market = with_evidence(make_market(200), log_value_sd=0.3)
    for shift, stays in ((1.06, True), (1.8, False)):
        laid = table(at_optimum(market, shift), Policy(), width=60)
        solution, holds = holds_of(laid)
        spend = laid.problem.spend(solution.columns)
        still = spend[holds.noise | (solution.columns == laid.keep)].sum()
        assert (still > 0.9 * spend.sum()) == stays
        assert holds.noise.any()


def test_what_is_well_known_moves_for_less(make_market, table):
    held = []
    for sd in (0.001, 1.0):
        market = with_evidence(make_market(200), log_value_sd=sd, log_elasticity_sd=0.0)
        market = at_optimum(market.but(demand=market.demand * 50), 1.15)
        _, holds = holds_of(table(market, Policy(), width=60))
        held.append(holds.noise.sum())
    assert held[0] < held[1]


def test_the_sum_given_up_is_small(make_market, table):
    market = with_evidence(make_market(300), log_value_sd=3.0)
    laid = table(at_optimum(market, 1.5), Policy(), width=60)
    solution, holds = holds_of(laid)
    keep = laid.keep
    menu, problem = laid.problem.menu, laid.problem
    gained = menu.at(problem.gain, solution.columns) - menu.at(problem.gain, keep)
    gained -= solution.account_price * (problem.spend(solution.columns) - problem.spend(keep))
    assert holds.noise.any()
    assert holds.sacrifice[holds.noise].sum() <= 1.0001 * max(
        IMPROVEMENT_SHARE * gained.sum(),
        0.001 * menu.at(problem.counts, solution.columns).sum(),
    )


def test_a_common_factor_is_not_noise(make_market, table):
    """A halved budget asks the same of every word, however little is known of each."""
    market = with_evidence(make_market(300), log_value_sd=1.0)
    slack = table(market, Policy(), width=60)
    best = solve(slack.problem, slack.nobody)
    bids = np.empty(300)
    bids[slack.situation.rows] = slack.problem.menu.at(slack.problem.menu.bids, best.columns)
    budget = 0.5 * slack.problem.spend(best.columns).sum()
    laid = table(market.but(bid=bids), Policy(daily_budget=budget), width=60)
    solution, holds = holds_of(laid)
    spend = laid.problem.spend(solution.columns)
    assert spend[holds.noise].sum() < 0.25 * spend.sum()


def test_a_worthless_word_is_never_kept_up(make_market, table):
    market = with_evidence(make_market(50), log_value_sd=5.0)
    market.value_per_click[:10] = 0.0
    market.value_per_click[10:20] = np.nan
    _, holds = holds_of(table(market, Policy()))
    place = np.argsort(table(market, Policy()).situation.rows)
    assert not holds.noise[place[:20]].any()


def test_orders_still_to_come_forbid_a_cut_that_hope_would_forbid(make_market, table):
    market = at_optimum(make_market(100), 1.3)
    young = with_evidence(
        market, immature_rate=0.6, orders=1.0, log_value_sd=1.0, log_elasticity_sd=0.0
    )
    laid = table(young, Policy(), width=60)
    solution, holds = holds_of(laid)
    cut = solution.columns < laid.keep
    assert cut.mean() > 0.9
    assert holds.immature[cut].all()
    assert not holds.immature[~cut].any()
    assert not (holds.immature & holds.noise).any()
    for mature in (
        with_evidence(young, immature_rate=0.05),
        with_evidence(young, orders=50.0),
    ):
        assert not holds_of(table(mature, Policy(), width=60))[1].immature.any()


def test_hopeless_cuts_are_made_though_orders_are_still_to_come(make_market, table):
    market = with_evidence(
        at_optimum(make_market(100), 5.0), immature_rate=0.3, orders=1.0, log_value_sd=0.3
    )
    _, holds = holds_of(table(market, Policy(), width=60))
    assert not holds.immature.any()


def test_tied_words_and_bids_that_may_not_stay_are_not_held(make_market, table):
    market = with_evidence(at_optimum(make_market(40), 1.02), log_value_sd=0.5)
    _, holds = holds_of(table(market, Policy(), width=60), tied=np.ones(40, dtype=bool))
    assert not holds.noise.any()
    capped = table(market.but(bid=market.bid + 50), Policy(max_bid=20), width=60)
    _, holds = holds_of(capped)
    assert not (holds.noise | holds.immature).any()


def test_fewer_holds_give_up_the_dearest_first():
    noise = np.array([True, True, True, False])
    holds = Holds(~noise, noise, np.array([1.0, 5.0, 2.0, 9.0]))
    assert holds.fewer(1.0).noise.tolist() == noise.tolist()
    assert holds.fewer(0.4).noise.tolist() == [True, False, True, False]
    assert not holds.fewer(0.0).noise.any()
    assert holds.fewer(0.0).immature.tolist() == [False, False, False, True]


def test_the_changes_worth_most_come_first(make_market, table):
    laid = table(at_optimum(make_market(60), 1.6), Policy(), width=40)
    solution = solve(laid.problem, laid.nobody)
    changed = solution.columns != laid.keep
    free = np.zeros(60, dtype=bool)
    stays = worth_least(laid.problem, solution, laid.keep, free, 10)
    assert (changed & ~stays).sum() == 10
    problem, menu = laid.problem, laid.problem.menu
    gained = menu.at(problem.gain, solution.columns) - menu.at(problem.gain, laid.keep)
    gained -= problem.spend(solution.columns) - problem.spend(laid.keep)
    assert gained[changed & ~stays].min() >= gained[changed & stays].max()
    assert not worth_least(laid.problem, solution, laid.keep, free, 60).any()
    tied = worth_least(laid.problem, solution, laid.keep, changed, 10)
    assert not (tied & changed).any()


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_an_account_that_gains_nothing_has_no_gain_a_yuan(make_market, table, value):
    market = make_market(10).but(value_per_click=np.full(10, value))
    laid = table(market, Policy())
    assert gain_a_yuan(laid.problem, solve(laid.problem, laid.nobody)) == 0
    empty = table(make_market(0, campaigns=1), Policy())
    assert gain_a_yuan(empty.problem, solve(empty.problem, empty.nobody)) == 0
