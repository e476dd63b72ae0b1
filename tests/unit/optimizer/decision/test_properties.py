"""What must hold for every market and every policy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.policy import Policy
from optimizer.propose import propose

money = st.floats(0.0, 400.0).map(lambda x: round(x, 2))
maybe = st.one_of(st.none(), st.floats(0.0, 0.6))
policies = st.builds(
    dict,
    objective=st.sampled_from(["profit", "slight_loss", "clicks"]),
    daily_budget=st.one_of(st.none(), money),
    campaign_budgets=st.dictionaries(st.sampled_from(["c0", "c1", "c2"]), money),
    max_loss=st.one_of(money, st.floats(0.0, 5.0)),
    loss_confidence=st.sampled_from([0.6, 0.9]),
    min_marginal_return=st.sampled_from([0.0, 0.5, 1.5]),
    min_bid=st.sampled_from([0.05, 0.2]),
    max_bid=st.sampled_from([0.9, 20.0]),
    bid_step=st.sampled_from([0.01, 0.05]),
    max_step_up=maybe,
    max_step_down=maybe,
    max_changed_share=st.sampled_from([None, 0.3]),
    explore=st.sampled_from([0.0, 0.5]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=policies,
    n=st.sampled_from([1, 5, 60]),
    seed=st.integers(0, 10_000),
    worth=st.sampled_from([0.1, 0.5, 1.5]),
)
def test_no_limit_is_ever_broken(make_market, fields, n, seed, worth):
    market = make_market(n, seed=seed)
    market = market.but(value_per_click=market.value_per_click * worth)
    market.value_per_click[seed % n] *= -1
    market.evidence.log_value_sd[:] = 0.6
    policy = Policy(**fields)
    plan = propose(market, policy, seed=seed)
    lines = plan.lines
    before, bid = lines["bid_before"].to_numpy(), lines["bid"].to_numpy()
    changed = bid != before
    _within_limits(policy, before[changed], bid[changed])
    spend = lines["spend"].sum()
    short = {shortfall.constraint: shortfall for shortfall in plan.shortfalls}
    assert spend <= policy.budget or "daily_budget" in short
    for code, name in enumerate(market.campaign_ids):
        cap = policy.campaign_budgets.get(name, np.inf)
        spent = lines["spend"][market.campaign == code].sum()
        assert spent <= cap or f"campaign_budgets[{name!r}]" in short
    assert plan.loss_at_risk <= policy.max_loss or "max_loss" in short
    assert (plan.status == "optimal") == (not short)
    assert plan.value <= plan.bound
    assert plan.gap >= 0
    slopes = plan.frontier["marginal_return"].to_numpy()[1:]
    assert (slopes > 0).all()
    assert (np.diff(slopes) <= 1e-9 * slopes[:-1]).all()
    assert (np.diff(plan.frontier["spend"]) > 0).all()
    for name in ("spend", "clicks", "orders", "revenue", "contribution"):
        assert plan.totals.loc[name, "value"] == pytest.approx(lines[name].sum())


def _within_limits(policy, before, bid):
    assert (bid >= policy.min_bid - 1e-9).all()
    over = before > policy.max_bid
    assert (bid[~over] <= policy.max_bid + 1e-9).all()
    assert (bid[over] < before[over]).all()
    if policy.max_step_up is not None:
        assert (bid <= before * (1 + policy.max_step_up) + 1e-7).all()
    if policy.max_step_down is not None:
        assert (bid >= before * (1 - policy.max_step_down) - 1e-7).all()
    ticks = bid / policy.bid_step
    assert np.allclose(ticks, np.rint(ticks), atol=1e-6)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), budget=st.floats(5.0, 300.0), more=st.floats(1.0, 3.0))
def test_a_larger_budget_is_not_worse(make_market, seed, budget, more):
    market = make_market(80, seed=seed)
    small, large = (propose(market, Policy(daily_budget=b)) for b in (budget, budget * more))
    tolerated = 0.003 * abs(large.lines["contribution"].sum())
    assert large.value >= small.value - tolerated
