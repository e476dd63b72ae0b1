from __future__ import annotations

import numpy as np
import pytest

from optimizer.errors import InfeasiblePolicyError
from optimizer.policy import Policy
from optimizer.situation import survey


def test_words_that_may_move_come_in_order_of_their_ids(make_market):
    market = make_market(50)
    market.bid[3] = np.nan
    market.bid[4] = 0.0
    market.biddable[5] = False
    locked = (market.keyword_id[6], "not on the roster")
    situation = survey(market, Policy(locked=locked), 0)
    assert len(situation.rows) == 46
    assert not {3, 4, 5, 6} & set(situation.rows)
    moved = market.keyword_id[situation.rows]
    assert moved.is_monotonic_increasing
    assert (situation.campaign == market.campaign[situation.rows]).all()
    assert situation.locked.nonzero()[0].tolist() == [6]


def test_what_may_not_move_is_taken_off_the_budgets(make_market):
    market = make_market(60)
    market.value_per_click[1] = np.nan
    locked = tuple(market.keyword_id[:20])
    day = market.expect(market.bid)
    spent = np.bincount(market.campaign[:20], day.spend[:20], 3)
    policy = Policy(daily_budget=500, campaign_budgets={"c1": 200, "elsewhere": 5}, locked=locked)
    situation = survey(market, policy, 0)
    assert situation.caps.account == pytest.approx(500 - spent.sum())
    assert situation.caps.campaign[1] == pytest.approx(200 - spent[1])
    assert np.isinf(situation.caps.campaign[[0, 2]]).all()
    assert situation.standing.clicks == pytest.approx(day.clicks[:20].sum())
    assert situation.standing.contribution == pytest.approx(np.nansum(day.contribution[:20]))


@pytest.mark.parametrize("which", ["daily_budget", "campaign_budgets['c1']"])
def test_locked_words_that_break_a_budget_are_refused_with_both_numbers(make_market, which):
    market = make_market(60)
    locked = tuple(market.keyword_id)
    day = market.expect(market.bid)
    of_campaign = day.spend[market.campaign == 1].sum()
    policy = (
        Policy(daily_budget=10, locked=locked)
        if which == "daily_budget"
        else Policy(campaign_budgets={"c1": 10}, locked=locked)
    )
    with pytest.raises(InfeasiblePolicyError) as refused:
        survey(market, policy, 0)
    assert refused.value.constraint == which
    assert refused.value.limit == 10
    needed = day.spend.sum() if which == "daily_budget" else of_campaign
    assert refused.value.needed == pytest.approx(needed)
    assert f"{needed:.2f}" in str(refused.value)


def test_a_budget_of_zero_is_legal_where_nothing_is_locked(make_market):
    situation = survey(make_market(10), Policy(daily_budget=0), 0)
    assert situation.caps.account == 0


def test_bids_that_stay_are_given_back_as_they_came(make_market):
    market = make_market(3, bid=np.array([0.1 + 0.2, 0.503, np.nan]))
    situation = survey(market, Policy(), 0)
    assert situation.limits.today[np.argsort(situation.rows)].tolist() == [0.3, 0.503]
    full = situation.full(situation.limits.today)
    assert full[:2].tolist() == [0.1 + 0.2, 0.503]
    assert np.isnan(full[2])
    moved = situation.full(np.array([0.7, 0.8]))
    assert moved[situation.rows].tolist() == [0.7, 0.8]


def test_without_a_loss_limit_nothing_is_judged(make_market):
    market = make_market(5)
    situation = survey(market, Policy(), 0)
    assert situation.judge(situation.limits.today) is None
    judged = survey(market, Policy(max_loss=1e9), 0)
    assert judged.judge(judged.limits.today).holds


def test_nobody_loses_nothing(make_market):
    market = make_market(0, campaigns=1)
    situation = survey(market, Policy(max_loss=0), 0)
    verdict = situation.judge(np.empty(0))
    assert verdict.holds
    assert verdict.at_risk == 0
